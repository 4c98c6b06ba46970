"""Books of rows as xlsx: 审查台账, 月度汇总表, 年度报告附表数据, 专项检查问题清单, 不予公开信息年度复核表.

Rows are plain mappings: ``ledger`` rows have the Chinese column heads of the 审查台账 as keys, ``cases`` rows the
English keys of the statistics (one a case, no titles). Keys that are not columns of a book are never written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any

from review.exporters.papers import annual
from review.exporters.papers.sheet import Column, Sheet, workbook

Row = Mapping[str, Any]
Rows = Sequence[Row]

#: Column heads of the 审查台账 and their widths in characters (ui-vocabulary: 台账).
LEDGER = (
    Column("序号", 4),
    Column("审查编号", 12),
    Column("信息名称", 20),
    Column("文号", 11),
    Column("载体形式", 6),
    Column("承办部门", 8),
    Column("承办人", 6),
    Column("送审日期", 14),
    Column("公开属性", 7),
    Column("公开方式", 9),
    Column("公开范围", 6),
    Column("公开期限", 9),
    Column("提示项数（已处理/总数）", 8),
    Column("涉及个人条数", 6),
    Column("当前环节", 8),
    Column("审查意见", 8),
    Column("审查人", 6),
    Column("批准人", 6),
    Column("发布日期", 14),
    Column("办结日期", 14),
    Column("用时（工作日）", 6),
    Column("发布链接", 13),
    Column("文件校验值", 11),
    Column("脱敏版校验值", 11),
    Column("备注", 8),
)

MONTHLY = (
    Column("序号", 6),
    Column("审查编号", 14),
    Column("信息名称", 38),
    Column("公开方式", 16),
    Column("公开时间", 16),
    Column("责任单位", 16),
    Column("审查意见", 14),
    Column("当前环节", 12),
    Column("签字", 14),
)

INSPECTION_POINTS = (Column("序号", 6), Column("检查项目", 14), Column("检查内容", 56), Column("情况", 44))
FINDINGS = (
    Column("序号", 4),
    Column("检查日期", 14),
    Column("检查项目", 9),
    Column("发现的问题", 28),
    Column("依据", 18),
    Column("责任单位", 10),
    Column("责任人", 8),
    Column("整改措施", 22),
    Column("整改期限", 14),
    Column("整改情况", 18),
    Column("复查人", 8),
    Column("销号日期", 14),
)

REASSESSMENT = (
    Column("序号", 4),
    Column("审查编号", 12),
    Column("信息名称", 24),
    Column("文号", 12),
    Column("承办部门", 9),
    Column("公开属性", 8),
    Column("不予公开理由", 20),
    Column("决定日期", 14),
    Column("情势是否变化", 8),
    Column("评估意见", 20),
    Column("转为公开日期", 14),
    Column("评估人（签字）", 9),
    Column("评估日期", 14),
)
_ASSESSMENT = "□继续不予公开\n□部分公开\n□转为公开"
_FINDING_ROWS = 12  # empty rows for findings by hand


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of a special inspection and how it was put right; fields in the order of FINDINGS."""

    found_on: date | None
    topic: str
    problem: str
    basis: str = ""
    unit: str = ""
    person: str = ""
    measure: str = ""
    deadline: date | None = None
    result: str = ""
    checked_by: str = ""
    closed_on: date | None = None


def ledger_book(ledger: Rows, *, unit: str, since: date | None = None, until: date | None = None) -> bytes:
    """Return the 审查台账."""
    rows = [[row.get(column.head) for column in LEDGER] for row in ledger]
    return workbook([Sheet("审查台账", f"{unit}信息公开保密审查台账", LEDGER, rows, note=_period(since, until))])


def monthly_book(ledger: Rows, *, unit: str, year: int, month: int) -> bytes:
    """Return the 月度汇总表 of what was published in a month; a month without any says so (零报告)."""
    rows: list[list[Any]] = []
    for row in ledger:
        day = row.get("发布日期")
        if isinstance(day, date) and (day.year, day.month) == (year, month):
            kept = [row.get(key) for key in ("审查编号", "信息名称", "公开方式")]
            rows.append([len(rows) + 1, *kept, day, row.get("承办部门"), row.get("审查意见"), row.get("当前环节"), ""])
    note = f"填报单位：{unit}　　共 {len(rows)} 件" if rows else f"填报单位：{unit}　　本月无公开内容"
    foot = ("填报人（签字）：　　　　　　　负责人（签字）：　　　　　　　填报日期：　　　年　　月　　日",)
    return workbook([Sheet("月度汇总表", f"{year}年{month}月信息公开保密审查汇总表", MONTHLY, rows, note, foot)])


def annual_book(cases: Rows, *, unit: str, year: int) -> bytes:
    """Return 年度报告附表数据: the tables of the national form, and the year's figures of this register.

    Rows opened in other years are left out. What the register cannot know (requests, fees, lawsuits) stays blank.
    """
    chosen = [row for row in cases if row["opened"].year == year]
    return workbook(annual.sheets(chosen, unit=unit, year=year))


def inspection_book(
    points: Iterable[tuple[str, str, str]], findings: Iterable[Finding], *, unit: str, day: date | None = None
) -> bytes:
    """Return 专项检查: what was asked (item, question, state) and the 问题清单, with rows left for findings by hand."""
    asked = [[i, *point] for i, point in enumerate(points, 1)]
    found: list[list[Any]] = [[i, *astuple(finding)] for i, finding in enumerate(findings, 1)]
    found += [["" for _ in FINDINGS] for _ in range(max(0, _FINDING_ROWS - len(found)))]
    note = f"被检查单位：{unit}　　检查日期：{_day(day)}"
    foot = ("检查人（签字）：　　　　　　　被检查单位负责人（签字）：　　　　　　　",)
    return workbook(
        [
            Sheet("问题清单", "信息公开保密审查专项检查问题清单", FINDINGS, found, note, foot),
            Sheet("检查情况", "信息公开保密审查专项检查情况", INSPECTION_POINTS, asked, note, foot),
        ]
    )


def reassessment_book(ledger: Rows, cases: Rows, *, unit: str, year: int) -> bytes:
    """Return the 不予公开信息年度复核表 (条例18): everything that is withheld in whole or part, with room to assess it.

    ``cases`` gives the grounds of a ledger row by its number.
    """
    grounds = {row["id"]: annual.grounds_in_words(row["grounds"]) for row in cases}
    rows: list[list[Any]] = []
    for row in ledger:
        if row.get("公开属性") in ("不予公开", "部分公开"):
            kept = [row.get(key) for key in ("审查编号", "信息名称", "文号", "承办部门", "公开属性")]
            reason = grounds.get(row.get("审查编号"), "")
            rows.append([len(rows) + 1, *kept, reason, row.get("办结日期"), "□是　□否", _ASSESSMENT, "", "", ""])
    note = f"填报单位：{unit}　　依据：《中华人民共和国政府信息公开条例》第十八条"
    foot = ("因情势变化可以公开的，应当公开。保密期限届满的，先按规定审核解密。",)
    return workbook([Sheet("年度复核表", f"{year}年不予公开信息年度复核表", REASSESSMENT, rows, note, foot)])


def _period(since: date | None, until: date | None) -> str:
    if since is None and until is None:
        return ""
    return f"送审登记时间：{_day(since) if since else '起始'}至{_day(until) if until else '今'}"


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else "　　年　　月　　日"
