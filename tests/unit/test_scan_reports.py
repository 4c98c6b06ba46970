"""What a scan's report says: figures, difference to the last scan, quality control, and nothing from outside."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from review.errors import InputError
from review.exporters import scan_pages, scans

ROOTS = ("/srv/存量",)
GENRES = {"notice": "通知"}


def flag(kind: str = "pp_phone", severity: str = "high", location: str = "第1段", count: int = 1) -> dict[str, Any]:
    return {
        "type": kind,
        "type_name": {"pp_phone": "手机号码", "unread": "未能检查", "ss_mark": "国家秘密标志"}[kind],
        "category": {"pp": "personal_privacy", "ss": "state_secret", "un": "unread"}[kind[:2]],
        "severity": severity,
        "location": location,
        "count": count,
        "masked": "139****1267",
        "basis": ["《个人信息保护法》第二十八条"],
        "action": "redact",
        "message": "疑似手机号码。",
    }


def row(path: str, *flags: dict[str, Any], gap: str = "") -> dict[str, Any]:
    gaps = [{"part": "整件", "reason": gap}] if gap else []
    return {
        "path": f"/srv/存量/{path}",
        "genre": "notice",
        "chars": 9,
        "flags": list(flags),
        "gaps": gaps,
        "sha256": "a",
    }


NOW = (
    row("教育局/2025/a.txt", flag(), flag("ss_mark", "critical", "页眉")),
    row("教育局/2025/b.xlsx", flag(location="表1第2行第3列 等 40 处", count=40)),
    row("民政局/2024/c.txt"),
    row("民政局/2024/d.docx", flag("unread", "high"), gap="处理超时，未能检查。"),
    row("e.txt", flag(severity="low")),
)
BEFORE = (row("教育局/2025/a.txt", flag()), row("民政局/2024/c.txt", flag(location="第9段")))


def summary(before: Iterable[dict[str, Any]] | None = None) -> scans.Summary:
    known = scans.known(lambda: before) if before is not None else None
    return scans.summarise(lambda: NOW, ROOTS, known, GENRES)


def test_documents_are_counted_by_unit_folder_genre_and_year() -> None:
    found = summary()
    assert (found.documents, found.flagged, found.unread) == (5, 2, 1)
    assert found.groups["按单位"] == {
        "教育局": (2, 2, 0, 1, 2, 0),
        "民政局": (2, 0, 1, 0, 0, 0),
        "（根目录）": (1, 0, 0, 0, 0, 0),
    }
    assert set(found.groups["按文件夹"]) == {"教育局/2025", "民政局/2024", "（根目录）"}
    assert list(found.groups["按年份"]) == ["2024", "2025", "未标明"]
    assert found.groups["按文种"] == {"通知": (5, 2, 1, 1, 2, 0)}
    assert found.kinds == {("手机号码", "high"): (2, 41), ("国家秘密标志", "critical"): (1, 1)}


def test_a_scan_is_compared_with_the_last_one() -> None:
    assert not summary().compared
    found = summary(BEFORE)
    assert (found.new, found.still, found.gone) == (2, 1, 1)
    assert found.gone_lines == (("/srv/存量/民政局/2024/c.txt", "高", "手机号码", "第9段"),)
    states = [line[0] for line in scans.flag_lines(NOW, scans.known(lambda: BEFORE))]
    assert states == ["仍存在", "新增", "新增", "新增", ""]


def test_columns_are_counted_with_their_rows() -> None:
    assert list(scans.column_lines(NOW)) == [("/srv/存量/教育局/2025/b.xlsx", "表1第2行第3列", "手机号码", "高", "40")]


def test_the_gravest_flags_are_shown_first() -> None:
    lines, total = scans.worst(scans.flag_lines(NOW, None), 2)
    assert total == 5
    assert [line[2] for line in lines] == ["停止", "高"]


def test_the_page_needs_nothing_from_outside_and_escapes_what_it_quotes() -> None:
    rows = (*NOW, row("<script>alert(1)</script>.txt", flag()))
    known = scans.known(lambda: BEFORE)
    found = scans.summarise(lambda: rows, ROOTS, known, GENRES)
    page = scan_pages.to_html(found, lambda: rows, known, name="存量", stamp="今天", chosen=[("x.txt", "无", "王")])
    assert "<script>alert" not in page
    assert not re.search(r"(src|href|url)\s*[=(]|https?://", page)
    for words in ("教育局/2025", "国家秘密标志", "处理超时", "比上次消失", "新增", "表1第2行第3列", "抽样复核"):
        assert words in page, words


def test_the_workbook_has_every_view(tmp_path: Path) -> None:
    known = scans.known(lambda: BEFORE)
    path = tmp_path / "report.xlsx"
    drawn = [("/srv/存量/民政局/2024/c.txt", "", "")]
    scan_pages.write_xlsx(path, summary(BEFORE), lambda: NOW, known, drawn)
    book = load_workbook(path)
    assert book.sheetnames == [
        *scans.GROUPS,
        *("按类型", "按等级", "提示项", "按列计数", "未能检查", "已消失", "有提示的文件", "抽样复核"),
    ]
    assert [cell.value for cell in book["按等级"][3]] == ["高", 1, 41]
    assert [cell.value for cell in book["按列计数"][2]][-1] == 40
    assert book["提示项"].max_row == 6
    assert scan_pages.read_sample(path) == tuple(drawn)


def test_a_formula_in_a_file_name_stays_text(tmp_path: Path) -> None:
    rows = (row("x.txt", flag()) | {"path": "=cmd|' /C calc'!A0"},)
    path = tmp_path / "report.xlsx"
    scan_pages.write_xlsx(path, scans.summarise(lambda: rows, ROOTS, None, GENRES), lambda: rows, None)
    assert load_workbook(path)["有提示的文件"]["A2"].data_type == "s"


def test_samples_are_repeatable_and_hold_only_unflagged_documents() -> None:
    rows = [row(f"{n}.txt") for n in range(50)] + [row("x.txt", flag()), row("y.txt", gap="坏")]
    chosen = scans.sample(rows, 10, seed="t")
    assert chosen == scans.sample(reversed(rows), 10, seed="t")
    assert len(scans.sample(rows, 99, seed="t")) == 50
    assert not {path for path in scans.sample(rows, 99, seed="t") if path.endswith(("x.txt", "y.txt"))}


def test_miss_rate_interval() -> None:
    assert scans.miss_rate(0, 0) == (0.0, 0.0, 1.0)
    rate, low, high = scans.miss_rate(3, 300)
    assert rate == pytest.approx(0.01)
    assert low == pytest.approx(0.0034, abs=2e-4)
    assert high == pytest.approx(0.0290, abs=2e-4)


def test_a_filled_sample_gives_a_miss_rate_in_words(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    drawn = [(f"{n}.txt", "漏：住址" if n < 3 else "无", "王") for n in range(300)] + [("later.txt", "", "")]
    scan_pages.write_xlsx(path, summary(), lambda: NOW, None, drawn)
    looked = scan_pages.read_sample(path)
    assert looked == tuple(drawn)
    words = scans.quality(*scans.tally(looked), 10_000)
    assert words.startswith("复核 300 件，发现漏检 3 件，漏检率估计 1.00%（95% 置信区间 0.34%—2.90%）")
    assert "漏检约 34—290 件" in words


def test_another_workbook_or_another_word_is_no_sample(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    Workbook().save(path)
    with pytest.raises(InputError, match="抽样复核"):
        scan_pages.read_sample(path)
    path.write_bytes(b"no zip")
    with pytest.raises(InputError, match="抽样复核"):
        scan_pages.read_sample(path)
    scan_pages.write_xlsx(path, summary(), lambda: NOW, None, [("a.txt", "好", "")])
    with pytest.raises(InputError, match="第 2 行"):
        scan_pages.read_sample(path)
