"""The graphics state of a PDF page, as far as it is followed."""

from __future__ import annotations

from review.formats._pdf_font import Font
from review.formats._pdf_geometry import EVERYWHERE, IDENTITY, Matrix, Rect
from review.formats._pdf_trace import BLACK, INVISIBLE, Colour


class State:
    """What operators set and ``q`` saves."""

    __slots__ = (
        "alpha", "clip", "ctm", "fill", "fill_space", "font", "leading", "mode", "plain", "rise", "scale", "size",
        "spacing", "stroke", "stroke_space", "width", "word",
    )  # fmt: skip

    def __init__(self) -> None:
        self.ctm: Matrix = IDENTITY
        self.clip: Rect = EVERYWHERE
        self.font: Font | None = None
        self.size = 0.0
        self.spacing = 0.0
        self.word = 0.0
        self.scale = 1.0
        self.leading = 0.0
        self.rise = 0.0
        self.mode = 0
        self.fill_space = b"g"
        self.stroke_space = b"g"
        self.fill: Colour | None = BLACK
        self.stroke: Colour | None = BLACK
        self.alpha = 1.0
        self.plain = True  # normal blend mode, no soft mask
        self.width = 1.0

    @property
    def opaque(self) -> bool:
        """Whether paint covers what lies under it."""
        return self.alpha >= 0.95 and self.plain

    def unseen(self, height: float) -> str:
        """Return why the state alone hides text that is ``height`` points high, in Chinese, or an empty string."""
        if self.mode == 3 or self.alpha <= 0.02:
            return INVISIBLE
        return "字号极小的文字" if height < 1.0 else ""

    def copy(self) -> State:
        new = State.__new__(State)
        for name in State.__slots__:
            setattr(new, name, getattr(self, name))
        return new
