"""Pictures of a PDF's pages: handed on to recognition page by page, and blackened where recognised text was cut.

What is handed on is the page drawn without its text, so that strips, masks and turned images are seen as a reader
sees them. A page whose picture loses something becomes an image: nothing of the old picture stays in the file.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pikepdf
from PIL import Image, UnidentifiedImageError

from review.errors import CorruptDocument
from review.formats._pdf_open import flatten, open_pdf
from review.formats._pdf_pages import PageView, views
from review.formats._pdf_raster import DPI, Screen
from review.formats._pdf_rewrite import drawn_without
from review.formats._pdf_scrub import scrub
from review.types import Embedded

_CONTRAST = 48  # grey levels of 255: a picture with less holds no legible text
_PAINTED = 8  # levels up to which a pixel was painted black
_BRIGHT = 60  # levels from which a pixel was not black before


def part_of(view: PageView) -> str:
    """Return the name of a page's picture."""
    return f"第{view.number + 1}页图片"


def picture(pdf: pikepdf.Pdf, view: PageView) -> Embedded | None:
    """Return what a page shows beside its text, or None where no picture on it could hold text."""
    if not view.pictures:
        return None
    image = _without_text(pdf, view)
    grey = np.asarray(image.convert("L"))
    if int(grey.max()) - int(grey.min()) < _CONTRAST:
        return None
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return Embedded(part_of(view), f"{part_of(view)}.png", out.getvalue(), kept=True)


def _without_text(pdf: pikepdf.Pdf, view: PageView) -> Image.Image:
    every = frozenset(range(len(view.trace.glyphs)))
    return drawn_without(pdf, view.number, view.trace, every, DPI / 72).image.convert("RGB")


def put(data: bytes, parts: Mapping[str, bytes]) -> bytes:
    """Return a written copy in which the pictures of ``parts`` (name → image with black boxes) are blackened alike."""
    from review.formats._pdf_image import become_image  # writes a font, with a library that nothing else here needs

    pdf = open_pdf(data)
    screen = Screen(data)
    changed = False
    try:
        flatten(pdf)
        for view in views(pdf):
            new = parts.get(part_of(view))
            if new is None:
                continue
            old = _without_text(pdf, view)
            mask = _blackened(old, new)
            if not mask.any():
                continue
            whole = screen.draw(view.number, DPI / 72)
            pixels = np.array(whole.image.convert("RGB"))
            pixels[mask[: pixels.shape[0], : pixels.shape[1]]] = 0
            become_image(pdf, view, replace(whole, image=Image.fromarray(pixels)), view.seen)
            changed = True
        if not changed:
            return data
        scrub(pdf)
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, encryption=False, linearize=False)
        return out.getvalue()
    finally:
        screen.close()
        pdf.close()


def _blackened(old: Image.Image, new: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return the pixels of every black patch in ``new`` that was not all black in ``old``.

    Whole patches, since dark ink under a patch must not stay a shade lighter than the patch.
    """
    import cv2  # a third of a second that reading does not need

    try:
        image = Image.open(io.BytesIO(new)).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise CorruptDocument("无法把处理后的图片写回 PDF，没有输出。") from error
    if max(abs(image.width - old.width), abs(image.height - old.height)) > 3:
        raise CorruptDocument("处理后的图片与 PDF 页面大小不符，没有输出。")
    before = np.asarray(old).max(axis=2)
    after = np.asarray(image.resize(old.size) if image.size != old.size else image).max(axis=2)
    count, patches = cv2.connectedComponents((after <= _PAINTED).astype(np.uint8))
    painted = np.zeros(count, dtype=np.bool_)
    painted[np.unique(patches[before >= _BRIGHT])] = True
    painted[0] = False
    mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = painted[patches]
    return mask
