"""Read characters, QR codes and bar codes in a picture. Both run on this machine, from models inside the wheels."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

# Below this side a picture is an icon or a line; no character can be read in it.
_SMALLEST = 24
# Recognition below this is a guess: the place is reported as not read.
SURE = 0.6
_LOCK = threading.Lock()
#: Letterheads, seals and thumbnails of templates stand in thousands of documents of one archive: what the last
#: pictures said is remembered in this process by the SHA-256 of their pixels. Files are read in short-lived children.
_MOST_KNOWN = 64
_known: OrderedDict[bytes, tuple[Words, ...]] = OrderedDict()

Quad = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels, origin top left


@dataclass(frozen=True, slots=True)
class Words:
    """One recognised line or decoded code: its characters, one box each, and the recogniser's score (0…1)."""

    text: str
    boxes: tuple[Quad, ...]
    score: float
    code: bool = False


@lru_cache(maxsize=1)
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1})


def read(image: Image.Image) -> list[Words]:
    """Return lines from top to bottom, then the contents of codes."""
    if min(image.size) < _SMALLEST:
        return []
    flat = image.convert("RGB")
    key = _digest(flat)
    words = _known.get(key)
    if words is None:
        words = _known[key] = (*_lines(flat), *_codes(flat))
        while len(_known) > _MOST_KNOWN:
            _known.popitem(last=False)
    return list(words)


def _digest(image: Image.Image) -> bytes:
    digest = hashlib.sha256(repr(image.size).encode())
    digest.update(image.tobytes())
    return digest.digest()


def _lines(image: Image.Image) -> Iterator[Words]:
    pixels = np.asarray(image)[:, :, ::-1]
    with _LOCK:  # one session: it is not written for several threads
        result = _engine()(pixels, return_word_box=True, return_single_char_box=True)
    words = result.word_results or ()
    for score, line in zip(result.scores or (), words, strict=False):
        text: list[str] = []
        boxes: list[Quad] = []
        for characters, _, corners in line:
            quad = _quad(corners)
            width = (quad[2] - quad[0]) / max(1, len(characters))
            for index, character in enumerate(characters):
                text.append(character)
                boxes.append((quad[0] + index * width, quad[1], quad[0] + (index + 1) * width, quad[3]))
        if text:
            yield Words("".join(text), tuple(boxes), float(score))


def _quad(corners: Any) -> Quad:
    xs = [float(point[0]) for point in corners]
    ys = [float(point[1]) for point in corners]
    return min(xs), min(ys), max(xs), max(ys)


def _codes(image: Image.Image) -> Iterator[Words]:
    import zxingcpp

    for code in zxingcpp.read_barcodes(np.asarray(image)):
        at = code.position
        corners = (at.top_left, at.top_right, at.bottom_left, at.bottom_right)
        box = (
            float(min(c.x for c in corners)),
            float(min(c.y for c in corners)),
            float(max(c.x for c in corners)),
            float(max(c.y for c in corners)),
        )
        if code.text:
            yield Words(code.text, (box,) * len(code.text), 1.0, code=True)
