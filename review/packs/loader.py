"""Make the files of ``rules/`` into a ``RulePack``: every error names the file and the field, in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from review.errors import PackInvalid
from review.packs import patterns, schema, tables
from review.packs.files import fail, read_model, read_pattern, read_table, read_typed
from review.packs.sources import File, digest_of
from review.types import (
    CATEGORIES,
    TABLE_SHAPES,
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

_SHAPES = ("patterns", "lexicon", "near", "checksum", "field", "hidden", *TABLE_SHAPES)
#: What a rule over whole tables can ask: these have no place whose surroundings could be looked at.
_WHOLE = frozenset({"genres", "targets", "title", "document"})
_RULE_FOLDERS = ("state_secret", "internal", "trade_secret", "personal_privacy")
#: Folders that a unit's own pack may hold: nothing there can let anything pass.
_EXTRA_FOLDERS = (*_RULE_FOLDERS, "basis", "lexicons", "negative")
_LEAST_EXAMPLES = 8
_LONGEST_REVIEW = 366  # days until a negative-list entry must be looked at again
_LEXICON = re.compile(r"@[a-z0-9_]+")
#: ``{person}`` in a pattern; ``{2,8}`` is a repeat, ``\\x{4e00}`` a character
_MACRO = re.compile(r"(?<!\\[pPx])\{([a-z][a-z_]*)\}")
_LITERAL_KEYS = frozenset({"mood", "genres", "zones"})


@dataclass(slots=True)
class _Parts:
    """What was read so far; checked against each other at the end."""

    review_date: date
    types: dict[str, schema.TypeModel] = field(default_factory=dict)
    provisions: dict[str, Provision] = field(default_factory=dict)
    lexicons: dict[str, tuple[str, ...]] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)
    moods: dict[str, tuple[str, ...]] = field(default_factory=dict)
    masking: dict[str, Masking] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    genres: dict[str, Genre] = field(default_factory=dict)
    allows: dict[str, Allow] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)


def compile_pack(files: Sequence[File], extra: Sequence[tuple[str, Sequence[File]]], review_date: date) -> RulePack:
    """Return the pack that the files make, with those of units' own packs in ``extra``; raises ``PackInvalid``.

    ``review_date`` decides which provisions are in force.
    """
    parts = _Parts(review_date)
    head = read_model(schema.PackModel, next(file for file in files if file.name == "pack.yaml"))
    everything = list(files)
    _read(files, parts)
    for number, (name, added) in enumerate(extra, 1):
        for file in added:
            if file.folder not in _EXTRA_FOLDERS:
                raise PackInvalid(
                    f"单位规则包 {name} 的 {file.name}：单位包里只能有 {'、'.join(_EXTRA_FOLDERS)} 这些文件夹。"
                )
        _read(added, parts)
        everything += [File(f"extra{number}/{file.name}", file.text) for file in added]
    return RulePack(
        id=head.id,
        version=head.version,
        review_date=parts.review_date,
        rules=tuple(parts.rules[key] for key in sorted(parts.rules)),
        provisions=parts.provisions,
        genres=parts.genres,
        lexicons=parts.lexicons,
        masking=parts.masking,
        reasons=parts.reasons,
        types={key: model.title for key, model in parts.types.items()},
        digest=digest_of(everything),
        allows=parts.allows,
        moods=parts.moods,
        values=frozenset(key for key, model in parts.types.items() if model.value),
    )


def _read(files: Sequence[File], parts: _Parts) -> None:
    """Read in the order of dependence, so that every reference can be checked where it is written."""
    by_folder: dict[str, list[File]] = {}
    for file in files:
        by_folder.setdefault(file.folder, []).append(file)
    top = {file.name: file for file in by_folder.pop("", [])}
    unknown = set(by_folder) - {*_EXTRA_FOLDERS, "genres", "allow"} | set(top) - {
        "pack.yaml",
        "types.yaml",
        "masking.yaml",
        "reasons.yaml",
        "macros.yaml",
        "moods.yaml",
    }
    if unknown:
        raise PackInvalid(f"规则包里有不认识的文件或文件夹：{'、'.join(sorted(unknown))}。")
    if "types.yaml" in top:
        parts.types |= read_table(top["types.yaml"], schema.TypeModel)
    for file in by_folder.get("basis", ()):
        _statute(file, parts)
    for file in by_folder.get("lexicons", ()):
        parts.lexicons[file.stem] = _lexicon(file)
    if "macros.yaml" in top:
        for name, macro in read_typed(top["macros.yaml"], dict[str, str]).items():
            parts.macros[name] = f"(?:{_pattern(top['macros.yaml'], name, macro, parts)})"
    if "moods.yaml" in top:
        for name, written in read_typed(top["moods.yaml"], dict[str, list[str]]).items():
            parts.moods[name] = tuple(_pattern(top["moods.yaml"], name, w, parts) for w in written)
    if "masking.yaml" in top:
        for name, mask in read_table(top["masking.yaml"], schema.MaskingModel).items():
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


# ------------------------------------------------------------------------------------------ models → nouns


def _statute(file: File, parts: _Parts) -> None:
    statute = read_model(schema.StatuteModel, file)
    for number, item in statute.provisions.items():
        key = f"{statute.id}#{number}"
        if key in parts.provisions:
            raise fail(file, f"provisions.{number}", "与别的文件重复")
        parts.provisions[key] = Provision(
            key=key,
            statute=f"《{statute.title}》",
            article=item.article,
            summary=item.summary,
            valid_from=item.valid_from or statute.valid_from,
            valid_to=item.valid_to or statute.valid_to,
        )


def _lexicon(file: File) -> tuple[str, ...]:
    lines = file.text.splitlines()
    header = {line[1:].split(":")[0].strip() for line in lines if line.startswith("#")}
    if not {"title", "source", "licence"} <= header:
        raise PackInvalid(f"{file.name}：词表开头要有 # title、# source、# licence 三行。")
    words = (patterns.term(line.split("#", 1)[0]) for line in lines)
    found = tuple(dict.fromkeys(word for word in words if word))
    if not found:
        raise PackInvalid(f"{file.name}：词表是空的。")
    return found


def _reasons(file: File, parts: _Parts) -> None:
    for code, reason in read_table(file, schema.ReasonModel).items():
        _basis(file, f"{code}.basis", reason.basis, parts)
        parts.reasons[code] = Reason(
            code=code,
            title=reason.title,
            verdicts=frozenset(reason.verdicts),
            basis=tuple(reason.basis),
            categories=frozenset(reason.categories),
            needs_note=reason.needs_note,
        )


def _genre(file: File, parts: _Parts) -> None:
    genre = read_model(schema.GenreModel, file)
    if genre.id in parts.genres:
        raise fail(file, "id", "与别的文种重复")
    for kind in genre.severity:
        _type(file, "severity", kind, parts)
    parts.genres[genre.id] = Genre(
        id=genre.id,
        title=genre.title,
        cues={
            name: tuple(_pattern(file, f"cues.{name}", w, parts) for w in written)
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


def _allow(file: File, parts: _Parts) -> None:
    allow = read_model(schema.AllowModel, file)
    if allow.id in parts.allows:
        raise fail(file, "id", "与别的放行规则重复")
    for kind in allow.types:
        _type(file, "types", kind, parts)
        if kind.startswith("pp_") or kind == "ts_org_account":
            raise fail(file, "types", f"{kind} 是个人信息或账号，不能被放行规则压下")
    if allow.types and allow.examples is None:
        raise fail(file, "examples", "有类型的放行规则必须带例子")
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


def _rule(file: File, parts: _Parts) -> None:
    model = read_model(schema.RuleModel, file)
    if model.id in parts.rules:
        raise fail(file, "id", "与别的规则重复")
    if model.id.split(".")[0] != file.folder:
        raise fail(file, "id", f"应以文件夹名 {file.folder}. 开头")
    _type(file, "type", model.type, parts)
    if parts.types[model.type].manual:
        raise fail(file, "type", f"{model.type} 只能由审查员人工添加，不得写成规则")
    _basis(file, "basis", model.basis, parts)
    if model.masking not in parts.masking:
        raise fail(file, "masking", f"masking.yaml 里没有 {model.masking}")
    if model.action == "escalate" and not model.target:
        raise fail(file, "target", "action 为 escalate 时必须写报请对象")
    shapes = [shape for shape in _SHAPES if getattr(model, shape) is not None]
    if len(shapes) != 1:
        raise fail(file, "形状", f"{'、'.join(_SHAPES)} 中必须恰好写一个，现有 {len(shapes)} 个")
    if shapes[0] in ("hidden", *TABLE_SHAPES[1:]):
        asked = {key for given in (model.require, model.unless) if given for key in given.model_fields_set}
        if asked - _WHOLE:
            allowed = "、".join(sorted(_WHOLE))
            raise fail(file, "、".join(sorted(asked - _WHOLE)), f"{shapes[0]} 规则没有命中处，条件只能用 {allowed}")
    examples = model.examples
    if len(examples.flag) + len(examples.passes) < _LEAST_EXAMPLES:
        raise fail(file, "examples", f"flag 与 pass 合计不得少于 {_LEAST_EXAMPLES} 个")
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


def _shape(file: File, shape: str, model: schema.RuleModel, parts: _Parts) -> dict[str, Any]:
    if model.patterns is not None:
        return {"patterns": tuple(_pattern(file, "patterns", w, parts) for w in model.patterns)}
    if model.lexicon is not None:
        for name in model.lexicon.lists:
            _known_lexicon(file, "lexicon.lists", name, parts)
        terms = [patterns.term(word) for word in model.lexicon.terms]
        terms += [word for name in model.lexicon.lists for word in parts.lexicons[name]]
        if not terms:
            raise fail(file, "lexicon", "lists 与 terms 不能都空")
        return {"terms": tuple(dict.fromkeys(terms))}
    if model.near is not None:
        sets = tuple(
            tuple(part for word in words for part in _words(file, "near.sets", word, parts))
            for words in model.near.sets
        )
        return {"sets": sets, "within": model.near.within, "ordered": model.near.ordered}
    if model.checksum is not None:
        return {
            "pattern": _pattern(file, "checksum.pattern", model.checksum.pattern, parts),
            "check": model.checksum.check,
        }
    if model.field is not None:
        value = model.field.value
        return {
            "labels": tuple(part for word in model.field.labels for part in _words(file, "field.labels", word, parts)),
            "value": None if value is None else _pattern(file, "field.value", value, parts),
        }
    return {shape: _table(file, shape, getattr(model, shape), parts)}


def _table(file: File, where: str, shape: tables.Shape, parts: _Parts) -> dict[str, Any]:
    """What a table shape says, its patterns normalised."""
    found: dict[str, Any] = {}
    for name, value in tables.fields(shape):
        place = f"{where}.{name}"
        if name in shape.PATTERNS and value is not None:
            words = [value] if isinstance(value, str) else value
            read = tuple(part for word in words for part in _words(file, place, word, parts))
            found[name] = read[0] if isinstance(value, str) else read
        elif isinstance(value, list):
            found[name] = tuple(_table(file, place, item, parts) for item in value)
        else:
            found[name] = value
    return found


def _conditions(file: File, where: str, model: schema.Conditions | None, parts: _Parts) -> Mapping[str, Any]:
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
                    raise fail(file, place, f"没有 {name} 这一项")
            found[key] = tuple(value)
        else:
            found[key] = tuple(part for word in value for part in _words(file, place, word, parts))
    return found


def _words(file: File, where: str, written: str, parts: _Parts) -> Iterator[str]:
    """Yield the patterns that ``written`` stands for: itself, or the terms of ``@lexicon``."""
    if _LEXICON.fullmatch(written):
        _known_lexicon(file, where, written[1:], parts)
        yield from (patterns.escape(word) for word in parts.lexicons[written[1:]])
    else:
        yield _pattern(file, where, written, parts)


def _pattern(file: File, where: str, written: str, parts: _Parts) -> str:
    """A pattern with its macros ``{name}`` put in, normalised."""
    unknown = [name for name in _MACRO.findall(written) if name not in parts.macros]
    if unknown:
        raise fail(file, where, f"macros.yaml 里没有 {'、'.join(unknown)}")
    return read_pattern(file, where, _MACRO.sub(lambda match: parts.macros[match[1]], written))


def _known_lexicon(file: File, where: str, name: str, parts: _Parts) -> None:
    if name not in parts.lexicons:
        raise fail(file, where, f"没有词表 lexicons/{name}.txt")


def _type(file: File, where: str, kind: str, parts: _Parts) -> None:
    if kind not in parts.types or kind[:2] not in CATEGORIES:
        raise fail(file, where, f"types.yaml 里没有类型 {kind}")


def _basis(file: File, where: str, keys: Iterable[str], parts: _Parts) -> None:
    day = parts.review_date
    for key in keys:
        if key not in parts.provisions:
            raise fail(file, where, f"basis/ 里没有条文 {key}")
        provision = parts.provisions[key]
        if day < provision.valid_from:
            raise fail(file, where, f"{key} 在审查日 {day} 尚未施行（{provision.valid_from} 起）")
        if provision.valid_to is not None and day > provision.valid_to:
            raise fail(file, where, f"{key} 已于 {provision.valid_to} 失效，请改引现行条文")


def _examples(written: Iterable[str | schema.ExampleModel], *, flagged: bool) -> tuple[Example, ...]:
    found = []
    for item in written:
        if isinstance(item, str):
            found.append(Example(item, (item,) if flagged else ()))
        else:
            found.append(Example(item.text, tuple(item.find), item.genre, item.target))
    return tuple(found)


def _negative(file: File, parts: _Parts) -> None:
    """A unit's negative-list entry becomes a medium flag that asks its office; a past one is kept but not run."""
    entry = read_model(schema.NegativeModel, file)
    if entry.id in parts.rules:
        raise fail(file, "id", "与别的规则重复")
    if (entry.terms is None) == (entry.patterns is None):
        raise fail(file, "terms", "terms 与 patterns 写且只写一个")
    if (entry.review_by - entry.valid_from).days > _LONGEST_REVIEW:
        raise fail(file, "review_by", "复核日期距生效日期不得超过一年")
    _type(file, "type", entry.type, parts)
    _basis(file, "basis", entry.basis, parts)
    running = entry.valid_from <= parts.review_date <= entry.valid_to
    params: dict[str, Any]
    if entry.terms is not None:
        shape, params = "lexicon", {"terms": tuple(patterns.term(word) for word in entry.terms)}
    else:
        shape = "patterns"
        params = {"patterns": tuple(_pattern(file, "patterns", w, parts) for w in entry.patterns or ())}
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
