"""Text of a Word document that nobody sees although nothing says "hidden": white, of the colour behind it, tiny."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from review.formats._colours import alike

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXT_FILL = "{http://schemas.microsoft.com/office/word/2010/wordml}textFill"
_NO_FILL = "{http://schemas.microsoft.com/office/word/2010/wordml}noFill"
_HIGHLIGHTS: Mapping[str, str] = {
    "black": "000000", "blue": "0000FF", "cyan": "00FFFF", "darkBlue": "000080", "darkCyan": "008080",
    "darkGray": "808080", "darkGreen": "008000", "darkMagenta": "800080", "darkRed": "800000", "darkYellow": "808000",
    "green": "00FF00", "lightGray": "C0C0C0", "magenta": "FF00FF", "red": "FF0000", "white": "FFFFFF",
    "yellow": "FFFF00",
}  # fmt: skip
_THEME_WHITE = frozenset({"background1", "light1"})
_TINY, _NARROW = 3, 10  # half points; per cent of the normal width

COVERED = "涂黑的文字"
UNSEEN = "隐蔽文字"


def concealed(properties: etree._Element, *, shaded: bool) -> str:
    """Return why run properties make text unreadable, in Chinese, or nothing. ``shaded``: its paragraph or table is.

    Automatic colour turns white on dark shading, but stays dark under a highlighter: black highlighting is how people
    try to black text out.
    """
    if properties.find(f"{_TEXT_FILL}/{_NO_FILL}") is not None:
        return UNSEEN
    ink, behind = _ink(properties), _behind(properties)
    if behind and alike(ink or ("000000" if _highlight(properties) else ""), behind):
        return UNSEEN if alike(behind, "FFFFFF") else COVERED
    if not behind and not shaded and alike(ink, "FFFFFF"):
        return UNSEEN
    return UNSEEN if _number(properties, "sz", 99) <= _TINY or _number(properties, "w", 100) <= _NARROW else ""


def fills(shade: etree._Element) -> bool:
    """Does shading paint anything but white?"""
    fill = shade.get(f"{W}fill", "auto").lower()
    return fill not in ("auto", "ffffff", "") or shade.get(f"{W}val", "clear") not in ("clear", "nil")


def _ink(properties: etree._Element) -> str:
    """Return the colour of the text as six hex digits, or nothing for the automatic one."""
    color = properties.find(f"{W}color")
    if color is None:
        return ""
    value = color.get(f"{W}val", "auto")
    if value == "auto":
        return "FFFFFF" if color.get(f"{W}themeColor") in _THEME_WHITE and not color.get(f"{W}themeShade") else ""
    return value


def _behind(properties: etree._Element) -> str:
    """Return the colour that the run itself paints behind its text, or nothing."""
    if highlight := _highlight(properties):
        return highlight
    shade = properties.find(f"{W}shd")
    if shade is None or not fills(shade):
        return ""
    if shade.get(f"{W}val", "clear") == "solid":
        return shade.get(f"{W}color", "auto").replace("auto", "000000")
    fill = shade.get(f"{W}fill", "auto")
    return fill if fill != "auto" else "pattern"


def _highlight(properties: etree._Element) -> str:
    highlight = properties.find(f"{W}highlight")
    return "" if highlight is None else _HIGHLIGHTS.get(highlight.get(f"{W}val", ""), "")


def _number(properties: etree._Element, name: str, default: int) -> int:
    element = properties.find(f"{W}{name}")
    value = element.get(f"{W}val", "") if element is not None else ""
    return int(value) if value.isdigit() and len(value) < 6 else default
