"""Tables: which columns should not be public, one flag a column with its row count.

Rules of the shapes ``groups``, ``cells`` and ``joined`` are run by modules of their own; ``columns`` here:

    columns:
      header: ['身份证', 证件号]     # patterns over the header (all header rows joined, no spaces)
      not_header: [统一社会信用代码]  # patterns that exclude the column
      value: '\\d{15}|\\d{17}[\\dX]'  # pattern that a cell must match to be flagged; default: any text
      compact: true                 # try the cell without spaces, dashes and dots, too
      share: 0.5                    # share of filled cells that must match ``value``
      infer: true                   # without a header the values alone suffice (share of matches ≥ 0.8)
      with: ['姓名|户主']            # another column whose header must match: a list of people
      title: [低保]                  # or: the title before the table must match
      mark: values                  # values (default) or header

``require`` and ``unless`` drop single cells; those that ask for genre, target, title or the whole text, the rule.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from operator import attrgetter
from typing import Any

from review.detectors import _across, _cells, _conditions, _groups
from review.detectors._grid import Column, Grid, grids
from review.detectors._page import Page
from review.detectors._whole import WHOLE, runs_here
from review.flags import flag_id, make_flag
from review.types import Context, Detector, Document, Flag, Rule, RulePack, Span

_INFERRED = 0.8
# From so many hits on, a column is decided as one; a column rule's own flag is one from two on.
_COLUMN = 3
#: Shapes that look at one whole table.
_WHOLE_TABLES: Mapping[str, Callable[[Rule, Document, Grid], Iterator[Flag]]] = {
    "groups": _groups.flags,
    "cells": _cells.flags,
}
_NOTHING = frozenset({"/", "-", "—", "无", "\\"})
_SEPARATORS = re.compile(r"[\s\-'`·.]")


@dataclass(frozen=True, slots=True)
class _ColumnRule:
    """A rule of shape ``columns`` with its patterns compiled."""

    rule: Rule
    header: re.Pattern[str] | None
    not_header: re.Pattern[str] | None
    value: re.Pattern[str] | None
    share: float
    infer: bool
    others: tuple[re.Pattern[str], ...]
    title: re.Pattern[str] | None
    mark_header: bool
    compact: bool
    require: Mapping[str, Any]
    unless: Mapping[str, Any]


def build(pack: RulePack) -> Detector:
    """Return the detector of the pack's rules over tables: single columns, whole tables, tables taken together."""
    live = [rule for rule in pack.rules if rule.status != "deprecated"]
    return partial(
        _detect,
        cache(lambda: tuple(_compile(rule) for rule in live if rule.shape == "columns")),  # most texts hold no table
        tuple(rule for rule in live if rule.shape in _WHOLE_TABLES),
        tuple(rule for rule in live if rule.shape == "joined"),
    )


def _compile(rule: Rule) -> _ColumnRule:
    params: Mapping[str, Any] = rule.params["columns"]
    return _ColumnRule(
        rule=rule,
        header=_any(params["header"]),
        not_header=_any(params["not_header"]),
        value=re.compile(params["value"]) if params["value"] else None,
        share=params["share"],
        infer=params["infer"],
        others=tuple(re.compile(pattern) for pattern in params["with"] or ()),
        title=_any(params["title"]),
        mark_header=params["mark"] == "header",
        compact=params["compact"],
        require={key: value for key, value in rule.params["require"].items() if key not in WHOLE},
        unless={key: value for key, value in rule.unless.items() if key not in WHOLE},
    )


def _any(patterns: Sequence[str] | None) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None


def _detect(
    compiled: Callable[[], tuple[_ColumnRule, ...]],
    whole: tuple[Rule, ...],
    joined: tuple[Rule, ...],
    document: Document,
    context: Context,
) -> Iterable[Flag]:
    found = tuple(grids(document))
    if not found:
        return
    page = Page(document)
    columns = tuple(rule for rule in compiled() if runs_here(rule.rule, page, context))
    for grid in found:
        for column in grid.columns:
            filled = cache(partial(_filled, document, column))
            for rule in columns:
                flag = _flag(page, context, grid, column, rule, filled)
                if flag is not None:
                    yield flag
        for rule_ in whole:
            if runs_here(rule_, page, context):
                yield from _WHOLE_TABLES[rule_.shape](rule_, document, grid)
    for rule_ in joined:
        if len(found) > 1 and runs_here(rule_, page, context):
            yield from _across.flags(rule_, document, found)


def _flag(
    page: Page,
    context: Context,
    grid: Grid,
    column: Column,
    rule: _ColumnRule,
    filled: Callable[[], Sequence[tuple[str, Span]]],
) -> Flag | None:
    if not _wanted(grid, column, rule):
        return None
    named = rule.header is not None and bool(column.header) and rule.header.search(column.header) is not None
    matching = _matching(filled(), rule, rule.share if named else _INFERRED)
    if not matching:
        return None
    if rule.require or rule.unless:
        matching = [span for span in matching if _holds(page, span, rule, context)]
        if not matching:
            return None
    spans = column.header_spans if rule.mark_header else tuple(matching)
    message = f"{rule.rule.message}（本列共 {len(matching)} 行）"
    return make_flag(page.document, rule.rule, spans, detector="tables", count=len(matching), message=message)


def _holds(page: Page, span: Span, rule: _ColumnRule, context: Context) -> bool:
    """Do the conditions that look at a cell and what stands around it let the cell be flagged?"""
    if not _conditions.holds_all(rule.require, page, span, context):
        return False
    return not _conditions.holds_any(rule.unless, page, span, context)


def _wanted(grid: Grid, column: Column, rule: _ColumnRule) -> bool:
    if column.header and rule.not_header is not None and rule.not_header.search(column.header):
        return False
    if column.header:
        if rule.header is None or not rule.header.search(column.header):
            return False
    elif not rule.infer or rule.mark_header:
        return False
    headers = [other.header for other in grid.columns if other is not column]
    if not all(any(pattern.search(header) for header in headers) for pattern in rule.others):
        return False
    return rule.title is None or rule.title.search(grid.title) is not None


def _filled(document: Document, column: Column) -> list[tuple[str, Span]]:
    """Return what the cells of a column say that hold something, and where, without spaces around it."""
    text = document.text
    out: list[tuple[str, Span]] = []
    for span in column.spans:
        words = text[span.start : span.end]
        said = words.strip()
        if not said or said in _NOTHING:
            continue
        if said != words:
            start = span.start + words.index(said)
            span = Span(start, start + len(said))
        out.append((said, span))
    return out


def _matching(filled: Sequence[tuple[str, Span]], rule: _ColumnRule, needed: float) -> list[Span]:
    """Return where cells match the rule's value; nothing where they are less than ``needed`` of those filled."""
    known: dict[str, bool] = {}
    out: list[Span] = []
    left, enough = len(filled), needed * len(filled)  # ``left``: how many may match at most
    for said, span in filled:
        found = known.get(said)
        if found is None:
            found = known[said] = _is_value(rule, said.upper())
        if found:
            out.append(span)
            continue
        left -= 1
        if left < enough:
            return []
    return out


def _is_value(rule: _ColumnRule, words: str) -> bool:
    if rule.value is None or rule.value.fullmatch(words):
        return True
    return rule.compact and rule.value.fullmatch(_SEPARATORS.sub("", words)) is not None


def collapse(document: Document, flags: Sequence[Flag]) -> tuple[Flag, ...]:
    """Join flags of one type in one column into one flag with a count: one decision a column, not 15,000."""
    if not flags:
        return ()
    starts = [block.span.start for block in document.blocks]
    keyed: dict[tuple[int, int, str], list[Flag]] = {}
    rest: list[Flag] = []
    for flag in flags:
        where = _column_of(document, starts, flag)
        if where is None:
            rest.append(flag)
        else:
            keyed.setdefault((*where, flag.type), []).append(flag)
    for group in keyed.values():
        rest.extend(_joined(document, group))
    return tuple(rest)


def _column_of(document: Document, starts: Sequence[int], flag: Flag) -> tuple[int, int] | None:
    """Return table and column when every span of a flag lies in cells of one column."""
    found: tuple[int, int] | None = None
    for span in flag.spans:
        index = bisect_right(starts, span.start) - 1
        block = document.blocks[index] if index >= 0 else None
        if block is None or block.cell is None or span.end > block.span.end:
            return None
        here = (block.cell.table, block.cell.column)
        if found is not None and found != here:
            return None
        found = here
    return found


def _joined(document: Document, group: list[Flag]) -> Iterator[Flag]:
    """Yield one flag for a column's flags of one type, or the flags themselves where they are few."""
    loud = [flag for flag in group if flag.loud]
    quiet = [flag for flag in group if not flag.loud]
    column = any(len(flag.spans) > 1 for flag in group)
    if not column and (
        len({span for flag in group for span in flag.spans}) < _COLUMN or (loud and quiet and len(loud) < _COLUMN)
    ):
        yield from group
        return
    for part in (loud, quiet):
        if not part:
            continue
        leader = max(part, key=lambda flag: (flag.severity.rank, len(flag.spans), flag.confidence))
        if len(part) == 1:
            yield leader
            continue
        places = _outermost(sorted((span for flag in part for span in flag.spans), key=attrgetter("start", "end")))
        base = leader.message.split("（本列共")[0]
        yield replace(
            leader,
            id=flag_id(document.sha256, leader.rule, places),
            spans=places,
            count=len(places),
            message=f"{base}（本列共 {len(places)} 行）",
        )


def _outermost(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans, which may hold some twice, with overlapping ones joined."""
    out: list[Span] = []
    for span in spans:
        if out and span.start < out[-1].end:
            if span.end > out[-1].end:
                out[-1] = Span(out[-1].start, span.end)
        else:
            out.append(span)
    return tuple(out)
