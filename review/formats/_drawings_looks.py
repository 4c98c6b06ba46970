"""Text in drawings that nobody can read: without fill, of the colour behind it, tiny, under another shape."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from review.formats._colours import alike
from review.formats._ooxml import A
from review.formats._opc import is_element, local

COVERED, UNSEEN, UNDER = "涂黑的文字", "隐蔽文字", "遮盖下文字"
_SCHEME = {"bg1": "FFFFFF", "lt1": "FFFFFF", "tx1": "000000", "dk1": "000000"}
_TINY = 200  # hundredths of a point
_CLEAR = 10_000  # thousandths of a per cent
_SOLID_SHAPES = frozenset({"rect", "roundRect", "flowChartProcess"})


def behind(shape: etree._Element) -> str:
    """Return the colour that a shape paints behind its text, or nothing where it is not known."""
    own = next((e for e in shape.iterchildren(etree.Element) if local(e.tag) == "spPr"), None)
    return _colour(own) if own is not None else ""


def concealed(run: etree._Element, fill: str, *, text_box: bool) -> str:
    """Return why a run (``a:r``, ``a:fld``) on ``fill`` cannot be read, in Chinese, or nothing."""
    properties = run.find(f"{A}rPr")
    # Text boxes are written in black unless something else is said; other shapes in a colour of their style.
    ink = "000000" if text_box else ""
    if properties is not None:
        size = properties.get("sz", "")
        if properties.find(f"{A}noFill") is not None or (size.isdigit() and int(size) <= _TINY):
            return UNSEEN
        solid = properties.find(f"{A}solidFill")
        if solid is not None:
            if any(_number(alpha.get("val")) <= _CLEAR for alpha in solid.iter(f"{A}alpha")):
                return UNSEEN
            ink = _colour(properties)
        highlight = properties.find(f"{A}highlight")
        if highlight is not None:
            fill = _named(highlight)
    if not alike(ink, fill):
        return ""
    return UNSEEN if alike(fill, "FFFFFF") else COVERED


def is_under(shape: etree._Element, later: Iterable[etree._Element]) -> bool:
    """Is a shape wholly under a filled rectangle that is painted after it?"""
    own = _place(shape)
    if own is None:
        return False
    for other in later:
        if local(other.tag) != "sp" or not behind(other) or _is_unseen(other):
            continue
        form = next((e.get("prst", "") for e in other.iter(f"{A}prstGeom")), "")
        cover = _place(other)
        if cover is not None and form in _SOLID_SHAPES and _covers(cover, own):
            return True
    return False


def _is_unseen(shape: etree._Element) -> bool:
    return any(e.get("hidden") in ("1", "true") for e in shape.iter(etree.Element) if local(e.tag) == "cNvPr")


def _place(shape: etree._Element) -> tuple[int, int, int, int] | None:
    frame = next((e for e in shape.iter(etree.Element) if local(e.tag) == "xfrm"), None)
    offset = frame.find(f"{A}off") if frame is not None else None
    extent = frame.find(f"{A}ext") if frame is not None else None
    if frame is None or offset is None or extent is None or frame.get("rot", "0") != "0":
        return None
    x, y, width, height = (_number(e.get(k)) for e, k in ((offset, "x"), (offset, "y"), (extent, "cx"), (extent, "cy")))
    return (x, y, x + width, y + height) if width > 0 and height > 0 else None


def _covers(outer: tuple[int, int, int, int], inner: tuple[int, int, int, int]) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def _colour(holder: etree._Element) -> str:
    """Return the colour of an opaque solid fill right under ``holder``."""
    solid = holder.find(f"{A}solidFill")
    if solid is None or any(_number(alpha.get("val")) < 95_000 for alpha in solid.iter(f"{A}alpha")):
        return ""
    return _named(solid)


def _named(fill: etree._Element) -> str:
    color = next((e for e in fill.iterchildren(etree.Element) if is_element(e)), None)
    if color is None or any(local(e.tag) != "alpha" for e in color.iterchildren(etree.Element)):  # shaded, tinted …
        return ""
    value = color.get("val", "")
    return _SCHEME.get(value, "") if local(color.tag) == "schemeClr" else value


def _number(value: str | None) -> int:
    return int(value) if value and re.fullmatch(r"-?\d{1,12}", value) else 0
