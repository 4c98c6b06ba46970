"""Reviewers' decisions become training passages: one sentence each, and no passage on which they did not agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from review import paths
from review.cli import program
from review.errors import InputError
from review.training import feedback

HEALTH = "王某因尿毒症每周透析三次，申请临时救助。"
PLAIN = "村里的卫生室每周三开门，周末不开。"


def row(text: str, at: str, label: int, type: str = "pp_health") -> dict[str, Any]:
    start = text.index(at)
    return {"text": text, "start": start, "end": start + len(at), "type": type, "label": label, "genre": "subsidy"}


def write(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "样本.jsonl"
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


def test_the_sentence_around_the_place_is_the_passage(tmp_path: Path) -> None:
    paragraph = f"公示如下。{HEALTH}{PLAIN}"
    path = write(tmp_path, row(paragraph, "尿毒症", 1), row(paragraph, "卫生室", 0))
    found = feedback.examples(path, {"pp_health"})
    wanted = [(feedback.normalise(HEALTH), True, "F"), (feedback.normalise(PLAIN), False, "F")]
    assert [(e.text, e.discloses, e.writer) for e in found] == wanted


def test_doubtful_repeated_and_foreign_passages_are_left_out(tmp_path: Path) -> None:
    rows = [
        row(HEALTH, "尿毒症", 1),
        row(HEALTH, "尿毒症", 0),
        row(PLAIN, "卫生室", 0),
        row(PLAIN, "卫生室", 0),
        row("公民身份号码见附件。", "公民", 1, "pp_id_number"),
    ]
    found = feedback.examples(write(tmp_path, *rows), {"pp_health"})
    assert [e.text for e in found] == [feedback.normalise(PLAIN)]


@pytest.mark.parametrize("line", ["{", "[]", '{"text": "x"}', '{"text": 1, "start": 0, "type": "a", "label": 1}'])
def test_a_broken_export_is_named_without_its_words(tmp_path: Path, line: str) -> None:
    path = tmp_path / "样本.jsonl"
    path.write_text(line + "\n", "utf-8")
    with pytest.raises(InputError, match="第 1 行"):
        feedback.examples(path, {"pp_health"})


def test_a_candidate_never_replaces_the_models_in_force(tmp_path: Path) -> None:
    path = write(tmp_path, row(HEALTH, "尿毒症", 1))
    for out in (paths.MODELS, tmp_path):
        done = CliRunner().invoke(program(["train"]), train("passages-mini", path, out))
        assert isinstance(done.exception, InputError)


def train(name: str, decisions: Path, out: Path) -> list[str]:
    return ["train", name, "--feedback", str(decisions), "--out", str(out)]


def test_before_and_after_are_shown(tmp_path: Path) -> None:
    path = write(tmp_path, row(HEALTH, "尿毒症", 1), row(PLAIN, "卫生室", 0))
    registry = (paths.MODELS / "registry.toml").read_bytes()
    out = tmp_path / "candidate"
    done = CliRunner().invoke(program(["train"]), train("passages-mini", path, out))
    assert done.exit_code == 0, done.output
    assert "候选模型" in done.output
    assert "没有启用" in done.output
    metrics = json.loads((out / "passages-mini" / "metrics.json").read_text("utf-8"))
    assert len(metrics["data"]["decisions_sha256"]) == 64
    assert (paths.MODELS / "registry.toml").read_bytes() == registry
