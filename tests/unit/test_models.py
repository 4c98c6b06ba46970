"""The registry: a model file that differs by one byte stops the program and is named."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from review import models, paths
from review.errors import ModelMismatch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "models"
    (root / "tiny").mkdir(parents=True)
    (root / "tiny" / "weights.safetensors").write_bytes(b"weights")
    (root / "registry.toml").write_text(
        f'[tiny]\nversion = 3\n[tiny.files]\n"tiny/weights.safetensors" = "{hashlib.sha256(b"weights").hexdigest()}"\n',
        encoding="utf-8",
    )
    return root


def test_a_registered_model_is_read(folder: Path) -> None:
    model = models.load(folder, "tiny")
    assert model.version == 3
    assert model.files == {"weights.safetensors": b"weights"}


def test_one_changed_byte_is_refused_and_named(folder: Path) -> None:
    (folder / "tiny" / "weights.safetensors").write_bytes(b"weighty")
    with pytest.raises(ModelMismatch, match=r"tiny/weights\.safetensors"):
        models.load(folder, "tiny")


def test_missing_files_are_named(folder: Path) -> None:
    (folder / "tiny" / "weights.safetensors").unlink()
    with pytest.raises(ModelMismatch, match=r"tiny/weights\.safetensors"):
        models.load(folder, "tiny")
    with pytest.raises(ModelMismatch, match="other"):
        models.load(folder, "other")
    (folder / "registry.toml").unlink()
    with pytest.raises(ModelMismatch, match=r"registry\.toml"):
        models.load(folder, "tiny")


@pytest.mark.parametrize("path", ["/etc/passwd", "../tiny/weights.safetensors"])
def test_paths_stay_inside_the_folder(folder: Path, path: str) -> None:
    (folder / "registry.toml").write_text(f'[tiny]\nversion = 1\n[tiny.files]\n"{path}" = "00"\n', encoding="utf-8")
    with pytest.raises(ModelMismatch, match="不在模型文件夹内"):
        models.load(folder, "tiny")


def test_each_byte_of_the_shipped_model_counts(tmp_path: Path) -> None:
    shutil.copytree(paths.MODELS, tmp_path / "models")
    path = tmp_path / "models" / "passages" / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelMismatch, match=r"passages/weights\.safetensors"):
        models.load(tmp_path / "models", "passages")
