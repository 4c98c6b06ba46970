"""The shapes of rules as matchers. Each says which patterns gate a line and what it finds on a gated line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from review.detectors._checks import CHECKS
from review.detectors._conditions import either, nearby
from review.detectors._numbers import Number
from review.detectors._page import Line, Page
from review.types import Rule, Span

Find = Callable[[Page, Line], Iterator[Span]]

# What may stand between a label and its value: brackets with a remark, a colon, 为, 是, a cell border.
_JOINT = r"(?:\([^()\n]{0,12}\))?[ ]*(?:[:：=(]|是|为|系|\t|[ ]{1,})[ :：]*"
_LONG = 500  # characters of a line
_REST = r"[^，,。;；\t\n]{1,60}"


@dataclass(frozen=True, slots=True)
class Matcher:
    """``gates``: groups of patterns. Of each group one must occur on a line, else ``find`` need not look at it."""

    gates: tuple[tuple[str, ...], ...]
    find: Find


def line_matchers(rule: Rule) -> Iterator[Matcher]:
    """Yield the matchers of a rule that looks at lines; none for shapes that look at something else."""
    if rule.shape == "patterns":
        yield from map(_pattern, rule.params["patterns"])
    elif rule.shape == "near":
        yield _near(rule)
    elif rule.shape == "field":
        yield _field(rule)
    elif rule.shape == "checksum" and rule.view != "digits":
        yield _checksum(rule)


def number_matcher(rule: Rule) -> Callable[[Number], Span | None]:
    """Return what finds a rule's value in a number candidate: the whole candidate or nothing."""
    shape = re.compile(rule.params["pattern"])
    check = CHECKS[rule.params["check"]]

    def find(number: Number) -> Span | None:
        match = shape.fullmatch(number.digits)
        if match is None:
            return None
        checked = match["check"] if "check" in shape.groupindex else number.digits
        return number.span if check(checked) else None

    return find


def _later(*patterns: str) -> Callable[[str], Iterable[Any]]:
    """Return what finds the matches of any of ``patterns``, compiled when first needed: most never are.

    Python's engine is many times faster to call; it backtracks, so long lines are left to RE2.
    """
    quick = cache(lambda: nearby(patterns))
    linear = cache(lambda: either(patterns))

    def finditer(text: str) -> Iterable[Any]:
        matches: Iterable[Any] = (quick() if len(text) <= _LONG else linear()).finditer(text)
        return matches

    return finditer


def _pattern(pattern: str) -> Matcher:
    matches = _later(pattern)

    def find(page: Page, line: Line) -> Iterator[Span]:
        for match in matches(line.text):
            yield from _span(line, match)

    return Matcher(((pattern,),), find)


def _checksum(rule: Rule) -> Matcher:
    check = CHECKS[rule.params["check"]]

    matches = _later(rule.params["pattern"])

    def find(page: Page, line: Line) -> Iterator[Span]:
        for match in matches(line.text):
            groups = match.re.groupindex
            if check(match[groups.get("check", groups.get("value", 0))] or match[0]):
                yield from _span(line, match)

    return Matcher(((rule.params["pattern"],),), find)


def _field(rule: Rule) -> Matcher:
    labels = "|".join(f"(?:{label})" for label in rule.params["labels"])
    value = rule.params["value"] or _REST
    joint = f"(?:{_JOINT})?" if rule.params["value"] else _JOINT  # a value of any form needs a sign before it
    inline = _later(rf"(?:{labels}){joint}(?P<value>{value})")
    header = _later(rf"(?:^|\t)[^\t]{{0,6}}(?:{labels})[^\t]{{0,6}}(?:\t|$)")
    cell = cache(lambda: either((rf"\s*(?P<value>{value})\s*",)))
    labelled = _later(labels)

    def find(page: Page, line: Line) -> Iterator[Span]:
        for match in inline(line.text):
            yield from _span(line, match)
        if "\t" in line.text and any(header(line.text)):
            yield from _below(page, line)

    def _below(page: Page, line: Line) -> Iterator[Span]:
        """Values under a header cell, down to the first row of another width."""
        columns = [i for i, text in enumerate(line.text.split("\t")) if any(labelled(text))]
        width = line.text.count("\t")
        end = line.start + len(line.text)
        while end + 1 < len(page.text):
            start, end = page.line_bounds(end + 1)
            cells = page.text[start:end].split("\t")
            if len(cells) != width + 1:
                return
            for column in columns:
                match = cell().fullmatch(cells[column])
                if match:
                    at = start + sum(map(len, cells[:column])) + column
                    yield Span(at + match.start(1), at + match.end(1))

    return Matcher((rule.params["labels"],), find)


def _near(rule: Rule) -> Matcher:
    sets = [_later(*words) for words in rule.params["sets"]]
    within = rule.params["within"]
    ordered = rule.params["ordered"]

    def find(page: Page, line: Line) -> Iterator[Span]:
        found = []
        for words in sets:
            found.append([match.span() for match in words(line.text)])
            if not found[-1]:
                return
        for a, b in _stretches(line.text, within):
            inside = [[place for place in places if a <= place[0] and place[1] <= b] for places in found]
            for start, end in _together(inside, within, ordered=ordered):
                yield line.span(start, end)

    return Matcher(rule.params["sets"], find)


def _stretches(text: str, within: int | str) -> Iterator[tuple[int, int]]:
    if within != "sentence":
        yield 0, len(text)
        return
    start = 0
    for mark in re.finditer(r"[。!?;]|$", text):
        if mark.start() > start:
            yield start, mark.start()
        start = mark.end()


def _together(found: list[list[tuple[int, int]]], within: int | str, *, ordered: bool) -> Iterator[tuple[int, int]]:
    """Yield, for each place of the first set, the narrowest stretch that holds a place of every set."""
    last = -1
    for start, end in found[0]:
        for places in found[1:]:
            best = None
            for a, b in places:
                if (ordered and a < end) or (isinstance(within, int) and max(a - end, start - b) > within):
                    continue
                reach = max(end, b) - min(start, a)
                if best is None or reach < best[0]:
                    best = (reach, min(start, a), max(end, b))
            if best is None:
                break
            start, end = best[1], best[2]
        else:
            if start >= last:
                yield start, end
                last = end


def _span(line: Line, match: Any) -> Iterator[Span]:
    """The place of the group ``value`` where the pattern has one and it took part, else of the whole match."""
    group = match.re.groupindex.get("value", 0)  # google-re2 takes group numbers only
    start, end = match.span(group)
    if start < 0:
        start, end = match.span()
    if start < end:
        yield line.span(start, end)
