"""Make address sentences: a small grammar of addresses × administrative divisions × written sentence patterns.

``data/corpus/names/grammar.toml`` says how addresses are written, ``patterns.list`` what stands around them. Patterns
after ``#考`` and every eighth city are for measuring only: the held-back sentences share neither wording nor places
with training.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from review.training.names_data import Marked, Sentence
from review.training.names_swapped import Names

GRAMMAR: Final = "grammar.toml"
PATTERNS: Final = "patterns.list"  # not .txt: those are texts to judge for `review eval`
HELD_BACK: Final = "#考"
HELD_CITY: Final = 8  # every eighth
SHORTEST, LONGEST = 5, 48  # characters of an address

Place = Mapping[str, str]
Grammar = Mapping[str, tuple[Sequence[str], Sequence[int]]]

_SLOT: Final = re.compile(r"\{([^{}]+)\}")
_RANGE: Final = re.compile(r"(\d+)-(\d+)|([A-Z])-([A-Z])")
_WEIGHT: Final = re.compile(r"(?:(\d+)\*)?(.*)", re.S)
_KIND: Final = re.compile(r"(街道办事处|街道|地区|开发区|工业园区|镇|乡|苏木|农场|林场|社区|办事处)$")
_CHINESE: Final = "零一二三四五六七八九"
#: Slots of patterns: what they are called in the grammar, and how they are marked.
_PATTERN_SLOTS: Final = {
    "A": ("地址", "ADDR"),
    "P": ("地名", "LOC"),
    "O": ("机关", "ORG"),
    "d": ("日期", ""),
    "n": ("数", ""),
    "c": ("十几", ""),
}


@dataclass(frozen=True, slots=True, eq=False)
class Stock:
    """What slots are filled from."""

    grammar: Grammar = field(repr=False)
    places: Sequence[Place] = field(repr=False)
    words: Sequence[str] = field(repr=False)  # of two or three characters, from names of towns
    names: Names = field(repr=False)


def grammar(path: Path) -> Grammar:
    """Return the symbols of a grammar, each with its forms and their weights."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    out = {}
    for symbol, forms in table.items():
        split = [
            _WEIGHT.fullmatch(form) for form in (forms if isinstance(forms, list) else list("".join(forms.split())))
        ]
        out[symbol] = ([m[2] for m in split if m], [int(m[1] or 1) for m in split if m])
    return out


def stock(
    forms: Grammar, divisions: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]], names: Names
) -> tuple[Stock, Stock]:
    """Return the stock for training and the one held back."""
    parts: tuple[list[Place], list[Place]] = ([], [])
    cities = [(province, city) for province, under in divisions.items() for city in under]
    for number, (province, city) in enumerate(cities, 1):
        named = city if city.endswith(("市", "州", "盟", "地区")) else ""
        short = re.sub("[市区县]$", "", named or province)
        for district, towns in divisions[province][city].items():
            parts[number % HELD_CITY == 0].extend(
                {"省": province, "市": named, "市简": short, "县": district, "乡": town}
                for town in towns
                if len(town) <= 9
            )
    made = []
    for places in parts:
        words = [_KIND.sub("", place["乡"]) for place in places]
        made.append(
            Stock(forms, places, [word for word in words if 2 <= len(word) <= 3 and word[-1] not in "路街区"], names)
        )
    return made[0], made[1]


def patterns(path: Path) -> tuple[list[str], list[str]]:
    """Return the sentence patterns for training and those held back."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line]
    cut = lines.index(HELD_BACK)
    train, held = ([line for line in some if not line.startswith("#")] for some in (lines[:cut], lines[cut:]))
    return train, held


def expand(form: str, things: Stock, place: Place, random: Random) -> str:
    """Return a form with its slots filled; every slot of one form tells of the same place."""

    def value(match: re.Match[str]) -> str:
        slot = match[1]
        if span := _RANGE.fullmatch(slot):
            low, high, first, last = span.groups()
            return str(random.randint(int(low), int(high))) if low else chr(random.randint(ord(first), ord(last)))
        if slot in place:
            return place[slot]
        if slot == "字":
            return random.choice(things.words)
        return expand(random.choices(*things.grammar[slot])[0], things, place, random)

    return _SLOT.sub(value, form)


def address(things: Stock, random: Random) -> str:
    """Return one address down to a door, building or village group."""
    while True:
        made = expand("{地址}", things, random.choice(things.places), random)
        share = random.random()
        if share < 0.07:
            made = re.sub(r"\d", lambda digit: _CHINESE[int(digit[0])], made)
        elif share < 0.1:
            made = re.sub(r"\d{1,2}", lambda digits: _in_words(int(digits[0])), made)
        if SHORTEST <= len(made) <= LONGEST:
            return made


def _in_words(number: int) -> str:
    tens, ones = divmod(number, 10)
    lead = "" if not tens else "十" if tens == 1 else _CHINESE[tens] + "十"
    return lead + (_CHINESE[ones] if ones or not tens else "")


def sentence(pattern: str, things: Stock, random: Random) -> Sentence:
    """Return a pattern with its slots filled and marked."""
    out, spans, last = "", list[Marked](), 0
    for match in _SLOT.finditer(pattern):
        out += pattern[last : match.start()]
        last = match.end()
        label, value = _filled(match[1], things, random)
        if label and value:
            spans.append((len(out), len(out) + len(value), label))
        out += value
    return Sentence(out + pattern[last:], tuple(spans))


def _filled(slot: str, things: Stock, random: Random) -> tuple[str, str]:
    if slot == "N":
        return "PER", things.names.chinese(random)
    if slot == "F":
        return "PER", things.names.persons(random)
    if slot == "S":
        return "PER", random.choice(things.names.chinese.surnames)
    if slot == "C":
        return "LOC", things.names.places(random)
    symbol, label = _PATTERN_SLOTS[slot]
    if slot == "A":
        return label, address(things, random)
    return label, expand("{" + symbol + "}", things, random.choice(things.places), random)


_BEFORE: Final = re.compile(r"(?:住在|家住|位于|坐落在|坐落于|设在|来到|在|到|至|于)$")
_AFTER: Final = re.compile(r"^(?:[,;，。、；的召举办设开会发]|$)")


def inserted(base: Sentence, things: Stock, random: Random) -> Sentence | None:
    """Return a line of real prose with an address in place of one place, after 在, 位于, 到 …; None without one."""
    text = base.text
    slots = [
        k
        for k, (a, b, label) in enumerate(base.spans)
        if label == "LOC" and b - a > 1 and _BEFORE.search(text[max(0, a - 4) : a]) and _AFTER.match(text[b : b + 1])
    ]
    if not slots:
        return None
    chosen = random.choice(slots)
    a, b, _ = base.spans[chosen]
    made = address(things, random)
    by = len(made) - (b - a)
    spans = [*base.spans[:chosen], (a, a + len(made), "ADDR")]
    spans += [(start + by, end + by, label) for start, end, label in base.spans[chosen + 1 :]]
    return Sentence(text[:a] + made + text[b:], tuple(spans))
