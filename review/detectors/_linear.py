"""Score passages with a linear model over hashed features. Nothing but numpy is needed at run time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load as load_tensors

from review.detectors import _features
from review.detectors._features import Batch, Floats
from review.detectors._sieve import Sieve
from review.errors import ModelMismatch
from review.models import Model

#: Columns of the topic model: the buckets of the features, folded.
TOPIC_BITS: Final = 17


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """Disclosure = ``bias + (weights·x) / |idf·x| + shape_weights·shape``, then a calibrated probability."""

    weights: Floats  # (BUCKETS,), the inverse document frequency already in them
    squares: Floats  # (BUCKETS,), idf squared, for the length of a row
    shape_weights: Floats  # (SHAPE,)
    bias: float
    slope: float  # of the calibration
    offset: float
    types: tuple[str, ...]
    topics: NDArray[np.int8]  # (types, 2**TOPIC_BITS), to be multiplied by the scale of their type
    topic_scale: Floats  # (types,)
    topic_bias: Floats  # (types,)
    loud: float  # probabilities
    low: float
    sieve: Sieve  # what it holds back does not reach ``low``

    def scores(self, batch: Batch) -> Floats:
        """Return the raw scores of a batch, ``(passages,)``."""
        length = np.sqrt(np.bincount(batch.row, self.squares[batch.column], minlength=len(batch)))
        total = np.bincount(batch.row, self.weights[batch.column], minlength=len(batch))
        score = total / np.maximum(length, 1e-6) + batch.shape @ self.shape_weights + self.bias
        return np.asarray(score, dtype=np.float32)

    def probabilities(self, batch: Batch) -> Floats:
        """Return the calibrated probability that a passage discloses, ``(passages,)``."""
        odds = self.slope * self.scores(batch) + self.offset
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float32)

    def topic(self, batch: Batch) -> list[str]:
        """Return the likeliest content type of each passage."""
        column = batch.column & ((1 << TOPIC_BITS) - 1)
        idf = np.sqrt(self.squares[batch.column])
        length = np.sqrt(np.bincount(batch.row, self.squares[batch.column], minlength=len(batch)))
        length = np.maximum(length, 1e-6)
        votes = [
            np.bincount(batch.row, row[column] * scale * idf, minlength=len(batch)) / length + bias
            for row, scale, bias in zip(self.topics, self.topic_scale, self.topic_bias, strict=True)
        ]
        return [self.types[k] for k in np.argmax(votes, axis=0)]

    def evidence(self, text: str, most: int = 3) -> list[tuple[int, int]]:
        """Return the stretches of one passage that spoke most for disclosure, in order of place."""
        found = _features.occurrences([text])
        pull = np.zeros(len(text) + 2)
        share = np.maximum(self.weights[found.column], 0) / found.length
        for k in range(int(found.length.max(initial=0))):
            covered = found.length > k
            np.add.at(pull, found.start[covered] + k, share[covered])
        return _peaks(pull[1:-1], most)


def _peaks(pull: np.ndarray[tuple[int], np.dtype[np.float64]], most: int) -> list[tuple[int, int]]:
    """Return up to ``most`` runs of at least two places whose pull is well above the mean."""
    strong = pull > pull.mean() + 0.5 * pull.std()
    edges = np.flatnonzero(np.diff(np.concatenate(([0], strong.view(np.int8), [0]))))
    runs = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= 2]
    best = sorted(runs, key=lambda run: -float(pull[run[0] : run[1]].sum()))[:most]
    return sorted(best)


def read(model: Model) -> Linear:
    """Read a verified model; raises ``ModelMismatch`` when it was trained on other features."""
    manifest = json.loads(model.files["manifest.json"])
    if manifest["features"] != _features.VERSION:
        raise ModelMismatch(f"模型文件 {model.name}/manifest.json 与本程序的特征版本不符，请重新训练。")
    tensors = load_tensors(model.files["weights.safetensors"])

    def floats(name: str) -> Floats:
        return tensors[name].astype(np.float32)

    return Linear(
        weights=floats("weights"),
        squares=np.square(floats("idf")),
        shape_weights=floats("shape"),
        bias=manifest["bias"],
        slope=manifest["slope"],
        offset=manifest["offset"],
        types=tuple(manifest["types"]),
        topics=tensors["topics"],
        topic_scale=floats("topic_scale"),
        topic_bias=floats("topic_bias"),
        loud=manifest["loud"],
        low=manifest["low"],
        sieve=Sieve(tensors["sieve"], manifest["sieve"]),
    )
