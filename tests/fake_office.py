"""An office with small, fast stand-ins for reading and detecting: what casework itself promises is tested with it.

Lines are blocks; 18 digits are a citizen number, 11 digits a phone, 商密★ a trade secret, 密★ a mark, 图 a gap.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from review import casework
from review.casework import Office, Role, Settings, Tools, accounts
from review.errors import UndecidedFlags
from review.flags import flag_id
from review.store import accounts as rows
from review.types import (
    Action,
    Alignment,
    Block,
    Decision,
    Disposition,
    Document,
    Flag,
    GenreGuess,
    Proof,
    Provision,
    Reason,
    Report,
    RulePack,
    Run,
    Severity,
    Span,
    Verdict,
)

PASSWORD = "lang-genug-17"

_RULES = (
    ("personal_privacy.id@1", "pp_id_number", Severity.HIGH, r"(?<!\d)\d{18}(?!\d)"),
    ("personal_privacy.phone@1", "pp_phone", Severity.LOW, r"(?<!\d)\d{11}(?!\d)"),
    ("trade_secret.mark@1", "ts_mark", Severity.MEDIUM, "商密★"),
    ("state_secret.classification_mark@1", "ss_mark", Severity.CRITICAL, "(?<!商)密★"),
    ("state_secret.topic@1", "ss_topic", Severity.HIGH, "演练坐标"),
)

REASONS = {
    "false_alarm": Reason(
        "false_alarm", "误报", frozenset({"accept"}), (), frozenset({"personal_privacy", "internal"})
    ),
    "statutory_field": Reason("statutory_field", "法定公开", frozenset({"accept"}), needs_note=True),
    "A1": Reason("A1", "引用法规", frozenset({"accept"})),
    "not_a_mark": Reason("not_a_mark", "不是标志", frozenset({"accept"}), (), frozenset({"state_secret"}), True),
    "minimum": Reason("minimum", "超出必要", frozenset({"redact"}), (), frozenset({"personal_privacy"})),
    "doubt": Reason("doubt", "不能确定", frozenset({"escalate"})),
}

PROVISION = Provision(
    "disclosure_regulation_2019#15", "《政府信息公开条例》", "第十五条", "个人隐私", date(2019, 5, 15)
)


def pack(digest: str = "pack-1") -> RulePack:
    types = {type_: type_ for _, type_, _, _ in _RULES} | {"pp_other": "其他"}
    return RulePack(
        id="fake",
        version="1",
        review_date=date(2026, 11, 21),
        rules=(),
        provisions={PROVISION.key: PROVISION},
        genres={},
        lexicons={},
        masking={},
        reasons=REASONS,
        types=types,
        digest=digest,
    )


@dataclass(frozen=True)
class FakeEngine:
    pack: RulePack = field(default_factory=pack)
    model_digests: Mapping[str, str] = field(default_factory=lambda: {"classifier": "m1"})


def read(data: bytes, name: str) -> Document:
    text = data.decode()
    blocks, start = [], 0
    for number, line in enumerate(text.split("\n"), 1):
        if line:
            blocks.append(Block(Span(start, start + len(line)), label=f"第{number}段"))
        start += len(line) + 1
    places = array("I", range(len(text) + 1))
    return Document(
        sha256=hashlib.sha256(data).hexdigest(),
        name=name,
        media_type="text/plain",
        runs=(Run(text),),
        blocks=tuple(blocks),
        gaps=(),
        text=text,
        alignment=Alignment(places[:-1], places[1:]),
    )


def review(document: Document, engine: FakeEngine, genre: str, target: str) -> Report:
    flags = [
        Flag(
            id=flag_id(document.sha256, rule, (Span(*hit.span()),)),
            spans=(Span(*hit.span()),),
            type=type_,
            rule=rule,
            severity=severity,
            message="此处疑似不宜公开。",
            basis=(PROVISION.key,),
            action=Action.REDACT,
            confidence=0.9,
            detector="rules",
        )
        for rule, type_, severity, pattern in _RULES
        for hit in re.finditer(pattern, document.text)
    ]
    flags.sort(key=lambda flag: flag.spans)
    return Report(
        document=document,
        flags=tuple(flags),
        genre=GenreGuess(genre or "notice", 0.8, ("标题",)),
        target=target,
        disposition=disposition(flags),
        pack="fake@1",
        pack_digest=engine.pack.digest,
        model_digests=engine.model_digests,
    )


def disposition(flags: Sequence[Flag]) -> Disposition:
    return Disposition.REDACT if any(flag.loud for flag in flags) else Disposition.PUBLISH


def publish(data: bytes, report: Report, decisions: Mapping[str, Decision], engine: FakeEngine) -> tuple[bytes, Proof]:
    done = (Verdict.ACCEPT, Verdict.REDACT)
    if any(f.loud and (f.id not in decisions or decisions[f.id].verdict not in done) for f in report.flags):
        raise UndecidedFlags("还有未处理的提示项。")
    text = report.document.text
    for flag in sorted(report.flags, key=lambda flag: flag.spans, reverse=True):
        decision = decisions.get(flag.id)
        if decision and decision.verdict is Verdict.REDACT:
            new = decision.replacement if decision.replacement is not None else "[已隐去]"
            for span in reversed(flag.spans):
                text = text[: span.start] + new + text[span.end :]
    copy = text.encode()
    proof = Proof(
        original_sha256=hashlib.sha256(data).hexdigest(),
        redacted_sha256=hashlib.sha256(copy).hexdigest(),
        media_type="text/plain",
        pack="fake@1",
        pack_digest=engine.pack.digest,
        model_digests=engine.model_digests,
        redactions=(),
        notices=(),
        checks=({"name": "复读", "passed": True, "detail": ""},),
        readers=("text",),
        at=datetime.now(UTC),
    )
    return copy, proof


TOOLS = Tools(read=read, review=review, publish=publish, disposition=disposition)


def fake_office(home: Path, *, url: str = "", engine: FakeEngine | None = None, **settings: object) -> Office:
    """An office with stand-ins; multi-user unless told otherwise."""
    chosen = Settings(**{"single_user": False, **settings})
    return casework.open_office(home, engine=engine or FakeEngine(), url=url, settings=chosen, tools=TOOLS)


#: One account a role, and who else a story needs. Passwords are hashed once: argon2 is slow on purpose.
PEOPLE: Mapping[str, tuple[Role, ...]] = {
    "officer": (Role.OFFICER,),
    "head": (Role.DEPT_HEAD,),
    "secrecy": (Role.SECRECY,),
    "secrecy2": (Role.SECRECY,),
    "classifier": (Role.CLASSIFIER,),
    "leader": (Role.LEADER,),
    "publisher": (Role.PUBLISHER,),
    "auditor": (Role.AUDITOR,),
    "admin": (Role.ADMIN,),
    "all": tuple(Role),
}


@lru_cache(maxsize=1)
def _hashed() -> str:
    return rows.hash_password("nobody", PASSWORD)


def staffed(office: Office) -> Office:
    """Add everybody of ``PEOPLE``, all in one unit."""
    hashed = _hashed()
    with office.store.write() as tx:
        for name, roles in PEOPLE.items():
            values = {
                "name": name,
                "display": name,
                "unit": "教育局",
                "roles": ",".join(roles),
                "password": hashed,
                "disabled": False,
                "created": datetime.now(UTC).isoformat(),
                "failed": 0,
                "locked_until": "",
            }
            tx.execute(rows.account.insert().values(values))
    return office


def ruling(flag: str, verdict: Verdict, reason: str = "", note: str = "", replacement: str | None = None) -> Decision:
    """A decision as the page sends it: reviewer and time are set by casework."""
    return Decision(flag, verdict, "", reason, datetime.now(UTC), note, replacement)


__all__ = [
    "PASSWORD",
    "PEOPLE",
    "TOOLS",
    "FakeEngine",
    "accounts",
    "fake_office",
    "pack",
    "ruling",
    "staffed",
]
