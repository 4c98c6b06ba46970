"""Fixtures of all tests: the engine, the samples, and the material that is not part of a clone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from review import paths, pipeline

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def engine() -> pipeline.Engine:
    """The product's own rules and models."""
    return pipeline.engine()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of public texts that are not committed; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("没有测试用的公开语料文件夹（不随项目提交）")
    return SHARED


def samples() -> list[tuple[Path, dict[str, Any]]]:
    """Return each built-in sample with what must be found in it."""
    found = []
    for expected in sorted(paths.SAMPLES.glob("*.expected.json")):
        stem = expected.name.removesuffix(".expected.json")
        sample = next(p for p in paths.SAMPLES.glob(f"{stem}.*") if p != expected)
        found.append((sample, json.loads(expected.read_text(encoding="utf-8"))))
    return found
