"""A document's text as rules look at it: lines, sentences, clauses, zones, and a view without spaces."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from review.types import Block, Document, Span, Zone

_SURROGATE = re.compile("[\ud800-\udfff]")
_SENTENCE_END = re.compile(r"[。!?;\n]")
_CLAUSE_END = re.compile(r"[，,。!?;:：\n\t]")
_HEAD_LINES = 6


@dataclass(frozen=True, slots=True)
class Line:
    """One line: ``text`` without its newline, ``start`` in text code points."""

    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Squeezed:
    """A line without its spaces; ``at[i]`` is where character ``i`` stands in the document."""

    text: str
    at: tuple[int, ...] | range


class Page:
    """Read-only view of a document, cheap to make. Offsets are text code points throughout."""

    def __init__(self, document: Document) -> None:
        self.document = document
        #: same length as ``document.text``; unpaired surrogates, which no engine takes, replaced
        self.text = _SURROGATE.sub("\ufffd", document.text)
        self._block_starts = [block.span.start for block in document.blocks]

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        for line in self.text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        return starts[:-1]

    def lines(self) -> Iterator[Line]:
        start = 0
        for text in self.text.split("\n"):
            yield Line(start, text)
            start += len(text) + 1

    def line_at(self, offset: int) -> Line:
        """The line that holds ``offset``; a newline belongs to the line that it ends."""
        start = self._line_starts[bisect_right(self._line_starts, offset) - 1]
        end = self.text.find("\n", offset)
        return Line(start, self.text[start : len(self.text) if end < 0 else end])

    def block_at(self, offset: int) -> Block | None:
        """The block that holds ``offset``, or None between blocks."""
        i = bisect_right(self._block_starts, offset) - 1
        if i < 0:
            return None
        block = self.document.blocks[i]
        return block if offset < block.span.end else None

    def zone_at(self, offset: int) -> Zone:
        block = self.block_at(offset)
        return block.zone if block else Zone.BODY

    def sentence(self, span: Span) -> Span:
        """The sentence around ``span``, without the mark that ends it."""
        return self._stretch(span, _SENTENCE_END)

    def clause(self, span: Span) -> Span:
        return self._stretch(span, _CLAUSE_END)

    def whole_line(self, span: Span) -> Span:
        first = self.line_at(span.start).start
        return self._trim(first, max(self.line_at(span.end - 1).end, span.end), span)

    @cached_property
    def head(self) -> str:
        """The first six lines that are not empty."""
        return "\n".join([line for line in self.text[:3000].split("\n") if line.strip()][:_HEAD_LINES])

    def _stretch(self, span: Span, ends: re.Pattern[str]) -> Span:
        line = self.line_at(span.start)
        last = 0
        for mark in ends.finditer(line.text, 0, span.start - line.start):
            last = mark.end()
        stop = ends.search(self.text, span.end)
        return self._trim(line.start + last, stop.start() if stop else len(self.text), span)

    def _trim(self, start: int, end: int, inner: Span) -> Span:
        while start < inner.start and self.text[start].isspace():
            start += 1
        while end > inner.end and self.text[end - 1].isspace():
            end -= 1
        return Span(start, end)


def squeeze(line: Line) -> Squeezed:
    """Return the line without spaces (tabs, which part cells, stay)."""
    if " " not in line.text:
        return Squeezed(line.text, range(line.start, line.end))
    at = tuple(line.start + i for i, char in enumerate(line.text) if char != " ")
    return Squeezed(line.text.replace(" ", ""), at)
