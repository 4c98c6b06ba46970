"""Run the rules of a pack over a document: a closed set of shapes, linear time, positions never searched again.

One hyperscan pass over the lines says which rules can match where; only those are matched exactly, by RE2.
Word lists go through one Aho-Corasick automaton, numbers through ``_numbers``.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import ahocorasick_rs
import hyperscan

from review.detectors import _conditions
from review.detectors._numbers import numbers
from review.detectors._page import Page, squeeze
from review.detectors._shapes import Matcher, line_matcher, number_matcher
from review.flags import make_flag
from review.types import Context, Detector, Document, Flag, Rule, RulePack, Span

NAME = "rules"
# As many hits of one rule in one column become one flag: a reviewer decides a column, not its rows.
_COLUMN = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where a rule matched and its conditions hold."""

    rule: Rule
    span: Span


def build(pack: RulePack) -> Detector:
    """Return the detector that runs every rule of ``pack`` except ``columns`` and deprecated ones."""
    return build_rules([rule for rule in pack.rules if rule.status != "deprecated"])


def build_rules(rules: Sequence[Rule]) -> Detector:
    """Return the detector that runs just ``rules``."""
    scanners = (_Lines(rules).hits, _Words(rules).hits, _Numbers(rules).hits)

    def detect(document: Document, context: Context) -> Iterable[Flag]:
        page = Page(document)
        hits = [_widened(page, hit) for scanner in scanners for hit in scanner(page) if _wanted(page, hit, context)]
        return _flags(page, _strongest(hits))

    return detect


# ------------------------------------------------------------------------------------------ scanners


class _Lines:
    """Rules that look at lines. Gate: one hyperscan database of all their patterns, each line once."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._matchers: list[tuple[Rule, Matcher]] = []
        for rule in rules:
            matcher = line_matcher(rule)
            if matcher is not None:
                self._matchers.append((rule, matcher))
        self._database = _database([matcher.gates for _, matcher in self._matchers]) if self._matchers else None
        self._tight = any(rule.view == "tight" for rule, _ in self._matchers)
        self._local = threading.local()  # a scratch serves one scan at a time

    def hits(self, page: Page) -> Iterator[Hit]:
        if self._database is None:
            return
        for line in page.lines():
            if not line.text:
                continue
            gated = self._gated(self._database, line.text)
            if self._tight and " " in line.text:
                gated |= self._gated(self._database, squeeze(line).text)
            for index in sorted(gated):
                rule, matcher = self._matchers[index]
                for span in matcher.find(page, line):
                    yield Hit(rule, span)

    def _gated(self, database: hyperscan.Database, text: str) -> set[int]:
        found: set[int] = set()
        if not hasattr(self._local, "scratch"):
            self._local.scratch = hyperscan.Scratch(database)
        database.scan(
            text.encode(), match_event_handler=lambda index, *_: found.add(index), scratch=self._local.scratch
        )
        return found


class _Words:
    """Lexicon rules: one automaton for each view."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._views: list[tuple[bool, list[Rule], ahocorasick_rs.AhoCorasick, list[int]]] = []
        for tight in (False, True):
            mine = [rule for rule in rules if rule.shape == "lexicon" and (rule.view == "tight") == tight]
            terms = [(term, owner) for owner, rule in enumerate(mine) for term in rule.params["terms"]]
            if terms:
                automaton = ahocorasick_rs.AhoCorasick([term for term, _ in terms])
                self._views.append((tight, mine, automaton, [owner for _, owner in terms]))

    def hits(self, page: Page) -> Iterator[Hit]:
        for tight, rules, automaton, owners in self._views:
            if tight:
                for line in page.lines():
                    if line.text:
                        view = squeeze(line)
                        for rule, start, end in self._longest(rules, automaton, owners, view.text):
                            yield Hit(rule, Span(view.at[start], view.at[end - 1] + 1))
            else:
                for rule, start, end in self._longest(rules, automaton, owners, page.text):
                    yield Hit(rule, Span(start, end))

    @staticmethod
    def _longest(
        rules: Sequence[Rule], automaton: ahocorasick_rs.AhoCorasick, owners: Sequence[int], text: str
    ) -> Iterator[tuple[Rule, int, int]]:
        """Leftmost longest terms, for each rule by itself."""
        found: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for term, start, end in automaton.find_matches_as_indexes(text, overlapping=True):
            found[owners[term]].append((start, end))
        for owner, places in found.items():
            last = -1
            for start, end in sorted(places, key=lambda place: (place[0], -place[1])):
                if start >= last:
                    yield rules[owner], start, end
                    last = end


class _Numbers:
    """``checksum`` rules over the digits view."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._matchers = [
            (rule, number_matcher(rule)) for rule in rules if rule.shape == "checksum" and rule.view == "digits"
        ]

    def hits(self, page: Page) -> Iterator[Hit]:
        if not self._matchers:
            return
        for number in numbers(page.text):
            for rule, find in self._matchers:
                span = find(number)
                if span is not None:
                    yield Hit(rule, span)


def _database(gates: Sequence[Sequence[str]]) -> hyperscan.Database:
    expressions = [(gate, index) for index, mine in enumerate(gates) for gate in mine]
    database = hyperscan.Database()
    # PREFILTER: may say yes too often, never no; it also takes constructs that exact mode refuses.
    database.compile(
        expressions=[gate.encode() for gate, _ in expressions],
        ids=[index for _, index in expressions],
        elements=len(expressions),
        flags=hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_PREFILTER,
    )
    return database


# ------------------------------------------------------------------------------------------ hits → flags


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


# ------------------------------------------------------------------------------------------ examples


def surfaces(document: Document, rule: Rule, context: Context) -> Iterator[str]:
    """Yield the source texts that ``rule`` alone flags in ``document``: for ``packs.check_examples``."""
    for flag in build_rules([rule])(document, context):
        for span in flag.spans:
            start = document.alignment.starts[span.start]
            yield document.source[start : document.alignment.ends[span.end - 1]]
