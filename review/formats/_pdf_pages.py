"""One page as reading and erasing both see it: trace, which glyphs are hidden, which are drawn twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import pikepdf

from review.errors import CorruptDocument
from review.formats._pdf_geometry import Rect, overlap
from review.formats._pdf_names import inherited
from review.formats._pdf_resources import Library
from review.formats._pdf_rewrite import compare
from review.formats._pdf_trace import PageTrace
from review.formats._pdf_visible import Compare, hidden, repeats, text_layer
from review.formats._pdf_walk import trace_page

#: Share of a page that a drawing must fill to be looked at as a picture with possible text.
_PICTURE_SHARE = 0.03
_PICTURE_PIXELS = 80
#: Share of a page that the image of a scan fills.
_SCAN_SHARE = 0.6
#: What a scanner's own recognition wrote under or over its image: dropped, since nothing vouches for it.
LAYER = "图片的文字层"
#: Name of the font in which a page that becomes an image keeps its text.
LAYER_FONT = "/Layer"


@dataclass(slots=True)
class PageView:
    """``unseen``: glyph → reason; ``twins``: glyph → equal glyph under it; ``seen``: the others, in drawing order."""

    number: int  # from 0
    trace: PageTrace
    box: Rect  # crop box in user space
    rotate: int  # 0, 90, 180, 270 clockwise
    unseen: dict[int, str] = field(default_factory=dict)
    twins: dict[int, int] = field(default_factory=dict)
    seen: list[int] = field(default_factory=list)
    #: a page that the product once made an image: its text is an invisible layer over the picture
    layered: bool = False
    #: why the page could not be traced at all; empty where it was
    failure: str = ""

    @property
    def pictures(self) -> list[Rect]:
        """Parts of the page that show an image large enough to hold text, in user space."""
        area = max(1.0, (self.box[2] - self.box[0]) * (self.box[3] - self.box[1]))
        out = []
        for picture in self.trace.pictures:
            x0, y0, x1, y1 = overlap(overlap(picture.box, picture.clip), self.box)
            large = x1 > x0 and y1 > y0 and (x1 - x0) * (y1 - y0) >= _PICTURE_SHARE * area
            if large and min(picture.width, picture.height) >= _PICTURE_PIXELS:
                out.append((x0, y0, x1, y1))
        return out


def views(pdf: pikepdf.Pdf) -> Iterator[PageView]:
    """Yield every page of a flattened file."""
    shelf = Library(pdf)
    for number, page in enumerate(pdf.pages):
        rotate = rotation(page)
        box = crop(page)
        try:
            trace = trace_page(shelf, page)
        except CorruptDocument as error:
            yield PageView(number, PageTrace(), box, rotate, failure=str(error))
            continue
        both = partial(compare, pdf, number, trace)
        unseen = hidden(trace, box, both)
        layer = _layer(trace, unseen, box, both)
        own = {i for i in layer if trace.shows[trace.glyphs[i].show].font.source.get("/BaseFont") == LAYER_FONT}
        unseen = {i: LAYER if i in layer else why for i, why in unseen.items() if i not in own}
        free = [i for i in range(len(trace.glyphs)) if i not in unseen]
        twins = repeats(trace, free)
        yield PageView(number, trace, box, rotate, unseen, twins, [i for i in free if i not in twins], bool(own))


def _layer(trace: PageTrace, unseen: dict[int, str], box: Rect, both: Compare) -> set[int]:
    """Return the glyphs of a scan's text layer: only on a page that an image fills and that shows no other text."""
    area = (box[2] - box[0]) * (box[3] - box[1])
    seen = sum(not glyph.text.isspace() for i, glyph in enumerate(trace.glyphs) if i not in unseen)
    if seen > 0.2 * len(trace.glyphs):
        return set()
    for picture in trace.pictures:
        x0, y0, x1, y1 = overlap(overlap(picture.box, picture.clip), box)
        if x1 > x0 and y1 > y0 and (x1 - x0) * (y1 - y0) > _SCAN_SHARE * area:
            return text_layer(trace, unseen, both)
    return set()


def crop(page: pikepdf.Page) -> Rect:
    """Return what of a page is displayed, in user space."""
    media = _upright(page.mediabox)
    try:
        box = overlap(_upright(page.cropbox), media)
    except (TypeError, ValueError, AttributeError, pikepdf.PdfError):
        return media
    return box if box[0] < box[2] and box[1] < box[3] else media


def _upright(box: pikepdf.Array) -> Rect:
    x0, y0, x1, y1 = (float(v) for v in box)
    return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def rotation(page: pikepdf.Page) -> int:
    """Return the page's clockwise rotation: 0, 90, 180 or 270."""
    value = inherited(page.obj, "/Rotate")
    try:
        return round(float(value or 0) / 90) * 90 % 360
    except (TypeError, ValueError):
        return 0
