"""Training as a product: the same bytes twice, honest cards, errors that say what to do."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from review import models, paths
from review.detectors import _features, _linear
from review.errors import InputError
from review.training import corpora, evaluate, fit, product, sieve, suggest
from review.training.corpora import Example, Public

ROOT = paths.CORPUS.parents[1]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of about 270 passages by four writers: enough to train on in a second or two."""
    folder = tmp_path_factory.mktemp("corpus")
    for name in ("P1-01", "P1-02", "P1-04", "P1-05"):
        lines = (paths.CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()[:68]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models")
    product.train("passages-mini", out, corpus=small)
    return out


def checksums(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted((folder / "passages-mini").iterdir())}


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_same_data_give_the_same_bytes(small: Path, trained: Path, tmp_path: Path, threads: str) -> None:
    code = (
        "import sys; from pathlib import Path; from review.training import product; "
        "product.train('passages-mini', Path(sys.argv[1]), corpus=Path(sys.argv[2]))"
    )
    environment = os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path), str(small)], check=True, env=environment, timeout=300)
    assert checksums(tmp_path) == checksums(trained)
    assert set(checksums(trained)) == {"weights.safetensors", "manifest.json", "train.toml", "metrics.json", "card.md"}


def test_what_was_written_scores_as_what_was_fitted(small: Path, trained: Path) -> None:
    plan = fit.recipe("passages-mini")
    examples = corpora.examples(small, plan.pattern)
    data = fit.prepare(plan, examples, ())
    fitted = fit.logistic(plan, data, np.arange(len(examples))).decision_function(data.x)
    written = _linear.read(models.load(trained, "passages-mini"))
    scores = written.scores(_features.batch([example.text for example in examples]))
    assert np.abs(scores - fitted).max() < 0.02
    assert np.corrcoef(scores, fitted)[0, 1] > 0.9999


def test_the_sieve_lets_through_what_the_model_would_say(small: Path, trained: Path) -> None:
    written = _linear.read(models.load(trained, "passages-mini"))
    texts = [example.text for example in corpora.examples(small)]
    above = evaluate.probabilities(written, texts) >= written.low
    assert above.any()
    assert sieve.passes(written.sieve, texts)[above].all()


def test_the_card_holds_measured_figures_and_says_what_is_missing(trained: Path) -> None:
    metrics = json.loads((trained / "passages-mini" / "metrics.json").read_text(encoding="utf-8"))
    card = (trained / "passages-mini" / "card.md").read_text(encoding="utf-8")
    assert f"虚构段落 {metrics['data']['passages']} 段" in card
    assert f"{metrics['held']['writers']['auc']:.3f}" in card
    assert metrics["data"]["corpus_sha256"][:16] in card
    assert "没有使用公开文本" in card
    assert 0.5 < metrics["held"]["writers"]["auc"] <= 1


def test_the_shipped_card_belongs_to_the_shipped_model() -> None:
    folder = paths.MODELS / "passages"
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["data"]["corpus_sha256"] == corpora.digest(sorted(paths.CORPUS.glob("*.jsonl")))
    assert metrics["bytes"] == sum((folder / file).stat().st_size for file in product.PINNED)
    official = [metrics["alarms"][source] for source in ("laws", "district_reports")]
    assert sum(row["chars"] for row in official) > 1_000_000
    assert max(row["loud_per_10k"] for row in official) <= 0.3


def test_all_models_together_are_small() -> None:
    assert sum(path.stat().st_size for path in paths.MODELS.rglob("*") if path.is_file()) <= 40_000_000


def test_registering_one_model_keeps_the_others(trained: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for file in product.PINNED:
            (tmp_path / name / file).write_bytes(name.encode())
        product.register(tmp_path, name)
    assert models.load(tmp_path, "one").files["manifest.json"] == b"one"
    assert models.load(tmp_path, "two").files["manifest.json"] == b"two"


def test_unknown_names_and_broken_corpora_are_refused_in_chinese(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="可训练的有"):
        product.train("nothing", tmp_path)
    with pytest.raises(InputError, match="没有训练语料"):
        corpora.examples(tmp_path)
    (tmp_path / "X-01.jsonl").write_text('{"id": "X-01-001", "text": "……", "label": "maybe"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"X-01\.jsonl 第 1 行"):
        corpora.examples(tmp_path)
    with pytest.raises(InputError, match="没有公开文本"):
        corpora.public([tmp_path])


def test_public_documents_are_split_by_id_for_ever() -> None:
    parts = [corpora.part(f"document {k}") for k in range(2000)]
    assert parts[:6] == [corpora.part(f"document {k}") for k in range(6)]
    assert 0.45 < parts.count("train") / 2000 < 0.55
    assert 0.15 < parts.count("tune") / 2000 < 0.25


def example(id_: str, *, discloses: bool, pair: str = "", genre: str = "中标公告") -> Example:
    return Example(id_, id_, discloses, "ts_tech", genre, "X-01", pair)


def test_held_out_figures() -> None:
    some = [
        example("a", discloses=True, pair="1"),
        example("b", discloses=False, pair="1"),
        example("c", discloses=True, pair="2"),
        example("d", discloses=False, pair="2"),
    ]
    held = evaluate.held(some, np.array([3.0, 1.0, 0.5, 2.0]), loud=2.5, low=0.4)
    assert (held.recall.hits, held.recall.total) == (1, 2)
    assert (held.recall_low.hits, held.alarms.hits) == (2, 0)
    assert (held.twin_order.hits, held.twin_order.total) == (1, 2)
    assert held.auc == held.twin_auc == pytest.approx(0.5)
    assert evaluate.genre_kind(some[0]) == "公告"
    assert evaluate.worst(some, np.array([3.0, 1.0, 0.5, 2.0]), discloses=True) == ["c", "a"]


def test_alarms_count_only_the_part_asked_for(trained: Path) -> None:
    model = _linear.read(models.load(trained, "passages-mini"))
    documents = [
        Public("1", "laws", "test", ("应当依照规定公开。" * 5,)),
        Public("2", "laws", "train", ("不在这一份里。" * 9,)),
    ]
    assert evaluate.alarms(model, documents)["laws"]["chars"] == 45


def test_suggestions_are_doubtful_and_unlike_each_other(trained: Path) -> None:
    model = _linear.read(models.load(trained, "passages-mini"))
    texts = [example.text for example in corpora.examples(paths.CORPUS, "P1-03.jsonl")]
    doubtful = np.abs(evaluate.probabilities(model, texts) - model.loud)
    first = suggest.suggest(model, texts, 5)
    assert len(set(first)) == 5
    assert np.mean(doubtful[first]) < np.mean(doubtful)
    twice = suggest.suggest(model, [texts[first[0]]] * 4 + [texts[k] for k in first[1:]], 4)
    assert sum(k < 4 for k in twice) == 1
    assert suggest.suggest(model, [], 3) == []


def test_a_model_is_measured_on_a_folder_of_passages(tmp_path: Path) -> None:
    shutil.copy(paths.CORPUS / "P1-03.jsonl", tmp_path)
    figures = product.measure_on("passages", tmp_path)
    assert 0.8 < figures["auc"] <= 1  # trained on it
    assert figures["recall"][1] + figures["alarms"][1] == len(corpora.examples(tmp_path))
    only = [line for line in (tmp_path / "P1-03.jsonl").read_text("utf-8").splitlines() if '"public"' in line]
    (tmp_path / "P1-03.jsonl").write_text("\n".join(only), encoding="utf-8")
    with pytest.raises(InputError, match="既有泄露"):
        product.measure_on("passages", tmp_path)


def test_suggestions_come_from_the_texts_given() -> None:
    text = "会议研究了三项工作。老周家二小子在县医院查出的毛病村里都知道了。请各单位按时报送。"
    found = product.suggestions("passages", [text], 2)
    assert len(found) == 2
    assert all(passage in text for passage in found)
