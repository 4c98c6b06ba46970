"""Cells of statistics that stand for one unit, and hidden cells that a total gives away.

Shape ``cells``. Statistics may not let a single unit be known or inferred: neither by a row that counts one firm,
nor by a total from which the published parts are taken off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from review.detectors._grid import Column, Grid, trimmed, words
from review.detectors._whole import any_of, headed
from review.flags import make_flag
from review.types import Document, Flag, Rule, Span

_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?")
_UNIT = re.compile(r"\s*(?:亿元|万元|元|万度|度|吨|家|户|个|人|%)$")
_SLACK = 0.005  # of a total: what rounding may leave over


def flags(rule: Rule, document: Document, grid: Grid) -> Iterator[Flag]:
    """Yield a flag a column of figures for single units, and one a total that gives a hidden cell away."""
    asked = rule.params["cells"]
    if not any_of(asked["figures"]).search(grid.title + "".join(column.header for column in grid.columns)):
        return
    cells = {column.index: _read(document, column) for column in grid.columns}
    yield from _single(rule, document, grid, cells, asked)
    totals = sorted(set(_totals_below(grid, cells, asked)) | set(_totals_beside(grid, cells, asked)))
    if totals:
        message = f"{rule.message}有一格没有公布，但是用合计减去其余各格就能算出。建议再隐去一格，或者合并类别。"
        yield make_flag(document, rule, tuple(totals), detector="tables", count=len(totals), message=message)


_Cells = Mapping[int, tuple[str, Span]]  # what a row's cell says, and where


def _read(document: Document, column: Column) -> _Cells:
    found = {}
    for row, span in column.placed():
        said = words(document, span)
        if said:
            found[row] = (said, trimmed(document, span))
    return found


def _number(said: str) -> float | None:
    plain = _UNIT.sub("", said)
    return float(plain.replace(",", "")) if _NUMBER.fullmatch(plain) else None


def _single(
    rule: Rule, document: Document, grid: Grid, cells: Mapping[int, _Cells], asked: Mapping[str, Any]
) -> Iterator[Flag]:
    counts = next((column for column in grid.columns if column.header and headed(column, asked["counts"])), None)
    if counts is None:
        return
    few = {
        row
        for row, (said, _) in cells[counts.index].items()
        if (number := _number(said)) is not None and 0 < number < asked["fewer"]
    }
    for column in grid.columns:
        if column is counts or not column.header or not headed(column, asked["figures"]):
            continue
        spans = tuple(span for row, (said, span) in cells[column.index].items() if row in few and _number(said))
        if spans:
            message = f"{rule.message}{len(spans)} 格只含不足 {asked['fewer']} 家单位，能够识别单个调查对象。"
            yield make_flag(document, rule, spans, detector="tables", count=len(spans), message=message)


def _totals_below(grid: Grid, cells: Mapping[int, _Cells], asked: Mapping[str, Any]) -> Iterator[Span]:
    """Totals under a column whose parts hide one cell."""
    total = any_of(asked["total"])
    labels = {
        row: said
        for column in grid.columns[:3]
        for row, (said, _) in cells[column.index].items()
        if _number(said) is None and total.search(said)
    }
    if not labels:
        return
    for column in grid.columns:
        parts: list[str] = []
        for row in sorted(cells[column.index]):
            said, span = cells[column.index][row]
            if row not in labels:
                parts.append(said)
                continue
            # A total may stand above its parts, too.
            after = [cells[column.index][below][0] for below in sorted(cells[column.index]) if below > row]
            if _gives_away(said, parts or after, asked):
                yield span
            parts = []


def _totals_beside(grid: Grid, cells: Mapping[int, _Cells], asked: Mapping[str, Any]) -> Iterator[Span]:
    """Totals at the end or the beginning of a row whose parts hide one cell."""
    total = any_of(asked["total"])
    beside = [column for column in grid.columns if column.header and total.search(column.header)]
    if len(beside) != 1:
        return
    hidden = any_of(asked["hidden"])
    figures = [
        column.index
        for column in grid.columns
        if column is not beside[0] and _numeric([said for said, _ in cells[column.index].values()], hidden)
    ]
    for row, (said, span) in cells[beside[0].index].items():
        parts = [cells[index][row][0] for index in figures if row in cells[index]]
        if len(parts) == len(figures) and _gives_away(said, parts, asked):
            yield span


def _numeric(said: Sequence[str], hidden: re.Pattern[str]) -> bool:
    return bool(said) and all(_number(one) is not None or hidden.fullmatch(one) for one in said)


def _gives_away(total: str, parts: Sequence[str], asked: Mapping[str, Any]) -> bool:
    """Is exactly one of ``parts`` hidden, and does ``total`` leave something for it?"""
    whole = _number(total)
    hidden = any_of(asked["hidden"])
    covered = [said for said in parts if hidden.fullmatch(said)]
    shown = [number for said in parts if (number := _number(said)) is not None]
    if whole is None or len(covered) != 1 or len(shown) < 2 or len(shown) + 1 != len(parts):
        return False
    return whole - sum(shown) > max(_SLACK * whole, len(shown) * _step(total))


def _step(total: str) -> float:
    """One unit of the last digit that a figure shows."""
    return 10.0 ** -len(_UNIT.sub("", total).partition(".")[2])
