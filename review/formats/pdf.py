"""PDF: text layer with one box a glyph; redacted means that the glyphs are gone from the content streams.

``Run.boxes`` are default user space (points, origin bottom left, before /Rotate and without the crop box's offset).
``Locator(part='page/3', node=(17, 18, …))``: page 3, one glyph number of the page's trace a character.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from review.formats._pdf_font import UNMAPPED
from review.formats._pdf_grid import Grid
from review.formats._pdf_layout import BETWEEN, Char, Passage, passages
from review.formats._pdf_meta import attachments, strings
from review.formats._pdf_open import flatten, open_pdf
from review.formats._pdf_pages import PageView, views
from review.formats._pdf_pictures import picture, put
from review.formats._pdf_raster import page_image
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

__all__ = ["FORMAT", "page_image", "read"]

_MAX_PICTURES = 400


def sniff(data: bytes, suffix: str) -> bool:
    """Whether a file is a PDF: the mark may stand after some leading bytes, as viewers allow."""
    return b"%PDF-" in data[:1024] and (suffix == ".pdf" or data[:5] == b"%PDF-" or not data[:1].isalnum())


def read(data: bytes) -> Reading:
    """Read pages, and everything beside them that bears text. Raises ``InputError``."""
    pdf = open_pdf(data)
    found = strings(pdf)
    embedded, gaps = attachments(pdf)
    flatten(pdf)
    out = _Builder(embedded=embedded, gaps=gaps)
    tail: list[tuple[PageView, list[Passage], str]] = []
    try:
        for view in views(pdf):
            out.page(view)
            seen = picture(pdf, view)
            if seen is not None and out.pictures < _MAX_PICTURES:
                out.embedded.append(seen)
                out.pictures += 1
            elif seen is not None:
                out.gaps.append(Gap(seen.part, "图片过多，未能检查图片中的文字"))
            tail.extend(_hidden_passages(view))
    finally:
        pdf.close()
    for view, hidden, label in tail:
        for passage in hidden:
            out.passage(view, passage, Zone.HIDDEN, label)
    for zone, label, text in found:
        out.text(zone, label, text, Locator("meta", (len(out.runs),)))
    return Reading(tuple(out.runs), tuple(out.blocks), tuple(out.gaps), tuple(out.embedded))


def _hidden_passages(view: PageView) -> Iterable[tuple[PageView, list[Passage], str]]:
    reasons: dict[str, list[int]] = {}
    for i in sorted(view.unseen):
        reasons.setdefault(view.unseen[i], []).append(i)
    for reason, numbers in reasons.items():
        found, _ = passages(view.trace, numbers, view.rotate)
        yield view, found, f"第{view.number + 1}页{reason}"
    actuals = [actual for actual in view.trace.actuals if not actual.kept]
    spelled = (actual.text for actual in actuals if not _spells(view, actual.glyphs, actual.text))
    for text in (*spelled, *view.trace.alternates):
        if text.strip():
            yield view, [Passage(tuple(Char(c, BETWEEN) for c in text))], f"第{view.number + 1}页替代文字"


def _spells(view: PageView, glyphs: Sequence[int], text: str) -> bool:
    """Whether ActualText says just what its glyphs say."""
    shown = "".join(view.trace.glyphs[i].text for i in glyphs)
    return "".join(shown.split()) == "".join(text.split())


@dataclass(slots=True)
class _Builder:
    runs: list[Run] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    embedded: list[Embedded] = field(default_factory=list)
    length: int = 0
    tables: int = 0
    pictures: int = 0
    #: the last page's last table: number, rules, rows so far
    last: tuple[int, tuple[float, ...], int] | None = None

    def add(self, run: Run) -> None:
        self.runs.append(run)
        self.length += len(run.text)

    def separate(self) -> None:
        """Set a line break between blocks."""
        if self.length:
            self.add(Run("\n"))

    def page(self, view: PageView) -> None:
        label = f"第{view.number + 1}页"
        if view.failure:
            self.gaps.append(Gap(label, view.failure))
            return
        found, grids = passages(view.trace, view.seen, view.rotate)
        tables = self._tables(found, grids)
        for passage in found:
            if passage.table < 0:
                self.passage(view, passage, Zone.BODY, label)
                continue
            number, first = tables[passage.table]
            row = first + passage.row
            cell = Cell(number, row, passage.column, passage.rows, passage.columns)
            self.passage(view, passage, Zone.BODY, f"{label}表{number + 1}第{row + 1}行", cell)
        self._gaps(view, label)

    def _tables(self, found: list[Passage], grids: list[Grid]) -> dict[int, tuple[int, int]]:
        """Return grid → table number and its first row; a table that runs on from the page before keeps its number."""
        out: dict[int, tuple[int, int]] = {}
        ordered = list(dict.fromkeys(passage.table for passage in found if passage.table >= 0))
        lead = sum(passage.table < 0 for passage in found[: next((k for k, p in enumerate(found) if p.table >= 0), 0)])
        for place, grid in enumerate(ordered):
            xs = grids[grid].xs
            rows = len(grids[grid].slots)
            last = self.last
            if place == 0 and lead <= 2 and last and len(last[1]) == len(xs) and _close(last[1], xs):
                out[grid] = (last[0], last[2])
                self.last = (last[0], xs, last[2] + rows)
            else:
                out[grid] = (self.tables, 0)
                self.last = (self.tables, xs, rows)
                self.tables += 1
        after = 0
        for passage in reversed(found):
            if passage.table >= 0:
                break
            after += 1
        if not ordered or after > 2:
            self.last = None
        return out

    def passage(self, view: PageView, passage: Passage, zone: Zone, label: str, cell: Cell | None = None) -> None:
        """Append one block: runs of glyphs, with separators of their own between."""
        self.separate()
        part = f"page/{view.number + 1}"
        glyphs = view.trace.glyphs
        start = self.length
        text: list[str] = []
        node: list[int] = []
        boxes: list[Box] = []

        def flush() -> None:
            if text:
                self.add(Run("".join(text), Locator(part, tuple(node)), tuple(boxes)))
                text.clear()
                node.clear()
                boxes.clear()

        box = Box(view.number, 0.0, 0.0, 0.0, 0.0)
        last = BETWEEN
        for char, i in passage.chars:
            if i == BETWEEN:
                flush()
                self.add(Run(char))
                continue
            if i != last:
                glyph = glyphs[i]
                box = Box(view.number, glyph.x0, glyph.y0, glyph.x1, glyph.y1)
                last = i
            text.append(char)
            node.append(i)
            boxes.append(box)
        flush()
        if self.length > start:
            self.blocks.append(Block(Span(start, self.length), zone, label, cell))

    def text(self, zone: Zone, label: str, text: str, at: Locator) -> None:
        self.separate()
        start = self.length
        self.add(Run(text, at))
        self.blocks.append(Block(Span(start, self.length), zone, label))

    def _gaps(self, view: PageView, label: str) -> None:
        shown = "".join(view.trace.glyphs[i].text for i in view.seen)
        letters = sum(not c.isspace() for c in shown)
        unknown = sum(c == UNMAPPED or "\ue000" <= c <= "\uf8ff" for c in shown)
        if unknown >= max(4, 0.02 * letters):
            self.gaps.append(Gap(label, f"有{unknown}个字符没有编码对照，未能检查"))
        self.gaps.extend(Gap(label, f"{doubt}，未能检查") for doubt in view.trace.doubts)


def _close(one: Sequence[float], two: Sequence[float]) -> bool:
    return all(abs(a - b) <= 3 for a, b in zip(one, two, strict=True))


def erase(data: bytes, reading: Reading, cuts: Sequence[Cut]) -> Erased:
    """Return a copy without the cut glyphs. Its modules, of fonts above all, load here: a check needs none of them."""
    from review.formats import _pdf_erase

    return _pdf_erase.erase(data, reading, cuts)


def witness(data: bytes) -> Witness:
    """Return what other code reads in a copy."""
    from review.formats import _pdf_residue

    return _pdf_residue.witness(data)


FORMAT = Format(
    name="pdf",
    media_type="application/pdf",
    suffixes=(".pdf",),
    sniff=sniff,
    read=read,
    erase=erase,
    witness=witness,
    writes_replacement=False,
    put=put,
)
