"""One bordered table on A4, as a worksheet. Words stay words: nothing a user typed becomes a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

_SIDE = Side(style="thin")
_BORDER = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
_TITLE, _HEAD, _BODY = Font(name="黑体", size=16), Font(name="黑体", size=11), Font(name="仿宋", size=11)
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
_BY_HAND = 34  # points: an empty row is there to be written on
_DAY = 'yyyy"年"m"月"d"日"'


@dataclass(frozen=True, slots=True)
class Column:
    """A head and its width in half-width characters; short words stand in the middle unless ``left``."""

    head: str
    width: float
    left: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A named table: title, a line above it, rows in the order of the columns, lines below it."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]
    note: str = ""
    foot: tuple[str, ...] = ()
    orientation: Literal["landscape", "portrait"] = "landscape"


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """Return the sheets as an xlsx file, ready to print: A4, one page wide, heads on every page."""
    book = Workbook()
    book.remove(book.active)
    for sheet in sheets:
        _write(book.create_sheet(sheet.name), sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write(page: Any, sheet: Sheet) -> None:
    for number, column in enumerate(sheet.columns, 1):
        page.column_dimensions[get_column_letter(number)].width = column.width + 1
    _across(page, 1, sheet, sheet.title, _TITLE, _MIDDLE).height = 30
    _across(page, 2, sheet, sheet.note, _BODY, _LEFT).height = 20
    for number, column in enumerate(sheet.columns, 1):
        _cell(page.cell(3, number), column.head, _HEAD, _MIDDLE)
    for at, row in enumerate(sheet.rows, 4):
        for number, value in enumerate(row, 1):
            _cell(page.cell(at, number), value, _BODY, _alignment(value, sheet.columns[number - 1]))
        page.row_dimensions[at].height = _height(row, sheet.columns) if any(row) else _BY_HAND
    page.row_dimensions[3].height = _height([column.head for column in sheet.columns], sheet.columns)
    for at, line in enumerate(sheet.foot, 5 + len(sheet.rows)):
        _across(page, at, sheet, line, _BODY, _LEFT).height = 24
    page.freeze_panes = "A4"
    page.print_title_rows = "3:3"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.orientation = sheet.orientation
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_options.horizontalCentered = True
    page.page_margins.left = page.page_margins.right = 0.4
    page.page_margins.top = page.page_margins.bottom = 0.7
    page.oddFooter.center.text = "第 &P 页，共 &N 页"


def _across(page: Any, at: int, sheet: Sheet, words: str, font: Font, alignment: Alignment) -> Any:
    page.merge_cells(start_row=at, end_row=at, start_column=1, end_column=len(sheet.columns))
    cell = page.cell(at, 1)
    _put(cell, words)
    cell.font, cell.alignment = font, alignment
    return page.row_dimensions[at]


def _alignment(value: Any, column: Column) -> Alignment:
    long = isinstance(value, str) and _wide(value) > column.width
    return _LEFT if column.left or long else _MIDDLE


def _cell(cell: Cell, value: Any, font: Font, alignment: Alignment) -> None:
    _put(cell, value)
    cell.font, cell.alignment, cell.border = font, alignment, _BORDER


def _put(cell: Cell, value: Any) -> None:
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"  # a title that begins with = is a title
    elif isinstance(value, date):
        cell.value, cell.number_format = value, _DAY
    else:
        cell.value = value


def _height(row: Sequence[Any], columns: Sequence[Column]) -> float:
    """Points for the fullest cell: a Chinese character is two wide. LibreOffice and Excel do not agree on their own."""
    lines = [
        sum(-(-_wide(part) // column.width) or 1 for part in value.split("\n"))
        for value, column in zip(row, columns, strict=True)
        if isinstance(value, str)
    ]
    return 9 + 15 * max([1.0, *lines])


def _wide(words: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in words)
