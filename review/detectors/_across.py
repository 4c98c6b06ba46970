"""Two tables of one document that share a key: together they say more than each.

Shape ``joined``: one table has the key and who or where (``first``), the other the key and what is sensitive
(``second``). Rows are joined where their key stands once in each table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

from review.detectors._grid import Column, Grid, trimmed, words
from review.detectors._whole import any_of, headed
from review.flags import make_flag
from review.types import Document, Flag, Rule

_EMPTY = frozenset({"", "/", "-", "—", "无"})
_TABLES = 40  # of a document that are compared with each other


def flags(rule: Rule, document: Document, grids: Sequence[Grid]) -> Iterator[Flag]:
    """Yield one flag for each sensitive column that another table gives people, or places, to."""
    asked = rule.params["joined"]
    seen: set[tuple[int, int]] = set()
    for one, other in permutations(grids[:_TABLES], 2):
        if min(one.row_count, other.row_count) < asked["rows"]:
            continue
        keys = _shared(one, other, asked["key"])
        if not keys:
            continue
        who = [column for column in one.columns if _is(column, asked["first"]) and column not in keys.values()]
        if not who or _has(other, asked["first"], set(keys)):
            continue
        if _has(one, asked["second"], set()):
            continue
        rows = _joined_rows(document, keys, asked)
        if len(rows) < max(asked["rows"], asked["share"] * other.row_count):
            continue
        for column in other.columns:
            where = (column.table, column.index)
            if column in keys or where in seen or not _is(column, asked["second"]):
                continue
            if headed(column, asked["not_second"]):
                continue
            cells = column.by_row()
            filled = [cells[row] for row in rows if row in cells and words(document, cells[row]) not in _EMPTY]
            spans = tuple(trimmed(document, span) for span in filled)
            if len(spans) >= asked["rows"]:
                seen.add(where)
                message = f"{rule.message}两张表按同一列可以对上 {len(spans)} 行。"
                yield make_flag(document, rule, spans, detector="tables", count=len(spans), message=message)


def _is(column: Column, patterns: Sequence[str]) -> bool:
    return bool(column.header) and headed(column, patterns)


def _has(grid: Grid, patterns: Sequence[str], but: set[Column]) -> bool:
    return any(_is(column, patterns) for column in grid.columns if column not in but)


def _shared(one: Grid, other: Grid, kinds: Sequence[str]) -> dict[Column, Column]:
    """Columns of ``other`` that are keys, with their twins in ``one``: of each kind of key the first."""
    found: dict[Column, Column] = {}
    for kind in kinds:
        twins = [next((column for column in grid.columns if _is(column, (kind,))), None) for grid in (other, one)]
        if twins[0] is not None and twins[1] is not None:
            found[twins[0]] = twins[1]
    return found


def _joined_rows(document: Document, keys: Mapping[Column, Column], asked: Mapping[str, Any]) -> list[int]:
    """Rows of the second table whose key stands once in both."""
    second = _keyed(document, list(keys))
    once = {key for key, count in Counter(_keyed(document, list(keys.values())).values()).items() if count == 1}
    counts = Counter(second.values())
    looks = any_of((asked["key_value"],)) if asked["key_value"] else None
    return sorted(
        row
        for row, key in second.items()
        if counts[key] == 1 and key in once and (looks is None or any(looks.search(part) for part in key))
    )


def _keyed(document: Document, columns: Sequence[Column]) -> dict[int, tuple[str, ...]]:
    """The key of each row that has all its parts."""
    cells = [column.by_row() for column in columns]
    rows = set(cells[0]).intersection(*cells[1:])
    said = {row: tuple("".join(words(document, part[row]).split()) for part in cells) for row in rows}
    return {row: key for row, key in said.items() if not _EMPTY.intersection(key)}
