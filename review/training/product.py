"""``review train NAME``: data in, a registered model out."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from review import paths
from review.models import REGISTRY
from review.training import corpora, fit

PINNED: Final = ("weights.safetensors", "manifest.json")


def train(
    name: str,
    models_folder: Path = paths.MODELS,
    *,
    corpus: Path = paths.CORPUS,
    benign: Sequence[Path] = (),
) -> Path:
    """Train ``name`` and register it; returns the model's folder.

    ``benign`` are files or folders of lawful public text (``*.jsonl.gz`` with ``id`` and ``text``). Without
    them the thresholds rest on the corpus alone, and the card says so.
    """
    plan = fit.recipe(name)
    examples = corpora.examples(corpus, plan.pattern)
    public = corpora.public(benign) if plan.public_passages else ()
    folder = models_folder / name
    fit.write(fit.fit(plan, examples, public), folder, plan)
    register(models_folder, name)
    return folder


def register(models_folder: Path, name: str, version: int = 1) -> None:
    """Pin the files of a model in the registry; other models keep their lines."""
    registry = models_folder / REGISTRY
    table = tomllib.loads(registry.read_text(encoding="utf-8")) if registry.exists() else {}
    pins = {f"{name}/{file}": _sha256(models_folder / name / file) for file in PINNED}
    table[name] = {"version": version, "files": pins}
    lines = ["# One model a table: every file pinned by SHA-256. Written by `review train`."]
    for model, entry in sorted(table.items()):
        lines += ["", f"[{model}]", f"version = {entry['version']}", f"[{model}.files]"]
        lines += [f'"{path}" = "{sha256}"' for path, sha256 in sorted(entry["files"].items())]
    registry.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
