"""One run of a scan at a time: a lock file that the operating system lets go when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from review.errors import InputError

_NAME = re.compile(r"[^\W_][\w.（）()-]{0,63}")
_STATE = ".state"  # no scan can be named so
_PATIENCE = 1.0  # seconds: somebody who asks whether a scan runs holds the lock for a moment


def folder(home: Path, name: str) -> Path:
    """Return where the reports of a scan lie; raises ``InputError`` for a name that is no plain folder name."""
    if not _NAME.fullmatch(name):
        raise InputError("扫描名只能用汉字、字母、数字和 . _ - ，不超过 64 个字，不以标点开头。")
    return home / "scans" / name


@contextmanager
def held(home: Path, name: str) -> Iterator[None]:
    """Hold the scan's lock; raises ``InputError`` while another process does."""
    path = _path(home, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        _take(file.fileno(), name)
        file.truncate()
        file.write(str(os.getpid()).encode())
        file.flush()
        yield


def runner(home: Path, name: str) -> int | None:
    """Return the process that runs the scan now, or None."""
    try:
        with open(_path(home, name), "rb") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(file.read() or 0) or None
    except FileNotFoundError:
        pass
    return None


def names(home: Path) -> list[str]:
    """Return the scans that ever ran here."""
    return sorted(path.stem for path in (home / "scans" / _STATE).glob("*.lock"))


def log(home: Path, name: str) -> Path:
    """Return where a scan without a terminal writes what it would say there."""
    return _path(home, name).with_name(f"{name}.log")


def _path(home: Path, name: str) -> Path:
    return folder(home, name).parent / _STATE / f"{name}.lock"


def _take(handle: int, name: str) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError:
            if time.monotonic() > end:
                raise InputError(f"扫描“{name}”正在进行，请等它结束，或换一个扫描名。") from None
            time.sleep(0.05)
