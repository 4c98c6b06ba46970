"""Which groups of digits are the pieces of one number: shapes of Chinese identifiers and how people group them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from stdnum import luhn
from stdnum.iso7064 import mod_11_2

#: Fewest and most digits that a shape has.
SHORTEST, LONGEST = 10, 19

_MONTH_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_REGION = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])\d{4}"


@dataclass(frozen=True, slots=True)
class Shape:
    """``groups``: the lengths that spaces may cut it into; dashes and dots may cut it anywhere if ``dashes``."""

    pattern: re.Pattern[str]
    groups: re.Pattern[str]
    valid: Callable[[str], bool] = field(default=lambda digits: True)
    needs_valid: bool = False
    dashes: bool = True


_IDENTITY = re.compile(rf"{_REGION}(?:19|20)\d\d{_MONTH_DAY}\d{{3}}[\dX]")
_ANYHOW = re.compile(r".+")
_SHAPES = (
    # 居民身份证号, 18 and 15 digits: region and date are checked, so any grouping will do
    Shape(_IDENTITY, _ANYHOW, mod_11_2.is_valid),
    Shape(re.compile(rf"{_REGION}\d\d{_MONTH_DAY}\d{{3}}"), re.compile("6-6-3|6-9|8-7|15")),
    # mobile, also with the country code
    Shape(re.compile(r"1[3-9]\d{9}"), re.compile("3-4-4|3-8|7-4|3-2-2-2-2|11")),
    Shape(re.compile(r"1[3-8]\d{9}"), re.compile("4-4-3|4-3-4")),  # 19.. would be a year
    Shape(re.compile(r"(?:00)?861[3-9]\d{9}"), re.compile("[24]-(?:3-4-4|4-4-3|4-3-4|3-8|7-4|11)|1[35]")),
    # bank card: in fours, or whole and Luhn-valid
    Shape(
        re.compile(r"62\d{14,17}|[3-69]\d{15,18}"),
        re.compile(r"4-4-4-4(?:-[1-3])?|6-10|6-13|1[6-9]"),
        luhn.is_valid,
    ),
    Shape(re.compile(r"62\d{14,17}"), _ANYHOW, luhn.is_valid, needs_valid=True),
    # landline with its area code
    Shape(
        re.compile(r"0(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7}"),
        re.compile(r"[34]-[78]|[34]-4-4|[34]-3-4|1[012]"),
        dashes=False,
    ),
)


def is_identity_number(digits: str) -> bool:
    """Say whether ``digits`` are an 18-digit 居民身份证号 with a valid check character."""
    return _IDENTITY.fullmatch(digits) is not None and mod_11_2.is_valid(digits)


def weight(digits: str, lengths: str, *, dashed: bool) -> int:
    """Say how likely ``digits`` are one number: 0 not at all, else 3 a digit, or 2 where its checksum fails.

    ``lengths`` are those of its groups ("3-4-4"); ``dashed`` where dashes or dots part them, not spaces.
    """
    best = 0
    for shape in _SHAPES:
        if not shape.pattern.fullmatch(digits):
            continue
        spelt_out = set(lengths) == {"1", "-"}
        if not (spelt_out or shape.groups.fullmatch(lengths) or (dashed and shape.dashes)):
            continue
        sound = shape.valid(digits)
        if sound or not shape.needs_valid:
            best = max(best, len(digits) * (3 if sound else 2))
    return best
