"""The one office of this process: pages and routes work on the same store, engine and settings."""

from __future__ import annotations

import copyreg
from functools import lru_cache
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

from review import casework, paths, pipeline
from review.casework import Office, negative

_opening = Lock()


def office() -> Office:
    """Return the office of ``paths.home()``, opened once; loading rules and models takes a moment."""
    with _opening:
        return _open(paths.home())


def renew() -> None:
    """Open the office anew: the negative list has changed, and with it the rules."""
    with _opening:
        _open.cache_clear()


@lru_cache(maxsize=1)
def _open(home: Path) -> Office:
    own = home / negative.FOLDER
    return casework.open_office(home, engine=pipeline.engine(extra=(own,) if own.is_dir() else ()))


def _view(table: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(table)


# A rule pack holds read-only views, which pickle does not know; publishing sends the pack to a limited child process.
copyreg.pickle(MappingProxyType, lambda view: (_view, (dict(view),)))
