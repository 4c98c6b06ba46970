"""What words a pattern cannot match without: the cheapest gate there is.

``requirements('(?:密码|口令)[:=]\\w{6}')`` is ``({'密码', '口令'},)``: every match holds one word of each set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

Words = frozenset[str]

_SHORTEST = 2  # characters of a word that is rare enough to be worth looking for
_MOST = 64  # words that a class or a branch may unfold to
_FEW = 8  # members of a class that is spelt out


def requirements(pattern: str) -> tuple[Words, ...]:
    """Return sets of words; a match of ``pattern`` holds at least one of each. Empty: nothing can be said."""
    try:
        parsed = _parser.parse(pattern)
    except re.error:  # RE2 knows a few things that Python does not
        return ()
    if parsed.state.flags & re.IGNORECASE:
        return ()
    return tuple(dict.fromkeys(words for words in _sequence(parsed) if _useful(words)))


def together(patterns: Iterable[str]) -> Words | None:
    """Return one set for ``patterns`` of which any may match; None where one of them says nothing."""
    union: set[str] = set()
    for pattern in patterns:
        found = requirements(pattern)
        if not found:
            return None
        union |= rarest(found)
    return frozenset(union)


def rarest(found: Sequence[Words]) -> Words:
    """Return the set that says most: the one whose shortest word is longest, then the smallest."""
    return max(found, key=lambda words: (min(map(len, words)), -len(words)))


def _useful(words: Words) -> bool:
    return min(map(len, words)) >= _SHORTEST


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
            union |= rarest(found)
        yield frozenset(union)
