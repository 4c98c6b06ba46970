"""The path that a PDF page is about to paint or clip with, and what painting it puts on the page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from review.formats._pdf_geometry import Matrix, Rect, bounds, is_square, overlap, spread
from review.formats._pdf_state import State
from review.formats._pdf_trace import Paint

FILLS = frozenset((b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"))
STROKES = frozenset((b"S", b"s", b"B", b"B*", b"b", b"b*"))


class Path:
    """Subpaths: (kind, x and y of its points by turns). Kinds: m straight lines, c curves, r rectangle."""

    __slots__ = ("_subpaths",)

    def __init__(self) -> None:
        self._subpaths: list[tuple[str, list[float]]] = []

    def __len__(self) -> int:
        return sum(1 for _, points in self._subpaths if points)

    def begin(self, point: list[float]) -> None:
        self._subpaths.append(("m", point))

    def extend(self, values: list[float], *, straight: bool) -> None:
        if not self._subpaths:
            self.begin([])
        kind, points = self._subpaths[-1]
        if not straight and kind == "m":
            self._subpaths[-1] = ("c", points)
        points.extend(values)

    def rectangle(self, x: float, y: float, w: float, h: float) -> None:
        self._subpaths.append(("r", [x, y, x + w, y, x + w, y + h, x, y + h]))

    def bounds(self, ctm: Matrix) -> Rect | None:
        """Return the box around all subpaths on the page, or None where there are none."""
        boxes = [bounds(ctm, points) for _, points in self._subpaths if points]
        if not boxes:
            return None
        x0s, y0s, x1s, y1s = zip(*boxes, strict=True)
        return (min(x0s), min(y0s), max(x1s), max(y1s))

    def painted(self, state: State, order: int, *, fills: bool, strokes: bool) -> Iterator[Paint]:
        """Yield what can be seen of the subpaths, painted one after the other after ``order``."""
        for kind, points in self._subpaths:
            if not points:
                continue
            order += 1
            x0, y0, x1, y1 = overlap(bounds(state.ctm, points), state.clip)
            if x0 > x1 or y0 > y1:
                continue
            if fills:
                shape = "rect" if is_square(kind, points, state.ctm) else "path"
                yield Paint(shape, x0, y0, x1, y1, state.fill, state.opaque, order)
            if strokes and kind != "c":
                yield from _strokes(kind, points, state, order)


def _strokes(kind: str, points: list[float], state: State, order: int) -> Iterator[Paint]:
    """Yield straight level and upright strokes: rules of tables, and thick lines over text."""
    a, b, c, d = state.ctm[:4]
    half = state.width * abs(a * d - b * c) ** 0.5 / 2
    ends = list(zip(points[::2], points[1::2], strict=False))
    if kind == "r":
        ends.append(ends[0])
    for start, end in pairwise(ends):
        x0, y0, x1, y1 = spread(state.ctm, (*start, *end))
        if x1 - x0 < 0.5 or y1 - y0 < 0.5:
            box = overlap((x0 - half, y0 - half, x1 + half, y1 + half), state.clip)
            if box[0] <= box[2] and box[1] <= box[3]:
                yield Paint("line", *box, state.stroke, state.opaque, order)
