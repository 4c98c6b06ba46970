"""The manifest of a ``review scan``: one row a file. It is the truth about what is done; workers only report to it.

    add(store, "2026-11", paths) → waiting(...) → record(store, "2026-11", [Outcome(...)]) → results(...)

A file is waiting while it was never done with this content, these rules and these models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from review.store.connect import Store
from review.store.tables import manifest

WAITING, DONE, FAILED = "waiting", "done", "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. ``result``: JSON of the masked report, or of the error row."""

    path: str
    sha256: str
    status: str  # done, failed
    result: str = field(repr=False)
    attempts: int = 0


def add(store: Store, batch: str, paths: Sequence[str], *, pack: str, models: str) -> int:
    """Enter files; return how many are waiting. Rows done with other rules or models wait again."""
    with store.write() as tx:
        known = set(tx.execute(sa.select(manifest.c.path).where(manifest.c.batch == batch)).scalars())
        now = datetime.now(UTC).isoformat()
        fresh = [
            {
                "batch": batch,
                "path": path,
                "sha256": "",
                "pack": pack,
                "models": models,
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
        old = (manifest.c.pack != pack) | (manifest.c.models != models)
        tx.execute(
            manifest.update()
            .where(manifest.c.batch == batch, old)
            .values(status=WAITING, attempts=0, pack=pack, models=models, updated=now)
        )
        waits = sa.select(sa.func.count()).where(manifest.c.batch == batch, manifest.c.status == WAITING)
        return tx.execute(waits).scalar_one()


def waiting(store: Store, batch: str, *, most_attempts: int = 3) -> tuple[str, ...]:
    """Return the paths still to be done, those that failed fewer than ``most_attempts`` times included."""
    again = (manifest.c.status == FAILED) & (manifest.c.attempts < most_attempts)
    query = (
        sa.select(manifest.c.path)
        .where(manifest.c.batch == batch, (manifest.c.status == WAITING) | again)
        .order_by(manifest.c.attempts, manifest.c.path)
    )
    with store.read() as tx:
        return tuple(tx.execute(query).scalars())


def done(store: Store, batch: str) -> dict[str, str]:
    """Return path → SHA-256 of what is done: a file whose bytes changed since is entered again by ``reset``."""
    query = sa.select(manifest.c.path, manifest.c.sha256).where(manifest.c.batch == batch, manifest.c.status == DONE)
    with store.read() as tx:
        return {row.path: row.sha256 for row in tx.execute(query)}


def reset(store: Store, batch: str, paths: Iterable[str]) -> None:
    """Let files wait again, as if never done."""
    with store.write() as tx:
        for path in paths:
            tx.execute(
                manifest.update()
                .where(manifest.c.batch == batch, manifest.c.path == path)
                .values(status=WAITING, attempts=0, result="")
            )


def record(store: Store, batch: str, outcomes: Iterable[Outcome]) -> None:
    """Write what became of some files, all in one transaction: acknowledged is kept."""
    now = datetime.now(UTC).isoformat()
    with store.write() as tx:
        for outcome in outcomes:
            tx.execute(
                manifest.update()
                .where(manifest.c.batch == batch, manifest.c.path == outcome.path)
                .values(
                    sha256=outcome.sha256,
                    status=outcome.status,
                    result=outcome.result,
                    attempts=manifest.c.attempts + 1,
                    updated=now,
                )
            )


def results(store: Store, batch: str) -> Iterator[Outcome]:
    """Yield every file that was tried, in order of path."""
    columns = (manifest.c.path, manifest.c.sha256, manifest.c.status, manifest.c.result, manifest.c.attempts)
    query = sa.select(*columns).where(manifest.c.batch == batch, manifest.c.attempts > 0).order_by(manifest.c.path)
    with store.read() as tx:
        for row in tx.execute(query, execution_options={"yield_per": 500}):
            yield Outcome(*row)


def counts(store: Store, batch: str) -> dict[str, int]:
    """Return how many files stand where: ``{"waiting": …, "done": …, "failed": …}``."""
    query = sa.select(manifest.c.status, sa.func.count()).where(manifest.c.batch == batch).group_by(manifest.c.status)
    with store.read() as tx:
        found = {row[0]: row[1] for row in tx.execute(query)}
    return {status: found.get(status, 0) for status in (WAITING, DONE, FAILED)}
