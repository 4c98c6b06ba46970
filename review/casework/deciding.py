"""Decide flags, add missed ones, record a declassification."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from review import store, workflow
from review.casework.change import changing, pack_flags, pack_json
from review.casework.office import Office, person
from review.casework.reading import document_of
from review.errors import InputError, ReasonMissing, StaleCase
from review.flags import flag_id
from review.types import Action, Decision, Flag, Severity, Span, Verdict
from review.workflow import SELF_STAGES, Case, FlagState, Step, payloads
from review.workflow.rules import require_decision

#: Rule that hand-made flags carry.
BY_HAND = "reviewer.added@1"


def decide(
    office: Office,
    case_id: str,
    actor: str,
    decisions: Sequence[Decision],
    *,
    seen: int,
    client: str = "",
    client_seq: int = 0,
) -> Case:
    """Record decisions: all of them or none.

    ``seen`` is the ``Case.version`` on the reviewer's screen: a flag changed since then raises ``StaleCase`` (flags
    changed by others do not disturb). ``client`` + ``client_seq`` (≥ 1) make a resend harmless. ``reviewer`` and
    ``at`` of a ``Decision`` are set here. ``Verdict.OPEN`` takes a decision back. Accepting needs a reason code of
    the pack; a state-secret flag only one of ``workflow.STATE_SECRET_GROUNDS``, and is redacted only after
    ``declassify``.
    """
    who = person(office, actor)
    with changing(office, case_id, actor) as change:
        numbered = bool(client) and client_seq > 0
        if numbered and store.answered(change.tx, client, client_seq) is not None:
            return change.case
        workflow.require(who, Step.DECIDE, change.case)
        reasons = office.engine.pack.reasons
        for decision in decisions:
            flag = change.case.flags.get(decision.flag)
            if flag is None:
                raise StaleCase("提示项已因重新检查而变化，请刷新后再处理。")
            if _changed(change.case, flag, actor) > seen:
                raise StaleCase("有提示项在您查看之后已由他人处理，您的意见没有保存。请刷新，核对后再处理。")
            require_decision(flag, decision, reasons)
        items = [
            (
                decision.flag,
                decision.verdict,
                decision.reason if decision.verdict is not Verdict.OPEN else "",
                change.keep("note", decision.note or None),
                change.keep("replacement", decision.replacement),
            )
            for decision in decisions
        ]
        if items:
            change.record("decided", payloads.decided(items))
        if numbered:
            store.answer(change.tx, client, client_seq, change.case.version)
    return change.case


def _changed(case: Case, flag: FlagState, actor: str) -> int:
    """Return when the flag last changed in a way that this reviewer must have seen.

    Under double review each reviewer votes for oneself: only one's own earlier vote counts.
    """
    if case.double and case.stage not in SELF_STAGES:
        return max((ruling.seq for ruling in flag.rulings if ruling.reviewer == actor), default=0)
    return flag.version


def add_flag(
    office: Office,
    case_id: str,
    actor: str,
    span: Span | None,
    type: str,
    basis: Sequence[str],
    note: str = "",
    *,
    severity: Severity = Severity.HIGH,
) -> Case:
    """Add a missed flag at ``span`` (text code points; None: whole document) with its legal basis (provision keys).

    ``note`` becomes a comment on the flag.
    """
    who = person(office, actor)
    pack = office.engine.pack
    if type not in pack.types:
        raise InputError("没有这种提示项类型，请重新选择。")
    if not basis or any(key not in pack.provisions for key in basis):
        raise ReasonMissing("补充提示项须选择法律依据。")
    with changing(office, case_id, actor) as change:
        workflow.require(who, Step.ADD_FLAG, change.case)
        document = document_of(office, change.case)
        if span is not None and span.end > len(document.text):
            raise InputError("所选位置不在当前文本内，请重新选择。")
        spans = (span,) if span else ()
        secret = type.startswith("ss_")
        flag = Flag(
            id=flag_id(document.sha256, f"{BY_HAND}|{type}", spans),
            spans=spans,
            type=type,
            rule=BY_HAND,
            severity=severity,
            message="审查人员补充的提示项。",
            basis=tuple(basis),
            action=Action.ESCALATE if secret else Action.REDACT,
            confidence=1.0,
            detector="reviewer",
            target="secrecy_office" if secret else "",
        )
        if flag.id in change.case.flags:
            raise StaleCase("该处已有同类提示项。")
        source = change.keep("flag", pack_json(pack_flags([flag])[0]))
        change.record("flag_added", payloads.flag_added(flag, source))
        if note.strip():
            text = change.keep("comment", note)
            change.record("commented", payloads.commented(text=text, flag=flag.id, span=span))
    return change.case


def declassify(office: Office, case_id: str, actor: str, flags: Iterable[str], note: str) -> Case:
    """Record that the matter of these state-secret flags was declassified (文号、日期 in ``note``)."""
    who = person(office, actor)
    wanted = tuple(dict.fromkeys(flags))
    if not note.strip():
        raise ReasonMissing("登记解密须写明解密机关、文号和日期。")
    with changing(office, case_id, actor) as change:
        workflow.require(who, Step.DECLASSIFY, change.case)
        known = change.case.flags
        if not wanted or any(flag not in known or known[flag].category != "state_secret" for flag in wanted):
            raise InputError("请选择疑似国家秘密的提示项。")
        change.record("declassified", payloads.declassified(flags=wanted, note=change.keep("note", note)))
    return change.case
