"""What code that shares nothing with the reader finds in a PDF: pdfium, pdftotext, and the raw objects."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf

from review.errors import CorruptDocument
from review.formats._pdf_names import spell, words
from review.formats._pdf_open import open_pdf
from review.formats._pdf_raster import open_pdfium
from review.formats._pdf_unicode import parse_to_unicode
from review.types import Witness

_TIMEOUT = 120  # seconds for pdftotext
_HEX = re.compile(rb"<([0-9A-Fa-f\s]{4,})>")
_BINARY = ("/Image", "/Type1C", "/CIDFontType0C", "/OpenType")


def witness(data: bytes) -> Witness:
    """Read a PDF with pdfium, with pdftotext where it is installed, and dig through its objects."""
    residue: list[str] = []
    readers = ["pdfium"]
    document = open_pdfium(data)
    try:
        visible = "\n".join(_page_text(document, number) for number in range(len(document)))
    finally:
        document.close()
    tool = shutil.which("pdftotext")
    if tool:
        residue.append(_pdftotext(tool, data))
        readers.append("pdftotext")
    pdf = open_pdf(data)
    try:
        residue.extend(text for text in _dug(pdf) if text)
    finally:
        pdf.close()
    readers.append("pikepdf")
    return Witness(visible, tuple(residue), tuple(readers))


def _page_text(document: Any, number: int) -> str:
    page = document[number]
    text = page.get_textpage()
    # pdfium marks a hyphen at a line's end with U+0002 or U+FFFE and drops it from the text.
    found: str = text.get_text_range().replace("\x02", "-").replace("\ufffe", "-")
    text.close()
    page.close()
    return found


def _pdftotext(tool: str, data: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.pdf"
        path.write_bytes(data)
        try:
            done = subprocess.run(
                [tool, "-raw", "-enc", "UTF-8", str(path), "-"], capture_output=True, timeout=_TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise CorruptDocument("pdftotext 未能在限定时间内读完 PDF，无法核验。") from error
        return done.stdout.decode("utf-8", "replace")


def _dug(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Yield every string and every decoded stream, in the encodings in which Chinese text is written."""
    for thing in [*pdf.objects, pdf.trailer]:
        yield from _strings(thing, 0)
        if not isinstance(thing, pikepdf.Stream):
            continue
        try:
            data = bytes(thing.read_bytes())
        except (pikepdf.PdfError, RuntimeError, ValueError, NotImplementedError):
            data = bytes(thing.read_raw_bytes())
        subtype = spell(thing.get("/Subtype"))
        if subtype in _BINARY or "/Length1" in thing:
            # Pixels and outlines are no text; names, notes and packets stand in their head.
            data = data[:65536]
            yield data.decode("latin-1")
            yield data.decode("utf-8", "ignore")
            continue
        yield from decoded(data)
        if b"begincmap" in data:
            yield "".join(parse_to_unicode(data).values())


def decoded(data: bytes) -> Iterator[str]:
    """Yield bytes read as UTF-8, UTF-16 and GB18030, and the hexadecimal strings in them likewise."""
    for encoding in ("utf-8", "gb18030", "utf-16-be", "utf-16-le"):
        yield data.decode(encoding, "ignore")
    packed = b"".join(re.sub(rb"\s", b"", digits) for digits in _HEX.findall(data) if len(digits) % 2 == 0)
    if packed:
        raw = bytes.fromhex(packed[: len(packed) // 2 * 2].decode("ascii"))
        for encoding in ("utf-8", "utf-16-be", "gb18030"):
            yield raw.decode(encoding, "ignore")


def _strings(thing: Any, depth: int) -> Iterator[str]:
    if depth > 12:
        return
    if isinstance(thing, pikepdf.String):
        raw = bytes(thing)
        yield words(thing)
        if any(byte > 126 for byte in raw):
            for encoding in ("utf-8", "gb18030", "utf-16-be"):
                yield raw.decode(encoding, "ignore")
    elif isinstance(thing, pikepdf.Name):
        yield bytes(thing).decode("utf-8", "replace")
        yield bytes(thing).decode("gb18030", "replace")
    elif isinstance(thing, pikepdf.Array):
        for item in thing:
            if isinstance(item, (pikepdf.String, pikepdf.Name)) or not getattr(item, "is_indirect", True):
                yield from _strings(item, depth + 1)
    elif isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
        for key, item in thing.items():
            yield key.encode("utf-8", "surrogateescape").decode("gb18030", "replace")
            if isinstance(item, (pikepdf.String, pikepdf.Name)) or not getattr(item, "is_indirect", True):
                yield from _strings(item, depth + 1)
