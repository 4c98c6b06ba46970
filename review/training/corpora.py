"""Read the training passages of ``data/corpus`` and, where given, lawful public texts.

A passage file is JSON Lines: ``{"id", "text", "label": "disclose" | "public", "type", "genre", "context"}`` and
sometimes ``"pair"``, which joins twins: two passages that differ in little but in disclosing. Files named ``D…`` hold
whole drafts, every line labelled, in order. One file is one sitting of one writer; several files may be of one author.
``genre`` and ``context`` often give the label away: they are for splitting and reporting only.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from review.detectors._passages import sentences
from review.errors import InputError

LINES: Final = 200
_SPACE: Final = re.compile(r"\s+")
#: Whose work a file is: D3-02 is D3's, P2-14 is P2-1's, and each file of T1, T2 and T4 has a writer of its own.
_AUTHOR: Final = re.compile(r"D\d+|P2-\d|.*")
#: Type of the harmless lines of drafts, which look like nothing in particular.
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled passage, normalised as the detector sees it."""

    id: str
    text: str = field(repr=False)
    discloses: bool
    type: str  # the content type that it discloses, or that it only looks like
    genre: str
    writer: str  # the file it comes from
    pair: str = ""

    @property
    def author(self) -> str:
        """Whoever wrote it: no author's passages may stand on both sides when something is held out."""
        match = _AUTHOR.match(self.writer)
        return match.group() if match else self.writer


@dataclass(frozen=True, slots=True)
class Public:
    """One lawful public document, cut into passages. ``part`` is train, tune or test, by its id."""

    id: str
    source: str
    part: str
    texts: tuple[str, ...] = field(repr=False)

    @property
    def chars(self) -> int:
        return sum(map(len, self.texts))


def normalise(text: str) -> str:
    """Return a text on one line, as ``review.text`` would compose it, as far as a passage needs."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).strip()


def examples(folder: Path, pattern: str = "*.jsonl") -> tuple[Example, ...]:
    """Return all passages of a corpus folder in a fixed order; raises ``InputError``."""
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise InputError(f"文件夹 {folder} 中没有训练语料（{pattern}）。")
    return tuple(example for path in paths for example in _examples(path))


def _examples(path: Path) -> Iterator[Example]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            yield Example(
                id=row["id"],
                text=normalise(row["text"]),
                discloses={"disclose": True, "public": False}[row["label"]],
                type=row["type"].removeprefix("not:"),
                genre=row["genre"],
                writer=path.stem,
                pair=row.get("pair", ""),
            )
        except (ValueError, KeyError):
            raise InputError(f"语料 {path.name} 第 {number} 行格式不对，请按 data/corpus/README.md 修改。") from None


def public(sources: Sequence[Path]) -> tuple[Public, ...]:
    """Return lawful public documents of ``*.jsonl.gz`` files, or of folders of them; raises ``InputError``.

    Rows have ``text`` and ``id``; where there is no id, ``LINES`` rows make a document. Half of the documents is
    for training, a fifth for thresholds, the rest only for the reported figures.
    """
    paths = public_files(sources)
    out = []
    for path in paths:
        source = path.name.split(".", 1)[0]
        texts: dict[str, list[str]] = {}
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for number, line in enumerate(stream):
                row = json.loads(line)
                texts.setdefault(row.get("id", f"{source}:{number // LINES}"), []).extend(_pieces(row["text"]))
        out += [Public(key, source, part(key), tuple(pieces)) for key, pieces in texts.items()]
    if sources and not out:
        raise InputError("给出的位置没有公开文本（*.jsonl.gz）。")
    return tuple(out)


def public_files(sources: Sequence[Path]) -> list[Path]:
    """Return the files that ``public`` reads."""
    return [path for source in sources for path in (sorted(source.glob("*.jsonl.gz")) if source.is_dir() else [source])]


def _pieces(text: str) -> Iterator[str]:
    whole = unicodedata.normalize("NFKC", text)
    for start, end in sentences(whole):
        yield normalise(whole[start:end])


def part(key: str) -> str:
    """Return train, tune or test for a document's id: fixed for ever, independent of order."""
    tenth = int(hashlib.sha256(f"b{key}".encode()).hexdigest()[:8], 16) % 10
    return "train" if tenth < 5 else "tune" if tenth < 7 else "test"


def digest(paths: Sequence[Path]) -> str:
    """Return one SHA-256 of files' names and contents, for the model card."""
    total = hashlib.sha256()
    for path in sorted(paths, key=lambda p: p.name):
        total.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
