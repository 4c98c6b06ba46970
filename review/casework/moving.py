"""Move a case on: steps, determination, assignment, comments, form fields, publication."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from review import store, workflow
from review.casework.change import Change, changing, pack_json, read_json
from review.casework.office import Office, person, require_apart
from review.casework.reading import decisions, load, original, report_of
from review.errors import InputError, PolicyError, StaleCase
from review.types import Proof, Span
from review.workflow import STRAIGHT, Case, Determination, Stage, Step, payloads
from review.workflow.determining import require_determination
from review.workflow.rules import approval_digest, require_decided, require_step, target_of


def step(
    office: Office,
    case_id: str,
    actor: str,
    step: Step,
    *,
    note: str = "",
    outcome: str = "",
    seen: int | None = None,
) -> Case:
    """Move a case on (any moving ``Step`` but PUBLISH).

    ``note`` is the written opinion (needed for RETURN, WITHHOLD, TAKE_DOWN, CORRECT, REOPEN). ``outcome``: reply code
    for CONSULT_REPLY (``CONSULT_REPLIES``) and REFER_REPLY (``REFER_REPLIES``), target for REFER (secrecy_admin …).
    ``seen`` (optional): raise ``StaleCase`` if stage, flags or determination changed since.
    """
    if step is Step.PUBLISH:
        raise PolicyError("发布须同时生成并核验脱敏版，请用“发布”功能办理。")
    with changing(office, case_id, actor) as change:
        if seen is not None and _touched(change.case) > seen:
            raise StaleCase("本件在您查看之后有新的处理，请刷新、核对后再办理。")
        _take(change, step, note=note, outcome=outcome)
    return change.case


def finish(office: Office, case_id: str, actor: str, *, note: str = "") -> Case:
    """Take all steps from self-check to approval at once: single-user mode and small offices only, each on record."""
    if not office.settings.together:
        raise PolicyError("本单位实行初审、复审、批准分离，不能由一人一次办结。")
    with changing(office, case_id, actor) as change:
        require_decided(change.case)
        for following in STRAIGHT:
            if workflow.may(person(office, actor), following, change.case):
                _take(change, following, note=note, outcome="")
        if change.case.stage is not Stage.TO_PUBLISH:
            raise PolicyError(f"当前环节为“{change.case.stage.label}”，请先办结该环节。")
    return change.case


def _take(change: Change, following: Step, *, note: str, outcome: str) -> None:
    """Check everything that a step needs, then record it."""
    office, case = change.office, change.case
    workflow.require(person(office, change.actor), following, case)
    same = require_apart(office, case, change.actor, following)
    require_step(case, following, note=note, outcome=outcome, determination_required=office.settings.must_determine)
    payload = payloads.stepped(
        step=following,
        before=case.stage,
        after=target_of(following, case),
        note=change.keep("note", note or None),
        outcome=outcome,
        same=same,
        approved=approval_digest(case) if following is Step.APPROVE else "",
    )
    change.record("stepped", payload)


def _touched(case: Case) -> int:
    """Return the seq of the last change that somebody about to take a step must have seen."""
    return max(
        (case.steps[-1].seq if case.steps else 0, *(flag.version for flag in case.flags.values())),
        default=0,
    )


def determine(office: Office, case_id: str, actor: str, determination: Determination, *, note: str = "") -> Case:
    """Record 公开属性、范围、方式、期限、撤下日期; ``workflow.doubts`` then says what does not fit together."""
    require_determination(determination)
    unknown = [key for key in determination.basis if key not in office.engine.pack.provisions]
    if unknown:
        raise InputError("所选依据不在现行条款内，请重新选择。")
    with changing(office, case_id, actor) as change:
        workflow.require(person(office, actor), Step.DETERMINE, change.case)
        kept = dataclasses.replace(determination, note=change.keep("note", note or None))
        change.record("determined", payloads.determined(kept))
    return change.case


def describe(office: Office, case_id: str, actor: str, fields: Mapping[str, str]) -> Case:
    """Change title and form fields (文号、联系电话、载体形式 …); merged into what is there. The file name stays."""
    with changing(office, case_id, actor) as change:
        workflow.require(person(office, actor), Step.DESCRIBE, change.case)
        known = read_json(office, change.tx, change.case.details)
        merged = {**known, **fields, "name": known["name"]}
        if merged != known:
            change.record("described", payloads.described(change.keep("details", pack_json(merged))))
    return change.case


def assign(office: Office, case_id: str, actor: str, assignee: str) -> Case:
    """Give the case to ``assignee`` (转办); taking it oneself is allowed when free or abandoned."""
    taker = person(office, assignee)
    with changing(office, case_id, actor) as change:
        case = change.case
        workflow.require(person(office, actor), Step.ASSIGN, case)
        lease = timedelta(hours=office.settings.lease_hours)
        held = case.assignee not in ("", actor) and case.assigned and datetime.now(UTC) - _last_word(case) < lease
        if held and assignee == actor:
            raise PolicyError("本件已由他人承办且未超过办理时限，请与其协商转办。")
        if not any(workflow.permitted(role, Step.COMMENT, case) for role in taker.roles):
            raise PolicyError("该账号没有办理本件的角色，请另选承办人。")
        change.record("assigned", payloads.assigned(assignee))
    return change.case


def _last_word(case: Case) -> datetime:
    """Return when the assignee last did something on the case."""
    words = [ruling.at for f in case.flags.values() for ruling in f.rulings if ruling.reviewer == case.assignee]
    words += [comment.at for comment in case.comments if comment.actor == case.assignee]
    return max((*words, case.assigned or case.opened))


def comment(office: Office, case_id: str, actor: str, text: str, *, flag: str = "", span: Span | None = None) -> Case:
    """Add a remark; it jumps to ``flag`` or ``span``."""
    if not text.strip():
        raise InputError("批注不能为空。")
    with changing(office, case_id, actor) as change:
        workflow.require(person(office, actor), Step.COMMENT, change.case)
        if flag and flag not in change.case.flags:
            raise StaleCase("提示项已变化，请刷新后再批注。")
        kept = change.keep("comment", text)
        change.record("commented", payloads.commented(text=kept, flag=flag, span=span))
    return change.case


def publish(office: Office, case_id: str, actor: str) -> tuple[bytes, Proof]:
    """Write, prove, keep and record the clean copy; the head of the chain is anchored outside the database.

    Bound to the file and the decisions that were approved: any change since raises ``StaleCase``. Raises
    ``UndecidedFlags`` and ``RedactionLeak`` as ``pipeline.publish`` does; then nothing was published.
    """
    case = load(office, case_id)
    _require_publishing(office, case, actor)
    data = original(office, case_id)
    copy, proof = office.tools.publish(data, report_of(office, case), decisions(office, case_id), office.engine)
    assert case.file is not None
    if proof.original_sha256 != case.file.sha256:
        raise StaleCase("待发布的文件与批准的文件不一致，须重新审查。")
    with changing(office, case_id, actor) as change:
        same = _require_publishing(office, change.case, actor)
        if change.case.version != case.version and _touched(change.case) > case.version:
            raise StaleCase("生成脱敏版期间本件有新的处理，没有发布。请刷新、核对后再办理。")
        payload = payloads.published(
            original=proof.original_sha256,
            redacted=proof.redacted_sha256,
            copy=change.keep("copy", copy),
            proof=change.keep("proof", pack_json(proof_values(proof))),
            before=change.case.stage,
            same=same,
        )
        change.record("published", payload)
    store.write_anchor(office.store)
    return copy, proof


def _require_publishing(office: Office, case: Case, actor: str) -> tuple[Step, ...]:
    workflow.require(person(office, actor), Step.PUBLISH, case)
    require_decided(case)
    if case.approved != approval_digest(case):
        raise StaleCase("批准之后文件或处理意见有变化，须重新送审。")
    return require_apart(office, case, actor, Step.PUBLISH)


def proof_values(proof: Proof) -> dict[str, object]:
    """Return a proof as JSON-able values."""
    values = dataclasses.asdict(proof)
    values["at"] = proof.at.isoformat()
    values["model_digests"] = dict(proof.model_digests)
    return values
