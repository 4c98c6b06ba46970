"""``review train names``: the model of persons, places, organisations and addresses.

Data in (see ``names_data`` for the sources, none of them part of the project), a registered model with its measured
card out. JAX and onnx are needed for training only (dependency group ``train``).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from safetensors.numpy import save

from review import models, paths
from review.detectors import _tagger, _tagging
from review.errors import InputError
from review.training import corpora, names_card, names_data, names_export, names_fit, names_made, names_net
from review.training.names_data import Sentence
from review.training.names_fit import Line, Plan

MADE: Final = "names"  # folder of the corpus: grammar and sentence patterns
TAGGED: Final = ("199801.txt", "resume_train.jsonl.gz")
MEASURED: Final = {"msra_val.jsonl.gz": ("PER", "LOC"), "resume_dev.jsonl.gz": ("PER",)}
DIVISIONS: Final = "pcas.json"
HELD_SENTENCES: Final = 1500

Report = Callable[[str], None]


def plan(path: Path) -> Plan:
    """Return the recipe of a ``train.toml``; raises ``InputError``."""
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        table["dilations"] = tuple(table["dilations"])
        return Plan(**table)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError):
        raise InputError(f"训练配方 {path.name} 缺失或者内容不对。") from None


def train(
    name: str,
    models_folder: Path = paths.MODELS,
    *,
    corpus: Path = paths.CORPUS,
    sources: Path,
    report: Report = lambda line: None,
) -> Path:
    """Train the model and register it; returns its folder. The same data give the same bytes on the same machine."""
    recipe = plan(models_folder / name / "train.toml")
    data = Data(sources, corpus / MADE)
    words = names_fit.vocabulary(recipe, data.plain)
    params = names_net.initial(
        recipe.seed,
        words.size,
        len(words.bigrams) + _tagging.SPECIAL,
        recipe.char_dim,
        recipe.bigram_dim,
        recipe.channels,
        len(recipe.dilations),
    )
    params = names_fit.guess(recipe, words, params, data.plain, report)
    params = names_fit.tag(recipe, params, lambda epoch: data.epoch(recipe, words, epoch), report)
    if recipe.polish_rate:
        last = replace(recipe, epochs=1, rate=recipe.polish_rate, seed=recipe.seed + 9)
        params = names_fit.tag(last, params, lambda _: data.epoch(recipe, words, recipe.epochs), report)
    return finish(name, models_folder, recipe, words, params, data)


class Data:
    """The sources, read once. ``plain`` are lines to guess characters in; ``epoch`` makes tagged lines."""

    def __init__(self, sources: Path, made: Path) -> None:
        self.files = sorted(path for path in sources.iterdir() if path.name.endswith((".jsonl.gz", ".txt", ".json")))
        self.sources = sources
        real = (*names_data.daily(sources / TAGGED[0]), *names_data.rows(sources / TAGGED[1]))
        self.tagged = tuple(piece for sentence in real for piece in names_data.cut(sentence) if piece.text.strip())
        official = [
            line
            for path in reversed(self.files)
            if path.name.endswith(".jsonl.gz") and path.name not in (*TAGGED, *MEASURED)
            for sentence in names_data.rows(path)
            for line in names_data.lines(sentence.text)
        ]
        divisions = names_data.divisions(sources / DIVISIONS)
        towns = [
            province + ("" if city == "市辖区" else city) + district + town
            for province, cities in divisions.items()
            for city, districts in cities.items()
            for district, towns in districts.items()
            for town in towns
        ]
        self.plain = (*official, *(line for sentence in real for line in names_data.lines(sentence.text)), *towns)
        named = [sentence.text[a:b] for sentence in real for a, b, label in sentence.spans if label == "PER"]
        forms = names_made.grammar(made / names_made.GRAMMAR)
        self.stock, self.held_stock = names_made.stock(
            forms, divisions, names_made.namer(named, frozenset(forms["姓"][0]))
        )
        self.patterns, self.held_patterns = names_made.patterns(made / names_made.PATTERNS)

    def epoch(self, recipe: Plan, words: _tagging.Vocabulary, number: int) -> list[Line]:
        """Return the tagged lines of one epoch: real ones, some names replaced, and freshly made address lines."""
        random = Random(recipe.seed * 1000 + number)
        lines = [names_made.renamed(s, self.stock.persons, recipe.renamed, random) for s in self.tagged]
        lines += [
            names_made.sentence(random.choice(self.patterns), self.stock, random) for _ in range(recipe.addresses)
        ]
        lines += [
            made for s in self.tagged if random.random() < 0.8 and (made := names_made.inserted(s, self.stock, random))
        ]
        lines = [line for line in lines if len(line.text) <= names_fit.LONGEST]
        codes = _tagging.encode(words, [line.text for line in lines])
        return [
            Line(code, _tagging.tag_codes(len(line.text), line.spans)) for line, code in zip(lines, codes, strict=True)
        ]

    def held(self, count: int = HELD_SENTENCES) -> list[Sentence]:
        """Return made address sentences whose patterns and places took no part in training."""
        random = Random(7)
        return [names_made.sentence(random.choice(self.held_patterns), self.held_stock, random) for _ in range(count)]


def finish(name: str, models_folder: Path, recipe: Plan, words: _tagging.Vocabulary, params: Any, data: Data) -> Path:
    """Write, register and measure a trained model; returns its folder."""
    from review.training import product

    folder = models_folder / name
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"kind": "names", "labels": list(_tagging.LABELS), "segments": _tagging.SEGMENTS}
    (folder / _tagger.GRAPH).write_bytes(names_export.graph(params, recipe.dilations))
    (folder / _tagger.WORDS).write_bytes(
        save({"chars": words.chars.astype(np.int32), "bigrams": words.bigrams.astype(np.int32)})
    )
    (folder / _tagger.MANIFEST).write_text(json.dumps(manifest, sort_keys=True) + "\n", encoding="utf-8")
    product.register(models_folder, name, files=(_tagger.GRAPH, _tagger.WORDS, _tagger.MANIFEST))
    metrics = measure(_tagger.read(models.load(models_folder, name)), data)
    metrics["recipe"] = asdict(recipe)
    metrics["bytes"] = sum((folder / f).stat().st_size for f in (_tagger.GRAPH, _tagger.WORDS, _tagger.MANIFEST))
    (folder / "metrics.json").write_text(
        json.dumps(metrics, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    (folder / "card.md").write_text(names_card.render(name, metrics), encoding="utf-8")
    return folder


def measure(tagger: _tagger.Tagger, data: Data) -> dict[str, Any]:
    """Return the figures of the card: exact spans on lines that took no part in training."""
    tables: dict[str, Any] = {}
    for file, labels in MEASURED.items():
        if (data.sources / file).exists():
            tables[file.split(".")[0]] = scores(tagger, names_data.rows(data.sources / file), labels)
    tables["made"] = scores(tagger, data.held(), ("ADDR", "PER"))
    return {
        "held": tables,
        "data": {
            "tagged_lines": len(data.tagged),
            "plain_lines": len(data.plain),
            "plain_chars": sum(map(len, data.plain)),
            "files": [path.name for path in data.files],
            "sha256": corpora.digest(data.files),
        },
    }


def scores(
    tagger: _tagger.Tagger, gold: Sequence[Sentence], labels: Sequence[str]
) -> Mapping[str, Mapping[str, float]]:
    """Return precision, recall and F1 of exact spans, with counts, by label."""
    found = tagger.tag([sentence.text for sentence in gold])
    out = {}
    for label in labels:
        true = {(row, a, b) for row, s in enumerate(gold) for a, b, kind in s.spans if kind == label}
        seen = {(row, m.start, m.end) for row, marks in enumerate(found) for m in marks if m.label == label}
        right = len(true & seen)
        precision, recall = right / max(1, len(seen)), right / max(1, len(true))
        out[label] = {
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(2 * precision * recall / max(1e-9, precision + recall), 4),
            "spans": len(true),
        }
    return out
