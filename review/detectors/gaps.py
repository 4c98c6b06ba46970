"""Unread is flagged: every gap of a document becomes a flag of the pseudo-type ``unread``."""

from __future__ import annotations

from collections.abc import Iterable

from review.flags import flag_id
from review.types import Action, Context, Document, Flag, Severity

RULE = "unread@1"


def detect(document: Document, context: Context) -> Iterable[Flag]:
    """Yield one flag a gap, in the order of the gaps."""
    for number, gap in enumerate(document.gaps):
        yield Flag(
            id=flag_id(document.sha256, f"{RULE}#{number}", ()),
            spans=(),
            type="unread",
            rule=RULE,
            severity=Severity.HIGH,
            message=f"{gap.part}：{gap.reason}。未能检查的内容须人工审查。",
            basis=("state_secrets_law_2024#35", "state_secrets_regulation_2024#42"),
            action=Action.ESCALATE,
            confidence=1.0,
            detector="gaps",
            target="dept_head",
        )
