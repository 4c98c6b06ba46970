"""Cut a document into the passages that a classifier reads: sentences, lines, telling cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from review.types import Document, Span, Zone

SHORTEST: Final = 6  # characters; nothing shorter discloses by itself
LONGEST: Final = 160  # characters; a longer sentence is read clause by clause

_SENTENCE: Final = re.compile(r"[^\n。！？!?]*[。！？!?]*[”’」』）)]?\n?")
_CLAUSE: Final = re.compile(r"[^；;，,]*[；;，,]?")
#: Zones whose text is written by people in sentences. Names of files and properties are for rules.
_ZONES: Final = frozenset(Zone) - {Zone.METADATA, Zone.FILENAME}


def split(document: Document) -> Iterator[Span]:
    """Yield the passages of a document in order, each inside one block and one line, without spaces around it."""
    for block in document.blocks:
        if len(block.span) >= SHORTEST and block.zone in _ZONES:  # of a table's cells most are shorter
            at = block.span.start
            inside = document.text[at : block.span.end]
            if not inside.isascii():  # a number is no prose
                yield from (Span(at + start, at + end) for start, end in sentences(inside))


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield half-open ranges: sentences; cells where tabs divide a line; clauses of what is too long."""
    for match in _SENTENCE.finditer(text):
        start, sentence = match.start(), match[0]
        if len(sentence) <= LONGEST and "\t" not in sentence:  # as nearly all
            pieces: Iterable[tuple[int, str]] = ((start, sentence),)
        else:
            pieces = _divided(start, sentence)
        for at, piece in pieces:
            words = piece.strip()
            if len(words) >= SHORTEST and _is_prose(words):
                first = at + len(piece) - len(piece.lstrip())
                yield first, first + len(words)


def _divided(start: int, sentence: str) -> Iterator[tuple[int, str]]:
    """Yield the cells of a sentence, the long ones in pieces, and where they begin."""
    for cell in sentence.split("\t"):
        if len(cell) <= LONGEST:
            yield start, cell
        else:
            for a, b in _clauses(cell):
                yield start + a, cell[a:b]
        start += len(cell) + 1


def _clauses(sentence: str) -> Iterator[tuple[int, int]]:
    """Yield pieces of at most about ``LONGEST`` characters, cut behind commas and semicolons."""
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
