"""Repair of scraped pages in which a tool wrote the reading of ambiguous characters behind them.

The tool worked on GBK bytes: 關於 became 關(guān)於, and where it hit the middle of a pair, the pair was torn:
府 B8AE + 數 94B5 became B8AE 94(dāng) B5(shù), which reads ``府?dāng)?shù)``. Each repair takes a text and returns
``(start, end, replacement)``, ordered and disjoint; they are applied one after the other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

import opencc

Found = tuple[int, int, str]
Repair = Callable[[str], Iterable[Found]]

_LETTER = "[a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ]"
_HAN = "[\u3400-\u9fff\U00020000-\U000323af]"
_NOTE = re.compile(rf"({_HAN})[(（]({_LETTER}{{1,6}})[)）]")
_TORN = re.compile(rf"({_HAN})\?({_LETTER}{{1,6}})\)\?({_LETTER}{{1,6}})\)")
# A run read one byte too late, up to the ASCII letter that was the trail byte of its last pair.
_SHIFTED = re.compile(r"([^\x00-\x7f])\?([^\x00-\x7f]{2,})([@-~])")

_LEADS = range(0x81, 0xFF)
_TRAILS = range(0x40, 0xFF)


def repairs() -> tuple[Repair, ...]:
    """Return the repairs in the order in which they must run."""
    return (_notes, _torn_pairs, _shifted_runs, _notes)


def _notes(text: str) -> Iterable[Found]:
    """關(guān) → 關, where the note is a reading of the character."""
    for match in _NOTE.finditer(text):
        if _toneless(match[2]) in _readings(match[1]):
            yield match.start(), match.end(), match[1]


def _torn_pairs(text: str) -> Iterable[Found]:
    """府?dāng)?shù) → 府數: 當 is the torn pair AE94, 數 the lost one 94B5."""
    for match in _TORN.finditer(text):
        tail = _gbk_bytes(match[1])[-1:]
        candidates = [
            lost
            for lead in _LEADS
            if _reads(_pair(tail + bytes([lead])), match[2])
            for trail in _TRAILS
            if _reads(lost := _pair(bytes([lead, trail])), match[3])
        ]
        if tail and candidates:
            best = max(candidates, key=lambda char: (_is_common(char), text.count(char)))
            yield match.start(), match.end(), match[1] + best


def _shifted_runs(text: str) -> Iterable[Found]:
    """省?。ㄗ灾螀^ → 省（自治區: put the lost lead byte back, if the run then reads better."""
    for match in _SHIFTED.finditer(text):
        raw = _gbk_bytes(match[2])
        if not raw:
            continue
        readings = [
            found
            for lead in _LEADS
            if len(found := _decoded(bytes([lead]) + raw + match[3].encode())) == len(match[2]) + 1
        ]
        if not readings:
            continue
        best = max(
            readings,
            key=lambda found: (_is_common(found[0]), text.count(match[1] + found[0]), text.count(found[0]), found),
        )
        if _commonness(best[1:]) > _commonness(match[2]) + 0.2:
            yield match.start(), match.end(), match[1] + best


def _toneless(syllable: str) -> str:
    letters = unicodedata.normalize("NFD", syllable)
    return "".join(char for char in letters if not unicodedata.combining(char))


@lru_cache(maxsize=8192)
def _readings(char: str) -> frozenset[str]:
    from pypinyin import Style, pinyin  # loads large dictionaries: only for polluted texts

    return frozenset(_toneless(reading) for reading in pinyin(char, style=Style.TONE, heteronym=True)[0])


def _reads(char: str, syllable: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" and _toneless(syllable) in _readings(char)


def _gbk_bytes(text: str) -> bytes:
    """Return the GBK bytes, or none where the text has no such bytes."""
    try:
        return text.encode("gbk")
    except UnicodeEncodeError:
        return b""


def _decoded(data: bytes) -> str:
    try:
        return data.decode("gbk")
    except UnicodeDecodeError:
        return ""


def _pair(data: bytes) -> str:
    char = _decoded(data)
    return char if len(char) == 1 else ""


_simplified = opencc.OpenCC("t2s").convert


@lru_cache(maxsize=8192)
def _is_common(char: str) -> bool:
    """Say whether a character is of GB2312 level 1, in either form, or CJK punctuation."""
    try:
        data = _simplified(char).encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(data) == 2 and (0xB0 <= data[0] <= 0xD7 or data[0] in (0xA1, 0xA3))


def _commonness(text: str) -> float:
    return sum(map(_is_common, text)) / len(text)
