"""Pictures: text and codes are read with boxes, painted out in pixels, and not read again; metadata goes."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from review import formats, redaction
from review.errors import CorruptDocument, LimitExceeded
from review.formats import image as image_format
from review.formats.image import FORMAT
from review.redaction import squeeze
from review.types import Reading, Zone
from tests.contract.office import cuts_for, source
from tests.corpus import pdf_kit, pictures

pytestmark = pytest.mark.skipif(not pdf_kit.available(), reason="没有安装 fonts-noto-cjk，无法生成测试用的图片")

ID = "110101199003072316"
PHONE = "13812345678"
LINES = ("关于公布值班电话的通知", f"申请人身份证号：{ID}", f"联系电话：{PHONE}", "请各单位遵照执行")
QR, CODE128 = zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128


@pytest.fixture(scope="module")
def written() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "A" * 21
    exif[0x013B] = "BBBB"
    exif[0x9C9C] = "内部使用".encode("utf-16-le")
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (30.0, 15.0, 20.0)
    data = pictures.stored(pictures.page(LINES), "JPEG", quality=92, exif=exif)
    # As Chinese cameras and programs write what should be ASCII.
    return data.replace(b"A" * 21, "张建国家中拍摄".encode()).replace(b"BBBB", "李四".encode("gbk"))


@pytest.fixture(scope="module")
def reading(written: bytes) -> Reading:
    return FORMAT.read(written)


def test_text_is_read_with_a_box_a_character(reading: Reading) -> None:
    assert [squeeze(line) for line in LINES if squeeze(line) not in squeeze(source(reading))] == []
    assert reading.gaps == ()
    for run in reading.runs:
        if run.at and run.at.part.startswith("frame/"):
            assert len(run.boxes) == len(run.text)
    run = next(run for run in reading.runs if ID in run.text)
    boxes = run.boxes[run.text.index(ID) :][: len(ID)]
    assert all(one.x0 < two.x0 for one, two in pairwise(boxes))
    assert 90 < boxes[0].y0 < 110 < boxes[0].y1 < 150


def test_metadata_is_read_and_goes(written: bytes, reading: Reading) -> None:
    hidden = [source(reading)[b.span.start : b.span.end] for b in reading.blocks if b.zone is Zone.METADATA]
    assert {"张建国家中拍摄", "李四", "内部使用"} <= set(hidden)
    assert any(text.startswith("拍摄位置坐标") for text in hidden)
    copy = FORMAT.erase(written, reading, ()).data
    assert len(Image.open(io.BytesIO(copy)).getexif()) == 0
    assert "张建国".encode() not in copy


def test_cut_text_is_painted_and_the_rest_is_not(written: bytes, reading: Reading) -> None:
    cuts = cuts_for(reading, (ID, PHONE))
    erased = FORMAT.erase(written, reading, cuts)
    again = FORMAT.read(erased.data)
    seen = squeeze(source(again))
    assert ID[:6] not in seen
    assert PHONE[3:] not in seen
    assert squeeze(LINES[0]) in seen
    assert squeeze(LINES[3]) in seen
    planned = redaction.expected(reading, cuts, FORMAT)
    checks = redaction.verify(
        planned=planned, found=again, witness=FORMAT.witness(erased.data), gone=(ID, PHONE), format_=FORMAT
    )
    assert [check for check in checks if not check["passed"]] == []
    before, after = (np.asarray(Image.open(io.BytesIO(d)).convert("L")).astype(int) for d in (written, erased.data))
    box = reading.runs[cuts[0].run].boxes[cuts[0].start + 4]
    assert after[int(box.y0) + 2 : int(box.y1) - 2, int(box.x0) + 2 : int(box.x1) - 2].max() < 30
    assert abs(before - after)[:90].max() < 60, "the first line is as it was"


def test_a_saboteur_that_paints_nothing_is_caught(written: bytes, reading: Reading) -> None:
    cuts = cuts_for(reading, (ID,))
    copy = FORMAT.erase(written, reading, ()).data
    checks = redaction.verify(
        planned=redaction.expected(reading, cuts, FORMAT),
        found=FORMAT.read(copy),
        witness=FORMAT.witness(copy),
        gone=(ID,),
        format_=FORMAT,
    )
    assert sum(not check["passed"] for check in checks) >= 2


@pytest.mark.parametrize(("kind", "text"), [(QR, f"姓名：张建国 身份证号：{ID}"), (CODE128, ID)], ids=["qr", "bar"])
def test_codes_are_decoded_and_painted(kind: zxingcpp.BarcodeFormat, text: str) -> None:
    data = pictures.stored(pictures.code(text, kind))
    found = FORMAT.read(data)
    assert text in source(found)
    assert any("二维码或条码" in block.label for block in found.blocks)
    run = next(k for k, run in enumerate(found.runs) if run.text == text)
    copy = FORMAT.erase(data, found, [c for c in cuts_for(found, (ID,)) if c.run == run]).data
    assert zxingcpp.read_barcodes(np.asarray(Image.open(io.BytesIO(copy)).convert("RGB"))) == []


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "WEBP", "GIF"])
def test_every_kind_stays_what_it_is(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_format._ocr, "read", lambda image: [])
    data = pictures.stored(pictures.page(LINES[:1]), kind)
    assert formats.identify(data, f"a.{kind.lower()}").name == "image"
    copy = FORMAT.erase(data, FORMAT.read(data), ()).data
    one, two = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(copy))
    assert (one.format, one.size) == (two.format, two.size)


def test_pages_of_a_tiff_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_format._ocr, "read", lambda image: [])
    pages = [pictures.page(LINES[:k]) for k in (1, 2, 3)]
    data = pictures.stored(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    copy = FORMAT.erase(data, FORMAT.read(data), ()).data
    assert Image.open(io.BytesIO(copy)).n_frames == 3  # type: ignore[attr-defined]


def test_a_turned_photo_is_read_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    turned = pictures.page(LINES[:2]).rotate(90, expand=True)
    found = FORMAT.read(pictures.stored(turned, "JPEG", quality=92, exif=exif))
    assert ID in squeeze(source(found))


def test_truncated() -> None:
    data = pictures.stored(pictures.page(LINES))
    with pytest.raises(CorruptDocument):
        FORMAT.read(data[: len(data) // 2])


def test_too_many_pixels() -> None:
    with pytest.raises(LimitExceeded, match="像素"):
        FORMAT.read(pictures.stored(Image.new("1", (20_000, 20_000))))
