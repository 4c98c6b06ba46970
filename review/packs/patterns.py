"""Bring what a rule writer types into the shape of normalised document text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import re2

_FLAGS = re.compile(r"\(\?[A-Za-z-]+\)")
_CLASS = re.compile(r"\[:\^?[a-z]+:\]")
# Characters that mean something in a pattern; a full-width twin stands for the character itself.
_SPECIAL = frozenset(r"\.+*?()|[]{}^$-&~#")


class BadPattern(ValueError):
    """A pattern that RE2 does not accept. The message is for the rule writer."""


@lru_cache(maxsize=4096)
def pattern(written: str) -> str:
    """Return ``written`` with full-width forms replaced as in document text, escaped where needed.

    Raises ``BadPattern`` where RE2, which guarantees linear time, does not compile the result, and where the
    engines that run a pattern read it differently: inline flags, POSIX classes.
    """
    if _FLAGS.search(written):
        raise BadPattern("不能用 (?i) 这类行内开关，请写成带范围的 (?i:…)")
    if _CLASS.search(written):
        raise BadPattern("不能用 [:alpha:] 这类字符类，请直接写范围，如 [A-Za-z]")
    normal = _plain_colons("".join(_fold(char, escaped=True) for char in written))
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(normal, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        reason = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise BadPattern(f"正则不被 RE2 接受（{reason}）；不能用环视、反向引用和 \\b") from error
    return normal


def term(written: str) -> str:
    """Return a literal term as it reads in document text."""
    return "".join(_fold(char, escaped=False) for char in written).strip()


def _plain_colons(written: str) -> str:
    """Escape colons in brackets: hyperscan takes ``[:`` for the start of a POSIX class."""
    out = []
    inside = escaped = False
    for char in written:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif inside:
            inside = char != "]"
            if char == ":":
                out.append("\\")
        else:
            inside = char == "["
        out.append(char)
    return "".join(out)


def _fold(char: str, *, escaped: bool) -> str:
    if char.isascii():
        return char
    folded = unicodedata.normalize("NFKC", char)
    if folded == char:
        return char
    return "".join("\\" + c if escaped and c in _SPECIAL else c for c in folded)


def escape(term: str) -> str:
    """Return the pattern that matches ``term`` literally."""
    return "".join("\\" + char if char in _SPECIAL else char for char in term)
