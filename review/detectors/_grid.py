"""Tables of a document as grids of cells, with the header rows told apart from the data rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from review.types import Block, Document, Span

# A header cell names a thing: it is short and is not itself a number, date or code.
_VALUE = re.compile(r"^[\s\d.,:%/年月日—*+-]{2,}$|^[A-Z]{0,3}\d{5,}|\d{6,}|@")
_HEADER_LENGTH = 24
_HEADER_ROWS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column: its header text ("" where none), header spans, and the data cells top to bottom."""

    table: int
    index: int
    header: str
    header_spans: tuple[Span, ...]
    rows: tuple[int, ...]
    spans: tuple[Span, ...]

    def by_row(self) -> dict[int, Span]:
        """The data cells by their row number."""
        return dict(zip(self.rows, self.spans, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One table. ``title`` is the text of the block before it."""

    table: int
    columns: tuple[Column, ...]
    row_count: int
    title: str


def grids(document: Document) -> Iterator[Grid]:
    """Yield the tables of a document in order; a table needs two rows and two columns."""
    cells: list[Block] = []
    title = ""
    before = ""
    for block in document.blocks:
        if block.cell is None:
            if cells:
                yield from _grid(document, cells, title)
                cells = []
            before = document.text[block.span.start : block.span.end]
        else:
            if cells and cells[0].cell is not None and cells[0].cell.table != block.cell.table:
                yield from _grid(document, cells, title)
                cells = []
            if not cells:
                title = before
            cells.append(block)
    if cells:
        yield from _grid(document, cells, title)


def words(document: Document, span: Span) -> str:
    """The text of a cell without spaces around it."""
    return document.text[span.start : span.end].strip()


def trimmed(document: Document, span: Span) -> Span:
    """The span of a cell that holds text, without spaces around it."""
    said = document.text[span.start : span.end]
    start = span.start + len(said) - len(said.lstrip())
    return Span(start, start + len(said.strip()))


def _grid(document: Document, cells: Sequence[Block], title: str) -> Iterator[Grid]:
    by_column: dict[int, list[tuple[int, Span]]] = {}
    first_rows: dict[int, list[tuple[int, int, Span]]] = {}
    rows: set[int] = set()
    number = 0
    for block in cells:
        cell = block.cell
        if cell is None:
            continue
        number = cell.table
        rows.add(cell.row)
        by_column.setdefault(cell.column, []).append((cell.row, block.span))
        if cell.row < _HEADER_ROWS:
            first_rows.setdefault(cell.row, []).append((cell.column, cell.columns, block.span))
    if len(rows) < 2 or len(by_column) < 2:
        return
    depth = _header_depth(document, first_rows)
    names = _names(document, first_rows, depth)
    columns = []
    for index in sorted(by_column):
        data = [(row, span) for row, span in by_column[index] if row >= depth]
        spans = tuple(span for _, span in data)
        header, header_spans = names.get(index, ("", ()))
        columns.append(Column(number, index, header, header_spans, tuple(row for row, _ in data), spans))
    yield Grid(number, tuple(columns), len(rows) - depth, title)


def _header_depth(document: Document, first_rows: dict[int, list[tuple[int, int, Span]]]) -> int:
    """Return how many of the first rows are header: none of their cells looks like a value."""
    depth = 0
    for row in sorted(first_rows):
        words = [document.text[span.start : span.end].strip() for _, _, span in first_rows[row]]
        words = [word for word in words if word]
        if row != depth or not words or any(_VALUE.search(word) or len(word) > _HEADER_LENGTH for word in words):
            break
        if depth and not _spans_columns(first_rows[depth - 1]):
            break
        depth += 1
    return depth


def _spans_columns(row: list[tuple[int, int, Span]]) -> bool:
    """A second header row stands only under one that has merged cells or a title across the table."""
    return len(row) == 1 or any(columns > 1 for _, columns, _ in row)


def _names(
    document: Document, first_rows: dict[int, list[tuple[int, int, Span]]], depth: int
) -> dict[int, tuple[str, tuple[Span, ...]]]:
    names: dict[int, tuple[str, tuple[Span, ...]]] = {}
    for row in range(depth):
        for column, wide, span in first_rows[row]:
            words = "".join(document.text[span.start : span.end].split())
            for index in range(column, column + max(1, wide)):
                text, spans = names.get(index, ("", ()))
                names[index] = (text + words, (*spans, span))
    return names
