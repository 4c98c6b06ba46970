"""Letters as docx, rendered from templates that an office may edit: 请示, 函, 征求意见书, 告知书, 理由说明书.

A template is a Word file with ``{{ field }}`` marks; fields are those of the dataclasses here. An office's own
templates stand in a folder of the same file names; a name that is not there falls back to the shipped one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from lxml.etree import XMLSyntaxError

from review.errors import PackInvalid
from review.exporters.rows import citation
from review.places import location
from review.types import Document, Flag, RulePack

#: The templates that ship with the program.
TEMPLATES = Path(__file__).resolve().parents[1] / "templates"

_UNKNOWN_DAY = "　　年　　月　　日"
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # not allowed in XML 1.0


class ReferralKind(StrEnum):
    """请示 to a superior or competent department, 函 to a body of the same rank; the value is the template's name."""

    REQUEST = "referral_request"
    LETTER = "referral_letter"


class RefusalKind(StrEnum):
    """不予公开 of the whole, or 部分公开 after 区分处理; the value is the template's name."""

    WITHHELD = "withheld"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Item:
    """What is known of the paper under review (送审件), never its text. ``duty``: why it would have to be public."""

    number: str
    title: str
    docno: str = ""
    made_on: date | None = None
    source: str = ""
    carrier: str = ""
    ways: str = ""
    publish_on: date | None = None
    duty: str = ""
    digest: str = ""  # SHA-256


@dataclass(frozen=True, slots=True)
class Point:
    """One disputed place: where, of what kind, by which provision. Never what it says."""

    place: str
    nature: str
    basis: str = ""


@dataclass(frozen=True, slots=True)
class WithheldPart(Point):
    """One place that is not made public; ``ground`` as in 条例14–16."""

    ground: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who signs a letter, and when. ``day=None`` leaves the date to be filled in by hand."""

    unit: str
    handler: str = ""
    phone: str = ""
    docno: str = ""
    day: date | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Referral:
    """报请确定 (条例17(3)). ``classification``: a state secret is suspected, 实施条例25 and 26 apply."""

    sender: Sender
    recipient: str
    item: Item
    points: tuple[Point, ...]
    opinion: str
    reasons: str = ""
    basis: str = ""
    consulted: str = ""
    effects: str = ""
    attachments: str = ""
    classification: bool = False


@dataclass(frozen=True, slots=True)
class Consultation:
    """征求第三方意见 (条例32). ``due``: the fifteenth working day, should the letter arrive on the day it is sent."""

    sender: Sender
    third_party: str
    item: Item
    points: tuple[Point, ...]
    due: date | None = None
    attachments: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """告知书: what was decided after a third party was asked (条例32)."""

    sender: Sender
    third_party: str
    item: Item
    points: tuple[Point, ...]
    consulted_on: date | None
    reply: str
    decision: str
    reasons: str
    basis: str = ""
    publish_on: date | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the whole or a part is not public (条例36(3), 37). ``applicant``: only in answer to a request."""

    sender: Sender
    item: Item
    withheld: tuple[WithheldPart, ...]
    reasons: str = ""
    applicant: str = ""
    appeal_to: str = ""
    review_on: date | None = None


Paper = Referral | Consultation | Notice | Refusal


def referral_letter(paper: Referral, kind: ReferralKind, *, templates: Path = TEMPLATES) -> bytes:
    """Return the 请示 or 函 as docx. Raises ``PackInvalid`` where the template cannot be filled."""
    return _render(kind.value, paper, templates)


def consultation_letter(paper: Consultation, *, templates: Path = TEMPLATES) -> bytes:
    """Return the 征求第三方意见书 with its reply slip as docx. Raises ``PackInvalid``."""
    return _render("consultation", paper, templates)


def notice_letter(paper: Notice, *, templates: Path = TEMPLATES) -> bytes:
    """Return the 第三方告知书 as docx. Raises ``PackInvalid``."""
    return _render("notice", paper, templates)


def refusal_letter(paper: Refusal, kind: RefusalKind, *, templates: Path = TEMPLATES) -> bytes:
    """Return the 不予公开 or 部分公开理由说明书 as docx. Raises ``PackInvalid``."""
    return _render(kind.value, paper, templates)


def points_of(document: Document, flags: Iterable[Flag], pack: RulePack) -> tuple[Point, ...]:
    """Return flags as points of a letter: place, kind and law; no value and no message."""
    return tuple(
        Point(
            place=location(document, flag),
            nature=pack.types.get(flag.type, "未能检查") + (f"（{flag.count}条）" if flag.count > 1 else ""),
            basis="；".join(citation(pack, key) for key in flag.basis),
        )
        for flag in flags
    )


def _render(name: str, paper: Paper, templates: Path) -> bytes:
    """Fill a template. It is untrusted: sandboxed, and a field that does not exist is an error, not a blank."""
    own = templates / f"{name}.docx"
    path = own if own.is_file() else TEMPLATES / f"{name}.docx"
    fields = _words(asdict(paper))
    fields.update(fields.pop("sender"))
    out = io.BytesIO()
    try:
        template = DocxTemplate(path)
        template.render(fields, SandboxedEnvironment(undefined=StrictUndefined, finalize=_shown), autoescape=True)
        template.save(out)
    except (TemplateError, PackageNotFoundError, BadZipFile, XMLSyntaxError, KeyError, ValueError) as error:
        raise PackInvalid(f"文书模板“{path.name}”无法填写，请检查字段名，或者删除后使用自带模板。") from error
    return out.getvalue()


def _shown(value: Any) -> Any:
    """Only dates can be missing: leave room to write one by hand."""
    return _UNKNOWN_DAY if value is None else value


def _words(value: Any) -> Any:
    """Turn dates into words and drop what XML cannot hold, all the way down."""
    match value:
        case dict():
            return {key: _words(each) for key, each in value.items()}
        case tuple():
            return [_words(each) for each in value]
        case str():
            return _FORBIDDEN.sub("", value)
        case date():
            return f"{value.year}年{value.month}月{value.day}日"
        case _:
            return value
