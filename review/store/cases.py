"""The case list: a projection of each case, written with its events, and the running number of the year."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from review.store.connect import Transaction
from review.store.tables import case_row


@dataclass(frozen=True, slots=True)
class Line:
    """One row of ``case_row``: plain strings, days as ISO dates or "", ``details`` a vault id."""

    id: str
    seq: int
    stage: str
    owner: str
    unit: str
    assignee: str
    opened: str
    moved: str
    loud: int
    done: int
    attribute: str
    due: str
    warn_on: str
    details: str
    purged: bool


def next_number(tx: Transaction, year: int) -> str:
    """Return the next 审查编号 of a year, such as 2026-000012; call it inside the write transaction that uses it."""
    last = tx.execute(sa.select(sa.func.max(case_row.c.id)).where(case_row.c.id.like(f"{year}-%"))).scalar()
    return f"{year}-{int(last.split('-')[1]) + 1 if last else 1:06d}"


_OVERWRITE = case_row.update().where(case_row.c.id == sa.bindparam("known"))


def save(tx: Transaction, line: Line) -> None:
    """Write or overwrite the projection of a case."""
    values = asdict(line)
    if not tx.execute(_OVERWRITE, {**values, "known": line.id}).rowcount:
        tx.execute(case_row.insert(), values)


def lines(
    tx: Transaction,
    *,
    stages: Collection[str] = (),
    people: Collection[str] = (),
    units: Collection[str] = (),
    unit: str = "",
    due_before: str = "",
    warned_by: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> Iterator[Line]:
    """Yield case rows, newest first. ``people`` (owner or assignee) and ``units`` are joined by *or*: what a person
    may see; the other filters narrow that down."""
    query = sa.select(case_row).order_by(case_row.c.id.desc()).offset(offset)
    seen = [case_row.c.owner.in_(people), case_row.c.assignee.in_(people)] if people else []
    if units:
        seen.append(case_row.c.unit.in_(units))
    if seen:
        query = query.where(sa.or_(*seen))
    if stages:
        query = query.where(case_row.c.stage.in_(stages))
    if unit:
        query = query.where(case_row.c.unit == unit)
    if due_before:
        query = query.where(case_row.c.due != "", case_row.c.due < due_before)
    if warned_by:
        near = sa.and_(case_row.c.warn_on != "", case_row.c.warn_on <= warned_by)
        query = query.where(case_row.c.due != "", sa.or_(near, case_row.c.due < warned_by))
    if limit is not None:
        query = query.limit(limit)
    for row in tx.execute(query):
        yield Line(**row._mapping)


def ids(tx: Transaction) -> tuple[str, ...]:
    """Return the ids of all cases, oldest first."""
    return tuple(tx.execute(sa.select(case_row.c.id).order_by(case_row.c.id)).scalars())
