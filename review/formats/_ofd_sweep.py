"""Everything in an OFD file that no page shows: properties, outlines, annotations, tags, attachments, old versions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from lxml import etree

from review.errors import CorruptDocument
from review.formats import _opc
from review.formats._ofd_package import Book, stored
from review.formats._ooxml_copy import picture_suffix
from review.formats._opc import attributes, is_element, local
from review.formats._plain import is_font, plain
from review.types import Embedded, Gap, Zone


class Found(NamedTuple):
    """One piece of text that no published copy holds."""

    zone: Zone
    label: str
    text: str


_ROLES = {  # root element → (zone, label)
    "OFD": (Zone.METADATA, "文档属性"),
    "Document": (Zone.HIDDEN, "大纲、书签与动作"),
    "Res": (Zone.METADATA, "资源信息"),
    "Page": (Zone.HIDDEN, "页面附加信息"),
    "Annotations": (Zone.COMMENT, "注释清单"),
    "PageAnnot": (Zone.COMMENT, "页面注释"),
    "Annot": (Zone.COMMENT, "页面注释"),
    "CustomTags": (Zone.HIDDEN, "自定义标引"),
    "Attachments": (Zone.HIDDEN, "附件清单"),
    "Extensions": (Zone.HIDDEN, "扩展信息"),
    "Signatures": (Zone.METADATA, "签名信息"),
    "Signature": (Zone.METADATA, "签名信息"),
    "DocVersion": (Zone.HIDDEN, "历史版本"),
}
#: Elements whose character data is a place, a number or an identifier of the format, where it looks like one.
_PLUMBING = frozenset(
    {"DocRoot", "FileLoc", "PublicRes", "DocumentRes", "PageRes", "MediaFile", "FontFile", "Annotations", "CustomTags",
     "Attachments", "Extensions", "Signatures", "PhysicalBox", "ApplicationBox", "ContentBox", "BleedBox", "MaxUnitID",
     "DefaultCS", "AbbreviatedData", "Glyphs", "CV", "DocID", "ObjectRef", "SchemaLoc", "PageFile", "BaseLoc",
     "CreationDate", "ModDate", "ExtendData", "CheckValue", "SignedValue", "SignatureMethod", "SignatureDateTime"}
)  # fmt: skip
_NUMBERS = re.compile(r"[-+\d.eE\sgSMLQBAC,#]*")
_NAMED = frozenset(
    {"Name", "Title", "Creator", "Author", "Subject", "URI", "Uri", "Remark", "Subtype", "AreaName", "AppName",
     "Company", "ProviderName", "Usage", "Dest", "value"}
)  # fmt: skip
_FONT_NAMES = frozenset({"FontName", "FamilyName"})
_PART = re.compile(r"[A-Za-z_]{1,20}[A-Za-z]?(_?\d{1,5}){0,3}(\.[A-Za-z0-9]{1,5})?", re.ASCII)
_FONTS = (".ttf", ".otf", ".ttc", ".cff", ".pfb", ".pfa", ".ttx")
_FILES = (b"PK", b"%PDF", b"{\\rtf", _opc.OLE_MAGIC)
_TEXTS = (".txt", ".htm", ".html", ".csv", ".rtf", ".md", ".json", ".eml", ".xml")
_SEALS = (".esl", ".dat", ".p7b", ".cer", ".sig")
_DER_STRING = re.compile(rb"[\x0c\x13\x16](?:([\x01-\x7f])|\x81([\x80-\xff]))")


def sweep(book: Book, shown: Collection[etree._Element]) -> Iterator[Found | Embedded | Gap]:
    """Yield what stands outside of the text codes ``shown``, part by part."""
    for part, data in book.package.parts.items():
        if part in book.roots or _opc.is_xml(part, data):
            try:
                root = book.root(part)
            except CorruptDocument:
                if part in book.roots or not data.strip():
                    continue
                # Attached files may be XML of their own making: they are read as text, and never published.
                yield Embedded(part, part.rpartition("/")[2], data)
                continue
            yield from _tree(root, shown)
        elif picture_suffix(data):
            continue  # pictures are handed on by their use
        else:
            yield from _binary(part, data)
    for part in book.package.parts:
        if not all(_PART.fullmatch(piece) for piece in part.split("/")) or not plain(part):
            yield Found(Zone.METADATA, "部件名", part)
    for remark in book.package.remarks:
        yield Found(Zone.METADATA, "压缩包注释", remark)
    if book.package.slack > 0:
        yield Gap("压缩包", f"有 {book.package.slack} 字节未列入目录的数据未读取")


def _tree(root: etree._Element, shown: Collection[etree._Element]) -> Iterator[Found]:
    zone, label = _ROLES.get(local(root.tag), (Zone.HIDDEN, "其他部件"))
    pieces: list[str] = []
    holder: etree._Element | None = None
    for element in root.iter():
        parent = element.getparent()
        if not is_element(element):
            if (element.text or "").strip():
                yield Found(Zone.METADATA, "XML 注释", element.text or "")
        elif local(element.tag) == "TextCode":
            group = parent.getparent() if parent is not None else None
            if pieces and group is not holder:
                yield Found(zone, label, "\n".join(pieces))
                pieces = []
            holder = group
            if element not in shown and stored(element):
                pieces.append(stored(element))
        elif (element.text or "").strip() and not _is_plumbing(element):
            yield Found(zone, label, element.text or "")
        in_code = parent is not None and local(parent.tag) == "TextCode"
        if (element.tail or "").strip() and not in_code:
            yield Found(zone, label, element.tail or "")
        if is_element(element):
            yield from (Found(zone, label, value) for key, value in attributes(element) if _speaks(key, value))
    if pieces:
        yield Found(zone, label, "\n".join(pieces))


def _is_plumbing(element: etree._Element) -> bool:
    text = (element.text or "").strip()
    if bool(_NUMBERS.fullmatch(text)) and local(element.tag) in _PLUMBING:
        return True
    return local(element.tag) in _PLUMBING and plain(text)


def _speaks(key: str, value: str) -> bool:
    name = local(key)
    if not value.strip():
        return False
    if name in _FONT_NAMES:
        return not is_font(value)
    if name in _NAMED:
        return True
    if _NUMBERS.fullmatch(value) and not re.fullmatch(r"\s*\d{7,}\s*", value):
        return False
    return not plain(value)


def _binary(part: str, data: bytes) -> Iterator[Found | Embedded | Gap]:
    lower = part.lower()
    if lower.endswith(_FONTS) or not data:
        return  # fonts bear no text of their own; copies hold them pruned
    if data.startswith(_FILES) or lower.endswith(_TEXTS):
        yield Embedded(part, part.rpartition("/")[2], data)
    elif lower.endswith(_SEALS) or re.search(r"(^|/)signs?(_|/)", lower):
        words = "\n".join(_der_strings(data))
        if words:
            yield Found(Zone.METADATA, "签名或印章数据", words)
    else:
        yield Gap(_opc.shown(part), "二进制部件未读取")


def _der_strings(data: bytes) -> Iterator[str]:
    """Yield the strings of a DER structure (names of seals and signers), without understanding it."""
    seen: set[str] = set()
    for match in _DER_STRING.finditer(data):
        length = (match[1] or match[2])[0]
        raw = data[match.end() : match.end() + length]
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            continue
        wordy = any("\u4e00" <= char <= "\u9fff" for char in text) or len(text) > 5
        if len(raw) == length and wordy and text.isprintable() and text not in seen:
            seen.add(text)
            yield text
