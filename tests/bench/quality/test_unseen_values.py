"""Values and look-alikes written before anyone looked at what the rules do; see docs/quality.md for the first figure.

A line of ``unseen_values.jsonl``: ``kind`` is value, table or look_alike; ``text`` carries ``{{type|value}}`` marks.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from review import evaluation, pipeline

LINES = [json.loads(line) for line in (Path(__file__).parent / "unseen_values.jsonl").read_text("utf-8").splitlines()]
RECALL = 0.97
ALARMS = 3


def annotated(*kinds: str) -> list[evaluation.Annotated]:
    found = []
    for line in LINES:
        if line["kind"] in kinds:
            source, spans = evaluation.strip_marks(line["text"])
            found.append(evaluation.Annotated(line["id"], source, spans, lawful=line["kind"] == "look_alike"))
    return found


@pytest.fixture(scope="module")
def engine() -> pipeline.Engine:
    return pipeline.engine()


def test_values_are_covered_whole(engine: pipeline.Engine) -> None:
    score = evaluation.evaluate(annotated("value", "table"), engine)
    assert sum(total for _, total in score.by_type.values()) >= 180
    assert score.recall >= RECALL, score.misses


def test_lookalikes_pass(engine: pipeline.Engine) -> None:
    every = annotated("look_alike")
    score = evaluation.evaluate(every, engine)
    assert len(every) >= 120
    assert score.lawful[1] - score.lawful[0] <= ALARMS, score.alarms
