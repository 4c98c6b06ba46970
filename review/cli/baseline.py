"""Flags that were looked at before, so that only new ones stop a publication.

A baseline holds flag ids and nothing else. An id stands for one place of one document under one version of a rule:
when the document or the rule changes, its flags are new again, as a decision holds only for what was decided on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Annotated, Any

import typer

from review import files
from review.errors import InputError

Row = Mapping[str, Any]

Baseline = Annotated[
    Path | None, typer.Option(help="基线文件：其中登记过的提示项不再使检查失败，只看新增的。", show_default=False)
]
WriteBaseline = Annotated[
    bool, typer.Option("--write-baseline", help="把本次的须处理提示项写入基线文件（只含编号，不含文字），以 0 退出。")
]

_VERSION = 1


def read(path: Path | None) -> frozenset[str]:
    """Return the flag ids of a baseline; raises ``InputError``. Without a path nothing is known."""
    if path is None:
        return frozenset()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"无法打开基线文件：{path}（{error.strerror}）。可先用 --write-baseline 生成。") from error
    except ValueError as error:
        raise InputError(f"基线文件不是合法的 JSON：{path}。请恢复原文件或重新生成。") from error
    known = content.get("flags") if isinstance(content, dict) and content.get("version") == _VERSION else None
    if not isinstance(known, list) or not all(isinstance(flag, str) for flag in known):
        raise InputError(f"基线文件的格式不对：{path}。请恢复原文件或重新生成。")
    return frozenset(known)


def write(path: Path | None, rows: Iterable[Row]) -> int:
    """Write the loud flags of ``rows`` as the baseline, one id a line; returns how many. Raises ``InputError``."""
    if path is None:
        raise InputError("--write-baseline 要和 --baseline 一起用，写明基线文件。")
    if not path.parent.is_dir():
        raise InputError(f"基线文件所在的文件夹不存在：{path.parent}。")
    found = sorted({flag["id"] for flag in _loud(rows)})
    files.write_whole(path, (json.dumps({"version": _VERSION, "flags": found}, indent=0) + "\n").encode())
    return len(found)


def told(rows: Iterable[Row], known: Set[str]) -> str:
    """Return a line that says how many loud flags are new and how many are known."""
    ids = [flag["id"] for flag in _loud(rows)]
    old = sum(one in known for one in ids)
    return f"与基线相比：新增 {len(ids) - old} 处，已登记 {old} 处。"


def _loud(rows: Iterable[Row]) -> list[Mapping[str, Any]]:
    return [flag for row in rows for flag in row["flags"] if flag["severity"] != "low" and flag["type"] != "unread"]
