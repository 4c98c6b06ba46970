"""Records made of cases: 审查台账, statistics, training samples, retention."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from review import store, workflow
from review.calendar import china_day
from review.casework.change import changing, current
from review.casework.office import OPERATOR, Office, names, person, require_office
from review.casework.reading import report_of, timers
from review.errors import PolicyError
from review.places import block_at
from review.store import cases, vault
from review.types import Verdict
from review.workflow import SCOPES, WAYS, Attribute, Case, FlagState, Role, Stage, Step, payloads

#: Reason codes that say: the program was wrong.
FALSE_ALARM = frozenset({"false_alarm", "not_a_mark"})

_FINISHED = frozenset({Stage.PUBLISHED, Stage.WITHHELD, Stage.WITHDRAWN, Stage.ARCHIVED, Stage.TAKEN_DOWN})


def ledger(office: Office, actor: str, *, since: date | None = None, until: date | None = None) -> list[dict[str, Any]]:
    """Return the rows of the 审查台账: one a case opened in the period, keys are the Chinese column heads."""
    who = require_office(office, actor, Step.LEDGER)
    unit = who.unit if who.roles <= {Role.DEPT_HEAD, Role.OFFICER} else ""
    rows = []
    people = names(office)
    with office.store.read() as tx:
        found = [case for case in _cases(office, tx, since, until) if not unit or case.unit == unit]
        kept = vault.get_many(office.store, tx, [case.details for case in found if case.details])
    for number, case in enumerate(found, 1):
        known = json.loads(kept[case.details]) if case.details in kept else {}
        rows.append({"序号": number, **_ledger_row(case, known, people)})
    return rows


def _ledger_row(case: Case, known: Mapping[str, str], people: Mapping[str, str]) -> dict[str, Any]:
    d = case.determination
    signed = {
        taken.step: people.get(taken.actor, taken.actor)
        for taken in case.round
        if taken.step in (Step.CLEAR, Step.APPROVE)
    }
    submitted = next((t.at for t in case.steps if t.step is Step.SUBMIT), None)
    out = case.publications[-1].at if case.publications else None
    closed = next((stay.since for stay in reversed(case.stays) if stay.stage in _FINISHED), None)
    same = any(taken.same_person for taken in case.round)
    return {
        "审查编号": case.id,
        "信息名称": known.get("title", "（停止处理，未保存）" if case.stage is Stage.STOPPED else "（已清除）"),
        "文号": known.get("docno", ""),
        "载体形式": known.get("carrier", ""),
        "承办部门": case.unit,
        "承办人": people.get(case.owner, case.owner),
        "送审日期": china_day(submitted) if submitted else None,
        "公开属性": d.attribute.label if d else "",
        "公开方式": "、".join(WAYS[way] for way in d.ways) if d else "",
        "公开范围": SCOPES[d.scope] if d else "",
        "公开期限": ("长期" if d.period == "long" else f"至{d.take_down}" if d.take_down else "") if d else "",
        "提示项数（已处理/总数）": f"{case.done}/{len(case.loud)}",
        "涉及个人条数": sum(f.count for f in case.loud if f.category == "personal_privacy"),
        "当前环节": case.stage.label,
        "审查意见": _opinion(case),
        "审查人": signed.get(Step.CLEAR, ""),
        "批准人": signed.get(Step.APPROVE, ""),
        "发布日期": china_day(out) if out else None,
        "办结日期": china_day(closed) if closed else None,
        "用时（工作日）": workflow.handling_days(case, china_day(datetime.now(UTC))),
        "发布链接": known.get("link", ""),
        "文件校验值": case.file.sha256 if case.file else "",
        "脱敏版校验值": case.publications[-1].redacted_sha256 if case.publications else "",
        "备注": "同一人办理多个环节" if same else "",
    }


def _opinion(case: Case) -> str:
    taken = {step.step for step in case.round}
    if Step.WITHHOLD in taken:
        return "不予公开"
    if Step.CLEAR not in taken:
        return ""
    if case.determination and case.determination.attribute is Attribute.WITHHELD:
        return "不予公开"
    cut = any(flag.verdict is Verdict.REDACT for flag in case.flags.values())
    return "部分公开（区分处理）" if cut else "应予公开"


def _cases(office: Office, tx: store.Transaction, since: date | None, until: date | None) -> Iterator[Case]:
    """Yield the cases opened in a period (Chinese days, both ends included), oldest first."""
    for case_id in cases.ids(tx):
        case = current(office, tx, case_id)
        day = china_day(case.opened)
        if (since is None or day >= since) and (until is None or day <= until):
            yield case


# ------------------------------------------------------------------------------------------------ statistics


def case_rows(
    office: Office, actor: str, *, since: date | None = None, until: date | None = None
) -> list[dict[str, Any]]:
    """Return one row a case, no titles: ``id unit stage opened days overdue attribute returned partial reopened
    taken_down consulted consult_reply referred refer_reply flags accepted redacted escalated open false_alarms
    over_withheld genre``.

    ``days``: working days from submission to the end or today; None before submission.
    """
    require_office(office, actor, Step.STATISTICS)
    today = china_day(datetime.now(UTC))
    with office.store.read() as tx:
        return [_case_row(office, case, today) for case in _cases(office, tx, since, until)]


def _case_row(office: Office, case: Case, today: date) -> dict[str, Any]:
    taken = [t.step for t in case.steps]
    verdicts = [flag.verdict for flag in case.loud]
    replies = {t.step: t.outcome for t in case.steps if t.outcome}
    return {
        "id": case.id,
        "unit": case.unit,
        "stage": case.stage.value,
        "opened": china_day(case.opened),
        "days": workflow.handling_days(case, today),
        "overdue": any(timer.overdue for timer in timers(office, case, today)),
        "attribute": case.determination.attribute.value if case.determination else "",
        "grounds": list(case.determination.grounds) if case.determination else [],
        "returned": taken.count(Step.RETURN),
        "partial": any(f.verdict is Verdict.REDACT for f in case.loud) and bool(case.publications),
        "reopened": Step.REOPEN in taken,
        "corrected": Step.CORRECT in taken,
        "taken_down": Step.TAKE_DOWN in taken,
        "stopped": case.stage is Stage.STOPPED,
        "consulted": taken.count(Step.CONSULT),
        "consult_reply": replies.get(Step.CONSULT_REPLY, ""),
        "referred": taken.count(Step.REFER),
        "refer_target": replies.get(Step.REFER, ""),
        "refer_reply": replies.get(Step.REFER_REPLY, ""),
        "same_person": any(t.same_person for t in case.steps),
        "flags": len(verdicts),
        "accepted": verdicts.count(Verdict.ACCEPT),
        "redacted": verdicts.count(Verdict.REDACT),
        "escalated": verdicts.count(Verdict.ESCALATE),
        "open": verdicts.count(Verdict.OPEN),
        "false_alarms": sum(_false_alarm(flag) for flag in case.loud),
        "over_withheld": sum(_over_withheld(flag) for flag in case.loud),
        "genre": case.file.genre if case.file else "",
    }


@dataclass(slots=True)
class _Tally:
    """Counts of one rule; ``rule`` is id@version."""

    rule: str
    type: str
    detector: str
    severity: str
    flags: int = 0
    places: int = 0
    accepted: int = 0
    redacted: int = 0
    escalated: int = 0
    open: int = 0
    false_alarms: int = 0
    over_withheld: int = 0
    units: set[str] = field(default_factory=set)


def rule_rows(
    office: Office, actor: str, *, since: date | None = None, until: date | None = None
) -> list[dict[str, Any]]:
    """Return one row a rule: flags, places, accepted, redacted, escalated, open, false_alarms, over_withheld, with
    ``false_alarm_rate`` and ``over_withheld_rate`` over its decided flags (None: none decided). Reminders are left out.

    A false alarm was accepted because the program was wrong; over-withheld was first to be redacted or referred and
    then found publishable.
    """
    require_office(office, actor, Step.STATISTICS)
    tallies: dict[str, _Tally] = {}
    with office.store.read() as tx:
        for case in _cases(office, tx, since, until):
            for flag in case.loud:
                tally = tallies.setdefault(flag.rule, _Tally(flag.rule, flag.type, flag.detector, flag.severity.value))
                _count(tally, flag)
                tally.units.add(case.unit)
    return [_rates(tally) for tally in sorted(tallies.values(), key=lambda t: -t.flags)]


def _count(tally: _Tally, flag: FlagState) -> None:
    tally.flags += 1
    tally.places += flag.count
    match flag.verdict:
        case Verdict.ACCEPT:
            tally.accepted += 1
            tally.false_alarms += _false_alarm(flag)
            tally.over_withheld += _over_withheld(flag)
        case Verdict.REDACT:
            tally.redacted += 1
        case Verdict.ESCALATE:
            tally.escalated += 1
        case _:
            tally.open += 1


def _false_alarm(flag: FlagState) -> bool:
    return flag.verdict is Verdict.ACCEPT and flag.ruling is not None and flag.ruling.reason in FALSE_ALARM


def _over_withheld(flag: FlagState) -> bool:
    withheld = (Verdict.REDACT, Verdict.ESCALATE)
    return flag.verdict is Verdict.ACCEPT and any(ruling.verdict in withheld for ruling in flag.rulings)


def _rates(tally: _Tally) -> dict[str, Any]:
    decided = tally.flags - tally.open
    return {
        **asdict(tally),
        "units": len(tally.units),
        "false_alarm_rate": tally.false_alarms / decided if decided else None,
        "over_withheld_rate": tally.over_withheld / decided if decided else None,
    }


# ------------------------------------------------------------------------------------------------ learning


def feedback(office: Office, actor: str, *, since: date | None = None) -> Iterator[dict[str, Any]]:
    """Yield one training sample a decided place: ``text`` (the paragraph), ``start``, ``end`` in it, ``type``,
    ``rule``, ``detector``, ``verdict``, ``reason``, ``genre``, ``label`` (1: was rightly flagged).

    The text stays on this machine; that it was exported is on record. State-secret flags are never exported, nor
    more than five places of one flag (a table column).
    """
    require_office(office, actor, Step.FEEDBACK)
    with office.store.write() as tx:
        chosen = [case.id for case in _cases(office, tx, since, None) if case.file and not case.purged]
        payload = {"cases": len(chosen)}
        store.append(office.store, tx, case="", actor=actor, kind="feedback_exported", payload=payload)
    store.write_anchor(office.store)
    return (sample for case_id in chosen for sample in _samples(office, case_id))


def _samples(office: Office, case_id: str) -> Iterator[dict[str, Any]]:
    with office.store.read() as tx:
        case = current(office, tx, case_id)
    wanted = [flag for flag in case.loud if flag.ruling and flag.category not in ("state_secret", "unread")]
    if not wanted or case.file is None:
        return
    document = report_of(office, case).document
    for flag in wanted:
        assert flag.ruling is not None
        for span in flag.spans[:5]:
            block = block_at(document, span)
            if block is None:
                continue
            yield {
                "text": document.text[block.span.start : block.span.end],
                "start": span.start - block.span.start,
                "end": span.end - block.span.start,
                "type": flag.type,
                "rule": flag.rule,
                "detector": flag.detector,
                "verdict": flag.verdict.value,
                "reason": flag.ruling.reason,
                "genre": case.file.genre,
                "label": int(flag.ruling.reason not in FALSE_ALARM),
            }


# ------------------------------------------------------------------------------------------------ retention


def expired(office: Office, today: date | None = None) -> tuple[str, ...]:
    """Return ids of finished cases whose retention (never under three years) has ended."""
    day = today or china_day(datetime.now(UTC))
    with office.store.read() as tx:
        return tuple(case.id for case in _cases(office, tx, None, None) if _expired(office, case, day))


def _expired(office: Office, case: Case, today: date) -> bool:
    if case.purged or case.stage not in (Stage.ARCHIVED, Stage.WITHDRAWN) or workflow.online(case):
        return False
    last = china_day(case.stays[-1].since)
    years = office.settings.retention_years
    return (today.year, today.month, today.day) >= (last.year + years, last.month, last.day)


def purge(office: Office, case_id: str, actor: str, *, today: date | None = None) -> Case:
    """Delete everything of a finished case from the vault. Its events stay: the chain is whole.

    Raises ``PolicyError`` before the retention has ended.
    """
    with changing(office, case_id, actor) as change:
        if actor != OPERATOR:
            workflow.require(person(office, actor), Step.PURGE, change.case)
        if not _expired(office, change.case, today or china_day(datetime.now(UTC))):
            raise PolicyError("未到保存期限或尚未归档，不能清除。仍在公开的，请先撤下。")
        items = vault.drop_case(change.tx, case_id)
        change.record("purged", payloads.purged(items))
    store.write_anchor(office.store)
    office.memory.forget_texts()
    return change.case
