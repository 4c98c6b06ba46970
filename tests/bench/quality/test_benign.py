"""Published law and reports pass: at most 0.10 loud flags per 10,000 characters; the scraped seeds: none."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from review import packs, text
from review.detectors import allow, genre, rules
from review.types import Context, Flag

PER_10_000 = 0.10


def loud(texts: Iterator[str]) -> tuple[int, list[Flag]]:
    """Characters read, and the loud flags that the rules raise."""
    pack = packs.load()
    detect = rules.build(pack)
    chars = 0
    found: list[Flag] = []
    for written in texts:
        document = text.compose(packs.reading(written), sha256="0" * 64, media_type="text/plain", name="")
        context = Context(pack, genre.guess(document, pack))
        flags = allow.suppress(document, list(detect(document, context)), context)
        found += [flag for flag in flags if flag.loud]
        chars += len(written)
    return chars, found


@pytest.mark.parametrize("name", ["laws", "district_reports"])
def test_public_texts_pass(shared: Path, name: str) -> None:
    with gzip.open(shared / "datasets" / "benign" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        chars, found = loud(json.loads(line)["text"] for line in lines)
    rate = len(found) / chars * 10_000
    print(f"\n{name}: {chars} 字，{len(found)} 处，每万字 {rate:.3f}")
    assert rate <= PER_10_000, Counter(flag.rule for flag in found)


def test_seeds_pass(shared: Path) -> None:
    _, found = loud(path.read_text(encoding="utf-8") for path in (shared / "samples" / "seeds").glob("*.txt"))
    assert not found
