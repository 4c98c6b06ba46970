"""Write a workbook anew: visible cells as values, a frame of layout, a workbook part with nothing but its tabs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from review.formats._ooxml import R, detach
from review.formats._ooxml_copy import INSET, Shelf
from review.formats._opc import attributes, is_element, local
from review.formats._plain import is_font, plain
from review.formats._xlsx_book import Tab, referred, says_something
from review.formats._xlsx_number import X
from review.formats._xlsx_sheet import Row, Sheet, Stored, column_letters
from review.formats._xlsx_strings import Pieces
from review.types import Cut

CELL = "#cell"  # slot of a locator (sheet part, (number of the cell in its sheet, CELL))

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_DRAW = "application/vnd.openxmlformats-officedocument.drawingml."
SHELVES = {
    "worksheet": Shelf("xl/worksheets/sheet{n}.xml", f"{_SHEET}worksheet+xml"),
    "chartsheet": Shelf("xl/chartsheets/sheet{n}.xml", f"{_SHEET}chartsheet+xml"),
    "styles": Shelf("xl/styles.xml", f"{_SHEET}styles+xml", implicit=True),
    "theme": Shelf("xl/theme/theme{n}.xml", "application/vnd.openxmlformats-officedocument.theme+xml", implicit=True),
    "drawing": Shelf("xl/drawings/drawing{n}.xml", "application/vnd.openxmlformats-officedocument.drawing+xml"),
    "chart": Shelf("xl/charts/chart{n}.xml", f"{_DRAW}chart+xml"),
    "image": Shelf("xl/media/image{n}.{suffix}", ""),
    "diagramData": Shelf("xl/diagrams/data{n}.xml", f"{_DRAW}diagramData+xml"),
    "diagramLayout": Shelf("xl/diagrams/layout{n}.xml", f"{_DRAW}diagramLayout+xml"),
    "diagramQuickStyle": Shelf("xl/diagrams/quickStyle{n}.xml", f"{_DRAW}diagramStyle+xml"),
    "diagramColors": Shelf("xl/diagrams/colors{n}.xml", f"{_DRAW}diagramColors+xml"),
}
_FRAME = frozenset(
    [
        "sheetPr",
        "sheetViews",
        "sheetFormatPr",
        "cols",
        "sheetData",
        "mergeCells",
        "conditionalFormatting",
        "printOptions",
        "pageMargins",
        "pageSetup",
        "headerFooter",
        "rowBreaks",
        "colBreaks",
        "drawing",
    ]
)
_ROW_ATTRIBUTES = ("s", "customFormat", "ht", "customHeight", "hidden", "outlineLevel", "collapsed")
_RUN_PROPERTIES = frozenset(
    ["b", "i", "strike", "outline", "shadow", "color", "sz", "u", "rFont", "family", "charset", "scheme", "vertAlign"]
)
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_QUOTED = _MARKUP | str.maketrans({'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
_NUMBER = re.compile(r"[\d.]{1,20}|true|false")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|_x[0-9A-Fa-f]{4}_")
_ILLEGAL_NAME = str.maketrans({c: unicodedata.lookup(f"FULLWIDTH {n}") for c, n in (
    ("[", "LEFT SQUARE BRACKET"), ("]", "RIGHT SQUARE BRACKET"), ("*", "ASTERISK"), ("?", "QUESTION MARK"),
    ("/", "SOLIDUS"), (":", "COLON"), ("\\", "REVERSE SOLIDUS"), ("'", "APOSTROPHE"),
)})  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What writing the cells of the sheets left out."""

    hidden: int = 0
    formulas: int = 0
    formats: int = 0
    empty: int = field(default=0)  # formulas that never were calculated


def rows_xml(sheet: Sheet, cuts: Mapping[int, Sequence[Cut]], tally: Tally) -> bytes:
    """Return the ``row`` elements of a sheet: visible cells as values, cuts made. Cut cells become text."""
    out: list[str] = []
    number = -1  # of the cells that show something
    for row in sheet.rows():
        cells: list[str] = []
        seen = sheet.plain(row)
        for column, cell in row.pairs():
            if cell.formula:
                tally.formulas += 1
                tally.empty += not cell.text
            if not cell.text:
                cells.append(_blank(cell, column, row))
                continue
            number += 1
            if not seen and sheet.why_hidden(cell, column, row):
                tally.hidden += 1
                cells.append(_blank(cell, column, row))
            else:
                worded = sheet.speaks(cell)
                tally.formats += worded
                cells.append(_head(cell, column, row) + _content(cell, cuts.get(number, ()), text_only=worded))
        kept = ((key, row.attributes[key]) for key in _ROW_ATTRIBUTES if key in row.attributes)
        keep = "".join(f' {key}="{value}"' for key, value in kept if _NUMBER.fullmatch(value))
        if cells or keep:
            out.append(f'<row r="{row.index + 1}"{keep}>{"".join(cells)}</row>')
    return "".join(out).encode("utf-8", "replace")


_letters = lru_cache(maxsize=1024)(column_letters)


def _head(cell: Stored, column: int, row: Row) -> str:
    head = f'<c r="{_letters(column)}{row.index + 1}"'
    return f'{head} s="{cell.style}"' if cell.style else head


def _blank(cell: Stored, column: int, row: Row) -> str:
    return f"{_head(cell, column, row)}/>" if cell.style else ""


def _content(cell: Stored, cuts: Sequence[Cut], *, text_only: bool) -> str:
    """Return the rest of a ``c`` element."""
    if not cuts and not text_only:
        if cell.kind == "b":
            return f' t="b"><v>{cell.raw.translate(_MARKUP)}</v></c>'
        if cell.kind == "n" and "E" not in cell.text:  # a number has nothing to escape
            return f"><v>{cell.raw}</v></c>"
    if not cuts and not cell.rich:
        return f' t="inlineStr"><is>{_text(cell.text)}</is></c>'
    pieces: Pieces = cell.rich or ((None, cell.text),)
    for cut in sorted(cuts, key=lambda c: c.start, reverse=True):
        pieces = _cut(pieces, cut)
    if len(pieces) == 1:
        inner = _text(pieces[0][1])
    else:
        inner = "".join(f"<r>{_properties(form)}{_text(words)}</r>" for form, words in pieces if words)
    return f' t="inlineStr"><is>{inner}</is></c>'


def _cut(pieces: Pieces, cut: Cut) -> Pieces:
    """Cut a rich text; the replacement takes the formatting of the piece where the cut begins."""
    out: list[tuple[etree._Element | None, str]] = []
    position = 0
    placed = False
    for form, words in pieces:
        start, end = max(0, cut.start - position), min(len(words), cut.end - position)
        if start < end:
            out.append((form, words[:start] + ("" if placed else cut.replacement) + words[end:]))
            placed = True
        else:
            out.append((form, words))
        position += len(words)
    return tuple(out)


@lru_cache(maxsize=4096)
def _text(words: str) -> str:
    if words.isalnum():
        return f"<t>{words}</t>"
    safe = _CONTROL.sub(_escaped, words).translate(_MARKUP).replace("\r", "_x000D_")
    return f'<t xml:space="preserve">{safe}</t>' if safe != safe.strip() or "\n" in safe else f"<t>{safe}</t>"


def _escaped(match: re.Match[str]) -> str:
    found = match[0]
    return f"_x005F{found}" if len(found) > 1 else f"_x{ord(found):04X}_"


def _properties(form: etree._Element | None) -> str:
    if form is None:
        return ""
    inner = ""
    for child in form:
        if is_element(child) and local(child.tag) in _RUN_PROPERTIES:
            kept = [(k, v) for k, v in attributes(child) if is_font(v) or plain(v)]
            said = [f' {k}="{v.translate(_QUOTED)}"' for k, v in kept if k[0] != "{"]
            inner += f"<{local(child.tag)}{''.join(said)}/>"
    return f"<rPr>{inner}</rPr>" if inner else ""


def clean_frame(root: etree._Element) -> None:
    """Keep of a worksheet only layout, quiet conditional formats, headers and its drawing; leave room for the rows."""
    for child in list(root):
        if not is_element(child) or local(child.tag) not in _FRAME or not child.tag.startswith(X):
            root.remove(child)
    for rule in list(root.iter(f"{X}cfRule")):
        formulas = [formula.text or "" for formula in rule.iter(f"{X}formula")]
        if rule.get("text") or any(says_something(formula) or "!" in formula for formula in formulas):
            detach(rule)
    for group in root.findall(f"{X}conditionalFormatting"):
        if group.find(f"{X}cfRule") is None:
            root.remove(group)
    for extension in list(root.iter(f"{X}extLst")):
        detach(extension)
    if root.tag == f"{X}worksheet":
        data = root.find(f"{X}sheetData")
        if data is None:
            data = etree.Element(f"{X}sheetData")
            before = [child for child in root if local(child.tag) in ("sheetPr", "sheetViews", "sheetFormatPr", "cols")]
            root.insert(len(before), data)
        for child in list(data):
            data.remove(child)
        data.text = INSET


def new_names(tabs: Iterable[Tab]) -> dict[int, str]:
    """Return tab number → legal and different sheet names. Illegal characters become their full-width forms."""
    taken: set[str] = set()
    names = {}
    for tab in tabs:
        name = tab.element.get("name", "").translate(_ILLEGAL_NAME)
        while name.lower() in taken or not name.strip():
            name = name.strip() + "\u200b"  # invisible: masked names may be equal, or empty
        taken.add(name.lower())
        names[tab.number] = name
    return names


def new_workbook(
    root: etree._Element, tabs: Sequence[Tab], old: Mapping[int, str], names: Mapping[int, str], *, date1904: bool
) -> etree._Element:
    """Return a workbook part with tabs, print areas and nothing else."""
    new = etree.Element(f"{X}workbook", nsmap={None: X[1:-1], "r": R[1:-1]})  # type: ignore[dict-item]
    properties = etree.SubElement(new, f"{X}workbookPr")
    if date1904:
        properties.set("date1904", "1")
    etree.SubElement(etree.SubElement(new, f"{X}bookViews"), f"{X}workbookView")
    sheets = etree.SubElement(new, f"{X}sheets")
    for place, tab in enumerate(tabs):
        entry = etree.SubElement(sheets, f"{X}sheet", name=names[tab.number], sheetId=str(place + 1))
        entry.set(f"{R}id", tab.element.get(f"{R}id", ""))
    defined = etree.Element(f"{X}definedNames")
    by_old = {old[tab.number]: (place, names[tab.number]) for place, tab in enumerate(tabs)}
    for item in root.iter(f"{X}definedName"):
        sheet, cells = referred(item.text)
        if item.get("name") == "_xlnm.Print_Area" and sheet in by_old:
            place, name = by_old[sheet]
            area = etree.SubElement(defined, f"{X}definedName", name="_xlnm.Print_Area", localSheetId=str(place))
            area.text = quoted(name, cells)
    if len(defined):
        new.append(defined)
    return new


def quoted(name: str, cells: str) -> str:
    """Return a reference to cells of a sheet."""
    return "'" + name.replace("'", "''") + "'!" + cells
