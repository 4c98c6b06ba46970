"""Everything that can be dug out of a zip-based file, by code that shares nothing with the readers.

Standard library only (``zipfile``, ``xml.etree``): every entry's raw bytes in several encodings, character data joined
by paragraph and by part, attribute values, names, comments, and zip files inside zip files.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator

_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
_PARAGRAPHS = frozenset({"p", "si", "is", "c", "text", "comment", "rst", "cell", "row", "definedName"})
_DEPTH = 4
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
                continue
            yield from strings(entry.filename, blob, depth)


def strings(name: str, blob: bytes, depth: int = 0) -> Iterator[str]:
    """Yield the strings of one entry: decoded bytes, XML text and attributes, nested zip files."""
    xml = blob[:400].lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<", b"\xff\xfe<", b"\xfe\xff"))
    for code in ("utf-8",) if xml and b"encoding=" not in blob[:200].lower() else _ENCODINGS:
        yield blob.decode(code, "ignore")
    if blob[1:2] or not xml:
        yield from (blob[1:].decode(code, "ignore") for code in ("utf-16-le",) if not xml)
    if blob.startswith(b"PK") and depth < _DEPTH:
        try:
            yield from residue(blob, depth + 1)
        except zipfile.BadZipFile:
            pass
    elif xml:
        try:
            root = ET.fromstring(blob)
        except ET.ParseError:
            return
        yield from _of_tree(root)
        for found in _BASE64.findall(blob) if depth < _DEPTH else ():
            try:
                inner = base64.b64decode(found)
            except (binascii.Error, ValueError):
                continue
            yield from strings(name, inner, depth + 1)


def _of_tree(root: ET.Element) -> Iterator[str]:
    yield "".join(root.itertext())
    values = []
    for element in root.iter():
        values += element.attrib.values()
        if element.tag.rpartition("}")[2] in _PARAGRAPHS:
            yield "".join(element.itertext())
    yield "\n".join(values)


def _loose(raw: bytes) -> str:
    return "\n".join(raw.decode(code, "ignore") for code in _ENCODINGS) if raw else ""
