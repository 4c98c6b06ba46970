"""设置, for administrators: accounts and API keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from review.casework import Office, accounts
from review.errors import ReviewError
from review.ui import components, views
from review.workflow import Person, Role

if TYPE_CHECKING:
    from review.store.accounts import Account

_SCOPES = {"check": "检查文件", "read": "读取送审件", "decide": "登记处理意见", "publish": "放行", "ledger": "读取台账"}


def manage(office: Office, me: Person) -> None:
    """Draw the account list and its forms."""
    known = accounts.all_accounts(office.store, me.name)
    st.subheader("账户", anchor=False)
    components.table(key="accounts", data=views.account_table(known))
    add, change, keys = st.tabs(["新增账户", "修改账户", "接口密钥"])
    with add, st.form("add-account", border=False, clear_on_submit=True):
        name = st.text_input("账号（字母、数字）")
        display = st.text_input("姓名")
        unit = st.text_input("部门")
        roles = _roles("角色", [])
        password = st.text_input("初始口令（至少 10 位）", type="password")
        if st.form_submit_button("新增", type="primary"):
            _do(
                lambda: accounts.add_account(
                    office.store, me.name, name.strip(), password, roles, display=display, unit=unit
                )
            )
    with change:
        _change(office, me, {account.name: account for account in known})
    with keys, st.form("add-key", border=False):
        label = st.text_input("密钥名称（如 oa）")
        owner = st.selectbox("以此账号办理", [account.name for account in known if not account.disabled])
        scopes = st.multiselect("权限", list(_SCOPES), format_func=lambda scope: _SCOPES[scope], placeholder="请选择")
        if st.form_submit_button("发放密钥", type="primary") and owner:
            try:
                key = accounts.add_api_key(office.store, me.name, label.strip(), owner, scopes)
            except ReviewError as error:
                st.error(str(error))
            else:
                st.text("密钥只显示这一次，请妥善保管：")
                st.code(key, language=None)
    with keys:
        _keys(office, me)


def own_password(office: Office, me: Person) -> None:
    """Draw the form with which somebody changes the own password; all own sessions end."""
    st.subheader("修改口令", anchor=False)
    with st.form("own-password", border=False, clear_on_submit=True):
        old = st.text_input("现口令", type="password")
        new = st.text_input("新口令（至少 10 位）", type="password", key="own-new")
        again = st.text_input("再输入一次", type="password")
        if st.form_submit_button("修改口令"):
            if new != again:
                st.error("两次输入的新口令不一致。")
                return
            _do(lambda: accounts.change_password(office.store, me.name, old, new, "own"))


def _keys(office: Office, me: Person) -> None:
    known = accounts.api_keys(office.store, me.name)
    components.table(key="keys", data=views.key_table(known, _SCOPES))
    live = [key.label for key in known if not key.revoked]
    if live:
        chosen = st.selectbox("撤销密钥", live)
        if st.button("撤销"):
            _do(lambda: accounts.revoke_api_key(office.store, me.name, chosen))


def _change(office: Office, me: Person, known: dict[str, Account]) -> None:
    if not known:
        st.text("还没有账户。")
        return
    chosen = st.selectbox("账号", list(known))
    account = known[chosen]
    with st.form(f"change-{chosen}", border=False):
        display = st.text_input("姓名", value=account.display)
        unit = st.text_input("部门", value=account.unit)
        roles = _roles("角色", [Role(code) for code in account.roles])
        if st.form_submit_button("保存"):
            _do(lambda: accounts.change_account(office.store, me.name, chosen, roles=roles, display=display, unit=unit))
    with st.form(f"password-{chosen}", border=False, clear_on_submit=True):
        password = st.text_input("新口令（至少 10 位）", type="password")
        if st.form_submit_button("重设口令"):
            _do(lambda: accounts.set_password(office.store, me.name, chosen, password))
    if account.disabled:
        if st.button("启用账户"):
            _do(lambda: accounts.enable_account(office.store, me.name, chosen))
    elif st.button("停用账户"):
        _do(lambda: accounts.disable_account(office.store, me.name, chosen))


def _roles(label: str, chosen: list[Role]) -> list[Role]:
    found: list[Role] = st.multiselect(
        label, list(Role), default=chosen, format_func=lambda role: role.label, placeholder="请选择"
    )
    return found


def _do(act: Callable[[], object]) -> None:
    try:
        act()
    except ReviewError as error:
        st.error(str(error))
    else:
        st.rerun()
