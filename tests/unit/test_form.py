"""The review form prints as offices print it: A4, 仿宋 and 黑体, borders, boxes to tick, room to sign."""

from __future__ import annotations

import io

import docx
import pytest
from docx.oxml.ns import qn

from review.exporters.form import FLAG_COLUMNS, Choice, Opinion, ReviewForm, review_form

FORM = ReviewForm(
    number="2026-000001",
    filled_on="2026年11月21日",
    fields=(
        (("单位（部门）", "办公室"), ("承办人（电话）", "王某")),
        (("公开方式", Choice(("政府网站", "报刊"), frozenset({"报刊"}))),),
    ),
    findings="个人隐私与个人信息 2 项：脱敏后公开 2",
    opinions=(Opinion("保密审查意见", "同意", "李某", "2026年11月21日"), Opinion("批准")),
    flags=tuple(tuple(f"{name}{i}" for name in FLAG_COLUMNS) for i in range(3)),
)


@pytest.fixture(scope="module")
def document():
    return docx.Document(io.BytesIO(review_form(FORM)))


def test_the_paper_is_a4_and_the_list_of_flags_lies_across(document):
    first, second = document.sections
    assert [round(side.mm) for side in (first.page_width, first.page_height)] == [210, 297]
    assert [round(side.mm) for side in (second.page_width, second.page_height)] == [297, 210]


def test_every_field_stands_in_the_table_with_borders(document):
    main, flags = document.tables
    cells = [cell.text for row in main.rows for cell in row.cells]
    for words in ("办公室", "□政府网站　☑报刊", "脱敏后公开 2", "签字：李某　　2026年11月21日"):
        assert any(words in cell for cell in cells), words
    assert main.style.name == flags.style.name == "Table Grid"
    assert [cell.text for cell in flags.rows[0].cells] == list(FLAG_COLUMNS)
    assert len(flags.rows) == 4


def test_an_opinion_that_nobody_gave_leaves_room_to_sign(document):
    last = next(row for row in document.tables[0].rows if row.cells[0].text == "批准")
    assert "签字：" in last.cells[1].text
    assert "年　　月　　日" in last.cells[1].text


def test_fonts_are_those_of_official_papers(document):
    fonts = {run._element.rPr.rFonts.get(qn("w:eastAsia")) for p in document.paragraphs for run in p.runs}
    assert fonts == {"仿宋", "黑体"}


def test_the_head_of_the_list_stands_on_every_page(document):
    assert document.tables[1].rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_without_flags_there_is_no_list():
    bare = ReviewForm("1", "", (), "", (), ())
    assert len(docx.Document(io.BytesIO(review_form(bare))).tables) == 1
