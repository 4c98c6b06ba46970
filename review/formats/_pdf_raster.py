"""Pages as pixels, drawn by pdfium: for looking whether ink is there, for OCR, and for pages that become images."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from review.errors import CorruptDocument, EncryptedDocument, LimitExceeded
from review.formats._pdf_geometry import Rect, turned

_MAX_PIXELS = 60_000_000
FPDF_ERR_PASSWORD = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """One drawn page. ``box`` is the displayed area in user space, ``turn`` the page's clockwise rotation."""

    image: Image.Image
    box: Rect
    turn: int
    scale: float  # pixels a point

    def place(self, rect: Rect) -> tuple[int, int, int, int]:
        """Return the pixels (left, top, right, bottom) of a rectangle of user space."""
        left, top = turned(self.box, self.turn)[:2]
        x0, y0, x1, y1 = turned(rect, self.turn)
        s = self.scale
        return (int((x0 - left) * s), int((y0 - top) * s), int((x1 - left) * s), int((y1 - top) * s))

    def pixels(self) -> NDArray[np.uint8]:
        """Return the picture as an array of height, width, 3."""
        return np.asarray(self.image.convert("RGB"))


class Screen:
    """Draws pages of one file; the file is opened when the first page is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._document: pdfium.PdfDocument | None = None

    def draw(self, page: int, scale: float) -> Picture:
        """Draw page number ``page`` (from 0) with its annotations, ``scale`` pixels a point."""
        if self._document is None:
            self._document = open_pdfium(self._data)
        try:
            found = self._document[page]
            width, height = found.get_size()
            if width * height * scale * scale > _MAX_PIXELS:
                raise LimitExceeded(f"第{page + 1}页的版面过大，无法转为图片。")
            image = found.render(scale=scale, may_draw_forms=False).to_pil()
            box = found.get_bbox()
            turn = found.get_rotation()
            found.close()
        except (pdfium.PdfiumError, IndexError) as error:
            raise CorruptDocument(f"第{page + 1}页无法显示，文件可能损坏。") from error
        return Picture(image, box, turn, scale)

    def close(self) -> None:
        if self._document is not None:
            self._document.close()
            self._document = None


def open_pdfium(data: bytes) -> pdfium.PdfDocument:
    """Open a file with pdfium; raises ``EncryptedDocument`` or ``CorruptDocument``."""
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", 0) == FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise EncryptedDocument("PDF 设有打开密码，未能检查。请去除密码后再送审。") from error
        raise CorruptDocument("PDF 损坏或不完整，未能检查。请重新导出后再送审。") from error


#: Dots an inch of pages that become images and of pictures that are given to recognition.
DPI = 200


def page_image(data: bytes, page: int, dpi: int = DPI) -> bytes:
    """Return page number ``page`` (from 0) as a PNG."""
    screen = Screen(data)
    try:
        out = io.BytesIO()
        screen.draw(page, dpi / 72).image.convert("RGB").save(out, "PNG")
        return out.getvalue()
    finally:
        screen.close()


def painted(picture: Picture, boxes: Iterable[Rect]) -> Picture:
    """Return a drawn page with black rectangles (user space) over it."""
    image = picture.image.convert("RGB")
    brush = ImageDraw.Draw(image)
    for box in boxes:
        left, top, right, bottom = picture.place(box)
        brush.rectangle((left - 1, top - 1, right + 1, bottom + 1), fill=(0, 0, 0))
    return replace(picture, image=image)
