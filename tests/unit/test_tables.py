"""Tables: one flag a column with its count; a header or the values alone tell what it holds."""

from __future__ import annotations

import time

import pytest

from review import pipeline, text
from review.detectors._grid import grids, words
from review.types import Block, Cell, Reading, Report, Run, Span
from tests.ids import id_number


def rows(count: int) -> str:
    head = "序号,姓名,村组,面积,金额,身份证号,一卡通账号,备注"
    lines = [f"{n},甘小满{n % 97},前庄组,{n % 9}.5,120.00,{id_number(n)},62170022552295{n:05d}," for n in range(count)]
    return "\n".join([head, *lines]) + "\n"


def check(written: str, engine: pipeline.Engine) -> Report:
    return pipeline.check(written.encode(), "名单.csv", engine)


def test_one_flag_a_column_with_its_count(engine: pipeline.Engine) -> None:
    report = check(rows(200), engine)
    counts = {flag.type: flag.count for flag in report.flags if flag.loud}
    assert counts == {"pp_id_number": 200, "pp_bank_account": 200}


def test_values_tell_a_column_without_a_header(engine: pipeline.Engine) -> None:
    text = "\n".join(f"甘小满,{id_number(n)},村东" for n in range(20))
    assert [(f.type, f.count) for f in check(text, engine).flags if f.loud] == [("pp_id_number", 20)]


def test_a_list_of_firms_passes(engine: pipeline.Engine) -> None:
    firms = ["信步公司,91430121MA4LQ7X28Q,0731-84520116", "汇川公司,91330182MA2CE63H0T,0571-63121177"]
    text = "\n".join(["单位名称,统一社会信用代码,联系电话", *firms])
    assert [f.type for f in check(text, engine).flags if f.loud] == []


def test_a_header_that_is_stored_below_its_column_is_the_header() -> None:
    """Files may store rows in any order; what a cell is, its row number says."""
    texts = [(1, 0, "甲"), (0, 0, "姓名"), (0, 1, "电话"), (1, 1, "13800000000"), (2, 1, "13900000000")]
    joined, blocks = "", []
    for row, column, said in texts:
        blocks.append(Block(Span(len(joined), len(joined) + len(said)), cell=Cell(0, row, column)))
        joined += said + "\n"
    reading = Reading((Run(joined),), tuple(blocks))
    document = text.compose(reading, sha256="0" * 64, media_type="text/csv", name="")
    (grid,) = grids(document)
    found = [(column.header, [words(document, span) for span in column.spans]) for column in grid.columns]
    assert found == [("姓名", ["甲"]), ("电话", ["13800000000", "13900000000"])]
    assert grid.row_count == 2


@pytest.mark.slow
def test_fifty_thousand_rows(engine: pipeline.Engine) -> None:
    start = time.monotonic()
    report = check(rows(50_000), engine)
    counts = {flag.type: flag.count for flag in report.flags if flag.loud}
    assert counts == {"pp_id_number": 50_000, "pp_bank_account": 50_000}
    assert time.monotonic() - start < 240
