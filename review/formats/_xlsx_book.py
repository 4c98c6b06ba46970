"""A workbook without its cells: tabs, drawings, charts, comments, and which of them are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from lxml import etree

from review.errors import CorruptDocument
from review.formats import _drawings, _ooxml, _opc
from review.formats._ooxml import TEXT, Atom, C, Part, Passage, R, Slot
from review.formats._opc import Package, is_element, local
from review.formats._xlsx_number import CellFormats, X, cell_formats
from review.formats._xlsx_sheet import Sheet
from review.formats._xlsx_strings import SharedStrings, shared_strings
from review.types import Zone

_SHEETS = frozenset({"worksheet", "chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet"})
_FORMULAS = frozenset({"formula", "formula1", "formula2", "sqref", "f", "definedName"})
_EDGES = {
    "oddHeader": (Zone.HEADER, ""),
    "oddFooter": (Zone.FOOTER, ""),
    "firstHeader": (Zone.HEADER, "differentFirst"),
    "firstFooter": (Zone.FOOTER, "differentFirst"),
    "evenHeader": (Zone.HEADER, "differentOddEven"),
    "evenFooter": (Zone.FOOTER, "differentOddEven"),
}
_SHEET_REFERENCE = re.compile(
    r"(?:'((?:[^']|'')+)'|([^'!\s(),]+))!(\$?[A-Z]{1,3}\$?\d{1,7}(?::\$?[A-Z]{1,3}\$?\d{1,7})?)"
)


@dataclass(frozen=True, slots=True, eq=False)
class Tab:
    """One sheet. ``number`` counts from 1, as the tabs do; ``element`` is its entry in the workbook part."""

    number: int
    part: str
    kind: str
    hidden: bool
    element: etree._Element = field(repr=False)

    @property
    def label(self) -> str:
        return f"工作表{self.number}"


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """A workbook opened. ``parts`` are all XML parts but worksheets and shared strings, which may be large."""

    package: Package = field(repr=False)
    main: str
    tabs: Sequence[Tab]
    strings: SharedStrings = field(repr=False)
    formats: CellFormats = field(repr=False)
    parts: dict[str, Part] = field(repr=False)

    def sheet(self, tab: Tab) -> Sheet:
        """Return the stream of a worksheet's cells."""
        tabled = any(link.type == "table" for link in _opc.relationships(self.package, tab.part))
        data = self.package.parts[tab.part]
        return Sheet(tab.part, data, self.strings, self.formats, hidden=tab.hidden, tabled=tabled)


@dataclass(slots=True)
class Surroundings:
    """What stands around the cells, by tab number; ``references`` are chart formulas that copies keep."""

    names: dict[int, Passage] = field(default_factory=dict, repr=False)
    drawings: dict[int, list[Passage]] = field(default_factory=dict, repr=False)
    comments: list[Passage] = field(default_factory=list, repr=False)
    references: set[etree._Element] = field(default_factory=set, repr=False)

    def passages(self) -> Iterator[Passage]:
        for number, name in self.names.items():
            yield name
            yield from self.drawings[number]
        yield from self.comments


def open_book(data: bytes) -> Book:
    """Unpack a workbook and parse everything but its cells."""
    package = _opc.unpack(data)
    main = _opc.main_part(package)
    links = {link.id: link for link in _opc.relationships(package, main)}
    one = {link.type: link.target for link in links.values() if not link.external}
    root = _ooxml.load(package, main)
    tabs: list[Tab] = []
    for element in root.root.iter(f"{X}sheet"):
        link = links.get(element.get(f"{R}id", ""))
        if link is None or link.target not in package.parts or link.type not in _SHEETS:
            raise CorruptDocument("工作簿引用了不存在的工作表，文件已损坏。请用办公软件打开并另存后重新提交。")
        hidden = element.get("state", "visible") != "visible" or link.type not in ("worksheet", "chartsheet")
        tabs.append(Tab(len(tabs) + 1, link.target, link.type, hidden, element))
    shared = one.get("sharedStrings", "")
    strings = shared_strings(shared, package.parts[shared]) if shared in package.parts else SharedStrings()
    streamed = {tab.part for tab in tabs if tab.kind == "worksheet"} | {shared}
    parts = {
        name: root if name == main else _ooxml.load(package, name)
        for name, blob in package.parts.items()
        if _opc.is_xml(name, blob) and name not in streamed and not _opc.is_plumbing(name)
    }
    properties = root.root.find(f"{X}workbookPr")
    date1904 = properties is not None and properties.get("date1904") in ("1", "true")
    styles = parts.get(one.get("styles", ""))
    formats = cell_formats(styles.root if styles else None, date1904=date1904)
    return Book(package, main, tabs, strings, formats, parts)


def surroundings(book: Book) -> Surroundings:
    """Collect the passages of sheet names, drawings, charts, diagrams and comments, in tab order."""
    found = Surroundings()
    names = {tab.element.get("name", "") for tab in book.tabs if not tab.hidden}
    charts, diagrams, tables = count(1), count(1), count(len(book.tabs))
    for tab in book.tabs:
        zone = Zone.HIDDEN if tab.hidden else Zone.BODY
        label = f"{tab.label}名称" + ("（隐藏工作表）" if tab.hidden else "")
        name = Atom(tab.element, "name", tab.element.get("name", ""))
        found.names[tab.number] = Passage(book.main, zone, label, [name])
        around = found.drawings[tab.number] = []
        if tab.kind != "worksheet":
            around += edges(book.parts[tab.part], tab)
        for link in _opc.relationships(book.package, tab.part):
            part = book.parts.get(link.target)
            if link.type != "drawing" or part is None:
                continue
            drawn: list[tuple[str, Zone]] = []
            around += _drawings.shapes(part, part.root, zone, f"{tab.label}图形", tables, drawn)
            targets = {inner.id: inner for inner in _opc.relationships(book.package, part.name)}
            for key, at in drawn:
                target = book.parts.get(targets[key].target) if key in targets else None
                if target is not None and targets[key].type == "chart":
                    around += _drawings.chart(target, at, f"{tab.label}图表{next(charts)}")
                    found.references |= {f for f in target.root.iter(f"{C}f") if referred(f.text)[0] in names}
                elif target is not None and targets[key].type == "diagramData":
                    around += _drawings.diagram(target, at, f"{tab.label}示意图{next(diagrams)}")
    for part in book.parts.values():
        if local(part.root.tag) in ("comments", "ThreadedComments"):
            found.comments += _comments(part)
    return found


def _comments(part: Part) -> Iterator[Passage]:
    for text in part.root.iter(etree.Element):
        if local(text.tag) == "text":
            words = [e for e in text.iter(etree.Element) if local(e.tag) in ("t", "text") and e.text]
            yield Passage(part.name, Zone.COMMENT, "批注", [Atom(word, TEXT, word.text or "") for word in words])


def edges(frame: Part, tab: Tab) -> Iterator[Passage]:
    """Yield headers and footers; those that are switched off, or of hidden sheets, are hidden."""
    for holder in frame.root.iter(f"{X}headerFooter"):
        for child in holder.iterchildren(etree.Element):
            zone, switch = _EDGES.get(local(child.tag), (Zone.HIDDEN, ""))
            off = tab.hidden or (switch and holder.get(switch) not in ("1", "true"))
            label = tab.label + ("页脚" if zone is Zone.FOOTER else "页眉") + ("（未启用）" if off else "")
            yield Passage(frame.name, Zone.HIDDEN if off else zone, label, [Atom(child, TEXT, child.text or "")])


def referred(formula: str | None) -> tuple[str, str]:
    """Return (sheet name, cells) of a reference such as ``'表 1'!$A$1:$B$2``, or empty strings."""
    match = _SHEET_REFERENCE.fullmatch((formula or "").strip())
    return (match[1].replace("''", "'") if match[1] else match[2], match[3]) if match else ("", "")


def quiet_formulas(part: Part) -> set[Slot]:
    """Formulas and lists of addresses without literals: nothing to read in them."""
    return {
        (element, TEXT)
        for element in part.elements
        if is_element(element) and local(element.tag) in _FORMULAS and not says_something(element.text or "")
    }


def says_something(formula: str) -> bool:
    """Does a formula hold literals or outside names, or only functions, addresses and small numbers?"""
    return not formula.isascii() or re.search(r"\"|\d{8}|[\[@]|://", formula) is not None
