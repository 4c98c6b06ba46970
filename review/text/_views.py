"""Build a view: rewrite a text at a few places and keep every character aligned."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from review.types import Alignment, View


class Edit(NamedTuple):
    """``start:end`` becomes ``text``; character ``i`` of it stands for the one text character at ``places[i]``.

    Places rise and lie inside ``start:end``.
    """

    start: int
    end: int
    text: str
    places: tuple[int, ...] = ()


def edited(text: str, edits: Iterable[Edit]) -> View:
    """Return the view of ``text`` after ``edits``, which are ordered and disjoint."""
    parts: list[str] = []
    places: list[int] = []  # characters of the text that an edit keeps
    borders: list[int] = []
    done = 0
    for start, end, inside, kept_places in edits:
        parts += (text[done:start], inside)
        places += kept_places
        borders += (start, end)
        done = end
    if not done:
        return View(text, Alignment(range(len(text)), range(1, len(text) + 1)))
    parts.append(text[done:])
    depth = np.zeros(len(text) + 1, np.int8)
    depth[borders[::2]] = 1
    depth[borders[1::2]] -= 1
    kept = np.cumsum(depth[:-1], dtype=np.int8) == 0
    kept[places] = True
    starts = np.flatnonzero(kept).astype(np.uint32)
    firsts, lasts = array("I"), array("I")
    firsts.frombytes(starts.tobytes())
    lasts.frombytes((starts + 1).tobytes())
    return View("".join(parts), Alignment(firsts, lasts))
