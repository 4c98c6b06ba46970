"""Matrices and rectangles of a page: points, origin bottom left, before /Rotate."""

from __future__ import annotations

from itertools import pairwise

Matrix = tuple[float, float, float, float, float, float]
Rect = tuple[float, float, float, float]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
EVERYWHERE: Rect = (-1e9, -1e9, 1e9, 1e9)


def multiply(m: Matrix, n: Matrix) -> Matrix:
    """Return ``m`` followed by ``n``."""
    a, b, c, d, e, f = m
    g, h, i, j, k, o = n
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + o)


def moved(m: Matrix, x: float, y: float) -> Matrix:
    """Return ``m`` with its origin moved by ``x`` and ``y`` of its own units."""
    a, b, c, d, e, f = m
    return (a, b, c, d, a * x + c * y + e, b * x + d * y + f)


def spread(m: Matrix, rect: Rect) -> Rect:
    """Return the bounding box of a transformed rectangle."""
    a, b, c, d, e, f = m
    x0, y0, x1, y1 = rect
    if not b and not c:
        left, right, low, high = a * x0 + e, a * x1 + e, d * y0 + f, d * y1 + f
        return (min(left, right), min(low, high), max(left, right), max(low, high))
    xs = (a * x0 + c * y0 + e, a * x1 + c * y0 + e, a * x0 + c * y1 + e, a * x1 + c * y1 + e)
    ys = (b * x0 + d * y0 + f, b * x1 + d * y0 + f, b * x0 + d * y1 + f, b * x1 + d * y1 + f)
    return (min(xs), min(ys), max(xs), max(ys))


def bounds(m: Matrix, points: list[float]) -> Rect:
    """Return the bounding box of transformed points, ``x, y, x, y …``."""
    a, b, c, d, e, f = m
    xs = [a * x + c * y + e for x, y in zip(points[::2], points[1::2], strict=False)]
    ys = [b * x + d * y + f for x, y in zip(points[::2], points[1::2], strict=False)]
    return (min(xs), min(ys), max(xs), max(ys))


def overlap(one: Rect, two: Rect) -> Rect:
    """Return the common part; empty where ``x1 <= x0`` or ``y1 <= y0``."""
    return (max(one[0], two[0]), max(one[1], two[1]), min(one[2], two[2]), min(one[3], two[3]))


def turned(box: Rect, turn: int) -> Rect:
    """Return a box of user space on the page displayed with clockwise ``turn`` (degrees), y down."""
    x0, y0, x1, y1 = box
    if turn == 90:
        return (y0, x0, y1, x1)
    if turn == 180:
        return (-x1, y0, -x0, y1)
    if turn == 270:
        return (-y1, -x1, -y0, -x0)
    return (x0, -y1, x1, -y0)


def line_angle(x: float, y: float, size: float) -> int:
    """Return the direction of a line of text: 0, 90, 180, 270, or 1 for any other."""
    if size < 0:
        x, y = -x, -y
    if abs(y) <= 0.02 * abs(x):
        return 0 if x >= 0 else 180
    if abs(x) <= 0.02 * abs(y):
        return 90 if y > 0 else 270
    return 1


def is_square(kind: str, points: list[float], m: Matrix) -> bool:
    """Whether a subpath of straight lines is an upright rectangle on the page."""
    if kind == "c" or len(points) not in (8, 10) or not ((not m[1] and not m[2]) or (not m[0] and not m[3])):
        return False
    ends = list(zip(points[::2], points[1::2], strict=True))
    steps = [(abs(p[0] - q[0]) < 1e-3, abs(p[1] - q[1]) < 1e-3) for p, q in pairwise(ends)]
    alternate = all(one[0] != two[0] for one, two in pairwise(steps))
    return alternate and all(level != upright for level, upright in steps)
