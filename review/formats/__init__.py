"""The table of formats: one module = one file format (or a family that differs only in its suffix).

Modules are imported when a file of their kind first appears, since a text file should not wait for a PDF library.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from dataclasses import replace

from review.errors import CorruptDocument, InputError, LimitExceeded, UnsupportedFormat
from review.formats import _marks
from review.types import Block, Cut, Embedded, Erased, Format, Gap, Locator, Reading, Run, Span, Witness, Zone

#: First bytes → modules that may own such a file, in the order in which they are asked.
_MAGIC: tuple[tuple[bytes, tuple[str, ...]], ...] = (
    (b"%PDF", ("pdf",)),
    (b"PK", ("docx", "xlsx", "pptx", "ofd", "archive")),
    (b"\xd0\xcf\x11\xe0", ("docx", "xlsx", "pptx")),
    (b"\x89PNG", ("image",)),
    (b"\xff\xd8\xff", ("image",)),
    (b"II*\x00", ("image",)),
    (b"MM\x00*", ("image",)),
    (b"BM", ("image", "text")),
    (b"RIFF", ("image",)),
    (b"GIF8", ("image",)),
)
_OFFICE = {
    ".docx": "docx", ".docm": "docx", ".dotx": "docx", ".xlsx": "xlsx", ".xlsm": "xlsx", ".pptx": "pptx",
    ".pptm": "pptx", ".ofd": "ofd", ".pdf": "pdf", ".png": "image", ".jpg": "image", ".jpeg": "image",
    ".tif": "image", ".tiff": "image", ".bmp": "image", ".webp": "image", ".gif": "image", ".zip": "archive",
    ".doc": "legacy", ".xls": "legacy", ".ppt": "legacy", ".wps": "legacy", ".et": "legacy", ".dps": "legacy",
    ".odt": "legacy", ".ods": "legacy", ".odp": "legacy", ".rtf": "legacy",
}  # fmt: skip

MODULES = ("docx", "xlsx", "pptx", "pdf", "ofd", "html", "eml", "image", "archive", "text")
# A mail begins with one of its own headers.
_MAIL = re.compile(rb"(?:Received|Return-Path|Delivered-To|MIME-Version|Message-ID|X-[\w-]+|From): ", re.I)
# Stands between a container's part and the part inside it.
_INSIDE = "\x1f"
#: Containers that take metadata out of their pictures when they are written.
_CLEANING = ("docx", "xlsx", "pptx", "ofd", "pdf")
_MAX_DEPTH = 4
_MAX_EMBEDDED = 500


def _formats(module: str) -> tuple[Format, ...]:
    """Return the formats that a module exports, as ``FORMATS`` or as one ``FORMAT``."""
    loaded = importlib.import_module(f"review.formats.{module}")
    several: tuple[Format, ...] = getattr(loaded, "FORMATS", ()) or (loaded.FORMAT,)
    return several


def all_formats() -> tuple[Format, ...]:
    """Return every format; imports all their libraries."""
    return tuple(format_ for module in MODULES for format_ in _formats(module))


def suffix_of(name: str) -> str:
    """Return the lower-case suffix of a file name with its dot, or an empty string."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "." + stem.rsplit(".", 1)[-1].lower() if "." in stem else ""


def identify(data: bytes, name: str) -> Format:
    """Return the format of a file, by content first; raises ``InputError`` where none fits."""
    if not data:
        raise CorruptDocument("文件为空，没有可检查的内容。")
    suffix = suffix_of(name)
    for module in _candidates(data[:1024], suffix):
        for format_ in _formats(module):
            if format_.sniff(data, suffix):
                if suffix in _OFFICE and module in ("html", "eml", "text") and suffix not in format_.suffixes:
                    raise _disguised(suffix)
                return format_
    if suffix in _OFFICE:
        raise _disguised(suffix)
    raise UnsupportedFormat("不支持这种文件格式，未能检查。请转为 docx、xlsx、pptx、pdf、ofd 或 txt 后再送审。")


def _candidates(head: bytes, suffix: str) -> tuple[str, ...]:
    """Return the modules that may own a file with this beginning, likeliest first."""
    start = head.lstrip(b"\xef\xbb\xbf\r\n\t ")
    for magic, modules in _MAGIC:
        if start.startswith(magic):
            return modules
    if b"%PDF-" in head:  # readers accept a PDF after some junk
        return ("pdf",)
    if suffix == ".eml" or _MAIL.match(start):
        return ("eml", "text")
    page = b"<html" in head.lower() or b"<!doctype html" in head.lower()
    if page or suffix in (".html", ".htm", ".mht", ".mhtml", ".xhtml"):
        return ("html", "text")
    return ("text",)


def _disguised(suffix: str) -> CorruptDocument:
    return CorruptDocument(f"扩展名是 {suffix}，内容却不是这种格式。文件可能损坏或改过扩展名，请核对原件。")


def modern(data: bytes, name: str) -> tuple[bytes, str]:
    """Return an old office file (.doc, .wps, .rtf, .odt …) as docx, xlsx or pptx with its new name; others as is."""
    if not data.startswith((b"\xd0\xcf\x11\xe0", b"{\\rtf", b"PK\x03\x04")):
        return data, name
    from review.formats import legacy

    suffix = legacy.modern_suffix(data)
    if not suffix:
        return data, name
    stem = name.rsplit(".", 1)[0] if suffix_of(name) else name
    return legacy.convert(data, suffix), stem + suffix


def compared(data: bytes, reading: Reading) -> Reading:
    """Return the reading of what ``modern`` made of an old file, with gaps for words that only the old file holds."""
    if not data.startswith(b"\xd0\xcf\x11\xe0"):
        return reading
    from review.formats import legacy

    return replace(reading, gaps=(*reading.gaps, *legacy.unconverted(data, reading)))


def read(data: bytes, name: str, *, ocr: bool = True) -> tuple[Format, Reading]:
    """Read a file and, recursively, the files inside it. Without ``ocr`` a picture is a gap."""
    format_ = identify(data, name)
    return format_, _whole(format_, data, ocr=ocr, depth=1)


def _whole(format_: Format, data: bytes, *, ocr: bool, depth: int) -> Reading:
    if format_.name == "image" and not ocr:
        return Reading((), (), (Gap("图片", "未作文字识别，未能检查"),))
    reading = format_.read(data)
    if found := tuple(_marks.doubts(reading.runs)):
        reading = replace(reading, gaps=(*reading.gaps, *found))
    if not reading.embedded:
        return reading
    if len(reading.embedded) > _MAX_EMBEDDED:
        raise LimitExceeded(f"文件内嵌对象超过 {_MAX_EMBEDDED} 个，未能检查。请拆分后再送审。")
    runs, blocks, gaps = list(reading.runs), list(reading.blocks), list(reading.gaps)
    length = sum(len(run.text) for run in runs)
    seen: dict[bytes, Reading | Gap] = {}
    for item in reading.embedded:
        if not item.data:  # an empty file says nothing
            continue
        if item.data not in seen:
            seen[item.data] = _inner(item, ocr=ocr, depth=depth)
        inner = seen[item.data]
        if isinstance(inner, Gap):
            gaps.append(Gap(item.part, inner.reason))
            continue
        runs.append(Run("\n"))
        length += 1
        runs += [replace(run, at=Locator(f"{item.part}{_INSIDE}{run.at.part}", run.at.node)) if run.at else run
                 for run in inner.runs]  # fmt: skip
        blocks += [_moved(block, length, item) for block in inner.blocks]
        gaps += [Gap(f"{item.part} {gap.part}", gap.reason) for gap in inner.gaps]
        length += sum(len(run.text) for run in inner.runs)
    return Reading(tuple(runs), tuple(blocks), tuple(gaps), reading.embedded)


def _inner(item: Embedded, *, ocr: bool, depth: int) -> Reading | Gap:
    if depth >= _MAX_DEPTH:
        return Gap(item.part, "嵌套层数过多，未能检查")
    try:
        data, name = modern(item.data, item.name)
        return compared(item.data, _whole(identify(data, name), data, ocr=ocr, depth=depth + 1))
    except InputError as error:
        return Gap(item.part, f"内嵌对象未能检查：{error}")


def _moved(block: Block, by: int, item: Embedded) -> Block:
    """A file that the published copy keeps has zones of its own; one that it drops is hidden content."""
    span = Span(block.span.start + by, block.span.end + by)
    if item.kept:
        return Block(span, block.zone, f"内嵌文件 {block.label}", block.cell)
    return Block(span, Zone.HIDDEN, f"内嵌对象 {block.label}")


def erase(
    format_: Format, data: bytes, reading: Reading, cuts: Sequence[Cut], *, ocr: bool = True, depth: int = 1
) -> Erased:
    """Write a clean copy: of the file itself, and of every file inside it that the copy keeps."""
    erased = format_.erase(data, reading, [cut for cut in cuts if not _is_inside(reading, cut)])
    if format_.put is None:
        return erased
    notices = list(erased.notices)
    parts: dict[str, bytes] = {}
    for item in reading.embedded:
        # Where the container itself has cleaned its pictures, one with nothing to cut in it is done. One that could
        # not be read was reported as a gap, and stays only because a person looked at it.
        if not item.kept or (format_.name in _CLEANING and not _has_cuts(item, reading, cuts)):
            continue
        copy = _inner_copy(item, reading, cuts, ocr=ocr, depth=depth + 1)
        parts[item.part] = copy.data
        notices += [f"{item.part}：{notice}" for notice in copy.notices]
    return Erased(format_.put(erased.data, parts) if parts else erased.data, tuple(dict.fromkeys(notices)))


def _inner_copy(item: Embedded, reading: Reading, cuts: Sequence[Cut], *, ocr: bool, depth: int) -> Erased:
    """Return the clean copy of a file that a container keeps; raises ``InputError`` where it cannot be read."""
    if not item.data:
        return Erased(b"")
    data, name = modern(item.data, item.name)
    format_ = identify(data, name)
    wanted = _has_cuts(item, reading, cuts)
    if format_.name == "image" and not wanted:  # nothing to recognise: only its metadata goes
        return format_.erase(data, Reading((), ()), ())
    inner = _whole(format_, data, ocr=ocr, depth=depth)
    own = _inner_cuts(reading, cuts, item.part + _INSIDE, inner) if wanted else []
    return erase(format_, data, inner, own, ocr=ocr, depth=depth)


def _has_cuts(item: Embedded, reading: Reading, cuts: Sequence[Cut]) -> bool:
    places = (reading.runs[cut.run].at for cut in cuts)
    return any(at is not None and at.part.startswith(item.part + _INSIDE) for at in places)


def witness(format_: Format, data: bytes, reading: Reading) -> Witness:
    """Return what independent code finds in a copy and, dug out of them, in the files inside it.

    ``reading``: of the copy, for the files. Pictures are left out: reading the copy again recognises them again.
    """
    found = format_.witness(data)
    if format_.put is None:
        return found
    residue, readers = list(found.residue), list(found.readers)
    for item in reading.embedded:
        if not item.kept or not item.data:
            continue
        try:
            inner_format = identify(item.data, item.name)
            picture = inner_format.name == "image"
            inner = Witness(None, ()) if picture else witness(inner_format, item.data, inner_format.read(item.data))
            residue += [*inner.residue, inner.visible or ""]
            readers += inner.readers
        except InputError:  # a gap, here as in the reading
            residue += [item.data.decode(code, "ignore") for code in ("utf-8", "utf-16-le", "gb18030")]
    return Witness(found.visible, tuple(residue), tuple(dict.fromkeys(readers)))


def _is_inside(reading: Reading, cut: Cut) -> bool:
    at = reading.runs[cut.run].at
    return at is not None and _INSIDE in at.part


def _inner_cuts(reading: Reading, cuts: Sequence[Cut], prefix: str, inner: Reading) -> list[Cut]:
    """Return the cuts that lie in the file whose parts begin with ``prefix``, with run numbers of its own reading."""
    here = [index for index, run in enumerate(reading.runs) if run.at and run.at.part.startswith(prefix)]
    own = [index for index, run in enumerate(inner.runs) if run.at]
    numbers = dict(zip(here, own, strict=True))
    return [replace(cut, run=numbers[cut.run]) for cut in cuts if cut.run in numbers]
