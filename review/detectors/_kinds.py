"""What the flags of a model say about each content type (``models/types.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from review import paths
from review.errors import ModelMismatch
from review.types import Action


@dataclass(frozen=True, slots=True)
class Kind:
    """What a flag of one content type says, asks for and rests on."""

    title: str
    why: str
    action: Action
    target: str
    basis: tuple[str, ...]


def kinds(folder: Path = paths.MODELS) -> Mapping[str, Kind]:
    """Return the wording and basis of each content type; raises ``ModelMismatch``."""
    path = folder / "types.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ModelMismatch(f"缺少模型文件 {path.name}，请恢复原文件。") from None
    return {
        type_: Kind(row["title"], row["why"], Action(row["action"]), row["target"], tuple(row["basis"]))
        for type_, row in table.items()
    }
