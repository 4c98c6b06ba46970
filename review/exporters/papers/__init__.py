"""Papers for the file: letters (docx, from editable templates) and books of rows (xlsx). Dataclasses in, bytes out.

No paper holds document text: only names, numbers, positions, kinds, grounds and dates. The text itself goes by the
channel that the secrecy rules allow (保密法29, 31).
"""

from __future__ import annotations

from review.exporters.papers.books import (
    Finding,
    annual_book,
    inspection_book,
    ledger_book,
    monthly_book,
    reassessment_book,
)
from review.exporters.papers.letters import (
    TEMPLATES,
    Consultation,
    Item,
    Notice,
    Point,
    Referral,
    ReferralKind,
    Refusal,
    RefusalKind,
    Sender,
    WithheldPart,
    consultation_letter,
    notice_letter,
    points_of,
    referral_letter,
    refusal_letter,
)

__all__ = [
    "TEMPLATES",
    "Consultation",
    "Finding",
    "Item",
    "Notice",
    "Point",
    "Referral",
    "ReferralKind",
    "Refusal",
    "RefusalKind",
    "Sender",
    "WithheldPart",
    "annual_book",
    "consultation_letter",
    "inspection_book",
    "ledger_book",
    "monthly_book",
    "notice_letter",
    "points_of",
    "reassessment_book",
    "referral_letter",
    "refusal_letter",
]
