"""Plan, expectation and verification of a redaction, on values made by hand."""

from __future__ import annotations

import sys
import unicodedata
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from review import masking, redaction, text
from review.types import (
    Action,
    Block,
    Cut,
    Decision,
    Document,
    Flag,
    Format,
    Masking,
    Reading,
    RulePack,
    Run,
    Severity,
    Span,
    Verdict,
    Witness,
    Zone,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def _nothing(*_: object) -> object:
    raise AssertionError("not called")


FORMAT = Format("fake", "text/x-fake", (".fake",), _nothing, _nothing, _nothing, _nothing)  # type: ignore[arg-type]
BLACK_BOX = Format("box", "text/x-box", (".box",), _nothing, _nothing, _nothing, _nothing, writes_replacement=False)  # type: ignore[arg-type]


def pack(**methods: Masking) -> RulePack:
    return RulePack("p", "1", date(2026, 11, 21), (), {}, {}, {}, methods, {}, {})


def flag(flag_id: str, *spans: Span, masking: str = "delete") -> Flag:
    place = (flag_id, spans, "pp_contact", "r@1", Severity.MEDIUM)
    return Flag(*place, "m", (), Action.REDACT, 1.0, "rules", masking=masking)


def decide(flag_id: str, verdict: Verdict = Verdict.REDACT, replacement: str | None = None) -> Decision:
    return Decision(flag_id, verdict, "t", "r", NOW, replacement=replacement)


def document(*paragraphs: str) -> Document:
    runs, blocks, at = [], [], 0
    for paragraph in paragraphs:
        runs += [Run(paragraph), Run("\n")]
        blocks.append(Block(Span(at, at + len(paragraph))))
        at += len(paragraph) + 1
    return text.compose(Reading(tuple(runs), tuple(blocks)), sha256="0" * 64, media_type="t", name="n")


@pytest.mark.parametrize(
    ("method", "value", "want"),
    [
        (Masking("phone", "keep", 3, 4), "13800138000", "138****8000"),
        (Masking("phone", "keep", 3, 4), "138 0013-8000", "138****8000"),
        (Masking("card", "keep", 0, 4), "6217001234", "******1234"),
        (Masking("short", "keep", 3, 4), "12345", "*****"),
        (Masking("name", "name"), "欧阳明", "欧某"),
        (Masking("year", "year"), "1990年3月7日", "1990年"),
        (Masking("year", "year"), "三月七日", "[已隐去]"),
        (Masking("mail", "mail"), "zhang@example.cn", "z***@example.cn"),
        (Masking("address", "address"), "青山县柳河镇石牌村3组", "青山县柳河镇[已隐去]"),
        (Masking("delete", "fixed", text="〔略〕"), "x", "〔略〕"),
    ],
)
def test_mask(method: Masking, value: str, want: str) -> None:
    assert masking.mask(method, value) == want


def test_plan_is_disjoint_and_inside_blocks() -> None:
    doc = document("电话13800138000转", "甲乙丙丁")
    flags = [flag("a", Span(2, 13), masking="phone"), flag("b", Span(0, 9)), flag("c", Span(11, 17))]
    plan = redaction.plan(doc, flags, {f.id: decide(f.id) for f in flags}, pack(phone=Masking("phone", "keep", 3, 4)))
    assert [p.span for p in plan] == [Span(0, 14), Span(15, 17)]
    for first, second in pairwise(plan):
        assert first.span.end <= second.span.start
    assert "138" not in plan[0].replacement


def test_only_redact_verdicts_are_planned_and_replacement_of_a_reviewer_wins() -> None:
    doc = document("甲乙丙丁戊己")
    flags = [flag("a", Span(0, 2)), flag("b", Span(2, 4)), flag("c", Span(4, 6))]
    decisions = {
        "a": decide("a", Verdict.ACCEPT),
        "b": decide("b", replacement="某某"),
        "c": decide("c", Verdict.ESCALATE),
    }
    assert [(p.span, p.replacement) for p in redaction.plan(doc, flags, decisions, pack())] == [(Span(2, 4), "某某")]


def reading(*blocks: tuple[str, Zone]) -> Reading:
    runs, out, at = [], [], 0
    for words, zone in blocks:
        runs += [Run(words), Run("\n")]
        out.append(Block(Span(at, at + len(words)), zone))
        at += len(words) + 1
    return Reading(tuple(runs), tuple(out))


def test_expected_applies_cuts_and_drops_zones() -> None:
    source = reading(("电话13800138000", Zone.BODY), ("批注", Zone.COMMENT), ("页脚", Zone.FOOTER))
    cuts = [Cut(0, 2, 13, "138****8000")]
    assert redaction.expected(source, cuts, FORMAT) == ((Zone.BODY, "电话138****8000"), (Zone.FOOTER, "页脚"))
    assert redaction.expected(source, cuts, BLACK_BOX)[0] == (Zone.BODY, "电话")


def test_expected_joins_cuts_over_several_runs() -> None:
    source = Reading((Run("电话138"), Run("0013"), Run("8000止")), (Block(Span(0, 14)),))
    cuts = [Cut(0, 2, 5, "***"), Cut(1, 0, 4), Cut(2, 0, 4)]
    assert redaction.expected(source, cuts, FORMAT) == ((Zone.BODY, "电话***止"),)


def failed(found: Reading, witness: Witness, gone: tuple[str, ...] = ("13800138000",)) -> list[str]:
    planned = ((Zone.BODY, "电话138****8000"),)
    checks = redaction.verify(planned=planned, found=found, witness=witness, gone=gone, format_=FORMAT)
    return [check["name"] for check in checks if not check["passed"]]


GOOD = reading(("电话138****8000", Zone.BODY))


def test_verify_passes_a_clean_copy() -> None:
    assert failed(GOOD, Witness("电话 138****8000", ("电话138****8000",), ("other",))) == []


@pytest.mark.parametrize(
    ("found", "witness"),
    [
        (reading(("电话13800138000", Zone.BODY)), Witness(None, ())),
        (reading(("电话", Zone.BODY)), Witness(None, ())),
        (reading(("电话138****8000", Zone.BODY), ("残留", Zone.COMMENT)), Witness(None, ())),
        (GOOD, Witness(None, ("<v>13800138000</v>",))),
        (GOOD, Witness(None, ("138 0013 8000",))),
        (GOOD, Witness("电话", ())),
        (GOOD, Witness("电话138****8000 13800138000", ())),
    ],
    ids=["left in", "lost", "comment left", "in raw bytes", "in raw bytes with spaces", "witness lost", "witness saw"],
)
def test_verify_catches_every_saboteur(found: Reading, witness: Witness) -> None:
    assert failed(found, witness)


def test_no_invisible_character_is_overlooked() -> None:
    """``squeeze`` looks for them in a few ranges; Unicode may have grown."""
    everywhere = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Cf", "Cc")]
    assert redaction.squeeze("".join(everywhere)) == ""
