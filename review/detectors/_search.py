"""Where patterns match: RE2, in time linear in the text, and fast because it is asked for no groups.

Without groups RE2 never leaves its automaton, which is some ten times faster than with them; groups are looked up
afterwards, at the few places that match. Patterns are compiled when first needed: most never are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Any

import re2

from review.detectors._page import Line

Place = tuple[int, int]  # half-open


class Search:
    """What finds the matches of any of ``patterns``, leftmost first."""

    def __init__(self, *patterns: str) -> None:
        self._patterns = patterns

    def occurs(self, line: Line, start: int = 0, end: int | None = None) -> bool:
        """Say whether anything matches in bytes ``start:end`` of a line; what stands around them is seen."""
        return self._bare.search(line.data, start, end) is not None

    def places(self, line: Line) -> list[Place]:
        """Return where the matches stand, in characters."""
        return list(characters(line.data, (match.span() for match in self._bare.finditer(line.data))))

    def values(self, line: Line) -> Iterator[tuple[Place, str]]:
        """Yield for each match the place of the group ``value``, in characters, and the text of the group ``check``.

        Where there is no such group, or it took no part, that is the whole match; the value itself is checked where
        there is no group ``check``.
        """
        found = [self._groups(line.data, match) for match in self._bare.finditer(line.data)]
        if not found:
            return
        checked = (line.data[a:b].decode() for (start, end), (a, b) in found if start < end)
        yield from zip(characters(line.data, (value for value, _ in found)), checked, strict=True)

    def _groups(self, data: bytes, match: Any) -> tuple[Place, Place]:
        whole: Place = match.span()
        if not any(self._numbers):
            return whole, whole
        match = compiled(self._patterns).match(data, whole[0])
        value, check = (match.span(number) for number in self._numbers)
        return value if value[0] >= 0 else whole, check if check[0] < check[1] else whole

    @cached_property
    def _bare(self) -> Any:
        return compiled(self._patterns, groups=False)

    @cached_property
    def _numbers(self) -> tuple[int, int]:
        """The numbers of the groups ``value`` and ``check``."""
        groups = compiled(self._patterns).groupindex
        value = groups.get("value", 0)
        return value, groups.get("check", value)


def occurs(patterns: tuple[str, ...], text: str) -> bool:
    """Say whether any of ``patterns`` matches in a text."""
    return compiled(patterns, groups=False).search(text.encode()) is not None


@lru_cache(maxsize=4096)
def compiled(patterns: tuple[str, ...], *, groups: bool = True) -> Any:
    """One compiled RE2 pattern that finds any of ``patterns``."""
    options = re2.Options()
    options.never_capture = not groups
    options.log_errors = False  # a text that outgrows the automaton is searched without it, and nobody need read so
    return re2.compile("|".join(f"(?:{pattern})" for pattern in patterns), options)


def characters(data: bytes, places: Iterable[Place]) -> Iterator[Place]:
    """Turn places in UTF-8, which rise, into places in characters; empty ones are left out."""
    past = count = 0
    for start, end in places:
        if start < end:
            first = count + len(data[past:start].decode())
            past, count = end, first + len(data[start:end].decode())
            yield first, count
