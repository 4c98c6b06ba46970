"""Check whole archives: resumable, one guarded process a document, local or on a Dask cluster.

The manifest in the database is the truth. Workers are told a path and answer with an outcome; a document that
hangs, kills its process or eats its memory is recorded by name and never stops the run.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import resource
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from review import paths, pipeline
from review.errors import InputError, LimitExceeded, ReviewError
from review.exporters import rows
from review.store import Store, manifest
from review.store.manifest import DONE, FAILED, Outcome

CHUNK = 25  # documents a cluster task: innocent neighbours of a killed worker are done again
_IN_FLIGHT = 8  # cluster tasks at once, for the same reason
_RECORD_EVERY = 20


@dataclass(frozen=True, slots=True)
class Job:
    """What a scan runs with. ``wall`` in seconds and ``memory`` in bytes are limits a document."""

    rules: Path = paths.RULES
    models: Path = paths.MODELS
    extra: tuple[Path, ...] = ()
    target: str = ""
    wall: float = 120.0
    memory: int = 4 << 30


@dataclass(frozen=True, slots=True)
class Progress:
    """How a scan stands after each recorded group of documents."""

    done: int
    total: int
    failed: int
    flagged: int


def collect(folders: Sequence[Path]) -> list[Path]:
    """Return every file below ``folders`` in name order; hidden and lock files are left out."""
    found: list[Path] = []
    for folder in folders:
        if not folder.exists():
            raise InputError(f"找不到文件夹：{folder}。请核对路径。")
        files = [folder] if folder.is_file() else sorted(folder.rglob("*"))
        found += [path.resolve() for path in files if path.is_file() and not path.name.startswith((".", "~$"))]
    return list(dict.fromkeys(found))


def prepare(store: Store, batch: str, files: Sequence[Path], job: Job) -> tuple[str, ...]:
    """Enter the files in the manifest and return those to be done: new, changed, or checked by other rules."""
    engine = _engine(job)
    models = json.dumps(dict(engine.model_digests), sort_keys=True)
    manifest.add(store, batch, [str(path) for path in files], pack=engine.pack.digest, models=models)
    known = manifest.done(store, batch)
    changed = [str(path) for path in files if str(path) in known and _sha256(path) != known[str(path)]]
    manifest.reset(store, batch, changed)
    wanted = {str(path) for path in files}
    return tuple(path for path in manifest.waiting(store, batch, most_attempts=1) if path in wanted)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def scan(
    store: Store,
    batch: str,
    waiting: Sequence[str],
    job: Job,
    *,
    workers: int = 1,
    cluster: str = "",
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Check the waiting documents and record each once; returns how it ended."""
    outcomes = _on_cluster(waiting, job, cluster) if cluster else _locally(waiting, job, workers)
    state = Progress(0, len(waiting), 0, 0)
    group: list[Outcome] = []
    for outcome in outcomes:
        group.append(outcome)
        state = Progress(
            state.done + 1,
            state.total,
            state.failed + (outcome.status == FAILED),
            state.flagged + _loud(outcome),
        )
        if len(group) >= _RECORD_EVERY:
            manifest.record(store, batch, group)
            group = []
            on_progress(state)
    manifest.record(store, batch, group)
    on_progress(state)
    return state


def _loud(outcome: Outcome) -> bool:
    return any(flag["severity"] != "low" for flag in json.loads(outcome.result)["flags"])


# --------------------------------------------------------------------------------------------- one document


@lru_cache(maxsize=2)
def _engine(job: Job) -> pipeline.Engine:
    return pipeline.engine(rules_folder=job.rules, models_folder=job.models, extra=job.extra)


def _limit(job: Job) -> None:
    """Run in every child before its first document."""
    resource.setrlimit(resource.RLIMIT_AS, (job.memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _engine(job)


def check_one(path: str, job: Job) -> Outcome:
    """Check one document in this process; errors on purpose become a failed outcome that says why."""
    file = Path(path)
    try:
        data = file.read_bytes()
    except OSError as error:
        return _failed(path, InputError(f"无法打开文件（{error.strerror}）。"))
    try:
        report = pipeline.check(data, file.name, _engine(job), target=job.target)
    except ReviewError as error:
        return _failed(path, error, hashlib.sha256(data).hexdigest())
    row = rows.document_row(report, _engine(job).pack, path)
    return Outcome(path, report.document.sha256, DONE, json.dumps(row, ensure_ascii=False))


def _failed(path: str, error: Exception, sha256: str = "") -> Outcome:
    return Outcome(path, sha256, FAILED, json.dumps(rows.error_row(path, error), ensure_ascii=False))


def _locally(waiting: Sequence[str], job: Job, workers: int) -> Iterator[Outcome]:
    """Yield outcomes as they come from a pool of children; a child that dies is replaced."""
    _engine(job)  # loaded once, inherited by every child
    context = multiprocessing.get_context("fork")
    with ProcessPool(max_workers=workers, initializer=_limit, initargs=(job,), context=context) as pool:
        todo = iter(waiting)
        running: dict[Future[Outcome], str] = {}
        while True:
            while len(running) < 4 * workers and (path := next(todo, None)) is not None:
                running[pool.schedule(check_one, args=(path, job), timeout=job.wall)] = path
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield _outcome(future, running.pop(future))


def _outcome(future: Future[Outcome], path: str) -> Outcome:
    try:
        return future.result()
    except FutureTimeout:
        return _failed(path, LimitExceeded("处理超时，未能检查。"))
    except ProcessExpired:
        return _failed(path, LimitExceeded("处理进程异常终止，未能检查。"))
    except MemoryError:
        return _failed(path, LimitExceeded("处理超出内存限制，未能检查。"))


# --------------------------------------------------------------------------------------------- cluster


def check_chunk(chunk: Sequence[str], job: Job) -> list[Outcome]:
    """Check some documents on a cluster worker, each in a guarded child: Dask has no time limit a task."""
    return list(_locally(chunk, job, 1))


def _on_cluster(waiting: Sequence[str], job: Job, address: str) -> Iterator[Outcome]:
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise InputError("没有安装集群组件。请运行：pip install 'prepub-review[cluster]'") from error
    chunks = [list(waiting[start : start + CHUNK]) for start in range(0, len(waiting), CHUNK)]
    with Client(address, timeout=20) as client:  # type: ignore[no-untyped-call]
        todo = iter(chunks)
        sent: dict[Any, list[str]] = {}
        running = as_completed()  # type: ignore[no-untyped-call]

        def send() -> None:
            chunk = next(todo, None)
            if chunk is not None:
                future = client.submit(check_chunk, chunk, job, pure=False, retries=3)
                sent[future.key] = chunk
                running.add(future)  # type: ignore[no-untyped-call]

        for _ in range(_IN_FLIGHT):
            send()
        for future in running:
            chunk = sent.pop(future.key)
            if future.status == "finished":
                yield from future.result()
            else:
                died = LimitExceeded("集群节点反复异常终止，未能检查。")
                yield from (_failed(path, died) for path in chunk)
            send()
