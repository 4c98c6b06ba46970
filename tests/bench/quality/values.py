"""Made-up personal values, and the disguises in which people write them. All deterministic from a seed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

from stdnum import luhn
from stdnum.cn import ric, uscc

Disguise = Callable[[random.Random, str], str]

_COUNTIES = ("110101", "130425", "210211", "320102", "330782", "341221", "360725", "371324", "411323", "430426")
_COUNTIES += ("440103", "450722", "510104", "522601", "530302", "610124", "620421", "653101", "810000", "830000")
_MOBILE_HEADS = (130, 131, 135, 139, 145, 147, 150, 153, 158, 159, 166, 171, 173, 176, 178, 180, 185, 188, 189)
_MOBILE_HEADS += (190, 193, 198, 199)
_CARD_HEADS = ("621700", "622848", "622202", "621098", "623052", "621226", "955880", "621799", "622588", "601382")
_CHINESE = "〇一二三四五六七八九"


def identity(rng: random.Random) -> str:
    """A valid 18-digit citizen number of someone born 1900–1909: no living person."""
    head = rng.choice(_COUNTIES) + f"190{rng.randrange(10)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
    head += f"{rng.randrange(1, 999):03d}"
    return head + str(ric.calc_check_digit(head + "0"))


def identity15(rng: random.Random) -> str:
    whole = identity(rng)
    return whole[:6] + f"{rng.randrange(30, 70)}" + whole[10:17]


def mobile(rng: random.Random) -> str:
    return f"{rng.choice(_MOBILE_HEADS)}0000{rng.randrange(10000):04d}"


def card(rng: random.Random) -> str:
    head = rng.choice(_CARD_HEADS)
    body = head + "".join(str(rng.randrange(10)) for _ in range(rng.choice((9, 12)) if head != "955880" else 12))
    return body + str(luhn.calc_check_digit(body))


def code(rng: random.Random) -> str:
    """A valid unified social credit code."""
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = "91" + rng.choice(_COUNTIES[:-2]) + "MA" + "".join(rng.choice(letters) for _ in range(7))
    return body + str(uscc.calc_check_digit(body))


def spaced(_: random.Random, value: str) -> str:
    cuts = {18: (6, 14), 11: (3, 7), 16: (4, 8, 12), 19: (4, 8, 12, 16), 15: (6, 12)}[len(value)]
    return _cut(value, cuts, " ")


def dashed(_: random.Random, value: str) -> str:
    cuts = {18: (6, 14), 11: (3, 7), 16: (4, 8, 12), 19: (4, 8, 12, 16), 15: (6, 12)}[len(value)]
    return _cut(value, cuts, "-")


def dotted(_: random.Random, value: str) -> str:
    return _cut(value, {18: (6, 14), 11: (3, 7), 16: (4, 8, 12), 19: (4, 8, 12, 16), 15: (6, 12)}[len(value)], "·")


def full_width(_: random.Random, value: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) for char in value)


def chinese(_: random.Random, value: str) -> str:
    return "".join(_CHINESE[int(char)] if char.isdigit() else char for char in value)


def apart(_: random.Random, value: str) -> str:
    return " ".join(value)


def broken(rng: random.Random, value: str) -> str:
    """Across a line end, as in text copied from a narrow page."""
    at = rng.randrange(3, len(value) - 3)
    return f"{value[:at]}\n{value[at:]}"


def scanned(rng: random.Random, value: str) -> str:
    """As a scanner misreads: 0 → O, 1 → l, in one or two places."""
    swaps = {"0": "O", "1": "l"}
    places = [i for i, char in enumerate(value) if char in swaps]
    for i in rng.sample(places, min(2, len(places))):
        value = value[:i] + swaps[value[i]] + value[i + 1 :]
    return value


def invisible(rng: random.Random, value: str) -> str:
    at = rng.randrange(2, len(value) - 2)
    return f"{value[:at]}\u200b{value[at:]}"


def lower_x(_: random.Random, value: str) -> str:
    return value.lower()


def country(_: random.Random, value: str) -> str:
    return f"+86 {value}"


def plain(_: random.Random, value: str) -> str:
    return value


def _cut(value: str, places: tuple[int, ...], glue: str) -> str:
    edges = (0, *places, len(value))
    return glue.join(value[a:b] for a, b in itertools.pairwise(edges))
