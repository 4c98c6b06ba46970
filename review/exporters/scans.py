"""Reports of a scan: counts by folder, type, severity, genre and year; what is new since the last one; samples."""

from __future__ import annotations

import io
import json
import math
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from review.exporters.reports import COLUMNS, NO_FINDING, SEVERITY_NAMES, table

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of one scan. ``tables``: title → name → (documents or flags)."""

    documents: int
    flagged: int
    unread: int
    new: int
    gone: int
    same: int
    tables: Mapping[str, Mapping[str, int]]
    unread_rows: tuple[tuple[str, str], ...]
    flag_rows: tuple[tuple[str, ...], ...] = field(repr=False)


def load(path: Path) -> list[Row]:
    """Return the rows of an earlier scan, or none."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def summarise(rows: Sequence[Row], roots: Sequence[Path], before: Sequence[Row]) -> Summary:
    """Count the rows of a scan and compare them with those of the last one."""
    by: dict[str, Counter[str]] = {
        title: Counter() for title in ("按文件夹（件）", "按类型（处）", "按等级（处）", "按文种（件）", "按年份（件）")
    }
    flagged = unread = 0
    for row in rows:
        loud = [flag for flag in row["flags"] if flag["severity"] != "low" and flag["type"] != "unread"]
        flagged += bool(loud)
        unread += bool(row["gaps"])
        for flag in loud:
            by["按类型（处）"][flag["type_name"]] += flag["count"]
            by["按等级（处）"][SEVERITY_NAMES[flag["severity"]]] += flag["count"]
        if loud:
            by["按文件夹（件）"][_folder(row["path"], roots)] += 1
            by["按文种（件）"][row.get("genre") or "未判明"] += 1
            year = re.search(r"(?<!\d)20[0-4]\d(?!\d)", row["path"])
            by["按年份（件）"][year[0] if year else "未标明"] += 1
    now, then = _keys(rows), _keys(before)
    return Summary(
        documents=len(rows),
        flagged=flagged,
        unread=unread,
        new=len(now - then) if before else 0,
        gone=len(then - now),
        same=len(now & then),
        tables={title: dict(counts.most_common()) for title, counts in by.items()},
        unread_rows=tuple((row["path"], "；".join(g["reason"] for g in row["gaps"])) for row in rows if row["gaps"]),
        flag_rows=tuple(table(rows)),
    )


def _folder(path: str, roots: Sequence[Path]) -> str:
    for root in roots:
        if Path(path).is_relative_to(root):
            parts = Path(path).relative_to(root).parts
            return parts[0] if len(parts) > 1 else "（根目录）"
    return "（其他）"


def _keys(rows: Sequence[Row]) -> set[tuple[str, str, str]]:
    return {
        (row["path"], flag["type"], flag["location"])
        for row in rows
        for flag in row["flags"]
        if flag["severity"] != "low"
    }


def sample(rows: Sequence[Row], size: int, *, seed: str) -> tuple[str, ...]:
    """Return a random choice of documents without a loud flag, for people to look for misses; repeatable."""
    clean = sorted(
        row["path"] for row in rows if not row["gaps"] and all(flag["severity"] == "low" for flag in row["flags"])
    )
    return tuple(sorted(random.Random(seed).sample(clean, min(size, len(clean)))))


def miss_rate(found: int, looked: int) -> tuple[float, float, float]:
    """Return the estimated miss rate and its 95 % interval (Wilson score) after people looked at a sample."""
    if looked <= 0:
        return 0.0, 0.0, 1.0
    z, p = 1.959964, found / looked
    middle = (p + z * z / (2 * looked)) / (1 + z * z / looked)
    half = z * math.sqrt(p * (1 - p) / looked + z * z / (4 * looked * looked)) / (1 + z * z / looked)
    return p, max(0.0, middle - half), min(1.0, middle + half)


def to_jsonl(rows: Sequence[Row]) -> str:
    """Return one line a document."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


_PAGE = (Path(__file__).parent / "scan.html").read_text(encoding="utf-8")


def to_html(summary: Summary, name: str, stamp: str, chosen: Sequence[str]) -> str:
    """Return a self-contained page; tables sort on a click."""
    page = Environment(autoescape=True).from_string(_PAGE)
    return page.render(s=summary, name=name, stamp=stamp, chosen=chosen, columns=COLUMNS, no_finding=NO_FINDING)


def to_xlsx(summary: Summary, rows: Sequence[Row], chosen: Sequence[str]) -> bytes:
    """Return a workbook: 汇总, 提示项, 未能检查, 文件, 抽样复核."""
    book = Workbook(write_only=True)
    sheets: dict[str, tuple[Sequence[str], Sequence[Sequence[object]]]] = {
        "汇总": (
            ("项目", "名称", "数量"),
            [(title, key, value) for title, counts in summary.tables.items() for key, value in counts.items()],
        ),
        "提示项": (COLUMNS, summary.flag_rows),
        "未能检查": (("文件", "原因"), summary.unread_rows),
        "文件": (
            ("文件", "校验值", "文种", "建议", "字数", "提示项数"),
            [
                (r["path"], r.get("sha256", ""), r.get("genre", ""), r["disposition"], r["chars"], len(r["flags"]))
                for r in rows
            ],
        ),
        "抽样复核": (("文件", "复核结果", "复核人"), [(path, "", "") for path in chosen]),
    }
    for title, (head, lines) in sheets.items():
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        sheet.append([_bold(sheet, name) for name in head])
        for line in lines:
            sheet.append([_plain(value) for value in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _bold(sheet: Any, value: str) -> Any:
    cell = WriteOnlyCell(sheet, value)
    cell.font = Font(bold=True)
    return cell


def _plain(value: object) -> object:
    """Keep spreadsheet programs from running a cell that begins like a formula; drop characters XML forbids."""
    if not isinstance(value, str):
        return value
    words = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", value)
    return "'" + words if words[:1] in "=+-@" and len(words) > 1 else words
