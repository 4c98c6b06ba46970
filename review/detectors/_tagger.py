"""Run the name model: lines of text → marks. onnxruntime does the arithmetic, on one thread."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from review.detectors import _tagging
from review.detectors._tagging import Vocabulary
from review.errors import ModelMismatch
from review.models import Model

GRAPH: Final = "encoder.onnx"
WORDS: Final = "vocabulary.safetensors"
MANIFEST: Final = "manifest.json"
BATCH: Final = 4096  # characters with padding; a larger batch leaves the processor's cache


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A name in a line: half-open range of its characters, PER, LOC, ORG or ADDR, and how sure the model is."""

    start: int
    end: int
    label: str
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class Tagger:
    """The model ready to run."""

    words: Vocabulary = field(repr=False)
    session: Any = field(repr=False)

    def tag(self, lines: Sequence[str]) -> list[tuple[Mark, ...]]:
        """Return the marks of each line; what is in a batch with it does not matter."""
        codes = _tagging.encode(self.words, lines)
        out: list[list[Mark]] = [[] for _ in lines]
        for places in _batches([len(line) for line in lines]):
            longest = len(lines[places[-1]])
            arrays = _tagging.stack([codes[k] for k in places], longest)
            inputs = dict(zip(("chars", "bigrams", "segments"), arrays, strict=True))
            scores = self.session.run(["scores"], inputs)[0]
            for row, mark in _marks(scores, _tagging.decode(scores, [len(lines[k]) for k in places])):
                out[places[row]].append(mark)
        return [tuple(marks) for marks in out]


def _marks(scores: _tagging.Floats, paths: NDArray[np.int64]) -> Iterator[tuple[int, Mark]]:
    """Yield (row, mark) of paths ``[rows, length]``. A mark is as sure as its least sure character."""
    found = _tagging.spans(paths)
    rows, places, tags = found.tagged
    if not len(tags):
        return
    of_all = scores[rows, places]
    sure = 1 / np.exp(of_all - np.take_along_axis(of_all, tags[:, None], axis=1)).sum(axis=1)
    least = np.minimum.reduceat(sure, found.first)
    columns = (found.lines, found.firsts, found.lasts, found.labels, least)
    for row, first, last, label, one in zip(*(column.tolist() for column in columns), strict=True):
        yield row, Mark(first, last + 1, _tagging.LABELS[label], round(one, 3))


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield places of lines of about one length, the longest last; empty lines are left out."""
    some: list[int] = []
    for k in sorted((k for k, length in enumerate(lengths) if length), key=lambda k: (lengths[k], k)):
        if some and lengths[k] * (len(some) + 1) > BATCH:
            yield some
            some = []
        some.append(k)
    if some:
        yield some


def read(model: Model) -> Tagger:
    """Return the tagger of a verified model; raises ``ModelMismatch`` where the files do not fit this program."""
    import onnxruntime

    try:
        manifest = json.loads(model.files[MANIFEST])
        tensors = safetensors.numpy.load(model.files[WORDS])
        fits = manifest["labels"] == list(_tagging.LABELS) and manifest["segments"] == _tagging.SEGMENTS
    except (KeyError, ValueError):
        fits = False
    if not fits:
        raise ModelMismatch(f"模型“{model.name}”的文件不齐或者与本程序版本不符，请恢复原文件或者重新训练。")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.files[GRAPH], options, providers=["CPUExecutionProvider"])
    words = Vocabulary(tensors["chars"].astype(np.uint32), tensors["bigrams"].astype(np.int64))
    return Tagger(words, session)
