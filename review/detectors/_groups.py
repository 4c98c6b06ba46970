"""Data sets without names: of how many rows, and of how many people, can a row be told apart?

Shape ``groups``. A row stands out where fewer than ``alike`` rows of the table share its quasi-identifiers and where
fewer than about ``fit`` people of the place can have them. Both must hold: a small sample of a large town names
nobody, and a full register hides its people in groups. The estimate multiplies shares (a birth date leaves one in
29,200, a sex one in two) into the smallest place that the row names; it is rough, and the message says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from review.detectors._grid import Column, Grid, trimmed, words
from review.detectors._whole import any_of, headed
from review.flags import make_flag
from review.types import Document, Flag, Rule

_STAR = re.compile(r"[*＊×xX某○]")
_EMPTY = frozenset({"", "/", "-", "—", "无", "不详", "未知"})
_DAY = re.compile(r"(?:19|20)\d{2}\D{0,2}(?:0?[1-9]|1[0-2])\D{0,2}(?:0?[1-9]|[12]\d|3[01])\D{0,2}$")
_MONTH = re.compile(r"(?:19|20)\d{2}\D{0,2}(?:0?[1-9]|1[0-2])\D{0,2}$")
_BAND = re.compile(r"\d\s*[-~—至到]\s*\d|以上|以下|多岁|余岁|年代|\+")
_COUNTY = re.compile(r"(?:[县市省州盟旗]|[^社小]区)$")
_DAYS, _MONTHS, _YEARS, _BANDS = 29_200, 960, 80, 8  # of the ages at which most people live
_NAMED = 0.5  # share of plain values from which on a column of names names
_LEAST_SHARE = 0.1  # of rows that stand out


@dataclass(frozen=True, slots=True)
class _Quasi:
    """One column that tells something of a person: its values by row, "" where nothing is said."""

    name: str
    column: Column
    kind: Mapping[str, Any]
    values: Mapping[int, str]


def flags(rule: Rule, document: Document, grid: Grid) -> Iterator[Flag]:
    """Yield at most one flag: the column that tells most, at the rows that stand out."""
    asked = rule.params["groups"]
    if grid.row_count < asked["rows"] or _not_people(document, grid, asked):
        return
    quasi = _quasi(document, grid, asked["kinds"])
    if len(quasi) < 2 or not any(one.kind["personal"] for one in quasi):
        return
    out = _standing_out(quasi, asked)
    if len(out) < max(3, _LEAST_SHARE * grid.row_count):
        return
    worst = min(quasi, key=lambda one: len(_standing_out([other for other in quasi if other is not one], asked)))
    cells = worst.column.by_row()
    spans = tuple(trimmed(document, cells[row]) for row in sorted(out) if worst.values.get(row))
    if not spans:
        return
    names = "、".join(one.name for one in quasi)
    message = (
        f"{rule.message}仅凭{names}，{len(out)} 行在表内相同的不足 {asked['alike']} 行，"
        f"估计最少只剩约 {max(1, round(min(out.values())))} 个候选人。建议把标出的“{worst.name}”改成区间或者删去。"
    )
    yield make_flag(document, rule, spans, detector="tables", count=len(out), message=message)


def _not_people(document: Document, grid: Grid, asked: Mapping[str, Any]) -> bool:
    """Aggregated statistics; or people who are named anyway, which is another question."""
    for column in grid.columns:
        if headed(column, asked["counted"]):
            return True
        if column.header and headed(column, asked["named"]):
            filled = [said for span in column.spans if (said := words(document, span)) not in _EMPTY]
            if sum(_STAR.search(said) is None for said in filled) > _NAMED * len(filled):
                return True
    return False


def _quasi(document: Document, grid: Grid, kinds: Sequence[Mapping[str, Any]]) -> list[_Quasi]:
    found = []
    for column in grid.columns:
        kind = next((kind for kind in kinds if column.header and headed(column, kind["header"])), None)
        if kind is None:
            continue
        value = any_of((kind["value"],)) if kind["value"] else None
        values = {}
        for row, span in column.placed():
            said = words(document, span)
            plain = said not in _EMPTY and _STAR.search(said) is None and (value is None or value.fullmatch(said))
            values[row] = said if plain else ""
        if any(values.values()):
            found.append(_Quasi(kind["name"], column, kind, values))
    return found


def _standing_out(quasi: Sequence[_Quasi], asked: Mapping[str, Any]) -> dict[int, float]:
    """The rows of small groups that few people fit, with about how many do."""
    rows = {row for one in quasi for row, said in one.values.items() if said}
    keys = {row: tuple(one.values.get(row, "") for one in quasi) for row in rows}
    sizes = Counter(keys.values())
    few: dict[int, float] = {}
    for row, key in keys.items():
        if sizes[key] >= asked["alike"]:
            continue
        people = _people(zip(quasi, key, strict=True), asked["population"])
        if people < asked["fit"]:
            few[row] = people
    return few


def _people(said: Any, population: int) -> float:
    """About how many people fit what a row says."""
    place, share = float(population), 1.0
    for one, value in said:
        if not value:
            continue
        if one.kind["birth"]:
            share /= _precision(value)
        elif one.kind["among"]:
            place = min(place, population if _COUNTY.search(value) else one.kind["among"])
        else:
            share /= max(2, one.kind["one_in"] / 10) if _BAND.search(value) else one.kind["one_in"]
    return place * share


def _precision(value: str) -> int:
    if _DAY.search(value):
        return _DAYS
    if _BAND.search(value):
        return _BANDS
    return _MONTHS if _MONTH.search(value) else _YEARS
