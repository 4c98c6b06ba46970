"""Follow what a page of an OFD file draws: templates, layers, blocks and composite units, down to single characters.

The result is a ``PageTrace`` in points with the origin at the bottom left (as in PDF, and as ``types.Box`` says), so
that one layout serves both formats; ``Spot`` leads from each glyph back to the character that is stored.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from lxml import etree

from review.errors import LimitExceeded
from review.formats._ofd_package import Body, Page, Resource, child, children, number, numbers
from review.formats._ofd_text import glyph_ids, is_off, lines
from review.formats._opc import is_element, local
from review.formats._pdf_geometry import EVERYWHERE, IDENTITY, Matrix, Rect, multiply, spread
from review.formats._pdf_trace import INVISIBLE, Colour, Glyph, PageTrace, Paint, Show
from review.formats._pdf_visible import repeats

POINTS = 72 / 25.4  # a millimetre
_MAX_DRAWS = 5000
_MAX_DEPTH = 12
_MAX_GLYPHS = 300_000  # a page
_MAX_PAINTS = 50_000
_TINY = 0.2  # millimetres: smaller characters cannot be read
_WHITE: Colour = (1.0, 1.0, 1.0)
_GROUPS = frozenset({"Layer", "PageBlock", "CellContent", "Content"})
#: Glyphs carry no font here: the layout does not ask for one.
_NO_FONT: Any = None
#: What producers store where a glyph has no character of its own.
_PLACE_HOLDERS = "\u00a4\ufffd\u25a1\u3013?"

#: Says of a font resource which character each glyph number is; empty where the font does not say.
Reverse = Callable[[Resource], Mapping[int, str]]


class Spot(NamedTuple):
    """Where a glyph is stored: number of the draw, text object, number of the TextCode, number of the character."""

    draw: int
    text: etree._Element
    code: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here


@dataclass(frozen=True, slots=True)
class Draw:
    """One drawing of the page's content (0), of a template, or of a composite unit.

    ``trail``: the elements that lead to it, from the page inwards; ``content``: what holds its objects.
    """

    parent: int
    trail: tuple[etree._Element, ...]
    content: tuple[etree._Element, ...]
    page: Page  # whose resources its objects see


@dataclass(slots=True)
class View:
    """A page as reading and erasing both see it."""

    page: Page
    trace: PageTrace = field(default_factory=PageTrace)
    spots: list[Spot] = field(default_factory=list)
    unseen: dict[int, str] = field(default_factory=dict)
    twins: dict[int, int] = field(default_factory=dict)  # glyph → equal glyph under it
    draws: list[Draw] = field(default_factory=list)
    #: ids of the pictures that the page shows, with the page or template that knows them
    pictures: list[tuple[Page, str]] = field(default_factory=list)
    shapes: int = 0  # visible path objects
    foreign: int = 0  # glyphs whose character differs from the stored one
    unknown: int = 0  # glyphs without a character

    @property
    def box(self) -> Rect:
        return (0.0, 0.0, self.page.area[2] * POINTS, self.page.area[3] * POINTS)

    @property
    def seen(self) -> list[int]:
        return [i for i in range(len(self.spots)) if i not in self.unseen and i not in self.twins]


def colour(value: str | None) -> Colour | None:
    """Return a colour value (grey, RGB or CMYK in 0…255, also ``#ff``) as RGB in 0…1, or None."""
    found: list[float] = []
    for word in (value or "").split():
        try:
            found.append(int(word[1:], 16) / 255 if word.startswith("#") else float(word) / 255)
        except ValueError:
            return None
    if len(found) == 1:
        return (found[0], found[0], found[0])
    if len(found) == 3:
        return (found[0], found[1], found[2])
    if len(found) == 4:
        c, m, y, k = found
        return ((1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k))
    return None


# --------------------------------------------------------------------------------------------- walking


@dataclass(frozen=True, slots=True)
class _State:
    matrix: Matrix
    draw: int
    seen: bool = True
    alpha: float = 1.0
    params: tuple[str, ...] = ()  # draw parameters, innermost first


def view(page: Page, body: Body, reverse: Reverse) -> View:
    """Trace one page with its templates."""
    walk = _Walk(View(page), body, reverse)
    walk.run()
    walk.find_unseen()
    found = walk.view
    found.twins = repeats(found.trace, [i for i in range(len(found.spots)) if i not in found.unseen])
    return found


@dataclass(slots=True)
class _Walk:
    view: View
    body: Body
    reverse: Reverse
    order: int = 0

    def run(self) -> None:
        page = self.view.page
        base: Matrix = (POINTS, 0.0, 0.0, -POINTS, 0.0, page.area[3] * POINTS)
        self.view.draws.append(Draw(-1, (), tuple(children(page.root, "Content")), page))
        for use in children(page.root, "Template"):
            template = self.body.templates.get(use.get("TemplateID", ""))
            if template is not None:
                found = self._draw(0, use, tuple(children(template.root, "Content")), template)
                self._content(found, _State(base, found))
        self._content(0, _State(base, 0))

    def _draw(self, parent: int, by: etree._Element, content: tuple[etree._Element, ...], page: Page) -> int:
        draws = self.view.draws
        if len(draws) >= _MAX_DRAWS:
            raise LimitExceeded("页面中重复引用的图元过多，已停止读取。")
        draws.append(Draw(parent, (*draws[parent].trail, by), content, page))
        return len(draws) - 1

    def _content(self, draw: int, state: _State) -> None:
        for content in self.view.draws[draw].content:
            self._objects(content, state)

    def _objects(self, holder: etree._Element, state: _State) -> None:
        params = (holder.get("DrawParam", ""), *state.params) if holder.get("DrawParam") else state.params
        inner = _State(state.matrix, state.draw, state.seen and not is_off(holder.get("Visible")), state.alpha, params)
        for element in sorted(filter(is_element, holder), key=_height):
            name = local(element.tag)
            if name in _GROUPS:
                self._objects(element, inner)
            elif name in ("TextObject", "PathObject", "ImageObject", "CompositeObject"):
                self._object(name, element, inner)

    def _object(self, name: str, element: etree._Element, state: _State) -> None:
        box = numbers(element.get("Boundary")) or [0.0, 0.0]
        m = numbers(element.get("CTM"))
        own: Matrix = (m[0], m[1], m[2], m[3], m[4], m[5]) if len(m) == 6 else IDENTITY
        matrix = multiply(multiply(own, (1.0, 0.0, 0.0, 1.0, box[0], box[1] if len(box) > 1 else 0.0)), state.matrix)
        params = (element.get("DrawParam", ""), *state.params) if element.get("DrawParam") else state.params
        alpha = state.alpha * (number(element.get("Alpha"), 255.0) / 255)
        here = _State(matrix, state.draw, state.seen and not is_off(element.get("Visible")), alpha, params)
        self.order += 1
        if name == "TextObject":
            self._text(element, here)
        elif name == "PathObject":
            self._path(element, here)
        elif name == "ImageObject":
            self._image(element, box, here, state.matrix)
        else:
            self._composite(element, here)
        for ink in [*children(element, "FillColor"), *children(element, "StrokeColor")]:
            for pattern in children(ink, "Pattern"):
                for cell in children(pattern, "CellContent"):
                    self._objects(cell, here)

    def _composite(self, element: etree._Element, state: _State) -> None:
        draw = self.view.draws[state.draw]
        unit = draw.page.resources.get(element.get("ResourceID", ""))
        if unit is None or local(unit.element.tag) != "CompositeGraphicUnit" or len(draw.trail) >= _MAX_DEPTH:
            return
        found = self._draw(state.draw, element, tuple(children(unit.element, "Content")), draw.page)
        self._content(found, _State(state.matrix, found, state.seen, state.alpha, state.params))

    def _fill(self, element: etree._Element, state: _State, name: str) -> tuple[Colour | None, float]:
        """Return colour and opacity (0…1) by the object itself or its draw parameters; black where none says."""
        holders = [element]
        resources = self.view.draws[state.draw].page.resources
        for key in state.params:
            for _ in range(8):  # a draw parameter may rest on another
                if key not in resources:
                    break
                holders.append(resources[key].element)
                key = resources[key].element.get("Relative", "")
        for holder in holders:
            found = child(holder, name)
            if found is not None:
                alpha = state.alpha * number(found.get("Alpha"), 255.0) / 255
                return (colour(found.get("Value")) if found.get("Value") else None), alpha
        return (0.0, 0.0, 0.0), state.alpha

    def _text(self, element: etree._Element, state: _State) -> None:
        trace, spots = self.view.trace, self.view.spots
        size = number(element.get("Size"), 3.5)
        a, b, c, d, _, _ = state.matrix
        filled, stroked = not is_off(element.get("Fill")), element.get("Stroke", "").lower() in ("true", "1")
        ink, alpha = self._fill(element, state, "FillColor" if filled or not stroked else "StrokeColor")
        hidden = "" if state.seen and alpha > 0.02 and (filled or stroked) and size > _TINY else INVISIBLE
        ids = glyph_ids(element)
        font = self.view.draws[state.draw].page.resources.get(element.get("Font", ""))
        known = self.reverse(font) if ids and font is not None else {}
        for number_, line in enumerate(lines(element)):
            show = len(trace.shows)
            trace.shows.append(
                Show(0, show, self.order, _NO_FONT, max(0.1, size * math.hypot(c, d)), _angle(a, b), line.upright,
                     ink, EVERYWHERE, hidden)
            )  # fmt: skip
            if len(spots) + len(line.text) > _MAX_GLYPHS:
                raise LimitExceeded(f"一页超过 {_MAX_GLYPHS} 个字，已停止读取。")
            for k, char in enumerate(line.text):
                x, y = line.xs[k], line.ys[k]
                box = spread(state.matrix, (x, y - 0.88 * size, x + line.widths[k], y + 0.15 * size))
                spelt = self._spelt(char, ids.get(k, -1) if number_ == 0 else -1, known)
                room = line.rooms[k] * math.hypot(a, b)
                trace.glyphs.append(Glyph(spelt, 0, *box, room, show, 0, 0, 0, 0.0))
                spots.append(Spot(state.draw, element, number_, k))

    def _spelt(self, char: str, glyph: int, known: Mapping[int, str]) -> str:
        """Return the character that is seen: what the glyph is, where the stored one says nothing."""
        blank = char.isspace() or char in _PLACE_HOLDERS or unicodedata.category(char) in ("Co", "Cn", "Cc", "Cf")
        drawn = known.get(glyph, "") if glyph > 0 else ""
        if drawn and unicodedata.normalize("NFKC", drawn) != unicodedata.normalize("NFKC", char):
            if blank:
                return drawn
            self.view.foreign += 1
        if blank and not char.isspace() and not drawn and char not in "?□":
            self.view.unknown += 1
        return char

    def _image(self, element: etree._Element, box: Sequence[float], state: _State, outer: Matrix) -> None:
        if not state.seen or state.alpha <= 0.02:
            return
        page = self.view.draws[state.draw].page
        for key in ("ResourceID", "Substitution", "ImageMask"):
            if element.get(key) and (page, element.get(key, "")) not in self.view.pictures:
                self.view.pictures.append((page, element.get(key, "")))
        if len(box) == 4:
            place = spread(outer, (box[0], box[1], box[0] + box[2], box[1] + box[3]))
            self.view.trace.paints.append(Paint("image", *place, None, True, self.order))

    def _path(self, element: etree._Element, state: _State) -> None:
        if not state.seen or state.alpha <= 0.02:
            return
        self.view.shapes += 1
        paints = self.view.trace.paints
        data = child(element, "AbbreviatedData")
        if data is None or len(paints) > _MAX_PAINTS:
            return
        filled = element.get("Fill", "").lower() in ("true", "1")
        ink, alpha = self._fill(element, state, "FillColor" if filled else "StrokeColor")
        if filled:
            outlines = list(_strokes(data.text or ""))
            if outlines:
                box = spread(state.matrix, _around([corner for points in outlines for corner in points]))
                plain = len(outlines) == 1 and _is_rectangle(outlines[0]) and not (state.matrix[1] or state.matrix[2])
                paints.append(Paint("rect" if plain else "path", *box, ink, alpha > 0.95, self.order))
        if not is_off(element.get("Stroke")):
            for points in _strokes(data.text or ""):
                for one, two in pairwise(points):
                    paints.append(Paint("line", *spread(state.matrix, _around([one, two])), ink, True, self.order))

    def find_unseen(self) -> None:
        """Note the glyphs that nobody sees: switched off, off the page, under a filled box, or white on white."""
        view = self.view
        width, height = view.box[2], view.box[3]
        paints = view.trace.paints
        dark = [p for p in paints if p.kind == "image" or (p.kind in ("rect", "path") and not _pale(p.colour))]
        lids = [p for p in paints if p.kind == "rect" and p.opaque and p.colour is not None]
        for i, glyph in enumerate(view.trace.glyphs):
            show = view.trace.shows[glyph.show]
            if show.hidden:
                view.unseen[i] = show.hidden
            elif glyph.x1 <= 0 or glyph.x0 >= width or glyph.y1 <= 0 or glyph.y0 >= height:
                view.unseen[i] = "页面外文字"
            elif any(p.order > show.order and _under(glyph, p) for p in lids):
                view.unseen[i] = "被遮盖的文字"
            elif _pale(show.colour):
                x, y = (glyph.x0 + glyph.x1) / 2, (glyph.y0 + glyph.y1) / 2
                if not any(p.x0 <= x <= p.x1 and p.y0 <= y <= p.y1 for p in dark):
                    view.unseen[i] = "白色文字"


def _height(element: etree._Element) -> int:
    """Order layers as they lie: background, body, foreground; everything else stays as stored."""
    if local(element.tag) != "Layer":
        return 1
    return {"Background": 0, "Foreground": 2}.get(element.get("Type", ""), 1)


def _under(glyph: Glyph, lid: Paint) -> bool:
    """Whether a box hides a glyph: all of its height and width but a rim."""
    dx, dy = 0.15 * (glyph.x1 - glyph.x0), 0.15 * (glyph.y1 - glyph.y0)
    return lid.x0 <= glyph.x0 + dx and glyph.x1 - dx <= lid.x1 and lid.y0 <= glyph.y0 + dy and glyph.y1 - dy <= lid.y1


def _is_rectangle(points: Sequence[tuple[float, float]]) -> bool:
    x0, y0, x1, y1 = _around(points)
    return 4 <= len(points) <= 6 and {(x0, y0), (x1, y0), (x1, y1), (x0, y1)} == set(points)


def _pale(ink: Colour | None) -> bool:
    return ink is not None and min(ink) > 0.97


def _angle(a: float, b: float) -> int:
    """Return the direction of a line with matrix row (a, b): 0, 90, 180, 270, or 1 for any other."""
    turn = math.degrees(math.atan2(b, a)) % 360
    quarter = round(turn / 90) * 90
    return quarter % 360 if abs(turn - quarter) < 2 else 1


def _around(points: Sequence[tuple[float, float]]) -> Rect:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (min(xs), min(ys), max(xs), max(ys))


_OPERANDS = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}


def _strokes(data: str) -> Iterator[list[tuple[float, float]]]:
    """Yield the corners of each subpath of path data; curves by their end points."""
    points: list[tuple[float, float]] = []
    words = data.replace(",", " ").split()
    k = 0
    while k < len(words):
        operator = words[k]
        count = _OPERANDS.get(operator, -1)
        if count < 0:
            k += 1
            continue
        values = [number(word, 0.0) for word in words[k + 1 : k + 1 + count]]
        k += 1 + count
        if operator == "C":
            if points:
                points.append(points[0])
        elif len(values) == count:
            if operator in "SM" and points:
                yield points
                points = []
            points.append((values[-2], values[-1]))
    if points:
        yield points
