"""How Excel shows numbers: cell formats (styles.xml) and the texts of dates and large numbers (ECMA-376, 18.8.30)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from lxml import etree

from review.formats._colours import alike

X = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

#: Built-in formats that show dates; Chinese builds show 27–36 and 50–58 with 年月日.
_BUILT_IN: Mapping[int, str] = {
    **dict.fromkeys((14, 15, 16, 17, 30), "yyyy/m/d"),
    **dict.fromkeys((27, 36, 50, 52, 57), 'yyyy"年"m"月"'),
    **dict.fromkeys((28, 29, 51, 54, 58), 'm"月"d"日"'),
    **dict.fromkeys((31, 53), 'yyyy"年"m"月"d"日"'),
    **dict.fromkeys((18, 20, 55), "h:mm"),
    **dict.fromkeys((19, 21, 32, 33, 34, 35, 56), "h:mm:ss"),
    22: "yyyy/m/d h:mm",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    49: "@",
}
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|[_*](.)')
_BRACKET = re.compile(r"\[(?!h+\]|m+\]|s+\])[^\]]*\]", re.IGNORECASE)
_DATE_LETTER = re.compile(r"[ymdhse]|aaa", re.IGNORECASE)
_TOKEN = re.compile(
    r'"[^"]*"|\\.|_.|\*.|\[h+\]|\[m+\]|\[s+\]|AM/PM|A/P|上午/下午|y+|e+|m+|d+|h+|s+(?:\.0+)?|a{3,4}|.', re.IGNORECASE
)
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class CellFormat:
    """One ``xf``: number format code, kind, and why its text cannot be read (in Chinese; empty where it can)."""

    code: str = "General"
    kind: str = "general"  # general, number, date, text, hidden
    unseen: str = ""


@dataclass(frozen=True, slots=True)
class CellFormats:
    """The cell formats of a workbook, by style number."""

    formats: tuple[CellFormat, ...] = field(default=(CellFormat(),))
    date1904: bool = False

    def __getitem__(self, style: int) -> CellFormat:
        return self.formats[style] if 0 <= style < len(self.formats) else self.formats[0]


def cell_formats(styles: etree._Element | None, *, date1904: bool) -> CellFormats:
    """Read ``styles.xml``."""
    if styles is None:
        return CellFormats(date1904=date1904)
    codes = {_int(f.get("numFmtId")): f.get("formatCode", "General") for f in styles.iter(f"{X}numFmt")}
    fonts, fills = styles.find(f"{X}fonts"), styles.find(f"{X}fills")
    looks = [_ink(font) for font in fonts] if fonts is not None else []
    behind = [_behind(fill) for fill in fills] if fills is not None else []
    found = []
    xfs = styles.find(f"{X}cellXfs")
    for xf in xfs if xfs is not None else ():
        number = _int(xf.get("numFmtId"))
        code = codes.get(number) or _BUILT_IN.get(number) or ("General" if number == 0 else "0")
        font, fill = _int(xf.get("fontId")), _int(xf.get("fillId"))
        unseen = _unseen(
            looks[font] if font < len(looks) else ("000000", 99), behind[fill] if fill < len(behind) else ""
        )
        found.append(CellFormat(code, kind_of(code), unseen))
    return CellFormats(tuple(found) or (CellFormat(),), date1904)


WHITE = "白色文字"


def _unseen(look: tuple[str, float], behind: str) -> str:
    """Why nobody reads text of this colour and size on this fill. Excel's automatic colour is black on every fill."""
    ink, size = look
    if size <= _TINY:
        return "极小的文字"
    if not alike(ink, behind or "FFFFFF"):
        return ""
    return WHITE if alike(ink, "FFFFFF") else "涂黑的文字"


def _ink(font: etree._Element) -> tuple[str, float]:
    """Return the colour, as six hex digits or nothing where it is not known, and the size of a font."""
    size = font.find(f"{X}sz")
    try:
        points = float(size.get("val", "11")) if size is not None else 11.0
    except ValueError:
        points = 11.0
    return _colour(font.find(f"{X}color"), automatic="000000"), points


def _behind(fill: etree._Element) -> str:
    """Return the colour of a fill, nothing where there is none, or a word where it cannot be said."""
    pattern = fill.find(f"{X}patternFill")
    if pattern is None:
        return "gradient"
    kind = pattern.get("patternType", "none")
    if kind == "none":
        return ""
    return (_colour(pattern.find(f"{X}fgColor"), automatic="000000") or "unknown") if kind == "solid" else "pattern"


_PALETTE: Mapping[str, str] = {
    "0": "000000",
    "1": "FFFFFF",
    "8": "000000",
    "9": "FFFFFF",
    "64": "000000",
    "65": "FFFFFF",
}
_THEME: Mapping[str, str] = {"0": "FFFFFF", "1": "000000"}
_TINY = 2.0  # points


def _colour(color: etree._Element | None, *, automatic: str) -> str:
    if color is None or color.get("auto") in ("1", "true"):
        return automatic
    if (tint := color.get("tint")) and tint not in ("0", "0.0"):
        return ""
    if rgb := color.get("rgb", ""):
        return rgb[-6:]
    return _THEME.get(color.get("theme", ""), "") or _PALETTE.get(color.get("indexed", ""), "")


def _int(value: str | None) -> int:
    return int(value) if value and value.isdigit() else 0


@lru_cache(maxsize=4096)
def kind_of(code: str) -> str:
    """Return general, number, date, text or hidden for a format code."""
    if code.strip().lower() in ("general", "g/通用格式", ""):
        return "general"
    if re.sub(r'""|\s|\[[A-Za-z]+\d*\]', "", code) in (";;", ";;;"):
        return "hidden"
    if code.strip() == "@":
        return "text"
    bare = _BRACKET.sub("", _LITERAL.sub("", code.split(";")[0]))
    if "general" in bare.lower():
        return "general"
    return "date" if _DATE_LETTER.search(re.sub(r"E[+-]", "", bare)) else "number"


def shown(value: str, cell: CellFormat, *, date1904: bool) -> str:
    """Return what a cell shows for a stored number: dates by format, 12 digits and more as 1.10101E+17.

    Other numbers are given as stored (to 15 digits), whatever rounding the format asks for.
    """
    kind = cell.kind
    if kind != "date" and len(value) < 12 and value.isdigit():
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    if kind == "date":
        return _date(number, cell.code, date1904) or plain_number(value)
    if cell.kind == "general" and abs(number) >= 1e11 and len(plain_number(value).lstrip("-").partition(".")[0]) > 11:
        mantissa, _, exponent = f"{number:.5E}".partition("E")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa}E{exponent}"
    return plain_number(value)


def plain_number(value: str) -> str:
    """Return a stored number without exponent, to 15 significant digits."""
    if value.isdigit() and len(value) <= 15:
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    if number != number or abs(number) >= 1e300:
        return value
    if number == int(number):
        return str(int(number) if abs(number) < 1e15 else _expand(number))
    short = f"{number:.15g}"
    return short if "e" not in short else f"{number:.20f}".rstrip("0")


def _expand(number: float) -> int:
    mantissa, _, exponent = f"{number:.14e}".partition("e")
    digits = mantissa.replace(".", "").replace("-", "")
    whole = int(digits + "0" * max(0, int(exponent) - 14))
    return -whole if number < 0 else whole


def _date(number: float, code: str, date1904: bool) -> str:
    if not 0 <= number < 2_958_466:
        return ""
    days = number + 1462 if date1904 else number
    moment = datetime(1899, 12, 30) + timedelta(days=days if days >= 60 else days + (1 if days >= 1 else 0))
    moment = (moment + timedelta(microseconds=500)).replace(microsecond=0)
    tokens = _TOKEN.findall(_BRACKET.sub("", code.split(";")[0]))
    half = "m/p" in code.lower() or "上午" in code
    pieces = (_piece(t, moment, number, minute=_is_minute(tokens, i), half=half) for i, t in enumerate(tokens))
    return "".join(pieces).strip()


def _is_minute(tokens: list[str], place: int) -> bool:
    """``m`` is minutes after hours or before seconds."""
    bare = ((i, token.strip("[").lower()) for i, token in enumerate(tokens) if token[0] not in '"\\_*')
    letters = [(i, token[0]) for i, token in bare if token[:1].isascii() and token[:1].isalpha()]
    index = next((k for k, (i, _) in enumerate(letters) if i == place), None)
    if index is None:
        return False
    before = letters[index - 1][1] if index else ""
    after = letters[index + 1][1] if index + 1 < len(letters) else ""
    return before == "h" or after == "s"


def _piece(token: str, moment: datetime, number: float, *, minute: bool, half: bool) -> str:
    lower, size = token.lower(), len(token)
    first = lower[0]
    if first == '"':
        return token[1:-1]
    if first in "\\":
        return token[1:]
    if first in "_*":
        return ""
    if first == "[":
        total = int(number * {"h": 24, "m": 1440, "s": 86400}[lower[1]] + 1e-6)
        return str(total)
    if first in "ye":
        return f"{moment.year % 100:02d}" if first == "y" and size <= 2 else str(moment.year)
    if first == "m":
        value = moment.minute if minute else moment.month
        if size >= 3 and not minute:
            return moment.strftime("%b" if size == 3 else "%B")
        return f"{value:02d}" if size == 2 else str(value)
    if first == "d":
        if size >= 3:
            return moment.strftime("%a" if size == 3 else "%A")
        return f"{moment.day:02d}" if size == 2 else str(moment.day)
    if first == "h":
        hour = (moment.hour % 12 or 12) if half else moment.hour
        return f"{hour:02d}" if size >= 2 else str(hour)
    if first == "s":
        return f"{moment.second:02d}" if lower.startswith("ss") else str(moment.second)
    if lower in ("aaa", "aaaa"):
        return ("周" if size == 3 else "星期") + _WEEKDAYS[moment.weekday()]
    if lower in ("am/pm", "a/p", "上午/下午"):
        return ("上午", "下午")[moment.hour >= 12] if "午" in token else ("AM", "PM")[moment.hour >= 12]
    return token if token not in "@#?" else ""
