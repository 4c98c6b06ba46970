"""Cases from intake to archive, with stand-ins for reading and detecting (``tests.fake_office``)."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from review import casework, store, workflow
from review.calendar import china_day, workdays_between
from review.casework import (
    LOCAL,
    OPERATOR,
    Attribute,
    Case,
    Determination,
    Office,
    Role,
    Settings,
    Stage,
    Step,
    accounts,
)
from review.casework.change import current
from review.errors import (
    InputError,
    IntakeStop,
    PolicyError,
    ReasonMissing,
    ReviewError,
    SeparationOfDuties,
    StaleCase,
    UndecidedFlags,
)
from review.types import Severity, Span, Verdict
from review.workflow import Person
from tests.fake_office import PASSWORD, FakeEngine, fake_office, pack, ruling, staffed

ID = "110101199003070134"
TEXT = f"关于发放补贴的公示\n张三，身份证号 {ID}，电话13812345678。\n商密★ 报价一千元\n"
MARKED = f"密★ 会议纪要\n身份证号 {ID}\n"
CANARY = "金丝雀河东路十二号"
PARTIAL = Determination(Attribute.PARTIAL, ("personal_privacy",), ("disclosure_regulation_2019#15",), ways=("website",))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return staffed(fake_office(tmp_path / "home"))


@pytest.fixture
def alone(tmp_path: Path) -> Office:
    return fake_office(tmp_path / "home", single_user=True)


def submit(office: Office, text: str = TEXT, actor: str = "officer", name: str = "公示.txt", **more: Any) -> Case:
    return casework.open_case(office, text.encode(), name, actor, **more)


def by_type(case: Case, type: str) -> str:
    return next(flag.id for flag in case.flags.values() if flag.type == type)


def decide_all(office: Office, case: Case, actor: str) -> Case:
    """Redact every loud flag."""
    wanted = [ruling(flag.id, Verdict.REDACT) for flag in case.loud]
    return casework.decide(office, case.id, actor, wanted, seen=case.version)


def to_stage(office: Office, case: Case, stage: Stage) -> Case:
    """Walk the usual way up to ``stage``, each step by whom it belongs to."""
    case = decide_all(office, case, "officer")
    for actor, step in (
        ("officer", Step.SUBMIT),
        ("head", Step.PASS),
        ("secrecy", Step.CLEAR),
        ("leader", Step.APPROVE),
    ):
        if case.stage is stage:
            return case
        if step is Step.CLEAR:
            casework.determine(office, case.id, "secrecy", PARTIAL)
        case = casework.step(office, case.id, actor, step)
    if case.stage is not stage:
        casework.publish(office, case.id, "publisher")
    return casework.load(office, case.id)


def everything_on_disk(office: Office) -> bytes:
    return b"".join(path.read_bytes() for path in office.store.home.rglob("*") if path.is_file())


def all_events(office: Office) -> list[Any]:
    with office.store.read() as tx:
        return list(store.events(tx))


# ------------------------------------------------------------------------------------------------ intake


def test_a_new_case_is_scanned_and_numbered(office: Office) -> None:
    first, second = submit(office), submit(office, "第二件")
    assert first.stage is Stage.SELF_CHECK
    assert second.id.split("-")[1] == "000002"
    assert [flag.type for flag in first.loud] == ["pp_id_number", "ts_mark"]
    assert len(first.flags) == 3
    assert first.file is not None
    assert casework.original(office, first.id) == TEXT.encode()
    assert casework.details(office, first.id) == {"title": "公示", "name": "公示.txt", "target": ""}
    assert [event.kind for event in all_events(office)[:3]] == ["case_opened", "file_added", "scanned"]


def test_a_case_is_the_fold_of_its_events_and_nothing_else(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.PUBLISHED)
    fresh = fake_office(office.store.home)
    with fresh.store.read() as tx:
        assert current(fresh, tx, case.id) == case
        row = next(iter(casework.list_cases(fresh, "leader")))
    assert (row.stage, row.version, row.loud, row.done) == (case.stage, case.version, 2, 2)


def test_a_report_is_read_again_from_the_vault(office: Office) -> None:
    case = submit(office, genre="subsidy", target="政府网站")
    fresh = fake_office(office.store.home)
    report = casework.report(fresh, case.id)
    assert report.document.text == TEXT
    assert [flag.id for flag in report.flags] == [flag.id for flag in case.flags.values()]
    assert (report.genre.id, report.target, report.pack) == ("subsidy", "政府网站", "fake@1")
    assert casework.report(fresh, case.id) is report


def test_unknown_numbers_are_refused_without_quoting_them(office: Office) -> None:
    with pytest.raises(InputError) as caught:
        casework.load(office, CANARY)
    assert CANARY not in str(caught.value)


# ------------------------------------------------------------------------------------------------ intake stop


def test_a_mark_stops_the_intake_and_nothing_is_kept(office: Office) -> None:
    text = f"密★ {CANARY}\n"
    with pytest.raises(IntakeStop) as caught:
        submit(office, text, name=f"{CANARY}.txt")
    message = str(caught.value)
    assert "已停止处理，未保存文件内容" in message
    assert "第1段" in message
    assert "24小时内" in message
    assert CANARY not in message
    (event,) = all_events(office)
    assert event.kind == "intake_stopped"
    assert event.payload["marks"] == [["state_secret.classification_mark@1", [0, 2]]]
    assert "sha256" not in event.payload
    assert CANARY.encode() not in everything_on_disk(office)
    with office.store.read() as tx:
        assert tx.exec_driver_sql("select count(*) from vault").scalar() == 0
    (row,) = casework.list_cases(office, "secrecy")
    assert (row.stage, row.title) == (Stage.STOPPED, "（停止处理，未保存）")
    with pytest.raises(InputError, match="没有保存"):
        casework.original(office, row.id)
    with pytest.raises(InputError, match="没有保存"):
        casework.report(office, row.id)


def test_a_classified_machine_takes_marked_files_in(tmp_path: Path) -> None:
    office = staffed(fake_office(tmp_path, deployment="classified"))
    case = submit(office, MARKED)
    assert case.flags[by_type(case, "ss_mark")].verdict is Verdict.OPEN


def test_a_secrecy_reviewer_may_say_not_a_mark(office: Office) -> None:
    with pytest.raises(SeparationOfDuties, match="保密审查员"):
        submit(office, MARKED, not_a_mark="教材中的图示")
    case = submit(office, MARKED, actor="secrecy", not_a_mark="教材中的图示")
    mark = case.flags[by_type(case, "ss_mark")]
    assert mark.ruling is not None
    assert (mark.verdict, mark.ruling.reason) == (Verdict.ACCEPT, "not_a_mark")
    assert casework.note(office, mark.ruling.note) == "教材中的图示"
    assert "mark_cleared" in [event.kind for event in all_events(office)]


def test_a_cleared_mark_does_not_stop_the_next_version_but_a_new_one_does(office: Office) -> None:
    case = submit(office, MARKED, actor="secrecy", not_a_mark="教材中的图示")
    casework.assign(office, case.id, "secrecy", "officer")
    case = casework.replace_file(office, case.id, "officer", (MARKED + "附言\n").encode(), "v2.txt")
    assert case.flags[by_type(case, "ss_mark")].verdict is Verdict.ACCEPT
    with pytest.raises(IntakeStop):
        casework.replace_file(office, case.id, "officer", (MARKED + "密★ 附件\n").encode(), "v3.txt")
    assert casework.load(office, case.id).version == case.version
    assert len(casework.load(office, case.id).files) == 2


# ------------------------------------------------------------------------------------------------ deciding


def test_decisions_are_kept_with_notes_and_replacements(office: Office) -> None:
    case = submit(office)
    id_number, mark = by_type(case, "pp_id_number"), by_type(case, "ts_mark")
    given = [
        ruling(id_number, Verdict.REDACT, "minimum", replacement=""),
        ruling(mark, Verdict.ACCEPT, "statutory_field", "依据采购公告"),
    ]
    case = casework.decide(office, case.id, "officer", given, seen=case.version)
    kept = casework.decisions(office, case.id)
    assert kept[id_number].replacement == ""
    assert (kept[mark].note, kept[mark].replacement, kept[mark].reviewer) == ("依据采购公告", None, "officer")
    assert case.undecided == ()
    case = casework.decide(office, case.id, "officer", [ruling(mark, Verdict.OPEN)], seen=case.version)
    assert set(casework.decisions(office, case.id)) == {id_number}
    assert [flag.id for flag in case.undecided] == [mark]


def test_two_reviewers_never_overwrite_each_other_silently(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.SECRECY_REVIEW)
    first, second = (flag.id for flag in case.loud)
    seen = case.version
    casework.decide(office, case.id, "secrecy", [ruling(first, Verdict.ESCALATE)], seen=seen)
    with pytest.raises(StaleCase, match="没有保存"):
        casework.decide(office, case.id, "secrecy2", [ruling(first, Verdict.REDACT)], seen=seen)
    casework.decide(office, case.id, "secrecy2", [ruling(second, Verdict.ESCALATE)], seen=seen)
    both = [ruling(first, Verdict.REDACT), ruling(second, Verdict.REDACT)]
    with pytest.raises(StaleCase):
        casework.decide(office, case.id, "secrecy2", both, seen=seen)
    now = casework.load(office, case.id)
    assert [now.flags[flag].verdict for flag in (first, second)] == [Verdict.ESCALATE, Verdict.ESCALATE]
    casework.decide(office, case.id, "secrecy2", [ruling(first, Verdict.REDACT)], seen=now.version)


def test_a_comment_does_not_make_a_decision_stale(office: Office) -> None:
    case = submit(office)
    casework.comment(office, case.id, "officer", "请看第二段")
    decide_all(office, case, "officer")


def test_a_resent_decision_counts_once(office: Office) -> None:
    case = submit(office)
    given = [ruling(case.loud[0].id, Verdict.REDACT)]
    once = casework.decide(office, case.id, "officer", given, seen=case.version, client="tab", client_seq=1)
    again = casework.decide(office, case.id, "officer", given, seen=case.version, client="tab", client_seq=1)
    assert once == again
    other = [ruling(case.loud[1].id, Verdict.REDACT)]
    more = casework.decide(office, case.id, "officer", other, seen=case.version, client="tab", client_seq=2)
    assert more.done == 2


def test_a_refused_decision_is_not_remembered_as_answered(office: Office) -> None:
    case = submit(office)
    flag = case.loud[0].id
    with pytest.raises(ReasonMissing):
        casework.decide(
            office,
            case.id,
            "officer",
            [ruling(flag, Verdict.ACCEPT)],
            seen=case.version,
            client="tab",
            client_seq=1,
        )
    case = casework.decide(
        office,
        case.id,
        "officer",
        [ruling(flag, Verdict.REDACT)],
        seen=case.version,
        client="tab",
        client_seq=1,
    )
    assert case.flags[flag].verdict is Verdict.REDACT


def test_one_bad_decision_in_a_batch_stops_all(office: Office) -> None:
    case = submit(office)
    given = [ruling(case.loud[0].id, Verdict.REDACT), ruling(case.loud[1].id, Verdict.ACCEPT)]
    with pytest.raises(ReasonMissing):
        casework.decide(office, case.id, "officer", given, seen=case.version)
    assert casework.load(office, case.id) == case
    with pytest.raises(StaleCase):
        casework.decide(office, case.id, "officer", [ruling("0" * 16, Verdict.REDACT)], seen=case.version)


def test_state_secrets_are_referred_or_declassified_before_redaction(tmp_path: Path) -> None:
    office = staffed(fake_office(tmp_path, deployment="classified"))
    case = submit(office, "演练坐标 东经\n")
    secret = by_type(case, "ss_topic")
    with pytest.raises(PolicyError, match="解密"):
        casework.decide(office, case.id, "officer", [ruling(secret, Verdict.REDACT)], seen=case.version)
    with pytest.raises(ReasonMissing):
        casework.decide(office, case.id, "officer", [ruling(secret, Verdict.ACCEPT, "A1")], seen=case.version)
    with pytest.raises(SeparationOfDuties):
        casework.declassify(office, case.id, "secrecy", [secret], "×办解〔2026〕1号")
    with pytest.raises(ReasonMissing):
        casework.declassify(office, case.id, "classifier", [secret], " ")
    case = casework.declassify(office, case.id, "classifier", [secret], "×办解〔2026〕1号")
    case = casework.decide(office, case.id, "officer", [ruling(secret, Verdict.REDACT)], seen=case.version)
    assert case.undecided == ()


def test_a_missed_flag_is_added_with_its_basis(office: Office) -> None:
    case = submit(office)
    at = Span(10, 12)
    basis = ["disclosure_regulation_2019#15"]
    with pytest.raises(ReasonMissing):
        casework.add_flag(office, case.id, "officer", at, "pp_other", [])
    with pytest.raises(ReasonMissing):
        casework.add_flag(office, case.id, "officer", at, "pp_other", ["made_up#1"])
    with pytest.raises(InputError):
        casework.add_flag(office, case.id, "officer", at, "pp_gossip", basis)
    with pytest.raises(InputError):
        casework.add_flag(office, case.id, "officer", Span(5, 9999), "pp_other", basis)
    case = casework.add_flag(office, case.id, "officer", at, "pp_other", basis, "姓名与金额同列")
    added = next(flag for flag in case.flags.values() if flag.added_by)
    assert (added.added_by, added.spans, added.loud) == ("officer", (at,), True)
    assert added in case.undecided
    assert added.id in {flag.id for flag in casework.report(office, case.id).flags}
    assert [(c.flag, c.span, c.text) for c in casework.comments(office, case.id)] == [(added.id, at, "姓名与金额同列")]
    with pytest.raises(StaleCase):
        casework.add_flag(office, case.id, "officer", at, "pp_other", basis)
    whole = casework.add_flag(office, case.id, "officer", None, "pp_other", basis, severity=Severity.MEDIUM)
    assert len(whole.loud) == 4


def test_double_review_settles_by_agreement(tmp_path: Path) -> None:
    office = staffed(fake_office(tmp_path, double_review=True))
    case = casework.step(office, submit(office).id, "officer", Step.SUBMIT)
    case = casework.step(office, case.id, "head", Step.PASS)
    seen = case.version
    casework.determine(office, case.id, "secrecy", PARTIAL)
    flags = [flag.id for flag in case.loud]
    casework.decide(office, case.id, "secrecy", [ruling(f, Verdict.REDACT) for f in flags], seen=seen)
    mixed = [ruling(flags[0], Verdict.REDACT), ruling(flags[1], Verdict.ACCEPT, "A1")]
    case = casework.decide(office, case.id, "secrecy2", mixed, seen=seen)
    assert [flag.id for flag in case.undecided] == [flags[1]]
    with pytest.raises(UndecidedFlags, match="不一致"):
        casework.step(office, case.id, "secrecy", Step.CLEAR)
    case = casework.decide(office, case.id, "secrecy2", [ruling(flags[1], Verdict.REDACT)], seen=case.version)
    assert casework.step(office, case.id, "secrecy", Step.CLEAR).stage is Stage.APPROVAL


# ------------------------------------------------------------------------------------------------ new versions


def test_a_new_version_keeps_decisions_where_text_and_flag_are_unchanged(office: Office) -> None:
    case = decide_all(office, submit(office), "officer")
    changed = TEXT.replace("商密★ 报价一千元", "商密★ 报价两千元").replace("关于", "说明\n关于")
    case = casework.replace_file(office, case.id, "officer", changed.encode(), "公示2.txt")
    assert case.flags[by_type(case, "pp_id_number")].verdict is Verdict.REDACT
    assert case.flags[by_type(case, "ts_mark")].verdict is Verdict.OPEN
    assert (case.stage, len(case.files)) == (Stage.SELF_CHECK, 2)
    assert casework.details(office, case.id)["name"] == "公示2.txt"
    assert casework.original(office, case.id) == changed.encode()


def test_hand_made_flags_move_along_or_come_back_open(office: Office) -> None:
    case = submit(office)
    basis = ["disclosure_regulation_2019#15"]
    start = TEXT.index("张三")
    casework.add_flag(office, case.id, "officer", Span(start, start + 2), "pp_other", basis)
    mark = TEXT.index("报价")
    case = casework.add_flag(office, case.id, "officer", Span(mark, mark + 2), "pp_other", basis)
    case = decide_all(office, case, "officer")
    changed = "题注\n" + TEXT.replace("报价一千", "价格两千")
    case = casework.replace_file(office, case.id, "officer", changed.encode(), "2.txt")
    added = [flag for flag in case.flags.values() if flag.added_by]
    assert [(flag.spans, flag.verdict) for flag in added] == [
        ((Span(start + 3, start + 5),), Verdict.REDACT),
        ((), Verdict.OPEN),
    ]
    assert {flag.id for flag in casework.report(office, case.id).flags} == set(case.flags)


def test_a_file_changed_after_submission_is_reviewed_again(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.TO_PUBLISH)
    assert case.approved
    case = casework.replace_file(office, case.id, "officer", (TEXT + "补充\n").encode(), "公示.txt")
    assert (case.stage, case.approved) == (Stage.STALE, "")
    with pytest.raises(SeparationOfDuties, match="需重新审查"):
        casework.publish(office, case.id, "publisher")
    assert casework.step(office, case.id, "officer", Step.SUBMIT).stage is Stage.DEPT_REVIEW


def test_new_rules_are_offered_and_keep_decisions(office: Office) -> None:
    case = decide_all(office, submit(office), "officer")
    assert not casework.outdated(office, case)
    newer = fake_office(office.store.home, engine=FakeEngine(pack("pack-2")))
    assert casework.outdated(newer, case)
    again = casework.rescan(newer, case.id, "officer")
    assert not casework.outdated(newer, again)
    assert again.undecided == ()
    assert again.file is not None
    assert again.file.pack_digest == "pack-2"


# ------------------------------------------------------------------------------------------------ the flow


def test_the_whole_way_by_the_people_it_belongs_to(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.PUBLISHED)
    copy, proof = casework.published(office, case.id)
    assert ID not in copy.decode()
    assert "[已隐去]" in copy.decode()
    assert proof["redacted_sha256"] == case.publications[0].redacted_sha256
    assert [taken.step for taken in case.steps] == [*workflow.STRAIGHT, Step.PUBLISH]
    assert store.read_anchors(office.store)[-1].seq == case.version
    case = casework.step(office, case.id, "publisher", Step.ARCHIVE)
    assert case.stage is Stage.ARCHIVED
    assert store.verify(office.store).whole


@pytest.mark.parametrize(
    ("stage", "step", "right"),
    [
        (Stage.SELF_CHECK, Step.SUBMIT, {"officer"}),
        (Stage.DEPT_REVIEW, Step.PASS, {"head"}),
        (Stage.SECRECY_REVIEW, Step.CLEAR, {"secrecy", "secrecy2"}),
        (Stage.SECRECY_REVIEW, Step.REFER, {"secrecy", "secrecy2", "classifier"}),
        (Stage.APPROVAL, Step.APPROVE, {"leader"}),
        (Stage.APPROVAL, Step.RETURN, {"leader"}),
        (Stage.TO_PUBLISH, Step.RETURN, {"publisher"}),
        (Stage.PUBLISHED, Step.TAKE_DOWN, {"publisher", "secrecy", "secrecy2"}),
    ],
)
def test_each_step_is_refused_to_everybody_else(office: Office, stage: Stage, step: Step, right: set[str]) -> None:
    case = to_stage(office, submit(office), stage)
    if step is Step.CLEAR:
        casework.determine(office, case.id, "secrecy", PARTIAL)
    wrong = {"officer", "head", "secrecy", "secrecy2", "classifier", "leader", "publisher", "auditor", "admin"} - right
    before = casework.load(office, case.id)
    for actor in sorted(wrong):
        with pytest.raises(SeparationOfDuties):
            casework.step(office, case.id, actor, step, note="理由")
        assert step not in casework.moves(office, before, actor)
    assert casework.load(office, case.id) == before
    for actor in sorted(right):
        assert step in casework.moves(office, before, actor)
    casework.step(office, case.id, min(right), step, note="理由")


def test_unknown_and_disabled_accounts_can_do_nothing(office: Office) -> None:
    case = submit(office)
    accounts.disable_account(office.store, OPERATOR, "officer")
    for actor in ("officer", "nobody", LOCAL, ""):
        with pytest.raises(SeparationOfDuties):
            casework.step(office, case.id, actor, Step.SUBMIT)
        with pytest.raises(SeparationOfDuties):
            casework.list_cases(office, actor)


def test_one_person_may_not_take_two_steps_unless_the_office_says_so(office: Office, tmp_path: Path) -> None:
    case = submit(office, actor="all")
    case = casework.step(office, case.id, "all", Step.SUBMIT)
    assert Step.PASS not in casework.moves(office, case, "all")
    with pytest.raises(SeparationOfDuties, match="送审"):
        casework.step(office, case.id, "all", Step.PASS)
    with pytest.raises(PolicyError, match="一人"):
        casework.finish(office, case.id, "all")

    small = staffed(fake_office(tmp_path / "small", same_person_allowed=True))
    case = decide_all(small, submit(small, actor="all"), "all")
    with pytest.raises(PolicyError, match="公开属性"):
        casework.finish(small, case.id, "all")
    assert casework.load(small, case.id).stage is Stage.SELF_CHECK
    casework.determine(small, case.id, "all", PARTIAL)
    case = casework.finish(small, case.id, "all")
    assert case.stage is Stage.TO_PUBLISH
    assert [t.same_person for t in case.steps] == [
        (),
        (Step.SUBMIT,),
        (Step.SUBMIT, Step.PASS),
        (Step.SUBMIT, Step.PASS, Step.CLEAR),
    ]
    assert casework.ledger(small, "auditor")[0]["备注"] == "同一人办理多个环节"


def test_alone_from_draft_to_copy(alone: Office) -> None:
    case = submit(alone, actor=LOCAL)
    with pytest.raises(UndecidedFlags, match="2 项"):
        casework.finish(alone, case.id, LOCAL)
    case = casework.finish(alone, decide_all(alone, case, LOCAL).id, LOCAL)
    copy, proof = casework.publish(alone, case.id, LOCAL)
    assert ID not in copy.decode()
    assert proof.clean


def test_returning_needs_reasons_and_reaches_the_officer(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.SECRECY_REVIEW)
    with pytest.raises(ReasonMissing):
        casework.step(office, case.id, "secrecy", Step.RETURN)
    case = casework.step(office, case.id, "secrecy", Step.RETURN, note="请补充公开依据")
    assert casework.note(office, case.steps[-1].note) == "请补充公开依据"
    assert Step.DECIDE in casework.moves(office, case, "officer")


def test_third_party_and_referral(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.SECRECY_REVIEW)
    case = casework.step(office, case.id, "secrecy", Step.CONSULT, note="征求×公司意见")
    assert [t.kind for t in casework.timers(office, case)] == ["review", "consult"]
    case = casework.step(office, case.id, "secrecy", Step.CONSULT_REPLY, outcome="refused", note="不同意")
    case = casework.step(office, case.id, "classifier", Step.REFER, outcome="secrecy_admin")
    case = casework.step(office, case.id, "secrecy", Step.REFER_REPLY, outcome="publish", note="×密函〔2026〕1号")
    casework.determine(office, case.id, "secrecy", PARTIAL)
    case = casework.step(office, case.id, "secrecy", Step.CLEAR)
    with pytest.raises(ReasonMissing, match="公共利益"):
        casework.step(office, case.id, "leader", Step.APPROVE)
    case = casework.step(office, case.id, "leader", Step.APPROVE, note="对公共利益造成重大影响")
    (row,) = casework.case_rows(office, "leader")
    assert (row["consult_reply"], row["refer_target"], row["refer_reply"]) == ("refused", "secrecy_admin", "publish")


def test_withholding_and_reviewing_again(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.SECRECY_REVIEW)
    no = Determination(Attribute.WITHHELD, ("trade_secret",), ("disclosure_regulation_2019#15",))
    with pytest.raises(InputError, match="依据"):
        casework.determine(office, case.id, "secrecy", replace(no, basis=("made_up#1",)))
    casework.determine(office, case.id, "secrecy", no, note="报价未公开")
    casework.step(office, case.id, "secrecy", Step.CLEAR)
    case = casework.step(office, case.id, "leader", Step.WITHHOLD, note="同意不予公开")
    assert case.stage is Stage.WITHHELD
    assert casework.ledger(office, "auditor")[0]["审查意见"] == "不予公开"
    casework.step(office, case.id, "secrecy", Step.ARCHIVE)
    (row,) = casework.ledger(office, "auditor")
    assert (row["审查意见"], row["当前环节"], row["发布日期"]) == ("不予公开", "已归档", None)
    case = casework.step(office, case.id, "officer", Step.REOPEN, note="年度复核")
    assert case.stage is Stage.STALE


def test_taking_down_and_correcting(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.PUBLISHED)
    case = casework.step(office, case.id, "publisher", Step.TAKE_DOWN, note="公示期满")
    assert not workflow.online(case)
    other = to_stage(office, submit(office), Stage.PUBLISHED)
    other = casework.step(office, other.id, "officer", Step.CORRECT, note="金额有误")
    assert (other.stage, other.approved) == (Stage.STALE, "")


def test_steps_with_a_stale_screen_are_refused(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.SECRECY_REVIEW)
    casework.determine(office, case.id, "secrecy", PARTIAL)
    seen = casework.load(office, case.id).version
    flag = case.loud[0].id
    casework.decide(office, case.id, "secrecy2", [ruling(flag, Verdict.ACCEPT, "A1")], seen=seen)
    with pytest.raises(StaleCase):
        casework.step(office, case.id, "secrecy", Step.CLEAR, seen=seen)
    case = casework.load(office, case.id)
    casework.comment(office, case.id, "head", "无意见")
    casework.step(office, case.id, "secrecy", Step.CLEAR, seen=case.version)


def test_publishing_is_bound_to_what_was_approved(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.TO_PUBLISH)
    with pytest.raises(PolicyError, match="发布"):
        casework.step(office, case.id, "publisher", Step.PUBLISH)
    deceived = fake_office(office.store.home)
    deceived.memory.keep_case(replace(case, approved="0" * 64))
    with pytest.raises(StaleCase, match="重新送审"):
        casework.publish(deceived, case.id, "publisher")
    other = replace(
        office, tools=replace(office.tools, publish=lambda d, r, s, e: office.tools.publish(b"other", r, s, e))
    )
    with pytest.raises(StaleCase, match="不一致"):
        casework.publish(other, case.id, "publisher")
    assert casework.load(office, case.id).publications == ()
    casework.publish(office, case.id, "publisher")


def test_a_change_while_the_copy_is_made_stops_the_publication(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.TO_PUBLISH)

    def slow(data: bytes, *rest: Any) -> Any:
        casework.step(office, case.id, "publisher", Step.RETURN, note="附件不全")
        return office.tools.publish(data, *rest)

    with pytest.raises(PolicyError):
        casework.publish(replace(office, tools=replace(office.tools, publish=slow)), case.id, "publisher")
    assert casework.load(office, case.id).publications == ()


def test_form_fields_are_merged_and_the_file_name_stays(office: Office) -> None:
    case = submit(office)
    casework.describe(office, case.id, "officer", {"title": "补贴公示", "docno": "×政发〔2026〕1号", "name": "x"})
    found = casework.details(office, case.id)
    assert (found["title"], found["docno"], found["name"]) == ("补贴公示", "×政发〔2026〕1号", "公示.txt")


def test_assignment_and_abandonment(office: Office, tmp_path: Path) -> None:
    case = to_stage(office, submit(office), Stage.SECRECY_REVIEW)
    case = casework.assign(office, case.id, "secrecy", "secrecy")
    with pytest.raises(PolicyError, match="承办"):
        casework.assign(office, case.id, "secrecy2", "secrecy2")
    with pytest.raises(PolicyError, match="角色"):
        casework.assign(office, case.id, "secrecy", "auditor")
    tired = fake_office(office.store.home, lease_hours=0)
    case = casework.assign(tired, case.id, "secrecy2", "secrecy2")
    assert case.assignee == "secrecy2"


# ------------------------------------------------------------------------------------------------ lists


def test_everybody_sees_what_is_theirs(office: Office) -> None:
    accounts.add_account(office.store, OPERATOR, "stranger", PASSWORD, [Role.OFFICER, Role.DEPT_HEAD], unit="民政局")
    mine = submit(office)
    theirs = submit(office, actor="stranger")

    def seen(actor: str, **more: Any) -> list[str]:
        return [row.id for row in casework.list_cases(office, actor, **more)]

    assert seen("officer") == [mine.id]
    assert seen("head") == [mine.id]
    assert seen("stranger") == [theirs.id]
    assert seen("secrecy") == [theirs.id, mine.id]
    assert seen("secrecy", unit="教育局") == [mine.id]
    assert seen("secrecy", mine=True) == []
    assert seen("secrecy", stages=[Stage.PUBLISHED]) == []
    assert seen("secrecy", words="公示 000002") == [theirs.id]
    assert seen("secrecy", words="不存在") == []
    assert seen("secrecy", limit=1, offset=1) == [mine.id]
    assert {row.title for row in casework.list_cases(office, "admin")} == {""}


def test_looking_needs_a_role_and_a_share(office: Office) -> None:
    accounts.add_account(office.store, OPERATOR, "stranger", PASSWORD, [Role.OFFICER, Role.DEPT_HEAD], unit="民政局")
    case = submit(office)
    for actor in ("officer", "head", "secrecy", "classifier", "leader", "publisher"):
        assert casework.look(office, case.id, actor) == case
    for actor in ("stranger", "auditor", "admin"):
        with pytest.raises(SeparationOfDuties):
            casework.look(office, case.id, actor)


def test_overdue_cases_are_found(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.SECRECY_REVIEW)
    assert casework.list_cases(office, "secrecy", overdue=True) == ()
    late = replace(PARTIAL, made_on=date(2020, 1, 2))
    casework.determine(office, case.id, "secrecy", late)
    (row,) = casework.list_cases(office, "secrecy", overdue=True)
    assert row.overdue
    assert not row.warning
    assert row.due == date(2020, 2, 6)  # Spring Festival was prolonged that year
    assert casework.list_cases(office, "secrecy", soon=True) == (row,)


def test_what_falls_due_soon_is_found_before_it_is_late(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.SECRECY_REVIEW)
    today = china_day(datetime.now(UTC))
    used = next(n for n in range(60) if workdays_between(today - timedelta(days=n), today) == 18)  # of 20
    casework.determine(office, case.id, "secrecy", replace(PARTIAL, made_on=today - timedelta(days=used)))
    (row,) = casework.list_cases(office, "secrecy", soon=True)
    assert row.warning
    assert casework.list_cases(office, "secrecy", overdue=True) == ()


def test_the_ledger_has_the_columns_of_the_form(office: Office) -> None:
    to_stage(office, submit(office), Stage.PUBLISHED)
    (row,) = casework.ledger(office, "auditor")
    assert (row["审查编号"][-6:], row["信息名称"], row["承办部门"], row["当前环节"]) == (
        "000001",
        "公示",
        "教育局",
        "已发布",
    )
    assert (row["提示项数（已处理/总数）"], row["涉及个人条数"], row["审查意见"]) == ("2/2", 1, "部分公开（区分处理）")
    assert (row["审查人"], row["批准人"], row["公开方式"]) == ("secrecy", "leader", "政府网站")
    today = casework.ledger(office, "auditor", since=date(2100, 1, 1))
    assert today == []
    with pytest.raises(SeparationOfDuties):
        casework.ledger(office, "officer")


def test_statistics_count_false_alarms_and_over_withholding(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.SECRECY_REVIEW)
    id_number, mark = by_type(case, "pp_id_number"), by_type(case, "ts_mark")
    given = [
        ruling(id_number, Verdict.ACCEPT, "false_alarm"),
        ruling(mark, Verdict.ACCEPT, "A1"),
    ]
    casework.decide(office, case.id, "secrecy", given, seen=case.version)
    rules = {row["rule"]: row for row in casework.rule_rows(office, "leader")}
    assert set(rules) == {"personal_privacy.id@1", "trade_secret.mark@1"}
    row = rules["personal_privacy.id@1"]
    assert (row["flags"], row["accepted"], row["false_alarms"], row["over_withheld"]) == (1, 1, 1, 1)
    assert (row["false_alarm_rate"], row["over_withheld_rate"]) == (1.0, 1.0)
    assert rules["trade_secret.mark@1"]["false_alarms"] == 0
    (found,) = casework.case_rows(office, "leader")
    assert (found["flags"], found["accepted"], found["days"], found["returned"]) == (2, 2, 0, 0)
    assert "title" not in found
    assert TEXT not in json.dumps(found, default=str)


def test_feedback_is_for_the_trainer_and_never_holds_state_secrets(tmp_path: Path) -> None:
    office = staffed(fake_office(tmp_path, deployment="classified"))
    case = submit(office, TEXT + "演练坐标 东经\n")
    secret = by_type(case, "ss_topic")
    mark = by_type(case, "ts_mark")
    given = [ruling(by_type(case, "pp_id_number"), Verdict.ACCEPT, "false_alarm"), ruling(mark, Verdict.REDACT)]
    casework.decide(office, case.id, "officer", [*given, ruling(secret, Verdict.ESCALATE)], seen=case.version)
    with pytest.raises(SeparationOfDuties):
        casework.feedback(office, "leader")
    samples = list(casework.feedback(office, "secrecy"))
    assert [(s["type"], s["label"], s["text"][s["start"] : s["end"]]) for s in samples] == [
        ("pp_id_number", 0, ID),
        ("ts_mark", 1, "商密★"),
    ]
    exported = [event for event in all_events(office) if event.kind == "feedback_exported"]
    assert [event.seq for event in exported] == [store.read_anchors(office.store)[-1].seq]


# ------------------------------------------------------------------------------------------------ retention


def test_purging_leaves_the_chain_whole(office: Office) -> None:
    text = TEXT + f"{CANARY}\n"
    case = to_stage(office, submit(office, text), Stage.PUBLISHED)
    casework.step(office, case.id, "publisher", Step.TAKE_DOWN, note="期满")
    case = casework.step(office, case.id, "publisher", Step.ARCHIVE)
    today = datetime.now(UTC).date()
    later = today.replace(year=today.year + 4)
    assert casework.expired(office) == ()
    with pytest.raises(PolicyError, match="保存期限"):
        casework.purge(office, case.id, "admin")
    assert casework.expired(office, later) == (case.id,)
    with pytest.raises(SeparationOfDuties):
        casework.purge(office, case.id, "secrecy", today=later)
    case = casework.purge(office, case.id, "admin", today=later)
    assert case.purged
    assert store.verify(office.store).whole
    for read in (casework.original, casework.report, casework.published, casework.details):
        with pytest.raises(InputError, match="清除"):
            read(office, case.id)
    (row,) = casework.list_cases(office, "secrecy")
    assert row.title == "（已清除）"
    assert casework.ledger(office, "auditor")[0]["信息名称"] == "（已清除）"
    assert casework.rule_rows(office, "leader")[0]["flags"] == 1


def test_what_is_still_online_is_not_purged(office: Office) -> None:
    case = to_stage(office, submit(office), Stage.PUBLISHED)
    casework.step(office, case.id, "publisher", Step.ARCHIVE)
    assert casework.expired(office, date(2100, 1, 1)) == ()


# ------------------------------------------------------------------------------------------------ accounts


def test_login_session_logout(office: Office) -> None:
    token = accounts.login(office.store, "leader", PASSWORD, "10.0.0.1")
    assert accounts.whoami(office.store, token) == Person("leader", frozenset({Role.LEADER}), "教育局", "leader")
    accounts.change_account(office.store, "admin", "leader", roles=[Role.AUDITOR])
    assert accounts.whoami(office.store, token).roles == {Role.AUDITOR}  # type: ignore[union-attr]
    accounts.logout(office.store, token)
    assert accounts.whoami(office.store, token) is None
    assert "logged_in" in [event.kind for event in all_events(office)]


def test_wrong_logins_sound_alike_and_lock(office: Office) -> None:
    messages = set()
    for name in ("leader", "nobody"):
        with pytest.raises(PolicyError) as caught:
            accounts.login(office.store, name, "wrong", "10.0.0.1")
        messages.add(str(caught.value))
    assert len(messages) == 1
    for _ in range(4):
        with pytest.raises(PolicyError):
            accounts.login(office.store, "leader", "wrong", "10.0.0.1")
    with pytest.raises(PolicyError, match="锁定"):
        accounts.login(office.store, "leader", PASSWORD, "10.0.0.1")
    accounts.enable_account(office.store, "admin", "leader")
    accounts.login(office.store, "leader", PASSWORD, "10.0.0.1")
    assert "wrong" not in {event.payload.get("account") for event in all_events(office)}


def test_only_administrators_manage_accounts(office: Office) -> None:
    for actor in ("officer", "secrecy", "leader", "auditor", "nobody"):
        with pytest.raises(SeparationOfDuties):
            accounts.add_account(office.store, actor, "new", PASSWORD, [Role.OFFICER])
        with pytest.raises(SeparationOfDuties):
            accounts.set_password(office.store, actor, "leader", "andere-lange-1")
        with pytest.raises(SeparationOfDuties):
            accounts.all_accounts(office.store, actor)
    with pytest.raises(PolicyError, match="角色"):
        accounts.add_account(office.store, "admin", "new", PASSWORD, [])


def test_a_new_password_ends_all_sessions(office: Office) -> None:
    token = accounts.login(office.store, "leader", PASSWORD, "10.0.0.1")
    with pytest.raises(PolicyError):
        accounts.change_password(office.store, "leader", "wrong", "andere-lange-1", "10.0.0.1")
    accounts.change_password(office.store, "leader", PASSWORD, "andere-lange-1", "10.0.0.1")
    assert accounts.whoami(office.store, token) is None
    accounts.login(office.store, "leader", "andere-lange-1", "10.0.0.1")


def test_proven_identity_needs_an_account(office: Office) -> None:
    with pytest.raises(PolicyError):
        accounts.login_proven(office.store, "nobody", "oidc")
    assert accounts.whoami(office.store, accounts.login_proven(office.store, "leader", "oidc"))


def test_api_keys_act_for_an_account(office: Office) -> None:
    with pytest.raises(PolicyError):
        accounts.add_api_key(office.store, "admin", "oa", "officer", ["everything"])
    key = accounts.add_api_key(office.store, "admin", "oa", "officer", ["check"])
    person, scopes = accounts.api_person(office.store, key)  # type: ignore[misc]
    assert (person.name, scopes) == ("officer", {"check"})
    accounts.disable_account(office.store, "admin", "officer")
    assert accounts.api_person(office.store, key) is None


# ------------------------------------------------------------------------------------------------ settings


def test_settings_are_read_and_checked(tmp_path: Path) -> None:
    assert casework.load_settings(tmp_path) == Settings()
    path = tmp_path / "settings.toml"
    path.write_text("[office]\nsingle_user = false\nreview_days = 7\n")
    assert casework.load_settings(tmp_path) == Settings(single_user=False, review_days=7)
    path.write_text('scan_roots = ["/srv/存量"]')
    assert casework.load_settings(tmp_path).scan_roots == ("/srv/存量",)
    roots = ("scan_roots = ['存量']", "scan_roots = [1]", "scan_roots = '/srv'")
    for bad in (*roots, "review_days = 'x'", "unknown = 1", "deployment = 'moon'", "retention_years = 1", "x ="):
        path.write_text(bad)
        with pytest.raises(InputError):
            casework.load_settings(tmp_path)


# ------------------------------------------------------------------------------------------------ canary


def test_no_event_log_or_error_holds_document_text(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """The canary stands in text, name, title, notes, comments, replacements and a new version, and in every error
    that can be provoked on the way."""
    caplog.set_level(logging.DEBUG)
    errors: list[str] = []

    def refused(call: Any, *args: Any, **more: Any) -> None:
        with pytest.raises(ReviewError) as caught:
            call(*args, **more)
        errors.append(f"{caught.value!r} {caught.value.__cause__!r}")

    text = f"{CANARY} 身份证号 {ID}\n{CANARY} 商密★\n"
    case = submit(office, text, name=f"{CANARY}.txt", title=CANARY, target=CANARY)
    first, second = (flag.id for flag in case.loud)
    seen = case.version
    casework.describe(office, case.id, "officer", {"docno": CANARY})
    casework.comment(office, case.id, "officer", CANARY, flag=first)
    basis = ["disclosure_regulation_2019#15"]
    casework.add_flag(office, case.id, "officer", Span(0, 9), "pp_other", basis, CANARY)
    given = [
        ruling(first, Verdict.REDACT, note=CANARY, replacement=CANARY),
        ruling(second, Verdict.ACCEPT, "statutory_field", CANARY),
    ]
    refused(casework.decide, office, case.id, "officer", [ruling(first, Verdict.ACCEPT, CANARY, CANARY)], seen=seen)
    refused(casework.publish, office, case.id, "publisher")
    refused(submit, office, f"密★ {CANARY}", name=f"{CANARY}.txt")
    casework.decide(office, case.id, "officer", given, seen=seen)
    refused(casework.decide, office, case.id, "officer", given, seen=seen)
    refused(casework.step, office, case.id, "leader", Step.APPROVE, note=CANARY)
    case = casework.replace_file(office, case.id, "officer", (text + CANARY).encode(), f"{CANARY}2.txt")
    case = to_stage(office, case, Stage.PUBLISHED)
    casework.step(office, case.id, "publisher", Step.TAKE_DOWN, note=CANARY)
    with office.store.read() as tx:
        rows = tx.exec_driver_sql("select * from event").all() + tx.exec_driver_sql("select * from case_row").all()
    told = "\n".join([*errors, *(str(row) for row in rows), caplog.text, repr(case)])
    for value in (CANARY, ID):
        assert value not in told
        assert value.encode("unicode_escape").decode() not in told
        assert value.encode() not in everything_on_disk(office)
