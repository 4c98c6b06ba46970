"""Read ``rules/`` into a ``RulePack``: every error names the file and the field, in Chinese."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from review import paths
from review.errors import PackInvalid
from review.packs import patterns, schema
from review.types import (
    CATEGORIES,
    Action,
    Allow,
    Example,
    Genre,
    Masking,
    Provision,
    Reason,
    Rule,
    RulePack,
    Severity,
    Zone,
)

_M = TypeVar("_M", bound=BaseModel)
_T = TypeVar("_T")

_SHAPES = ("patterns", "lexicon", "near", "checksum", "field", "columns")
_RULE_FOLDERS = ("state_secret", "internal", "trade_secret", "personal_privacy")
#: Folders that a unit's own pack may hold: nothing there can let anything pass.
_EXTRA_FOLDERS = (*_RULE_FOLDERS, "basis", "lexicons", "negative")
_LEAST_EXAMPLES = 8
_LONGEST_REVIEW = 366  # days until a negative-list entry must be looked at again
_LEXICON = re.compile(r"@[a-z0-9_]+")
_LITERAL_KEYS = frozenset({"mood", "genres", "zones"})

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
class _File:
    """One file of a pack: ``name`` is its path inside the pack, for messages and the digest."""

    name: str
    text: str

    @property
    def folder(self) -> str:
        return self.name.split("/", 1)[0] if "/" in self.name else ""

    @property
    def stem(self) -> str:
        return self.name.rsplit("/", 1)[-1].rsplit(".", 1)[0]


@dataclass(slots=True)
class _Parts:
    """What was read so far; checked against each other at the end."""

    review_date: date
    types: dict[str, schema.TypeModel] = field(default_factory=dict)
    provisions: dict[str, Provision] = field(default_factory=dict)
    lexicons: dict[str, tuple[str, ...]] = field(default_factory=dict)
    moods: dict[str, tuple[str, ...]] = field(default_factory=dict)
    masking: dict[str, Masking] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    genres: dict[str, Genre] = field(default_factory=dict)
    allows: dict[str, Allow] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)


def load(folder: Path = paths.RULES, extra: Sequence[Path] = (), review_date: date | None = None) -> RulePack:
    """Return the pack in ``folder`` with the units' own packs in ``extra``; raises ``PackInvalid``.

    ``review_date`` (default today) decides which provisions are in force. An extra pack can only add rules,
    lexicons, provisions and negative-list entries: it cannot let anything pass.
    """
    parts = _Parts(review_date or date.today())
    files = _files(folder)
    if "pack.yaml" not in {file.name for file in files}:
        raise PackInvalid(f"规则包不完整：{folder} 里没有 pack.yaml。请检查安装或规则包位置。")
    head = _model(schema.PackModel, next(file for file in files if file.name == "pack.yaml"))
    everything = list(files)
    _read(files, parts)
    for number, own in enumerate(extra, 1):
        added = _files(own)
        for file in added:
            if file.folder not in _EXTRA_FOLDERS:
                raise PackInvalid(
                    f"单位规则包 {own.name} 的 {file.name}：单位包里只能有 {'、'.join(_EXTRA_FOLDERS)} 这些文件夹。"
                )
        _read(added, parts)
        everything += [_File(f"extra{number}/{file.name}", file.text) for file in added]
    return RulePack(
        id=head.id,
        version=head.version,
        review_date=parts.review_date,
        rules=tuple(parts.rules[key] for key in sorted(parts.rules)),
        provisions=MappingProxyType(parts.provisions),
        genres=MappingProxyType(parts.genres),
        lexicons=MappingProxyType(parts.lexicons),
        masking=MappingProxyType(parts.masking),
        reasons=MappingProxyType(parts.reasons),
        types=MappingProxyType({key: model.title for key, model in parts.types.items()}),
        digest=_digest(everything),
        allows=MappingProxyType(parts.allows),
        moods=MappingProxyType(parts.moods),
    )


def _files(folder: Path) -> list[_File]:
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".txt") and path.is_file():
            name = path.relative_to(folder).as_posix()
            try:
                found.append(_File(name, path.read_text(encoding="utf-8").replace("\r\n", "\n")))
            except UnicodeDecodeError as error:
                raise PackInvalid(f"{name}：不是 UTF-8 编码。请另存为 UTF-8 后再试。") from error
    return found


def _digest(files: Iterable[_File]) -> str:
    """SHA-256 over names and contents, whatever the order of the folder or the line ends."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda f: f.name):
        digest.update(f"{file.name}\0{len(file.text)}\0{file.text}\0".encode())
    return digest.hexdigest()


def _read(files: Sequence[_File], parts: _Parts) -> None:
    """Read in the order of dependence, so that every reference can be checked where it is written."""
    by_folder: dict[str, list[_File]] = {}
    for file in files:
        by_folder.setdefault(file.folder, []).append(file)
    top = {file.name: file for file in by_folder.pop("", [])}
    unknown = set(by_folder) - {*_EXTRA_FOLDERS, "genres", "allow"} | set(top) - {
        "pack.yaml",
        "types.yaml",
        "masking.yaml",
        "reasons.yaml",
        "moods.yaml",
    }
    if unknown:
        raise PackInvalid(f"规则包里有不认识的文件或文件夹：{'、'.join(sorted(unknown))}。")
    if "types.yaml" in top:
        parts.types |= _table(top["types.yaml"], schema.TypeModel)
    for file in by_folder.get("basis", ()):
        _statute(file, parts)
    for file in by_folder.get("lexicons", ()):
        parts.lexicons[file.stem] = _lexicon(file)
    if "moods.yaml" in top:
        for name, written in _typed(top["moods.yaml"], dict[str, list[str]]).items():
            parts.moods[name] = tuple(_pattern(top["moods.yaml"], name, w) for w in written)
    if "masking.yaml" in top:
        for name, mask in _table(top["masking.yaml"], schema.MaskingModel).items():
            parts.masking[name] = Masking(name, mask.method, mask.head, mask.tail, mask.text)
    if "reasons.yaml" in top:
        _reasons(top["reasons.yaml"], parts)
    for file in by_folder.get("genres", ()):
        _genre(file, parts)
    for file in by_folder.get("allow", ()):
        _allow(file, parts)
    for folder in _RULE_FOLDERS:
        for file in by_folder.get(folder, ()):
            _rule(file, parts)
    for file in by_folder.get("negative", ()):
        _negative(file, parts)


# ------------------------------------------------------------------------------------------ YAML → models


def _yaml(file: _File) -> Any:
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


def _model(kind: type[_M], file: _File) -> _M:
    try:
        return kind.model_validate(_yaml(file))
    except ValidationError as error:
        raise _invalid(file, error) from error


def _typed(file: _File, kind: type[_T]) -> _T:
    try:
        return TypeAdapter(kind).validate_python(_yaml(file), strict=True)
    except ValidationError as error:
        raise _invalid(file, error) from error


def _table(file: _File, kind: type[_M]) -> dict[str, _M]:
    return _typed(file, dict[str, kind])  # type: ignore[valid-type]


def _invalid(file: _File, error: ValidationError) -> PackInvalid:
    rows = []
    # An example is a text or a mapping: pydantic reports both branches, and names them in the location.
    items = [item for item in error.errors() if item["loc"][-1:] != ("str",)] or error.errors()
    for item in items[:3]:
        where = ".".join(str(step) for step in item["loc"] if step not in ("str", "ExampleModel")) or "整个文件"
        rows.append(f"字段 {where}：{_WHY.get(item['type'], '不符合要求')}")
    return PackInvalid(f"{file.name}：{'；'.join(rows)}。写法见 docs/rule-writing.md。")


def _fail(file: _File, where: str, why: str) -> PackInvalid:
    return PackInvalid(f"{file.name}：字段 {where}：{why}。")


def _pattern(file: _File, where: str, written: str) -> str:
    try:
        return patterns.pattern(written)
    except patterns.BadPattern as error:
        raise _fail(file, where, str(error)) from error


# ------------------------------------------------------------------------------------------ models → nouns


def _statute(file: _File, parts: _Parts) -> None:
    statute = _model(schema.StatuteModel, file)
    for number, item in statute.provisions.items():
        key = f"{statute.id}#{number}"
        if key in parts.provisions:
            raise _fail(file, f"provisions.{number}", "与别的文件重复")
        parts.provisions[key] = Provision(
            key=key,
            statute=f"《{statute.title}》",
            article=item.article,
            summary=item.summary,
            valid_from=item.valid_from or statute.valid_from,
            valid_to=item.valid_to or statute.valid_to,
        )


def _lexicon(file: _File) -> tuple[str, ...]:
    lines = file.text.splitlines()
    header = {line[1:].split(":")[0].strip() for line in lines if line.startswith("#")}
    if not {"title", "source", "licence"} <= header:
        raise PackInvalid(f"{file.name}：词表开头要有 # title、# source、# licence 三行。")
    words = (patterns.term(line.split("#", 1)[0]) for line in lines)
    found = tuple(dict.fromkeys(word for word in words if word))
    if not found:
        raise PackInvalid(f"{file.name}：词表是空的。")
    return found


def _reasons(file: _File, parts: _Parts) -> None:
    for code, reason in _table(file, schema.ReasonModel).items():
        _basis(file, f"{code}.basis", reason.basis, parts)
        parts.reasons[code] = Reason(
            code=code,
            title=reason.title,
            verdicts=frozenset(reason.verdicts),
            basis=tuple(reason.basis),
            categories=frozenset(reason.categories),
            needs_note=reason.needs_note,
        )


def _genre(file: _File, parts: _Parts) -> None:
    genre = _model(schema.GenreModel, file)
    if genre.id in parts.genres:
        raise _fail(file, "id", "与别的文种重复")
    for kind in genre.severity:
        _type(file, "severity", kind, parts)
    parts.genres[genre.id] = Genre(
        id=genre.id,
        title=genre.title,
        cues={
            name: tuple(_pattern(file, f"cues.{name}", w) for w in written)
            for name, written in genre.cues.model_dump().items()
        },
        lawful=frozenset(genre.lawful),
        never=frozenset(genre.never),
        allows=frozenset(genre.allows),
        severity={kind: Severity(level) for kind, level in genre.severity.items()},
        scope=genre.scope,
        duration=genre.duration,
        note=genre.note,
    )


def _allow(file: _File, parts: _Parts) -> None:
    allow = _model(schema.AllowModel, file)
    if allow.id in parts.allows:
        raise _fail(file, "id", "与别的放行规则重复")
    for kind in allow.types:
        _type(file, "types", kind, parts)
        if kind.startswith("pp_") or kind == "ts_org_account":
            raise _fail(file, "types", f"{kind} 是个人信息或账号，不能被放行规则压下")
    if allow.types and allow.examples is None:
        raise _fail(file, "examples", "有类型的放行规则必须带例子")
    examples = allow.examples
    parts.allows[allow.id] = Allow(
        id=allow.id,
        title=allow.title,
        types=frozenset(allow.types),
        when=_conditions(file, "when", allow.when, parts),
        switched=allow.switched,
        flag_examples=_examples(examples.flag, flagged=True) if examples else (),
        pass_examples=_examples(examples.passes, flagged=False) if examples else (),
    )


def _rule(file: _File, parts: _Parts) -> None:
    model = _model(schema.RuleModel, file)
    if model.id in parts.rules:
        raise _fail(file, "id", "与别的规则重复")
    if model.id.split(".")[0] != file.folder:
        raise _fail(file, "id", f"应以文件夹名 {file.folder}. 开头")
    _type(file, "type", model.type, parts)
    if parts.types[model.type].manual:
        raise _fail(file, "type", f"{model.type} 只能由审查员人工添加，不得写成规则")
    _basis(file, "basis", model.basis, parts)
    if model.masking not in parts.masking:
        raise _fail(file, "masking", f"masking.yaml 里没有 {model.masking}")
    if model.action == "escalate" and not model.target:
        raise _fail(file, "target", "action 为 escalate 时必须写报请对象")
    shapes = [shape for shape in _SHAPES if getattr(model, shape) is not None]
    if len(shapes) != 1:
        raise _fail(file, "形状", f"{'、'.join(_SHAPES)} 中必须恰好写一个，现有 {len(shapes)} 个")
    examples = model.examples
    if len(examples.flag) + len(examples.passes) < _LEAST_EXAMPLES:
        raise _fail(file, "examples", f"flag 与 pass 合计不得少于 {_LEAST_EXAMPLES} 个")
    parts.rules[model.id] = Rule(
        id=model.id,
        type=model.type,
        version=model.version,
        status=model.status,
        title=model.title,
        severity=Severity(model.severity),
        action=Action(model.action),
        basis=tuple(model.basis),
        message=model.message,
        shape=shapes[0],
        params={
            **_shape(file, shapes[0], model, parts),
            "span": model.span,
            "require": _conditions(file, "require", model.require, parts),
        },
        zones=frozenset(Zone(zone) for zone in model.zones) if model.zones else frozenset(Zone),
        view=model.view,
        target=model.target,
        masking=model.masking,
        confidence=model.confidence,
        unless=_conditions(file, "unless", model.unless, parts),
        flag_examples=_examples(examples.flag, flagged=True),
        pass_examples=_examples(examples.passes, flagged=False),
        known_misses=_examples(examples.known_misses, flagged=True),
        known_false_alarms=_examples(examples.known_false_alarms, flagged=False),
        false_positives=model.false_positives,
        references=tuple(model.references),
    )


def _shape(file: _File, shape: str, model: schema.RuleModel, parts: _Parts) -> dict[str, Any]:
    if model.patterns is not None:
        return {"patterns": tuple(_pattern(file, "patterns", w) for w in model.patterns)}
    if model.lexicon is not None:
        for name in model.lexicon.lists:
            _known_lexicon(file, "lexicon.lists", name, parts)
        terms = [patterns.term(word) for word in model.lexicon.terms]
        terms += [word for name in model.lexicon.lists for word in parts.lexicons[name]]
        if not terms:
            raise _fail(file, "lexicon", "lists 与 terms 不能都空")
        return {"terms": tuple(dict.fromkeys(terms))}
    if model.near is not None:
        sets = tuple(
            tuple(part for word in words for part in _words(file, "near.sets", word, parts))
            for words in model.near.sets
        )
        return {"sets": sets, "within": model.near.within, "ordered": model.near.ordered}
    if model.checksum is not None:
        return {"pattern": _pattern(file, "checksum.pattern", model.checksum.pattern), "check": model.checksum.check}
    if model.field is not None:
        value = model.field.value
        return {
            "labels": tuple(part for word in model.field.labels for part in _words(file, "field.labels", word, parts)),
            "value": None if value is None else _pattern(file, "field.value", value),
        }
    return {"columns": model.columns}


def _conditions(file: _File, where: str, model: schema.Conditions | None, parts: _Parts) -> Mapping[str, Any]:
    """Patterns normalised, lexicons resolved, names checked."""
    if model is None:
        return {}
    found: dict[str, Any] = {}
    for key in sorted(model.model_fields_set):
        value = getattr(model, key)
        place = f"{where}.{key}"
        if key == "all":
            found[key] = tuple(_conditions(file, place, group, parts) for group in value)
        elif key == "window":
            found[key] = value
        elif key in _LITERAL_KEYS:
            names: Mapping[str, Iterable[str]] = {
                "mood": [*parts.moods, "quoted"],
                "genres": parts.genres,
                "zones": [zone.value for zone in Zone],
            }
            known = frozenset(names[key])
            for name in value:
                if name not in known:
                    raise _fail(file, place, f"没有 {name} 这一项")
            found[key] = tuple(value)
        else:
            found[key] = tuple(part for word in value for part in _words(file, place, word, parts))
    return found


def _words(file: _File, where: str, written: str, parts: _Parts) -> Iterator[str]:
    """Yield the patterns that ``written`` stands for: itself, or the terms of ``@lexicon``."""
    if _LEXICON.fullmatch(written):
        _known_lexicon(file, where, written[1:], parts)
        yield from (patterns.escape(word) for word in parts.lexicons[written[1:]])
    else:
        yield _pattern(file, where, written)


def _known_lexicon(file: _File, where: str, name: str, parts: _Parts) -> None:
    if name not in parts.lexicons:
        raise _fail(file, where, f"没有词表 lexicons/{name}.txt")


def _type(file: _File, where: str, kind: str, parts: _Parts) -> None:
    if kind not in parts.types or kind[:2] not in CATEGORIES:
        raise _fail(file, where, f"types.yaml 里没有类型 {kind}")


def _basis(file: _File, where: str, keys: Iterable[str], parts: _Parts) -> None:
    day = parts.review_date
    for key in keys:
        if key not in parts.provisions:
            raise _fail(file, where, f"basis/ 里没有条文 {key}")
        provision = parts.provisions[key]
        if day < provision.valid_from:
            raise _fail(file, where, f"{key} 在审查日 {day} 尚未施行（{provision.valid_from} 起）")
        if provision.valid_to is not None and day > provision.valid_to:
            raise _fail(file, where, f"{key} 已于 {provision.valid_to} 失效，请改引现行条文")


def _examples(written: Iterable[str | schema.ExampleModel], *, flagged: bool) -> tuple[Example, ...]:
    found = []
    for item in written:
        if isinstance(item, str):
            found.append(Example(item, (item,) if flagged else ()))
        else:
            found.append(Example(item.text, tuple(item.find), item.genre, item.target))
    return tuple(found)


def _negative(file: _File, parts: _Parts) -> None:
    """A unit's negative-list entry becomes a medium flag that asks its office; a past one is kept but not run."""
    entry = _model(schema.NegativeModel, file)
    if entry.id in parts.rules:
        raise _fail(file, "id", "与别的规则重复")
    if (entry.terms is None) == (entry.patterns is None):
        raise _fail(file, "terms", "terms 与 patterns 写且只写一个")
    if (entry.review_by - entry.valid_from).days > _LONGEST_REVIEW:
        raise _fail(file, "review_by", "复核日期距生效日期不得超过一年")
    _type(file, "type", entry.type, parts)
    _basis(file, "basis", entry.basis, parts)
    running = entry.valid_from <= parts.review_date <= entry.valid_to
    params: dict[str, Any]
    if entry.terms is not None:
        shape, params = "lexicon", {"terms": tuple(patterns.term(word) for word in entry.terms)}
    else:
        shape = "patterns"
        params = {"patterns": tuple(_pattern(file, "patterns", w) for w in entry.patterns or ())}
    until = f"可以公开的条件：{entry.public_when}。" if entry.public_when else ""
    parts.rules[entry.id] = Rule(
        id=entry.id,
        type=entry.type,
        version=1,
        status="stable" if running else "deprecated",
        title=entry.matter,
        severity=Severity.MEDIUM,
        action=Action.ESCALATE,
        basis=tuple(entry.basis),
        message=f"疑似涉及本单位负面清单事项：{entry.matter}。请向{entry.office}核实能否公开。{until}",
        shape=shape,
        params={**params, "span": "match", "require": {}},
        target="dept_head",
    )
