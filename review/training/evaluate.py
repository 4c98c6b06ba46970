"""Measure a passage classifier on passages that it has not seen, and on lawful public text.

Three ways of holding out: authors in turn, genres in turn, and the whole drafts (``D``, by other hands, line by line
as a real document is read) scored by a model that knows only the other parts. Twins are pairs of passages
with much the same words of which one discloses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from review.detectors import _features
from review.detectors._linear import Linear
from review.training.corpora import Example, Public

Array = NDArray[np.float64]

WORST: Final = 15
#: A genre's kind is how its name ends: 中标公告 and 征地公告 are both 公告.
GENRE_TAIL: Final = 2


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``total``."""

    hits: int
    total: int

    @property
    def rate(self) -> float:
        return self.hits / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Held:
    """How well unseen passages are told apart, at the threshold for loud flags and at that for reminders."""

    auc: float
    recall: Share  # disclosing passages above the loud threshold
    recall_low: Share  # … above the threshold of reminders
    alarms: Share  # public passages, written to look like disclosures, above the loud threshold
    twin_auc: float | None
    twin_order: Share  # pairs in which the disclosing twin scores higher


def held(examples: Sequence[Example], scores: Array, loud: float, low: float) -> Held:
    """Measure the scores of unseen examples. Both labels must occur."""
    y = np.array([example.discloses for example in examples])
    pairs = twins(examples)
    order = Share(sum(bool(scores[a] > scores[b]) for a, b in pairs), len(pairs))
    twin_auc = None
    if pairs:
        members = [k for pair in pairs for k in pair]
        twin_auc = float(roc_auc_score(y[members], scores[members]))
    return Held(
        auc=float(roc_auc_score(y, scores)),
        recall=_above(scores[y], loud),
        recall_low=_above(scores[y], low),
        alarms=_above(scores[~y], loud),
        twin_auc=twin_auc,
        twin_order=order,
    )


def twins(examples: Sequence[Example]) -> list[tuple[int, int]]:
    """Return the positions of (disclosing, public) twins."""
    found: dict[str, dict[bool, int]] = defaultdict(dict)
    for k, example in enumerate(examples):
        if example.pair:
            found[example.pair][example.discloses] = k
    return [(pair[True], pair[False]) for pair in found.values() if len(pair) == 2]


def genre_kind(example: Example) -> str:
    """Return the kind of an example's genre, for holding out by genre."""
    return example.genre.split("（")[0][-GENRE_TAIL:] or "无"


def by(
    examples: Sequence[Example], scores: Array, loud: float, key: Sequence[str], fewest: int = 1
) -> dict[str, tuple[Share, Share]]:
    """Return for each key the recall and the share of public passages flagged, where there are enough passages."""
    rows: dict[str, list[int]] = defaultdict(list)
    for k, name in enumerate(key):
        rows[name].append(k)
    y = np.array([example.discloses for example in examples])
    return {
        name: (_above(scores[at][y[at]], loud), _above(scores[at][~y[at]], loud))
        for name, at in sorted(rows.items())
        if len(at) >= fewest
    }


def _above(scores: Array, threshold: float) -> Share:
    return Share(int((scores >= threshold).sum()), len(scores))


def alarms(model: Linear, public: Sequence[Public], part: str = "test") -> dict[str, dict[str, Any]]:
    """Return for each source of public text: characters, and loud and low flags in ``part``."""
    table: dict[str, dict[str, Any]] = {}
    for source in sorted({document.source for document in public}):
        texts = [
            t for document in public if document.source == source and document.part == part for t in document.texts
        ]
        scores = probabilities(model, texts)
        chars = sum(map(len, texts))
        loud, low = int((scores >= model.loud).sum()), int((scores >= model.low).sum())
        table[source] = {
            "chars": chars,
            "loud": loud,
            "loud_per_10k": round(loud / max(chars, 1) * 1e4, 3),
            "low": low - loud,
            "low_per_10k": round((low - loud) / max(chars, 1) * 1e4, 3),
        }
    return table


def operating(
    model: Linear, public: Sequence[Public], rate: float, examples: Sequence[Example], unseen: Mapping[str, Array]
) -> dict[str, dict[str, Any]]:
    """Return for each source the recall of unseen disclosures where ``rate`` flags per 10,000 characters pass.

    The threshold is the one that the test part of that source alone would set; ``unseen`` are probabilities by
    way of holding out, in the order of ``examples``, NaN where a way does not score a passage.
    """
    y = np.array([example.discloses for example in examples])
    table: dict[str, dict[str, Any]] = {}
    for source in sorted({document.source for document in public}):
        texts = [
            t for document in public if document.source == source and document.part == "test" for t in document.texts
        ]
        scores = np.sort(probabilities(model, texts))
        threshold = float(scores[-1 - int(rate * sum(map(len, texts)) / 10_000)])
        shares = {way: _above(p[y & ~np.isnan(p)], threshold) for way, p in unseen.items()}
        table[source] = {"threshold": round(threshold, 3), "recall": {w: [s.hits, s.total] for w, s in shares.items()}}
    return table


def probabilities(model: Linear, texts: Sequence[str], size: int = 1000) -> Array:
    """Return the probability that each text discloses."""
    parts = [model.probabilities(_features.batch(texts[k : k + size])) for k in range(0, len(texts), size)]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)


def worst(examples: Sequence[Example], scores: Array, *, discloses: bool) -> list[str]:
    """Return the ids of the passages scored most wrongly: missed disclosures, or public passages flagged."""
    mine = [k for k, example in enumerate(examples) if example.discloses == discloses]
    mine.sort(key=lambda k: float(scores[k]) if discloses else -float(scores[k]))
    return [examples[k].id for k in mine[:WORST]]


def as_json(value: Held) -> Mapping[str, Any]:
    """Return a ``Held`` as plain numbers, rounded."""
    return {
        "auc": round(value.auc, 4),
        "recall": [value.recall.hits, value.recall.total],
        "recall_low": [value.recall_low.hits, value.recall_low.total],
        "alarms": [value.alarms.hits, value.alarms.total],
        "twin_auc": None if value.twin_auc is None else round(value.twin_auc, 4),
        "twin_order": [value.twin_order.hits, value.twin_order.total],
    }
