"""Files of a pack as YAML and as checked models, with errors that name file and field in Chinese."""

from __future__ import annotations

from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from review.errors import PackInvalid
from review.packs import patterns
from review.packs.sources import File

_M = TypeVar("_M", bound=BaseModel)
_T = TypeVar("_T")

_WHY = {
    "missing": "缺少这个字段",
    "extra_forbidden": "没有这个字段，请检查拼写",
    "string_type": "应为文字（含冒号、井号时请加引号）",
    "int_type": "应为整数",
    "float_type": "应为数字",
    "bool_type": "应为 true 或 false",
    "list_type": "应为列表",
    "dict_type": "应为“键: 值”",
    "model_type": "应为“键: 值”，或者文字（纯数字请加引号）",
    "date_type": "应为日期，如 2026-01-01",
    "string_too_short": "不能为空",
    "too_short": "不能为空",
    "string_pattern_mismatch": "写法不符合规定",
    "literal_error": "不在允许的取值之内",
    "greater_than_equal": "数值太小",
    "less_than_equal": "数值太大",
    "greater_than": "数值太小",
}


def _yaml(file: File) -> Any:
    try:
        return yaml.load(file.text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"第 {mark.line + 1} 行" if mark else "某一行"
        raise PackInvalid(f"{file.name}：{place}不是合法的 YAML，请检查缩进、引号和重复的键。") from error


class _Loader(yaml.CSafeLoader):
    """Safe loader that refuses a key written twice: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.constructor.ConstructorError(None, None, "duplicate key", node.start_mark)
        return super().construct_mapping(node, deep)


def read_model(kind: type[_M], file: File) -> _M:
    try:
        return kind.model_validate(_yaml(file))
    except ValidationError as error:
        raise _invalid(file, error) from error


def read_typed(file: File, kind: type[_T]) -> _T:
    try:
        return TypeAdapter(kind).validate_python(_yaml(file), strict=True)
    except ValidationError as error:
        raise _invalid(file, error) from error


def read_table(file: File, kind: type[_M]) -> dict[str, _M]:
    return read_typed(file, dict[str, kind])  # type: ignore[valid-type]


def _invalid(file: File, error: ValidationError) -> PackInvalid:
    rows = []
    # An example is a text or a mapping: pydantic reports both branches, and names them in the location.
    items = [item for item in error.errors() if item["loc"][-1:] != ("str",)] or error.errors()
    for item in items[:3]:
        where = ".".join(str(step) for step in item["loc"] if step not in ("str", "ExampleModel")) or "整个文件"
        rows.append(f"字段 {where}：{_WHY.get(item['type'], '不符合要求')}")
    return PackInvalid(f"{file.name}：{'；'.join(rows)}。写法见 docs/rule-writing.md。")


def fail(file: File, where: str, why: str) -> PackInvalid:
    return PackInvalid(f"{file.name}：字段 {where}：{why}。")


def read_pattern(file: File, where: str, written: str) -> str:
    try:
        return patterns.pattern(written)
    except patterns.BadPattern as error:
        raise fail(file, where, str(error)) from error
