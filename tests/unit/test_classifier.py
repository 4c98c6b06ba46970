"""The passage classifier as a detector: places, wording, basis, limits."""

from __future__ import annotations

import json
import shutil
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import yaml

from review import models, paths, text
from review.detectors import _features, _linear, _passages, classifier
from review.errors import ModelMismatch
from review.flags import flag_id
from review.training import corpora, evaluate, product, sieve
from review.types import (
    Block,
    Cell,
    Context,
    Detector,
    Document,
    Provision,
    Reading,
    RulePack,
    Run,
    Severity,
    Span,
    Zone,
)

LEAK = "厂界东北侧约1.6公里山沟内为某旅弹药库、围墙周长4.2公里、库区设洞库7座。"
LAWFUL = "各级人民政府应当加强国防教育，支持国防和军队建设，任何组织和个人不得危害军事设施。"


def document(*blocks: str, zone: Zone = Zone.BODY) -> Document:
    runs, places, at = [], [], 0
    for block in blocks:
        runs.append(Run(block + "\n"))
        places.append(Block(Span(at, at + len(block)), zone))
        at += len(block) + 1
    return text.compose(Reading(tuple(runs), tuple(places)), sha256="0" * 64, media_type="text/plain", name="x.txt")


@pytest.fixture(scope="module")
def pack() -> RulePack:
    provisions = {}
    for path in sorted((paths.RULES / "basis").glob("*.yaml")):
        statute = yaml.safe_load(path.read_text(encoding="utf-8"))
        if statute.get("valid_to"):
            continue
        for number, row in statute["provisions"].items():
            key = f"{statute['id']}#{number}"
            provisions[key] = Provision(key, statute["title"], row["article"], row["summary"], statute["valid_from"])
    return RulePack("t", "1", date(2026, 11, 1), (), provisions, {}, {}, {}, {}, {})


@pytest.fixture(scope="module")
def detect(pack: RulePack) -> Detector:
    return classifier.build(pack)


def test_every_type_rests_on_provisions_in_force(pack: RulePack) -> None:
    table = tomllib.loads((paths.MODELS / "types.toml").read_text(encoding="utf-8"))
    assert len(table) >= 30
    missing = [key for row in table.values() for key in row["basis"] if key not in pack.provisions]
    assert missing == []


def test_every_type_of_the_model_has_its_wording() -> None:

    manifest = json.loads((paths.MODELS / "passages" / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["types"]) <= set(classifier.kinds())


def test_a_disclosing_passage_is_flagged_where_it_stands(detect: Detector, pack: RulePack) -> None:
    draft = document("一、项目概况", LEAK + "以上情况请核。")
    flags = [flag for flag in detect(draft, Context(pack)) if flag.loud]
    assert [flag.type for flag in flags] == ["ss_military"]
    [flag] = flags
    [span] = flag.spans
    assert draft.text[span.start : span.end] == LEAK
    assert flag.severity is Severity.MEDIUM
    assert flag.basis
    assert all(key in pack.provisions for key in flag.basis)
    assert "疑似" in flag.message
    assert "弹药库" not in flag.message
    assert flag.evidence
    assert all(span.covers(piece) for piece in flag.evidence)
    assert flag.id == flag_id(draft.sha256, flag.rule, flag.spans)


def test_a_rule_that_talks_about_the_matter_is_not(detect: Detector, pack: RulePack) -> None:
    assert list(detect(document(LAWFUL), Context(pack))) == []


def test_numbers_names_of_files_and_nothing_are_not_read(detect: Detector, pack: RulePack) -> None:
    assert list(detect(document("12.5\t3.2\t余量"), Context(pack))) == []
    assert list(detect(document(LEAK, zone=Zone.FILENAME), Context(pack))) == []
    assert list(detect(document(), Context(pack))) == []


def test_reminders_are_few(detect: Detector, pack: RulePack) -> None:
    leaks = [f"第{k}号点位在山沟内，某旅弹药库围墙周长{k}公里，库区设洞库{k}座" for k in range(60)]
    reminders = [flag for flag in detect(document(*leaks), Context(pack)) if not flag.loud]
    assert len(reminders) <= classifier.MOST_REMINDERS + 1


def test_headings_are_never_loud(detect: Detector, pack: RulePack) -> None:
    shorts = ["弹药库洞库7座", "第0098号，装甲团", "艾滋病人段某", "旅部驻地移防"]
    assert [flag for flag in detect(document(*shorts), Context(pack)) if flag.loud] == []


def test_passages_are_sentences_inside_blocks() -> None:
    draft = document("第一句话在这里。第二句话也在这里。\n第三行没有句号", "另一段落的一句话。")
    found = [draft.text[span.start : span.end] for span in _passages.split(draft)]
    assert found == ["第一句话在这里。", "第二句话也在这里。", "第三行没有句号", "另一段落的一句话。"]


def test_long_sentences_are_cut_behind_commas() -> None:
    long = "，".join(["这是一个相当长的分句用来凑足字数"] * 30) + "。"
    pieces = [long[a:b] for a, b in _passages.sentences(long)]
    assert "".join(pieces) == long
    assert all(len(piece) <= _passages.LONGEST for piece in pieces)


def test_cells_are_read_one_by_one() -> None:
    row = "段家旺\t脑梗后瘫在床，儿媳代领\t569.64"
    assert [row[a:b] for a, b in _passages.sentences(row)] == ["脑梗后瘫在床，儿媳代领"]
    cell = Block(Span(0, 6), cell=Cell(0, 1, 2))
    assert cell.cell is not None


def test_features_do_not_depend_on_the_batch() -> None:
    together = _features.batch([LEAK, LAWFUL])
    for k, alone in enumerate((_features.batch([LEAK]), _features.batch([LAWFUL]))):
        assert together.column[together.row == k].tolist() == alone.column.tolist()
        assert together.shape[k].tolist() == pytest.approx(alone.shape[0].tolist())


def test_features_fold_digits_and_width() -> None:
    assert _features.batch(["共有12人"]).column.tolist() == _features.batch(["共有98人"]).column.tolist()


def test_other_features_are_refused(tmp_path: Path, pack: RulePack) -> None:

    shutil.copytree(paths.MODELS, tmp_path / "models")
    path = tmp_path / "models" / "passages" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | {"features": -1}), encoding="utf-8")
    product.register(tmp_path / "models", "passages")
    with pytest.raises(ModelMismatch, match="manifest"):
        classifier.build(pack, tmp_path / "models")


@pytest.fixture(scope="module")
def scorer() -> _linear.Linear:
    return _linear.read(models.load(paths.MODELS, "passages"))


def test_the_sieve_lets_through_whatever_would_be_said(scorer: _linear.Linear) -> None:
    texts = [example.text for example in corpora.examples(paths.CORPUS)[::10]]
    above = evaluate.probabilities(scorer, texts) >= scorer.low
    passing = sieve.passes(scorer.sieve, texts)
    assert above.sum() > 500
    assert not (above & ~passing).any()
    assert not passing.all()


def test_the_sieve_judges_a_passage_by_itself(scorer: _linear.Linear) -> None:
    texts = [LEAK, LAWFUL, "今年全市粮食总产量稳步增长，农民收入持续增加。", LEAK]
    together = sieve.passes(scorer.sieve, texts)
    assert together.tolist() == [bool(sieve.passes(scorer.sieve, [text])[0]) for text in texts]
    assert together.tolist() == [True, False, False, True]


def test_rows_of_a_batch_stay_themselves() -> None:
    batch = _features.batch([LEAK, LAWFUL, LEAK + LAWFUL])
    some = batch.only(np.array([0, 2]))
    alone = _features.batch([LEAK, LEAK + LAWFUL])
    assert np.array_equal(some.row, alone.row)
    assert np.array_equal(some.column, alone.column)
    assert np.array_equal(some.shape, alone.shape)
