"""The nouns of a review: a case, its flags, rulings, steps and files. Frozen values, no I/O.

A ``Case`` is the fold of its events (``workflow.fold``) and nothing else. It holds no document text: titles, notes,
replacements and comments lie encrypted in the vault, and a case only names them by their vault id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from review.types import CATEGORIES, Severity, Span, Verdict
from review.workflow.terms import Attribute, Role, Stage, Step


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts: account name, roles and unit (部门)."""

    name: str
    roles: frozenset[Role]
    unit: str = ""
    display: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """One recorded word on one flag. ``note`` and ``replacement`` are vault ids ("" = none)."""

    verdict: Verdict
    reviewer: str
    reason: str
    at: datetime
    stage: Stage
    seq: int
    note: str = ""
    replacement: str = ""


@dataclass(frozen=True, slots=True)
class FlagState:
    """A flag as the record knows it: metadata and rulings, no text. ``version``: seq of its last change."""

    id: str
    type: str
    severity: Severity
    rule: str
    detector: str
    confidence: float
    count: int
    spans: tuple[Span, ...]
    version: int
    rulings: tuple[Ruling, ...] = ()
    added_by: str = ""  # account of the reviewer who added it; "" = found by the program
    source: str = ""  # vault id of an added flag in full, until the next scan takes it into its list
    declassified: bool = False

    @property
    def category(self) -> str:
        return CATEGORIES[self.type[:2]]

    @property
    def loud(self) -> bool:
        return self.severity is not Severity.LOW

    @property
    def ruling(self) -> Ruling | None:
        """The ruling in force, or None while the flag is open."""
        last = self.rulings[-1] if self.rulings else None
        return None if last is None or last.verdict is Verdict.OPEN else last

    @property
    def verdict(self) -> Verdict:
        return self.rulings[-1].verdict if self.rulings else Verdict.OPEN

    @property
    def votes(self) -> Mapping[str, Ruling]:
        """Latest standing ruling of each reviewer, self-check excluded: what double review compares."""
        latest = {r.reviewer: r for r in self.rulings if r.stage not in SELF_STAGES}
        return {name: r for name, r in latest.items() if r.verdict is not Verdict.OPEN}

    @property
    def conflict(self) -> bool:
        """Two reviewers say different things."""
        return len({(r.verdict, r.replacement) for r in self.votes.values()}) > 1


#: Stages in which the drafting officer works on the case.
SELF_STAGES = frozenset({Stage.DRAFT, Stage.SELF_CHECK, Stage.RETURNED, Stage.STALE})


@dataclass(frozen=True, slots=True)
class Determination:
    """What was determined before publishing: codes and dates; ``note`` is a vault id."""

    attribute: Attribute
    grounds: tuple[str, ...] = ()  # keys of REFUSAL_GROUNDS; needed for WITHHELD and PARTIAL
    basis: tuple[str, ...] = ()  # provision keys
    scope: str = "public"  # key of SCOPES
    ways: tuple[str, ...] = ()  # keys of WAYS
    period: str = ""  # "" unknown, "long" 长期, "until" 公示期至 take_down
    take_down: date | None = None  # 到期撤下日期
    made_on: date | None = None  # 形成日期: the 20 working days of 条例26 run from here
    note: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """A stage and the time spent in it; ``until=None``: the case is there now."""

    stage: Stage
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken: the signature lines of the review form are made of these."""

    step: Step
    actor: str
    at: datetime
    seq: int
    before: Stage
    after: Stage
    note: str = ""  # vault id
    outcome: str = ""  # reply code of CONSULT_REPLY and REFER_REPLY, target of REFER
    same_person: tuple[Step, ...] = ()  # steps of this round that the same person had taken before


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark; ``text`` is a vault id. ``flag`` and ``span`` say where it points ("" / None: the whole case)."""

    id: str
    actor: str
    at: datetime
    text: str
    flag: str = ""
    span: Span | None = None
    version: int = 0  # file version that the span belongs to


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One version of the submitted file. ``data`` and ``flags`` are vault ids."""

    number: int
    sha256: str
    media_type: str
    size: int
    data: str
    at: datetime
    actor: str
    pack: str = ""
    pack_digest: str = ""
    model_digests: Mapping[str, str] = field(default_factory=dict)
    flags: str = ""
    genre: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """A published copy, bound to the file it was made from. ``copy`` and ``proof`` are vault ids."""

    original_sha256: str
    redacted_sha256: str
    copy: str
    proof: str
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Case:
    """A submitted item (送审件) as its events tell it. ``version`` is the seq of the last event folded in."""

    id: str  # 审查编号, e.g. 2026-000012
    version: int
    stage: Stage
    owner: str  # account that opened it
    unit: str
    opened: datetime
    details: str = ""  # vault id of title, file name, form fields
    assignee: str = ""
    assigned: datetime | None = None
    double: bool = False  # two reviewers must agree on each loud flag
    files: tuple[FileVersion, ...] = ()
    flags: Mapping[str, FlagState] = field(default_factory=dict)
    determination: Determination | None = None
    stays: tuple[Stay, ...] = ()
    steps: tuple[Taken, ...] = ()
    comments: tuple[Comment, ...] = ()
    publications: tuple[Publication, ...] = ()
    approved: str = ""  # ``workflow.approval_digest`` of what the leader approved; "" = not approved
    purged: bool = False

    @property
    def file(self) -> FileVersion | None:
        """The current version of the file; None after an intake stop."""
        return self.files[-1] if self.files else None

    @property
    def loud(self) -> tuple[FlagState, ...]:
        return tuple(flag for flag in self.flags.values() if flag.loud)

    @property
    def undecided(self) -> tuple[FlagState, ...]:
        """Loud flags that still block publishing: open, escalated, or (double review) without two equal votes."""
        return tuple(flag for flag in self.loud if not settled(flag, self.double))

    @property
    def done(self) -> int:
        return sum(settled(flag, self.double) for flag in self.loud)

    @property
    def round(self) -> tuple[Taken, ...]:
        """Steps since the case last came back to its officer: the span that separation of duties looks at."""
        for i in range(len(self.steps) - 1, -1, -1):
            if self.steps[i].after in SELF_STAGES:
                return self.steps[i + 1 :]
        return self.steps


def settled(flag: FlagState, double: bool) -> bool:
    """A settled flag no longer blocks: accepted or redacted, by two agreeing reviewers under double review."""
    if flag.verdict not in (Verdict.ACCEPT, Verdict.REDACT):
        return False
    return not double or (len(flag.votes) > 1 and not flag.conflict)
