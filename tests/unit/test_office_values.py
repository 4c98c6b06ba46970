"""What in Office XML is format and what is text; how Excel shows numbers; what a witness digs out."""

from __future__ import annotations

import base64
import io
import zipfile

import pytest
from lxml import etree

from review.formats import _plain, _residue, _xlsx_number
from review.formats._xlsx_number import CellFormat, kind_of

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


class TestPlain:
    @pytest.mark.parametrize(
        "value",
        [
            "auto",
            "9000",
            "-360045",
            "FF0000",
            "100.5pt",
            "001000000000",
            "m,l,21600r21600",
            "•",
            "{0F1A2B3C-0000-1111-2222-0123456789AB}",
        ],
    )
    def test_format(self, value: str) -> None:
        assert _plain.plain(value)

    @pytest.mark.parametrize(
        "value",
        [
            "张",
            "张三",
            "13812345678",
            "0571-87654321",
            "a@b.cn",
            "http://gov.cn/x",
            "C:\\Users\\li",
            "10.1.2.3",
            "E12345678",
            "x" * 5000,
        ],
    )
    def test_text(self, value: str) -> None:
        assert not _plain.plain(value)

    @pytest.mark.parametrize("name", ["宋体", "仿宋_GB2312", "方正小标宋简体", "Times New Roman", "+mn-ea", "微软雅黑"])
    def test_fonts(self, name: str) -> None:
        assert _plain.is_font(name)

    @pytest.mark.parametrize("name", ["张三字体", "13812345678", "方正张三李四体"])
    def test_not_fonts(self, name: str) -> None:
        assert not _plain.is_font(name)

    @pytest.mark.parametrize(
        "code", [" PAGE ", "PAGE \\* MERGEFORMAT", ' TOC \\o "1-3" \\h \\z \\u ', "PAGEREF _Toc12345 \\h"]
    )
    def test_field_codes_that_stay(self, code: str) -> None:
        assert _plain.is_harmless_field(code)

    @pytest.mark.parametrize("code", ["PAGE 张三", 'HYPERLINK "http://x"', "DOCPROPERTY a", ' TOC \\t "密,1"'])
    def test_field_codes_that_go(self, code: str) -> None:
        assert not _plain.is_harmless_field(code)

    @pytest.mark.parametrize(
        "code", ['yyyy"年"m"月"d"日"', '#,##0.00"万元"', "[$¥-804]#,##0", "[$-804]aaaa", "General", "0_);\\(0\\)"]
    )
    def test_number_formats_of_units(self, code: str) -> None:
        assert not _plain.speaks(code)

    @pytest.mark.parametrize("code", ['"张三"0', '"CODE"0', "[$机密-804]0", "\\张0"])
    def test_number_formats_that_speak(self, code: str) -> None:
        assert _plain.speaks(code)

    @pytest.mark.parametrize(
        ("xml", "key", "is_text"),
        [
            (f'<w:lvlText xmlns:w="{W}" w:val="第%1章"/>', f"{{{W}}}val", False),
            (f'<w:lvlText xmlns:w="{W}" w:val="张三%1"/>', f"{{{W}}}val", True),
            (f'<w:name xmlns:w="{W}" w:val="标题 1 字符"/>', f"{{{W}}}val", False),
            (f'<w:name xmlns:w="{W}" w:val="张三专用"/>', f"{{{W}}}val", True),
            (f'<w:alias xmlns:w="{W}" w:val="a"/>', f"{{{W}}}val", True),
            (f'<w:bookmarkStart xmlns:w="{W}" w:name="_Toc123456"/>', f"{{{W}}}name", False),
            (
                '<x:shape xmlns:x="urn:schemas-microsoft-com:vml" style="width:1pt;font-family:&quot;宋体&quot;"/>',
                "style",
                False,
            ),
            ('<x:shape xmlns:x="urn:schemas-microsoft-com:vml" style="width:1pt;name:张三"/>', "style", True),
        ],
    )
    def test_attributes(self, xml: str, key: str, is_text: bool) -> None:
        assert _plain.is_text_attribute(etree.fromstring(xml), key) is is_text


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "code", "text"),
        [
            ("32939", "yyyy.mm.dd", "1990.03.07"),
            ("32939.5", 'yyyy"年"m"月"d"日" h:mm', "1990年3月7日 12:00"),
            ("45292", "[$-804]yyyy\\-mm\\-dd", "2024-01-01"),
            ("45292", "aaaa", "星期一"),
            ("45292.75", "m/d/yy h:mm AM/PM", "1/1/24 6:00 PM"),
            ("1.5", "[h]:mm:ss", "36:00:00"),
            ("0.5", "上午/下午h时mm分", "下午12时00分"),
            ("110101199003071000", "General", "1.10101E+17"),
            ("1.10101199003071E+17", "0", "110101199003071000"),
            ("13812345678", "General", "13812345678"),
            ("123456789012", "General", "1.23457E+11"),
            ("0.30000000000000004", "0.00", "0.3"),
            ("1E-5", "General", "0.00001"),
            ("-5", "General", "-5"),
            ("1E+300", "General", "1E+300"),
            ("999999999", "yyyy-mm-dd", "999999999"),
            ("文字", "General", "文字"),
        ],
    )
    def test_shown(self, value: str, code: str, text: str) -> None:
        assert _xlsx_number.shown(value, CellFormat(code, kind_of(code)), date1904=False) == text

    def test_the_other_epoch(self) -> None:
        assert _xlsx_number.shown("0", CellFormat("yyyy-m-d", "date"), date1904=True) == "1904-1-1"

    @pytest.mark.parametrize(
        ("code", "kind"),
        [("General", "general"), ("G/通用格式", "general"), (";;;", "hidden"), ("@", "text"), ("0.00E+00", "number"),
         ("#,##0", "number"), ("[Red]0", "number"), ('"d"0', "number"), ("h:mm", "date"), ("[h]:mm", "date")],
    )  # fmt: skip
    def test_kinds(self, code: str, kind: str) -> None:
        assert kind_of(code) == kind


class TestResidue:
    @staticmethod
    def dug(name: str, data: bytes) -> str:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        return "\n".join(_residue.residue(out.getvalue()))

    @pytest.mark.parametrize(
        "data",
        [
            "<a><t>张</t><t>三丰</t></a>".encode(),
            '<a b="张三丰"/>'.encode(),
            b"<a>&#24352;&#19977;&#20016;</a>",
            "<a><!-- 张三丰 --></a>".encode(),
            "<a><![CDATA[张三丰]]></a>".encode(),
            "<?xml version='1.0' encoding='utf-16'?><a>张三丰</a>".encode("utf-16"),
            "<broken>张三丰".encode(),
            b"\x00\x01" + "张三丰".encode("utf-16-le"),
            b"\x00" + "张三丰".encode("utf-16-le"),
            b"\xff" + "张三丰".encode("gb18030"),
        ],
    )
    def test_found(self, data: bytes) -> None:
        assert "张三丰" in self.dug("a.xml", data)

    def test_inside_zip_inside_base64(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.xml", "<a>张三丰</a>" + " " * 300)
            archive.writestr("y.bin", bytes(range(256)))
        assert "张三丰" in self.dug("a.xml", b"<a b='" + base64.b64encode(out.getvalue()) + b"'/>")

    def test_names(self) -> None:
        assert "张三丰" in self.dug("张三丰.xml", b"<a/>")
