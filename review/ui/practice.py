"""Practice questions from the built-in fictional drafts (pure): may this paragraph be published as it stands?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from review.exporters.rows import citation
from review.types import CATEGORIES, RulePack

_MARKED = re.compile(r"\{\{([a-z_]+)\|([^{}]*)\}\}")

PUBLISH, REDACT, ESCALATE = "可以公开", "须脱敏后公开", "须报请确定"
ANSWERS = (PUBLISH, REDACT, ESCALATE)


@dataclass(frozen=True, slots=True)
class Question:
    """One paragraph of a fictional draft. ``types``: flag types in it, in order; empty: nothing to withhold."""

    text: str
    types: tuple[str, ...]

    @property
    def answer(self) -> str:
        if any(CATEGORIES[kind[:2]] == "state_secret" for kind in self.types):
            return ESCALATE
        return REDACT if self.types else PUBLISH


def header(source: str) -> Mapping[str, str]:
    """Return the fields between the two ``---`` lines of a sample's source."""
    head = source.split("---", 2)[1] if source.startswith("---") else ""
    pairs = (line.partition(":") for line in head.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def questions(source: str, least: int = 12) -> tuple[Question, ...]:
    """Return the paragraphs of a marked source as questions; short ones without a mark are left out."""
    body = source.split("---", 2)[2] if source.startswith("---") else source
    found = []
    for line in body.splitlines():
        types = tuple(match[1] for match in _MARKED.finditer(line) if match[1][:2] in CATEGORIES)
        text = _MARKED.sub(lambda match: match[2], line).strip()
        if types or len(text) >= least:
            found.append(Question(text, types))
    return tuple(found)


def explanation(question: Question, pack: RulePack) -> str:
    """Return why, with the law that rules of these types rest on."""
    if not question.types:
        return "没有法律规定不得公开的内容，应当原样公开：不该隐去的隐去了，同样是差错。"
    parts = []
    for kind in dict.fromkeys(question.types):
        rule = next((rule for rule in pack.rules if rule.type == kind), None)
        basis = "、".join(citation(pack, key) for key in rule.basis) if rule else ""
        parts.append(f"{pack.types.get(kind, kind)}（{basis}）" if basis else pack.types.get(kind, kind))
    return "含有：" + "；".join(parts) + "。"
