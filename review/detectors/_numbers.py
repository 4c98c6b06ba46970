"""Numbers of the digits view as whole candidates: a rule never sees a piece of a longer number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from review.detectors._page import Page
from review.types import Span

_NUMBER = re.compile(r"[0-9]\d{6,27}X?")  # the first digit by itself: the engine then looks for nothing else
#: One or two digits that follow a citizen number after a space: 残疾人证号 is the number, a kind and a degree.
_TAIL = re.compile(r" ?(\d{1,2})(?!\d)")
_IDENTITY = 18


@dataclass(frozen=True, slots=True)
class Number:
    """``digits`` without separators (a last X is upper case) and the text span it stands at."""

    digits: str = field(repr=False)
    span: Span


def numbers(page: Page) -> Iterator[Number]:
    """Yield every number of 7 to 28 digits, and an 18-digit one once more with its tail."""
    text, starts, ends = page.view("digits")
    for match in _NUMBER.finditer(text):
        span = _with_plus(page.text, Span(starts[match.start()], ends[match.end() - 1]))
        yield Number(match[0], span)
        if len(match[0]) == _IDENTITY:
            tail = _TAIL.match(text, match.end())
            if tail:
                yield Number(match[0] + tail[1], Span(span.start, ends[tail.end() - 1]))


def _with_plus(text: str, span: Span) -> Span:
    """Take the plus sign of a country code in."""
    return Span(span.start - 1, span.end) if text[max(0, span.start - 1) : span.start] == "+" else span
