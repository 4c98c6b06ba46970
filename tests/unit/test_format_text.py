"""Plain text and tables of characters: encodings, blocks, places, clean copies."""

from __future__ import annotations

import base64
import codecs
import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.errors import CorruptDocument
from review.formats import _encoding, identify
from review.formats.text import FORMAT_CSV, FORMAT_TEXT
from review.redaction import expected, verify
from review.types import Cut, Erased, Format, Reading, Zone

SEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "seeds"
LINES = "关于拨付补贴的通知\r\n张三，电话13800138000，账号6217003088198047124。\n\n　落款：某某镇人民政府"
TRADITIONAL = "關於撥付補貼的通知\r\n張三，電話13800138000，賬號6217003088198047124。\n\n　落款：某某鎮人民政府"
SPELLINGS = {
    "utf-8": LINES.encode(),
    "utf-8 with mark": codecs.BOM_UTF8 + LINES.encode(),
    "utf-16-le": LINES.encode("utf-16-le"),
    "utf-16-be": LINES.encode("utf-16-be"),
    "utf-16-le with mark": codecs.BOM_UTF16_LE + LINES.encode("utf-16-le"),
    "utf-16-be with mark": codecs.BOM_UTF16_BE + LINES.encode("utf-16-be"),
    "gb18030": LINES.encode("gb18030"),
    "gb18030 with 𠮷": (LINES + "𠮷").encode("gb18030"),
    "big5": TRADITIONAL.encode("big5"),
}


def source(reading: Reading) -> str:
    return "".join(run.text for run in reading.runs)


def parts(reading: Reading) -> list[str]:
    text = source(reading)
    return [text[block.span.start : block.span.end] for block in reading.blocks]


def cut(reading: Reading, *values: str, by: str = "[已隐去]") -> list[Cut]:
    text = source(reading)
    found = [match.span() for value in values for match in re.finditer(re.escape(value), text)]
    return [Cut(0, start, end, by) for start, end in sorted(found)]


def publish(format_: Format, data: bytes, *values: str, by: str = "[已隐去]") -> tuple[Erased, str]:
    """Erase values and prove it; return the copy and its text."""
    reading = format_.read(data)
    cuts = cut(reading, *values, by=by)
    assert cuts
    erased = format_.erase(data, reading, cuts)
    checks = verify(
        planned=expected(reading, cuts, format_),
        found=format_.read(erased.data),
        witness=format_.witness(erased.data),
        gone=values,
        format_=format_,
    )
    assert all(check["passed"] for check in checks), checks
    return erased, source(format_.read(erased.data))


# ------------------------------------------------------------------------------------------ encodings


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_source_is_the_decoded_file(spelling: str) -> None:
    data = SPELLINGS[spelling]
    assert FORMAT_TEXT.sniff(data, ".txt")
    text = source(FORMAT_TEXT.read(data))
    assert text.rstrip("𠮷") == (TRADITIONAL if spelling == "big5" else LINES)
    assert text.index("13800138000") == LINES.index("13800138000")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_copy_keeps_encoding_mark_and_line_ends(spelling: str) -> None:
    data = SPELLINGS[spelling]
    erased, text = publish(FORMAT_TEXT, data, "13800138000", "6217003088198047124", by="***")
    before, after = _encoding.decode(data), _encoding.decode(erased.data)
    assert before is not None
    assert after is not None
    assert (after.codec, after.mark) == (before.codec, before.mark)
    assert text == before.text.replace("13800138000", "***").replace("6217003088198047124", "***")
    assert erased.notices == ()


def test_a_copy_that_big5_cannot_spell_is_written_as_utf8_and_says_so() -> None:
    erased, text = publish(FORMAT_TEXT, SPELLINGS["big5"], "13800138000")
    assert erased.data.startswith(codecs.BOM_UTF8)
    assert text == TRADITIONAL.replace("13800138000", "[已隐去]")
    assert "Big5" in erased.notices[0]


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the shared seeds are not on this machine")
@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16-le", "utf-16-be"])
def test_real_notices_are_recognised(codec: str) -> None:
    for path in SEEDS.glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        for length in (60, 300, len(text)):
            piece = text[:length]
            assert source(FORMAT_TEXT.read(piece.encode(codec))) == piece


def test_damaged_bytes_are_a_gap() -> None:
    data = ("第一行正常文字\n第二行" * 20).encode("gb18030")
    reading = FORMAT_TEXT.read(data + b"\xff\n" + "结尾".encode("gb18030"))
    assert len(reading.gaps) == 1
    assert "GB18030" in reading.gaps[0].reason
    assert reading.gaps[0].part == "第21行"
    assert FORMAT_TEXT.read(LINES.encode()[:-1]).gaps  # cut off in the middle of a character
    assert not FORMAT_TEXT.read((LINES + "\ufffd").encode()).gaps  # the sign itself may stand in a file


@pytest.mark.parametrize("width", [76, 4000])
def test_packed_files_inside_a_text_are_a_gap(width: int) -> None:
    packed = base64.b64encode(bytes(range(256)) * 4).decode()
    lines = "\n".join(packed[i : i + width] for i in range(0, len(packed), width))
    reading = FORMAT_TEXT.read(f"附件如下\n{lines}\n".encode())
    assert [gap.part for gap in reading.gaps] == ["第2行起"]
    assert not FORMAT_TEXT.read(("0123456789abcdef" * 16 + "\n").encode()).gaps  # a long checksum is none


def test_damaged_bytes_do_not_reach_the_copy() -> None:
    data = ("联系人电话13800138000，" * 10).encode() + b"\xff"
    erased, text = publish(FORMAT_TEXT, data, "13800138000")
    assert b"\xff" not in erased.data
    assert text.endswith("\ufffd")
    assert "1 处" in erased.notices[0]


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", bytes(range(256)) * 4, b"PK\x03\x04abc", b"%PDF-1.7\n"]
)
def test_binary_files_are_no_text(data: bytes) -> None:
    assert not FORMAT_TEXT.sniff(data, ".txt")


@pytest.mark.parametrize("data", [b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_empty_files_are_refused(data: bytes) -> None:
    with pytest.raises(CorruptDocument, match="文件为空"):
        FORMAT_TEXT.read(data)


@pytest.mark.parametrize("text", ["Привет, как дела?", "안녕하세요 여러분", "こんにちは", "é", "abc\n", "😀"])
def test_other_scripts_in_utf8_are_read(text: str) -> None:
    assert source(FORMAT_TEXT.read(text.encode())) == text


def test_the_table_of_formats_finds_both() -> None:
    assert identify(b"a,b\n1,2\n", "x.csv") is FORMAT_CSV
    assert identify(b"a,b\n1,2\n", "x.txt") is FORMAT_TEXT
    assert identify("文".encode(), "x.md") is FORMAT_TEXT


# ------------------------------------------------------------------------------------------ blocks of text


def test_a_line_is_a_block() -> None:
    reading = FORMAT_TEXT.read("甲\r\n\r\n  乙 \r丙\n \n丁".encode())
    assert parts(reading) == ["甲", "  乙 ", "丙", "丁"]
    assert [block.label for block in reading.blocks] == ["第1行", "第3行", "第4行", "第6行"]


def test_marked_parts_have_their_zone() -> None:
    text = (
        "[页眉] 机密\n［页脚］第1页\n【批注】删\n[文件名] a.docx\n[属性] 作者=张三\n[附注] 见下\n[其他] 正文\n[页眉]\n"
    )
    reading = FORMAT_TEXT.read(text.encode())
    zones = [Zone.HEADER, Zone.FOOTER, Zone.COMMENT, Zone.FILENAME, Zone.METADATA, Zone.BODY, Zone.BODY, Zone.BODY]
    assert [block.zone for block in reading.blocks] == zones[:7]
    assert parts(reading) == ["机密", "第1页", "删", "a.docx", "作者=张三", "见下", "[其他] 正文"]
    assert [block.label for block in reading.blocks][:2] == ["页眉（第1行）", "页脚（第2行）"]
    assert reading.blocks[5].label == "附注（第6行）"


def test_nothing_marked_is_dropped() -> None:
    _, text = publish(FORMAT_TEXT, "[批注] 电话13800138000\n[属性] 作者=张三".encode(), "13800138000")
    assert text == "[批注] 电话[已隐去]\n[属性] 作者=张三"


def test_lines_with_tabs_are_a_table() -> None:
    table = "序号\t姓名\t电话\t备注\n1\t张三\t138\t\n2\t李四\t139\n合计\t\t\t\n"
    text = f"名单\n{table}正文\n甲\t乙\n\n丙\t丁\n\n\t缩进\n\t缩进"
    reading = FORMAT_TEXT.read(text.encode())
    cells = {
        (c.table, c.row, c.column): part
        for c, part in zip((b.cell for b in reading.blocks), parts(reading), strict=True)
        if c
    }
    assert cells[0, 0, 3] == "备注"
    assert cells[0, 2, 1] == "李四"
    assert cells[0, 3, 0] == "合计"
    assert {table for table, _, _ in cells} == {0}
    assert parts(reading)[-4:] == ["甲\t乙", "丙\t丁", "\t缩进", "\t缩进"]
    assert "表1第3行第2列" in {block.label for block in reading.blocks}


def test_pipes_are_a_table() -> None:
    text = "说明\n| 姓名 | 电话 |\n|:---|---:|\n| 张三 | 138 |\n| 李\\|四 |  |\n结尾 | 不是表"
    reading = FORMAT_TEXT.read(text.encode())
    assert parts(reading) == ["说明", "姓名", "电话", "张三", "138", "李\\|四", "结尾 | 不是表"]
    assert [(b.cell.row, b.cell.column) for b in reading.blocks if b.cell] == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]


@settings(deadline=None)
@given(st.text(st.sampled_from("甲乙1\t\n\r| \f[页眉]-"), max_size=60))
def test_blocks_cover_every_visible_character_once(text: str) -> None:
    if not text:
        return
    reading = FORMAT_TEXT.read(text.encode())
    assert all(a.span.end <= b.span.start for a, b in zip(reading.blocks, reading.blocks[1:], strict=False))
    outside = list(text)
    for block in reading.blocks:
        outside[block.span.start : block.span.end] = " " * len(block.span)
    assert set("".join(outside)) <= set(" \t\n\r|\f[]页眉-")


# ------------------------------------------------------------------------------------------ csv


def test_cells_are_without_their_quotes() -> None:
    reading = FORMAT_CSV.read('姓名,地址\r\n张三,"东街1号,乙栋"\r\n李四,"他说""好"""\r\n'.encode())
    assert parts(reading) == ["姓名", "地址", "张三", "东街1号,乙栋", "李四", '他说""好""']
    assert reading.blocks[3].label == "第2行第2列"


@pytest.mark.parametrize("sign", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(sign: str) -> None:
    reading = FORMAT_CSV.read(f"a{sign}b{sign}c\n1{sign}2{sign}3\n".encode())
    assert parts(reading) == ["a", "b", "c", "1", "2", "3"]


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.sampled_from('甲1,"\n \r'), max_size=5), min_size=2, max_size=4), min_size=1, max_size=4
    )
)
def test_cells_are_those_of_the_csv_module(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["甲", "乙", *row] for row in rows])
    reading = FORMAT_CSV.read(out.getvalue().encode())
    found = {
        (block.cell.row, block.cell.column): part.replace('""', '"')
        for block, part in zip(reading.blocks, parts(reading), strict=True)
        if block.cell
    }
    wanted = {
        (i, j): cell
        for i, row in enumerate(csv.reader(io.StringIO(out.getvalue(), newline="")))
        for j, cell in enumerate(row)
        if cell.strip()
    }
    assert found == wanted


@pytest.mark.parametrize("by", ["[已隐去]", "a,b", 'say "x"', "x\ny", "a\tb"])
def test_a_replacement_parts_no_cells(by: str) -> None:
    data = '姓名,电话,备注\r\n张三,13800138000,"电话13800138000,急"\r\n'.encode("gb18030")
    erased, text = publish(FORMAT_CSV, data, "13800138000", by=by)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert [len(row) for row in rows] == [3, 3]
    assert rows[1][0] == "张三"
    assert rows[1][2].endswith(",急")
    assert erased.data.endswith(b"\r\n")


def test_broken_quotes_are_read_as_they_stand() -> None:
    reading = FORMAT_CSV.read(b'a,b\n"x"y,2\n"open,3\n')
    assert parts(reading) == ["a", "b", '"x"y', "2", '"open', "3"]


def test_the_witness_digs_in_every_encoding() -> None:
    assert any("机密" in found for found in FORMAT_TEXT.witness("机密".encode("gb18030")).residue)
    hidden = "公开".encode("utf-16-le") + "机密\n".encode("utf-16-le")
    assert any("机密" in found for found in FORMAT_TEXT.witness(codecs.BOM_UTF16_LE + hidden).residue)


def test_a_copy_that_keeps_a_value_is_caught() -> None:
    data = "电话13800138000".encode()
    reading = FORMAT_TEXT.read(data)
    cuts = cut(reading, "13800138000")
    checks = verify(
        planned=expected(reading, cuts, FORMAT_TEXT),
        found=FORMAT_TEXT.read(data),
        witness=FORMAT_TEXT.witness(data),
        gone=["13800138000"],
        format_=FORMAT_TEXT,
    )
    assert [check["name"] for check in checks if not check["passed"]]


def test_a_table_that_the_second_reader_cannot_follow_is_refused() -> None:
    with pytest.raises(CorruptDocument, match="引号"):
        FORMAT_CSV.witness(('甲,乙\n"' + "x" * 140_000 + '",丙\n').encode())


def test_what_is_encoded_is_unread_and_rulers_are_not() -> None:
    packed = "QUJDREVGRw" * 42
    wrapped = "\r\n".join([("QUJDREVGRw" * 8)[:76]] * 6)
    for text in (f"附件如下：\n{packed}\n", f"附件如下：\r\n{wrapped}\r\n"):
        (gap,) = FORMAT_TEXT.read(text.encode()).gaps
        assert gap.part == "第2行起"
    for text in ("通知\n" + "-" * 500 + "\n", "通知\n" + "=" * 400, "a" * 399 + " b", f"{packed[:76]}\n一\n" * 9):
        assert FORMAT_TEXT.read(text.encode()).gaps == ()
