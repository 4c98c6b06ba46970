"""The hash chain finds every kind of tampering, and a payload cannot hold document text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from review import audit
from review.audit import Anchor
from review.errors import AuditChainBroken
from review.types import AuditEvent

KEY = b"k" * 32
START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def chain(length: int, key: bytes = KEY) -> list[AuditEvent]:
    events: list[AuditEvent] = []
    for i in range(1, length + 1):
        events.append(
            audit.seal(
                key,
                seq=i,
                prev=events[-1].hash if events else audit.GENESIS,
                case=f"2026-{i % 3:06d}",
                at=START + timedelta(minutes=i),
                actor="zhang",
                kind="decided",
                payload={"items": [["f1", "accept", "A1", "", ""]], "n": i},
            )
        )
    return events


def kinds(events: list[AuditEvent], anchors: tuple[Anchor, ...] = ()) -> list[tuple[int, str]]:
    return [(found.seq, found.kind) for found in audit.check(events, KEY, anchors)]


def test_whole_chain_has_no_breaks() -> None:
    events = chain(12)
    assert kinds(events) == []
    assert kinds(events, (Anchor(0, audit.GENESIS, START), Anchor(7, events[6].hash, START))) == []
    assert list(audit.replay(events, KEY)) == events


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "li"},
        {"case": "2026-000009"},
        {"kind": "stepped"},
        {"at": START},
        {"payload": {"items": [["f1", "redact", "A1", "", ""]], "n": 5}},
        {"payload": {}},
        {"prev": "0" * 64},
        {"hash": "0" * 64},
    ],
)
def test_any_edit_is_found(change: dict[str, object]) -> None:
    events = chain(12)
    events[4] = replace(events[4], **change)  # type: ignore[arg-type]
    assert (5, "edited") in kinds(events)


def test_edit_resealed_without_the_key_is_found() -> None:
    events = chain(12)
    forged = chain(12, key=b"x" * 32)
    events[4] = forged[4]
    assert (5, "edited") in kinds(events)


def test_deletion_in_the_middle_is_found() -> None:
    events = chain(12)
    del events[6]
    assert kinds(events) == [(7, "missing")]


def test_deletion_closed_by_renumbering_is_found() -> None:
    events = chain(12)
    del events[6]
    events[6:] = [replace(event, seq=event.seq - 1) for event in events[6:]]
    assert {seq for seq, _ in kinds(events)} == set(range(7, 12))


def test_exchange_of_two_events_is_found() -> None:
    events = chain(12)
    events[3], events[4] = events[4], events[3]
    assert [kind for _, kind in kinds(events)].count("reordered") > 0


def test_event_of_another_chain_with_the_same_key_is_found() -> None:
    other = chain(5)
    events = chain(5)
    again = audit.seal(KEY, seq=4, prev="1" * 64, case="x", at=START, actor="zhang", kind="decided", payload={})
    assert kinds([*events[:3], again, events[4]]) == [(4, "reordered"), (5, "reordered")]
    assert kinds(other) == []


def test_cut_tail_is_found_only_with_an_anchor() -> None:
    events = chain(12)
    anchor = Anchor(12, events[-1].hash, START)
    assert kinds(events[:9]) == []
    assert kinds(events[:9], (anchor,)) == [(10, "cut")]
    assert kinds([], (anchor,)) == [(1, "cut")]


def test_chain_rewritten_with_the_key_is_found_with_an_anchor() -> None:
    events = chain(12)
    anchor = Anchor(9, events[8].hash, START)
    rewritten: list[AuditEvent] = []
    for event in events:
        rewritten.append(
            audit.seal(
                KEY,
                seq=event.seq,
                prev=rewritten[-1].hash if rewritten else audit.GENESIS,
                case=event.case,
                at=event.at,
                actor="li",
                kind=event.kind,
                payload=event.payload,
            )
        )
    assert kinds(rewritten) == []
    assert kinds(rewritten, (anchor,)) == [(9, "replaced")]


def test_replay_stops_at_the_first_break() -> None:
    events = chain(6)
    events[3] = replace(events[3], actor="li")
    reading = audit.replay(events, KEY)
    assert [next(reading).seq for _ in range(3)] == [1, 2, 3]
    with pytest.raises(AuditChainBroken, match="第 4 条"):
        next(reading)


@pytest.mark.parametrize(
    "payload",
    [
        {"note": "张三的身份证号"},
        {"items": [["f1", "线路图"]]},
        {"张三": 1},
        {"note": "x" * 129},
        {"note": "line\nbreak"},
        {"data": b"bytes"},
        {"unit": "局" * 65},
        {"rate": float("nan")},
    ],
)
def test_a_payload_cannot_hold_text(payload: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        audit.canonical(payload)


def test_unit_names_of_the_office_are_allowed() -> None:
    assert audit.canonical({"unit": "教育局"}) == '{"unit":"\\u6559\\u80b2\\u5c40"}'


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError):
        audit.seal(KEY, seq=1, prev=audit.GENESIS, case="", at=datetime(2026, 1, 1), actor="a", kind="k", payload={})


def test_every_kind_has_a_message_that_names_the_place() -> None:
    for kind in ("edited", "missing", "reordered", "cut", "replaced"):
        assert "第 7 条" in audit.Break(7, kind).message
