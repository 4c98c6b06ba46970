"""Ruled tables of a page: lines → cells. Coordinates of the displayed page (x right, y down)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from review.formats._pdf_geometry import Rect, turned
from review.formats._pdf_trace import Paint

_THIN = 3.0  # points: a filled shape thinner than this is a rule
_SNAP = 3.0  # points: rules closer than this are one
_MAX_RULES = 4000
_MAX_CELLS = 20_000


class GridCell(NamedTuple):
    row: int
    column: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One ruled table. ``slots[row][column]`` is the number of the cell that holds this place."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    slots: tuple[tuple[int, ...], ...]
    cells: tuple[GridCell, ...]

    @property
    def box(self) -> Rect:
        return (self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    def at(self, x: float, y: float) -> int:
        """Return the number of the cell at a place, or -1."""
        column, row = bisect_right(self.xs, x) - 1, bisect_right(self.ys, y) - 1
        if 0 <= row < len(self.slots) and 0 <= column < len(self.slots[0]):
            return self.slots[row][column]
        return -1


class _Rule(NamedTuple):
    at: float
    start: float
    end: float


def grids(paints: Sequence[Paint], rotate: int) -> list[Grid]:
    """Return the grids with at least two cells, smallest first."""
    level: list[_Rule] = []
    upright: list[_Rule] = []
    for paint in paints:
        if paint.kind not in ("rect", "line", "path"):
            continue
        x0, y0, x1, y1 = turned((paint.x0, paint.y0, paint.x1, paint.y1), rotate)
        width, height = x1 - x0, y1 - y0
        if height <= _THIN < width:
            level.append(_Rule((y0 + y1) / 2, x0, x1))
        elif width <= _THIN < height:
            upright.append(_Rule((x0 + x1) / 2, y0, y1))
    if len(level) < 2 or len(upright) < 2 or len(level) + len(upright) > _MAX_RULES:
        return []
    out = []
    for rows, columns in _components(_snapped(level), _snapped(upright)):
        grid = _grid(rows, columns)
        if grid is not None and len(grid.cells) > 1:
            out.append(grid)
    out.sort(key=lambda g: (g.xs[-1] - g.xs[0]) * (g.ys[-1] - g.ys[0]))
    return out


def _snapped(rules: list[_Rule]) -> list[_Rule]:
    """Give rules at nearly the same place the same place, and join those that touch."""
    out: list[_Rule] = []
    group: list[_Rule] = []
    for rule in sorted(rules):
        if group and rule.at - group[-1].at > _SNAP:
            out.extend(_fused(group))
            group = []
        group.append(rule)
    out.extend(_fused(group))
    return out


def _fused(group: list[_Rule]) -> list[_Rule]:
    at = sum(rule.at for rule in group) / len(group)
    out: list[_Rule] = []
    for rule in sorted(group, key=lambda r: r.start):
        if out and rule.start <= out[-1].end + _SNAP:
            out[-1] = _Rule(at, out[-1].start, max(out[-1].end, rule.end))
        else:
            out.append(_Rule(at, rule.start, rule.end))
    return out


def _components(level: list[_Rule], upright: list[_Rule]) -> list[tuple[list[_Rule], list[_Rule]]]:
    """Group rules that cross or touch each other."""
    parent = list(range(len(level) + len(upright)))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    for i, row in enumerate(level):
        for j, column in enumerate(upright):
            if (
                row.start - _SNAP <= column.at <= row.end + _SNAP
                and column.start - _SNAP <= row.at <= column.end + _SNAP
            ):
                parent[root(i)] = root(len(level) + j)
    groups: dict[int, tuple[list[_Rule], list[_Rule]]] = {}
    for i, row in enumerate(level):
        groups.setdefault(root(i), ([], []))[0].append(row)
    for j, column in enumerate(upright):
        groups.setdefault(root(len(level) + j), ([], []))[1].append(column)
    return [group for group in groups.values() if len(group[0]) >= 2 and len(group[1]) >= 2]


def _grid(rows: list[_Rule], columns: list[_Rule]) -> Grid | None:
    xs = tuple(sorted({rule.at for rule in columns}))
    ys = tuple(sorted({rule.at for rule in rows}))
    height, width = len(ys) - 1, len(xs) - 1
    if height < 1 or width < 1 or height * width > _MAX_CELLS:
        return None
    below = [[False] * width for _ in range(height + 1)]  # a rule above row r
    for rule in rows:
        r = ys.index(rule.at)
        for c in range(width):
            if rule.start - _SNAP <= xs[c] and xs[c + 1] <= rule.end + _SNAP:
                below[r][c] = True
    beside = [[False] * (width + 1) for _ in range(height)]  # a rule left of column c
    for rule in columns:
        c = xs.index(rule.at)
        for r in range(height):
            if rule.start - _SNAP <= ys[r] and ys[r + 1] <= rule.end + _SNAP:
                beside[r][c] = True
    slots = [[-1] * width for _ in range(height)]
    cells: list[GridCell] = []
    for r in range(height):
        for c in range(width):
            if slots[r][c] >= 0:
                continue
            right = c
            while right + 1 < width and not beside[r][right + 1] and slots[r][right + 1] < 0:
                right += 1
            bottom = r
            while bottom + 1 < height and not any(below[bottom + 1][c : right + 1]):
                bottom += 1
            for i in range(r, bottom + 1):
                for j in range(c, right + 1):
                    if slots[i][j] < 0:
                        slots[i][j] = len(cells)
            cells.append(GridCell(r, c, bottom - r + 1, right - c + 1))
    return Grid(xs, ys, tuple(map(tuple, slots)), tuple(cells))
