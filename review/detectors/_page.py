"""A document's text as rules look at it: views cut into lines, sentences, clauses, zones."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

from review import text as texts
from review.types import Block, Document, Span, View, Zone

_SURROGATE = re.compile("[\ud800-\udfff]")
_SENTENCE_END = re.compile(r"[。!?;\n]")
_CLAUSE_END = re.compile(r"[，,。!?;:：\n\t]")
_HEAD_LINES = 6
_HEAD = 3000  # characters


class Line:
    """A line of a view, without its newline, that knows where its characters stand in the document."""

    __slots__ = ("_ends", "_starts", "data", "start", "text")

    def __init__(self, text: str, start: int, starts: Sequence[int], ends: Sequence[int]) -> None:
        self.text = text
        self.data = text.encode()  # as engines take it
        self.start = start  # in the view
        self._starts = starts
        self._ends = ends

    def span(self, start: int, end: int) -> Span:
        """The text span of characters ``start:end`` of this line."""
        return Span(self._starts[self.start + start], self._ends[self.start + end - 1])


@dataclass(frozen=True, slots=True)
class Rows:
    """The lines of a view as bare strings, and where each begins in the view: cheap to look through."""

    texts: Sequence[str] = field(repr=False)
    at: Sequence[int] = field(repr=False)
    starts: Sequence[int] = field(repr=False)
    ends: Sequence[int] = field(repr=False)

    def line(self, number: int) -> Line:
        return Line(self.texts[number], self.at[number], self.starts, self.ends)


class Page:
    """Read-only look at a document, cheap to make. Offsets are text code points throughout."""

    def __init__(self, document: Document) -> None:
        self.document = document
        #: as long as ``document.text``; unpaired surrogates, which no engine takes, replaced
        self.text = _encodable(document.text)
        self.possible: dict[int, tuple[Mapping[str, Any], ...]] = {}  # groups of conditions that the page does not bar
        self._line = (0, -1)  # the bounds that were asked for last, as a rule are asked for again
        self.answers: dict[tuple[str, tuple[str, ...]], bool] = {}  # of conditions on the page as a whole
        self._plain = (self.text, range(len(self.text)), range(1, len(self.text) + 1))

    @cached_property
    def _block_starts(self) -> Sequence[int]:
        return array("I", [block.span.start for block in self.document.blocks])

    @cached_property
    def _line_starts(self) -> list[int]:
        """Where each line starts, and where one more would."""
        return [0, *accumulate(len(line) + 1 for line in self.text.split("\n"))]

    def view(self, name: str) -> tuple[str, Sequence[int], Sequence[int]]:
        """The text of view ``name`` (text, tight or digits) and, for each character, its place in the document."""
        if name == "tight":
            return self._tight
        if name == "digits":
            return self._digits
        return self._plain

    @cached_property
    def _tight(self) -> tuple[str, Sequence[int], Sequence[int]]:
        return self._viewed(texts.tight(self.document))

    @cached_property
    def _digits(self) -> tuple[str, Sequence[int], Sequence[int]]:
        return self._viewed(texts.digits(self.document))

    def _viewed(self, view: View) -> tuple[str, Sequence[int], Sequence[int]]:
        if view.text is self.document.text:
            return self._plain
        return _encodable(view.text), view.alignment.starts, view.alignment.ends

    def rows(self, name: str = "text") -> Rows:
        """The lines of a view, each from its first block on: ``[页眉] `` before a header is no part of it."""
        text, starts, ends = self.view(name)
        lines = text.split("\n")
        places = [0, *accumulate(len(line) + 1 for line in lines)]
        blocks = self._block_starts
        for number, line in enumerate(lines):
            if line and not _holds(blocks, starts[places[number]]):
                skip = self._outside(starts, places[number], len(line))
                lines[number] = line[skip:]
                places[number] += skip
        return Rows(lines, places, starts, ends)

    def _outside(self, starts: Sequence[int], at: int, length: int) -> int:
        """How many characters from ``at`` on lie before a block that starts on the same line."""
        here = starts[at]
        i = bisect_right(self._block_starts, here)
        if (i and self.document.blocks[i - 1].span.end > here) or i == len(self._block_starts):
            return 0
        skip = bisect_left(starts, self._block_starts[i], at, at + length) - at
        return skip if skip < length else 0

    def line_bounds(self, offset: int) -> tuple[int, int]:
        """Start and end of the text line that holds ``offset``; a newline belongs to the line that it ends."""
        start, end = self._line
        if not start <= offset <= end:
            number = bisect_right(self._line_starts, offset) - 1
            start, end = self._line = self._line_starts[number], self._line_starts[number + 1] - 1
        return start, end

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
        start, end = self.line_bounds(span.start)[0], self.line_bounds(span.end - 1)[1]
        return self._trim(start, max(end, span.end), span)

    @cached_property
    def head(self) -> str:
        """The first six lines that are not empty."""
        return "\n".join([line for line in self.text[:_HEAD].split("\n") if line.strip()][:_HEAD_LINES])

    def before(self, span: Span, window: int) -> str:
        """At most ``window`` characters of the same line before ``span``."""
        return self.text[max(self.line_bounds(span.start)[0], span.start - window) : span.start]

    def after(self, span: Span, window: int) -> str:
        """At most ``window`` characters of the same line after ``span``."""
        return self.text[span.end : min(self.line_bounds(span.end - 1)[1], span.end + window)]

    def slice(self, span: Span) -> str:
        return self.text[span.start : span.end]

    def _stretch(self, span: Span, ends: re.Pattern[str]) -> Span:
        start = self.line_bounds(span.start)[0]
        for mark in ends.finditer(self.text, start, span.start):
            start = mark.end()
        stop = ends.search(self.text, span.end)
        return self._trim(start, stop.start() if stop else len(self.text), span)

    def _trim(self, start: int, end: int, inner: Span) -> Span:
        while start < inner.start and self.text[start].isspace():
            start += 1
        while end > inner.end and self.text[end - 1].isspace():
            end -= 1
        return Span(start, end)


def _holds(numbers: Sequence[int], number: int) -> bool:
    """Is ``number`` one of the sorted ``numbers``?"""
    at = bisect_left(numbers, number)
    return at < len(numbers) and numbers[at] == number


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text
