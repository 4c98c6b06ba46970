"""Text that a page does not show is flagged once a kind, with all places: loudly where somebody blacked it out."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from docx import Document
from docx.oxml import parse_xml
from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill

from review import formats, pipeline
from review.formats import _marks
from review.types import Run, Severity
from tests.contract.office import source, visible
from tests.corpus import make_docx

NAME = "甘小满"


def word(*paragraphs: str) -> bytes:
    document = Document()
    for inner in paragraphs:
        document.element.body.insert(-1, parse_xml(f"<w:p {make_docx._NS}>{inner}</w:p>"))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def flags(data: bytes, engine: pipeline.Engine) -> dict[str, tuple[Severity, int]]:
    found = pipeline.check(data, "a.docx", engine).flags
    return {flag.rule: (flag.severity, flag.count) for flag in found if flag.type == "wi_hidden_residue"}


COVERED = [
    '<w:highlight w:val="black"/>',
    '<w:color w:val="000000"/><w:highlight w:val="black"/>',
    '<w:color w:val="0A0A0A"/><w:shd w:val="clear" w:fill="000000"/>',
    '<w:color w:val="FF0000"/><w:highlight w:val="red"/>',
    '<w:color w:val="000000"/><w:shd w:val="solid" w:color="000000"/>',
]
SEEN = [
    "",
    '<w:highlight w:val="yellow"/>',
    '<w:color w:val="FFFFFF"/><w:highlight w:val="black"/>',
    '<w:shd w:val="clear" w:fill="000000"/>',  # automatic colour turns white there
    '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="003366"/>',
    '<w:color w:val="FF0000"/>',
    '<w:color w:val="nonsense"/><w:highlight w:val="nonsense"/>',
    '<w:w w:val="66"/><w:sz w:val="21"/>',
]


@pytest.mark.parametrize("properties", COVERED)
def test_text_blacked_out_in_word(properties: str, engine: pipeline.Engine) -> None:
    run = make_docx.run
    data = word(run("中标人") + run(NAME, properties) + run("，公告如下。"), run("其他") + run("某某", properties))
    format_, reading = formats.read(data, "a.docx")
    assert NAME in source(reading)
    assert NAME not in visible(reading)
    assert flags(data, engine) == {"internal.residue_covered@1": (Severity.MEDIUM, 2)}
    copy = formats.erase(format_, data, reading, ())
    assert NAME not in source(formats.read(copy.data, "a.docx")[1])


@pytest.mark.parametrize("properties", SEEN)
def test_text_that_can_be_read(properties: str, engine: pipeline.Engine) -> None:
    data = word(make_docx.run(NAME, properties))
    assert NAME in visible(formats.read(data, "a.docx")[1])
    assert flags(data, engine) == {}


def test_vanished_and_deleted_text_is_a_reminder(engine: pipeline.Engine) -> None:
    deleted = '<w:del w:id="1" w:author="x"><w:r><w:delText>乙</w:delText></w:r></w:del>'
    data = word(make_docx.run("甲", "<w:vanish/>") + deleted + make_docx.run("公开"))
    assert flags(data, engine) == {"internal.residue_hidden@1": (Severity.LOW, 2)}


def test_cells_filled_black(engine: pipeline.Engine) -> None:
    book = Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["A3"] = "中标人", NAME, "白字深底"
    sheet["A2"].fill = PatternFill("solid", fgColor="FF000000")
    sheet["A3"].font, sheet["A3"].fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF000000")
    out = io.BytesIO()
    book.save(out)
    found = pipeline.check(out.getvalue(), "a.xlsx", engine).flags
    assert {flag.rule: flag.count for flag in found if flag.type == "wi_hidden_residue"} == {
        "internal.residue_covered@1": 1
    }


def test_digits_of_the_symbol_font_are_digits(engine: pipeline.Engine) -> None:
    number = "110101199003072316"
    digits = "".join(f'<w:sym w:font="Symbol" w:char="F0{ord(c):02X}"/>' for c in number)
    data = word(
        f"{make_docx.run('身份证号：')}<w:r>{digits}</w:r>", '<w:r><w:sym w:font="Wingdings" w:char="F031"/></w:r>'
    )
    assert number in visible(formats.read(data, "a.docx")[1])
    assert "pp_id_number" in {flag.type for flag in pipeline.check(data, "a.docx", engine).flags}
    format_, reading = formats.read(data, "a.docx")
    again = formats.erase(format_, data, reading, ()).data
    assert number in (format_.witness(again).visible or "")


@pytest.mark.parametrize(
    ("texts", "gaps"),
    [
        (("身份证号\u202e613270309910110101",), (_marks.REVERSED,)),
        (("公开" + "".join(chr(0xE0000 + ord(c)) for c in "13812345678"),), (_marks.SMUGGLED,)),
        (("公开" + "\u200b\u200c" * 8,), (_marks.SMUGGLED,)),
        (("公开\u200b内容", "❤\ufe0f", "邊\U000e0100", "👨\u200d👩"), ()),
    ],
)
def test_characters_that_nobody_sees(texts: Sequence[str], gaps: tuple[object, ...]) -> None:
    assert tuple(_marks.doubts([Run(text) for text in texts])) == gaps


def test_forced_directions_are_gaps() -> None:
    turned = word(f'<w:bdo w:val="rtl">{make_docx.run("613270309910110101")}</w:bdo>')
    assert _marks.REVERSED in formats.read(turned, "a.docx")[1].gaps
    for page in ("<p><bdo dir=rtl>123</bdo>", '<p style="unicode-bidi:bidi-override;direction:rtl">123'):
        assert _marks.REVERSED in formats.read(page.encode(), "a.html")[1].gaps
    assert formats.read("身份证号\u202e613".encode(), "a.txt")[1].gaps == (_marks.REVERSED,)
    assert formats.read("<p>公开".encode(), "a.html")[1].gaps == ()
