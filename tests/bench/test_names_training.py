"""Training the name model: the same bytes twice, and the written network scores as the trained one."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
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


TINY = """
seed = 5
channels = 16
char_dim = 8
bigram_dim = 8
dilations = [1, 2]
bigrams = 500
fewest = 1
batch = 768
guess_passes = 1.0
guess_rate = 3e-3
epochs = 1
rate = 2e-3
polish_rate = 1e-3
drop = 0.1
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


def trained(out: Path, sources: Path) -> dict[str, str]:
    (out / "names").mkdir(parents=True)
    (out / "names" / "train.toml").write_text(TINY, encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from review.training import names; "
        "names.train('names', Path(sys.argv[1]), sources=Path(sys.argv[2]))"
    )
    environment = os.environ | {
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
        "PYTHONPATH": str(paths.CORPUS.parents[1]),
    }
    subprocess.run([sys.executable, "-c", code, str(out), str(sources)], check=True, env=environment, timeout=250)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((out / "names").iterdir())}


def test_the_same_data_give_the_same_bytes(tmp_path: Path, sources: Path) -> None:
    pytest.importorskip("jax", reason="训练组件没有安装（uv sync --group train）")
    first = trained(tmp_path / "a", sources)
    assert first == trained(tmp_path / "b", sources)
    assert {"encoder.onnx", "vocabulary.safetensors", "manifest.json", "card.md", "metrics.json"} <= set(first)


def test_the_written_network_scores_as_the_trained_one() -> None:
    jax = pytest.importorskip("jax", reason="训练组件没有安装（uv sync --group train）")
    import numpy as np
    import onnxruntime

    from review.training import names_export, names_net

    params = names_net.initial(1, 60, 80, 16, 16, 32, 3)
    random = np.random.default_rng(1)
    chars, left, right = (random.integers(3, most, (3, 20)).astype(np.int32) for most in (60, 80, 80))
    segments = random.integers(0, 37, (3, 20)).astype(np.int32)
    chars[1, 12:] = 0
    dilations = (1, 2, 4)
    hidden = names_net.hidden(params, (chars, left, right, segments), dilations, jax.random.PRNGKey(0), 0.0)
    expected = np.asarray(hidden @ params["tag_w"] + params["tag_b"])
    session = onnxruntime.InferenceSession(names_export.graph(params, dilations), providers=["CPUExecutionProvider"])
    (got,) = session.run(["scores"], {"chars": chars, "left": left, "right": right, "segments": segments})
    real = chars > 0
    assert np.corrcoef(got[real].ravel(), expected[real].ravel())[0, 1] > 0.99
    (alone,) = session.run(
        ["scores"],
        {"chars": chars[1:2, :12], "left": left[1:2, :12], "right": right[1:2, :12], "segments": segments[1:2, :12]},
    )
    assert np.array_equal(alone[0], got[1, :12])
