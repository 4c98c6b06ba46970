"""The reports of a scan: written when something changed, else the last ones still tell how things stand."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from review import files
from review.calendar import china_clock
from review.store import Store, manifest

PAGE, BOOK, LINES = "report.html", "report.xlsx", "latest.jsonl"
_FIGURES = "summary.json"
_UNITS_SHOWN = 30
_BEFORE = "previous.jsonl"


@dataclass(frozen=True, slots=True)
class Brief:
    """What a finished scan comes to: counts of documents, of flags against the last scan, and the exit code.

    ``new`` and ``gone`` are None where there was no last scan."""

    documents: int
    flagged: int
    unread: int
    new: int | None
    gone: int | None
    exit: int

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        told = f"共 {self.documents} 件，有须处理提示 {self.flagged} 件，未能检查 {self.unread} 件"
        return told if self.new is None else f"{told}；与上次相比新增 {self.new} 处，消失 {self.gone} 处"


@dataclass(frozen=True, slots=True)
class Figures:
    """A finished scan in a few numbers. ``units``: (unit, numbers under ``scans.HEAD``), the most affected first;
    ``kinds``: (type, severity, documents, places)."""

    brief: Brief
    stamp: str
    units: tuple[tuple[str, tuple[int, ...]], ...]
    kinds: tuple[tuple[str, str, int, int], ...]


def figures(folder: Path) -> Figures | None:
    """Return what the last report in a folder came to, or None where there is none."""
    try:
        told = json.loads((folder / _FIGURES).read_text("utf-8"))
        units = tuple((name, tuple(numbers)) for name, numbers in told["units"])
        return Figures(Brief(**told["brief"]), told["stamp"], units, tuple(map(tuple, told["kinds"])))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def rows(store: Store, name: str, keys: Sequence[str]) -> Iterable[dict[str, Any]]:
    """Yield the result of every file in ``keys``."""
    wanted = frozenset(keys)
    return (json.loads(one.result) for one in manifest.results(store, name) if one.path in wanted)


def write(
    store: Store,
    name: str,
    folder: Path,
    *,
    keys: Sequence[str],
    roots: Sequence[str],
    genres: Mapping[str, str],
    sample: int = 0,
    reviewed: Path | None = None,
) -> Brief:
    """Write page, workbook and lines of a scan into ``folder``; returns what they come to.

    Compared is with the last scan whose results were others. ``sample`` documents without a flag are drawn for
    people to look at; ``reviewed`` is the workbook in which they have said what they saw. Raises ``InputError``.
    """
    from review.exporters import scan_pages, scans  # spreadsheets and templates: not before something is written

    def results() -> Iterable[dict[str, Any]]:
        return rows(store, name, keys)

    looked = scan_pages.read_sample(reviewed) if reviewed else ()
    drawn = [(path, "", "") for path in scans.sample(results(), sample, seed=name)] if sample else ()
    words = scans.quality(*scans.tally(looked), len(scans.unflagged(results()))) if looked else ""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with files.staging(folder) as stage:
        scan_pages.write_jsonl(stage / LINES, results())
        last = _last(folder, stage)
        before = scans.known(lambda: scan_pages.read_jsonl(last)) if last.is_file() else None
        summary = scans.summarise(results, roots, before, genres)
        chosen = (*looked, *drawn)
        stamp = china_clock(datetime.now(UTC))
        page = scan_pages.to_html(summary, results, before, name=name, stamp=stamp, chosen=chosen, quality=words)
        (stage / PAGE).write_text(page, encoding="utf-8")
        scan_pages.write_xlsx(stage / BOOK, summary, results, before, chosen)
        code = 1 if summary.flagged else 3 if summary.unread else 0
        told = Brief(
            summary.documents,
            summary.flagged,
            summary.unread,
            summary.new if summary.compared else None,
            summary.gone if summary.compared else None,
            code,
        )
        kinds = tuple((kind, severity, *numbers) for (kind, severity), numbers in summary.kinds.items())
        units = tuple(islice(summary.groups[scans.GROUPS[0]].items(), _UNITS_SHOWN))
        known = asdict(Figures(told, stamp, units, kinds))
        (stage / _FIGURES).write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")
    return told


def _last(folder: Path, stage: Path) -> Path:
    """Return the lines of the last scan whose results were others than those staged now."""
    last = folder / LINES
    if not last.is_file() or _digest(last) == _digest(stage / LINES):
        return folder / _BEFORE
    shutil.copyfile(last, stage / _BEFORE)
    return stage / _BEFORE


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
