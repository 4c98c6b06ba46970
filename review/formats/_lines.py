"""Blocks of plain text: lines, tables of tabs, tables of pipes (Markdown), marked parts ([页眉] …)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from typing import NamedTuple

from review.types import Block, Cell, Span, Zone

#: Lines that stand for such a part in plain-text exports, and what the place is called.
_PARTS = {
    "页眉": Zone.HEADER,
    "页脚": Zone.FOOTER,
    "附注": Zone.BODY,
    "批注": Zone.COMMENT,
    "文件名": Zone.FILENAME,
    "属性": Zone.METADATA,
}
_PART = re.compile(rf"\s*[\[【［]({'|'.join(_PARTS)})[\]】］][ \t]*")
_LINE = re.compile(r"[^\r\n\f]+")
_PIPES = re.compile(r"\s*\|.*\|\s*")
_RULE = re.compile(r"\s*\|(?:\s*:?-{1,}:?\s*\|)+\s*")
_PIPE = re.compile(r"(?<!\\)\|")


class Line(NamedTuple):
    """One line without its end; ``number`` counts from 1, empty lines included."""

    start: int
    text: str
    number: int


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a text in source code points: a line each, or a table cell each."""
    tables = count()
    for group in _groups(_lines(text)):
        if len(group) == 1:
            yield from _prose(group[0])
            continue
        rows: list[Line] = []
        for line in group:
            if rows and not _same_width(rows[0].text, line.text):
                yield from _table(rows, next(tables))
                rows = []
            rows.append(line)
        yield from _table(rows, next(tables))


def _lines(text: str) -> Iterator[Line]:
    number, last = 1, 0
    for match in _LINE.finditer(text):
        between = text[last : match.start()]
        if between == "\n":  # as nearly everywhere
            number += 1
        else:
            number += between.count("\n") + between.count("\r") - between.count("\r\n") + between.count("\f")
        last = match.end()
        if not match[0].isspace():
            yield Line(match.start(), match[0], number)


def _groups(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Put lines that follow one another and have columns together: two or more are tables."""
    group: list[Line] = []
    kind = ""
    for line in lines:
        follows = bool(group) and line.number == group[-1].number + 1
        sign = _column_sign(line.text, kind if follows else "")
        if group and not (follows and sign and sign == kind):
            yield group
            group = []
        group.append(line)
        kind = sign
    if group:
        yield group


def _column_sign(line: str, before: str) -> str:
    """Return what parts the columns of a line: a pipe, a tab, or nothing. A row may hold one cell only."""
    if "|" in line and _PIPES.fullmatch(line):
        return "|"
    if "\t" in line and (before == "\t" or "\t" in line.strip()):
        return "" if _PART.match(line) else "\t"
    return ""


def _same_width(first: str, line: str) -> bool:
    """Say whether two rows are of one table: last cells may be missing from a wide one."""
    tabs = first.count("\t")
    return abs(line.count("\t") - tabs) <= tabs // 3


def _prose(line: Line) -> Iterator[Block]:
    label = f"第{line.number}行"
    part = _PART.match(line.text)
    if part is None:
        yield Block(Span(line.start, line.start + len(line.text)), Zone.BODY, label)
    elif part.end() < len(line.text):
        start = line.start + part.end()
        yield Block(Span(start, line.start + len(line.text)), _PARTS[part[1]], f"{part[1]}（{label}）")


def _table(rows: Sequence[Line], table: int) -> Iterator[Block]:
    piped = _PIPES.fullmatch(rows[0].text) is not None
    number = 0
    for row in rows:
        if piped and _RULE.fullmatch(row.text):
            continue
        for column, (start, end) in enumerate(_pipe_cells(row.text) if piped else _tab_cells(row.text)):
            content = row.text[start:end]
            if content and not content.isspace():
                start += len(content) - len(content.lstrip())
                end -= len(content) - len(content.rstrip())
                label = f"表{table + 1}第{number + 1}行第{column + 1}列"
                yield Block(Span(row.start + start, row.start + end), label=label, cell=Cell(table, number, column))
        number += 1


def _tab_cells(line: str) -> Iterator[tuple[int, int]]:
    position = 0
    for field in line.split("\t"):
        yield position, position + len(field)
        position += len(field) + 1


def _pipe_cells(line: str) -> Iterator[tuple[int, int]]:
    pipes = [match.start() for match in _PIPE.finditer(line)]
    yield from ((left + 1, right) for left, right in pairwise(pipes))
