"""Twenty rendered pages with sixty identifiers: all found, painted over, and gone when the copy is recognised again."""

from __future__ import annotations

import random
import time

import pypdfium2 as pdfium
import pytest

from review.formats.image import FORMAT
from review.redaction import squeeze
from tests.contract.office import cuts_for, source
from tests.corpus import pdf_kit, pictures
from tests.ids import id_number

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not pdf_kit.available(), reason="没有安装 fonts-noto-cjk"),
]

PAGES = 20
TEXT = (
    "关于公布二〇二六年度值班安排的通知",
    "各区人民政府，市政府各部门、各直属机构：",
    "为做好节假日期间值班工作，现将有关事项通知如下。",
    "一、各单位要落实领导带班和专人值班制度。",
    "二、值班电话须保持畅通，遇有情况及时报告。",
    "三、请于本月二十日前将值班表报送办公室。",
)


def page(values: list[str], scale: float) -> bytes:
    """One page as a scanner would give it: text lines and three lines with an identifier each."""
    labels = ("申请人身份证号：", "联系电话：", "银行账号：")
    lines = [*TEXT, *(label + value for label, value in zip(labels, values, strict=True)), *TEXT]
    sheet = pdf_kit.Sheet("".join(lines))
    for number, line in enumerate(lines):
        sheet.line(line, 780 - 34 * number)
    return pictures.stored(pdfium.PdfDocument(sheet.bytes())[0].render(scale=scale).to_pil().convert("L"))


def test_identifiers_on_pages() -> None:
    dice = random.Random(20261122)
    found = painted = gone = total = 0
    start = time.monotonic()
    for number in range(PAGES):
        phone = "1" + dice.choice("3578") + "".join(dice.choices("0123456789", k=9))
        values = [id_number(dice.randrange(16_000)), phone, "6222" + "".join(dice.choices("0123456789", k=15))]
        data = page(values, (1.6, 2.0, 2.4)[number % 3])
        reading = FORMAT.read(data)
        read = [value for value in values if value in squeeze(source(reading))]
        erased = FORMAT.erase(data, reading, cuts_for(reading, read))
        again = squeeze(source(FORMAT.read(erased.data)))
        larger = squeeze("".join(FORMAT.witness(erased.data).residue[:1]))
        total += len(values)
        found += len(read)
        painted += sum(bool(cuts_for(reading, [value])) for value in read)
        gone += sum(value not in again and value[-6:] not in again and value not in larger for value in read)
        assert squeeze(TEXT[2]) in again, "what stays can be read"
    seconds = time.monotonic() - start
    print(f"\nidentifiers {total}, found {found}, painted {painted}, gone {gone}; {PAGES} pages in {seconds:.0f} s")
    assert (found, painted, gone) == (total, total, total)
