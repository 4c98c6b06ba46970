"""The shapes of rules as matchers. Each says which patterns gate a line and what it finds on a gated line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import re2

from review.detectors._checks import CHECKS
from review.detectors._conditions import either
from review.detectors._numbers import Number
from review.detectors._page import Line, Page, Squeezed, squeeze
from review.types import Rule, Span

Find = Callable[[Page, Line], Iterator[Span]]

# What may stand between a label and its value: brackets with a remark, a colon, 为, 是, a cell border.
_JOINT = r"(?:\([^()\n]{0,12}\))?[ ]*(?:[:：=]|是|为|系|\t|[ ]{1,})[ :：]*"
_REST = r"[^，,。;；\t\n]{1,60}"


@dataclass(frozen=True, slots=True)
class Matcher:
    """``gates``: patterns of which one must occur on a line, else ``find`` need not look at it."""

    gates: tuple[str, ...]
    find: Find


def line_matcher(rule: Rule) -> Matcher | None:
    """Return the matcher of a rule that looks at lines; None for shapes that look at something else."""
    build = {"patterns": _patterns, "near": _near, "checksum": _checksum, "field": _field}.get(rule.shape)
    if build is None or (rule.shape == "checksum" and rule.view == "digits"):
        return None
    return build(rule)


def number_matcher(rule: Rule) -> Callable[[Number], Span | None]:
    """Return what finds a rule's value in a number candidate: the whole candidate or nothing."""
    shape = re.compile(rule.params["pattern"])
    check = CHECKS[rule.params["check"]]
    groups = None if rule.params["groups"] is None else re.compile(rule.params["groups"])

    def find(number: Number) -> Span | None:
        match = shape.fullmatch(number.digits)
        if match is None or (groups is not None and groups.fullmatch(number.groups) is None):
            return None
        checked = match["check"] if "check" in shape.groupindex else number.digits
        return number.span if check(checked) else None

    return find


def _patterns(rule: Rule) -> Matcher:
    patterns = rule.params["patterns"]
    compiled = [re2.compile(pattern) for pattern in patterns]

    def find(page: Page, line: Line) -> Iterator[Span]:
        view = _view(rule, line)
        for pattern in compiled:
            for match in pattern.finditer(view.text):
                yield from _span(view, match)

    return Matcher(patterns, find)


def _checksum(rule: Rule) -> Matcher:
    pattern = re2.compile(rule.params["pattern"])
    group = pattern.groupindex.get("check", pattern.groupindex.get("value", 0))
    check = CHECKS[rule.params["check"]]

    def find(page: Page, line: Line) -> Iterator[Span]:
        view = _view(rule, line)
        for match in pattern.finditer(view.text):
            if check(match[group] or match[0]):
                yield from _span(view, match)

    return Matcher((rule.params["pattern"],), find)


def _field(rule: Rule) -> Matcher:
    labels = "|".join(f"(?:{label})" for label in rule.params["labels"])
    value = rule.params["value"] or _REST
    inline = re2.compile(rf"(?:{labels}){_JOINT}(?P<value>{value})")
    header = re2.compile(rf"(?:^|\t)[^\t]{{0,6}}(?:{labels})[^\t]{{0,6}}(?:\t|$)")
    cell = re2.compile(rf"\s*(?P<value>{value})\s*")

    def find(page: Page, line: Line) -> Iterator[Span]:
        view = _view(rule, line)
        for match in inline.finditer(view.text):
            yield from _span(view, match)
        if "\t" in line.text and header.search(line.text):
            yield from _below(page, line)

    def _below(page: Page, line: Line) -> Iterator[Span]:
        """Values under a header cell, down to the first row of another width."""
        columns = [i for i, text in enumerate(line.text.split("\t")) if labelled.search(text)]
        width = line.text.count("\t")
        row = line
        while row.end + 1 < len(page.text):
            row = page.line_at(row.end + 1)
            if row.text.count("\t") != width:
                return
            starts = [0, *(i + 1 for i, char in enumerate(row.text) if char == "\t"), len(row.text) + 1]
            bounds = list(pairwise(starts))
            for column in columns:
                a, b = bounds[column]
                match = cell.fullmatch(row.text[a : b - 1])
                if match:
                    yield Span(row.start + a + match.start(1), row.start + a + match.end(1))

    labelled = re2.compile(labels)
    return Matcher((labels,), find)


def _near(rule: Rule) -> Matcher:
    sets = [either(words) for words in rule.params["sets"]]
    within = rule.params["within"]
    ordered = rule.params["ordered"]

    def find(page: Page, line: Line) -> Iterator[Span]:
        view = _view(rule, line)
        for a, b in _stretches(view.text, within):
            found = _together([list(words.finditer(view.text[a:b])) for words in sets], within, ordered=ordered)
            for start, end in found:
                yield Span(view.at[a + start], view.at[a + end - 1] + 1)

    return Matcher((rule.params["sets"][0] and either(rule.params["sets"][0]).pattern,), find)


def _stretches(text: str, within: int | str) -> Iterator[tuple[int, int]]:
    if within != "sentence":
        yield 0, len(text)
        return
    start = 0
    for mark in re.finditer(r"[。!?;]|$", text):
        if mark.start() > start:
            yield start, mark.start()
        start = mark.end()


def _together(found: list[list[Any]], within: int | str, *, ordered: bool) -> Iterator[tuple[int, int]]:
    """Yield, for each match of the first set, the narrowest stretch that holds a match of every set."""
    last = -1
    for first in found[0]:
        start, end = first.span()
        for matches in found[1:]:
            best = None
            for match in matches:
                a, b = match.span()
                if ordered and a < end:
                    continue
                reach = max(end, b) - min(start, a)
                if isinstance(within, int) and max(a - end, start - b, 0) > within:
                    continue
                if best is None or reach < best[0]:
                    best = (reach, min(start, a), max(end, b))
            if best is None:
                break
            start, end = best[1], best[2]
        else:
            if start >= last:
                yield start, end
                last = end


def _view(rule: Rule, line: Line) -> Squeezed:
    return squeeze(line) if rule.view == "tight" else Squeezed(line.text, range(line.start, line.end))


def _span(view: Squeezed, match: Any) -> Iterator[Span]:
    """The place of the group ``value`` where the pattern has one and it took part, else of the whole match."""
    group = match.re.groupindex.get("value", 0)  # google-re2 takes group numbers only
    start, end = match.span(group)
    if start < 0:
        start, end = match.span()
    if start < end:
        yield Span(view.at[start], view.at[end - 1] + 1)
