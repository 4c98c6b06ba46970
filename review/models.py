"""Read trained models: the registry pins every file by SHA-256, and nothing else is ever loaded.

``models/registry.toml``::

    [passages]
    version = 1
    [passages.files]
    "passages/weights.safetensors" = "9f…"

A model that is missing or differs by one byte stops the program and names the file.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from review.errors import ModelMismatch

REGISTRY = "registry.toml"


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The verified files of one model, by their name inside the model's folder."""

    name: str
    version: int
    files: Mapping[str, bytes] = field(repr=False)
    digest: str  # of the names and digests of all files


def load(folder: Path, name: str) -> Model:
    """Return the model ``name`` of a registry folder; raises ``ModelMismatch`` naming the file at fault."""
    version, pins = _entry(folder, name)
    files = {Path(path).name: _verified(folder, path, sha256) for path, sha256 in pins.items()}
    return Model(name, version, files, digest(pins))


def pinned(folder: Path, *names: str) -> Mapping[str, str]:
    """Return the digests that the models ``names`` must have, by name; ``load`` makes sure that they do."""
    return {name: digest(_entry(folder, name)[1]) for name in names}


def _entry(folder: Path, name: str) -> tuple[int, Mapping[str, str]]:
    entry = _registry(folder).get(name)
    if not isinstance(entry, dict):
        raise ModelMismatch(f"模型登记表 {REGISTRY} 中没有模型“{name}”，请恢复原文件或者重新训练。")
    version, pins = entry.get("version"), entry.get("files")
    if not isinstance(version, int) or not isinstance(pins, dict) or not pins:
        raise ModelMismatch(f"模型登记表 {REGISTRY} 中模型“{name}”的登记不完整，请恢复原文件。")
    return version, {str(path): str(sha256) for path, sha256 in pins.items()}


def registered(folder: Path) -> str:
    """Return one SHA-256 of all models that the registry names, without reading them; raises ``ModelMismatch``."""
    entries = sorted((name, str(entry)) for name, entry in _registry(folder).items())
    return hashlib.sha256(repr(entries).encode()).hexdigest()


def digest(pins: Mapping[str, str]) -> str:
    """Return one SHA-256 for a whole model, from the pins of its files."""
    lines = "".join(f"{path} {sha256}\n" for path, sha256 in sorted(pins.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _registry(folder: Path) -> Mapping[str, object]:
    path = folder / REGISTRY
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelMismatch(f"缺少模型登记表 {REGISTRY}，请恢复原文件。") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ModelMismatch(f"模型登记表 {REGISTRY} 无法读取，请恢复原文件。") from None


def _verified(folder: Path, path: str, sha256: str) -> bytes:
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise ModelMismatch(f"模型登记表 {REGISTRY} 中的路径 {path} 不在模型文件夹内。")
    try:
        data = (folder / path).read_bytes()
    except OSError:
        raise ModelMismatch(f"缺少模型文件 {path}，请恢复原文件或者重新训练。") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelMismatch(f"模型文件 {path} 与登记的校验值不符，已停止。请恢复原文件或者重新训练。")
    return data
