"""The review pane as plain data (pure): what the browser needs to draw a case.

All positions here are **source** code points (the characters as stored, not normalised), because that is what a
reviewer reads. ``to_text`` leads a selection back to ``Document.text``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypedDict

from review import places, text
from review.calendar import china_clock
from review.casework import Remark
from review.errors import InputError
from review.exporters import rows
from review.service import words
from review.types import VISIBLE, Cell, Decision, Document, Flag, Report, RulePack, Span, Verdict
from review.workflow import (
    GROUND_OF,
    REFUSAL_GROUNDS,
    SCOPES,
    SELF_STAGES,
    STATE_SECRET_GROUNDS,
    WAYS,
    Attribute,
    Case,
    FlagState,
    Step,
    settled,
)

#: A chunk of a document without pages: about as long as two printed pages.
_CHUNK = 1500
_PAGE = re.compile(r"第\d+页")

Range = tuple[int, int]
BlockView = tuple[int, int, str, str, int, int, int, int, int]
_NO_CELL = Cell(-1, 0, 0)


class DecisionView(TypedDict):
    verdict: str
    reason: str
    note: str
    reviewer: str
    at: str


class FlagView(TypedDict):
    id: str
    spans: list[Range]
    type: str
    kind: str
    category: str
    severity: str
    rank: int
    message: str
    basis: list[str]
    action: str
    target: str
    rule: str
    detector: str
    confidence: float
    count: int
    masked: str
    place: str
    zone: str
    group: int
    evidence: list[Range]


class RuledView(TypedDict):
    """What was said about a flag. ``second``: how far double review is: "", waiting, conflict, agreed; ``votes``: the
    words of all reviewers, once two have judged."""

    id: str
    declassified: bool
    decision: DecisionView | None
    second: str
    votes: list[DecisionView]


class ProvisionView(TypedDict):
    citation: str
    summary: str


class ReasonView(TypedDict):
    code: str
    title: str
    verdicts: list[str]
    categories: list[str]
    basis: list[str]
    needs_note: bool


class AddableView(TypedDict):
    type: str
    title: str
    basis: list[str]


class ReleaseView(TypedDict):
    """Choices of the last step; ``ask`` is False where they were determined before."""

    ask: bool
    attributes: list[tuple[str, str]]
    ways: list[tuple[str, str]]
    scopes: list[tuple[str, str]]
    grounds: list[tuple[str, str]]
    chosen_ways: list[str]
    grounds_of: dict[str, str]


class RemarkView(TypedDict):
    """A comment; ``flag`` or ``start``/``end`` (source code points, −1: none) is where it jumps to."""

    text: str
    by: str
    at: str
    flag: str
    start: int
    end: int


class PaneView(TypedDict):
    case: str
    version: int
    title: str
    text: str
    chunks: list[tuple[int, int, str]]
    blocks: list[BlockView]
    zones: dict[str, tuple[str, bool]]
    flags: list[dict[str, object]]  # FlagView and RuledView in one
    reasons: list[ReasonView]
    provisions: dict[str, ProvisionView]
    addable: list[AddableView]
    grounds: list[str]
    words: dict[str, object]
    may: dict[str, bool]
    release: ReleaseView
    remarks: list[RemarkView]
    files: list[dict[str, object]]


def pane(
    case: Case,
    report: Report,
    decisions: Mapping[str, Decision],
    pack: RulePack,
    *,
    details: Mapping[str, str],
    moves: Iterable[Step],
    votes: Mapping[str, Sequence[Decision]] | None = None,
    remarks: Iterable[Remark] = (),
    files: Iterable[dict[str, object]] = (),
    name_of: Callable[[str], str] = words.person_name,
) -> PaneView:
    """Return the whole pane: document, flags in reading order, reasons, law, words, and what may be done."""
    document = report.document
    flags = ordered(report.flags)
    groups = same_values(document, flags)
    allowed = frozenset(moves)
    judged, double = votes or {}, case.double and case.stage not in SELF_STAGES
    return PaneView(
        case=case.id,
        version=case.version,
        title=details.get("title", ""),
        text=document.source,
        chunks=list(chunks(document)),
        blocks=list(blocks(document)),
        zones={zone: (name, zone not in VISIBLE) for zone, name in words.ZONE.items()},
        flags=[
            {
                **flag_view(document, flag, pack, groups[flag.id]),
                **ruled_view(
                    case.flags[flag.id], decisions.get(flag.id), judged.get(flag.id, ()), name_of, double=double
                ),
            }
            for flag in flags
        ],
        reasons=reasons(pack),
        provisions={key: ProvisionView(citation=p.citation, summary=p.summary) for key, p in pack.provisions.items()},
        addable=addable(pack),
        grounds=list(STATE_SECRET_GROUNDS),
        words={
            "severity": words.SEVERITY,
            "action": words.ACTION,
            "verdict": words.VERDICT,
            "second": words.SECOND,
            "category": words.CATEGORY,
            "detector": words.DETECTOR,
            "type": dict(pack.types),
            "confirm": words.CONFIRM,
            "nothing": words.NOTHING,
        },
        may={
            "decide": Step.DECIDE in allowed,
            "add": Step.ADD_FLAG in allowed,
            "declassify": Step.DECLASSIFY in allowed,
            "remark": Step.COMMENT in allowed,
        },
        release=release(case, details.get("target", "")),
        remarks=[remark_view(document, remark, name_of) for remark in remarks],
        files=list(files),
    )


def release(case: Case, target: str) -> ReleaseView:
    """Return the choices of the last step; ``target`` is the declared way of publication in words."""
    open_to_public = (Attribute.PROACTIVE, Attribute.PARTIAL, Attribute.ON_REQUEST)
    return ReleaseView(
        ask=case.stage in SELF_STAGES,
        attributes=[(a.value, a.label) for a in open_to_public],
        ways=list(WAYS.items()),
        scopes=list(SCOPES.items()),
        grounds=list(REFUSAL_GROUNDS.items()),
        chosen_ways=[code for code, name in WAYS.items() if name == target] or ["website"],
        grounds_of=dict(GROUND_OF),
    )


def ordered(flags: Iterable[Flag]) -> list[Flag]:
    """Whole-document flags first, then reading order; of two at one place the stricter first."""
    return sorted(flags, key=lambda f: (f.spans[0].start if f.spans else -1, -f.severity.rank, f.id))


def chunks(document: Document) -> Iterator[tuple[int, int, str]]:
    """Yield source ranges that the browser lays out one at a time, with the page label where there are pages."""
    if not document.blocks:
        return
    start = last = document.alignment.starts[document.blocks[0].span.start]
    page = _page(document.blocks[0].label)
    for block in document.blocks:
        span = text.source_span(document, block.span)
        here = _page(block.label)
        if (here and here != page) or (not here and span.start - start > _CHUNK):
            yield start, last, page
            start, page = span.start, here
        last = max(last, span.end)
    yield start, last, page


def _page(label: str) -> str:
    found = _PAGE.search(label)
    return found[0] if found else ""


def blocks(document: Document) -> Iterator[BlockView]:
    """Yield start, end, zone, label (outside the visible zones), and the cell as table, row, column, their spans."""
    for block in document.blocks:
        span = text.source_span(document, block.span)
        label = "" if block.zone in VISIBLE else block.label
        cell = block.cell or _NO_CELL
        place = (cell.table, cell.row, cell.column, cell.rows, cell.columns)
        yield span.start, span.end, block.zone.value, label, *place


def same_values(document: Document, flags: Iterable[Flag]) -> dict[str, int]:
    """Number the groups of flags with the same type and value; −1 for flags over no place or many."""
    numbers: dict[tuple[str, str], int] = {}
    out: dict[str, int] = {}
    for flag in flags:
        if len(flag.spans) != 1:
            out[flag.id] = -1
            continue
        span = flag.spans[0]
        value = "".join(document.text[span.start : span.end].split())
        out[flag.id] = numbers.setdefault((flag.type, value), len(numbers))
    return out


def flag_view(document: Document, flag: Flag, pack: RulePack, group: int) -> FlagView:
    """Return one flag as the side panel shows it; the value only masked."""
    block = places.block_at(document, flag.spans[0]) if flag.spans else None
    return FlagView(
        id=flag.id,
        spans=[_source(document, span) for span in flag.spans],
        type=flag.type,
        kind=pack.types.get(flag.type, words.CATEGORY[flag.category]),
        category=flag.category,
        severity=flag.severity.value,
        rank=flag.severity.rank,
        message=flag.message,
        basis=list(flag.basis),
        action=flag.action.value,
        target=words.TARGET.get(flag.target, flag.target),
        rule=flag.rule,
        detector=flag.detector,
        confidence=round(flag.confidence, 3),
        count=flag.count,
        masked=rows.masked(document, flag, pack),
        place=places.location(document, flag),
        zone=block.zone.value if block else "",
        group=group,
        evidence=[_source(document, span) for span in flag.evidence],
    )


def ruled_view(
    state: FlagState,
    decision: Decision | None,
    votes: Sequence[Decision],
    name_of: Callable[[str], str],
    *,
    double: bool,
) -> RuledView:
    """Return what was said about a flag: the word on this screen, and under double review how the others' fit."""
    return RuledView(
        id=state.id,
        declassified=state.declassified,
        decision=decision_view(decision, name_of),
        second=_second(state) if double else "",
        votes=[view for vote in votes if (view := decision_view(vote, name_of))],
    )


def _second(state: FlagState) -> str:
    if not state.votes:
        return ""
    return "conflict" if state.conflict else "agreed" if settled(state, double=True) else "waiting"


def remark_view(document: Document, remark: Remark, name_of: Callable[[str], str]) -> RemarkView:
    """Return a comment; one on text that is no longer there jumps nowhere."""
    start, end = _source(document, remark.span) if remark.span and remark.current else (-1, -1)
    return RemarkView(
        text=remark.text,
        by=name_of(remark.actor),
        at=china_clock(remark.at),
        flag=remark.flag,
        start=start,
        end=end,
    )


def decision_view(decision: Decision | None, name_of: Callable[[str], str] = words.person_name) -> DecisionView | None:
    """Return a decision in force; None while the flag is open."""
    if decision is None or decision.verdict is Verdict.OPEN:
        return None
    return DecisionView(
        verdict=decision.verdict.value,
        reason=decision.reason,
        note=decision.note,
        reviewer=name_of(decision.reviewer),
        at=china_clock(decision.at),
    )


def reasons(pack: RulePack) -> list[ReasonView]:
    """Return the coded reasons, with the law each rests on spelt out; the four grounds for state secrets last."""
    coded = [
        ReasonView(
            code=reason.code,
            title=reason.title,
            verdicts=sorted(reason.verdicts),
            categories=sorted(reason.categories),
            basis=[rows.citation(pack, key) for key in reason.basis],
            needs_note=reason.needs_note,
        )
        for reason in pack.reasons.values()
        if reason.code not in STATE_SECRET_GROUNDS
    ]
    grounds = [
        ReasonView(
            code=code,
            title=title,
            verdicts=[Verdict.ACCEPT.value],
            categories=["state_secret"],
            basis=[rows.citation(pack, key) for key in pack.reasons[code].basis] if code in pack.reasons else [],
            needs_note=True,
        )
        for code, title in STATE_SECRET_GROUNDS.items()
    ]
    return coded + grounds


def addable(pack: RulePack) -> list[AddableView]:
    """Return the types that a reviewer may add, each with the provisions that rules of that type rest on."""
    basis: dict[str, dict[str, None]] = {}
    for rule in pack.rules:
        basis.setdefault(rule.type, {}).update(dict.fromkeys(rule.basis))
    return [
        AddableView(type=key, title=title, basis=list(basis.get(key, {})))
        for key, title in pack.types.items()
        if not key.startswith("un")
    ]


def plan_view(document: Document, cuts: Iterable[tuple[Span, str]]) -> list[tuple[int, int, str]]:
    """Return planned redactions as source ranges with what will stand there."""
    return [(*_source(document, span), replacement) for span, replacement in cuts]


def to_text(document: Document, start: int, end: int) -> Span:
    """Return the text span that stands for source characters ``start:end`` (what a reviewer selected)."""
    first = bisect_right(document.alignment.ends, start)
    last = bisect_left(document.alignment.starts, end)
    if not 0 <= start < end <= len(document.source) or first >= last:
        raise InputError("所选范围内没有可以标注的文字，请重新选择。")
    return Span(first, last)


def _source(document: Document, span: Span) -> Range:
    found = text.source_span(document, span)
    return found.start, found.end
