"""What a file of ``rules/`` may say: pydantic models, strict, nothing extra. See docs/rule-writing.md."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from review.packs import tables

Zones = Literal["body", "header", "footer", "note", "comment", "revision", "hidden", "metadata", "filename"]
Severities = Literal["critical", "high", "medium", "low"]
Targets = Literal[
    "dept_head",
    "originator",
    "other_agency",
    "third_party",
    "competent_dept",
    "secrecy_office",
    "secrecy_admin",
    "original_classifier",
]
Checks = Literal[
    "id18",
    "id15",
    "uscc",
    "luhn",
    "bank_card",
    "mobile",
    "landline",
    "date",
    "ip_private",
    "imei",
    "any",
]
Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[list[Text], Field(min_length=1)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Conditions(Strict):
    """``require`` (all keys) and ``unless`` (any key); inside a key any entry is enough."""

    before: Texts | None = None
    after: Texts | None = None
    near: Texts | None = None
    inside: Texts | None = None
    sentence: Texts | None = None
    line: Texts | None = None
    title: Texts | None = None
    document: Texts | None = None
    mood: Texts | None = None
    genres: Texts | None = None
    targets: Texts | None = None
    zones: list[Zones] | None = None
    window: Annotated[int, Field(ge=1, le=200)] | None = None
    all: list[Conditions] | None = None  # groups; a group holds where each of its keys holds


class ExampleModel(Strict):
    text: Text
    find: list[Text] = []
    genre: str = ""
    target: str = ""


class Examples(Strict):
    flag: Annotated[list[str | ExampleModel], Field(min_length=1)]
    passes: Annotated[list[str | ExampleModel], Field(min_length=1, alias="pass")]
    known_misses: list[str | ExampleModel] = []
    known_false_alarms: list[str | ExampleModel] = []


class Lexicon(Strict):
    lists: list[Text] = []
    terms: list[Text] = []


class Near(Strict):
    sets: Annotated[list[Texts], Field(min_length=2, max_length=5)]
    within: Annotated[int, Field(ge=1, le=200)] | Literal["sentence", "line"]
    ordered: bool = False


class Checksum(Strict):
    pattern: Text
    check: Checks


class FieldShape(Strict):
    labels: Texts
    value: Text | None = None


class RuleModel(Strict):
    id: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")]
    type: Text
    version: Annotated[int, Field(ge=1)]
    status: Literal["experimental", "test", "stable", "deprecated"]
    title: Text
    severity: Severities
    action: Literal["redact", "escalate", "remind"]
    target: Targets | Literal[""] = ""
    masking: Text = "delete"
    confidence: Annotated[float, Field(gt=0, le=1)] = 1.0
    basis: Texts
    message: Text
    zones: Annotated[list[Zones], Field(min_length=1)] | None = None
    view: Literal["text", "tight", "digits"] = "text"
    span: Literal["match", "clause", "sentence", "line"] = "match"
    patterns: Texts | None = None
    lexicon: Lexicon | None = None
    near: Near | None = None
    checksum: Checksum | None = None
    field: FieldShape | None = None
    hidden: tables.Hidden | None = None
    columns: tables.Columns | None = None
    masked: tables.Masked | None = None
    groups: tables.Groups | None = None
    joined: tables.Joined | None = None
    cells: tables.Cells | None = None
    require: Conditions | None = None
    unless: Conditions | None = None
    examples: Examples
    false_positives: str = ""
    references: list[Text] = []


class ProvisionModel(Strict):
    article: Text
    summary: Text
    valid_from: date | None = None
    valid_to: date | None = None


class StatuteModel(Strict):
    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    title: Text
    version: Text
    valid_from: date
    valid_to: date | None = None
    source: str = ""
    note: str = ""
    provisions: Annotated[dict[Text, ProvisionModel], Field(min_length=1)]


class Cues(Strict):
    title: list[Text] = []
    head: list[Text] = []
    section: list[Text] = []
    field: list[Text] = []


class GenreModel(Strict):
    id: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    title: Text
    cues: Cues
    lawful: list[Text] = []
    never: list[Text] = []
    allows: list[Annotated[str, Field(pattern=r"^A\d{1,2}[abc]?$")]] = []
    severity: dict[str, Severities] = {}
    scope: str = ""
    duration: str = ""
    note: str = ""


class AllowModel(Strict):
    id: Annotated[str, Field(pattern=r"^A\d{1,2}[abc]?$")]
    title: Text
    types: list[Text] = []
    when: Conditions
    switched: bool = False
    reason: Text
    note: str = ""
    examples: Examples | None = None


class PackModel(Strict):
    id: Text
    version: Text
    schema_version: Literal[1]
    title: Text
    licence: Text = "Apache-2.0"


class TypeModel(Strict):
    title: Text
    category: Literal["state_secret", "internal", "trade_secret", "personal_privacy"]
    value: bool = False
    manual: bool = False


class MaskingModel(Strict):
    method: Literal["delete", "keep", "name", "address", "year", "mail", "fixed"]
    head: Annotated[int, Field(ge=0)] = 0
    tail: Annotated[int, Field(ge=0)] = 0
    text: str = "[已隐去]"
    note: str = ""


class ReasonModel(Strict):
    title: Text
    verdicts: Annotated[list[Literal["accept", "redact", "escalate"]], Field(min_length=1)]
    basis: list[Text] = []
    categories: list[Literal["state_secret", "internal", "trade_secret", "personal_privacy", "unread"]] = []
    needs_note: bool = False


class NegativeModel(Strict):
    """An entry of a unit's own negative list; it only raises flags."""

    id: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")]
    matter: Text
    terms: Texts | None = None
    patterns: Texts | None = None
    basis: Texts
    office: Text
    valid_from: date
    valid_to: date
    review_by: date
    type: Text = "wi_deliberation"
    public_when: str = ""
