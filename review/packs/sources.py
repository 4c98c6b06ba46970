"""The files of a pack as text, and the digest that names a pack."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from review.errors import PackInvalid


@dataclass(frozen=True, slots=True)
class File:
    """One file of a pack: ``name`` is its path inside the pack, for messages and the digest."""

    name: str
    text: str

    @property
    def folder(self) -> str:
        return self.name.split("/", 1)[0] if "/" in self.name else ""

    @property
    def stem(self) -> str:
        return self.name.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def read_files(folder: Path) -> list[File]:
    """Return the ``.yaml`` and ``.txt`` files below a folder, in the order of their paths."""
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith((".yaml", ".txt")):
                found.append(_file(folder, Path(parent, name)))
    return sorted(found, key=lambda file: file.name.split("/"))


def _file(folder: Path, path: Path) -> File:
    name = path.relative_to(folder).as_posix()
    try:
        return File(name, path.read_bytes().decode("utf-8").replace("\r\n", "\n").replace("\r", "\n"))
    except UnicodeDecodeError as error:
        raise PackInvalid(f"{name}：不是 UTF-8 编码。请另存为 UTF-8 后再试。") from error


def digest_of(files: Iterable[File]) -> str:
    """SHA-256 over names and contents, whatever the order of the folder or the line ends."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda f: f.name):
        digest.update(f"{file.name}\0{len(file.text)}\0{file.text}\0".encode())
    return digest.hexdigest()
