"""Places of flags on page pictures: fractions of what is shown, also on turned and cropped pages and on scans."""

from __future__ import annotations

import io

import pypdfium2 as pdfium
import pytest
from PIL import Image

from review.errors import InputError
from review.service import pictures
from review.service.pictures import Page
from review.types import Alignment, Block, Box, Document, Flag, Run, Severity, Span


def test_fractions_count_from_the_top_left_of_what_is_shown():
    box = Box(0, 10, 80, 30, 90)
    assert Page(0, 0, 100, 100).place(box) == pytest.approx((0.1, 0.1, 0.3, 0.2))
    assert Page(0, 0, 100, 100, down=True).place(box) == pytest.approx((0.1, 0.8, 0.3, 0.9))
    assert Page(10, 0, 110, 100).place(box) == pytest.approx((0.0, 0.1, 0.2, 0.2))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_mark_on_a_turned_page_lies_where_the_picture_shows_it(turn: int):
    document = pdfium.PdfDocument.new()
    page = document.new_page(200, 400)
    page.set_rotation(turn)
    black = pdfium.raw.FPDFPageObj_CreateNewRect(20.0, 300.0, 40.0, 30.0)
    pdfium.raw.FPDFPageObj_SetFillColor(black, 0, 0, 0, 255)
    pdfium.raw.FPDFPath_SetDrawMode(black, pdfium.raw.FPDF_FILLMODE_ALTERNATE, 0)
    pdfium.raw.FPDFPage_InsertObject(page.raw, black)
    page.gen_content()
    out = io.BytesIO()
    document.save(out)

    (measured,) = pictures._measure(out.getvalue(), pictures.PDF)
    left, top, right, bottom = measured.place(Box(0, 20, 300, 60, 330))
    shown = Image.open(io.BytesIO(pictures._draw(out.getvalue(), pictures.PDF, 0))).convert("L")
    inside = shown.point(lambda value: 255 if value < 128 else 0).getbbox()
    assert inside is not None
    want = (left * shown.width, top * shown.height, right * shown.width, bottom * shown.height)
    assert inside == pytest.approx(want, abs=3)


def test_characters_of_a_line_become_one_box_and_lines_stay_apart():
    boxes = (*(Box(0, 10.0 * i, 50, 10.0 * i + 9, 60) for i in range(3)), Box(0, 0, 30, 9, 40), Box(0, 0, 0, 0, 0))
    run = Run("甲乙丙丁 ", None, boxes)
    document = Document(
        "0" * 64,
        "a.pdf",
        pictures.PDF,
        (Run("前\n"), run),
        (Block(Span(0, 7)),),
        (),
        "前\n甲乙丙丁 ",
        Alignment(range(7), range(1, 8)),
    )
    flag = Flag("f", (Span(2, 7),), "pp_contact", "r@1", Severity.HIGH, "", (), "redact", 1.0, "rules")  # type: ignore[arg-type]
    found = pictures.places(document, [flag], (Page(0, 0, 100, 100),))
    assert found == {"f": [[0.0, 0.0, 0.4, 0.29, 0.5], [0.0, 0.0, 0.6, 0.09, 0.7]]}


def test_a_page_that_is_not_there_is_a_clear_error():
    out = io.BytesIO()
    Image.new("RGB", (10, 10)).save(out, "PNG")
    assert pictures._draw(out.getvalue(), "image/png", 0)
    with pytest.raises(InputError):
        pictures._draw(out.getvalue(), "image/png", 1)
