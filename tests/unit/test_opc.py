"""Packages are opened within limits, and hostile ones are refused with one clear message."""

from __future__ import annotations

import contextlib
import io
import time
import warnings
import zipfile

import pytest
from lxml import etree

from review.errors import CorruptDocument, EncryptedDocument, InputError, LimitExceeded
from review.formats import _opc

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" '
    'ContentType="application/xml"/><Override PartName="/Word/Document.xml" ContentType="main"/></Types>'
)
_LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://x/officeDocument" Target="word/document.xml"/><Relationship Id="r2" Type="http://x/hyperlink" '
    'Target="http://gov.cn/" TargetMode="External"/><Relationship Id="r3" Type="http://x/image" '
    'Target="/word/media/%E5%9B%BE.png"/></Relationships>'
)


def packed(*entries: tuple[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicate names are what some tests are about
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def nameless() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("a.xml", ""):
            with archive.open(zipfile.ZipInfo(name), "w") as file:
                file.write(b"<a/>")
    return out.getvalue()


class TestUnpack:
    def test_parts_in_order(self) -> None:
        package = _opc.unpack(packed(("b.xml", "<b/>"), ("a.xml", "<a/>")))
        assert list(package.parts.items()) == [("b.xml", b"<b/>"), ("a.xml", b"<a/>")]
        assert package.slack == 0

    def test_not_a_zip_file(self) -> None:
        with pytest.raises(CorruptDocument):
            _opc.unpack(b"hello" * 100)

    @pytest.mark.parametrize("keep", [0.2, 0.5, 0.9, 0.99])
    def test_truncated(self, keep: float) -> None:
        data = packed(("a.xml", "<a/>" * 500), ("b.xml", "<b/>" * 500))
        with pytest.raises(CorruptDocument):
            _opc.unpack(data[: int(len(data) * keep)])

    def test_flipped_bits(self) -> None:
        data = bytearray(packed(("a.xml", bytes(range(256)) * 8), method=zipfile.ZIP_STORED))
        data[100] ^= 0xFF
        with pytest.raises(CorruptDocument):
            _opc.unpack(bytes(data))

    def test_a_part_without_a_name(self) -> None:
        with pytest.raises(CorruptDocument, match="没有名字"):
            _opc.unpack(nameless())

    @pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_damage_by_every_way_of_packing(self, method: int) -> None:
        clean = packed(("a.xml", bytes(range(256)) * 8), method=method)
        for place in range(35, 60):
            data = bytearray(clean)
            data[place] ^= 0xFF
            with contextlib.suppress(InputError):
                _opc.unpack(bytes(data))

    @pytest.mark.parametrize("other", ["word/document.xml", "WORD/Document.XML", "word\\document.xml"])
    def test_names_that_readers_take_for_the_same(self, other: str) -> None:
        with pytest.raises(CorruptDocument, match="重名"):
            _opc.unpack(packed(("word/document.xml", "<a/>"), (other, "<b/>")))

    @pytest.mark.parametrize("name", ["../../evil.txt", "word/../../evil.xml", "..\\evil"])
    def test_traversal(self, name: str) -> None:
        with pytest.raises(CorruptDocument):
            _opc.unpack(packed((name, "x")))

    def test_encrypted_entry(self) -> None:
        data = bytearray(packed(("a.xml", "<a/>")))
        data[6] |= 1
        data[data.index(b"PK\x01\x02") + 8] |= 1
        with pytest.raises(EncryptedDocument):
            _opc.unpack(bytes(data))

    def test_encrypted_office_file(self) -> None:
        with pytest.raises(EncryptedDocument):
            _opc.unpack(_opc.OLE_MAGIC + bytes(600) + "EncryptedPackage".encode("utf-16-le"))

    def test_bomb(self) -> None:
        start = time.process_time()
        with pytest.raises(LimitExceeded):
            _opc.unpack(packed(("a.xml", bytes(64 << 20))))
        assert time.process_time() - start < 5

    def test_total_size(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_opc, "MAX_TOTAL", 3000)
        with pytest.raises(LimitExceeded):
            _opc.unpack(packed(*((f"{n}.xml", bytes(1000)) for n in range(4))))

    def test_many_entries(self) -> None:
        with pytest.raises(LimitExceeded):
            _opc.unpack(packed(*((f"{n}", "") for n in range(_opc.MAX_ENTRIES + 1)), method=zipfile.ZIP_STORED))

    def test_comments_are_read(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            info = zipfile.ZipInfo("a.xml")
            info.comment = "条目".encode("gb18030")
            archive.writestr(info, "<a/>")
            archive.comment = "注释".encode()
        assert _opc.unpack(out.getvalue()).remarks == ("注释", "条目")

    def test_bytes_that_no_entry_owns_are_counted(self) -> None:
        data = packed(("a.xml", "<a/>"))
        assert _opc.unpack(b"PK" + b"hidden text" + data).slack == 13

    def test_messages_show_no_odd_names(self) -> None:
        assert _opc.shown("word/document.xml") == "word/document.xml"
        for name in ("word/张三.xml", "word/13812345678.xml", "x" * 200):
            assert name not in _opc.shown(name)


class TestParse:
    @pytest.mark.parametrize("code", ["utf-8", "utf-16"])
    def test_doctype(self, code: str) -> None:
        text = f'<?xml version="1.0" encoding="{code}"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
        with pytest.raises(CorruptDocument, match="DOCTYPE"):
            _opc.parse("a.xml", text.encode(code))

    def test_not_well_formed(self) -> None:
        with pytest.raises(CorruptDocument) as caught:
            _opc.parse("a.xml", "<a>张三</b>".encode())
        assert "张三" not in str(caught.value)

    @pytest.mark.parametrize("data", [b"", b"   ", b"plain"])
    def test_empty(self, data: bytes) -> None:
        with pytest.raises(CorruptDocument):
            _opc.parse("a.xml", data)

    def test_deep(self) -> None:
        with pytest.raises(LimitExceeded):
            _opc.parse("a.xml", b"<a>" * 10_000 + b"</a>" * 10_000)

    def test_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_opc, "MAX_TREE", 10)
        with pytest.raises(LimitExceeded):
            _opc.parse("a.xml", b"<a>0123456789</a>")

    def test_strict_namespaces_become_transitional(self) -> None:
        root = _opc.parse("a.xml", b'<a xmlns="http://purl.oclc.org/ooxml/wordprocessingml/main"/>')
        assert root.tag == "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}a"


class TestRelationships:
    package = _opc.unpack(
        packed(
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _LINKS),
            ("Word/Document.xml", "<a/>"),
            ("word/media/图.png", b"x"),
        )
    )

    def test_targets(self) -> None:
        links = _opc.relationships(self.package, "")
        assert [(link.type, link.target, link.external) for link in links] == [
            ("officeDocument", "Word/Document.xml", False),
            ("hyperlink", "http://gov.cn/", True),
            ("image", "word/media/图.png", False),
        ]

    def test_main_part_and_its_type(self) -> None:
        main = _opc.main_part(self.package)
        assert (main, _opc.content_type(self.package, main)) == ("Word/Document.xml", "main")

    def test_no_main_part(self) -> None:
        with pytest.raises(CorruptDocument):
            _opc.main_part(_opc.unpack(packed(("a.xml", "<a/>"))))


class TestPack:
    def test_round_trip(self) -> None:
        link = ("rId1", f"{_opc.RELATIONSHIPS}/styles", "word/styles.xml")
        parts = (
            _opc.NewPart("word/document.xml", b"<a/>", "main", (link,)),
            _opc.NewPart("word/styles.xml", b"<s/>", "styles"),
        )
        data = _opc.pack("word/document.xml", parts)
        assert data == _opc.pack("word/document.xml", parts)
        package = _opc.unpack(data)
        assert _opc.main_part(package) == "word/document.xml"
        assert [link.target for link in _opc.relationships(package, "word/document.xml")] == ["word/styles.xml"]
        assert _opc.content_type(package, "word/styles.xml") == "styles"

    def test_serialise_leaves_comments_around_the_root_out(self) -> None:
        assert b"secret" not in _opc.serialise(etree.fromstring(b"<!-- secret --><a/>"))
