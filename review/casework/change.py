"""One change of one case: read it under the writer's lock, append events, keep texts, project. All of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from review import store, workflow
from review.calendar import china_day
from review.casework.office import Office
from review.errors import InputError
from review.store import Transaction, cases, vault
from review.types import Action, Flag, Severity, Span
from review.workflow import Case


@dataclass(slots=True)
class Change:
    """A case that is being changed; ``case`` is always folded up to the last event recorded."""

    office: Office
    tx: Transaction
    actor: str
    case: Case
    kept: dict[tuple[str, bytes], str] = field(default_factory=dict)

    def record(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Append one event to the case."""
        self.case = record(self.office, self.tx, self.case, self.actor, kind, payload)

    def keep(self, kind: str, content: str | bytes | None) -> str:
        """Put text into the vault; return its id. None gives "" (nothing to keep); equal texts share one."""
        if content is None:
            return ""
        data = content.encode() if isinstance(content, str) else content
        if (kind, data) not in self.kept:
            self.kept[kind, data] = vault.put(self.office.store, self.tx, self.case.id, kind, data)
        return self.kept[kind, data]


@contextmanager
def changing(office: Office, case_id: str, actor: str) -> Iterator[Change]:
    """Open a case for one change. Nobody else writes meanwhile; leaving with an error leaves everything as it was."""
    with office.store.write() as tx:
        change = Change(office, tx, actor, current(office, tx, case_id))
        before = change.case.version
        yield change
        if change.case.version != before:
            cases.save(tx, line(office, change.case))
    office.memory.keep_case(change.case)


def current(office: Office, tx: Transaction, case_id: str) -> Case:
    """Return the case as of this transaction; raises ``InputError`` for an unknown number."""
    known = office.memory.case(case_id)
    found = workflow.fold(store.events(tx, case_id, after=known.version if known else 0), known)
    if found is None:
        raise InputError("没有这个审查编号的送审件。")
    return found


def record(
    office: Office, tx: Transaction, case: Case | None, actor: str, kind: str, payload: Mapping[str, Any], id: str = ""
) -> Case:
    """Append an event to a case (``id`` for one that is just being opened) and fold it in."""
    event = store.append(office.store, tx, case=case.id if case else id, actor=actor, kind=kind, payload=payload)
    folded = workflow.fold([event], case)
    assert folded is not None
    return folded


def line(office: Office, case: Case) -> cases.Line:
    """Return the projection of a case for the list."""
    today = china_day(datetime.now(UTC))
    timer = workflow.urgent(workflow.timers(case, today, office.settings.limits))
    return cases.Line(
        id=case.id,
        seq=case.version,
        stage=case.stage.value,
        owner=case.owner,
        unit=case.unit,
        assignee=case.assignee,
        opened=case.opened.isoformat(),
        moved=case.stays[-1].since.isoformat(),
        loud=len(case.loud),
        done=case.done,
        attribute=case.determination.attribute.value if case.determination else "",
        due=timer.due.isoformat() if timer else "",
        warn_on=timer.warn_on.isoformat() if timer and timer.warn_on else "",
        details=case.details,
        purged=case.purged,
    )


def read_json(office: Office, tx: Transaction, item: str) -> Any:
    """Return a JSON value from the vault."""
    return json.loads(vault.get(office.store, tx, item))


def pack_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def pack_flags(flags: Sequence[Flag]) -> list[dict[str, Any]]:
    """Return flags as plain values: what the vault keeps of a scan."""
    return [
        {
            "id": f.id,
            "spans": _pairs(f.spans),
            "type": f.type,
            "rule": f.rule,
            "severity": f.severity.value,
            "message": f.message,
            "basis": list(f.basis),
            "action": f.action.value,
            "confidence": f.confidence,
            "detector": f.detector,
            "count": f.count,
            "target": f.target,
            "masking": f.masking,
            "evidence": _pairs(f.evidence),
        }
        for f in flags
    ]


def unpack_flags(rows: Sequence[Mapping[str, Any]]) -> tuple[Flag, ...]:
    """Return the flags that ``pack_flags`` packed."""
    return tuple(
        Flag(
            id=row["id"],
            spans=_spans(row["spans"]),
            type=row["type"],
            rule=row["rule"],
            severity=Severity(row["severity"]),
            message=row["message"],
            basis=tuple(row["basis"]),
            action=Action(row["action"]),
            confidence=row["confidence"],
            detector=row["detector"],
            count=row["count"],
            target=row["target"],
            masking=row["masking"],
            evidence=_spans(row["evidence"]),
        )
        for row in rows
    )


def _pairs(spans: Sequence[Span]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]


def _spans(pairs: Sequence[Sequence[int]]) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in pairs)
