"""What can be done with a case besides deciding its flags: steps, form fields, determination, remarks, a new file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from review import casework, workflow
from review.calendar import china_clock
from review.casework import Office, accounts
from review.casework.office import names
from review.errors import ReviewError
from review.service import letters, uploads, words
from review.service.papers import DETAILS
from review.ui import components, views
from review.workflow import (
    CONSULT_REPLIES,
    REFER_REPLIES,
    REFUSAL_GROUNDS,
    SCOPES,
    WAYS,
    Attribute,
    Case,
    Determination,
    Person,
    Step,
    Timer,
)

#: Steps that move a case on, in the order of the buttons. Publishing has its own dialog in the pane.
MOVING = (
    Step.SUBMIT,
    Step.PASS,
    Step.CLEAR,
    Step.APPROVE,
    Step.CONSULT,
    Step.CONSULT_REPLY,
    Step.REFER,
    Step.REFER_REPLY,
    Step.RETURN,
    Step.WITHHOLD,
    Step.WITHDRAW,
    Step.TAKE_DOWN,
    Step.CORRECT,
    Step.REOPEN,
    Step.ARCHIVE,
)
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_PERIODS = {"": "暂未确定", "long": "长期", "until": "公示期，到期撤下"}


def bar(office: Office, case: Case, me: Person) -> None:
    """Draw the row of popovers beside the head of a case."""
    allowed = casework.moves(office, case, me.name)
    steps = [step for step in MOVING if step in allowed]
    columns = iter(st.columns(6))
    if steps:
        with next(columns).popover("流程办理", width="stretch", key=f"flow-{case.stage}"):
            _steps(office, case, me, steps)
    if Step.DETERMINE in allowed:
        with next(columns).popover("公开属性", width="stretch", key=f"attribute-{case.version}"):
            _determination(office, case, me)
    if Step.DESCRIBE in allowed:
        with next(columns).popover("审查表信息", width="stretch", key=f"details-{case.version}"):
            _particulars(office, case, me)
    if {Step.REPLACE, Step.DECIDE} & set(allowed):
        scan = case.file.flags if case.file else ""
        with next(columns).popover("文件与检查", width="stretch", key=f"file-{scan}"):
            _file(office, case, me, may_replace=Step.REPLACE in allowed, may_rescan=Step.DECIDE in allowed)
    with next(columns).popover("文书", width="stretch"):
        _letters(office, case, me)
    with next(columns).popover("办理记录", width="stretch"):
        _record(office, case, me, may_comment=Step.COMMENT in allowed, may_assign=Step.ASSIGN in allowed)


def _done(change: Callable[[], Case]) -> None:
    """Carry a change out; show a refusal in its own words, else draw the page anew."""
    try:
        change()
    except ReviewError as error:
        st.error(str(error))
    else:
        st.rerun()


def _steps(office: Office, case: Case, me: Person, steps: list[Step]) -> None:
    step = st.radio("办理", steps, format_func=lambda s: s.label, key=f"step-{case.id}")
    outcome = ""
    replies = {Step.CONSULT_REPLY: CONSULT_REPLIES, Step.REFER_REPLY: REFER_REPLIES, Step.REFER: words.TARGET}
    if step in replies:
        choices = replies[step]
        label = "报请对象" if step is Step.REFER else "答复意见"
        outcome = st.selectbox(label, list(choices), format_func=lambda code: choices[code], key=f"outcome-{case.id}")
    if step is Step.REFER:
        st.caption("本系统不传送疑似内容，只生成报请材料清单；正文请按保密规定另行报送。")
    note = st.text_area("意见、理由（答复须写明机关和文号）", key=f"note-{case.id}")
    if st.button(f"确认{step.label}", type="primary", key=f"take-{case.id}"):
        _done(lambda: casework.step(office, case.id, me.name, step, note=note, outcome=outcome, seen=case.version))


def _determination(office: Office, case: Case, me: Person) -> None:
    known = case.determination or workflow.proposed(case, casework.details(office, case.id).get("target", ""))
    if case.determination is None:
        st.caption("按现有处理意见拟出，请核对后保存。")
    for doubt in workflow.doubts(case):
        st.warning(doubt)
    with st.form(f"determination-{case.id}", border=False):
        attributes = list(Attribute)
        attribute = st.selectbox(
            "公开属性", attributes, index=attributes.index(known.attribute), format_func=lambda a: a.label
        )
        grounds = st.multiselect(
            "不予公开（部分）的理由",
            list(REFUSAL_GROUNDS),
            default=list(known.grounds),
            format_func=lambda code: REFUSAL_GROUNDS[code],
            placeholder="请选择",
        )
        provisions = office.engine.pack.provisions
        choices = views.provision_choices(office.engine.pack)
        basis = st.multiselect(
            "依据条款",
            choices,
            default=[key for key in known.basis if key in choices],
            format_func=lambda key: provisions[key].citation,
            placeholder="请选择",
        )
        scopes = list(SCOPES)
        scope = st.selectbox("公开范围", scopes, index=scopes.index(known.scope), format_func=lambda s: SCOPES[s])
        ways = st.multiselect(
            "公开方式", list(WAYS), default=list(known.ways), format_func=lambda way: WAYS[way], placeholder="请选择"
        )
        periods = list(_PERIODS)
        period = st.selectbox(
            "公开期限", periods, index=periods.index(known.period), format_func=lambda code: _PERIODS[code]
        )
        take_down = st.text_input("到期撤下日期（如 2026-11-21）", value=_iso(known.take_down))
        made_on = st.text_input("信息形成日期（如 2026-11-21）", value=_iso(known.made_on))
        if st.form_submit_button("保存", type="primary"):
            try:
                wanted = Determination(
                    attribute=attribute,
                    grounds=tuple(grounds),
                    basis=tuple(basis),
                    scope=scope,
                    ways=tuple(ways),
                    period=period,
                    take_down=date.fromisoformat(take_down.strip()) if take_down.strip() else None,
                    made_on=date.fromisoformat(made_on.strip()) if made_on.strip() else None,
                )
            except ValueError:
                st.error("日期应写作 2026-11-21 的形式。")
            else:
                _done(lambda: casework.determine(office, case.id, me.name, wanted))


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _particulars(office: Office, case: Case, me: Person) -> None:
    known = casework.details(office, case.id)
    with st.form(f"details-{case.id}", border=False):
        fields = {"title": st.text_input("信息名称（标题）", value=known.get("title", ""))}
        for key, label in DETAILS.items():
            fields[key] = st.text_input(label, value=known.get(key, ""))
        if st.form_submit_button("保存", type="primary"):
            _done(lambda: casework.describe(office, case.id, me.name, fields))


def _file(office: Office, case: Case, me: Person, *, may_replace: bool, may_rescan: bool) -> None:
    """Draw 更换文件 and 重新检查: both keep a decision only where text and flag are unchanged."""
    st.caption("文字和提示项都没有变的，处理意见保留；其余须重新处理。")
    if may_replace:
        st.markdown("**更换文件**")
        data = {
            "case": case.id,
            "limit": uploads.LIMIT,
            "may_clear": workflow.may(me, Step.CLEAR_MARK, None),
        }
        taken = components.intake(key=f"replace-{case.id}", data=data, on_opened_change=lambda: None)
        if taken.opened:
            _tell(case, "已更换文件")
            st.rerun()
    if may_rescan:
        st.markdown("**重新检查**")
        if casework.outdated(office, case):
            st.text("上次检查之后，规则或模型有更新。")
        choices = views.genre_choices(office.engine.pack)
        known = case.file.genre if case.file else ""
        codes = [code for code, _ in choices]
        titles = dict(choices)
        genre = st.selectbox(
            "文件种类",
            codes,
            index=codes.index(known) if known in codes else 0,
            format_func=lambda code: titles[code],
            key=f"genre-{case.id}",
        )
        if st.button("重新检查", key=f"rescan-{case.id}"):
            _done(lambda: _rescanned(office, case, me, genre))


def _rescanned(office: Office, case: Case, me: Person, genre: str) -> Case:
    with st.spinner("正在检查，请稍候…"):
        found = casework.rescan(office, case.id, me.name, genre=genre)
    _tell(found, "已重新检查")
    return found


def _tell(case: Case, done: str) -> None:
    """Say what became of the decisions, for as long as this scan is the last one."""
    kept = sum(flag.ruling is not None for flag in case.flags.values())
    scan = case.file.flags if case.file else ""
    st.session_state["told"] = (scan, f"{done}，保留处理意见 {kept} 项。")


def _letters(office: Office, case: Case, me: Person) -> None:
    titles = {kind: title for kind, (title, _) in letters.KINDS.items()}
    kind = st.selectbox("文书种类", list(titles), format_func=lambda code: titles[code], key=f"letter-{case.id}")
    wish = letters.Wish(
        recipient=st.text_input("主送机关、第三方或申请人", key=f"recipient-{case.id}"),
        opinion=st.text_area("本单位意见", key=f"opinion-{case.id}"),
        reasons=st.text_area("理由", key=f"reasons-{case.id}"),
    )
    st.caption("文书只写位置、类型和依据，不复述内容；正文请按保密规定另行报送。")
    st.download_button(
        "下载文书",
        lambda: letters.write(office, casework.look(office, case.id, me.name), kind, wish),
        f"{titles[kind]}_{case.id}.docx",
        mime=_DOCX,
        on_click="ignore",
        key=f"download-{case.id}",
    )


def _state(timer: Timer) -> str:
    if timer.ended:
        return "，已办结"
    if timer.suspended:
        return "，中止计时"
    return "，逾期" if timer.overdue else "，即将到期" if timer.warning else ""


def _record(office: Office, case: Case, me: Person, *, may_comment: bool, may_assign: bool) -> None:
    people = names(office)
    for timer in casework.timers(office, case):
        st.text(f"{timer.label}：{timer.due.isoformat()} 到期{_state(timer)}")
    for taken in case.steps:
        who = people.get(taken.actor, taken.actor)
        same = f"（与{'、'.join(step.label for step in taken.same_person)}为同一人）" if taken.same_person else ""
        st.text(f"{china_clock(taken.at)}　{taken.step.label}　{who}{same}")
        if taken.note:
            st.text(f"　　{casework.note(office, taken.note)}")
    for remark in casework.comments(office, case.id):
        who = people.get(remark.actor, remark.actor)
        st.text(f"{china_clock(remark.at)}　批注　{who}：{remark.text}")
    if may_comment:
        text = st.text_area("批注", key=f"remark-{case.id}")
        if st.button("添加批注", key=f"add-remark-{case.id}"):
            _done(lambda: casework.comment(office, case.id, me.name, text))
    if may_assign and not office.settings.single_user:
        others = [person.name for person in accounts.colleagues(office.store)]
        to = st.selectbox("转办给", others, format_func=lambda name: people.get(name, name), key=f"to-{case.id}")
        if st.button("转办", key=f"assign-{case.id}") and to:
            _done(lambda: casework.assign(office, case.id, me.name, to))
