"""自查: take a file or pasted text in, and see what should be looked at."""

from __future__ import annotations

import streamlit as st

from review import casework, paths, workflow
from review.errors import ReviewError
from review.service import desk, uploads
from review.ui import components, views, who
from review.ui.goto import open_case
from review.workflow import WAYS, Step


def page() -> None:
    """Draw the way in, the built-in samples and the newest cases."""
    office = desk.office()
    me = who.person(office)
    st.subheader("新建送审件", anchor=False)
    st.caption("导入后立即在本机检查，给出疑似提示、依据和建议；是否公开由审查人逐项决定。")
    data = {
        "genres": views.genre_choices(office.engine.pack),
        "targets": views.target_choices(WAYS),
        "limit": uploads.LIMIT,
        "may_clear": workflow.may(me, Step.CLEAR_MARK, None),
    }
    taken = components.intake(key="intake", data=data, on_opened_change=lambda: None)
    if taken.opened:
        open_case(taken.opened)
    with st.expander("内置示例（虚构），可用来试用和培训"):
        _samples(office, me.name)
    st.subheader("最近的送审件", anchor=False)
    rows = casework.list_cases(office, me.name, limit=10)
    shown = views.case_table(rows, casework.names(office))
    picked = components.table(key="recent", data=shown, on_picked_change=lambda: None).picked
    if picked:
        open_case(picked)


def _samples(office: casework.Office, me: str) -> None:
    files = views.sample_files(paths.SAMPLES)
    if not files:
        st.text("没有找到内置示例。")
        return
    # Names of the built-in samples are ours, not a submitter's.
    chosen = st.selectbox("选择示例", files, format_func=lambda path: path.name)
    if st.button("打开示例") and chosen is not None:
        try:
            case = casework.open_case(office, chosen.read_bytes(), chosen.name, me, title=f"示例：{chosen.name}")
        except ReviewError as error:
            st.error(str(error))
        else:
            open_case(case.id)
