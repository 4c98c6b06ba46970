"""The one office of this process: pages and routes work on the same store, engine and settings."""

from __future__ import annotations

import copyreg
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any, NamedTuple

from review import casework, paths, pipeline, store
from review.calendar import china_day
from review.casework import Office, negative


class _Opened(NamedTuple):
    """An office and what it was opened for: when one of these changes, its rules may be out of date."""

    home: Path
    day: date  # which provisions and entries of the negative list are in force
    edition: str  # of the negative list, which any process on the same database may change
    office: Office


_opening = Lock()
_opened: list[_Opened] = []


def office() -> Office:
    """Return the office of ``paths.home()`` with the rules in force now; loading rules and models takes a moment.

    Each call reads one row of the database, so that an entry which another process saved to the negative list holds
    here from the next request on.
    """
    known = _current()
    if known is None:
        with _opening:
            known = _current() or _open(_opened[0] if _opened else None)
            _opened[:] = [known]
    return known.office


def _today() -> date:
    return china_day(datetime.now(UTC))


def _current() -> _Opened | None:
    """Return what was opened last, unless folder, day or negative list have changed since."""
    known = _opened[0] if _opened else None
    if known is None or (known.home, known.day) != (paths.home(), _today()):
        return None
    return known if negative.edition(known.office.store) == known.edition else None


def _open(known: _Opened | None) -> _Opened:
    home, day = paths.home(), _today()
    kept = known.office.store if known and known.home == home else store.open_store(home)
    edition = negative.edition(kept)  # first: what is saved from here on is found by the next call
    own = negative.write_pack(kept)
    engine = pipeline.engine(extra=(own,) if own.is_dir() else (), review_date=day)
    return _Opened(home, day, edition, casework.open_office(home, engine=engine, store=kept))


def _view(table: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(table)


# A rule pack holds read-only views, which pickle does not know; publishing sends the pack to a limited child process.
copyreg.pickle(MappingProxyType, lambda view: (_view, (dict(view),)))
