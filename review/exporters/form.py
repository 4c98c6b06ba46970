"""信息公开保密审查表 (docx, A4): the union of the forms in use, with the list of decided flags behind it.

Takes plain words, knows nothing of cases. Holds positions and counts, never the flagged values: the form goes on file.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

_BODY, _HEADING = "仿宋", "黑体"
FLAG_COLUMNS = ("序号", "等级", "类别", "类型", "位置", "依据", "建议处理", "处理意见", "理由", "处理人", "时间")
_FLAG_WIDTHS = (11, 12, 24, 26, 34, 40, 22, 22, 30, 18, 20)  # mm, on A4 across


@dataclass(frozen=True, slots=True)
class Choice:
    """A row of boxes to tick: every option stays visible, the chosen ones are ticked."""

    options: tuple[str, ...]
    chosen: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return "　".join(("☑" if option in self.chosen else "□") + option for option in self.options)


Field = tuple[str, str | Choice]


@dataclass(frozen=True, slots=True)
class Opinion:
    """An opinion with its signature line; empty fields are left to be filled in by hand."""

    head: str
    text: str = ""
    signer: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class ReviewForm:
    """Everything that the form says, in words. ``fields``: rows of one or two (label, value), in the form's order."""

    number: str
    filled_on: str
    fields: tuple[tuple[Field, ...], ...]
    findings: str
    opinions: tuple[Opinion, ...]
    flags: tuple[tuple[str, ...], ...]  # rows of FLAG_COLUMNS
    remarks: str = ""


def review_form(form: ReviewForm) -> bytes:
    """Return the form as a docx file."""
    document = Document()
    _style(document)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin = section.bottom_margin = Mm(14)
    _line(document, "信息公开保密审查表", font=_HEADING, size=18, align=WD_ALIGN_PARAGRAPH.CENTER)
    _line(document, f"审查编号：{form.number}　　　　填表日期：{form.filled_on}", size=11)
    _main_table(document, form)
    _line(document, "说明：本表所列为疑似提示及人工处理意见，不认定是否涉密；签字后与公文处理单一并存档。", size=10)
    if form.flags:
        _flag_list(document, form)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _style(document: Any) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = _BODY, Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _BODY)
    style.paragraph_format.space_after = Pt(0)


def _line(document: Any, words: str, *, font: str = _BODY, size: float = 12, align: Any = None) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_after = Pt(4)
    _run(paragraph, words, font, size)


def _run(paragraph: Any, words: str, font: str, size: float) -> None:
    run = paragraph.add_run(words)
    run.font.size, run.font.name = Pt(size), font
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)


def _main_table(document: Any, form: ReviewForm) -> None:
    table = _table(document, (32, 52, 32, 52))
    for fields in (*form.fields, (("疑似提示及处理", form.findings),)):
        _row(table, [(label, str(value).split("\n")) for label, value in fields])
    for opinion in form.opinions:
        signature = f"签字：{opinion.signer or '　　　　　'}　　{opinion.day or '　　　年　　月　　日'}"
        cell = _row(table, [(opinion.head, [*opinion.text.split("\n"), "", signature])])
        cell.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _row(table, [("备注", [form.remarks])])


def _row(table: Any, fields: Sequence[tuple[str, Iterable[str]]]) -> Any:
    """Add a row of one or two fields, kept on one page; return its last cell."""
    row = table.add_row()
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    cells = list(row.cells)
    if len(fields) == 1:
        cells = [cells[0], cells[1].merge(cells[3])]
    for (label, lines), head, body in zip(fields, cells[::2], cells[1::2], strict=True):
        _cell(head, [label], font=_HEADING, size=10.5)
        _cell(body, lines, size=10.5)
        head.vertical_alignment = body.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    return cells[-1]


def _flag_list(document: Any, form: ReviewForm) -> None:
    section = document.add_section()
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(18)
    _line(document, f"附：提示项处理清单（{form.number}）", font=_HEADING, size=14)
    table = _table(document, _FLAG_WIDTHS)
    head = table.add_row()
    for cell, name in zip(head.cells, FLAG_COLUMNS, strict=True):
        _cell(cell, [name], font=_HEADING, size=10)
    _repeat_head(head)
    for row in form.flags:
        for cell, words in zip(table.add_row().cells, row, strict=True):
            _cell(cell, [words], size=10)


def _table(document: Any, widths: Sequence[int]) -> Any:
    table = document.add_table(rows=0, cols=len(widths))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    return table


def _cell(cell: Any, lines: Iterable[str], *, font: str = _BODY, size: float = 12) -> None:
    paragraph = cell.paragraphs[0]
    for i, words in enumerate(lines):
        if i:
            paragraph = cell.add_paragraph()
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
        _run(paragraph, words, font, size)


def _repeat_head(row: Any) -> None:
    """The head of a long list stands on every page."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)
