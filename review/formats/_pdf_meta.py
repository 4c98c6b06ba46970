"""Text of a PDF outside its pages: properties, bookmarks, comments, fields, scripts, attachments, tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pikepdf
from lxml import etree

from review.formats._pdf_names import words
from review.types import Embedded, Gap, Zone

#: An attribute value that may say something: not a bare word of the vocabulary.
_TELLING = re.compile(r"[^\x00-\x7f]|\s|@|\d{6}")
_MAX_STRINGS = 20_000
_MAX_DEPTH = 40

#: Where a key is met tells what its strings are.
_PLACES = {
    "/Outlines": (Zone.METADATA, "书签"),
    "/OCProperties": (Zone.METADATA, "图层名称"),
    "/AcroForm": (Zone.HIDDEN, "表单域"),
    "/Annots": (Zone.COMMENT, "批注"),
    "/StructTreeRoot": (Zone.HIDDEN, "结构标签"),
    "/PageLabels": (Zone.METADATA, "页码标签"),
    "/JavaScript": (Zone.HIDDEN, "脚本"),
    "/JS": (Zone.HIDDEN, "脚本"),
    "/OpenAction": (Zone.HIDDEN, "动作"),
    "/AA": (Zone.HIDDEN, "动作"),
    "/EmbeddedFiles": (Zone.METADATA, "附件名称"),
    "/AF": (Zone.METADATA, "附件名称"),
    "/Dests": (Zone.METADATA, "命名目标"),
    "/PieceInfo": (Zone.METADATA, "程序私有数据"),
    "/Thumb": (Zone.METADATA, "缩略图"),
    "/Metadata": (Zone.METADATA, "元数据"),
}
_INFO = {
    "/Title": "标题", "/Author": "作者", "/Subject": "主题", "/Keywords": "关键词", "/Creator": "创建程序",
    "/Producer": "生成程序", "/Company": "单位",
}  # fmt: skip
#: XMP elements that hold times and identifiers.
_XMP_SILENT = ("Date", "}when", "ID", "}version", "}part", "}conformance", "}format")
#: Strings that are no text: fingerprints, dates, default appearance, fonts, colours.
_SILENT = frozenset(("/ID", "/DA", "/Lang", "/M", "/CreationDate", "/ModDate", "/NM", "/CheckSum", "/DS", "/Font",
                     "/Parent", "/P", "/Pg", "/Prev", "/Last", "/ParentTree", "/IDTree", "/ClassMap", "/RoleMap", "/FT",
                     "/Resources", "/AP", "/DR", "/Length", "/D"))  # fmt: skip


class Found(NamedTuple):
    zone: Zone
    label: str
    text: str


def strings(pdf: pikepdf.Pdf) -> list[Found]:
    """Return the texts outside the pages' content, in file order; equal neighbours once."""
    out: list[Found] = []
    info = pdf.trailer.get("/Info")
    if isinstance(info, pikepdf.Dictionary):
        for key, value in info.items():
            if isinstance(value, pikepdf.String) and key not in _SILENT:
                out.append(Found(Zone.METADATA, f"文档属性·{_INFO.get(key, '其他')}", words(value)))
    seen: set[tuple[int, int]] = {page.obj.objgen for page in pdf.pages}
    root = pdf.Root
    for key, value in root.items():
        if key not in ("/Pages", "/Type"):
            _walk(value, _place(key, (Zone.METADATA, "文档目录")), seen, out, 0)
    for number, page in enumerate(pdf.pages, 1):
        for key in ("/Annots", "/AA", "/PieceInfo", "/Metadata", "/AF"):
            if key in page.obj:
                zone, label = _PLACES[key]
                _walk(page.obj[key], (zone, f"第{number}页{label}"), seen, out, 0)
    return list(dict.fromkeys(found for found in out if found.text.strip()))[:_MAX_STRINGS]


def _place(key: str, here: tuple[Zone, str]) -> tuple[Zone, str]:
    found = _PLACES.get(key)
    if found is None:
        return here
    return (found[0], found[1]) if not here[1].startswith("第") else (found[0], here[1])


def _walk(value: Any, here: tuple[Zone, str], seen: set[tuple[int, int]], out: list[Found], depth: int) -> None:
    if depth > _MAX_DEPTH or len(out) > _MAX_STRINGS:
        return
    if isinstance(value, pikepdf.String):
        text = words(value)
        if text.strip():
            out.append(Found(*here, text))
        return
    if not isinstance(value, (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream)):
        return
    if value.is_indirect:
        if value.objgen in seen:
            return
        seen.add(value.objgen)
    if isinstance(value, pikepdf.Array):
        for item in value:
            _walk(item, here, seen, out, depth + 1)
        return
    if isinstance(value, pikepdf.Stream):
        out.extend(Found(*here, text) for text in _stream_texts(value, here))
    for key, item in value.items():
        if key in _SILENT and not (key == "/P" and here[1] == "页码标签"):
            continue
        # A chain of siblings (bookmarks) must not use up the depth that guards against cycles.
        _walk(item, _place(key, here), seen, out, depth if key == "/Next" else depth + 1)


def _stream_texts(stream: pikepdf.Stream, here: tuple[Zone, str]) -> Iterator[str]:
    try:
        data = bytes(stream.read_bytes())
    except (pikepdf.PdfError, RuntimeError, ValueError):
        return
    if stream.get("/Type") == "/Metadata" or stream.get("/Subtype") == "/XML":
        yield from xmp_texts(data)
    elif here[1] in ("脚本", "动作") or stream.get("/Type") != "/EmbeddedFile":
        text = data.decode("utf-16" if data.startswith((b"\xfe\xff", b"\xff\xfe")) else "utf-8", "ignore")
        if here[1] in ("脚本", "动作", "表单域") or here[1].endswith("批注"):
            yield text


def xmp_texts(data: bytes) -> Iterator[str]:
    """Yield the texts and attribute values of an XMP packet; of one that does not parse, what stands between tags."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data.strip(b"\x00 \r\n\t"), parser)
    except (etree.XMLSyntaxError, ValueError):
        yield from (part for part in re.split(r"<[^>]*>", data.decode("utf-8", "ignore")) if part.strip())
        return
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag.endswith(_XMP_SILENT):
            continue
        if element.text and element.text.strip():
            yield element.text.strip()
        yield from (value for value in map(str, element.attrib.values()) if _TELLING.search(value))


def attachments(pdf: pikepdf.Pdf) -> tuple[list[Embedded], list[Gap]]:
    """Return every embedded file, wherever a file specification points to it, and those that do not unpack."""
    out: list[Embedded] = []
    gaps: list[Gap] = []
    names: dict[tuple[int, int], str] = {}
    streams: dict[tuple[int, int], pikepdf.Stream] = {}
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream) and thing.get("/Type") == "/EmbeddedFile":
            streams.setdefault(thing.objgen, thing)
        for spec in _filespecs(thing):
            held = spec.get("/EF")
            if not isinstance(held, pikepdf.Dictionary):
                continue
            name = words(spec.get("/UF")) or words(spec.get("/F"))
            for _, stream in held.items():
                if isinstance(stream, pikepdf.Stream):
                    streams.setdefault(stream.objgen, stream)
                    names.setdefault(stream.objgen, name)
    for number, (key, stream) in enumerate(streams.items(), 1):
        part = f"附件{number}"
        try:
            out.append(Embedded(part, names.get(key, "") or part, bytes(stream.read_bytes())))
        except (pikepdf.PdfError, RuntimeError, ValueError):
            gaps.append(Gap(part, "附件无法解开，未能检查"))
    return out, gaps


def _filespecs(thing: Any) -> Iterator[Any]:
    """Yield the file specifications in an object: itself, or held directly by it."""
    if isinstance(thing, pikepdf.Dictionary):
        if "/EF" in thing:
            yield thing
        for key in ("/FS", "/F", "/AF"):
            inner = thing.get(key)
            for item in inner if isinstance(inner, pikepdf.Array) else (inner,):
                if isinstance(item, pikepdf.Dictionary) and not item.is_indirect and "/EF" in item:
                    yield item
    elif isinstance(thing, pikepdf.Array):
        for item in thing:
            if isinstance(item, pikepdf.Dictionary) and not item.is_indirect and "/EF" in item:
                yield item
