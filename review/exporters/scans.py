"""The figures of a scan (pure): by unit, folder, type, severity, genre and year; what is new since the last one.

Rows (one a document) are given as something that can be read several times, so that a million of them never has to
be in memory at once. What is drawn of them: ``scan_pages``.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from review.exporters.reports import ACTION_NAMES, CATEGORY_NAMES, SEVERITY_NAMES

Row = Mapping[str, Any]
Rows = Callable[[], Iterable[Row]]
Line = tuple[str, ...]

#: Titles of the breakdowns of documents.
GROUPS = ("按单位", "按文件夹", "按文种", "按年份")
HEAD = ("文件", "有须处理提示", "未能检查", "停止", "高", "中")
FLAG_COLUMNS = ("状态", "文件", "等级", "类别", "类型", "位置", "处数", "片段（遮蔽显示）", "依据", "建议处理", "说明")
COLUMN_COLUMNS = ("文件", "位置", "类型", "等级", "行数")
NEW, STILL, GONE, FIRST = "新增", "仍存在", "已消失", ""
_RANKS = ("critical", "high", "medium", "low")
_YEAR = re.compile(r"(?<!\d)(?:19[89]\d|20[0-4]\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Summary:
    """What a scan found. ``groups``: title → name → numbers under ``HEAD``; ``kinds``: (type, severity) → (files,
    places). ``new``, ``still``, ``gone`` count flags against the last scan, ``gone_lines`` names those that went."""

    documents: int
    flagged: int
    unread: int
    new: int
    still: int
    gone: int
    compared: bool
    groups: Mapping[str, Mapping[str, tuple[int, ...]]]
    kinds: Mapping[tuple[str, str], tuple[int, int]]
    gone_lines: tuple[Line, ...] = field(repr=False)


Key = tuple[str, str, str]


def key_of(row: Row, flag: Mapping[str, Any]) -> Key:
    """Return what makes a flag the same from scan to scan: document, type, place."""
    return row["path"], flag["type"], flag["location"]


def loud(row: Row) -> list[Mapping[str, Any]]:
    """Return the flags of a row that must be looked at."""
    return [flag for flag in row["flags"] if flag["severity"] != "low" and flag["type"] != "unread"]


def known(before: Rows) -> dict[Key, Line]:
    """Return the loud flags of an earlier scan, each with the line that tells of it once it has gone."""
    return {
        key_of(row, flag): (row["path"], SEVERITY_NAMES[flag["severity"]], flag["type_name"], flag["location"])
        for row in before()
        for flag in loud(row)
    }


def summarise(
    rows: Rows, roots: Sequence[str], before: Mapping[Key, Line] | None, genres: Mapping[str, str]
) -> Summary:
    """Count the rows of a scan. ``before``: the last scan's flags by ``known``, None where there was none."""
    groups: dict[str, dict[str, list[int]]] = {title: {} for title in GROUPS}
    files: Counter[tuple[str, str]] = Counter()
    places: Counter[tuple[str, str]] = Counter()
    now: set[Key] = set()
    documents = flagged = unread = 0
    for row in rows():
        flags = loud(row)
        documents, flagged, unread = documents + 1, flagged + bool(flags), unread + bool(row["gaps"])
        severities = Counter(flag["severity"] for flag in flags)
        numbers = (1, bool(flags), bool(row["gaps"]), *(severities[name] for name in _RANKS[:3]))
        for title, name in zip(GROUPS, _places(row, roots, genres), strict=True):
            sums = groups[title].setdefault(name, [0] * len(HEAD))
            sums[:] = (a + b for a, b in zip(sums, numbers, strict=True))
        kinds = Counter({(f["type_name"], f["severity"]): 0 for f in flags})
        for flag in flags:
            kinds[flag["type_name"], flag["severity"]] += flag["count"]
        files.update(kinds.keys())
        places.update(kinds)
        now.update(key_of(row, flag) for flag in flags)
    gone = sorted(line for key, line in (before or {}).items() if key not in now)
    still = len(now & (before or {}).keys())
    return Summary(
        documents=documents,
        flagged=flagged,
        unread=unread,
        new=len(now) - still if before is not None else 0,
        still=still,
        gone=len(gone),
        compared=before is not None,
        groups={title: {name: tuple(n) for name, n in _ordered(title, names)} for title, names in groups.items()},
        kinds={kind: (files[kind], n) for kind, n in places.most_common()},
        gone_lines=tuple(gone),
    )


def _ordered(title: str, names: Mapping[str, list[int]]) -> list[tuple[str, list[int]]]:
    """Years as they go by, the rest with the most affected first."""
    if title == "按年份":
        return sorted(names.items())
    return sorted(names.items(), key=lambda item: (-item[1][1], -item[1][2], item[0]))


def _places(row: Row, roots: Sequence[str], genres: Mapping[str, str]) -> tuple[str, str, str, str]:
    """Return the unit (first folder below a root), folder, genre and year of a document."""
    path = row["path"]
    year = _YEAR.search(path)
    genre = genres.get(row.get("genre", ""), "未判明")
    for root in roots:
        start = root.rstrip("/") + "/"
        if path.startswith(start):
            folder = path[len(start) :].rpartition("/")[0] or "（根目录）"
            return folder.partition("/")[0], folder, genre, year[0] if year else "未标明"
    return "（其他）", "（其他）", genre, year[0] if year else "未标明"


# ------------------------------------------------------------------------------------------------ lines


def flag_lines(rows: Iterable[Row], before: Mapping[Key, Line] | None) -> Iterable[Line]:
    """Yield one line a flag in the columns ``FLAG_COLUMNS``, reminders included."""
    for row in rows:
        for flag in row["flags"]:
            state = FIRST if before is None else STILL if key_of(row, flag) in before else NEW
            yield (
                state if flag["severity"] != "low" else "",
                row["path"],
                SEVERITY_NAMES[flag["severity"]],
                CATEGORY_NAMES[flag["category"]],
                flag["type_name"],
                flag["location"],
                str(flag["count"]),
                flag["masked"],
                "；".join(flag["basis"]),
                ACTION_NAMES[flag["action"]],
                flag["message"],
            )


def column_lines(rows: Iterable[Row]) -> Iterable[Line]:
    """Yield one line a table column (or other flag over many places) with how many rows it has."""
    for row in rows:
        for flag in loud(row):
            if flag["count"] > 1:
                place = re.sub(r" 等 \d+ 处$", "", flag["location"])
                yield row["path"], place, flag["type_name"], SEVERITY_NAMES[flag["severity"]], str(flag["count"])


def unread_lines(rows: Iterable[Row]) -> Iterable[Line]:
    """Yield (document, part, reason) of everything that could not be read."""
    for row in rows:
        for gap in row["gaps"]:
            yield row["path"], gap["part"], gap["reason"]


def worst(lines: Iterable[Line], most: int) -> tuple[list[Line], int]:
    """Return at most ``most`` flag lines, the gravest and newest first, and how many there are in all."""
    shelves: dict[tuple[int, int], list[Line]] = {}
    order = {name: rank for rank, name in enumerate(SEVERITY_NAMES[key] for key in _RANKS)}
    total = 0
    for line in lines:
        total += 1
        shelf = shelves.setdefault((order[line[2]], line[0] != NEW), [])
        if len(shelf) < most:
            shelf.append(line)
    return [line for key in sorted(shelves) for line in shelves[key]][:most], total


# ------------------------------------------------------------------------------------------------ quality control


def unflagged(rows: Iterable[Row]) -> list[str]:
    """Return the documents that were read whole and have no loud flag: where a miss would be."""
    return sorted(row["path"] for row in rows if not row["gaps"] and not loud(row))


def sample(rows: Iterable[Row], size: int, *, seed: str) -> tuple[str, ...]:
    """Return a random choice of unflagged documents, for people to look for misses; repeatable."""
    clean = unflagged(rows)
    return tuple(sorted(random.Random(seed).sample(clean, min(size, len(clean)))))


def miss_rate(found: int, looked: int) -> tuple[float, float, float]:
    """Return the estimated miss rate and its 95 % interval (Wilson score) after people looked at a sample."""
    if looked <= 0:
        return 0.0, 0.0, 1.0
    z, p = 1.959964, found / looked
    middle = (p + z * z / (2 * looked)) / (1 + z * z / looked)
    half = z * (p * (1 - p) / looked + z * z / (4 * looked * looked)) ** 0.5 / (1 + z * z / looked)
    return p, max(0.0, middle - half), min(1.0, middle + half)


def tally(looked: Iterable[Line]) -> tuple[int, int]:
    """Return how many documents of a sample were looked at, and in how many of them a miss was seen."""
    results = [line[1] for line in looked if line[1]]
    return len(results), sum(result.startswith("漏") for result in results)


def quality(looked: int, missed: int, clean: int) -> str:
    """Return in words what people saw in a sample, and what it says of all ``clean`` unflagged documents."""
    rate, low, high = miss_rate(missed, looked)
    return (
        f"复核 {looked} 件，发现漏检 {missed} 件，漏检率估计 {rate:.2%}（95% 置信区间 {low:.2%}—{high:.2%}）；"
        f"推算到没有须处理提示的 {clean} 件，漏检约 {round(low * clean)}—{round(high * clean)} 件。"
    )
