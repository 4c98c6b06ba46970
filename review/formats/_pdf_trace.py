"""Follow a page's content stream and remember, for every glyph, which bytes of which operator drew it.

One parser (qpdf's, through pikepdf) serves reading and rewriting, so an address found here is exact there:
``Glyph`` → ``Show`` (instruction number of a ``Draw``) → ``Draw`` (the page itself, or one drawing of a form).
Coordinates are default user space: points, origin bottom left, before /Rotate.
"""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import pikepdf

from review.errors import CorruptDocument, LimitExceeded
from review.formats._pdf_font import UNMAPPED, Font
from review.formats._pdf_names import spell, words

Matrix = tuple[float, float, float, float, float, float]
Rect = tuple[float, float, float, float]
Colour = tuple[float, float, float]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
EVERYWHERE: Rect = (-1e9, -1e9, 1e9, 1e9)
BLACK: Colour = (0.0, 0.0, 0.0)

_MAX_FORM_DEPTH = 16
_MAX_DRAWS = 5000
_MAX_TOKENS = 20_000_000  # in one content stream
_MAX_GLYPHS = 300_000  # a page
_MAX_INSTRUCTIONS = 3_000_000  # a page, forms counted each time they are drawn

INVISIBLE = "不可见文字"
SHOWS = frozenset(("Tj", "TJ", "'", '"'))


class Glyph(NamedTuple):
    """One shown code. ``shift`` is the TJ number (thousandths of text space) that moves the pen as far."""

    text: str
    code: int
    x0: float
    y0: float
    x1: float
    y1: float
    gap: float  # room after the glyph that character spacing asks for, points
    show: int
    item: int  # in the array of TJ; 0 for the other operators
    offset: int  # bytes in that string
    size: int
    shift: float


@dataclass(slots=True)
class Show:
    """One text-showing instruction."""

    draw: int
    index: int  # instruction number in the draw's stream
    order: int  # painting order on the page
    font: Font
    size: float  # height of a line in points
    angle: int  # direction of the line: 0, 90, 180, 270, or 1 for any other
    vertical: bool
    colour: Colour | None  # None: not known
    clip: Rect
    hidden: str = ""  # why nobody sees it, in Chinese; empty where it is seen as far as operators tell
    actual: int = -1  # number of the ActualText span that it stands in


class Paint(NamedTuple):
    """Something other than text that was painted."""

    kind: str  # rect, path, line, image, shade
    x0: float
    y0: float
    x1: float
    y1: float
    colour: Colour | None
    opaque: bool
    order: int


class Picture(NamedTuple):
    """A drawn image. ``cropped``: a part of it lies outside the clip or the page."""

    box: Rect
    clip: Rect
    width: int
    height: int


@dataclass(slots=True)
class Actual:
    """One marked-content span with ActualText."""

    draw: int
    index: int
    text: str
    glyphs: list[int] = field(default_factory=list)
    kept: bool = False  # it only says better what its one glyph is


@dataclass(slots=True)
class Draw:
    """The page's own content (number 0) or one drawing of a form XObject."""

    parent: int
    index: int  # of the Do instruction in the parent's stream
    stream: Any  # pikepdf.Page or form stream
    instructions: Sequence[Any]
    resources: Any
    #: instruction numbers inside optional content that is switched off
    dark: set[int] = field(default_factory=set)


@dataclass(slots=True)
class PageTrace:
    """Everything that a page shows."""

    glyphs: list[Glyph] = field(default_factory=list)
    shows: list[Show] = field(default_factory=list)
    paints: list[Paint] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    draws: list[Draw] = field(default_factory=list)
    actuals: list[Actual] = field(default_factory=list)
    #: replacement texts (Alt, E) in the content
    alternates: list[str] = field(default_factory=list)
    #: reasons why this page cannot be rewritten exactly, in Chinese
    doubts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _State:
    ctm: Matrix = IDENTITY
    clip: Rect = EVERYWHERE
    font: Font | None = None
    size: float = 0.0
    spacing: float = 0.0
    word: float = 0.0
    scale: float = 1.0
    leading: float = 0.0
    rise: float = 0.0
    mode: int = 0
    fill_space: str = "/DeviceGray"
    stroke_space: str = "/DeviceGray"
    fill: Colour | None = BLACK
    stroke: Colour | None = BLACK
    alpha: float = 1.0
    plain: bool = True  # normal blend mode, no soft mask
    width: float = 1.0


def multiply(m: Matrix, n: Matrix) -> Matrix:
    """Return ``m`` followed by ``n``."""
    a, b, c, d, e, f = m
    g, h, i, j, k, o = n
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + o)


def spread(m: Matrix, rect: Rect) -> Rect:
    """Return the bounding box of a transformed rectangle."""
    a, b, c, d, e, f = m
    x0, y0, x1, y1 = rect
    if not b and not c:
        left, right, low, high = a * x0 + e, a * x1 + e, d * y0 + f, d * y1 + f
        return (min(left, right), min(low, high), max(left, right), max(low, high))
    xs = (a * x0 + c * y0 + e, a * x1 + c * y0 + e, a * x0 + c * y1 + e, a * x1 + c * y1 + e)
    ys = (b * x0 + d * y0 + f, b * x1 + d * y0 + f, b * x0 + d * y1 + f, b * x1 + d * y1 + f)
    return (min(xs), min(ys), max(xs), max(ys))


def overlap(one: Rect, two: Rect) -> Rect:
    """Return the common part; empty where ``x1 <= x0`` or ``y1 <= y0``."""
    return (max(one[0], two[0]), max(one[1], two[1]), min(one[2], two[2]), min(one[3], two[3]))


class Tracer:
    """Traces the pages of one file; fonts and parsed forms are kept between pages."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._fonts: dict[tuple[int, int], Font | None] = {}
        self._parsed: dict[tuple[int, int], Sequence[Any]] = {}
        self._off = _layers_off(pdf)
        self._pdf = pdf

    def page(self, page: pikepdf.Page) -> PageTrace:
        """Return the trace of one page; raises ``CorruptDocument`` or ``LimitExceeded``."""
        walk = _Walk(self, PageTrace())
        box = [float(v) for v in page.mediabox]
        resources = inherited(page.obj, "/Resources")
        state = _State(clip=(min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])))
        walk.run(page, resources if resources is not None else pikepdf.Dictionary(), state, -1, -1, dark=False)
        walk.finish()
        return walk.trace

    def parse(self, stream: Any) -> Sequence[Any]:
        """Return the instructions of a page or form."""
        key = None if isinstance(stream, pikepdf.Page) else stream.objgen
        if key is not None and key in self._parsed:
            return self._parsed[key]
        _check_length(stream)
        try:
            found = pikepdf.parse_content_stream(stream)
        except (pikepdf.PdfError, ValueError, TypeError, RuntimeError) as error:
            raise CorruptDocument("PDF 的页面内容流损坏，未能检查。请重新导出后再送审。") from error
        if key is not None and key != (0, 0):
            self._parsed[key] = found
        return found

    def font(self, source: Any) -> Font | None:
        """Return the font of a dictionary, or None where it makes no sense."""
        key = source.objgen
        if key == (0, 0):
            return _font(source)
        if key not in self._fonts:
            self._fonts[key] = _font(source)
        return self._fonts[key]

    def numbered(self, table: Any, name: Any) -> Any:
        """Give a dictionary that stands directly in ``table`` an object number and return it."""
        table[name] = self._pdf.make_indirect(table[name])
        return table[name]

    def hides(self, group: Any) -> bool:
        """Whether an optional-content group or membership is switched off."""
        return _hides(group, self._off)


def _check_length(stream: Any) -> None:
    """Refuse content that is far too long before it is parsed: every operand becomes an object."""
    contents = stream.obj.get("/Contents") if isinstance(stream, pikepdf.Page) else stream
    parts = contents if isinstance(contents, pikepdf.Array) else (contents,)
    tokens = 0
    for part in parts:
        if isinstance(part, pikepdf.Stream) and int(part.get("/Length", 0)) > _MAX_TOKENS // 1000:
            try:
                data = bytes(part.read_bytes())
            except (pikepdf.PdfError, RuntimeError, ValueError):
                continue  # said when it is parsed
            tokens += data.count(b" ") + data.count(b"\n") + data.count(b"\r")
    if tokens > _MAX_TOKENS:
        raise LimitExceeded("PDF 页面内容过于复杂，超出处理上限，未能检查。")


def _font(source: Any) -> Font | None:
    try:
        return Font(source)
    except (ValueError, pikepdf.PdfError):
        return None


def inherited(node: Any, key: str) -> Any:
    """Return a page attribute, from the page or the nodes above it; None where absent."""
    for _ in range(64):
        if node is None:
            return None
        if key in node:
            return node[key]
        node = node.get("/Parent")
    return None


def _layers_off(pdf: pikepdf.Pdf) -> frozenset[tuple[int, int]]:
    properties = pdf.Root.get("/OCProperties")
    if not isinstance(properties, pikepdf.Dictionary):
        return frozenset()
    config = properties.get("/D", pikepdf.Dictionary())
    groups = {group.objgen for group in properties.get("/OCGs", ())}
    off = set(groups) if config.get("/BaseState") == "/OFF" else set()
    off |= {group.objgen for group in config.get("/OFF", ())}
    off -= {group.objgen for group in config.get("/ON", ())} if config.get("/BaseState") == "/OFF" else set()
    return frozenset(off)


def _hides(group: Any, off: frozenset[tuple[int, int]]) -> bool:
    if not isinstance(group, pikepdf.Dictionary) or not off:
        return False
    if group.get("/Type") != "/OCMD":
        return group.objgen in off
    members = group.get("/OCGs")
    if members is None:
        return False
    states = [m.objgen not in off for m in ([members] if isinstance(members, pikepdf.Dictionary) else members)]
    policy = spell(group.get("/P", "/AnyOn"))
    shown = {"/AllOn": all, "/AnyOn": any}.get(policy)
    if shown is not None:
        return bool(states) and not shown(states)
    return bool(states) and (any(states) if policy == "/AllOff" else all(states))


class _Walk:
    """One page's interpreter. Operators that do not touch text, colour, paths or state are passed over."""

    def __init__(self, tracer: Tracer, trace: PageTrace) -> None:
        self.tracer = tracer
        self.trace = trace
        self.order = 0
        self.count = 0
        self.state = _State()
        self.stack: list[_State] = []
        self.resources: Any = pikepdf.Dictionary()
        self.draw = 0
        self.depth = 0
        self.line: Matrix = IDENTITY
        self.pen: Matrix = IDENTITY
        self.path: list[tuple[str, list[float]]] = []
        self.clipping = False
        self.marks: list[tuple[bool, int]] = []  # (switched off, ActualText number)
        self.dark = 0
        self.actual = -1

    # ------------------------------------------------------------------ streams

    def run(self, stream: Any, resources: Any, state: _State, parent: int, index: int, *, dark: bool) -> None:
        """Interpret one stream with its own graphics stack."""
        instructions = self.tracer.parse(stream)
        self.count += len(instructions)
        if self.count > _MAX_INSTRUCTIONS or len(self.trace.draws) > _MAX_DRAWS:
            raise LimitExceeded("PDF 页面内容过于复杂，超出处理上限，未能检查。")
        saved = (self.state, self.stack, self.resources, self.draw, self.line, self.pen, self.path, self.marks,
                 self.dark, self.actual)  # fmt: skip
        self.draw = len(self.trace.draws)
        drawn = Draw(parent, index, stream, instructions, resources)
        self.trace.draws.append(drawn)
        self.state, self.stack, self.resources = state, [], resources
        self.path, self.marks, self.dark, self.actual = [], [], int(dark), -1
        self.depth += 1
        handlers = _HANDLERS
        for number, instruction in enumerate(instructions):
            operator = str(instruction.operator)
            if self.dark:
                drawn.dark.add(number)
            handler = handlers.get(operator)
            if handler is None:
                continue
            try:
                handler(self, instruction.operands, number, operator)
            except (TypeError, ValueError, IndexError, AttributeError, KeyError, ArithmeticError, NotImplementedError,
                    RuntimeError):  # fmt: skip
                # Viewers skip an operator whose operands make no sense; what it would have shown is unknown.
                if operator in SHOWS:
                    self.doubt("文字操作符的参数无效")
        self.depth -= 1
        (self.state, self.stack, self.resources, self.draw, self.line, self.pen, self.path, self.marks,
         self.dark, self.actual) = saved  # fmt: skip

    def doubt(self, reason: str) -> None:
        if reason not in self.trace.doubts:
            self.trace.doubts.append(reason)

    def resource(self, kind: str, name: Any) -> Any:
        table = self.resources.get(kind)
        return table.get(name) if isinstance(table, pikepdf.Dictionary) and isinstance(name, pikepdf.Name) else None

    def finish(self) -> None:
        """Settle which ActualText spans only spell their one glyph better."""
        trace = self.trace
        for actual in trace.actuals:
            if len(actual.glyphs) == 1 and actual.text:
                glyph = trace.glyphs[actual.glyphs[0]]
                if _respells(glyph.text, actual.text):
                    actual.kept = True
                    trace.glyphs[actual.glyphs[0]] = glyph._replace(text=actual.text)
        if any(show.font.broken for show in trace.shows):
            self.doubt("字符编码不完整")
        if any(show.font.nested for show in trace.shows):
            self.doubt("字形中含文字")

    # ------------------------------------------------------------------ graphics state

    def save(self, operands: Any, index: int, operator: str) -> None:
        if len(self.stack) < 512:
            self.stack.append(copy.copy(self.state))

    def restore(self, operands: Any, index: int, operator: str) -> None:
        if self.stack:
            self.state = self.stack.pop()

    def transform(self, operands: Any, index: int, operator: str) -> None:
        self.state.ctm = multiply(_matrix(operands), self.state.ctm)

    def line_width(self, operands: Any, index: int, operator: str) -> None:
        self.state.width = float(operands[0])

    def external(self, operands: Any, index: int, operator: str) -> None:
        found = self.resource("/ExtGState", operands[0])
        if found is None:
            return
        state = self.state
        if "/ca" in found:
            state.alpha = float(found["/ca"])
        if "/BM" in found:
            mode = found["/BM"]
            first = mode[0] if isinstance(mode, pikepdf.Array) and len(mode) else mode
            state.plain = spell(first) in ("/Normal", "/Compatible")
        if "/SMask" in found:
            state.plain = state.plain and found["/SMask"] == "/None"
            if isinstance(found["/SMask"], pikepdf.Dictionary) and _shows_text(found["/SMask"].get("/G")):
                self.doubt("透明蒙版中含文字")
        if "/LW" in found:
            state.width = float(found["/LW"])
        if "/Font" in found:
            self.choose(found["/Font"][0], float(found["/Font"][1]))

    def space(self, operands: Any, index: int, operator: str) -> None:
        name = spell(operands[0])
        if name not in ("/DeviceGray", "/DeviceRGB", "/DeviceCMYK", "/Pattern"):
            name = _space(self.resource("/ColorSpace", operands[0]))
        start = None if name in ("", "/Pattern") else BLACK
        if operator == "cs":
            self.state.fill_space, self.state.fill = name, start
        else:
            self.state.stroke_space, self.state.stroke = name, start

    def colour(self, operands: Any, index: int, operator: str) -> None:
        state = self.state
        filling = operator in ("sc", "scn", "g", "rg", "k")
        if operator in ("g", "rg", "k", "G", "RG", "K"):
            name = {"g": "/DeviceGray", "rg": "/DeviceRGB", "k": "/DeviceCMYK"}[operator.lower()]
        else:
            name = state.fill_space if filling else state.stroke_space
        value = _colour(name, operands)
        if name == "/Pattern" and len(operands):
            pattern = self.resource("/Pattern", operands[-1])
            if isinstance(pattern, pikepdf.Stream) and _shows_text(pattern):
                self.doubt("填充图案中含文字")
        if filling:
            state.fill_space, state.fill = name, value
        else:
            state.stroke_space, state.stroke = name, value

    # ------------------------------------------------------------------ paths

    def begin(self, operands: Any, index: int, operator: str) -> None:
        self.path.append(("m", [float(operands[0]), float(operands[1])]))

    def extend(self, operands: Any, index: int, operator: str) -> None:
        values = [float(v) for v in operands]
        if not self.path:
            self.path.append(("m", []))
        kind, points = self.path[-1]
        if operator != "l" and kind == "m":
            self.path[-1] = ("c", points)
        points.extend(values)

    def rectangle(self, operands: Any, index: int, operator: str) -> None:
        x, y, w, h = (float(v) for v in operands)
        self.path.append(("r", [x, y, x + w, y, x + w, y + h, x, y + h]))

    def clip(self, operands: Any, index: int, operator: str) -> None:
        self.clipping = True

    def paint(self, operands: Any, index: int, operator: str) -> None:
        state = self.state
        boxes = [(kind, points, _bounds(state.ctm, points)) for kind, points in self.path if points]
        if operator != "n" and not self.dark:
            opaque = state.alpha >= 0.95 and state.plain
            fills, strokes = operator in _FILLS, operator in _STROKES
            for kind, points, box in boxes:
                self.order += 1
                seen = overlap(box, state.clip)
                if seen[0] > seen[2] or seen[1] > seen[3]:
                    continue
                if fills:
                    square = _is_square(kind, points, state.ctm)
                    self.trace.paints.append(Paint("rect" if square else "path", *seen, state.fill, opaque, self.order))
                if strokes:
                    self.stroke(kind, points, opaque)
        if self.clipping and boxes:
            outer = boxes[0][2]
            for _, _, box in boxes[1:]:
                outer = (min(outer[0], box[0]), min(outer[1], box[1]), max(outer[2], box[2]), max(outer[3], box[3]))
            state.clip = overlap(state.clip, outer)
        self.clipping = False
        self.path = []

    def stroke(self, kind: str, points: list[float], opaque: bool) -> None:
        """Remember straight level and upright strokes: rules of tables, and thick lines over text."""
        state = self.state
        a, b, c, d = state.ctm[:4]
        half = state.width * abs(a * d - b * c) ** 0.5 / 2
        pairs = list(zip(points[::2], points[1::2], strict=False))
        if kind == "r":
            pairs.append(pairs[0])
        for start, end in pairwise(pairs):
            x0, y0, x1, y1 = spread(state.ctm, (*start, *end))
            if kind != "c" and (x1 - x0 < 0.5 or y1 - y0 < 0.5):
                box = overlap((x0 - half, y0 - half, x1 + half, y1 + half), state.clip)
                if box[0] <= box[2] and box[1] <= box[3]:
                    self.trace.paints.append(Paint("line", *box, state.stroke, opaque, self.order))

    def shade(self, operands: Any, index: int, operator: str) -> None:
        self.order += 1
        if not self.dark:
            self.trace.paints.append(Paint("shade", *self.state.clip, None, False, self.order))

    def inline(self, operands: Any, index: int, operator: str) -> None:
        if not self.dark:
            image = operands[0]
            self.picture(int(image.width), int(image.height), mask=bool(image.image_mask))

    def picture(self, width: int, height: int, *, mask: bool) -> None:
        state = self.state
        self.order += 1
        box = spread(state.ctm, (0.0, 0.0, 1.0, 1.0))
        seen = overlap(box, state.clip)
        if seen[0] >= seen[2] or seen[1] >= seen[3]:
            return
        self.trace.pictures.append(Picture(box, state.clip, width, height))
        opaque = state.alpha >= 0.95 and state.plain and not mask
        self.trace.paints.append(Paint("image", *seen, None, opaque, self.order))

    def draw_object(self, operands: Any, index: int, operator: str) -> None:
        found = self.resource("/XObject", operands[0])
        if not isinstance(found, pikepdf.Stream):
            return
        off = bool(self.dark) or self.tracer.hides(found.get("/OC"))
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
        state = copy.copy(self.state)
        if "/Matrix" in found:
            state.ctm = multiply(_matrix(found["/Matrix"]), state.ctm)
        if "/BBox" in found:
            box = [float(v) for v in found["/BBox"]]
            corners = [box[0], box[1], box[2], box[1], box[2], box[3], box[0], box[3]]
            state.clip = overlap(state.clip, _bounds(state.ctm, corners))
        resources = found.get("/Resources", self.resources)
        self.run(found, resources, state, self.draw, index, dark=off)

    # ------------------------------------------------------------------ marked content

    def mark(self, operands: Any, index: int, operator: str) -> None:
        off, number = False, self.actual
        if operator == "BDC":
            held = operands[1]
            properties = self.resource("/Properties", held) if isinstance(held, pikepdf.Name) else held
            if operands[0] == "/OC":
                off = self.tracer.hides(properties)
            if isinstance(properties, pikepdf.Dictionary):
                self.trace.alternates.extend(words(properties[key]) for key in ("/Alt", "/E") if key in properties)
            if isinstance(properties, pikepdf.Dictionary) and "/ActualText" in properties:
                text = words(properties["/ActualText"])
                number = len(self.trace.actuals)
                self.trace.actuals.append(Actual(self.draw, index, text))
        self.marks.append((off, self.actual))
        self.dark += off
        self.actual = number

    def unmark(self, operands: Any, index: int, operator: str) -> None:
        if self.marks:
            off, self.actual = self.marks.pop()
            self.dark -= off

    # ------------------------------------------------------------------ text

    def begin_text(self, operands: Any, index: int, operator: str) -> None:
        self.line = self.pen = IDENTITY

    def choose(self, source: Any, size: float) -> None:
        self.state.font = self.tracer.font(source) if source is not None else None
        self.state.size = size

    def font(self, operands: Any, index: int, operator: str) -> None:
        found = self.resource("/Font", operands[0])
        if isinstance(found, pikepdf.Dictionary) and not found.is_indirect:
            # Fonts are told apart, shared and pruned by their object number.
            found = self.tracer.numbered(self.resources["/Font"], operands[0])
        self.choose(found, float(operands[1]))

    def text_state(self, operands: Any, index: int, operator: str) -> None:
        value = float(operands[0])
        state = self.state
        if operator == "Tc":
            state.spacing = value
        elif operator == "Tw":
            state.word = value
        elif operator == "Tz":
            state.scale = value / 100
        elif operator == "TL":
            state.leading = value
        elif operator == "Ts":
            state.rise = value
        else:
            state.mode = int(value)

    def move(self, operands: Any, index: int, operator: str) -> None:
        x, y = float(operands[0]), float(operands[1])
        if operator == "TD":
            self.state.leading = -y
        self.step(x, y)

    def step(self, x: float, y: float) -> None:
        a, b, c, d, e, f = self.line
        self.line = self.pen = (a, b, c, d, a * x + c * y + e, b * x + d * y + f)

    def place(self, operands: Any, index: int, operator: str) -> None:
        self.line = self.pen = _matrix(operands)

    def newline(self, operands: Any, index: int, operator: str) -> None:
        self.step(0.0, -self.state.leading)

    def show(self, operands: Any, index: int, operator: str) -> None:
        state = self.state
        if operator == "'":
            self.step(0.0, -state.leading)
        elif operator == '"':
            state.word, state.spacing = float(operands[0]), float(operands[1])
            self.step(0.0, -state.leading)
        items: Iterable[Any] = operands[0] if operator == "TJ" else (operands[-1],)
        font = state.font
        if font is None:
            if any(isinstance(item, pikepdf.String) and len(bytes(item)) for item in items):
                self.doubt("字体缺失或损坏")
            return
        self.order += 1
        glyphs = self.trace.glyphs
        size, scale, spacing, vertical = state.size, state.scale, state.spacing, font.vertical
        unit = size or 1e-9
        a, b, c, d, e, f = multiply(self.pen, state.ctm)
        # Directions of one text-space unit along the line (ax, ay) and across it (ux, uy), in points.
        ax, ay, ux, uy = a * scale, b * scale, c, d
        show = len(self.trace.shows)
        low, high = font.bottom * size + state.rise, font.top * size + state.rise
        level = not ay and not ux and not vertical
        pen = 0.0
        text_mode = state.mode
        stretch = abs(spacing) * (abs(ay) + abs(ax)) if not vertical else abs(spacing) * (abs(ux) + abs(uy))
        if spacing < 0:
            stretch = -stretch
        start = len(glyphs)
        for number, item in enumerate(items):
            if not isinstance(item, pikepdf.String):
                pen -= float(item) * 0.001 * size
                continue
            offset = 0
            for code in font.codes(bytes(item)):
                width = code.advance * size
                extra = spacing + (state.word if code.code == 32 and code.size == 1 else 0.0)
                if level:
                    x0, x1 = e + ax * pen, e + ax * (pen + width)
                    y0, y1 = f + uy * low, f + uy * high
                    if x1 < x0:
                        x0, x1 = x1, x0
                    if y1 < y0:
                        y0, y1 = y1, y0
                elif vertical:
                    left = code.shift_x * size
                    top = pen + code.shift_y * size + state.rise
                    x0, y0, x1, y1 = spread((ax, ay, ux, uy, e, f), (left, top + width, left + size, top))
                else:
                    x0, y0, x1, y1 = spread((ax, ay, ux, uy, e, f), (pen, low, pen + width, high))
                glyphs.append(
                    Glyph(
                        code.text,
                        code.code,
                        x0,
                        y0,
                        x1,
                        y1,
                        stretch,
                        show,
                        number,
                        offset,
                        code.size,
                        -(width + extra) / unit * 1000,
                    )
                )
                pen += width + extra
                offset += code.size
        if len(glyphs) > _MAX_GLYPHS:
            raise LimitExceeded("PDF 单页文字过多，超出处理上限，未能检查。")
        self.pen = _moved(self.pen, pen * scale, 0.0) if not vertical else _moved(self.pen, 0.0, pen)
        if len(glyphs) == start:
            return
        if self.actual >= 0:
            self.trace.actuals[self.actual].glyphs.extend(range(start, len(glyphs)))
        height = abs(size) * (ux * ux + uy * uy) ** 0.5 * (font.top - font.bottom) / 1.05
        self.trace.shows.append(
            Show(
                self.draw,
                index,
                self.order,
                font,
                height,
                _angle(ax, ay, size),
                vertical,
                state.stroke if text_mode in (1, 5) else state.fill,
                state.clip,
                self.why_hidden(height),
                self.actual,
            )
        )

    def why_hidden(self, height: float) -> str:
        state = self.state
        if self.dark:
            return "隐藏图层中的文字"
        if state.mode == 3 or state.alpha <= 0.02:
            return INVISIBLE
        if height < 1.0:
            return "字号极小的文字"
        return ""


def _moved(m: Matrix, x: float, y: float) -> Matrix:
    a, b, c, d, e, f = m
    return (a, b, c, d, a * x + c * y + e, b * x + d * y + f)


def _angle(x: float, y: float, size: float) -> int:
    if size < 0:
        x, y = -x, -y
    if abs(y) <= 0.02 * abs(x):
        return 0 if x >= 0 else 180
    if abs(x) <= 0.02 * abs(y):
        return 90 if y > 0 else 270
    return 1


def _matrix(operands: Any) -> Matrix:
    a, b, c, d, e, f = (float(v) for v in operands)
    return (a, b, c, d, e, f)


def _bounds(m: Matrix, points: list[float]) -> Rect:
    a, b, c, d, e, f = m
    xs = [a * x + c * y + e for x, y in zip(points[::2], points[1::2], strict=False)]
    ys = [b * x + d * y + f for x, y in zip(points[::2], points[1::2], strict=False)]
    return (min(xs), min(ys), max(xs), max(ys))


def _is_square(kind: str, points: list[float], ctm: Matrix) -> bool:
    """Whether a subpath is an upright rectangle on the page."""
    if kind == "c" or len(points) not in (8, 10) or not ((not ctm[1] and not ctm[2]) or (not ctm[0] and not ctm[3])):
        return False
    pairs = list(zip(points[::2], points[1::2], strict=True))
    steps = [(abs(p[0] - q[0]) < 1e-3, abs(p[1] - q[1]) < 1e-3) for p, q in pairwise(pairs)]
    return all(level != upright for level, upright in steps) and all(one[0] != two[0] for one, two in pairwise(steps))


def _space(found: Any) -> str:
    """Return the device space that a colour space stands in for, or an empty string."""
    if isinstance(found, pikepdf.Name):
        return spell(found)
    if not isinstance(found, pikepdf.Array) or not len(found):
        return ""
    kind = spell(found[0])
    if kind == "/ICCBased":
        return {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}.get(int(found[1].get("/N", 0)), "")
    return {"/CalGray": "/DeviceGray", "/CalRGB": "/DeviceRGB", "/Pattern": "/Pattern"}.get(kind, "")


def _colour(space: str, operands: Any) -> Colour | None:
    values = [float(v) for v in operands] if space in ("/DeviceGray", "/DeviceRGB", "/DeviceCMYK") else []
    if space == "/DeviceGray" and len(values) == 1:
        return (values[0], values[0], values[0])
    if space == "/DeviceRGB" and len(values) == 3:
        return (values[0], values[1], values[2])
    if space == "/DeviceCMYK" and len(values) == 4:
        c, m, y, k = values
        return ((1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k))
    return None


def _shows_text(stream: Any, depth: int = 0) -> bool:
    """Whether a stream, or a form that it can draw, has a text-showing operator."""
    if not isinstance(stream, pikepdf.Stream):
        return False
    if depth > 4:
        return True
    try:
        instructions = pikepdf.parse_content_stream(stream)
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError):
        return True
    if any(str(instruction.operator) in SHOWS for instruction in instructions):
        return True
    objects = stream.get("/Resources", pikepdf.Dictionary()).get("/XObject", pikepdf.Dictionary())
    return any(_shows_text(item, depth + 1) for _, item in objects.items() if item.get("/Subtype") == "/Form")


def _respells(mapped: str, actual: str) -> bool:
    """Whether ActualText only repairs an ambiguous mapping (radical for ideograph), so that it may stay."""
    if len(actual) > 4:
        return False
    if unicodedata.normalize("NFKC", mapped) == unicodedata.normalize("NFKC", actual):
        return True
    return len(mapped) == 1 and (mapped == UNMAPPED or "\u2e80" <= mapped <= "\u2fdf" or "\ue000" <= mapped <= "\uf8ff")


_FILLS = frozenset(("f", "F", "f*", "B", "B*", "b", "b*"))
_STROKES = frozenset(("S", "s", "B", "B*", "b", "b*"))

_HANDLERS: Mapping[str, Any] = {
    "q": _Walk.save, "Q": _Walk.restore, "cm": _Walk.transform, "w": _Walk.line_width, "gs": _Walk.external,
    "cs": _Walk.space, "CS": _Walk.space, "sc": _Walk.colour, "scn": _Walk.colour, "SC": _Walk.colour,
    "SCN": _Walk.colour, "g": _Walk.colour, "rg": _Walk.colour, "k": _Walk.colour, "G": _Walk.colour,
    "RG": _Walk.colour, "K": _Walk.colour,
    "m": _Walk.begin, "l": _Walk.extend, "c": _Walk.extend, "v": _Walk.extend, "y": _Walk.extend,
    "re": _Walk.rectangle, "W": _Walk.clip, "W*": _Walk.clip, "n": _Walk.paint, "f": _Walk.paint, "F": _Walk.paint,
    "f*": _Walk.paint, "B": _Walk.paint, "B*": _Walk.paint, "b": _Walk.paint, "b*": _Walk.paint, "S": _Walk.paint,
    "s": _Walk.paint, "sh": _Walk.shade, "Do": _Walk.draw_object, "INLINE IMAGE": _Walk.inline,
    "BDC": _Walk.mark, "BMC": _Walk.mark, "EMC": _Walk.unmark,
    "BT": _Walk.begin_text, "Tf": _Walk.font, "Tc": _Walk.text_state, "Tw": _Walk.text_state,
    "Tz": _Walk.text_state, "TL": _Walk.text_state, "Ts": _Walk.text_state, "Tr": _Walk.text_state,
    "Td": _Walk.move, "TD": _Walk.move, "Tm": _Walk.place, "T*": _Walk.newline, "Tj": _Walk.show, "TJ": _Walk.show,
    "'": _Walk.show, '"': _Walk.show,
}  # fmt: skip
