"""A second reading of OFD files that shares no code with the first: zipfile, ElementTree, character by character."""

from __future__ import annotations

import io
import posixpath
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator

from review.errors import CorruptDocument
from review.formats._residue import residue
from review.types import Witness

_DEPTH = 12


def witness(data: bytes) -> Witness:
    """Return the text of all pages in stored order, and everything that can be dug out of the bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            shown = "\n".join(_pages(archive))
        return Witness(shown, (*residue(data), *_joined(data)), ("ElementTree 直读 OFD", "压缩包原始字节"))
    except (zipfile.BadZipFile, ET.ParseError, KeyError) as error:
        raise CorruptDocument("OFD 文件损坏，第二读取器无法核对。") from error


def _joined(data: bytes) -> Iterator[str]:
    """Yield the character data of each XML part without any break: values that elements cut apart."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            blob = archive.read(name)
            if blob.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
                try:
                    yield "".join(ET.fromstring(blob).itertext())
                except ET.ParseError:
                    yield blob.decode("utf-8", "ignore")


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _named(element: ET.Element, name: str) -> Iterator[ET.Element]:
    return (inner for inner in element.iter() if _name(inner) == name)


class _Reader:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.names = {name.replace("\\", "/").strip("/").lower(): name for name in archive.namelist()}

    def path(self, base: str, place: str) -> str:
        place = place.strip()
        near = posixpath.normpath(posixpath.join(posixpath.dirname(base), place)).lower()
        top = posixpath.normpath(place.lstrip("/")).lower()
        return self.names.get(top if place.startswith("/") else near) or self.names[top]

    def root(self, name: str) -> ET.Element:
        return ET.fromstring(self.archive.read(name))


def _pages(archive: zipfile.ZipFile) -> Iterator[str]:
    reader = _Reader(archive)
    for place in _named(reader.root(reader.names["ofd.xml"]), "DocRoot"):
        main = reader.path(reader.names["ofd.xml"], place.text or "")
        root = reader.root(main)
        units: dict[str, ET.Element] = {}
        for kind in ("PublicRes", "DocumentRes"):
            for found in _named(root, kind):
                resources = reader.root(reader.path(main, found.text or ""))
                units |= {unit.get("ID", ""): unit for unit in _named(resources, "CompositeGraphicUnit")}
        templates = {found.get("ID", ""): found.get("BaseLoc", "") for found in _named(root, "TemplatePage")}
        for pages in _named(root, "Pages"):
            for page in pages:
                tree = reader.root(reader.path(main, page.get("BaseLoc", "")))
                for use in _named(tree, "Template"):
                    if use.get("TemplateID") in templates:
                        template = reader.path(main, templates[use.get("TemplateID", "")])
                        yield from _text(reader.root(template), units, 0)
                yield from _text(tree, units, 0)


def _text(element: ET.Element, units: dict[str, ET.Element], depth: int) -> Iterator[str]:
    if element.get("Visible") in ("false", "0"):
        return
    if _name(element) == "TextCode":
        yield element.text or ""
    if _name(element) == "CompositeObject" and depth < _DEPTH and element.get("ResourceID") in units:
        yield from _text(units[element.get("ResourceID", "")], units, depth + 1)
    for inner in element:
        yield from _text(inner, units, depth)
