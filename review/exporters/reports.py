"""Rows of checked documents as text for machines and people: json, jsonl, csv, sarif, html."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

SEVERITY_NAMES = {"critical": "停止", "high": "高", "medium": "中", "low": "提示"}
CATEGORY_NAMES = {
    "state_secret": "疑似国家秘密",
    "internal": "内部与工作秘密",
    "trade_secret": "疑似商业秘密",
    "personal_privacy": "疑似个人隐私、个人信息",
    "unread": "未能检查",
}
ACTION_NAMES = {"redact": "建议脱敏", "escalate": "建议报请确定", "remind": "提醒核对"}
DISPOSITION_NAMES = {
    "publish": "未发现须处理的提示项",
    "redact": "建议脱敏后公开",
    "escalate": "建议报请确定",
    "stop": "停止处理",
}
NO_FINDING = "未发现提示项。本结果不代表不涉密、不代表可以公开，请按程序完成人工审查。"

COLUMNS = ("序号", "文件", "等级", "类别", "类型", "位置", "片段（遮蔽显示）", "依据", "建议处理", "说明")


def to_json(rows: Iterable[Row]) -> str:
    """Return all rows as one indented JSON array."""
    return json.dumps(list(rows), ensure_ascii=False, indent=2) + "\n"


def to_jsonl(row: Row) -> str:
    """Return one row as one line."""
    return json.dumps(row, ensure_ascii=False) + "\n"


def table(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """Return one line a flag and one a gap that no flag speaks for, in the columns ``COLUMNS``."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        for flag in row["flags"]:
            lines.append(
                (
                    str(len(lines) + 1),
                    row["path"],
                    SEVERITY_NAMES[flag["severity"]],
                    CATEGORY_NAMES[flag["category"]],
                    flag["type_name"],
                    flag["location"],
                    flag["masked"],
                    "；".join(flag["basis"]),
                    ACTION_NAMES[flag["action"]],
                    flag["message"],
                )
            )
        if row.get("error"):
            reason = row["gaps"][0]["reason"]
            lines.append(
                (str(len(lines) + 1), row["path"], "高", "未能检查", "未能检查", "整件", "", "", "建议报请确定", reason)
            )
    return lines


def to_csv(rows: Iterable[Row]) -> str:
    """Return the flags as CSV with a BOM, so that office programs read Chinese right."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    # A cell that begins with one of these would be run as a formula by a spreadsheet program.
    writer.writerows([("'" + c if c[:1] in "=+-@\t" else c) for c in line] for line in table(rows))
    return "\ufeff" + out.getvalue()


def to_sarif(rows: Sequence[Row], version: str) -> str:
    """Return SARIF 2.1.0: positions as ``charOffset`` and ``charLength`` in source code points."""
    rules: dict[str, dict[str, Any]] = {}
    results = []
    levels = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
    for row in rows:
        uri = row["path"].replace("\\", "/")
        for flag in row["flags"]:
            rules.setdefault(
                flag["rule"],
                {"id": flag["rule"], "name": flag["type"], "shortDescription": {"text": flag["type_name"]}},
            )
            location: dict[str, Any] = {"artifactLocation": {"uri": uri}}
            if flag["start"] is not None:
                location["region"] = {"charOffset": flag["start"], "charLength": flag["end"] - flag["start"]}
            results.append(
                {
                    "ruleId": flag["rule"],
                    "level": levels[flag["severity"]],
                    "message": {"text": f"{flag['location']}：{flag['message']}"},
                    "locations": [{"physicalLocation": location}],
                    "partialFingerprints": {"flagId/v1": flag["id"]},
                    "properties": {"basis": flag["basis"], "category": flag["category"], "count": flag["count"]},
                }
            )
    notes = [
        {"level": "error", "message": {"text": f"{row['path']}：{gap['part']}：{gap['reason']}"}}
        for row in rows
        for gap in row["gaps"]
    ]
    run = {
        "tool": {"driver": {"name": "review", "version": version, "rules": list(rules.values())}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
        "results": results,
    }
    return json.dumps({"version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


_HTML = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>发布前保密审查报告</title>
<style>
body{font-family:"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2em auto;max-width:1200px;color:#1b1f24}
table{border-collapse:collapse;width:100%;font-size:14px}th,td{border:1px solid #b8c2cd;padding:6px 8px;text-align:left;
vertical-align:top}th{background:#eef2f6}.critical,.停止{color:#8e0000;font-weight:bold}.高{color:#b3261e}.中{color:#8a5a00}
.note{background:#f5f7fa;padding:10px 14px;border-left:4px solid #1f4e79}
</style></head><body>
<h1>发布前保密审查报告</h1>
<p class="note">本报告只列出疑似提示，供人工审查参考；不认定是否涉密，也不代表可以公开。片段均已遮蔽。</p>
<p>文件 {{ rows|length }} 件；提示项 {{ lines|length }} 条；未能完整检查 {{ unread }} 件。</p>
{% if not lines %}<p>{{ no_finding }}</p>{% else %}
<table><thead><tr>{% for c in columns %}<th>{{ c }}</th>{% endfor %}</tr></thead><tbody>
{% for line in lines %}<tr>
{% for c in line %}<td{% if loop.index == 3 %} class="{{ c }}"{% endif %}>{{ c }}</td>{% endfor %}
</tr>
{% endfor %}</tbody></table>{% endif %}
</body></html>
"""


def to_html(rows: Sequence[Row]) -> str:
    """Return a self-contained page: no script, no outside address."""
    from jinja2 import Environment  # slow to import, and other formats do without

    page = Environment(autoescape=True).from_string(_HTML)
    unread = sum(bool(row["gaps"]) for row in rows)
    return page.render(rows=rows, lines=table(rows), columns=COLUMNS, unread=unread, no_finding=NO_FINDING)
