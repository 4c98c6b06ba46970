"""Files made to hurt a reader, or not what they say: each must end in one clear error with nothing written."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

import pikepdf
from pikepdf import Array, Dictionary, Name

from tests.corpus import make_docx, make_ofd, make_pptx, make_xlsx

W = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
LAUGHS = b'<!DOCTYPE a [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + k, b"&%c;" % (97 + k) * 10) for k in range(9)
) + b"]>"  # fmt: skip
XXE = b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def package(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return an office file with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = old.read(info)
            new.writestr(info.filename, change(content) if info.filename == part else content)
    return out.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def declared(doctype: bytes) -> Callable[[bytes], bytes]:
    """A change that puts a document type before the root and its entity into the text."""

    def change(xml: bytes) -> bytes:
        start = xml.index(b"?>") + 2 if xml.startswith(b"<?xml") else 0
        return xml[:start] + doctype + xml[start:]

    return change


def word(body: bytes) -> bytes:
    document = b'<w:document xmlns:w="%s"><w:body>%s</w:body></w:document>' % (W, body)
    return package(make_docx.build().data, "word/document.xml", lambda _: document)


def sheet(rows: bytes) -> bytes:
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (space, rows)
    return package(make_xlsx.build(far=False).data, "xl/worksheets/sheet1.xml", lambda _: xml)


def pdf(build: Callable[[pikepdf.Pdf], object], **how: object) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        build(made)
        made.save(out, **how)  # type: ignore[arg-type]
    return out.getvalue()


def _content(size: int) -> Callable[[pikepdf.Pdf], None]:
    def build(made: pikepdf.Pdf) -> None:
        made.pages[0].Contents = made.make_stream(b"q Q\n" * (size // 4))

    return build


def _forms(made: pikepdf.Pdf) -> None:
    """Ten forms that each draw the next one ten times."""
    inner = None
    for _ in range(10):
        form = made.make_stream(b"/X Do " * 10 if inner is not None else b"0 0 9 9 re f")
        form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 9, 9])
        if inner is not None:
            form.Resources = Dictionary(XObject=Dictionary(X=inner))
        inner = made.make_indirect(form)
    made.pages[0].Resources = Dictionary(XObject=Dictionary(X=inner))
    made.pages[0].Contents = made.make_stream(b"/X Do")


def _itself(made: pikepdf.Pdf) -> None:
    form = made.make_indirect(made.make_stream(b"/X Do /X Do"))
    form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 9, 9])
    form.Resources = Dictionary(XObject=Dictionary(X=form))
    made.pages[0].Resources = Dictionary(XObject=Dictionary(X=form))
    made.pages[0].Contents = made.make_stream(b"/X Do")


def _too_many_pages(made: pikepdf.Pdf) -> None:
    made.Root.Pages.Kids = Array([made.pages[0].obj] * 5001)
    made.Root.Pages.Count = 5001


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG whose head claims a size and whose data may not bear it out."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def _locked() -> bytes:
    data = bytearray(zipped({"a.txt": b"text" * 100}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _many_frames() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    pages = [Image.new("1", (8, 8), k % 2) for k in range(400)]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def _mail() -> bytes:
    """Multipart within multipart, a thousand deep."""
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (k, k) for k in range(1000))
    return b"From: a@b.cn\r\nMIME-Version: 1.0\r\n" + head + b"Content-Type: text/plain\r\n\r\nend"


#: file name → how to make the file
FILES: Mapping[str, Callable[[], bytes]] = {
    "空文件.docx": lambda: b"",
    "空文件.txt": lambda: b"",
    "十亿笑.docx": lambda: package(make_docx.build().data, "word/document.xml", declared(LAUGHS)),
    "十亿笑.ofd": lambda: package(make_ofd.build().data, "OFD.xml", declared(LAUGHS)),
    "外部实体.docx": lambda: package(make_docx.build().data, "word/document.xml", declared(XXE)),
    "外部实体.xlsx": lambda: package(make_xlsx.build(far=False).data, "xl/sharedStrings.xml", declared(XXE)),
    "外部实体.pptx": lambda: package(make_pptx.build().data, "ppt/slides/slide1.xml", declared(XXE)),
    "外部实体.ofd": lambda: package(make_ofd.build().data, "OFD.xml", declared(XXE)),
    "极深嵌套.docx": lambda: word(b"<w:p>" * 100_000 + b"</w:p>" * 100_000),
    "部件炸弹.docx": lambda: word(b"<w:p/>" + b" " * (80 << 20)),
    "未闭合.docx": lambda: word(b"<w:p><w:r>"),
    "远单元格.xlsx": lambda: sheet(b'<row r="1"><c r="XFE1048577"><v>1</v></c></row>'),
    "倒序行.xlsx": lambda: sheet(b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>'),
    "表格炸弹.xlsx": lambda: sheet(b'<row r="1"><c r="A1"><v>' + b"1" * (280 << 20) + b"</v></c></row>"),
    "截断.docx": lambda: make_docx.build().data[:9000],
    "截断.pptx": lambda: make_pptx.build().data[:-200],
    "截断.ofd": lambda: make_ofd.build().data[:5000],
    "加密.pdf": lambda: pdf(lambda _: None, encryption=pikepdf.Encryption(owner="a", user="b")),
    "内容炸弹.pdf": lambda: pdf(_content(160 << 20)),
    "表单炸弹.pdf": lambda: pdf(_forms),
    "自画表单.pdf": lambda: pdf(_itself),
    "页数过多.pdf": lambda: pdf(_too_many_pages),
    "垃圾.pdf": lambda: b"%PDF-1.7\n" + b"garbage " * 200,
    "巨图.png": lambda: png(60_000, 60_000),
    "截断.png": lambda: png(400, 400, b"\x00" * 9000),
    "截断.jpg": lambda: b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 40,
    "多帧.tiff": _many_frames,
    "加密.zip": _locked,
    "越级.zip": lambda: zipped({"../../etc/cron.d/x": b"x"}),
    "炸弹.zip": lambda: zipped({"a.txt": b"0" * (60 << 20)}),
    "截断.zip": lambda: zipped({"a.txt": b"text" * 500})[:-30],
    "太多文件.zip": lambda: zipped({f"{k}.txt": b"" for k in range(5001)}),
    "冒充.docx": lambda: "这是一个文本文件。".encode(),
    "冒充.pdf": lambda: b"<html><body>text</body></html>",
    "冒充.txt": lambda: b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40,
    "冒充.xlsx": lambda: zipped({"a.txt": b"not a workbook"}),
    "损坏.doc": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 3000,
    "深邮件.eml": _mail,
    "深网页.html": lambda: b"<html>" + b"<div>" * 400_000 + b"text",
}  # fmt: skip
