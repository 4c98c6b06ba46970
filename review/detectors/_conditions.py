"""``require`` and ``unless`` of a rule: what stands around a match, the sentence's mood, genre and target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from review.detectors._page import Page
from review.detectors._search import occurs
from review.types import Context, Span

_WINDOW = 24

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


def _holds(key: str, value: tuple[Any, ...], page: Page, span: Span, context: Context, window: int) -> bool:
    if key == "all":
        return any([holds_all(group, page, span, context) for group in _possible(value, page)])  # noqa: C419 - few
    if key == "genres":
        return context.genre.id in value
    if key == "targets":
        return occurs(value, context.target)
    if key == "zones":
        return page.zone_at(span.start) in value
    if key == "mood":
        return _mood(value, page, span, context)
    if key in _PAGE:
        return _anywhere(key, value, page)
    return occurs(value, _LOOKS[key](page, span, window))


def _possible(groups: tuple[Mapping[str, Any], ...], page: Page) -> tuple[Mapping[str, Any], ...]:
    """Return the groups of conditions that may hold somewhere on the page: what they ask of it as a whole holds."""
    known = page.possible.get(id(groups))  # of a rule, which outlives the page
    if known is None:
        known = tuple(g for g in groups if all(_anywhere(key, g[key], page) for key in _PAGE & g.keys()))
        page.possible[id(groups)] = known
    return known


def _anywhere(key: str, patterns: tuple[str, ...], page: Page) -> bool:
    """Does one of the patterns occur in the page's title or text? Asked once a page, whatever the number of hits."""
    known = page.answers.get((key, patterns))
    if known is None:
        known = page.answers[key, patterns] = occurs(patterns, page.head if key == "title" else page.text)
    return known


def _mood(names: tuple[str, ...], page: Page, span: Span, context: Context) -> bool:
    sentence = page.slice(page.sentence(span))
    for name in names:
        if name == "quoted":
            before = page.before(span, len(page.text))
            if before.rfind("《") > before.rfind("》"):
                return True
        elif occurs(context.pack.moods[name], sentence):
            return True
    return False
