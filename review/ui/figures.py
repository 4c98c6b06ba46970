"""Statistics as plain values (pure): what ``casework.case_rows`` and ``rule_rows`` say, in words and for charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from review.service import words
from review.service.books import inspection_points
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


#: From so many decided flags on, a rule's false-alarm rate says something about the rule.
_ENOUGH = 20
_TOO_MANY, _FEW = 0.3, 0.05


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "—"


def advice(row: Mapping[str, Any], status: str) -> str:
    """Return what a rule's record speaks for; the status itself is changed in the rule file, by people."""
    decided = row["flags"] - row["open"]
    if not status or decided < _ENOUGH:
        return ""
    rate = row["false_alarms"] / decided
    if rate >= _TOO_MANY:
        return "误报偏多，建议修改规则或降为 test"
    return "建议升为 stable" if status in ("experimental", "test") and rate <= _FEW else ""


def rule_table(rules: Rows, types: Mapping[str, str], statuses: Mapping[str, str]) -> Table:
    """Return one line a rule: what its flags came to, with both error rates, its status and what speaks for another.

    ``statuses``: rule reference → status of the rules in force.
    """
    return Table(
        columns=[
            "规则",
            "类型",
            "提示项",
            "可公开",
            "脱敏",
            "报请",
            "待处理",
            "误报率",
            "过度隐去率",
            "规则状态",
            "建议",
        ],
        rows=[
            [
                row["rule"],
                types.get(row["type"], row["type"]),
                *(str(row[name]) for name in ("flags", "accepted", "redacted", "escalated", "open")),
                *(_percent(row[name], row["flags"] - row["open"]) for name in ("false_alarms", "over_withheld")),
                statuses.get(row["rule"], ""),
                advice(row, statuses.get(row["rule"], "")),
            ]
            for row in rules
        ],
        keys=[],
        empty="所选期间没有提示项。",
    )


def unit_table(cases: Rows) -> Table:
    """Return one line a unit, with both error rates over its decided flags."""
    units = sorted({row["unit"] for row in cases})
    rows = []
    for unit in units:
        here = [row for row in cases if row["unit"] == unit]

        def total(name: str, of: Rows = here) -> int:
            return sum(row[name] for row in of)

        decided = total("flags") - total("open")
        counts = ("flags", "accepted", "redacted", "escalated", "returned", "overdue")
        rates = (_percent(total(name), decided) for name in ("false_alarms", "over_withheld"))
        rows.append([unit or "（未填部门）", str(len(here)), *(str(total(name)) for name in counts), *rates])
    return Table(
        columns=["部门", "件数", "提示项", "可公开", "脱敏", "报请", "退回", "逾期", "误报率", "过度隐去率"],
        rows=rows,
        keys=[],
        empty="所选期间没有送审件。",
    )


def inspection(cases: Rows) -> Table:
    """Return 专项检查 as a table."""
    rows = [list(point) for point in inspection_points(cases)]
    return Table(columns=["项目", "检查内容", "系统记录"], rows=rows, keys=[], empty="")
