"""One ``review scan`` in a process of its own, which the bench can kill.

    REVIEW_HOME=HOME python -m tests.bench.scans.driver FOLDER NAME WORKERS

The documents of ``archive.BAD`` hang, kill their process and eat memory, as a hostile file would.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from typer import Exit

from review import pipeline
from review.cli.scan import scan
from tests.bench.scans.archive import BAD

WALL = 60.0  # seconds a document: enough for all but the one that hangs, on a busy machine, too

_check = pipeline.check


def _check_or_fail(data: bytes, name: str, *rest: Any, **options: Any) -> Any:
    if name == BAD[0]:
        time.sleep(600)
    if name == BAD[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    if name == BAD[2]:
        bytearray(64 << 30)
    return _check(data, name, *rest, **options)


def dask_setup(worker: object) -> None:
    """Make a Dask worker that is started with this module check as ``main`` does."""
    pipeline.check = _check_or_fail


def main() -> None:
    """Scan ``FOLDER`` to the end, or until killed."""
    folder, name, workers = sys.argv[1:]
    pipeline.check = _check_or_fail
    try:
        scan([Path(folder)], workers=int(workers), name=name, wall=WALL)
    except Exit as done:
        sys.exit(0 if done.exit_code in (0, 1, 3) else done.exit_code)


if __name__ == "__main__":
    main()
