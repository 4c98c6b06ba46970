"""Letters of a case (docx): 报请的请示和函, 征求第三方意见书, 告知书, 不予公开和部分公开理由说明. Metadata only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from review import casework
from review.calendar import add_workdays
from review.casework import Office
from review.casework.office import names
from review.exporters import papers
from review.exporters.papers.letters import Sender
from review.exporters.rows import citation
from review.service.books import today
from review.types import Flag, Verdict
from review.workflow import CONSULT_REPLIES, GROUND_OF, REFUSAL_GROUNDS, WAYS, Case, Step


@dataclass(frozen=True, slots=True)
class Wish:
    """What the writer adds by hand; everything may stay empty and be filled in on the paper."""

    recipient: str = ""
    opinion: str = ""
    reasons: str = ""


def write(office: Office, case: Case, kind: str, wish: Wish) -> bytes:
    """Return one letter as docx; ``kind`` is a key of ``KINDS``."""
    return KINDS[kind][1](office, case, wish)


def _templates(office: Office) -> Path:
    """Return the office's own letter templates; what is not there is taken from the shipped ones."""
    return office.store.home / "templates"


def _sender(office: Office, case: Case) -> Sender:
    known = casework.details(office, case.id)
    handler = names(office).get(case.owner, case.owner)
    return Sender(unit=known.get("unit") or case.unit, handler=handler, phone=known.get("phone", ""))


def _item(office: Office, case: Case) -> papers.Item:
    known = casework.details(office, case.id)
    d = case.determination
    return papers.Item(
        number=case.id,
        title=known.get("title", ""),
        docno=known.get("docno", ""),
        made_on=_day(known.get("made_on", "")) or (d.made_on if d else None),
        source=known.get("source", ""),
        carrier=known.get("carrier", ""),
        ways="、".join(WAYS[way] for way in d.ways) if d else "",
        digest=case.file.sha256 if case.file else "",
    )


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def _flags(office: Office, case: Case, verdict: Verdict) -> list[Flag]:
    wanted = {state.id for state in case.loud if state.verdict is verdict}
    return [flag for flag in casework.report(office, case.id).flags if flag.id in wanted]


def _points(office: Office, case: Case, flags: list[Flag]) -> tuple[papers.Point, ...]:
    return papers.points_of(casework.report(office, case.id).document, flags, office.engine.pack)


def _basis(office: Office, flags: list[Flag]) -> str:
    keys = dict.fromkeys(key for flag in flags for key in flag.basis)
    return "；".join(citation(office.engine.pack, key) for key in keys)


def _referral(kind: papers.ReferralKind) -> Callable[[Office, Case, Wish], bytes]:
    def write_one(office: Office, case: Case, wish: Wish) -> bytes:
        flags = _flags(office, case, Verdict.ESCALATE)
        paper = papers.Referral(
            sender=_sender(office, case),
            recipient=wish.recipient,
            item=_item(office, case),
            points=_points(office, case, flags),
            opinion=wish.opinion,
            reasons=wish.reasons,
            basis=_basis(office, flags),
            consulted=CONSULT_REPLIES.get(_outcome(case, Step.CONSULT_REPLY), ""),
            classification=any(flag.category == "state_secret" for flag in flags),
        )
        return papers.referral_letter(paper, kind, templates=_templates(office))

    return write_one


def _consultation(office: Office, case: Case, wish: Wish) -> bytes:
    flags = [f for f in _flags(office, case, Verdict.ESCALATE) if f.category in ("trade_secret", "personal_privacy")]
    paper = papers.Consultation(
        sender=_sender(office, case),
        third_party=wish.recipient,
        item=_item(office, case),
        points=_points(office, case, flags),
        due=add_workdays(today(), office.settings.consult_days).day,
    )
    return papers.consultation_letter(paper, templates=_templates(office))


def _notice(office: Office, case: Case, wish: Wish) -> bytes:
    flags = [f for f in casework.report(office, case.id).flags if f.loud and f.category in GROUND_OF]
    asked = next((taken.at for taken in reversed(case.steps) if taken.step is Step.CONSULT), None)
    paper = papers.Notice(
        sender=_sender(office, case),
        third_party=wish.recipient,
        item=_item(office, case),
        points=_points(office, case, flags),
        consulted_on=asked.date() if asked else None,
        reply=CONSULT_REPLIES.get(_outcome(case, Step.CONSULT_REPLY), ""),
        decision=case.determination.attribute.label if case.determination else wish.opinion,
        reasons=wish.reasons,
        basis=_basis(office, flags),
    )
    return papers.notice_letter(paper, templates=_templates(office))


def _refusal(kind: papers.RefusalKind) -> Callable[[Office, Case, Wish], bytes]:
    def write_one(office: Office, case: Case, wish: Wish) -> bytes:
        flags = _flags(office, case, Verdict.REDACT)
        grounds = [REFUSAL_GROUNDS[GROUND_OF.get(flag.category, "other_law")] for flag in flags]
        points = _points(office, case, flags)
        paper = papers.Refusal(
            sender=_sender(office, case),
            item=_item(office, case),
            withheld=tuple(
                papers.WithheldPart(point.place, point.nature, point.basis, ground)
                for point, ground in zip(points, grounds, strict=True)
            ),
            reasons=wish.reasons,
            applicant=wish.recipient,
        )
        return papers.refusal_letter(paper, kind, templates=_templates(office))

    return write_one


def _outcome(case: Case, step: Step) -> str:
    return next((taken.outcome for taken in reversed(case.steps) if taken.step is step), "")


#: kind → title, maker
KINDS: Mapping[str, tuple[str, Callable[[Office, Case, Wish], bytes]]] = {
    "request": ("关于能否公开的请示", _referral(papers.ReferralKind.REQUEST)),
    "letter": ("关于能否公开的函", _referral(papers.ReferralKind.LETTER)),
    "consultation": ("征求第三方意见书", _consultation),
    "notice": ("第三方告知书", _notice),
    "partial": ("部分公开理由说明书", _refusal(papers.RefusalKind.PARTIAL)),
    "withheld": ("不予公开理由说明书", _refusal(papers.RefusalKind.WITHHELD)),
}
