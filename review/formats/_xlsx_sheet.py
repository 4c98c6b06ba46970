"""Stream the cells of worksheets: 50,000 rows must not become a tree.

A sheet is read row by row; what is left when all rows are taken out is its frame (columns, merges, headers), a small
tree. Positions come from ``r`` attributes, never from ``<dimension>``, and nothing loops over empty cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from review.errors import CorruptDocument, LimitExceeded
from review.formats import _opc
from review.formats._opc import attributes, is_element, shown
from review.formats._plain import is_text_attribute, speaks
from review.formats._xlsx_number import WHITE, CellFormat, CellFormats, X, plain_number
from review.formats._xlsx_number import shown as display
from review.formats._xlsx_strings import Pieces, SharedStrings, resolve, stream, string_of, unescape

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_CELL_ATTRIBUTES = frozenset(["r", "s", "t", "cm", "vm", "ph"])
_KNOWN = frozenset({f"{X}v", f"{X}f", f"{X}is"})
_MAX_COLUMN = 16384
_MAX_ROW = 1_048_576
_MERGED_ROWS = 3_000_000
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']")

_ROW = re.compile(r"<row\b([^<>]*?)(/?)>")
_ROW_END = "</row>"
_INSIDE = (
    r'(?: s="(?P<style>\d{1,6})")?(?: t="(?P<kind>s|n|str|b|e|d|inlineStr)")?(?:/>|>'
    r"(?:<f>(?P<formula>[^<]*)</f>)?(?:<v>(?P<value>[^<]*)</v>)?"
    r"(?:<is><t(?: xml:space=\"preserve\")?>(?P<words>[^<]*)</t></is>)?</c>)"
)
_CONTENT = re.compile(_INSIDE)
_CELL = re.compile(r'<c r="([A-Z]{1,3})\d{1,7}"(' + re.sub(r"\?P<\w+>", "?:", _INSIDE) + ")")
_PLACE = re.compile(r'^ r="([1-9]\d{0,6})"')
_ATTRIBUTE = re.compile(r'\s+([\w:.]+)="(\d{1,8}|\d{1,4}\.\d{1,20}|\d{1,5}:\d{1,5}|true|false)"')
_ROW_ATTRIBUTES = {"spans", "s", "customFormat", "ht", "hidden", "customHeight", "outlineLevel", "collapsed"} | {
    "thickTop", "thickBot", "x14ac:dyDescent"
}  # fmt: skip
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_CONTROLS = bytes({*range(32)} - {9, 10, 13})
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_CHUNK = 1 << 20
_REMEMBERED = 20_000  # contents of cells: lists repeat a few words all the time


@dataclass(slots=True)
class Stored:
    """What one cell holds, or several that hold the same. ``text`` is what it shows."""

    style: int
    text: str
    raw: str = ""  # number, boolean or error as stored; empty for strings
    kind: str = "n"  # n number, b boolean, e error, s string
    rich: Pieces | None = None
    formula: str = ""
    loose: tuple[str, ...] = ()  # text where none belongs
    digits: str = ""  # all of them, of a number that shows as 1.1E+17
    unseen: str = ""  # why nobody can read text of this style


@dataclass(slots=True)
class Row:
    """One row: its number from 0, its attributes, whether it is hidden, its cells and their columns, from 0."""

    index: int
    attributes: dict[str, str]
    hidden: bool
    columns: list[int]
    cells: list[Stored]
    loose: tuple[str, ...] = ()

    def pairs(self) -> Iterator[tuple[int, Stored]]:
        """The cells with their columns."""
        return zip(self.columns, self.cells, strict=True)

    def speaks_aside(self) -> bool:
        """Does a cell hold more than it shows?"""
        return any([cell.formula or cell.digits or cell.loose for cell in self.cells])  # noqa: C419 - half a million


class Sheet:
    """One pass over a worksheet. ``frame`` is complete when ``rows`` is exhausted."""

    def __init__(
        self, name: str, data: bytes, strings: SharedStrings, formats: CellFormats, *, hidden: bool, tabled: bool
    ) -> None:
        self.name = name
        self.hidden = hidden
        self.frame: etree._Element | None = None
        self.used: set[int] = set()  # shared strings
        self.merges = merges(data)
        self._strings = strings
        self._formats = formats
        self._columns: list[tuple[int, int]] = []  # hidden ones
        self._covered = _covered(self.merges)
        self._merging = {row for row, _ in self.merges}
        # A table style may paint a background: white text is then visible.
        self._unseen = {n: why for n, f in enumerate(formats.formats) if (why := _unseen(f, tabled=tabled))}
        self._wordy = {n for n, f in enumerate(formats.formats) if speaks(f.code)}
        self._letters: dict[str, int] = {}
        self._contents: dict[str, Stored] = {}
        self._heads: dict[str, dict[str, str] | None] = {}
        self._data = data

    def rows(self) -> Iterator[Row]:
        """Yield the rows in stored order."""
        _opc.refuse_doctype(self.name, self._data)
        data = _opc.transitional(self._data)
        plain = simple(data)
        if plain is None:
            yield from self._stream(data)
            return
        text, start, stop = plain
        self.frame = _opc.parse(self.name, f"{text[:start]}{text[stop:]}".encode())
        self._columns = _hidden_columns(self.frame)
        at = text.index("<worksheet")
        opening = text[at : text.index(">", at) + 1]
        position = -1
        for head, first, last, end in self._pieces(text, start, stop):
            row = self._simple_row(head, text[first:last])
            if row is None:
                whole = text[text.rindex("<row", 0, first) : end]
                row = self._row(_opc.parse(self.name, f"{opening}{whole}</worksheet>".encode())[0], position)
            position = row.index
            yield row

    def _pieces(self, text: str, end: int, stop: int) -> Iterator[tuple[str, int, int, int]]:
        """Yield the attributes of each row, from where to where its cells stand, and where the row ends."""
        while match := _ROW.search(text, end, stop):
            first = last = match.end()
            if not match[2]:
                last = text.find(_ROW_END, first, stop)
            if last < 0 or (match.start() != end and text[end : match.start()].strip()):
                raise self._broken()
            end = first if match[2] else last + len(_ROW_END)
            yield match[1], first, last, end
        if text[end:stop].strip():
            raise self._broken()

    def _broken(self) -> CorruptDocument:
        return CorruptDocument(f"部件 {shown(self.name)} 的行结构无法识别，文件已损坏。")

    def _stream(self, data: bytes) -> Iterator[Row]:
        """The general way, for sheets with comments, prefixes or other encodings."""
        started = False
        position = -1
        for element in stream(self.name, data, f"{X}row", self._keep):
            if not started:
                started = True
                holder = element.getparent()
                root = holder.getparent() if holder is not None else None
                self._columns = _hidden_columns(root) if root is not None else []
            row = self._row(element, position)
            position = row.index
            yield row

    def _keep(self, frame: etree._Element) -> None:
        self.frame = frame

    def plain(self, row: Row) -> bool:
        """Is everything in a row seen, cell by cell? Only then need nobody ask why a cell is not."""
        index = row.index
        if self.hidden or row.hidden or self._columns or index in self._merging or index in self._covered:
            return False
        return not self._unseen or not any(cell.unseen for cell in row.cells)

    def why_hidden(self, cell: Stored, column: int, row: Row) -> str:
        """Return why a cell cannot be seen, or an empty string."""
        if self.hidden:
            return "隐藏工作表"
        if row.hidden:
            return "隐藏行"
        if self._columns and any(first <= column <= last for first, last in self._columns):
            return "隐藏列"
        if self._covered and any(a <= column <= b and column != own for a, b, own in self._covered.get(row.index, ())):
            return "被合并单元格遮住"
        return cell.unseen

    def speaks(self, cell: Stored) -> bool:
        """Does the number format of a cell hold words? Such formats are not published."""
        return cell.style in self._wordy

    def _simple_row(self, head: str, content: str) -> Row | None:
        """Read a row of cells as Excel and others write them; None where anything else occurs."""
        place = _PLACE.match(head)
        if place is None or (index := int(place[1]) - 1) >= _MAX_ROW:
            return None
        values = self._head(head[place.end() :])
        parts = _CELL.split(content)  # what stands between cells, the column of one, its content, and so on
        if values is None or any(parts[::3]):
            return None
        try:
            columns = [self._letters[letters] for letters in parts[1::3]]
        except KeyError:
            self._letters |= {letters: column_number(letters) for letters in parts[1::3]}
            columns = [self._letters[letters] for letters in parts[1::3]]
        known = self._contents
        cells: list[Stored] = []
        for written in parts[2::3]:
            cell = known.get(written)
            if cell is None:
                made = self._content(written)
                if made is None:
                    return None
                if len(known) > _REMEMBERED:
                    known.clear()
                cell = known[written] = made
            cells.append(cell)
        return Row(index, values, _row_hidden(values), columns, cells)

    def _head(self, head: str) -> dict[str, str] | None:
        """Return the attributes of a row but its number; None where one is unknown."""
        if head not in self._heads:
            values: dict[str, str] = dict(_ATTRIBUTE.findall(head))
            known = values.keys() <= _ROW_ATTRIBUTES and not _ATTRIBUTE.sub("", head).strip()
            if len(self._heads) > _REMEMBERED:
                self._heads.clear()
            self._heads[head] = values if known else None
        return self._heads[head]

    def _content(self, written: str) -> Stored | None:
        """Return what a simple cell holds, from how it is written; None where it is not simple."""
        match = _CONTENT.fullmatch(written)
        if match is None:
            return None
        style, kind, formula, value, words = match.groups()
        if words and (value or kind == "s"):
            return None
        number = int(style) if style else 0
        cell = Stored(number, "", formula=resolve(formula) if formula else "", unseen=self._unseen.get(number, ""))
        if kind == "s":
            self._shared(cell, value or "")
        elif words:
            cell.kind, cell.text = "s", unescape(resolve(words))
        elif value:
            self._value(cell, kind or "n", resolve(value))
        return cell

    def _value(self, cell: Stored, kind: str, value: str) -> None:
        """Take the content of ``v`` over, other than a shared string."""
        if kind == "b":
            cell.kind, cell.raw, cell.text = "b", value, {"1": "TRUE", "0": "FALSE"}.get(value.strip(), value)
        elif kind in ("str", "e", "d", "inlineStr"):
            cell.kind, cell.text = "s", unescape(value)
        elif value.strip():
            cell.raw = value.strip()
            cell.text = display(cell.raw, self._formats[cell.style], date1904=self._formats.date1904)
            if not _is_number(cell.raw):
                cell.kind = "s"
            elif "E" in cell.text and (digits := plain_number(cell.raw)) != cell.text:
                cell.digits = digits

    def _row(self, element: etree._Element, previous: int) -> Row:
        values = {key: value for key, value in attributes(element) if not key.startswith("{")}
        stored = values.get("r", "")
        index = int(stored) - 1 if stored.isdigit() and 0 < int(stored[:9]) <= _MAX_ROW else previous + 1
        columns: list[int] = []
        cells: list[Stored] = []
        loose = [v for k, v in attributes(element) if k != "r" and is_text_attribute(element, k)]
        column = -1
        if element.text and not element.text.isspace():
            loose.append(element.text)
        for child in element:
            if child.tag == f"{X}c":
                column, cell = self._cell(child, column)
                columns.append(column)
                cells.append(cell)
            else:
                loose += _words(child)
            if child.tail and not child.tail.isspace():
                loose.append(child.tail)
        return Row(index, values, _row_hidden(values), columns, cells, tuple(loose))

    def _cell(self, c: etree._Element, previous: int) -> tuple[int, Stored]:
        """Return the column and the content of a ``c`` element; ``previous`` is the column before."""
        get = c.get
        reference = _REFERENCE.fullmatch(get("r") or "")
        column = column_number(reference[1]) if reference else previous + 1
        style = get("s")
        kind = get("t") or "n"
        loose: list[str] = []
        value, formula = "", ""
        inline: etree._Element | None = None
        for child in c:
            tag = child.tag
            if tag == f"{X}v":
                value = child.text or ""
            elif tag == f"{X}f":
                formula = child.text or ""
                loose += [v for k, v in attributes(child) if is_text_attribute(child, k)]
            elif tag == f"{X}is":
                inline = child
            else:
                loose += _words(child)
        if c.text and not c.text.isspace():
            loose.append(c.text)
        if len(c.attrib) > 3 or (get("r") and not reference):
            loose += [v for k, v in attributes(c) if k not in _CELL_ATTRIBUTES or (k == "r" and not reference)]
        number = int(style) if style and style.isdigit() else 0
        cell = Stored(number, "", formula=formula, unseen=self._unseen.get(number, ""))
        if kind == "s":
            self._shared(cell, value)
            if inline is not None:
                loose += [str(word) for word in inline.itertext()]
        elif inline is not None:
            cell.kind = "s"
            cell.text, cell.rich, asides = string_of(inline)
            loose += asides
            if value.strip():
                loose.append(value)
        else:
            self._value(cell, kind, value)
        if loose:
            cell.loose = tuple(word for word in loose if word.strip())
        return column, cell

    def _shared(self, cell: Stored, value: str) -> None:
        cell.kind = "s"
        index = int(value) if value.strip().isdigit() else -1
        if not 0 <= index < len(self._strings.texts):
            raise CorruptDocument(f"部件 {shown(self.name)} 引用了不存在的共享字符串，文件已损坏。")
        self.used.add(index)
        cell.text = self._strings.texts[index]
        cell.rich = self._strings.rich.get(index)


def merges(data: bytes) -> dict[tuple[int, int], tuple[int, int]]:
    """Return (row, column) of the first cell of each merged area → (rows, columns). They stand after the cells."""
    found = {}
    for left, top, right, bottom in _MERGE.findall(data) if b"mergeCell" in data else ():
        row, column = int(top) - 1, column_number(left.decode())
        size = (int(bottom) - row, column_number(right.decode()) - column + 1)
        if min(size) > 0:
            found[row, column] = size
    return found


def _covered(areas: dict[tuple[int, int], tuple[int, int]]) -> dict[int, list[tuple[int, int, int]]]:
    """Return row → (first, last, column that shows) of merged areas; at most a million rows in all."""
    rows: dict[int, list[tuple[int, int, int]]] = {}
    room = _MERGED_ROWS
    for (row, column), (height, width) in areas.items():
        room -= height
        if room < 0:
            raise LimitExceeded("合并单元格覆盖的行数过多，已停止读取。")
        for below in range(row, row + height):
            rows.setdefault(below, []).append((column, column + width - 1, column if below == row else -1))
    return rows


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _words(element: etree._Element) -> list[str]:
    """Text, attribute values and comments of an element that a row or cell should not have."""
    if not is_element(element):
        return [element.text or ""]
    words = [str(word) for word in element.itertext() if word.strip()]
    return words + [v for e in element.iter(etree.Element) for k, v in attributes(e) if is_text_attribute(e, k)]


def column_number(letters: str) -> int:
    """``A`` → 0, ``XFD`` → 16383."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return min(number, _MAX_COLUMN) - 1


def column_letters(column: int) -> str:
    """0 → ``A``, 16383 → ``XFD``."""
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def _hidden_columns(sheet: etree._Element) -> list[tuple[int, int]]:
    columns = sheet.find(f"{X}cols")
    found = []
    for column in columns if columns is not None else ():
        if is_element(column) and (column.get("hidden") in ("1", "true") or _FLAT.match(column.get("width", ""))):
            first, last = column.get("min", ""), column.get("max", "")
            if first.isdigit() and last.isdigit():
                found.append((int(first) - 1, int(last) - 1))
    return found


_FLAT = re.compile(r"(?=.)0*(\.\d*)?$")  # lower or narrower than one


def _row_hidden(values: dict[str, str]) -> bool:
    height = values.get("ht")
    return values.get("hidden") in ("1", "true") or (height is not None and bool(_FLAT.match(height)))


def _unseen(form: CellFormat, *, tabled: bool) -> str:
    if form.kind == "hidden":
        return "隐藏格式"
    return "" if tabled and form.unseen == WHITE else form.unseen


def simple(data: bytes) -> tuple[str, int, int] | None:
    """Return a worksheet as text, and from where to where its rows stand; None where that takes an XML parser.

    Without comments, CDATA sections and instructions, ``</row>`` can only be the end of a row.
    """
    if any(mark in data for mark in _NO_CHARACTERS) or _has_controls(data):
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if declaration := _DECLARATION.match(text):
        text = text[declaration.end() :]
    body_at = text.find("<sheetData>")
    if body_at < 0 or text.find("<sheetData", body_at + 1) >= 0 or "<!" in text or "<?" in text:
        return None
    if "<worksheet" not in text[:4000]:
        return None
    body_at += len("<sheetData>")
    end = text.find("</sheetData>", body_at)
    return (text, body_at, end) if end >= 0 else None


def _has_controls(data: bytes) -> bool:
    chunks = (data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK))
    return any(len(chunk.translate(None, _CONTROLS)) < len(chunk) for chunk in chunks)
