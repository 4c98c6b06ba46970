"""A cheap look at every passage, so that only those that may reach the threshold of reminders are read in full.

The sieve is a linear model over a passage's characters, pairs and triples of characters, fitted to the scores of the
full model. It works on whole numbers: its sums are the same on every machine and in every batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from review.detectors._features import fold

Ints = NDArray[np.int64]
Places = NDArray[np.uint32]

BITS: Final = 18
COLUMNS: Final = 1 << BITS
LONGEST: Final = 3  # characters of a gram; no passage is shorter
STEP: Final = 1e-3  # of the weights

_TURN: Final = np.uint32(65599)
_MIX: Final = np.uint32(0x9E3779B1)
_SHIFT: Final = np.uint32(32 - BITS)


@dataclass(frozen=True, slots=True, eq=False)
class Sieve:
    """A passage of ``n`` characters goes on where the weights of its grams sum to ``least`` times the root of n."""

    weights: NDArray[np.int16] = field(repr=False)  # (COLUMNS,), in ``STEP``
    least: float  # in ``STEP``

    def passing(self, text: str, starts: Ints, ends: Ints) -> NDArray[np.bool_]:
        """Say which passages ``text[start:end]`` go on; each has at least ``LONGEST`` characters."""
        total = np.zeros(len(starts), np.int64)
        for size, column in enumerate(columns(text)):
            sums = np.zeros(len(column) + 1, np.int64)
            np.cumsum(self.weights[column], out=sums[1:])
            total += sums[ends - size] - sums[starts]
        enough: NDArray[np.bool_] = total >= self.least * np.sqrt(ends - starts)
        return enough


def columns(text: str) -> Iterator[Places]:
    """Yield the columns of the single characters of a text, of its pairs and of its triples, by where they begin."""
    codes = fold(text).astype(np.uint32)
    gram = codes
    yield gram * _MIX >> _SHIFT
    for size in range(1, LONGEST):
        gram = gram[:-1] * _TURN + codes[size:]
        yield gram * _MIX >> _SHIFT
