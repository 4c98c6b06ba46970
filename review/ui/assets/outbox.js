// Decisions wait here until the server says that they are stored. Nothing is dropped on a lost connection, a killed
// server or a reload: the queue is kept in sessionStorage, and every entry has its own number (client + seq), so that
// sending it twice is harmless. Kept: flag ids, codes and the reviewer's own note; no document text.
//
// One entry is one action of the reviewer: it is stored whole or not at all. `seen` is the version of the case that was
// on the screen; the server refuses an entry whose flags somebody else has changed since.
function createOutbox(caseId, version, { onState, onReply }) {
  const key = 'review-outbox:' + caseId;
  const client = token();
  let queue = JSON.parse(sessionStorage.getItem(key) || '[]');
  let seq = 0;
  let seen = version;
  let busy = false;
  let trouble = '';

  const tell = () => {
    sessionStorage.setItem(key, JSON.stringify(queue));
    onState({ waiting: queue.reduce((n, entry) => n + entry.decisions.length, 0), trouble });
  };

  // The other entries were made on a screen that did not show what came back now: an entry moves on to the new version
  // unless somebody else changed one of its flags.
  function advance(reply, mine) {
    const foreign = new Set(reply.flags.map((f) => f.id).filter((id) => !mine.has(id)));
    for (const entry of queue) if (!entry.decisions.some((d) => foreign.has(d.flag))) entry.seen = reply.version;
    seen = reply.version;
  }

  async function flush() {
    if (busy || !queue.length) return;
    busy = true;
    while (queue.length) {
      const entry = queue[0];
      const mine = new Set(entry.decisions.map((d) => d.flag));
      try {
        const reply = await api('cases/' + caseId + '/decisions', { method: 'POST', body: entry });
        queue.shift();
        trouble = '';
        advance(reply, mine);
        onReply({ ...reply, stored: true, entry });
      } catch (error) {
        const refused = error.reply && error.reply.flags; // the server looked at it and said no
        if (!refused) {
          trouble = error.status === 401 ? '登录已过期，请在新窗口登录后返回本页' : error.status ? error.message : '与服务器的连接中断，正在重试';
          break;
        }
        queue.shift();
        advance(error.reply, mine);
        onReply({ ...error.reply, stored: false, entry });
      }
      tell();
    }
    busy = false;
    tell();
  }

  const timer = setInterval(flush, 1000);
  const warn = (event) => {
    if (!queue.length) return;
    event.preventDefault();
    event.returnValue = '还有未保存的处理结果';
  };
  window.addEventListener('beforeunload', warn);
  tell();
  return {
    add(decisions) {
      queue.push({ client, seq: ++seq, seen, decisions });
      tell();
      flush();
    },
    // What changed meanwhile, asked for while nothing of ours is on its way. `own`: flags that we changed ourselves.
    async listen(own = []) {
      if (busy || queue.length) return;
      const reply = await api('cases/' + caseId + '/changes?since=' + seen).catch(() => null);
      if (!reply || queue.length || reply.version <= seen) return;
      seen = reply.version;
      onReply({ ...reply, stored: true, entry: { decisions: [] }, own });
    },
    waiting: () => queue.flatMap((entry) => entry.decisions),
    flush,
    async settled() {
      for (let i = 0; queue.length && i < 100; i++) {
        await flush();
        if (queue.length) await new Promise((go) => setTimeout(go, 100));
      }
      return !queue.length;
    },
    close() {
      clearInterval(timer);
      window.removeEventListener('beforeunload', warn);
    },
  };
}
