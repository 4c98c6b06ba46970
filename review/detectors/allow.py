"""Allow-rules A1–A20: drop flags of marks and key words that the law or plain sense lets pass.

Also gives each flag the severity that its genre asks for. A personal value is never dropped: the pack refuses
allow-rules that name such a type.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from review.detectors import _conditions
from review.detectors._page import Page
from review.types import Allow, Context, Document, Flag, Genre, Severity, Span

# A guessed genre lowers a severity only where its title was recognised; a chosen one has the score 1.
_SURE = 0.6


def suppress(document: Document, flags: Sequence[Flag], context: Context) -> tuple[Flag, ...]:
    """Return the flags that stay. One is dropped where, at each of its spans, a condition of an allow-rule holds."""
    genre = context.pack.genres.get(context.genre.id)
    allows = _by_type(context.pack.allows.values(), genre)
    page = Page(document)
    kept = [
        flag
        for flag in flags
        if not (flag.spans and all(released(page, span, allows.get(flag.type, ()), context) for span in flag.spans))
    ]
    if genre is None or context.genre.score < _SURE:
        return tuple(kept)
    return tuple(_in_genre(flag, genre) for flag in kept)


def released(page: Page, span: Span, allows: Iterable[Allow], context: Context) -> bool:
    """Does one of ``allows`` let the text at ``span`` pass?"""
    return any(_conditions.holds_any(allow.when, page, span, context) for allow in allows)


def lets_pass(document: Document, span: Span, allowed: Allow, context: Context) -> bool:
    """Is one allow-rule in force in this genre, and does it let the text at ``span`` pass?"""
    genre = context.pack.genres.get(context.genre.id)
    return _in_force(allowed, genre) and released(Page(document), span, [allowed], context)


def _by_type(allows: Iterable[Allow], genre: Genre | None) -> Mapping[str, Sequence[Allow]]:
    """The allow-rules in force, by the flag type that they may drop. ``A2b`` is a part of A2."""
    found: dict[str, list[Allow]] = defaultdict(list)
    for allow in allows:
        if not _in_force(allow, genre):
            continue
        for kind in allow.types:
            found[kind].append(allow)
    return found


def _in_force(allow: Allow, genre: Genre | None) -> bool:
    return not allow.switched or (genre is not None and allow.id.rstrip("abc") in genre.allows)


def _in_genre(flag: Flag, genre: Genre) -> Flag:
    """A probable mark stays what it is, whatever the genre."""
    severity = genre.severity.get(flag.type)
    if severity is None or flag.severity is Severity.CRITICAL:
        return flag
    return replace(flag, severity=severity)
