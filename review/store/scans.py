"""Scans by name: what each scans, under which edition of rules and models, and how far it is.

``manifest.record`` moves the counters of a scan in the same transaction as the rows of its files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from review.store.connect import Store
from review.store.tables import scan


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan. ``found`` files, ``todo`` of them in the last run; ``done``, ``failed`` and ``flagged`` count that run.

    ``edition`` digests what results depend on besides the files; ``listing`` digests which files there were and their
    stamps. ``ended`` is None until the last run has checked everything.
    """

    name: str
    folders: tuple[str, ...]
    target: str
    actor: str
    edition: str
    listing: str
    found: int
    todo: int
    done: int
    failed: int
    flagged: int
    started: datetime
    beat: datetime
    ended: datetime | None


def get(store: Store, name: str) -> Scan | None:
    """Return a scan, or None where there is none of that name."""
    with store.read() as tx:
        row = tx.execute(sa.select(scan).where(scan.c.name == name)).first()
    return None if row is None else _scan(row)


def all_scans(store: Store) -> tuple[Scan, ...]:
    """Return every scan, the latest first."""
    with store.read() as tx:
        return tuple(_scan(row) for row in tx.execute(sa.select(scan).order_by(scan.c.started.desc())))


def begin(
    store: Store, name: str, folders: Sequence[str], *, target: str, actor: str, edition: str, found: int, todo: int
) -> None:
    """Enter a scan, or a new run of it: counters at nought, not ended, ``listing`` unknown."""
    now = datetime.now(UTC).isoformat()
    values = {
        "folders": json.dumps(list(folders), ensure_ascii=False),
        "target": target,
        "actor": actor,
        "edition": edition,
        "listing": "",
        "found": found,
        "todo": todo,
        "done": 0,
        "failed": 0,
        "flagged": 0,
        "started": now,
        "beat": now,
        "ended": "",
    }
    with store.write() as tx:
        if not tx.execute(scan.update().where(scan.c.name == name).values(values)).rowcount:
            tx.execute(scan.insert().values(name=name, **values))


def end(store: Store, name: str, listing: str) -> None:
    """Note that a run has checked and reported everything."""
    now = datetime.now(UTC).isoformat()
    with store.write() as tx:
        tx.execute(scan.update().where(scan.c.name == name).values(listing=listing, beat=now, ended=now))


def _scan(row: Any) -> Scan:
    values = row._asdict()
    values["folders"] = tuple(json.loads(values["folders"]))
    values["started"], values["beat"] = (datetime.fromisoformat(values[key]) for key in ("started", "beat"))
    values["ended"] = datetime.fromisoformat(values["ended"]) if values["ended"] else None
    return Scan(**values)
