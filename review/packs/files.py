"""The files of a pack: text, YAML, models, and errors that name file and field in Chinese."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from review.errors import PackInvalid
from review.packs import patterns

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


@dataclass(frozen=True, slots=True)
class File:
    """One file of a pack: ``name`` is its path inside the pack, for messages and the digest."""

    name: str
    text: str

    @property
    def folder(self) -> str:
        return self.name.split("/", 1)[0] if "/" in self.name else ""

    @property
    def stem(self) -> str:
        return self.name.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def read_files(folder: Path) -> list[File]:
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".txt") and path.is_file():
            name = path.relative_to(folder).as_posix()
            try:
                found.append(File(name, path.read_text(encoding="utf-8").replace("\r\n", "\n")))
            except UnicodeDecodeError as error:
                raise PackInvalid(f"{name}：不是 UTF-8 编码。请另存为 UTF-8 后再试。") from error
    return found


def digest_of(files: Iterable[File]) -> str:
    """SHA-256 over names and contents, whatever the order of the folder or the line ends."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda f: f.name):
        digest.update(f"{file.name}\0{len(file.text)}\0{file.text}\0".encode())
    return digest.hexdigest()


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
