"""Normalise source text without losing where it came from. (first stone: see docs/architecture.md)"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Sequence

from review.types import Alignment, Block, Cut, Document, Reading, Redaction, Span


def compose(reading: Reading, *, sha256: str, media_type: str, name: str) -> Document:
    """Join the runs of a reading, normalise, and carry the blocks over to text code points."""
    source = "".join(run.text for run in reading.runs)
    out: list[str] = []
    starts, ends = array("I"), array("I")
    for i, char in enumerate(source):
        for c in unicodedata.normalize("NFKC", char):
            out.append(c)
            starts.append(i)
            ends.append(i + 1)
    text = "".join(out)
    first = array("I", [0]) * (len(source) + 1)
    k = 0
    for i in range(len(source) + 1):
        while k < len(starts) and starts[k] < i:
            k += 1
        first[i] = k
    blocks = []
    for block in reading.blocks:
        a, b = first[block.span.start], first[block.span.end]
        if a < b:
            blocks.append(Block(Span(a, b), block.zone, block.label, block.cell))
    return Document(
        sha256, name, media_type, reading.runs, tuple(blocks), reading.gaps, text, Alignment(starts, ends)
    )


def source_span(document: Document, span: Span) -> Span:
    """Return the source range that a text span stands for."""
    return Span(document.alignment.starts[span.start], document.alignment.ends[span.end - 1])


def cuts(document: Document, redactions: Sequence[Redaction]) -> tuple[Cut, ...]:
    """Turn redactions (text spans) into cuts (run number and source offsets inside the run)."""
    raise NotImplementedError
