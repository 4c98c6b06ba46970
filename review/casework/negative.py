"""负面清单 of the office: entries kept as versions in the chain, turned into rules that can only raise a flag.

An entry's words are in the vault, the chain holds its number and version. ``write_pack`` lays the newest version of
each entry out as a unit's own rule pack (``packs.load(..., extra=...)``): the loader refuses anything but flags there.
``edition`` tells every process on the same database, with one look, whether its rules are still those of the list.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from review import packs, paths, store
from review.casework.change import pack_json
from review.casework.office import Office, require_office
from review.errors import InputError, PackInvalid
from review.files import write_whole
from review.store import Store, Transaction, vault
from review.types import RulePack
from review.workflow import Step

#: Folder of the unit's own pack under the home.
FOLDER = paths.UNIT
#: Flag type of an entry that names no other: 过程性信息.
USUAL = "wi_deliberation"
_KIND = "negative_listed"
_EDITION = "negative_list"
_ID = re.compile(r"unit\.neg_\d{3,6}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One matter of the negative list. ``id``: ``unit.neg_001``; "" for a new one. Dates are Chinese days."""

    matter: str = field(repr=False)  # 事项
    terms: tuple[str, ...] = field(repr=False)  # words that give it away
    basis: tuple[str, ...]  # provision keys
    office: str  # who knows whether it may be published
    valid_from: date
    valid_to: date
    review_by: date  # at most a year after ``valid_from``
    public_when: str = field(default="", repr=False)
    type: str = USUAL
    id: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """An entry as somebody saved it; ``number`` counts from 1."""

    entry: Entry
    number: int
    at: datetime
    actor: str


def history(office: Office) -> tuple[Version, ...]:
    """Return every version of every entry, oldest first."""
    with office.store.read() as tx:
        return _history(office.store, tx)


def _history(home: Store, tx: Transaction) -> tuple[Version, ...]:
    events = [event for event in store.events(tx, "") if event.kind == _KIND]
    kept = vault.get_many(home, tx, [event.payload["content"] for event in events])
    return tuple(
        Version(_entry(json.loads(kept[e.payload["content"]])), e.payload["version"], e.at, e.actor) for e in events
    )


def newest(office: Office) -> tuple[Version, ...]:
    """Return the version in force of each entry, by number."""
    return _newest(history(office))


def _newest(versions: Iterable[Version]) -> tuple[Version, ...]:
    return tuple({version.entry.id: version for version in versions}.values())


def edition(home: Store) -> str:
    """Return what changes whenever somebody saves an entry: "" while nobody has. One row is read."""
    with home.read() as tx:
        return store.fact(tx, _EDITION)


def save(office: Office, actor: str, entry: Entry) -> Version:
    """Record a new entry or a new version of one, and lay the list out for the next engine.

    Raises ``InputError`` naming what is wrong: unknown basis, review date later than a year, no words.
    """
    require_office(office, actor, Step.NEGATIVE_LIST)
    known = newest(office)
    following = max((int(version.entry.id.rpartition("_")[2]) for version in known), default=0) + 1
    named = entry if entry.id else replace(entry, id=f"unit.neg_{following:03d}")
    if not _ID.fullmatch(named.id):
        raise InputError("负面清单条目的编号不正确。")
    others = [version.entry for version in known if version.entry.id != named.id]
    _check([*others, named])
    with office.store.write() as tx:
        before = next((version.number for version in known if version.entry.id == named.id), 0)
        content = vault.put(office.store, tx, "", "negative", pack_json(_values(named)))
        payload = {"entry": named.id, "version": before + 1, "content": content}
        event = store.append(office.store, tx, case="", actor=actor, kind=_KIND, payload=payload)
        store.set_fact(tx, _EDITION, str(event.seq))
    write_pack(office.store)
    return Version(named, before + 1, event.at, actor)


def write_pack(home: Store) -> Path:
    """Write the newest versions under the home; return the folder for ``packs.load(extra=...)``.

    Under the writer's lock: of two processes on one folder, none may put an older version over a newer one.
    """
    folder = home.home / FOLDER
    with home.write() as tx:
        versions = _newest(_history(home, tx))
        if versions:
            (folder / "negative").mkdir(parents=True, exist_ok=True)
        for version in versions:
            path, text = folder / "negative" / f"{version.entry.id}.yaml", _yaml(version.entry)
            if not path.exists() or path.read_bytes() != text:
                write_whole(path, text)
    return folder


def state(entry: Entry, today: date) -> str:
    """Return how an entry stands, in words."""
    if not entry.valid_from <= today <= entry.valid_to:
        return "未生效" if today < entry.valid_from else "已失效"
    return "到期须复核" if today > entry.review_by else "有效"


def _check(entries: Iterable[Entry]) -> RulePack:
    """Load the entries together with the product's rules: what the next start would do."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "negative").mkdir()
        for entry in entries:
            (Path(folder) / "negative" / f"{entry.id}.yaml").write_bytes(_yaml(entry))
        try:
            return packs.load(paths.RULES, [Path(folder)])
        except PackInvalid as error:
            raise InputError(f"负面清单条目不能保存：{error}") from None


def _yaml(entry: Entry) -> bytes:
    """Return an entry as the loader reads it: JSON values are YAML, a date there stands without quotes."""
    lines = (
        f"{name}: {value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)}\n"
        for name, value in asdict(entry).items()
    )
    return "".join(lines).encode()


def _values(entry: Entry) -> dict[str, Any]:
    """Return an entry as plain values: what the vault keeps."""
    days = {name: value.isoformat() for name, value in asdict(entry).items() if isinstance(value, date)}
    return {**asdict(entry), **days}


def _entry(values: Mapping[str, Any]) -> Entry:
    days = {name: date.fromisoformat(values[name]) for name in ("valid_from", "valid_to", "review_by")}
    return Entry(**{**values, **days, "terms": tuple(values["terms"]), "basis": tuple(values["basis"])})
