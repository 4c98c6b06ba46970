"""统计 and 专项检查: figures over the cases of a period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt
import streamlit as st

from review import casework
from review.casework import Office
from review.errors import ReviewError
from review.service import desk
from review.ui import components, figures, scanning, who
from review.workflow import Person

_QUIET = {"embedOptions": {"actions": False}}
_COLOURS = alt.Scale(
    domain=["可公开", "脱敏后公开", "报请确定中", "待处理"], range=["#1f6b2a", "#2b2f36", "#6a4bc4", "#c78a00"]
)


def page() -> None:
    """Draw the figures of a period."""
    office = desk.office()
    me = who.person(office)
    st.subheader("统计", anchor=False)
    since, until = _period("statistics")
    found = _rows(office, me, since, until)
    if found is None:
        return
    cases, rules = found
    types = office.engine.pack.types
    statuses = {rule.ref: rule.status for rule in office.engine.pack.rules}
    left, right = st.columns([2, 3])
    with left:
        components.table(key="totals", data=figures.totals(cases, rules))
    with right:
        if cases:
            _bars(figures.by_month(cases), "月份", "件数", title="送审件数")
            kinds = figures.by_type(rules, types)
            if kinds:
                chart = (
                    alt.Chart(alt.InlineData(values=kinds), title="提示项及处理意见")
                    .mark_bar()
                    .encode(
                        y=alt.Y("类型:N", sort="-x", title=None, axis=alt.Axis(labelLimit=240)),
                        x=alt.X("sum(项数):Q", title="项数", axis=alt.Axis(tickMinStep=1)),
                        color=alt.Color("处理意见:N", scale=_COLOURS, legend=alt.Legend(orient="bottom")),
                    )
                )
                st.altair_chart(chart.properties(usermeta=_QUIET), width="stretch")
        else:
            st.info("所选期间没有送审件。")
    st.link_button("下载年度报告附表数据", "/api/v1/books/annual")
    st.subheader("按部门", anchor=False)
    components.table(key="units", data=figures.unit_table(cases))
    st.subheader("按规则", anchor=False)
    components.table(key="rules", data=figures.rule_table(rules, types, statuses))


def inspection() -> None:
    """Draw 专项检查: scans of whole folders, and the questions with what the record answers."""
    office = desk.office()
    me = who.person(office)
    st.subheader("信息公开保密审查专项检查", anchor=False)
    scans, questions = st.tabs(["整批扫描", "问题清单"])
    with scans:
        scanning.draw(office, me)
    with questions:
        _questions(office, me)


def _questions(office: Office, me: Person) -> None:
    since, until = _period("inspection")
    found = _rows(office, me, since, until)
    if found is not None:
        components.table(key="inspection", data=figures.inspection(found[0]))
        st.link_button("下载专项检查问题清单", "/api/v1/books/inspection")
        st.caption("“系统记录”由程序按所选期间统计，其余项目由检查人员核对填写。")


def _period(key: str) -> tuple[date | None, date | None]:
    left, right, _ = st.columns([1, 1, 2])
    since = left.text_input("自（如 2026-01-01）", key=f"{key}_since")
    until = right.text_input("至（如 2026-12-31）", key=f"{key}_until")
    return _day(since), _day(until)


def _day(words: str) -> date | None:
    if not words.strip():
        return None
    try:
        return date.fromisoformat(words.strip())
    except ValueError:
        st.error("日期应写作 2026-11-21 的形式。")
        return None


def _rows(
    office: Office, me: Person, since: date | None, until: date | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]] | None:
    try:
        cases = casework.case_rows(office, me.name, since=since, until=until)
        return cases, casework.rule_rows(office, me.name, since=since, until=until)
    except ReviewError as error:
        st.error(str(error))
        return None


def _bars(rows: Sequence[dict[str, Any]], x: str, y: str, *, title: str) -> None:
    chart = (
        alt.Chart(alt.InlineData(values=list(rows)), title=title, height=180)
        .mark_bar(color="#1f4e79", size=36)
        .encode(
            x=alt.X(f"{x}:N", title=None, axis=alt.Axis(labelAngle=0)), y=alt.Y(f"{y}:Q", axis=alt.Axis(tickMinStep=1))
        )
    )
    st.altair_chart(chart.properties(usermeta=_QUIET), width="stretch")
