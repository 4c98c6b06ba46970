"""A case as the words of its review form (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from review import places
from review.calendar import china_day
from review.exporters.form import Choice, Field, Opinion, ReviewForm
from review.exporters.rows import citation
from review.service import words
from review.types import CATEGORIES, Decision, Flag, Report, RulePack, Severity, Verdict
from review.workflow import REFUSAL_GROUNDS, SCOPES, WAYS, Attribute, Case, Step, Taken

#: Form fields that a submitter may fill in (``casework.describe``), in the order of the form.
DETAILS: Mapping[str, str] = {
    "unit": "单位（部门）",
    "phone": "承办人电话",
    "docno": "文号",
    "made_on": "成文日期",
    "carrier": "载体形式",
    "source": "信息来源",
    "summary": "内容摘要",
    "publish_on": "拟公开时间",
    "people": "涉及的个人条数",
    "third_party": "第三方征求情况",
    "legal_basis": "法定公示依据",
    "attachments": "附件清单",
    "assessment": "个人信息保护影响评估",
    "link": "发布链接",
}
_CARRIERS = ("公文类", "非公文类")


def form_of(
    case: Case,
    report: Report,
    decisions: Mapping[str, Decision],
    details: Mapping[str, str],
    pack: RulePack,
    *,
    today: date,
    name_of: Callable[[str], str],
) -> ReviewForm:
    """Return the filled form. ``name_of`` gives a person's display name for an account."""
    return ReviewForm(
        number=case.id,
        filled_on=_day(today),
        fields=tuple(_fields(case, report, details, name_of)),
        findings=findings(report.flags, decisions),
        opinions=tuple(_opinions(case, name_of)),
        flags=tuple(flag_rows(report, decisions, pack, name_of)),
        remarks=details.get("remarks", "") or _same_person(case),
    )


def _fields(
    case: Case, report: Report, details: Mapping[str, str], name_of: Callable[[str], str]
) -> list[tuple[Field, ...]]:
    d = case.determination
    until = f"公示期至 {_day(d.take_down)}（到期撤下）" if d and d.take_down else ""
    period = {"long": "长期", "until": until}.get(d.period, "") if d else ""
    filled = {key: details.get(key, "") for key in DETAILS}
    ways = frozenset(WAYS[way] for way in d.ways) if d else frozenset()
    attribute = frozenset({d.attribute.label}) if d else frozenset()
    owner = f"{name_of(case.owner)}　{filled['phone']}"
    return [
        (("单位（部门）", filled["unit"] or case.unit), ("承办人（电话）", owner)),
        (("信息名称（标题）", details.get("title", "")),),
        (("文号", filled["docno"]), ("成文日期", filled["made_on"])),
        (("载体形式", Choice(_CARRIERS, frozenset({filled["carrier"]}))), ("信息来源", filled["source"])),
        (("内容摘要", filled["summary"]),),
        (("拟公开方式", Choice(tuple(WAYS.values()), ways)),),
        (("公开属性", Choice(tuple(a.label for a in Attribute), attribute)),),
        (("公开范围", Choice(tuple(SCOPES.values()), frozenset({SCOPES[d.scope]}) if d else frozenset())),),
        (("公开期限、撤下日期", period), ("拟公开时间", filled["publish_on"])),
        (("涉及的个人条数", filled["people"]), ("第三方征求情况", filled["third_party"])),
        (("法定公示依据", filled["legal_basis"]), ("个人信息保护影响评估", filled["assessment"])),
        (("附件清单（含隐藏内容检查）", filled["attachments"] or _unread(report)),),
        (("审查规则版本", report.pack), ("发布链接", filled["link"])),
        (("原件校验值", report.document.sha256),),
        (("脱敏版校验值", case.publications[-1].redacted_sha256 if case.publications else "未生成"),),
    ]


def _unread(report: Report) -> str:
    gaps = report.document.gaps
    return f"有 {len(gaps)} 处内容程序未能检查，须人工审查" if gaps else "批注、修订、隐藏内容、文件属性均已检查"


def findings(flags: Sequence[Flag], decisions: Mapping[str, Decision]) -> str:
    """Return the counts by category and verdict; reminders apart."""
    loud = [flag for flag in flags if flag.loud]
    if not loud:
        return words.NOTHING
    lines = []
    for category in CATEGORIES.values():
        here = [flag for flag in loud if flag.category == category]
        if not here:
            continue
        verdicts = Counter(decisions[f.id].verdict if f.id in decisions else Verdict.OPEN for f in here)
        parts = "，".join(f"{words.VERDICT[v]} {verdicts[v]}" for v in _ORDER if verdicts[v])
        lines.append(f"{words.CATEGORY[category]} {len(here)} 项：{parts}")
    return "\n".join(lines)


_ORDER = (Verdict.ACCEPT, Verdict.REDACT, Verdict.ESCALATE, Verdict.OPEN)


def flag_rows(
    report: Report, decisions: Mapping[str, Decision], pack: RulePack, name_of: Callable[[str], str]
) -> list[tuple[str, ...]]:
    """Return the rows of 提示项处理清单: no values, only places and words."""
    rows: list[tuple[str, ...]] = []
    for flag in report.flags:
        if flag.severity is Severity.LOW and flag.id not in decisions:
            continue
        decision = decisions.get(flag.id)
        reason = pack.reasons.get(decision.reason) if decision else None
        rows.append(
            (
                str(len(rows) + 1),
                words.SEVERITY[flag.severity],
                words.CATEGORY[flag.category],
                pack.types.get(flag.type, words.CATEGORY[flag.category]),
                places.location(report.document, flag),
                "；".join(citation(pack, key) for key in flag.basis),
                words.ACTION[flag.action],
                words.VERDICT[decision.verdict if decision else Verdict.OPEN],
                reason.title if reason else words.GROUND.get(decision.reason, "") if decision else "",
                name_of(decision.reviewer) if decision else "",
                china_day(decision.at).isoformat() if decision else "",
            )
        )
    return rows


_OPINIONS = {
    Attribute.PROACTIVE: "应予公开",
    Attribute.ON_REQUEST: "应予公开",
    Attribute.PARTIAL: "部分公开（区分处理）",
    Attribute.WITHHELD: "不予公开",
}


def _opinions(case: Case, name_of: Callable[[str], str]) -> list[Opinion]:
    d = case.determination
    opinion = _OPINIONS[d.attribute] if d else ""
    grounds = frozenset(REFUSAL_GROUNDS[code] for code in d.grounds) if d else frozenset()
    secrecy = (
        f"{Choice(('应予公开', '部分公开（区分处理）', '不予公开'), frozenset({opinion}))}\n"
        f"理由：{Choice(tuple(REFUSAL_GROUNDS.values()), grounds)}\n依据："
    )
    heads = (
        (Step.SUBMIT, "承办人自查意见", "已逐项自查。"),
        (Step.PASS, "处（科）室负责人意见", ""),
        (Step.CLEAR, "保密审查意见", secrecy),
        (Step.APPROVE, "分管（主管）领导审批意见", ""),
        (Step.PUBLISH, "网站责任人（发布前程序审查）", ""),
    )
    taken = {t.step: t for t in case.steps}
    return [_opinion(head, words_, taken.get(step), name_of) for step, head, words_ in heads]


def _opinion(head: str, text: str, taken: Taken | None, name_of: Callable[[str], str]) -> Opinion:
    if taken is None:
        return Opinion(head, text)
    return Opinion(head, text, name_of(taken.actor), _day(taken.at))


def _same_person(case: Case) -> str:
    both = sorted({step.label for taken in case.steps for step in taken.same_person})
    return f"本件由同一人办理多个环节（{'、'.join(both)}），已在记录中注明。" if both else ""


def _day(moment: date | datetime | None) -> str:
    if moment is None:
        return ""
    day = china_day(moment) if isinstance(moment, datetime) else moment
    return f"{day.year}年{day.month}月{day.day}日"
