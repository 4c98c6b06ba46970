"""Cells of comma- or tab-separated values, with their places in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from review.types import Block, Cell, Span

_DELIMITERS = ",\t;|"
_QUOTED = re.compile(rf'(?:(?<=[{_DELIMITERS}\r\n])|\A)"(?:[^"]|"")*"')


def delimiter(text: str) -> str:
    """Return the character that parts the cells: the one that every one of the first lines holds most of."""
    lines = [line for line in _QUOTED.sub("", text[:20_000]).splitlines()[:20] if line]

    def use(char: str) -> tuple[int, int]:
        counts = [line.count(char) for line in lines]
        return min(counts, default=0), sum(counts)

    best = max(_DELIMITERS, key=use)
    return best if use(best)[1] else ","


@cache
def _field(char: str) -> re.Pattern[str]:
    """One field with what ends it: group 1 inside quotes, or group 2 bare; group 3 the end."""
    sign = re.escape(char)
    return re.compile(rf'(?:"((?:[^"]|"")*)"(?=[{sign}\r\n]|\Z)|([^{sign}\r\n]*))({sign}|\r\n?|\n|\Z)')


def cells(text: str) -> Iterator[Block]:
    """Yield a block a cell that is not blank, in source code points, without its quotes.

    As the csv module reads: a field that begins with a quote may hold delimiters, line ends and doubled quotes.
    """
    char = delimiter(text)
    row = column = 0
    for match in _field(char).finditer(text):
        start, end = match.span(2 if match[1] is None else 1)
        if start < end and not text[start:end].isspace():
            label = f"第{row + 1}行第{column + 1}列"
            yield Block(Span(start, end), label=label, cell=Cell(0, row, column))
        if match[3] == char:
            column += 1
        elif column or match.end(3) > match.start():  # a blank line is a row too, the end of the text is none
            row, column = row + 1, 0
