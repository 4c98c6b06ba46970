"""Source → Document: normalisation with exact alignment, vectorised, because most text needs nothing at all."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from review.text._characters import CARRIAGE, CHANGES, JOINS, RESIZES, TONE, Codes, codes_of, fold, tables, text_of
from review.text._pollution import repairs
from review.types import Alignment, Block, Document, Reading, Span

Positions = NDArray[np.uint32]

_NOWHERE = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Aligned:
    """Characters and, for each, the source range that it stands for; None: character ``i`` is ``i:i + 1``."""

    codes: Codes = field(repr=False)
    ranges: tuple[Positions, Positions] | None = field(default=None, repr=False)

    def spelt_out(self) -> tuple[Positions, Positions]:
        """Return the starts and ends as arrays."""
        if self.ranges is not None:
            return self.ranges
        starts = np.arange(len(self.codes), dtype=np.uint32)
        return starts, starts + np.uint32(1)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """``start:end`` of a text becomes ``text``; every new character stands for the whole range."""

    start: int
    end: int
    text: str = field(repr=False)


def compose(reading: Reading, *, sha256: str, media_type: str, name: str) -> Document:
    """Join the runs of a reading, normalise, and carry the blocks over to text code points.

    Blocks that become empty disappear. Blocks of a reading are ordered and disjoint (see ``Block``).
    """
    source = "".join(run.text for run in reading.runs)
    count = len(reading.blocks)
    block_starts = np.fromiter((block.span.start for block in reading.blocks), np.uint32, count)
    block_ends = np.fromiter((block.span.end for block in reading.blocks), np.uint32, count)
    aligned = _normalise(source, block_starts, block_ends)
    if aligned.ranges is None:
        blocks = reading.blocks
        alignment = Alignment(range(len(source)), range(1, len(source) + 1))
    else:
        starts, ends = aligned.ranges
        first, last = np.searchsorted(starts, block_starts), np.searchsorted(starts, block_ends)
        blocks = _moved(reading.blocks, first.tolist(), last.tolist())
        alignment = Alignment(packed(starts), packed(ends))
    text = text_of(aligned.codes)
    return Document(sha256, name, media_type, reading.runs, blocks, reading.gaps, text, alignment)


def normalise(text: str) -> str:
    """Return a bare string after the same steps, as one block."""
    no_borders = np.empty(0, np.uint32)
    return text_of(_normalise(text, no_borders, no_borders).codes)


def compact(text: str) -> str:
    """Return a form in which two spellings of one value are equal; for searching leaks, not for reading.

    Normalised, without whitespace, without separators and punctuation between digits, case folded.
    """
    return _BETWEEN_DIGITS.sub("", _SPACE.sub("", normalise(text))).casefold()


_SPACE = re.compile(r"\s+")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[^\w\s]+(?=\d)|(?<=\d)_+(?=\d)")


def packed(positions: Positions) -> Sequence[int]:
    """Return positions as the compact array that alignments hold."""
    result = array("I")
    result.frombytes(np.ascontiguousarray(positions, np.uint32).data.cast("B"))
    return result


def _moved(blocks: Sequence[Block], firsts: list[int], lasts: list[int]) -> tuple[Block, ...]:
    moved = []
    for block, first, last in zip(blocks, firsts, lasts, strict=True):
        if block.span.start == first and block.span.end == last:
            moved.append(block)
        elif first < last:
            moved.append(Block(Span(first, last), block.zone, block.label, block.cell))
    return tuple(moved)


def _normalise(source: str, block_starts: Positions, block_ends: Positions) -> Aligned:
    """Return the normalised characters with their source ranges."""
    table = tables()
    codes = codes_of(source)
    kinds = table.kind[codes]
    if not kinds.any():
        return Aligned(codes)
    borders = (block_starts, block_ends)
    aligned = Aligned(codes)
    if (kinds & TONE).any():
        for repair in repairs():
            rewrites = [Rewrite(*found) for found in repair(text_of(aligned.codes))]
            aligned = _apply(aligned, rewrites, borders)
        kinds = table.kind[aligned.codes]
    if (kinds & JOINS).any():
        aligned = _apply(aligned, _clusters(aligned.codes, kinds), borders)
        kinds = table.kind[aligned.codes]
    if (kinds & (RESIZES | CARRIAGE)).any():
        return _resize(aligned, kinds, len(codes), borders)
    if (kinds & CHANGES).any():
        return Aligned(table.single[aligned.codes], aligned.ranges)
    return aligned


def _apply(aligned: Aligned, rewrites: Sequence[Rewrite], borders: tuple[Positions, Positions]) -> Aligned:
    """Apply rewrites (ordered, disjoint) that cross no block border."""
    if not rewrites:
        return aligned
    old_starts, old_ends = aligned.spelt_out()
    codes, starts, ends = [], [], []
    done = 0
    for rewrite in rewrites:
        start, end = old_starts[rewrite.start], old_ends[rewrite.end - 1]
        if any(np.searchsorted(side, start, "right") != np.searchsorted(side, end, "left") for side in borders):
            continue
        codes += [aligned.codes[done : rewrite.start], codes_of(rewrite.text)]
        starts += [old_starts[done : rewrite.start], np.full(len(rewrite.text), start)]
        ends += [old_ends[done : rewrite.start], np.full(len(rewrite.text), end)]
        done = rewrite.end
    codes.append(aligned.codes[done:])
    starts.append(old_starts[done:])
    ends.append(old_ends[done:])
    return Aligned(np.concatenate(codes), (np.concatenate(starts), np.concatenate(ends)))


def _clusters(codes: Codes, kinds: NDArray[np.uint8]) -> list[Rewrite]:
    """Find characters with combining marks whose NFKC is not that of their characters one by one."""
    rewrites = []
    last = 0
    for place in np.flatnonzero(kinds & JOINS).tolist():
        if place < last or place == 0:
            continue
        start, end = place - 1, place + 1
        while end < len(codes) and kinds[end] & JOINS:
            end += 1
        last = end
        cluster = text_of(codes[start:end])
        composed = unicodedata.normalize("NFKC", cluster)
        if composed != "".join(map(fold, cluster)):
            rewrites.append(Rewrite(start, end, composed))
    return rewrites


def _resize(aligned: Aligned, kinds: NDArray[np.uint8], length: int, borders: tuple[Positions, Positions]) -> Aligned:
    """Let every character become what the tables say, and give the removed ones to a neighbour."""
    table = tables()
    codes = aligned.codes
    starts, ends = aligned.spelt_out()
    odd = np.flatnonzero(kinds & RESIZES)
    widths = table.width[codes[odd]]
    gone, wide = odd[widths == 0], odd[widths > 1]
    line_ends = np.flatnonzero(kinds & CARRIAGE)
    line_ends = line_ends[codes[np.minimum(line_ends + 1, len(codes) - 1)] == 10]
    if line_ends.size:  # CRLF is one line end, unless a border parts it
        for side in borders:
            at = np.searchsorted(side, starts[line_ends + 1])
            line_ends = line_ends[np.append(side, _NOWHERE)[at] != starts[line_ends + 1]]
        starts[line_ends + 1] = starts[line_ends]
        gone = np.sort(np.concatenate([gone, line_ends]))
    folded = table.single[codes]
    if gone.size:
        kept = np.ones(len(codes), np.bool_)
        kept[gone] = False
        folded = folded[kept]
        starts, ends = _absorb(starts[kept], ends[kept], length, borders)
    if wide.size:
        at = table.at[np.searchsorted(table.wide, codes[wide])]
        more = table.width[codes[wide]].astype(np.int64) - 1
        wide -= np.searchsorted(gone, wide)
        folded[wide] = table.pool[at]
        after = np.repeat(wide, more)
        rank = np.arange(len(after)) - np.repeat(np.cumsum(more) - more, more)  # 0, 1 … within each
        folded = np.insert(folded, after + 1, table.pool[np.repeat(at, more) + 1 + rank])
        starts, ends = np.insert(starts, after + 1, starts[after]), np.insert(ends, after + 1, ends[after])
    return Aligned(folded, (starts, ends))


def _absorb(
    starts: Positions, ends: Positions, length: int, borders: tuple[Positions, Positions]
) -> tuple[Positions, Positions]:
    """Give what lies between the remaining characters to the one before, at a block's start to the one after."""
    if not len(starts):
        return starts, ends
    np.maximum(ends[:-1], starts[1:], out=ends[:-1])
    ends[-1] = length
    for side in borders:
        before = np.searchsorted(starts, side) - 1  # the last character that starts before the border
        inside = before >= 0
        ends[before[inside]] = np.minimum(ends[before[inside]], side[inside])
    block_starts, block_ends = borders
    first = np.searchsorted(starts, block_starts)
    filled = first < np.searchsorted(starts, block_ends)
    starts[first[filled]] = block_starts[filled]
    return starts, ends
