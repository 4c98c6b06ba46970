"""Tables of a document as grids of cells, with the header rows told apart from the data rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

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
    cells: Sequence[Block]

    @property
    def spans(self) -> list[Span]:
        """Where the data cells stand."""
        return [block.span for block in self.cells]

    def placed(self) -> Iterator[tuple[int, Span]]:
        """The data cells with their row numbers."""
        return ((block.cell.row, block.span) for block in self.cells if block.cell is not None)

    def by_row(self) -> dict[int, Span]:
        """The data cells by their row number."""
        return dict(self.placed())


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One table. ``title`` is the text of the block before it."""

    table: int
    columns: tuple[Column, ...]
    row_count: int
    title: str


@dataclass(slots=True, eq=False)
class _Table:
    """The cells of one table, by column, in stored order."""

    number: int
    title: str
    columns: defaultdict[int, list[Block]] = field(default_factory=lambda: defaultdict(list))
    rows: set[int] = field(default_factory=set)
    first_rows: dict[int, list[tuple[int, int, Span]]] = field(default_factory=dict)  # column, width, place


def grids(document: Document) -> Iterator[Grid]:
    """Yield the tables of a document in order; a table needs two rows and two columns."""
    table: _Table | None = None
    before: Block | None = None
    for block in document.blocks:
        cell = block.cell
        if cell is None:
            if table is not None:
                yield from _grid(document, table)
                table = None
            before = block
            continue
        if table is None or cell.table != table.number:
            if table is not None:
                yield from _grid(document, table)
            table = _Table(cell.table, document.text[before.span.start : before.span.end] if before else "")
        row = cell.row
        table.columns[cell.column].append(block)
        table.rows.add(row)
        if row < _HEADER_ROWS:
            table.first_rows.setdefault(row, []).append((cell.column, cell.columns, block.span))
    if table is not None:
        yield from _grid(document, table)


def words(document: Document, span: Span) -> str:
    """The text of a cell without spaces around it."""
    return document.text[span.start : span.end].strip()


def trimmed(document: Document, span: Span) -> Span:
    """The span of a cell that holds text, without spaces around it."""
    said = document.text[span.start : span.end]
    start = span.start + len(said) - len(said.lstrip())
    return Span(start, start + len(said.strip()))


def _grid(document: Document, table: _Table) -> Iterator[Grid]:
    if len(table.rows) < 2 or len(table.columns) < 2:
        return
    depth = _header_depth(document, table.first_rows)
    names = _names(document, table.first_rows, depth)
    heads = Counter(column for row in range(depth) for column, _, _ in table.first_rows[row])
    columns = []
    for index in sorted(table.columns):
        header, header_spans = names.get(index, ("", ()))
        data = _below(table.columns[index], heads[index], depth)
        columns.append(Column(table.number, index, header, header_spans, data))
    yield Grid(table.number, tuple(columns), len(table.rows) - depth, table.title)


def _below(cells: Sequence[Block], heads: int, depth: int) -> Sequence[Block]:
    """The cells of a column below its ``heads`` header cells, which as a rule come first."""
    if all(block.cell is not None and block.cell.row < depth for block in cells[:heads]):
        return cells[heads:]
    return [block for block in cells if block.cell is not None and block.cell.row >= depth]


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
