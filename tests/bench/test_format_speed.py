"""How fast a hundred pages are read, cut and proven: PDF by stage, Word from the file to the proven copy.

Seconds are processor time of this process and its children, so that other work on the machine does not count.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from docx import Document
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from review import formats, pipeline, redaction
from review.cli.redact import redact_all
from tests.contract.office import cuts_for
from tests.corpus import make_pdf, pdf_kit
from tests.ids import id_number

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

PAGES, LINES = 100, 32
WORDS = make_pdf.HARMLESS + make_pdf.MORE
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    start = sum(os.times()[:4])
    done = work()
    return done, sum(os.times()[:4]) - start


@pytest.mark.skipif(not pdf_kit.available(), reason="没有安装 fonts-noto-cjk")
def test_pdf(tmp_path: Path) -> None:
    program = tmp_path / "probe.ttf"
    program.write_bytes(pdf_kit.truetype("".join(sorted(set(WORDS + "身份证号：X0123456789")))))
    pdfmetrics.registerFont(TTFont("Speed", str(program)))
    out = io.BytesIO()
    page = canvas.Canvas(out)
    values = []
    for number in range(PAGES):
        page.setFont("Speed", 12)
        for line in range(LINES):
            page.drawString(60, 790 - 23 * line, WORDS if line != 9 else f"身份证号：{id_number(number)}")
        values.append(id_number(number))
        page.showPage()
    page.save()
    data = out.getvalue()
    formats.all_formats()
    (format_, reading), read = timed(lambda: formats.read(data, "a.pdf"))
    cuts = cuts_for(reading, values)
    assert len(cuts) == PAGES
    erased, erase = timed(lambda: formats.erase(format_, data, reading, cuts))
    (_, again), reread = timed(lambda: formats.read(erased.data, "a.pdf"))
    witness, second = timed(lambda: formats.witness(format_, erased.data, again))
    planned = redaction.expected(reading, cuts, format_)
    checks, compare = timed(
        lambda: redaction.verify(planned=planned, found=again, witness=witness, gone=values, format_=format_)
    )
    assert all(check["passed"] for check in checks)
    proven = reread + second + compare
    print(
        f"\npdf {PAGES} pages, {sum(len(r.text) for r in reading.runs)} characters: read {PAGES / read:.0f} pages/s, "
        f"redact (read and erase) {PAGES / (read + erase):.0f} pages/s, verify {PAGES / proven:.0f} pages/s"
    )
    assert PAGES / (read + erase) >= 10
    assert PAGES / proven >= 3


def test_docx(engine: pipeline.Engine) -> None:
    document = Document()
    for number in range(PAGES):
        for _ in range(LINES // 2):
            document.add_paragraph(WORDS + WORDS)
        document.add_paragraph(f"申请人身份证号：{id_number(number)}")
        document.add_page_break()
    package = document.part.package
    for key in [key for key, rel in package.rels.items() if rel.reltype.endswith("/thumbnail")]:
        del package.rels[key]  # a picture of the library's template: recognising it is not what is measured
    out = io.BytesIO()
    document.save(out)
    data = out.getvalue()
    pipeline.check(b"warm", "a.txt", engine)
    report, check = timed(lambda: pipeline.check(data, "a.docx", engine))
    decisions = redact_all(report, gaps_checked=False)
    (_, proof), publish = timed(lambda: pipeline.publish(data, report, decisions, engine))
    assert proof.clean
    size = len(report.document.text)
    print(f"\ndocx {PAGES} pages, {size} characters: check {check:.2f} s, redact and prove {publish:.2f} s")
    assert check + publish <= 8
