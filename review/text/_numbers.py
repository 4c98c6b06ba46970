"""Which groups of digits are the pieces of one number: shapes of Chinese identifiers and how people group them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from stdnum import luhn
from stdnum.iso7064 import mod_11_2

#: Fewest and most digits that a shape has.
SHORTEST, LONGEST = 10, 22
#: Characters of a 居民身份证号.
IDENTITY = 18

#: Signs that part the groups of one number; dots also stand in decimals and lists of figures.
_DASHES = frozenset("-‐‑‒–—―−_")
_MONTH_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_REGION = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])\d{4}"
_IDENTITY = re.compile(rf"{_REGION}(?:19|20)\d\d{_MONTH_DAY}\d{{3}}[\dX]")
_LINES = re.compile(r"1[3-9]\d{9}|62\d{14,17}")
_ANYHOW = re.compile(r".+")


@dataclass(frozen=True, slots=True)
class Shape:
    """``groups``: the lengths that it is cut into; where ``dashes``, these may cut it anywhere.

    ``trust`` is the weight of a digit, one more where ``valid`` holds and one less where it does not.
    """

    pattern: re.Pattern[str]
    groups: re.Pattern[str]
    valid: Callable[[str], bool] | None = None
    dashes: bool = True
    spaces_only: bool = False
    trust: int = 3


_SHAPES = (
    # 居民身份证号: 18 digits with region, date and check character, so any grouping will do; 15 digits without
    Shape(_IDENTITY, _ANYHOW, mod_11_2.is_valid),
    Shape(re.compile(rf"{_REGION}\d\d{_MONTH_DAY}\d{{3}}"), re.compile("6-6-3|6-9|8-7|15")),
    # mobile, also with the country code
    Shape(re.compile(r"1[3-9]\d{9}"), re.compile("3-4-4|3-8|7-4|3-2-2-2-2|11")),
    Shape(re.compile(r"1[3-8]\d{9}"), re.compile("4-4-3|4-3-4")),  # 19.. would be a year
    Shape(re.compile(r"(?:00)?861[3-9]\d{9}"), re.compile("[24]-(?:3-4-4|4-4-3|4-3-4|3-8|7-4|11)|1[35]")),
    # bank card
    Shape(
        re.compile(r"62\d{14,17}|[3-69]\d{15,18}"),
        re.compile(r"4-4-4-4(?:-[1-3])?|6-10|6-13|1[6-9]"),
        luhn.is_valid,
    ),
    # any account in fours, unless all are years
    Shape(
        re.compile(r"(?!(?:(?:19|20)\d\d)+$)\d{12,22}"),
        re.compile("4-4-4(?:-4){0,2}(?:-[1-4])?"),
        spaces_only=True,
        trust=2,
    ),
    # landline with its area code
    Shape(
        re.compile(r"0(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7}"),
        re.compile(r"[34]-[78]|[34]-4-4|[34]-3-4|1[012]"),
        dashes=False,
        trust=2,
    ),
)
_ANY_SHAPE = re.compile("|".join(dict.fromkeys(shape.pattern.pattern for shape in _SHAPES)))


def may_span_lines(digits: str) -> bool:
    """Say whether ``digits`` are so surely one number that a line end may stand in it."""
    if not _LINES.fullmatch(digits):
        return is_identity_number(digits)
    return len(digits) == 11 or luhn.is_valid(digits)


def is_shaped(digits: str) -> bool:
    """Say whether ``digits`` (0-9, X last) have the shape of an identifier, however grouped."""
    return _ANY_SHAPE.fullmatch(digits) is not None


def is_identity_number(digits: str) -> bool:
    """Say whether ``digits`` are an 18-digit 居民身份证号 with a valid check character."""
    return _IDENTITY.fullmatch(digits) is not None and mod_11_2.is_valid(digits)


def weight(digits: str, lengths: Sequence[int], signs: Set[str]) -> int:
    """Say how likely ``digits`` are one number: 0 not at all, else about 3 a digit.

    ``lengths`` are those of its groups (3, 4, 4); ``signs`` part them: a space, a dash, a dot.
    """
    grouping = "-".join(map(str, lengths))
    spelt_out = len(digits) == len(lengths)
    best = 0
    for shape in _SHAPES:
        if not shape.pattern.fullmatch(digits) or (shape.spaces_only and signs != {" "}):
            continue
        anyhow = spelt_out or (shape.dashes and signs and signs <= _DASHES)
        if anyhow or shape.groups.fullmatch(grouping):
            sound = 0 if shape.valid is None else 1 if shape.valid(digits) else -1
            best = max(best, len(digits) * (shape.trust + sound))
    return best
