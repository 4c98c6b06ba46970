"""Connections: one write transaction at a time, many readers; SQLite and PostgreSQL behave alike.

SQLite: WAL, synchronous=FULL, BEGIN IMMEDIATE for writers. PostgreSQL: an advisory lock taken first in each write
transaction. So whoever holds ``write()`` sees the newest state and nobody else changes it meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from review import paths
from review.errors import IntegrityError
from review.store import tables
from review.store.keys import Keys, load_keys

#: An open transaction, passed on by callers that do not know SQLAlchemy.
Transaction = sa.Connection

_WRITERS_LOCK = 7_780_001


@dataclass(frozen=True, slots=True)
class Store:
    """A database that is open, its keys, and the folder of key file and anchors."""

    engine: sa.Engine
    keys: Keys
    home: Path

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """The one writer: all that happens inside is kept on leaving, or nothing of it."""
        with _clear_errors(), self.engine.connect().execution_options(writes=True) as tx, tx.begin():
            _lock(tx)
            yield tx

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent view that holds nobody up."""
        with _clear_errors(), self.engine.connect() as tx, tx.begin():
            yield tx


def open_store(home: Path | None = None, *, url: str = "") -> Store:
    """Open the store in ``home`` (default ``paths.home()``), creating folder, key and schema where they are missing.

    ``url`` (default ``$REVIEW_DATABASE_URL``, then SQLite in ``home``) is an SQLAlchemy address. Raises
    ``IntegrityError`` when key and database do not belong together or a newer version wrote the database.
    """
    folder = home or paths.home()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    address = url or os.environ.get("REVIEW_DATABASE_URL", "") or f"sqlite:///{folder / 'review.db'}"
    if address.startswith("postgresql://"):
        address = address.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = connect(address)
    keys = load_keys(folder / "key")
    store = Store(engine, keys, folder)
    if _revision(engine) != tables.HEAD:
        upgrade(store)
    _match_key(store)
    return store


def upgrade(store: Store) -> None:
    """Bring the schema to the newest revision (``review db upgrade``); harmless when it is there already."""
    # Alembic is slow to import and needed once a version: not on every start.
    from alembic import command
    from alembic.config import Config

    with store.write() as tx:
        revision = _revision_in(tx)
        if revision == tables.HEAD:
            return
        if revision is not None and revision > tables.HEAD:
            raise IntegrityError("数据库由更新的版本写入，请升级程序后再打开。")
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = tx
        command.upgrade(config, "head")


def connect(address: str) -> sa.Engine:
    """Return an SQLAlchemy engine with our pragmas; an SQLite file is made with mode 0600."""
    if not address.startswith("sqlite"):
        return sa.create_engine(address, hide_parameters=True, pool_pre_ping=True)
    database = sa.make_url(address).database
    if database:
        os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))
    engine = sa.create_engine(address, hide_parameters=True, connect_args={"timeout": 30})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late
    for pragma in (
        "busy_timeout=30000",
        "journal_mode=wal",
        "synchronous=full",
        "secure_delete=on",
        "foreign_keys=on",
    ):
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(tx: Transaction) -> None:
    tx.exec_driver_sql("BEGIN IMMEDIATE" if tx.get_execution_options().get("writes") else "BEGIN")


def _lock(tx: Transaction) -> None:
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql(f"select pg_advisory_xact_lock({_WRITERS_LOCK})")


@contextmanager
def _clear_errors() -> Iterator[None]:
    """A full disk, a lost server or a broken file is the operator's matter: say so, without any statement."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InternalError, sa.exc.DatabaseError) as error:
        if isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError | sa.exc.DataError):
            raise
        cause = type(error.orig).__name__ if error.orig else type(error).__name__
        raise IntegrityError(
            f"数据库读写失败（{cause}）：可能磁盘已满、文件损坏或服务中断。本次操作没有保存，请检查后重试。"
        ) from None


def _revision(engine: sa.Engine) -> str | None:
    with _clear_errors(), engine.connect() as tx, tx.begin():
        return _revision_in(tx)


def _revision_in(tx: Transaction) -> str | None:
    if not sa.inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(sa.text("select version_num from alembic_version")).scalar()


def fact(tx: Transaction, name: str) -> str:
    """Return what the database says about itself under ``name``; "" where it says nothing."""
    return str(tx.execute(sa.select(tables.fact.c.value).where(tables.fact.c.name == name)).scalar() or "")


def set_fact(tx: Transaction, name: str, value: str) -> None:
    """Write such a word down, over the one before."""
    tx.execute(tables.fact.delete().where(tables.fact.c.name == name))
    tx.execute(tables.fact.insert().values(name=name, value=value))


def _match_key(store: Store) -> None:
    """A key file that does not belong to this database would make every draft unreadable: stop before writing."""
    with store.read() as tx:
        known = fact(tx, "key")
    if not known:
        with store.write() as tx:
            known = fact(tx, "key")
            if not known:
                set_fact(tx, "key", store.keys.check)
                return
    if known != store.keys.check:
        raise IntegrityError("密钥文件与数据库不配套，无法打开。请放回原来的密钥文件。")
