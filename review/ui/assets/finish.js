// Add a missed flag, and the last step: confirm, publish, download.
function drawAdd(host, S, [a, b], cancel, send) {
  host.replaceChildren(el('h4', '', '补充遗漏的提示项'));
  host.append(line('所选文字', el('code', '', S.sheet.slice(a, Math.min(b, a + 60)))));
  const types = S.data.addable.map((t) => [t.type, t.title]);
  let type = types[0][0];
  let basis = '';
  const pickers = el('div', 'pickers');
  host.append(pickers);
  const draw = () => {
    const entry = S.data.addable.find((t) => t.type === type);
    const options = entry.basis.map((key) => [key, S.data.provisions[key] ? S.data.provisions[key].citation : key]);
    if (!entry.basis.includes(basis)) basis = entry.basis[0] || '';
    const set = (value) => {
      type = value;
      draw();
    };
    pickers.replaceChildren(choice('类型 ', types, type, set));
    if (options.length) pickers.append(choice('依据 ', options, basis, (value) => (basis = value)));
  };
  draw();
  host.append(button('加入提示项', '', 'primary', () => send({ start: a, end: b, type, basis })), button('取消', 'Esc', '', cancel));
}

async function openFinish(dialog, S, box, { go, say, changed }) {
  const shut = () => dialog.close();
  const show = (...nodes) => dialog.replaceChildren(...nodes);
  const row = (...nodes) => {
    const node = el('div', 'buttons');
    node.append(...nodes);
    return node;
  };
  dialog.onkeydown = (event) => event.stopPropagation();
  if (S.data.files.length) {
    show(el('h3', '', '导出文件'), links(S.data.files), row(button('关闭', 'Esc', '', shut)));
    dialog.showModal();
    return;
  }
  show(el('p', '', '正在保存处理结果…'));
  dialog.showModal();
  if (!(await box.settled())) {
    show(el('h3', '', '暂不能放行'), el('p', '', '还有处理结果没有保存到服务器，请稍后再试。'), row(button('返回', 'Esc', '', shut)));
    return;
  }
  const open = S.data.flags.map((flag, i) => i).filter((i) => S.data.flags[i].rank > 0 && !['accept', 'redact'].includes(S.statusOf(S.data.flags[i])));
  if (open.length) {
    const list = el('ul', 'openlist');
    for (const i of open.slice(0, 200)) {
      const flag = S.data.flags[i];
      const item = el('li');
      const jump = () => {
        shut();
        go(i);
      };
      item.append(button(S.data.words.severity[flag.severity] + ' · ' + flag.kind + ' · ' + flag.place, '', 'link', jump), el('span', 'state ' + S.statusOf(flag), statusWord(flag, S.data.words)));
      list.append(item);
    }
    const words = '还有 ' + open.length + ' 项疑似提示未处理或正在报请确定，未处理的不得公开。点击可直接跳到该处：';
    show(el('h3', '', '暂不能放行'), el('p', '', words), list, row(button('返回逐项处理', 'Esc', 'primary', shut)));
    return;
  }
  const count = (verdict) => S.data.flags.filter((f) => S.statusOf(f) === verdict).length;
  const chosen = S.data.release.ask ? drawDetermination(S) : null;
  const agree = el('input');
  agree.type = 'checkbox';
  const label = el('label', 'agree');
  label.append(agree, document.createTextNode('我已逐项核对，确认按以上处理意见生成脱敏版。处理结果将计入审查表和审计日志。'));
  const run = button('确认放行并生成脱敏版', '', 'primary', publish);
  run.disabled = true;
  agree.onchange = () => (run.disabled = !agree.checked);
  const summary = el('ul');
  summary.append(el('li', '', '脱敏后公开 ' + count('redact') + ' 项：按脱敏规则处理，原件不改动，另存为脱敏版；'));
  summary.append(el('li', '', '可公开 ' + count('accept') + ' 项：保留原文，理由计入审查表；'));
  summary.append(el('li', '', '批注、修订、隐藏内容和文件属性一并清除。'));
  show(el('h3', '', '放行与导出'), summary, ...(chosen ? [chosen.node] : []), label, row(run, button('取消', 'Esc', '', shut)));

  function links(files) {
    const box = el('div', 'downloads');
    for (const file of files) {
      const link = el('a', 'download', file.title);
      link.href = file.href;
      if (file.inline) {
        link.target = '_blank';
        link.rel = 'noopener';
      } else link.setAttribute('download', '');
      box.append(link);
    }
    return box;
  }

  async function publish() {
    run.disabled = true;
    run.textContent = '正在生成并核验脱敏版…';
    try {
      const result = await api('cases/' + S.data.case + '/release', { method: 'POST', body: { confirm: true, determination: chosen && chosen.value() }, timeout: 600000 });
      dialog.onclose = changed; // the page is drawn anew when the reviewer has seen the result
      done(result);
    } catch (error) {
      show(el('h3', '', '没有输出任何文件'), el('p', 'alert', error.message), row(button('返回', 'Esc', 'primary', shut)));
    }
  }

  function done(result) {
    const checks = el('ul', 'checks');
    for (const check of result.checks) checks.append(el('li', check.passed ? 'passed' : 'failed', (check.passed ? '通过：' : '未通过：') + check.name + '（' + check.detail + '）'));
    show(el('h3', '', '脱敏版已生成，核验全部通过'), checks, el('p', '', '文件校验值（SHA-256）：'), el('code', 'sha', result.sha256), links(result.files), row(button('关闭', 'Esc', '', shut)));
  }
}

// 公开属性、方式、范围、期限: proposed from the decisions, decided by the person.
function drawDetermination(S) {
  const { attributes, ways, scopes, grounds, chosen_ways: first, grounds_of: groundOf } = S.data.release;
  const redacted = S.data.flags.filter((f) => f.rank > 0 && S.statusOf(f) === 'redact');
  const picked = {
    attribute: redacted.length ? 'partial' : 'proactive',
    scope: 'public',
    period: 'long',
    take_down: '',
    ways: new Set(first),
    grounds: new Set(redacted.map((f) => groundOf[f.category]).filter(Boolean)),
    basis: new Set(redacted.flatMap((f) => f.basis).filter((key) => S.data.provisions[key])),
  };
  const articles = [...picked.basis].map((key) => [key, S.data.provisions[key].citation]);
  const node = el('div', 'determination');
  const boxes = (title, options, set) => {
    const group = el('fieldset');
    group.append(el('legend', '', title));
    for (const [code, name] of options) {
      const label = el('label');
      const box = el('input');
      box.type = 'checkbox';
      box.checked = set.has(code);
      box.onchange = () => (box.checked ? set.add(code) : set.delete(code));
      label.append(box, document.createTextNode(name));
      group.append(label);
    }
    return group;
  };
  const draw = () => {
    const again = (name) => (value) => {
      picked[name] = value;
      draw();
    };
    const day = el('input');
    day.type = 'date';
    day.value = picked.take_down;
    day.onchange = () => (picked.take_down = day.value);
    const until = el('label', 'choice', '撤下日期 ');
    until.append(day);
    node.replaceChildren(
      choice('公开属性 ', attributes, picked.attribute, again('attribute')),
      choice('公开范围 ', scopes, picked.scope, again('scope')),
      choice('公开期限 ', [['long', '长期'], ['until', '公示期，到期撤下']], picked.period, again('period')),
      ...(picked.period === 'until' ? [until] : []),
      boxes('公开方式', ways, picked.ways),
      ...(picked.attribute === 'partial' ? [boxes('不予公开部分的理由', grounds, picked.grounds), boxes('依据', articles, picked.basis)] : []),
    );
  };
  draw();
  return { node, value: () => ({ ...picked, ways: [...picked.ways], ...(picked.attribute === 'partial' ? { grounds: [...picked.grounds], basis: [...picked.basis] } : { grounds: [], basis: [] }) }) };
}
