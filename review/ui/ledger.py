"""台账: every case that the person may see."""

from __future__ import annotations

import streamlit as st

from review import casework, workflow
from review.casework import Stage
from review.service import books, desk
from review.ui import components, views, who
from review.ui.goto import open_case
from review.workflow import Step

_PAGE = 50
_TIMES = {"": "全部", "soon": "即将到期和逾期", "overdue": "只看逾期"}


def page() -> None:
    """Draw the case list with its filters."""
    office = desk.office()
    me = who.person(office)
    st.subheader("审查台账", anchor=False)
    left, middle, right, last = st.columns([3, 3, 2, 2], vertical_alignment="bottom")
    words = left.text_input("查找名称或编号", key="ledger_words")
    stages = middle.multiselect(
        "当前环节", list(Stage), format_func=lambda stage: stage.label, placeholder="全部环节", key="ledger_stages"
    )
    time = right.selectbox("期限", _TIMES, format_func=lambda code: _TIMES[code], key="ledger_time")
    number = int(last.number_input("页码", min_value=1, value=1, step=1, key="ledger_page"))
    rows = casework.list_cases(
        office,
        me.name,
        stages=stages,
        words=words.strip(),
        overdue=time == "overdue",
        soon=time == "soon",
        limit=_PAGE,
        offset=_PAGE * (number - 1),
    )
    shown = views.case_table(rows, casework.names(office))
    picked = components.table(key="ledger", data=shown, on_picked_change=lambda: None).picked
    if picked:
        open_case(picked)
    if workflow.may(me, Step.LEDGER, None):
        _books()


def _books() -> None:
    st.subheader("表册", anchor=False)
    now = books.today()
    links = (
        ("ledger", "下载审查台账"),
        ("monthly", f"下载{now.year}年{now.month}月汇总表"),
        ("reassessment", f"下载{now.year}年不予公开信息年度复核表"),
    )
    for column, (name, title) in zip(st.columns(len(links)), links, strict=True):
        column.link_button(title, f"/api/v1/books/{name}", width="stretch")
