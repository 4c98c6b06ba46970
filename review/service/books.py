"""Books of the office (xlsx): 台账, 月度汇总表, 年度报告附表数据, 专项检查, 不予公开信息年度复核表."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from review import casework, store
from review.calendar import china_day
from review.casework import Office
from review.errors import InputError
from review.exporters import papers

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Period:
    """What a book covers; ``today`` gives year and month where they are not asked for."""

    since: date | None
    until: date | None
    year: int
    month: int


def period(query: Mapping[str, str], today: date) -> Period:
    """Read ``since``, ``until`` (2026-11-21), ``year`` and ``month`` of a request."""
    try:
        since, until = (date.fromisoformat(query[k]) if query.get(k) else None for k in ("since", "until"))
        year, month = int(query.get("year") or today.year), int(query.get("month") or today.month)
        date(year, month, 1)
    except ValueError:
        raise InputError("日期应写作 2026-11-21 的形式，年份和月份应为数字。") from None
    return Period(since, until, year, month)


def book(office: Office, actor: str, name: str, when: Period) -> tuple[str, bytes]:
    """Return title and content of a book; raises ``InputError`` for an unknown one."""
    known = BOOKS.get(name)
    if known is None:
        raise InputError("没有这种表册。")
    title, make = known
    data = make(office, actor, casework.person(office, actor).unit, when)
    store.write_anchor(office.store)  # what was handed in can be held against the chain later
    return title, data


def answer(office: Office, actor: str, name: str, when: Period) -> Response:
    """Return a book as a download; raises ``SeparationOfDuties`` without the role."""
    title, data = book(office, actor, name, when)
    file = quote(f"{title}.xlsx")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{file}", "Cache-Control": "no-store"}
    return Response(data, media_type=_XLSX, headers=headers)


def _ledger(office: Office, actor: str, unit: str, when: Period) -> bytes:
    rows = casework.ledger(office, actor, since=when.since, until=when.until)
    return papers.ledger_book(rows, unit=unit, since=when.since, until=when.until)


def _monthly(office: Office, actor: str, unit: str, when: Period) -> bytes:
    return papers.monthly_book(casework.ledger(office, actor), unit=unit, year=when.year, month=when.month)


def _annual(office: Office, actor: str, unit: str, when: Period) -> bytes:
    return papers.annual_book(casework.case_rows(office, actor), unit=unit, year=when.year)


def _reassessment(office: Office, actor: str, unit: str, when: Period) -> bytes:
    ledger, cases = casework.ledger(office, actor), casework.case_rows(office, actor)
    return papers.reassessment_book(ledger, cases, unit=unit, year=when.year)


def _inspection(office: Office, actor: str, unit: str, when: Period) -> bytes:
    cases = casework.case_rows(office, actor, since=when.since, until=when.until)
    return papers.inspection_book(inspection_points(cases), (), unit=unit, day=when.until)


#: name in the address → title, maker
BOOKS: Mapping[str, tuple[str, Callable[[Office, str, str, Period], bytes]]] = {
    "ledger": ("信息公开保密审查台账", _ledger),
    "monthly": ("月度汇总表", _monthly),
    "annual": ("年度报告附表数据", _annual),
    "inspection": ("专项检查问题清单", _inspection),
    "reassessment": ("不予公开信息年度复核表", _reassessment),
}


def today() -> date:
    """Return the day in China."""
    return china_day(datetime.now(UTC))


def inspection_points(cases: Rows) -> list[tuple[str, str, str]]:
    """Return 专项检查: item, question, and what the record of this product says. The rest is for people."""
    published = [row for row in cases if row["stage"] in ("published", "archived", "taken_down")]
    determined = sum(bool(row["attribute"]) for row in published)
    undecided = sum(row["open"] for row in published)
    by_hand = "请对照本单位文件填写"

    def total(name: str) -> int:
        return sum(row[name] for row in cases)

    def stage(name: str) -> int:
        return sum(row["stage"] == name for row in cases)

    return [
        ("制度", "是否建立信息公开保密审查制度，明确程序、责任和时限", by_hand),
        ("责任", "是否明确分管领导、责任部门和保密审查员", by_hand),
        ("拟制", "公文拟制时是否同步确定公开属性、方式、期限", f"已发布 {len(published)} 件，{determined} 件有记录"),
        (
            "先审查后公开",
            "是否一事一审、逐项审查，未经审查不得公开",
            f"已发布 {len(published)} 件均有审查记录，未处理提示项 {undecided} 项",
        ),
        ("分离", "初审、复审、批准是否由不同人员办理", f"同一人办理多个环节 {total('same_person')} 件"),
        ("会商", "涉及其他机关、第三方的，是否征求意见", f"征求意见 {total('consulted')} 次"),
        ("报请", "不能确定的，是否报请有关主管部门或保密行政管理部门确定", f"报请确定 {total('referred')} 次"),
        ("解密", "拟公开的涉密文件是否先行解密并有记录", by_hand),
        ("登记", "审批表、台账是否完整并归档", f"台账记录 {len(cases)} 件，归档 {stage('archived')} 件"),
        ("时限", "是否在规定时限内办结", f"逾期 {total('overdue')} 件"),
        ("设备", "非涉密计算机是否处理涉密信息", f"发现疑似标志并停止处理 {stage('stopped')} 件"),
        (
            "巡查",
            "已公开信息是否定期巡查，发现问题是否撤下更正",
            f"撤下 {total('taken_down')} 件，更正 {total('corrected')} 件",
        ),
        ("责任追究", "发生问题是否追究责任并整改销号", by_hand),
    ]
