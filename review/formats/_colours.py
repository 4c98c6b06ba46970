"""When two colours look the same: text in the colour behind it is text that nobody sees."""

from __future__ import annotations

from typing import Final

ALIKE: Final = 12  # of 255, in each channel: nobody tells the two colours apart


def alike(one: str, other: str) -> bool:
    """Tell whether two RRGGBB colours look the same; whatever is not a colour looks like nothing."""
    try:
        pairs = zip(bytes.fromhex(one), bytes.fromhex(other), strict=True)
        return bool(one) and all(abs(a - b) <= ALIKE for a, b in pairs)
    except ValueError:
        return False
