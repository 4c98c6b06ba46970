"""Workbooks: every cell is read, what is cut is gone, what is visible stays."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font

from review.errors import CorruptDocument, EncryptedDocument
from review.formats.xlsx import FORMAT
from review.types import VISIBLE, Zone
from tests.contract import office
from tests.corpus import make_xlsx
from tests.corpus.nasty import Nasty


@pytest.fixture(scope="module")
def nasty() -> Nasty:
    return make_xlsx.build()


@pytest.fixture(scope="module")
def copy(nasty: Nasty) -> bytes:
    return office.assert_erases(FORMAT, nasty)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def replaced(data: bytes, name: str, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            blob = source.read(part)
            target.writestr(part, blob.replace(old.encode(), new.encode()) if part == name else blob)
    return out.getvalue()


def shared(book: openpyxl.Workbook) -> bytes:
    """A workbook with its strings in the shared table."""
    with zipfile.ZipFile(io.BytesIO(saved(book))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    make_xlsx.share_strings(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def body(data: bytes) -> list[str]:
    reading = FORMAT.read(data)
    text = office.source(reading)
    return [text[b.span.start : b.span.end] for b in reading.blocks if b.zone is Zone.BODY]


def test_enough_places(nasty: Nasty) -> None:
    assert len(nasty.secrets) >= 60


def test_every_secret_is_read(nasty: Nasty) -> None:
    office.assert_reads_everything(FORMAT, nasty)


def test_what_was_not_read_is_a_gap(nasty: Nasty) -> None:
    assert [(gap.part, gap.reason) for gap in FORMAT.read(nasty.data).gaps] == [
        ("工作表1", "有 1 个公式没有保存计算结果，打开后显示的内容未检查"),
        ("xl/vbaProject.bin", "宏代码未读取"),
    ]


def test_nothing_survives(copy: bytes, nasty: Nasty) -> None:
    assert office.raw_leaks(copy, nasty.secrets.values()) == set()


def test_without_cuts_the_page_stays(nasty: Nasty) -> None:
    office.assert_keeps_all(FORMAT, nasty.data)


def test_openpyxl_opens_the_copy(copy: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(copy))
    assert len(book.sheetnames) == 2
    sheet = book.worksheets[0]
    assert sheet["A1"].value == "年度预算公开表"
    assert sheet["B2"].value == office.REPLACEMENT
    assert sheet["B4"].value == 12.5
    assert sheet["A6"].value.year == 2024
    assert sheet["A5"].value is None  # a formula without a stored result


@pytest.mark.slow
def test_libreoffice_opens_the_copy(tmp_path: Path) -> None:
    nasty = make_xlsx.build(far=False)  # a page at XFD1048576 would take for ever to print
    text = office.office_text(office.assert_erases(FORMAT, nasty), ".xlsx", tmp_path, "pdf")
    assert [value for value in nasty.secrets.values() if value in text] == []
    assert "年度预算公开表" in text
    assert "2024年3月5日" in text


def test_only_clean_parts_are_written(copy: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        names = archive.namelist()
    for word in (
        "docProps",
        "customXml",
        "comments",
        "sharedStrings",
        "external",
        "pivot",
        "connections",
        "vba",
        "tables",
    ):
        assert not [name for name in names if word in name]


class TestCells:
    def test_numbers_and_dates_read_as_shown(self) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        for row, (value, code) in enumerate(
            [
                (32939, "yyyy.mm.dd"),
                (110101199003071000, "General"),
                (13812345678, "General"),
                (0.1, "0.00%"),
                (True, "General"),
            ],
            1,
        ):
            sheet.cell(row, 1, value).number_format = code
        assert body(saved(book)) == ["Sheet", "1990.03.07", "1.10101E+17", "13812345678", "0.1", "TRUE"]

    def test_the_digits_behind_a_large_number_are_read_and_not_published(self) -> None:
        book = openpyxl.Workbook()
        book.active["A1"] = 110101199003071000
        data = saved(book)
        reading = FORMAT.read(data)
        assert office.zones_of(reading, "110101199003071000") == {Zone.HIDDEN}
        erased = FORMAT.erase(data, reading, ())
        assert not any("110101199" in piece for piece in FORMAT.witness(erased.data).residue)

    def test_one_of_two_equal_cells_is_cut(self) -> None:
        book = openpyxl.Workbook()
        book.active["A1"], book.active["A2"] = "张三", "张三"
        data = shared(book)
        reading = FORMAT.read(data)
        cuts = office.cuts_for(reading, ["张三"])
        erased = FORMAT.erase(data, reading, cuts[:1])
        assert body(erased.data) == ["Sheet", office.REPLACEMENT, "张三"]

    def test_the_last_cells_of_a_row_are_cut(self) -> None:
        book = openpyxl.Workbook()
        for row in (["甲", None, "张三", "乙", "张三"], [None, "张三", 5, None, "丙"]):
            book.active.append(row)
        data = shared(book)
        reading = FORMAT.read(data)
        cuts = office.cuts_for(reading, ["张三"])
        erased = FORMAT.erase(data, reading, cuts[1:])
        gone = office.REPLACEMENT
        assert body(erased.data) == ["Sheet", "甲", "张三", "乙", gone, gone, "5", "丙"]

    def test_rows_read_the_same_in_any_spelling(self) -> None:
        """Line breaks between cells lead past the quick way to the general one."""
        data = large(60)
        general = replaced(data, "xl/worksheets/sheet1.xml", "<c ", "\n<c ")
        quick, slow = FORMAT.read(data), FORMAT.read(general)
        assert [(run.text, run.at and run.at.part) for run in quick.runs] == [
            (run.text, run.at and run.at.part) for run in slow.runs
        ]
        assert (quick.blocks, quick.gaps) == (slow.blocks, slow.gaps)
        cuts = office.cuts_for(quick, ["姓名7", "单位3"])
        assert cuts
        assert FORMAT.erase(data, quick, cuts).data == FORMAT.erase(general, slow, cuts).data

    @pytest.mark.parametrize("beside", ["", " "])
    def test_words_beside_a_shared_string_are_read(self, beside: str) -> None:
        book = openpyxl.Workbook()
        book.active["A1"] = "甲"
        words = f"<v>0</v>{beside}<is><t>夹带</t></is>"
        reading = FORMAT.read(replaced(shared(book), "xl/worksheets/sheet1.xml", "<v>0</v>", words))
        assert office.zones_of(reading, "夹带") == {Zone.HIDDEN}

    def test_a_row_inside_a_row_is_refused(self) -> None:
        book = openpyxl.Workbook()
        book.active["A1"] = 1
        data = replaced(saved(book), "xl/worksheets/sheet1.xml", '<row r="1"', '<row a="<row r="1"')
        with pytest.raises(CorruptDocument):
            FORMAT.read(data)

    def test_rich_text_keeps_its_formatting(self) -> None:
        book = openpyxl.Workbook()
        book.active["A1"] = "张三丰收"
        rich = '<c r="A1" t="inlineStr"><is><r><rPr><b/></rPr><t>张三</t></r><r><rPr><i/></rPr><t>丰收</t></r></is></c>'
        data = replaced(shared(book), "xl/worksheets/sheet1.xml", '<c r="A1" t="s"><v>0</v></c>', rich)
        reading = FORMAT.read(data)
        erased = FORMAT.erase(data, reading, office.cuts_for(reading, ["三丰"]))
        value = openpyxl.load_workbook(io.BytesIO(erased.data), rich_text=True).active["A1"].value
        assert [(str(piece), bool(piece.font.b), bool(piece.font.i)) for piece in value] == [
            ("张[已隐去]", True, False),
            ("收", False, True),
        ]

    def test_a_cut_number_becomes_text(self) -> None:
        book = openpyxl.Workbook()
        book.active["A1"] = 13812345678
        data = saved(book)
        reading = FORMAT.read(data)
        erased = FORMAT.erase(data, reading, office.cuts_for(reading, ["1234"], "****"))
        assert openpyxl.load_workbook(io.BytesIO(erased.data)).active["A1"].value == "138****5678"

    def test_a_lying_dimension_hides_nothing(self, nasty: Nasty) -> None:
        assert nasty.shown["数字"] in office.visible(FORMAT.read(nasty.data))

    def test_a_far_cell_does_not_loop(self) -> None:
        book = openpyxl.Workbook()
        book.active["XFD1048576"] = "远处"
        data = saved(book)
        start = time.process_time()
        reading = FORMAT.read(data)
        FORMAT.erase(data, reading, ())
        assert time.process_time() - start < 2
        assert [b.cell.row for b in reading.blocks if b.cell] == [1_048_575]

    def test_sheet_names_are_masked_and_stay_legal(self) -> None:
        book = openpyxl.Workbook()
        book.active.title = "张三"
        book.create_sheet("李四")
        data = saved(book)
        reading = FORMAT.read(data)
        erased = FORMAT.erase(data, reading, office.cuts_for(reading, ["张三", "李四"]))
        names = openpyxl.load_workbook(io.BytesIO(erased.data)).sheetnames
        assert len({name.lower() for name in names}) == 2
        assert not any(set(name) & set("[]:*?/\\") for name in names)

    def test_white_text_on_a_fill_is_visible(self) -> None:
        from openpyxl.styles import PatternFill

        book = openpyxl.Workbook()
        sheet = book.active
        sheet["A1"] = "看不见"
        sheet["A2"] = "看得见"
        sheet["A1"].font = sheet["A2"].font = Font(color="FFFFFFFF")
        sheet["A2"].fill = PatternFill("solid", fgColor="FF1F4E79")
        reading = FORMAT.read(saved(book))
        assert office.zones_of(reading, "看不见") == {Zone.HIDDEN}
        assert office.zones_of(reading, "看得见") == {Zone.BODY}

    def test_merged_cells_have_their_size(self) -> None:
        book = openpyxl.Workbook()
        book.active["A1"] = "标题"
        book.active.merge_cells("A1:C2")
        cells = [b.cell for b in FORMAT.read(saved(book)).blocks if b.cell]
        assert [(c.rows, c.columns) for c in cells] == [(2, 3)]

    def test_labels_hold_no_sheet_name(self, nasty: Nasty) -> None:
        labels = "".join(block.label for block in FORMAT.read(nasty.data).blocks)
        assert "工作表1第2行第2列" in labels
        assert not [value for value in nasty.secrets.values() if value in labels]


class TestRefusals:
    def test_sniff(self, nasty: Nasty) -> None:
        assert FORMAT.sniff(nasty.data, ".bin")
        assert FORMAT.sniff(b"PK\x03\x04 cut off", ".xlsm")
        assert not FORMAT.sniff(b"PK\x03\x04 cut off", ".docx")

    def test_encrypted(self) -> None:
        with pytest.raises(EncryptedDocument):
            FORMAT.read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"))

    def test_a_shared_string_that_does_not_exist(self) -> None:
        book = openpyxl.Workbook()
        book.active["A1"] = "甲"
        data = replaced(shared(book), "xl/worksheets/sheet1.xml", "<v>0</v>", "<v>7</v>")
        with pytest.raises(CorruptDocument):
            FORMAT.read(data)

    @pytest.mark.parametrize(
        "name", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/comments/comment1.xml"]
    )
    def test_a_part_that_does_not_parse(self, nasty: Nasty, name: str) -> None:
        with zipfile.ZipFile(io.BytesIO(nasty.data)) as archive:
            tail = archive.read(name)[-12:].decode()
        with pytest.raises(CorruptDocument):
            FORMAT.read(replaced(nasty.data, name, tail, tail[:3]))

    def test_doctype(self, nasty: Nasty) -> None:
        laugh = '<!DOCTYPE l [<!ENTITY a "哈">]><sst '
        with pytest.raises(CorruptDocument, match="DOCTYPE"):
            FORMAT.read(replaced(nasty.data, "xl/sharedStrings.xml", "<sst ", laugh))


@pytest.mark.slow
def test_fifty_thousand_rows() -> None:
    data = large(50_000)
    start = time.process_time()
    reading = FORMAT.read(data)
    read = time.process_time() - start
    erased = FORMAT.erase(data, reading, office.cuts_for(reading, ["姓名77"]))
    wrote = time.process_time() - start - read
    assert len([b for b in reading.blocks if b.zone in VISIBLE]) == 500_001
    assert read + wrote < 30, f"read {read:.1f} s, erase {wrote:.1f} s of processor time"
    assert len(erased.data) > 1_000_000


def large(rows: int) -> bytes:
    """A sheet of ``rows`` × 10 cells as Excel stores them: shared strings and numbers."""
    strings = [f"姓名{row}" for row in range(rows)] + [f"单位{k}" for k in range(97)]
    items = "".join(f"<si><t>{words}</t></si>" for words in strings)
    lines = []
    for row in range(rows):
        r = row + 1
        cells = f'<c r="A{r}" t="s"><v>{row}</v></c><c r="B{r}" t="s"><v>{rows + row % 97}</v></c>'
        cells += f'<c r="C{r}" s="0"><v>{13800000000 + row}</v></c><c r="D{r}"><v>{row * 1.5}</v></c>'
        cells += "".join(f'<c r="{c}{r}" t="s"><v>{rows + (row + k) % 97}</v></c>' for k, c in enumerate("EFGHIJ"))
        lines.append(f'<row r="{r}" spans="1:10">{cells}</row>')
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    data = shared(book)
    data = replaced(data, "xl/sharedStrings.xml", "<si><t>x</t></si>", items)
    old = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    return replaced(data, "xl/worksheets/sheet1.xml", old, "".join(lines))
