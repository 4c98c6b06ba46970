"""Gates say which rules may match on which lines, so that only those are matched exactly.

A rule whose patterns require rare words is gated by the words: one hyperscan pass over all lines. The others
(numbers, codes, common words) are gated by their patterns, widened, line by line.
"""

from __future__ import annotations

import json
import re
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, chain
from pathlib import Path
from typing import NamedTuple

import hyperscan

from review import cache
from review.detectors import _literals
from review.errors import PackInvalid

_REPEAT = re.compile(r"\{(\d+),\d+\}")
# PREFILTER: may say yes too often, never no; it also takes constructs that exact mode refuses.
_WIDENED = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_PREFILTER
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
        widened: list[_Expression] = []
        for number, (owner, words) in enumerate(zip(owners, _keys(owners, keep), strict=True)):
            for word in words:
                keyed[word].append(number)
            if not words:
                widened += [_Expression(owner.name, number, _weakened(pattern)) for pattern in owner.groups[0]]
        self._owners = list(keyed.values())  # of each word
        self._in_sentence = [owner.in_sentence for owner in owners]
        spelt = [_Expression("", n, re.escape(word)) for n, word in enumerate(keyed)]
        self._words = _Database("literals", spelt, 0, keep)
        self._patterns = _Database("gate", widened, _WIDENED, keep)

    def passing(self, lines: Sequence[str]) -> Iterator[tuple[int, Mapping[int, list[Stretch]]]]:
        """Yield, in order, the number of each line on which something may match, and each owner with the places.

        These are the sentences that hold what the owner requires, or the whole line.
        """
        data = [line.encode() for line in lines]
        found: dict[int, dict[int, list[Stretch]]] = defaultdict(dict)
        for number, owner, stretch in chain(self._by_words(data), self._by_patterns(data)):
            places = found[number].setdefault(owner, [])
            if not places or places[-1] != stretch:
                places.append(stretch)
        for number in sorted(found):
            yield number, found[number]

    def _by_words(self, lines: Sequence[bytes]) -> Iterator[tuple[int, int, Stretch]]:
        hits: list[tuple[int, int]] = []

        def note(word: int, _start: int, end: int, *_: object) -> None:
            hits.append((end, word))

        text = b"\n".join((*lines, b""))
        self._words.scanner(note)(text)
        ends = list(accumulate(len(line) + 1 for line in lines))
        cut = _cut(text)
        stop = 0
        for end, word in sorted(hits):
            if end > stop:  # in another sentence than the word before
                number = bisect_left(ends, end)
                start = ends[number] - 1 - len(lines[number])
                stop = cut.find(b"\n", end)
                sentence = cut.rfind(b"\n", 0, end) + 1 - start, stop - start
                whole = 0, len(lines[number])
            for owner in self._owners[word]:
                yield number, owner, sentence if self._in_sentence[owner] else whole

    def _by_patterns(self, lines: Sequence[bytes]) -> Iterator[tuple[int, int, Stretch]]:
        seen: list[int] = []

        def note(owner: int, *_: object) -> None:
            seen.append(owner)

        scan = self._patterns.scanner(note)
        for number, line in enumerate(lines):
            scan(line)
            if seen:
                for owner in seen:
                    stretches = _sentences(line) if self._in_sentence[owner] else [(0, len(line))]
                    yield from ((number, owner, stretch) for stretch in stretches)
                seen.clear()


def _cut(text: bytes) -> bytes:
    """Return ``text``, as long as it was, with breaks in place of 。!?;"""
    return text.replace(_STOP, b"\n" * len(_STOP)).translate(_TO_BREAKS)


def _sentences(line: bytes) -> list[Stretch]:
    sentences = _cut(line).split(b"\n")
    starts = accumulate((len(sentence) + 1 for sentence in sentences), initial=0)
    return [(start, start + len(sentence)) for start, sentence in zip(starts, sentences, strict=False) if sentence]


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


class _Database:
    """Expressions for hyperscan. Raises ``PackInvalid`` naming the rule whose pattern it refuses."""

    def __init__(self, name: str, expressions: Sequence[_Expression], flags: int, keep: cache.Keep) -> None:
        self._local = threading.local()  # a scratch serves one scan at a time
        self._database: hyperscan.Database | None = None
        if expressions:
            version = hyperscan.__version__.encode()  # type: ignore[attr-defined]
            sources = [json.dumps([flags, expressions]).encode(), version, *_CODE]
            kept = keep(name, sources, lambda: hyperscan.dumpb(_checked(expressions, flags)))
            try:
                self._database = hyperscan.loadb(kept, hyperscan.HS_MODE_BLOCK)
            except hyperscan.error:  # compiled on another kind of processor
                self._database = _checked(expressions, flags)

    def scanner(self, note: Callable[..., None]) -> Callable[[bytes], object]:
        """Return what scans bytes and calls ``note(number, start, end, ...)`` at each match; only ``end`` is told."""
        if self._database is None:
            return len
        if not hasattr(self._local, "scratch"):
            self._local.scratch = hyperscan.Scratch(self._database)
        return partial(self._database.scan, match_event_handler=note, scratch=self._local.scratch)


def _checked(expressions: Sequence[_Expression], flags: int) -> hyperscan.Database:
    try:
        return _compiled(expressions, flags)
    except hyperscan.error as error:
        for expression in expressions:
            try:
                _compiled([expression], flags)
            except hyperscan.error as reason:
                raise PackInvalid(f"规则 {expression.name} 的正则不能编译（{reason}）。请改写后再试。") from error
        raise


def _compiled(expressions: Sequence[_Expression], flags: int) -> hyperscan.Database:
    database = hyperscan.Database()
    database.compile(
        expressions=[expression.pattern.encode() for expression in expressions],
        ids=[expression.number for expression in expressions],
        elements=len(expressions),
        flags=flags,
    )
    return database


def _weakened(pattern: str) -> str:
    """Return a wider pattern: counted repeats, which compile slowly, lose their counts."""
    return _REPEAT.sub(lambda repeat: "*" if repeat[1] == "0" else "+", pattern)
