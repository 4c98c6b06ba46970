"""A second reading of presentations that shares no code with the reader: standard library only."""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from io import BytesIO

from review.errors import CorruptDocument
from review.formats._residue import Archive, residue
from review.types import Witness

_OFF = frozenset({"0", "false"})
_ON = frozenset({"1", "true"})


def witness(data: bytes) -> Witness:
    """Return what the slides show, and every string in the file. Raises ``CorruptDocument``."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            visible = "\n".join(line for line in _lines(Archive(archive)) if line.strip())
        return Witness(visible, tuple(residue(data)), ("zipfile+ElementTree",))
    except (zipfile.BadZipFile, ET.ParseError, KeyError, StopIteration, ValueError) as error:
        raise CorruptDocument("核验时无法打开文件，文件已损坏。") from error


def _lines(archive: Archive) -> Iterator[str]:
    main = next(target for kind, target, _ in archive.links("") if kind == "officeDocument")
    slides = {key: target for kind, target, key in archive.links(main) if kind == "slide"}
    layouts: list[str] = []
    masters: list[str] = []
    book = archive.parse(main)
    size = next((e for e in book if _name(e) == "sldSz"), None)
    width, height = (int(size.get("cx", "0")), int(size.get("cy", "0"))) if size is not None else (0, 0)
    for entry in book.iter():
        if _name(entry) == "sldId":
            part = next(slides[value] for key, value in entry.attrib.items() if key.endswith("}id"))
            slide = archive.parse(part)
            if slide.get("show") not in _OFF:
                yield from _slide(archive, part, slide, width, height)
                layouts += [t for k, t, _ in archive.links(part) if k == "slideLayout" and t not in layouts]
    for layout in layouts:
        masters += [t for k, t, _ in archive.links(layout) if k == "slideMaster" and t not in masters]
    for part in [*layouts, *masters]:
        for shape in _shapes(archive.parse(part)):
            if not any(_name(e) == "ph" for e in shape.iter()):
                yield from _texts(shape, [])


def _slide(archive: Archive, part: str, slide: ET.Element, width: int, height: int) -> Iterator[str]:
    drawn: list[str] = []
    moving = any(_name(e) == "timing" for e in slide)
    for shape in _shapes(slide):
        if moving or not _off_page(shape, width, height):
            yield from _texts(shape, drawn)
    targets = {key: target for _, target, key in archive.links(part)}
    for key in drawn:
        if targets.get(key) in archive.names:
            for element in archive.parse(targets[key]).iter():
                if _name(element) == "p":
                    yield _paragraph(element)
                elif _name(element) == "v" and "chart" in element.tag:
                    yield element.text or ""


def _shapes(root: ET.Element) -> Iterator[ET.Element]:
    for tree in root.iter():
        if _name(tree) == "spTree":
            yield from tree


def _off_page(shape: ET.Element, width: int, height: int) -> bool:
    frame = next((e for e in shape.iter() if _name(e) == "xfrm"), None)
    box = {_name(e): e for e in frame} if frame is not None else {}
    if not width or "off" not in box or "ext" not in box:
        return False
    left, top = int(box["off"].get("x", "0")), int(box["off"].get("y", "0"))
    right, bottom = left + int(box["ext"].get("cx", "0")), top + int(box["ext"].get("cy", "0"))
    return left >= width or top >= height or right < 0 or bottom < 0


def _texts(element: ET.Element, drawn: list[str]) -> Iterator[str]:
    name = _name(element)
    if name == "Fallback" or any(_name(p) == "cNvPr" and p.get("hidden") in _ON for nv in element for p in nv):
        return
    if name == "tc" and (element.get("hMerge") in _ON or element.get("vMerge") in _ON):
        return
    if name == "p" and "drawingml" in element.tag:
        yield _paragraph(element)
        return
    if name in ("chart", "relIds"):
        drawn += [value for key, value in element.attrib.items() if key.endswith(("}id", "}dm"))]
    for child in element:
        yield from _texts(child, drawn)


def _paragraph(element: ET.Element) -> str:
    out = ""
    for child in element:
        name = _name(child)
        if name == "Fallback":
            continue
        out += (child.text or "") if name == "t" else "\n" if name == "br" else _paragraph(child)
    return out


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
