"""Who may do what, when: one table, and the conditions that each step and each decision must meet. Pure.

``permitted`` is the bare table role × step × stage. ``may`` adds whose case it is; ``require_*`` add the conditions
and raise a ``PolicyError`` that says what to do. Nothing here knows how cases are stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from review.errors import PolicyError, ReasonMissing, SeparationOfDuties, UndecidedFlags
from review.types import Decision, Reason, Verdict
from review.workflow.nouns import SELF_STAGES, Case, FlagState, Person
from review.workflow.terms import (
    CONSULT_REPLIES,
    REFER_REPLIES,
    STATE_SECRET_GROUNDS,
    Attribute,
    Role,
    Stage,
    Step,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """In these stages these roles may take this step; ``target``: the stage it leads to (None: stays)."""

    step: Step
    stages: frozenset[Stage]
    roles: frozenset[Role]
    target: Stage | None = None
    note: bool = False  # a written opinion is needed


_S, _R = Stage, Role
_REVIEW = frozenset({_S.SECRECY_REVIEW, _S.THIRD_PARTY, _S.DETERMINATION})
_ACTIVE = SELF_STAGES | _REVIEW | {_S.DEPT_REVIEW, _S.APPROVAL, _S.TO_PUBLISH}
_CLOSED = frozenset({_S.PUBLISHED, _S.WITHHELD, _S.TAKEN_DOWN, _S.WITHDRAWN, _S.ARCHIVED})
_READERS = frozenset({_R.OFFICER, _R.DEPT_HEAD, _R.SECRECY, _R.CLASSIFIER, _R.LEADER, _R.PUBLISHER})
_EDITING = SELF_STAGES - {_S.DRAFT}


def _rule(
    step: Step, stages: Iterable[Stage], roles: Iterable[Role], target: Stage | None = None, *, note: bool = False
) -> Rule:
    return Rule(step, frozenset(stages), frozenset(roles), target, note)


#: The whole flow. A step that no row allows is not allowed.
TABLE: tuple[Rule, ...] = (
    _rule(Step.SUBMIT, _EDITING, [_R.OFFICER], _S.DEPT_REVIEW),
    _rule(Step.PASS, [_S.DEPT_REVIEW], [_R.DEPT_HEAD], _S.SECRECY_REVIEW),
    _rule(Step.CLEAR, [_S.SECRECY_REVIEW], [_R.SECRECY], _S.APPROVAL),
    _rule(Step.APPROVE, [_S.APPROVAL], [_R.LEADER], _S.TO_PUBLISH),
    _rule(Step.PUBLISH, [_S.TO_PUBLISH], [_R.PUBLISHER], _S.PUBLISHED),
    _rule(Step.ARCHIVE, _CLOSED - {_S.ARCHIVED}, [_R.PUBLISHER, _R.SECRECY], _S.ARCHIVED),
    _rule(Step.CONSULT, [_S.SECRECY_REVIEW], [_R.SECRECY], _S.THIRD_PARTY),
    _rule(Step.CONSULT_REPLY, [_S.THIRD_PARTY], [_R.SECRECY], _S.SECRECY_REVIEW),
    _rule(Step.REFER, [_S.SECRECY_REVIEW], [_R.SECRECY, _R.CLASSIFIER], _S.DETERMINATION),
    _rule(Step.REFER_REPLY, [_S.DETERMINATION], [_R.SECRECY, _R.CLASSIFIER], _S.SECRECY_REVIEW),
    _rule(Step.RETURN, [_S.DEPT_REVIEW], [_R.DEPT_HEAD], _S.RETURNED, note=True),
    _rule(Step.RETURN, [_S.SECRECY_REVIEW], [_R.SECRECY], _S.RETURNED, note=True),
    _rule(Step.RETURN, [_S.APPROVAL], [_R.LEADER], _S.RETURNED, note=True),
    _rule(Step.RETURN, [_S.TO_PUBLISH], [_R.PUBLISHER], _S.RETURNED, note=True),
    _rule(Step.WITHDRAW, _EDITING | {_S.DEPT_REVIEW, _S.SECRECY_REVIEW}, [_R.OFFICER], _S.WITHDRAWN),
    _rule(Step.WITHHOLD, [_S.APPROVAL], [_R.LEADER], _S.WITHHELD, note=True),
    _rule(Step.TAKE_DOWN, [_S.PUBLISHED, _S.ARCHIVED], [_R.PUBLISHER, _R.SECRECY], _S.TAKEN_DOWN, note=True),
    _rule(Step.CORRECT, [_S.PUBLISHED, _S.ARCHIVED], [_R.OFFICER, _R.SECRECY], _S.STALE, note=True),
    _rule(Step.REOPEN, _CLOSED - {_S.PUBLISHED}, [_R.OFFICER, _R.SECRECY], _S.STALE, note=True),
    # within a stage
    _rule(Step.VIEW, _ACTIVE | _CLOSED, _READERS),
    _rule(Step.DECIDE, _EDITING, [_R.OFFICER]),
    _rule(Step.DECIDE, [_S.DEPT_REVIEW], [_R.DEPT_HEAD]),
    _rule(Step.DECIDE, _REVIEW, [_R.SECRECY]),
    _rule(Step.ADD_FLAG, _EDITING, [_R.OFFICER]),
    _rule(Step.ADD_FLAG, [_S.DEPT_REVIEW], [_R.DEPT_HEAD]),
    _rule(Step.ADD_FLAG, _REVIEW, [_R.SECRECY, _R.CLASSIFIER]),
    _rule(Step.DECLASSIFY, _EDITING | {_S.SECRECY_REVIEW, _S.DETERMINATION}, [_R.CLASSIFIER]),
    _rule(Step.DETERMINE, _EDITING, [_R.OFFICER]),
    _rule(Step.DETERMINE, [_S.DEPT_REVIEW], [_R.DEPT_HEAD]),
    _rule(Step.DETERMINE, [_S.SECRECY_REVIEW], [_R.SECRECY]),
    _rule(Step.DETERMINE, [_S.APPROVAL], [_R.LEADER]),
    _rule(Step.DESCRIBE, _EDITING, [_R.OFFICER]),
    _rule(Step.DESCRIBE, [_S.TO_PUBLISH, _S.PUBLISHED], [_R.PUBLISHER]),
    _rule(Step.REPLACE, _EDITING, [_R.OFFICER]),
    _rule(Step.REPLACE, [_S.DEPT_REVIEW, _S.SECRECY_REVIEW, _S.APPROVAL, _S.TO_PUBLISH], [_R.OFFICER], _S.STALE),
    _rule(Step.COMMENT, _ACTIVE, _READERS),
    _rule(Step.ASSIGN, _ACTIVE, _READERS),
    _rule(Step.PURGE, [_S.ARCHIVED, _S.WITHDRAWN], [_R.ADMIN]),
)

#: Steps that concern no single case.
OFFICE_TABLE: Mapping[Step, frozenset[Role]] = {
    Step.OPEN: frozenset({_R.OFFICER, _R.SECRECY}),
    Step.CLEAR_MARK: frozenset({_R.SECRECY}),
    Step.STATISTICS: frozenset({_R.DEPT_HEAD, _R.SECRECY, _R.LEADER, _R.AUDITOR}),
    Step.LEDGER: frozenset({_R.DEPT_HEAD, _R.SECRECY, _R.LEADER, _R.PUBLISHER, _R.AUDITOR}),
    Step.FEEDBACK: frozenset({_R.SECRECY}),
    Step.NEGATIVE_LIST: frozenset({_R.SECRECY}),
    Step.SCAN: frozenset({_R.SECRECY}),
    Step.SCAN_REPORT: frozenset({_R.SECRECY, _R.LEADER}),
    Step.AUDIT: frozenset({_R.AUDITOR, _R.ADMIN}),
    Step.ACCOUNTS: frozenset({_R.ADMIN}),
    Step.BACKUP: frozenset({_R.ADMIN}),
}

#: 初审≠复审≠批准: who took one of these in the same round may not take the step. Opening a case counts as SUBMIT.
APART: Mapping[Step, frozenset[Step]] = {
    Step.PASS: frozenset({Step.SUBMIT}),
    Step.CLEAR: frozenset({Step.SUBMIT, Step.PASS}),
    Step.APPROVE: frozenset({Step.SUBMIT, Step.PASS, Step.CLEAR}),
    Step.WITHHOLD: frozenset({Step.SUBMIT, Step.PASS, Step.CLEAR}),
}

#: The steps that lead from self-check to approval, in order: what ``casework.finish`` walks.
STRAIGHT = (Step.SUBMIT, Step.PASS, Step.CLEAR, Step.APPROVE)

_MOVING = frozenset(rule.step for rule in TABLE if rule.target is not None) - {Step.REPLACE}


def rule_for(step: Step, stage: Stage, role: Role | None = None) -> Rule | None:
    """Return the row that allows a step in a stage (for a role, if given)."""
    for rule in TABLE:
        if rule.step is step and stage in rule.stages and (role is None or role in rule.roles):
            return rule
    return None


def permitted(role: Role, step: Step, case: Case | None) -> bool:
    """True when the table allows the role this step on this case (None: a step of the whole office)."""
    if step in OFFICE_TABLE:
        return role in OFFICE_TABLE[step]
    return case is not None and not _barred(step, case) and rule_for(step, case.stage, role) is not None


def _barred(step: Step, case: Case) -> bool:
    """Stages say nearly all; these few need the case's past."""
    if case.purged:
        return step is not Step.VIEW
    if step in (Step.TAKE_DOWN, Step.CORRECT):
        return not online(case)
    if step is Step.REOPEN:
        return online(case)
    return False


def online(case: Case) -> bool:
    """True while a published copy is out: published and not taken down since."""
    for taken in reversed(case.steps):
        if taken.step in (Step.PUBLISH, Step.TAKE_DOWN):
            return taken.step is Step.PUBLISH
    return False


def may(who: Person, step: Step, case: Case | None) -> bool:
    """True when one of the person's roles allows the step, and the case is theirs where that matters.

    A drafting officer works on own or assigned cases, a department head on the cases of the own unit.
    """
    return any(permitted(role, step, case) and _theirs(who, role, case) for role in who.roles)


def _theirs(who: Person, role: Role, case: Case | None) -> bool:
    if case is None:
        return True
    if role is Role.OFFICER:
        return who.name in (case.owner, case.assignee)
    if role is Role.DEPT_HEAD:
        return not who.unit or not case.unit or who.unit == case.unit
    return True


def moves(who: Person, case: Case) -> tuple[Step, ...]:
    """Return the steps that a person may take on a case now, separation of duties aside."""
    return tuple(step for step in Step if step not in OFFICE_TABLE and may(who, step, case))


def same_person(case: Case, actor: str, step: Step) -> tuple[Step, ...]:
    """Return the steps of this round, taken by ``actor``, that should have been another person's."""
    apart = APART.get(step, frozenset())
    taken = {t.step for t in case.round if t.actor == actor} | ({Step.SUBMIT} if case.owner == actor else set())
    return tuple(earlier for earlier in STRAIGHT if earlier in apart & taken)


# ------------------------------------------------------------------------------------------------ conditions


def require(who: Person, step: Step, case: Case | None) -> None:
    """Raise ``SeparationOfDuties`` unless the person may take the step now."""
    if may(who, step, case):
        return
    if case is None or step in OFFICE_TABLE:
        raise SeparationOfDuties(f"您的角色不能进行“{step.label}”。请由{_roles(OFFICE_TABLE.get(step, ()))}办理。")
    if _barred(step, case) or rule_for(step, case.stage) is None:
        raise SeparationOfDuties(f"当前环节为“{case.stage.label}”，不能进行“{step.label}”。")
    allowed = {role for rule in TABLE if rule.step is step and case.stage in rule.stages for role in rule.roles}
    raise SeparationOfDuties(
        f"“{case.stage.label}”环节的“{step.label}”由{_roles(allowed)}办理；承办人限本人承办的送审件，部门负责人限本部门。"
    )


def _roles(roles: Iterable[Role]) -> str:
    return "、".join(role.label for role in Role if role in set(roles)) or "有权限的人员"


def target_of(step: Step, case: Case) -> Stage:
    """Return the stage that a moving step leads to from here."""
    rule = rule_for(step, case.stage)
    if rule is None or rule.target is None or step not in _MOVING:
        raise SeparationOfDuties(f"当前环节为“{case.stage.label}”，不能进行“{step.label}”。")
    return rule.target


def require_step(case: Case, step: Step, *, note: str, outcome: str, determination_required: bool) -> None:
    """Raise the ``PolicyError`` that says what is missing before ``step`` may be taken; roles are not looked at."""
    rule = rule_for(step, case.stage)
    if rule is not None and rule.note and not note.strip():
        raise ReasonMissing(f"“{step.label}”须填写理由。")
    if step is Step.CONSULT_REPLY and outcome not in CONSULT_REPLIES:
        raise ReasonMissing("请选择第三方意见：同意公开、不同意公开、同意部分公开或逾期未答复。")
    if step is Step.REFER_REPLY and (outcome not in REFER_REPLIES or not note.strip()):
        raise ReasonMissing("请选择答复意见，并填写答复机关和文号。")
    if step in (Step.CLEAR, Step.APPROVE):
        _require_publishable(case, step, note, determination_required=determination_required)
    if step is Step.WITHHOLD and (not case.determination or case.determination.attribute is not Attribute.WITHHELD):
        raise PolicyError("请先将公开属性确定为“不予公开”并写明理由和依据。")


def _require_publishable(case: Case, step: Step, note: str, *, determination_required: bool) -> None:
    determination = case.determination
    if determination is None and determination_required:
        raise PolicyError("请先确定公开属性、公开范围、公开方式和公开期限。")
    withheld = determination is not None and determination.attribute is Attribute.WITHHELD
    if withheld and step is Step.APPROVE:
        raise PolicyError("公开属性为“不予公开”，请用“不予公开”办结，或先改定公开属性。")
    if withheld:
        return
    require_decided(case)
    if reply(case, Step.REFER_REPLY) == "withhold" and not (
        determination and determination.attribute is Attribute.PARTIAL
    ):
        raise PolicyError("报请确定的答复为不得公开，请将公开属性改为“部分公开”或“不予公开”。")
    if step is Step.APPROVE and reply(case, Step.CONSULT_REPLY) == "refused" and not note.strip():
        raise ReasonMissing("第三方不同意公开。仍决定公开的，须写明不公开会对公共利益造成重大影响的理由。")


def require_decided(case: Case) -> None:
    """Undecided is unpublished: raise ``UndecidedFlags`` while a loud flag is open, escalated or disputed."""
    waiting = case.undecided
    if waiting:
        disputed = sum(flag.conflict for flag in waiting) if case.double else 0
        tail = f"其中 {disputed} 项复核意见不一致。" if disputed else ""
        raise UndecidedFlags(f"还有 {len(waiting)} 项疑似提示未办结（未处理、报请确定中或待复核），不得公开。{tail}")


def reply(case: Case, step: Step) -> str:
    """Return the outcome of the last such reply in this round; "" if none."""
    return next((t.outcome for t in reversed(case.round) if t.step is step), "")


def require_decision(flag: FlagState, decision: Decision, reasons: Mapping[str, Reason]) -> None:
    """Raise unless ``decision`` may be recorded for ``flag``: coded reasons, and the state-secret rules."""
    if decision.verdict is Verdict.OPEN:
        return
    secret = flag.category == "state_secret"
    if secret and decision.verdict is Verdict.ACCEPT and decision.reason not in STATE_SECRET_GROUNDS:
        grounds = "；".join(STATE_SECRET_GROUNDS.values())
        raise ReasonMissing(f"疑似国家秘密的提示项只能依下列理由之一标为可公开：{grounds}。否则请报请确定。")
    if secret and decision.verdict is Verdict.ACCEPT and not decision.note.strip():
        raise ReasonMissing("疑似国家秘密的提示项标为可公开，须填写依据（文号、日期或判断理由）。")
    if secret and decision.verdict is Verdict.REDACT and not flag.declassified:
        raise PolicyError("疑似国家秘密的内容须经法定程序解密并登记后方可删除或脱敏，请先报请确定。")
    if not decision.reason:
        if decision.verdict is Verdict.ACCEPT:
            raise ReasonMissing("标为可公开须选择理由。")
        return
    if secret and decision.reason in STATE_SECRET_GROUNDS:
        return
    reason = reasons.get(decision.reason)
    if reason is None or decision.verdict.value not in reason.verdicts:
        raise ReasonMissing("所选理由不适用于该处理意见，请重新选择。")
    if reason.categories and flag.category not in reason.categories:
        raise ReasonMissing(f"理由“{reason.title}”不适用于该类提示项，请重新选择。")
    if reason.needs_note and not decision.note.strip():
        raise ReasonMissing(f"理由“{reason.title}”须填写说明。")


def approval_digest(case: Case) -> str:
    """Return the SHA-256 of what an approval covers: the file and the ruling on each flag. A change needs a new one."""
    rulings = [
        [flag.id, flag.verdict.value, flag.ruling.replacement if flag.ruling else ""]
        for flag in sorted(case.flags.values(), key=lambda flag: flag.id)
    ]
    body = json.dumps([case.file.sha256 if case.file else "", rulings], separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()
