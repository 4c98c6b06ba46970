// Pages as pictures beside the text (PDF, scans), with a box on every place: a decision can start from either side.
async function buildPages(host, S, onPick) {
  const { pages, places } = await api('cases/' + S.data.case + '/pages', { timeout: 120000 });
  const boxes = S.data.flags.map(() => []);
  const sheets = pages.map(([width, height, turn], number) => {
    const sheet = el('div', 'leaf');
    const image = el('img');
    image.loading = 'lazy';
    image.alt = '第 ' + (number + 1) + ' 页';
    image.src = '/api/v1/cases/' + S.data.case + '/pages/' + number;
    image.style.aspectRatio = turn % 180 ? height + ' / ' + width : width + ' / ' + height;
    sheet.append(el('div', 'pageno', '第 ' + (number + 1) + ' 页'), el('div', 'frame'));
    sheet.lastChild.append(image);
    return sheet;
  });
  S.data.flags.forEach((flag, i) => {
    for (const [number, left, top, right, bottom] of places[flag.id] || []) {
      const box = el('button', 'box');
      box.type = 'button';
      box.title = flag.kind;
      Object.assign(box.style, { left: 100 * left + '%', top: 100 * top + '%', width: 100 * (right - left) + '%', height: 100 * (bottom - top) + '%' });
      box.onclick = () => onPick(i);
      boxes[i].push(box);
      sheets[number].lastChild.append(box);
    }
  });
  host.replaceChildren(...sheets);
  return boxes;
}
