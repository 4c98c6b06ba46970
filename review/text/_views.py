"""Build a view: rewrite a text at a few places and keep every character aligned."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from review.types import Alignment, View


@dataclass(frozen=True, slots=True)
class Edit:
    """``start:end`` becomes ``text``; character ``i`` of it stands for the one text character at ``places[i]``.

    Places rise and lie inside ``start:end``.
    """

    start: int
    end: int
    text: str = field(repr=False)
    places: tuple[int, ...] = ()


def edited(text: str, edits: Iterable[Edit]) -> View:
    """Return the view of ``text`` after ``edits``, which are ordered and disjoint."""
    parts: list[str] = []
    places: list[int] = []  # characters of the text that an edit keeps
    kept = np.ones(len(text), np.bool_)
    done = 0
    for edit in edits:
        parts += (text[done : edit.start], edit.text)
        places += edit.places
        kept[edit.start : edit.end] = False
        done = edit.end
    if not done:
        return View(text, Alignment(range(len(text)), range(1, len(text) + 1)))
    parts.append(text[done:])
    kept[places] = True
    starts = np.flatnonzero(kept).astype(np.uint32)
    firsts, lasts = array("I"), array("I")
    firsts.frombytes(starts.tobytes())
    lasts.frombytes((starts + 1).tobytes())
    return View("".join(parts), Alignment(firsts, lasts))
