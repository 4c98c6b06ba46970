// The document: blocks → paragraphs and table rows, flags → marks. All positions are code points of the source text
// (Array.from), as Python counts them: an emoji or 𠮷 is one, not two.
function buildSheet(host, data, onPick) {
  const chars = Array.from(data.text);
  const slice = (a, b) => chars.slice(a, b).join('');
  const startOf = new WeakMap(); // text node → where it starts, in code points
  const marks = data.flags.map(() => []);

  // Every place of every flag, sorted, so that a sweep over the blocks meets them in order.
  const places = [];
  data.flags.forEach((flag, i) => flag.spans.forEach(([a, b]) => places.push([a, b, i])));
  places.sort((x, y) => x[0] - y[0] || y[1] - x[1]);

  let next = 0;
  let active = [];

  const textNode = (a, b) => {
    const node = document.createTextNode(slice(a, b));
    startOf.set(node, a);
    return node;
  };

  // Overlapping flags: a block is cut at every border; each piece knows all flags that cover it.
  function fill(parent, a, b) {
    while (next < places.length && places[next][0] < b) active.push(places[next++]);
    active = active.filter((p) => p[1] > a);
    const here = active.filter((p) => p[0] < b);
    if (!here.length) {
      parent.append(textNode(a, b));
      return;
    }
    const borders = new Set([a, b]);
    for (const [s, e] of here) {
      borders.add(Math.max(a, s));
      borders.add(Math.min(b, e));
    }
    const cuts = [...borders].sort((x, y) => x - y);
    for (let k = 0; k + 1 < cuts.length; k++) {
      const [s, e] = [cuts[k], cuts[k + 1]];
      const over = here.filter((p) => p[0] <= s && p[1] >= e).map((p) => p[2]);
      if (!over.length) {
        parent.append(textNode(s, e));
        continue;
      }
      const mark = el('mark');
      mark.append(textNode(s, e));
      mark._flags = over;
      mark.onclick = () => onPick(over);
      for (const i of over) marks[i].push(mark);
      parent.append(mark);
    }
  }

  let block = 0;
  let zone = '';
  for (const [, end, label] of data.chunks) {
    const page = el('section', 'page');
    if (label) page.append(el('div', 'pageno', label));
    let table = null;
    let row = null;
    for (; block < data.blocks.length && data.blocks[block][0] < end; block++) {
      const [a, b, zoneName, tableNo, rowNo] = data.blocks[block];
      if (zoneName !== zone) {
        zone = zoneName;
        const [title, dropped] = data.zones[zoneName];
        if (zoneName !== 'body') page.append(el('div', dropped ? 'zone dropped' : 'zone', title));
      }
      if (tableNo < 0) {
        table = null;
        const p = el('p', zoneName);
        fill(p, a, b);
        page.append(p);
        continue;
      }
      if (!table || table.no !== tableNo) {
        const node = el('table');
        page.append(node);
        table = { no: tableNo, node };
        row = null;
      }
      if (!row || row.no !== rowNo) {
        const node = el('tr');
        table.node.append(node);
        row = { no: rowNo, node };
      }
      const cell = el('td', zoneName);
      const [, , , , , rows, columns] = data.blocks[block];
      if (rows > 1) cell.rowSpan = rows;
      if (columns > 1) cell.colSpan = columns;
      fill(cell, a, b);
      row.node.append(cell);
    }
    host.append(page);
  }

  // Selected text as a source range, or null.
  function selected(root) {
    const selection = root.getSelection ? root.getSelection() : document.getSelection();
    if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    const at = (node, offset) => {
      if (!startOf.has(node)) return -1;
      return startOf.get(node) + Array.from(node.data.slice(0, offset)).length;
    };
    const [a, b] = [at(range.startContainer, range.startOffset), at(range.endContainer, range.endOffset)];
    return a >= 0 && b > a ? [a, b] : null;
  }

  return { marks, slice, selected };
}

// The redacted preview: the plan that the server would carry out now, drawn over the same blocks.
function buildPreview(host, data, plan) {
  const chars = Array.from(data.text);
  host.replaceChildren();
  let k = 0;
  for (const [a, b, zone] of data.blocks) {
    if (data.zones[zone][1]) continue; // zones that a published copy does not contain
    const p = el('p', zone);
    while (k < plan.length && plan[k][1] <= a) k++;
    let at = a;
    for (let j = k; j < plan.length && plan[j][0] < b; j++) {
      const [s, e, text] = plan[j];
      p.append(document.createTextNode(chars.slice(at, s).join('')));
      p.append(el('ins', '', text || '（已删除）'));
      at = e;
    }
    p.append(document.createTextNode(chars.slice(at, b).join('')));
    host.append(p);
  }
}
