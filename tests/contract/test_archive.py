"""Archives: every member is read, cut and proven like a file of its own; names are text; nothing leaves its folder."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Mapping

import pytest

from review import formats, pipeline
from review.cli.redact import redact_all
from review.errors import CorruptDocument, EncryptedDocument, InputError, LimitExceeded
from review.formats.archive import FORMAT
from review.redaction import squeeze
from review.types import Reading
from tests.contract.office import cuts_for, source, visible
from tests.corpus import make_docx, make_pdf, pdf_kit, pictures
from tests.unit.test_opc import nameless

ID = "110101199003072316"
LINE = f"申请人身份证号：{ID}，值班电话已公布。"


def zipped(files: Mapping[str, bytes], **options: object) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.comment = str(options.get("comment", "")).encode()
    return out.getvalue()


def erased(data: bytes, values: tuple[str, ...]) -> tuple[Reading, bytes]:
    format_, reading = formats.read(data, "a.zip")
    assert format_ is FORMAT
    return reading, formats.erase(format_, data, reading, cuts_for(reading, values)).data


def published(data: bytes, engine: pipeline.Engine) -> bytes:
    """The copy that the product writes: it is only there when its proof is clean."""
    report = pipeline.check(data, "附件.zip", engine)
    copy, proof = pipeline.publish(data, report, redact_all(report, gaps_checked=False), engine)
    assert proof.clean
    return copy


def everything(data: bytes) -> str:
    return squeeze("\n".join(formats.witness(FORMAT, data, FORMAT.read(data)).residue))


def test_members_and_nested_members_are_read_and_cut() -> None:
    inner = zipped({"里层/表.csv": f"姓名,身份证号\n甲,{ID}\n".encode()})
    data = zipped({"说明.txt": LINE.encode(), "里层.zip": inner, "空.txt": b""}, comment=f"打包人{ID}")
    reading, copy = erased(data, (ID,))
    assert source(reading).count(ID) == 2
    assert reading.gaps == ()
    assert [block.label for block in reading.blocks][:3] == [f"压缩包第{k}个文件名" for k in (1, 2, 3)]
    again = formats.read(copy, "a.zip")[1]
    assert ID not in source(again)
    assert ID.encode() not in copy
    assert ID not in everything(copy)
    assert "值班电话已公布" in visible(again)
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        assert archive.namelist() == ["说明.txt", "里层.zip", "空.txt"]
        assert archive.comment == b""
        assert archive.read("空.txt") == b""


def test_names_in_gbk_are_read_and_cut() -> None:
    name = "张三13812345678.txt"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("AAAAAAAAAAAAAAA.TXT")
        archive.writestr(info, "公开内容")
    raw = name.encode("gbk")
    data = out.getvalue().replace(b"AAAAAAAAAAAAAAA.TXT", raw)
    assert len(raw) == len(b"AAAAAAAAAAAAAAA.TXT")
    reading, copy = erased(data, ("13812345678",))
    assert name in visible(reading)
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        assert archive.namelist() == ["张三[已隐去].txt"]


@pytest.mark.skipif(not pdf_kit.available(), reason="没有安装 fonts-noto-cjk")
def test_a_pdf_inside_is_cut_and_proven(engine: pipeline.Engine) -> None:
    """A box on a page stands where other members have a mask: the plan knows the difference."""
    sheet = pdf_kit.Sheet(LINE + make_pdf.MORE)
    sheet.line(LINE, 700)
    sheet.line(make_pdf.MORE, 600)
    data = zipped({"名单.pdf": sheet.bytes(), "说明.txt": LINE.encode()})
    copy = published(data, engine)
    again = formats.read(copy, "a.zip")[1]
    assert ID not in source(again)
    assert squeeze(make_pdf.MORE) in squeeze(visible(again))
    assert ID not in everything(copy)


@pytest.mark.skipif(not pdf_kit.available(), reason="没有安装 fonts-noto-cjk")
def test_a_picture_inside_is_cut_and_proven(engine: pipeline.Engine) -> None:
    data = zipped({"扫描件.png": pictures.stored(pictures.page(["值班电话已公布", f"身份证号：{ID}"], size=28))})
    again = formats.read(published(data, engine), "a.zip")[1]
    assert ID[:6] not in source(again)
    assert "值班电话已公布" in visible(again) or "值班电话已公布" in source(again)


def test_an_office_file_inside_is_cut() -> None:
    nasty = make_docx.build()
    data = zipped({"附件/稿.docx": nasty.data})
    _, copy = erased(data, tuple(nasty.shown.values()))
    found = everything(copy)
    assert [value for value in nasty.secrets.values() if value in found] == []


def test_a_saboteur_copy_is_seen_by_the_witness() -> None:
    """A value left in a compressed stream of a PDF in an archive in an archive is found."""
    sheet = pdf_kit.Sheet(LINE) if pdf_kit.available() else pytest.skip("没有安装 fonts-noto-cjk")
    sheet.line(LINE, 700)
    assert ID in everything(zipped({"里.zip": zipped({"a.pdf": sheet.bytes()})}))


def test_depth_is_limited_and_reported() -> None:
    data = LINE.encode()
    for level in range(6):
        data = zipped({f"{level}.{'zip' if level else 'txt'}": data})
    reading = formats.read(data, "a.zip")[1]
    assert any("嵌套层数过多" in gap.reason for gap in reading.gaps)
    assert ID not in source(reading)


def test_a_member_that_cannot_be_read_is_a_gap_and_refuses_publication() -> None:
    data = zipped({"程序.exe": b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + bytes(range(256)) * 8})
    format_, reading = formats.read(data, "a.zip")
    assert len(reading.gaps) == 1
    with pytest.raises(InputError):
        formats.erase(format_, data, reading, ())


@pytest.mark.parametrize(
    "name", ["../外面.txt", "a/../../外面.txt", "/etc/x.txt", "C:/x.txt", "a\\..\\..\\x.txt", "\\\\server\\x.txt"]
)
def test_names_that_leave_the_folder_are_refused(name: str) -> None:
    with pytest.raises(CorruptDocument, match="包外"):
        FORMAT.read(zipped({name: b"text"}))


def test_two_members_with_one_name_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "公开")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.txt", ID)
    with pytest.raises(CorruptDocument, match="同名"):
        FORMAT.read(out.getvalue())


def test_names_that_become_equal_are_refused() -> None:
    phones = ("13812345678", "13912345678")
    with pytest.raises(CorruptDocument, match="改名"):
        erased(zipped({f"{phone}.txt": b"text" for phone in phones}), phones)


def test_encrypted() -> None:
    data = bytearray(zipped({"a.txt": b"text" * 100}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(EncryptedDocument):
        FORMAT.read(bytes(data))


def test_bomb_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        FORMAT.read(zipped({"a.txt": b"0" * (60 << 20)}))


def test_too_many_members_are_refused() -> None:
    with pytest.raises(LimitExceeded, match="5000"):
        FORMAT.read(zipped({f"{k}.txt": b"" for k in range(5001)}))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_truncated(share: float) -> None:
    whole = zipped({"a.txt": LINE.encode() * 50, "b.txt": b"b"})
    with pytest.raises(CorruptDocument):
        FORMAT.read(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_by_every_way_of_packing_is_refused(method: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a.txt", bytes(range(256)) * 8)
    for place in range(35, 60):
        data = bytearray(out.getvalue())
        data[place] ^= 0xFF
        with contextlib.suppress(InputError):  # some bytes of a head change nothing
            FORMAT.read(bytes(data))


def test_a_member_without_a_name_is_refused() -> None:
    with pytest.raises(CorruptDocument):
        FORMAT.read(nameless())
