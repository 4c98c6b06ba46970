// The review pane: fetches the case, draws it, and turns keys and clicks into decisions.
const SCORES = [[0.9, '90% 以上'], [0.7, '70%～89%'], [0.5, '50%～69%'], [0, '不到 50%']];
const KEYS = { a: 'accept', d: 'redact', e: 'escalate' };

// Where flags lie over each other, the gravest comes first, then the one that says the place most exactly.
const extent = (flag) => flag.spans.reduce((sum, [a, b]) => sum + b - a, 0);
const gravest = (flags) => (i, j) => flags[j].rank - flags[i].rank || extent(flags[i]) - extent(flags[j]);

export default function mount({ data: given, parentElement, setTriggerValue }) {
  document.documentElement.lang = 'zh-CN';
  const root = parentElement.querySelector('.pane');
  if (root._case === given.case && root._rev === given.rev) return root._close; // same case: keep the reviewer's place
  if (root._close) root._close();
  root._case = given.case;
  root._rev = given.rev;
  const part = (name) => root.querySelector('.' + name);
  part('sheet').replaceChildren(el('p', 'none', '正在打开送审件…'));
  delete root.dataset.ready;

  let closed = false;
  let box = null;
  root._close = () => {
    closed = true;
    root._case = null;
    if (box) box.close();
  };
  const began = performance.now();
  api('cases/' + given.case + '/pane', { timeout: 120000 })
    .then((data) => {
      if (!closed) box = run(root, part, data, setTriggerValue, began);
    })
    .catch((error) => part('sheet').replaceChildren(el('p', 'alert', error.message)));
  return root._close;
}

function run(root, part, data, setTriggerValue, began) {
  const memory = JSON.parse(sessionStorage.getItem('review-reasons') || '{}'); // last reason of a type and verdict
  const undone = [];
  let choosing = null; // what the number keys, Enter and Esc mean while a question is open
  let previewing = false;

  const S = { data, cur: -1, order: [], filter: {} };
  const index = new Map(data.flags.map((flag, i) => [flag.id, i]));
  const groups = new Map();
  data.flags.forEach((flag, i) => {
    if (flag.group < 0) return;
    if (!groups.has(flag.group)) groups.set(flag.group, []);
    groups.get(flag.group).push(i);
  });

  S.statusOf = (flag) => (flag.decision ? flag.decision.verdict : 'open');
  S.reasonsFor = (flag, verdict) => {
    const fits = (r) => r.verdicts.includes(verdict) && (!r.categories.length || r.categories.includes(flag.category));
    const lawful = (r) => flag.category !== 'state_secret' || verdict !== 'accept' || data.grounds.includes(r.code);
    const last = memory[flag.type + ':' + verdict];
    const first = (r) => (r.code === last ? 0 : r.categories.length ? 1 : 2); // the last one, then those made for this category
    return data.reasons.filter((r) => fits(r) && lawful(r)).sort((x, y) => first(x) - first(y));
  };
  S.same = (i) => (groups.get(data.flags[i].group) || [i]).filter((k) => k === i || S.statusOf(data.flags[k]) === 'open');
  S.overlapping = (i) => {
    const found = new Set();
    for (const mark of S.sheet.marks[i].slice(0, 50)) for (const k of mark._flags || []) if (k !== i) found.add(k);
    return [...found];
  };
  S.facet = (flag, name) => (name === 'status' ? S.statusOf(flag) : name === 'score' ? SCORES.find(([least]) => flag.confidence >= least)[1] : flag[name]);
  S.facetWord = (name, value) => {
    if (name === 'status') return data.words.verdict[value];
    if (name === 'type') return data.words.type[value] || value;
    if (name === 'zone') return value ? data.zones[value][0] : '整件';
    return (data.words[name] && data.words[name][value]) || value;
  };

  // ---- drawing
  const sheet = part('sheet');
  sheet.replaceChildren();
  S.sheet = buildSheet(sheet, data, (over) => {
    const order = [...over].sort(gravest(data.flags));
    const again = S.clicked === over && over.includes(S.cur); // a second click reaches the flag underneath
    S.clicked = over;
    go(order[again ? (order.indexOf(S.cur) + 1) % order.length : 0]);
  });
  const whole = data.flags.map((flag, i) => i).filter((i) => !data.flags[i].spans.length);
  part('whole').replaceChildren();
  if (whole.length) {
    part('whole').append(el('div', 'wholehead', '整件提示与未能检查的部分'));
    for (const i of whole) {
      const flag = data.flags[i];
      const row = el('button', 'row');
      row.type = 'button';
      row.append(badge(flag, data.words), el('span', 'rowkind', flag.kind), el('span', 'rowplace', flag.message), el('span', 'state'));
      row.onclick = () => go(i);
      S.sheet.marks[i].push(row);
      part('whole').append(row);
    }
  }

  let boxes = null; // of the page pictures, by flag
  function paint(i) {
    const flag = data.flags[i];
    for (const box of boxes ? boxes[i] : []) box.className = 'box ' + (S.statusOf(flag) === 'open' ? flag.severity : S.statusOf(flag)) + (i === S.cur ? ' cur' : '');
    for (const node of S.sheet.marks[i]) {
      if (node.tagName === 'BUTTON') {
        node.className = 'row' + (i === S.cur ? ' cur' : '');
        const state = node.querySelector('.state');
        state.className = 'state ' + S.statusOf(flag);
        state.textContent = statusWord(flag, data.words);
        continue;
      }
      // The strictest open flag decides how a place looks; when all are decided, the strictest verdict does.
      const over = node._flags.map((k) => data.flags[k]);
      const open = over.filter((f) => S.statusOf(f) === 'open').sort((a, b) => b.rank - a.rank);
      const verdicts = over.map(S.statusOf);
      const look = open.length ? 'open ' + open[0].severity : ['escalate', 'redact', 'accept'].find((v) => verdicts.includes(v));
      node.className = look + (over.length > 1 ? ' multi' : '') + (node._flags.includes(S.cur) ? ' cur' : '');
    }
  }

  const act = { decide, undo, go, rereason, declassify, jump };
  function panel() {
    choosing = null;
    drawCard(part('card'), S, act);
    drawList(part('list'), S, act);
    drawRemarks(part('remarks'), S, act);
    progress();
  }

  function progress() {
    const loud = data.flags.filter((f) => f.rank > 0);
    const done = loud.filter((f) => S.statusOf(f) === 'accept' || S.statusOf(f) === 'redact').length;
    const sent = loud.filter((f) => S.statusOf(f) === 'escalate').length;
    const low = data.flags.length - loud.length;
    const words = ['已处理 ' + done + ' / ' + loud.length + ' 项'];
    if (sent) words.push('报请确定中 ' + sent + ' 项');
    if (low) words.push('另有提醒 ' + low + ' 项，不影响放行');
    part('progresstext').textContent = words.join('，');
    part('bar').firstElementChild.style.width = (loud.length ? (100 * done) / loud.length : 100) + '%';
    root.dataset.open = String(loud.length - done - sent);
  }

  function reorder() {
    const keep = (flag) => Object.entries(S.filter).every(([name, value]) => !value || S.facet(flag, name) === value);
    S.order = data.flags.map((flag, i) => i).filter((i) => keep(data.flags[i]));
    if (!S.order.includes(S.cur)) S.cur = S.order.length ? S.order[0] : -1;
  }

  function setCurrent(i) {
    const before = S.cur;
    S.cur = i;
    if (before >= 0) paint(before);
    if (i >= 0) paint(i);
  }

  S.show = (i) => {
    const node = S.sheet.marks[i][0];
    if (node) node.scrollIntoView({ block: 'center' });
    const box = boxes && boxes[i][0];
    if (box && root.classList.contains('paged')) box.scrollIntoView({ block: 'center' });
  };
  function go(i) {
    if (i === undefined || i < 0) return;
    setCurrent(i);
    panel();
    S.show(i);
    const row = part('list').querySelector('.cur');
    if (row) part('list').scrollTop = row.offsetTop - part('list').clientHeight / 2;
    part('sheetbox').focus({ preventScroll: true });
  }

  function step(by) {
    if (!S.order.length) return;
    const at = S.order.indexOf(S.cur);
    go(S.order[(at + by + S.order.length) % S.order.length]);
  }

  function nextOpen() {
    const at = S.order.indexOf(S.cur);
    const wanted = (minimum) => {
      for (let k = 1; k <= S.order.length; k++) {
        const flag = data.flags[S.order[(at + k) % S.order.length]];
        if (flag.rank >= minimum && S.statusOf(flag) === 'open') return S.order[(at + k) % S.order.length];
      }
    };
    const next = wanted(1);
    go(next === undefined ? S.cur : next);
  }

  // ---- deciding
  function decide(verdict, scope) {
    const flag = data.flags[S.cur];
    if (!flag || !data.may.decide) return;
    const reasons = S.reasonsFor(flag, verdict);
    const key = flag.type + ':' + verdict;
    // A state-secret matter never takes a remembered reason; redacting and escalating have a natural first one.
    const remembered = reasons.find((r) => r.code === memory[key] && !r.needs_note);
    const natural = verdict === 'accept' ? undefined : reasons.find((r) => !r.needs_note);
    const known = flag.category === 'state_secret' && verdict !== 'escalate' ? undefined : remembered || natural;
    const chosen = (reason, note) => {
      if (!note) memory[key] = reason;
      sessionStorage.setItem('review-reasons', JSON.stringify(memory));
      if (scope === 'same' && S.same(S.cur).length > 1) return askSame(verdict, reason, note);
      commit([S.cur], { verdict, reason, note });
      nextOpen();
    };
    if (known) return chosen(known.code, '');
    if (verdict === 'escalate' && !reasons.length) return chosen('', '');
    const pick = drawReasons(part('card'), S, verdict, reasons, chosen, panel);
    choosing = { number: pick, cancel: panel };
  }

  function askSame(verdict, reason, note) {
    const hits = S.same(S.cur);
    const done = () => {
      commit(hits, { verdict, reason, note });
      nextOpen();
    };
    drawSame(part('card'), S, verdict, hits, done, panel);
    choosing = { enter: done, cancel: panel };
    part('sheetbox').focus({ preventScroll: true });
  }

  function rereason(reason) {
    const { verdict } = data.flags[S.cur].decision;
    const rule = data.reasons.find((r) => r.code === reason);
    const chosen = (code, note) => {
      commit([S.cur], { verdict, reason: code, note });
      panel();
    };
    if (!rule.needs_note) return chosen(reason, '');
    drawReasons(part('card'), S, verdict, [rule], chosen, panel)(1);
    choosing = { cancel: panel };
  }

  function commit(indexes, decision) {
    undone.push(indexes.map((i) => [i, data.flags[i].decision]));
    if (undone.length > 200) undone.shift();
    apply(indexes.map((i) => [i, decision]));
  }

  function apply(changes) {
    const decisions = changes.map(([i, decision]) => {
      const flag = data.flags[i];
      flag.decision = decision && decision.verdict !== 'open' ? { ...decision } : null;
      paint(i);
      const { verdict, reason, note } = decision || { verdict: 'open', reason: '', note: '' };
      return { flag: flag.id, verdict, reason, note };
    });
    box.add(decisions);
  }

  function undo() {
    if (!data.may.decide) return;
    const last = undone.pop();
    if (!last) return say('没有可撤销的处理。');
    apply(last);
    go(last[0][0]);
  }

  // ---- words about a flag that are no decision
  function remark() {
    const flag = data.flags[S.cur];
    const range = S.sheet.selected(parentRoot(root)); // words that were selected, else the flag
    const at = range ? { start: range[0], end: range[1] } : { flag: flag ? flag.id : '' };
    const title = '批注：' + (range ? '所选文字“' + S.sheet.slice(range[0], Math.min(range[1], range[0] + 20)) + '”' : flag ? flag.kind + '，' + flag.place : '整件');
    const done = async (text) => {
      try {
        data.remarks.push(await api('cases/' + data.case + '/comments', { method: 'POST', body: { text, ...at } }));
        panel();
      } catch (error) {
        panel();
        say(error.message);
      }
    };
    drawNote(part('card'), { title, label: '批注', hint: '写给同办本件的人看', done, cancel: panel });
    choosing = { cancel: panel };
  }

  function declassify() {
    const secret = (f) => f.category === 'state_secret' && !f.declassified;
    const flag = data.flags[S.cur];
    const others = data.flags.filter((f) => secret(f) && f !== flag);
    const all = el('input');
    all.type = 'checkbox';
    const label = el('label', 'agree');
    label.append(all, document.createTextNode('同一解密决定还包括另外 ' + others.length + ' 项疑似国家秘密：' + others.map((f) => f.kind + '（' + f.place + '）').join('；')));
    const done = async (note) => {
      const flags = [flag, ...(all.checked ? others : [])].map((f) => f.id);
      try {
        await box.settled();
        await api('cases/' + data.case + '/declassifications', { method: 'POST', body: { flags, note } });
        await box.listen(flags); // the decisions that follow are made on the screen that shows this
        panel();
      } catch (error) {
        panel();
        say(error.message);
      }
    };
    const hint = '写明解密机关、解密决定的文号和日期。登记计入审查表和审计日志，之后才能脱敏。';
    drawNote(part('card'), { title: '登记解密：' + flag.kind + '，' + flag.place, label: '解密依据', hint, extra: others.length ? [label] : [], done, cancel: panel });
    choosing = { cancel: panel };
  }

  function jump(position) {
    const there = S.sheet.at(position);
    if (!there) return;
    there.scrollIntoView({ block: 'center' });
    there.classList.add('found');
    setTimeout(() => there.classList.remove('found'), 3000);
  }

  // ---- the server's word
  let refusal = 0;
  function say(text) {
    const alert = part('alert');
    alert.textContent = text;
    alert.hidden = !text;
    clearTimeout(refusal);
    if (text) refusal = setTimeout(() => say(''), 15000);
  }

  function onReply(reply) {
    const waiting = new Set(box.waiting().map((d) => d.flag));
    const mine = new Set(reply.entry.decisions.map((d) => d.flag).concat(reply.own || []));
    const foreign = [];
    for (const { id, ...now } of reply.flags) {
      const i = index.get(id);
      if (i === undefined || waiting.has(id)) continue; // a newer word of ours is on its way
      Object.assign(data.flags[i], now);
      if (!mine.has(id)) foreign.push(i);
      paint(i);
    }
    if (foreign.length) say('他人刚处理了 ' + foreign.length + ' 项，已更新显示。');
    if (reply.stored) root.dataset.stored = String(Number(root.dataset.stored || 0) + reply.entry.decisions.length);
    else say(reply.message);
    if (choosing) progress();
    else panel();
    if (previewing) preview();
  }

  const box = createOutbox(data.case, data.version, {
    onState({ waiting, trouble }) {
      root.dataset.unsaved = String(waiting);
      const saved = part('saved');
      saved.textContent = waiting ? '正在保存 ' + waiting + ' 项' : '全部已保存';
      saved.className = 'saved ' + (waiting ? 'waiting' : 'done');
      part('trouble').textContent = trouble ? trouble + '。未保存的 ' + waiting + ' 项保留在本页。' : '';
      part('trouble').hidden = !trouble;
    },
    onReply,
  });
  // What an earlier page left unsent is on its way: show it as decided.
  for (const d of box.waiting()) {
    const flag = data.flags[index.get(d.flag)];
    if (flag) flag.decision = d.verdict === 'open' ? null : { verdict: d.verdict, reason: d.reason, note: d.note };
  }

  // ---- preview, selection, finish
  async function preview() {
    try {
      const plan = await api('cases/' + data.case + '/plan');
      buildPreview(part('preview'), data, plan.cuts);
    } catch (error) {
      say(error.message);
    }
  }
  const page = (shown) => {
    root.classList.toggle('paged', shown);
    part('pagestoggle').setAttribute('aria-pressed', String(shown));
  };
  part('pagestoggle').hidden = !data.may.pages;
  part('pagestoggle').onclick = async () => {
    const shown = !root.classList.contains('paged');
    if (shown && previewing) part('previewtoggle').onclick();
    page(shown);
    if (!shown || boxes) return;
    part('pagesbox').replaceChildren(el('p', 'none', '正在绘制页面…'));
    try {
      boxes = await buildPages(part('pagesbox'), S, go);
      data.flags.forEach((flag, i) => paint(i));
      if (S.cur >= 0) S.show(S.cur);
    } catch (error) {
      page(false);
      say(error.message);
    }
  };
  part('previewtoggle').onclick = () => {
    previewing = !previewing;
    if (previewing) page(false);
    root.classList.toggle('split', previewing);
    part('previewtoggle').setAttribute('aria-pressed', String(previewing));
    if (previewing) box.settled().then(preview);
  };
  part('remarktoggle').hidden = !data.may.remark;
  part('remarktoggle').onclick = remark;
  part('addtoggle').hidden = !data.may.add;
  part('addtoggle').onclick = () => {
    const range = S.sheet.selected(parentRoot(root));
    if (!range) return say('请先在正文中选中遗漏的文字，再按“补充提示项”。');
    const cancel = panel;
    drawAdd(part('card'), S, range, cancel, async (body) => {
      try {
        await box.settled();
        const reply = await api('cases/' + data.case + '/flags', { method: 'POST', body });
        setTriggerValue('reload', reply.flag);
      } catch (error) {
        say(error.message);
      }
    });
    choosing = { cancel };
  };
  part('finish').hidden = !data.may.finish && !data.files.length;
  if (data.files.length) part('finish').textContent = '导出文件';
  part('finish').onclick = () => openFinish(part('dialog'), S, box, { go, say, changed: () => setTriggerValue('changed', Date.now()) });

  // ---- keys
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return event.stopPropagation();
    if (part('dialog').open) return;
    const key = event.key.toLowerCase();
    let mine = true;
    if (choosing) {
      if (key === 'escape') choosing.cancel();
      else if (key === 'enter' && choosing.enter && event.target.tagName !== 'BUTTON') choosing.enter();
      else if (/^[1-9]$/.test(key) && choosing.number) choosing.number(Number(key));
      else mine = key !== 'tab' && key !== 'enter' && key !== ' ';
    } else if (key === 'j' || key === 'k') step(key === 'j' ? 1 : -1);
    else if (KEYS[key]) decide(KEYS[key], event.shiftKey ? 'same' : 'one');
    else if (key === 'z') undo();
    else mine = key === 'r' || key === 'c'; // Streamlit's own shortcuts: rerun, clear cache
    if (mine) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  const listening = data.may.meet ? setInterval(() => box.listen(), 8000) : 0;
  root.onkeydown = onKey;
  // Streamlit takes the focus away when it reconnects: keys that belong to no control still mean the pane.
  const onStray = (event) => document.activeElement === document.body && root.isConnected && onKey(event);
  document.addEventListener('keydown', onStray, true);

  part('title').textContent = data.title;
  part('filters').hidden = data.flags.length < 2;
  const refilter = (name, value) => {
    if (name) S.filter[name] = value;
    drawFilters(part('filters'), S, refilter);
    reorder();
    data.flags.forEach((flag, i) => flag.spans.length || paint(i));
    if (S.cur >= 0) go(S.cur);
    else panel();
  };
  data.flags.forEach((flag, i) => paint(i));
  const first = data.flags.findIndex((f) => f.rank > 0 && S.statusOf(f) === 'open');
  const wanted = index.get(data.focus);
  S.cur = wanted !== undefined ? wanted : first >= 0 ? first : data.flags.length ? 0 : -1;
  reorder();
  if (S.cur >= 0) go(S.cur);
  refilter();
  box.flush();
  root.dataset.ready = '1';
  root.dataset.buildMs = (performance.now() - began).toFixed(0);
  return {
    close() {
      document.removeEventListener('keydown', onStray, true);
      clearInterval(listening);
      box.close();
    },
  };
}

const parentRoot = (node) => node.getRootNode();
