"""Fit the sieve of a passage classifier to the scores of the classifier itself.

A wrongly held back passage would be a flag less, so the threshold lies a margin below the lowest passage that
reaches the threshold of reminders, among passages that the sieve was not fitted to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, hstack, vstack
from scipy.sparse.linalg import lsqr
from sklearn.model_selection import GroupKFold

from review.detectors import _sieve
from review.detectors._linear import Linear
from review.detectors._sieve import Sieve
from review.training import evaluate
from review.training.corpora import Example, Public

Array = NDArray[np.float64]

FOLDS: Final = 5
PENALTY: Final = 8.0
ROUNDS: Final = 60  # of the solver: a fixed number gives the same sums everywhere
RANGE: Final = (-5.0, 1.0)  # scores beyond are as good as these
NEAR: Final = 1.5  # below the threshold of reminders; from there on a passage counts ``HEAVY`` times
HEAVY: Final = 5.0
MARGIN: Final = 0.25  # of the threshold, in scores
_BATCH: Final = 20_000


def fit(
    examples: Sequence[Example],
    scores: Array,
    held_out: Array,
    public: Sequence[str],
    public_scores: Array,
    low: float,
) -> tuple[NDArray[np.int16], float]:
    """Return the weights and the threshold of the sieve, in ``_sieve.STEP``.

    ``scores`` and ``public_scores`` are those of the classifier, ``low`` its threshold of reminders, ``held_out``
    what it gives to examples that it has not seen: the sieve learns the first and must let the last through.
    """
    x = vstack([rows([example.text for example in examples]), rows(public)]).tocsr()
    y = np.concatenate((scores, public_scores))
    groups = [*(example.author for example in examples), *(f"public {k % FOLDS}" for k in range(len(public)))]
    guess = np.zeros(len(y))
    for train, test in GroupKFold(min(FOLDS, len(set(groups)))).split(x, y, groups):
        guess[test] = _guess(x[test], *_solve(x[train], y[train], low))
    weights, bias = _solve(x, y, low)
    above = np.concatenate((held_out, public_scores)) >= low
    return weights, float(np.floor((guess[above].min() - MARGIN - bias) / _sieve.STEP))


def rows(texts: Sequence[str]) -> csr_matrix:
    """Return how often each column stands in each text, over the root of the text's length."""
    parts = [_rows(texts[k : k + _BATCH]) for k in range(0, len(texts), _BATCH)]
    return vstack([csr_matrix((0, _sieve.COLUMNS)), *parts]).tocsr()


def _rows(texts: Sequence[str]) -> csr_matrix:
    lengths = np.array([len(text) for text in texts])
    owner = np.repeat(np.arange(len(texts)), lengths)
    ends = np.repeat(np.cumsum(lengths), lengths)
    row, column = [], []
    for size, columns in enumerate(_sieve.columns("".join(texts))):
        at = np.flatnonzero(np.arange(len(columns)) + size < ends[: len(columns)])
        row.append(owner[at])
        column.append(columns[at].astype(np.int64))
    cells = (np.concatenate(row), np.concatenate(column))
    counts = csr_matrix((np.ones(len(cells[0])), cells), shape=(len(texts), _sieve.COLUMNS))
    return (diags(1 / np.sqrt(lengths)) @ counts).tocsr()


def _solve(x: csr_matrix, y: Array, low: float) -> tuple[NDArray[np.int16], float]:
    """Least squares with a penalty; the last column is the bias."""
    heavy = np.sqrt(np.where(y > low - NEAR, HEAVY, 1.0))
    wide = diags(heavy) @ hstack([x, np.ones((x.shape[0], 1))])
    found = lsqr(wide.tocsr(), heavy * np.clip(y, *RANGE), damp=PENALTY**0.5, iter_lim=ROUNDS, atol=0, btol=0, conlim=0)
    weights = np.clip(np.rint(found[0][:-1] / _sieve.STEP), -32768, 32767).astype(np.int16)
    return weights, float(np.round(found[0][-1], 3))


def _guess(x: csr_matrix, weights: NDArray[np.int16], bias: float) -> Array:
    return np.asarray(x @ (weights * _sieve.STEP) + bias)


def measure(model: Linear, public: Sequence[Public], part: str = "test") -> dict[str, dict[str, int]]:
    """Return for each source of public text, over passages that took no part in fitting: how many there are, how many
    go on, how many are above the threshold of reminders, and how many of those the sieve holds back."""
    table = {}
    for source in sorted({document.source for document in public}):
        texts = [t for d in public if d.source == source and d.part == part for t in d.texts]
        above, on = evaluate.probabilities(model, texts) >= model.low, passes(model.sieve, texts)
        table[source] = {
            "passages": len(texts),
            "passing": int(on.sum()),
            "above": int(above.sum()),
            "lost": int((above & ~on).sum()),
        }
    return table


def passes(sieve: Sieve, texts: Sequence[str]) -> NDArray[np.bool_]:
    """Say of each text whether it goes on."""
    ends = np.cumsum([len(text) for text in texts])
    return sieve.passing("".join(texts), ends - [len(text) for text in texts], ends)
