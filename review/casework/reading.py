"""Read cases: fold, list, and what the vault holds of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from review import workflow
from review.calendar import china_day
from review.casework.change import current, read_json, unpack_flags
from review.casework.office import Office, person
from review.errors import InputError
from review.store import cases, vault
from review.types import Decision, Document, Flag, GenreGuess, Report, Span
from review.workflow import SELF_STAGES, Attribute, Case, Person, Role, Ruling, Stage, Step, Timer


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the case list. ``title`` comes from the vault: never log it."""

    id: str
    version: int
    stage: Stage
    title: str = field(repr=False)
    owner: str
    unit: str
    assignee: str
    opened: datetime
    moved: datetime
    loud: int  # flags that must be decided
    done: int  # of them settled
    attribute: Attribute | None
    due: date | None  # of the timer that ends first
    overdue: bool
    warning: bool  # 即将到期


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment with its text."""

    id: str
    actor: str
    at: datetime
    text: str = field(repr=False)
    flag: str = ""
    span: Span | None = None
    current: bool = True  # made on the version of the file that is there now: ``span`` fits its text


# Roles that see the cases of everybody; drafting officers see their own, department heads those of their unit.
_SEE_ALL = frozenset({Role.SECRECY, Role.CLASSIFIER, Role.LEADER, Role.PUBLISHER, Role.AUDITOR, Role.ADMIN})
# An administrator runs the machine and is shown no titles.
_SEE_TITLES = frozenset(Role) - {Role.ADMIN}


def load(office: Office, case_id: str) -> Case:
    """Return the case as its events tell it now (cheap: only new events are read)."""
    with office.store.read() as tx:
        case = current(office, tx, case_id)
    office.memory.keep_case(case)
    return case


def look(office: Office, case_id: str, actor: str) -> Case:
    """Return the case if ``actor`` may see its text; raises ``SeparationOfDuties``. Pages and routes come in here."""
    case = load(office, case_id)
    workflow.require(person(office, actor), Step.VIEW, case)
    return case


def list_cases(
    office: Office,
    actor: str,
    *,
    stages: Iterable[Stage] = (),
    mine: bool = False,
    unit: str = "",
    words: str = "",
    overdue: bool = False,
    soon: bool = False,
    limit: int = 200,
    offset: int = 0,
) -> tuple[Row, ...]:
    """Return the cases that ``actor`` may see, newest first. ``words`` searches titles and numbers.

    ``mine``: only cases opened by or assigned to the actor. ``soon``: 即将到期 and overdue ones.
    """
    who = person(office, actor)
    people, units = _seen_by(who, mine=mine)
    today = china_day(datetime.now(UTC))
    narrow = bool(words.strip())
    with office.store.read() as tx:
        found = list(
            cases.lines(
                tx,
                stages=[stage.value for stage in stages],
                people=people,
                units=units,
                unit=unit,
                due_before=today.isoformat() if overdue else "",
                warned_by=today.isoformat() if soon else "",
                limit=None if narrow else limit,
                offset=0 if narrow else offset,
            )
        )
        readable = who.roles & _SEE_TITLES
        kept = vault.get_many(office.store, tx, [line.details for line in found if line.details and readable])
    rows = [_row(line, kept.get(line.details), today) for line in found]
    if narrow:
        wanted = words.lower().split()
        rows = [row for row in rows if all(word in f"{row.id} {row.title}".lower() for word in wanted)]
        rows = rows[offset : offset + limit]
    return tuple(rows)


def _seen_by(who: Person, *, mine: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return people and units whose cases somebody may see; two empty tuples: everybody's."""
    if mine:
        return (who.name,), ()
    if who.roles & _SEE_ALL:
        return (), ()
    return (who.name,), (who.unit,) if Role.DEPT_HEAD in who.roles and who.unit else ()


def _row(line: cases.Line, details: bytes | None, today: date) -> Row:
    due = date.fromisoformat(line.due) if line.due else None
    warn_on = date.fromisoformat(line.warn_on) if line.warn_on else None
    return Row(
        id=line.id,
        version=line.seq,
        stage=Stage(line.stage),
        title=_title(line, details),
        owner=line.owner,
        unit=line.unit,
        assignee=line.assignee,
        opened=datetime.fromisoformat(line.opened),
        moved=datetime.fromisoformat(line.moved),
        loud=line.loud,
        done=line.done,
        attribute=Attribute(line.attribute) if line.attribute else None,
        due=due,
        overdue=due is not None and due < today,
        warning=due is not None and warn_on is not None and warn_on <= today <= due,
    )


def _title(line: cases.Line, details: bytes | None) -> str:
    if details is not None:
        return str(json.loads(details).get("title", ""))
    if line.stage == Stage.STOPPED:
        return "（停止处理，未保存）"
    return "（已清除）" if line.purged else ""


def timers(office: Office, case: Case, today: date | None = None) -> tuple[Timer, ...]:
    """Return the case's time limits as of ``today`` (default: now, in China)."""
    return workflow.timers(case, today or china_day(datetime.now(UTC)), office.settings.limits)


# ------------------------------------------------------------------------------------------------ contents


def details(office: Office, case_id: str) -> Mapping[str, str]:
    """Return title, file ``name``, ``target`` and the form fields of a case, from the vault."""
    case = load(office, case_id)
    if not case.details:
        return {}
    with office.store.read() as tx:
        found: Mapping[str, str] = read_json(office, tx, case.details)
    return found


def original(office: Office, case_id: str) -> bytes:
    """Return the bytes of the current file version; raises ``InputError`` after a purge or an intake stop."""
    return _bytes_of(office, load(office, case_id))


def _bytes_of(office: Office, case: Case) -> bytes:
    if case.file is None:
        raise InputError("本件已停止处理，没有保存文件。")
    with office.store.read() as tx:
        return vault.get(office.store, tx, case.file.data)


def document_of(office: Office, case: Case) -> Document:
    """Return the document of the current file version: remembered, or read again from the vault."""
    if case.file is None:
        raise InputError("本件已停止处理，没有保存文件。")
    known = office.memory.document(case.file.data)
    if known is None:
        data = _bytes_of(office, case)
        with office.store.read() as tx:
            name = read_json(office, tx, case.details)["name"]
        known = office.tools.read(data, name)
        office.memory.keep_document(case.file.data, known)
    return known


def flags_of(office: Office, case: Case) -> tuple[Flag, ...]:
    """Return the flags of the current scan and those added since, in order of place."""
    assert case.file is not None
    with office.store.read() as tx:
        scanned = unpack_flags(read_json(office, tx, case.file.flags)["flags"])
        by_hand = [state.source for state in case.flags.values() if state.source]
        extra = vault.get_many(office.store, tx, by_hand)
    added = unpack_flags([json.loads(extra[item]) for item in by_hand])
    return tuple(sorted((*scanned, *added), key=lambda flag: flag.spans[0].start if flag.spans else -1))


def report(office: Office, case_id: str) -> Report:
    """Return document and flags as scanned (added flags included), re-read from the vault and cached."""
    return report_of(office, load(office, case_id))


def report_of(office: Office, case: Case) -> Report:
    """Return the report of a case that is at hand."""
    if case.file is None:
        raise InputError("本件已停止处理，没有保存文件。")
    key = (case.file.flags, case.details, *(flag.source for flag in case.flags.values() if flag.source))
    known = office.memory.report(key)
    if known is not None:
        return known
    document = document_of(office, case)
    flags = flags_of(office, case)
    with office.store.read() as tx:
        genre = read_json(office, tx, case.file.flags)["genre"]
        target = read_json(office, tx, case.details).get("target", "")
    made = Report(
        document=document,
        flags=flags,
        genre=GenreGuess(genre["id"], genre["score"], tuple(genre["reasons"])),
        target=target,
        disposition=office.tools.disposition(flags),
        pack=case.file.pack,
        pack_digest=case.file.pack_digest,
        model_digests=case.file.model_digests,
    )
    office.memory.keep_report(key, made)
    return made


def decisions(office: Office, case_id: str, *, of: str = "") -> Mapping[str, Decision]:
    """Return the decisions in force by flag id, with notes and replacements from the vault: for ``pipeline``.

    ``of``: what is on this reviewer's screen; under double review that is the reviewer's own word, not the last one.
    """
    case = load(office, case_id)
    own = bool(of) and case.double and case.stage not in SELF_STAGES
    words = {flag.id: flag.votes.get(of) if own else flag.ruling for flag in case.flags.values()}
    return _decided(office, {flag: ruling for flag, ruling in words.items() if ruling})


def votes(office: Office, case: Case) -> Mapping[str, tuple[Decision, ...]]:
    """Return the standing words of all reviewers on each flag that two have judged: for double review."""
    judged = {flag.id: flag.votes for flag in case.flags.values() if case.double and len(flag.votes) > 1}
    people = {name for words in judged.values() for name in words}
    by_person = {name: _decided(office, {f: w[name] for f, w in judged.items() if name in w}) for name in people}
    return {flag: tuple(by_person[name][flag] for name in words) for flag, words in judged.items()}


def _decided(office: Office, rulings: Mapping[str, Ruling]) -> dict[str, Decision]:
    items = {item for ruling in rulings.values() for item in (ruling.note, ruling.replacement) if item}
    with office.store.read() as tx:
        texts = {item: data.decode() for item, data in vault.get_many(office.store, tx, items).items()}
    return {
        flag: Decision(
            flag=flag,
            verdict=ruling.verdict,
            reviewer=ruling.reviewer,
            reason=ruling.reason,
            at=ruling.at,
            note=texts.get(ruling.note, ""),
            replacement=texts.get(ruling.replacement) if ruling.replacement else None,
        )
        for flag, ruling in rulings.items()
    }


def comments(office: Office, case_id: str) -> tuple[Remark, ...]:
    """Return the remarks, oldest first."""
    case = load(office, case_id)
    with office.store.read() as tx:
        texts = vault.get_many(office.store, tx, [comment.text for comment in case.comments])
    return tuple(
        Remark(
            id=c.id,
            actor=c.actor,
            at=c.at,
            text=texts[c.text].decode() if c.text in texts else "（已清除）",
            flag=c.flag if c.flag in case.flags else "",
            span=c.span,
            current=c.version == len(case.files),
        )
        for c in case.comments
    )


def note(office: Office, item: str) -> str:
    """Return a note's text (``Ruling.note``, ``Taken.note``, ``Determination.note``); "" for "" or after a purge."""
    with office.store.read() as tx:
        found = vault.get_many(office.store, tx, [item] if item else [])
    return found[item].decode() if item in found else ""


def published(office: Office, case_id: str) -> tuple[bytes, Mapping[str, Any]]:
    """Return the last published copy and its proof as plain values."""
    case = load(office, case_id)
    if not case.publications:
        raise InputError("本件尚未生成脱敏版。")
    last = case.publications[-1]
    with office.store.read() as tx:
        proof: Mapping[str, Any] = read_json(office, tx, last.proof)
        return vault.get(office.store, tx, last.copy), proof
