"""OFD (GB/T 33190): text with one box a character; redacted means that characters and their glyph numbers are gone.

``Run.boxes`` are points with the origin at the bottom left of the page, as for PDF (a millimetre is 72/25.4 points).
``Locator(part='page/3', node=(17, 18, …))``: page 3, one glyph number of the page's trace a character. Templates and
composite units are read on every page that uses them, and cut on that page alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lxml import etree

from review.errors import CorruptDocument
from review.formats import _ofd_copy, _opc
from review.formats._ofd_package import Book, Resource, entry_name, file_of, open_book
from review.formats._ofd_sweep import Found, sweep
from review.formats._ofd_trace import View, view
from review.formats._ooxml_copy import picture_suffix, reencode
from review.formats._pdf_layout import BETWEEN, Char, Passage, passages
from review.formats._pdf_trace import Paint
from review.types import (
    Block,
    Box,
    Cell,
    Cut,
    Embedded,
    Erased,
    Format,
    Gap,
    Locator,
    Reading,
    Run,
    Span,
    Witness,
    Zone,
)

#: A page without text that draws at least so many shapes may show words as outlines.
_OUTLINES = 1
_PICTURED_OUTLINES = 40  # where pictures, which are read, explain the page
_FRAME = 0.35  # share of the page: a larger cell is a frame
_RIM = 8.0  # points: width of a frame with double lines


def sniff(data: bytes, suffix: str) -> bool:
    """A zip file with OFD.xml inside; or a damaged zip file with the suffix .ofd."""
    return data.startswith(b"PK") and (bool(entry_name(data)) or suffix == ".ofd")


def read(data: bytes) -> Reading:
    """Read pages, and everything beside them that bears text. Raises ``InputError``."""
    book = open_book(data)
    views = _views(book)
    everything = [one for several in views.values() for one in several]
    out = _Builder()
    for one in everything:
        out.page(one)
    for one in everything:
        out.hidden(one)
    for item in sweep(book, _shown(everything)):
        if isinstance(item, Found):
            out.text(item)
        elif isinstance(item, Gap):
            out.gaps.append(item)
        else:
            out.embedded.append(item)
    kept = _ofd_copy.picture_names(book, everything)
    pictures = [Embedded(name, name.rpartition("/")[2], book.package.parts[part], True) for part, name in kept.items()]
    others = [
        Embedded(part, part.rpartition("/")[2], blob)
        for part, blob in book.package.parts.items()
        if picture_suffix(blob) and part not in kept
    ]
    out.gaps += _unread_pictures(book, everything)
    return Reading(tuple(out.runs), tuple(out.blocks), tuple(out.gaps), (*pictures, *others, *out.embedded))


def _views(book: Book) -> dict[int, list[View]]:
    """Return the traced pages of each document."""
    known: dict[str, Mapping[int, str]] = {}

    def reverse(font: Resource) -> Mapping[int, str]:
        part = file_of(book, font, "FontFile")
        if part not in known:
            known[part] = _characters(book.package.parts[part]) if part else {}
        return known[part]

    return {k: [view(page, body, reverse) for page in body.pages] for k, body in enumerate(book.bodies)}


def _characters(program: bytes) -> Mapping[int, str]:
    """Return what the glyphs of an embedded font are; fontTools loads for files that embed one."""
    from review.formats import _ofd_font

    return _ofd_font.reverse(program)


def _shown(views: Sequence[View]) -> set[etree._Element]:
    return {code for one in views for text in {spot.text for spot in one.spots} for code in text}


def _unread_pictures(book: Book, views: Sequence[View]) -> Iterator[Gap]:
    for one in views:
        unread = 0
        for page, key in one.pictures:
            resource = page.resources.get(key)
            part = file_of(book, resource, "MediaFile") if resource is not None else ""
            unread += bool(part) and not picture_suffix(book.package.parts[part])
        if unread:
            yield Gap(f"第{one.page.number + 1}页", f"有{unread}幅图片格式无法识别，未能检查图片中的文字")


# --------------------------------------------------------------------------------------------- reading


@dataclass(slots=True)
class _Builder:
    runs: list[Run] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    embedded: list[Embedded] = field(default_factory=list)
    length: int = 0
    tables: int = 0

    def page(self, one: View) -> None:
        """Append what a page shows: cells of ruled tables, and paragraphs."""
        label = f"第{one.page.number + 1}页"
        found = _layout(one)
        numbers: dict[int, int] = {}
        for passage in found:
            if passage.table < 0:
                self._passage(one, passage, Zone.BODY, label)
                continue
            number = numbers.setdefault(passage.table, self.tables + len(numbers))
            cell = Cell(number, passage.row, passage.column, passage.rows, passage.columns)
            self._passage(one, passage, Zone.BODY, f"{label}表{number + 1}第{passage.row + 1}行", cell)
        self.tables += len(numbers)
        self._gaps(one, label)

    def hidden(self, one: View) -> None:
        """Append the text of a page that nobody sees."""
        reasons: dict[str, list[int]] = {}
        for i, why in sorted(one.unseen.items()):
            reasons.setdefault(why, []).append(i)
        for why, members in reasons.items():
            for passage in passages(one.trace, members, 0)[0]:
                self._passage(one, passage, Zone.HIDDEN, f"第{one.page.number + 1}页{why}")

    def text(self, found: Found) -> None:
        """Append a text that stands on no page."""
        self._separate()
        at = Locator("meta", (len(self.runs),))
        self._block([Run(found.text, at)], found.zone, found.label, None)

    def _passage(self, one: View, passage: Passage, zone: Zone, label: str, cell: Cell | None = None) -> None:
        self._separate()
        self._block(list(_runs(one, passage.chars)), zone, label, cell)

    def _block(self, runs: list[Run], zone: Zone, label: str, cell: Cell | None) -> None:
        start = self.length
        self.runs += runs
        self.length += sum(len(run.text) for run in runs)
        if self.length > start:
            self.blocks.append(Block(Span(start, self.length), zone, label, cell))

    def _separate(self) -> None:
        if self.length:
            self.runs.append(Run("\n"))
            self.length += 1

    def _gaps(self, one: View, label: str) -> None:
        letters = sum(one.trace.glyphs[i].text.isalnum() for i in one.seen)
        if not letters and one.shapes >= (_PICTURED_OUTLINES if one.pictures else _OUTLINES):
            self.gaps.append(Gap(label, "无文字层，可能以图形绘制文字，未能检查"))
        if one.unknown >= max(4, 0.02 * letters):
            self.gaps.append(Gap(label, f"有{one.unknown}个字符没有编码对照，未能检查"))
        if one.foreign >= max(4, 0.02 * letters):
            self.gaps.append(Gap(label, f"有{one.foreign}个字符的字形与编码不一致，显示内容未能检查"))


def _layout(one: View) -> list[Passage]:
    """Return the passages of a page; a frame around the page is no table of one cell."""
    found, tables = passages(one.trace, one.seen, 0)
    width, height = one.box[2], one.box[3]
    frames = [
        (x0, y0, x1, y1)
        for grid in tables
        for row, column, rows, columns in grid.cells
        for x0, y0, x1, y1 in [(grid.xs[column], -grid.ys[row + rows], grid.xs[column + columns], -grid.ys[row])]
        if (x1 - x0) * (y1 - y0) > _FRAME * width * height
    ]
    if not frames:
        return found

    def rims(paint: Paint) -> bool:
        return any(
            (paint.x1 - paint.x0 < _RIM and min(abs(paint.x0 - x0), abs(paint.x1 - x1)) < _RIM)
            or (paint.y1 - paint.y0 < _RIM and min(abs(paint.y0 - y0), abs(paint.y1 - y1)) < _RIM)
            for x0, y0, x1, y1 in frames
        )

    return passages(replace(one.trace, paints=[p for p in one.trace.paints if not rims(p)]), one.seen, 0)[0]


def _runs(one: View, chars: Sequence[Char]) -> Iterator[Run]:
    """Yield glyphs as runs with their boxes, and what the layout put between them as separators."""
    part = f"page/{one.page.number + 1}"
    text: list[str] = []
    node: list[int | str] = []
    boxes: list[Box] = []
    for char, i in [*chars, Char("", BETWEEN)]:
        if i != BETWEEN:
            glyph = one.trace.glyphs[i]
            text.append(char)
            node.append(i)
            boxes.append(Box(one.page.number, glyph.x0, glyph.y0, glyph.x1, glyph.y1))
            continue
        if text:
            yield Run("".join(text), Locator(part, tuple(node)), tuple(boxes))
            text, node, boxes = [], [], []
        if char:
            yield Run(char)


# --------------------------------------------------------------------------------------------- writing


def erase(data: bytes, reading: Reading, cuts: Sequence[Cut]) -> Erased:
    """Return a copy of what the pages show without the cut characters; black boxes stand in their place."""
    book = open_book(data)
    views = _views(book)
    gone: dict[int, set[int]] = {}
    for cut in cuts:
        at = reading.runs[cut.run].at
        if at is not None and at.part.startswith("page/"):
            page = int(at.part.removeprefix("page/")) - 1
            gone.setdefault(page, set()).update(int(i) for i in at.node[cut.start : cut.end])
    for several in views.values():
        for one in several:
            killed = gone.get(one.page.number, set())
            killed |= {twin for twin, glyph in one.twins.items() if glyph in killed}
    written, notices = _ofd_copy.write(book, views, gone)
    return Erased(written, (*_dropped(book, views), *notices))


_KINDS = (
    ("Signatures", "已删除电子签名与签章（改动后的文件签名失效）"),
    ("Versions", "已删除历史版本"),
    ("CustomDatas", "已删除自定义元数据"),
    ("Annotations", "已删除注释（批注、链接、水印、图章）"),
    ("CustomTags", "已删除自定义标引"),
    ("Attachments", "已删除附件"),
    ("Extensions", "已删除扩展信息"),
    ("Outlines", "已删除大纲"),
    ("Bookmarks", "已删除书签"),
    ("Actions", "已删除动作与链接"),
    ("Text", "已删除以文字为边界的裁剪区"),
)


def _dropped(book: Book, views: Mapping[int, list[View]]) -> Iterator[str]:
    """Say in Chinese what the copy does not contain."""
    yield "已删除文档属性（作者、标题、关键词、日期等），部件按规范重新编写"
    names = {_opc.local(e.tag) for root in book.roots.values() for e in root.iter(etree.Element)}
    yield from (notice for kind, notice in _KINDS if kind in names)
    if any(one.unseen for several in views.values() for one in several):
        yield "已删除页面上看不见的文字"
    if any(one.pictures for several in views.values() for one in several):
        yield "图片已重新编码，不含拍摄等元数据"


def put(data: bytes, files: Mapping[str, bytes]) -> bytes:
    """Return a published copy with some of its pictures replaced (part name → bytes)."""
    package = _opc.unpack(data)
    changed = dict(package.parts)
    for name, blob in files.items():
        if name not in changed or not picture_suffix(blob):
            raise CorruptDocument(f"无法把处理后的图片写回 {_opc.shown(name)}。")
        suffix = picture_suffix(blob)
        plain = suffix == name.rpartition(".")[2] and blob.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"))
        changed[name] = blob if plain else reencode(blob)
    return _opc.write_zip(changed.items())


def witness(data: bytes) -> Witness:
    """Return what other code reads in a copy. Loaded when something was written: a check needs none of it."""
    from review.formats import _ofd_witness

    return _ofd_witness.witness(data)


FORMAT = Format(
    name="ofd",
    media_type="application/ofd",
    suffixes=(".ofd",),
    sniff=sniff,
    read=read,
    erase=erase,
    witness=witness,
    writes_replacement=False,
    put=put,
)
