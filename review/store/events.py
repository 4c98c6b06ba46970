"""Append events, read them, prove the chain, write anchors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from review import audit
from review.audit import Anchor, Break
from review.store.connect import Store, Transaction
from review.store.tables import GUARDS, event, receipt
from review.types import AuditEvent


def append(
    store: Store,
    tx: Transaction,
    *,
    case: str,
    actor: str,
    kind: str,
    payload: Mapping[str, Any],
    at: datetime | None = None,
) -> AuditEvent:
    """Append one event to the chain inside a write transaction. ``case`` "" is the office as a whole."""
    seq, prev = _head(tx)
    sealed = audit.seal(
        store.keys.chain,
        seq=seq + 1,
        prev=prev,
        case=case,
        at=at or datetime.now(UTC),
        actor=actor,
        kind=kind,
        payload=payload,
    )
    row = {
        "seq": sealed.seq,
        "case_id": sealed.case,
        "at": sealed.at.isoformat(),
        "actor": sealed.actor,
        "kind": sealed.kind,
        "payload": audit.canonical(sealed.payload),
        "prev": sealed.prev,
        "hash": sealed.hash,
    }
    tx.execute(event.insert(), row)
    return sealed


_NEWEST = sa.select(event.c.seq, event.c.hash).order_by(event.c.seq.desc()).limit(1)


def _head(tx: Transaction) -> tuple[int, str]:
    row = tx.execute(_NEWEST).first()
    return (row.seq, row.hash) if row else (0, audit.GENESIS)


def head(store: Store) -> Anchor:
    """Return seq and hash of the newest event: what is printed on each release certificate."""
    with store.read() as tx:
        return Anchor(*_head(tx), datetime.now(UTC))


def events(tx: Transaction, case: str | None = None, *, after: int = 0) -> Iterator[AuditEvent]:
    """Yield events in order, of one case or of all, from behind ``after``."""
    query = sa.select(event).where(event.c.seq > after).order_by(event.c.seq)
    if case is not None:
        query = query.where(event.c.case_id == case)
    # The whole chain is streamed; options belong to the statement, since a connection would keep them.
    for row in tx.execute(query, execution_options={} if case is not None else {"yield_per": 2000}):
        yield _event(row)


def _event(row: sa.Row[Any]) -> AuditEvent:
    try:
        payload, at = json.loads(row.payload), datetime.fromisoformat(row.at)
    except ValueError:
        # Not what was sealed: hand it on so that the check names it, instead of failing on it.
        payload, at = {"unreadable": True}, datetime.min.replace(tzinfo=UTC)
    return AuditEvent(row.seq, row.case_id, at, row.actor, row.kind, payload, row.prev, row.hash)


def answered(tx: Transaction, client: str, client_seq: int) -> int | None:
    """Return the event that answered a client's request before, or None."""
    query = sa.select(receipt.c.event).where(receipt.c.client == client, receipt.c.client_seq == client_seq)
    return tx.execute(query).scalar()


def answer(tx: Transaction, client: str, client_seq: int, seq: int) -> None:
    """Remember that event ``seq`` answered the request."""
    tx.execute(receipt.insert().values(client=client, client_seq=client_seq, event=seq))


# ------------------------------------------------------------------------------------------------ proof


@dataclass(frozen=True, slots=True)
class Verification:
    """What ``verify`` found. ``guarded``: the triggers are there; ``sound``: the database file is."""

    head: Anchor
    breaks: tuple[Break, ...]
    anchors: int
    guarded: bool
    sound: bool

    @property
    def whole(self) -> bool:
        return not self.breaks and self.guarded and self.sound


def verify(store: Store, anchors: Sequence[Anchor] | None = None) -> Verification:
    """Read the whole chain and compare it with the anchors (default: those of ``anchor_files``)."""
    known = read_anchors(store) if anchors is None else tuple(anchors)
    with store.read() as tx:
        breaks = audit.check(events(tx), store.keys.chain, known)
        newest = Anchor(*_head(tx), datetime.now(UTC))
        return Verification(newest, breaks, len(known), _guarded(tx), _sound(tx))


def _guarded(tx: Transaction) -> bool:
    query = {
        "sqlite": "select name from sqlite_master where type='trigger' and tbl_name='event'",
        "postgresql": "select tgname from pg_trigger where tgrelid='event'::regclass and tgenabled='O'",
    }[tx.dialect.name]
    return set(GUARDS[tx.dialect.name]) <= set(tx.exec_driver_sql(query).scalars())


def _sound(tx: Transaction) -> bool:
    return tx.dialect.name != "sqlite" or tx.exec_driver_sql("pragma integrity_check").scalar() == "ok"


def anchor_files(store: Store) -> tuple[Path, ...]:
    """Return where anchors are written: beside the key, and in ``$REVIEW_ANCHORS`` (another disk) if set."""
    second = os.environ.get("REVIEW_ANCHORS", "")
    return (store.home / "anchors.jsonl", *((Path(second),) if second else ()))


def write_anchor(store: Store) -> Anchor:
    """Write the head of the chain down outside the database; done with every publication, export and backup."""
    anchor = head(store)
    line = json.dumps({"seq": anchor.seq, "hash": anchor.hash, "at": anchor.at.isoformat()}) + "\n"
    for path in anchor_files(store):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    return anchor


def read_anchors(store: Store) -> tuple[Anchor, ...]:
    """Return all anchors that were written; a half-written last line (power cut) is passed over."""
    found: list[Anchor] = []
    for path in anchor_files(store):
        if not path.exists():
            continue
        for line in path.read_text("ascii").splitlines():
            if line.endswith("}"):
                entry = json.loads(line)
                found.append(Anchor(entry["seq"], entry["hash"], datetime.fromisoformat(entry["at"])))
    return tuple(found)
