"""Masks that do not hide: a partly hidden ID number whose row tells the rest.

``320102********0181`` leaves about 3,320 people; with the birth date beside it, one. The detector counts the
candidates that are left and flags a column (or a number in prose) where no more than ``_FEW`` remain.

Driven by rules of the shape ``columns`` with ``masked: true``; ``birth``, ``age`` and ``sex`` are patterns over
the headers of the columns that give the rest away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from review.detectors._grid import Column, Grid, grids
from review.flags import make_flag
from review.types import Context, Detector, Document, Flag, Rule, RulePack, Span

# A masked number: 15 to 20 characters, at least two of them hidden.
_MASKED = re.compile(r"(?<![\dX*＊xX×])(?=[\d*＊x×XoO]{15,20}(?![\d*]))[1-9]\d{1,16}[*＊×xX]{2,16}[\dXx*]{0,4}")
_HIDDEN = re.compile(r"[*＊×xX]{2,}")
_DATE = re.compile(r"(19|20)\d{2}\D{0,2}(0?[1-9]|1[0-2])(?:\D{0,2}(0?[1-9]|[12]\d|3[01]))?")
_FEW = 1000
_DAYS = 36525  # of 100 birth years
_COUNTIES = 100  # of one province
_CHECK = 11  # values of the check character


@dataclass(frozen=True, slots=True)
class Known:
    """What the row says besides the number: days that the birth date may be, and whether the sex is known."""

    days: int = _DAYS
    sex: bool = False


def build(pack: RulePack) -> Detector:
    """Return the detector; without a rule of type ``pp_mask_weak`` and ``masked: true`` it finds nothing."""
    rules = [rule for rule in pack.rules if rule.shape == "columns" and _params(rule).get("masked")]
    return partial(_detect, tuple(rules))


def _params(rule: Rule) -> Mapping[str, object]:
    inner = rule.params.get("columns", rule.params)
    return inner if isinstance(inner, Mapping) else {}


def _detect(rules: tuple[Rule, ...], document: Document, context: Context) -> Iterable[Flag]:
    for rule in rules:
        inside: list[Span] = []
        for grid in grids(document):
            for column in grid.columns:
                inside.extend(column.spans)
                yield from _column(document, grid, column, rule)
        yield from _prose(document, rule, inside)


def _column(document: Document, grid: Grid, column: Column, rule: Rule) -> Iterator[Flag]:
    weak: list[tuple[int, Span]] = []
    for row, span in zip(column.rows, column.spans, strict=True):
        match = _MASKED.search(document.text, span.start, span.end)
        if match is None:
            continue
        left = candidates(match[0], _row_known(document, grid, column, row, rule))
        if left <= _FEW:
            weak.append((left, Span(match.start(), match.end())))
    if weak:
        fewest = min(left for left, _ in weak)
        message = f"{rule.message}本列 {len(weak)} 行结合同行其他信息，最少只剩约 {fewest} 个可能的号码。"
        yield make_flag(
            document, rule, tuple(span for _, span in weak), detector="masks", count=len(weak), message=message
        )


def _row_known(document: Document, grid: Grid, masked: Column, row: int, rule: Rule) -> Known:
    params = _params(rule)
    days, sex = _DAYS, False
    for column in grid.columns:
        if column is masked or row not in column.rows:
            continue
        span = column.spans[column.rows.index(row)]
        words = document.text[span.start : span.end].strip()
        if _header(column, params.get("birth")):
            date = _DATE.search(words)
            days = min(days, (1 if date and date[3] else 30 if date else 365) if words else days)
        elif _header(column, params.get("age")) and words[:1].isdigit():
            days = min(days, 366)
        elif _header(column, params.get("sex")) and words in ("男", "女"):
            sex = True
    return Known(days, sex)


def _header(column: Column, patterns: object) -> bool:
    return isinstance(patterns, Sequence) and any(re.search(str(pattern), column.header) for pattern in patterns)


def _prose(document: Document, rule: Rule, inside: Sequence[Span]) -> Iterator[Flag]:
    for match in _MASKED.finditer(document.text):
        span = Span(match.start(), match.end())
        if any(cell.covers(span) for cell in inside):
            continue
        left = candidates(match[0], Known())
        if left <= _FEW:
            message = f"{rule.message}只剩约 {left} 个可能的号码。"
            yield make_flag(document, rule, (span,), detector="masks", message=message)


def candidates(masked: str, known: Known) -> int:
    """Return about how many ID numbers fit a masked one, given what else the row says."""
    hidden = _HIDDEN.search(masked)
    if hidden is None:
        return _DAYS
    head, tail = hidden.start(), len(masked) - hidden.end()
    regions = 1 if head >= 6 else _COUNTIES
    if head >= 14:
        days = 1
    elif head >= 12:
        days = min(known.days, 30)
    elif head >= 10:
        days = min(known.days, 365)
    else:
        days = known.days
    # Sequence number (3 digits) and check character stand at the end.
    shown = min(3, max(0, tail - 1)) + max(0, min(3, head - 14))
    sequences = (1000, 100, 10, 1)[min(3, shown)]
    if known.sex and sequences > 1:
        sequences //= 2
    total = regions * days * sequences
    return max(1, total // _CHECK if tail and total > _CHECK else total)
