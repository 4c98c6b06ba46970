"""A case is the fold of its events (``payloads`` says what they hold). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from review.errors import AuditChainBroken
from review.types import AuditEvent, Severity, Span, Verdict
from review.workflow.nouns import (
    SELF_STAGES,
    Case,
    Comment,
    Determination,
    FileVersion,
    FlagState,
    Publication,
    Ruling,
    Stay,
    Taken,
)
from review.workflow.terms import Attribute, Stage, Step


def fold(events: Iterable[AuditEvent], start: Case | None = None) -> Case | None:
    """Return the case that the events (of one case, in order) tell; continue from ``start`` if given.

    Raises ``AuditChainBroken`` for events that this version cannot read. None: there were no events.
    """
    case = start
    flags = dict(start.flags) if start else {}
    for event in events:
        if case is None:
            case = _begin(event)
            continue
        reader = _READERS.get(event.kind)
        if reader is None:
            raise AuditChainBroken(f"记录由更新的版本写入（{event.kind}），请升级后再打开。")
        case = replace(reader(case, event, flags), version=event.seq)
    return replace(case, flags=flags) if case else None


def _begin(event: AuditEvent) -> Case:
    if event.kind not in ("case_opened", "intake_stopped"):
        raise AuditChainBroken("送审件的第一条记录缺失，请核对操作日志。")
    stage = Stage.DRAFT if event.kind == "case_opened" else Stage.STOPPED
    return Case(
        id=event.case,
        version=event.seq,
        stage=stage,
        owner=event.actor,
        unit=event.payload["unit"],
        opened=event.at,
        details=event.payload.get("details", ""),
        double=event.payload.get("double", False),
        stays=(Stay(stage, event.at),),
    )


def _moved(case: Case, event: AuditEvent, stage: Stage) -> Case:
    """Leave one stage and enter another."""
    if stage is case.stage:
        return case
    *before, last = case.stays
    return replace(case, stage=stage, stays=(*before, replace(last, until=event.at), Stay(stage, event.at)))


Flags = dict[str, FlagState]


def _file_added(case: Case, event: AuditEvent, flags: Flags) -> Case:
    p = event.payload
    version = FileVersion(
        number=len(case.files) + 1,
        sha256=p["sha256"],
        media_type=p["media_type"],
        size=p["size"],
        data=p["data"],
        at=event.at,
        actor=event.actor,
    )
    moved = _moved(case, event, Stage(p["stage"]))
    return replace(moved, files=(*case.files, version), details=p["details"], approved="")


def _scanned(case: Case, event: AuditEvent, flags: Flags) -> Case:
    p = event.payload
    old = dict(flags)
    flags.clear()
    for row in p["rows"]:
        state = _state(row, event.seq, added_by=p["added"].get(row[0], ""))
        before = old.get(p["kept"].get(state.id, ""))
        if before is not None:
            state = replace(state, rulings=before.rulings, declassified=before.declassified)
        flags[state.id] = state
    file = replace(
        case.files[-1],
        pack=p["pack"],
        pack_digest=p["pack_digest"],
        model_digests=p["models"],
        flags=p["flags"],
        genre=p["genre"],
    )
    moved = {before: now for now, before in p["kept"].items()}
    comments = tuple(replace(c, flag=moved.get(c.flag, c.flag)) for c in case.comments)
    case = replace(case, files=(*case.files[:-1], file), comments=comments, approved="")
    return _moved(case, event, Stage.SELF_CHECK) if case.stage is Stage.DRAFT else case


def _state(row: Sequence[Any], seq: int, added_by: str = "") -> FlagState:
    flag, type_, severity, rule, detector, confidence, count, places = row
    spans = tuple(Span(a, b) for a, b in zip(places[::2], places[1::2], strict=True))
    return FlagState(flag, type_, Severity(severity), rule, detector, confidence, count, spans, seq, (), added_by)


def _decided(case: Case, event: AuditEvent, flags: Flags) -> Case:
    for flag, verdict, reason, note, new in event.payload["items"]:
        ruling = Ruling(Verdict(verdict), event.actor, reason, event.at, case.stage, event.seq, note, new)
        flags[flag] = replace(flags[flag], rulings=(*flags[flag].rulings, ruling), version=event.seq)
    return case


def _flag_added(case: Case, event: AuditEvent, flags: Flags) -> Case:
    state = _state(event.payload["row"], event.seq, added_by=event.actor)
    flags[state.id] = replace(state, source=event.payload["source"])
    return case


def _declassified(case: Case, event: AuditEvent, flags: Flags) -> Case:
    for flag in event.payload["flags"]:
        flags[flag] = replace(flags[flag], declassified=True, version=event.seq)
    return case


def _stepped(case: Case, event: AuditEvent, flags: Flags) -> Case:
    p = event.payload
    taken = Taken(
        step=Step(p["step"]),
        actor=event.actor,
        at=event.at,
        seq=event.seq,
        before=Stage(p["before"]),
        after=Stage(p["after"]),
        note=p["note"],
        outcome=p["outcome"],
        same_person=tuple(Step(earlier) for earlier in p["same"]),
    )
    moved = _moved(case, event, taken.after)
    # An assignment is for one stage: the next stage's people take it up themselves.
    approved = p["approved"] or ("" if taken.after in SELF_STAGES else case.approved)
    return replace(moved, steps=(*case.steps, taken), approved=approved, assignee="", assigned=None)


def _published(case: Case, event: AuditEvent, flags: Flags) -> Case:
    p = event.payload
    made = Publication(p["original"], p["redacted"], p["copy"], p["proof"], event.at, event.actor)
    taken = Taken(
        step=Step.PUBLISH,
        actor=event.actor,
        at=event.at,
        seq=event.seq,
        before=Stage(p["before"]),
        after=Stage.PUBLISHED,
        same_person=tuple(Step(earlier) for earlier in p["same"]),
    )
    moved = _moved(case, event, Stage.PUBLISHED)
    return replace(moved, steps=(*case.steps, taken), publications=(*case.publications, made), assignee="")


def _determined(case: Case, event: AuditEvent, flags: Flags) -> Case:
    p = event.payload
    determination = Determination(
        attribute=Attribute(p["attribute"]),
        grounds=tuple(p["grounds"]),
        basis=tuple(p["basis"]),
        scope=p["scope"],
        ways=tuple(p["ways"]),
        period=p["period"],
        take_down=date.fromisoformat(p["take_down"]) if p["take_down"] else None,
        made_on=date.fromisoformat(p["made_on"]) if p["made_on"] else None,
        note=p["note"],
    )
    return replace(case, determination=determination)


def _described(case: Case, event: AuditEvent, flags: Flags) -> Case:
    return replace(case, details=event.payload["details"])


def _assigned(case: Case, event: AuditEvent, flags: Flags) -> Case:
    return replace(case, assignee=event.payload["to"], assigned=event.at)


def _commented(case: Case, event: AuditEvent, flags: Flags) -> Case:
    p = event.payload
    span = Span(*p["span"]) if p["span"] else None
    remark = Comment(str(event.seq), event.actor, event.at, p["text"], p["flag"], span, len(case.files))
    return replace(case, comments=(*case.comments, remark))


def _mark_cleared(case: Case, event: AuditEvent, flags: Flags) -> Case:
    return case


def _purged(case: Case, event: AuditEvent, flags: Flags) -> Case:
    return replace(case, purged=True)


_READERS: Mapping[str, Callable[[Case, AuditEvent, Flags], Case]] = {
    "file_added": _file_added,
    "scanned": _scanned,
    "mark_cleared": _mark_cleared,
    "decided": _decided,
    "flag_added": _flag_added,
    "declassified": _declassified,
    "stepped": _stepped,
    "published": _published,
    "determined": _determined,
    "described": _described,
    "assigned": _assigned,
    "commented": _commented,
    "purged": _purged,
}
