"""Pictures of Chinese text and of codes, for recognition: drawn with the fonts of Debian's fonts-noto-cjk."""

from __future__ import annotations

import io
from collections.abc import Sequence

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from tests.corpus.pdf_kit import NOTO


def page(lines: Sequence[str], *, size: int = 32, width: int = 1000) -> Image.Image:
    """Return a white picture with one line of black text below the other."""
    font = ImageFont.truetype(str(NOTO), size, index=2)
    image = Image.new("RGB", (width, 60 + len(lines) * size * 2), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((40, 30 + number * size * 2), line, font=font, fill="black")
    return image


def code(text: str, kind: zxingcpp.BarcodeFormat) -> Image.Image:
    """Return a picture of a QR or bar code with room around it."""
    made = Image.fromarray(zxingcpp.create_barcode(text, kind).to_image(scale=4)).convert("RGB")
    image = Image.new("RGB", (made.width + 80, made.height + 80), "white")
    image.paste(made, (40, 40))
    return image


def stored(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return the file of a picture; ``kind`` as Pillow names it."""
    out = io.BytesIO()
    image.save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()
