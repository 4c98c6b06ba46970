"""报请: what waits for somebody else's word: escalated flags, referred cases, third parties that were asked."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from review import casework
from review.casework import Office, Row, Stage
from review.service import desk
from review.ui import components, views, who
from review.ui.goto import open_case


def page() -> None:
    """Draw the cases with escalated flags, and those that wait for an answer."""
    office = desk.office()
    me = who.person(office)
    st.subheader("报请确定与征求意见", anchor=False)
    st.caption("本系统不传送疑似内容，只生成报请材料清单；正文请按保密规定（机要、纸质）另行报送。")
    rows = casework.list_cases(office, me.name)
    waiting = [row for row in rows if row.stage in (Stage.DETERMINATION, Stage.THIRD_PARTY)]
    _cases("等待答复的送审件", "waiting", waiting, casework.names(office))
    st.subheader("报请确定的提示项", anchor=False)
    data = views.escalated_table(_escalated(office, rows), office.engine.pack)
    picked = components.table(key="escalated", data=data, on_picked_change=lambda: None).picked
    if picked:
        open_case(picked)


def _cases(title: str, key: str, rows: list[Row], people: Mapping[str, str]) -> None:
    st.text(f"{title}：{len(rows)} 件")
    if rows:
        picked = components.table(key=key, data=views.case_table(rows, people), on_picked_change=lambda: None).picked
        if picked:
            open_case(picked)


def _escalated(office: Office, rows: tuple[Row, ...]) -> list[casework.Case]:
    return [casework.load(office, row.id) for row in rows if row.done < row.loud]
