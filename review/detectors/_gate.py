"""Gates say which rules may match on which lines, so that only those are matched exactly.

A rule whose patterns require words is gated by the words: one Aho-Corasick pass over all lines. The others
(numbers, codes, one-character words) are gated by hyperscan, line by line.
"""

from __future__ import annotations

import json
import re
import threading
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import itemgetter
from pathlib import Path

import ahocorasick_rs
import hyperscan

from review import cache
from review.detectors import _literals
from review.detectors._literals import Words, rarest, requirements, together
from review.errors import PackInvalid

#: Groups of patterns of one owner: it may match a line where each group has a match.
Groups = Sequence[Sequence[str]]

_REPEAT = re.compile(r"\{(\d+),\d+\}")
_END = itemgetter(2)
_CODE = cache.code(Path(__file__), Path(_literals.__file__))


class Gate:
    """``names`` of the owners are only for messages; ``keep`` may save the two slow steps of making a gate."""

    def __init__(self, names: Sequence[str], owners: Sequence[Groups], keep: cache.Keep = cache.never) -> None:
        self._rest: dict[int, tuple[Words, ...]] = {}  # what else an owner requires besides its key words
        keyed: dict[str, list[int]] = defaultdict(list)
        wordless: list[tuple[int, Sequence[str]]] = []
        words: set[str] = set()
        for owner, (groups, required) in enumerate(zip(owners, _requirements(owners, keep), strict=True)):
            if not required:
                wordless.append((owner, groups[0]))
                continue
            key = rarest(required)
            self._rest[owner] = tuple(other for other in required if other != key)
            for word in key:
                keyed[word].append(owner)
            words.update(*required)
        self._words = sorted(words)
        self._keyed = [tuple(keyed[word]) for word in self._words]
        self._automaton = ahocorasick_rs.AhoCorasick(self._words)
        self._database = _database(names, wordless, keep) if wordless else None
        self._local = threading.local()  # a scratch serves one scan at a time

    def passing(self, lines: Sequence[str]) -> Iterator[tuple[int, list[int]]]:
        """Yield, in order, the number of each line on which something may match, and the owners."""
        found: dict[int, set[int]] = defaultdict(set)
        for number, line in self._with_words(lines):
            found[number] |= line
        for number, line in self._without_words(lines):
            found[number] |= line
        for number in sorted(found):
            yield number, sorted(found[number])

    def _with_words(self, lines: Sequence[str]) -> Iterator[tuple[int, set[int]]]:
        if not self._words:
            return
        ends = list(accumulate(len(line) + 1 for line in lines))
        keyed, rest, words = self._keyed, self._rest, self._words
        found = self._automaton.find_matches_as_indexes("\n".join(lines), overlapping=True)
        at = 0
        while at < len(found):
            number = bisect_left(ends, found[at][2])
            past = bisect_right(found, ends[number], at, key=_END)
            ids = {word for word, _, _ in found[at:past]}
            at = past
            owners = {owner for word in ids for owner in keyed[word]}
            if owners:
                present = {words[word] for word in ids}
                passed = {o for o in owners if not any(part.isdisjoint(present) for part in rest[o])}
                if passed:
                    yield number, passed

    def _without_words(self, lines: Sequence[str]) -> Iterator[tuple[int, set[int]]]:
        if self._database is None:
            return
        if not hasattr(self._local, "scratch"):
            self._local.scratch = hyperscan.Scratch(self._database)
        scan, scratch = self._database.scan, self._local.scratch
        seen: set[int] = set()

        def note(owner: int, *_: object) -> None:
            seen.add(owner)

        for number, line in enumerate(lines):
            scan(line.encode(), match_event_handler=note, scratch=scratch)
            if seen:
                yield number, set(seen)
                seen.clear()


def _requirements(owners: Sequence[Groups], keep: cache.Keep) -> list[tuple[Words, ...]]:
    """What each owner requires: Python's parser takes a while over thousands of patterns."""
    sources = [json.dumps(owners).encode(), *_CODE]
    kept = keep("words", sources, lambda: json.dumps([_lists(_required(groups)) for groups in owners]).encode())
    return [tuple(map(frozenset, required)) for required in json.loads(kept)]


def _lists(required: tuple[Words, ...]) -> list[list[str]]:
    return [sorted(words) for words in required]


def _required(groups: Groups) -> tuple[Words, ...]:
    """A group of one pattern requires all of its words; of several, one set that serves them all."""
    found: list[Words] = []
    for group in groups:
        if len(group) == 1:
            found += requirements(group[0])
        else:
            words = together(group)
            found += [] if words is None else [words]
    return tuple(found)


def _database(
    names: Sequence[str], owners: Sequence[tuple[int, Sequence[str]]], keep: cache.Keep
) -> hyperscan.Database:
    """Raises ``PackInvalid`` naming the rule whose pattern hyperscan refuses."""
    expressions = [(owner, _weakened(pattern)) for owner, patterns in owners for pattern in patterns]
    sources = [json.dumps(expressions).encode(), hyperscan.__version__.encode(), *_CODE]  # type: ignore[attr-defined]
    kept = keep("gate", sources, lambda: hyperscan.dumpb(_checked(names, expressions)))
    try:
        return hyperscan.loadb(kept, hyperscan.HS_MODE_BLOCK)
    except hyperscan.error:  # compiled on another kind of processor
        return _checked(names, expressions)


def _checked(names: Sequence[str], expressions: Sequence[tuple[int, str]]) -> hyperscan.Database:
    try:
        return _compiled(expressions)
    except hyperscan.error as error:
        for owner, pattern in expressions:
            try:
                _compiled([(owner, pattern)])
            except hyperscan.error as reason:
                raise PackInvalid(f"规则 {names[owner]} 的正则不能编译（{reason}）。请改写后再试。") from error
        raise


def _compiled(expressions: Sequence[tuple[int, str]]) -> hyperscan.Database:
    database = hyperscan.Database()
    # PREFILTER: may say yes too often, never no; it also takes constructs that exact mode refuses.
    database.compile(
        expressions=[pattern.encode() for _, pattern in expressions],
        ids=[owner for owner, _ in expressions],
        elements=len(expressions),
        flags=hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_PREFILTER,
    )
    return database


def _weakened(pattern: str) -> str:
    """Return a wider pattern: counted repeats, which compile slowly, lose their counts."""
    return _REPEAT.sub(lambda repeat: "*" if repeat[1] == "0" else "+", pattern)
