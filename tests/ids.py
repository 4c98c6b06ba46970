"""Fictional ID numbers with a valid check character."""

from __future__ import annotations

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(number: int) -> str:
    """Return an 18-character number of a county in 安徽, birth year 1950–1999."""
    day, month, year = number % 28 + 1, number // 28 % 12 + 1, 1950 + number // 336 % 50
    body = f"341221{year}{month:02d}{day:02d}{number % 999:03d}"
    return body + "10X98765432"[sum(int(a) * b for a, b in zip(body, _WEIGHTS, strict=True)) % 11]
