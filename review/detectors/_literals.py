"""What words a pattern cannot match without: the cheapest gate there is.

``requirements('(?:密码|口令)[:=]\\w{6}')`` is ``({'密码', '口令'},)``: every match holds one word of each set. Which of
several sets is the rarest is told by the counts of jieba's dictionary.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import ahocorasick_rs

Words = frozenset[str]

_MOST = 64  # words that a class or a branch may unfold to
_FEW = 8  # members of a class that is spelt out
#: Of the 60 million words that jieba's dictionary counted: for more common words the pattern itself is a better gate,
#: and the many patterns of several groups are so only for very common words.
_COMMON, _VERY_COMMON = 15_000, 60_000


def keys(owners: Sequence[Sequence[Sequence[str]]]) -> list[list[str]]:
    """Return key words for each owner, of whose groups of patterns each must match: without one of them none can.

    Empty: there are none, or they are too common.
    """
    required = [[[requirements(pattern) for pattern in group] for group in groups] for groups in owners]
    counts = _counts({word for groups in required for group in groups for sets in group for s in sets for word in s})

    def cost(words: Words) -> int:
        return sum(counts[word] for word in words)

    found = []
    for groups in required:
        choice: list[Words] = []
        for group in groups:
            if len(group) == 1:
                choice += group[0]
            elif all(group):
                choice.append(frozenset[str]().union(*(min(sets, key=cost) for sets in group)))
        rarest = min(choice, key=cost, default=frozenset[str]())
        found.append(sorted(rarest) if cost(rarest) < (_COMMON if len(groups) == 1 else _VERY_COMMON) else [])
    return found


def sources() -> list[bytes]:
    """What ``keys`` depends on besides this module."""
    return [distribution("jieba").version.encode()]


def _counts(words: set[str]) -> Mapping[str, int]:
    """How often each word was counted, by itself or inside another."""
    text, listed = _dictionary(), sorted(words)
    counts: Counter[str] = Counter()
    automaton = ahocorasick_rs.BytesAhoCorasick([word.encode() for word in listed])
    for number, start, _ in automaton.find_matches_as_indexes(text, overlapping=True):
        line = text[text.rfind(b"\n", 0, start) + 1 : text.index(b"\n", start)]
        counts[listed[number]] += int(line.split(b" ")[1])
    return counts


@cache
def _dictionary() -> bytes:
    """Lines of a word, its count and its kind."""
    path = distribution("jieba").locate_file("jieba/dict.txt")
    return Path(str(path)).read_bytes() + b"\n"


def requirements(pattern: str) -> tuple[Words, ...]:
    """Return sets of words; a match of ``pattern`` holds at least one of each. Empty: nothing can be said."""
    try:
        parsed = _parser.parse(pattern)
    except re.error:  # RE2 knows a few things that Python does not
        return ()
    if parsed.state.flags & re.IGNORECASE:
        return ()
    return tuple(dict.fromkeys(words for words in _sequence(parsed) if _useful(words)))


def _useful(words: Words) -> bool:
    """Are they all more than a sign, a letter or digits?"""
    return all("一" <= word <= "鿿" or (len(word) > 1 and not word.isdecimal()) for word in words)


def _sequence(items: Any) -> Iterator[Words]:
    """Walk over the parts of a sequence, gluing what stands side by side: ``[账帐]号`` → 账号, 帐号."""
    run: Words = frozenset({""})
    for op, value in items:
        words = _spelt(op, value)
        if words is not None and len(run) * len(words) <= _MOST:
            run = frozenset(a + b for a in run for b in words)
            continue
        if run != {""}:
            yield run
        run = frozenset({""}) if words is None else words
        if words is None:
            yield from _inside(op, value)
    if run != {""}:
        yield run


def _spelt(op: Any, value: Any) -> Words | None:
    """All texts that this part can be, where they are few and none is empty."""
    if op is sre.LITERAL:
        return frozenset({chr(value)})
    if op is sre.IN and len(value) <= _FEW and all(member is sre.LITERAL for member, _ in value):
        return frozenset(chr(code) for _, code in value)
    if op is sre.SUBPATTERN and not value[1] & re.IGNORECASE:
        return _spelt_all(value[3])
    if op is sre.BRANCH:
        branches = [_spelt_all(branch) for branch in value[1]]
        if all(branch is not None for branch in branches):
            union = frozenset(word for branch in branches for word in branch or ())
            return union if 0 < len(union) <= _MOST and "" not in union else None
    return None


def _spelt_all(items: Any) -> Words | None:
    run: Words = frozenset({""})
    for op, value in items:
        words = _spelt(op, value)
        if words is None or len(run) * len(words) > _MOST:
            return None
        run = frozenset(a + b for a in run for b in words)
    return run if run != {""} else None


def _inside(op: Any, value: Any) -> Iterator[Words]:
    """What a part that cannot be spelt out requires all the same."""
    if op is sre.SUBPATTERN and not value[1] & re.IGNORECASE:
        yield from _sequence(value[3])
    elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT) and value[0] > 0:
        yield from _sequence(value[2])
    elif op is sre.BRANCH:
        union: set[str] = set()
        for branch in value[1]:
            found = [words for words in _sequence(branch) if _useful(words)]
            if not found:
                return
            union |= max(found, key=lambda words: (min(map(len, words)), -len(words)))
        yield frozenset(union)
