"""Every noun of the product: frozen dataclasses, standard library only.

    bytes → Reading → Document → Flags → Decisions → Redactions → bytes → proof

Two coordinate systems exist, and nothing else does:

* **source** code points: the concatenation of ``Document.runs`` exactly as stored in the file. Only format
  modules, ``review.text`` and the outside world (JSON reports) speak it;
* **text** code points: ``Document.text``, the normalised text. ``Span`` always means these, everywhere else.

``Alignment`` carries positions from the second to the first; positions are never searched for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:

    def value(*, frozen: bool, slots: bool, order: bool = False):
        """Like ``dataclass``, for what a document holds by the million: the type checker alone keeps it frozen.

        Having the interpreter refuse assignments, too, makes each of them three times as slow to create.
        """
        return dataclass(slots=slots, order=order, unsafe_hash=frozen)


# --------------------------------------------------------------------------------------------- places


@value(frozen=True, slots=True, order=True)
class Span:
    """Half-open, non-empty range of code points: ``start <= i < end``."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end

    def covers(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end


class Zone(StrEnum):
    """Where in a document a block stands."""

    BODY = "body"
    HEADER = "header"
    FOOTER = "footer"
    NOTE = "note"  # footnotes, endnotes, speaker notes
    COMMENT = "comment"
    REVISION = "revision"  # tracked deletions and moves
    HIDDEN = "hidden"  # vanish, hidden sheets, white text, field codes, alt text
    METADATA = "metadata"  # properties, names, custom XML
    FILENAME = "filename"
    IMAGE = "image"  # text in a picture that the published copy keeps, read by character recognition


#: Zones that the reader of a printed page sees. The others are dropped from every published copy.
VISIBLE = frozenset({Zone.BODY, Zone.HEADER, Zone.FOOTER, Zone.NOTE, Zone.IMAGE})


@value(frozen=True, slots=True)
class Locator:
    """Where a run is stored. Opaque outside the format module that made it."""

    part: str
    node: tuple[int | str, ...] = ()


@value(frozen=True, slots=True)
class Box:
    """Rectangle on a page: points, origin bottom left for PDF and OFD, pixels from top left for images."""

    page: int  # counted from 0
    x0: float
    y0: float
    x1: float
    y1: float


@value(frozen=True, slots=True)
class Run:
    """Characters exactly as stored. ``at=None``: a separator that the reader put between stored texts."""

    text: str = field(repr=False)
    at: Locator | None = None
    boxes: tuple[Box, ...] = field(default=(), repr=False)  # none, or one a character


@value(frozen=True, slots=True)
class Cell:
    """Place in a table. ``table`` is unique in the document; rows and columns count from 0."""

    table: int
    row: int
    column: int
    rows: int = 1
    columns: int = 1


@value(frozen=True, slots=True)
class Block:
    """A paragraph, cell, header … Blocks are ordered and disjoint; separators lie between them.

    ``span`` is in source code points inside a ``Reading`` and in text code points inside a ``Document``.
    ``label`` says the place in Chinese (第3页、附件表1第2行); it never quotes the text.
    """

    span: Span
    zone: Zone = Zone.BODY
    label: str = ""
    cell: Cell | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Content that was not read. Always becomes a flag: unread is never clean."""

    part: str
    reason: str


# --------------------------------------------------------------------------------------------- documents


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file inside a file (zip member, picture, embedded workbook), read by the format table.

    ``kept``: the published copy still contains it, cleaned. What is not kept counts as hidden content.
    """

    part: str
    name: str
    data: bytes = field(repr=False)
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a format module got out of a file: visible zones first, in reading order. Spans are source spans."""

    runs: tuple[Run, ...] = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)
    gaps: tuple[Gap, ...] = ()
    embedded: tuple[Embedded, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """For each character of a text, the half-open source range that it stands for.

    ``starts`` and ``ends`` are equally long and non-decreasing; ``ends[i] > starts[i]``. Never mutated.
    """

    starts: Sequence[int] = field(repr=False)
    ends: Sequence[int] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Another way to read a document's text (digits joined, spaces gone), aligned to ``Document.text``."""

    text: str = field(repr=False)
    alignment: Alignment = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A file that was read. ``text`` is normalised; ``alignment`` leads back to ``source``."""

    sha256: str
    name: str = field(repr=False)  # may itself hold a value: never logged
    media_type: str
    runs: tuple[Run, ...] = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)
    gaps: tuple[Gap, ...]
    text: str = field(repr=False)
    alignment: Alignment = field(repr=False)

    @property
    def source(self) -> str:
        """The stored characters, all runs joined."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True)
class Cut:
    """Take source characters ``start:end`` of run number ``run`` out and put ``replacement`` there."""

    run: int
    start: int
    end: int
    replacement: str = ""


@dataclass(frozen=True, slots=True)
class Erased:
    """A written copy. ``notices`` say in Chinese what else was dropped or done; no document text in them."""

    data: bytes = field(repr=False)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Witness:
    """A second reading by code that the reader does not share.

    ``visible`` is the text a human reader of the file would get, or None where no outside reader exists;
    ``residue`` is every string that could be dug out of the raw bytes, in any order.
    """

    visible: str | None = field(repr=False)
    residue: tuple[str, ...] = field(repr=False)
    readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """One file format: four functions that know nothing of flags, rules or people.

    * ``sniff(data, suffix)``: is this file mine, by content first? ``suffix`` is lower case with its dot.
    * ``read(data)``: everything that bears text; what is not read is a ``Gap``.
    * ``erase(data, reading, cuts)``: a copy without the cut characters and without the zones in ``drops``.
    * ``witness(data)``: what independent code finds in a file of this format.

    They raise ``InputError``; nothing that fails to parse is skipped.
    """

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    sniff: Callable[[bytes, str], bool]
    read: Callable[[bytes], Reading]
    erase: Callable[[bytes, Reading, Sequence[Cut]], Erased]
    witness: Callable[[bytes], Witness]
    #: zones that a published copy does not contain
    drops: frozenset[Zone] = frozenset(Zone) - VISIBLE
    #: False where a cut leaves a black box instead of the replacement text (PDF, images)
    writes_replacement: bool = True
    #: ``put(data, parts)``: a copy of a container in which the kept files named in ``parts`` are replaced
    put: Callable[[bytes, Mapping[str, bytes]], bytes] | None = None


# --------------------------------------------------------------------------------------------- rules


class Severity(StrEnum):
    """停止 · 高 · 中 · 提示. Low is a reminder: it never blocks and is never counted as an alarm."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """3 for critical … 0 for low."""
        return ("low", "medium", "high", "critical").index(self.value)


class Action(StrEnum):
    """What a flag suggests."""

    REDACT = "redact"
    ESCALATE = "escalate"
    REMIND = "remind"


#: Category of a flag type, by its two-letter prefix. ``un`` is the pseudo-type ``unread``.
CATEGORIES: Mapping[str, str] = {
    "ss": "state_secret",
    "wi": "internal",
    "ts": "trade_secret",
    "pp": "personal_privacy",
    "un": "unread",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """One place (or column, or whole document) that should be looked at before publishing.

    Holds no document text. ``spans`` are text spans: one, many (a table column), or none (whole document).
    ``rule`` is ``id@version``; ``basis`` holds provision keys such as ``pipl_2021#28`` that the pack resolves;
    ``masking`` names the entry of ``masking.yaml`` that a redaction of this flag uses.
    """

    id: str
    spans: tuple[Span, ...]
    type: str
    rule: str
    severity: Severity
    message: str
    basis: tuple[str, ...]
    action: Action
    confidence: float
    detector: str
    count: int = 1
    target: str = ""
    masking: str = "delete"
    evidence: tuple[Span, ...] = ()

    @property
    def category(self) -> str:
        return CATEGORIES[self.type[:2]]

    @property
    def loud(self) -> bool:
        """A loud flag must be decided; a low one is a reminder."""
        return self.severity is not Severity.LOW


@dataclass(frozen=True, slots=True)
class Provision:
    """One article of a statute, in our own words."""

    key: str  # "pipl_2021#28"
    statute: str  # 《个人信息保护法》
    article: str  # 第二十八条
    summary: str
    valid_from: date
    valid_to: date | None = None

    @property
    def citation(self) -> str:
        return f"{self.statute}{self.article}"


@dataclass(frozen=True, slots=True)
class Example:
    """A proof that a rule carries: ``find`` lists the surface texts it must flag; empty means it must pass."""

    text: str
    find: tuple[str, ...] = ()
    genre: str = ""
    target: str = ""


#: Shapes of rules that look at tables; the others look at text.
TABLE_SHAPES = ("columns", "masked", "groups", "joined", "cells")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule file, validated. ``shape`` says which matcher of ``detectors.rules`` runs it."""

    id: str
    type: str
    version: int
    status: str  # experimental, test, stable, deprecated
    title: str
    severity: Severity
    action: Action
    basis: tuple[str, ...]
    message: str
    shape: str  # patterns, lexicon, near, checksum, field, hidden, or one of TABLE_SHAPES
    params: Mapping[str, Any]  # of the shape, checked by packs
    zones: frozenset[Zone] = frozenset(Zone)
    view: str = "text"  # text, digits, tight: see review.text
    target: str = ""
    masking: str = "delete"
    confidence: float = 1.0
    unless: Mapping[str, Any] = field(default_factory=dict)
    flag_examples: tuple[Example, ...] = ()
    pass_examples: tuple[Example, ...] = ()
    known_misses: tuple[Example, ...] = ()
    known_false_alarms: tuple[Example, ...] = ()
    false_positives: str = ""
    references: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Genre:
    """One document genre: how it is recognised and what the law lets it publish."""

    id: str
    title: str
    cues: Mapping[str, tuple[str, ...]]  # title, head, section, field → patterns
    lawful: frozenset[str]  # names of fields that may be published
    never: frozenset[str]  # names of fields that are never needed
    allows: frozenset[str]  # allow-rules A1…A20 that this genre switches on
    severity: Mapping[str, Severity]  # flag type → severity in this genre
    scope: str = ""  # where it may be published
    duration: str = ""  # for how long
    note: str = ""


@dataclass(frozen=True, slots=True)
class GenreGuess:
    """The genre taken for a document: chosen by a person (``score`` 1) or guessed, with reasons."""

    id: str
    score: float
    reasons: tuple[str, ...] = ()


UNKNOWN_GENRE = GenreGuess(id="", score=0.0)


@dataclass(frozen=True, slots=True)
class Reason:
    """A coded reason of a decision (``reasons.yaml``)."""

    code: str
    title: str
    verdicts: frozenset[str]
    basis: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()  # empty: all
    needs_note: bool = False


@dataclass(frozen=True, slots=True)
class Masking:
    """How one kind of value is masked: keep ``head`` and ``tail`` characters, ``fill`` the middle."""

    id: str
    method: str  # delete, keep, name, address, year, fixed
    head: int = 0
    tail: int = 0
    text: str = "[已隐去]"


@dataclass(frozen=True, slots=True)
class Allow:
    """An allow-rule A1…A20: where one condition of ``when`` holds, flags of ``types`` are dropped.

    Only types of marks and key words may be listed; a personal value is never silenced.
    """

    id: str
    title: str
    types: frozenset[str]
    when: Mapping[str, Any]
    switched: bool = False  # True: holds only in genres whose ``allows`` names it
    flag_examples: tuple[Example, ...] = ()
    pass_examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class RulePack:
    """All rules in force: every basis resolves to a provision valid on ``review_date``."""

    id: str
    version: str
    review_date: date
    rules: tuple[Rule, ...]
    provisions: Mapping[str, Provision]
    genres: Mapping[str, Genre]
    lexicons: Mapping[str, tuple[str, ...]]
    masking: Mapping[str, Masking]
    reasons: Mapping[str, Reason]
    types: Mapping[str, str]  # flag type → Chinese name
    digest: str = ""
    allows: Mapping[str, Allow] = field(default_factory=dict)
    moods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # name → patterns over a sentence
    values: frozenset[str] = frozenset()  # flag types whose place is one value, to be covered whole and nothing else


@dataclass(frozen=True, slots=True)
class Context:
    """What a detector may know besides the document."""

    pack: RulePack
    genre: GenreGuess = UNKNOWN_GENRE
    target: str = ""  # declared place of publication, free Chinese text


#: A detector reads a document and yields flags; detectors are blind to each other.
Detector = Callable[[Document, Context], Iterable[Flag]]


# --------------------------------------------------------------------------------------------- decisions


class Verdict(StrEnum):
    """What a reviewer decides about a flag. ``OPEN`` takes a decision back."""

    ACCEPT = "accept"
    REDACT = "redact"
    ESCALATE = "escalate"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Decision:
    """One reviewer's word on one flag. ``reason`` is a code of ``reasons.yaml``; ``at`` is UTC."""

    flag: str
    verdict: Verdict
    reviewer: str
    reason: str
    at: datetime
    note: str = field(default="", repr=False)
    replacement: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Redaction:
    """Text to be taken out: widened to whole source characters, disjoint, inside one block."""

    span: Span
    replacement: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One link of the hash chain. ``payload`` holds ids, codes and digests only, never document text."""

    seq: int
    case: str
    at: datetime
    actor: str
    kind: str
    payload: Mapping[str, Any]
    prev: str
    hash: str


class Disposition(StrEnum):
    """What the flags suggest for the document as a whole. ``PUBLISH`` only means: nothing found."""

    PUBLISH = "publish"
    REDACT = "redact"
    ESCALATE = "escalate"
    STOP = "stop"


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """One checked document."""

    document: Document
    flags: tuple[Flag, ...]
    genre: GenreGuess
    target: str
    disposition: Disposition
    pack: str  # id@version
    pack_digest: str
    model_digests: Mapping[str, str]

    def __iter__(self) -> Iterator[Flag]:
        return iter(self.flags)


@dataclass(frozen=True, slots=True)
class Proof:
    """What was done and how it was shown to be done. Holds no document text."""

    original_sha256: str
    redacted_sha256: str
    media_type: str
    pack: str
    pack_digest: str
    model_digests: Mapping[str, str]
    redactions: tuple[Mapping[str, Any], ...]  # type, rule, place, count, reason
    notices: tuple[str, ...]
    checks: tuple[Mapping[str, Any], ...]  # name, passed, detail
    readers: tuple[str, ...]
    at: datetime

    @property
    def clean(self) -> bool:
        return all(check["passed"] for check in self.checks)
