"""Event hash chain: seal an event, replay a chain, check it. Pure; the store keeps the rows.

Each event carries an HMAC-SHA256 over its canonical form and the hash of the event before it, so that an edit, a
deletion in the middle or a new order is found by reading the chain once. A tail that was cut off cannot be found from
inside: for that, anchors (seq, hash) are written down at a second place. The chain shows tampering; it does not
prevent it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from review.errors import AuditChainBroken
from review.types import AuditEvent

#: What the first event names as its predecessor.
GENESIS = "0" * 64

# Ids, codes, digests and ISO times are short ASCII; anything else in a payload could be document text.
_PLAIN = re.compile(r"[\x20-\x7e]{0,128}")

# Values under these keys come from the office's own account list, never from a document, and may be Chinese.
_NAMES = frozenset({"unit"})
_NAME = re.compile(r"[^\x00-\x1f]{0,64}")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of the chain at some time, kept outside the database: ``seq`` is also the number of events."""

    seq: int
    hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the chain does not hold. ``kind``: edited, missing, reordered, cut, replaced."""

    seq: int
    kind: str

    @property
    def message(self) -> str:
        return _MESSAGES[self.kind].format(seq=self.seq)


_MESSAGES = {
    "edited": "第 {seq} 条记录被改动",
    "missing": "第 {seq} 条记录缺失",
    "reordered": "第 {seq} 条记录的次序或前后衔接被改动",
    "cut": "第 {seq} 条及以后的记录被截去（与外部锚点不符）",
    "replaced": "第 {seq} 条记录与外部锚点不符，链条可能被整体重写",
}


def canonical(payload: Mapping[str, Any]) -> str:
    """Return the one JSON form of a payload; raises ``ValueError`` for anything that could be document text."""
    _require_plain(payload)
    return json.dumps(payload, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _require_plain(value: Any) -> None:
    if isinstance(value, str):
        if not _PLAIN.fullmatch(value):
            raise ValueError("an event payload holds ids, codes and digests only")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _require_plain(key)
            if not (key in _NAMES and isinstance(item, str) and _NAME.fullmatch(item)):
                _require_plain(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _require_plain(item)
    elif not (value is None or isinstance(value, bool | int | float)):
        raise ValueError(f"an event payload cannot hold a {type(value).__name__}")


def digest(key: bytes, *, seq: int, case: str, at: datetime, actor: str, kind: str, payload: str, prev: str) -> str:
    """Return the HMAC-SHA256 (64 hex digits) of one event; ``payload`` is its canonical JSON."""
    message = json.dumps([seq, case, at.isoformat(), actor, kind, payload, prev], ensure_ascii=True)
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


def seal(
    key: bytes,
    *,
    seq: int,
    prev: str,
    case: str,
    at: datetime,
    actor: str,
    kind: str,
    payload: Mapping[str, Any],
) -> AuditEvent:
    """Return the event that follows the one whose hash is ``prev``. ``at`` must be aware (UTC)."""
    if at.tzinfo is None:
        raise ValueError("times of events are UTC")
    body = canonical(payload)
    value = digest(key, seq=seq, case=case, at=at, actor=actor, kind=kind, payload=body, prev=prev)
    return AuditEvent(seq, case, at, actor, kind, json.loads(body), prev, value)


def genuine(key: bytes, event: AuditEvent) -> bool:
    """True when the event's hash fits its own content."""
    try:
        body = canonical(event.payload)
    except ValueError:
        return False
    expected = digest(
        key,
        seq=event.seq,
        case=event.case,
        at=event.at,
        actor=event.actor,
        kind=event.kind,
        payload=body,
        prev=event.prev,
    )
    return hmac.compare_digest(expected, event.hash)


def check(events: Iterable[AuditEvent], key: bytes, anchors: Sequence[Anchor] = ()) -> tuple[Break, ...]:
    """Return every break of a chain read in order of ``seq``; empty: whole. Reads the events once, keeps none."""
    breaks: list[Break] = []
    wanted = {anchor.seq: anchor.hash for anchor in anchors if anchor.seq}
    seq, prev = 0, GENESIS
    for event in events:
        if event.seq > seq + 1:
            breaks.extend(Break(missing, "missing") for missing in range(seq + 1, event.seq))
        elif event.seq <= seq:
            breaks.append(Break(event.seq, "reordered"))
        if not genuine(key, event):
            breaks.append(Break(event.seq, "edited"))
        elif event.prev != prev and event.seq == seq + 1:
            breaks.append(Break(event.seq, "reordered"))
        if wanted.pop(event.seq, event.hash) != event.hash:
            breaks.append(Break(event.seq, "replaced"))
        seq, prev = event.seq, event.hash
    if wanted and max(wanted) > seq:
        breaks.append(Break(seq + 1, "cut"))
    return tuple(breaks)


def replay(events: Iterable[AuditEvent], key: bytes) -> Iterator[AuditEvent]:
    """Yield the events of a whole chain, stopping with ``AuditChainBroken`` at the first that does not hold."""
    seq, prev = 0, GENESIS
    for event in events:
        if event.seq != seq + 1 or event.prev != prev or not genuine(key, event):
            raise AuditChainBroken(f"操作日志在第 {seq + 1} 条处不完整，请停止使用并用备份核对。")
        seq, prev = event.seq, event.hash
        yield event
