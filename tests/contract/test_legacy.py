"""Old office files: converted by LibreOffice, read, cut and proven as what they became; password and damage refused."""

from __future__ import annotations

import functools
import shutil
import subprocess
import zipfile
from pathlib import Path

import olefile
import pytest
from docx import Document
from openpyxl import Workbook
from pptx import Presentation

from review import formats, pipeline
from review.cli.redact import redact_all
from review.errors import CorruptDocument, EncryptedDocument, MissingTool
from review.formats import legacy
from review.redaction import squeeze
from tests.contract.office import source, visible

ID = "110101199003072316"
PLAIN = "值班电话已在门户网站公布"
#: suffix → suffix of the modern file it is made from; WPS writes the same binary files under names of its own
KINDS = {
    ".doc": ".docx", ".rtf": ".docx", ".odt": ".docx", ".xls": ".xlsx", ".ods": ".xlsx", ".ppt": ".pptx",
    ".odp": ".pptx",
}  # fmt: skip
WPS = {".wps": ".doc", ".et": ".xls", ".dps": ".ppt"}
needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="没有安装 LibreOffice")


def _modern(folder: Path) -> list[Path]:
    document = Document()
    document.add_paragraph(PLAIN)
    document.add_paragraph(f"申请人身份证号：{ID}")
    document.save(str(folder / "a.docx"))
    book = Workbook()
    book.active.append(["说明", "身份证号"])
    book.active.append([PLAIN, ID])
    book.save(str(folder / "a.xlsx"))
    slides = Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text = PLAIN
    slide.placeholders[1].text = f"申请人身份证号：{ID}"
    slides.save(str(folder / "a.pptx"))
    return sorted(folder.glob("a.*"))


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One file of each old kind, made by LibreOffice."""
    folder = tmp_path_factory.mktemp("old")
    _modern(folder)
    made: dict[str, bytes] = {}
    for suffix, modern in KINDS.items():
        subprocess.run(
            ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to",
             suffix[1:], "--outdir", str(folder / "out"), str(folder / f"a{modern}")],
            check=True, capture_output=True, timeout=180,
        )  # fmt: skip
        made[suffix] = (folder / "out" / f"a{suffix}").read_bytes()
    return made | {wps: made[suffix] for wps, suffix in WPS.items()}


@needs_office
@pytest.mark.parametrize("suffix", [*KINDS, *WPS])
def test_which_kind_it_is(old: dict[str, bytes], suffix: str) -> None:
    expected = KINDS.get(suffix) or KINDS[WPS[suffix]]
    assert legacy.modern_suffix(old[suffix]) == expected


@needs_office
@pytest.mark.slow
@pytest.mark.parametrize("suffix", list(KINDS))
def test_read_cut_and_proven(
    old: dict[str, bytes], suffix: str, engine: pipeline.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(legacy, "convert", functools.cache(legacy.convert))  # checking and publishing convert alike
    name = "名单" + (WPS_NAMES.get(suffix) or suffix)
    report = pipeline.check(old[suffix], name, engine)
    assert "pp_id_number" in {flag.type for flag in report.flags}
    copy, proof = pipeline.publish(old[suffix], report, redact_all(report, gaps_checked=False), engine)
    assert proof.clean
    format_, again = formats.read(copy, "copy" + KINDS[suffix])
    assert f".{format_.name}" == KINDS[suffix]
    assert ID not in squeeze(source(again))
    assert PLAIN in visible(again)
    assert ID.encode() not in copy


#: the binary kinds are tried under the names that WPS gives them
WPS_NAMES = {binary: wps for wps, binary in WPS.items()}


@needs_office
def test_damaged(old: dict[str, bytes]) -> None:
    for share in (0.1, 0.5):
        data = old[".doc"][: int(len(old[".doc"]) * share)]
        with pytest.raises(CorruptDocument):
            legacy.convert(data, legacy.modern_suffix(data) or ".docx")


def test_missing_program_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(MissingTool, match="apt-get install libreoffice"):
        formats.modern(b"{\\rtf1 a}", "a.rtf")


@needs_office
@pytest.mark.parametrize("suffix", [".doc", ".xls", ".ppt", ".odt"])
def test_a_password_is_refused(old: dict[str, bytes], suffix: str, tmp_path: Path) -> None:
    """The marks that an encrypted file carries in the clear, put into a file without a password."""
    path = tmp_path / "a"
    path.write_bytes(old[suffix])
    if suffix == ".odt":
        with zipfile.ZipFile(path) as archive:
            parts = {info: archive.read(info) for info in archive.infolist()}
        with zipfile.ZipFile(path, "w") as archive:
            for info, part in parts.items():
                mark = b"<manifest:encryption-data/></manifest:file-entry>"
                archive.writestr(info, part.replace(b"</manifest:manifest>", mark + b"</manifest:manifest>"))
    else:
        stream, place, value = {
            ".doc": ("WordDocument", 11, b"\x01"),
            ".xls": ("Workbook", 20, b"\x2f\x00"),  # the record after the first one, of 16 bytes
            ".ppt": ("Current User", 12, b"\xdf\xc4\xd1\xf3"),
        }[suffix]
        with olefile.OleFileIO(str(path), write_mode=True) as ole:
            data = bytearray(ole.openstream(stream).read())
            data[place : place + len(value)] = value
            ole.write_stream(stream, bytes(data))
    with pytest.raises(EncryptedDocument):
        formats.modern(path.read_bytes(), f"a{suffix}")
