// Small DOM helpers. Document text reaches the page only through textContent and createTextNode.
const el = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

const button = (text, key, className, onclick) => {
  const node = el('button', className, text);
  node.type = 'button';
  if (key) node.append(el('kbd', '', key));
  node.onclick = onclick;
  return node;
};

const choice = (label, options, value, onchange) => {
  const box = el('label', 'choice', label);
  const select = el('select');
  for (const [key, text] of options) {
    const option = el('option', '', text);
    option.value = key;
    select.append(option);
  }
  select.value = value;
  select.onchange = () => onchange(select.value);
  box.append(select);
  return box;
};

// Random hexadecimal name: crypto.randomUUID does not exist on plain-http pages of an intranet.
const token = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');

// Call the product's own REST interface; a refusal becomes an Error with the server's Chinese message.
async function api(path, { method = 'GET', body, timeout = 15000 } = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeout);
  try {
    const answer = await fetch('/api/v1/' + path, {
      method,
      signal: stop.signal,
      credentials: 'same-origin',
      redirect: 'error',
      headers: { 'X-Requested-By': 'ui', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    // An answer that breaks off says nothing: the caller asks again. Only a refusal may come without JSON (a proxy's page).
    const reply = await answer.json().catch((error) => {
      if (answer.ok || stop.signal.aborted) throw error;
      return {};
    });
    if (!answer.ok) {
      const error = new Error(reply.message || '服务器未能处理（' + answer.status + '）');
      error.status = answer.status;
      error.reply = reply;
      throw error;
    }
    return reply;
  } finally {
    clearTimeout(timer);
  }
}
