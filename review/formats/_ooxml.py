"""What docx, xlsx and pptx share in reading.

An ``Atom`` is one stored text: the text of an element, an attribute, or what an empty element (tab, break) stands for.
A ``Passage`` is a row of atoms that becomes one block. Readers yield passages; ``entries`` and ``assemble`` number them
into a ``Reading`` whose locators are (part, element number, slot); a fresh parse finds the same elements again.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from lxml import etree

from review.errors import InputError
from review.formats import _opc
from review.formats._opc import Package, attributes, is_element, local
from review.formats._plain import (
    is_plain_text,
    is_text,
    is_text_attribute,
)
from review.types import VISIBLE, Block, Cell, Embedded, Gap, Locator, Reading, Run, Span, Zone

R = f"{{{_opc.RELATIONSHIPS}}}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
OFFICE = "{urn:schemas-microsoft-com:office:office}"
V = "{urn:schemas-microsoft-com:vml}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
XML = "{http://www.w3.org/XML/1998/namespace}"

E = TypeVar("E")

#: A place where text is stored: element and slot.
Slot = tuple[etree._Element | None, str]
TEXT, TAIL, GLYPH = "", "#tail", "#glyph"  # slots; any other slot is an attribute name

_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".emf", ".wmf", ".svg", ".wdp", ".jfif")
_ORDER = (Zone.BODY, Zone.HEADER, Zone.FOOTER, Zone.NOTE, Zone.COMMENT, Zone.REVISION, Zone.HIDDEN, Zone.METADATA)


#: Names in printer settings: strings of a Mac's property list, wide characters of a Windows driver's memory.
_PLIST = re.compile(r"<string>(?!com\.apple\.)([^<]*)</string>")
_WIDE = re.compile(rb"(?:[\x20-\x7e]\x00|[\x00-\xff][\x4e-\x9f]){4,}")


# --------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """One stored text and the element and slot that hold it. ``element=None``: a separator inside a passage."""

    element: etree._Element | None
    slot: str
    text: str = field(repr=False)


@dataclass(slots=True, eq=False)
class Passage:
    """What becomes one block. ``part`` is the part that holds all its atoms."""

    part: str
    zone: Zone
    label: str
    atoms: list[Atom] = field(default_factory=list, repr=False)
    cell: Cell | None = None

    @property
    def blank(self) -> bool:
        return not any(atom.text.strip() for atom in self.atoms)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A parsed part. ``numbers`` gives the place of each element in document order."""

    name: str
    root: etree._Element = field(repr=False)
    elements: Sequence[etree._Element] = field(repr=False)
    numbers: Mapping[etree._Element, int] = field(repr=False)


def load(package: Package, name: str) -> Part:
    """Parse a part and number its elements, comments and processing instructions."""
    return number(name, _opc.parse(name, package.parts[name]))


def number(name: str, root: etree._Element) -> Part:
    """Number the elements of a tree in document order."""
    top = [*reversed(list(root.itersiblings(preceding=True))), root, *root.itersiblings()]
    elements = [element for item in top for element in item.iter()]
    return Part(name, root, elements, {element: number for number, element in enumerate(elements)})


@dataclass(slots=True)
class Entry:
    """A block to be: its runs are final, only its place in the reading is not."""

    zone: Zone
    label: str
    runs: tuple[Run, ...] = field(repr=False)
    cell: Cell | None = None


@dataclass(slots=True)
class CellRow:
    """Cells side by side in one row of a table, in one zone and under one locator, each a block to be.

    Sheets have millions: what can be said once a row is. ``columns``, ``labels`` and ``texts`` hold one item a cell.
    """

    zone: Zone
    table: int
    row: int
    at: Locator
    columns: Sequence[int]
    labels: Sequence[str]
    texts: Sequence[str] = field(repr=False)


def entries(passages: Iterable[Passage], parts: Mapping[str, Part]) -> Iterator[Entry]:
    """Turn passages into entries: number their atoms. Blank ones are left out."""
    for passage in passages:
        if not passage.blank:
            numbers = parts[passage.part].numbers if passage.part in parts else {}
            runs = []
            for atom in passage.atoms:
                if atom.element is not None:
                    runs.append(Run(atom.text, Locator(passage.part, (numbers[atom.element], atom.slot))))
                else:
                    at = None if atom.slot == GLYPH else Locator(passage.part, (-1, atom.slot))
                    runs.append(Run(atom.text, at))
            yield Entry(passage.zone, passage.label, tuple(run for run in runs if run.text), passage.cell)


_LINE, _TAB = Run("\n"), Run("\t")


def assemble(found: Iterable[Entry | CellRow], gaps: Iterable[Gap] = (), embedded: Iterable[Embedded] = ()) -> Reading:
    """Lay entries out, visible zones first, with ``\\t`` between cells of a row and ``\\n`` between blocks."""
    shelves: dict[Zone, list[Entry | CellRow]] = {zone: [] for zone in _ORDER}
    for entry in found:
        shelves[entry.zone].append(entry)
    runs: list[Run] = []
    blocks: list[Block] = []
    position = 0
    table, row = -1, -1
    for zone in _ORDER:
        for entry in emptied(shelves[zone]):
            here = entry if isinstance(entry, CellRow) else entry.cell
            if blocks:
                runs.append(_TAB if here is not None and here.table == table and here.row == row else _LINE)
                position += 1
            table, row = (here.table, here.row) if here is not None else (-1, -1)
            if isinstance(entry, CellRow):
                position = _side_by_side(entry, position, runs, blocks)
                continue
            start = position
            for run in entry.runs:
                position += len(run.text)
            runs.extend(entry.runs)
            blocks.append(Block(Span(start, position), zone, entry.label, entry.cell))
    return Reading(tuple(runs), tuple(blocks), tuple(gaps), tuple(embedded))


def emptied(entries: list[E]) -> Iterator[E]:
    """Yield the items of a list and let go of them: those of a large sheet need much room."""
    entries.reverse()
    while entries:
        yield entries.pop()


def _side_by_side(entry: CellRow, position: int, runs: list[Run], blocks: list[Block]) -> int:
    """Lay the cells of a row out from ``position`` on and return where they end."""
    zone, table, row, at = entry.zone, entry.table, entry.row, entry.at
    end = position - 1
    for column, label, text in zip(entry.columns, entry.labels, entry.texts, strict=True):
        start = end + 1
        end = start + len(text)
        runs += (Run(text, at), _TAB)
        blocks.append(Block(Span(start, end), zone, label, Cell(table, row, column)))
    runs.pop()
    return end


def separator() -> Atom:
    """A line break that the reader puts between the paragraphs of one cell."""
    return Atom(None, GLYPH, "\n")


def sweep(part: Part, used: Collection[Slot], zone: Zone, label: str) -> Iterator[Passage]:
    """Yield what no reader claimed in a part: loose character data, text-bearing attributes, comments.

    ``used`` holds the (element, slot) pairs already read. An attribute value is read once a part.
    """
    seen: set[str] = set()
    for element in part.elements:
        if not is_element(element):
            if element.text and element.text.strip():
                yield Passage(part.name, Zone.HIDDEN, f"{label}（注释）", [Atom(element, TEXT, element.text)])
        else:
            text = element.text
            if text and not text.isspace() and (element, TEXT) not in used and not is_plain_text(element):
                yield Passage(part.name, zone, label, [Atom(element, TEXT, text)])
            tag = str(element.tag)
            for key, value in attributes(element):
                if value not in seen and is_text(tag, key, value) and (element, key) not in used:
                    seen.add(value)
                    if local(key) == "gfxdata":
                        yield from _office_art(value, f"{label}（图形副本）")
                        continue
                    yield Passage(part.name, zone, label, [Atom(element, key, value)])
        tail = element.tail
        if tail and not tail.isspace() and (element, TAIL) not in used:
            yield Passage(part.name, zone, label, [Atom(element, TAIL, tail)])


def _office_art(value: str, label: str) -> Iterator[Passage]:
    """Yield the character data of ``o:gfxdata``: a base64 zip file with a second copy of a shape."""
    try:
        copy = _opc.unpack(base64.b64decode(value, validate=False))
    except (ValueError, InputError):
        yield Passage("", Zone.HIDDEN, label, [Atom(None, "#gfxdata", value)])
        return
    for name, data in copy.parts.items():
        if _opc.is_xml(name, data):
            words = [str(word) for word in _opc.parse(name, data).itertext() if word.strip()]
            words += [v for e in _opc.parse(name, data).iter(etree.Element) for k, v in attributes(e) if _foreign(e, k)]
            yield Passage("", Zone.HIDDEN, label, [Atom(None, "#gfxdata", "\n".join(words))])


def _foreign(element: etree._Element, key: str) -> bool:
    return is_text_attribute(element, key) and local(element.tag) not in ("Relationship", "Override", "Default")


def names_and_remarks(package: Package, standard: Callable[[str], bool]) -> Iterator[Passage]:
    """Yield zip comments, part names that are not the usual ones, and words in printer settings."""
    for remark in package.remarks:
        yield Passage("", Zone.METADATA, "压缩包注释", [Atom(None, "#remark", remark)])
    for name, data in package.parts.items():
        if not standard(name):
            yield Passage("", Zone.METADATA, "部件名", [Atom(None, "#name", name)])
        if _opc.is_printer_settings(name):
            yield Passage("", Zone.METADATA, "打印机设置", [Atom(None, "#printer", "\n".join(_printer_words(data)))])


def _printer_words(data: bytes) -> list[str]:
    if b"<plist" in data:
        return sorted(set(_PLIST.findall(data.decode("utf-8", "replace"))))
    return sorted({words.decode("utf-16-le") for words in _WIDE.findall(data)})


def addresses(package: Package) -> Iterator[Passage]:
    """Yield the targets of relationships that lead outside the package or nowhere: link addresses, file paths."""
    for name, data in package.parts.items():
        if not name.lower().endswith(".rels"):
            continue
        seen = set()
        folder, _, base = name.rpartition("_rels/")
        for item in _opc.parse(name, data).iter(etree.Element):
            target = item.get("Target", "")
            inside = item.get("TargetMode") != "External" and _opc.resolve(package, folder + base[:-5], target)
            if target and target not in seen and inside not in package.parts:
                seen.add(target)
                yield Passage(name, Zone.HIDDEN, "链接地址", [Atom(None, "#target", target)])


def binaries(package: Package) -> Iterator[Gap | Embedded]:
    """Say what becomes of the parts that are not XML: handed on as embedded files, or gaps."""
    for name, data in package.parts.items():
        if not _opc.is_xml(name, data) and not _opc.is_plumbing(name):
            yield from _binary(name, data)


def _binary(name: str, data: bytes) -> Iterator[Gap | Embedded]:
    lower = name.lower()
    base = name.rpartition("/")[2]
    if lower.endswith(_IMAGES) or ("/media/" in lower and not lower.endswith((".mp3", ".mp4", ".wav", ".avi", ".wmv"))):
        yield Embedded(name, base, data)
    elif lower.endswith((".odttf", ".fntdata", ".ttf", ".otf")):
        return  # embedded fonts bear no text of the document, and are never published
    elif lower.startswith("docprops/thumbnail"):
        return  # a preview of the first page, too small to read, and never published
    elif _opc.is_printer_settings(name):
        return  # read by ``names_and_remarks``
    elif lower.endswith("vbaproject.bin"):
        yield Gap(_opc.shown(name), "宏代码未读取")
    elif data.startswith((_opc.OLE_MAGIC, b"PK", b"%PDF", b"{\\rtf")) or lower.endswith(
        (".htm", ".html", ".mht", ".mhtml", ".txt", ".rtf", ".csv", ".xhtml")
    ):
        yield Embedded(name, base, data)
    elif data:
        yield Gap(_opc.shown(name), "二进制部件未读取")


def slack_gap(package: Package) -> Iterator[Gap]:
    """A zip file may carry bytes that its directory does not name."""
    if package.slack > 0:
        yield Gap("压缩包", f"有 {package.slack} 字节未列入目录的数据未读取")


# --------------------------------------------------------------------------------------------- trees


def detach(element: etree._Element) -> None:
    """Remove an element from its tree, if it hangs in one; its tail goes with it."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def unwrap(element: etree._Element) -> None:
    """Put the children of an element in its place."""
    parent = element.getparent()
    if parent is None:
        return
    index = parent.index(element)
    for child in reversed(list(element)):
        parent.insert(index, child)
    parent.remove(element)


def is_spare(element: etree._Element) -> bool:
    """Is this a Fallback beside a Choice, or a second Choice? Only the first alternative counts as shown."""
    if element.tag not in (f"{MC}Fallback", f"{MC}Choice"):
        return False
    return any(other.tag == f"{MC}Choice" for other in element.itersiblings(preceding=True))


def visible_slots(passages: Iterable[Passage]) -> set[Slot]:
    """Return the (element, slot) pairs that a published copy keeps."""
    return {
        (atom.element, atom.slot)
        for passage in passages
        if passage.zone in VISIBLE
        for atom in passage.atoms
        if atom.element is not None
    }
