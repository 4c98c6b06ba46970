"""Charts and SmartArt: the text that they show, alike in docx, xlsx and pptx."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from lxml import etree

from review.formats import _drawings_looks
from review.formats._ooxml import DGM, GLYPH, TEXT, A, Atom, C, M, Part, Passage, R, detach, is_spare, separator
from review.formats._opc import attributes, is_element, local
from review.types import VISIBLE, Cell, Zone


def chart(part: Part, zone: Zone, label: str) -> Iterator[Passage]:
    """Yield titles, series, categories and values of a chart part, in stored order."""
    for element in part.root.iter(f"{A}p", f"{C}v"):
        if element.tag == f"{C}v":
            yield Passage(part.name, zone, label, [Atom(element, TEXT, element.text or "")])
        else:
            yield Passage(part.name, zone, label, list(paragraph(element)))


def diagram(part: Part, zone: Zone, label: str) -> Iterator[Passage]:
    """Yield the paragraphs of a SmartArt data part."""
    for text in part.root.iter(f"{DGM}t"):
        for element in text.iter(f"{A}p"):
            yield Passage(part.name, zone, label, list(paragraph(element)))


def paragraph(element: Iterable[etree._Element]) -> Iterator[Atom]:
    """Yield the atoms of a DrawingML paragraph, formulas too; spare alternates are left to the sweep."""
    for child in element:
        if child.tag in (f"{A}t", f"{M}t"):
            yield Atom(child, TEXT, child.text or "")
        elif child.tag == f"{A}br":
            yield Atom(child, GLYPH, "\n")
        elif is_element(child) and not is_spare(child):
            yield from paragraph(child)


def shapes(
    part: Part,
    root: Iterable[etree._Element],
    zone: Zone,
    label: str,
    tables: Iterator[int],
    drawn: list[tuple[str, Zone]],
    fill: tuple[str, bool] = ("", False),
) -> Iterator[Passage]:
    """Yield the text of shapes, groups and tables under ``root``; ``drawn`` gets relationship ids of charts.

    ``fill``: the colour behind the text, and whether a text box holds it.
    """
    for child in root:
        if not is_element(child):
            continue
        name = local(child.tag)
        at = Zone.HIDDEN if is_spare(child) or _unseen(child) else zone
        if child.tag == f"{A}p":
            yield from _readable(part, child, at, label, fill)
        elif child.tag == f"{A}tbl":
            yield from _table(part, child, at, label, next(tables))
        elif name in ("chart", "relIds"):
            drawn += [(value, at) for key, value in attributes(child) if key in (f"{R}id", f"{R}dm")]
        else:
            inner = (_drawings_looks.behind(child), _is_text_box(child)) if name in ("sp", "wsp") else fill
            yield from shapes(part, child, at, label, tables, drawn, inner)


def _readable(part: Part, element: etree._Element, zone: Zone, label: str, fill: tuple[str, bool]) -> Iterator[Passage]:
    """Yield a paragraph of a shape, and apart from it the runs that nobody can read."""
    main = Passage(part.name, zone, label)
    aside: dict[str, Passage] = {}
    for child in element:
        why = ""
        if zone in VISIBLE and child.tag in (f"{A}r", f"{A}fld"):
            why = _drawings_looks.concealed(child, fill[0], text_box=fill[1])
        passage = aside.setdefault(why, Passage(part.name, Zone.HIDDEN, f"{label}{why}")) if why else main
        passage.atoms.extend(paragraph([child]))
    yield main
    yield from aside.values()


def _is_text_box(shape: etree._Element) -> bool:
    return any(e.get("txBox") in ("1", "true") for e in shape.iter(etree.Element) if local(e.tag) == "cNvSpPr")


def _unseen(element: etree._Element) -> bool:
    """Is a shape switched off (selection pane)?"""
    for holder in element.iterchildren(etree.Element):
        if local(holder.tag).startswith("nv") and local(holder.tag).endswith("Pr"):
            return any(
                local(p.tag) == "cNvPr" and p.get("hidden") in ("1", "true") for p in holder.iterchildren(etree.Element)
            )
    return False


def _table(part: Part, table: etree._Element, zone: Zone, label: str, number: int) -> Iterator[Passage]:
    for r, row in enumerate(table.iterchildren(f"{A}tr")):
        for c, cell in enumerate(row.iterchildren(f"{A}tc")):
            where = Cell(number, r, c, _count(cell, "rowSpan"), _count(cell, "gridSpan"))
            merged = cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true")
            place = f"{label}表{number + 1}第{r + 1}行第{c + 1}列"
            passage = Passage(part.name, Zone.HIDDEN if merged else zone, place, cell=where)
            for element in cell.iter(f"{A}p"):
                atoms = list(paragraph(element))
                if passage.atoms and any(atom.text.strip() for atom in atoms):
                    passage.atoms.append(separator())
                passage.atoms.extend(atoms)
            yield passage


def _count(cell: etree._Element, name: str) -> int:
    value = cell.get(name, "1")
    return int(value) if value.isdigit() and 0 < len(value) < 5 else 1


def freeze(reference: etree._Element) -> None:
    """Turn a chart's reference to cells into the values that it last showed."""
    kind = local(reference.tag)
    cache = next((c for c in reference.iterchildren(etree.Element) if local(c.tag) in ("strCache", "numCache")), None)
    parent = reference.getparent()
    if parent is None:
        return
    if cache is None:
        detach(reference)
    elif local(parent.tag) == "tx":  # a series name is one value
        value = cache.find(f"{C}pt/{C}v")
        index = parent.index(reference)
        parent.remove(reference)
        if value is not None:
            parent.insert(index, value)
    else:
        cache.tag = f"{C}{'num' if kind == 'numRef' else 'str'}Lit"
        parent.replace(reference, cache)


def prune(root: etree._Element) -> None:
    """Take out of a drawing what is not shown: spare alternates, shapes that are switched off, links."""
    for element in list(root.iter(etree.Element)):
        if is_spare(element) or _unseen(element) or local(element.tag) in ("hlinkClick", "hlinkHover", "svgBlip"):
            detach(element)


def let_go(element: etree._Element, key: str, frames: Collection[str]) -> None:
    """Deal with an element whose relationship target is not published. ``frames``: what holds charts and objects."""
    name = local(element.tag)
    if name in ("chart", "oleObj") or (name == "relIds" and local(key) == "dm"):
        detach(next((above for above in element.iterancestors() if local(above.tag) in frames), element))
    elif name in ("blip", "imagedata", "fill", "stroke", "pageSetup", "relIds"):
        del element.attrib[key]
    else:
        detach(element)
