// The document: blocks → paragraphs and table rows, flags → marks. All positions are code points of the source text
// (Array.from), as Python counts them: an emoji or 𠮷 is one, not two.
function buildSheet(host, data, onPick) {
  const chars = Array.from(data.text);
  const slice = (a, b) => chars.slice(a, b).join('');
  const startOf = new WeakMap(); // text node → where it starts, in code points
  const nodes = []; // the text nodes in order
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
    nodes.push(node);
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

  layout(host, data, () => true, fill);

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

  // The element that holds a source position.
  function at(position) {
    let [low, high] = [0, nodes.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (startOf.get(nodes[middle]) <= position) low = middle;
      else high = middle - 1;
    }
    return nodes.length ? nodes[low].parentElement : null;
  }

  return { marks, slice, selected, at };
}

// Chunks → sections, blocks → paragraphs and table rows; `fill(parent, start, end)` puts the text in.
function layout(host, data, wanted, fill) {
  const widths = new Map(); // columns of each table: rows are filled up to it
  for (const [, , , , no, , column, , columns] of data.blocks) widths.set(no, Math.max(widths.get(no) || 0, column + columns));
  const empty = (table, upTo) => {
    // Cells without text have no block: keep their places, but not those that a merged cell from above covers.
    for (; table.column < upTo; table.column++) if (!(table.taken.get(table.column) > table.row)) table.line.append(el('td'));
  };
  let next = 0;
  let zone = 'body';
  for (const [, end, label] of data.chunks) {
    const page = el('section', 'page');
    if (label) page.append(el('div', 'pageno', label));
    let table = null;
    const close = () => {
      if (table) empty(table, widths.get(table.no));
      table = null;
    };
    for (; next < data.blocks.length && data.blocks[next][0] < end; next++) {
      const [a, b, here, name, no, row, column, rows, columns] = data.blocks[next];
      if (!wanted(here)) continue;
      if (here !== zone) {
        zone = here;
        const [title, dropped] = data.zones[here];
        if (here !== 'body') page.append(el('div', dropped ? 'zone dropped' : 'zone', title));
      }
      if (no < 0) {
        close();
        const p = el('p', here);
        if (name) p.append(el('span', 'name', name + '：'));
        fill(p, a, b);
        page.append(p);
        continue;
      }
      if (!table || table.no !== no) {
        close();
        table = { no, node: el('table'), row: -1, line: null, column: 0, taken: new Map() };
        page.append(table.node);
      }
      if (table.row !== row) {
        if (table.line) empty(table, widths.get(no));
        table.line = el('tr');
        table.node.append(table.line);
        table.row = row;
        table.column = 0;
      }
      empty(table, column);
      const cell = el('td', here);
      cell.rowSpan = rows;
      cell.colSpan = columns;
      for (let k = column; k < column + columns; k++) table.taken.set(k, row + rows);
      table.column = column + columns;
      fill(cell, a, b);
      table.line.append(cell);
    }
    close();
    if (page.childNodes.length) host.append(page);
  }
}

// The redacted preview: the plan that the server would carry out now, drawn over the same blocks.
function buildPreview(host, data, plan) {
  const chars = Array.from(data.text);
  const dropped = (zone) => data.zones[zone][1]; // zones that a published copy does not contain
  let next = 0;
  host.replaceChildren();
  layout(
    host,
    data,
    (zone) => !dropped(zone),
    (parent, a, b) => {
      while (next < plan.length && plan[next][1] <= a) next++;
      let at = a;
      for (let j = next; j < plan.length && plan[j][0] < b; j++) {
        const [s, e, text] = plan[j];
        parent.append(document.createTextNode(chars.slice(at, s).join('')));
        parent.append(el('ins', '', text || '（已删除）'));
        at = e;
      }
      parent.append(document.createTextNode(chars.slice(at, b).join('')));
    },
  );
}
