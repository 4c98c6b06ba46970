"""Back up and restore a whole store. A backup is one SQLite file, whatever the store itself runs on.

The key file is not in it: keep it apart, for a backup with its key is a box with the key in the lock. Both ways end
with reading the chain: a backup that does not hold is not kept, a restore that does not hold is not put in place.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from review.audit import Anchor
from review.errors import InputError, IntegrityError
from review.store import tables
from review.store.connect import Store, connect, open_store, upgrade
from review.store.events import Verification, anchor_files, append, read_anchors, verify, write_anchor


def backup(store: Store, target: Path, actor: str) -> Anchor:
    """Write the store to ``target`` (mode 0600, whole or not at all) and return the anchor that belongs to it.

    Raises ``IntegrityError`` when the chain does not hold, ``InputError`` when ``target`` exists.
    """
    if target.exists():
        raise InputError("备份文件已存在，请换一个文件名。")
    with store.write() as tx:
        append(store, tx, case="", actor=actor, kind="backup_made", payload={})
    draft = _beside(target)
    copy = replace(store, engine=connect(f"sqlite:///{draft}"))
    try:
        upgrade(copy)
        _copy(store, copy)
        _require_whole(verify(copy), "备份")
        _settle(copy)
        os.replace(draft, target)
    finally:
        copy.engine.dispose()
        _remove(draft)
    return write_anchor(store)


def restore(source: Path, *, home: Path, actor: str, url: str = "") -> tuple[Store, Verification]:
    """Fill an empty store from a backup, with the key file in ``home``; return it and what the chain says.

    Events written after the backup are gone: the old anchors are put aside, and ``restored`` goes on record with
    the number of events that they vouch for. Raises ``InputError`` when the store is not empty.
    """
    if not source.is_file():
        raise InputError("没有找到备份文件。")
    if not (home / "key").exists():
        raise InputError("请先把原来的密钥文件 key 放回数据文件夹，再恢复备份。")
    store = open_store(home, url=url)
    with store.read() as tx:
        if tx.execute(sa.select(sa.func.count()).select_from(tables.event)).scalar_one():
            raise InputError("数据库不是空的，不能在其上恢复。请先移走原数据库文件。")
    copy = replace(store, engine=connect(f"sqlite:///{source}"))
    try:
        with copy.read() as tx:
            known = tx.execute(sa.select(tables.fact.c.value).where(tables.fact.c.name == "key")).scalar()
        if known != store.keys.check:
            raise IntegrityError("密钥文件与备份不配套，无法恢复。请放回备份当时的密钥文件。")
        _require_whole(verify(copy, ()), "备份")
        _copy(copy, store)
    finally:
        copy.engine.dispose()
    lost = _set_aside(store)
    with store.write() as tx:
        append(store, tx, case="", actor=actor, kind="restored", payload={"anchored": lost})
    write_anchor(store)
    return store, verify(store)


def _copy(source: Store, target: Store) -> None:
    """Copy all rows, parents first, in one transaction a side. Logins in progress do not travel."""
    with source.read() as out, target.write() as into:
        into.execute(tables.fact.delete())
        for table in tables.metadata.sorted_tables:
            if table in (tables.session, tables.attempt):
                continue
            rows = out.execute(sa.select(table), execution_options={"yield_per": 500})
            for part in rows.partitions(500):
                into.execute(table.insert(), [dict(row._mapping) for row in part])


def _require_whole(found: Verification, what: str) -> None:
    if not found.whole:
        first = found.breaks[0].message if found.breaks else "数据库文件损坏或保护触发器缺失"
        raise IntegrityError(f"{what}的操作日志不完整（{first}），没有继续。请用另一份备份核对。")


def _set_aside(store: Store) -> int:
    """Rename the anchor files of the time before; return the highest event that they vouch for."""
    highest = max((anchor.seq for anchor in read_anchors(store)), default=0)
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    for path in anchor_files(store):
        if path.exists():
            path.rename(path.with_name(f"{path.stem}-{stamp}{path.suffix}"))
    return highest


def _settle(copy: Store) -> None:
    """Fold the write-ahead log into the one file."""
    raw = copy.engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("pragma wal_checkpoint(truncate)")
        cursor.execute("pragma journal_mode=delete")
    finally:
        raw.close()


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}")


def _remove(draft: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)
