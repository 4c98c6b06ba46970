"""Write files whole or not at all: temporary file, fsync, replace."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_STAGE = ".review-stage-"


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that a reader sees the old file or the new one, never a part."""
    write_all({path: data})


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write several files: each is whole, and none appears unless all could be written to disk."""
    staged: dict[Path, str] = {}
    try:
        for path, data in contents.items():
            handle, name = tempfile.mkstemp(prefix=".review-", suffix=".part", dir=path.parent)
            staged[path] = name
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for path, name in staged.items():
            os.replace(name, path)
    finally:
        for name in staged.values():
            with suppress(FileNotFoundError):
                os.unlink(name)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Yield an empty folder for files too large to be held in memory. On leaving without an error each takes its
    place in ``folder`` whole, once all are on disk; otherwise nothing changes there. One writer a folder."""
    for left in folder.glob(f"{_STAGE}*"):  # by a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_STAGE, dir=folder) as name:
        yield Path(name)
        written = sorted(Path(name).iterdir())
        for path in written:
            with path.open("rb") as file:
                os.fsync(file.fileno())
        for path in written:
            os.replace(path, folder / path.name)
