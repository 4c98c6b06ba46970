"""What content streams refer to by name: fonts, colour spaces, layers, forms; kept between the pages of a file."""

from __future__ import annotations

from typing import Any

import pikepdf

from review.errors import CorruptDocument
from review.formats import _pdf_content as content
from review.formats._pdf_content import Instruction
from review.formats._pdf_font import Font
from review.formats._pdf_trace import SHOWS, Colour

_MAX_KEPT = 64  # parsed forms

Table = dict[bytes, Any]


class Library:
    """Fonts and parsed forms of one file."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._fonts: dict[tuple[int, int], Font | None] = {}
        self._parsed: dict[tuple[int, int], list[Instruction]] = {}
        self._off = _layers_off(pdf)

    def parse(self, stream: Any) -> list[Instruction]:
        """Return the instructions of a page or form; raises ``CorruptDocument`` or ``LimitExceeded``."""
        key = (0, 0) if isinstance(stream, pikepdf.Page) else stream.objgen
        found = self._parsed.get(key)
        if found is None:
            found = content.parse(stream)
            if key != (0, 0):
                if len(self._parsed) >= _MAX_KEPT:
                    self._parsed.clear()
                self._parsed[key] = found
        return found

    def table(self, resources: Any, kind: str) -> Table:
        """Return the things of one kind in a resource dictionary, by name as it stands in content streams."""
        held = resources.get(kind) if isinstance(resources, pikepdf.Dictionary) else None
        if not isinstance(held, pikepdf.Dictionary):
            return {}
        out = {key.encode("utf-8", "surrogateescape"): value for key, value in held.items()}
        if kind == "/Font":
            # Fonts are told apart, shared and pruned by their object number.
            for name, value in out.items():
                if isinstance(value, pikepdf.Dictionary) and not value.is_indirect:
                    out[name] = held[pikepdf.Name(name.decode("utf-8"))] = self._pdf.make_indirect(value)
        return out

    def font(self, source: Any) -> Font | None:
        """Return the font of a dictionary, or None where it makes no sense."""
        if not isinstance(source, pikepdf.Dictionary):
            return None
        key = source.objgen
        if key not in self._fonts:
            try:
                self._fonts[key] = Font(source)
            except (ValueError, pikepdf.PdfError):
                self._fonts[key] = None
        return self._fonts[key]

    def hides(self, group: Any) -> bool:
        """Whether an optional-content group or membership is switched off."""
        return _hides(group, self._off)


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
    if not states:
        return False
    policy = group.get("/P", "/AnyOn")
    if policy == "/AllOn":
        return not all(states)
    if policy == "/AllOff":
        return any(states)
    return all(states) if policy == "/AnyOff" else not any(states)


def shows_text(stream: Any, depth: int = 0) -> bool:
    """Whether a stream (a pattern, a mask), or a form that it can draw, has a text-showing operator."""
    if not isinstance(stream, pikepdf.Stream):
        return False
    if depth > 4:
        return True
    try:
        instructions = content.parse(stream)
    except CorruptDocument:
        return True
    if any(operator in SHOWS for _, operator in instructions):
        return True
    resources = stream.get("/Resources")
    objects = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    forms = (item for _, item in objects.items()) if isinstance(objects, pikepdf.Dictionary) else ()
    return any(shows_text(item, depth + 1) for item in forms if item.get("/Subtype") == "/Form")


# --------------------------------------------------------------------------------------------- colours

_DEVICE = {b"/DeviceGray": b"g", b"/DeviceRGB": b"rg", b"/DeviceCMYK": b"k", b"/Pattern": b"p"}
_DEVICE |= {b"/CalGray": b"g", b"/CalRGB": b"rg", b"/G": b"g", b"/RGB": b"rg", b"/CMYK": b"k"}
_BY_COUNT = {1: b"g", 3: b"rg", 4: b"k"}


def space(name: bytes, spaces: Table) -> bytes:
    """Return what a colour space counts as: ``g``, ``rg``, ``k``, ``p`` (pattern), or empty where it is not known."""
    if name in _DEVICE:
        return _DEVICE[name]
    found = spaces.get(name)
    if isinstance(found, pikepdf.Name):
        return _DEVICE.get(bytes(found), b"")
    if not isinstance(found, pikepdf.Array) or not len(found):
        return b""
    kind = bytes(found[0]) if isinstance(found[0], pikepdf.Name) else b""
    if kind == b"/ICCBased" and isinstance(found[1], pikepdf.Stream):
        return _BY_COUNT.get(int(found[1].get("/N", 0)), b"")
    return _DEVICE.get(kind, b"")


def colour(kind: bytes, operands: bytes) -> Colour | None:
    """Return a colour as red, green, blue from 0 to 1; None where it is not known."""
    if kind == b"g":
        (grey,) = content.numbers(operands, 1)
        return (grey, grey, grey)
    if kind == b"rg":
        red, green, blue = content.numbers(operands, 3)
        return (red, green, blue)
    if kind == b"k":
        c, m, y, k = content.numbers(operands, 4)
        return ((1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k))
    return None
