"""What is slow to compute and quick to check, kept in the user's cache folder from one start to the next.

An entry is found by the SHA-256 of everything it was computed from, and holds the SHA-256 of its own bytes: one
that is missing, broken, of other sources or of another owner is computed again. Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from review import files, paths

#: ``(name, sources, make)`` → what ``make()`` returns, for whoever does or does not want it kept.
Keep = Callable[[str, Iterable[bytes], Callable[[], bytes]], bytes]

_DIGEST = 32  # bytes of a SHA-256, before the content
_MOST = 12  # entries of one name: several packs, dates and versions


def on_disk(name: str, sources: Iterable[bytes], make: Callable[[], bytes]) -> bytes:
    """Return the entry ``name`` that was computed from ``sources``, computing and keeping it where it is missing.

    ``sources`` must name everything that the result depends on, the code (``code``) and library versions too. A
    folder that cannot be written costs time, nothing else.
    """
    path = paths.cache() / f"{name}-{_key(sources)}"
    kept = _read(path)
    if kept is not None:
        return kept
    content = make()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_whole(path, hashlib.sha256(content).digest() + content)
        _sweep(path.parent, name)
    return content


def never(name: str, sources: Iterable[bytes], make: Callable[[], bytes]) -> bytes:
    """Compute, keep nothing: for what is used once, as the rules of a test."""
    return make()


def code(*modules: Path) -> list[bytes]:
    """Return the version of Python and the source of modules: an entry must not outlive the code that made it."""
    return [sys.version.encode(), *(module.read_bytes() for module in modules)]


def _key(sources: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for source in sources:
        digest.update(len(source).to_bytes(8) + source)
    return digest.hexdigest()


def _read(path: Path) -> bytes | None:
    """Return the content of an entry, or None where it is missing, not ours, or not whole."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_uid != os.geteuid():
                return None
            digest, content = file.read(_DIGEST), file.read()
    except OSError:
        return None
    return content if hashlib.sha256(content).digest() == digest else None


def _sweep(folder: Path, name: str) -> None:
    """Drop the oldest entries of a name."""
    entries = sorted(folder.glob(f"{name}-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[_MOST:]:
        path.unlink(missing_ok=True)
