"""Embedded fonts of an OFD file: what their glyphs are, and copies without the glyphs that are no longer shown.

A subset font lists just the characters of its document: once a value is removed, the font would still spell it.
"""

from __future__ import annotations

import io
import struct
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from fontTools import agl, cffLib
from fontTools.t1Lib import T1Error
from fontTools.ttLib import TTFont, TTLibError

from review.formats._pdf_programs import Wanted, blank_cff, blank_sfnt

_SFNT = (b"\x00\x01\x00\x00", b"OTTO", b"true", b"ttcf")
_BROKEN = (
    TTLibError, T1Error, struct.error, KeyError, IndexError, ValueError, TypeError, AttributeError, AssertionError,
    OverflowError, NotImplementedError, EOFError,
)  # fmt: skip


def reverse(data: bytes) -> Mapping[int, str]:
    """Return glyph number → character of a font program; empty where it is damaged or does not say."""
    try:
        return _reverse(data)
    except _BROKEN:
        return {}


def _reverse(data: bytes) -> dict[int, str]:
    found: dict[int, str] = {}
    if data.startswith(_SFNT):
        font = TTFont(io.BytesIO(data), lazy=True, fontNumber=0)
        if "cmap" in font:
            for code, name in sorted((font.getBestCmap() or {}).items(), reverse=True):
                found[font.getGlyphID(name)] = chr(code)
    elif data[:1] == b"\x01":
        for number, name in enumerate(_bare(data).charset):
            found[number] = agl.toUnicode(name)
    return {glyph: char for glyph, char in found.items() if len(char) == 1 and unicodedata.category(char)[0] in "LNPS"}


def _bare(data: bytes) -> Any:
    fonts = cffLib.CFFFontSet()
    fonts.decompile(io.BytesIO(data), None)
    return fonts[0]


def prune(data: bytes, characters: Collection[str], glyphs: Collection[int]) -> bytes:
    """Return the font with only the glyphs of ``characters`` (by its own maps) and ``glyphs``; empty where it fails."""
    try:
        if data.startswith(_SFNT):
            return blank_sfnt(data, [Wanted(cids=set(), glyphs={*glyphs, *_numbers(data, characters)})])
        if data[:1] == b"\x01" and not hasattr(_bare(data), "ROS"):
            named = {n for n, name in enumerate(_bare(data).charset) if agl.toUnicode(name) in characters}
            return blank_cff(data, [Wanted(cids={*glyphs, *named})])
    except _BROKEN:
        pass
    return b""


def _numbers(data: bytes, characters: Collection[str]) -> set[int]:
    """Return the glyphs that any of the font's maps gives for the characters."""
    font = TTFont(io.BytesIO(data), lazy=True, fontNumber=0)
    codes = {ord(char) for char in characters}
    codes |= {0xF000 + code for code in codes if code < 256}
    return {
        font.getGlyphID(name)
        for part in (font["cmap"].tables if "cmap" in font else ())
        if hasattr(part, "cmap")
        for code, name in part.cmap.items()
        if code in codes
    }
