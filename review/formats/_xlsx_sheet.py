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
from review.formats._xlsx_number import WHITE, CellFormat, CellFormats, X
from review.formats._xlsx_number import shown as display
from review.formats._xlsx_strings import Pieces, SharedStrings, resolve, stream, string_of, unescape

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_CELL_ATTRIBUTES = frozenset(["r", "s", "t", "cm", "vm", "ph"])
_KNOWN = frozenset({f"{X}v", f"{X}f", f"{X}is"})
_MAX_COLUMN = 16384
_MERGED_ROWS = 3_000_000
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']")

_ROW = re.compile(r"<row\b([^>]*?)(?:/>|>(.*?)</row>)", re.DOTALL)
_CELL = re.compile(
    r'(<c r="([A-Z]{1,3})\d{1,7}"(?: s="(\d{1,6})")?(?: t="(s|n|str|b|e|d|inlineStr)")?(?:/>|>'
    r"(?:<f>([^<]*)</f>)?(?:<v>([^<]*)</v>)?(?:<is><t(?: xml:space=\"preserve\")?>([^<]*)</t></is>)?</c>))"
)
_ATTRIBUTE = re.compile(r'\s+([\w:.]+)="(\d{1,8}|\d{1,4}\.\d{1,20}|\d{1,5}:\d{1,5}|true|false)"')
_ROW_ATTRIBUTES = {"r", "spans", "s", "customFormat", "ht", "hidden", "customHeight", "outlineLevel", "collapsed"} | {
    "thickTop", "thickBot", "x14ac:dyDescent"
}  # fmt: skip
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(slots=True)
class Stored:
    """One cell as stored. ``text`` is what it shows; rows and columns count from 0."""

    row: int
    column: int
    style: int
    text: str
    raw: str = ""  # number, boolean or error as stored; empty for strings
    kind: str = "n"  # n number, b boolean, e error, s string
    rich: Pieces | None = None
    formula: str = ""
    string: int = -1  # index of the shared string
    loose: tuple[str, ...] = ()  # text where none belongs


@dataclass(slots=True)
class Row:
    """One row: its number from 0, its attributes, whether it is hidden, its cells."""

    index: int
    attributes: dict[str, str]
    hidden: bool
    cells: list[Stored]
    loose: tuple[str, ...] = ()


class Sheet:
    """One pass over a worksheet. ``frame`` is complete when ``rows`` is exhausted."""

    def __init__(
        self, name: str, data: bytes, strings: SharedStrings, formats: CellFormats, *, hidden: bool, tabled: bool
    ) -> None:
        self.name = name
        self.hidden = hidden
        self.frame: etree._Element | None = None
        self.merges = merges(data)
        self._strings = strings
        self._formats = formats
        self._columns: list[tuple[int, int]] = []  # hidden ones
        self._covered = _covered(self.merges)
        # A table style may paint a background: white text is then visible.
        self._unseen = {n: why for n, f in enumerate(formats.formats) if (why := _unseen(f, tabled=tabled))}
        self._wordy = {n for n, f in enumerate(formats.formats) if speaks(f.code)}
        self._letters: dict[str, int] = {}
        self._data = data

    def rows(self) -> Iterator[Row]:
        """Yield the rows in stored order."""
        _opc.refuse_doctype(self.name, self._data)
        data = _opc.transitional(self._data)
        plain = simple(data)
        if plain is None:
            yield from self._stream(data)
            return
        head, body, tail = plain
        self.frame = _opc.parse(self.name, f"{head}{tail}".encode())
        self._columns = _hidden_columns(self.frame)
        opening = head[head.index("<worksheet") :]
        opening = opening[: opening.index(">") + 1]
        position, end = -1, 0
        for match in _ROW.finditer(body):
            if match.start() != end and body[end : match.start()].strip():
                raise CorruptDocument(f"部件 {shown(self.name)} 的行结构无法识别，文件已损坏。")
            end = match.end()
            row = self._simple_row(match[1], match[2] or "", position)
            if row is None:
                element = _opc.parse(self.name, f"{opening}{match[0]}</worksheet>".encode())[0]
                row = self._row(element, position)
            position = row.index
            yield row
        if body[end:].strip():
            raise CorruptDocument(f"部件 {shown(self.name)} 的行结构无法识别，文件已损坏。")

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

    def why_hidden(self, cell: Stored, row: Row) -> str:
        """Return why a cell cannot be seen, or an empty string."""
        if self.hidden:
            return "隐藏工作表"
        if row.hidden:
            return "隐藏行"
        column = cell.column
        if self._columns and any(first <= column <= last for first, last in self._columns):
            return "隐藏列"
        if self._covered and any(a <= column <= b and column != own for a, b, own in self._covered.get(cell.row, ())):
            return "被合并单元格遮住"
        return self._unseen.get(cell.style, "") if self._unseen else ""

    def speaks(self, cell: Stored) -> bool:
        """Does the number format of a cell hold words? Such formats are not published."""
        return cell.style in self._wordy

    def _simple_row(self, head: str, content: str, previous: int) -> Row | None:
        """Read a row of cells as Excel and others write them; None where anything else occurs."""
        values: dict[str, str] = dict(_ATTRIBUTE.findall(head))
        if _ATTRIBUTE.sub("", head).strip() or not values.keys() <= _ROW_ATTRIBUTES:
            return None
        stored = values.get("r", "")
        if not (stored.isascii() and stored.isdigit() and 0 < int(stored[:9]) <= 1_048_576):
            return None
        found = _CELL.findall(content)
        if sum(map(len, [cell[0] for cell in found])) != len(content):
            return None
        index = int(stored) - 1
        cells: list[Stored] = []
        columns = self._letters
        for _, letters, style, kind, formula, value, words in found:
            column = columns.get(letters)
            if column is None:
                column = columns[letters] = column_number(letters)
            cell = Stored(index, column, int(style) if style else 0, "")
            if formula:
                cell.formula = resolve(formula)
            if kind == "s":
                self._shared(cell, value)
            elif words:
                cell.kind, cell.text = "s", unescape(resolve(words))
                if value:
                    return None
            elif value:
                self._value(cell, kind or "n", resolve(value))
            cells.append(cell)
        return Row(index, values, _row_hidden(values), cells)

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

    def _row(self, element: etree._Element, previous: int) -> Row:
        values = {key: value for key, value in attributes(element) if not key.startswith("{")}
        stored = values.get("r", "")
        index = int(stored) - 1 if stored.isdigit() and 0 < int(stored[:9]) <= 1_048_576 else previous + 1
        cells: list[Stored] = []
        loose = [v for k, v in attributes(element) if k != "r" and is_text_attribute(element, k)]
        column = -1
        if element.text and not element.text.isspace():
            loose.append(element.text)
        for child in element:
            if child.tag == f"{X}c":
                cell = self._cell(child, index, column)
                column = cell.column
                cells.append(cell)
            else:
                loose += _words(child)
            if child.tail and not child.tail.isspace():
                loose.append(child.tail)
        return Row(index, values, _row_hidden(values), cells, tuple(loose))

    def _cell(self, c: etree._Element, row: int, previous: int) -> Stored:
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
        cell = Stored(row, column, number, "", formula=formula)
        if kind == "s":
            self._shared(cell, value)
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
        return cell

    def _shared(self, cell: Stored, value: str) -> None:
        cell.kind = "s"
        index = int(value) if value.strip().isdigit() else -1
        if not 0 <= index < len(self._strings.texts):
            raise CorruptDocument(f"部件 {shown(self.name)} 引用了不存在的共享字符串，文件已损坏。")
        cell.string = index
        cell.text = self._strings.texts[index]
        cell.rich = self._strings.rich.get(index)


def merges(data: bytes) -> dict[tuple[int, int], tuple[int, int]]:
    """Return (row, column) of the first cell of each merged area → (rows, columns). They stand after the cells."""
    found = {}
    for left, top, right, bottom in _MERGE.findall(data):
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


def simple(data: bytes) -> tuple[str, str, str] | None:
    """Split a worksheet into what stands before, in and after its rows; None where that takes an XML parser.

    Without comments, CDATA sections and instructions, ``</row>`` can only be the end of a row.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    declaration = _DECLARATION.match(text)
    body_at = text.find("<sheetData>")
    if body_at < 0 or text.find("<sheetData", body_at + 1) >= 0 or "<!" in text or "<worksheet" not in text[:4000]:
        return None
    start = declaration.end() if declaration else 0
    if text.find("<?", start) >= 0 or _ILLEGAL.search(text):
        return None
    body_at += len("<sheetData>")
    end = text.find("</sheetData>", body_at)
    return (text[start:body_at], text[body_at:end], text[end:]) if end >= 0 else None
