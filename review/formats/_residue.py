"""Everything that can be dug out of a zip-based file, by code that shares nothing with the readers.

Standard library only: the bytes of every entry in several encodings, what stands between the tags of XML and in its
attributes, names, comments, and zip files inside zip files or inside base64 text.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import html
import io
import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator

_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
_DEPTH = 4
_RAW = 1 << 20  # XML entries larger than this are searched by their characters only, not as bytes as well
_ENDING = re.compile(r"</(?:\w+:)?(?:p|si|is|c|v|text|comment)\s*>")
_TAG = re.compile(r"</?[A-Za-z_][^<>]*>")  # comments and instructions stay
_VALUE = re.compile(r"=[\"']([^\"'<>]*)[\"']")
_CELL = re.compile(r"[A-Z]{0,3}\d{1,7}")
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
    if not head.startswith(b"<"):
        yield from (blob.decode(code, "ignore") for code in _ENCODINGS)
        yield blob[1:].decode("utf-16-le", "ignore")  # wide characters at odd places
        return
    yield from _characters(blob)
    if len(blob) <= _RAW:
        yield blob.decode("utf-8", "ignore")
    if depth < _DEPTH:
        for found in _BASE64.findall(blob):
            with contextlib.suppress(binascii.Error, ValueError):
                yield from strings(base64.b64decode(found), depth + 1)


def _characters(blob: bytes) -> tuple[str, str]:
    """Return what stands between the tags of XML, and all attribute values: by pattern, so nothing is too broken."""
    code = "utf-16" if blob[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = blob.decode(code, "ignore")
    between = _TAG.sub("", _ENDING.sub("\n", text))
    values = "\n".join({value for value in _VALUE.findall(text) if not _CELL.fullmatch(value)})
    return html.unescape(between), html.unescape(values)


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
