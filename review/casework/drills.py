"""教育培训: who practised on what, and how well. Only counts: the drafts are the product's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from review import store
from review.calendar import china_day
from review.casework.office import Office, person
from review.errors import InputError
from review.workflow import OFFICE_TABLE, Step

_KIND = "practised"


@dataclass(frozen=True, slots=True)
class Drills:
    """One person's record. ``best`` and ``mean`` are percent of paragraphs judged rightly."""

    actor: str
    times: int
    drafts: int  # different ones
    best: int
    mean: int
    last: date


def practised(office: Office, actor: str, draft: str, right: int, total: int) -> None:
    """Put one finished practice on record; ``draft`` is the built-in draft's file stem."""
    person(office, actor)
    if not 0 <= right <= total or not total:
        raise InputError("练习成绩不正确。")
    payload = {"draft": draft, "right": right, "total": total}
    with office.store.write() as tx:
        store.append(office.store, tx, case="", actor=actor, kind=_KIND, payload=payload)


def drills(office: Office, actor: str) -> tuple[Drills, ...]:
    """Return the record a person may see: everybody's with a role that reads statistics, else one's own."""
    everybody = bool(person(office, actor).roles & OFFICE_TABLE[Step.STATISTICS])
    found: dict[str, list[tuple[str, float, date]]] = {}
    with office.store.read() as tx:
        for event in store.events(tx, ""):
            if event.kind == _KIND and (everybody or event.actor == actor):
                share = event.payload["right"] / event.payload["total"]
                found.setdefault(event.actor, []).append((event.payload["draft"], share, china_day(event.at)))
    return tuple(
        Drills(
            actor=name,
            times=len(taken),
            drafts=len({draft for draft, *_ in taken}),
            best=round(100 * max(share for _, share, _ in taken)),
            mean=round(100 * sum(share for _, share, _ in taken) / len(taken)),
            last=max(day for *_, day in taken),
        )
        for name, taken in sorted(found.items())
    )
