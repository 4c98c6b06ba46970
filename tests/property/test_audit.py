"""Whatever is done to a chain, checking it against an anchor of its head finds it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from review import audit
from review.audit import Anchor
from review.types import AuditEvent

KEY = b"k" * 32
START = datetime(2026, 11, 21, tzinfo=UTC)

_plain = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | _plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_plain, inner, max_size=3),
    max_leaves=6,
)
_payloads = st.dictionaries(_plain, _values, max_size=3)


@st.composite
def chains(draw: st.DrawFn) -> list[AuditEvent]:
    events: list[AuditEvent] = []
    for i, payload in enumerate(draw(st.lists(_payloads, min_size=2, max_size=8)), 1):
        prev = events[-1].hash if events else audit.GENESIS
        at = START + timedelta(seconds=i)
        events.append(audit.seal(KEY, seq=i, prev=prev, case=draw(_plain), at=at, actor="a", kind="k", payload=payload))
    return events


@given(chains(), st.data())
def test_every_tampering_is_found(events: list[AuditEvent], data: st.DataObject) -> None:
    anchor = Anchor(len(events), events[-1].hash, START)
    assert audit.check(events, KEY, (anchor,)) == ()
    at = data.draw(st.integers(0, len(events) - 1), "at")
    match data.draw(st.sampled_from(["edit", "delete", "swap", "double", "cut"]), "how"):
        case "edit":
            other = data.draw(_payloads.filter(lambda p: p != events[at].payload), "payload")
            events[at] = replace(events[at], payload=other)
        case "delete":
            del events[at]
        case "swap":
            to = data.draw(st.integers(0, len(events) - 1).filter(lambda i: i != at), "to")
            events[at], events[to] = events[to], events[at]
        case "double":
            events.insert(at, events[at])
        case "cut":
            del events[at:]
    assert audit.check(events, KEY, (anchor,))
