"""Gates say which rules may match on which lines, so that only those are matched exactly.

A rule whose patterns require rare words is gated by the words, the others (numbers, codes, common words) by their
patterns, widened. One hyperscan pass over all lines looks for both.
"""

from __future__ import annotations

import json
import re
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import hyperscan

from review import cache
from review.detectors import _literals
from review.errors import PackInvalid

_REPEAT = re.compile(r"\{(\d+),\d+\}")
_TAIL = re.compile(r"(?<!\\)\[(?:\\.|[^\]\\])+\]\*$")  # it would match at each character
# PREFILTER: may say yes too often, never no; it also takes constructs that exact mode refuses.
_WIDENED = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_PREFILTER
_CODE = cache.code(Path(__file__), Path(_literals.__file__))

_STOP = "。".encode()
_TO_BREAKS = bytes.maketrans(b"!?;", b"\n\n\n")

#: Half-open, in bytes of a line.
Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Requirement:
    """Of each group of patterns one must match on a line, or all of them in one sentence of it."""

    name: str  # of the rule, for messages
    groups: Sequence[Sequence[str]]
    in_sentence: bool = False


class Gate:
    """Owners are known by their place in ``owners``; ``keep`` may save the slow steps of making a gate."""

    def __init__(self, owners: Sequence[Requirement], keep: cache.Keep = cache.never) -> None:
        keyed: dict[str, list[int]] = defaultdict(list)
        wordless: list[int] = []
        for number, words in enumerate(_keys(owners, keep)):
            for word in words:
                keyed[word].append(number)
            if not words:
                wordless.append(number)
        self._in_sentence = [owner.in_sentence for owner in owners]
        self._owners = [*keyed.values(), *([number] for number in wordless)]  # of what hyperscan reports
        self._database = _Database(
            [
                *(_Expression("", n, re.escape(word), 0) for n, word in enumerate(keyed)),
                *(
                    _Expression(owners[number].name, n, _widened(pattern), _WIDENED)
                    for n, number in enumerate(wordless, len(keyed))
                    for pattern in owners[number].groups[0]
                ),
            ],
            keep,
        )

    def passing(self, lines: Sequence[str]) -> Mapping[int, Mapping[int, list[Stretch]]]:
        """Return the owners that may match, each with the numbers of the lines and the places there.

        These are the sentences that hold what the owner requires, or the whole line.
        """
        hits: set[tuple[int, int]] = set()

        def note(number: int, _start: int, end: int, *_: object) -> None:
            hits.add((end, number))

        data = [line.encode() for line in lines]
        text = b"\n".join((*data, b""))
        self._database.scan(text, note)
        ends = list(accumulate(len(line) + 1 for line in data))
        cut = _cut(text)
        found: dict[int, dict[int, list[Stretch]]] = defaultdict(dict)
        stop = -1
        for end, number in sorted(hits):
            if end > stop:  # in another sentence than the one before
                line = bisect_left(ends, end)
                start = ends[line] - 1 - len(data[line])
                stop = cut.find(b"\n", end)
                sentence = cut.rfind(b"\n", 0, end) + 1 - start, stop - start
            for owner in self._owners[number]:
                stretch = sentence if self._in_sentence[owner] else (0, len(data[line]))
                places = found[owner].setdefault(line, [stretch])
                if places[-1] != stretch:
                    places.append(stretch)
        return found


def _cut(text: bytes) -> bytes:
    """Return ``text``, as long as it was, with breaks in place of 。!?;"""
    return text.replace(_STOP, b"\n" * len(_STOP)).translate(_TO_BREAKS)


# ------------------------------------------------------------------------------------------ what is kept


def _keys(owners: Sequence[Requirement], keep: cache.Keep) -> list[list[str]]:
    """The key words of each owner: Python's parser takes a while over thousands of patterns."""
    groups = [owner.groups for owner in owners]
    sources = [json.dumps(groups).encode(), *_literals.sources(), *_CODE]
    found: list[list[str]] = json.loads(keep("words", sources, lambda: json.dumps(_literals.keys(groups)).encode()))
    return found


class _Expression(NamedTuple):
    name: str  # of the rule
    number: int  # what a match reports
    pattern: str
    flags: int


class _Database:
    """Expressions for hyperscan. Raises ``PackInvalid`` naming the rule whose pattern it refuses."""

    def __init__(self, expressions: Sequence[_Expression], keep: cache.Keep) -> None:
        self._local = threading.local()  # a scratch serves one scan at a time
        self._database: hyperscan.Database | None = None
        if expressions:
            version = hyperscan.__version__.encode()  # type: ignore[attr-defined]
            sources = [json.dumps(expressions).encode(), version, *_CODE]
            kept = keep("gate", sources, lambda: hyperscan.dumpb(_checked(expressions)))
            try:
                self._database = hyperscan.loadb(kept, hyperscan.HS_MODE_BLOCK)
            except hyperscan.error:  # compiled on another kind of processor
                self._database = _checked(expressions)

    def scan(self, data: bytes, note: Callable[..., None]) -> None:
        """Call ``note(number, start, end, ...)`` at each match; only ``end`` is told."""
        if self._database is not None:
            if not hasattr(self._local, "scratch"):
                self._local.scratch = hyperscan.Scratch(self._database)
            self._database.scan(data, match_event_handler=note, scratch=self._local.scratch)


def _checked(expressions: Sequence[_Expression]) -> hyperscan.Database:
    try:
        return _compiled(expressions)
    except hyperscan.error as error:
        for expression in expressions:
            try:
                _compiled([expression])
            except hyperscan.error as reason:
                raise PackInvalid(f"规则 {expression.name} 的正则不能编译（{reason}）。请改写后再试。") from error
        raise


def _compiled(expressions: Sequence[_Expression]) -> hyperscan.Database:
    database = hyperscan.Database()
    database.compile(
        expressions=[expression.pattern.encode() for expression in expressions],
        ids=[expression.number for expression in expressions],
        elements=len(expressions),
        flags=[expression.flags for expression in expressions],
    )
    return database


def _widened(pattern: str) -> str:
    """Return a wider pattern: counted repeats, which compile slowly, lose their counts, and one at the end goes."""
    return _TAIL.sub("", _REPEAT.sub(lambda repeat: "*" if repeat[1] == "0" else "+", pattern))
