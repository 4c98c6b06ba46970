"""What a scan runs with, and which files it must read: new, changed, or last checked under other rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from review import models, packs, paths
from review.batch import finding
from review.batch.finding import Found
from review.store import Store, manifest, scans
from review.store.manifest import FAILED


@dataclass(frozen=True, slots=True)
class Job:
    """What a scan runs with. ``wall`` in seconds and ``memory`` in bytes are limits a document."""

    rules: Path = paths.RULES
    models: Path = paths.MODELS
    extra: tuple[Path, ...] = ()
    target: str = ""
    wall: float = 120.0
    memory: int = 4 << 30

    @property
    def edition(self) -> str:
        """SHA-256 of everything that a result depends on besides its file: rules, models, program, target."""
        parts = [packs.digest(self.rules, self.extra), models.registered(self.models), version("prepub-review")]
        return hashlib.sha256(json.dumps([*parts, self.target]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Plan:
    """All files of a scan, and those that must be read. ``settled``: the last run has seen exactly the same."""

    found: tuple[Found, ...]
    waiting: tuple[Found, ...]
    listing: str
    settled: bool = False


def prepare(
    store: Store,
    name: str,
    folders: Sequence[Path],
    job: Job,
    *,
    actor: str = "",
    rehash: bool = False,
    retry: bool = False,
) -> Plan:
    """Enter a run of the scan ``name`` and return its plan.

    A file whose stamp is the one with which it was read is taken as unchanged; with ``rehash`` its content is
    compared, too. ``retry`` reads again what could not be read. Raises ``InputError``.
    """
    found = tuple(finding.collect(folders))
    listing = finding.listing(found)
    edition = job.edition
    last = scans.get(store, name)
    if last and last.edition == edition and last.listing == listing and last.ended and not (rehash or retry):
        return Plan(found, (), listing, settled=True)
    if last is None or last.edition != edition:
        manifest.reset(store, name)
    manifest.enter(store, name, (file.key for file in found))
    _reset_changed(store, name, found, rehash=rehash, retry=retry)
    wanted = manifest.waiting(store, name)
    waiting = tuple(file for file in found if file.key in wanted)
    roots = [finding.readable(str(folder.resolve())) for folder in folders]
    entered = {"target": job.target, "actor": actor, "edition": edition}
    scans.begin(store, name, roots, **entered, found=len(found), todo=len(waiting))
    return Plan(found, waiting, listing)


def _reset_changed(store: Store, name: str, found: Sequence[Found], *, rehash: bool, retry: bool) -> None:
    known = manifest.tried(store, name)
    again: list[str] = []
    same: dict[str, str] = {}
    for file in found:
        before = known.get(file.key)
        if before is None:
            continue
        if retry and before.status == FAILED:
            again.append(file.key)
        elif rehash or before.stamp != file.stamp:
            if _sha256(file.path) == before.sha256:
                same[file.key] = file.stamp
            else:
                again.append(file.key)
    manifest.reset(store, name, again)
    manifest.restamp(store, name, same)


def _sha256(path: str) -> str:
    """Return the digest of a file's content; "" where it cannot be read, which the scan will then say of it."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def genres(job: Job) -> Mapping[str, str]:
    """Return id → title of the genres that the job's rules know."""
    return {genre.id: genre.title for genre in packs.load(job.rules, extra=job.extra).genres.values()}
