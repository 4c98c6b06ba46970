"""公开属性 before publishing: what is proposed from the decisions, what must be complete, what does not fit. Pure."""

from __future__ import annotations

from review.errors import ReasonMissing
from review.types import Verdict
from review.workflow.nouns import Case, Determination
from review.workflow.terms import GROUND_OF, REFUSAL_GROUNDS, SCOPES, WAYS, Attribute


def proposed(case: Case, target: str = "") -> Determination:
    """Return what the decisions so far speak for; ``target``: the declared way of publication in words."""
    withheld = [flag.category for flag in case.loud if flag.verdict is Verdict.REDACT]
    return Determination(
        Attribute.PARTIAL if withheld else Attribute.PROACTIVE,
        grounds=tuple(dict.fromkeys(GROUND_OF[category] for category in withheld if category in GROUND_OF)),
        ways=tuple(code for code, name in WAYS.items() if name == target) or ("website",),
        period="long",
    )


def require_determination(determination: Determination) -> None:
    """Raise ``ReasonMissing`` unless the determination is complete and uses known codes."""
    unknown = [
        code
        for codes, table in (
            (determination.grounds, REFUSAL_GROUNDS),
            (determination.ways, WAYS),
            ((determination.scope,), SCOPES),
        )
        for code in codes
        if code not in table
    ]
    if unknown or determination.period not in ("", "long", "until"):
        raise ReasonMissing("公开方式、范围、期限或理由不在可选项内，请重新选择。")
    if determination.attribute in (Attribute.WITHHELD, Attribute.PARTIAL) and not determination.grounds:
        raise ReasonMissing(f"公开属性为“{determination.attribute.label}”，须选择不予公开的理由。")
    if determination.attribute is Attribute.WITHHELD and not determination.basis:
        raise ReasonMissing("不予公开须写明依据的条款。")
    if determination.period == "until" and determination.take_down is None:
        raise ReasonMissing("公开期限为公示期的，须填写到期撤下日期。")


def doubts(case: Case) -> tuple[str, ...]:
    """Return what does not fit together in the determination: shown beside it, never blocking."""
    d = case.determination
    if d is None:
        return ()
    found: list[str] = []
    redacted = sum(flag.verdict is Verdict.REDACT for flag in case.loud)
    open_personal = any(f.verdict is Verdict.ACCEPT and f.category == "personal_privacy" for f in case.loud)
    if d.attribute is Attribute.PROACTIVE and redacted:
        found.append(f"有 {redacted} 项脱敏处理，公开属性一般为“部分公开（区分处理）”。")
    if d.attribute is Attribute.PARTIAL and not redacted:
        found.append("公开属性为“部分公开”，但没有脱敏处理的提示项。")
    if d.scope != "public" and {"website", "new_media", "newspaper", "television", "radio"} & set(d.ways):
        found.append(f"公开范围为“{SCOPES[d.scope]}”，与面向社会的公开方式不一致。")
    if open_personal and d.period != "until":
        found.append("有个人信息按规定公示，请核对公开期限，填写到期撤下日期。")
    return tuple(found)
