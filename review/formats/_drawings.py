"""Charts and SmartArt: the text that they show, alike in docx, xlsx and pptx."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from review.formats._ooxml import DGM, GLYPH, TEXT, A, Atom, C, Part, Passage
from review.types import Zone


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


def paragraph(element: etree._Element) -> Iterator[Atom]:
    """Yield the atoms of a DrawingML paragraph."""
    for child in element.iter(f"{A}t", f"{A}br"):
        yield Atom(child, GLYPH, "\n") if child.tag == f"{A}br" else Atom(child, TEXT, child.text or "")
