"""The closed vocabulary of published OFD files: which elements, attributes and values draw, and how to write them."""

from __future__ import annotations

import re

from lxml import etree

from review.formats._ofd_package import numbers
from review.formats._opc import attributes

NAMESPACE = "http://www.ofdspec.org/2016"

_NUMERIC = frozenset(
    {"Boundary", "CTM", "LineWidth", "DashOffset", "DashPattern", "MiterLimit", "Alpha", "Size", "HScale", "Weight",
     "ReadDirection", "CharDirection", "CodePosition", "CodeCount", "GlyphCount", "Index", "Width", "Height", "XStep",
     "YStep", "MapUnit", "Extend", "StartPoint", "EndPoint", "StartRadius", "EndRadius", "Angle", "Eccentricity",
     "Position", "EdgeFlag", "BitsPerComponent", "HorizonalCornerRadius", "VerticalCornerRadius", "VerticesPerRow",
     "X", "Y", "DeltaX", "DeltaY", "Value"}
)  # fmt: skip
WORDS = re.compile(
    r"true|false|[01]|Body|Background|Foreground|Custom|Image|RGB|GRAY|CMYK|Butt|Round|Square|Miter|Bevel|NonZero"
    r"|Even-Odd|Direct|Repeat|Reflect|Normal|Column|Row|RowAndColumn|Page|Object"
    r"|symbol|prc|big5|korean|shift-jis|wansung|johab|unicode"
)
_WORDED = frozenset(
    {"Visible", "Stroke", "Fill", "Italic", "Bold", "Serif", "FixedWidth", "TransFlag", "Type", "Cap", "Join", "Rule",
     "ZOrder", "ReflectMethod", "RelativeTo", "MapType", "Charset"}
)  # fmt: skip
GROUPS = frozenset({"Layer", "PageBlock", "CellContent"})
OBJECTS = frozenset({"PathObject", "ImageObject", "CompositeObject"})
#: Elements below an object that are copied with their attributes.
DETAILS = frozenset(
    {"FillColor", "StrokeColor", "Pattern", "AxialShd", "RadialShd", "GouraudShd", "LaGouraudShd", "Segment", "Color",
     "Point", "BackColor", "Border", "BorderColor", "Clips", "Clip", "Area", "Path", "AbbreviatedData", "Palette", "CV"}
)  # fmt: skip
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_HEX = re.compile(r"#[0-9A-Fa-f]{1,2}")


def clean(value: str, letters: str = "") -> str:
    """Return a list of numbers written in our way, and with ``letters`` (path operators, ``g``) between; others go."""
    out = []
    for word in value.replace(",", " ").split():
        if word in letters or _HEX.fullmatch(word):
            out.append(word)
        elif _NUMBER.fullmatch(word):
            out.append(written(numbers(word)[0]))
    return " ".join(out)


def written(value: float) -> str:
    """Return a number in micrometres at the finest, in its shortest form."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def element_of(name: str, **values: str) -> etree._Element:
    """Return a new element of the OFD namespace."""
    return etree.Element(f"{{{NAMESPACE}}}{name}", values, nsmap={"ofd": NAMESPACE})


def sub(parent: etree._Element, name: str, **values: str) -> etree._Element:
    """Append a new element and return it."""
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", values)


def clone(element: etree._Element) -> etree._Element:
    """Return a deep copy without tails."""
    new = etree.Element(element.tag, dict(attributes(element)), nsmap={"ofd": NAMESPACE})
    new.extend([clone(inner) for inner in element])
    new.text = element.text
    return new


def everything(element: etree._Element) -> list[etree._Element]:
    """Return an element and all elements below it."""
    return list(element.iter(etree.Element))


def copy_attributes(new: etree._Element, old: etree._Element) -> None:
    """Copy the attributes that draw, with values of their closed kinds."""
    for key, value in attributes(old):
        if key in _NUMERIC:
            written = clean(value, "g" if key.startswith("Delta") else "")
            if written:
                new.set(key, written)
        elif key in _WORDED and WORDS.fullmatch(value.strip()):
            new.set(key, value.strip())


def add_box(holder: etree._Element, area: tuple[float, float, float, float]) -> None:
    """Append the physical box of a page, millimetres."""
    sub(holder, "PhysicalBox").text = " ".join(map(written, area))
