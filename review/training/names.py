"""``review train names``: the model of persons, places, organisations and addresses.

Data in (see ``names_data`` for the sources, none of them part of the project), a registered model with its measured
card out. JAX and onnx are needed for training only (dependency group ``train``).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from safetensors.numpy import save
from threadpoolctl import threadpool_limits

from review import models, paths
from review.detectors import _tagger, _tagging
from review.errors import InputError
from review.training import (
    corpora,
    names_card,
    names_data,
    names_export,
    names_fit,
    names_made,
    names_net,
    names_style,
    names_swapped,
    names_teacher,
)
from review.training.names_data import Sentence
from review.training.names_fit import LONGEST, Line, Plan

MADE: Final = "names"  # folder of the corpus: grammar and sentence patterns
TAGGED: Final = ("199801.txt", "resume_train.jsonl.gz")
MEASURED: Final = {"msra_val.jsonl.gz": ("PER", "LOC"), "resume_dev.jsonl.gz": ("PER",)}
DIVISIONS: Final = "pcas.json"
HELD_SENTENCES: Final = 1500
HOME: Final = frozenset(("CN", "HK", "MO", "TW", "ZZ", "EU", "EZ", "UN", "XA", "XB"))  # and codes of no country
CHARACTERS: Final = re.compile("[一-龥]{2,8}")
QUIET: Final = 0.5  # share of the lines without a name that an epoch has
INSERTED: Final = 0.5  # share of the lines in which an address may take a place's place
OFFICIAL: Final = 6  # every sixth official text is read to the teacher
PASSAGES: Final = "[DPT]*.jsonl"  # of the corpus: read to the teacher as well

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
    with _one_thread():
        return _train(name, models_folder, corpus, sources, report)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let what follows run on one processor: the last bits of a sum depend on how many share it.

    JAX counts the processors that it may use, and reads its flags, when it first computes.
    """
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        os.sched_setaffinity(0, processors)


def _train(name: str, models_folder: Path, corpus: Path, sources: Path, report: Report) -> Path:
    recipe = plan(models_folder / name / "train.toml")
    data = Data(sources, corpus)
    teacher = names_teacher.read()
    words = names_fit.vocabulary(recipe, data.plain, names_teacher.known(teacher))
    params = names_net.initial(
        recipe.seed,
        names_teacher.vectors(teacher, words.chars),
        len(words.bigrams) + _tagging.SPECIAL,
        recipe.bigram_dim,
        recipe.channels,
        len(recipe.dilations),
        names_teacher.CLASSES,
    )
    thought = names_teacher.opinions(teacher, data.plain)
    report(f"teacher {sum(map(len, data.plain))} characters")
    heard = [Line(*pair) for pair in zip(_tagging.encode(words, data.plain), thought, strict=True)]
    params = names_fit.hear(recipe, params, heard, report)
    params = names_fit.tag(recipe, params, lambda epoch: data.epoch(recipe, words, epoch), report)
    return finish(name, models_folder, recipe, words, params, data)


def abroad() -> list[str]:
    """Return the Chinese names of foreign countries and of the cities after which time zones are called (CLDR)."""
    import babel

    chinese = babel.Locale.parse("zh")
    countries = [name for code, name in chinese.territories.items() if code.isalpha() and code not in HOME]
    cities = [zone["city"] for zone in chinese.time_zones.values() if "city" in zone]
    return sorted({name for name in (*countries, *cities) if CHARACTERS.fullmatch(name)})


class Data:
    """The sources, read once. ``plain`` are lines for the teacher; ``epoch`` makes tagged lines."""

    def __init__(self, sources: Path, corpus: Path) -> None:
        self.files = sorted(path for path in sources.iterdir() if path.name.endswith((".jsonl.gz", ".txt", ".json")))
        made = corpus / MADE
        self.sources = sources
        real = (*names_data.daily(sources / TAGGED[0]), *names_data.rows(sources / TAGGED[1]))
        self.tagged = tuple(piece for sentence in real for piece in names_data.cut(sentence) if piece.text.strip())
        official = [
            line
            for path in reversed(self.files)
            if path.name.endswith(".jsonl.gz") and path.name not in (*TAGGED, *MEASURED)
            for sentence in names_data.rows(path)[::OFFICIAL]
            for line in names_data.lines(sentence.text)
        ]
        passages = [line for one in corpora.examples(corpus, PASSAGES) for line in names_data.lines(one.text)]
        plain = (*(s.text for s in self.tagged), *passages, *official)
        self.plain = tuple(line for line in plain if len(line) <= LONGEST)
        divisions = names_data.divisions(sources / DIVISIONS)
        named = [sentence.text[a:b] for sentence in real for a, b, label in sentence.spans if label == "PER"]
        forms = names_made.grammar(made / names_made.GRAMMAR)
        swaps = names_swapped.names(named, names_style.SURNAMES, abroad())
        self.stock, self.held_stock = names_made.stock(forms, divisions, swaps)
        self.patterns, self.held_patterns = names_made.patterns(made / names_made.PATTERNS)

    def epoch(self, recipe: Plan, words: _tagging.Vocabulary, number: int) -> list[Line]:
        """Return the tagged lines of one epoch: real ones, some names replaced, and freshly made address lines."""
        random = Random(recipe.seed * 1000 + number)
        real = [s for s in self.tagged if s.spans or random.random() < QUIET]
        lines = [names_swapped.swapped(s, self.stock.names, recipe.renamed, random) for s in real]
        lines += [
            names_made.sentence(random.choice(self.patterns), self.stock, random) for _ in range(recipe.addresses)
        ]
        lines += [
            made for s in real if random.random() < INSERTED and (made := names_made.inserted(s, self.stock, random))
        ]
        lines = [line for line in lines if len(line.text) <= LONGEST]
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
