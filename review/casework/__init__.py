"""Open, decide, move and publish cases: pipeline + workflow + store. The app and REST call only this and ``pipeline``.

    office = open_office(engine=pipeline.engine())
    case = open_case(office, data, "通知.docx", LOCAL)
    case = decide(office, case.id, LOCAL, [Decision(...)], seen=case.version)
    case = finish(office, case.id, LOCAL)
    copy, proof = publish(office, case.id, LOCAL)

Free functions over a frozen ``Office``. Each change is one transaction: permission, rules and version are checked and the
event is appended under one lock, or nothing happens. All raise ``ReviewError`` with a Chinese message: ``StaleCase`` when
somebody else was faster, ``SeparationOfDuties`` when role or stage does not allow the step, ``ReasonMissing``,
``UndecidedFlags``, ``InputError``. ``actor`` is always an account name, or ``LOCAL`` in single-user mode.
Case ids are 审查编号 such as ``2026-000012``. Times are UTC; dates are Chinese calendar days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from review.types import Decision, Proof, Report, Severity, Span
from review.workflow import Attribute, Case, Determination, Person, Role, Stage, Step

#: The only account of single-user mode: holds every role, exists without a login, only ever on 127.0.0.1.
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an office may choose (``settings.toml`` in the home folder). Limits are working days."""

    deployment: str = "unclassified"  # or "classified": there marks do not stop the intake
    single_user: bool = True
    same_person_allowed: bool = False  # small offices: then visible in the record
    double_review: bool = False  # two reviewers must agree on every loud flag
    determination_required: bool = True
    review_days: int = 5
    consult_days: int = 15
    refer_days: int = 10
    answer_days: int = 10
    publish_days: int = 20
    warn_share: float = 0.8
    lease_hours: int = 72  # an assignment without a move for so long may be taken over
    retention_years: int = 3


@dataclass(frozen=True, slots=True)
class Office:
    """Store, engine and settings at hand: made once a process by ``open_office``."""

    store: Any
    engine: Any
    settings: Settings


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


# ------------------------------------------------------------------------------------------------ office


def open_office(home: Path | None = None, *, engine: Any, url: str = "", settings: Settings | None = None) -> Office:
    """Open (and if new, create) the store under ``home`` (default ``paths.home()``) or at ``url``.

    ``url`` defaults to ``$REVIEW_DATABASE_URL``, then SQLite in ``home``. Settings default to ``home/settings.toml``.
    """
    raise NotImplementedError


def person(office: Office, actor: str) -> Person:
    """Return who ``actor`` is (roles, unit); raises ``SeparationOfDuties`` for unknown or disabled accounts."""
    raise NotImplementedError


def moves(office: Office, case: Case, actor: str) -> tuple[Step, ...]:
    """Return every step that ``actor`` may take on ``case`` now: what the page shows as buttons."""
    raise NotImplementedError


# ------------------------------------------------------------------------------------------------ cases


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

    On an unclassified deployment a critical ``ss_mark``/``ss_portion_mark`` flag raises ``IntakeStop``: neither bytes
    nor text nor name are kept, only an event with rule and position. ``not_a_mark`` (a written reason, secrecy
    reviewers only) records that the mark is none and goes on.
    """
    raise NotImplementedError


def load(office: Office, case_id: str) -> Case:
    """Return the case as its events tell it now (cheap: only new events are read)."""
    raise NotImplementedError


def list_cases(
    office: Office,
    actor: str,
    *,
    stages: Iterable[Stage] = (),
    mine: bool = False,
    unit: str = "",
    words: str = "",
    overdue: bool = False,
    limit: int = 200,
    offset: int = 0,
) -> tuple[Row, ...]:
    """Return the cases that ``actor`` may see, newest first. ``words`` searches titles and numbers."""
    raise NotImplementedError


def details(office: Office, case_id: str) -> Mapping[str, str]:
    """Return title, file ``name``, ``target`` and the form fields of a case, from the vault."""
    raise NotImplementedError


def describe(office: Office, case_id: str, actor: str, fields: Mapping[str, str]) -> Case:
    """Change title and form fields (文号、联系电话、载体形式 …); merged into what is there."""
    raise NotImplementedError


def original(office: Office, case_id: str) -> bytes:
    """Return the bytes of the current file version."""
    raise NotImplementedError


def report(office: Office, case_id: str) -> Report:
    """Return document and flags as scanned (added flags included), re-read from the vault and cached."""
    raise NotImplementedError


def outdated(office: Office, case: Case) -> bool:
    """True when rules or models changed since the case was scanned: offer ``rescan``."""
    raise NotImplementedError


def rescan(office: Office, case_id: str, actor: str, *, genre: str = "") -> Case:
    """Check the current file again with the current rules; decisions stay where text and flag are unchanged."""
    raise NotImplementedError


def replace_file(office: Office, case_id: str, actor: str, data: bytes, name: str, *, not_a_mark: str = "") -> Case:
    """Put a new version of the file in. Decisions stay only where text and flag are unchanged.

    After submission the case becomes 需重新审查.
    """
    raise NotImplementedError


# ------------------------------------------------------------------------------------------------ flags


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
    changed by others do not disturb). ``client`` + ``client_seq`` (≥1) make a resend harmless. ``Decision.reviewer`` and ``at``
    are set here. ``Verdict.OPEN`` takes a decision back. Accepting needs a reason code of the pack; a state-secret flag
    only one of ``workflow.STATE_SECRET_GROUNDS``, and is redacted only after ``declassify``.
    """
    raise NotImplementedError


def decisions(office: Office, case_id: str) -> Mapping[str, Decision]:
    """Return the decisions in force by flag id, with notes and replacements from the vault: for ``pipeline``."""
    raise NotImplementedError


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
    """Add a missed flag at ``span`` (text code points; None: whole document) with its legal basis (provision keys)."""
    raise NotImplementedError


def declassify(office: Office, case_id: str, actor: str, flags: Iterable[str], note: str) -> Case:
    """Record that the matter of these state-secret flags was declassified (文号、日期 in ``note``)."""
    raise NotImplementedError


# ------------------------------------------------------------------------------------------------ steps


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

    ``note`` is the written opinion (needed for RETURN, WITHHOLD, TAKE_DOWN, CORRECT, REOPEN). ``outcome``: reply code for
    CONSULT_REPLY (``CONSULT_REPLIES``) and REFER_REPLY (``REFER_REPLIES``), target for REFER (secrecy_admin …).
    ``seen`` (optional): raise ``StaleCase`` if the case moved since.
    """
    raise NotImplementedError


def finish(office: Office, case_id: str, actor: str, *, note: str = "") -> Case:
    """Take all steps from self-check to approval at once: single-user mode and small offices only, each on record."""
    raise NotImplementedError


def determine(office: Office, case_id: str, actor: str, determination: Determination, *, note: str = "") -> Case:
    """Record 公开属性、范围、方式、期限、撤下日期."""
    raise NotImplementedError


def assign(office: Office, case_id: str, actor: str, assignee: str) -> Case:
    """Give the case to ``assignee`` (转办); taking it oneself is allowed when free or abandoned."""
    raise NotImplementedError


def comment(office: Office, case_id: str, actor: str, text: str, *, flag: str = "", span: Span | None = None) -> Case:
    """Add a remark; it jumps to ``flag`` or ``span``."""
    raise NotImplementedError


def comments(office: Office, case_id: str) -> tuple[Remark, ...]:
    """Return the remarks, oldest first."""
    raise NotImplementedError


def note(office: Office, vault_id: str) -> str:
    """Return a note's text (``Ruling.note``, ``Taken.note``, ``Determination.note``); "" for ""."""
    raise NotImplementedError


def publish(office: Office, case_id: str, actor: str) -> tuple[bytes, Proof]:
    """Write, prove, keep and record the clean copy. Bound to the file and the decisions that were approved."""
    raise NotImplementedError


def published(office: Office, case_id: str) -> tuple[bytes, Mapping[str, Any]]:
    """Return the last published copy and its proof as plain values."""
    raise NotImplementedError


# ------------------------------------------------------------------------------------------------ records


def ledger(office: Office, actor: str, *, since: date | None = None, until: date | None = None) -> list[dict[str, Any]]:
    """Return the rows of the 审查台账: one a case, keys are the Chinese column heads."""
    raise NotImplementedError


def case_rows(office: Office, actor: str, *, since: date | None = None, until: date | None = None) -> list[dict[str, Any]]:
    """Statistics, one row a case: id, unit, stage, opened, closed, days (working), overdue, attribute, returned …"""
    raise NotImplementedError


def rule_rows(office: Office, actor: str, *, since: date | None = None, until: date | None = None) -> list[dict[str, Any]]:
    """Statistics, one row a rule: flags, accepted, redacted, escalated, open, false_alarms, over_withheld."""
    raise NotImplementedError


def feedback(office: Office, actor: str, *, since: date | None = None) -> Iterator[dict[str, Any]]:
    """Yield one training sample a decided flag (text in context, type, verdict). State secrets never."""
    raise NotImplementedError


def expired(office: Office, today: date | None = None) -> tuple[str, ...]:
    """Return ids of finished cases whose retention has ended."""
    raise NotImplementedError


def purge(office: Office, case_id: str, actor: str) -> Case:
    """Delete everything of a finished case from the vault. Its events stay: the chain is whole."""
    raise NotImplementedError


__all__ = [
    "LOCAL",
    "Attribute",
    "Case",
    "Determination",
    "Office",
    "Person",
    "Remark",
    "Role",
    "Row",
    "Settings",
    "Stage",
    "Step",
    "add_flag",
    "assign",
    "case_rows",
    "comment",
    "comments",
    "decide",
    "decisions",
    "declassify",
    "describe",
    "details",
    "determine",
    "expired",
    "feedback",
    "finish",
    "ledger",
    "list_cases",
    "load",
    "moves",
    "note",
    "open_case",
    "open_office",
    "original",
    "outdated",
    "person",
    "publish",
    "published",
    "purge",
    "replace_file",
    "report",
    "rescan",
    "rule_rows",
    "step",
]
