"""The view for numbers in disguise: 138 0013 8000, 一三八〇〇…, 1101O1 19900307 77l5, 13800-\\n138000."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from review.text._characters import codes_of
from review.text._numbers import IDENTITY, LONGEST, SHORTEST, is_identity_number, is_shaped, may_span_lines, weight
from review.text._views import Edit, edited
from review.types import Block, Document, View

_CHINESE = {
    char: str(value)
    for value, chars in enumerate(
        ("〇零○◯", "一壹幺弌", "二贰贰弍", "三叁叄弎", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
    )
    for char in chars
}
_CIRCLED = {
    char: str(value)
    for chars in ("⓪①②③④⑤⑥⑦⑧⑨", "⓿❶❷❸❹❺❻❼❽❾", "🄋➀➁➂➃➄➅➆➇➈", "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉")
    for value, char in enumerate(chars)
}
_DECIMALS = re.findall(r"\d", "".join(map(chr, range(0x80, 0x20000))))
_FOREIGN = {char: str(unicodedata.decimal(char)) for char in _DECIMALS}
_LETTERS = {"O": "0", "o": "0", "l": "1", "I": "1"}
_X = "Xx×хХ✕"
_VALUES = {
    **{str(value): str(value) for value in range(10)},
    **_CHINESE,
    **_CIRCLED,
    **_FOREIGN,
    **_LETTERS,
    **dict.fromkeys(_X, "X"),
}

_DASH = "-‐‑‒–—―−·•.・∙⋅_"
_SEPARATOR = re.compile(rf" {{0,2}}[{_DASH}]{{1,2}} {{0,2}}| {{1,4}}| {{0,4}}\n {{0,4}}")
#: Longest separator of that pattern.
_REACH = 9
_LAST = re.compile(rf"(?:{_SEPARATOR.pattern})?[{_X}](?![A-Za-z0-9])")
_GROUP = re.compile(f"[{''.join(_VALUES)}]+")
_TO_DIGITS = str.maketrans(_VALUES)
_ASCII_LETTER = re.compile("[A-Za-z]")

#: What a character may be in a chain, as ``_signs`` has it: a digit, in disguise or not, or part of a separator.
_DIGIT, _PARTS = b"d", b"-"
#: Never gives back what it took: the engine would note every digit of a long table for it.
_CHAIN = re.compile(rb"d(?:(?:-(?:[^d]{0,%d}-)?)?d){%d,}+" % (_REACH - 2, SHORTEST - 1), re.DOTALL)

#: What parts two groups, besides "" and the separator's own sign. A wall is never joined over.
_LINE, _BORDER, _CELL, _WALL = "\n", "¶", "┆", "|"
_PLAIN = frozenset("0123456789X")
_WHOLE_CELL = re.compile(r"[0-9]{1,17}X?")


class Group(NamedTuple):
    """Digits with nothing between them; ``glue`` is what parts them from the group before."""

    digits: str
    start: int
    glue: str


def digits(document: Document) -> View:
    """Return the text with numbers in disguise written plainly; the rest is as in Document.text.

    A chain of digit groups is joined only where the result has the shape of one Chinese identifier (身份证号,
    mobile, bank card, landline) in a grouping that people use, so that neighbours in a table or a list are not
    glued: ``138 0013 8000`` becomes one number, ``13800138000 13900139000`` stays two, dates and amounts stay
    as they are. Where several cuttings are possible, the one that explains most digits wins, and a valid
    checksum counts more. In such a number

    * separators (spaces, dashes, dots, line breaks inside a block) are dropped;
    * Chinese (〇零一壹幺), circled and foreign digits become 0-9, and O o l I among digits 0 and 1;
    * ×, х and x after 17 digits become X.

    Two lines (blocks without cell) or two cells of a row are joined only where a checksum holds over the whole
    (身份证号), lines also where they make a bank card or a mobile number: such a span covers the border, and is to
    be parted at the blocks before anything is cut.

    Every character is aligned to the one of Document.text that it comes from, so the separators of a match are
    ``document.text[starts[a]:ends[b - 1]]``.
    """
    return edited(document.text, _edits(document))


def _edits(document: Document) -> list[Edit]:
    text = document.text
    borders = _Borders(document)
    edits: list[Edit] = []
    for start, end in _chains(text):
        edits += _joined(text, _groups(text, start, end, borders))
    cells = [edit for groups in _split_cells(document) if _fills_cells(groups) for edit in _joined(text, groups)]
    return sorted(edits + cells, key=lambda edit: edit.start) if cells else edits


@cache
def _signs() -> NDArray[np.uint8]:
    """Return a table over all code points: digit, part of a separator, or 0."""
    table = np.zeros(0x110000, np.uint8)
    table[[ord(char) for char in _VALUES if char not in _X]] = ord(_DIGIT)
    table[[ord(char) for char in _DASH + " \n"]] = ord(_PARTS)
    return table


def _chains(text: str) -> Iterator[tuple[int, int]]:
    """Find runs of enough digits that have separators or digits in disguise among them, or are 17 and may lack an X.

    The insides of long separators are not looked at here.
    """
    for match in _CHAIN.finditer(_signs().take(codes_of(text)).tobytes()):
        start, end = match.span()
        found = text[start:end]
        if end - start == IDENTITY - 1 or not (found.isascii() and found.isdecimal()):
            last = _LAST.match(text, end)
            yield start, last.end() if last else end


class _Borders:
    """Block starts, for asking whether a place lies between two blocks."""

    def __init__(self, document: Document) -> None:
        self.document = document

    @cached_property
    def starts(self) -> list[int]:
        return [block.span.start for block in self.document.blocks]

    def between(self, start: int, end: int) -> str:
        """Return what ``start:end``, a separator in the text, is: "" inside a block, else a border or a wall."""
        left = bisect_left(self.starts, start) - 1
        right = bisect_right(self.starts, end) - 1
        if left == right:
            return ""
        blocks = self.document.blocks
        whole = right == left + 1 and left >= 0 and blocks[left].span.end == start and blocks[right].span.start == end
        return _BORDER if whole and _continues(blocks[left], blocks[right]) else _WALL


def _continues(left: Block, right: Block) -> bool:
    """Say whether a number may run on from one line to the next; a short line was not broken for want of room."""
    return left.cell is None and right.cell is None and left.zone == right.zone and len(left.span) >= 12


def _groups(text: str, start: int, end: int, borders: _Borders) -> list[Group]:
    """Part a chain into its groups of digits."""
    groups: list[Group] = []
    last = start
    for match in _GROUP.finditer(text, start, end):
        first, past = match.span()
        glue = ""
        if first > last:
            glue = borders.between(last, first) or _glue(text[last:first])
        raw = match[0]
        if raw.isascii() and raw.isdigit():
            groups.append(Group(raw, first, glue))
        elif _ASCII_LETTER.search(raw[:-1]) and not _is_misread(text, first, past):
            groups.append(Group("?" * len(raw), first, _WALL))
        else:
            groups.append(Group(raw.translate(_TO_DIGITS), first, glue))
        last = past
    return groups


def _glue(separator: str) -> str:
    if not _SEPARATOR.fullmatch(separator):
        return _WALL
    return _LINE if "\n" in separator else separator.strip()[:1] or " "


def _is_misread(text: str, start: int, end: int) -> bool:
    """Say whether the letters in a group are digits misread, and not a word or a code."""
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    letters = len(_ASCII_LETTER.findall(text, start, end))
    return not _ASCII_LETTER.search(around) and (2 * letters <= end - start)


def _joined(text: str, groups: Sequence[Group]) -> Iterator[Edit]:
    """Choose the cutting of a chain that explains most, and yield the numbers that need rewriting."""
    for start, stop in _cutting(groups):
        number = groups[start:stop]
        first, last = number[0].start, number[-1].start + len(number[-1].digits)
        plain = "".join(group.digits for group in number)
        if plain != text[first:last]:
            places = (range(group.start, group.start + len(group.digits)) for group in number)
            yield Edit(first, last, plain, tuple(chain(*places)))


def _cutting(groups: Sequence[Group]) -> list[tuple[int, int]]:
    """Return the numbers of the best cutting, as ranges of groups, in order."""
    count = len(groups)
    best = [0] * (count + 1)  # best[i]: weight of the best cutting of groups[:i]
    origin = list(range(-1, count))  # origin[i]: where the last number of that cutting starts
    for stop in range(1, count + 1):
        best[stop], origin[stop] = best[stop - 1], stop
        total = 0
        for start in range(stop - 1, -1, -1):
            total += len(groups[start].digits)
            if total > LONGEST:
                break
            if total >= SHORTEST and (found := best[start] + _weigh(groups, start, stop)) > best[stop]:
                best[stop], origin[stop] = found, start
            if groups[start].glue == _WALL:
                break
    numbers = []
    stop = count
    while stop:
        start = origin[stop]
        if start < stop:
            numbers.append((start, stop))
        stop = start if start < stop else stop - 1
    return numbers[::-1]


def _weigh(groups: Sequence[Group], start: int, stop: int) -> int:
    """Return the weight of ``groups[start:stop]`` as one number, 0 if they are none."""
    plain = "".join([group.digits for group in groups[start:stop]])
    if not SHORTEST <= len(plain) <= LONGEST or not is_shaped(plain):
        return 0
    glues = [group.glue for group in groups[start + 1 : stop]]
    lengths = [len(group.digits) for group in groups[start:stop]]
    if _WALL in glues:
        return 0
    if _CELL in glues:
        return len(plain) if is_identity_number(plain) else 0
    if len(plain) == len(lengths) != len(groups):
        return 0  # single digits are a number only all together
    if _BORDER in glues and (min(lengths) < 3 or not may_span_lines(plain)):
        return 0
    signs = set(glues) - {_LINE, _BORDER}
    found = weight(plain, lengths, signs)
    if _LINE in glues or _BORDER in glues:
        found = max(found, weight(plain, _rejoined(lengths, glues), signs))
    return found


def _rejoined(lengths: Sequence[int], glues: Sequence[str]) -> list[int]:
    """Return group lengths as they were before lines broke inside a group."""
    whole = [lengths[0]]
    for length, glue in zip(lengths[1:], glues, strict=True):
        if glue in (_LINE, _BORDER):
            whole[-1] += length
        else:
            whole.append(length)
    return whole


def _split_cells(document: Document) -> Iterator[list[Group]]:
    """Find rows in which several cells side by side hold nothing but digits."""
    text = document.text
    groups: list[Group] = []
    for left, right in pairwise(document.blocks):
        beside = (
            text[right.span.start] in _PLAIN
            and text[left.span.end - 1] in _PLAIN
            and left.cell is not None
            and right.cell is not None
            and (left.cell.table, left.cell.row) == (right.cell.table, right.cell.row)
        )
        if beside and not groups:
            groups = _cell(text, left)
        more = _cell(text, right) if beside and groups else []
        groups += more
        if not more:
            if len(groups) > 1:
                yield groups
            groups = []
    if len(groups) > 1:
        yield groups


def _fills_cells(groups: Sequence[Group]) -> bool:
    """Say whether cells side by side have as many digits as the only number that is joined over cells."""
    for first in range(len(groups) - 1):
        total = 0
        for group in groups[first:]:
            total += len(group.digits)
            if total == IDENTITY and group is not groups[first]:
                return True
    return False


def _cell(text: str, block: Block) -> list[Group]:
    """Return the cell as one group, or nothing if it holds anything but a digit (and a last X)."""
    content = text[block.span.start : block.span.end]
    return [Group(content, block.span.start, _CELL)] if _WHOLE_CELL.fullmatch(content) else []
