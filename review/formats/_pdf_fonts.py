"""stub"""

from __future__ import annotations

from collections.abc import Mapping

import pikepdf


def prune(pdf: pikepdf.Pdf, used: Mapping[tuple[int, int], tuple[set[int], set[int]]]) -> frozenset[tuple[int, int]]:
    return frozenset()
