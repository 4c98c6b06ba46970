"""Scans as plain values (pure): how each stands in words, what its report came to as tables and charts."""

from __future__ import annotations

from typing import Any

from review.batch.control import Standing
from review.batch.reporting import Figures
from review.calendar import china_clock
from review.exporters import scans
from review.exporters.reports import SEVERITY_NAMES
from review.ui.views import Table

_LEVELS = ("停止", "高", "中")


def progress(standing: Standing) -> tuple[float, str]:
    """Return the share that is checked (0…1) and a line: how many, how fast, how long still."""
    scan = standing.scan
    share = standing.checked / scan.found if scan.found else float(scan.ended is not None and not standing.running)
    parts = [standing.state]
    if scan.found:
        parts.append(f"{standing.checked} / {scan.found} 件")
    if standing.running and scan.ended is None:
        parts.append(f"{standing.rate:.1f} 件/秒")
        if standing.left is not None and standing.left > 0:
            parts.append(f"约剩 {duration(standing.left)}")
    if scan.todo:
        parts.append(f"本次查出有提示 {scan.flagged} 件，未能检查 {scan.failed} 件")
    return min(1.0, share), "　".join(parts)


def duration(seconds: float) -> str:
    """Return a time that is left, in the units that people plan with."""
    if seconds < 60:
        return f"{max(1, round(seconds))} 秒"
    if seconds < 3600:
        return f"{round(seconds / 60)} 分钟"
    return f"{seconds / 3600:.1f} 小时"


def heading(standing: Standing) -> str:
    """Return what a scan scans and since when."""
    scan = standing.scan
    what = "、".join(scan.folders)
    return f"{what}　{china_clock(scan.started)} 开始" if what else "正在清点文件"


def sentence(found: Figures) -> str:
    """Return the outcome in one sentence."""
    return f"{found.stamp} 的报告：{found.brief.sentence}。未提示不代表可以公开。"


def quality(found: Figures, looked: int, missed: int) -> str:
    """Return what a sample that people looked at says of the documents without a flag, in words."""
    brief = found.brief
    if missed > looked:
        return "漏检件数不能多于复核件数。"
    return scans.quality(looked, missed, max(0, brief.documents - brief.flagged - brief.unread)) if looked else ""


def unit_table(found: Figures) -> Table:
    """Return one line a unit."""
    return Table(
        columns=["单位（第一级文件夹）", "文件", "有须处理提示", "未能检查", *_LEVELS],
        rows=[[name, *map(str, numbers)] for name, numbers in found.units],
        keys=[],
        empty="没有文件。",
    )


def unit_bars(found: Figures) -> list[dict[str, Any]]:
    """Return ``{单位, 等级, 处数}`` of the units that have flags."""
    return [
        {"单位": name, "等级": level, "提示项": count}
        for name, numbers in found.units[:12]
        for level, count in zip(_LEVELS, numbers[3:], strict=True)
        if count
    ]


def kind_table(found: Figures) -> Table:
    """Return one line a type and severity."""
    rows = [[kind, SEVERITY_NAMES[level], str(files), str(places)] for kind, level, files, places in found.kinds]
    return Table(columns=["类型", "等级", "文件", "处数"], rows=rows, keys=[], empty="没有须处理的提示项。")
