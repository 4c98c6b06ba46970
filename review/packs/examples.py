"""Run the examples that rules carry: a rule without a passing proof is not a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from review.types import Example, Rule, RulePack, Zone

#: Finds what one rule flags in an example's text: the surface texts, in order.
Detect = Callable[[Rule, Example], Iterable[str]]

_ZONES: Mapping[str, Zone] = {
    "[页眉]": Zone.HEADER,
    "[页脚]": Zone.FOOTER,
    "[附注]": Zone.BODY,
    "[批注]": Zone.COMMENT,
    "[文件名]": Zone.FILENAME,
    "[属性]": Zone.METADATA,
}


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """One example that was run. ``kind``: flag, pass, known_misses or known_false_alarms."""

    rule: str
    kind: str
    number: int  # counted from 1 inside its kind
    passed: bool
    why: str = ""

    @property
    def place(self) -> str:
        return f"{self.rule} {self.kind}[{self.number}]"


def check_examples(pack: RulePack, detect: Detect) -> tuple[ExampleRow, ...]:
    """Run every example of every rule; known misses and false alarms must still be what they say (strict)."""
    return tuple(row for rule in pack.rules for row in _rows(rule, detect))


def zone_of(line: str) -> tuple[Zone, int]:
    """Return the zone that an example's line declares (``[页眉] …``) and how many characters say so."""
    for label, zone in _ZONES.items():
        if line.startswith(label):
            return zone, len(label) + (line[len(label) : len(label) + 1] == " ")
    return Zone.BODY, 0


def _rows(rule: Rule, detect: Detect) -> Iterator[ExampleRow]:
    kinds = {
        "flag": rule.flag_examples,
        "pass": rule.pass_examples,
        "known_misses": rule.known_misses,
        "known_false_alarms": rule.known_false_alarms,
    }
    for kind, examples in kinds.items():
        for number, example in enumerate(examples, 1):
            why = _difference(Counter(example.find), Counter(detect(rule, example)))
            if kind.startswith("known"):
                yield ExampleRow(rule.ref, kind, number, bool(why), "" if why else "已经解决，请移到 flag 或 pass")
            else:
                yield ExampleRow(rule.ref, kind, number, not why, why)


def _difference(want: Counter[str], got: Counter[str]) -> str:
    missed, extra = want - got, got - want
    parts = []
    if missed:
        parts.append(f"漏 {missed.total()} 处：{'；'.join(missed)}")
    if extra:
        parts.append(f"多 {extra.total()} 处：{'；'.join(extra)}")
    return " ".join(parts)
