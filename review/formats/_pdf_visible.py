"""Which glyphs of a page nobody sees: covered, white on white, off the page, invisible.

Operators only give candidates for colour and cover; the rendered page decides, since a shape may be transparent,
clipped or painted over again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from review.formats._pdf_raster import Picture
from review.formats._pdf_trace import INVISIBLE, Glyph, Paint, PageTrace, Rect

COVERED = "遮盖下文字"
FADED = "与底色相同的文字"
OUTSIDE = "页面之外的文字"

_MARGIN = 0.15  # of a glyph's box may stick out of its cover
_NEAR = 0.07  # colours closer than this cannot be told apart
_THICK = 3.0  # points: thinner shapes are rules, not covers
_FLAT = 20  # grey levels of 255 inside a box without ink

#: draws the page with so many pixels a point
Render = Callable[[float], Picture]


def hidden(trace: PageTrace, visible_box: Rect, render: Render) -> dict[int, str]:
    """Return glyph number → reason for every glyph that nobody sees. ``visible_box``: the crop box."""
    out: dict[int, str] = {}
    glyphs, shows = trace.glyphs, trace.shows
    if not glyphs:
        return out
    for i, glyph in enumerate(glyphs):
        reason = shows[glyph.show].hidden
        if reason:
            out[i] = reason
        elif (
            glyph.x1 < visible_box[0] or glyph.x0 > visible_box[2] or glyph.y1 < visible_box[1] or glyph.y0 > visible_box[3]
        ):
            out[i] = OUTSIDE
    sure, maybe = _suspects(trace)
    for i in sure:
        if glyphs[i].text.strip():
            out.setdefault(i, COVERED)
    doubtful = [i for i in maybe if i not in out and glyphs[i].text.strip()]
    if doubtful:
        flat = _without_ink([glyphs[i] for i in doubtful], render)
        out.update({i: maybe[i] for i, empty in zip(doubtful, flat, strict=True) if empty})
    return out


def text_layer(trace: PageTrace, unseen: dict[int, str], render: Render) -> set[int]:
    """Return the unseen glyphs of an image page that stand on ink: the text layer of a scan, not hidden text."""
    numbers = [
        i for i, reason in unseen.items() if reason in (INVISIBLE, COVERED) and trace.glyphs[i].text.strip()
    ]
    if not numbers:
        return set()
    empty = _without_ink([trace.glyphs[i] for i in numbers], render)
    return {i for i, flat in zip(numbers, empty, strict=True) if not flat}


def _suspects(trace: PageTrace) -> tuple[set[int], dict[int, str]]:
    """Return glyphs surely under an image, and glyphs that a shape or a colour may hide, with the reason."""
    shows = trace.shows
    shapes = [p for p in trace.paints if p.x1 - p.x0 >= _THICK and p.y1 - p.y0 >= _THICK]
    pale = {k for k, show in enumerate(shows) if show.colour is None or min(show.colour) > 1 - _NEAR}
    last = max((p.order for p in shapes), default=-1)
    first = min((show.order for show in shows), default=0)
    below = [p for p in shapes if p.order < shows[-1].order and p.colour is not None]
    if last < first and not pale and not below:
        return set(), {}
    boxes = np.array([(g.x0, g.y0, g.x1, g.y1, shows[g.show].order) for g in trace.glyphs])
    slack = _MARGIN * np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    sure: set[int] = set()
    maybe: dict[int, str] = {}
    for paint in shapes:
        inside = _inside(boxes, slack, paint)
        if not inside.any():
            continue
        later = inside & (boxes[:, 4] < paint.order)
        if paint.opaque and later.any():
            found = np.flatnonzero(later).tolist()
            if paint.kind == "image":
                sure.update(found)
            else:
                maybe.update((i, COVERED) for i in found)
        if paint.colour is not None:
            for i in np.flatnonzero(inside & (boxes[:, 4] > paint.order)).tolist():
                colour = shows[trace.glyphs[i].show].colour
                if colour is None or all(abs(a - b) < _NEAR for a, b in zip(colour, paint.colour, strict=True)):
                    maybe.setdefault(i, FADED)
    if pale:
        for i, glyph in enumerate(trace.glyphs):
            if glyph.show in pale:
                maybe.setdefault(i, FADED)
    return sure, maybe


def _inside(boxes: NDArray[np.float64], slack: NDArray[np.float64], paint: Paint) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (
        (boxes[:, 0] >= paint.x0 - slack)
        & (boxes[:, 2] <= paint.x1 + slack)
        & (boxes[:, 1] >= paint.y0 - slack)
        & (boxes[:, 3] <= paint.y1 + slack)
    )
    return found


def _without_ink(glyphs: list[Glyph], render: Render) -> list[bool]:
    """Whether the drawn page is of one colour where each glyph should stand."""
    smallest = min(max(1.0, min(g.x1 - g.x0, g.y1 - g.y0)) for g in glyphs)
    picture = render(min(4.0, max(2.0, 10 / smallest)))
    pixels = picture.pixels()
    out: list[bool] = []
    for glyph in glyphs:
        dx, dy = 0.08 * (glyph.x1 - glyph.x0), 0.08 * (glyph.y1 - glyph.y0)
        left, top, right, bottom = picture.place((glyph.x0 + dx, glyph.y0 + dy, glyph.x1 - dx, glyph.y1 - dy))
        part = pixels[max(0, top) : max(0, bottom) + 1, max(0, left) : max(0, right) + 1]
        out.append(part.size == 0 or int((part.max(axis=(0, 1)).astype(int) - part.min(axis=(0, 1))).max()) <= _FLAT)
    return out


def repeats(trace: PageTrace, numbers: list[int]) -> dict[int, int]:
    """Return glyph → earlier equal glyph at nearly the same place (bold or shadow made by drawing twice)."""
    out: dict[int, int] = {}
    seen: dict[tuple[str, int, int], list[int]] = {}
    glyphs, shows = trace.glyphs, trace.shows
    for i in numbers:
        glyph = glyphs[i]
        near = min(0.13 * shows[glyph.show].size, 3.9)
        x, y = glyph.x0, glyph.y0
        columns = {int((x - near) // 4), int((x + near) // 4)}
        rows = {int((y - near) // 4), int((y + near) // 4)}
        twin = -1
        for column in columns:
            for row in rows:
                for k in seen.get((glyph.text, column, row), ()):
                    if abs(glyphs[k].x0 - x) <= near and abs(glyphs[k].y0 - y) <= near:
                        twin = k
        if twin >= 0 and glyph.text.strip():
            out[i] = twin
        else:
            seen.setdefault((glyph.text, int(x // 4), int(y // 4)), []).append(i)
    return out
