"""Which files there are below some folders, and what the file system says of each."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from review.errors import InputError


@dataclass(frozen=True, slots=True)
class Found:
    """One file. ``key`` is its path as readable text, by which it is recorded and reported; ``path`` opens it.

    ``stamp``: size, modification and change time in nanoseconds, and inode. Change times cannot be set back by
    programs that copy, so equal stamps mean that nobody wrote to the file.
    """

    key: str
    path: str
    stamp: str


def collect(folders: Sequence[Path]) -> list[Found]:
    """Return every file below ``folders`` in the order of paths; hidden and lock files are left out.

    Links to folders are not followed. Raises ``InputError`` for a folder that is not there.
    """
    found: dict[str, Found] = {}
    for folder in folders:
        if not folder.exists():
            raise InputError(f"找不到文件夹：{folder}。请核对路径。")
        start = os.path.realpath(folder)
        for path, status in _files(start) if os.path.isdir(start) else [(start, os.stat(start))]:
            key = readable(path)
            if found.get(key, Found(key, path, "")).path != path:  # two names that only differ in their encoding
                key = os.fsencode(path).decode("utf-8", "backslashreplace")
            found[key] = Found(key, path, stamp(status))
    return [found[key] for key in sorted(found)]


def stamp(status: os.stat_result) -> str:
    """Return what changes when somebody writes to a file."""
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"


def readable(path: str) -> str:
    """Return a path as text: names in GBK, as old archives have them, in their characters."""
    return "/".join(_name(part) for part in path.split("/"))


def _name(part: str) -> str:
    try:
        part.encode()
    except UnicodeEncodeError:  # bytes that are not UTF-8, smuggled through by the file system's codec
        raw = os.fsencode(part)
        try:
            return raw.decode("gb18030")
        except UnicodeDecodeError:
            return raw.decode("utf-8", "backslashreplace")
    return part


def listing(found: Iterable[Found]) -> str:
    """Return one SHA-256 of which files there are and of their stamps."""
    digest = hashlib.sha256()
    for file in found:
        digest.update(f"{file.key}\0{file.stamp}\0".encode())
    return digest.hexdigest()


def _files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "~$")):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            elif entry.is_file():
                yield (os.path.realpath(entry.path) if entry.is_symlink() else entry.path), entry.stat()
