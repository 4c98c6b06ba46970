"""Every example that a rule, or an allow-rule, carries is a test."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from review import packs, pipeline, text
from review.detectors import masks, residue, rules, tables
from review.types import UNKNOWN_GENRE, Action, Allow, Context, Document, Example, GenreGuess, Rule

PACK = packs.load()
ALLOWS = [allow for allow in PACK.allows.values() if allow.types]


def read(written: str) -> Document:
    return text.compose(packs.reading(written), sha256="0" * 64, media_type="text/plain", name="")


def context(example: Example) -> Context:
    return Context(PACK, GenreGuess(example.genre, 1.0) if example.genre else UNKNOWN_GENRE, example.target)


def found(rule: Rule, example: Example) -> Iterator[str]:
    """The source texts that ``rule`` alone flags."""
    document = read(example.text)
    alone = dataclasses.replace(PACK, rules=(rule,))
    for build in (rules.build, tables.build, masks.build, residue.build):
        for flag in build(alone)(document, context(example)):
            for span in flag.spans:
                place = text.source_span(document, span)
                yield document.source[place.start : place.end]


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: rule.id)
def test_examples_of_rule(rule: Rule) -> None:
    rows = packs.check_examples(dataclasses.replace(PACK, rules=(rule,)), found)
    assert rows
    assert not [f"{row.place} {row.why}" for row in rows if not row.passed]


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: rule.id)
def test_rule_says_what_and_why(rule: Rule) -> None:
    """A message that never claims to know, a basis with its article, a mask, an action that can be done."""
    assert not [claim for claim in ("不涉密", "确定为国家秘密", "确认泄密", "可以放心") if claim in rule.message]
    assert all(PACK.provisions[key].article for key in rule.basis)
    assert rule.basis
    assert rule.masking in PACK.masking
    assert rule.action is not Action.ESCALATE or rule.target


@pytest.mark.parametrize("allowed", ALLOWS, ids=lambda allowed: allowed.id)
def test_examples_of_allow_rule(allowed: Allow) -> None:
    """``pass`` texts are let through, ``flag`` texts are not."""
    assert allowed.flag_examples
    assert allowed.pass_examples
    rows = pipeline.check_rules(dataclasses.replace(PACK, rules=(), allows={allowed.id: allowed}))
    assert len(rows) == len(allowed.flag_examples) + len(allowed.pass_examples)
    assert not [f"{row.place} {row.why}" for row in rows if not row.passed]


def test_a_wrong_example_of_an_allow_rule_is_reported() -> None:
    allowed = next(a for a in ALLOWS if a.id == "A1")
    turned = dataclasses.replace(allowed, flag_examples=allowed.pass_examples, pass_examples=allowed.flag_examples)
    rows = pipeline.check_rules(dataclasses.replace(PACK, rules=(), allows={"A1": turned}))
    assert rows
    assert not [row.place for row in rows if row.passed]


def test_no_allow_rule_names_a_personal_value() -> None:
    assert not [a.id for a in PACK.allows.values() for kind in a.types if kind.startswith("pp_")]


def test_all_twenty_allow_rules_exist() -> None:
    assert {a.rstrip("abc") for a in PACK.allows} == {f"A{n}" for n in range(1, 21)}
