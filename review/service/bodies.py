"""What comes in with a request, as values of the right kind: the browser is never trusted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from starlette.requests import Request

from review.casework import Attribute, Determination, Office
from review.errors import InputError
from review.types import Decision, Verdict

T = TypeVar("T")


async def whole(request: Request) -> dict[str, Any]:
    """Return the JSON object that a request carries."""
    try:
        value = await request.json()
    except ValueError:
        raise InputError("请求内容不是合法的 JSON。") from None
    if not isinstance(value, dict):
        raise InputError("请求内容应当是一个 JSON 对象。")
    return value


def field(body: Mapping[str, Any], name: str, kind: type[T], default: T | None = None) -> T:
    """Return a field of the body, of the right kind."""
    value = body.get(name, default)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InputError(f"字段 {name} 缺失或类型不正确。")
    return value


def number(value: str, least: int, most: int) -> int:
    """Return a number of an address, between ``least`` and ``most``."""
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise InputError(f"数字应当在 {least} 到 {most} 之间。")
    return int(value)


def upload(body: Mapping[str, Any]) -> tuple[str, str]:
    """Return the upload that a body names, and the file's own name."""
    name = field(body, "name", str).replace("\\", "/").rsplit("/", 1)[-1].strip()[:200] or "未命名.txt"
    return field(body, "upload", str), name


def genre(office: Office, body: Mapping[str, Any]) -> str:
    """Return the genre that a body chooses, "" for guessing."""
    chosen = field(body, "genre", str, "")
    if chosen and chosen not in office.engine.pack.genres:
        raise InputError("没有这种文件种类，请从列表中选择或留空。")
    return chosen


def decision(entry: object) -> Decision:
    """Return one decision; reviewer and time are set where it is recorded."""
    if not isinstance(entry, dict):
        raise InputError("处理结果的格式不正确。")
    verdict = field(entry, "verdict", str)
    if verdict not in set(Verdict):
        raise InputError("处理意见只能是 accept、redact、escalate 或 open。")
    replacement = entry.get("replacement")
    return Decision(
        flag=field(entry, "flag", str),
        verdict=Verdict(verdict),
        reviewer="",
        reason=field(entry, "reason", str, ""),
        at=datetime.now(UTC),
        note=field(entry, "note", str, "")[:2000],
        replacement=replacement[:200] if isinstance(replacement, str) else None,
    )


def determination(body: Mapping[str, Any]) -> Determination:
    """Return what the last step of one person determines."""
    attribute = field(body, "attribute", str)
    if attribute not in set(Attribute):
        raise InputError("公开属性不正确。")
    take_down = field(body, "take_down", str, "")
    try:
        day = date.fromisoformat(take_down) if take_down else None
    except ValueError:
        raise InputError("撤下日期应写作 2026-11-21 的形式。") from None
    return Determination(
        attribute=Attribute(attribute),
        grounds=tuple(str(code) for code in field(body, "grounds", list, [])),
        basis=tuple(str(key) for key in field(body, "basis", list, [])),
        scope=field(body, "scope", str, "public"),
        ways=tuple(str(code) for code in field(body, "ways", list, [])),
        period=field(body, "period", str, ""),
        take_down=day,
    )
