"""Make flags from rules: the one place where flag ids are formed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from review.types import Document, Flag, Rule, Severity, Span


def flag_id(sha256: str, rule_ref: str, spans: Iterable[Span]) -> str:
    """Return 16 hex digits that stay the same while document, rule version and place stay the same."""
    places = ",".join(f"{span.start}-{span.end}" for span in spans)
    return hashlib.sha256(f"{sha256}|{rule_ref}|{places}".encode()).hexdigest()[:16]


def make_flag(
    document: Document,
    rule: Rule,
    spans: tuple[Span, ...],
    *,
    detector: str,
    confidence: float | None = None,
    severity: Severity | None = None,
    message: str | None = None,
    count: int | None = None,
    evidence: tuple[Span, ...] = (),
) -> Flag:
    """Return the flag that ``rule`` raises at ``spans`` (text code points, sorted; empty: whole document)."""
    return Flag(
        id=flag_id(document.sha256, rule.ref, spans),
        spans=spans,
        type=rule.type,
        rule=rule.ref,
        severity=severity or rule.severity,
        message=message or rule.message,
        basis=rule.basis,
        action=rule.action,
        confidence=rule.confidence if confidence is None else confidence,
        detector=detector,
        count=count if count is not None else max(1, len(spans)),
        target=rule.target,
        masking=rule.masking,
        evidence=evidence,
    )
