"""A ``RulePack`` as JSON and back, tuples, sets and dates included: what the cache keeps of a compiled pack.

JSON knows text, numbers, lists and objects; everything else is a list that begins with its kind.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from review.types import (
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

_NOUNS = {kind.__name__: kind for kind in (Allow, Example, Genre, Masking, Provision, Reason, Rule, RulePack)}
_ENUMS = {kind.__name__: kind for kind in (Action, Severity, Zone)}


def dumps(pack: RulePack) -> bytes:
    """Return a pack as JSON."""
    return json.dumps(_plain(pack), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def loads(content: bytes) -> RulePack:
    """Return the pack that ``dumps`` wrote; its tables are read-only."""
    pack: RulePack = _noun(json.loads(content.decode("utf-8", "surrogatepass")))
    sealed: dict[str, Any] = {
        name: MappingProxyType(value) for name, value in _fields(pack).items() if isinstance(value, dict)
    }
    return dataclasses.replace(pack, **sealed)


def _fields(noun: Any) -> dict[str, Any]:
    return {field.name: getattr(noun, field.name) for field in dataclasses.fields(noun)}


def _plain(value: Any) -> Any:
    kind = type(value).__name__
    if kind in _NOUNS:
        return [kind, *map(_plain, _fields(value).values())]
    if kind in _ENUMS:
        return [kind, value.value]
    if isinstance(value, date):
        return ["date", value.isoformat()]
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        texts = all(type(item) is str for item in value)
        return ["texts", *value] if texts else ["tuple", *map(_plain, value)]
    if isinstance(value, frozenset):
        return ["set", *map(_plain, sorted(value))]
    if isinstance(value, list):
        return ["list", *map(_plain, value)]
    return value


def _noun(value: Any) -> Any:
    if type(value) is list:
        return _KINDS[value[0]](value)
    if type(value) is dict:
        return {key: _noun(inner) if type(inner) in _NESTED else inner for key, inner in value.items()}
    return value


def _items(value: list[Any]) -> list[Any]:
    """What stands behind the kind; there are many plain values, and calls cost."""
    return [_noun(inner) if type(inner) in _NESTED else inner for inner in value[1:]]


def _maker(kind: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    return lambda value: kind(*_items(value))


def _member(kind: type[StrEnum]) -> Callable[[list[Any]], Any]:
    members = {member.value: member for member in kind}
    return lambda value: members[value[1]]


_NESTED = frozenset((list, dict))
_KINDS: Mapping[str, Callable[[list[Any]], Any]] = {
    "texts": lambda value: tuple(value[1:]),
    "tuple": lambda value: tuple(_items(value)),
    "set": lambda value: frozenset(_items(value)),
    "list": _items,
    "date": lambda value: date.fromisoformat(value[1]),
    **{name: _maker(kind) for name, kind in _NOUNS.items()},
    **{name: _member(kind) for name, kind in _ENUMS.items()},
}
