"""Pages as pictures with the flags' places on them: PDF and scanned images. Drawn in a limited child process.

Places are fractions of the shown page (left, top, right, bottom from the top left), so that the browser needs no units.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

import pypdfium2 as pdfium
from PIL import Image, ImageSequence

from review import sandbox, text
from review.errors import InputError
from review.types import Box, Document, Flag

PDF = "application/pdf"
_DOTS = 110  # an inch: readable on a screen, about 150 KB a page
_POINTS = 72
_WIDEST = 1600  # pixels of a shown scan


@dataclass(frozen=True, slots=True)
class Page:
    """What is seen of a page: its rectangle in the units of ``Box``, and how it is turned (degrees, clockwise).

    ``down``: the units count from the top (pixels of a scan), not from the bottom (points of a PDF).
    """

    x0: float
    y0: float
    x1: float
    y1: float
    turn: int = 0
    down: bool = False

    def place(self, box: Box) -> tuple[float, float, float, float]:
        """Return a box as fractions of the shown page."""
        width, height = self.x1 - self.x0, self.y1 - self.y0
        left, right = (box.x0 - self.x0) / width, (box.x1 - self.x0) / width
        low, high = (box.y0 - self.y0) / height, (box.y1 - self.y0) / height
        if self.down:
            return left, low, right, high
        shown = {
            0: (left, 1 - high, right, 1 - low),
            90: (low, left, high, right),
            180: (1 - right, low, 1 - left, high),
            270: (1 - high, 1 - right, 1 - low, 1 - left),
        }
        return shown[self.turn % 360]


def drawable(media_type: str) -> bool:
    """True where pages can be shown as pictures."""
    return media_type == PDF or media_type.startswith("image/")


def pages(data: bytes, media_type: str) -> tuple[Page, ...]:
    """Return the pages of a file, measured in a child process."""
    return sandbox.run(_measure, data, media_type)


def picture(data: bytes, media_type: str, number: int) -> bytes:
    """Return page ``number`` (from 0) as JPEG; raises ``InputError`` where there is none."""
    return sandbox.run(_draw, data, media_type, number)


def places(document: Document, flags: Iterable[Flag], measured: tuple[Page, ...]) -> dict[str, list[list[float]]]:
    """Return page number and fractions of every line that a flag covers, by flag id."""
    starts = list(accumulate((len(run.text) for run in document.runs), initial=0))
    boxed = [
        (start, run.boxes) for start, run in zip(starts, document.runs, strict=False) if len(run.boxes) == len(run.text)
    ]
    out: dict[str, list[list[float]]] = {}
    for flag in flags:
        found = []
        for span in flag.spans:
            source = text.source_span(document, span)
            found += _lines(_between(boxed, source.start, source.end))
        rows = [
            [float(box.page), *(round(value, 5) for value in measured[box.page].place(box))]
            for box in found
            if box.page < len(measured)
        ]
        if rows:
            out[flag.id] = rows
    return out


def _between(boxed: list[tuple[int, tuple[Box, ...]]], start: int, end: int) -> Iterator[Box]:
    for first, boxes in boxed:
        if first < end and start < first + len(boxes):
            yield from boxes[max(0, start - first) : end - first]


def _lines(boxes: Iterable[Box]) -> list[Box]:
    """Join the boxes of neighbouring characters on one line."""
    joined: list[Box] = []
    for box in boxes:
        if box.x0 == box.x1 or box.y0 == box.y1:
            continue  # a space that is drawn nowhere
        last = joined[-1] if joined else None
        if last and last.page == box.page and min(last.y1, box.y1) - max(last.y0, box.y0) > 0.5 * (box.y1 - box.y0):
            x0, x1, y0, y1 = min(last.x0, box.x0), max(last.x1, box.x1), min(last.y0, box.y0), max(last.y1, box.y1)
            joined[-1] = Box(box.page, x0, y0, x1, y1)
        else:
            joined.append(box)
    return joined


# ------------------------------------------------------------------------------------------------ in the child


def _measure(data: bytes, media_type: str) -> tuple[Page, ...]:
    if media_type != PDF:
        return tuple(Page(0, 0, frame.width, frame.height, down=True) for frame in _frames(data))
    with pdfium.PdfDocument(data) as document:
        return tuple(_page(page) for page in document)


def _page(page: pdfium.PdfPage) -> Page:
    x0, y0, x1, y1 = page.get_cropbox()
    return Page(x0, y0, x1, y1, page.get_rotation())


def _draw(data: bytes, media_type: str, number: int) -> bytes:
    out = io.BytesIO()
    if media_type != PDF:
        for index, frame in enumerate(_frames(data)):
            if index == number:
                shown = frame.convert("RGB")
                shown.thumbnail((_WIDEST, 4 * _WIDEST))
                shown.save(out, "JPEG", quality=80)
                return out.getvalue()
        raise InputError("没有这一页。")
    with pdfium.PdfDocument(data) as document:
        if not 0 <= number < len(document):
            raise InputError("没有这一页。")
        document[number].render(scale=_DOTS / _POINTS).to_pil().convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


def _frames(data: bytes) -> Iterator[Image.Image]:
    with Image.open(io.BytesIO(data)) as image:
        yield from ImageSequence.Iterator(image)
