// Who is logged in, and the way out. The session ends on the server.
export default function mount({ data, parentElement }) {
  const box = parentElement.querySelector('.account');
  const leave = button('退出登录', '', '', async () => {
    await fetch('/logout', { method: 'POST', credentials: 'same-origin', redirect: 'manual' });
    location.assign('/login');
  });
  box.replaceChildren(el('span', '', data.name), leave);
}
