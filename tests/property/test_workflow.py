"""Nine people act at random on a few cases; whatever they do, the promises of the flow hold."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from review import casework, store, workflow
from review.casework import Attribute, Case, Determination, Stage, Step
from review.casework.change import current
from review.errors import PolicyError
from review.types import Span, Verdict
from review.workflow import APART, STRAIGHT
from review.workflow.rules import approval_digest
from tests.fake_office import PEOPLE, fake_office, ruling, staffed

_TEXTS = st.sampled_from(
    [
        "公示\n身份证号 110101199003070134\n",
        "公示\n身份证号 110101199003070134\n商密★ 报价\n",
        "说明\n演练坐标 东经\n商密★ 报价\n",
        "没有提示的通知\n",
    ]
)
_ACTORS = st.sampled_from(sorted(PEOPLE))
_NOTES = st.sampled_from(["", "理由"])
_REASONS = st.sampled_from(["", "false_alarm", "A1", "not_a_mark", "declassified", "minimum"])
_DETERMINATIONS = st.sampled_from(
    [
        Determination(Attribute.PROACTIVE, made_on=date(2026, 11, 2)),
        Determination(Attribute.PARTIAL, ("personal_privacy",)),
        Determination(Attribute.WITHHELD, ("trade_secret",), ("disclosure_regulation_2019#15",)),
    ]
)
_MOVING = [step for step in Step if any(r.step is step and r.target for r in workflow.TABLE)]


#: Who usually does what next, for ``advance``.
_OWNERS_OF = {
    Stage.SELF_CHECK: ("officer", Step.SUBMIT),
    Stage.RETURNED: ("officer", Step.SUBMIT),
    Stage.STALE: ("officer", Step.SUBMIT),
    Stage.DEPT_REVIEW: ("head", Step.PASS),
    Stage.SECRECY_REVIEW: ("secrecy", Step.CLEAR),
    Stage.APPROVAL: ("leader", Step.APPROVE),
    Stage.TO_PUBLISH: ("publisher", Step.PUBLISH),
    Stage.PUBLISHED: ("publisher", Step.TAKE_DOWN),
    Stage.TAKEN_DOWN: ("publisher", Step.ARCHIVE),
}


class Flow(RuleBasedStateMachine):
    """What is refused must leave no trace; what is done must be within the rules."""

    cases = Bundle("cases")

    @initialize(double=st.booleans(), together=st.booleans())
    def start(self, double: bool, together: bool) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.together = together
        self.office = staffed(
            fake_office(
                Path(self.folder.name),
                deployment="classified",
                double_review=double,
                same_person_allowed=together,
            )
        )
        self.known: dict[str, Case] = {}

    def teardown(self) -> None:
        if not hasattr(self, "office"):
            return
        assert store.verify(self.office.store).whole
        fresh = fake_office(Path(self.folder.name))
        with fresh.store.read() as tx:
            for case_id, case in self.known.items():
                assert current(fresh, tx, case_id) == case
        self.office.store.engine.dispose()
        fresh.store.engine.dispose()
        self.folder.cleanup()

    def attempt(self, case_id: str, act: Callable[[], object]) -> None:
        """Do it; if it is refused, everything must be as before."""
        try:
            act()
        except PolicyError:
            assert casework.load(self.office, case_id) == self.known[case_id]
        self.known[case_id] = casework.load(self.office, case_id)

    @rule(
        target=cases,
        text=_TEXTS,
        actor=st.sampled_from(["officer", "officer", "all"]),
        ahead=st.integers(0, 6),
        data=st.data(),
    )
    def open(self, text: str, actor: str, ahead: int, data: st.DataObject) -> object:
        """Open a case and bring it some stages ahead, so that the late stages are visited as often as the early."""
        if len(self.known) >= 3:
            return multiple()
        case = casework.open_case(self.office, text.encode(), "a.txt", actor)
        self.known[case.id] = case
        self.advance(case.id, ahead, data)
        return case.id

    @rule(case_id=cases, actor=_ACTORS, step=st.sampled_from(_MOVING), note=_NOTES, data=st.data())
    def step(self, case_id: str, actor: str, step: Step, note: str, data: st.DataObject) -> None:
        outcome = data.draw(st.sampled_from(["", "agreed", "refused", "publish", "withhold"]))
        before = self.known[case_id]
        if step is Step.PUBLISH:
            self.attempt(case_id, lambda: casework.publish(self.office, case_id, actor))
        elif step is Step.REPLACE:
            return
        else:
            self.attempt(
                case_id,
                lambda: casework.step(self.office, case_id, actor, step, note=note, outcome=outcome),
            )
        after = self.known[case_id]
        if after.version != before.version:
            assert step in workflow.moves(casework.person(self.office, actor), before)
            assert after.steps[-1].actor == actor

    def advance(self, case_id: str, stages: int, data: st.DataObject) -> None:
        """Random people hardly ever get anywhere: let the right ones do their work, some stages far."""
        for _ in range(stages):
            case = self.known[case_id]
            who = _OWNERS_OF.get(case.stage)
            if who is None:
                return
            actor, step = who
            if actor == "officer" and case.owner != "officer":
                actor = case.owner
            secret = [f.id for f in case.undecided if f.category == "state_secret" and not f.declassified]
            if secret and step in (Step.SUBMIT, Step.CLEAR):
                self.attempt(case_id, lambda: casework.declassify(self.office, case_id, "classifier", secret, "解"))  # noqa: B023
            if step is Step.CLEAR:
                for reviewer in ("secrecy", "secrecy2"):
                    self.redact_all(case_id, reviewer)
                self.determine(case_id, actor, Determination(Attribute.PARTIAL, ("personal_privacy",)))
            self.step(case_id, actor, step, "理由", data)

    @rule(
        case_id=cases,
        actor=_ACTORS,
        verdict=st.sampled_from(list(Verdict)),
        reason=_REASONS,
        note=_NOTES,
        stale=st.booleans(),
        data=st.data(),
    )
    def decide(
        self, case_id: str, actor: str, verdict: Verdict, reason: str, note: str, stale: bool, data: st.DataObject
    ) -> None:
        case = self.known[case_id]
        if not case.flags:
            return
        flag = data.draw(st.sampled_from(sorted(case.flags)))
        seen = case.flags[flag].version - 1 if stale else case.version
        given = [ruling(flag, verdict, reason, note)]
        self.attempt(case_id, lambda: casework.decide(self.office, case_id, actor, given, seen=seen))
        after = self.known[case_id]
        if stale and not case.double and after.version != case.version:
            raise AssertionError("a decision on a stale screen was taken")

    @rule(case_id=cases, actor=_ACTORS)
    def redact_all(self, case_id: str, actor: str) -> None:
        case = self.known[case_id]
        given = [ruling(flag.id, Verdict.REDACT) for flag in case.undecided]
        self.attempt(case_id, lambda: casework.decide(self.office, case_id, actor, given, seen=case.version))

    @rule(case_id=cases, actor=_ACTORS, determination=_DETERMINATIONS)
    def determine(self, case_id: str, actor: str, determination: Determination) -> None:
        self.attempt(case_id, lambda: casework.determine(self.office, case_id, actor, determination))

    @rule(case_id=cases, actor=_ACTORS)
    def declassify(self, case_id: str, actor: str) -> None:
        secret = [f.id for f in self.known[case_id].flags.values() if f.category == "state_secret"]
        if secret:
            self.attempt(case_id, lambda: casework.declassify(self.office, case_id, actor, secret, "×解〔2026〕1号"))

    @rule(case_id=cases, actor=_ACTORS, text=_TEXTS)
    def replace(self, case_id: str, actor: str, text: str) -> None:
        self.attempt(case_id, lambda: casework.replace_file(self.office, case_id, actor, text.encode(), "b.txt"))

    @rule(case_id=cases, actor=_ACTORS, start=st.integers(0, 3))
    def add(self, case_id: str, actor: str, start: int) -> None:
        basis = ["disclosure_regulation_2019#15"]
        at = Span(start, start + 1)
        self.attempt(case_id, lambda: casework.add_flag(self.office, case_id, actor, at, "pp_other", basis))

    @rule(case_id=cases, actor=_ACTORS, to=_ACTORS)
    def assign(self, case_id: str, actor: str, to: str) -> None:
        self.attempt(case_id, lambda: casework.assign(self.office, case_id, actor, to))

    @rule(case_id=cases, data=st.data())
    def permitted_step(self, case_id: str, data: st.DataObject) -> None:
        """Any step that anybody may take now, sideways and backwards ones included."""
        case = self.known[case_id]
        able = [(a, s) for a in sorted(PEOPLE) for s in casework.moves(self.office, case, a) if s in _MOVING]
        if able:
            actor, step = data.draw(st.sampled_from(able))
            self.step(case_id, actor, step, "理由", data)

    @rule(case_id=consumes(cases), actor=_ACTORS)
    def purge(self, case_id: str, actor: str) -> None:
        later = date(2100, 1, 1)
        before = self.known[case_id]
        self.attempt(case_id, lambda: casework.purge(self.office, case_id, actor, today=later))
        if self.known[case_id].purged:
            assert before.stage in (Stage.ARCHIVED, Stage.WITHDRAWN)
            assert not workflow.online(before)

    @invariant()
    def undecided_is_unpublished(self) -> None:
        for case in getattr(self, "known", {}).values():
            if case.stage in (Stage.TO_PUBLISH, Stage.PUBLISHED):
                assert not case.undecided
                assert case.approved == approval_digest(case)
                assert case.determination is not None
                assert case.determination.attribute is not Attribute.WITHHELD
            if case.stage is Stage.PUBLISHED:
                assert case.file is not None
                assert case.publications[-1].original_sha256 == case.file.sha256
                assert [t.step for t in case.round if t.step in (*STRAIGHT, Step.PUBLISH)][-2:] == [
                    Step.APPROVE,
                    Step.PUBLISH,
                ]

    @invariant()
    def state_secrets_go_out_on_grounds_only(self) -> None:
        for case in getattr(self, "known", {}).values():
            for flag in case.flags.values():
                if flag.category != "state_secret" or flag.ruling is None:
                    continue
                if flag.verdict is Verdict.ACCEPT:
                    assert flag.ruling.reason in workflow.STATE_SECRET_GROUNDS
                    assert flag.ruling.note
                if flag.verdict is Verdict.REDACT:
                    assert flag.declassified

    @invariant()
    def three_people_or_it_shows(self) -> None:
        for case in getattr(self, "known", {}).values():
            for taken in case.steps:
                if taken.same_person:
                    assert self.together
                    assert set(taken.same_person) <= APART[taken.step]

    @invariant()
    def stays_are_without_holes(self) -> None:
        for case in getattr(self, "known", {}).values():
            assert case.stays[-1].stage is case.stage
            assert case.stays[-1].until is None
            for left, entered in zip(case.stays, case.stays[1:], strict=False):
                assert left.until == entered.since

    @invariant()
    def the_list_agrees_with_the_cases(self) -> None:
        if not getattr(self, "known", {}):
            return
        rows = {row.id: row for row in casework.list_cases(self.office, "secrecy")}
        for case_id, case in self.known.items():
            row = rows[case_id]
            assert (row.version, row.stage, row.loud, row.done) == (
                case.version,
                case.stage,
                len(case.loud),
                case.done,
            )


TestFlow = Flow.TestCase
TestFlow.settings = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
