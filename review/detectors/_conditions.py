"""``require`` and ``unless`` of a rule: what stands around a match, the sentence's mood, genre and target."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import re2

from review.detectors._page import Page
from review.types import Context, Span

_WINDOW = 24
_SHORT = frozenset({"before", "after", "near", "inside"})  # at most some hundred characters
_LINE = 120  # characters: a row of a table, a short sentence
_FEW = 3  # a repeat of up to three is no danger

#: A condition that is checked on some text near the match: key → the text it looks at.
_LOOKS: Mapping[str, Callable[[Page, Span, int], str]] = {
    "before": Page.before,
    "after": Page.after,
    "near": lambda page, span, window: page.before(span, window) + page.slice(span) + page.after(span, window),
    "inside": lambda page, span, _window: page.slice(span),
    "sentence": lambda page, span, _window: page.slice(page.sentence(span)),
    "line": lambda page, span, _window: page.slice(page.whole_line(span)),
}
_PAGE = frozenset({"title", "document"})  # looked for in the page as a whole


def holds_all(conditions: Mapping[str, Any], page: Page, span: Span, context: Context) -> bool:
    """Do all of ``require``'s keys hold at ``span``?"""
    window = conditions.get("window", _WINDOW)
    for key, value in conditions.items():
        if key != "window" and not _holds(key, value, page, span, context, window):
            return False
    return True


def holds_any(conditions: Mapping[str, Any], page: Page, span: Span, context: Context) -> bool:
    """Does one of ``unless``'s keys hold at ``span``?"""
    window = conditions.get("window", _WINDOW)
    for key, value in conditions.items():  # noqa: SIM110 - asked of fifty thousand rows, and quicker than ``any``
        if key != "window" and _holds(key, value, page, span, context, window):
            return True
    return False


def either(patterns: Iterable[str]) -> Any:
    """One compiled RE2 pattern that finds any of ``patterns``."""
    return _either(tuple(patterns))


@lru_cache(maxsize=4096)
def nearby(patterns: tuple[str, ...]) -> Any:
    """Like ``either``, for texts of at most some hundred characters: Python's engine is much faster to call.

    It backtracks, so a pattern with a repeat inside a repeat stays with RE2.
    """
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    try:
        parsed = _parser.parse(joined)
    except re.error:
        return _either(patterns)
    return _either(patterns) if _nested(parsed, 0) else re.compile(joined, re.ASCII)


def _nested(items: Any, depth: int) -> bool:
    """Is there an open repeat inside an open repeat?"""
    for op, value in items:
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            deeper = depth + (value[1] > _FEW)
            if deeper > 1 or _nested(value[2], deeper):
                return True
        elif (op is sre.SUBPATTERN and _nested(value[3], depth)) or (
            op is sre.BRANCH and any(_nested(branch, depth) for branch in value[1])
        ):
            return True
    return False


@lru_cache(maxsize=4096)
def _either(patterns: tuple[str, ...]) -> Any:
    return re2.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _holds(key: str, value: tuple[Any, ...], page: Page, span: Span, context: Context, window: int) -> bool:
    if key == "all":
        return any(holds_all(group, page, span, context) for group in value)
    if key == "genres":
        return context.genre.id in value
    if key == "targets":
        return either(value).search(context.target) is not None
    if key == "zones":
        return page.zone_at(span.start) in value
    if key == "mood":
        return _mood(value, page, span, context)
    if key in _PAGE:
        return _anywhere(key, value, page)
    text = _LOOKS[key](page, span, window)
    find = nearby(value) if key in _SHORT or len(text) <= _LINE else _either(value)
    return find.search(text) is not None


def _anywhere(key: str, patterns: tuple[str, ...], page: Page) -> bool:
    """Does one of the patterns occur in the page's title or text? Asked once a page, whatever the number of hits."""
    known = page.answers.get((key, patterns))
    if known is None:
        text = page.head if key == "title" else page.text
        known = page.answers[key, patterns] = (nearby if len(text) <= _LINE else _either)(patterns).search(
            text
        ) is not None
    return known


def _mood(names: tuple[str, ...], page: Page, span: Span, context: Context) -> bool:
    sentence = page.slice(page.sentence(span))
    for name in names:
        if name == "quoted":
            before = page.before(span, len(page.text))
            if before.rfind("《") > before.rfind("》"):
                return True
        else:
            patterns = context.pack.moods[name]
            find = nearby(patterns) if len(sentence) <= _LINE else _either(patterns)
            if find.search(sentence) is not None:
                return True
    return False
