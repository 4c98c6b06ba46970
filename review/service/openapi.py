"""The OpenAPI 3.1 description of ``/api/v1``, written from one table of operations."""

from __future__ import annotations

from typing import Any

from review.service.words import PRODUCT
from review.types import Verdict
from review.workflow import REFUSAL_GROUNDS, SCOPES, WAYS, Attribute, Stage, Step

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_HEX: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}


def _object(required: str, **properties: Schema) -> Schema:
    return {"type": "object", "required": required.split(), "properties": properties}


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def _codes(values: Any) -> Schema:
    return {"type": "string", "enum": [str(value) for value in values]}


_RANGE: Schema = _list({"type": "integer"}, minItems=2, maxItems=2)
_FLAG = _object(
    "id type category severity spans location rule message basis action confidence detector count masked",
    id=_TEXT,
    type=_TEXT,
    type_name=_TEXT,
    category=_TEXT,
    severity=_codes(("low", "medium", "high", "critical")),
    start={"type": ["integer", "null"]},
    end={"type": ["integer", "null"]},
    spans=_list(_RANGE),
    location=_TEXT,
    rule=_TEXT,
    message=_TEXT,
    basis=_list(_TEXT),
    action=_codes(("redact", "escalate", "remind")),
    target=_TEXT,
    confidence={"type": "number"},
    detector=_TEXT,
    count=_COUNT,
    masked=_TEXT,
)
_RULED = _object(
    "id declassified decision second votes",
    id=_TEXT,
    declassified={"type": "boolean"},
    decision={"type": ["object", "null"]},
    second=_codes(("", "waiting", "conflict", "agreed")),
    votes=_list({"type": "object"}),
)
_CASE = _object(
    "case version stage stage_title loud undecided",
    case=_TEXT,
    version=_COUNT,
    stage=_codes(Stage),
    stage_title=_TEXT,
    loud=_COUNT,
    undecided=_COUNT,
    genre=_TEXT,
)
_DETERMINATION = _object(
    "attribute",
    attribute=_codes(Attribute),
    grounds=_list(_codes(REFUSAL_GROUNDS)),
    basis=_list(_TEXT),
    scope=_codes(SCOPES),
    ways=_list(_codes(WAYS)),
    period=_codes(("", "long", "until")),
    take_down={"type": "string", "description": "2026-11-21 或空"},
)
_SCHEMAS: dict[str, Schema] = {
    "Problem": _object("code message", code=_TEXT, message=_TEXT),
    "Report": _object(
        "path sha256 disposition chars flags gaps",
        path=_TEXT,
        sha256=_TEXT,
        media_type=_TEXT,
        genre=_TEXT,
        disposition=_codes(("publish", "redact", "escalate", "stop")),
        chars=_COUNT,
        flags=_list(_FLAG),
        gaps=_list(_object("part reason", part=_TEXT, reason=_TEXT)),
    ),
    "Upload": _object("upload size sha256", upload=_HEX, size=_COUNT, sha256=_TEXT),
    "Case": _CASE,
    "CaseWithFlags": {**_CASE, "properties": {**_CASE["properties"], "flags": _list(_FLAG)}},
    "Cases": _object("cases", cases=_list({"type": "object"})),
    "Open": _object("upload name", upload=_HEX, name=_TEXT, genre=_TEXT, target=_TEXT, not_a_mark=_TEXT),
    "Decisions": _object(
        "client seq seen decisions",
        client={"type": "string", "minLength": 1},
        seq={"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
        seen=_COUNT,
        decisions=_list(
            _object(
                "flag verdict",
                flag=_TEXT,
                verdict=_codes(Verdict),
                reason=_TEXT,
                note=_TEXT,
                replacement={"type": ["string", "null"]},
            ),
            minItems=1,
            maxItems=20000,
        ),
    ),
    "Stored": _object("version undecided flags", version=_COUNT, undecided=_COUNT, flags=_list(_RULED)),
    "AddFlag": _object("start end type basis", start=_COUNT, end=_COUNT, type=_TEXT, basis=_TEXT, note=_TEXT),
    "Comment": _object("text", text=_TEXT, flag=_TEXT, start={"type": "integer"}, end={"type": "integer"}),
    "Commented": _object("text by at", text=_TEXT, by=_TEXT, at=_TEXT),
    "File": _object("upload name", upload=_HEX, name=_TEXT, not_a_mark=_TEXT),
    "Rescan": _object("", genre=_TEXT),
    "Declassify": _object("flags note", flags=_list(_TEXT, minItems=1), note={"type": "string", "minLength": 1}),
    "Added": _object("version flag", version=_COUNT, flag=_TEXT),
    "Pages": _object("pages places", pages=_list({"type": "array"}), places={"type": "object"}),
    "Plan": _object("cuts", cuts=_list({"type": "array"})),
    "Step": _object("step", step=_codes(Step), note=_TEXT, outcome=_TEXT, seen=_COUNT),
    "Release": _object("confirm", confirm={"const": True}, determination=_DETERMINATION),
    "Released": _object("sha256 checks files", sha256=_TEXT, checks=_list({"type": "object"}), files=_list({})),
    "Pane": _object("case version text flags", case=_TEXT, version=_COUNT, text=_TEXT, flags=_list({"type": "object"})),
}

#: method, path, title, scope of an API key, body, answer status, answer schema ("" = a file)
_OPERATIONS = (
    ("post", "/check", "检查一个文件，不保存", "check", "file", 200, "Report"),
    ("post", "/uploads", "上传一个文件", "decide", "file", 201, "Upload"),
    ("get", "/cases", "送审件列表", "read", "", 200, "Cases"),
    ("post", "/cases", "以上传的文件新建送审件", "decide", "Open", 201, "Case"),
    ("get", "/cases/{case}", "送审件及其提示项（片段已遮蔽）", "read", "", 200, "CaseWithFlags"),
    ("get", "/cases/{case}/pane", "审查界面所用的全文和提示项", "read", "", 200, "Pane"),
    ("get", "/cases/{case}/pages", "页面比例和提示项在页面上的位置（PDF、扫描件）", "read", "", 200, "Pages"),
    ("get", "/cases/{case}/pages/{number}", "一页的图像（JPEG），页码从 0 起", "read", "", 200, ""),
    ("get", "/cases/{case}/plan", "按现有意见将要脱敏的位置", "read", "", 200, "Plan"),
    ("post", "/cases/{case}/decisions", "登记处理意见；重复发送无害", "decide", "Decisions", 200, "Stored"),
    ("get", "/cases/{case}/changes", "某一版本之后变化的提示项", "read", "", 200, "Stored"),
    ("post", "/cases/{case}/flags", "补充提示项", "decide", "AddFlag", 201, "Added"),
    ("post", "/cases/{case}/comments", "批注：针对提示项、文字或整件", "decide", "Comment", 201, "Commented"),
    ("post", "/cases/{case}/file", "更换文件：文字和提示项都没有变的，处理意见保留", "decide", "File", 200, "Case"),
    ("post", "/cases/{case}/rescan", "按现行规则和模型重新检查", "decide", "Rescan", 200, "Case"),
    ("post", "/cases/{case}/declassifications", "登记解密（定密责任人）", "decide", "Declassify", 200, "Case"),
    ("post", "/cases/{case}/steps", "办理流程步骤", "decide", "Step", 200, "Case"),
    ("post", "/cases/{case}/release", "放行：生成并核验脱敏版", "publish", "Release", 200, "Released"),
    ("get", "/cases/{case}/files/{kind}", "下载脱敏版、核验证明、审查表", "read", "", 200, ""),
    ("get", "/books/{book}", "台账、月度汇总表、年度附表、专项检查清单、年度复核表（xlsx）", "ledger", "", 200, ""),
    ("get", "/scans/{name}/{file}", "整批扫描的报告：report.html、report.xlsx、latest.jsonl", "ledger", "", 200, ""),
)
_QUERIES = {
    "/books/{book}": tuple((name, _TEXT) for name in ("since", "until", "year", "month")),
    "/check": (("genre", _TEXT), ("target", _TEXT)),
    "/cases/{case}/changes": (("since", _COUNT),),
    "/cases": (
        ("stage", _codes(Stage)),
        ("limit", {"type": "integer", "minimum": 1, "maximum": 200}),
        ("offset", {"type": "integer", "minimum": 0, "maximum": 10**9}),
    ),
}


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    paths: dict[str, dict[str, Any]] = {}
    for method, path, title, scope, body, status, answer in _OPERATIONS:
        paths.setdefault(f"/api/v1{path}", {})[method] = _operation(method, path, title, scope, body, status, answer)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{PRODUCT} REST 接口",
            "version": "1",
            "description": "全部在本机处理。结果只是疑似提示，不代表不涉密，也不代表可以公开。",
        },
        "paths": paths,
        "components": {
            "schemas": _SCHEMAS,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "接口密钥，由管理员发放"}},
        },
        "security": [{"key": []}],
    }


def _operation(method: str, path: str, title: str, scope: str, body: str, status: int, answer: str) -> dict[str, Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _TEXT} for name in names
    ]
    if method == "get" or body == "file":
        queries = _QUERIES.get(path, ())
        parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in queries]
    if method == "post":
        parameters.append({"name": "X-Requested-By", "in": "header", "required": True, "schema": {"enum": ["api"]}})
    if body == "file":
        named = {"name": "X-File-Name", "in": "header", "schema": {"type": "string", "pattern": "^[A-Za-z0-9._%-]*$"}}
        parameters.append(named)
    found: dict[str, Any] = {
        "summary": title,
        "operationId": f"{method}{path}".replace("/", "_").replace("{", "").replace("}", ""),
        "description": f"接口密钥权限：{scope}",
        "parameters": parameters,
        "responses": {
            str(status): {"description": "成功", "content": _content(answer)},
            "4XX": {"description": "未能办理，原因见 message", "content": _content("Problem")},
        },
    }
    if body == "file":
        found["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    elif body:
        found["requestBody"] = {"required": True, "content": _content(body)}
    return found


def _content(schema: str) -> dict[str, Any]:
    if not schema:
        return {"application/octet-stream": {}, "application/json": {}, "text/html": {}}
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def rows() -> list[tuple[str, str, str, str, str]]:
    """Return method, path, title, scope and body schema name of each operation: for the plain page."""
    return [
        (method.upper(), f"/api/v1{path}", title, scope, body) for method, path, title, scope, body, *_ in _OPERATIONS
    ]
