"""设置: what is in force: settings, rules, models, where data lie."""

from __future__ import annotations

import streamlit as st

from review import paths, workflow
from review.service import desk
from review.ui import components, people, views, who
from review.workflow import Step


def page() -> None:
    """Draw the settings, read from ``settings.toml`` in the home folder."""
    office = desk.office()
    me = who.person(office)
    st.subheader("设置", anchor=False)
    components.table(key="settings", data=views.settings_table(office.settings))
    st.caption("设置保存在数据文件夹的 settings.toml 中，由管理员修改，重新启动后生效。")
    st.subheader("规则与模型", anchor=False)
    components.table(key="pack", data=views.pack_table(office.engine.pack, office.engine.model_digests))
    if not office.settings.single_user:
        people.own_password(office, me)
    if workflow.may(me, Step.ACCOUNTS, None):
        people.manage(office, me)
    st.subheader("数据位置", anchor=False)
    st.text(str(paths.home()))
    st.subheader("接口", anchor=False)
    st.text("REST 接口：/api/v1，说明见 /api/v1/docs")
