"""Read documents in guarded processes, here or on a Dask cluster, and record each outcome once.

Workers are told a path and answer with an outcome; a document that hangs, kills its process or eats its memory is
recorded by name and never stops the run.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import PurePath
from typing import Any

from pebble import ProcessExpired, ProcessPool

from review import pipeline, sandbox
from review.batch.finding import Found
from review.batch.planning import Job
from review.errors import CorruptDocument, InputError, LimitExceeded, ReviewError
from review.exporters import rows
from review.store import Store, manifest
from review.store.manifest import DONE, FAILED, Outcome

CHUNK = 25  # documents a cluster task: innocent neighbours of a killed worker are done again
_IN_FLIGHT = 8  # cluster tasks at once, for the same reason
_RECORD_EVERY = 50  # outcomes, or
_RECORD_WITHIN = 1.0  # seconds: what a kill may cost, and how fresh the progress is that others read
_PER_PROCESS = 2000  # documents, then a child is replaced: what libraries keep does not pile up
_PR_SET_PDEATHSIG = 1

_here = threading.local()


@dataclass(frozen=True, slots=True)
class Progress:
    """How a run stands after each recorded group of documents."""

    done: int
    total: int
    failed: int
    flagged: int


def scan(
    store: Store,
    name: str,
    waiting: Sequence[Found],
    job: Job,
    *,
    workers: int = 1,
    cluster: str = "",
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Check the waiting documents and record each once; returns how it ended. With nothing to do nothing starts."""
    state = Progress(0, len(waiting), 0, 0)
    if not waiting:
        return state
    stamps = {file.key: file.stamp for file in waiting}
    group: list[Outcome] = []
    recorded = time.monotonic()
    for outcomes in _on_cluster(waiting, job, cluster) if cluster else _locally(waiting, job, workers):
        group += (replace(outcome, stamp=stamps[outcome.path]) for outcome in outcomes)
        if len(group) >= _RECORD_EVERY or (group and time.monotonic() > recorded + _RECORD_WITHIN):
            state = _recorded(store, name, group, state)
            on_progress(state)
            group, recorded = [], time.monotonic()
    state = _recorded(store, name, group, state)
    on_progress(state)
    return state


def _recorded(store: Store, name: str, group: Sequence[Outcome], state: Progress) -> Progress:
    flagged = sum(map(_loud, group))
    manifest.record(store, name, group, flagged=flagged)
    failed = sum(outcome.status == FAILED for outcome in group)
    return Progress(state.done + len(group), state.total, state.failed + failed, state.flagged + flagged)


def _loud(outcome: Outcome) -> bool:
    return any(flag["severity"] != "low" for flag in json.loads(outcome.result)["flags"])


# --------------------------------------------------------------------------------------------- one document


@lru_cache(maxsize=2)
def _engine(job: Job) -> pipeline.Engine:
    return pipeline.engine(rules_folder=job.rules, models_folder=job.models, extra=job.extra)


def _limit(job: Job, parent: int) -> None:
    """Run in every child before its first document: limits, no network, no life after the parent's."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # died between the fork and the line above
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (job.memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sandbox.cut_network()
    sandbox.collect_less()
    _engine(job)


def check_one(file: Found, job: Job) -> Outcome:
    """Check one document in this process; errors on purpose become a failed outcome that says why."""
    try:
        with open(file.path, "rb") as opened:
            data = opened.read()
    except OSError as error:
        return _failed(file.key, InputError(f"无法打开文件（{error.strerror}）。"))
    try:
        report = pipeline.check(data, PurePath(file.key).name, _engine(job), target=job.target)
    except ReviewError as error:
        return _failed(file.key, error, hashlib.sha256(data).hexdigest())
    row = rows.document_row(report, _engine(job).pack, file.key)
    return Outcome(file.key, report.document.sha256, DONE, json.dumps(row, ensure_ascii=False))


def _failed(path: str, error: Exception, sha256: str = "") -> Outcome:
    return Outcome(path, sha256, FAILED, json.dumps(rows.error_row(path, error), ensure_ascii=False))


def _locally(waiting: Sequence[Found], job: Job, workers: int) -> Iterator[list[Outcome]]:
    """Yield outcomes as they come from a pool of children; a child that dies is replaced."""
    with _pool(job, workers) as pool:
        yield from _through(pool, waiting, job, 4 * workers)


def _pool(job: Job, workers: int) -> ProcessPool:
    _engine(job)  # loaded once, inherited by every child
    return ProcessPool(
        max_workers=workers,
        max_tasks=_PER_PROCESS,
        initializer=_limit,
        initargs=(job, os.getpid()),
        context=multiprocessing.get_context("fork"),
    )


def _through(pool: ProcessPool, waiting: Iterable[Found], job: Job, queued: int) -> Iterator[list[Outcome]]:
    """Yield what has finished since the last time, at least once a second, perhaps nothing."""
    todo = iter(waiting)
    running: dict[Future[Outcome], str] = {}
    check = partial(check_one, job=job)
    while True:
        while len(running) < queued and (file := next(todo, None)) is not None:
            running[pool.schedule(check, args=(file,), timeout=job.wall)] = file.key
        if not running:
            return
        finished, _ = wait(running, timeout=_RECORD_WITHIN, return_when=FIRST_COMPLETED)
        yield [_outcome(future, running.pop(future)) for future in finished]


def _outcome(future: Future[Outcome], path: str) -> Outcome:
    """What became of a document, whatever happened: none may stop the run."""
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, FutureTimeout):
        return _failed(path, LimitExceeded("处理超时，未能检查。"))
    if isinstance(error, ProcessExpired):
        return _failed(path, LimitExceeded("处理进程异常终止，未能检查。"))
    if isinstance(error, MemoryError):
        return _failed(path, LimitExceeded("处理超出内存限制，未能检查。"))
    return _failed(path, CorruptDocument(f"文件未能完整读取（{type(error).__name__}），未能检查。请转人工审查。"))


# --------------------------------------------------------------------------------------------- cluster


def check_chunk(chunk: Sequence[Found], job: Job) -> list[Outcome]:
    """Check some documents on a cluster worker, each in a guarded child: Dask has no time limit a task.

    The child and what it has loaded stay for the next chunk.
    """
    if getattr(_here, "job", None) != job:
        _here.job, _here.pool = job, _pool(job, 1)
    return [outcome for outcomes in _through(_here.pool, chunk, job, 4) for outcome in outcomes]


def _on_cluster(waiting: Sequence[Found], job: Job, address: str) -> Iterator[list[Outcome]]:
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise InputError("没有安装集群组件。请运行：pip install 'prepub-review[cluster]'") from error
    chunks = [list(waiting[start : start + CHUNK]) for start in range(0, len(waiting), CHUNK)]
    with Client(address, timeout=20) as client:  # type: ignore[no-untyped-call]
        todo = iter(chunks)
        sent: dict[Any, list[Found]] = {}
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
                yield future.result()
            else:
                died = LimitExceeded("集群节点反复异常终止，未能检查。")
                yield [_failed(file.key, died) for file in chunk]
            send()
