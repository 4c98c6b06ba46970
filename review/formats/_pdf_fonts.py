"""Take out of a PDF's fonts every trace of characters that are no longer shown.

A subset font lists just the characters of its document: in its ToUnicode map, encoding, widths and outlines. Once a
value is removed, what the font still lists beyond the page spells the value.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pikepdf
from fontTools.misc.psLib import PSError
from fontTools.t1Lib import T1Error
from fontTools.ttLib import TTLibError
from pdfminer.pdffont import get_widths, get_widths2
from pikepdf import Array, Dictionary, Name

from review.formats._pdf_font import Font
from review.formats._pdf_names import key_name, spell
from review.formats._pdf_programs import Wanted, blank_cff, blank_sfnt, blank_type1
from review.formats._pdf_trace import PageTrace
from review.formats._pdf_unicode import Targets, write_to_unicode

FontKey = tuple[int, int]

#: Bytes of a font program up to which it is taken for a subset and pruned of what was never shown, too.
_SMALL = 2 << 20
_PROGRAMS = ("/FontFile", "/FontFile2", "/FontFile3")
_BROKEN = (
    TTLibError, T1Error, PSError, struct.error, KeyError, IndexError, ValueError, TypeError, AttributeError,
    AssertionError, OverflowError, NotImplementedError, pikepdf.PdfError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Use:
    """What a font shows in the copy (``kept``) and what it only showed before (``lost``), as codes."""

    font: Font
    kept: frozenset[int]
    lost: frozenset[int]


class Usage:
    """Counts, page by page, which codes of which fonts stay and which go."""

    def __init__(self) -> None:
        self._fonts: dict[FontKey, Font] = {}
        self._kept: dict[FontKey, set[int]] = {}
        self._gone: dict[FontKey, set[int]] = {}
        self._pages: dict[FontKey, set[int]] = {}

    def add(self, number: int, trace: PageTrace, kills: frozenset[int]) -> None:
        """Count one rewritten page and the glyphs taken out of it."""
        keys = []
        for show in trace.shows:
            keys.append(show.font.key)
            self._fonts.setdefault(show.font.key, show.font)
        for key in set(keys):
            self._pages.setdefault(key, set()).add(number)
        for i, glyph in enumerate(trace.glyphs):
            (self._gone if i in kills else self._kept).setdefault(keys[glyph.show], set()).add(glyph.code)

    def uses(self) -> dict[FontKey, Use]:
        """Return the use of every font over all pages counted."""
        none: set[int] = set()
        return {
            key: Use(
                font,
                frozenset(self._kept.get(key, none)),
                frozenset(self._gone.get(key, none) - self._kept.get(key, none)),
            )
            for key, font in self._fonts.items()
        }

    def pages(self, fonts: Iterable[FontKey]) -> frozenset[int]:
        """Return the pages that show any of these fonts."""
        return frozenset(number for key in fonts for number in self._pages.get(key, ()))


def prune(pdf: pikepdf.Pdf, used: Mapping[FontKey, Use]) -> frozenset[FontKey]:
    """Prune all fonts in place; return those whose program could not be pruned though something left it."""
    failed: set[FontKey] = set()
    shared: dict[FontKey, list[FontKey]] = {}
    for key, use in used.items():
        try:
            _prune_dictionary(pdf, use)
        except _BROKEN:
            if use.lost:
                failed.add(key)
        program = _program(use.font.source)
        if program is not None:
            shared.setdefault(program[1].objgen, []).append(key)
    for keys in shared.values():
        lost = any(used[key].lost for key in keys)
        try:
            _prune_program([used[key] for key in keys], limit=None if lost else _SMALL)
        except _BROKEN:
            if lost:
                failed.update(keys)
    return frozenset(failed)


# --------------------------------------------------------------------------------------------- dictionaries


def _prune_dictionary(pdf: pikepdf.Pdf, use: Use) -> None:
    source, font = use.font.source, use.font
    if "/ToUnicode" in source:
        targets = Targets(
            {code: text for code, text in font.to_unicode.items() if code in use.kept},
            font.sizes,
            2 if font.wide else 1,
        )
        if targets.texts:
            source.ToUnicode = pdf.make_stream(write_to_unicode(targets))
        else:
            del source["/ToUnicode"]
    if font.wide:
        if isinstance(source.get("/Encoding"), pikepdf.Stream):
            raise ValueError("code map")
        _prune_cid(pdf, use)
        return
    names = _differences(source)
    encoding = source.get("/Encoding")
    if names and isinstance(encoding, Dictionary):
        fresh = Dictionary({key: encoding[key_name(key)] for key in ("/Type", "/BaseEncoding") if key in encoding})
        fresh.Differences = _packed({code: name for code, name in names.items() if code in use.kept})
        source.Encoding = fresh
    if "/Widths" in source:
        first = int(source.get("/FirstChar", 0))
        source.Widths = Array([w if first + i in use.kept else 0 for i, w in enumerate(source.Widths)])
    if font.type3:
        procedures = Dictionary()
        for code in use.kept:
            name = names.get(code)
            if name is not None and name in source.CharProcs:
                procedures[name] = source.CharProcs[name]
        source.CharProcs = procedures


def _prune_cid(pdf: pikepdf.Pdf, use: Use) -> None:
    child = use.font.source.DescendantFonts[0]
    cids = sorted({use.font.cids[code] for code in use.kept if code in use.font.cids})
    if "/W" in child:
        widths = get_widths(_plain(child.W))
        child.W = Array([item for cid in cids if cid in widths for item in (cid, Array([widths[cid]]))])
    if "/W2" in child:
        places = get_widths2(_plain(child.W2))
        child.W2 = Array(
            [item for cid in cids if cid in places for item in (cid, Array([places[cid][0], *places[cid][1]]))]
        )
    mapping = child.get("/CIDToGIDMap")
    if isinstance(mapping, pikepdf.Stream):
        old = bytes(mapping.read_bytes())
        new = bytearray(len(old))
        for cid in cids:
            new[2 * cid : 2 * cid + 2] = old[2 * cid : 2 * cid + 2]
        child.CIDToGIDMap = pdf.make_stream(bytes(new))


def _plain(array: Any) -> list[Any]:
    """Return an array of numbers and arrays as Python lists, as pdfminer takes it."""
    return [_plain(item) if isinstance(item, Array) else _number(item) for item in array]


def _number(value: Any) -> int | float:
    return int(value) if value == int(value) else float(value)


def _differences(source: Any) -> dict[int, Any]:
    """Return code → name object of an encoding's differences."""
    encoding = source.get("/Encoding")
    out: dict[int, Any] = {}
    code = 0
    for item in encoding.get("/Differences", ()) if isinstance(encoding, Dictionary) else ():
        if isinstance(item, Name):
            out[code] = item
            code += 1
        else:
            code = int(item)
    return out


def _packed(names: Mapping[int, Any]) -> Array:
    out: list[Any] = []
    for code in sorted(names):
        if code - 1 not in names:
            out.append(code)
        out.append(names[code])
    return Array(out)


# --------------------------------------------------------------------------------------------- programs


def _program(source: Any) -> tuple[str, Any] | None:
    """Return the key and stream of an embedded font program."""
    holder = source.DescendantFonts[0] if "/DescendantFonts" in source else source
    descriptor = holder.get("/FontDescriptor")
    if not isinstance(descriptor, Dictionary):
        return None
    return next(((key, descriptor[key]) for key in _PROGRAMS if isinstance(descriptor.get(key), pikepdf.Stream)), None)


def _prune_program(sharing: list[Use], limit: int | None) -> None:
    """Blank the shapes that none of the fonts sharing a program shows; the stream is written in place.

    A program of more than ``limit`` bytes is left alone: a whole font says nothing about a document.
    """
    found = _program(sharing[0].font.source)
    if found is None:
        return
    key, stream = found
    data = bytes(stream.read_bytes())
    if limit is not None and len(data) > limit:
        return
    wanted = [_wanted(use) for use in sharing]
    if key == "/FontFile2" or data[:4] in (b"OTTO", b"\x00\x01\x00\x00", b"true", b"ttcf"):
        new = blank_sfnt(data, wanted)
        stream.write(new)
        if "/Length1" in stream:
            stream.Length1 = len(new)
    elif key == "/FontFile3":
        stream.write(blank_cff(data, wanted))
    else:
        new, clear, coded = blank_type1(data, wanted)
        stream.write(new)
        stream.Length1, stream.Length2, stream.Length3 = clear, coded, len(new) - clear - coded
    for use in sharing:
        source = use.font.source
        holder = source.DescendantFonts[0] if "/DescendantFonts" in source else source
        for note in ("/CIDSet", "/CharSet"):
            if note in holder.FontDescriptor:
                del holder.FontDescriptor[note]


def _wanted(use: Use) -> Wanted:
    source, font = use.font.source, use.font
    if not font.wide:
        names = {code: spell(name)[1:] for code, name in _differences(source).items()}
        texts = {font.text(code) for code in use.kept}
        return Wanted(codes=use.kept, names={names[c] for c in use.kept if c in names}, texts=texts, named=bool(names))
    cids = {font.cids[code] for code in use.kept if code in font.cids}
    mapping = source.DescendantFonts[0].get("/CIDToGIDMap")
    glyphs = None
    if isinstance(mapping, pikepdf.Stream):
        table = bytes(mapping.read_bytes())
        glyphs = {int.from_bytes(table[2 * cid : 2 * cid + 2], "big") for cid in cids}
    return Wanted(cids=cids, glyphs=glyphs)
