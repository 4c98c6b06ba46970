"""Web pages: what a visitor sees is text, everything else is hidden and leaves no trace in a copy.

A copy is a new page in UTF-8 with the kept elements, their plain attributes and links, and the pictures that the
page itself holds. Scripts, style sheets, comments, hidden elements, event and text attributes and outside pictures
are dropped.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from itertools import count
from urllib.parse import unquote

from lxml import etree

from review.errors import CorruptDocument, UnsupportedFormat
from review.formats._encoding import decode
from review.formats._html_walk import VOID, Close, Left, Open, Piece, walk
from review.formats._marks import REVERSED
from review.types import Block, Cell, Cut, Embedded, Erased, Format, Locator, Reading, Run, Span, Witness, Zone

_PART = "page"
_ARCHIVES = (".mht", ".mhtml")
_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml")
#: Text that may well quote tags.
_OTHERS = (".txt", ".md", ".markdown", ".csv", ".tsv", ".log", ".eml")
_OPENING = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|table|div|p|h1)[\s>]", re.IGNORECASE)
_FORCED = re.compile(r"<bdo\b|bidi-override", re.IGNORECASE)
_DATA_URI = re.compile(r'(?<= src=")data:image/[\w.+-]+;base64,[A-Za-z0-9+/=\s]+(?=")')

#: Elements before and after which a new line begins.
_LINE_TAGS = """
body header footer main nav section article aside address h1 h2 h3 h4 h5 h6 p div center pre blockquote ul ol li dl dt
dd table caption thead tbody tfoot tr td th hr form fieldset legend option details summary figure figcaption title
textarea select button
"""
_LINES = frozenset(_LINE_TAGS.split())
#: A cell with more of these than that, or with a table, is there for the layout.
_LAYOUT = 4


def sniff(data: bytes, suffix: str) -> bool:
    """Say whether this is a page: by a tag near its beginning, or by its name."""
    if suffix in _ARCHIVES:
        return True
    if suffix in _OTHERS or (suffix not in _SUFFIXES and not _OPENING.search(data[:2000])):
        return False
    return decode(data) is not None


def _page(data: bytes) -> str:
    if data[:4000].lower().find(b"mime-version:") >= 0 and b"multipart/related" in data[:4000].lower():
        raise UnsupportedFormat("不支持网页归档（mht），未能检查。请另存为 html 或 docx 后再送审。")
    decoded = decode(data) if data else None
    if decoded is None:
        raise CorruptDocument("无法识别网页的文字编码，未能检查。请另存为 UTF-8 编码后再送审。")
    return decoded.text


# ------------------------------------------------------------------------------------------ reading


def read(data: bytes) -> Reading:
    """Read what is shown, block by block, then what is not."""
    page = _Page()
    hidden: list[Piece] = []
    images: list[Embedded] = []
    source = _page(data)
    for event in walk(source):
        if isinstance(event, Open):
            page.open(event)
            if event.tag == "img":
                images.append(_image(event, len(images) + 1))
            for _, piece in event.values:
                page.add(piece)
        elif isinstance(event, Close):
            page.close(event.tag)
        elif isinstance(event, Piece):
            if event.zone in (Zone.BODY, Zone.HEADER):
                page.add(event)
            elif event.text.strip():
                hidden.append(event)
    page.flush()
    for piece in hidden:
        page.hide(piece)
    gaps = (REVERSED,) if _FORCED.search(source) else ()
    return Reading(tuple(page.runs), tuple(page.blocks), gaps, tuple(images))


@dataclass(slots=True)
class _Table:
    """Where the next cell of a table goes."""

    number: int
    row: int = -1
    column: int = 0
    taken: dict[tuple[int, int], None] = field(default_factory=dict)

    def place(self, rows: int, columns: int) -> Cell:
        while (self.row, self.column) in self.taken:
            self.column += 1
        for row in range(1, rows):
            for column in range(columns):
                self.taken[self.row + row, self.column + column] = None
        cell = Cell(self.number, max(self.row, 0), self.column, rows, columns)
        self.column += columns
        return cell


@dataclass(slots=True)
class _Page:
    """Runs and blocks under construction."""

    runs: list[Run] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    length: int = 0
    pending: list[Piece | None] = field(default_factory=list)  # of the block at hand; None is a line break in it
    tables: list[_Table] = field(default_factory=list)
    cells: list[Cell | None] = field(default_factory=list)  # around; None for layout
    numbers: Iterator[int] = field(default_factory=count)
    paragraphs: int = 0

    def open(self, event: Open) -> None:
        tag = event.tag
        if tag in ("td", "th"):
            self.flush()
            table = self.tables[-1] if self.tables else None
            cell = table.place(_spans(event.element, "rowspan"), _spans(event.element, "colspan")) if table else None
            self.cells.append(None if _is_layout(event.element) else cell)
        elif tag == "table":
            self.flush()
            self.tables.append(_Table(next(self.numbers)))
        elif tag == "tr" and self.tables:
            self.tables[-1].row += 1
            self.tables[-1].column = 0
        elif tag == "br" or tag in _LINES:
            self.end_line(soft=tag == "br")

    def close(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.flush()
            self.cells.pop()
        elif tag == "table":
            self.flush()
            self.tables.pop()
        elif tag in _LINES:
            self.end_line(soft=False)

    def end_line(self, *, soft: bool) -> None:
        """Break the line: a ``<br>`` and the lines of a cell stay in one block."""
        if soft or (self.cells and self.cells[-1]):
            self.pending.append(None)
        else:
            self.flush()

    def add(self, piece: Piece) -> None:
        if self.pending or piece.text.strip():
            self.pending.append(piece)

    def flush(self) -> None:
        """End the block at hand."""
        while self.pending and (self.pending[-1] is None or not self.pending[-1].text.strip()):
            self.pending.pop()
        while self.pending and self.pending[0] is None:
            self.pending.pop(0)
        pieces, self.pending = self.pending, []
        if not pieces:
            return
        start = self.length
        for piece in pieces:
            self._run(piece.text if piece else "\n", piece)
        shown = next(piece for piece in pieces if piece)
        cell = self.cells[-1] if self.cells else None
        self.blocks.append(Block(Span(start, self.length), shown.zone, shown.label or self._label(cell), cell))
        self._run("\n", None)

    def _label(self, cell: Cell | None) -> str:
        if cell:
            return f"表{cell.table + 1}第{cell.row + 1}行第{cell.column + 1}列"
        self.paragraphs += 1
        return f"第{self.paragraphs}段"

    def hide(self, piece: Piece) -> None:
        """Add something that is not shown as a block of its own."""
        self.blocks.append(Block(Span(self.length, self.length + len(piece.text)), piece.zone, piece.label))
        self._run(piece.text, piece)
        self._run("\n", None)

    def _run(self, text: str, piece: Piece | None) -> None:
        self.runs.append(Run(text, Locator(_PART, piece.node) if piece else None))
        self.length += len(text)


def _spans(element: etree._Element, name: str) -> int:
    value = element.get(name, "1")
    return min(max(int(value), 1), 200) if value.isascii() and value.isdigit() else 1


def _is_layout(cell: etree._Element) -> bool:
    parts = sum(1 for _ in cell.iterdescendants("p", "div", "h1", "h2", "h3", "h4", "li"))
    return parts > _LAYOUT or next(cell.iterdescendants("table"), None) is not None


def _image(event: Open, number: int) -> Embedded:
    """Return a picture that the page itself holds; one that does not decode is empty, and so refused later."""
    head, _, body = dict(event.attributes)["src"].partition(",")
    kind = head.partition("/")[2].partition(";")[0].lower()
    try:
        content = base64.b64decode(body)
    except (binascii.Error, ValueError):
        content = b""
    return Embedded(f"网页图片{number}", f"image{number}.{kind}", content, kept=True)


# ------------------------------------------------------------------------------------------ writing


def erase(data: bytes, reading: Reading, cuts: Sequence[Cut]) -> Erased:
    """Write the page anew: kept elements only, with the cuts applied."""
    edits: dict[tuple[int | str, ...], list[Cut]] = {}
    for cut in cuts:
        at = reading.runs[cut.run].at
        if at is not None:
            edits.setdefault(at.node, []).append(cut)
    left: dict[str, int] = {}
    out = ["<!DOCTYPE html>\n"]
    headed = False
    for event in walk(_page(data)):
        if isinstance(event, Open):
            if event.tag not in ("html", "head") and not headed:
                out.append('<head><meta charset="utf-8"></head>')
                headed = True
            values = [*event.attributes, *((key, _after(piece, edits)) for key, piece in event.values)]
            out.append(f"<{event.tag}{''.join(_attribute(*pair) for pair in values)}>")
            if event.tag == "head":
                out.append('<meta charset="utf-8">')
                headed = True
        elif isinstance(event, Close):
            out.append("" if event.tag in VOID else f"</{event.tag}>")
        elif isinstance(event, Left):
            left[event.what] = left.get(event.what, 0) + 1
        elif event.zone in (Zone.BODY, Zone.HEADER):
            out.append(escape(_after(event, edits), quote=False))
    notices = tuple(f"副本不含{what}（{number} 处）" for what, number in left.items())
    return Erased("".join(out).encode(), (*notices, "副本不含网页注释、脚本、样式表和属性文字，编码为 UTF-8"))


def _attribute(key: str, value: str) -> str:
    return f' {key}="{escape(value)}"'


def _after(piece: Piece, edits: Mapping[tuple[int | str, ...], Sequence[Cut]]) -> str:
    text = piece.text
    for cut in sorted(edits.get(piece.node, ()), key=lambda cut: -cut.start):
        text = text[: cut.start] + cut.replacement + text[cut.end :]
    return text


def put(data: bytes, parts: Mapping[str, bytes]) -> bytes:
    """Replace the pictures, given in their order."""
    images = iter(parts.values())

    def written(match: re.Match[str]) -> str:
        return f"{match[0].partition(',')[0]},{base64.b64encode(next(images)).decode()}"

    return _DATA_URI.sub(written, data.decode()).encode()


# ------------------------------------------------------------------------------------------ witness


class _Shown(HTMLParser):
    """Python's own parser: what lies between tags, and everything that stands in them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[str] = []
        self.other: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style")
        self.other += [value for _, value in attrs if value]
        self.shown += [value or "" for key, value in attrs if tag == "input" and key == "value"]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style") and self.silent > 0

    def handle_data(self, data: str) -> None:
        (self.other if self.silent else self.shown).append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)


def witness(data: bytes) -> Witness:
    """Return what Python's html.parser finds, and the raw text with entities and escapes resolved."""
    page = _page(data)
    parser = _Shown()
    parser.feed(page)
    parser.close()
    visible = "".join(parser.shown)
    raw = _DATA_URI.sub("", page)
    return Witness(visible, (raw, unescape(raw), unquote(raw), visible, "\n".join(parser.other)), ("html.parser",))


FORMAT = Format(
    name="html",
    media_type="text/html",
    suffixes=_SUFFIXES,
    sniff=sniff,
    read=read,
    erase=erase,
    witness=witness,
    put=put,
)
