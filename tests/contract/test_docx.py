"""Word documents: everything is read, what is cut is gone, what is visible stays."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest

from review.errors import CorruptDocument, EncryptedDocument, LimitExceeded
from review.formats.docx import FORMAT
from review.types import Zone
from tests.contract import office
from tests.corpus import make_docx
from tests.corpus.make_docx import field, paragraph, run
from tests.corpus.nasty import Nasty


@pytest.fixture(scope="module")
def nasty() -> Nasty:
    return make_docx.build()


@pytest.fixture(scope="module")
def copy(nasty: Nasty) -> bytes:
    return office.assert_erases(FORMAT, nasty)


def with_body(body: str, **parts: str) -> bytes:
    """A Word document with this body XML; ``parts``: more entries, "__" for "/"."""
    out = io.BytesIO()
    document = docx.Document()
    document.save(out)
    with zipfile.ZipFile(out) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    head = f"<w:document {make_docx._NS}><w:body>"
    files["word/document.xml"] = f"{head}{body}<w:sectPr/></w:body></w:document>".encode()
    files |= {name.replace("__", "/"): text.encode() for name, text in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def zones(body: str) -> list[tuple[Zone, str]]:
    reading = FORMAT.read(with_body(body))
    text = office.source(reading)
    return [(b.zone, text[b.span.start : b.span.end]) for b in reading.blocks if b.zone is not Zone.METADATA]


def test_enough_places(nasty: Nasty) -> None:
    assert len(nasty.secrets) >= 90


def test_every_secret_is_read(nasty: Nasty) -> None:
    office.assert_reads_everything(FORMAT, nasty)


def test_nothing_survives(copy: bytes, nasty: Nasty) -> None:
    assert office.raw_leaks(copy, nasty.secrets.values()) == set()


def test_without_cuts_the_page_stays(nasty: Nasty) -> None:
    office.assert_keeps_all(FORMAT, nasty.data)


def test_python_docx_opens_the_copy(copy: bytes, nasty: Nasty) -> None:
    text = "\n".join(p.text for p in docx.Document(io.BytesIO(copy)).paragraphs)
    assert nasty.harmless[0] in text
    assert office.REPLACEMENT in text


@pytest.mark.slow
def test_libreoffice_opens_the_copy(copy: bytes, nasty: Nasty, tmp_path: Path) -> None:
    text = office.office_text(copy, ".docx", tmp_path)
    assert [value for value in nasty.secrets.values() if value in text] == []
    page = [h for h in nasty.harmless if h != "页脚第一行"]  # the text filter leaves headers out
    assert [h for h in page if h not in text] == []


def test_only_clean_parts_are_written(copy: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        names = archive.namelist()
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    for word in (
        "docProps",
        "customXml",
        "comments",
        "glossary",
        "people",
        "embeddings",
        "afchunk",
        "orphan",
        "drawing",
    ):
        assert not [name for name in names if word in name]


@pytest.mark.parametrize("path", sorted(office.SAMPLES.glob("*.docx")) or [None], ids=lambda p: p.name if p else "none")
def test_real_samples(path: Path | None) -> None:
    if path is None:
        pytest.skip("no sample documents beside the project")
    data = path.read_bytes()
    assert FORMAT.sniff(data, ".docx")
    office.assert_keeps_all(FORMAT, data)


class TestZones:
    def test_formatting_of_a_cut_run_is_kept(self) -> None:
        data = with_body(paragraph(run("张三", "<w:b/>") + run("丰收", "<w:i/>")))
        reading = FORMAT.read(data)
        erased = FORMAT.erase(data, reading, office.cuts_for(reading, ["张三丰"]))
        runs = docx.Document(io.BytesIO(erased.data)).paragraphs[0].runs
        assert [(r.text, r.bold, r.italic) for r in runs] == [("[已隐去]", True, None), ("收", None, True)]

    def test_vanish_toggles_between_styles(self) -> None:
        hidden = zones(paragraph(run("甲", "<w:vanish/>") + run("乙", '<w:vanish w:val="0"/>')))
        assert hidden == [(Zone.BODY, "乙"), (Zone.HIDDEN, "甲")]

    def test_white_text_in_a_shaded_cell_is_visible(self) -> None:
        white = paragraph(run("表头", '<w:color w:val="FFFFFF"/>'))
        cell = f'<w:tc><w:tcPr><w:shd w:fill="1F4E79"/></w:tcPr>{white}</w:tc>'
        assert zones(f"<w:tbl><w:tblPr/><w:tblGrid/><w:tr>{cell}</w:tr></w:tbl>") == [(Zone.BODY, "表头")]
        assert zones(white) == [(Zone.HIDDEN, "表头")]

    def test_page_numbers_stay_fields(self) -> None:
        data = with_body(paragraph(run("第") + field((" PAGE ", r"\* MERGEFORMAT "), run("1")) + run("页")))
        reading = FORMAT.read(data)
        assert [b.zone for b in reading.blocks if b.zone is not Zone.METADATA] == [Zone.BODY]
        erased = FORMAT.erase(data, reading, ())
        with zipfile.ZipFile(io.BytesIO(erased.data)) as archive:
            assert b"PAGE" in archive.read("word/document.xml")

    def test_an_unfinished_field_hides_nothing(self) -> None:
        begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        assert zones(paragraph(begin + run("正文还在"))) == [(Zone.BODY, "正文还在")]

    def test_nested_fields(self) -> None:
        inner = field((" DATE ",), run("结果一"))
        code = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> IF </w:instrText></w:r>'
        rest = '<w:r><w:fldChar w:fldCharType="separate"/></w:r>' + run("结果二")
        body = paragraph(code + inner + rest + '<w:r><w:fldChar w:fldCharType="end"/></w:r>')
        assert zones(body) == [(Zone.BODY, "结果二"), (Zone.HIDDEN, " IF  DATE 结果一")]

    def test_merged_cells(self) -> None:
        def cell(text: str, inner: str = "") -> str:
            return f"<w:tc><w:tcPr>{inner}</w:tcPr>{paragraph(run(text))}</w:tc>"

        first = cell("甲", '<w:gridSpan w:val="2"/>') + cell("乙", '<w:vMerge w:val="restart"/>')
        second = cell("丙") + cell("丁") + cell("", "<w:vMerge/>")
        body = f"<w:tbl><w:tblPr/><w:tblGrid/><w:tr>{first}</w:tr><w:tr>{second}</w:tr></w:tbl>"
        reading = FORMAT.read(with_body(body))
        cells = [b.cell for b in reading.blocks if b.cell]
        assert [(c.row, c.column, c.rows, c.columns) for c in cells] == [
            (0, 0, 1, 2), (0, 2, 2, 1), (1, 0, 1, 1), (1, 1, 1, 1),
        ]  # fmt: skip
        assert office.source(reading).startswith("甲\t乙\n丙\t丁")

    def test_labels_are_places(self) -> None:
        reading = FORMAT.read(with_body(paragraph(run("一")) + paragraph(run("二"))))
        assert [b.label for b in reading.blocks[:2]] == ["第1段", "第2段"]

    def test_strict_documents_are_read(self) -> None:
        data = with_body(paragraph(run("严格格式")))
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                blob = old.read(name)
                for word in (b"wordprocessingml", b"officeDocument", b"drawingml"):
                    blob = blob.replace(
                        b"http://schemas.openxmlformats.org/" + word + b"/2006/",
                        b"http://purl.oclc.org/ooxml/" + word + b"/",
                    )
                new.writestr(name, blob)
        assert office.visible(FORMAT.read(out.getvalue())) == "严格格式"
        office.assert_keeps_all(FORMAT, out.getvalue())


class TestRefusals:
    def test_sniff(self, nasty: Nasty) -> None:
        assert FORMAT.sniff(nasty.data, ".bin")
        assert FORMAT.sniff(b"PK\x03\x04 cut off", ".docx")
        assert not FORMAT.sniff(b"%PDF-1.7", ".docx")
        assert not FORMAT.sniff(b"PK\x03\x04 cut off", ".xlsx")

    def test_encrypted(self) -> None:
        data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le")
        assert FORMAT.sniff(data, ".docx")
        with pytest.raises(EncryptedDocument):
            FORMAT.read(data)

    def test_truncated(self, nasty: Nasty) -> None:
        data = nasty.data[: len(nasty.data) // 2]
        assert FORMAT.sniff(data, ".docx")
        with pytest.raises(CorruptDocument):
            FORMAT.read(data)

    @pytest.mark.parametrize(
        "name",
        [
            "word/document.xml",
            "word/header1.xml",
            "word/footnotes.xml",
            "docProps/custom.xml",
            "word/_rels/document.xml.rels",
        ],
    )
    def test_a_part_that_does_not_parse(self, nasty: Nasty, name: str) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(nasty.data)) as old, zipfile.ZipFile(out, "w") as new:
            for part in old.namelist():
                blob = old.read(part)
                new.writestr(part, blob[: len(blob) - 9] if part == name else blob)
        with pytest.raises(CorruptDocument):
            FORMAT.read(out.getvalue())

    def test_doctype(self) -> None:
        laugh = '<!DOCTYPE l [<!ENTITY a "哈哈">]><w:document><w:body>&a;</w:body></w:document>'
        with pytest.raises(CorruptDocument, match="DOCTYPE"):
            FORMAT.read(_replaced("word/document.xml", laugh))

    def test_deep(self) -> None:
        body = "<w:sdt><w:sdtContent>" * 5000 + "</w:sdtContent></w:sdt>" * 5000
        with pytest.raises(LimitExceeded):
            FORMAT.read(with_body(body))


def _replaced(name: str, text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(with_body(""))) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            new.writestr(part, text.encode() if part == name else old.read(part))
    return out.getvalue()
