"""Everything that can be dug out of a zip-based file, by code that shares nothing with the readers.

Standard library only (``zipfile``, ``pyexpat``): the bytes of every entry in several encodings, character data and
attribute values of XML, names, comments, and zip files inside zip files or inside base64 text.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from xml.parsers import expat

_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
_PARAGRAPHS = frozenset({"p", "si", "is", "c", "text", "comment", "v"})
_DEPTH = 4
_RAW = 1 << 20  # XML entries larger than this are searched by their characters only, not as bytes as well
_BASE64 = re.compile(rb"[A-Za-z0-9+/\r\n]{200,}={0,2}")


def residue(data: bytes, depth: int = 0) -> Iterator[str]:
    """Yield every string found in a zip file. Raises ``zipfile.BadZipFile`` where it is none."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield _loose(archive.comment)
        for entry in archive.infolist():
            yield f"{entry.filename}\n{_loose(entry.comment)}\n{_loose(entry.extra)}"
            try:
                blob = archive.read(entry)
            except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError):
                blob = b""
            yield from strings(blob, depth)


def strings(blob: bytes, depth: int = 0) -> Iterator[str]:
    """Yield the strings of one entry."""
    if blob.startswith(b"PK"):
        if depth < _DEPTH:
            with contextlib.suppress(zipfile.BadZipFile):
                yield from residue(blob, depth + 1)
        yield from (blob.decode(code, "ignore") for code in _ENCODINGS)
        return
    head = blob[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t\x00")
    characters = _characters(blob) if head.startswith(b"<") else None
    if characters is None:
        yield from (blob.decode(code, "ignore") for code in _ENCODINGS)
        yield blob[1:].decode("utf-16-le", "ignore")  # wide characters at odd places
        return
    yield from characters
    if len(blob) <= _RAW:
        yield blob.decode("utf-8", "ignore")
    if depth < _DEPTH:
        for found in _BASE64.findall(blob):
            with contextlib.suppress(binascii.Error, ValueError):
                yield from strings(base64.b64decode(found), depth + 1)


def _characters(blob: bytes) -> tuple[str, str] | None:
    """Return character data, a line a paragraph, and all attribute values, comments and instructions of XML."""
    text: list[str] = []
    values: set[str] = set()

    def start(_name: str, attributes: dict[str, str]) -> None:
        values.update(attributes.values())

    def end(name: str) -> None:
        if name.rpartition(":")[2] in _PARAGRAPHS:
            text.append("\n")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.CommentHandler = values.add
    parser.ProcessingInstructionHandler = lambda target, words: values.add(f"{target} {words}")
    try:
        parser.Parse(blob, True)
    except expat.ExpatError:
        return None
    return "".join(text), "\n".join(values)


def _loose(raw: bytes) -> str:
    return "\n".join(raw.decode(code, "ignore") for code in _ENCODINGS) if raw else ""


class Archive:
    """Parts and relationships of an Office package, for witnesses: no limits, no repairs."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.names = frozenset(archive.namelist())
        self._archive = archive

    def data(self, name: str) -> bytes:
        return self._archive.read(name)

    def parse(self, name: str) -> ET.Element:
        return ET.fromstring(self._archive.read(name))

    def links(self, part: str) -> list[tuple[str, str, str]]:
        """Return (type, target, id) of the relationships of a part; targets inside the package are part names."""
        folder, base = posixpath.split(part)
        name = posixpath.join(folder, "_rels", f"{base}.rels")
        found = []
        for item in self.parse(name) if name in self.names else ():
            target = item.get("Target", "")
            if item.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
            found.append((item.get("Type", "").rpartition("/")[2], target, item.get("Id", "")))
        return found
