"""Where the glyphs of one text-showing instruction come to lie."""

from __future__ import annotations

from collections.abc import Iterable

from review.formats._pdf_font import Code, Font
from review.formats._pdf_geometry import Matrix, line_angle, spread
from review.formats._pdf_state import State
from review.formats._pdf_trace import Glyph


class Line:
    """A line of text as the state sets it: ``to_page`` leads from text space at the pen to the page."""

    def __init__(self, font: Font, state: State, to_page: Matrix, show: int) -> None:
        self._font, self._state, self._show = font, state, show
        a, b, c, d, e, f = to_page
        # One text-space unit along the line (ax, ay) and across it (c, d), in points.
        ax, ay = a * state.scale, b * state.scale
        self._matrix: Matrix = (ax, ay, c, d, e, f)
        self._straight = not ay and not c and not font.vertical and ax > 0
        self.height = abs(state.size) * (c * c + d * d) ** 0.5 * (font.top - font.bottom) / 1.05
        self.angle = 0 if self._straight else line_angle(ax, ay, state.size)

    def place(self, items: Iterable[tuple[Code, ...] | float], glyphs: list[Glyph]) -> float:
        """Append the glyphs of the ``items`` of a show operator; return how far the pen moved, in text space."""
        font, state, show, straight, vertical = self._font, self._state, self._show, self._straight, self._font.vertical
        ax, ay, c, d, e, f = matrix = self._matrix
        size, spacing = state.size, state.spacing
        low, high = font.bottom * size + state.rise, font.top * size + state.rise
        y0, y1 = f + d * low, f + d * high
        if y1 < y0:
            y0, y1 = y1, y0
        gap = spacing * ((abs(c) + abs(d)) if vertical else (abs(ax) + abs(ay)))
        thousandth = 1000 / (size or 1e-9)
        pen = 0.0
        for number, item in enumerate(items):
            if isinstance(item, float):
                pen -= item * 0.001 * size
                continue
            offset = 0
            for code, length, text, advance, shift_x, shift_y in item:
                width = advance * size
                extra = spacing + state.word if code == 32 and length == 1 else spacing
                if straight:
                    x0 = e + ax * pen
                    x1 = x0 + ax * width
                elif vertical:
                    left, top = shift_x * size, pen + shift_y * size + state.rise
                    x0, y0, x1, y1 = spread(matrix, (left, top + width, left + size, top))
                else:
                    x0, y0, x1, y1 = spread(matrix, (pen, low, pen + width, high))
                width += extra
                glyphs.append(Glyph(text, code, x0, y0, x1, y1, gap, show, number, offset, length, -width * thousandth))
                pen += width
                offset += length
        return pen
