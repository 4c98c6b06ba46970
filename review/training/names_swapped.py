"""Give the people and places of real prose other names, so that a model learns what stands around a name.

A name is replaced only by one of its kind: a full Chinese name, a surname alone, a transliterated person, a foreign
place. Transliterations are seen ones or made from them, character after character.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from review.errors import InputError
from review.training import names_style
from review.training.names_data import Marked, Sentence

#: What follows a surname in speech of a person in office or of an elder.
_TITLES: Final = re.compile(
    "(?:总理|主席|总统|书记|部长|省长|市长|县长|乡长|镇长|村长|厂长|局长|厅长|处长|科长|校长|院长|团长|师长|军长|司令|政委|将军|主任|经理|董事长|教授|老师|医生|大夫|博士|先生"
    "|女士|小姐|大使|师傅|律师|委员|会长|队长|班长|站长|所长|社长|秘书长|总编|编辑|记者|工程师|老人|大娘|大爷|老汉|同志)"
)
_CALLED: Final = (
    "{}某",
    "{}某某",
    "老{}",
    "小{}",
    "{}老",
    "{}总",
    "{}氏",
    "{}大娘",
    "{}大爷",
    "{}师傅",
    "{}老师",
    "{}主任",
)
FREQUENT: Final = 5  # a character that stands in so many foreign names is one of transliteration
SHORTENED: Final = 0.3  # share of the names before a title that become the surname alone
CALLED: Final = 0.03  # share of the names that become 王某, 老李 …
MADE: Final = 0.5  # share of transliterations that were never seen
LONGEST: Final = 7  # characters of a made transliteration
_BREAK: Final = "·"


@dataclass(frozen=True, slots=True, eq=False)
class Namer:
    """Puts new persons' names together from surnames and given names that were seen."""

    known: frozenset[str] = field(repr=False)
    surnames: Sequence[str] = field(repr=False)
    given: Sequence[str] = field(repr=False)

    def __call__(self, random: Random) -> str:
        surname, given = random.choice(self.surnames), random.choice(self.given)
        if random.random() < 0.2:
            return surname + random.choice(given)
        if random.random() < 0.6 and len(given) == 2:
            given = given[0] + random.choice(self.given)[-1]
        return surname + given


@dataclass(frozen=True, slots=True, eq=False)
class Transliterated:
    """Foreign names: seen ones, and a chain of which character follows which."""

    seen: Sequence[str] = field(repr=False)
    chain: Mapping[str, Sequence[str]] = field(repr=False)

    def __call__(self, random: Random) -> str:
        if random.random() >= MADE:
            return random.choice(self.seen)
        while True:
            out, last = "", ""
            while last := random.choice(self.chain[last]):
                out += last
            if 2 <= len(out) <= LONGEST:
                return out


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Other names by kind. ``foreign`` are the characters of transliteration, ``abroad`` the foreign places known."""

    chinese: Namer = field(repr=False)
    persons: Transliterated = field(repr=False)
    places: Transliterated = field(repr=False)
    foreign: frozenset[str] = field(repr=False)
    abroad: frozenset[str] = field(repr=False)


def names(persons: Sequence[str], surnames: frozenset[str], abroad: Sequence[str]) -> Names:
    """Return what names are swapped for, from the ``persons`` of the corpus; raises ``InputError`` without any."""
    chinese = sorted({name for name in persons if is_chinese(name, surnames)})
    foreign = sorted({name for name in persons if _BREAK in name or len(name) > 3})
    counts = Counter(char for name in foreign for char in set(name) - {_BREAK})
    chars = frozenset(char for char, count in counts.items() if count >= FREQUENT)
    foreign += sorted(
        {name for name in persons if len(name) == 3 and not is_chinese(name, surnames) and set(name) <= chars}
    )
    if not (chinese and foreign and abroad):
        raise InputError("训练资料里没有中文姓名、译名或者外国地名，无从换名。")
    return Names(
        Namer(surnames, [name[0] for name in chinese], [name[1:] for name in chinese]),
        _transliterated(foreign),
        _transliterated(sorted(abroad)),
        chars,
        frozenset(abroad),
    )


def _transliterated(seen: Sequence[str]) -> Transliterated:
    chain: dict[str, list[str]] = {}
    for name in seen:
        for part in name.split(_BREAK):
            for a, b in zip(("", *part), (*part, ""), strict=True):
                chain.setdefault(a, []).append(b)
    return Transliterated(seen, chain)


def is_chinese(name: str, surnames: frozenset[str]) -> bool:
    """Is it a surname and one or two characters?"""
    return 2 <= len(name) <= 3 and name[0] in surnames and all("一" <= char <= "龥" for char in name)


def swapped(base: Sentence, names: Names, share: float, random: Random) -> Sentence:
    """Return a line in which a share of the persons and foreign places have other names."""
    out, spans, last = "", list[Marked](), 0
    for a, b, label in base.spans:
        word = base.text[a:b]
        start, end = 0, len(word)
        if label in ("PER", "LOC") and random.random() < share:
            word, start, end = _other(word, label, base.text[b : b + 3], names, random)
        out += base.text[last:a]
        spans.append((len(out) + start, len(out) + end, label))
        out += word
        last = b
    return Sentence(out + base.text[last:], tuple(spans))


def _other(word: str, label: str, after: str, names: Names, random: Random) -> tuple[str, int, int]:
    """Return a name of the same kind, and where in it stands what is marked."""
    if label == "LOC":
        new = names.places(random) if word in names.abroad else word
    elif len(word) == 1 and word in names_style.SURNAMES:
        new = random.choice(names.chinese.surnames)
    elif is_chinese(word, names.chinese.known):
        new = names.chinese(random)
        if _TITLES.match(after) and random.random() < SHORTENED:
            new = new[0]
        elif random.random() < CALLED:
            form = random.choice(_CALLED)
            at = form.index("{}")
            return form.format(new[0]), at, at + 1
    elif _BREAK in word or (len(word) > 2 and set(word) <= names.foreign):
        new = names.persons(random)
    else:
        new = word
    return new, 0, len(new)
