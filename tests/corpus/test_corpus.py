"""The training corpus: well formed, without near duplicates, and not taken from the evaluation documents."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from review import paths
from review.detectors import classifier
from review.training import corpora
from review.training.corpora import Example

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
_SHINGLE = 8
#: Share of a passage's shingles that one other passage may have.
_ALIKE = 0.6

_NOISE = re.compile(r"[\W\d_]+")


@pytest.fixture(scope="module")
def examples() -> tuple[Example, ...]:
    return corpora.examples(paths.CORPUS)


def shingles(text: str) -> set[str]:
    letters = _NOISE.sub("", text)
    return {letters[k : k + _SHINGLE] for k in range(len(letters) - _SHINGLE + 1)}


def test_ids_are_unique_and_named_after_their_file(examples: tuple[Example, ...]) -> None:
    counts = Counter(example.id for example in examples)
    assert [id_ for id_, count in counts.items() if count > 1] == []
    assert [example.id for example in examples if not example.id.startswith(example.writer)] == []


def test_both_labels_of_every_content_type(examples: tuple[Example, ...]) -> None:
    seen = {(example.type, example.discloses) for example in examples}
    assert [t for t in classifier.kinds() if not {(t, True), (t, False)} <= seen] == []


def test_a_pair_is_one_disclosure_and_one_public_passage_of_a_type(examples: tuple[Example, ...]) -> None:
    pairs: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        if example.pair:
            pairs[example.pair].append(example)
    assert len(pairs) >= 500
    wrong = [
        name
        for name, members in pairs.items()
        if sorted(e.discloses for e in members) != [False, True] or len({e.type for e in members}) != 1
    ]
    assert wrong == []


def test_no_near_duplicates(examples: tuple[Example, ...]) -> None:
    owners: dict[str, list[int]] = defaultdict(list)
    own = [shingles(example.text) for example in examples]
    for k, mine in enumerate(own):
        for shingle in mine:
            owners[shingle].append(k)
    alike = []
    for k, mine in enumerate(own):
        shared = Counter(other for shingle in mine for other in owners[shingle] if other > k)
        alike += [
            (examples[k].id, examples[other].id)
            for other, count in shared.items()
            if count > _ALIKE * min(len(mine), len(own[other])) and count > 2
        ]
    assert alike == []


def test_nothing_is_taken_from_the_evaluation_documents(examples: tuple[Example, ...]) -> None:
    folder = SHARED / "eval" / "dev"
    if not folder.is_dir():
        pytest.skip("no shared/eval beside the checkout")
    marks = re.compile(r"\{\{[a-z_]+\||\}\}")
    known: set[str] = set()
    for path in sorted(folder.glob("*.txt")):
        known |= shingles(marks.sub("", path.read_text(encoding="utf-8")))
    copied = [e.id for e in examples if len(s := shingles(e.text)) and len(s & known) > 0.3 * len(s)]
    assert copied == []
