"""年度报告附表数据: the tables of the national form (国办公开办函〔2021〕30号) and the year's figures of the register.

The form counts requests, decisions, fees and lawsuits, which a review register does not know: those cells stay blank
for the office. Beside them stands what the register does know, to check against; the two are not the same number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from review.exporters.papers.sheet import Column, Sheet

Rows = Sequence[Mapping[str, Any]]

#: Codes of the grounds for withholding (条例14–16) in words.
GROUNDS: Mapping[str, str] = {
    "state_secret": "国家秘密",
    "other_law": "其他法律、行政法规禁止公开",
    "security": "可能危及国家安全、公共安全、经济安全、社会稳定",
    "trade_secret": "商业秘密",
    "personal_privacy": "个人隐私",
    "internal_affairs": "内部事务信息",
    "process": "过程性信息",
    "enforcement_file": "行政执法案卷信息",
}

#: Rows 1–8 of （三）不予公开 in the form, each with the grounds that it counts.
REFUSALS: tuple[tuple[str, frozenset[str]], ...] = (
    ("1.属于国家秘密", frozenset({"state_secret"})),
    ("2.其他法律行政法规禁止公开", frozenset({"other_law"})),
    ("3.危及“三安全一稳定”", frozenset({"security"})),
    ("4.保护第三方合法权益", frozenset({"trade_secret", "personal_privacy"})),
    ("5.属于三类内部事务信息", frozenset({"internal_affairs"})),
    ("6.属于四类过程性信息", frozenset({"process"})),
    ("7.属于行政执法案卷", frozenset({"enforcement_file"})),
    ("8.属于行政查询事项", frozenset()),
)

_PROACTIVE = (
    ("第二十条第（一）项", "规章", "本年制发件数、本年废止件数、现行有效件数"),
    ("第二十条第（一）项", "行政规范性文件", "本年制发件数、本年废止件数、现行有效件数"),
    ("第二十条第（五）项", "行政许可", "本年处理决定数量"),
    ("第二十条第（六）项", "行政处罚", "本年处理决定数量"),
    ("第二十条第（六）项", "行政强制", "本年处理决定数量"),
    ("第二十条第（八）项", "行政事业性收费", "本年收费金额（单位：万元）"),
)
_APPLICANTS = ("自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计")
_BEFORE = ("一、本年新收政府信息公开申请数量", "二、上年结转政府信息公开申请数量")
_AFTER = (
    "（四）无法提供　1.本机关不掌握相关政府信息",
    "（四）无法提供　2.没有现成信息需要另行制作",
    "（四）无法提供　3.补正后申请内容仍不明确",
    "（五）不予处理　1.信访举报投诉类申请",
    "（五）不予处理　2.重复申请",
    "（五）不予处理　3.要求提供公开出版物",
    "（五）不予处理　4.无正当理由大量反复申请",
    "（五）不予处理　5.要求行政机关确认或重新出具已获取信息",
    "（六）其他处理　1.申请人无正当理由逾期不补正",
    "（六）其他处理　2.申请人逾期未按收费通知要求缴纳费用",
    "（六）其他处理　3.其他",
    "（七）总计",
    "四、结转下年度继续办理",
)
_DISPUTES = ("行政复议", "行政诉讼（未经复议直接起诉）", "行政诉讼（复议后起诉）")
_OUTCOMES = ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计")
_CONSULTED = {"agreed": "同意公开", "refused": "不同意公开", "partial": "同意部分公开", "silent": "逾期未答复"}


def sheets(cases: Rows, *, unit: str, year: int) -> list[Sheet]:
    """Return the four sheets for the cases of one year."""
    note = f"填报单位：{unit}"
    by_hand = "空白栏由政府信息公开工作机构填写。"
    aside = (
        "“本系统登记件数”是发布前保密审查的登记数，不是申请数，仅供核对；部分公开的只计“部分公开”，不重复计入不予公开。"
    )
    applicants = tuple(Column(name, 8) for name in _APPLICANTS)
    return [
        Sheet(
            "审查情况统计",
            f"信息公开保密审查情况统计表（{year}年）",
            (Column("项目", 50, left=True), Column("数量", 14)),
            figures(cases),
            note,
            orientation="portrait",
        ),
        Sheet(
            "主动公开",
            f"{year}年主动公开政府信息情况",
            (Column("条款", 22), Column("信息内容", 22), Column("填报事项", 46), Column("填报数", 16)),
            [[*row, ""] for row in _PROACTIVE],
            note,
            (by_hand,),
        ),
        Sheet(
            "依申请公开",
            f"{year}年收到和处理政府信息公开申请情况",
            (Column("办理结果", 58, left=True), *applicants, Column("本系统登记件数", 12)),
            [[name, *[""] * len(applicants), count] for name, count in _results(cases)],
            note,
            (by_hand, aside),
            orientation="portrait",
        ),
        Sheet(
            "复议诉讼",
            f"{year}年政府信息公开行政复议、行政诉讼情况",
            (Column("类别", 34, left=True), *(Column(name, 12) for name in _OUTCOMES)),
            [[name, *[""] * len(_OUTCOMES)] for name in _DISPUTES],
            note,
            (by_hand,),
        ),
    ]


def grounds_in_words(codes: Iterable[str]) -> str:
    """Return grounds as one line; an unknown code stands as it is."""
    return "；".join(GROUNDS.get(code, code) for code in codes)


def figures(cases: Rows) -> list[list[Any]]:
    """Return the register's own figures, name and number (``—``: nothing to divide)."""
    days = [row["days"] for row in cases if row["days"] is not None]
    attributes = Counter(row["attribute"] for row in cases)
    replies = Counter(row["consult_reply"] for row in cases)
    rows: list[list[Any]] = [
        ["审查件数", len(cases)],
        ["　其中：主动公开", attributes["proactive"]],
        ["　其中：依申请公开", attributes["on_request"]],
        ["　其中：部分公开", attributes["partial"]],
        ["　其中：不予公开", attributes["withheld"]],
        ["　其中：尚未确定公开属性", attributes[""]],
    ]
    names = (
        ("flags", "提示项数"),
        ("accepted", "可公开"),
        ("redacted", "脱敏后公开"),
        ("escalated", "报请确定"),
        ("open", "待处理"),
    )
    rows += [[name if key == "flags" else f"　其中：{name}", _sum(cases, key)] for key, name in names]
    rows += [
        ["平均用时（工作日）", round(sum(days) / len(days), 1) if days else "—"],
        ["最长用时（工作日）", max(days, default="—")],
        ["逾期件数", _sum(cases, "overdue")],
        ["退回次数", _sum(cases, "returned")],
        ["征求第三方意见次数", _sum(cases, "consulted")],
        *[[f"　最近一次答复：{name}（件）", replies[code]] for code, name in _CONSULTED.items()],
        ["报请确定次数", _sum(cases, "referred")],
        ["重新审查件数", _sum(cases, "reopened")],
        ["更正件数", _sum(cases, "corrected")],
        ["撤下件数", _sum(cases, "taken_down")],
        ["发现疑似国家秘密标志停止处理件数", _sum(cases, "stopped")],
        ["同一人办理多个环节件数", _sum(cases, "same_person")],
        ["泄密报告件数（手工填写）", ""],
        ["培训场次/人次（手工填写）", ""],
    ]
    return rows


def _results(cases: Rows) -> list[tuple[str, int | str]]:
    """Return the form's rows with what the register knows; a case counts once, by its first ground."""
    attributes = Counter(row["attribute"] for row in cases)
    first = Counter(row["grounds"][0] for row in cases if row["attribute"] == "withheld" and row["grounds"])
    refused: list[tuple[str, int | str]] = [
        (f"（三）不予公开　{name}", sum(first[code] for code in codes) if codes else "") for name, codes in REFUSALS
    ]
    return [
        *((name, "") for name in _BEFORE),
        ("三、本年度办理结果　（一）予以公开", attributes["proactive"] + attributes["on_request"]),
        ("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", attributes["partial"]),
        *refused,
        *((name, "") for name in _AFTER),
    ]


def _sum(cases: Rows, key: str) -> int:
    return sum(int(row[key]) for row in cases)
