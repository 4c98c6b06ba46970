"""Walk the parts of a Word document in reading order: which stored characters stand where, and who sees them.

The reader and the eraser use the same walk, so that what is called visible and what is kept cannot differ.
Zones: inserted text is BODY, deleted and moved-away text REVISION; vanished, white or tiny text, field codes and
``mc:Fallback`` twins are HIDDEN.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from review.formats._docx_looks import concealed, fills
from review.formats._ooxml import GLYPH, TEXT, A, Atom, C, M, Part, Passage, V, is_spare, separator
from review.formats._opc import attributes, is_element, local
from review.formats._plain import is_harmless_field
from review.types import Cell, Zone

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_TEXTS = frozenset({f"{W}t", f"{M}t", f"{A}t"})
_GONE_TEXTS = frozenset({f"{W}delText", f"{W}delInstrText"})
_CODES = frozenset({f"{W}instrText"})
_GLYPHS: Mapping[str, str] = {
    f"{W}tab": "\t",
    f"{W}ptab": "\t",
    f"{W}br": "\n",
    f"{W}cr": "\n",
    f"{W}noBreakHyphen": "-",
    f"{W}softHyphen": "\u00ad",
    f"{A}br": "\n",
}
_OFF = frozenset({"0", "false", "off", "none"})


@dataclass(frozen=True, slots=True)
class Styles:
    """What hides text by style: style id → toggled, and which paragraph or table styles paint a background."""

    vanish: Mapping[str, bool] = field(default_factory=dict)
    shaded: frozenset[str] = frozenset()
    default_vanish: bool = False


def styles_of(part: Part | None) -> Styles:
    """Resolve ``vanish`` and shading of every style along its ``basedOn`` chain."""
    if part is None:
        return Styles()
    own: dict[str, tuple[str, bool | None, bool]] = {}
    for style in part.root.iter(f"{W}style"):
        based = style.find(f"{W}basedOn")
        own[style.get(f"{W}styleId", "")] = (
            based.get(f"{W}val", "") if based is not None else "",
            switch(style.find(f"{W}rPr/{W}vanish")),
            any(fills(shade) for shade in style.iter(f"{W}shd")),
        )
    vanish: dict[str, bool] = {}
    shaded = set()
    for key in own:
        seen: set[str] = set()
        hidden: bool | None = None
        step = key
        while step in own and step not in seen:
            seen.add(step)
            based_on, value, painted = own[step]
            hidden = value if hidden is None else hidden
            if painted:
                shaded.add(key)
            step = based_on
        vanish[key] = bool(hidden)
    default = switch(part.root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}vanish"))
    return Styles(vanish, frozenset(shaded), bool(default))


def switch(element: etree._Element | None) -> bool | None:
    """Value of an on/off property: None where it is absent."""
    return None if element is None else element.get(f"{W}val", "1").lower() not in _OFF


# --------------------------------------------------------------------------------------------- fields


@dataclass(frozen=True, slots=True)
class Fields:
    """Complex fields of a part: elements that are field code, markers to drop, codes that may stay."""

    code: frozenset[etree._Element] = frozenset()
    dropped: frozenset[etree._Element] = frozenset()
    kept: frozenset[etree._Element] = frozenset()


def fields_of(root: etree._Element) -> Fields:
    """Pair ``fldChar`` marks. An unfinished field does not hide what follows it."""
    stack: list[tuple[list[etree._Element], list[etree._Element], bool]] = []  # marks, code elements, in code
    code: set[etree._Element] = set()
    dropped: set[etree._Element] = set()
    kept: set[etree._Element] = set()

    def close(marks: list[etree._Element], texts: list[etree._Element]) -> None:
        words = "".join(text.text or "" for text in texts)
        simple = all(local(mark.tag) == "fldChar" and len(mark) == 0 for mark in marks)
        if simple and len(marks) >= 2 and is_harmless_field(words):
            kept.update(texts)
        else:
            dropped.update(marks)
        code.update(texts)

    for element in root.iter(f"{W}fldChar", f"{W}instrText", f"{W}t"):
        if element.tag == f"{W}fldChar":
            kind = element.get(f"{W}fldCharType")
            if kind == "begin":
                stack.append(([element], [], True))
            elif stack and kind == "separate":
                marks, texts, _ = stack.pop()
                stack.append(([*marks, element], texts, False))
            elif stack and kind == "end":
                marks, texts, _ = stack.pop()
                close([*marks, element], texts)
                if stack and stack[-1][2]:  # the result of a field inside a field's code is code as well
                    stack[-1][1].extend(texts)
            else:
                dropped.add(element)
        elif stack and any(level[2] for level in stack):
            next(level for level in reversed(stack) if level[2])[1].append(element)
        elif element.tag == f"{W}instrText":
            code.add(element)
    for marks, texts, _ in stack:
        dropped.update(marks)
        code.update(text for text in texts if text.tag == f"{W}instrText")
    return Fields(frozenset(code), frozenset(dropped), frozenset(kept))


# --------------------------------------------------------------------------------------------- the walk


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk is: the zone, and why it is hidden."""

    zone: Zone
    why: str = ""  # "", 修订删除, 隐藏文字, 域代码, 备用副本 …
    boxed: bool = False  # inside a shape, whose fill is not known: white text may be visible
    shaded: bool = False


class Walk:
    """Walk one part. ``passages`` are in reading order; ``numbering`` counts go on over the parts of a document."""

    def __init__(self, part: Part, styles: Styles, fields: Fields, tables: Iterator[int]) -> None:
        self.part = part
        self.styles = styles
        self.fields = fields
        self.tables = tables
        self.notes: list[tuple[str, str]] = []  # ("footnote", id) of visible references, in order
        self.drawn: list[str] = []  # relationship ids of visible charts and diagrams, in order
        self._paragraphs = 0

    def story(self, root: etree._Element, zone: Zone, label: str = "", *, why: str = "") -> Iterator[Passage]:
        """Yield the passages of a body, header, note or comment. ``label`` empty: paragraphs are numbered."""
        yield from self._content(root, _Place(zone, why), label)

    def _content(self, parent: etree._Element, place: _Place, label: str) -> Iterator[Passage]:
        for child in parent:
            if not is_element(child):
                continue
            if child.tag in (f"{W}p", f"{A}p"):
                yield from self._paragraph(child, place, label)
            elif child.tag == f"{W}tbl":
                yield from self._table(child, place)
            else:
                inner = self._enter(child, place)
                if inner is not None:
                    yield from self._content(child, inner, label)

    def _enter(self, element: etree._Element, place: _Place) -> _Place | None:
        """Return the place inside a wrapper element, None where nothing inside is the document's text."""
        name = local(element.tag)
        if name in ("del", "moveFrom") and element.tag.startswith(W):
            return replace(place, zone=Zone.REVISION, why="修订删除")
        if name in (
            "sdtPr",
            "sdtEndPr",
            "pPr",
            "rPr",
            "tblPr",
            "trPr",
            "tcPr",
            "sectPr",
            "tblGrid",
            "rubyPr",
            "ffData",
        ):
            return None
        if is_spare(element):
            return _hide(place, "备用副本")
        if name in ("txbxContent", "txbx", "txBody", "textbox"):
            return replace(place, boxed=True)
        return place

    # ------------------------------------------------------------------------------------- paragraphs

    def _paragraph(self, paragraph: etree._Element, place: _Place, label: str) -> Iterator[Passage]:
        if not label:
            self._paragraphs += 1
            label = f"第{self._paragraphs}段"
        main = Passage(self.part.name, place.zone, _labelled(label, place.why))
        aside: dict[tuple[Zone, str], Passage] = {}
        later: list[Passage] = []
        place = replace(place, shaded=place.shaded or self._paragraph_shaded(paragraph))
        for atom, at in self._inline(paragraph, place, paragraph, label, later):
            if (at.zone, at.why) == (place.zone, place.why):
                main.atoms.append(atom)
            else:
                key = (at.zone, at.why)
                aside.setdefault(key, Passage(self.part.name, at.zone, _labelled(label, at.why))).atoms.append(atom)
        yield main
        yield from aside.values()
        yield from later

    def _inline(
        self, parent: etree._Element, place: _Place, paragraph: etree._Element, label: str, later: list[Passage]
    ) -> Iterator[tuple[Atom, _Place]]:
        for child in parent:
            tag = child.tag
            if not is_element(child):
                continue
            if tag == f"{W}r":
                at = self._run(child, place, paragraph)
                yield from self._inline(child, at, paragraph, label, later)
            elif tag in _TEXTS:
                hidden = child in self.fields.code
                yield Atom(child, TEXT, child.text or ""), _hide(place, "域代码") if hidden else place
            elif tag in _GONE_TEXTS:
                yield Atom(child, TEXT, child.text or ""), replace(place, zone=Zone.REVISION, why="修订删除")
            elif tag in _CODES:
                if child not in self.fields.kept:
                    yield Atom(child, TEXT, child.text or ""), _hide(place, "域代码")
            elif tag in _GLYPHS:
                yield Atom(child, GLYPH, _GLYPHS[tag]), place
            elif tag == f"{W}sym":
                yield Atom(child, GLYPH, symbol(child.get(f"{W}char", ""), child.get(f"{W}font", ""))), place
            elif tag in (f"{W}p", f"{A}p"):
                later.extend(self._paragraph(child, place, label if "框" in label else f"{label}文本框"))
            elif tag == f"{W}tbl":
                later.extend(self._table(child, place))
            elif tag == f"{W}rt":
                later.append(self._ruby(child, place, paragraph, f"{label}注音"))
            elif tag == f"{V}textpath":
                words = Atom(child, "string", child.get("string", ""))
                later.append(Passage(self.part.name, place.zone, _labelled(f"{label}艺术字", place.why), [words]))
            else:
                if place.zone in _SEEN:
                    self._note_reference(child)
                inner = self._enter(child, place)
                if inner is not None:
                    yield from self._inline(child, inner, paragraph, label, later)

    def _note_reference(self, element: etree._Element) -> None:
        name = local(element.tag)
        if name in ("footnoteReference", "endnoteReference"):
            self.notes.append((name.removesuffix("Reference"), element.get(f"{W}id", "")))
        elif (name == "chart" and element.tag == f"{C}chart") or name == "relIds":
            for key, value in attributes(element):
                if local(key) in ("id", "dm"):
                    self.drawn.append(value)

    def _ruby(self, element: etree._Element, place: _Place, paragraph: etree._Element, label: str) -> Passage:
        later: list[Passage] = []
        atoms = [atom for atom, _ in self._inline(element, place, paragraph, label, later)]
        return Passage(self.part.name, place.zone, label, atoms)

    def _run(self, run: etree._Element, place: _Place, paragraph: etree._Element) -> _Place:
        """Hide the run where its properties do."""
        if place.zone not in _SEEN:
            return place
        properties = run.find(f"{W}rPr")
        if self._vanishes(properties, paragraph):
            return _hide(place, "隐藏文字")
        if properties is not None and not place.boxed and (why := concealed(properties, shaded=place.shaded)):
            return _hide(place, why)
        return place

    def _vanishes(self, properties: etree._Element | None, paragraph: etree._Element) -> bool:
        own = switch(properties.find(f"{W}vanish")) if properties is not None else None
        if own is not None:
            return own
        toggled = self.styles.default_vanish
        for style in (
            paragraph.find(f"{W}pPr/{W}pStyle"),
            properties.find(f"{W}rStyle") if properties is not None else None,
        ):
            if style is not None:
                toggled ^= self.styles.vanish.get(style.get(f"{W}val", ""), False)
        return toggled

    def _paragraph_shaded(self, paragraph: etree._Element) -> bool:
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            return False
        style = properties.find(f"{W}pStyle")
        if style is not None and style.get(f"{W}val", "") in self.styles.shaded:
            return True
        return any(fills(shade) for shade in properties.findall(f"{W}shd"))

    # ------------------------------------------------------------------------------------- tables

    def _table(self, table: etree._Element, place: _Place) -> Iterator[Passage]:
        number = next(self.tables)
        style = table.find(f"{W}tblPr/{W}tblStyle")
        shaded = place.shaded or style is not None  # a table style may paint rows: white text is then visible
        grid = [list(_cells(row)) for row in _rows(table)]
        for r, (row, cells) in enumerate(zip(_rows(table), grid, strict=True)):
            at = replace(place, shaded=shaded)
            properties = row.find(f"{W}trPr")
            if properties is not None and properties.find(f"{W}del") is not None:
                at = replace(at, zone=Zone.REVISION, why="修订删除") if at.zone in _SEEN else at
            elif properties is not None and switch(properties.find(f"{W}hidden")):
                at = _hide(at, "隐藏行")
            for column, width, merge, cell in cells:
                height = 1
                if merge == "restart":
                    for below in grid[r + 1 :]:
                        if not any(c == column and m == "continue" for c, _, m, _ in below):
                            break
                        height += 1
                where = Cell(number, r, column, height, width)
                yield from self._cell(cell, at, where)

    def _cell(self, cell: etree._Element, place: _Place, where: Cell) -> Iterator[Passage]:
        label = f"表{where.table + 1}第{where.row + 1}行第{where.column + 1}列"
        shade = cell.find(f"{W}tcPr/{W}shd")
        properties = cell.find(f"{W}tcPr")
        if properties is not None and properties.find(f"{W}cellDel") is not None and place.zone in _SEEN:
            place = replace(place, zone=Zone.REVISION, why="修订删除")
        if shade is not None and fills(shade):
            place = replace(place, shaded=True)
        main = Passage(self.part.name, place.zone, _labelled(label, place.why), cell=where)
        others: list[Passage] = []
        for passage in self._content(cell, place, label):
            if passage.label == main.label and passage.zone == main.zone and passage.cell is None:
                if not passage.blank:
                    if main.atoms:
                        main.atoms.append(separator())
                    main.atoms.extend(passage.atoms)
            else:
                others.append(passage)
        yield main
        yield from others


_SEEN = frozenset({Zone.BODY, Zone.HEADER, Zone.FOOTER, Zone.NOTE})


def _hide(place: _Place, why: str) -> _Place:
    return replace(place, zone=Zone.HIDDEN, why=why) if place.zone in _SEEN else place


def _labelled(label: str, why: str) -> str:
    return f"{label}（{why}）" if why else label


def symbol(code: str, font: str) -> str:
    """Return the character that ``w:sym`` stands for (often in the private use area).

    The font Symbol holds the digits and marks of ASCII at F020 to F03F: a number may be written so.
    """
    try:
        place = int(code, 16)
        return chr(place - 0xF000 if font.lower() == "symbol" and 0xF020 <= place <= 0xF03F else place)
    except (ValueError, OverflowError):
        return "\ufffd"


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for child in table:
        if child.tag == f"{W}tr":
            yield child
        elif is_element(child) and child.tag not in (f"{W}tblPr", f"{W}tblGrid"):
            yield from _rows(child)


def _cells(row: etree._Element) -> Iterator[tuple[int, int, str, etree._Element]]:
    """Yield (column, columns, "", "restart" or "continue", cell)."""
    before = row.find(f"{W}trPr/{W}gridBefore")
    column = _number(before)
    for cell in _row_cells(row):
        span = cell.find(f"{W}tcPr/{W}gridSpan")
        merge = cell.find(f"{W}tcPr/{W}vMerge")
        width = max(1, _number(span))
        kind = "" if merge is None else merge.get(f"{W}val", "continue")
        yield column, width, kind, cell
        column += width


def _row_cells(row: etree._Element) -> Iterator[etree._Element]:
    for child in row:
        if child.tag == f"{W}tc":
            yield child
        elif is_element(child) and child.tag not in (f"{W}trPr", f"{W}tblPrEx"):
            yield from _row_cells(child)


def _number(element: etree._Element | None) -> int:
    value = element.get(f"{W}val", "0") if element is not None else "0"
    return int(value) if value.isdigit() and len(value) < 5 else 0
