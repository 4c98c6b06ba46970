"""审查: one case, its findings in numbers, the review pane, and the steps that move it on."""

from __future__ import annotations

import streamlit as st

from review import casework, paths, workflow
from review.casework import Office
from review.errors import ReviewError
from review.service import desk
from review.ui import components, flow, views, who
from review.workflow import Case, Person, Step

#: The built-in case of a first start: a list with several kinds of findings.
FIRST_SAMPLE = "01-subsidy-list-leaking.docx"


def page() -> None:
    """Draw the case that the address names, else the newest one, else the built-in sample."""
    office = desk.office()
    me = who.person(office)
    case_id = st.query_params.get("case", "") or st.session_state.get("case", "") or _newest(office, me)
    if not case_id:
        st.info(_NOTHING if workflow.may(me, Step.OPEN, None) else _NOTHING_YET)
        return
    try:
        case = casework.look(office, case_id, me.name)
        report = casework.report(office, case_id)
    except ReviewError as error:
        st.session_state.pop("case", None)
        st.error(str(error))
        return
    st.session_state["case"] = case_id
    found = views.summary(report.flags)
    genre = office.engine.pack.genres.get(report.genre.id)
    kind = genre.title if genre else "未识别"
    head, buttons = st.columns([1, 1], vertical_alignment="center")
    about, told = st.session_state.get("told", ("", ""))
    told = told if case.file and about == case.file.flags else ""
    head.html(_HEAD.format(case=case.id, stage=case.stage.label, genre=kind, told=told, words=found.sentence))
    with buttons:
        flow.bar(office, case, me)
    _pane(case)


_NOTHING = "还没有送审件。请到“自查”页导入文件。"
_NOTHING_YET = "没有由您办理的送审件。可到“台账”“统计”查看您的角色能看的内容。"

#: Our own words and numbers only: no title, no file name.
_HEAD = (
    '<div class="casehead"><b>{case}</b><span class="stage">{stage}</span>'
    '<span>文件种类：{genre}</span><b class="told">{told}</b><span>{words}</span></div>'
)


@st.fragment
def _pane(case: Case) -> None:
    scan = case.file.flags if case.file else ""
    told = components.review_pane(
        key=f"pane-{case.id}",
        data={"case": case.id, "rev": f"{case.stage}-{scan}-{st.session_state.get('rev', 0)}"},
        on_changed_change=lambda: None,
        on_reload_change=_again,
    )
    if told.changed:
        st.rerun()


def _again() -> None:
    """A flag was added: the pane fetches the case anew."""
    st.session_state["rev"] = st.session_state.get("rev", 0) + 1


def _newest(office: Office, me: Person) -> str:
    rows = casework.list_cases(office, me.name, limit=50)
    for row in rows:
        if workflow.may(me, Step.VIEW, casework.load(office, row.id)):
            return row.id
    sample = paths.SAMPLES / FIRST_SAMPLE
    if rows or not office.settings.single_user or not sample.is_file():
        return ""
    case = casework.open_case(office, sample.read_bytes(), sample.name, me.name, title="示例（虚构）：惠民补贴发放公示")
    return case.id
