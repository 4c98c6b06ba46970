"""The gate before publication: baselines, the pre-commit hook and the action."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from review import paths

ROOT = Path(__file__).resolve().parents[2]
Review = Callable[..., "Run"]
PHONE = "联系人张某，手机13955801267。\n"


@dataclass(frozen=True)
class Run:
    returncode: int
    stderr: str


@pytest.fixture
def review(tmp_path: Path) -> Review:
    """The command line as a process of its own: its sandbox forks, which a test runner with threads must not."""

    def run(*args: object) -> Run:
        command = [sys.executable, "-c", "from review.cli import main; main()", *map(str, args)]
        environment = os.environ | {"REVIEW_HOME": str(tmp_path / "home")}
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment)
        return Run(done.returncode, done.stderr)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    (drafts / "甲.txt").write_text("关于防火工作的通知\n" + PHONE, encoding="utf-8")
    return drafts


def test_only_new_flags_fail(review: Review, folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "baseline.json"
    assert review("check", folder).returncode == 1
    assert review("check", folder, "--baseline", kept, "--write-baseline").returncode == 0
    assert re.fullmatch(r'\{\n"version": 1,\n"flags": \[\n("[0-9a-f]{16}",?\n)+\]\n\}\n', kept.read_text("utf-8"))
    again = review("check", folder, "--baseline", kept)
    assert again.returncode == 0
    assert "新增 0 处" in again.stderr
    (folder / "乙.txt").write_text("值班安排\n" + PHONE, encoding="utf-8")
    assert review("check", folder, "--baseline", kept).returncode == 1


def test_a_changed_document_is_looked_at_again(review: Review, folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "baseline.json"
    review("check", folder, "--baseline", kept, "--write-baseline")
    (folder / "甲.txt").write_text("关于防汛工作的通知\n" + PHONE, encoding="utf-8")
    assert review("check", folder, "--baseline", kept).returncode == 1


def test_unread_is_never_known(review: Review, folder: Path, tmp_path: Path) -> None:
    (folder / "坏.docx").write_bytes(b"PK\x03\x04broken")
    kept = tmp_path / "baseline.json"
    assert review("check", folder, "--baseline", kept, "--write-baseline").returncode == 0
    assert review("check", folder, "--baseline", kept).returncode == 3


@pytest.mark.parametrize("content", [None, "", "[]", '{"version": 2, "flags": []}', '{"version": 1, "flags": [1]}'])
def test_a_bad_baseline_is_one_clear_error(review: Review, folder: Path, tmp_path: Path, content: str | None) -> None:
    kept = tmp_path / "baseline.json"
    if content is not None:
        kept.write_text(content, encoding="utf-8")
    run = review("check", folder, "--baseline", kept)
    assert run.returncode == 2
    assert "基线" in run.stderr
    assert "Traceback" not in run.stderr


def test_scan_knows_baselines(review: Review, folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "baseline.json"
    assert review("scan", folder, "--workers", 1).returncode == 1
    assert review("scan", folder, "--baseline", kept, "--write-baseline").returncode == 0
    assert review("scan", folder, "--baseline", kept).returncode == 0


def test_the_hook_is_a_command_of_ours() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["id"] == "review-check"
    assert hook["entry"].split() == ["review", "check"]
    for sample in paths.SAMPLES.glob("*.*"):
        if sample.suffix not in (".json", ".jsonl", ".yaml"):
            assert re.search(hook["files"], sample.name), sample.name
    assert not re.search(hook["files"], "main.py")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_the_action_runs_as_written(folder: Path, tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    step = action["runs"]["steps"][-1]
    assert set(step["env"].values()) == {"${{ inputs." + name + " }}" for name in action["inputs"]}
    program = f'review() {{ {shlex.quote(sys.executable)} -c "from review.cli import main; main()" "$@"; }}\n'
    values = {"PATHS": str(folder), "BASELINE": "", "FAIL_ON": "medium", "SARIF": str(tmp_path / "out.sarif")}

    def run(**changed: str) -> int:
        environment = {**os.environ, **values, **changed}
        return subprocess.run(["bash", "-ec", program + step["run"]], env=environment, timeout=120).returncode

    assert run() == 1
    assert json.loads((tmp_path / "out.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert run(FAIL_ON="critical") == 0
