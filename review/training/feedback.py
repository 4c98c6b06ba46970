"""Reviewers' decisions as training passages: what ``review case feedback`` exported on this machine.

A flag that stood is a passage that discloses; one that was marked 误报 only looks like it. Types that the corpus does
not teach (numbers, marks: rules find them) are left out, and so is a passage on which reviewers did not agree.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from review.detectors._passages import sentences
from review.errors import InputError
from review.training.corpora import Example, normalise

#: The writer that these passages count as: never among those that the corpus' own later part is measured on.
WRITER = "F"


def examples(path: Path, types: Collection[str]) -> tuple[Example, ...]:
    """Return the usable passages of an export, each once; raises ``InputError``. ``types``: what the corpus teaches."""
    found: dict[str, Example] = {}
    unsure: set[str] = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            made = _example(row, f"{WRITER}-{number:06d}")
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"反馈样本 {path.name} 第 {number} 行格式不对，请用 review case feedback 重新导出。"
            ) from None
        if made.type not in types:
            continue
        if made.text in found and found[made.text].discloses != made.discloses:
            unsure.add(made.text)
        found.setdefault(made.text, made)
    return tuple(example for text, example in found.items() if text not in unsure)


def _example(row: Mapping[str, Any], key: str) -> Example:
    return Example(
        id=key,
        text=normalise(_sentence(row["text"], int(row["start"]))),
        discloses=bool(row["label"]),
        type=row["type"],
        genre=row["genre"],
        writer=WRITER,
    )


def _sentence(text: str, at: int) -> str:
    """Return the sentence around a position: what the classifier reads at a time."""
    for start, end in sentences(text):
        if start <= at < end:
            return text[start:end]
    return text
