"""One scan in a process of its own, which the bench can kill.

    python -m tests.bench.scans.driver FOLDER HOME NAME WORKERS

The documents of ``archive.BAD`` hang, kill their process and eat memory, as a hostile file would.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from review import batch, pipeline
from review.store import open_store
from tests.bench.scans.archive import BAD

_check = pipeline.check


def _check_or_fail(data: bytes, name: str, *rest: Any, **options: Any) -> Any:
    if name == BAD[0]:
        time.sleep(600)
    if name == BAD[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    if name == BAD[2]:
        bytearray(64 << 30)
    return _check(data, name, *rest, **options)


def main() -> None:
    """Scan ``FOLDER`` to the end, or until killed."""
    folder, home, name, workers = sys.argv[1:]
    pipeline.check = _check_or_fail
    store = open_store(Path(home))
    job = batch.Job(wall=10.0)
    waiting = batch.prepare(store, name, batch.collect([Path(folder)]), job)
    batch.scan(store, name, waiting, job, workers=int(workers))


if __name__ == "__main__":
    main()
