"""Source → Document: normalisation with exact alignment, vectorised, because most text needs nothing at all."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from review.text._characters import CHANGES, JOINS, TONE, Codes, codes_of, fold, tables, text_of
from review.text._pollution import repairs
from review.types import Alignment, Block, Document, Reading, Span

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Aligned:
    """Characters and, for each, the source range ``starts[i]:ends[i]`` that it stands for."""

    codes: Codes = field(repr=False)
    starts: Positions = field(repr=False)
    ends: Positions = field(repr=False)


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
    block_starts = np.fromiter((block.span.start for block in reading.blocks), np.int64, count)
    block_ends = np.fromiter((block.span.end for block in reading.blocks), np.int64, count)
    aligned = _normalise(source, block_starts, block_ends)
    if aligned is None:
        text, blocks = source, reading.blocks
        alignment = Alignment(range(len(source)), range(1, len(source) + 1))
    else:
        text = text_of(aligned.codes)
        first = np.searchsorted(aligned.starts, block_starts)
        last = np.searchsorted(aligned.starts, block_ends)
        blocks = _moved(reading.blocks, first.tolist(), last.tolist())
        alignment = Alignment(packed(aligned.starts), packed(aligned.ends))
    return Document(sha256, name, media_type, reading.runs, blocks, reading.gaps, text, alignment)


def normalise(text: str) -> str:
    """Return a bare string after the same steps, as one block."""
    aligned = _normalise(text, np.array([0]), np.array([len(text)]))
    return text if aligned is None else text_of(aligned.codes)


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
    result.frombytes(positions.astype(np.uint32).tobytes())
    return result


def _moved(blocks: Sequence[Block], firsts: list[int], lasts: list[int]) -> tuple[Block, ...]:
    moved = []
    for block, first, last in zip(blocks, firsts, lasts, strict=True):
        if block.span.start == first and block.span.end == last:
            moved.append(block)
        elif first < last:
            moved.append(Block(Span(first, last), block.zone, block.label, block.cell))
    return tuple(moved)


def _normalise(source: str, block_starts: Positions, block_ends: Positions) -> Aligned | None:
    """Return the normalised characters with their source ranges, or None where nothing changes."""
    table = tables()
    codes = codes_of(source)
    kinds = table.kind[codes]
    if not kinds.any():
        return None
    borders = np.union1d(block_starts, block_ends)
    places = np.arange(len(codes), dtype=np.int64)
    aligned = Aligned(codes, places, places + 1)
    if (kinds & TONE).any():
        for repair in repairs():
            rewrites = [Rewrite(*found) for found in repair(text_of(aligned.codes))]
            aligned = _apply(aligned, rewrites, borders)
        kinds = table.kind[aligned.codes]
    if (kinds & JOINS).any():
        aligned = _apply(aligned, _clusters(aligned.codes, kinds), borders)
        kinds = table.kind[aligned.codes]
    if (kinds & CHANGES).any():
        aligned = _fold(aligned, len(codes), block_starts, block_ends, borders)
    return aligned


def _apply(aligned: Aligned, rewrites: Sequence[Rewrite], borders: Positions) -> Aligned:
    """Apply rewrites (ordered, disjoint) that cross no block border."""
    codes, starts, ends = [], [], []
    done = 0
    for rewrite in rewrites:
        start, end = aligned.starts[rewrite.start], aligned.ends[rewrite.end - 1]
        if np.searchsorted(borders, start, "right") != np.searchsorted(borders, end, "left"):
            continue
        codes += [aligned.codes[done : rewrite.start], codes_of(rewrite.text)]
        starts += [aligned.starts[done : rewrite.start], np.full(len(rewrite.text), start)]
        ends += [aligned.ends[done : rewrite.start], np.full(len(rewrite.text), end)]
        done = rewrite.end
    if not done:
        return aligned
    codes.append(aligned.codes[done:])
    starts.append(aligned.starts[done:])
    ends.append(aligned.ends[done:])
    return Aligned(np.concatenate(codes), np.concatenate(starts), np.concatenate(ends))


def _clusters(codes: Codes, kinds: NDArray[np.uint8]) -> list[Rewrite]:
    """Find characters with combining marks whose NFKC is not that of their characters one by one."""
    joins = np.flatnonzero(kinds & JOINS)
    rewrites = []
    last = 0
    for place in joins.tolist():
        if place < last or place == 0:
            continue
        start, end = place - 1, place + 1
        while end < len(codes) and kinds[end] & JOINS:
            end += 1
        last = end
        cluster = text_of(codes[start:end])
        composed = unicodedata.normalize("NFKC", cluster)
        if composed and composed != "".join(map(fold, cluster)):
            rewrites.append(Rewrite(start, end, composed))
    return rewrites


def _fold(
    aligned: Aligned, length: int, block_starts: Positions, block_ends: Positions, borders: Positions
) -> Aligned:
    """Let every character become what the tables say, and give the removed ones to a neighbour."""
    table = tables()
    codes, starts, ends = aligned.codes, aligned.starts.copy(), aligned.ends
    widths = table.width[codes]
    carriage = np.flatnonzero((codes[:-1] == 13) & (codes[1:] == 10))
    if carriage.size:  # CRLF is one line end, unless a border parts it
        carriage = carriage[~np.isin(starts[carriage + 1], borders)]
        widths[carriage] = 0
        starts[carriage + 1] = starts[carriage]
    kept = np.flatnonzero(widths)
    if len(kept) < len(codes):
        starts, ends = _absorb(starts[kept], ends[kept], length, block_starts, block_ends)
        codes, widths = codes[kept], widths[kept]
    folded = table.single[codes]
    broad = np.flatnonzero(widths > 1)
    if broad.size:
        out = np.repeat(folded, widths)
        to = (np.cumsum(widths, dtype=np.int64) - widths)[broad]
        at = table.at[np.searchsorted(table.wide, codes[broad])]
        spread = widths[broad]
        for step in range(int(spread.max())):
            more = spread > step
            out[to[more] + step] = table.pool[at[more] + step]
        return Aligned(out, np.repeat(starts, widths), np.repeat(ends, widths))
    return Aligned(folded, starts, ends)


def _absorb(
    starts: Positions, ends: Positions, length: int, block_starts: Positions, block_ends: Positions
) -> tuple[Positions, Positions]:
    """Give what lies between the remaining characters to the one before, at a block's start to the one after."""
    if not len(starts):
        return starts, ends
    starts = starts.copy()
    ends = np.maximum(ends, np.append(starts[1:], length))
    starts[0] = 0
    for borders in (block_starts, block_ends):
        before = np.searchsorted(starts, borders) - 1  # the last character that starts before the border
        inside = before >= 0
        ends[before[inside]] = np.minimum(ends[before[inside]], borders[inside])
    first = np.searchsorted(starts, block_starts)
    filled = first < np.searchsorted(starts, block_ends)
    starts[first[filled]] = block_starts[filled]
    return starts, ends
