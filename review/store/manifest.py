"""The manifest of a ``review scan``: one row a file. It is the truth about what is done; workers only report to it.

    enter(store, "2026-11", paths) → waiting(...) → record(store, "2026-11", [Outcome(...)]) → results(...)

A file waits until it was tried; ``reset`` lets it wait again. Which scan, under which rules: ``store.scans``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from review.store.connect import Store
from review.store.tables import manifest, scan

WAITING, DONE, FAILED = "waiting", "done", "failed"

_OF_FILE = (manifest.c.batch == sa.bindparam("of")) & (manifest.c.path == sa.bindparam("file"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. ``result``: JSON of the masked report, or of the error row."""

    path: str
    sha256: str
    status: str  # done, failed
    result: str = field(repr=False)
    stamp: str = ""  # what the file system said of the file before it was read
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """How a file was when it was last tried."""

    sha256: str
    stamp: str
    status: str


def enter(store: Store, batch: str, paths: Iterable[str]) -> None:
    """Enter files; those that are there already stay as they are."""
    with store.write() as tx:
        known = set(tx.execute(sa.select(manifest.c.path).where(manifest.c.batch == batch)).scalars())
        now = datetime.now(UTC).isoformat()
        fresh = [
            {
                "batch": batch,
                "path": path,
                "sha256": "",
                "stamp": "",
                "status": WAITING,
                "attempts": 0,
                "result": "",
                "updated": now,
            }
            for path in dict.fromkeys(paths)
            if path not in known
        ]
        if fresh:
            tx.execute(manifest.insert(), fresh)


def waiting(store: Store, batch: str) -> frozenset[str]:
    """Return the paths still to be done."""
    query = sa.select(manifest.c.path).where(manifest.c.batch == batch, manifest.c.status == WAITING)
    with store.read() as tx:
        return frozenset(tx.execute(query).scalars())


def tried(store: Store, batch: str) -> dict[str, Tried]:
    """Return path → how it was, of every file that was done or failed."""
    columns = (manifest.c.path, manifest.c.sha256, manifest.c.stamp, manifest.c.status)
    query = sa.select(*columns).where(manifest.c.batch == batch, manifest.c.status != WAITING)
    with store.read() as tx:
        return {path: Tried(*rest) for path, *rest in tx.execute(query)}


def reset(store: Store, batch: str, paths: Iterable[str] | None = None) -> None:
    """Let files (default: all of the scan) wait again, as if never done."""
    again = {"status": WAITING, "attempts": 0, "result": ""}
    with store.write() as tx:
        if paths is None:
            tx.execute(manifest.update().where(manifest.c.batch == batch).values(again))
        elif rows := [{"of": batch, "file": path} for path in paths]:
            tx.execute(manifest.update().where(_OF_FILE).values(again), rows)


def restamp(store: Store, batch: str, stamps: Mapping[str, str]) -> None:
    """Note new stamps of files whose content is what it was."""
    if rows := [{"of": batch, "file": path, "new": stamp} for path, stamp in stamps.items()]:
        with store.write() as tx:
            tx.execute(manifest.update().where(_OF_FILE).values(stamp=sa.bindparam("new")), rows)


def record(store: Store, batch: str, outcomes: Iterable[Outcome], *, flagged: int = 0) -> None:
    """Write what became of some files, and count them in the scan's row, all in one transaction: acknowledged is
    kept. ``flagged``: how many of them must be looked at."""
    now = datetime.now(UTC).isoformat()
    rows = [
        {"of": batch, "file": one.path, "s": one.sha256, "st": one.status, "r": one.result, "m": one.stamp}
        for one in outcomes
    ]
    with store.write() as tx:
        if rows:
            change = manifest.update().where(_OF_FILE)
            values: dict[str, Any] = {
                "sha256": sa.bindparam("s"),
                "status": sa.bindparam("st"),
                "result": sa.bindparam("r"),
                "stamp": sa.bindparam("m"),
                "attempts": manifest.c.attempts + 1,
                "updated": now,
            }
            tx.execute(change.values(values), rows)
        tx.execute(
            scan.update()
            .where(scan.c.name == batch)
            .values(
                done=scan.c.done + len(rows),
                failed=scan.c.failed + sum(row["st"] == FAILED for row in rows),
                flagged=scan.c.flagged + flagged,
                beat=now,
            )
        )


def results(store: Store, batch: str) -> Iterator[Outcome]:
    """Yield every file that was tried, in order of path."""
    columns = ("path", "sha256", "status", "result", "stamp", "attempts")
    query = (
        sa.select(*(manifest.c[name] for name in columns))
        .where(manifest.c.batch == batch, manifest.c.attempts > 0)
        .order_by(manifest.c.path)
    )
    with store.read() as tx:
        for row in tx.execute(query, execution_options={"yield_per": 500}):
            yield Outcome(*row)


def counts(store: Store, batch: str) -> dict[str, int]:
    """Return how many files stand where: ``{"waiting": …, "done": …, "failed": …}``."""
    query = sa.select(manifest.c.status, sa.func.count()).where(manifest.c.batch == batch).group_by(manifest.c.status)
    with store.read() as tx:
        found = {row[0]: row[1] for row in tx.execute(query)}
    return {status: found.get(status, 0) for status in (WAITING, DONE, FAILED)}
