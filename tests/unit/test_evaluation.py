"""The regression gate and the table of false alarms on lawful texts."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from review import evaluation, packs, pipeline
from review.cli.measure import evaluate
from review.errors import InputError
from review.evaluation import Baseline, worse

BEFORE = Baseline(("a",), 1, 10, "m", recall=0.9, precision=0.95, lawful=0.95, by_category={"internal": 0.8})


def test_within_the_tolerance_nothing_is_worse() -> None:
    assert worse(replace(BEFORE, recall=0.895, by_category={"internal": 0.79}), BEFORE) == ()
    assert worse(replace(BEFORE, recall=1.0), BEFORE) == ()


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (replace(BEFORE, recall=0.88), "总查全率从 0.900 降到 0.880"),
        (replace(BEFORE, precision=0.9), "查准率"),
        (replace(BEFORE, lawful=0.9), "可公开件"),
        (replace(BEFORE, by_category={}), "internal"),
    ],
)
def test_what_fell_is_named(now: Baseline, told: str) -> None:
    (line,) = worse(now, BEFORE)
    assert told in line


def test_other_material_is_not_compared() -> None:
    with pytest.raises(InputError, match="不是同一批材料"):
        worse(replace(BEFORE, material="n"), BEFORE)


def test_the_gate_fails_where_the_product_got_worse(tmp_path: Path) -> None:
    """The command writes a baseline, passes against it, and fails against a better one."""
    app = typer.Typer()
    app.command()(evaluate)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "one.txt").write_text("联系人手机{{pp_contact|13900001111}}。\n", encoding="utf-8")
    file = tmp_path / "baseline.json"
    ask = [str(tmp_path / "texts"), "--baseline", str(file)]
    run = CliRunner()
    assert run.invoke(app, [*ask, "--update"]).exit_code == 0
    assert run.invoke(app, ask).exit_code == 0
    said = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(said | {"recall": said["recall"] + 0.5}), encoding="utf-8")
    fell = run.invoke(app, ask)
    assert fell.exit_code == 1
    assert "退步：总查全率" in fell.output


def test_a_broken_baseline_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.json"):
        evaluation.read_baseline(tmp_path / "b.json")


def test_alarms_on_lawful_texts_are_counted_by_rule(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.jsonl.gz", "wt", encoding="utf-8") as out:
        out.write(json.dumps({"text": "全县粮食产量稳中有增。"}) + "\n")
    (tmp_path / "b.txt").write_text("联系人手机13900001111。", encoding="utf-8")
    alarms = evaluation.alarms_on(evaluation.lawful_texts(tmp_path), pipeline.rules_engine(packs.load()))
    assert alarms.documents == 2
    assert {rule.split("@")[0] for rule in alarms.by_rule} == {"personal_privacy.contact_mobile"}


def test_an_empty_folder_is_no_clean_result(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(evaluation.lawful_texts(tmp_path))
