"""Partly hidden ID numbers: how many numbers fit what is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: What may be a masked number: 15 to 20 characters, at least two of them hidden side by side.
MASKED = re.compile(r"(?<![\dA-Z*＊x×])(?=[\d*＊x×X]{15,20}(?![\dA-Z*]))\d{0,18}[*＊×xX]{2}[\d*＊×xX]*")
_STAR = frozenset("*＊×xX")
DAYS = 36525  # of 100 birth years
_COUNTIES = 100  # of one province
_ANYWHERE = 3000  # counties
_CHECK = 11  # values of the check character
_NO_NUMBER = 10**9  # what is shown cannot be part of an ID number


@dataclass(frozen=True, slots=True)
class Known:
    """What the row says besides the number: days that the birth date may be, and whether the sex is known."""

    days: int = DAYS
    sex: bool = False


def candidates(masked: str, known: Known) -> int:
    """Return about how many ID numbers fit a masked one, given what else the row says.

    Place by place: region (6), birth date (8), sequence (3), check character (1); the old number of 15 has a year of
    two digits and no check character.
    """
    plain = "".join("*" if char in _STAR else char for char in masked[:-1])
    plain += "*" if masked[-1] in "*＊×" or (masked[-1] in "xX" and plain[-1:] == "*") else masked[-1]
    if len(plain) == 15:
        plain = f"{plain[:6]}19{plain[6:]}*"
    region, year, month, day, order = plain[:6], plain[6:10], plain[10:12], plain[12:14], plain[14:17]
    if "*" not in year and year[:2] not in ("19", "20"):
        return _NO_NUMBER
    if ("*" not in month and not 1 <= int(month) <= 12) or ("*" not in day and not 1 <= int(day) <= 31):
        return _NO_NUMBER
    regions = 1 if "*" not in region else _COUNTIES if "*" not in region[:2] else _ANYWHERE
    days: int = 1 if "*" not in year else 100
    days *= (1 if "*" not in day else 30) if "*" not in month else (12 if "*" not in day else 365)
    sequences: int = 10 ** order.count("*")
    if known.sex and order[-1:] == "*":
        sequences //= 2
    total = regions * min(known.days, days) * sequences
    return max(1, total // _CHECK if "*" not in plain[17:18] and total > _CHECK else total)


def merged(one: str, other: str) -> str | None:
    """Return what two masked forms of one number show together; None where they cannot be the same number."""
    if len(one) != len(other):
        return None
    out = []
    for a, b in zip(one, other, strict=True):
        if a in _STAR or b in _STAR:
            out.append(b if a in _STAR else a)
        elif a == b:
            out.append(a)
        else:
            return None
    return "".join("*" if char in _STAR else char for char in out)
