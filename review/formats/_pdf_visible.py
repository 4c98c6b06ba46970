"""Which glyphs of a page nobody sees: covered, white on white, off the page, invisible.

Operators only give suspects for colour and cover. Drawing the page with and without them decides: a glyph that
changes no pixel is not seen, whatever the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.formats._pdf_geometry import Rect
from review.formats._pdf_raster import Picture
from review.formats._pdf_trace import INVISIBLE, Colour, Glyph, PageTrace, Paint

COVERED = "遮盖下文字"
FADED = "与底色相同的文字"
OUTSIDE = "页面之外的文字"
CLIPPED = "被裁剪的文字"

_MARGIN = 0.15  # of a glyph's box may stick out of its cover
_NEAR = 0.07  # colours closer than this cannot be told apart
_THICK = 3.0  # points: thinner shapes are rules, not covers
_SEEN = 16  # grey levels of 255 by which a visible glyph changes some pixel
_PATCH = 8.0  # points: side of the squares in which equal glyphs are looked for
_FLAT = 20  # grey levels of 255 inside a box without ink

#: ``(glyphs, scale)``: the page drawn as it is and drawn without these glyphs, so many pixels a point
Compare = Callable[[frozenset[int], float], tuple[Picture, Picture]]


def hidden(trace: PageTrace, visible_box: Rect, compare: Compare) -> dict[int, str]:
    """Return glyph number → reason for every glyph that nobody sees. ``visible_box``: the crop box."""
    out: dict[int, str] = {}
    glyphs, shows = trace.glyphs, trace.shows
    for i, glyph in enumerate(glyphs):
        reason = shows[glyph.show].hidden
        if reason:
            out[i] = reason
        elif _apart(glyph, visible_box):
            out[i] = OUTSIDE
        elif _apart(glyph, shows[glyph.show].clip):
            out[i] = CLIPPED
    suspects = {i: why for i, why in _suspects(trace).items() if i not in out and glyphs[i].text.strip()}
    if suspects:
        picked = frozenset(suspects)
        before, after = compare(picked, _scale(glyphs[i] for i in picked))
        change = np.abs(before.pixels().astype(np.int16) - after.pixels()).max(axis=2)
        for i, why in suspects.items():
            part = _part(change, before, glyphs[i], 0.1)
            if part.size == 0 or int(part.max()) <= _SEEN:
                out[i] = why
    return out


def _apart(glyph: Glyph, clip: Rect) -> bool:
    return glyph.x1 < clip[0] or glyph.x0 > clip[2] or glyph.y1 < clip[1] or glyph.y0 > clip[3]


def text_layer(trace: PageTrace, unseen: dict[int, str], compare: Compare) -> set[int]:
    """Return the unseen glyphs of an image page that stand on ink: the text layer of a scan, not hidden text."""
    numbers = [i for i, why in unseen.items() if why in (INVISIBLE, COVERED) and trace.glyphs[i].text.strip()]
    if not numbers:
        return set()
    _, after = compare(frozenset(numbers), _scale(trace.glyphs[i] for i in numbers))
    grey = after.pixels().max(axis=2)
    out = set()
    for i in numbers:
        part = _part(grey, after, trace.glyphs[i], -0.05)
        if part.size and int(part.max()) - int(part.min()) > _FLAT:
            out.add(i)
    return out


def _scale(glyphs: Iterable[Glyph]) -> float:
    """Return pixels a point at which the smallest of the glyphs is some pixels wide."""
    smallest = min(max(1.0, min(g.x1 - g.x0, g.y1 - g.y0)) for g in glyphs)
    return min(4.0, max(1.5, 6 / smallest))


def _part(pixels: NDArray[Any], picture: Picture, glyph: Glyph, more: float) -> NDArray[Any]:
    """Return the pixels of a glyph's box, widened by a share of its size."""
    dx, dy = more * (glyph.x1 - glyph.x0), more * (glyph.y1 - glyph.y0)
    left, top, right, bottom = picture.place((glyph.x0 - dx, glyph.y0 - dy, glyph.x1 + dx, glyph.y1 + dy))
    return pixels[max(0, top) : max(0, bottom) + 1, max(0, left) : max(0, right) + 1]


def _suspects(trace: PageTrace) -> dict[int, str]:
    """Return glyphs that a shape, an image or a colour may hide, with the reason."""
    shows = trace.shows
    if not shows:
        return {}
    shades = {show.colour for show in shows}
    first = shows[0].order
    over: list[Paint] = []
    under: list[tuple[Paint, set[Colour | None]]] = []
    for paint in trace.paints:
        if paint.x1 - paint.x0 < _THICK or paint.y1 - paint.y0 < _THICK:
            continue
        if paint.opaque and paint.order > first:
            over.append(paint)
        if paint.colour is not None and min(paint.colour) <= 1 - _NEAR:
            alike = {shade for shade in shades if _alike(shade, paint.colour)}
            if alike:
                under.append((paint, alike))
    pale = {k for k, show in enumerate(shows) if show.colour is None or min(show.colour) > 1 - _NEAR}
    out: dict[int, str] = {}
    if over or under:
        boxes = np.array([(g.x0, g.y0, g.x1, g.y1, shows[g.show].order) for g in trace.glyphs])
        slack = _MARGIN * np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        for paint in over:
            inside = _inside(boxes, slack, paint)
            out.update((i, COVERED) for i in np.flatnonzero(inside & (boxes[:, 4] < paint.order)).tolist())
        for paint, alike in under:
            inside = _inside(boxes, slack, paint)
            for i in np.flatnonzero(inside & (boxes[:, 4] > paint.order)).tolist():
                if shows[trace.glyphs[i].show].colour in alike:
                    out.setdefault(i, COVERED)
    if pale:
        for i, glyph in enumerate(trace.glyphs):
            if glyph.show in pale:
                out.setdefault(i, FADED)
    return out


def _alike(one: Colour | None, two: Colour) -> bool:
    return one is not None and all(abs(a - b) < _NEAR for a, b in zip(one, two, strict=True))


def _inside(boxes: NDArray[np.float64], slack: NDArray[np.float64], paint: Paint) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (
        (boxes[:, 0] >= paint.x0 - slack)
        & (boxes[:, 2] <= paint.x1 + slack)
        & (boxes[:, 1] >= paint.y0 - slack)
        & (boxes[:, 3] <= paint.y1 + slack)
    )
    return found


def repeats(trace: PageTrace, numbers: list[int]) -> dict[int, int]:
    """Return glyph → earlier equal glyph at nearly the same place (bold or shadow made by drawing twice)."""
    out: dict[int, int] = {}
    seen: dict[tuple[str, float, float], list[int]] = {}
    glyphs, shows = trace.glyphs, trace.shows
    for i in numbers:
        glyph = glyphs[i]
        near = min(0.13 * shows[glyph.show].size, 0.49 * _PATCH)
        x, y = glyph.x0, glyph.y0
        text = glyph.text
        left, right = (x - near) // _PATCH, (x + near) // _PATCH
        low, high = (y - near) // _PATCH, (y + near) // _PATCH
        around = seen.get((text, left, low), ())
        if left != right or low != high:
            more = {(text, right, low), (text, left, high), (text, right, high)} - {(text, left, low)}
            around = [*around, *(k for place in more for k in seen.get(place, ()))]
        twin = next((k for k in around if abs(glyphs[k].x0 - x) <= near and abs(glyphs[k].y0 - y) <= near), -1)
        if twin >= 0 and not text.isspace():
            out[i] = twin
        else:
            seen.setdefault((text, x // _PATCH, y // _PATCH), []).append(i)
    return out
