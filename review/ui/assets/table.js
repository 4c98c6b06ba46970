// A plain table: every cell is text; a row with a key can be opened by click or Enter.
export default function mount({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector('.tablebox');
  host.replaceChildren();
  if (!data.rows.length) {
    host.append(el('p', 'none', data.empty));
    return;
  }
  const table = el('table');
  const head = el('tr');
  for (const name of data.columns) head.append(el('th', '', name));
  const thead = el('thead');
  thead.append(head);
  table.append(thead);
  const body = el('tbody');
  data.rows.forEach((cells, i) => {
    const row = el('tr');
    const key = data.keys[i];
    cells.forEach((text, k) => {
      const cell = el('td');
      if (key && k === 0) cell.append(button(text, '', 'link', () => setTriggerValue('picked', key)));
      else cell.textContent = text;
      row.append(cell);
    });
    if (key) row.ondblclick = () => setTriggerValue('picked', key);
    body.append(row);
  });
  table.append(body);
  host.append(table);
}
