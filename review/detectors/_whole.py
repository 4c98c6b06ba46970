"""What rules over whole tables ask: does the rule run in this document, does a column's header match?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from review.detectors import _conditions
from review.detectors._grid import Column
from review.detectors._page import Page
from review.types import Context, Rule, Span

#: Conditions that look at the document as a whole, not at the place of a match.
WHOLE = frozenset({"genres", "targets", "title", "document"})


def runs_here(rule: Rule, page: Page, context: Context) -> bool:
    """Do the conditions of ``rule`` that concern the whole document let it run there?"""
    require = {key: value for key, value in rule.params["require"].items() if key in WHOLE}
    unless = {key: value for key, value in rule.unless.items() if key in WHOLE}
    if not (require or unless) or not page.text:
        return not require
    start = Span(0, 1)
    return _conditions.holds_all(require, page, start, context) and not _conditions.holds_any(
        unless, page, start, context
    )


def headed(column: Column, patterns: Sequence[str]) -> bool:
    """Does the header of ``column`` match one of ``patterns``?"""
    return any_of(tuple(patterns)).search(column.header) is not None


@lru_cache(maxsize=1024)
def any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern that finds any of ``patterns``."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
