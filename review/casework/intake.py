"""Take files in: open a case, scan it, scan it again, put a new version in its place; and the intake stop."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath

from review import places, workflow
from review.calendar import china_day
from review.casework.carry import Carried, carry
from review.casework.change import Change, changing, line, pack_flags, pack_json, read_json, record
from review.casework.office import Office, person
from review.casework.reading import document_of, flags_of, load, report_of
from review.errors import IntakeStop, StaleCase
from review.store import Transaction, cases, vault
from review.types import Flag, Report, Severity, Verdict
from review.workflow import SELF_STAGES, Case, Person, Stage, Step, payloads

#: Flag types whose critical flags stop the intake on an unclassified machine (保密法31、57).
MARKS = frozenset({"ss_mark", "ss_portion_mark"})

_STOP = (
    "发现疑似国家秘密标志，已停止处理，未保存文件内容。请勿继续在本机操作，立即报告本单位保密工作机构"
    "（发生或可能发生泄密的，24小时内向保密行政管理部门报告）。如属误报，由保密审查员登记理由后继续。"
)


def open_case(
    office: Office,
    data: bytes,
    name: str,
    actor: str,
    *,
    genre: str = "",
    target: str = "",
    title: str = "",
    not_a_mark: str = "",
) -> Case:
    """Take a file in, scan it, and return the case in stage 自查中.

    On an unclassified deployment a critical ``ss_mark``/``ss_portion_mark`` flag raises ``IntakeStop``: neither
    bytes nor text nor name are kept, only an event with rule and position. ``not_a_mark`` (a written reason, secrecy
    reviewers only) records that the mark is none and goes on.
    """
    who = _opener(office, actor, not_a_mark)
    report = _scan(office, data, name, genre, target)
    marks = _marks(office, report)
    if marks and not not_a_mark:
        _stop(office, who, report, marks)
    details = {"title": title or PurePath(name).stem, "name": name, "target": target}
    with office.store.write() as tx:
        number = _number(tx)
        item = vault.put(office.store, tx, number, "details", pack_json(details))
        payload = payloads.opened(unit=who.unit, details=item, double=office.settings.double_review)
        case = record(office, tx, None, actor, "case_opened", payload, number)
        change = Change(office, tx, actor, case)
        _add_file(change, data, report, item, Stage.DRAFT)
        _add_scan(change, report, Carried())
        _clear_marks(change, marks, not_a_mark)
        cases.save(tx, line(office, change.case))
    return _kept(office, change.case, report)


def replace_file(office: Office, case_id: str, actor: str, data: bytes, name: str, *, not_a_mark: str = "") -> Case:
    """Put a new version of the file in. Decisions stay only where text and flag are unchanged.

    After submission the case becomes 需重新审查. An unchanged mark that was cleared before does not stop it again.
    """
    case = load(office, case_id)
    who = person(office, actor)
    workflow.require(who, Step.REPLACE, case)
    if not_a_mark:
        workflow.require(who, Step.CLEAR_MARK, None)
    known = _details(office, case)
    report = _scan(office, data, name, _chosen_genre(office, case), known.get("target", ""))
    stays = _carry(office, case, report)
    marks = [flag for flag in _marks(office, report) if not _cleared(case, stays.kept.get(flag.id, ""))]
    if marks and not not_a_mark:
        _stop(office, who, report, marks)
    with changing(office, case_id, actor) as change:
        _unchanged(change.case, case)
        workflow.require(who, Step.REPLACE, change.case)
        stage = change.case.stage if change.case.stage in SELF_STAGES else Stage.STALE
        item = change.keep("details", pack_json({**known, "name": name}))
        _add_file(change, data, report, item, stage)
        _add_scan(change, report, stays)
        _clear_marks(change, marks, not_a_mark)
    return _kept(office, change.case, report)


def rescan(office: Office, case_id: str, actor: str, *, genre: str = "") -> Case:
    """Check the current file again with the current rules (and genre); decisions stay where text and flag do."""
    case = load(office, case_id)
    workflow.require(person(office, actor), Step.DECIDE, case)
    known = _details(office, case)
    report = office.tools.review(document_of(office, case), office.engine, genre, known.get("target", ""))
    stays = _carry(office, case, report)
    with changing(office, case_id, actor) as change:
        _unchanged(change.case, case)
        _add_scan(change, report, stays)
    return change.case


def outdated(office: Office, case: Case) -> bool:
    """True when rules or models changed since the case was scanned: offer ``rescan``."""
    file = case.file
    if file is None or case.purged:
        return False
    return (file.pack_digest, dict(file.model_digests)) != (
        office.engine.pack.digest,
        dict(office.engine.model_digests),
    )


# ------------------------------------------------------------------------------------------------ parts


def _opener(office: Office, actor: str, not_a_mark: str) -> Person:
    who = person(office, actor)
    workflow.require(who, Step.OPEN, None)
    if not_a_mark:
        workflow.require(who, Step.CLEAR_MARK, None)
    return who


def _scan(office: Office, data: bytes, name: str, genre: str, target: str) -> Report:
    return office.tools.review(office.tools.read(data, name), office.engine, genre, target)


def _marks(office: Office, report: Report) -> list[Flag]:
    """Return the flags that stop the intake here: none on a machine that may hold state secrets."""
    if office.settings.deployment == "classified":
        return []
    return [flag for flag in report.flags if flag.type in MARKS and flag.severity is Severity.CRITICAL]


def _stop(office: Office, who: Person, report: Report, marks: Sequence[Flag]) -> None:
    """Record rule and position, nothing else, and raise."""
    with office.store.write() as tx:
        payload = payloads.intake_stopped(unit=who.unit, media_type=report.document.media_type, found=marks)
        case = record(office, tx, None, who.name, "intake_stopped", payload, _number(tx))
        cases.save(tx, line(office, case))
    listed = "；".join(f"{places.location(report.document, flag)}（规则 {flag.rule}）" for flag in marks[:20])
    raise IntakeStop(f"{_STOP}\n位置：{listed}。登记编号：{case.id}。")


def _number(tx: Transaction) -> str:
    return cases.next_number(tx, china_day(datetime.now(UTC)).year)


def _add_file(change: Change, data: bytes, report: Report, details: str, stage: Stage) -> None:
    payload = payloads.file_added(
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=report.document.media_type,
        size=len(data),
        data=change.keep("file", data),
        details=details,
        stage=stage,
    )
    change.record("file_added", payload)


def _add_scan(change: Change, report: Report, stays: Carried) -> None:
    found = (*report.flags, *stays.added)
    guess = report.genre
    kept = {
        "flags": pack_flags(found),
        "genre": {"id": guess.id, "score": guess.score, "reasons": list(guess.reasons)},
    }
    case = change.case
    hands = {new: case.flags[old].added_by for new, old in stays.by_hand.items()}
    payload = payloads.scanned(
        pack=report.pack,
        pack_digest=report.pack_digest,
        models=report.model_digests,
        genre=guess.id,
        flags=change.keep("flags", pack_json(kept)),
        found=found,
        kept=stays.kept,
        added=hands,
    )
    change.record("scanned", payload)


def _clear_marks(change: Change, marks: Sequence[Flag], reason: str) -> None:
    """A secrecy reviewer said that these are no marks: on record, and the flags are decided by that."""
    if not marks:
        return
    note = change.keep("note", reason)
    change.record("mark_cleared", payloads.mark_cleared(flags=[flag.id for flag in marks], note=note))
    change.record("decided", payloads.decided([(flag.id, Verdict.ACCEPT, "not_a_mark", note, "") for flag in marks]))


def _cleared(case: Case, flag: str) -> bool:
    return flag in case.flags and case.flags[flag].verdict is Verdict.ACCEPT


def _carry(office: Office, case: Case, report: Report) -> Carried:
    old = flags_of(office, case)
    added = [flag for flag in old if case.flags[flag.id].added_by]
    return carry(document_of(office, case), old, report.document, report.flags, added)


def _unchanged(now: Case, before: Case) -> None:
    if now.version != before.version:
        raise StaleCase("检查期间本件有新的处理记录，请刷新后再试。")


def _details(office: Office, case: Case) -> Mapping[str, str]:
    with office.store.read() as tx:
        found: Mapping[str, str] = read_json(office, tx, case.details)
    return found


def _chosen_genre(office: Office, case: Case) -> str:
    """Return the genre that a person chose; "" where it was guessed: the new file may be of another."""
    genre = report_of(office, case).genre
    return genre.id if genre.score == 1 else ""


def _kept(office: Office, case: Case, report: Report) -> Case:
    """Remember the case and its document, which somebody will look at next."""
    office.memory.keep_case(case)
    if case.file:
        office.memory.keep_document(case.file.data, report.document)
    return case
