// The side panel: one flag in detail, what to do with it, and the list of all flags. Draws from the state, changes nothing.
const VERDICTS = [
  ['accept', '可公开', 'A'],
  ['redact', '脱敏后公开', 'D'],
  ['escalate', '报请确定', 'E'],
];

const line = (label, ...nodes) => {
  const row = el('div', 'line');
  row.append(el('span', 'label', label));
  const value = el('span', 'value');
  value.append(...nodes);
  row.append(value);
  return row;
};

const badge = (flag, words) => el('span', 'badge ' + flag.severity, words.severity[flag.severity]);

function statusWord(flag, words) {
  const verdict = flag.decision ? flag.decision.verdict : 'open';
  return words.verdict[verdict] || words.verdict.open;
}

function drawCard(host, S, act) {
  host.replaceChildren();
  const flag = S.data.flags[S.cur];
  if (!flag) {
    host.append(el('p', 'none', S.data.flags.length ? '没有符合筛选条件的提示项。' : S.data.words.nothing));
    return;
  }
  const words = S.data.words;
  const head = el('div', 'head');
  head.append(badge(flag, words), el('b', 'kind', flag.kind), el('span', 'state ' + S.statusOf(flag), statusWord(flag, words)));
  host.append(head);
  host.append(line('类别', words.category[flag.category]));
  host.append(line('位置', flag.place + (flag.count > 1 ? '，作为一项处理' : '')));
  if (flag.masked) host.append(line('脱敏后', el('code', '', flag.masked)));
  host.append(line('说明', flag.message));
  const basis = flag.basis.map((key) => {
    const provision = S.data.provisions[key];
    const box = el('details', 'basis');
    box.append(el('summary', '', provision ? provision.citation : key));
    if (provision) box.append(el('p', '', provision.summary));
    return box;
  });
  if (basis.length) host.append(line('依据', ...basis));
  host.append(line('建议', el('b', '', words.action[flag.action] + (flag.target ? '：' + flag.target : ''))));
  const source = words.detector[flag.detector] || flag.detector;
  host.append(line('来源', el('span', 'dim', source + '，规则 ' + flag.rule + '，可信程度 ' + Math.round(flag.confidence * 100) + '%')));
  if (flag.evidence.length) {
    host.append(line('线索', ...flag.evidence.map(([a, b]) => el('code', 'dim', S.sheet.slice(a, b)))));
  }
  if (flag.decision) {
    const d = flag.decision;
    const reason = S.data.reasons.find((r) => r.code === d.reason);
    const by = [d.reviewer, d.at].filter(Boolean).join('，');
    host.append(line('处理意见', statusWord(flag, words) + (reason ? '，理由：' + reason.title : '') + (by ? '（' + by + '）' : '')));
    if (d.note) host.append(line('补充说明', d.note));
  }

  if (flag.second) host.append(line('双人复核', el('b', 'second ' + flag.second, words.second[flag.second])));
  for (const vote of flag.votes) {
    const reason = S.data.reasons.find((r) => r.code === vote.reason);
    host.append(line(vote.reviewer, words.verdict[vote.verdict] + (reason ? '，理由：' + reason.title : '')));
  }
  if (flag.declassified) host.append(line('解密', el('b', '', '已登记解密，可以脱敏')));
  const remarks = S.data.remarks.filter((r) => r.flag === flag.id);
  for (const remark of remarks) host.append(line('批注', remark.text, el('span', 'dim', '（' + remark.by + '，' + remark.at + '）')));

  if (S.data.may.declassify && flag.category === 'state_secret' && !flag.declassified) {
    host.append(line('解密', button('登记解密', '', 'small', act.declassify)));
  }
  if (S.data.may.decide) drawActions(host, S, act, flag);

  const others = S.overlapping(S.cur);
  if (others.length) {
    const box = el('div', 'others', '此处另有 ' + others.length + ' 项提示：');
    for (const i of others) box.append(button(S.data.flags[i].kind, '', 'link', () => act.go(i)));
    host.append(box);
  }
}

function drawActions(host, S, act, flag) {
  const row = el('div', 'actions');
  for (const [verdict, text, key] of VERDICTS) {
    const node = button(text, key, verdict, () => act.decide(verdict));
    node.dataset.verdict = verdict;
    row.append(node);
  }
  const undo = button('撤销', 'Z', 'undo', act.undo);
  row.append(undo);
  host.append(row);
  const same = S.same(S.cur).length;
  if (same > 1) {
    const box = el('div', 'same', '同类型同值另有 ' + (same - 1) + ' 处待处理，一并处理（先列清单）：');
    for (const [verdict, text, key] of VERDICTS) box.append(button(text, '⇧' + key, 'small', () => act.decide(verdict, 'same')));
    host.append(box);
  }
  if (flag.decision && flag.decision.verdict !== 'open') {
    const options = S.reasonsFor(flag, flag.decision.verdict).map((r) => [r.code, r.title]);
    if (options.length > 1) {
      host.append(choice('更换理由 ', options, flag.decision.reason, (code) => act.rereason(code)));
    }
  }
}

// Choose a coded reason: number keys or a click. Calls back with the code and the note.
function drawReasons(host, S, verdict, reasons, done, cancel) {
  host.replaceChildren();
  host.append(el('h4', '', S.data.words.confirm[verdict] || '请选择理由'));
  const list = el('div', 'reasons');
  host.append(list);
  if (!reasons.length) list.append(el('p', 'none', '规则库没有为此类提示设置该处理意见的理由，不能这样处理。'));
  const pick = (reason) => (reason.needs_note ? askNote(reason) : done(reason.code, ''));
  reasons.forEach((reason, i) => {
    const node = button(reason.title, i < 9 ? String(i + 1) : '', 'reason', () => pick(reason));
    if (reason.basis.length) node.append(el('small', '', reason.basis.join('；')));
    list.append(node);
  });
  function askNote(reason) {
    const hint = '此理由须填写补充说明（如批准文号、解密文书、第三方意见）';
    drawNote(host, { title: reason.title, label: '补充说明', hint, done: (note) => done(reason.code, note), cancel });
  }
  host.append(button('取消', 'Esc', '', cancel));
  return (number) => reasons[number - 1] && pick(reasons[number - 1]);
}

// A few words that go on record. `extra` stands between the box and the buttons.
function drawNote(host, { title, label, hint, extra = [], done, cancel }) {
  host.replaceChildren(el('h4', '', title));
  const note = el('textarea');
  note.placeholder = hint;
  note.setAttribute('aria-label', label);
  const ok = button('确定', '⌃↵', 'primary', () => note.value.trim() && done(note.value.trim()));
  note.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === 'Enter' && event.ctrlKey) ok.click();
    if (event.key === 'Escape') cancel();
  };
  host.append(note, ...extra, ok, button('取消', 'Esc', '', cancel));
  note.focus();
}

// The remarks of the whole case: a click jumps to the flag or the text that one is about.
function drawRemarks(host, S, act) {
  const { remarks } = S.data;
  host.hidden = !remarks.length;
  host.replaceChildren(el('summary', '', '批注 ' + remarks.length + ' 条'));
  for (const remark of remarks) {
    const there = S.data.flags.findIndex((f) => f.id === remark.flag);
    const place = there >= 0 ? S.data.flags[there].place : remark.end >= 0 ? '正文' : '整件';
    const row = button(remark.text, '', 'row remark', () => (there >= 0 ? act.go(there) : remark.end >= 0 && act.jump(remark.start)));
    row.append(el('span', 'rowplace', place + '，' + remark.by + '，' + remark.at));
    host.append(row);
  }
}

// All places of the same value, shown before anything happens.
function drawSame(host, S, verdict, indexes, done, cancel) {
  host.replaceChildren();
  host.append(el('h4', '', '以下 ' + indexes.length + ' 处同类型同值，将一并按“' + S.data.words.verdict[verdict] + '”处理：'));
  const list = el('ol', 'samelist');
  for (const i of indexes) {
    const flag = S.data.flags[i];
    const item = el('li');
    item.append(button(flag.place, '', 'link', () => S.show(i)));
    if (flag.spans.length) {
      const [a, b] = flag.spans[0];
      const quote = el('span', 'quote');
      quote.append(document.createTextNode('…' + S.sheet.slice(Math.max(0, a - 10), a)), el('b', '', S.sheet.slice(a, b)));
      quote.append(document.createTextNode(S.sheet.slice(b, b + 10) + '…'));
      item.append(quote);
    }
    list.append(item);
  }
  host.append(list, button('确认处理 ' + indexes.length + ' 处', '↵', 'primary', done), button('取消', 'Esc', '', cancel));
}

const FILTERS = [
  ['severity', '等级'],
  ['category', '类别'],
  ['type', '类型'],
  ['detector', '来源'],
  ['score', '可信'],
  ['zone', '区域'],
  ['status', '状态'],
  ['second', '复核'],
];

function drawFilters(host, S, changed) {
  host.replaceChildren();
  for (const [name, label] of FILTERS) {
    const values = [...new Set(S.data.flags.map((f) => S.facet(f, name)))];
    if (values.length < 2 && name !== 'status') continue;
    const options = [['', '全部'], ...(name === 'status' ? Object.keys(S.data.words.verdict) : values).map((v) => [v, S.facetWord(name, v)])];
    host.append(choice(label, options, S.filter[name] || '', (value) => changed(name, value)));
  }
}

// Only a window of rows around the current one is drawn: 5,000 flags must stay quick.
const WINDOW = 60;
function drawList(host, S, act) {
  host.replaceChildren();
  const order = S.order;
  const at = Math.max(0, order.indexOf(S.cur));
  const from = Math.max(0, Math.min(at - WINDOW / 2, order.length - WINDOW));
  const to = Math.min(order.length, from + WINDOW);
  if (from > 0) host.append(el('div', 'more', '上面还有 ' + from + ' 项'));
  for (let k = from; k < to; k++) {
    const i = order[k];
    const flag = S.data.flags[i];
    const row = el('button', 'row' + (i === S.cur ? ' cur' : ''));
    row.type = 'button';
    row.append(badge(flag, S.data.words), el('span', 'rowkind', flag.kind), el('span', 'rowplace', flag.place));
    row.append(el('span', 'state ' + S.statusOf(flag), statusWord(flag, S.data.words) + (flag.second ? '，' + S.data.words.second[flag.second] : '')));
    if (i === S.cur) row.setAttribute('aria-current', 'true');
    row.onclick = () => act.go(i);
    host.append(row);
  }
  if (to < order.length) host.append(el('div', 'more', '下面还有 ' + (order.length - to) + ' 项'));
}
