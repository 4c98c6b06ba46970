"""The table role × action × stage, written down a second time from the other side; conditions; the fold; timers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from review import workflow
from review.errors import AuditChainBroken, PolicyError, ReasonMissing, SeparationOfDuties, UndecidedFlags
from review.types import AuditEvent, Decision, Reason, Severity, Span, Verdict
from review.workflow import (
    OFFICE_TABLE,
    Attribute,
    Case,
    Determination,
    FlagState,
    Limits,
    Person,
    Role,
    Ruling,
    Stage,
    Stay,
    Step,
    Taken,
    payloads,
)
from review.workflow.determining import require_determination
from review.workflow.rules import (
    approval_digest,
    require_decision,
    require_step,
    rule_for,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

#: What each role may do in each stage, written from the offices' point of view (workflow.md §2): the table in
#: ``workflow.rules`` is written from the steps' point of view, and both must say the same.
_EDIT = "decide add_flag determine describe replace submit withdraw view comment assign"
_LOOK = "view comment assign"
DUTIES: dict[Role, dict[Stage, str]] = {
    Role.OFFICER: {
        Stage.DRAFT: _LOOK,
        Stage.SELF_CHECK: _EDIT,
        Stage.RETURNED: _EDIT,
        Stage.STALE: _EDIT,
        Stage.DEPT_REVIEW: f"{_LOOK} withdraw replace",
        Stage.SECRECY_REVIEW: f"{_LOOK} withdraw replace",
        Stage.THIRD_PARTY: _LOOK,
        Stage.DETERMINATION: _LOOK,
        Stage.APPROVAL: f"{_LOOK} replace",
        Stage.TO_PUBLISH: f"{_LOOK} replace",
        Stage.PUBLISHED: "view correct",
        Stage.WITHHELD: "view reopen",
        Stage.TAKEN_DOWN: "view reopen",
        Stage.WITHDRAWN: "view reopen",
        Stage.ARCHIVED: "view reopen",
    },
    Role.DEPT_HEAD: {
        Stage.DEPT_REVIEW: f"{_LOOK} decide add_flag determine pass return",
    },
    Role.SECRECY: {
        Stage.SECRECY_REVIEW: f"{_LOOK} decide add_flag determine clear consult refer return",
        Stage.THIRD_PARTY: f"{_LOOK} decide add_flag consult_reply",
        Stage.DETERMINATION: f"{_LOOK} decide add_flag refer_reply",
        Stage.PUBLISHED: "view archive take_down correct",
        Stage.WITHHELD: "view archive reopen",
        Stage.TAKEN_DOWN: "view archive reopen",
        Stage.WITHDRAWN: "view archive reopen",
        Stage.ARCHIVED: "view reopen",
    },
    Role.CLASSIFIER: {
        Stage.SELF_CHECK: f"{_LOOK} declassify",
        Stage.RETURNED: f"{_LOOK} declassify",
        Stage.STALE: f"{_LOOK} declassify",
        Stage.SECRECY_REVIEW: f"{_LOOK} add_flag declassify refer",
        Stage.THIRD_PARTY: f"{_LOOK} add_flag",
        Stage.DETERMINATION: f"{_LOOK} add_flag declassify refer_reply",
    },
    Role.LEADER: {
        Stage.APPROVAL: f"{_LOOK} determine approve withhold return",
    },
    Role.PUBLISHER: {
        Stage.TO_PUBLISH: f"{_LOOK} describe publish return",
        Stage.PUBLISHED: "view describe archive take_down",
        Stage.WITHHELD: "view archive",
        Stage.TAKEN_DOWN: "view archive",
        Stage.WITHDRAWN: "view archive",
    },
    Role.AUDITOR: {},
    Role.ADMIN: {Stage.ARCHIVED: "purge", Stage.WITHDRAWN: "purge"},
}
OFFICE_DUTIES: dict[Role, str] = {
    Role.OFFICER: "open",
    Role.DEPT_HEAD: "statistics ledger",
    Role.SECRECY: "open clear_mark statistics ledger feedback negative_list scan scan_report",
    Role.CLASSIFIER: "",
    Role.LEADER: "statistics ledger scan_report",
    Role.PUBLISHER: "ledger",
    Role.AUDITOR: "statistics ledger audit",
    Role.ADMIN: "audit accounts backup",
}
_OPEN_STAGES = set(Stage) - {
    Stage.PUBLISHED,
    Stage.ARCHIVED,
    Stage.WITHHELD,
    Stage.TAKEN_DOWN,
    Stage.WITHDRAWN,
    Stage.STOPPED,
}


def flag(
    id: str = "f1",
    type: str = "pp_id_number",
    severity: Severity = Severity.HIGH,
    rulings: tuple[Ruling, ...] = (),
    **more: object,
) -> FlagState:
    return FlagState(id, type, severity, f"r.{id}@1", "rules", 0.9, 1, (Span(1, 3),), 3, rulings, **more)  # type: ignore[arg-type]


def ruled(
    verdict: Verdict, reviewer: str = "wang", reason: str = "", stage: Stage = Stage.SECRECY_REVIEW, at: datetime = NOW
) -> Ruling:
    return Ruling(verdict, reviewer, reason, at, stage, 5)


def case(stage: Stage = Stage.SELF_CHECK, **more: object) -> Case:
    published = stage in (Stage.PUBLISHED,)
    steps = (Taken(Step.PUBLISH, "pub", NOW, 9, Stage.TO_PUBLISH, Stage.PUBLISHED),) if published else ()
    values: dict[str, object] = {"stays": (Stay(stage, NOW),), "steps": steps, **more}
    return Case(id="2026-000001", version=9, stage=stage, owner="zhang", unit="教育局", opened=NOW, **values)  # type: ignore[arg-type]


def taken(step: Step, actor: str, after: Stage, at: datetime = NOW, outcome: str = "") -> Taken:
    return Taken(step, actor, at, 9, Stage.SELF_CHECK, after, outcome=outcome)


# ------------------------------------------------------------------------------------------------ the table


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("stage", list(Stage))
def test_every_role_and_action_in_every_stage(role: Role, stage: Stage) -> None:
    expected = set(DUTIES[role].get(stage, "").split())
    if role not in (Role.AUDITOR, Role.ADMIN) and stage is not Stage.STOPPED:
        expected |= set(_LOOK.split()) if stage in _OPEN_STAGES else {"view"}
    found = {step for step in Step if step not in OFFICE_TABLE and workflow.permitted(role, step, case(stage))}
    assert found == expected


@pytest.mark.parametrize("role", list(Role))
def test_every_role_and_action_of_the_office(role: Role) -> None:
    assert {step for step in OFFICE_TABLE if workflow.permitted(role, step, None)} == set(OFFICE_DUTIES[role].split())


def test_every_step_belongs_to_somebody() -> None:
    for step in Step:
        assert step in OFFICE_TABLE or any(rule.step is step for rule in workflow.TABLE)


def test_administrators_and_auditors_never_see_or_touch_text() -> None:
    for role in (Role.AUDITOR, Role.ADMIN):
        for stage in Stage:
            for step in (Step.VIEW, Step.DECIDE, Step.COMMENT, Step.PUBLISH, Step.APPROVE):
                assert not workflow.permitted(role, step, case(stage))


def _edges() -> dict[Stage, set[tuple[Step, Stage]]]:
    edges: dict[Stage, set[tuple[Step, Stage]]] = {stage: set() for stage in Stage}
    for rule in workflow.TABLE:
        if rule.target is not None:
            for stage in rule.stages:
                edges[stage].add((rule.step, rule.target))
    return edges


def _reachable(start: Stage, without: Step | None = None) -> set[Stage]:
    found, queue = {start}, [start]
    while queue:
        for step, target in _edges()[queue.pop()]:
            if step is not without and target not in found:
                found.add(target)
                queue.append(target)
    return found


@pytest.mark.parametrize("needed", [Step.SUBMIT, Step.PASS, Step.CLEAR, Step.APPROVE, Step.PUBLISH])
def test_no_way_to_publication_leaves_out_a_step(needed: Step) -> None:
    assert Stage.PUBLISHED in _reachable(Stage.SELF_CHECK)
    assert Stage.PUBLISHED not in _reachable(Stage.SELF_CHECK, without=needed)


def test_no_stage_is_a_trap_and_none_is_unreachable() -> None:
    everything = set(Stage) - {Stage.STOPPED, Stage.DRAFT}
    assert _reachable(Stage.SELF_CHECK) == everything
    for stage in everything:
        assert Stage.ARCHIVED in _reachable(stage)


def test_an_intake_stop_is_the_end() -> None:
    for role in Role:
        assert workflow.moves(Person("x", frozenset({role})), case(Stage.STOPPED)) == ()


# ------------------------------------------------------------------------------------------------ whose case


def test_officers_work_on_their_own_cases() -> None:
    assert workflow.may(Person("zhang", frozenset({Role.OFFICER})), Step.DECIDE, case())
    other = Person("li", frozenset({Role.OFFICER}))
    assert not workflow.may(other, Step.DECIDE, case())
    assert not workflow.may(other, Step.VIEW, case())
    assert workflow.may(other, Step.DECIDE, case(assignee="li"))
    with pytest.raises(SeparationOfDuties, match="承办人"):
        workflow.require(other, Step.DECIDE, case())


def test_department_heads_work_on_cases_of_their_unit() -> None:
    def head(unit: str) -> Person:
        return Person("h", frozenset({Role.DEPT_HEAD}), unit)

    assert workflow.may(head("教育局"), Step.PASS, case(Stage.DEPT_REVIEW))
    assert not workflow.may(head("民政局"), Step.PASS, case(Stage.DEPT_REVIEW))
    assert not workflow.may(head("民政局"), Step.VIEW, case(Stage.DEPT_REVIEW))


def test_refusals_name_the_stage_or_the_role() -> None:
    leader = Person("l", frozenset({Role.LEADER}))
    with pytest.raises(SeparationOfDuties, match="自查中"):
        workflow.require(leader, Step.APPROVE, case())
    with pytest.raises(SeparationOfDuties, match="保密审查员"):
        workflow.require(leader, Step.CLEAR, case(Stage.SECRECY_REVIEW))
    with pytest.raises(SeparationOfDuties, match="管理员"):
        workflow.require(leader, Step.ACCOUNTS, None)


def test_a_purged_case_can_only_be_looked_at() -> None:
    everybody = Person("zhang", frozenset(Role))
    assert workflow.moves(everybody, case(Stage.ARCHIVED, purged=True)) == (Step.VIEW,)


# ------------------------------------------------------------------------------------------------ separation


def test_first_review_second_review_and_approval_are_three_people() -> None:
    steps = (taken(Step.SUBMIT, "zhang", Stage.DEPT_REVIEW), taken(Step.PASS, "li", Stage.SECRECY_REVIEW))
    at = case(Stage.SECRECY_REVIEW, steps=steps)
    assert workflow.same_person(at, "wang", Step.CLEAR) == ()
    assert workflow.same_person(at, "zhang", Step.CLEAR) == (Step.SUBMIT,)
    assert workflow.same_person(at, "li", Step.CLEAR) == (Step.PASS,)
    at = case(Stage.APPROVAL, steps=(*steps, taken(Step.CLEAR, "wang", Stage.APPROVAL)))
    assert workflow.same_person(at, "wang", Step.APPROVE) == (Step.CLEAR,)
    assert workflow.same_person(at, "zhao", Step.APPROVE) == ()


def test_who_opened_the_case_counts_as_its_submitter() -> None:
    at = case(Stage.DEPT_REVIEW, steps=(taken(Step.SUBMIT, "li", Stage.DEPT_REVIEW),))
    assert workflow.same_person(at, "zhang", Step.PASS) == (Step.SUBMIT,)


def test_a_return_starts_a_new_round() -> None:
    steps = (
        taken(Step.SUBMIT, "zhang", Stage.DEPT_REVIEW),
        taken(Step.PASS, "li", Stage.SECRECY_REVIEW),
        taken(Step.RETURN, "wang", Stage.RETURNED),
        taken(Step.SUBMIT, "zhang", Stage.DEPT_REVIEW),
    )
    at = case(Stage.DEPT_REVIEW, steps=steps)
    assert [t.step for t in at.round] == [Step.SUBMIT]
    assert workflow.same_person(at, "wang", Step.PASS) == ()


# ------------------------------------------------------------------------------------------------ conditions

PARTIAL = Determination(Attribute.PARTIAL, grounds=("personal_privacy",), ways=("website",))
WITHHELD = Determination(Attribute.WITHHELD, grounds=("trade_secret",), basis=("x#15",))


def check_step(at: Case, step: Step, note: str = "", outcome: str = "", needed: bool = True) -> None:
    require_step(at, step, note=note, outcome=outcome, determination_required=needed)


@pytest.mark.parametrize("verdict", [Verdict.OPEN, Verdict.ESCALATE])
@pytest.mark.parametrize("step", [Step.CLEAR, Step.APPROVE])
def test_undecided_is_unpublished(step: Step, verdict: Verdict) -> None:
    stage = Stage.SECRECY_REVIEW if step is Step.CLEAR else Stage.APPROVAL
    rulings = (ruled(verdict),) if verdict is not Verdict.OPEN else ()
    at = case(stage, flags={"f1": flag(rulings=rulings)}, determination=PARTIAL)
    with pytest.raises(UndecidedFlags, match="1 项"):
        check_step(at, step)
    check_step(case(stage, flags={"f1": flag(rulings=(ruled(Verdict.REDACT),))}, determination=PARTIAL), step)


def test_reminders_never_block() -> None:
    at = case(Stage.SECRECY_REVIEW, flags={"f1": flag(severity=Severity.LOW)}, determination=PARTIAL)
    check_step(at, Step.CLEAR)
    assert at.undecided == ()
    assert at.loud == ()


def test_taking_a_decision_back_opens_the_flag() -> None:
    state = flag(rulings=(ruled(Verdict.ACCEPT), ruled(Verdict.OPEN)))
    assert state.ruling is None
    assert state.verdict is Verdict.OPEN
    assert case(flags={"f1": state}).undecided == (state,)


def test_determination_comes_before_approval() -> None:
    with pytest.raises(PolicyError, match="公开属性"):
        check_step(case(Stage.SECRECY_REVIEW), Step.CLEAR)
    check_step(case(Stage.SECRECY_REVIEW), Step.CLEAR, needed=False)


def test_withholding_needs_no_decisions_but_reasons() -> None:
    at = case(Stage.APPROVAL, flags={"f1": flag()}, determination=WITHHELD)
    check_step(at, Step.WITHHOLD, note="涉及商业秘密")
    with pytest.raises(ReasonMissing):
        check_step(at, Step.WITHHOLD, note=" ")
    with pytest.raises(PolicyError, match="不予公开"):
        check_step(at, Step.APPROVE)
    with pytest.raises(PolicyError, match="不予公开"):
        check_step(case(Stage.APPROVAL, determination=PARTIAL), Step.WITHHOLD, note="x")


@pytest.mark.parametrize("step", [Step.RETURN, Step.TAKE_DOWN, Step.CORRECT, Step.REOPEN])
def test_steps_back_need_a_written_reason(step: Step) -> None:
    stage = next(stage for rule in workflow.TABLE if rule.step is step for stage in sorted(rule.stages))
    with pytest.raises(ReasonMissing):
        check_step(case(stage), step)
    check_step(case(stage), step, note="理由")


def test_replies_are_coded() -> None:
    with pytest.raises(ReasonMissing):
        check_step(case(Stage.THIRD_PARTY), Step.CONSULT_REPLY, outcome="maybe")
    check_step(case(Stage.THIRD_PARTY), Step.CONSULT_REPLY, outcome="silent")
    with pytest.raises(ReasonMissing, match="文号"):
        check_step(case(Stage.DETERMINATION), Step.REFER_REPLY, outcome="publish")
    check_step(case(Stage.DETERMINATION), Step.REFER_REPLY, outcome="publish", note="×密办函〔2026〕3号")


def test_overriding_a_third_partys_refusal_needs_written_reasons() -> None:
    steps = (taken(Step.CONSULT_REPLY, "wang", Stage.SECRECY_REVIEW, outcome="refused"),)
    at = case(Stage.APPROVAL, steps=steps, determination=PARTIAL)
    with pytest.raises(ReasonMissing, match="公共利益"):
        check_step(at, Step.APPROVE)
    check_step(at, Step.APPROVE, note="不公开会对公共利益造成重大影响：……")


def test_an_answer_not_to_publish_binds() -> None:
    steps = (taken(Step.REFER_REPLY, "wang", Stage.SECRECY_REVIEW, outcome="withhold"),)
    whole = Determination(Attribute.PROACTIVE)
    with pytest.raises(PolicyError, match="不得公开"):
        check_step(case(Stage.SECRECY_REVIEW, steps=steps, determination=whole), Step.CLEAR)
    check_step(case(Stage.SECRECY_REVIEW, steps=steps, determination=PARTIAL), Step.CLEAR)


@pytest.mark.parametrize(
    "determination",
    [
        Determination(Attribute.WITHHELD, basis=("x#15",)),
        Determination(Attribute.WITHHELD, grounds=("trade_secret",)),
        Determination(Attribute.PARTIAL),
        Determination(Attribute.PROACTIVE, ways=("pigeon",)),
        Determination(Attribute.PROACTIVE, scope="moon"),
        Determination(Attribute.PARTIAL, grounds=("because",)),
        Determination(Attribute.PROACTIVE, period="until"),
        Determination(Attribute.PROACTIVE, period="sometimes"),
    ],
)
def test_incomplete_determinations_are_refused(determination: Determination) -> None:
    with pytest.raises(ReasonMissing):
        require_determination(determination)


def test_complete_determinations_pass() -> None:
    require_determination(Determination(Attribute.PROACTIVE, period="until", take_down=date(2026, 12, 1)))
    require_determination(PARTIAL)
    require_determination(WITHHELD)


def test_doubts_are_told_and_never_block() -> None:
    redacted = {"f1": flag(rulings=(ruled(Verdict.REDACT),))}
    accepted = {"f1": flag(rulings=(ruled(Verdict.ACCEPT),))}
    whole = Determination(Attribute.PROACTIVE, ways=("website",), period="long")
    village = replace(whole, scope="village")
    assert workflow.doubts(case(determination=None)) == ()
    assert "部分公开" in workflow.doubts(case(flags=redacted, determination=whole))[0]
    assert "没有脱敏" in workflow.doubts(case(determination=PARTIAL))[0]
    assert "不一致" in workflow.doubts(case(determination=village))[0]
    assert "撤下日期" in workflow.doubts(case(flags=accepted, determination=whole))[0]
    assert workflow.doubts(case(determination=whole)) == ()


# ------------------------------------------------------------------------------------------------ decisions

REASONS = {
    "false_alarm": Reason("false_alarm", "误报", frozenset({"accept"}), (), frozenset({"personal_privacy"})),
    "A1": Reason("A1", "引用法规", frozenset({"accept"})),
    "field": Reason("field", "法定字段", frozenset({"accept"}), needs_note=True),
    "minimum": Reason("minimum", "超出必要", frozenset({"redact"})),
}


def decide(state: FlagState, verdict: Verdict, reason: str = "", note: str = "") -> None:
    require_decision(state, Decision("f1", verdict, "wang", reason, NOW, note), REASONS)


def test_accepting_needs_a_reason_that_fits() -> None:
    decide(flag(), Verdict.ACCEPT, "false_alarm")
    decide(flag(), Verdict.ACCEPT, "field", "依据")
    for reason, note in (("", ""), ("nonsense", ""), ("minimum", ""), ("field", " ")):
        with pytest.raises(ReasonMissing):
            decide(flag(), Verdict.ACCEPT, reason, note)
    with pytest.raises(ReasonMissing, match="误报"):
        decide(flag(type="ts_mark"), Verdict.ACCEPT, "false_alarm")


def test_redacting_and_referring_need_none_but_a_right_one_if_given() -> None:
    decide(flag(), Verdict.REDACT)
    decide(flag(), Verdict.ESCALATE)
    decide(flag(), Verdict.OPEN)
    decide(flag(), Verdict.REDACT, "minimum")
    with pytest.raises(ReasonMissing):
        decide(flag(), Verdict.REDACT, "false_alarm")


@pytest.mark.parametrize("reason", ["", "A1", "false_alarm", "field", "minimum", "nonsense"])
def test_state_secret_flags_are_accepted_on_four_grounds_only(reason: str) -> None:
    with pytest.raises(ReasonMissing, match="疑似国家秘密"):
        decide(flag(type="ss_topic"), Verdict.ACCEPT, reason, "依据")


@pytest.mark.parametrize("ground", list(workflow.STATE_SECRET_GROUNDS))
def test_each_ground_needs_its_document(ground: str) -> None:
    decide(flag(type="ss_mark"), Verdict.ACCEPT, ground, "文号、日期")
    with pytest.raises(ReasonMissing, match="文号"):
        decide(flag(type="ss_mark"), Verdict.ACCEPT, ground)


def test_there_are_exactly_four_grounds() -> None:
    assert len(workflow.STATE_SECRET_GROUNDS) == 4


def test_state_secrets_are_redacted_only_after_declassification() -> None:
    with pytest.raises(PolicyError, match="解密"):
        decide(flag(type="ss_topic"), Verdict.REDACT)
    decide(flag(type="ss_topic", declassified=True), Verdict.REDACT)
    decide(flag(type="ss_topic"), Verdict.ESCALATE)


# ------------------------------------------------------------------------------------------------ double review


def test_under_double_review_two_people_must_agree() -> None:
    def undecided(*rulings: Ruling) -> bool:
        return bool(case(double=True, flags={"f1": flag(rulings=rulings)}).undecided)

    one = ruled(Verdict.REDACT, "wang")
    assert undecided(one)
    assert undecided(one, ruled(Verdict.REDACT, "wang"))
    assert undecided(one, ruled(Verdict.ACCEPT, "li"))
    assert not undecided(one, ruled(Verdict.REDACT, "li"))
    assert not undecided(one, ruled(Verdict.ACCEPT, "li"), ruled(Verdict.REDACT, "li"))
    assert undecided(one, ruled(Verdict.REDACT, "li"), ruled(Verdict.OPEN, "li"))
    assert undecided(one, ruled(Verdict.ESCALATE, "li"))


def test_the_officers_own_check_is_no_vote() -> None:
    state = flag(rulings=(ruled(Verdict.REDACT, "zhang", stage=Stage.SELF_CHECK), ruled(Verdict.REDACT, "wang")))
    assert case(double=True, flags={"f1": state}).undecided


def test_only_conflicts_are_conflicts() -> None:
    assert not flag(rulings=(ruled(Verdict.REDACT, "wang"), ruled(Verdict.REDACT, "li"))).conflict
    assert flag(rulings=(ruled(Verdict.REDACT, "wang"), ruled(Verdict.ACCEPT, "li"))).conflict


# ------------------------------------------------------------------------------------------------ approval


def test_an_approval_covers_file_flags_and_rulings() -> None:
    base = case(flags={"f1": flag(rulings=(ruled(Verdict.REDACT),))})
    digest = approval_digest(base)
    assert digest == approval_digest(replace(base, comments=(), version=99))
    assert digest != approval_digest(replace(base, flags={"f1": flag(rulings=(ruled(Verdict.ACCEPT),))}))
    assert digest != approval_digest(replace(base, flags={**base.flags, "f2": flag("f2")}))
    masked = replace(ruled(Verdict.REDACT), replacement="v1")
    assert digest != approval_digest(replace(base, flags={"f1": flag(rulings=(masked,))}))


# ------------------------------------------------------------------------------------------------ fold


def told(*events: tuple[str, object], actor: str = "zhang") -> list[AuditEvent]:
    return [
        AuditEvent(i, "2026-000001", NOW + timedelta(minutes=i), actor, kind, dict(payload), "", "")  # type: ignore[call-overload]
        for i, (kind, payload) in enumerate(events, 1)
    ]


OPENED = ("case_opened", payloads.opened(unit="教育局", details="v1", double=False))
FILE = (
    "file_added",
    payloads.file_added(sha256="ab", media_type="text/plain", size=3, data="v2", details="v1", stage=Stage.DRAFT),
)


def test_nothing_folds_to_nothing() -> None:
    assert workflow.fold([]) is None


def test_folding_in_two_parts_is_folding_at_once() -> None:
    events = told(
        OPENED,
        FILE,
        ("assigned", payloads.assigned("li")),
        ("determined", payloads.determined(PARTIAL)),
        ("commented", payloads.commented(text="v3", flag="", span=Span(1, 2))),
        ("stepped", payloads.stepped(step=Step.SUBMIT, before=Stage.DRAFT, after=Stage.DEPT_REVIEW)),
    )
    whole = workflow.fold(events)
    assert whole is not None
    for cut in range(1, len(events)):
        assert workflow.fold(events[cut:], workflow.fold(events[:cut])) == whole
    assert (whole.stage, whole.assignee, whole.determination) == (Stage.DEPT_REVIEW, "", PARTIAL)
    assert [stay.stage for stay in whole.stays] == [Stage.DRAFT, Stage.DEPT_REVIEW]
    assert whole.stays[0].until == whole.stays[1].since


def test_unknown_or_headless_events_are_refused() -> None:
    with pytest.raises(AuditChainBroken, match="更新的版本"):
        workflow.fold(told(OPENED, ("telepathy", {})))
    with pytest.raises(AuditChainBroken, match="第一条"):
        workflow.fold(told(FILE))


# ------------------------------------------------------------------------------------------------ timers

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def days(number: int) -> datetime:
    return MONDAY + timedelta(days=number)


def timer(at: Case, today: date, kind: str) -> workflow.Timer | None:
    return next((t for t in workflow.timers(at, today, Limits()) if t.kind == kind), None)


def test_internal_review_warns_and_runs_out() -> None:
    at = case(
        Stage.DEPT_REVIEW,
        steps=(taken(Step.SUBMIT, "zhang", Stage.DEPT_REVIEW, MONDAY),),
        stays=(Stay(Stage.SELF_CHECK, days(-1), MONDAY), Stay(Stage.DEPT_REVIEW, MONDAY)),
    )
    review = timer(at, date(2026, 11, 25), "review")
    assert review
    assert (review.due, review.elapsed, review.warning, review.overdue) == (
        date(2026, 11, 30),
        2,
        False,
        False,
    )
    assert timer(at, date(2026, 11, 27), "review").warning  # type: ignore[union-attr]
    late = timer(at, date(2026, 12, 1), "review")
    assert late
    assert late.overdue
    assert not late.warning
    assert workflow.urgent(workflow.timers(at, date(2026, 12, 1), Limits())) == late


def test_internal_review_stands_still_while_a_third_party_is_asked() -> None:
    steps = (
        taken(Step.SUBMIT, "zhang", Stage.DEPT_REVIEW, MONDAY),
        taken(Step.CONSULT, "wang", Stage.THIRD_PARTY, days(2)),
    )
    stays = (
        Stay(Stage.DEPT_REVIEW, MONDAY, days(1)),
        Stay(Stage.SECRECY_REVIEW, days(1), days(2)),
        Stay(Stage.THIRD_PARTY, days(2)),
    )
    at = case(Stage.THIRD_PARTY, steps=steps, stays=stays)
    today = date(2026, 12, 9)  # twelve working days after the submission, ten of them waiting
    review = timer(at, today, "review")
    assert review
    assert review.suspended
    assert not review.overdue
    assert review.elapsed == 2
    consult = timer(at, today, "consult")
    assert consult
    assert consult.elapsed == 10
    assert consult.due == date(2026, 12, 16)
    assert not consult.overdue
    back = replace(at, stage=Stage.SECRECY_REVIEW)
    back = replace(back, stays=(*stays[:2], replace(stays[2], until=days(16)), Stay(Stage.SECRECY_REVIEW, days(16))))
    review = timer(back, date(2026, 12, 9), "review")
    assert review
    assert not review.suspended
    assert review.elapsed == 2
    assert review.due == date(2026, 12, 14)


def test_a_decided_review_keeps_its_time() -> None:
    at = case(
        Stage.TO_PUBLISH,
        steps=(taken(Step.SUBMIT, "zhang", Stage.DEPT_REVIEW, MONDAY),),
        stays=(Stay(Stage.DEPT_REVIEW, MONDAY, days(3)), Stay(Stage.TO_PUBLISH, days(3))),
    )
    review = timer(at, date(2027, 3, 1), "review")
    assert review
    assert review.ended == date(2026, 11, 26)
    assert review.elapsed == 3
    assert not review.overdue
    assert workflow.urgent([review]) is None
    assert workflow.handling_days(at, date(2026, 11, 27)) == 4


def test_a_suspected_state_secret_is_reported_within_ten_days() -> None:
    marked = flag(type="ss_topic", rulings=(ruled(Verdict.ESCALATE, at=MONDAY),))
    at = case(Stage.SECRECY_REVIEW, flags={"f1": marked})
    refer = timer(at, date(2026, 12, 8), "refer")
    assert refer
    assert refer.due == date(2026, 12, 7)
    assert refer.overdue
    sent = replace(at, steps=(taken(Step.REFER, "wang", Stage.DETERMINATION, days(4)),))
    refer = timer(sent, date(2026, 12, 8), "refer")
    assert refer
    assert not refer.overdue
    assert refer.ended == date(2026, 11, 27)
    undone = case(flags={"f1": flag(type="ss_topic", rulings=(*marked.rulings, ruled(Verdict.OPEN)))})
    assert timer(undone, date(2026, 12, 8), "refer") is None


def test_publication_within_twenty_working_days_of_making() -> None:
    made = replace(PARTIAL, made_on=date(2026, 11, 2))
    assert timer(case(determination=made), date(2026, 11, 23), "publish").due == date(2026, 11, 30)  # type: ignore[union-attr]
    assert timer(case(determination=replace(WITHHELD, made_on=made.made_on)), date(2026, 11, 23), "publish") is None


def test_a_copy_is_taken_down_in_time() -> None:
    limited = replace(PARTIAL, period="until", take_down=date(2026, 12, 10))
    at = case(
        Stage.PUBLISHED,
        determination=limited,
        steps=(taken(Step.PUBLISH, "pub", Stage.PUBLISHED, MONDAY),),
        stays=(Stay(Stage.PUBLISHED, MONDAY),),
    )
    assert not timer(at, date(2026, 12, 1), "take_down").warning  # type: ignore[union-attr]
    assert timer(at, date(2026, 12, 4), "take_down").warning  # type: ignore[union-attr]
    assert timer(at, date(2026, 12, 11), "take_down").overdue  # type: ignore[union-attr]
    down = replace(at, steps=(*at.steps, taken(Step.TAKE_DOWN, "pub", Stage.TAKEN_DOWN, days(10))))
    gone = timer(down, date(2027, 1, 11), "take_down")
    assert gone
    assert gone.ended == date(2026, 12, 3)
    assert not gone.overdue


def test_rule_lookup_finds_the_row_of_the_role() -> None:
    assert rule_for(Step.RETURN, Stage.APPROVAL, Role.LEADER) is not None
    assert rule_for(Step.RETURN, Stage.APPROVAL, Role.SECRECY) is None


def test_a_proposed_determination_follows_the_decisions_and_is_complete() -> None:
    nothing = workflow.proposed(case(), "政务新媒体")
    assert (nothing.attribute, nothing.ways) == (Attribute.PROACTIVE, ("new_media",))
    redacted = case(flags={"f1": flag(rulings=(ruled(Verdict.REDACT),))})
    partial = workflow.proposed(redacted)
    assert partial.attribute is Attribute.PARTIAL
    assert partial.grounds
    require_determination(partial)
    assert workflow.doubts(replace(redacted, determination=partial)) == ()
