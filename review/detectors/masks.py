"""Masks that do not hide: a partly hidden ID number whose row, or another table, tells the rest.

``320102********0181`` leaves about 3,320 people; with the birth date beside it, one. The detector counts the
candidates that are left and flags a column (or a number in prose) where no more than ``_FEW`` remain. Where two
tables hide different parts of the same person's number, what both show is put together.

Driven by rules of the shape ``masked``: ``birth``, ``age`` and ``sex`` are patterns over the headers of the columns
that give the rest away, ``key`` over those that name a person.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations

from review.detectors._grid import Grid, grids, words
from review.detectors._masked import DAYS, MASKED, Known, candidates, merged
from review.detectors._page import Page
from review.detectors._whole import headed, runs_here
from review.flags import make_flag
from review.types import Context, Detector, Document, Flag, Rule, RulePack, Span

_DATE = re.compile(r"(19|20)\d{2}\D{0,2}(0?[1-9]|1[0-2])(?:\D{0,2}(0?[1-9]|[12]\d|3[01]))?")
_FEW = 1000


def build(pack: RulePack) -> Detector:
    """Return the detector; without a rule of the shape ``masked`` it finds nothing."""
    rules = [rule for rule in pack.rules if rule.shape == "masked" and rule.status != "deprecated"]
    return partial(_detect, tuple(rules))


def _detect(rules: tuple[Rule, ...], document: Document, context: Context) -> Iterable[Flag]:
    if MASKED.search(document.text) is None:
        return
    page = Page(document)
    found = tuple(grids(document))
    for rule in rules:
        if not runs_here(rule, page, context):
            continue
        inside = [span for grid in found for column in grid.columns for span in column.spans]
        weak: set[Span] = set()
        for grid in found:
            for flag in _columns(document, grid, rule):
                weak.update(flag.spans)
                yield flag
        yield from _spliced(document, found, rule, weak)
        yield from _prose(document, rule, inside)


def _columns(document: Document, grid: Grid, rule: Rule) -> Iterator[Flag]:
    known: dict[int, Known] | None = None
    for column in grid.columns:
        weak: list[tuple[int, Span]] = []
        for row, span in column.placed():
            match = MASKED.search(document.text, span.start, span.end)
            if match is None:
                continue
            if known is None:
                known = _known(document, grid, rule)
            left = candidates(match[0], known.get(row, Known()))
            if left <= _FEW:
                weak.append((left, Span(match.start(), match.end())))
        if weak:
            fewest = min(left for left, _ in weak)
            message = f"{rule.message}本列 {len(weak)} 行结合同行其他信息，最少只剩约 {fewest} 个可能的号码。"
            spans = tuple(span for _, span in weak)
            yield make_flag(document, rule, spans, detector="masks", count=len(weak), message=message)


def _known(document: Document, grid: Grid, rule: Rule) -> dict[int, Known]:
    """What each row says of birth and sex."""
    days: dict[int, int] = {}
    sexes: set[int] = set()
    for column in grid.columns:
        birth = headed(column, rule.params["masked"]["birth"])
        age = headed(column, rule.params["masked"]["age"])
        sex = headed(column, rule.params["masked"]["sex"])
        if not (birth or age or sex):
            continue
        for row, span in column.placed():
            said = words(document, span)
            if sex and said in ("男", "女"):
                sexes.add(row)
            elif birth and said:
                date = _DATE.search(said)
                days[row] = min(days.get(row, DAYS), 1 if date and date[3] else 30 if date else 365)
            elif age and said[:1].isdigit():
                days[row] = min(days.get(row, DAYS), 366)
    return {row: Known(days.get(row, DAYS), row in sexes) for row in days.keys() | sexes}


def _spliced(document: Document, found: Sequence[Grid], rule: Rule, weak: set[Span]) -> Iterator[Flag]:
    """Numbers of the same people that two tables hide at different places."""
    tables = [named for grid in found if (named := _numbers_by_person(document, grid, rule))]
    lost: dict[tuple[int, int], dict[Span, int]] = {}
    for one, other in combinations(tables, 2):
        for person in one.keys() & other.keys():
            (place, span, shown), (place2, span2, shown2) = one[person], other[person]
            together = merged(shown, shown2)
            if together is None:
                continue
            left = candidates(together, Known())
            if left <= _FEW and left < min(candidates(shown, Known()), candidates(shown2, Known())):
                for where, cell in ((place, span), (place2, span2)):
                    if cell not in weak:
                        lost.setdefault(where, {})[cell] = left
    for cells in lost.values():
        fewest = min(cells.values())
        message = f"{rule.message}同一人的号码在两张表里遮盖的位数不同，拼起来最少只剩约 {fewest} 个可能的号码。"
        yield make_flag(document, rule, tuple(sorted(cells)), detector="masks", count=len(cells), message=message)


def _numbers_by_person(document: Document, grid: Grid, rule: Rule) -> dict[str, tuple[tuple[int, int], Span, str]]:
    """The masked number of each person whose key stands once in the table."""
    key = next((column for column in grid.columns if headed(column, rule.params["masked"]["key"])), None)
    if key is None:
        return {}
    people: dict[int, str] = {row: words(document, span) for row, span in key.by_row().items()}
    found: dict[str, tuple[tuple[int, int], Span, str]] = {}
    twice: set[str] = set()
    for column in grid.columns:
        for row, span in column.placed():
            match = MASKED.search(document.text, span.start, span.end) if people.get(row) else None
            if match is not None:
                person = people[row]
                if person in found:
                    twice.add(person)
                found[person] = ((column.table, column.index), Span(match.start(), match.end()), match[0])
    return {person: place for person, place in found.items() if person not in twice}


def _prose(document: Document, rule: Rule, inside: Sequence[Span]) -> Iterator[Flag]:
    starts = {span.start: span for span in inside}
    cells = sorted(starts)
    for match in MASKED.finditer(document.text):
        span = Span(match.start(), match.end())
        if _in_a_cell(span, cells, starts):
            continue
        left = candidates(match[0], Known())
        if left <= _FEW:
            message = f"{rule.message}只剩约 {left} 个可能的号码。"
            yield make_flag(document, rule, (span,), detector="masks", message=message)


def _in_a_cell(span: Span, cells: Sequence[int], starts: dict[int, Span]) -> bool:
    index = bisect_right(cells, span.start) - 1
    return index >= 0 and starts[cells[index]].covers(span)
