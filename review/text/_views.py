"""Build a view: rewrite a text at a few places and keep every character aligned."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from review.types import Alignment, View


@dataclass(frozen=True, slots=True)
class Edit:
    """``start:end`` becomes ``text``; character ``i`` of it stands for the one text character at ``places[i]``."""

    start: int
    end: int
    text: str = field(repr=False)
    places: tuple[int, ...] = ()


def edited(text: str, edits: Iterable[Edit]) -> View:
    """Return the view of ``text`` after ``edits``, which are ordered and disjoint."""
    parts: list[str] = []
    places: list[np.ndarray[tuple[int], np.dtype[np.uint32]]] = []
    done = 0
    for edit in edits:
        parts += [text[done : edit.start], edit.text]
        places += [np.arange(done, edit.start, dtype=np.uint32), np.array(edit.places, np.uint32)]
        done = edit.end
    if not done:
        return View(text, Alignment(range(len(text)), range(1, len(text) + 1)))
    parts.append(text[done:])
    places.append(np.arange(done, len(text), dtype=np.uint32))
    starts = np.concatenate(places)
    firsts, lasts = array("I"), array("I")
    firsts.frombytes(starts.tobytes())
    lasts.frombytes((starts + 1).tobytes())
    return View("".join(parts), Alignment(firsts, lasts))
