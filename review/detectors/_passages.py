"""Cut a document into the passages that a classifier reads: sentences, lines, telling cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from review.types import Block, Document, Span, Zone

SHORTEST: Final = 6  # characters; nothing shorter discloses by itself
LONGEST: Final = 160  # characters; a longer sentence is read clause by clause

_SENTENCE: Final = re.compile(r"[^\n。！？!?]*[。！？!?]*[”’」』）)]?\n?")
_CLAUSE: Final = re.compile(r"[^；;，,]*[；;，,]?")
#: Zones whose text is written by people in sentences. Names of files and properties are for rules.
_ZONES: Final = frozenset(Zone) - {Zone.METADATA, Zone.FILENAME}


@dataclass(frozen=True, slots=True)
class Passage:
    """One stretch of ``Document.text`` without leading or trailing space, inside one block and one line."""

    span: Span
    zone: Zone
    in_table: bool


def split(document: Document) -> Iterator[Passage]:
    """Yield the passages of a document in order."""
    for block in document.blocks:
        if len(block.span) >= SHORTEST and block.zone in _ZONES:  # of a table's cells most are shorter
            yield from _block(document.text, block)


def _block(text: str, block: Block) -> Iterator[Passage]:
    inside = text[block.span.start : block.span.end]
    if inside.isascii():  # a number: no prose
        return
    in_table = block.cell is not None or "\t" in inside
    for start, end in sentences(inside):
        yield Passage(Span(block.span.start + start, block.span.start + end), block.zone, in_table)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield half-open ranges: sentences; cells where tabs divide a line; clauses of what is too long."""
    for match in _SENTENCE.finditer(text):
        start = match.start()
        for cell in match.group().split("\t"):
            for a, b in _fitting(cell):
                piece = cell[a:b].strip()
                at = start + a + (len(cell[a:b]) - len(cell[a:b].lstrip()))
                if len(piece) >= SHORTEST and _is_prose(piece):
                    yield at, at + len(piece)
            start += len(cell) + 1


def _fitting(sentence: str) -> Iterator[tuple[int, int]]:
    """Yield pieces of at most about ``LONGEST`` characters, cut behind commas and semicolons."""
    if len(sentence) <= LONGEST:
        yield 0, len(sentence)
        return
    start = end = 0
    for match in _CLAUSE.finditer(sentence):
        if match.end() - start > LONGEST and end > start:
            yield start, end
            start = end
        end = match.end()
    if end > start:
        yield start, end


def _is_prose(piece: str) -> bool:
    """At least a third of the characters are not ASCII: a Chinese character takes three bytes."""
    return (len(piece.encode("utf-8", "surrogatepass")) - len(piece)) * 3 >= 2 * len(piece)
