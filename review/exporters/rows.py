"""A report as plain rows: the fixed JSON of the command line and the REST interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review import masking, places, text
from review.types import Document, Flag, Report, RulePack


def document_row(report: Report, pack: RulePack, path: str, *, show_values: bool = False) -> dict[str, Any]:
    """Return one JSON-able object a document. Positions are source code points; values are masked."""
    document = report.document
    return {
        "path": path,
        "sha256": document.sha256,
        "media_type": document.media_type,
        "genre": report.genre.id,
        "genre_reasons": list(report.genre.reasons),
        "disposition": report.disposition.value,
        "chars": len(document.text),
        "flags": [flag_row(document, flag, pack, show_values=show_values) for flag in report.flags],
        "gaps": [{"part": gap.part, "reason": gap.reason} for gap in document.gaps],
        "pack": report.pack,
        "pack_digest": report.pack_digest,
        "models": dict(report.model_digests),
    }


def error_row(path: str, error: Exception) -> dict[str, Any]:
    """Return the object for a document that could not be read: never an empty list of flags without a gap."""
    reason = str(error)
    return {
        "path": path,
        "error": type(error).__name__,
        "disposition": "escalate",
        "chars": 0,
        "flags": [],
        "gaps": [{"part": "整件", "reason": reason}],
    }


def flag_row(document: Document, flag: Flag, pack: RulePack, *, show_values: bool = False) -> dict[str, Any]:
    """Return one flag as JSON-able values, its places in source code points."""
    spans = [text.source_span(document, span) for span in flag.spans]
    row: dict[str, Any] = {
        "id": flag.id,
        "type": flag.type,
        "type_name": pack.types.get(flag.type, "未能检查"),
        "category": flag.category,
        "severity": flag.severity.value,
        "start": spans[0].start if spans else None,
        "end": spans[0].end if spans else None,
        "spans": [[span.start, span.end] for span in spans],
        "location": places.location(document, flag),
        "rule": flag.rule,
        "message": flag.message,
        "basis": [citation(pack, key) for key in flag.basis],
        "action": flag.action.value,
        "target": flag.target,
        "confidence": round(flag.confidence, 4),
        "detector": flag.detector,
        "count": flag.count,
        "masked": masked(document, flag, pack),
    }
    if show_values:
        row["values"] = [document.text[span.start : span.end] for span in flag.spans]
    return row


def citation(pack: RulePack, key: str) -> str:
    """Return 《…》第…条 for a provision key; the key itself where the pack does not know it."""
    provision = pack.provisions.get(key)
    return provision.citation if provision else key


def masked(document: Document, flag: Flag, pack: RulePack) -> str:
    """Return the first value as it would look after redaction."""
    if not flag.spans:
        return ""
    span = flag.spans[0]
    method = pack.masking.get(flag.masking, masking.FALLBACK)
    return masking.mask(method, document.text[span.start : span.end])


def counts(rows: list[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many flags of each severity the rows hold."""
    out = {"critical": 0, "high": 0, "medium": 0, "low": 0}
    for row in rows:
        for flag in row["flags"]:
            out[flag["severity"]] += 1
    return out
