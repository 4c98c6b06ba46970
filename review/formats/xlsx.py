"""Excel workbooks (.xlsx .xlsm .xltx .xltm): every cell, visible or not, and every other part that bears text.

A published copy is written from nothing: the visible cells of visible sheets as values with their formats, pictures,
charts, headers and footers. Formulas become values; hidden sheets, rows and columns, names, validations, comments,
pivot and link caches, connections and macros do not reach it.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from review.formats import _drawings, _ooxml, _ooxml_copy, _opc
from review.formats._ooxml import TEXT, C, CellRow, Entry, Part, Slot
from review.formats._ooxml_copy import Shelf
from review.formats._opc import local
from review.formats._xlsx_book import (
    Book,
    Surroundings,
    Tab,
    edges,
    open_book,
    quiet_formulas,
    referred,
    says_something,
    surroundings,
)
from review.formats._xlsx_sheet import Row, Sheet, Stored
from review.formats._xlsx_write import CELL, SHELVES, Tally, clean_frame, new_names, new_workbook, quoted, rows_xml
from review.types import VISIBLE, Cell, Cut, Erased, Format, Gap, Locator, Reading, Run, Witness, Zone

_EXCEL = "application/vnd.ms-excel."
_MAIN_TYPES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
    f"{_EXCEL}sheet.macroEnabled.main+xml",
    f"{_EXCEL}template.macroEnabled.main+xml",
)
_SUFFIXES = (".xlsx", ".xlsm", ".xltx", ".xltm")
_STANDARD_NAME = re.compile(
    r"\[Content_Types\]\.xml|(.*/)?_rels/[\w.-]*\.rels|docProps/(core|app|custom|thumbnail)\.\w{3,4}"
    r"|xl/([a-zA-Z]+/)?[A-Za-z-]+\d{0,4}\.\w{2,5}|customXml/(item|itemProps)\d{1,3}\.xml"
    r"|xl/(media|embeddings)/[\w-]{1,40}\.\w{2,5}",
    re.ASCII,
)
_SWEPT = {
    "officeDocument": (Zone.HIDDEN, "工作簿信息（名称、视图等）"),
    "styles": (Zone.METADATA, "样式与数字格式"),
    "theme": (Zone.METADATA, "主题名"),
    "table": (Zone.HIDDEN, "表格定义"),
    "comments": (Zone.COMMENT, "批注信息"),
    "threadedComment": (Zone.COMMENT, "批注信息"),
    "person": (Zone.METADATA, "人员信息"),
    "externalLink": (Zone.HIDDEN, "外部链接缓存"),
    "pivotCacheDefinition": (Zone.HIDDEN, "数据透视表缓存"),
    "pivotCacheRecords": (Zone.HIDDEN, "数据透视表缓存"),
    "pivotTable": (Zone.HIDDEN, "数据透视表定义"),
    "drawing": (Zone.HIDDEN, "图形附加信息"),
    "chart": (Zone.HIDDEN, "图表附加信息"),
    "vmlDrawing": (Zone.HIDDEN, "旧式图形"),
    "connections": (Zone.HIDDEN, "数据连接"),
    "queryTable": (Zone.HIDDEN, "查询表"),
    "core-properties": (Zone.METADATA, "文档属性"),
    "extended-properties": (Zone.METADATA, "文档属性"),
    "custom-properties": (Zone.METADATA, "自定义属性"),
    "customXml": (Zone.METADATA, "自定义 XML"),
}
_FRAME_LABEL = "附加信息（数据验证、链接等）"


def sniff(data: bytes, suffix: str) -> bool:
    """A zip file whose content types name a workbook; or a damaged or encrypted file with an Excel suffix."""
    if data.startswith(b"PK"):
        types = _opc.content_types(data)
        return any(kind.encode() in types for kind in _MAIN_TYPES) if types else suffix in _SUFFIXES
    return suffix in _SUFFIXES and _opc.looks_encrypted(data)


# --------------------------------------------------------------------------------------------- reading


def read(data: bytes) -> Reading:
    """Read every text of a workbook.

    Raises ``CorruptDocument``, ``EncryptedDocument`` or ``LimitExceeded``.
    """
    collecting = gc.isenabled()
    gc.disable()  # millions of cells and no cycles among them: a collector would only walk them again and again
    try:
        return _read(data)
    finally:
        aside = gc.get_freeze_count() > 0  # a child that has set aside what it began with
        gc.freeze()
        if not aside:
            gc.unfreeze()  # all is old now, without having been looked at
        if collecting:
            gc.enable()


def _read(data: bytes) -> Reading:
    book = open_book(data)
    around = surroundings(book)
    found: list[Entry | CellRow] = []
    noted = _Noted()
    for tab in book.tabs:
        found += _ooxml.entries([around.names[tab.number]], book.parts)
        if tab.kind == "worksheet":
            found += _sheet(book, tab, noted)
        found += _ooxml.entries(around.drawings[tab.number], book.parts)
    found += _ooxml.entries(around.comments, book.parts)
    found += _strings(book, noted.strings)
    found += _rest(book, around)
    kept = _trim(book, around, noted.frames)
    made = _ooxml_copy.plan(book.package, book.main, _home(book), SHELVES, kept)
    files, gaps = _ooxml_copy.embedded(book.package, made, _ooxml.binaries(book.package))
    entries = _ooxml.emptied(found)
    return _ooxml.assemble(entries, [*_ooxml.slack_gap(book.package), *noted.gaps(), *gaps], files)


@dataclass(slots=True)
class _Noted:
    """What the pass over the cells leaves behind: strings used, trees of visible sheets without their rows,
    and how many formulas of each sheet have no stored result."""

    strings: set[int] = field(default_factory=set)
    frames: dict[str, Part] = field(default_factory=dict, repr=False)
    uncalculated: dict[str, int] = field(default_factory=dict)

    def gaps(self) -> Iterator[Gap]:
        for label, number in self.uncalculated.items():
            yield Gap(label, f"有 {number} 个公式没有保存计算结果，打开后显示的内容未检查")


def _sheet(book: Book, tab: Tab, noted: _Noted) -> Iterator[Entry | CellRow]:
    """Yield the cells of a sheet, then what stands in it besides."""
    sheet = book.sheet(tab)
    part, label = tab.part, tab.label
    formulas: set[str] = set()
    number = 0  # of the cells that show something; a locator holds that of the first cell that shares it
    for row in sheet.rows():
        place = f"{label}第{row.index + 1}行"
        plain = sheet.plain(row)
        if plain:
            together = _side_by_side(row, tab, place, Locator(part, (number, CELL)))
            if together.texts:
                yield together
            number += len(together.texts)
        for column, cell in [] if plain and not row.speaks_aside() else row.pairs():
            if cell.text and not plain:
                yield _cell(sheet, tab, row, column, cell, Locator(part, (number, CELL)))
                number += 1
            if cell.formula and not cell.text:
                noted.uncalculated[label] = noted.uncalculated.get(label, 0) + 1
            yield from _behind(cell, part, place + _nth(column), formulas)
        for words in row.loose:
            yield _aside(part, f"{place}（附加内容）", words)
    noted.strings |= sheet.used
    if sheet.frame is not None:
        frame = _ooxml.number(part, sheet.frame)
        shown = list(edges(frame, tab))
        claimed: set[Slot] = {(atom.element, atom.slot) for passage in shown for atom in passage.atoms}
        claimed |= quiet_formulas(frame)
        swept = _ooxml.sweep(frame, claimed, Zone.HIDDEN, f"{label}{_FRAME_LABEL}")
        yield from _ooxml.entries([*shown, *swept], {part: frame})
        if not tab.hidden:
            noted.frames[part] = frame


@lru_cache(maxsize=16384)
def _nth(column: int) -> str:
    return f"第{column + 1}列"


def _side_by_side(row: Row, tab: Tab, place: str, at: Locator) -> CellRow:
    """Return the cells of a row that are all seen."""
    columns, texts = row.columns, [cell.text for cell in row.cells]
    if "" in texts:
        columns = [column for column, text in zip(columns, texts, strict=True) if text]
        texts = [text for text in texts if text]
    return CellRow(Zone.BODY, tab.number - 1, row.index, at, columns, [place + _nth(c) for c in columns], texts)


def _cell(sheet: Sheet, tab: Tab, row: Row, column: int, cell: Stored, at: Locator) -> Entry:
    """Return a cell that may be hidden or merged with others."""
    where = f"{tab.label}第{row.index + 1}行{_nth(column)}"
    why = sheet.why_hidden(cell, column, row)
    place = Cell(tab.number - 1, row.index, column, *sheet.merges.get((row.index, column), (1, 1)))
    return Entry(Zone.HIDDEN if why else Zone.BODY, f"{where}（{why}）" if why else where, (Run(cell.text, at),), place)


def _behind(cell: Stored, part: str, where: str, formulas: set[str]) -> Iterator[Entry]:
    """Yield what a cell holds but does not show: digits of a large number, its formula, stray text."""
    if cell.digits:
        yield _aside(part, f"{where}（存储的数值）", cell.digits)
    if cell.formula and cell.formula not in formulas and says_something(cell.formula):
        formulas.add(cell.formula)
        yield _aside(part, f"{where}（公式）", cell.formula)
    for words in cell.loose:
        yield _aside(part, f"{where}（附加内容）", words)


def _aside(part: str, label: str, words: str) -> Entry:
    return Entry(Zone.HIDDEN, label, (Run(words, Locator(part, (-1, "#aside"))),))


def _strings(book: Book, used: set[int]) -> Iterator[Entry]:
    part = "xl/sharedStrings.xml"
    for words in book.strings.asides:
        yield _aside(part, "共享字符串（注音等）", words)
    for index, words in enumerate(book.strings.texts):
        if index not in used and words.strip():
            yield _aside(part, "未被引用的共享字符串", words)


def _rest(book: Book, around: Surroundings) -> Iterator[Entry]:
    package = book.package
    claimed: set[Slot] = {(atom.element, atom.slot) for passage in around.passages() for atom in passage.atoms}
    claimed |= {(element, TEXT) for element in around.references}
    kinds = {link.target: link.type for name in ["", *package.parts] for link in _opc.relationships(package, name)}
    for name, part in book.parts.items():
        zone, label = _SWEPT.get(kinds.get(name, ""), (Zone.METADATA, "其他部件"))
        if name == book.main:
            zone, label = _SWEPT["officeDocument"]
        yield from _ooxml.entries(_ooxml.sweep(part, claimed | quiet_formulas(part), zone, label), book.parts)
    yield from _ooxml.entries(_ooxml.addresses(package), book.parts)
    names = _ooxml.names_and_remarks(package, lambda name: bool(_STANDARD_NAME.fullmatch(name)))
    yield from _ooxml.entries(names, book.parts)


# --------------------------------------------------------------------------------------------- erasing


def erase(data: bytes, reading: Reading, cuts: Sequence[Cut]) -> Erased:
    """Return a copy with the cuts made: the visible cells of visible sheets as values, and nothing hidden."""
    book = open_book(data)
    in_cells, others = _split(reading, cuts)
    shown = [tab for tab in book.tabs if not tab.hidden]
    old_names = {tab.number: tab.element.get("name", "") for tab in book.tabs}
    tally = Tally()
    rows: dict[str, bytes] = {}
    frames: dict[str, Part] = {}
    for tab in shown:
        if tab.kind == "worksheet":
            sheet = book.sheet(tab)
            rows[tab.part] = rows_xml(sheet, in_cells.get(tab.part, {}), tally)
            if sheet.frame is not None:
                frames[tab.part] = _ooxml.number(tab.part, sheet.frame)
    around = surroundings(book)
    _ooxml_copy.apply_cuts(reading, others, book.parts | frames)
    passages = [*around.passages(), *(p for tab in shown if tab.part in frames for p in edges(frames[tab.part], tab))]
    visible = _ooxml.visible_slots(passages) | {(element, TEXT) for element in around.references}
    kept = _trim(book, around, frames, old_names)
    for part in kept.values():
        if part.name != book.main:
            _ooxml_copy.scrub(part, visible | _kept_texts(part))
    made = _ooxml_copy.plan(book.package, book.main, _home(book), SHELVES, kept)
    written = _ooxml_copy.publish(book.package, made, kept, _dangling, rows)
    return Erased(written, (*_notices(book, tally), *_ooxml_copy.package_notices(book.package, made)))


def _trim(
    book: Book, around: Surroundings, frames: dict[str, Part], old_names: dict[int, str] | None = None
) -> dict[str, Part]:
    """Take out of the trees what no visible sheet shows, and return the parts that may be published."""
    shown = [tab for tab in book.tabs if not tab.hidden]
    old = old_names or {tab.number: tab.element.get("name", "") for tab in book.tabs}
    names = new_names(shown)
    _clean_charts(book, around, {old[tab.number]: names[tab.number] for tab in shown})
    for part in book.parts.values():
        if local(part.root.tag) == "wsDr":
            _drawings.prune(part.root)
        elif local(part.root.tag) == "chartsheet":
            clean_frame(part.root)
    for frame in frames.values():
        clean_frame(frame.root)
    root = new_workbook(book.parts[book.main].root, shown, old, names, date1904=book.formats.date1904)
    return {**book.parts, **frames, book.main: _ooxml.number(book.main, root)}


def _home(book: Book) -> Shelf:
    kind = _opc.content_type(book.package, book.main)
    return Shelf("xl/workbook.xml", kind if kind in _MAIN_TYPES else _MAIN_TYPES[0])


def _split(reading: Reading, cuts: Sequence[Cut]) -> tuple[dict[str, dict[int, list[Cut]]], list[Cut]]:
    """Part the cuts in cells, by sheet part and number of the cell that shows something, from all others."""
    wanted = {cut.run for cut in cuts}
    numbers: dict[int, int] = {}  # run → number of its cell
    number, last = 0, None
    for index, run in enumerate(reading.runs):
        if run.at is None or run.at.node[1:] != (CELL,):
            continue
        number = number + 1 if run.at is last else int(run.at.node[0])
        last = run.at
        if index in wanted:
            numbers[index] = number
    in_cells: dict[str, dict[int, list[Cut]]] = {}
    others = []
    for cut in cuts:
        at = reading.runs[cut.run].at
        if at is not None and cut.run in numbers:
            in_cells.setdefault(at.part, {}).setdefault(numbers[cut.run], []).append(cut)
        else:
            others.append(cut)
    return in_cells, others


def _kept_texts(part: Part) -> set[Slot]:
    """Character data of the format itself: quiet formulas, and the mark where the rows go."""
    return quiet_formulas(part) | {
        (element, TEXT) for element in part.elements if local(str(element.tag)) == "sheetData"
    }


def _clean_charts(book: Book, around: Surroundings, renamed: dict[str, str]) -> None:
    """Keep references to visible sheets, under their new names; freeze all others at their last values."""
    for part in book.parts.values():
        if local(part.root.tag) == "chartSpace":
            for formula in list(part.root.iter(f"{C}f")):
                parent = formula.getparent()
                if formula in around.references:
                    sheet, cells = referred(formula.text)
                    formula.text = quoted(renamed.get(sheet, sheet), cells)
                elif parent is not None and local(parent.tag) in ("strRef", "numRef"):
                    _drawings.freeze(parent)
            for element in list(part.root.iter(f"{C}externalData", f"{C}userShapes")):
                _ooxml.detach(element)


def _dangling(element: etree._Element, key: str) -> None:
    _drawings.let_go(element, key, ("twoCellAnchor", "oneCellAnchor", "absoluteAnchor"))


_COUNTED = (
    ("comments", "已删除批注"),
    ("threadedComment", "已删除批注对话"),
    ("externalLink", "已删除外部链接及其缓存"),
    ("pivotCacheDefinition", "已删除数据透视表缓存，保留显示的数值"),
    ("table", "表格样式已转为普通区域"),
    ("connections", "已删除数据连接"),
    ("printerSettings", "已删除打印机设置"),
)


def _notices(book: Book, tally: Tally) -> list[str]:
    found = []
    hidden = sum(tab.hidden for tab in book.tabs)
    for number, message in (
        (hidden, f"已删除隐藏工作表 {hidden} 个"),
        (tally.hidden, f"已清空隐藏行、列、格式中的单元格 {tally.hidden} 个"),
        (tally.formulas, f"已将公式 {tally.formulas} 个转为数值"),
        (tally.empty, f"其中 {tally.empty} 个公式没有保存结果，发布版中为空"),
        (tally.formats, f"含文字的数字格式 {tally.formats} 处已转为常规文本"),
    ):
        if number:
            found.append(message)
    kinds = {link.type for name in ["", *book.package.parts] for link in _opc.relationships(book.package, name)}
    found += [message for kind, message in _COUNTED if kind in kinds]
    root = book.parts[book.main].root
    if any(not item.get("name", "").startswith("_xlnm.") for item in root.iter("{*}definedName")):
        found.append("已删除定义的名称")
    return found


def witness(data: bytes) -> Witness:
    """Return what other code reads in a copy. Loaded when something was written: openpyxl takes half a second."""
    from review.formats import _xlsx_witness

    return _xlsx_witness.witness(data)


FORMAT = Format(
    name="xlsx",
    media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    suffixes=_SUFFIXES,
    sniff=sniff,
    read=read,
    erase=erase,
    witness=witness,
    drops=frozenset(Zone) - VISIBLE,
    put=_ooxml_copy.put,
)
