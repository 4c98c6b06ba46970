"""Fonts of a PDF: which bytes are one code, what character it stands for, how far it moves the pen.

Widths, encodings and the CJK code maps come from pdfminer.six; ToUnicode is read here, by code and not by CID.
"""

from __future__ import annotations

import logging
import re
import struct
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import pikepdf
from pdfminer.cmapdb import CMap, CMapParser, FileCMap, IdentityCMap, IdentityCMapByte
from pdfminer.pdfexceptions import PDFException
from pdfminer.pdffont import PDFCIDFont, PDFFont, PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFResourceManager
from pdfminer.pdftypes import PDFStream
from pdfminer.psexceptions import PSException
from pdfminer.psparser import LIT

from review.formats._pdf_content import shown
from review.formats._pdf_names import spell
from review.formats._pdf_unicode import parse_to_unicode

# pdfminer warns with pieces of what it reads, and no log may hold document text.
logging.getLogger("pdfminer").setLevel(logging.CRITICAL + 1)

#: What an unmapped code reads as: it is there, and nobody can say what it means.
UNMAPPED = "\ufffd"

_FONT_KEYS = (
    "/Type", "/Subtype", "/BaseFont", "/Encoding", "/FirstChar", "/LastChar", "/Widths", "/FontDescriptor",
    "/DescendantFonts", "/CIDSystemInfo", "/W", "/DW", "/W2", "/DW2", "/FontMatrix", "/FontBBox", "/ToUnicode",
)  # fmt: skip
_MAX_DEPTH = 8
_SHORT = 16  # bytes of operands: single glyphs come again and again
_SHOWING = re.compile(rb"(?:^|[\s)>\]])(?:Tj|TJ|'|\"|Do)(?=\s|$)")


class Code(NamedTuple):
    """One character code as a font shows it. Lengths in text space for a font size of 1."""

    code: int
    size: int  # bytes
    text: str  # UNMAPPED where the file does not say
    advance: float  # along the line; negative downwards in vertical fonts
    shift_x: float  # from the pen to the left edge of the glyph's box (vertical fonts)
    shift_y: float


class Font:
    """One font dictionary. ``codes(data)`` cuts a shown string into its codes; results are kept."""

    def __init__(self, source: pikepdf.Object) -> None:
        """Raise ``ValueError`` where the dictionary makes no sense."""
        self.source = source
        self.key = source.objgen if source.is_indirect else (0, id(source))
        self.type3 = source.get("/Subtype") == "/Type3"
        self.to_unicode = _to_unicode(source)
        try:
            spec = _spec(source)
            font: PDFFont = PDFResourceManager(caching=False).get_font(None, spec)
        except (PDFException, PSException, KeyError, TypeError, ValueError, IndexError, AttributeError,
                AssertionError, struct.error) as error:  # fmt: skip
            raise ValueError("font") from error
        self._font = font
        self.vertical = bool(font.is_vertical())
        self.wide = bool(font.is_multibyte())
        self._cmap = _embedded_cmap(source) or getattr(font, "cmap", None)
        if self.wide and self._cmap is not getattr(font, "cmap", None) and isinstance(font, PDFCIDFont):
            self.vertical = bool(self._cmap and self._cmap.is_vertical())
        self.bottom, self.top = _extent(font, self.type3)
        #: of the codes met so far: CID, and bytes where codes differ in length
        self.cids: dict[int, int] = {}
        self.sizes: dict[int, int] = {}
        self._codes: dict[int, Code] = {}
        self._shown: dict[bytes, tuple[tuple[Code, ...] | float, ...]] = {}
        #: a glyph procedure shows text of its own
        self.nested = self.type3 and _procedures_show_text(source)
        #: bytes that no code claims were shown: the trace of this page is not exact
        self.broken = False

    def shown(self, operands: bytes, *, last_only: bool) -> tuple[tuple[Code, ...] | float, ...]:
        """Return the codes of each string, and the numbers, of a text-showing instruction's operands, in order.

        ``last_only``: only the last string counts, as for all operators but TJ.
        """
        found = self._shown.get(operands)
        if found is None:
            items: Sequence[bytes | float] = shown(operands)
            if last_only:
                items = [item for item in items if isinstance(item, bytes)][-1:]
            found = tuple(item if isinstance(item, float) else tuple(self._cut(item)) for item in items)
            if len(operands) <= _SHORT:
                self._shown[operands] = found
        return found

    def text(self, code: int) -> str:
        """Return what a code met before stands for."""
        return next((made.text for made in self._codes.values() if made.code == code), UNMAPPED)

    def _cut(self, data: bytes) -> list[Code]:
        known = self._codes
        if not self.wide or isinstance(self._cmap, IdentityCMapByte):
            return [known.get(byte) or self._code(byte, 1, byte) for byte in data]
        out = []
        if isinstance(self._cmap, IdentityCMap):
            for i in range(0, len(data) - 1, 2):
                code = data[i] << 8 | data[i + 1]
                out.append(known.get(code) or self._code(code, 2, code))
            if len(data) % 2:
                self.broken = True
                out.append(Code(data[-1], 1, UNMAPPED, 0.0, 0.0, 0.0))
            return out
        table = getattr(self._cmap, "code2cid", {})
        start = 0
        while start < len(data):
            node: Any = table
            end = start
            while end < len(data) and isinstance(node, dict):
                node = node.get(data[end])
                end += 1
            code = int.from_bytes(data[start:end], "big") | (end - start) << 32
            if isinstance(node, int):
                out.append(known.get(code) or self._code(code, end - start, node))
            else:
                self.broken = True
                out.append(Code(code, end - start, UNMAPPED, 0.0, 0.0, 0.0))
            start = end
        return out

    def _code(self, code: int, size: int, cid: int) -> Code:
        font = self._font
        plain = code & 0xFFFFFFFF
        text = self.to_unicode.get(plain, "")
        if not text or text == "\x00":
            try:
                text = font.to_unichr(cid) or UNMAPPED
            except (PDFUnicodeNotDefined, KeyError, ValueError):
                text = UNMAPPED
            if text == "\x00" or text.startswith("(cid:"):
                text = UNMAPPED
        try:
            advance = float(font.char_width(cid))
        except (TypeError, ValueError):
            advance = 1.0
        shift_x = shift_y = 0.0
        if self.vertical:
            move = font.char_disp(cid)
            x, y = move if isinstance(move, tuple) else (None, 880.0)
            shift_x = -(0.5 if x is None else x * 0.001)
            shift_y = (1000 - y) * 0.001
        self.cids[plain] = cid
        self.sizes[plain] = size
        made = Code(plain, size, text, advance, shift_x, shift_y)
        self._codes[code] = made
        return made


def _procedures_show_text(source: pikepdf.Object) -> bool:
    procedures = source.get("/CharProcs")
    streams = (item for _, item in procedures.items()) if isinstance(procedures, pikepdf.Dictionary) else ()
    # Forms drawn from a glyph may show text too, and no producer draws any.
    return any(_SHOWING.search(bytes(item.read_bytes())) for item in streams if isinstance(item, pikepdf.Stream))


def _extent(font: PDFFont, type3: bool) -> tuple[float, float]:
    """Return bottom and top of a line of text for a font size of 1."""
    bottom, top = sorted((float(font.get_descent()), float(font.get_ascent())))
    if type3:
        return (bottom, top) if 0.2 <= top - bottom <= 4 else (-0.2, 0.9)
    bottom = -0.2 if not -0.6 <= bottom < -0.02 else bottom
    return bottom, bottom + 1.05


# --------------------------------------------------------------------------------------------- pikepdf → pdfminer


def _spec(source: pikepdf.Object) -> dict[str, Any]:
    spec = {key[1:]: _convert(source[key], 0) for key in _FONT_KEYS if key in source and key != "/ToUnicode"}
    descendants = spec.get("DescendantFonts")
    if descendants:
        child = source.DescendantFonts[0]
        inner = {key[1:]: _convert(child[key], 0) for key in _FONT_KEYS if key in child}
        descriptor = child.get("/FontDescriptor")
        # Only a font without ToUnicode needs its program: pdfminer takes the characters from its cmap table.
        if descriptor is not None and "/FontFile2" in descriptor and "/ToUnicode" not in source:
            inner["FontDescriptor"]["FontFile2"] = PDFStream({}, descriptor.FontFile2.read_bytes())
        spec["DescendantFonts"] = [inner]
    elif "/FontDescriptor" in source and "/FontFile" in source.FontDescriptor and "Encoding" not in spec:
        program = source.FontDescriptor.FontFile
        lengths = {name: int(program.get(f"/{name}", 0)) for name in ("Length1", "Length2")}
        spec["FontDescriptor"]["FontFile"] = PDFStream(lengths, program.read_bytes())
    return spec


def _convert(value: Any, depth: int) -> Any:
    """Return a pikepdf object as pdfminer's kind of object; font programs are left out."""
    if depth > _MAX_DEPTH:
        raise ValueError("depth")
    if isinstance(value, pikepdf.Name):
        return LIT(spell(value)[1:])
    if isinstance(value, pikepdf.String):
        return bytes(value)
    if isinstance(value, pikepdf.Stream):
        return PDFStream(_items(value, depth), value.read_bytes())
    if isinstance(value, pikepdf.Array):
        return [_convert(item, depth + 1) for item in value]
    if isinstance(value, pikepdf.Dictionary):
        return _items(value, depth)
    if isinstance(value, (bool, int)):
        return value
    return value if value is None else float(value)


def _items(value: Any, depth: int) -> dict[str, Any]:
    skipped = ("/FontFile", "/FontFile2", "/FontFile3", "/Filter", "/DecodeParms", "/Length", "/Metadata", "/Style")
    return {key[1:]: _convert(item, depth + 1) for key, item in value.items() if key not in skipped}


def _embedded_cmap(source: pikepdf.Object) -> CMap | None:
    """Return the code map that a composite font carries itself (pdfminer only goes by its name)."""
    encoding = source.get("/Encoding")
    if source.get("/Subtype") != "/Type0" or not isinstance(encoding, pikepdf.Stream):
        return None
    cmap = FileCMap()
    try:
        CMapParser(cmap, BytesIO(encoding.read_bytes())).run()
    except (PDFException, PSException, KeyError, TypeError, ValueError, IndexError) as error:
        raise ValueError("cmap") from error
    if encoding.get("/WMode", 0) == 1:
        cmap.set_attr("WMode", 1)
    return cmap if cmap.code2cid else None


# --------------------------------------------------------------------------------------------- ToUnicode


def _to_unicode(source: pikepdf.Object) -> Mapping[int, str]:
    stream = source.get("/ToUnicode")
    return parse_to_unicode(stream.read_bytes()) if isinstance(stream, pikepdf.Stream) else {}
