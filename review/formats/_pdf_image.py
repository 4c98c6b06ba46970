"""Replace a page by its own picture, with a text layer of what may stay, so that it can still be searched."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph
from pikepdf import Array, Dictionary, Name, Operator, String
from PIL import Image, ImageChops

from review.formats._pdf_geometry import turned
from review.formats._pdf_pages import LAYER_FONT, PageView
from review.formats._pdf_raster import Picture
from review.formats._pdf_unicode import Targets, write_to_unicode

_QUALITY = 85


def become_image(pdf: pikepdf.Pdf, view: PageView, picture: Picture, stay: Sequence[int]) -> None:
    """Make a page this picture of itself; glyphs ``stay`` remain as invisible text."""
    image = picture.image.convert("RGB")
    width, height = image.width / picture.scale, image.height / picture.scale
    page = pdf.pages[view.number]
    for key in ("/CropBox", "/Rotate", "/BleedBox", "/TrimBox", "/ArtBox", "/Group", "/UserUnit"):
        if key in page.obj:
            del page.obj[key]
    page.obj.MediaBox = Array([0, 0, round(width, 3), round(height, 3)])
    fonts: dict[str, int] = {}
    content: list[tuple[Sequence[object], Operator]] = [
        ([], Operator("q")),
        ([round(width, 3), 0, 0, round(height, 3), 0, 0], Operator("cm")),
        ([Name.Page], Operator("Do")),
        ([], Operator("Q")),
    ]
    content += _layer(view, picture, height, stay, fonts)
    page.obj.Contents = pdf.make_stream(pikepdf.unparse_content_stream(content))  # type: ignore[arg-type]
    page.obj.Resources = Dictionary(XObject=Dictionary(Page=_image(pdf, image)))
    if fonts:
        page.obj.Resources.Font = Dictionary(Layer=_font(pdf, fonts))


def _layer(
    view: PageView, picture: Picture, height: float, stay: Sequence[int], codes: dict[str, int]
) -> list[tuple[Sequence[object], Operator]]:
    """Return operators that set each glyph's text where its box was; fill ``codes`` with text → code."""
    out: list[tuple[Sequence[object], Operator]] = [([], Operator("BT")), ([3], Operator("Tr"))]
    left, top = turned(picture.box, picture.turn)[:2]
    for i in stay:
        shown = view.trace.glyphs[i]
        x0, y0, x1, y1 = turned((shown.x0, shown.y0, shown.x1, shown.y1), picture.turn)
        size = max(1.0, y1 - y0)
        code = codes.setdefault(shown.text, len(codes) + 1)
        out += [
            ([Name.Layer, round(size, 2)], Operator("Tf")),
            ([round(max(1.0, 100 * (x1 - x0) / size), 2)], Operator("Tz")),
            ([1, 0, 0, 1, round(x0 - left, 2), round(height - (y1 - top) + 0.2 * size, 2)], Operator("Tm")),
            ([String(code.to_bytes(2, "big"))], Operator("Tj")),
        ]
    out.append(([], Operator("ET")))
    return out if codes else []


def _image(pdf: pikepdf.Pdf, image: Image.Image) -> pikepdf.Stream:
    grey = image.convert("L")
    plain = Image.merge("RGB", (grey, grey, grey))
    coloured = max(high for _, high in _extremes(image, plain)) > 24
    kept = image if coloured else grey
    out = io.BytesIO()
    kept.save(out, "JPEG", quality=_QUALITY)
    stream = pdf.make_stream(b"")
    stream.write(out.getvalue(), filter=Name.DCTDecode)
    for key, value in {
        "/Type": Name.XObject, "/Subtype": Name.Image, "/Width": kept.width, "/Height": kept.height,
        "/ColorSpace": Name.DeviceRGB if coloured else Name.DeviceGray, "/BitsPerComponent": 8,
    }.items():  # fmt: skip
        stream[key] = value
    return stream


def _extremes(one: Image.Image, two: Image.Image) -> Sequence[tuple[int, int]]:
    pixels = np.asarray(ImageChops.difference(one, two))
    pixels = pixels.reshape(-1, pixels.shape[2] if pixels.ndim == 3 else 1)
    return [(int(low), int(high)) for low, high in zip(pixels.min(0), pixels.max(0), strict=True)]


def _font(pdf: pikepdf.Pdf, codes: dict[str, int]) -> pikepdf.Object:
    """Return a font without shapes that only says which character each code is."""
    program = _square_program()
    # Every code shows the one square glyph.
    to_glyph = pdf.make_stream(b"\x00\x01" * (len(codes) + 1))
    descriptor = pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name(LAYER_FONT),
            Flags=4,
            FontBBox=Array([0, -200, 1000, 800]),
            ItalicAngle=0,
            Ascent=800,
            Descent=-200,
            CapHeight=800,
            StemV=80,
            FontFile2=pdf.make_stream(program, Length1=len(program)),
        )
    )
    cid = pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=Name(LAYER_FONT),
            DW=1000,
            CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
            FontDescriptor=descriptor,
            CIDToGIDMap=to_glyph,
        )
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name(LAYER_FONT),
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([cid]),
            ToUnicode=pdf.make_stream(write_to_unicode(Targets({code: text for text, code in codes.items()}, {}, 2))),
        )
    )


def _square_program() -> bytes:
    """Return a TrueType program with one square glyph: pdfium finds no text in glyphs without an outline.

    The layer is set in rendering mode 3, so that nothing of it is ever drawn.
    """
    pen = TTGlyphPen(None)
    pen.moveTo((0, -200))
    for corner in ((0, 800), (1000, 800), (1000, -200)):
        pen.lineTo(corner)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({0x20: "square"})
    builder.setupGlyf({".notdef": Glyph(), "square": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Layer", "styleName": "Regular", "psName": "Layer"})
    builder.setupOS2()
    builder.setupPost(keepGlyphNames=False)
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()
