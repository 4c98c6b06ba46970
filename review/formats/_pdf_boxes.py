"""Black boxes over removed glyphs: one a line, wide in steps, and never over what stays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from review.formats._pdf_geometry import Rect, overlap
from review.formats._pdf_trace import Glyph, PageTrace

_STEP = 4  # characters: a box is as wide as a multiple of so many, so that its width does not tell a length
_MARGIN = 0.1  # of a character between a widened box and its neighbour


def boxes(trace: PageTrace, killed: Iterable[int], kept: Sequence[int], page: Rect) -> list[Rect]:
    """Return the rectangles (user space) to blacken for the glyphs ``killed``; ``kept`` are those that stay."""
    out: list[Rect] = []
    stay = [trace.glyphs[i] for i in kept if trace.glyphs[i].text.strip()]
    for size, rect, level in _lines(trace, killed):
        beside = [g for g in stay if g.y1 > rect[1] and g.y0 < rect[3]] if level else []
        if level:
            rect = _widened(rect, size, beside, _walls(trace, rect), page)
        if any(_covers(rect, g) for g in beside):
            # Something that stays is printed over what goes (a form's underscores): leave it in sight.
            rect = (rect[0], rect[1] + 0.35 * (rect[3] - rect[1]), rect[2], rect[3])
        out.append(rect)
    return out


def _lines(trace: PageTrace, killed: Iterable[int]) -> list[tuple[float, Rect, bool]]:
    """Join boxes of glyphs side by side: (character size, rectangle, whether the line is level)."""
    out: list[tuple[float, Rect, bool]] = []
    for i in sorted(killed):
        glyph = trace.glyphs[i]
        show = trace.shows[glyph.show]
        height = glyph.y1 - glyph.y0
        level = show.angle in (0, 180) and not show.vertical
        inset = 0.05 * height if level else 0.0
        rect = (glyph.x0, glyph.y0 + inset, glyph.x1, glyph.y1 - inset)
        if not glyph.text.strip() and (not out or not level):
            continue
        if out and level and out[-1][2]:
            size, last, _ = out[-1]
            same = min(last[3], rect[3]) - max(last[1], rect[1]) > 0.6 * min(last[3] - last[1], rect[3] - rect[1])
            if same and -0.6 * size < rect[0] - last[2] < 0.6 * size:
                joined = (min(last[0], rect[0]), min(last[1], rect[1]), max(last[2], rect[2]), max(last[3], rect[3]))
                out[-1] = (max(size, show.size), joined, True)
                continue
        out.append((show.size, rect, level))
    return out


def _widened(
    rect: Rect, size: float, beside: Sequence[Glyph], walls: Sequence[tuple[float, float]], page: Rect
) -> Rect:
    """Return the rectangle at the next step of width where there is room, else as it is."""
    width = rect[2] - rect[0]
    step = _STEP * size
    want = max(1, math.ceil((width - 0.05 * size) / step)) * step - width
    if want <= 0:
        return rect
    margin = _MARGIN * size
    right, left = page[2] - margin, page[0] + margin
    middle = (rect[0] + rect[2]) / 2
    for start, end in [(g.x0, g.x1) for g in beside] + list(walls):
        if (start + end) / 2 > middle:
            right = min(right, start - margin)
        else:
            left = max(left, end + margin)
    grow_right = max(0.0, min(want, right - rect[2]))
    grow_left = max(0.0, min(want - grow_right, rect[0] - left))
    if grow_right + grow_left < want - 0.01:
        return rect
    return (rect[0] - grow_left, rect[1], rect[2] + grow_right, rect[3])


def _walls(trace: PageTrace, rect: Rect) -> list[tuple[float, float]]:
    """Return what a widened box must not run into: rules and pictures at its height."""
    near = (p for p in trace.paints if p.y1 > rect[1] and p.y0 < rect[3])
    walls = (p for p in near if p.x1 - p.x0 <= 3 or p.kind == "image")
    return [(p.x0, p.x1) for p in walls if not p.x0 < rect[0] < rect[2] < p.x1]


def _covers(rect: Rect, glyph: Glyph) -> bool:
    x0, y0, x1, y1 = overlap(rect, (glyph.x0, glyph.y0, glyph.x1, glyph.y1))
    area = (glyph.x1 - glyph.x0) * (glyph.y1 - glyph.y0)
    return x1 > x0 and y1 > y0 and (x1 - x0) * (y1 - y0) > 0.5 * area
