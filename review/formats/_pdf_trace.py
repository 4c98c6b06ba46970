"""What is remembered of a page: for every glyph, which bytes of which operator drew it.

``Glyph`` → ``Show`` (instruction number of a ``Draw``) → ``Draw`` (the page itself, or one drawing of a form).
Coordinates are default user space: points, origin bottom left, before /Rotate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from review.formats._pdf_content import Instruction
from review.formats._pdf_font import Font
from review.formats._pdf_geometry import Rect

Colour = tuple[float, float, float]

BLACK: Colour = (0.0, 0.0, 0.0)
INVISIBLE = "不可见文字"
SHOWS = frozenset((b"Tj", b"TJ", b"'", b'"'))


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
    """A drawn image: where it lies, what of it may show, and its size in pixels."""

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
    instructions: Sequence[Instruction]
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
