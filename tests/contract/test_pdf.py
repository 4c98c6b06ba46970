"""PDF: every hiding place is read or reported, what is cut is gone for every reader, what stays looks the same."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import numpy as np
import pdfplumber
import pikepdf
import pypdfium2 as pdfium
import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw

from review import formats
from review.errors import CorruptDocument, EncryptedDocument, InputError, LimitExceeded
from review.formats._pdf_unicode import parse_to_unicode
from review.formats.pdf import FORMAT, page_image
from review.redaction import squeeze
from review.types import VISIBLE, Reading, Zone
from tests.contract.office import SAMPLES, assert_well_formed, cuts_for, source, visible
from tests.corpus import make_pdf, pdf_kit

pytestmark = pytest.mark.skipif(not pdf_kit.available(), reason="没有安装 fonts-noto-cjk，无法生成测试用的 PDF")

PLACES = [place.name for place in make_pdf.PLACES]
EXACT = [place.name for place in make_pdf.PLACES if place.how != "gap" and place.name != "note"]


def erased(data: bytes, values: tuple[str, ...]) -> tuple[Reading, bytes, tuple[str, ...]]:
    reading = FORMAT.read(data)
    done = FORMAT.erase(data, reading, cuts_for(reading, values, ""))
    return reading, done.data, done.notices


def as_read_elsewhere(data: bytes) -> dict[str, str]:
    """What readers that the product does not use for its trace find in a file."""
    document = pdfium.PdfDocument(data)
    out = {"pdfium": "\n".join(page.get_textpage().get_text_range() for page in document)}
    document.close()
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        out["pdfplumber"] = "\n".join("".join(char["text"] for char in page.chars) for page in pdf.pages)
    out["pdftotext"] = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=data, capture_output=True, check=False, timeout=60
    ).stdout.decode("utf-8", "replace")
    return out


def raw(data: bytes) -> str:
    """Every string and decoded stream of a file, in the encodings of Chinese text, spaces out."""
    return squeeze("\x00".join(FORMAT.witness(data).residue))


def in_fonts(data: bytes) -> set[str]:
    """Characters that a file's fonts still tell: ToUnicode, names of glyphs, cmap tables."""
    out: set[str] = set()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Stream):
                unpacked = bytes(thing.read_raw_bytes() if "/Width" in thing else thing.read_bytes())
                if b"begincmap" in unpacked:
                    out |= set("".join(parse_to_unicode(unpacked).values()))
                if unpacked[:4] in (b"OTTO", b"\x00\x01\x00\x00"):
                    font = TTFont(io.BytesIO(unpacked))
                    for table in font["cmap"].tables if "cmap" in font else ():
                        out |= {chr(code) for code in table.cmap if code > 0xFF}
            elif isinstance(thing, pikepdf.Dictionary):
                for key in dict(thing.items()):
                    out |= {chr(int(code, 16)) for code in re.findall(r"uni([0-9A-F]{4})", key)}
    return out


def outlines(data: bytes) -> int:
    """Number of glyphs with an outline in the largest embedded font."""
    found = [0]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Stream) and "/Width" not in thing:
                unpacked = bytes(thing.read_bytes())
                if unpacked[:4] == b"\x00\x01\x00\x00":
                    font = TTFont(io.BytesIO(unpacked))
                    found.append(sum(font["glyf"][name].numberOfContours != 0 for name in font.getGlyphOrder()))
                elif unpacked[:4] == b"OTTO":
                    found.append(_drawing(TTFont(io.BytesIO(unpacked))["CFF "].cff))
                elif thing.get("/Subtype") == "/CIDFontType0C":
                    bare = CFFFontSet()
                    bare.decompile(io.BytesIO(unpacked), None)
                    found.append(_drawing(bare))
    return max(found)


def _drawing(font: CFFFontSet) -> int:
    strings = font[0].CharStrings
    for string in strings.values():
        string.decompile()
    return sum(len(string.program) > 3 for string in strings.values())


def drawn(data: bytes) -> list[np.ndarray]:
    """The pages at 144 dpi, upright as in user space, grey levels."""
    document = pdfium.PdfDocument(data)
    for page in document:
        page.set_rotation(0)
    return [np.asarray(page.render(scale=2).to_pil().convert("L")).astype(int) for page in document]


def changed_outside(data: bytes, copy: bytes, reading: Reading, cut_values: tuple[str, ...]) -> int:
    """Number of pixels that differ at 144 dpi where the copy is not black and no removed glyph stood."""
    boxes = []
    for cut in cuts_for(reading, cut_values, ""):
        boxes += reading.runs[cut.run].boxes[cut.start : cut.end]
    total = 0
    for number, (before, after) in enumerate(zip(drawn(data), drawn(copy), strict=True)):
        black = np.pad(after < 40, 1)
        beside = black[1:-1, 1:-1] | black[:-2, 1:-1] | black[2:, 1:-1] | black[1:-1, :-2] | black[1:-1, 2:]
        differs = (abs(before - after) > 60) & ~beside
        height = before.shape[0]
        for box in boxes:
            if box.page == number:
                top, bottom = int(height - 2 * box.y1) - 4, int(height - 2 * box.y0) + 4
                differs[max(0, top) : bottom, max(0, int(2 * box.x0) - 5) : int(2 * box.x1) + 5] = False
        total += int(differs.sum())
    return total


# --------------------------------------------------------------------------------------------- hiding places


def test_enough_places() -> None:
    assert len(set(PLACES)) == len(PLACES) >= 80
    assert len({make_pdf.secret(number) for number in range(len(PLACES))}) == len(PLACES)


@pytest.mark.parametrize("place", PLACES)
def test_read(place: str) -> None:
    hiding = make_pdf.made(place)
    reading = FORMAT.read(hiding.data)
    assert_well_formed(reading)
    everything, seen = squeeze(source(reading)), squeeze(visible(reading))
    if hiding.how == "shown":
        assert hiding.secret in seen
    elif hiding.how == "hidden":
        assert hiding.secret in everything
        assert hiding.secret not in seen
    elif hiding.how == "nested":
        assert any(hiding.secret.encode() in item.data for item in reading.embedded)
    elif hiding.how == "gap":
        assert reading.gaps or [item for item in reading.embedded if item.kept]
    if hiding.name != "as_picture":
        assert squeeze(make_pdf.HARMLESS) in seen
        assert squeeze(make_pdf.MORE) in seen


@pytest.mark.parametrize("place", PLACES)
def test_erased(place: str) -> None:
    hiding = make_pdf.made(place)
    _, copy, notices = erased(hiding.data, (hiding.secret,))
    for reader, text in as_read_elsewhere(copy).items():
        assert hiding.secret not in squeeze(text), reader
        if hiding.name != "as_picture":
            assert squeeze(make_pdf.HARMLESS) in squeeze(text), reader
            assert squeeze(make_pdf.MORE) in squeeze(text), reader
    assert hiding.secret not in raw(copy)
    assert not set(hiding.secret) & in_fonts(copy)
    again = FORMAT.read(copy)
    assert hiding.secret not in squeeze(source(again))
    assert [block.label for block in again.blocks if block.zone not in VISIBLE] == []
    assert all(item.kept for item in again.embedded)
    exact = hiding.how != "gap" or hiding.name in ("without_mapping", "as_picture")
    assert any("转为图片" in notice for notice in notices) is not exact


@pytest.mark.parametrize("place", EXACT)
def test_the_rest_looks_the_same(place: str) -> None:
    hiding = make_pdf.made(place)
    reading, copy, _ = erased(hiding.data, (hiding.secret,))
    assert changed_outside(hiding.data, copy, reading, (hiding.secret,)) <= 20


@pytest.mark.parametrize("name", ["plain", "plain_cff", "plain_opentype", "shared_program"])
def test_outlines_are_gone(name: str) -> None:
    hiding = make_pdf.made(name)
    _, copy, _ = erased(hiding.data, (hiding.secret,))
    assert outlines(copy) <= outlines(hiding.data) - len(hiding.secret)


def test_width_of_a_box_does_not_tell_the_length() -> None:
    """A short and a long value at the end of a line leave boxes of the same width."""
    widths = set()
    for value in ("洊洊", "洊洊洊洊"):
        sheet = pdf_kit.Sheet("姓名：洊")
        sheet.line(f"姓名：{value}", 700)
        _, copy, _ = erased(sheet.bytes(), (value,))
        black = drawn(copy)[0] < 40
        rows = black.sum(axis=1)
        widths.add(int(rows.max()))
        with pikepdf.open(io.BytesIO(copy)) as pdf:
            assert b"TJ" not in pdf.pages[0].Contents.read_bytes() or b"-" not in pdf.pages[0].Contents.read_bytes()
    assert len(widths) == 1


def test_one_of_two_drawings_of_a_form_is_cut() -> None:
    hiding = make_pdf.made("in_form_twice")
    reading = FORMAT.read(hiding.data)
    copy = FORMAT.erase(hiding.data, reading, cuts_for(reading, (hiding.secret,), "")[:1]).data
    assert squeeze(as_read_elsewhere(copy)["pdfium"]).count(hiding.secret) == 1


def test_a_reading_of_another_file_is_refused() -> None:
    one, other = make_pdf.made("plain"), make_pdf.made("kerned")
    reading = FORMAT.read(one.data)
    with pytest.raises(CorruptDocument):
        FORMAT.erase(other.data, reading, cuts_for(reading, (one.secret,), ""))


def test_a_saboteur_copy_is_seen_by_the_witness() -> None:
    """A copy that only draws a box over the value must not pass for clean."""
    hiding = make_pdf.made("plain")
    with pikepdf.open(io.BytesIO(hiding.data)) as pdf:
        page = pdf.pages[0]
        page.contents_add(b"0 g 55 694 110 22 re f")
        out = io.BytesIO()
        pdf.save(out)
    found = FORMAT.witness(out.getvalue())
    assert hiding.secret in squeeze(found.visible or "")
    assert hiding.secret in squeeze("\x00".join(found.residue))


# --------------------------------------------------------------------------------------------- structure


def test_table_cells_carry_their_place() -> None:
    reading = FORMAT.read(make_pdf.made("ruled_table").data)
    text = source(reading)
    cells = {text[b.span.start : b.span.end]: b.cell for b in reading.blocks if b.cell}
    assert {(c.row, c.column) for c in cells.values()} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert (cells["姓名"].row, cells["姓名"].column) == (0, 0)
    assert (cells["公开文字"].row, cells["公开文字"].column) == (1, 1)


def test_a_value_broken_over_lines_stands_in_one_block() -> None:
    hiding = make_pdf.made("broken_line")
    reading = FORMAT.read(hiding.data)
    text = source(reading)
    assert any(hiding.secret in squeeze(text[b.span.start : b.span.end]) for b in reading.blocks)


def test_covered_text_is_labelled() -> None:
    reading = FORMAT.read(make_pdf.made("under_box").data)
    assert [b.label for b in reading.blocks if b.zone is Zone.HIDDEN] == ["第1页遮盖下文字"]


def test_every_character_has_its_box() -> None:
    reading = FORMAT.read(make_pdf.made("plain").data)
    for run in reading.runs:
        if run.at and run.at.part.startswith("page/"):
            assert len(run.boxes) == len(run.text) == len(run.at.node)
    hiding = make_pdf.made("plain")
    run = next(run for run in reading.runs if hiding.secret in run.text)
    box = run.boxes[run.text.index(hiding.secret)]
    assert box.page == 0
    assert 73 < box.x0 < 75
    assert 695 < box.y0 < 701 < box.y1 < 716


# --------------------------------------------------------------------------------------------- producers


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = {}
    for producer in make_pdf.PRODUCERS:
        if make_pdf.installed(producer):
            folder = tmp_path_factory.mktemp(producer.name)
            out[producer.name] = producer.make(folder).read_bytes()
    return out


@pytest.mark.parametrize("name", [producer.name for producer in make_pdf.PRODUCERS])
def test_producer(made: dict[str, bytes], name: str) -> None:
    if name not in made:
        pytest.skip("没有安装这个生成程序")
    data = made[name]
    reading, copy, notices = erased(data, make_pdf.SECRETS)
    seen = squeeze(visible(reading))
    assert all(value in seen for value in make_pdf.SECRETS)
    assert not any("转为图片" in notice for notice in notices)
    texts = {reader: squeeze(text) for reader, text in as_read_elsewhere(copy).items()} | {"raw": raw(copy)}
    for reader, text in texts.items():
        assert [value for value in make_pdf.SECRETS if value in text] == [], reader
    for value in map(squeeze, make_pdf.PLAIN):
        assert value in texts["pdfium"]
    gone = set("".join(make_pdf.SECRETS)) - set(squeeze(texts["pdfium"]))
    assert not {char for char in gone if char > "\u2e80"} & in_fonts(copy)
    assert changed_outside(data, copy, reading, make_pdf.SECRETS) <= 300


@pytest.mark.parametrize("name", [producer.name for producer in make_pdf.PRODUCERS])
def test_nothing_cut_nothing_changed(made: dict[str, bytes], name: str) -> None:
    if name not in made:
        pytest.skip("没有安装这个生成程序")
    data = made[name]
    _, copy, _ = erased(data, ())
    for before, after in zip(drawn(data), drawn(copy), strict=True):
        assert int((abs(before - after) > 8).sum()) == 0
    assert squeeze(as_read_elsewhere(data)["pdfium"]) == squeeze(as_read_elsewhere(copy)["pdfium"])


# --------------------------------------------------------------------------------------------- pages as images


def test_page_that_cannot_be_rewritten_stays_searchable() -> None:
    hiding = make_pdf.made("in_pattern")
    _, copy, notices = erased(hiding.data, ())
    assert "第1页无法逐字删除，已转为图片。" in notices
    again = FORMAT.read(copy)
    assert squeeze(make_pdf.HARMLESS) in squeeze(visible(again))
    assert squeeze(make_pdf.HARMLESS) in squeeze(as_read_elsewhere(copy)["pdftotext"])


def test_value_cut_on_an_image_page_is_painted_over() -> None:
    """The text layer of a scan is text; cutting in it blackens the picture."""
    first = make_pdf.made("in_pattern")
    _, scan, _ = erased(first.data, ())
    value = make_pdf.HARMLESS[5:9]
    reading, copy, notices = erased(scan, (value,))
    assert squeeze(value) not in squeeze(as_read_elsewhere(copy)["pdfium"])
    assert squeeze(make_pdf.MORE) in squeeze(as_read_elsewhere(copy)["pdfium"])
    box = reading.runs[cuts_for(reading, (value,), "")[0].run].boxes[6]
    picture = drawn(copy)[0]
    x, y = int(box.x0 + box.x1), picture.shape[0] - int(box.y0 + box.y1)
    assert picture[y - 8 : y + 8, x - 8 : x + 8].max() < 60
    assert any("转为图片" in notice for notice in notices)


def test_page_image() -> None:
    assert page_image(make_pdf.made("plain").data, 0, 100).startswith(b"\x89PNG")


# --------------------------------------------------------------------------------------------- hostile and damaged


def test_encrypted() -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(make_pdf.made("plain").data)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(EncryptedDocument):
        FORMAT.read(out.getvalue())
    with pytest.raises(EncryptedDocument):
        FORMAT.witness(out.getvalue())


def test_owner_password_only_is_read_and_gone_from_the_copy() -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(make_pdf.made("plain").data)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="a", user=""))
    _, copy, _ = erased(out.getvalue(), (make_pdf.made("plain").secret,))
    with pikepdf.open(io.BytesIO(copy)) as pdf:
        assert not pdf.is_encrypted


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.4\ngarbage" * 50], ids=["empty", "garbage"])
def test_damaged(data: bytes) -> None:
    with pytest.raises(CorruptDocument):
        FORMAT.read(data)


def test_truncated_is_an_error_or_a_reading() -> None:
    whole = make_pdf.made("plain").data
    for share in (0.2, 0.5, 0.9):
        try:
            reading = FORMAT.read(whole[: int(len(whole) * share)])
        except InputError:
            continue
        assert reading.gaps or squeeze(make_pdf.HARMLESS) in squeeze(visible(reading))


def test_a_resource_that_is_not_there_is_left_out() -> None:
    sheet = pdf_kit.Sheet(make_pdf.HARMLESS)
    sheet.draw(b"BT /N 14 Tf ET")
    sheet.line(make_pdf.HARMLESS, 700)
    sheet.page.Contents = sheet.pdf.make_stream(b"\n".join(sheet.content))
    out = io.BytesIO()
    sheet.pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    data = out.getvalue().replace(b"/Font << /F", b"/Font << /N 99 0 R /F")
    assert b"/N 99 0 R" in data
    _, copy, _ = erased(data, ())
    assert squeeze(make_pdf.HARMLESS) in squeeze(as_read_elsewhere(copy)["pdfium"])


def test_bomb_is_refused() -> None:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.pages[0].Contents = pdf.make_stream(b"q Q\n" * (256 << 20 >> 2))
        out = io.BytesIO()
        pdf.save(out)
    assert len(out.getvalue()) < 1 << 20
    with pytest.raises(LimitExceeded):
        FORMAT.read(out.getvalue())


def test_forms_that_draw_each_other_end() -> None:
    sheet = pdf_kit.Sheet("前")
    form = sheet.pdf.make_indirect(sheet.form(b"/X Do /X Do"))
    form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form))
    sheet.name("XObject", X=form)
    sheet.draw(b"/X Do")
    with pytest.raises(LimitExceeded):
        FORMAT.read(sheet.bytes())


# --------------------------------------------------------------------------------------------- real files


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="没有测试用的公开样本文件夹（不随项目提交）")
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.pdf")) if SAMPLES.is_dir() else [], ids=lambda p: Path(p).name)
def test_real_file(path: Path) -> None:
    data = path.read_bytes()
    if path.name == "password-example.pdf":
        with pytest.raises(EncryptedDocument):
            FORMAT.read(data)
        return
    reading = FORMAT.read(data)
    assert_well_formed(reading)
    words = [w for w in re.findall(r"\w{3,}", visible(reading)) if not w.isascii() or len(w) > 5][:4]
    copy = FORMAT.erase(data, reading, cuts_for(reading, words, "")).data
    again = FORMAT.read(copy)
    assert [word for word in words if squeeze(word) in squeeze(visible(again))] == []
    assert [block.label for block in again.blocks if block.zone not in VISIBLE] == []
    texts = as_read_elsewhere(copy)
    assert [
        w for w in words if squeeze(w) in squeeze(texts["pdfium"]) or squeeze(w) in squeeze(texts["pdftotext"])
    ] == []


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="没有测试用的公开样本文件夹（不随项目提交）")
def test_bad_redactions_are_found_and_good_ones_are_not() -> None:
    bad = FORMAT.read((SAMPLES / "rectangles_yes.pdf").read_bytes())
    good = FORMAT.read((SAMPLES / "rectangles_no.pdf").read_bytes())
    assert sum(block.zone is Zone.HIDDEN for block in bad.blocks) == 3
    assert not any(block.zone is Zone.HIDDEN for block in good.blocks)


# --------------------------------------------------------------------------------------------- pictures


def scan(text: str, *, beside: bool = False) -> bytes:
    """A page that is a picture of a page; ``beside``: with a line of live text under a smaller picture."""
    sheet = pdf_kit.Sheet(make_pdf.HARMLESS + make_pdf.MORE + text)
    sheet.line(make_pdf.HARMLESS, 780)
    sheet.line(text, 700)
    picture = pdfium.PdfDocument(sheet.bytes())[0].render(scale=150 / 72).to_pil().convert("L")
    page = pdf_kit.Sheet(make_pdf.MORE)
    image = page.pdf.make_stream(
        picture.tobytes(),
        Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=picture.width, Height=picture.height,
        ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8,
    )  # fmt: skip
    page.name("XObject", P=image)
    page.draw(b"q 476 0 0 674 60 140 cm /P Do Q" if beside else b"q 595 0 0 842 0 0 cm /P Do Q")
    if beside:
        page.line(make_pdf.MORE, 60)
    return page.bytes()


@pytest.mark.parametrize("beside", [False, True])
def test_picture_is_handed_on_and_blackened(beside: bool) -> None:
    data = scan("110101199003072316", beside=beside)
    reading = FORMAT.read(data)
    item = next(item for item in reading.embedded if item.kept)
    picture = Image.open(io.BytesIO(item.data)).convert("RGB")
    assert (np.asarray(picture.convert("L")) < 60).sum() > 1000
    ImageDraw.Draw(picture).rectangle((0, 0, picture.width, picture.height // 2), fill=0)
    painted = io.BytesIO()
    picture.save(painted, "PNG")
    copy = FORMAT.erase(data, reading, ()).data
    assert FORMAT.put is not None
    unchanged = FORMAT.put(copy, {item.part: item.data})
    assert unchanged == copy
    new = FORMAT.put(copy, {item.part: painted.getvalue()})
    upper = drawn(new)[0]
    assert upper[10 : upper.shape[0] // 2 - 10, 10:-10].max() < 60
    with pikepdf.open(io.BytesIO(new)) as pdf:
        images = [o for o in pdf.objects if isinstance(o, pikepdf.Stream) and o.get("/Subtype") == "/Image"]
        assert len(images) == 1, "the old picture is still in the file"
    again = FORMAT.read(new)
    assert (squeeze(make_pdf.MORE) in squeeze(visible(again))) is beside
    assert (squeeze(make_pdf.MORE) in squeeze(as_read_elsewhere(new)["pdftotext"])) is beside


def test_value_in_a_scan_is_recognised_cut_and_not_recognised_again() -> None:
    value = "110101199003072316"
    data = scan(value)
    format_, reading = formats.read(data, "scan.pdf")
    assert value in squeeze(visible(reading))
    assert any(block.zone is Zone.IMAGE for block in reading.blocks)
    cuts = cuts_for(reading, (value,), "")
    copy = formats.erase(format_, data, reading, cuts).data
    _, again = formats.read(copy, "scan.pdf")
    assert value not in squeeze(source(again))
    assert "值班电话" in squeeze(visible(again))
    dark = drawn(copy)[0]
    rows = np.flatnonzero((dark < 40).sum(axis=1) > 200)
    patch = dark[rows.min() + 3 : rows.max() - 2, 140:380]
    assert patch.max() < 12, "the shapes of the digits can be seen in the black"


def test_text_layer_of_a_scanner_is_dropped() -> None:
    """Nothing vouches for what a scanner wrote under its picture; the picture itself is read instead."""
    with pikepdf.open(io.BytesIO(scan("110101199003072316"))) as pdf:
        face = pdf_kit.wide_face(pdf, "公开内容110101199003072316")
        pdf.pages[0].Resources.Font = pikepdf.Dictionary(F=face.font)
        pdf.pages[0].contents_add(b"BT 3 Tr /F 14 Tf 60 700 Td %s Tj ET" % face.hex("110101199003072316"))
        out = io.BytesIO()
        pdf.save(out)
    reading, copy, _ = erased(out.getvalue(), ())
    assert [block.label for block in reading.blocks if block.zone is Zone.HIDDEN] == ["第1页图片的文字层"]
    assert "110101" not in as_read_elsewhere(copy)["pdftotext"]
