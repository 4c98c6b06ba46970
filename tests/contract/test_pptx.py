"""Presentations: every text is read, what is cut is gone, what is shown stays."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pptx
import pytest
from PIL import Image
from pptx.util import Inches

from review.errors import CorruptDocument, EncryptedDocument
from review.formats.pptx import FORMAT
from review.types import Zone
from tests.contract import office
from tests.corpus import make_pptx
from tests.corpus.nasty import Nasty


@pytest.fixture(scope="module")
def nasty() -> Nasty:
    return make_pptx.build()


@pytest.fixture(scope="module")
def copy(nasty: Nasty) -> bytes:
    return office.assert_erases(FORMAT, nasty)


def saved(show: pptx.presentation.Presentation) -> bytes:
    out = io.BytesIO()
    show.save(out)
    return out.getvalue()


def test_enough_places(nasty: Nasty) -> None:
    assert len(nasty.secrets) >= 45


def test_every_secret_is_read(nasty: Nasty) -> None:
    office.assert_reads_everything(FORMAT, nasty)


def test_nothing_survives(copy: bytes, nasty: Nasty) -> None:
    assert office.raw_leaks(copy, nasty.secrets.values()) == set()


def test_without_cuts_the_slides_stay(nasty: Nasty) -> None:
    office.assert_keeps_all(FORMAT, nasty.data)


def test_python_pptx_opens_the_copy(copy: bytes) -> None:
    show = pptx.Presentation(io.BytesIO(copy))
    assert len(show.slides) == 2
    assert show.slides[0].shapes.title.text == "年度工作汇报" + office.REPLACEMENT
    assert not show.slides[0].has_notes_slide
    assert [len(master.slide_layouts) for master in show.slide_masters] == [1]


@pytest.mark.slow
def test_libreoffice_opens_the_copy(copy: bytes, nasty: Nasty, tmp_path: Path) -> None:
    text = office.office_text(copy, ".pptx", tmp_path, "pdf")
    assert [value for value in nasty.secrets.values() if value in text] == []
    assert [h for h in nasty.harmless[:3] if h not in text] == []


def test_only_clean_parts_are_written(copy: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        names = archive.namelist()
    for word in ("docProps", "customXml", "comment", "notes", "tags", "embeddings", "orphan", "printer", "viewProps"):
        assert not [name for name in names if word in name]


class TestPictures:
    def test_shown_pictures_are_handed_on_under_their_new_names(self, nasty: Nasty, copy: bytes) -> None:
        kept = [item.part for item in FORMAT.read(nasty.data).embedded if item.kept]
        assert kept == ["ppt/media/image1.png"]
        assert [item.part for item in FORMAT.read(copy).embedded] == kept

    def test_a_cleaned_picture_is_put_back(self, copy: bytes) -> None:
        out = io.BytesIO()
        Image.new("RGB", (60, 30), "black").save(out, "JPEG")
        assert FORMAT.put is not None
        data = FORMAT.put(copy, {"ppt/media/image1.png": out.getvalue()})
        picture = FORMAT.read(data).embedded[0].data
        assert picture == out.getvalue()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert b'"/ppt/media/image1.png" ContentType="image/jpeg"' in archive.read("[Content_Types].xml")

    def test_an_unknown_picture_cannot_be_put_back(self, copy: bytes) -> None:
        assert FORMAT.put is not None
        with pytest.raises(CorruptDocument):
            FORMAT.put(copy, {"ppt/media/image9.png": b"\x89PNG"})


class TestSlides:
    def test_a_shape_that_flies_in_is_visible(self) -> None:
        show = pptx.Presentation()
        slide = show.slides.add_slide(show.slide_layouts[6])
        slide.shapes.add_textbox(Inches(-20), 0, 100, 100).text_frame.text = "飞入"
        data = saved(show)
        assert office.zones_of(FORMAT.read(data), "飞入") == {Zone.HIDDEN}
        from lxml import etree

        slide._element.append(etree.SubElement(slide._element, f"{{{make_pptx.P}}}timing"))
        assert office.zones_of(FORMAT.read(saved(show)), "飞入") == {Zone.BODY}

    def test_formatting_of_a_cut_run_is_kept(self) -> None:
        show = pptx.Presentation()
        slide = show.slides.add_slide(show.slide_layouts[6])
        paragraph = slide.shapes.add_textbox(0, 0, 100, 100).text_frame.paragraphs[0]
        for text, bold in (("张三", True), ("丰收", False)):
            run = paragraph.add_run()
            run.text, run.font.bold = text, bold
        data = saved(show)
        reading = FORMAT.read(data)
        erased = FORMAT.erase(data, reading, office.cuts_for(reading, ["张三丰"]))
        runs = pptx.Presentation(io.BytesIO(erased.data)).slides[0].shapes[0].text_frame.paragraphs[0].runs
        assert [(run.text, run.font.bold) for run in runs] == [("[已隐去]", True), ("收", False)]

    def test_table_cells(self) -> None:
        show = pptx.Presentation()
        slide = show.slides.add_slide(show.slide_layouts[6])
        table = slide.shapes.add_table(1, 2, 0, 0, 100, 100).table
        table.cell(0, 0).text, table.cell(0, 1).text = "甲", "乙"
        reading = FORMAT.read(saved(show))
        assert office.source(reading).startswith("甲\t乙")
        assert [(b.cell.row, b.cell.column) for b in reading.blocks if b.cell] == [(0, 0), (0, 1)]


class TestRefusals:
    def test_sniff(self, nasty: Nasty) -> None:
        assert FORMAT.sniff(nasty.data, ".bin")
        assert FORMAT.sniff(b"PK\x03\x04 cut off", ".ppsx")
        assert not FORMAT.sniff(b"PK\x03\x04 cut off", ".docx")

    def test_encrypted(self) -> None:
        with pytest.raises(EncryptedDocument):
            FORMAT.read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"))

    def test_truncated(self, nasty: Nasty) -> None:
        with pytest.raises(CorruptDocument):
            FORMAT.read(nasty.data[: len(nasty.data) // 3])
