"""A small office over plain text, for the tests of the service and the pages: real casework and store, tiny stages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from review import casework, redaction, text
from review.casework import Office, Settings, Tools
from review.errors import RedactionLeak
from review.flags import make_flag
from review.pipeline import Engine
from review.types import (
    Action,
    Block,
    Cell,
    Decision,
    Disposition,
    Document,
    Flag,
    Gap,
    Genre,
    GenreGuess,
    Masking,
    Proof,
    Provision,
    Reading,
    Reason,
    Report,
    Rule,
    RulePack,
    Run,
    Severity,
    Span,
    Zone,
)

ID_NUMBER, PHONE, MARK = "11010119900307123X", "13800001234", "机密★10年"
BASIS = "pipl_2021#28"


def rule(name: str, kind: str, severity: Severity, action: Action = Action.REDACT) -> Rule:
    return Rule(
        id=name,
        type=kind,
        version=1,
        status="stable",
        title=name,
        severity=severity,
        action=action,
        basis=(BASIS,),
        message="疑似，请核对。",
        shape="patterns",
        params={},
        masking="keep",
    )


RULES = {
    r"\d{17}[\dX]": rule("test.id", "pp_id_number", Severity.HIGH),
    r"(?<!\d)1\d{10}(?!\d)": rule("test.phone", "pp_contact", Severity.MEDIUM),
    r"电话\d+": rule("test.near", "pp_home_address", Severity.LOW, Action.REMIND),
    r"机密★\d+年": rule("test.mark", "ss_mark", Severity.CRITICAL, Action.ESCALATE),
}


def pack() -> RulePack:
    return RulePack(
        id="test",
        version="1",
        review_date=date(2026, 11, 21),
        rules=tuple(RULES.values()),
        provisions={BASIS: Provision(BASIS, "《个人信息保护法》", "第二十八条", "敏感个人信息。", date(2021, 11, 1))},
        genres={"subsidy": Genre("subsidy", "补贴公示", {}, frozenset(), frozenset(), frozenset(), {})},
        lexicons={},
        masking={"keep": Masking("keep", "keep", 3, 4)},
        reasons={
            "false_alarm": Reason("false_alarm", "误报", frozenset({"accept"}), (BASIS,)),
            "consent": Reason("consent", "书面同意", frozenset({"accept"}), (), frozenset({"personal_privacy"}), True),
            "minimum": Reason("minimum", "超过必要范围", frozenset({"redact"})),
            "doubt": Reason("doubt", "不能确定", frozenset({"escalate"})),
        },
        types={
            "pp_id_number": "公民身份号码",
            "pp_contact": "联系方式",
            "pp_home_address": "住址",
            "ss_mark": "国家秘密标志",
        },
    )


def read(data: bytes, name: str) -> Document:
    """Each line is a paragraph; tabs make table cells; a line 批注 is a comment; a line ?? is a gap."""
    source = data.decode("utf-8")
    blocks, gaps, position = [], [], 0
    for number, line in enumerate(source.split("\n")):
        start = position
        for column, words in enumerate(line.split("\t")):
            zone = Zone.COMMENT if line.startswith("批注") else Zone.BODY
            cell = Cell(0, number, column) if "\t" in line else None
            if words:
                blocks.append(Block(Span(start, start + len(words)), zone, f"第{number + 1}段", cell))
            start += len(words) + 1
        if line == "??":
            gaps.append(Gap(f"第{number + 1}段", "未能检查"))
        position += len(line) + 1
    reading = Reading((Run(source),), tuple(blocks), tuple(gaps))
    return text.compose(reading, sha256=hashlib.sha256(data).hexdigest(), media_type="text/plain", name=name)


def review_document(document: Document, engine: Engine, genre: str, target: str) -> Report:
    found = [
        make_flag(document, rule_, (Span(*match.span()),), detector="rules")
        for pattern, rule_ in RULES.items()
        for match in re.finditer(pattern, document.text)
    ]
    flags = tuple(sorted(found, key=lambda flag: flag.spans[0].start))
    guess = GenreGuess(genre or "subsidy", 1.0)
    return Report(document, flags, guess, target, disposition(flags), "test@1", "d" * 64, {})


def disposition(flags: Sequence[Flag]) -> Disposition:
    return Disposition.REDACT if flags else Disposition.PUBLISH


def publish(data: bytes, report: Report, decisions: Mapping[str, Decision], engine: Engine) -> tuple[bytes, Proof]:
    document = report.document
    out, position = [], 0
    for cut in redaction.plan(document, report.flags, decisions, engine.pack):
        place = text.source_span(document, cut.span)
        out += [document.source[position : place.start], cut.replacement]
        position = place.end
    copy = "".join([*out, document.source[position:]]).encode()
    if any(
        document.text[s.start : s.end].encode() in copy
        for f in report.flags
        if f.loud
        for s in f.spans
        if f.id in decisions and decisions[f.id].verdict == "redact"
    ):
        raise RedactionLeak("残留")
    proof = Proof(
        original_sha256=document.sha256,
        redacted_sha256=hashlib.sha256(copy).hexdigest(),
        media_type="text/plain",
        pack="test@1",
        pack_digest="d" * 64,
        model_digests={},
        redactions=(),
        notices=(),
        checks=({"name": "复读一致", "passed": True, "detail": "1 字"},),
        readers=("test",),
        at=datetime.now(UTC),
    )
    return copy, proof


TOOLS = Tools(read=read, review=review_document, publish=publish, disposition=disposition)


def open_office(home: Path, **settings: object) -> Office:
    """Return an office in a new home."""
    engine = Engine(pack=pack(), detectors=(), model_digests={})
    return casework.open_office(home, engine=engine, settings=replace(Settings(), **settings), tools=TOOLS)
