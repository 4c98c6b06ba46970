"""``review train NAME``: data in, a registered model with its measured card out."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from review import models, paths
from review.detectors import _linear
from review.detectors._passages import sentences
from review.errors import InputError
from review.models import REGISTRY
from review.training import card, corpora, evaluate, feedback, fit, sieve, suggest
from review.training.corpora import Example, Public
from review.training.fit import Array, Data, Recipe

Places = NDArray[np.int64]
PINNED: Final = ("weights.safetensors", "manifest.json")


def train(
    name: str,
    models_folder: Path = paths.MODELS,
    *,
    corpus: Path = paths.CORPUS,
    benign: Sequence[Path] = (),
    decisions: Path | None = None,
) -> Path:
    """Train ``name`` and register it; returns the model's folder.

    ``benign`` are files or folders of lawful public text (``*.jsonl.gz`` with ``text`` and perhaps ``id``), which
    are not part of the project. Without them the thresholds rest on the corpus alone; the card says which data
    were used, with digests. The same data give the same bytes. ``decisions`` is an export of reviewers' decisions.
    """
    plan = fit.recipe(name)
    examples = corpora.examples(corpus, plan.pattern)
    if decisions:
        examples += feedback.examples(decisions, {example.type for example in examples})
    public = corpora.public(benign) if plan.public_passages else ()
    folder = models_folder / name
    data = fit.prepare(plan, examples, public)
    held_out = _held_out(plan, data, examples)
    fitted = fit.fit(plan, data, examples, public, held_out["writers"])
    fit.write(fitted, folder, plan)
    register(models_folder, name)
    written = _linear.read(models.load(models_folder, name))
    metrics = measure(plan, data, examples, public, held_out, fitted)
    metrics["data"] |= {
        "corpus_sha256": corpora.digest(sorted(corpus.glob(plan.pattern))),
        "public_sha256": corpora.digest(corpora.public_files(benign)) if public else "",
    }
    if decisions:
        metrics["data"]["decisions_sha256"] = _sha256(decisions)
    metrics["alarms"] = evaluate.alarms(written, public)
    metrics["sieve"] = sieve.measure(written, public)
    metrics["operating"] = evaluate.operating(
        written,
        public,
        plan.loud_rate,
        examples,
        {way: fit.probabilities(scores, written.slope, written.offset) for way, scores in held_out.items()},
    )
    metrics["bytes"] = sum((folder / file).stat().st_size for file in PINNED)
    (folder / "metrics.json").write_text(fit.as_json(metrics), encoding="utf-8")
    (folder / "card.md").write_text(card.render(name, plan, metrics), encoding="utf-8")
    return folder


def _held_out(plan: Recipe, data: Data, examples: Sequence[Example]) -> dict[str, Array]:
    """Return scores of unseen passages, by way of holding out; NaN for what the last way trains on."""
    later = np.array([example.writer.startswith(plan.later) for example in examples])
    scores = np.full(len(examples), np.nan)
    scores[later] = fit.logistic(plan, data, np.flatnonzero(~later)).decision_function(data.x[later])
    return {
        "writers": fit.unseen(plan, data, [example.author for example in examples]),
        "genres": fit.unseen(plan, data, [evaluate.genre_kind(example) for example in examples]),
        "later": scores,
    }


def measure(
    plan: Recipe,
    data: Data,
    examples: Sequence[Example],
    public: Sequence[Public],
    held_out: Mapping[str, Array],
    fitted: fit.Fitted,
) -> dict[str, Any]:
    """Return every figure of the card that does not need the written model."""
    loud, low = fitted.loud, fitted.low
    by_writer, by_genre = held_out["writers"], held_out["genres"]
    later = np.flatnonzero(~np.isnan(held_out["later"]))
    earlier = np.setdiff1d(np.arange(len(examples)), later)
    later_examples, later_scores = [examples[k] for k in later.tolist()], held_out["later"][later]
    return {
        "data": {
            "passages": len(examples),
            "disclosing": int(data.y.sum()),
            "pairs": len(evaluate.twins(examples)),
            "public": _public(public),
        },
        "held": {
            "writers": evaluate.as_json(evaluate.held(examples, by_writer, loud, low)),
            "genres": evaluate.as_json(evaluate.held(examples, by_genre, loud, low)),
            "later": evaluate.as_json(evaluate.held(later_examples, later_scores, loud, low)),
        },
        "topic": _topic(data, examples, earlier, later),
        "calibration": _calibration(by_writer, data.y, fitted),
        "by_type": _shares(evaluate.by(examples, by_genre, loud, [example.type for example in examples], 40)),
        "by_genre": _shares(evaluate.by(examples, by_genre, loud, [evaluate.genre_kind(e) for e in examples], 40)),
        "by_writer": _shares(evaluate.by(examples, by_writer, loud, [e.writer.split("-")[0] for e in examples])),
        "curve": _curve(plan, data, examples, earlier, later),
        "worst": {
            "missed": evaluate.worst(examples, by_genre, discloses=True),
            "flagged": evaluate.worst(examples, by_genre, discloses=False),
        },
    }


def _public(public: Sequence[Public]) -> dict[str, dict[str, int]]:
    table: dict[str, Counter[str]] = {}
    for document in public:
        table.setdefault(document.source, Counter())[document.part] += document.chars
    return {source: dict(sorted(parts.items())) for source, parts in sorted(table.items())}


def _shares(table: dict[str, tuple[evaluate.Share, evaluate.Share]]) -> dict[str, list[int]]:
    return {key: [recall.hits, recall.total, alarm.hits, alarm.total] for key, (recall, alarm) in table.items()}


def _topic(data: Data, examples: Sequence[Example], earlier: Places, later: Places) -> dict[str, list[int]]:
    """How often type and category are right for later disclosures, by a topic model of the earlier ones."""
    types, tensors = fit.topics(data, examples, earlier)
    mine = np.array([k for k in later if examples[k].discloses and examples[k].type in types])
    table = tensors["topics"] * tensors["topic_scale"][:, None]
    votes = fit.topic_rows(data, mine) @ table.T + tensors["topic_bias"]
    guessed = [types[k] for k in np.argmax(votes, axis=1)]
    right = sum(guess == examples[k].type for guess, k in zip(guessed, mine, strict=True))
    category = sum(guess[:2] == examples[k].type[:2] for guess, k in zip(guessed, mine, strict=True))
    return {"type": [right, len(mine)], "category": [category, len(mine)]}


def _calibration(scores: Array, y: Array, fitted: fit.Fitted) -> list[list[float]]:
    """Return, for ten equal steps of the stated probability: mean stated, share that discloses, passages."""
    stated = fit.probabilities(scores, fitted.manifest["slope"], fitted.manifest["offset"])
    step = np.minimum((stated * 10).astype(int), 9)
    return [
        [round(float(stated[step == k].mean()), 3), round(float(y[step == k].mean()), 3), int((step == k).sum())]
        for k in range(10)
        if (step == k).any()
    ]


def _curve(
    plan: Recipe,
    data: Data,
    examples: Sequence[Example],
    earlier: Places,
    later: Places,
) -> list[list[float]]:
    """Return (training passages, AUC on the later part) for growing shares of the earlier part."""
    order = np.random.default_rng(plan.seed).permutation(earlier)
    points = []
    for share in plan.curve:
        some = np.sort(order[: int(share * len(order))])
        scores = fit.logistic(plan, data, some).decision_function(data.x[later])
        points.append([len(some), round(float(roc_auc_score(data.y[later], scores)), 4)])
    return points


def register(models_folder: Path, name: str, version: int = 1, files: Sequence[str] = PINNED) -> None:
    """Pin the files of a model in the registry; other models keep their lines."""
    registry = models_folder / REGISTRY
    table = tomllib.loads(registry.read_text(encoding="utf-8")) if registry.exists() else {}
    pins = {f"{name}/{file}": _sha256(models_folder / name / file) for file in files}
    table[name] = {"version": version, "files": pins}
    lines = ["# One model a table: every file pinned by SHA-256. Written by `review train`."]
    for model, entry in sorted(table.items()):
        lines += ["", f"[{model}]", f"version = {entry['version']}", f"[{model}.files]"]
        lines += [f'"{path}" = "{sha256}"' for path, sha256 in sorted(entry["files"].items())]
    registry.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def measure_on(name: str, folder: Path, models_folder: Path = paths.MODELS) -> Mapping[str, Any]:
    """Return how well a shipped model tells the passages of a folder (``*.jsonl``) apart; raises ``InputError``.

    Keys as in the card: ``auc recall recall_low alarms twin_auc twin_order``, and ``by_type`` with
    (found, of, flagged, of) for each type.
    """
    examples = corpora.examples(folder)
    if len({example.discloses for example in examples}) < 2:
        raise InputError("测量模型需要既有泄露（disclose）又有可公开（public）的段落。")
    model = _linear.read(models.load(models_folder, name))
    scores = evaluate.probabilities(model, [example.text for example in examples])
    figures = evaluate.held(examples, scores, model.loud, model.low)
    by_type = evaluate.by(examples, scores, model.loud, [example.type for example in examples])
    return {**evaluate.as_json(figures), "by_type": _shares(by_type)}


def suggestions(name: str, texts: Sequence[str], count: int, models_folder: Path = paths.MODELS) -> list[str]:
    """Return the passages of the texts whose labels would teach the model most, the most useful first."""
    passages = [corpora.normalise(text[a:b]) for text in texts for a, b in sentences(text)]
    model = _linear.read(models.load(models_folder, name))
    return [passages[k] for k in suggest.suggest(model, passages, count)]
