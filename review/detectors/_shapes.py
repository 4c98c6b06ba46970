"""The shapes of rules as matchers. Each says which patterns gate a line and what it finds on a gated line."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from review.detectors._checks import CHECKS
from review.detectors._numbers import Number
from review.detectors._page import Line, Page
from review.detectors._search import Place, Search, characters, compiled
from review.types import Rule, Span

#: From the stretches of a line, in bytes, where the gate says that the matcher may match.
Find = Callable[[Page, Line, Sequence[tuple[int, int]]], Iterator[Span]]

# What may stand between a label and its value: brackets with a remark, a colon, 为, 是, a cell border.
_JOINT = r"(?:\([^()\n]{0,12}\))?[ ]*(?:[:：=(]|是|为|系|\t|[ ]{1,})[ :：]*"
_REST = r"[^，,。;；\t\n]{1,60}"


@dataclass(frozen=True, slots=True)
class Matcher:
    """``gates``: groups of patterns. Of each group one must occur on a line, else ``find`` need not look at it.

    ``in_sentence``: all of them in the same sentence.
    """

    gates: Sequence[Sequence[str]]
    find: Find
    in_sentence: bool = False


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


def _pattern(pattern: str) -> Matcher:
    search = Search(pattern)

    def find(_page: Page, line: Line, _stretches: object) -> Iterator[Span]:
        for place, _ in search.values(line):
            yield line.span(*place)

    return Matcher(((pattern,),), find)


def _checksum(rule: Rule) -> Matcher:
    check = CHECKS[rule.params["check"]]
    search = Search(rule.params["pattern"])

    def find(_page: Page, line: Line, _stretches: object) -> Iterator[Span]:
        for place, checked in search.values(line):
            if check(checked):
                yield line.span(*place)

    return Matcher(((rule.params["pattern"],),), find)


def _field(rule: Rule) -> Matcher:
    labels = "|".join(f"(?:{label})" for label in rule.params["labels"])
    value = rule.params["value"] or _REST
    joint = f"(?:{_JOINT})?" if rule.params["value"] else _JOINT  # a value of any form needs a sign before it
    inline = Search(rf"(?:{labels}){joint}(?P<value>{value})")
    header = Search(rf"(?:^|\t)[^\t]{{0,6}}(?:{labels})[^\t]{{0,6}}(?:\t|$)")
    cell = (rf"\s*(?P<value>{value})\s*",)

    def find(page: Page, line: Line, _stretches: object) -> Iterator[Span]:
        for place, _ in inline.values(line):
            yield line.span(*place)
        if "\t" in line.text and header.occurs(line):
            yield from _below(page, line)

    def _below(page: Page, line: Line) -> Iterator[Span]:
        """Values under a header cell, down to the first row of another width."""
        columns = [i for i, text in enumerate(line.text.split("\t")) if compiled((labels,)).search(text)]
        width = line.text.count("\t")
        end = line.start + len(line.text)
        while end + 1 < len(page.text):
            start, end = page.line_bounds(end + 1)
            cells = page.text[start:end].split("\t")
            if len(cells) != width + 1:
                return
            for column in columns:
                match = compiled(cell).fullmatch(cells[column])
                if match:
                    at = start + sum(map(len, cells[:column])) + column
                    yield Span(at + match.start(1), at + match.end(1))

    return Matcher((rule.params["labels"],), find)


def _near(rule: Rule) -> Matcher:
    sets = [Search(*words) for words in rule.params["sets"]]
    within = rule.params["within"]
    ordered = rule.params["ordered"]

    order = sets  # the set that was missing last is asked for first

    def holds_all(line: Line, stretch: tuple[int, int]) -> bool:
        nonlocal order
        for words in order:
            if not words.occurs(line, *stretch):
                if words is not order[0]:
                    order = [words, *(other for other in order if other is not words)]
                return False
        return True

    def find(_page: Page, line: Line, stretches: Sequence[tuple[int, int]]) -> Iterator[Span]:
        likely = [stretch for stretch in stretches if holds_all(line, stretch)]
        if not likely:
            return
        found = [words.places(line) for words in sets]
        for a, b in characters(line.data, likely):
            inside = [_inside(places, a, b) for places in found]
            for start, end in _together(inside, within, ordered=ordered):
                yield line.span(start, end)

    return Matcher(rule.params["sets"], find, in_sentence=within == "sentence")


def _inside(places: list[Place], start: int, end: int) -> list[Place]:
    near = places[bisect_left(places, (start, start)) : bisect_left(places, (end, end))]
    return [place for place in near if place[1] <= end]


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
