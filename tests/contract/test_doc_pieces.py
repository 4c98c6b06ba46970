"""Binary Word files by their piece table: what it holds and the conversion does not is a gap, and nothing else is."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

import olefile
import pytest
from docx import Document
from docx.oxml import parse_xml

from review import formats, pipeline
from review.formats import _doc_pieces, legacy
from review.types import Gap, Reading, Run
from tests.contract.office import source
from tests.corpus import make_docx

pytestmark = pytest.mark.skipif(shutil.which("soffice") is None, reason="没有安装 LibreOffice")
_NS = f'xmlns:w="{make_docx.W}" xmlns:r="{make_docx.R}"'
DELETED, HIDDEN, INSERTED, RARE = "删除的字四五六", "隐藏的字一二三", "插入的字七八九", "后文𠮷字十"
IN_CODE = "13812345678"


def _paragraphs() -> list[str]:
    run, field = make_docx.run, make_docx.field
    mark = 'w:author="某" w:date="2024-01-01T00:00:00Z"'
    return [
        run("Only Latin text here: one byte a character."),
        run("公开") + run(HIDDEN, "<w:vanish/>") + run("中间的字"),
        f'<w:del w:id="1" {mark}><w:r><w:delText>{DELETED}</w:delText></w:r></w:del>'
        f'<w:ins w:id="2" {mark}>{run(INSERTED)}</w:ins>',
        run(RARE),
        field((f' HYPERLINK "http://x/{IN_CODE}" ',), run("链接文字")),
        field((' DATE \\@ "yyyy年M月d日" ',), run("2021年1月1日")),
        field((" PAGEREF _Toc123456789 \\h ",), run("1234567")),
    ]


@pytest.fixture(scope="module")
def doc(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("doc")
    document = Document()
    for inner in _paragraphs():
        document.element.body.insert(-1, parse_xml(f"<w:p {_NS}>{inner}</w:p>"))
    document.sections[0].header.paragraphs[0].text = "页眉的字"
    document.add_comment(document.paragraphs[0].runs, text="批注的字", author="甲", initials="a")
    document.add_table(1, 1).cell(0, 0).text = "单元格的字"
    document.save(str(folder / "a.docx"))
    profile = (folder / "profile").as_uri()
    subprocess.run(
        ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "doc", "--outdir", str(folder),
         str(folder / "a.docx")], check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return Path(folder, "a.doc").read_bytes()


@pytest.fixture(scope="module")
def converted(doc: bytes) -> bytes:
    return legacy.convert(doc, ".docx")


def _stories(data: bytes) -> dict[str, str]:
    with olefile.OleFileIO(io.BytesIO(data)) as ole:
        return dict(_doc_pieces.stories(ole))


def test_every_story_is_read(doc: bytes) -> None:
    found = {name: words.replace("\uffff", "") for name, words in _stories(doc).items()}
    for words in (DELETED, HIDDEN, INSERTED, RARE, "Only Latin text here: one byte", "单元格的字\x07", IN_CODE):
        assert words in found["正文"], words
    assert "页眉的字" in found["页眉页脚"]
    assert "批注的字" in found["批注"]


def test_nothing_is_missing_from_the_conversion(doc: bytes, converted: bytes) -> None:
    """Hidden, deleted, inserted, commented text, link targets, and fields that are worked out anew: no false alarm."""
    reading = formats.read(converted, "a.docx")[1]
    assert DELETED in source(reading)
    assert HIDDEN in source(reading)
    assert formats.compared(doc, reading) == reading


@pytest.mark.parametrize(
    ("lost", "story"),
    [(DELETED, "正文"), (HIDDEN, "正文"), (INSERTED, "正文"), (RARE, "正文"), ("页眉的字", "页眉页脚"),
     ("批注的字", "批注"), (IN_CODE, "正文"), ("单元格的字", "正文")],
)  # fmt: skip
def test_what_the_conversion_lost_is_a_gap(doc: bytes, converted: bytes, lost: str, story: str) -> None:
    text = source(formats.read(converted, "a.docx")[1])
    assert lost in text
    poorer = Reading((Run(text.replace(lost, "")),), ())
    gaps = formats.compared(doc, poorer).gaps
    assert [gap.part for gap in gaps] == [story]
    assert lost not in gaps[0].reason


def test_a_gap_becomes_a_flag_of_the_document(
    doc: bytes, converted: bytes, monkeypatch: pytest.MonkeyPatch, engine: pipeline.Engine
) -> None:
    """LibreOffice is stood in for by one that drops the deleted text, which rules would otherwise see."""
    with zipfile.ZipFile(io.BytesIO(converted)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["word/document.xml"] = parts["word/document.xml"].replace(DELETED.encode(), b"")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, part in parts.items():
            new.writestr(name, part)
    monkeypatch.setattr(legacy, "convert", lambda data, to: out.getvalue())
    report = pipeline.check(doc, "a.wps", engine)
    assert Gap("正文", "原件有 1 处文字在转换后没有读到，未能检查") in report.document.gaps
    assert "unread" in {flag.type for flag in report.flags}
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr("甲.doc", doc)
    gaps = formats.read(inside.getvalue(), "a.zip")[1].gaps
    assert any("转换后没有读到" in gap.reason for gap in gaps)


@pytest.mark.parametrize("place", ["fcClx", "ccpText", "table"])
def test_a_damaged_piece_table_is_a_gap(doc: bytes, converted: bytes, tmp_path: Path, place: str) -> None:
    path = tmp_path / "a.doc"
    path.write_bytes(doc)
    with olefile.OleFileIO(str(path), write_mode=True) as ole:
        main = bytearray(ole.openstream("WordDocument").read())
        longs = 34 + 2 * struct.unpack_from("<H", main, 32)[0]
        pairs = longs + 4 + 4 * struct.unpack_from("<H", main, longs)[0]
        if place == "fcClx":
            struct.pack_into("<I", main, pairs + 8 * 33, 0x7FFFFFFF)
        elif place == "ccpText":
            struct.pack_into("<i", main, longs + 2 + 4 * 3, 1 << 24)
        else:
            name = "1Table" if struct.unpack_from("<H", main, 10)[0] & 0x200 else "0Table"
            start = struct.unpack_from("<I", main, pairs + 8 * 33)[0]
            table = bytearray(ole.openstream(name).read())
            table[start] = 9
            ole.write_stream(name, bytes(table))
        ole.write_stream("WordDocument", bytes(main))
    reading = formats.read(converted, "a.docx")[1]
    gaps = formats.compared(path.read_bytes(), reading).gaps
    assert [gap.part for gap in gaps] == ["片段表"]
