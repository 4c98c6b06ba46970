"""Hostile files: one clear Chinese error each, exit code 2 or 3, nothing written, no time or memory wasted."""

from __future__ import annotations

import re
import resource
import sys
import time
from pathlib import Path

import pytest

from review import cli, pipeline
from tests.corpus import hostile

SECONDS = 30
MEMORY = 3 << 20  # KiB, the largest child so far


@pytest.mark.parametrize("name", list(hostile.FILES))
def test_refused(
    name: str,
    engine: pipeline.Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, out = tmp_path / name, tmp_path / f"公开版-{name}"
    path.write_bytes(hostile.FILES[name]())
    monkeypatch.setattr(pipeline, "engine", lambda **_: engine)
    monkeypatch.setattr(sys, "argv", ["review", "redact", str(path), "-o", str(out), "--all"])
    start = time.monotonic()
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code in (2, 3)
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.strip().splitlines()
    assert len(lines) == 1
    assert re.fullmatch(r"错误：.*[\u4e00-\u9fff]{6}.*。", lines[0]), lines
    assert "Traceback" not in shown.err
    assert "未能完整读取" not in shown.err, "a bug that the sandbox caught, not an error raised on purpose"
    assert list(tmp_path.iterdir()) == [path], "nothing is written"
    assert time.monotonic() - start < SECONDS
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MEMORY


def test_enough_files() -> None:
    assert len(hostile.FILES) >= 30
