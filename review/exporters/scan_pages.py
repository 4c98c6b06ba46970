"""Reports of a scan as files: one self-contained page, one workbook, one line a document."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from jinja2 import Environment
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from review.errors import InputError
from review.exporters import scans
from review.exporters.reports import NO_FINDING, SEVERITY_NAMES
from review.exporters.scans import Key, Line, Row, Rows, Summary

SHOWN = 5000  # flags on the page; the workbook has them all
_MOST_LINES = 1_048_575  # rows of a sheet
_SAMPLE_SHEET = "抽样复核"
_SAMPLE_HEAD = ("文件", "复核结果（漏检填“漏”，没有填“无”）", "复核人")
_PAGE = (Path(__file__).parent / "scan.html").read_text(encoding="utf-8")


def write_jsonl(path: Path, rows: Iterable[Row]) -> None:
    """Write one line a document."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def read_jsonl(path: Path) -> Iterable[Row]:
    """Yield the rows of an earlier scan."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def to_html(
    summary: Summary,
    rows: Rows,
    before: Mapping[Key, Line] | None,
    *,
    name: str,
    stamp: str,
    chosen: Sequence[Line] = (),
    quality: str = "",
) -> str:
    """Return a self-contained page with bars and tables that sort on a click."""
    lines, total = scans.worst(scans.flag_lines(rows(), before), SHOWN)
    page = Environment(autoescape=True).from_string(_PAGE)
    return page.render(
        s=summary,
        name=name,
        stamp=stamp,
        head=scans.HEAD,
        severity=SEVERITY_NAMES,
        flag_columns=scans.FLAG_COLUMNS,
        lines=lines,
        total=total,
        column_columns=scans.COLUMN_COLUMNS,
        columns=list(islice(scans.column_lines(rows()), SHOWN)),
        unread=list(islice(scans.unread_lines(rows()), SHOWN)),
        chosen=chosen,
        quality=quality,
        no_finding=NO_FINDING,
    )


def write_xlsx(
    path: Path, summary: Summary, rows: Rows, before: Mapping[Key, Line] | None, chosen: Sequence[Line] = ()
) -> None:
    """Write the workbook, a sheet at a time, each read through once. ``chosen``: (document, result, who looked)."""
    book = Workbook(write_only=True)
    for title, names in summary.groups.items():
        _sheet(book, title, (title[1:], *scans.HEAD), ((name, *numbers) for name, numbers in names.items()))
    kinds = ((name, SEVERITY_NAMES[level], *numbers) for (name, level), numbers in summary.kinds.items())
    _sheet(book, "按类型", ("类型", "等级", "文件", "处数"), kinds)
    levels = ((SEVERITY_NAMES[level], *_of_level(summary, level)) for level in ("critical", "high", "medium"))
    _sheet(book, "按等级", ("等级", "类型数", "处数"), levels)
    _sheet(book, "提示项", scans.FLAG_COLUMNS, scans.flag_lines(rows(), before))
    _sheet(book, "按列计数", scans.COLUMN_COLUMNS, scans.column_lines(rows()))
    _sheet(book, "未能检查", ("文件", "部分", "原因"), scans.unread_lines(rows()))
    _sheet(book, "已消失", ("文件", "等级", "类型", "位置"), summary.gone_lines)
    files = ((r["path"], r["sha256"], r["genre"], r["chars"], len(found)) for r in rows() if (found := scans.loud(r)))
    _sheet(book, "有提示的文件", ("文件", "校验值", "文种", "字数", "须处理提示项"), files)
    _sheet(book, _SAMPLE_SHEET, _SAMPLE_HEAD, chosen)
    book.save(path)


def read_sample(path: Path) -> tuple[Line, ...]:
    """Return the sample sheet of a workbook: document, result (漏…, 无 or nothing yet), who looked.

    Raises ``InputError`` for another file, or where a result is neither 漏 nor 无.
    """
    try:
        rows = load_workbook(path, read_only=True)[_SAMPLE_SHEET].iter_rows(min_row=2, max_col=3, values_only=True)
        lines = tuple(tuple(str(value or "").strip() for value in row) for row in rows)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, InvalidFileException) as error:
        raise InputError("不是本程序写出的抽样复核表：请用 --sample 生成的 report.xlsx，填好“抽样复核”页。") from error
    wrong = next((number for number, line in enumerate(lines, 2) if line[1][:1] not in ("", "漏", "无")), None)
    if wrong:
        raise InputError(f"“抽样复核”页第 {wrong} 行的复核结果应填“漏”或“无”。")
    return lines


def _of_level(summary: Summary, level: str) -> tuple[int, int]:
    places = [numbers[1] for (_, severity), numbers in summary.kinds.items() if severity == level]
    return len(places), sum(places)


def _sheet(book: Any, title: str, head: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append([_bold(sheet, name) for name in head])
    for line in islice(lines, _MOST_LINES):
        sheet.append([_plain(value) for value in line])


def _bold(sheet: Any, value: str) -> Any:
    cell = WriteOnlyCell(sheet, value)
    cell.font = Font(bold=True)
    return cell


def _plain(value: object) -> object:
    """Keep spreadsheet programs from running a cell that begins like a formula; drop characters XML forbids."""
    if not isinstance(value, str):
        return value
    words = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", value)
    if words.isdecimal() and len(words) < 10:
        return int(words)
    return "'" + words if words[:1] in "=+-@" and len(words) > 1 else words
