"""From text positions back to the source: widen, never narrow."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from review.types import Cut, Document, Redaction, Span


def source_span(document: Document, span: Span) -> Span:
    """Return the source range that a text span stands for."""
    return Span(document.alignment.starts[span.start], document.alignment.ends[span.end - 1])


def stored(document: Document, spans: Iterable[Span]) -> tuple[str, ...]:
    """Return what the file itself has where each span stands: source text, before normalisation."""
    source = document.source  # joined of all runs: once, not once a place
    places = (source_span(document, span) for span in spans)
    return tuple(source[place.start : place.end] for place in places)


def widen(document: Document, span: Span) -> Span:
    """Return the smallest text span that covers ``span`` and stands for whole source characters."""
    starts, ends = document.alignment.starts, document.alignment.ends
    start, end = span.start, span.end
    while start > 0 and ends[start - 1] > starts[start]:
        start -= 1
    while end < len(starts) and starts[end] < ends[end - 1]:
        end += 1
    return Span(start, end)


def cuts(document: Document, redactions: Sequence[Redaction]) -> tuple[Cut, ...]:
    """Turn redactions (text spans) into cuts: run number and source offsets inside the run.

    A redaction over several runs puts its replacement into the first and nothing into the others; runs that
    the reader made up (``at is None``) are left alone. Cuts are sorted and disjoint.
    """
    offsets = list(accumulate((len(run.text) for run in document.runs), initial=0))
    result = []
    done = 0
    for redaction in sorted(redactions, key=lambda redaction: redaction.span):
        source = source_span(document, widen(document, redaction.span))
        place, replacement = max(source.start, done), redaction.replacement
        done = max(source.end, done)
        number = bisect_right(offsets, place) - 1
        while place < source.end:
            stop = min(source.end, offsets[number + 1])
            if place < stop and document.runs[number].at is not None:
                result.append(Cut(number, place - offsets[number], stop - offsets[number], replacement))
                replacement = ""
            place = max(place, stop)
            number += 1
    return tuple(result)
