"""What holds for every text: alignment, widen, round trips, views."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from hypothesis import given, note, settings
from hypothesis import strategies as st

from review import text
from review.text._characters import fold
from review.types import Alignment, Block, Document, Locator, Reading, Redaction, Run, Span

ODD = (
    "a1 \n\t\r一三八零〇○○國關臺機密秘绝★☆*女年()（guānwěn?。ㄗ灾螀^-·.—１３８①½²⻔⼈㍿…"
    "\u200b\u200d\ufeff\u00ad\ufe0f\u0301ｶﾞ\u1112\u1161𠮷😀OlIXx×"
)
CHARS = st.one_of(st.sampled_from(ODD), st.characters())
SOURCES = st.text(CHARS, max_size=60)
RUNS = st.lists(st.tuples(st.text(CHARS, max_size=12), st.booleans()), max_size=8)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any runs, and any ordered, disjoint blocks over them."""
    runs = tuple(Run(part, Locator("t", (i,)) if stored else None) for i, (part, stored) in enumerate(draw(RUNS)))
    length = sum(len(run.text) for run in runs)
    borders = sorted(draw(st.sets(st.integers(0, length), max_size=8)))
    blocks = tuple(Block(Span(a, b)) for a, b in pairwise(borders) if draw(st.booleans()))
    note(f"{[run.text for run in runs]} {[(block.span.start, block.span.end) for block in blocks]}")
    return text.compose(Reading(runs, blocks), sha256="", media_type="text/plain", name="")


def spans(document: Document) -> st.SearchStrategy[Span]:
    count = len(document.text)
    return st.integers(0, count - 1).flatmap(lambda a: st.integers(a + 1, count).map(lambda b: Span(a, b)))


def check_alignment(alignment: Alignment, length: int, limit: int) -> None:
    starts, ends = alignment.starts, alignment.ends
    assert len(starts) == len(ends) == length
    assert all(0 <= a < b <= limit for a, b in zip(starts, ends, strict=True))
    assert all(a <= b for a, b in pairwise(starts))
    assert all(a <= b for a, b in pairwise(ends))


@settings(deadline=None)
@given(documents())
def test_alignment(document: Document) -> None:
    check_alignment(document.alignment, len(document.text), len(document.source))


@settings(deadline=None)
@given(documents())
def test_every_visible_source_character_is_stood_for(document: Document) -> None:
    covered = {i for a, b in zip(document.alignment.starts, document.alignment.ends, strict=True) for i in range(a, b)}
    assert [char for i, char in enumerate(document.source) if i not in covered and fold(char)] == []


@settings(deadline=None)
@given(documents())
def test_blocks_stay_ordered_disjoint_and_inside_their_source(document: Document) -> None:
    assert all(left.span.end <= right.span.start for left, right in pairwise(document.blocks))
    for block in document.blocks:
        assert block.span.end <= len(document.text)
        text.source_span(document, block.span)


@settings(deadline=None)
@given(st.data(), documents())
def test_widen_never_narrows_and_is_idempotent(data: st.DataObject, document: Document) -> None:
    if not document.text:
        return
    span = data.draw(spans(document))
    wide = text.widen(document, span)
    assert wide.covers(span)
    assert text.widen(document, wide) == wide


@settings(deadline=None)
@given(st.data(), documents())
def test_what_is_outside_a_widened_span_shares_no_source_with_it(data: st.DataObject, document: Document) -> None:
    if not document.text:
        return
    wide = text.widen(document, data.draw(spans(document)))
    source = text.source_span(document, wide)
    for i in (*range(wide.start), *range(wide.end, len(document.text))):
        assert not source.overlaps(Span(document.alignment.starts[i], document.alignment.ends[i]))


@settings(deadline=None)
@given(st.data(), documents())
def test_cuts_take_exactly_the_source_of_the_redactions(data: st.DataObject, document: Document) -> None:
    if not document.text:
        return
    chosen = data.draw(st.lists(spans(document), max_size=3))
    redactions, end = [], 0
    for span in sorted(chosen):
        if span.start >= end:
            redactions.append(Redaction(span, "X"))
            end = span.end
    wanted = set()
    for redaction in redactions:
        source = text.source_span(document, text.widen(document, redaction.span))
        wanted |= set(range(source.start, source.end))
    offsets, made_up, at = [], set(), 0
    for run in document.runs:
        offsets.append(at)
        made_up |= set(range(at, at + len(run.text))) if run.at is None else set()
        at += len(run.text)
    found = text.cuts(document, redactions)
    places = [place for cut in found for place in range(offsets[cut.run] + cut.start, offsets[cut.run] + cut.end)]
    assert places == sorted(wanted - made_up)
    assert sum(cut.replacement == "X" for cut in found) <= len(redactions)


@settings(deadline=None)
@given(SOURCES)
def test_normalising_twice_changes_nothing_more_than_folding(source: str) -> None:
    """Every character of a normalised text is one that stays (pollution may only show after the first time)."""
    once = text.normalise(source)
    assert all(len(fold(char)) == 1 for char in once)


@settings(deadline=None)
@given(st.text(st.sampled_from("据条例规定,各单位2024年(abc)。\n😀𠮷é"), max_size=80))
def test_clean_text_is_identity(source: str) -> None:
    document = text.compose(
        Reading((Run(source, Locator("t")),), (Block(Span(0, len(source))),) if source else ()),
        sha256="",
        media_type="text/plain",
        name="",
    )
    assert document.text == source
    assert list(document.alignment.starts) == list(range(len(source)))


# Combining marks, CRLF, Hangul vowels and finals, voicing marks, and what may look like pollution.
MERGES = frozenset("\r?()（）\uff9e\uff9f") | frozenset(map(chr, range(0x1100, 0x1200)))


@settings(deadline=None)
@given(SOURCES)
def test_only_combining_marks_and_pollution_are_not_folded_one_by_one(source: str) -> None:
    plain = "".join(char for char in source if char not in MERGES and not unicodedata.combining(char))
    assert text.normalise(plain) == "".join(text.normalise(char) for char in plain)


@settings(deadline=None)
@given(documents())
def test_views_are_aligned_to_the_text(document: Document) -> None:
    for view in (text.digits(document), text.tight(document)):
        check_alignment(view.alignment, len(view.text), len(document.text))
        for char, start, end in zip(view.text, view.alignment.starts, view.alignment.ends, strict=True):
            stored = document.text[start:end]
            assert stored == char or (char == "★" and stored in "★☆*女") or (char in "0123456789X" and len(stored) == 1)


DIGITS = st.text(st.sampled_from("0123456789一三八零OlX -\n."), max_size=60)


@settings(deadline=None)
@given(DIGITS)
def test_digits_drops_nothing_but_separators(source: str) -> None:
    document = text.compose(
        Reading((Run(source, Locator("t")),), (Block(Span(0, len(source))),) if source else ()),
        sha256="",
        media_type="text/plain",
        name="",
    )
    view = text.digits(document)
    kept = set(view.alignment.starts)
    assert all(char in " -\n." for i, char in enumerate(document.text) if i not in kept)
