"""A second reading of workbooks that shares no code with the reader: standard library, openpyxl for dates."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from io import BytesIO

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import from_excel

from review.errors import CorruptDocument
from review.formats._residue import Archive, residue
from review.types import Witness

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_CHINESE = {27: "yyyy年m月", 28: "m月d日", 31: "yyyy年m月d日", 57: "yyyy年m月", 58: "m月d日"}
_UNSEEN = frozenset({"1", "true"})
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ROW_OR_CELL = re.compile(r"<(?:\w+:)?(?:row\b([^>]*)>|c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>))", re.DOTALL)
_WORDS = re.compile(r"<(?:\w+:)?[tv](?:\s[^>]*)?>([^<]*)<")
_PHONETIC = re.compile(r"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh>", re.DOTALL)
_EDGES = {
    "oddHeader": "", "oddFooter": "", "firstHeader": "differentFirst", "firstFooter": "differentFirst",
    "evenHeader": "differentOddEven", "evenFooter": "differentOddEven",
}  # fmt: skip


def witness(data: bytes) -> Witness:
    """Return what the visible sheets show, and every string in the file. Raises ``CorruptDocument``."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            visible = "\n".join(_Book(archive).lines())
        return Witness(visible, tuple(residue(data)), ("zipfile+ElementTree+openpyxl",))
    except (zipfile.BadZipFile, ET.ParseError, KeyError, IndexError, ValueError) as error:
        raise CorruptDocument("核验时无法打开文件，文件已损坏。") from error


class _Book:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = Archive(archive)
        self.main = next(target for kind, target, _ in self.archive.links("") if kind == "officeDocument")
        links = self.archive.links(self.main)
        self.targets = {key: target for _, target, key in links}
        one = {kind: target for kind, target, _ in links}
        self.strings = (
            list(self._strings(one["sharedStrings"])) if one.get("sharedStrings") in self.archive.names else []
        )
        self.codes = self._codes(one["styles"]) if one.get("styles") in self.archive.names else []

    def lines(self) -> Iterator[str]:
        book = self.archive.parse(self.main)
        epoch = datetime(1904, 1, 1) if any(e.get("date1904") in _UNSEEN for e in book) else datetime(1899, 12, 30)
        edges: list[str] = []
        for sheet in book.iter():
            if _name(sheet) != "sheet" or sheet.get("state", "visible") != "visible":
                continue
            yield sheet.get("name", "")
            part = next(
                (self.targets[v] for k, v in sheet.attrib.items() if k.endswith("}id") and v in self.targets), ""
            )
            yield from self._sheet(part, epoch, edges)
            for kind, target, _ in self.archive.links(part):
                if kind == "drawing":
                    yield from self._drawing(target)
        yield from edges

    def _sheet(self, part: str, epoch: datetime, edges: list[str]) -> Iterator[str]:
        reader = _SheetReader(self.strings, self.codes, epoch)
        reader.parse(self.archive.data(part))
        edges += reader.edges
        yield from reader.lines

    def _strings(self, part: str) -> Iterator[str]:
        for _, element in ET.iterparse(BytesIO(self.archive.data(part))):
            if _name(element) == "si":
                yield _plain_text(element)
                element.clear()

    def _codes(self, part: str) -> list[str]:
        root = self.archive.parse(part)
        own = {int(e.get("numFmtId", "0")): e.get("formatCode", "") for e in root.iter() if _name(e) == "numFmt"}
        table = next((e for e in root if _name(e) == "cellXfs"), ET.Element("none"))
        numbers = [int(xf.get("numFmtId", "0")) for xf in table]
        return [own.get(n) or _CHINESE.get(n) or BUILTIN_FORMATS.get(n, "General") for n in numbers]

    def _drawing(self, part: str) -> Iterator[str]:
        root = self.archive.parse(part)
        targets = {key: target for _, target, key in self.archive.links(part)}
        drawn: list[str] = []
        yield from _paragraphs(root, drawn)
        for key in drawn:
            if targets.get(key) in self.archive.names:
                for element in self.archive.parse(targets[key]).iter():
                    if _name(element) == "p":
                        yield "".join(e.text or "" for e in element.iter() if _name(e) == "t")
                    elif _name(element) == "v" and "chart" in element.tag:
                        yield element.text or ""


class _SheetReader:
    """Cells of one sheet, found by pattern: published sheets are flat."""

    def __init__(self, strings: list[str], codes: list[str], epoch: datetime) -> None:
        self.lines: list[str] = []
        self.edges: list[str] = []
        self._strings, self._codes, self._epoch = strings, codes, epoch

    def parse(self, data: bytes) -> None:
        text = _COMMENT.sub("", data.decode("utf-8"))
        columns = [dict(_ATTRIBUTE.findall(match)) for match in re.findall(r"<(?:\w+:)?col\b([^>]*)>", text)]
        hidden = [(int(c.get("min", "1")), int(c.get("max", "1"))) for c in columns if c.get("hidden") in _UNSEEN]
        shown = True
        for match in _ROW_OR_CELL.finditer(text):
            row, cell, inner = match.groups()
            if row is not None:
                shown = dict(_ATTRIBUTE.findall(row)).get("hidden") not in _UNSEEN
            elif shown and inner:
                self._cell(cell, inner, hidden)
        self._edges(text)

    def _edges(self, text: str) -> None:
        for holder in re.findall(r"<(?:\w+:)?headerFooter\b[^>]*>", text):
            switches = dict(_ATTRIBUTE.findall(holder))
            for name, switch in _EDGES.items():
                if not switch or switches.get(switch) in _UNSEEN:
                    self.edges += map(html.unescape, re.findall(rf"<(?:\w+:)?{name}\b[^>]*>([^<]*)<", text))

    def _cell(self, head: str, inner: str, hidden: list[tuple[int, int]]) -> None:
        attributes = dict(_ATTRIBUTE.findall(head))
        if hidden:
            letters = re.match("[A-Z]+", attributes.get("r", ""))
            column = _column(letters[0]) if letters else 0
            if any(first <= column <= last for first, last in hidden):
                return
        kind = attributes.get("t", "n")
        value = html.unescape("".join(_WORDS.findall(_PHONETIC.sub("", inner) if "rPh" in inner else inner)))
        style = int(attributes.get("s", "0"))
        code = self._codes[style] if style < len(self._codes) else "General"
        if not value or code.replace(" ", "").startswith(";;"):
            return
        if kind == "s":
            value = self._strings[int(value)]
        elif kind == "b":
            value = "TRUE" if value == "1" else "FALSE"
        elif kind != "n":
            value = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), value) if "_x" in value else value
        else:
            value = _number(value, code, self._epoch)
        self.lines.append(value)


def _paragraphs(parent: ET.Element, drawn: list[str]) -> Iterator[str]:
    for child in parent:
        name = _name(child)
        if name == "Fallback" or any(_name(p) == "cNvPr" and p.get("hidden") in _UNSEEN for nv in child for p in nv):
            continue
        if name == "p":
            yield "".join(e.text or "" for e in child.iter() if _name(e) == "t")
        elif name in ("chart", "relIds"):
            drawn += [v for k, v in child.attrib.items() if k.endswith(("}id", "}dm"))]
        else:
            yield from _paragraphs(child, drawn)


def _number(value: str, code: str, epoch: datetime) -> str:
    if code == "General" and len(value) < 12 and value.isdigit():
        return value
    if is_date_format(code):
        moment = from_excel(float(value), epoch)
        if isinstance(moment, time):
            moment = datetime.combine(datetime(1899, 12, 31), moment)
        if isinstance(moment, timedelta):
            return str(moment)
        return _render(moment, code) if isinstance(moment, datetime) else value
    number = float(value)
    if code == "General" and abs(number) >= 1e11:
        return f"{number:.5E}".replace("00000E", "E").replace(".E", "E")
    return f"{int(number)}" if number == int(number) and abs(number) < 1e15 else value


def _render(moment: datetime, code: str) -> str:
    """Put numbers for letters: enough to compare the characters of a date."""
    bare = re.sub(r"\[[^\]]*\]|[_*].", "", code.split(";")[0]).replace('"', "").replace("\\", "")
    clock = bool(re.search("h|s", bare, re.IGNORECASE))
    out = ""
    for token in re.findall(r"AM/PM|上午/下午|y+|m+|d+|h+|s+|.", bare, re.IGNORECASE):
        kind, size = token[0].lower(), len(token)
        if token.upper() == "AM/PM":
            out += "AM" if moment.hour < 12 else "PM"
        elif kind == "y":
            out += str(moment.year) if size > 2 else f"{moment.year:04d}"[2:]
        elif kind == "m":
            minute = clock and re.search(r"h\W*$|:$", bare[: bare.find(token)], re.IGNORECASE)
            number = moment.minute if minute else moment.month
            out += str(number).zfill(min(size, 2)) if size < 3 else moment.strftime("%b" if size == 3 else "%B")
            bare = bare.replace(token, "\x00" * size, 1)
        elif kind == "d":
            out += str(moment.day).zfill(size) if size < 3 else moment.strftime("%a" if size == 3 else "%A")
        elif kind == "h":
            hour = moment.hour if "M/PM" not in code.upper() and "上午" not in code else moment.hour % 12 or 12
            out += str(hour).zfill(min(size, 2))
        elif kind == "s":
            out += str(moment.second).zfill(min(size, 2))
        else:
            out += token
    return out


def _plain_text(item: ET.Element) -> str:
    holders = [item, *(e for e in item if _name(e) == "r")]
    pieces = [e.text or "" for holder in holders for e in holder if _name(e) == "t"]
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), "".join(pieces))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
