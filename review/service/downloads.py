"""The files a case hands out: clean copy, proof (JSON and printable), review form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from starlette.responses import HTMLResponse, Response

from review import casework
from review.casework import Office
from review.errors import InputError
from review.exporters import form
from review.workflow import Case

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

#: kind → title on the button, shown in the browser instead of saved
KINDS: Mapping[str, tuple[str, bool]] = {
    "clean": ("下载脱敏版", False),
    "form.docx": ("下载信息公开保密审查表", False),
    "proof.html": ("打印核验证明", True),
    "proof.json": ("下载核验证明（JSON）", False),
}


def links(case_id: str) -> list[dict[str, object]]:
    """Return what can be downloaded after a release."""
    return [
        {"title": title, "href": f"/api/v1/cases/{case_id}/files/{kind}", "inline": inline}
        for kind, (title, inline) in KINDS.items()
    ]


def answer(office: Office, case: Case, actor: str, kind: str) -> Response:
    """Return one file of a case; raises ``InputError`` for an unknown kind or an unpublished case."""
    make = _MAKERS.get(kind)
    if make is None:
        raise InputError("没有这种文件。")
    return make(office, case, actor)


def _clean(office: Office, case: Case, actor: str) -> Response:
    data, proof = casework.published(office, case.id)
    suffix = PurePath(casework.details(office, case.id)["name"]).suffix.lower()
    return _file(data, str(proof["media_type"]), f"脱敏版_{case.id}{suffix if suffix.isascii() else ''}")


def _proof_json(office: Office, case: Case, actor: str) -> Response:
    _, proof = casework.published(office, case.id)
    data = json.dumps(dict(proof), ensure_ascii=False, indent=2, default=str).encode()
    return _file(data, "application/json", f"核验证明_{case.id}.json")


def _proof_html(office: Office, case: Case, actor: str) -> Response:
    _, proof = casework.published(office, case.id)
    types: Mapping[str, str] = office.engine.pack.types
    page = Environment(autoescape=True).from_string(_PROOF)
    return HTMLResponse(page.render(case=case, proof=proof, types=types))


def _form(office: Office, case: Case, actor: str) -> Response:
    data = form.review_form(
        case,
        casework.report(office, case.id),
        casework.decisions(office, case.id),
        casework.details(office, case.id),
        office.engine.pack,
    )
    return _file(data, _DOCX, f"信息公开保密审查表_{case.id}.docx")


def _file(data: bytes, media_type: str, name: str) -> Response:
    # The number of the case names the file: a title could hold what is to be kept.
    return Response(
        data,
        media_type=media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"},
    )


_MAKERS: Mapping[str, Callable[[Office, Case, str], Response]] = {
    "clean": _clean,
    "form.docx": _form,
    "proof.html": _proof_html,
    "proof.json": _proof_json,
}

_PROOF = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>脱敏版核验证明 {{ case.id }}</title>
<style>
@page{size:A4;margin:24mm 22mm}
body{font-family:FangSong,"仿宋",STFangsong,"Noto Serif CJK SC",serif;max-width:900px;margin:2em auto;line-height:1.7}
h1{font-family:SimHei,"黑体","Noto Sans CJK SC",sans-serif;text-align:center;font-size:22px}
table{border-collapse:collapse;width:100%;margin:8px 0}th,td{border:1px solid #000;padding:4px 8px;text-align:left;
vertical-align:top;word-break:break-all}th{font-family:SimHei,"黑体","Noto Sans CJK SC",sans-serif;font-weight:normal}
.k{width:11em}
</style></head><body>
<h1>脱敏版核验证明</h1>
<table>
<tr><th class="k">审查编号</th><td>{{ case.id }}</td></tr>
<tr><th>原件校验值（SHA-256）</th><td>{{ proof.original_sha256 }}</td></tr>
<tr><th>脱敏版校验值（SHA-256）</th><td>{{ proof.redacted_sha256 }}</td></tr>
<tr><th>规则版本</th><td>{{ proof.pack }}（{{ proof.pack_digest[:16] }}）</td></tr>
<tr><th>读取器</th><td>{{ proof.readers|join("、") }}</td></tr>
<tr><th>生成时间（UTC）</th><td>{{ proof.at }}</td></tr>
</table>
<table><tr><th>核验项目</th><th>结论</th><th>说明</th></tr>
{% for check in proof.checks %}<tr><td>{{ check.name }}</td><td>{{ "通过" if check.passed else "未通过" }}</td><td>{{ check.detail }}</td></tr>
{% endfor %}</table>
<table><tr><th>序号</th><th>类型</th><th>位置</th><th>处数</th><th>规则</th><th>理由</th></tr>
{% for item in proof.redactions %}<tr><td>{{ loop.index }}</td><td>{{ types.get(item.type, item.type) }}</td><td>{{ item.place }}</td><td>{{ item.count }}</td><td>{{ item.rule }}</td><td>{{ item.reason }}</td></tr>
{% else %}<tr><td colspan="6">无脱敏处理</td></tr>{% endfor %}</table>
{% for notice in proof.notices %}<p>说明：{{ notice }}</p>{% endfor %}
<p>本证明只说明脱敏版与处理意见一致、已脱敏内容不再出现，不代表不涉密、不代表可以公开。</p>
</body></html>
"""
