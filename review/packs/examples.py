"""Run the examples that rules carry: a rule without a passing proof is not a rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from review.types import Allow, Block, Cell, Example, Reading, Rule, RulePack, Run, Span, Zone

#: Finds what one rule flags in an example's text: the surface texts, in order.
Detect = Callable[[Rule, Example], Iterable[str]]
#: Does one allow-rule let a surface text of an example pass?
Released = Callable[[Allow, Example, str], bool]

_ZONES: Mapping[str, Zone] = {
    "[页眉]": Zone.HEADER,
    "[页脚]": Zone.FOOTER,
    "[附注]": Zone.BODY,
    "[批注]": Zone.COMMENT,
    "[文件名]": Zone.FILENAME,
    "[属性]": Zone.METADATA,
}
_HIDDEN = re.compile(r"\[隐藏：([^\]]+)\] ?")


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


def check_allows(pack: RulePack, released: Released) -> tuple[ExampleRow, ...]:
    """Run every example of every allow-rule: ``pass`` texts are let through at each ``find``, ``flag`` texts not."""
    rows = []
    for allow in pack.allows.values():
        for kind, examples in (("flag", allow.flag_examples), ("pass", allow.pass_examples)):
            for number, example in enumerate(examples, 1):
                got = [released(allow, example, words) for words in example.find]
                passed = bool(got) and all(one is (kind == "pass") for one in got)
                why = "" if passed else "没有放行" if kind == "pass" else "不应放行的被放行了"
                rows.append(ExampleRow(f"allow.{allow.id}", kind, number, passed, why))
    return tuple(rows)


def reading(written: str) -> Reading:
    """Read an example's text: a line is a block, a tab parts cells, ``[页眉] …`` at its start says where it stands.

    ``[隐藏：遮盖下文字] …`` is hidden text, with the reason that a reader gives in the block's label.
    """
    runs: list[Run] = []
    blocks: list[Block] = []
    at = row = 0
    table = -1
    for number, line in enumerate(written.split("\n")):
        zone, skip, why = _zone(line)
        row = row + 1 if "\t" in line and row else 0
        if "\t" in line and not row:
            table, row = table + 1, 1
        runs.append(Run(("\n" if number else "") + line))
        at += (number > 0) + skip
        for column, content in enumerate(line[skip:].split("\t")):
            if content:
                cell = Cell(table, row - 1, column) if "\t" in line else None
                blocks.append(Block(Span(at, at + len(content)), zone, f"第{number + 1}行{why}", cell))
            at += len(content) + 1
        at -= 1
    return Reading(tuple(runs), tuple(blocks))


def _zone(line: str) -> tuple[Zone, int, str]:
    """The zone that a line declares, how many characters say so, and why it is hidden."""
    if hidden := _HIDDEN.match(line):
        return Zone.HIDDEN, hidden.end(), hidden[1]
    for label, zone in _ZONES.items():
        if line.startswith(label):
            return zone, len(label) + (line[len(label) : len(label) + 1] == " "), ""
    return Zone.BODY, 0, ""


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
