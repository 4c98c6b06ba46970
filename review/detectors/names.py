"""Flag names of protected people and addresses of homes: a trained tagger finds them, the words beside decide.

The tagger runs only on lines in which a role word or a word of living stands, or a door number and a private person:
a name alone, in official prose, is never flagged. Rules flag the same types by pattern; ``pipeline.merge`` keeps one
flag a place.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import ahocorasick_rs

from review import models, paths
from review.detectors import _roles, _tagger
from review.detectors._roles import Role
from review.detectors._tagger import Mark
from review.flags import flag_id
from review.types import Action, Block, Context, Detector, Document, Flag, RulePack, Severity, Span, Zone

MODEL: Final = "names"
LONGEST: Final = 180  # characters of a line that the tagger reads at once, as in its training
SURE_PERSON: Final = 0.5
SURE_ADDRESS: Final = 0.5
#: Genres whose law publishes the parties' names.
OPEN_GENRES: Final = frozenset(("statute", "judgment"))

_HOME: Final = Role(
    key="home",
    type="pp_home_address",
    severity=Severity.MEDIUM,
    title="个人住址",
    basis=("civil_code_2020#1034", "pipl_2021#28"),
    words=(),
    before=re.compile("$^"),
    after=None,
)
_DOOR: Final = re.compile(r"(?<![〕\]第])[0-9一二三四五六七八九十](?:号|室|栋|幢|单元|弄|组|社|屯|队|楼|排|-[0-9])")
#: 住 as a verb, and what somebody did who stands right before it.
_VERB: Final = re.compile(rf"{_roles.LIVES}(?![房建宅院宿户所持址])|{_roles.ACCUSES}")
#: Words that say whose an address is only where they follow one.
_BEFORE: Final = frozenset(_roles.LIVING_BEFORE.split("|"))
_BEHIND: Final = frozenset(_roles.LIVING_AFTER.split("|")) - _BEFORE
#: How an address ends before them.
_ADDRESS_END: Final = re.compile(
    r"[号室栋幢元弄组社屯队户楼村区园苑路街巷庄寨湾里座院寓舍厦城府邸堡墅宅居轩阁一二三四五六七八九十0-9A-Za-z]的?$"
)
_END: Final = re.compile(r"[。！？；\n]")
_ZONES: Final = frozenset(Zone) - {Zone.METADATA, Zone.FILENAME}


@dataclass(frozen=True, slots=True)
class _Line:
    """A stretch of ``Document.text`` for the tagger."""

    start: int
    text: str


def build(pack: RulePack, folder: Path = paths.MODELS) -> Detector:
    """Check the model's files and return its detector; raises ``ModelMismatch`` naming the file at fault.

    The network itself is set up with the first line that needs it. A flag cites provisions in force in ``pack``.
    """
    model = models.load(folder, MODEL)
    roles = _roles.read(folder)
    tagger = functools.cache(lambda: _tagger.read(model))
    cues = {some: ahocorasick_rs.AhoCorasick(sorted(_cues(some))) for some in ((), roles)}

    def detect(document: Document, context: Context) -> Iterable[Flag]:
        asked = () if context.genre.id in OPEN_GENRES else roles
        lines = list(_lines(document, cues[asked]))
        if not lines:
            return
        for line, marks in zip(lines, tagger().tag([line.text for line in lines]), strict=True):
            for mark, role in _protected(line.text, marks, asked):
                yield _flag(document, pack, line, mark, role, model.version)

    return detect


def _cues(roles: tuple[Role, ...]) -> frozenset[str]:
    """Return the words of which one stands in every line that can hold a flag, but for addresses with a door."""
    return _BEFORE | _BEHIND | {word for role in roles for word in role.words}


def _lines(document: Document, cues: ahocorasick_rs.AhoCorasick) -> Iterator[_Line]:
    """Yield the stretches in which a cue stands, cut where sentences and blocks end.

    The whole text is searched at once, for a table has half a million blocks; no cue reaches over two of them.
    """
    whole = document.text
    hits = [
        (start, end, False)
        for _, start, end in cues.find_matches_as_indexes(whole, overlapping=True)
        if _tells(whole, start, end)
    ]
    hits += [(*match.span(), False) for match in _VERB.finditer(whole)]
    hits += [(*match.span(), True) for match in _DOOR.finditer(whole)]
    number = -1
    block, text, done = None, "", 0
    for start, stop, is_door in sorted(hits):
        if block is None or stop > block.span.end:
            number = bisect_left(document.blocks, stop, max(number, 0), key=_end)
            if number == len(document.blocks):
                return
            block = document.blocks[number]
            text, done = whole[block.span.start : block.span.end], 0
        hit = max(start - block.span.start, 0)  # a cue may begin with the line end before its block
        if hit < done or stop <= block.span.start or block.zone not in _ZONES:
            continue
        begin, end = _stretch(text, hit)
        if is_door and not _roles.HOUSEHOLD.search(text, begin, end):
            continue  # so many doors, of nobody in particular
        done = end
        yield _Line(block.span.start + begin, text[begin:end])


def _tells(text: str, start: int, end: int) -> bool:
    """Does a word of ``_cues`` stand where it says something?"""
    word = text[start:end]
    if word in _BEHIND:
        return _ADDRESS_END.search(text, max(0, start - 2), start) is not None
    return word in _BEFORE or _roles.may_have_name(text, start, end)


def _end(block: Block) -> int:
    return block.span.end


def _stretch(text: str, at: int) -> tuple[int, int]:
    """Return the sentence around a place; of one too long, what stands around the place."""
    start = max((text.rfind(mark, 0, at) + 1 for mark in "。！？；\n"), default=0)
    found = _END.search(text, at)
    end = found.end() if found else len(text)
    if end - start > LONGEST:
        start = max(start, at - LONGEST // 3)
        end = min(end, start + LONGEST)
    return start, end


def _protected(line: str, marks: tuple[Mark, ...], roles: tuple[Role, ...]) -> Iterator[tuple[Mark, Role]]:
    for at, mark in enumerate(marks):
        if mark.label == "PER" and mark.confidence >= SURE_PERSON:
            role = _roles.role_of(line, at, marks, roles)
            if role:
                yield mark, role
        elif mark.label == "ADDR" and mark.confidence >= SURE_ADDRESS and _roles.is_home(line, at, marks):
            yield mark, _HOME


def _flag(document: Document, pack: RulePack, line: _Line, mark: Mark, role: Role, version: int) -> Flag:
    at = Span(line.start + mark.start, line.start + mark.end)
    rule = f"names.{role.key}@{version}"
    return Flag(
        id=flag_id(document.sha256, rule, (at,)),
        spans=(at,),
        type=role.type,
        rule=rule,
        severity=role.severity,
        message=f"此处疑似{role.title}（模型识别，依据前后文），公开前请隐去。",
        basis=tuple(key for key in role.basis if key in pack.provisions),
        action=Action.REDACT,
        confidence=mark.confidence,
        detector="names",
        masking="address" if role is _HOME else "name",
    )
