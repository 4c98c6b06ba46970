"""Payloads of case events: what each kind of event says. Ids, codes, numbers and vault ids, never document text.

One maker a kind, named like the kind; ``folding`` reads them back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from review.types import Flag, Span, Verdict
from review.workflow.nouns import Determination
from review.workflow.terms import Stage, Step

Payload = Mapping[str, Any]


def opened(*, unit: str, details: str, double: bool) -> Payload:
    return {"unit": unit, "details": details, "double": double}


def file_added(*, sha256: str, media_type: str, size: int, data: str, details: str, stage: Stage) -> Payload:
    """``stage``: where the case stands afterwards; a file changed after submission sends it to 需重新审查."""
    return {
        "sha256": sha256,
        "media_type": media_type,
        "size": size,
        "data": data,
        "details": details,
        "stage": stage.value,
    }


def scanned(
    *,
    pack: str,
    pack_digest: str,
    models: Mapping[str, str],
    genre: str,
    flags: str,
    found: Sequence[Flag],
    kept: Mapping[str, str],
    added: Mapping[str, str],
) -> Payload:
    """``flags``: vault id of the full list; ``kept``: new flag id → old flag id whose rulings stay; ``added``: flag id
    → account of the reviewer who had added it by hand."""
    return {
        "pack": pack,
        "pack_digest": pack_digest,
        "models": dict(models),
        "genre": genre,
        "flags": flags,
        "rows": [_flag_row(flag) for flag in found],
        "kept": dict(kept),
        "added": dict(added),
    }


def intake_stopped(*, unit: str, media_type: str, found: Sequence[Flag]) -> Payload:
    return {
        "unit": unit,
        "media_type": media_type,
        "marks": [[flag.rule, [n for span in flag.spans for n in (span.start, span.end)]] for flag in found],
    }


def mark_cleared(*, flags: Sequence[str], note: str) -> Payload:
    return {"flags": list(flags), "note": note}


def decided(items: Sequence[tuple[str, Verdict, str, str, str]]) -> Payload:
    """Items: flag id, verdict, reason code, vault id of the note, vault id of the replacement."""
    return {"items": [[flag, verdict.value, reason, note, new] for flag, verdict, reason, note, new in items]}


def flag_added(flag: Flag, source: str) -> Payload:
    """``source``: vault id of the flag in full."""
    return {"row": _flag_row(flag), "basis": list(flag.basis), "source": source}


def declassified(*, flags: Sequence[str], note: str) -> Payload:
    return {"flags": list(flags), "note": note}


def stepped(
    *,
    step: Step,
    before: Stage,
    after: Stage,
    note: str = "",
    outcome: str = "",
    same: Sequence[Step] = (),
    approved: str = "",
) -> Payload:
    return {
        "step": step.value,
        "before": before.value,
        "after": after.value,
        "note": note,
        "outcome": outcome,
        "same": [earlier.value for earlier in same],
        "approved": approved,
    }


def determined(d: Determination) -> Payload:
    return {
        "attribute": d.attribute.value,
        "grounds": list(d.grounds),
        "basis": list(d.basis),
        "scope": d.scope,
        "ways": list(d.ways),
        "period": d.period,
        "take_down": d.take_down.isoformat() if d.take_down else None,
        "made_on": d.made_on.isoformat() if d.made_on else None,
        "note": d.note,
    }


def described(details: str) -> Payload:
    return {"details": details}


def assigned(to: str) -> Payload:
    return {"to": to}


def commented(*, text: str, flag: str, span: Span | None) -> Payload:
    return {"text": text, "flag": flag, "span": [span.start, span.end] if span else None}


def published(*, original: str, redacted: str, copy: str, proof: str, before: Stage, same: Sequence[Step]) -> Payload:
    return {
        "original": original,
        "redacted": redacted,
        "copy": copy,
        "proof": proof,
        "before": before.value,
        "same": [earlier.value for earlier in same],
    }


def purged(items: int) -> Payload:
    return {"items": items}


def _flag_row(flag: Flag) -> list[Any]:
    places = [n for span in flag.spans for n in (span.start, span.end)]
    return [
        flag.id,
        flag.type,
        flag.severity.value,
        flag.rule,
        flag.detector,
        round(flag.confidence, 4),
        flag.count,
        places,
    ]
