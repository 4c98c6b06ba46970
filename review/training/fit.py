"""Train a passage classifier: the same inputs give the same bytes, whatever the machine's number of threads.

One linear model says whether a passage discloses, another what it is about. Thresholds and calibration come from
passages that the scoring model has not seen: writers are left out in turn, and public documents are split by id.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save as save_tensors
from scipy.sparse import csr_matrix, diags, hstack, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from review.detectors import _features
from review.detectors._features import BUCKETS, SHAPE
from review.detectors._linear import TOPIC_BITS
from review.errors import InputError
from review.training.corpora import Example, Public

Array = NDArray[np.float64]

FOLDS: Final = 5
#: Types with fewer disclosing passages than this get no topic of their own.
FEWEST: Final = 40
BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides a model besides its data."""

    pattern: str = "*.jsonl"
    penalty: float = 10.0  # C of the logistic regression
    public_weight: float = 0.3
    public_passages: int = 20_000
    shape_scale: float = 0.02
    fewest_documents: int = 2  # passages that must hold a feature
    loud_rate: float = 0.3  # loud flags per 10,000 characters of public text
    low_rate: float = 3.0
    fallback_rate: float = 0.05  # share of public passages flagged, where no public text is given
    seed: int = 20240501


RECIPES: Final[dict[str, Recipe]] = {
    "passages": Recipe(),
    "passages-mini": Recipe(pattern="T2-0*.jsonl", public_passages=0),
}


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A trained model before it is written, and the scores of passages that it has not seen."""

    tensors: dict[str, NDArray[Any]]
    manifest: dict[str, Any]
    unseen: Array  # scores of the examples, each by a model that knows nothing of its writer


def recipe(name: str) -> Recipe:
    """Return the recipe of a model; raises ``InputError`` for a name that has none."""
    if name not in RECIPES:
        raise InputError(f"没有名为“{name}”的模型，可训练的有：{'、'.join(RECIPES)}。")
    return RECIPES[name]


def fit(plan: Recipe, examples: Sequence[Example], public: Sequence[Public]) -> Fitted:
    """Train on all examples and on the training part of the public documents."""
    with threadpool_limits(limits=1):
        return _fit(plan, examples, public)


def _fit(plan: Recipe, examples: Sequence[Example], public: Sequence[Public]) -> Fitted:
    random = np.random.default_rng(plan.seed)
    lawful = sample([text for document in public if document.part == "train" for text in document.texts], plan, random)
    tune = [text for document in public if document.part == "tune" for text in document.texts]
    rows = _rows([example.text for example in examples])
    lawful_rows = _rows(lawful)
    idf = _idf([rows, lawful_rows], plan)
    x, x_lawful = _scaled(rows, idf, plan), _scaled(lawful_rows, idf, plan)
    y = np.array([example.discloses for example in examples], dtype=np.float64)

    unseen = np.zeros(len(y))
    writers = [example.writer for example in examples]
    for train, test in GroupKFold(FOLDS).split(x, y, writers):
        unseen[test] = _logistic(x[train], y[train], x_lawful, plan).decision_function(x[test])
    final = _logistic(x, y, x_lawful, plan)
    slope, offset = _platt(unseen, y)

    weights, shape = final.coef_[0][:BUCKETS] * idf, final.coef_[0][BUCKETS:] * plan.shape_scale
    tensors: dict[str, NDArray[Any]] = {
        "weights": np.round(weights, 3).astype(np.float16),
        "idf": np.round(idf, 2).astype(np.float16),
        "shape": np.round(shape, 4).astype(np.float32),
    }
    types, topics = _topics(rows, examples)
    tensors |= topics
    loud, low = _thresholds(plan, final, idf, tune, unseen, y)
    manifest = {
        "kind": "linear",
        "features": _features.VERSION,
        "bias": round(float(final.intercept_[0]), 4),
        "slope": round(slope, 4),
        "offset": round(offset, 4),
        "types": types,
        "loud": round(float(1 / (1 + np.exp(-(slope * loud + offset)))), 4),
        "low": round(float(1 / (1 + np.exp(-(slope * low + offset)))), 4),
    }
    return Fitted(tensors, manifest, unseen)


def sample(texts: Sequence[str], plan: Recipe, random: np.random.Generator) -> list[str]:
    """Return at most ``plan.public_passages`` of the texts, in a fixed random order."""
    if len(texts) <= plan.public_passages:
        return list(texts)
    return [texts[k] for k in sorted(random.choice(len(texts), plan.public_passages, replace=False))]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    grams: csr_matrix
    shape: NDArray[np.float32]


def _rows(texts: Sequence[str]) -> _Rows:
    batches = [_features.batch(texts[k : k + BATCH]) for k in range(0, len(texts), BATCH)]
    if not batches:
        return _Rows(csr_matrix((0, BUCKETS), dtype=np.float32), np.zeros((0, SHAPE), np.float32))
    return _Rows(vstack([_features.matrix(b) for b in batches]).tocsr(), np.concatenate([b.shape for b in batches]))


def _idf(parts: Sequence[_Rows], plan: Recipe) -> Array:
    """Return the inverse document frequency of each column; zero for what is too rare to learn from."""
    count = sum(part.grams.shape[0] for part in parts)
    seen = sum(np.asarray(part.grams.sum(axis=0)).ravel() for part in parts)
    return np.where(seen >= plan.fewest_documents, np.log(count / np.maximum(seen, 1)) + 1, 0)


def _scaled(rows: _Rows, idf: Array, plan: Recipe) -> csr_matrix:
    return hstack([normalize(rows.grams @ diags(idf)), csr_matrix(rows.shape * plan.shape_scale)]).tocsr()


def _logistic(x: csr_matrix, y: Array, lawful: csr_matrix, plan: Recipe) -> LogisticRegression:
    """Fit disclosing against public passages and sampled public text. liblinear runs on one thread."""
    weight = np.concatenate((np.ones(len(y)), np.full(lawful.shape[0], plan.public_weight)))
    model = LogisticRegression(C=plan.penalty, solver="liblinear", random_state=0)
    return model.fit(vstack([x, lawful]), np.concatenate((y, np.zeros(lawful.shape[0]))), sample_weight=weight)


def _platt(scores: Array, y: Array) -> tuple[float, float]:
    model = LogisticRegression(C=1e3).fit(scores[:, None], y)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _topics(rows: _Rows, examples: Sequence[Example]) -> tuple[list[str], dict[str, NDArray[Any]]]:
    """Fit what a passage is about: twins count as much as disclosures, so that topic is not disclosure."""
    counts = Counter(example.type for example in examples if example.discloses)
    types = sorted(type_ for type_, count in counts.items() if count >= FEWEST)
    mine = np.array([k for k, example in enumerate(examples) if example.type in types])
    folded = rows.grams[mine].tocoo()
    grams = csr_matrix(
        (np.ones_like(folded.data), (folded.row, folded.col & ((1 << TOPIC_BITS) - 1))),
        shape=(len(mine), 1 << TOPIC_BITS),
    )
    grams.data[:] = 1
    lengths = np.sqrt(rows.grams[mine].getnnz(axis=1))
    x = diags(1 / np.maximum(lengths, 1)) @ grams
    names = np.array([examples[k].type for k in mine])
    weights, bias = [], []
    for type_ in types:
        model = LogisticRegression(C=30.0, solver="liblinear", random_state=0).fit(x, names == type_)
        weights.append(model.coef_[0])
        bias.append(model.intercept_[0])
    table = np.array(weights)
    scale = np.abs(table).max(axis=1) / 127
    return types, {
        "topics": np.round(table / scale[:, None]).astype(np.int8),
        "topic_scale": np.round(scale, 5).astype(np.float32),
        "topic_bias": np.round(bias, 3).astype(np.float32),
    }


def _thresholds(
    plan: Recipe, model: LogisticRegression, idf: Array, tune: Sequence[str], unseen: Array, y: Array
) -> tuple[float, float]:
    """Return the scores above which a passage is a loud flag, and a reminder."""
    if not tune:
        public = np.sort(unseen[y == 0])
        return float(np.quantile(public, 1 - plan.fallback_rate)), float(
            np.quantile(public, 1 - 3 * plan.fallback_rate)
        )
    scores = np.sort(model.decision_function(_scaled(_rows(tune), idf, plan)))
    per_rate = sum(map(len, tune)) / 10_000
    return (
        float(scores[-1 - int(plan.loud_rate * per_rate)]),
        float(scores[-1 - int(plan.low_rate * per_rate)]),
    )


def write(fitted: Fitted, folder: Path, plan: Recipe) -> None:
    """Write the model's own files: weights, manifest and the recipe that made it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.safetensors").write_bytes(save_tensors(fitted.tensors))
    (folder / "manifest.json").write_text(_json(fitted.manifest), encoding="utf-8")
    lines = [f"{key} = {json.dumps(value)}" for key, value in asdict(plan).items()]
    (folder / "train.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
