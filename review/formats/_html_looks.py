"""Parts of a page that a browser does not show, or shows in the colour behind them: by style or simple style sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from review.formats._colours import ALIKE

HIDDEN = "隐藏内容"
COVERED = "涂黑的文字"

_INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|content-visibility\s*:\s*hidden"
    r"|(?:opacity|max-height)\s*:\s*0*(?:\.0+)?(?:px|pt|em|%)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*(?:0*(?:\.\d+)?(?:px|pt|em|%)?|0*1(?:\.0+)?(?:px|pt))\s*(?:;|!|$)"
    r"|(?:text-indent|left|top|margin-left|margin-top)\s*:\s*-\d{3,}"
    r"|(?<![-\w])color\s*:\s*(?:transparent|(?:rgb|hsl)a?\((?:[^)]*/|(?:[^,)]*,){3})\s*0*(?:\.0+)?%?\s*\))"
    r"|clip-path\s*:\s*inset\(\s*(?:[5-9]\d|100)%|clip\s*:\s*rect\(\s*(?:0(?:px)?|1px)[\s,]"
    r"|transform\s*:[^;]*scale[XY]?\(\s*0?\.?0*\s*[,)]",
    re.IGNORECASE,
)
_SHEET_RULE = re.compile(r"([^{}]{1,2000})\{([^{}]{0,5000})\}")
_SIMPLE_SELECTOR = re.compile(r"[\w-]*([.#])([\w-]+)")
_PAINT = re.compile(r"(?<![-\w])(color|background(?:-color)?)\s*:\s*([^;!]{1,80})", re.IGNORECASE)
_COLOUR = re.compile(
    r"#([0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-f])|rgb\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*\)|\b([a-z]{3,6})\b"
)
_NAMES: Mapping[str, tuple[int, int, int]] = {
    "black": (0, 0, 0), "white": (255, 255, 255), "gray": (128, 128, 128), "grey": (128, 128, 128),
    "silver": (192, 192, 192), "red": (255, 0, 0), "blue": (0, 0, 255), "navy": (0, 0, 128), "green": (0, 128, 0),
    "yellow": (255, 255, 0), "lime": (0, 255, 0),
}  # fmt: skip


def unseen_names(root: etree._Element) -> Mapping[str, str]:
    """Return the classes (.x) and ids (#x) that the page's own style sheets hide by a simple selector, and why."""
    names: dict[str, str] = {}
    for sheet in root.iter("style"):
        for selectors, rules in _SHEET_RULE.findall(sheet.text or ""):
            if why := _why(rules):
                found = (_SIMPLE_SELECTOR.fullmatch(selector.strip()) for selector in selectors.split(","))
                names |= {match[1] + match[2]: why for match in found if match}
    return names


def why_unseen(element: etree._Element, tag: str, unseen: Mapping[str, str]) -> str:
    """Return why a browser does not show an element, in Chinese, or nothing."""
    if why := _why(element.get("style", "")):
        return why
    if "hidden" in element.attrib or (tag == "input" and element.get("type", "").lower() == "hidden"):
        return HIDDEN
    names = [f".{name}" for name in element.get("class", "").split()] + [f"#{element.get('id', '')}"]
    return next((unseen[name] for name in names if name in unseen), "")


def _why(style: str) -> str:
    if not style:
        return ""
    if _INVISIBLE.search(style):
        return HIDDEN
    paints = {name.lower().removesuffix("-color"): _colour(value) for name, value in _PAINT.findall(style)}
    ink, behind = paints.get("color"), paints.get("background")
    if ink is None or behind is None or any(abs(a - b) > ALIKE for a, b in zip(ink, behind, strict=True)):
        return ""
    return HIDDEN if min(behind) >= 255 - ALIKE else COVERED


def _colour(value: str) -> tuple[int, int, int] | None:
    """Return the first colour of a value, or None where it names none that is known."""
    found = _COLOUR.search(value.lower())
    if found is None:
        return None
    if found[1]:
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found[2]:
        return int(found[2]), int(found[3]), int(found[4])
    return _NAMES.get(found[5])
