"""Active learning: which unlabelled passages would teach the model most?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from review.detectors import _features
from review.detectors._linear import Linear
from review.training.evaluate import probabilities


def suggest(model: Linear, texts: Sequence[str], count: int) -> list[int]:
    """Return the positions of ``count`` texts to label next, the most useful first.

    Chosen one by one: near the loud threshold, where a label decides most, and unlike what was chosen before
    (Jaccard similarity of features), so that ten versions of one sentence are not asked for.
    """
    if not texts:
        return []
    doubt = -np.abs(_log_odds(probabilities(model, texts)) - _log_odds(np.array([model.loud])))
    pool = np.argsort(-doubt, kind="stable")[: 20 * count]
    features = _features.batch([texts[k] for k in pool])
    sets = [frozenset(features.column[features.row == k].tolist()) for k in range(len(pool))]
    chosen: list[int] = []
    nearest = np.zeros(len(pool))
    while len(chosen) < min(count, len(pool)):
        value = doubt[pool] - 4 * nearest
        value[chosen] = -np.inf
        best = int(np.argmax(value))
        chosen.append(best)
        nearest = np.maximum(nearest, [len(sets[best] & s) / max(1, len(sets[best] | s)) for s in sets])
    return [int(pool[k]) for k in chosen]


def _log_odds(p: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    safe = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(safe / (1 - safe)))
