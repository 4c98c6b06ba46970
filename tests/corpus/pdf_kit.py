"""Bricks for hand-made PDFs: embedded fonts of several kinds, pages, and text drawn with any operator."""

from __future__ import annotations

import functools
import io
from pathlib import Path

import pikepdf
from fontTools import subset
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont
from pikepdf import Array, Dictionary, Name, String

NOTO = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


def available() -> bool:
    """Whether the font that the hand-made files use is installed (Debian: fonts-noto-cjk)."""
    return NOTO.is_file()


#: Characters of hand-made files: a font with just these is cut out of the large one first, once.
_COMMON = frozenset(
    [chr(code) for first, last in ((0x20, 0x7E), (0x3001, 0x3011), (0xFF01, 0xFF5D), (0x6C00, 0x6FFF))
     for code in range(first, last + 1)]
    + list("公开内容值班电话已在门户网站布请各单位遵照执行第二行文字仍须原样保留前后姓名口联系")
)  # fmt: skip


@functools.cache
def opentype(chars: str) -> bytes:
    """Return an OpenType font (CFF, keyed by CID) with just these characters; glyph numbers are new."""
    if frozenset(chars) < _COMMON:
        font = TTFont(io.BytesIO(opentype("".join(sorted(_COMMON)))), lazy=True)
    else:
        font = TTCollection(str(NOTO), lazy=True).fonts[2]
    options = subset.Options()
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx"]
    options.name_IDs = []
    options.notdef_outline = True
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=chars)
    subsetter.subset(font)
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


@functools.cache
def truetype(chars: str) -> bytes:
    """Return a TrueType font with just these characters, made from the OpenType one."""
    source = TTFont(io.BytesIO(opentype(chars)))
    glyphs = source.getGlyphSet()
    order = source.getGlyphOrder()
    builder = FontBuilder(source["head"].unitsPerEm, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(source.getBestCmap())
    drawn = {}
    for name in order:
        pen = TTGlyphPen(None)
        glyphs[name].draw(Cu2QuPen(pen, 1.0, reverse_direction=True))
        drawn[name] = pen.glyph()
    builder.setupGlyf(drawn)
    builder.setupHorizontalMetrics({name: (source["hmtx"][name][0], 0) for name in order})
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": "Probe", "styleName": "Regular", "psName": "Probe-Regular"})
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWinAscent=880, usWinDescent=120)
    builder.setupPost()
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


def to_unicode(mapping: dict[int, str], size: int = 2) -> bytes:
    lines = [f"<{code:0{2 * size}X}> <{text.encode('utf-16-be').hex()}>" for code, text in mapping.items()]
    return (
        f"begincmap 1 begincodespacerange <{'00' * size}> <{'FF' * size}> endcodespacerange "
        f"{len(lines)} beginbfchar\n" + "\n".join(lines) + "\nendbfchar endcmap"
    ).encode()


class Face:
    """A font in a file: ``hex(text)`` gives the codes of a text as a hexadecimal string."""

    def __init__(self, font: pikepdf.Object, codes: dict[str, int], size: int) -> None:
        self.font, self.codes, self.size = font, codes, size

    def hex(self, text: str) -> bytes:
        return b"<" + b"".join(b"%0*X" % (2 * self.size, self.codes[c]) for c in text) + b">"


def _descriptor(pdf: pikepdf.Pdf, **program: pikepdf.Object) -> pikepdf.Object:
    return pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor, FontName=Name("/ABCDEF+Probe"), Flags=4, FontBBox=Array([-100, -200, 1100, 900]),
            ItalicAngle=0, Ascent=880, Descent=-120, CapHeight=700, StemV=80, **program,
        )
    )  # fmt: skip


def wide_face(pdf: pikepdf.Pdf, chars: str, *, kind: str = "truetype", vertical: bool = False) -> Face:
    """Add a composite font: ``truetype`` (CIDFontType2), ``cff`` (bare CFF), ``opentype`` (CFF in its wrapper)."""
    data = truetype(chars) if kind == "truetype" else opentype(chars)
    font = TTFont(io.BytesIO(data))
    best = font.getBestCmap()
    numbers = {char: font.getGlyphID(best[ord(char)]) for char in dict.fromkeys(chars)}
    if kind != "truetype":
        top = font["CFF "].cff[0]
        numbers = {char: int(top.charset[gid][3:]) for char, gid in numbers.items()}
    if kind == "truetype":
        program = {"FontFile2": pdf.make_stream(data, Length1=len(data))}
    elif kind == "cff":
        program = {"FontFile3": pdf.make_stream(font.getTableData("CFF "), Subtype=Name("/CIDFontType0C"))}
    else:
        program = {"FontFile3": pdf.make_stream(data, Subtype=Name.OpenType)}
    descriptor = _descriptor(pdf, **program)
    upem = font["head"].unitsPerEm
    widths = [item for char, cid in numbers.items()
              for item in (cid, Array([round(font["hmtx"][best[ord(char)]][0] * 1000 / upem)]))]  # fmt: skip
    child = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType2 if kind == "truetype" else Name.CIDFontType0,
        BaseFont=Name("/ABCDEF+Probe"), FontDescriptor=descriptor, DW=1000, W=Array(widths),
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
    )  # fmt: skip
    if kind == "truetype":
        child.CIDToGIDMap = Name.Identity
    made = pdf.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.Type0, BaseFont=Name("/ABCDEF+Probe"),
            Encoding=Name("/Identity-V" if vertical else "/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(child)]),
            ToUnicode=pdf.make_stream(to_unicode({cid: char for char, cid in numbers.items()})),
        )
    )  # fmt: skip
    return Face(made, numbers, 2)


def narrow_face(pdf: pikepdf.Pdf, chars: str) -> Face:
    """Add a simple TrueType font with codes from 1, as LibreOffice and older programs make them."""
    letters = list(dict.fromkeys(chars))
    source = TTFont(io.BytesIO(truetype(chars)))
    best = source.getBestCmap()
    source["cmap"].tables = []
    from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

    table = CmapSubtable.newSubtable(0)
    table.platformID, table.platEncID, table.language = 1, 0, 0
    table.cmap = {code: best[ord(char)] for code, char in enumerate(letters, 1)}
    source["cmap"].tables = [table]
    out = io.BytesIO()
    source.save(out)
    data = out.getvalue()
    codes = {char: code for code, char in enumerate(letters, 1)}
    made = pdf.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name("/ABCDEF+Probe"), FirstChar=1, LastChar=len(letters),
            Widths=Array([round(source["hmtx"][best[ord(c)]][0] * 1000 / source["head"].unitsPerEm) for c in letters]),
            FontDescriptor=_descriptor(pdf, FontFile2=pdf.make_stream(data, Length1=len(data))),
            ToUnicode=pdf.make_stream(to_unicode({code: char for char, code in codes.items()}, 1)),
        )
    )  # fmt: skip
    return Face(made, codes, 1)


def type3_face(pdf: pikepdf.Pdf, chars: str) -> Face:
    """Add a Type 3 font whose glyphs are squares with a slit; the names tell the characters."""
    letters = list(dict.fromkeys(chars))
    procedures = Dictionary()
    differences: list[object] = [1]
    for char in letters:
        name = f"/uni{ord(char):04X}"
        procedures[name] = pdf.make_stream(b"1000 0 0 -100 1000 900 d1 100 0 800 800 re 300 200 100 400 re f*")
        differences.append(Name(name))
    codes = {char: code for code, char in enumerate(letters, 1)}
    made = pdf.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, -100, 1000, 900]),
            FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]), CharProcs=procedures,
            Encoding=Dictionary(Type=Name.Encoding, Differences=Array(differences)), FirstChar=1,
            LastChar=len(letters), Widths=Array([1000] * len(letters)), Resources=Dictionary(),
            ToUnicode=pdf.make_stream(to_unicode({code: char for char, code in codes.items()}, 1)),
        )
    )  # fmt: skip
    return Face(made, codes, 1)


class GbkFace(Face):
    """A font that is not embedded and shown in GBK: one- and two-byte codes."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        child = Dictionary(
            Type=Name.Font, Subtype=Name.CIDFontType0, BaseFont=Name("/STSong-Light"), DW=1000, W=Array([1, 95, 500]),
            CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("GB1"), Supplement=2),
            FontDescriptor=_descriptor(pdf),
        )  # fmt: skip
        font = Dictionary(
            Type=Name.Font, Subtype=Name.Type0, BaseFont=Name("/STSong-Light-GBK-EUC-H"), Encoding=Name("/GBK-EUC-H"),
            DescendantFonts=Array([pdf.make_indirect(child)]),
        )  # fmt: skip
        super().__init__(pdf.make_indirect(font), {}, 2)

    def hex(self, text: str) -> bytes:
        return b"<" + text.encode("gbk").hex().encode() + b">"


class Sheet:
    """A one-page file under construction. ``draw`` adds content; ``face`` is font /F, TrueType by CID."""

    def __init__(self, chars: str, *, kind: str = "truetype") -> None:
        self.pdf = pikepdf.new()
        self.pdf.add_blank_page(page_size=(595, 842))
        self.page = self.pdf.pages[0].obj
        self.face = wide_face(self.pdf, chars, kind=kind)
        self.page.Resources = Dictionary(Font=Dictionary(F=self.face.font))
        self.content: list[bytes] = []

    def draw(self, content: bytes) -> None:
        self.content.append(content)

    def line(self, text: str, y: float, *, x: float = 60, before: bytes = b"", face: Face | None = None) -> None:
        """Show a text at 14 points; ``before``: operators inside the text object."""
        name = b"F" if face is None else b"G"
        shown = (face or self.face).hex(text)
        self.draw(b"BT /%s 14 Tf %s 1 0 0 1 %g %g Tm %s Tj ET" % (name, before, x, y, shown))

    def use(self, face: Face) -> Face:
        self.page.Resources.Font["/G"] = face.font
        return face

    def form(self, content: bytes, **keys: object) -> pikepdf.Object:
        """Return a form XObject with the page's fonts; ``Resources=None`` leaves them to be inherited."""
        made = self.pdf.make_stream(content)
        made.Type, made.Subtype, made.BBox = Name.XObject, Name.Form, Array([0, 0, 595, 842])
        if keys.get("Resources", 0) is not None:
            made.Resources = Dictionary(Font=self.page.Resources.Font)
        for key, value in keys.items():
            if value is not None:
                made["/" + key] = value
        return made

    def name(self, kind: str, **things: object) -> None:
        """Put things into the page's resources under their names."""
        table = self.page.Resources.get("/" + kind, Dictionary())
        for key, value in things.items():
            table["/" + key] = value
        self.page.Resources["/" + kind] = table

    def bytes(self) -> bytes:
        self.page.Contents = self.pdf.make_stream(b"\n".join(self.content))
        out = io.BytesIO()
        self.pdf.save(out)
        return out.getvalue()
