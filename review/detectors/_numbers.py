"""Numbers in every disguise: digits parted by spaces, dashes, dots, line ends or cells, or written in Chinese.

Digits are grouped into *pieces* (``138``, ``0013``, ``8000``); a candidate joins neighbouring pieces, so it begins
and ends where a piece does and ``1 13800138000`` is never read as ``113800138000``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from review.types import Span

_CHINESE = str.maketrans("〇○零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺", "0001234567891234567891")
_CHINESE_DIGITS = "〇○零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺"
#: One misread letter inside digits, as scanners and hands make them.
_CONFUSED = str.maketrans("OoQDlI|!", "00001111")
_CONFUSED_LETTERS = "OoQDlI|!"

# Between the pieces of one number: at most three of these, or one line end or cell border.
_GAP = r"(?:[ .·•\-‐‑–—]{1,3}|[ \-]?[\n\t][ \-]?)"
_PIECES = re.compile(rf"\d+[Xx×]?(?:{_GAP}\d+[Xx×]?)*(?:[ \-][Xx×])?")
_PIECE = re.compile(r"\d+[Xx×]?|[Xx×]")
_WRITTEN = re.compile(rf"[{_CHINESE_DIGITS}\d](?:[ \-·]?[{_CHINESE_DIGITS}\d]){{6,25}}[Xx]?")
_HAS_CHINESE = re.compile(rf"[{_CHINESE_DIGITS}]")
_SCANNED = re.compile(rf"(?:\d|[{_CONFUSED_LETTERS}]){{9,20}}[Xx]?")
_BORDER = re.compile(r"[\n\t]")

_LONGEST = 26  # digits of a candidate


@dataclass(frozen=True, slots=True)
class Number:
    """A candidate: ``digits`` without separators (a last X is upper case) and the text span it stands at.

    ``groups`` says how it was parted: ``3-4-4``.
    """

    digits: str
    span: Span
    groups: str


def numbers(text: str, shortest: int = 7) -> Iterator[Number]:
    """Yield every candidate of ``shortest`` to 26 digits, longest first at each place."""
    for run in _PIECES.finditer(text):
        if run.end() - run.start() >= shortest:
            yield from _joined(text, run, shortest)
    for run in _WRITTEN.finditer(text):
        if _HAS_CHINESE.search(run[0]):
            digits = re.sub(r"[ \-·]", "", run[0]).translate(_CHINESE).upper()
            yield Number(digits, _with_plus(text, *run.span()), str(len(digits)))
    for run in _SCANNED.finditer(text):
        if not run[0].rstrip("Xx").isdigit() and sum(c.isdigit() for c in run[0]) * 5 >= len(run[0]) * 3:
            yield Number(run[0].translate(_CONFUSED).upper(), Span(*run.span()), str(len(run[0])))


def _joined(text: str, run: re.Match[str], shortest: int) -> Iterator[Number]:
    pieces = [m.span() for m in _PIECE.finditer(text, *run.span())]
    for i, (start, _) in enumerate(pieces):
        digits, groups = "", []
        found = []
        for a, b in pieces[i:]:
            if digits.endswith("X"):
                break
            digits += text[a:b].upper().replace("×", "X")
            groups.append(str(b - a))
            if len(digits) > _LONGEST:
                break
            if len(digits) >= shortest and _one_value(text, start, b):
                found.append(Number(digits, _with_plus(text, start, b), "-".join(groups)))
        yield from reversed(found)


def _one_value(text: str, start: int, end: int) -> bool:
    """May the pieces from ``start`` to ``end`` be one value? Across one border at most, and not from row to row."""
    borders = _BORDER.findall(text, start, end) if end - start > 1 else []
    if not borders:
        return True
    if len(borders) > 1:
        return False
    if borders[0] == "\t":
        return True
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    return "\t" not in text[line_start : line_end if line_end >= 0 else len(text)]


def _with_plus(text: str, start: int, end: int) -> Span:
    """Take the plus sign of a country code in."""
    return Span(start - 1 if text[max(0, start - 1) : start] == "+" else start, end)
