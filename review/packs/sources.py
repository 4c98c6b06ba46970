"""The files of a pack as text, and the digest that names a pack."""

from __future__ import annotations

import hashlib
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
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".txt") and path.is_file():
            name = path.relative_to(folder).as_posix()
            try:
                found.append(File(name, path.read_text(encoding="utf-8").replace("\r\n", "\n")))
            except UnicodeDecodeError as error:
                raise PackInvalid(f"{name}：不是 UTF-8 编码。请另存为 UTF-8 后再试。") from error
    return found


def digest_of(files: Iterable[File]) -> str:
    """SHA-256 over names and contents, whatever the order of the folder or the line ends."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda f: f.name):
        digest.update(f"{file.name}\0{len(file.text)}\0{file.text}\0".encode())
    return digest.hexdigest()
