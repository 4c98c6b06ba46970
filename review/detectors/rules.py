"""Run the rules of a pack over a document: a closed set of shapes, linear time, positions never searched again.

A gate says which rules can match on which lines; only those are matched exactly, by RE2.
Word lists go through one Aho-Corasick automaton, numbers through ``_numbers``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import ahocorasick_rs

from review import cache
from review.detectors import _conditions
from review.detectors._gate import Gate, Requirement
from review.detectors._numbers import numbers
from review.detectors._page import Line, Page, Rows
from review.detectors._shapes import Matcher, line_matchers, number_matcher
from review.flags import make_flag
from review.types import Context, Detector, Document, Flag, Rule, RulePack, Span

NAME = "rules"
_VIEWS = ("text", "tight", "digits")
# As many hits of one rule in one column become one flag: a reviewer decides a column, not its rows.
_COLUMN = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where a rule matched and its conditions hold."""

    rule: Rule
    span: Span


def build(pack: RulePack) -> Detector:
    """Return the detector that runs every rule of ``pack`` except ``columns`` and deprecated ones."""
    return build_rules([rule for rule in pack.rules if rule.status != "deprecated"], cache.on_disk)


def build_rules(rules: Sequence[Rule], keep: cache.Keep = cache.never) -> Detector:
    """Return the detector that runs just ``rules``; ``keep`` may save compiling them again at the next start."""
    scanners = (
        _Lines(rules, keep).hits,
        *(_Words(rules, view).hits for view in _VIEWS),
        _Numbers(rules).hits,
    )

    def detect(document: Document, context: Context) -> Iterable[Flag]:
        page = Page(document)
        found = (hit for scanner in scanners for hit in scanner(page, context))
        hits = [_widened(page, hit) for hit in found if _wanted(page, hit, context)]
        return _flags(page, _strongest(hits))

    return detect


# ------------------------------------------------------------------------------------------ scanners


class _Lines:
    """Rules that look at lines. All run on the lines of the text; those of another view also on its own lines."""

    def __init__(self, rules: Sequence[Rule], keep: cache.Keep) -> None:
        matchers = [(rule, matcher) for rule in rules for matcher in line_matchers(rule)]
        self._text = _Gated(matchers, keep)
        self._views = {
            view: _Gated([(rule, matcher) for rule, matcher in matchers if rule.view == view], keep)
            for view in sorted({rule.view for rule in rules} - {"text"})
        }

    def hits(self, page: Page, context: Context) -> Iterator[Hit]:
        rows = page.rows()
        yield from self._text.hits(page, context, rows, range(len(rows.texts)))
        for view, gated in self._views.items():
            if page.view(view)[0] != page.text:
                plain = set(rows.texts)
                own = page.rows(view)
                changed = [number for number, text in enumerate(own.texts) if text not in plain]
                yield from gated.hits(page, context, own, changed)


class _Gated:
    """Matchers behind one gate."""

    def __init__(self, matchers: Sequence[tuple[Rule, Matcher]], keep: cache.Keep) -> None:
        self._matchers = matchers
        self._barred = lru_cache(maxsize=64)(self._barred_in)
        self._gate = Gate([Requirement(rule.id, m.gates, in_sentence=m.in_sentence) for rule, m in matchers], keep)

    def hits(self, page: Page, context: Context, rows: Rows, numbers: Sequence[int]) -> Iterator[Hit]:
        barred = self._barred(context.genre.id)
        lines: dict[int, Line] = {}
        for owner, places in self._gate.passing([rows.texts[number] for number in numbers]).items():
            if owner not in barred:
                rule, matcher = self._matchers[owner]
                for number, stretches in places.items():
                    line = lines.get(number) or lines.setdefault(number, rows.line(numbers[number]))
                    for span in matcher.find(page, line, stretches):
                        yield Hit(rule, span)

    def _barred_in(self, genre: str) -> frozenset[int]:
        """The matchers whose rules ask for other genres: whatever they match would be dropped."""
        return frozenset(owner for owner, (rule, _) in enumerate(self._matchers) if not _speaks_in(rule, genre))


class _Words:
    """Lexicon rules of one view: one automaton."""

    def __init__(self, rules: Sequence[Rule], view: str) -> None:
        self._view = view
        self._rules = [rule for rule in rules if rule.shape == "lexicon" and rule.view == view]
        terms = [(term, owner) for owner, rule in enumerate(self._rules) for term in rule.params["terms"]]
        self._owners = [owner for _, owner in terms]
        self._automaton = ahocorasick_rs.AhoCorasick([term for term, _ in terms])

    def hits(self, page: Page, _context: Context) -> Iterator[Hit]:
        """Leftmost longest terms, for each rule by itself."""
        if not self._rules:
            return
        text, starts, ends = page.view(self._view)
        found: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for term, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            found[self._owners[term]].append((start, end))
        for owner, places in found.items():
            last = -1
            for start, end in sorted(places, key=lambda place: (place[0], -place[1])):
                if start >= last:
                    yield Hit(self._rules[owner], Span(starts[start], ends[end - 1]))
                    last = end


class _Numbers:
    """``checksum`` rules over the digits view."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._matchers = [
            (rule, number_matcher(rule)) for rule in rules if rule.shape == "checksum" and rule.view == "digits"
        ]

    def hits(self, page: Page, _context: Context) -> Iterator[Hit]:
        if not self._matchers:
            return
        for number in numbers(page):
            for rule, find in self._matchers:
                span = find(number)
                if span is not None:
                    yield Hit(rule, span)


# ------------------------------------------------------------------------------------------ hits → flags


def _speaks_in(rule: Rule, genre: str) -> bool:
    asked = rule.params["require"].get("genres")
    return (asked is None or genre in asked) and genre not in rule.unless.get("genres", ())


def _wanted(page: Page, hit: Hit, context: Context) -> bool:
    rule = hit.rule
    if page.zone_at(hit.span.start) not in rule.zones:
        return False
    if rule.params["require"] and not _conditions.holds_all(rule.params["require"], page, hit.span, context):
        return False
    return not (rule.unless and _conditions.holds_any(rule.unless, page, hit.span, context))


def _widened(page: Page, hit: Hit) -> Hit:
    widen = {"clause": page.clause, "sentence": page.sentence, "line": page.whole_line}.get(hit.rule.params["span"])
    return hit if widen is None else replace(hit, span=widen(hit.span))


def _strongest(hits: Iterable[Hit]) -> list[Hit]:
    """Drop a hit that another of the same type covers; where the places are equal the surer rule stays."""
    kept: list[Hit] = []
    reach: dict[str, list[Hit]] = defaultdict(list)
    order = sorted(
        hits,
        key=lambda h: (h.span.start, -h.span.end, -h.rule.severity.rank, -h.rule.confidence, h.rule.id),
    )
    for hit in order:
        open_ = [other for other in reach[hit.rule.type] if other.span.end > hit.span.start]
        reach[hit.rule.type] = open_
        if not any(other.span.covers(hit.span) for other in open_):
            kept.append(hit)
            open_.append(hit)
    return kept


def _flags(page: Page, hits: Sequence[Hit]) -> Iterator[Flag]:
    columns: dict[tuple[str, int, int], list[Hit]] = defaultdict(list)
    single: list[Hit] = []
    for hit in hits:
        block = page.block_at(hit.span.start)
        cell = block.cell if block else None
        if cell is None:
            single.append(hit)
        else:
            columns[hit.rule.id, cell.table, cell.column].append(hit)
    for group in columns.values():
        if len(group) < _COLUMN:
            single += group
        else:
            yield make_flag(page.document, group[0].rule, tuple(hit.span for hit in group), detector=NAME)
    for hit in single:
        yield make_flag(page.document, hit.rule, (hit.span,), detector=NAME)
