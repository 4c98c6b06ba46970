"""Where the characters of an OFD text object stand, and which glyph numbers they have."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from lxml import etree

from review.formats._ofd_package import child, children, number, numbers, stored


@dataclass(frozen=True, slots=True)
class Line:
    """One TextCode: its characters, their pen positions and widths, millimetres in the object's own space."""

    text: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    widths: tuple[float, ...]
    rooms: tuple[float, ...]  # between a character's box and the next pen position
    upright: bool  # runs downwards


def is_off(value: str | None) -> bool:
    return (value or "").strip().lower() in ("false", "0")


def _deltas(value: str | None, count: int) -> list[float | None]:
    """Return ``count`` pen moves; ``g n v`` repeats v n times; None where nothing is said."""
    words = (value or "").replace(",", " ").split()
    out: list[float | None] = []
    k = 0
    while k < len(words) and len(out) < count:
        if words[k] == "g" and k + 2 < len(words):
            out += [number(words[k + 2], 0.0)] * max(0, min(int(number(words[k + 1], 0.0)), count - len(out)))
            k += 3
        else:
            out.append(number(words[k], 0.0))
            k += 1
    return out + [None] * (count - len(out))


def lines(text: etree._Element) -> list[Line]:
    """Return the positions of all characters of a text object."""
    size, scale = number(text.get("Size"), 3.5), number(text.get("HScale"), 1.0)
    out: list[Line] = []
    x = y = 0.0
    for code in children(text, "TextCode"):
        words = stored(code)
        x, y = number(code.get("X"), x), number(code.get("Y"), y)
        across, down = _deltas(code.get("DeltaX"), len(words)), _deltas(code.get("DeltaY"), len(words))
        upright = bool((code.get("DeltaY") or "").strip()) and not any(across)
        xs, ys, widths, rooms = [], [], [], []
        px, py = x, y
        for char, dx, dy in zip(words, across, down, strict=True):
            full = size * scale
            natural = full if unicodedata.east_asian_width(char) in "WFA" else 0.5 * full
            width = min(dx, 1.2 * full) if dx and dx > 0 and not upright else (full if upright else natural)
            xs.append(px)
            ys.append(py)
            widths.append(width)
            rooms.append(max(0.0, min((dx or 0.0) - width, 2 * full)))
            px += dx if dx is not None else (0.0 if upright else natural)
            py += dy or 0.0
        out.append(Line(words, tuple(xs), tuple(ys), tuple(widths), tuple(rooms), upright))
    return out


def glyph_ids(text: etree._Element) -> dict[int, int]:
    """Return character number → glyph number, where a text object maps them one to one (one TextCode)."""
    out: dict[int, int] = {}
    for transform in children(text, "CGTransform"):
        glyphs = child(transform, "Glyphs")
        ids = [int(value) for value in numbers(glyphs.text)] if glyphs is not None else []
        start, count = int(number(transform.get("CodePosition"), 0)), int(number(transform.get("CodeCount"), 1))
        if count == len(ids) and start >= 0:
            out |= {start + k: glyph for k, glyph in enumerate(ids)}
    return out if len(children(text, "TextCode")) == 1 else {}
