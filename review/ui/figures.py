"""Statistics as plain values (pure): what ``casework.case_rows`` and ``rule_rows`` say, in words and for charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from review.service import words
from review.types import CATEGORIES
from review.ui.views import Table
from review.workflow import CONSULT_REPLIES, REFER_REPLIES

_VERDICTS = {"accepted": "可公开", "redacted": "脱敏后公开", "escalated": "报请确定中", "open": "待处理"}

Rows = Sequence[Mapping[str, Any]]


def totals(cases: Rows, rules: Rows) -> Table:
    """Return the metrics of the yearly report, one a row."""
    days = [row["days"] for row in cases if row["days"] is not None]
    decided = sum(row["flags"] - row["open"] for row in rules)

    def rate(name: str) -> str:
        return f"{sum(row[name] for row in rules) / decided:.1%}" if decided else "—"

    def total(name: str) -> str:
        return str(sum(row[name] for row in cases))

    replies = Counter(row["consult_reply"] for row in cases if row["consult_reply"])
    answers = Counter(row["refer_reply"] for row in cases if row["refer_reply"])
    rows = [
        ["审查件数", str(len(cases))],
        ["提示项数", total("flags")],
        ["可公开", total("accepted")],
        ["脱敏后公开", total("redacted")],
        ["报请确定中", total("escalated")],
        ["待处理", total("open")],
        ["部分公开件数", total("partial")],
        ["平均用时（工作日）", f"{mean(days):.1f}" if days else "—"],
        ["最长用时（工作日）", str(max(days)) if days else "—"],
        ["逾期件数", total("overdue")],
        ["退回次数", total("returned")],
        ["征求第三方意见", f"{total('consulted')} 次" + _replies(replies, CONSULT_REPLIES)],
        ["报请确定", f"{total('referred')} 次" + _replies(answers, REFER_REPLIES)],
        ["重新审查件数", total("reopened")],
        ["撤下、更正件数", str(sum(row["taken_down"] or row["corrected"] for row in cases))],
        ["停止处理件数（疑似国家秘密标志）", total("stopped")],
        ["误报率", rate("false_alarms")],
        ["过度隐去率（复核后转公开）", rate("over_withheld")],
    ]
    return Table(columns=["指标", "数值"], rows=rows, keys=[], empty="")


def _replies(counts: Counter[str], titles: Mapping[str, str]) -> str:
    parts = "、".join(f"{titles.get(code, code)} {n}" for code, n in counts.items())
    return f"（{parts}）" if parts else ""


def by_month(cases: Rows) -> list[dict[str, Any]]:
    """Return ``{月份, 件数}`` of the months in which cases were opened."""
    counts = Counter(f"{row['opened']:%Y-%m}" for row in cases)
    return [{"月份": month, "件数": counts[month]} for month in sorted(counts)]


def by_type(rules: Rows, types: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return ``{类型, 处理意见, 项数}``, one a type and verdict that occurs."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in rules:
        name = types.get(row["type"], words.CATEGORY[CATEGORIES[row["type"][:2]]])
        for key, verdict in _VERDICTS.items():
            counts[name, verdict] += row[key]
    return [{"类型": name, "处理意见": verdict, "项数": n} for (name, verdict), n in counts.items() if n]


def rule_table(rules: Rows, types: Mapping[str, str]) -> Table:
    """Return one line a rule: what its flags came to, with both error rates."""

    def percent(value: float | None) -> str:
        return "—" if value is None else f"{value:.0%}"

    return Table(
        columns=["规则", "类型", "提示项", "可公开", "脱敏", "报请", "待处理", "误报率", "过度隐去率"],
        rows=[
            [
                row["rule"],
                types.get(row["type"], row["type"]),
                *(str(row[name]) for name in ("flags", "accepted", "redacted", "escalated", "open")),
                percent(row["false_alarm_rate"]),
                percent(row["over_withheld_rate"]),
            ]
            for row in rules
        ],
        keys=[],
        empty="所选期间没有提示项。",
    )


def unit_table(cases: Rows) -> Table:
    """Return one line a unit."""
    units = sorted({row["unit"] for row in cases})
    rows = []
    for unit in units:
        here = [row for row in cases if row["unit"] == unit]
        names = ("flags", "accepted", "redacted", "escalated", "returned", "overdue")
        rows.append([unit or "（未填部门）", str(len(here)), *(str(sum(row[name] for row in here)) for name in names)])
    return Table(
        columns=["部门", "件数", "提示项", "可公开", "脱敏", "报请", "退回", "逾期"],
        rows=rows,
        keys=[],
        empty="所选期间没有送审件。",
    )


def inspection(cases: Rows) -> Table:
    """Return 专项检查: what is asked, and what the record of this product can answer. The rest is for people."""
    published = [row for row in cases if row["stage"] in ("published", "archived", "taken_down")]
    determined = sum(bool(row["attribute"]) for row in published)
    undecided = sum(row["open"] for row in published)
    manual = "请对照本单位文件填写"
    rows = [
        ["制度", "是否建立信息公开保密审查制度，明确程序、责任和时限", manual],
        ["责任", "是否明确分管领导、责任部门和保密审查员", manual],
        [
            "拟制",
            "公文拟制时是否同步确定公开属性、方式、期限",
            f"已发布 {len(published)} 件，其中 {determined} 件有记录",
        ],
        [
            "先审查后公开",
            "是否一事一审、逐项审查，未经审查不得公开",
            f"已发布 {len(published)} 件均有审查记录，未处理提示项 {undecided} 项",
        ],
        [
            "分离",
            "初审、复审、批准是否由不同人员办理",
            f"同一人办理多个环节 {sum(row['same_person'] for row in cases)} 件",
        ],
        ["会商", "涉及其他机关的，是否征求意见", f"征求意见 {sum(row['consulted'] for row in cases)} 次"],
        [
            "报请",
            "不能确定的，是否报请有关主管部门或保密行政管理部门确定",
            f"报请确定 {sum(row['referred'] for row in cases)} 次",
        ],
        ["解密", "拟公开的涉密文件是否先行解密并有记录", manual],
        ["登记", "审批表、台账是否完整并归档", f"台账记录 {len(cases)} 件，归档 {_count(cases, 'archived')} 件"],
        ["时限", "是否在规定时限内办结", f"逾期 {sum(row['overdue'] for row in cases)} 件"],
        ["设备", "非涉密计算机是否处理涉密信息", f"发现疑似标志并停止处理 {_count(cases, 'stopped')} 件"],
        [
            "巡查",
            "已公开信息是否定期巡查，发现问题是否撤下更正",
            f"撤下 {sum(row['taken_down'] for row in cases)} 件，更正 {sum(row['corrected'] for row in cases)} 件",
        ],
        ["责任追究", "发生问题是否追究责任并整改销号", manual],
    ]
    return Table(columns=["项目", "检查内容", "系统记录"], rows=rows, keys=[], empty="")


def _count(cases: Rows, stage: str) -> int:
    return sum(row["stage"] == stage for row in cases)
