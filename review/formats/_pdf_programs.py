"""Blank glyphs in embedded font programs (fontTools): TrueType, OpenType, CFF, Type 1.

A blanked glyph has no outline, no width, no name and no code; glyph numbers stay, so that nothing else moves.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fontTools import agl, cffLib, t1Lib
from fontTools.misc import psCharStrings
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph
from fontTools.ttLib.tables.DefaultTable import DefaultTable

#: Tables that a PDF viewer does not use and that speak of glyphs by number or name.
_SURPLUS = (
    "GSUB", "GPOS", "GDEF", "JSTF", "BASE", "MATH", "kern", "hdmx", "VDMX", "LTSH", "DSIG", "name", "meta", "PCLT",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one font dictionary still shows of a program: codes and names of a simple font, or CIDs."""

    codes: frozenset[int] = frozenset()
    names: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    named: bool = False  # the font dictionary has names of its own
    cids: set[int] | None = None
    glyphs: set[int] | None = None  # glyph numbers of the CIDs, where the file maps them


# --------------------------------------------------------------------------------------------- TrueType, OpenType


def blank_sfnt(data: bytes, wanted: Sequence[Wanted]) -> bytes:
    """Return the font with only the wanted glyphs."""
    font = TTFont(io.BytesIO(data), lazy=False, recalcBBoxes=False, recalcTimestamp=False, fontNumber=0)
    order = font.getGlyphOrder()
    keep = {0}
    for one in wanted:
        keep |= _sfnt_glyphs(font, one)
    post = _plain_post(font, keep) if "post" in font else None
    if "glyf" in font:
        _blank_glyf(font, order, keep)
    elif "CFF " in font:
        _blank_charstrings(font["CFF "].cff[0], keep)
    else:
        raise ValueError("outlines")
    for table, metrics in (("hmtx", (0, 0)), ("vmtx", (0, 0))):
        if table in font:
            for number, name in enumerate(order):
                if number not in keep and name in font[table].metrics:
                    font[table].metrics[name] = metrics
    if "cmap" in font:
        for part in font["cmap"].tables:
            if hasattr(part, "cmap"):
                part.cmap = {code: name for code, name in part.cmap.items() if font.getGlyphID(name) in keep}
    for table in _SURPLUS:
        if table in font:
            del font[table]
    if post is not None:
        font["post"] = post
    out = io.BytesIO()
    font.save(out, reorderTables=None)
    return out.getvalue()


def _sfnt_glyphs(font: TTFont, wanted: Wanted) -> set[int]:
    """Return the glyph numbers that one font dictionary shows."""
    if wanted.cids is not None:
        if wanted.glyphs is not None:
            return set(wanted.glyphs)
        top = font["CFF "].cff[0] if "CFF " in font else None
        if top is not None and hasattr(top, "ROS"):
            return _cid_glyphs(top, wanted.cids)
        return set(wanted.cids)
    out: set[int] = set()
    texts = {ord(text) for text in wanted.texts if len(text) == 1}
    for name in wanted.names:
        texts |= {ord(c) for c in agl.toUnicode(name)}
    for part in font["cmap"].tables if "cmap" in font else ():
        if not hasattr(part, "cmap"):
            continue
        for code, name in part.cmap.items():
            direct = (part.platformID, part.platEncID) != (3, 1) and (
                code in wanted.codes or (0xF000 <= code <= 0xF0FF and code & 0xFF in wanted.codes)
            )
            if direct or (code in texts and part.platformID in (0, 3)) or name in wanted.names:
                out.add(font.getGlyphID(name))
    out |= {number for number, name in enumerate(font.getGlyphOrder()) if name in wanted.names}
    if "cmap" not in font or not any(getattr(part, "cmap", None) for part in font["cmap"].tables):
        out |= set(wanted.codes)
    return out


def _blank_glyf(font: TTFont, order: Sequence[str], keep: set[int]) -> None:
    glyf = font["glyf"]
    waiting = list(keep)
    while waiting:
        number = waiting.pop()
        glyph = glyf[order[number]] if number < len(order) else None
        if glyph is not None and glyph.isComposite():
            for component in glyph.components:
                inner = font.getGlyphID(component.glyphName)
                if inner not in keep:
                    keep.add(inner)
                    waiting.append(inner)
    for number, name in enumerate(order):
        if number not in keep:
            glyf[name] = Glyph()


def _plain_post(font: TTFont, keep: set[int]) -> DefaultTable | None:
    """Return the glyph-name table without the names of blanked glyphs (format 2), or None where it has none."""
    data: bytes = font.reader["post"]
    if len(data) < 34 or data[:4] != b"\x00\x02\x00\x00":
        return None
    count = int.from_bytes(data[32:34], "big")
    numbers = list(struct.unpack(f">{count}H", data[34 : 34 + 2 * count]))
    names: list[bytes] = []
    place = 34 + 2 * count
    while place < len(data):
        names.append(data[place + 1 : place + 1 + data[place]])
        place += 1 + data[place]
    kept: list[bytes] = []
    for glyph, number in enumerate(numbers):
        if glyph not in keep:
            numbers[glyph] = 0
        elif number >= 258 and number - 258 < len(names):
            kept.append(names[number - 258])
            numbers[glyph] = 257 + len(kept)
    table = DefaultTable("post")
    table.data = data[:34] + struct.pack(f">{count}H", *numbers) + b"".join(bytes([len(n)]) + n for n in kept)
    return table


# --------------------------------------------------------------------------------------------- CFF


def blank_cff(data: bytes, wanted: Sequence[Wanted]) -> bytes:
    """Return a bare CFF program with only the wanted glyphs."""
    font = cffLib.CFFFontSet()
    font.decompile(io.BytesIO(data), None)
    top = font[0]
    keep = {0}
    for one in wanted:
        keep |= _cff_glyphs(top, one)
    _blank_charstrings(top, keep)
    out = io.BytesIO()
    font.compile(out, _Order(top.charset))
    return out.getvalue()


class _Order:
    """As much of a font as fontTools asks for when it writes a bare CFF."""

    recalcBBoxes = False

    def __init__(self, order: Sequence[str]) -> None:
        self._order = order

    def getGlyphOrder(self) -> Sequence[str]:
        return self._order


def _cff_glyphs(top: Any, wanted: Wanted) -> set[int]:
    if wanted.cids is not None:
        return _cid_glyphs(top, wanted.cids) if hasattr(top, "ROS") else set(wanted.cids)
    numbers = {name: number for number, name in enumerate(top.charset)}
    names = set(wanted.names)
    encoding = getattr(top, "Encoding", None)
    if isinstance(encoding, str):
        encoding = {"StandardEncoding": agl_standard()}.get(encoding, [])
    names |= {encoding[code] for code in wanted.codes if encoding and code < len(encoding)}
    if wanted.named or not encoding:
        names |= {name for name in numbers if agl.toUnicode(name) in wanted.texts}
    return {numbers[name] for name in names if name in numbers}


def agl_standard() -> list[str]:
    """Return the standard encoding as glyph names by code."""
    from fontTools.encodings.StandardEncoding import StandardEncoding

    return list(StandardEncoding)


def _cid_glyphs(top: Any, cids: Iterable[int]) -> set[int]:
    numbers = {name: number for number, name in enumerate(top.charset)}
    return {numbers[name] for name in (f"cid{cid:05d}" for cid in cids) if name in numbers}


def _blank_charstrings(top: Any, keep: set[int]) -> None:
    """Empty the outlines of all other glyphs and take their names or CIDs away."""
    strings = top.CharStrings
    keyed = hasattr(top, "ROS")
    spare = max((int(name[3:]) for name in top.charset if name[3:].isdigit()), default=0) + 1 if keyed else 0
    charset = list(top.charset)
    renamed: dict[str, str] = {}
    for number, name in enumerate(charset):
        if number in keep or number == 0:
            continue
        old = strings[name]
        strings[name] = psCharStrings.T2CharString(
            bytecode=None, program=["endchar"], private=old.private, globalSubrs=old.globalSubrs
        )
        renamed[name] = f"cid{spare + number:05d}" if keyed else f"blank{number}"
    if keyed:
        top.CIDCount = max(getattr(top, "CIDCount", 0), spare + len(charset))
    top.charset = [renamed.get(name, name) for name in charset]
    strings.charStrings = {renamed.get(name, name): value for name, value in strings.charStrings.items()}
    encoding = getattr(top, "Encoding", None)
    if isinstance(encoding, list):
        top.Encoding = [".notdef" if name in renamed else name for name in encoding]


# --------------------------------------------------------------------------------------------- Type 1


def blank_type1(data: bytes, wanted: Sequence[Wanted]) -> tuple[bytes, int, int]:
    """Return the font with only the wanted glyphs, and the lengths of its clear and its encrypted part."""
    font = t1Lib.T1Font.__new__(t1Lib.T1Font)
    font.data, font.encoding = data, "ascii"
    font.parse()
    built = font.font["Encoding"]
    encoding = agl_standard() if isinstance(built, str) else list(built)
    names = {".notdef"}
    for one in wanted:
        names |= one.names
        names |= {encoding[code] for code in one.codes if code < len(encoding)}
    strings = font.font["CharStrings"]
    for name in [name for name in strings if name not in names]:
        del strings[name]
    if not isinstance(built, str):
        font.font["Encoding"] = [name if name in names else ".notdef" for name in encoding]
    new = font.createData()
    clear = new.index(b"eexec") + len(b"eexec")
    clear += new[clear : clear + 1] in (b"\r", b"\n", b" ")
    return new, clear, len(new) - clear
