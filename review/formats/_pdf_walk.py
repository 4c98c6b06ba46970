"""Follow a page's content and trace every glyph, every painted shape and every hidden layer.

Operators that do not touch text, colour, paths or state are passed over.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pikepdf

from review.errors import CorruptDocument, LimitExceeded
from review.formats import _pdf_content as content
from review.formats._pdf_font import UNMAPPED, Font
from review.formats._pdf_geometry import (
    IDENTITY,
    Matrix,
    bounds,
    moved,
    multiply,
    overlap,
    spread,
)
from review.formats._pdf_line import Line
from review.formats._pdf_names import decoded_words, inherited, spell, words
from review.formats._pdf_path import FILLS, STROKES, Path
from review.formats._pdf_resources import Library, Table, colour, shows_text, space
from review.formats._pdf_state import State
from review.formats._pdf_trace import (
    BLACK,
    SHOWS,
    Actual,
    Draw,
    PageTrace,
    Paint,
    Picture,
    Show,
)

_MAX_FORM_DEPTH = 16
_MAX_DRAWS = 5000
_MAX_GLYPHS = 300_000  # a page
_MAX_INSTRUCTIONS = 3_000_000  # a page, forms counted each time they are drawn
_MAX_SAVED = 512

#: What operands that make no sense raise; viewers skip such an operator.
_SENSELESS = (
    TypeError, ValueError, IndexError, AttributeError, KeyError, ArithmeticError, NotImplementedError, RuntimeError,
    pikepdf.PdfError,
)  # fmt: skip


def trace_page(shelf: Library, page: pikepdf.Page) -> PageTrace:
    """Return the trace of one page; raises ``CorruptDocument`` or ``LimitExceeded``."""
    walk = _Walk(shelf)
    x0, y0, x1, y1 = (float(v) for v in page.mediabox)
    resources = inherited(page.obj, "/Resources")
    state = State()
    state.clip = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    walk.run(page, resources if resources is not None else pikepdf.Dictionary(), state, -1, -1, dark=False)
    walk.finish()
    return walk.trace


class _Walk:
    """One page's interpreter."""

    def __init__(self, shelf: Library) -> None:
        self.shelf = shelf
        self.trace = PageTrace()
        self.order = 0
        self.count = 0
        self.depth = 0
        # Of the stream at hand:
        self.state = State()
        self.stack: list[State] = []
        self.resources: Any = None
        self.tables: dict[str, Table] = {}
        self.fonts: dict[bytes, tuple[Font | None, float]] = {}  # by the operands of Tf
        self.draw = 0
        self.line: Matrix = IDENTITY
        self.pen: Matrix = IDENTITY
        self.path = Path()
        self.clipping = False
        self.marks: list[tuple[bool, int]] = []  # (switched off, ActualText number before)
        self.dark = 0
        self.actual = -1

    # ------------------------------------------------------------------ streams

    def run(self, stream: Any, resources: Any, state: State, parent: int, index: int, *, dark: bool) -> None:
        """Interpret one stream with its own graphics stack."""
        instructions = self.shelf.parse(stream)
        self.count += len(instructions)
        if self.count > _MAX_INSTRUCTIONS or len(self.trace.draws) > _MAX_DRAWS:
            raise LimitExceeded("PDF 页面内容过于复杂，超出处理上限，未能检查。")
        saved = (self.state, self.stack, self.resources, self.tables, self.fonts, self.draw, self.line, self.pen,
                 self.path, self.marks, self.dark, self.actual)  # fmt: skip
        self.draw = len(self.trace.draws)
        drawn = Draw(parent, index, stream, instructions, resources)
        self.trace.draws.append(drawn)
        self.state, self.stack, self.resources, self.tables, self.fonts = state, [], resources, {}, {}
        self.path, self.marks, self.dark, self.actual = Path(), [], int(dark), -1
        self.depth += 1
        for number, (operands, operator) in enumerate(instructions):
            if self.dark:
                drawn.dark.add(number)
            handler = _HANDLERS.get(operator)
            if handler is None:
                continue
            try:
                handler(self, operands, number, operator)
            except CorruptDocument:
                raise
            except _SENSELESS:
                # What a text operator with senseless operands would have shown is unknown.
                if operator in SHOWS:
                    self.doubt("文字操作符的参数无效")
        self.depth -= 1
        (self.state, self.stack, self.resources, self.tables, self.fonts, self.draw, self.line, self.pen, self.path,
         self.marks, self.dark, self.actual) = saved  # fmt: skip

    def doubt(self, reason: str) -> None:
        if reason not in self.trace.doubts:
            self.trace.doubts.append(reason)

    def table(self, kind: str) -> Table:
        found = self.tables.get(kind)
        if found is None:
            found = self.tables[kind] = self.shelf.table(self.resources, kind)
        return found

    def finish(self) -> None:
        """Settle which ActualText spans only spell their one glyph better, and what cannot be rewritten."""
        trace = self.trace
        for actual in trace.actuals:
            if len(actual.glyphs) == 1 and actual.text:
                glyph = trace.glyphs[actual.glyphs[0]]
                if _respells(glyph.text, actual.text):
                    actual.kept = True
                    trace.glyphs[actual.glyphs[0]] = glyph._replace(text=actual.text)
        fonts = {show.font.key: show.font for show in trace.shows}.values()
        if any(font.broken for font in fonts):
            self.doubt("字符编码不完整")
        if any(font.nested for font in fonts):
            self.doubt("字形中含文字")

    # ------------------------------------------------------------------ graphics state

    def save(self, operands: bytes, index: int, operator: bytes) -> None:
        if len(self.stack) < _MAX_SAVED:
            self.stack.append(self.state.copy())

    def restore(self, operands: bytes, index: int, operator: bytes) -> None:
        if self.stack:
            self.state = self.stack.pop()

    def transform(self, operands: bytes, index: int, operator: bytes) -> None:
        self.state.ctm = multiply(_matrix(operands), self.state.ctm)

    def line_width(self, operands: bytes, index: int, operator: bytes) -> None:
        (self.state.width,) = content.numbers(operands, 1)

    def external(self, operands: bytes, index: int, operator: bytes) -> None:
        found = self.table("/ExtGState").get(content.name(operands))
        if found is None:
            return
        state = self.state
        if "/ca" in found:
            state.alpha = float(found["/ca"])
        if "/BM" in found:
            mode = found["/BM"]
            state.plain = spell(mode[0] if isinstance(mode, pikepdf.Array) else mode) in ("/Normal", "/Compatible")
        if "/SMask" in found:
            mask = found["/SMask"]
            state.plain = state.plain and mask == "/None"
            if isinstance(mask, pikepdf.Dictionary) and shows_text(mask.get("/G")):
                self.doubt("透明蒙版中含文字")
        if "/LW" in found:
            state.width = float(found["/LW"])
        if "/Font" in found:
            state.font, state.size = self.shelf.font(found["/Font"][0]), float(found["/Font"][1])

    def space(self, operands: bytes, index: int, operator: bytes) -> None:
        kind = space(content.name(operands), self.table("/ColorSpace"))
        start = None if kind in (b"", b"p") else BLACK
        if operator == b"cs":
            self.state.fill_space, self.state.fill = kind, start
        else:
            self.state.stroke_space, self.state.stroke = kind, start

    def colour(self, operands: bytes, index: int, operator: bytes) -> None:
        state = self.state
        lower = operator.lower()
        filling = operator == lower
        if lower in (b"g", b"rg", b"k"):
            kind = lower
        else:
            kind = state.fill_space if filling else state.stroke_space
        if kind == b"p":
            pattern = self.table("/Pattern").get(content.name(operands))
            if shows_text(pattern):
                self.doubt("填充图案中含文字")
        value = colour(kind, operands)
        if filling:
            state.fill_space, state.fill = kind, value
        else:
            state.stroke_space, state.stroke = kind, value

    # ------------------------------------------------------------------ paths

    def begin(self, operands: bytes, index: int, operator: bytes) -> None:
        self.path.begin(content.numbers(operands, 2))

    def extend(self, operands: bytes, index: int, operator: bytes) -> None:
        self.path.extend(content.numbers(operands, _COORDINATES[operator]), straight=operator == b"l")

    def rectangle(self, operands: bytes, index: int, operator: bytes) -> None:
        x, y, w, h = content.numbers(operands, 4)
        self.path.rectangle(x, y, w, h)

    def clip(self, operands: bytes, index: int, operator: bytes) -> None:
        self.clipping = True

    def paint(self, operands: bytes, index: int, operator: bytes) -> None:
        if operator != b"n" and not self.dark:
            painted = self.path.painted(self.state, self.order, fills=operator in FILLS, strokes=operator in STROKES)
            self.trace.paints.extend(painted)
            self.order += len(self.path)
        if self.clipping and (bounds := self.path.bounds(self.state.ctm)):
            self.state.clip = overlap(self.state.clip, bounds)
        self.clipping = False
        self.path = Path()

    def shade(self, operands: bytes, index: int, operator: bytes) -> None:
        self.order += 1
        if not self.dark:
            self.trace.paints.append(Paint("shade", *self.state.clip, None, False, self.order))

    # ------------------------------------------------------------------ objects

    def inline(self, operands: bytes, index: int, operator: bytes) -> None:
        if not self.dark:
            # Its size in pixels stands in a dictionary that nothing here needs; take it for large.
            self.picture(1000, 1000, mask=b"/IM true" in operands or b"/ImageMask true" in operands)

    def picture(self, width: int, height: int, *, mask: bool) -> None:
        state = self.state
        self.order += 1
        box = spread(state.ctm, (0.0, 0.0, 1.0, 1.0))
        seen = overlap(box, state.clip)
        if seen[0] >= seen[2] or seen[1] >= seen[3]:
            return
        self.trace.pictures.append(Picture(box, state.clip, width, height))
        opaque = state.opaque and not mask
        self.trace.paints.append(Paint("image", *seen, None, opaque, self.order))

    def draw_object(self, operands: bytes, index: int, operator: bytes) -> None:
        found = self.table("/XObject").get(content.name(operands))
        if not isinstance(found, pikepdf.Stream):
            return
        off = bool(self.dark) or self.shelf.hides(found.get("/OC"))
        if found.get("/Subtype") == "/Image":
            if off:
                self.trace.draws[self.draw].dark.add(index)
                return
            masked = bool(found.get("/ImageMask", False)) or "/SMask" in found or "/Mask" in found
            self.picture(int(found.get("/Width", 0)), int(found.get("/Height", 0)), mask=masked)
            return
        if found.get("/Subtype") != "/Form":
            return
        if self.depth >= _MAX_FORM_DEPTH:
            raise LimitExceeded("PDF 表单对象嵌套过深，超出处理上限，未能检查。")
        state = self.state.copy()
        if "/Matrix" in found:
            a, b, c, d, e, f = (float(v) for v in found["/Matrix"])
            state.ctm = multiply((a, b, c, d, e, f), state.ctm)
        if "/BBox" in found:
            x0, y0, x1, y1 = (float(v) for v in found["/BBox"])
            state.clip = overlap(state.clip, bounds(state.ctm, [x0, y0, x1, y0, x1, y1, x0, y1]))
        self.run(found, found.get("/Resources", self.resources), state, self.draw, index, dark=off)

    # ------------------------------------------------------------------ marked content

    def mark(self, operands: bytes, index: int, operator: bytes) -> None:
        off, number = False, self.actual
        if operator == b"BDC":
            held: Any = None
            spelling = content.actual_text(operands)
            if spelling is not None:
                number = len(self.trace.actuals)
                self.trace.actuals.append(Actual(self.draw, index, decoded_words(spelling)))
            elif b"<<" in operands:
                if any(key in operands for key in (b"/ActualText", b"/Alt", b"/E", b"#")):
                    held = content.properties(operands)
            else:
                held = self.table("/Properties").get(content.name(operands))
            if isinstance(held, pikepdf.Dictionary):
                off = content.first_name(operands) == b"/OC" and self.shelf.hides(held)
                self.trace.alternates.extend(words(held[key]) for key in ("/Alt", "/E") if key in held)
                if "/ActualText" in held:
                    number = len(self.trace.actuals)
                    self.trace.actuals.append(Actual(self.draw, index, words(held["/ActualText"])))
        self.marks.append((off, self.actual))
        self.dark += off
        self.actual = number

    def unmark(self, operands: bytes, index: int, operator: bytes) -> None:
        if self.marks:
            off, self.actual = self.marks.pop()
            self.dark -= off

    # ------------------------------------------------------------------ text

    def begin_text(self, operands: bytes, index: int, operator: bytes) -> None:
        self.line = self.pen = IDENTITY

    def font(self, operands: bytes, index: int, operator: bytes) -> None:
        chosen = self.fonts.get(operands)
        if chosen is None:
            font = self.shelf.font(self.table("/Font").get(content.name(operands)))
            chosen = self.fonts[operands] = (font, content.numbers(operands, 1)[0])
        self.state.font, self.state.size = chosen

    def spacing(self, operands: bytes, index: int, operator: bytes) -> None:
        (self.state.spacing,) = content.numbers(operands, 1)

    def word(self, operands: bytes, index: int, operator: bytes) -> None:
        (self.state.word,) = content.numbers(operands, 1)

    def stretch(self, operands: bytes, index: int, operator: bytes) -> None:
        self.state.scale = content.numbers(operands, 1)[0] / 100

    def leading(self, operands: bytes, index: int, operator: bytes) -> None:
        (self.state.leading,) = content.numbers(operands, 1)

    def rise(self, operands: bytes, index: int, operator: bytes) -> None:
        (self.state.rise,) = content.numbers(operands, 1)

    def mode(self, operands: bytes, index: int, operator: bytes) -> None:
        self.state.mode = int(content.numbers(operands, 1)[0])

    def move(self, operands: bytes, index: int, operator: bytes) -> None:
        x, y = content.numbers(operands, 2)
        if operator == b"TD":
            self.state.leading = -y
        self.line = self.pen = moved(self.line, x, y)

    def place(self, operands: bytes, index: int, operator: bytes) -> None:
        self.line = self.pen = _matrix(operands)

    def newline(self, operands: bytes, index: int, operator: bytes) -> None:
        self.line = self.pen = moved(self.line, 0.0, -self.state.leading)

    def next_line(self, operands: bytes, index: int, operator: bytes) -> None:
        self.newline(operands, index, operator)
        self.show(operands, index, operator)

    def spaced_line(self, operands: bytes, index: int, operator: bytes) -> None:
        word, spacing, *_ = content.shown(operands)
        if isinstance(word, float) and isinstance(spacing, float):
            self.state.word, self.state.spacing = word, spacing
        self.newline(operands, index, operator)
        self.show(operands, index, operator)

    def show(self, operands: bytes, index: int, operator: bytes) -> None:
        """Trace the glyphs of one text-showing instruction and move the pen."""
        state = self.state
        font = state.font
        if font is None:
            if any(isinstance(item, bytes) and item for item in content.shown(operands)):
                self.doubt("字体缺失或损坏")
            return
        self.order += 1
        glyphs = self.trace.glyphs
        start = len(glyphs)
        items = font.shown(operands, last_only=operator != b"TJ")
        to_page = multiply(self.pen, state.ctm)
        line = Line(font, state, to_page, len(self.trace.shows))
        pen = line.place(items, glyphs)
        if len(glyphs) > _MAX_GLYPHS:
            raise LimitExceeded("PDF 单页文字过多，超出处理上限，未能检查。")
        self.pen = moved(self.pen, 0.0, pen) if font.vertical else moved(self.pen, pen * state.scale, 0.0)
        if len(glyphs) == start:
            return
        if self.actual >= 0:
            self.trace.actuals[self.actual].glyphs.extend(range(start, len(glyphs)))
        ink = state.stroke if state.mode in (1, 5) else state.fill
        hidden = "隐藏图层中的文字" if self.dark else state.unseen(line.height)
        show = Show(self.draw, index, self.order, font, line.height, line.angle, font.vertical, ink, state.clip, hidden)
        self.trace.shows.append(show)


def _matrix(operands: bytes) -> Matrix:
    a, b, c, d, e, f = content.numbers(operands, 6)
    return (a, b, c, d, e, f)


def _respells(mapped: str, actual: str) -> bool:
    """Whether ActualText only repairs an ambiguous mapping (radical for ideograph), so that it may stay."""
    if len(actual) > 4:
        return False
    if unicodedata.normalize("NFKC", mapped) == unicodedata.normalize("NFKC", actual):
        return True
    return len(mapped) == 1 and (mapped == UNMAPPED or "\u2e80" <= mapped <= "\u2fdf" or "\ue000" <= mapped <= "\uf8ff")


_COORDINATES = {b"l": 2, b"c": 6, b"v": 4, b"y": 4}

_Handler = Callable[[_Walk, bytes, int, bytes], None]
_HANDLERS: dict[bytes, _Handler] = {
    b"q": _Walk.save, b"Q": _Walk.restore, b"cm": _Walk.transform, b"w": _Walk.line_width, b"gs": _Walk.external,
    b"cs": _Walk.space, b"CS": _Walk.space,
    **dict.fromkeys((b"sc", b"scn", b"SC", b"SCN", b"g", b"rg", b"k", b"G", b"RG", b"K"), _Walk.colour),
    b"m": _Walk.begin, b"l": _Walk.extend, b"c": _Walk.extend, b"v": _Walk.extend, b"y": _Walk.extend,
    b"re": _Walk.rectangle, b"W": _Walk.clip, b"W*": _Walk.clip,
    **dict.fromkeys((b"n", *sorted(FILLS | STROKES)), _Walk.paint),
    b"sh": _Walk.shade, b"Do": _Walk.draw_object, content.INLINE_IMAGE: _Walk.inline,
    b"BDC": _Walk.mark, b"BMC": _Walk.mark, b"EMC": _Walk.unmark,
    b"BT": _Walk.begin_text, b"Tf": _Walk.font, b"Tc": _Walk.spacing, b"Tw": _Walk.word, b"Tz": _Walk.stretch,
    b"TL": _Walk.leading, b"Ts": _Walk.rise, b"Tr": _Walk.mode, b"Td": _Walk.move, b"TD": _Walk.move,
    b"Tm": _Walk.place, b"T*": _Walk.newline, b"Tj": _Walk.show, b"TJ": _Walk.show, b"'": _Walk.next_line,
    b'"': _Walk.spaced_line,
}  # fmt: skip
