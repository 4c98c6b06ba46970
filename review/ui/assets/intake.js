// The way in: drop a file or paste text; it streams to the product's own route, then is opened as a case.
export default function mount({ data, parentElement, setTriggerValue }) {
  document.documentElement.lang = 'zh-CN';
  const root = parentElement.querySelector('.intake');
  const part = (name) => root.querySelector('.' + name);
  const chosen = root._chosen || (root._chosen = { genre: '', target: '' });

  // With a case given, the file takes the place of that case's file.
  const replacing = Boolean(data.case);
  part('fields').hidden = part('paste').hidden = replacing;
  if (replacing) part('big').textContent = '把新版本的文件拖到这里，或点击选择文件';
  else part('fields').replaceChildren(
    choice('文件种类', data.genres, chosen.genre, (value) => (chosen.genre = value)),
    choice('拟公开方式', data.targets, chosen.target, (value) => (chosen.target = value)),
  );

  const show = (text, share) => {
    part('progress').hidden = false;
    part('progress').querySelector('span').textContent = text;
    part('bar').classList.toggle('busy', share === undefined);
    part('bar').firstElementChild.style.width = share === undefined ? '' : 100 * share + '%';
  };
  const fail = (text) => {
    part('progress').hidden = true;
    part('alert').hidden = false;
    part('alert').textContent = text;
    busy = false;
    part('go').disabled = false;
  };

  let busy = false;
  async function send(blob, name, notAMark = '') {
    if (busy) return;
    busy = true;
    part('alert').hidden = true;
    part('go').disabled = true;
    try {
      if (blob.size > data.limit) throw new Error('文件超过 ' + Math.floor(data.limit / 1048576) + ' MB 上限，未接收。请拆分后再导入。');
      const got = await upload(blob, name, (share) => show('正在接收文件 ' + Math.round(100 * share) + '%', share));
      show('正在检查，请稍候…');
      const body = { upload: got.upload, name, not_a_mark: notAMark, ...(replacing ? {} : chosen) };
      const opened = await api(replacing ? 'cases/' + data.case + '/file' : 'cases', { method: 'POST', body, timeout: 600000 });
      show('检查完成', 1);
      setTriggerValue('opened', opened.case);
    } catch (error) {
      if (error.reply && error.reply.code === 'intake_stop') return stopped(error.message, blob, name);
      fail(error.name === 'AbortError' ? '处理时间过长，已停止。请拆分文件后再试。' : error.message);
    }
  }

  // A probable classification mark: nothing was kept. A secrecy reviewer may record that it is none and go on.
  function stopped(message, blob, name) {
    fail(message);
    if (!data.may_clear) return;
    const reason = el('textarea');
    reason.rows = 2;
    reason.placeholder = '保密审查员登记理由：为什么不是国家秘密标志（登记内容计入审计日志）';
    reason.setAttribute('aria-label', '登记理由');
    const go = button('登记理由并继续', '', '', () => reason.value.trim() && send(blob, name, reason.value.trim()));
    part('alert').append(reason, go);
  }

  // XMLHttpRequest, because fetch does not tell how far an upload has come.
  const upload = (blob, name, progress) =>
    new Promise((done, wrong) => {
      const request = new XMLHttpRequest();
      request.open('POST', '/api/v1/uploads');
      request.setRequestHeader('X-Requested-By', 'ui');
      request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 1);
      request.onerror = () => wrong(new Error('与服务器的连接中断，文件没有接收完整，请重试。'));
      request.onload = () => {
        let reply = {};
        try {
          reply = JSON.parse(request.responseText);
        } catch {
          reply = {};
        }
        if (request.status === 201) done(reply);
        else wrong(new Error(reply.message || '服务器未能接收文件（' + request.status + '）'));
      };
      request.send(blob);
    });

  const drop = part('drop');
  part('file').onchange = () => part('file').files[0] && send(part('file').files[0], part('file').files[0].name);
  drop.ondragover = (event) => {
    event.preventDefault();
    drop.classList.add('over');
  };
  drop.ondragleave = () => drop.classList.remove('over');
  drop.ondrop = (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    const file = event.dataTransfer.files[0];
    if (event.dataTransfer.files.length > 1) return fail('一次请只导入一个文件：一事一审、逐项审查。');
    if (file) send(file, file.name);
  };
  part('go').onclick = () => {
    const words = part('words').value;
    if (!words.trim()) return fail('请先粘贴要检查的文字。');
    send(new Blob([words], { type: 'text/plain' }), '粘贴文字.txt');
  };
  root.onkeydown = (event) => event.stopPropagation(); // Streamlit's page shortcuts stay out of the text box
  root.dataset.ready = '1';
}
