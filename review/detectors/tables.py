"""Tables: which columns should not be public, one flag a column with its row count.

Rules of the shape ``columns`` drive it:

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
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from review.detectors._grid import Column, Grid, grids
from review.flags import flag_id, make_flag
from review.types import Context, Detector, Document, Flag, Rule, RulePack, Span

_INFERRED = 0.8
# From so many hits on, a column is decided as one; a column rule's own flag is one from two on.
_COLUMN = 3
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


def build(pack: RulePack) -> Detector:
    """Return the detector of the pack's column rules."""
    compiled = tuple(_compile(rule) for rule in pack.rules if rule.shape == "columns" and rule.status != "deprecated")
    return partial(_detect, compiled)


def _compile(rule: Rule) -> _ColumnRule:
    params: dict[str, Any] = dict(rule.params.get("columns", rule.params))
    return _ColumnRule(
        rule=rule,
        header=_any(params.get("header")),
        not_header=_any(params.get("not_header")),
        value=re.compile(params["value"]) if params.get("value") else None,
        share=float(params.get("share", 0.5)),
        infer=bool(params.get("infer", False)),
        others=tuple(re.compile(pattern) for pattern in params.get("with", ())),
        title=_any(params.get("title")),
        mark_header=params.get("mark") == "header",
        compact=bool(params.get("compact", False)),
    )


def _any(patterns: Sequence[str] | None) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None


def _detect(rules: tuple[_ColumnRule, ...], document: Document, context: Context) -> Iterable[Flag]:
    for grid in grids(document):
        for column in grid.columns:
            for rule in rules:
                flag = _flag(document, context, grid, column, rule)
                if flag is not None:
                    yield flag


def _flag(document: Document, context: Context, grid: Grid, column: Column, rule: _ColumnRule) -> Flag | None:
    if not _wanted(grid, column, rule, context):
        return None
    filled, matching = _matching(document, column, rule)
    named = rule.header is not None and bool(column.header) and rule.header.search(column.header) is not None
    needed = rule.share if named else _INFERRED
    if not matching or len(matching) < needed * filled:
        return None
    spans = column.header_spans if rule.mark_header else tuple(matching)
    message = f"{rule.rule.message}（本列共 {len(matching)} 行）"
    return make_flag(document, rule.rule, spans, detector="tables", count=len(matching), message=message)


def _wanted(grid: Grid, column: Column, rule: _ColumnRule, context: Context) -> bool:
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
    if rule.title is not None and not rule.title.search(grid.title):
        return False
    genres: Sequence[str] = rule.rule.unless.get("genres", ())
    return context.genre.id not in genres


def _matching(document: Document, column: Column, rule: _ColumnRule) -> tuple[int, list[Span]]:
    """Return how many cells hold text, and the trimmed spans of those that match the rule's value."""
    filled = 0
    out: list[Span] = []
    for span in column.spans:
        words = document.text[span.start : span.end]
        stripped = words.strip()
        if not stripped or stripped in {"/", "-", "—", "无", "\\"}:
            continue
        filled += 1
        if not _is_value(rule, stripped.upper()):
            continue
        start = span.start + words.index(stripped)
        out.append(Span(start, start + len(stripped)))
    return filled, out


def _is_value(rule: _ColumnRule, words: str) -> bool:
    if rule.value is None or rule.value.fullmatch(words):
        return True
    return rule.compact and rule.value.fullmatch(_SEPARATORS.sub("", words)) is not None


def collapse(document: Document, flags: Sequence[Flag]) -> tuple[Flag, ...]:
    """Join flags of one type in one column into one flag with a count: one decision a column, not 15,000."""
    if not flags:
        return ()
    starts, places = _cell_index(document)
    if not starts:
        return tuple(flags)
    keyed: dict[tuple[int, int, str], list[Flag]] = {}
    rest: list[Flag] = []
    for flag in flags:
        where = _column_of(starts, places, flag)
        if where is None:
            rest.append(flag)
        else:
            keyed.setdefault((*where, flag.type), []).append(flag)
    for group in keyed.values():
        rest.extend(_joined(document, group))
    return tuple(rest)


def _cell_index(document: Document) -> tuple[list[int], list[tuple[int, int, int]]]:
    starts: list[int] = []
    places: list[tuple[int, int, int]] = []
    for block in document.blocks:
        if block.cell is not None:
            starts.append(block.span.start)
            places.append((block.span.end, block.cell.table, block.cell.column))
    return starts, places


def _column_of(starts: list[int], places: list[tuple[int, int, int]], flag: Flag) -> tuple[int, int] | None:
    """Return table and column when every span of a flag lies in cells of one column."""
    found: tuple[int, int] | None = None
    for span in flag.spans:
        index = bisect_right(starts, span.start) - 1
        if index < 0 or span.end > places[index][0]:
            return None
        here = places[index][1:]
        if found is not None and found != here:
            return None
        found = here
    return found


def _joined(document: Document, group: list[Flag]) -> Iterator[Flag]:
    """Yield one flag for a column's flags of one type, or the flags themselves where they are few."""
    spans = sorted({span for flag in group for span in flag.spans})
    loud = [flag for flag in group if flag.loud]
    quiet = [flag for flag in group if not flag.loud]
    column = any(len(flag.spans) > 1 for flag in group)
    if not column and (len(spans) < _COLUMN or (loud and quiet and len(loud) < _COLUMN)):
        yield from group
        return
    for part in (loud, quiet):
        if not part:
            continue
        leader = max(part, key=lambda flag: (flag.severity.rank, len(flag.spans), flag.confidence))
        if len(part) == 1:
            yield leader
            continue
        places = _outermost(sorted({span for flag in part for span in flag.spans}))
        base = leader.message.split("（本列共")[0]
        yield replace(
            leader,
            id=flag_id(document.sha256, leader.rule, places),
            spans=places,
            count=len(places),
            message=f"{base}（本列共 {len(places)} 行）",
        )


def _outermost(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans with overlapping ones joined."""
    out: list[Span] = []
    for span in spans:
        if out and span.start < out[-1].end:
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return tuple(out)
