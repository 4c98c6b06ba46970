"""Guess which genre a draft is, and say why: title, first words, section words, table headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from review.types import UNKNOWN_GENRE, VISIBLE, Document, Genre, GenreGuess, RulePack

# How much one matching cue of each kind adds. A title says more than a word in passing.
_WEIGHTS: Mapping[str, float] = {"title": 4.0, "head": 1.0, "section": 0.5, "field": 1.5}
_NAMES: Mapping[str, str] = {"title": "标题", "head": "开头用语", "section": "章节用语", "field": "表头"}
_TITLE_LINES = 6
_HEAD_CHARS = 900
_ENOUGH = 2.0


@lru_cache(maxsize=4096)
def _cues(patterns: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[re.Pattern[str], ...]]:
    """Return the cues that are plain words, as most are, and the others compiled."""
    words = tuple(pattern for pattern in patterns if pattern == re.escape(pattern))
    return words, tuple(re.compile(pattern) for pattern in patterns if pattern not in words)


def _places(patterns: tuple[str, ...], text: str) -> Iterator[int]:
    """Yield where each cue that stands in a text first does."""
    words, others = _cues(patterns)
    for word in words:
        if word in text:
            yield text.index(word)
    for other in others:
        if match := other.search(text):
            yield match.start()


def guess(document: Document, pack: RulePack) -> GenreGuess:
    """Return the best genre with its score (0…1) and reasons in Chinese, or ``UNKNOWN_GENRE``."""
    lines = _visible_lines(document)
    parts = {
        "title": "\n".join(_titles(lines)),
        "head": "\n".join(lines)[:_HEAD_CHARS],
        "section": "\n".join(lines),
        "field": "\n".join(_headers(document)),
    }
    best, best_score = "", 0.0
    best_reasons: tuple[str, ...] = ()
    for genre in pack.genres.values():
        score, reasons = _score(genre, parts)
        if score > best_score:
            best, best_score, best_reasons = genre.id, score, reasons
    if best_score < _ENOUGH:
        return UNKNOWN_GENRE
    return GenreGuess(best, round(best_score / (best_score + _ENOUGH), 3), best_reasons)


def _score(genre: Genre, parts: Mapping[str, str]) -> tuple[float, tuple[str, ...]]:
    total = 0.0
    reasons: list[str] = []
    for kind, patterns in genre.cues.items():
        text = parts[kind]
        if not text:
            continue
        if kind == "title":  # the first line is the title; what stands lower weighs less
            hits = max((_WEIGHTS[kind] / (1 + text.count("\n", 0, at)) for at in _places(patterns, text)), default=0.0)
        else:
            hits = _WEIGHTS[kind] * sum(1 for _ in _places(patterns, text))
        if hits:
            total += min(hits, 2 * _WEIGHTS["title"] if kind == "title" else 3 * _WEIGHTS[kind])
            reasons.append(f"{_NAMES[kind]}符合“{genre.title}”")
    return total, tuple(reasons)


def _visible_lines(document: Document) -> list[str]:
    """Return the first visible lines: a genre shows itself early, and long files need not be read whole."""
    lines: list[str] = []
    length = 0
    for block in document.blocks:
        if block.zone not in VISIBLE:
            continue
        words = document.text[block.span.start : block.span.end].strip()
        if words:
            lines.append(words)
            length += len(words)
        if length > 20_000:
            break
    return lines


def _titles(lines: list[str]) -> list[str]:
    """Return what may be a title among the first lines: short, and not a sentence."""
    return [line for line in lines[:_TITLE_LINES] if len(line) <= 90 and not line.endswith(("。", ";", "；"))]


def _headers(document: Document) -> list[str]:
    """Return the cells of the first two rows of each table."""
    return [
        document.text[block.span.start : block.span.end].strip()
        for block in document.blocks
        if block.cell is not None and block.cell.row < 2
    ]
