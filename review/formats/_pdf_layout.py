"""Glyphs of a page → passages in reading order: table cells, paragraphs, columns, turned text.

Works on the page as displayed: x to the right, y down, /Rotate applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from review.formats._pdf_geometry import turned
from review.formats._pdf_grid import Grid, grids
from review.formats._pdf_trace import PageTrace

#: Number of a character that the layout put between glyphs.
BETWEEN = -1


class Char(NamedTuple):
    """A character and the glyph that shows it (``BETWEEN``: none)."""

    text: str
    glyph: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph or a table cell. ``table`` counts the page's grids; -1: not in a table."""

    chars: tuple[Char, ...]
    table: int = -1
    row: int = 0
    column: int = 0
    rows: int = 1
    columns: int = 1
    top: float = 0.0
    bottom: float = 0.0


@dataclass(slots=True)
class _Chunk:
    """Glyphs side by side on one line. Coordinates of the displayed page."""

    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    chars: list[Char]
    table: int = -1  # a whole table standing in the flow


@dataclass(slots=True)
class _Line:
    chunks: list[_Chunk] = field(default_factory=list)

    @property
    def x0(self) -> float:
        return self.chunks[0].x0

    @property
    def x1(self) -> float:
        return max(chunk.x1 for chunk in self.chunks)

    @property
    def y0(self) -> float:
        return min(chunk.y0 for chunk in self.chunks)

    @property
    def y1(self) -> float:
        return max(chunk.y1 for chunk in self.chunks)

    @property
    def size(self) -> float:
        return max(chunk.size for chunk in self.chunks)


def passages(trace: PageTrace, numbers: Iterable[int], rotate: int) -> tuple[list[Passage], list[Grid]]:
    """Return the passages that the glyphs ``numbers`` (drawing order) make, and the page's grids."""
    level: list[int] = []
    others: dict[int, list[int]] = {}
    shows, glyphs = trace.shows, trace.glyphs
    for i in numbers:
        show = shows[glyphs[i].show]
        if show.vertical or show.angle == 1:
            others.setdefault(1000 + glyphs[i].show if show.angle == 1 else 2000, []).append(i)
        elif show.angle == rotate:
            level.append(i)
        else:
            others.setdefault(show.angle, []).append(i)
    found = grids(trace.paints, rotate) if level else []
    out = _flow(trace, level, rotate, found)
    for key, members in others.items():
        if key == 2000:
            out.extend(_upright(trace, members, rotate))
        elif key >= 1000:
            chars = tuple(Char(c, i) for i in members for c in glyphs[i].text)
            out.append(Passage(chars))
        else:
            lines = _lines(_chunks(trace, members, key))
            out.extend(_paragraphs(lines))
    return [passage for passage in out if any(c.text.strip() for c in passage.chars)], found


def _flow(trace: PageTrace, level: Sequence[int], rotate: int, found: list[Grid]) -> list[Passage]:
    cells: dict[tuple[int, int], list[int]] = {}
    free: list[int] = []
    if found:
        for i in level:
            glyph = trace.glyphs[i]
            x0, y0, x1, y1 = turned((glyph.x0, glyph.y0, glyph.x1, glyph.y1), rotate)
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            for number, grid in enumerate(found):
                cell = grid.at(x, y)
                if cell >= 0:
                    cells.setdefault((number, cell), []).append(i)
                    break
            else:
                free.append(i)
    else:
        free = list(level)
    chunks = _chunks(trace, free, rotate)
    for number in {table for table, _ in cells}:
        x0, y0, x1, y1 = found[number].box
        chunks.append(_Chunk(x0, y0, x1, y1, y1 - y0, [], number))
    out: list[Passage] = []
    for region in _regions(_lines(chunks)):
        pending: list[_Line] = []
        for line in region:
            inner = [chunk for chunk in line.chunks if chunk.table >= 0]
            if not inner:
                pending.append(line)
                continue
            beside = [chunk for chunk in line.chunks if chunk.table < 0]
            out.extend(_paragraphs(pending))
            pending = []
            if beside:
                out.extend(_paragraphs(_lines(beside)))
            for chunk in inner:
                out.extend(_cells(trace, found[chunk.table], chunk.table, cells, rotate))
        out.extend(_paragraphs(pending))
    return out


def _cells(
    trace: PageTrace, grid: Grid, number: int, cells: dict[tuple[int, int], list[int]], rotate: int
) -> Iterable[Passage]:
    for k, cell in enumerate(grid.cells):
        members = cells.get((number, k))
        if members:
            chars: list[Char] = []
            for line in _lines(_chunks(trace, members, rotate)):
                following = _joined(line)
                chars.extend(_turn(chars, following))
                chars.extend(following)
            yield Passage(
                tuple(chars), number, cell.row, cell.column, cell.rows, cell.columns, grid.box[1], grid.box[3]
            )


# --------------------------------------------------------------------------------------------- glyphs → lines


def _wide(char: str) -> bool:
    return char >= "\u2e80" and (
        char <= "\ud7af" or "\uf900" <= char <= "\ufaff" or "\uff00" <= char <= "\uff60" or char >= "\U00020000"
    )


def _chunks(trace: PageTrace, numbers: Iterable[int], turn: int) -> list[_Chunk]:
    """Join glyphs that follow each other in drawing order on one line."""
    out: list[_Chunk] = []
    last: _Chunk | None = None
    glyphs, shows = trace.glyphs, trace.shows
    room = 0.0
    for i in numbers:
        glyph = glyphs[i]
        x0, y0, x1, y1 = glyph.x0, glyph.y0, glyph.x1, glyph.y1
        if turn == 0:
            y0, y1 = -y1, -y0
        else:
            x0, y0, x1, y1 = turned((x0, y0, x1, y1), turn)
        size = shows[glyph.show].size
        if last is not None:
            gap = x0 - last.x1 - room
            reach = last.size if last.size > size else size
            level = abs((y0 + y1) - (last.y0 + last.y1)) < 0.6 * reach
            if level and -0.5 * reach < gap < reach:
                text = glyph.text
                if gap > 0.17 * reach and text and last.chars:
                    before = last.chars[-1].text
                    limit = 0.6 if _wide(text[0]) or _wide(before) else 0.17
                    if gap > limit * reach and not text.isspace() and not before.isspace():
                        last.chars.append(Char(" ", BETWEEN))
                if len(text) == 1:
                    last.chars.append(Char(text, i))
                else:
                    last.chars.extend(Char(c, i) for c in text)
                if x1 > last.x1:
                    last.x1 = x1
                if size > last.size:
                    last.size, last.y0, last.y1 = size, y0, y1
                room = glyph.gap
                continue
        last = _Chunk(x0, y0, x1, y1, size, [Char(c, i) for c in glyph.text])
        room = glyph.gap
        out.append(last)
    return [chunk for chunk in out if chunk.chars and any(not c.text.isspace() for c in chunk.chars)]


def _lines(chunks: list[_Chunk]) -> list[_Line]:
    """Put chunks of one height side by side, lines from top to bottom."""
    rows: list[_Line] = []
    low = high = 0.0
    for chunk in sorted(chunks, key=lambda c: (c.y0 + c.y1, c.x0)):
        height = min(chunk.y1 - chunk.y0, high - low) if rows else 0.0
        if (
            rows
            and min(high, chunk.y1) - max(low, chunk.y0) > 0.5 * height
            and not (chunk.table >= 0 or rows[-1].chunks[-1].table >= 0)
        ):
            rows[-1].chunks.append(chunk)
            if chunk.y1 - chunk.y0 > high - low:
                low, high = chunk.y0, chunk.y1
            continue
        rows.append(_Line([chunk]))
        low, high = chunk.y0, chunk.y1
    for row in rows:
        row.chunks = _merged(sorted(row.chunks, key=lambda c: c.x0))
    return rows


def _merged(chunks: list[_Chunk]) -> list[_Chunk]:
    """Join neighbours on a line that stand closer than one character."""
    out: list[_Chunk] = []
    for chunk in chunks:
        last = out[-1] if out else None
        if last is None or last.table >= 0 or chunk.table >= 0 or chunk.x0 - last.x1 > max(last.size, chunk.size):
            out.append(chunk)
            continue
        gap = chunk.x0 - last.x1
        wide = _wide(chunk.chars[0].text) or _wide(last.chars[-1].text)
        if gap > (0.6 if wide else 0.17) * max(last.size, chunk.size):
            last.chars.append(Char(" ", BETWEEN))
        last.chars.extend(chunk.chars)
        last.x1 = max(last.x1, chunk.x1)
        last.y0, last.y1 = min(last.y0, chunk.y0), max(last.y1, chunk.y1)
        last.size = max(last.size, chunk.size)
    return out


# --------------------------------------------------------------------------------------------- columns


def _regions(lines: list[_Line]) -> list[list[_Line]]:
    """Split lines into regions that are read one after the other; side-by-side columns become regions."""
    out: list[list[_Line]] = []
    plain: list[_Line] = []
    k = 0
    while k < len(lines):
        end, cut = _band(lines, k)
        if end - k >= 4:
            left = [_Line([c for c in line.chunks if c.x1 <= cut]) for line in lines[k:end]]
            right = [_Line([c for c in line.chunks if c.x0 >= cut]) for line in lines[k:end]]
            left, right = [line for line in left if line.chunks], [line for line in right if line.chunks]
            if _is_column(left) and _is_column(right):
                if plain:
                    out.append(plain)
                    plain = []
                out.append(left)
                out.extend(_regions(right))
                k = end
                continue
        plain.append(lines[k])
        k += 1
    if plain:
        out.append(plain)
    return out


def _band(lines: list[_Line], start: int) -> tuple[int, float]:
    """Return the end of the longest run of lines from ``start`` that one upright gutter divides, and its middle."""
    first = lines[start]
    if len(first.chunks) < 2 or any(c.table >= 0 for c in first.chunks):
        return start, 0.0
    low, high = first.chunks[0].x1, first.chunks[1].x0
    need = 0.8 * first.size
    end = start + 1
    while end < len(lines):
        new_low, new_high = low, high
        for chunk in lines[end].chunks:
            middle = (new_low + new_high) / 2
            if chunk.table >= 0:
                return end, (low + high) / 2
            if chunk.x1 <= middle or chunk.x1 - new_low < new_high - chunk.x0:
                new_low = max(new_low, chunk.x1)
            else:
                new_high = min(new_high, chunk.x0)
        if new_high - new_low < need:
            break
        low, high = new_low, new_high
        end += 1
    return end, (low + high) / 2


def _is_column(lines: list[_Line]) -> bool:
    """Whether lines look like running text: several, long, and filling their width."""
    if len(lines) < 3:
        return False
    width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    filled = sorted(sum(c.x1 - c.x0 for c in line.chunks) for line in lines)
    return width >= 8 * lines[0].size and filled[len(filled) // 2] >= 0.7 * width


# --------------------------------------------------------------------------------------------- paragraphs


def _paragraphs(lines: list[_Line]) -> list[Passage]:
    """Join the lines of a region that are clearly one paragraph."""
    if not lines:
        return []
    left = min(line.x0 for line in lines)
    right = _right_edge(lines)
    out: list[Passage] = []
    chars: list[Char] = []
    before: _Line | None = None
    top = 0.0
    for line in lines:
        if before is not None and _continues(before, line, left, right):
            following = _joined(line)
            chars.extend(_turn(chars, following))
            chars.extend(following)
        else:
            if before is not None:
                out.append(Passage(tuple(chars), top=top, bottom=before.y1))
            chars, top = list(_joined(line)), line.y0
        before = line
    if before is not None:
        out.append(Passage(tuple(chars), top=top, bottom=before.y1))
    return out


def _right_edge(lines: list[_Line]) -> float:
    """Return where full lines end: the farthest place at which two lines end, else the farthest end."""
    ends = sorted((line.x1 for line in lines), reverse=True)
    return next((one for one, two in pairwise(ends) if one - two < lines[0].size), ends[0])


def _continues(before: _Line, line: _Line, left: float, right: float) -> bool:
    size = before.size
    pitch = (line.y0 + line.y1 - before.y0 - before.y1) / 2
    if not 0.7 * size < pitch < 2.6 * size or not 0.8 < line.size / size < 1.25:
        return False
    if len(before.chunks) > 1 or len(line.chunks) > 1:
        return False
    last, first = before.chunks[-1].chars[-1].text, line.chunks[0].chars[0].text
    slack = 2.2 if _wide(last) or _wide(first) else 6.0
    if right - before.x1 > slack * size or right - left < 6 * size:
        return False
    # A first-line indent begins a paragraph; a hanging one keeps to the line above.
    return line.x0 - left < 0.8 * size or abs(line.x0 - before.x0) < 0.8 * size


def _joined(line: _Line) -> list[Char]:
    chars = list(line.chunks[0].chars)
    for chunk in line.chunks[1:]:
        chars.append(Char("\t", BETWEEN))
        chars.extend(chunk.chars)
    return chars


def _upright(trace: PageTrace, numbers: list[int], rotate: int) -> list[Passage]:
    """Vertical writing: columns from right to left, one passage."""
    columns: list[tuple[float, float, list[Char]]] = []
    for i in numbers:
        glyph = trace.glyphs[i]
        x0, y0, x1, y1 = turned((glyph.x0, glyph.y0, glyph.x1, glyph.y1), rotate)
        size = trace.shows[glyph.show].size
        chars = [Char(c, i) for c in glyph.text]
        if columns and abs(columns[-1][0] - (x0 + x1) / 2) < 0.5 * size and abs(y0 - columns[-1][1]) < 3 * size:
            columns[-1][2].extend(chars)
            columns[-1] = (columns[-1][0], y1, columns[-1][2])
        else:
            columns.append(((x0 + x1) / 2, y1, chars))
    joined: list[Char] = []
    for _, _, chars in sorted(columns, key=lambda column: -column[0]):
        joined.extend(_turn(joined, chars))
        joined.extend(chars)
    return [Passage(tuple(joined))] if joined else []


# Characters from here on are as wide as high: Chinese text breaks between any two of them.
_WIDE = "\u2e80"


def _turn(before: Sequence[Char], after: Sequence[Char]) -> Sequence[Char]:
    """What stands between two lines of a passage: nothing in Chinese, a line break between words or digits."""
    if not before or not after or before[-1].text >= _WIDE or after[0].text >= _WIDE:
        return ()
    return (Char("\n", BETWEEN),)
