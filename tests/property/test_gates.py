"""Gates may let too much through, never too little: what ``find`` finds anywhere, it finds behind the gate."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review import cache as kept
from review import packs, text
from review.detectors._gate import Gate, Requirement
from review.detectors._page import Line, Page
from review.detectors._shapes import Matcher, line_matchers
from review.types import Rule, Span

PACK = packs.load()
MATCHERS: list[tuple[Rule, Matcher]] = [(rule, matcher) for rule in PACK.rules for matcher in line_matchers(rule)]
OWN = {rule.id: [n for n, (other, _) in enumerate(MATCHERS) if other is rule] for rule in PACK.rules}
RULES = [rule for rule in PACK.rules if OWN[rule.id]]
EXAMPLES = [(rule, example.text) for rule in RULES for example in rule.flag_examples]
PROSE = "坚持统筹发展和安全，全年完成投资12.5亿元！会议由张局长主持；各单位要认真落实。\n联系电话\t备注\n2023年3月，"


@cache
def gate() -> Gate:
    owners = [Requirement(rule.id, matcher.gates, in_sentence=matcher.in_sentence) for rule, matcher in MATCHERS]
    return Gate(owners, kept.on_disk)


def sentences(line: Line) -> list[tuple[int, int]]:
    """In bytes, cut anew."""
    found, start = [], 0
    for at, char in enumerate(line.text + "。"):
        if char in "。!?;":
            found.append((len(line.text[:start].encode()), len(line.text[:at].encode())))
            start = at + 1
    return found


def spans(written: str, rule: Rule, *, gated: bool) -> set[Span]:
    page = Page(text.compose(packs.reading(written), sha256="0" * 64, media_type="text/plain", name=""))
    found: set[Span] = set()
    for view in ("text", "tight", "digits"):
        rows = page.rows(view)
        passing = gate().passing(rows.texts)
        for number in range(len(rows.texts)):
            line = rows.line(number)
            for owner in OWN[rule.id]:
                matcher = MATCHERS[owner][1]
                whole = sentences(line) if matcher.in_sentence else [(0, len(line.data))]
                places = passing.get(owner, {}).get(number, []) if gated else whole
                found.update(matcher.find(page, line, places))
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_gate_lets_every_example_through(rule: Rule) -> None:
    for example in (*rule.flag_examples, *rule.pass_examples):
        line = example.text.replace("\n", "，")
        for written in (example.text, f"{line}。{line}！{line}"):
            assert spans(written, rule, gated=True) == spans(written, rule, gated=False)


def test_threads_share_a_gate() -> None:
    some = EXAMPLES[::40]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda example: spans(example[1], example[0], gated=True), some * 3))
    assert together == [spans(written, rule, gated=True) for rule, written in some] * 3


@given(st.sampled_from(EXAMPLES), st.integers(0, len(PROSE)), st.integers(0, len(PROSE)), st.data())
def test_the_gate_lets_a_piece_of_an_example_in_prose_through(
    example: tuple[Rule, str], a: int, b: int, data: st.DataObject
) -> None:
    rule, shown = example
    start = data.draw(st.integers(0, max(0, len(shown) - 20)))
    written = PROSE[:a] + shown[start:] + PROSE[b:]
    assert spans(written, rule, gated=True) == spans(written, rule, gated=False)
