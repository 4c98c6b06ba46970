"""ZIP and XML opened safely, and Open Packaging Convention packages (docx, xlsx, pptx) read and written.

Nothing here knows what a part means. Reading has limits on entries, sizes and ratios; a part that does not parse is an
error, never an empty part; DOCTYPE is refused. Writing is deterministic: fixed dates, fixed order, new part names.
"""

from __future__ import annotations

import io
import lzma
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast
from urllib.parse import unquote

from lxml import etree

from review.errors import CorruptDocument, EncryptedDocument, LimitExceeded

MAX_ENTRIES = 10_000
MAX_TOTAL = 512 << 20  # bytes, all entries unpacked
MAX_PART = 256 << 20  # bytes, one entry unpacked
MAX_TREE = 64 << 20  # bytes, one XML part that becomes a tree; larger ones are read as streams
MAX_RATIO = 250  # of an entry larger than RATIO_FLOOR
RATIO_FLOOR = 16 << 20

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"

#: ISO/IEC 29500 Strict namespaces → Transitional: one vocabulary for readers, and copies that every program opens.
_STRICT = {
    b"http://purl.oclc.org/ooxml/officeDocument/extendedProperties": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
    ),
    b"http://purl.oclc.org/ooxml/officeDocument/customProperties": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
    ),
    b"http://purl.oclc.org/ooxml/officeDocument/": b"http://schemas.openxmlformats.org/officeDocument/2006/",
    b"http://purl.oclc.org/ooxml/drawingml/": b"http://schemas.openxmlformats.org/drawingml/2006/",
    b"http://purl.oclc.org/ooxml/wordprocessingml/": b"http://schemas.openxmlformats.org/wordprocessingml/2006/",
    b"http://purl.oclc.org/ooxml/spreadsheetml/": b"http://schemas.openxmlformats.org/spreadsheetml/2006/",
    b"http://purl.oclc.org/ooxml/presentationml/": b"http://schemas.openxmlformats.org/presentationml/2006/",
}
_DOCTYPE = tuple("<!DOCTYPE".encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))
_SHOWN = re.compile(r"[\w./\[\]() -]{1,80}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Relationship:
    """``target`` is a part name of the package, or an outside address where ``external``."""

    id: str
    type: str  # last segment: styles, image, hyperlink …
    target: str
    external: bool


#: What the library raises over a damaged zip file, by every way of packing.
BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError, OSError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Package:
    """An unpacked zip file: part name → bytes, in the order of its directory, and what else it says."""

    parts: Mapping[str, bytes] = field(repr=False)
    remarks: tuple[str, ...] = field(default=(), repr=False)  # zip comments
    slack: int = 0  # bytes between entries that no entry owns


def shown(part: str) -> str:
    """Return a part name fit for a message: names that could carry text are not shown."""
    return part if _SHOWN.fullmatch(part) and not re.search(r"\d{6}", part) else "名称异常的部件"


def looks_encrypted(data: bytes) -> bool:
    """A password-protected OOXML file is an OLE file with a stream ``EncryptedPackage``."""
    return data.startswith(OLE_MAGIC) and "EncryptedPackage".encode("utf-16-le") in data


def content_types(data: bytes) -> bytes:
    """Return ``[Content_Types].xml`` of a zip file for sniffing, or nothing where there is none. Never raises."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("[Content_Types].xml") as stream:
            return stream.read(1 << 20)
    except (*BROKEN, KeyError):
        return b""


def unpack(data: bytes) -> Package:
    """Unpack a zip file within limits.

    Raises ``EncryptedDocument``, ``CorruptDocument`` or ``LimitExceeded``; entry names are never used as file names.
    """
    if looks_encrypted(data):
        raise EncryptedDocument("文件设有打开密码，无法审查。请取消密码后重新提交。")
    if not data.startswith(b"PK"):
        raise CorruptDocument("文件不是有效的 Office 文档（内容与扩展名不符或已损坏），请核对后重新提交。")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise LimitExceeded(f"压缩包内部件超过 {MAX_ENTRIES} 个，已停止读取。")
            parts: dict[str, bytes] = {}
            seen: set[str] = set()
            room = MAX_TOTAL
            for entry in entries:
                if entry.filename.endswith("/"):
                    continue
                name = _part_name(entry)
                if name.lower() in seen:
                    raise CorruptDocument("压缩包内有重名部件，不同软件读到的内容会不同，请用办公软件另存后重新提交。")
                seen.add(name.lower())
                parts[name] = _inflate(archive, entry, room)
                room -= len(parts[name])
            remarks = [archive.comment, *(entry.comment for entry in entries)]
            slack = _slack(data, entries, archive.start_dir)
    except BROKEN as error:
        raise CorruptDocument("文件已损坏或不完整，无法解压。请用办公软件打开并另存后重新提交。") from error
    return Package(parts, tuple(_decode(remark) for remark in remarks if remark), slack)


def _part_name(entry: zipfile.ZipInfo) -> str:
    if entry.flag_bits & 0x1:
        raise EncryptedDocument("压缩包内有加密的部件，无法审查。请取消密码后重新提交。")
    name = entry.filename.replace("\\", "/").lstrip("/")
    if ".." in name.split("/"):
        raise CorruptDocument("压缩包内有指向外部路径的部件名，已拒绝读取。")
    if not name:
        raise CorruptDocument("压缩包内有没有名字的部件，文件已损坏。请用办公软件打开并另存后重新提交。")
    return name


def _inflate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes:
    out = bytearray()
    with archive.open(entry) as stream:
        while chunk := stream.read(1 << 20):
            out += chunk
            if len(out) > min(room, MAX_PART):
                raise LimitExceeded("文件解压后过大，已停止读取。")
            if len(out) > RATIO_FLOOR and len(out) > MAX_RATIO * max(1, entry.compress_size):
                raise LimitExceeded("文件压缩比异常（疑似压缩炸弹），已停止读取。")
    return bytes(out)


def _slack(data: bytes, entries: Iterable[zipfile.ZipInfo], directory: int) -> int:
    """Count bytes before the directory that belong to no entry (an entry may end in a descriptor of 24 bytes)."""
    position, slack = 0, 0
    for entry in sorted(entries, key=lambda item: item.header_offset):
        slack += max(0, entry.header_offset - position)
        head = data[entry.header_offset : entry.header_offset + 30]
        extent = 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        position = entry.header_offset + extent + entry.compress_size
        if entry.flag_bits & 0x8:
            position += 24
    return slack + max(0, directory - position)


def _decode(raw: bytes) -> str:
    for code in ("utf-8", "gb18030"):
        try:
            return raw.decode(code)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


# --------------------------------------------------------------------------------------------- XML


def is_xml(name: str, data: bytes) -> bool:
    """Is this part XML, by its name or its first characters? Printer settings of a Mac are, but not OOXML's."""
    if is_printer_settings(name):
        return False
    if name.lower().endswith((".xml", ".rels", ".vml")):
        return True
    return data[:200].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml")


def is_printer_settings(name: str) -> bool:
    """Is this a driver's memory of a printer?"""
    return "printersettings" in name.lower()


def refuse_doctype(name: str, data: bytes) -> None:
    """Raise ``CorruptDocument`` where a DOCTYPE occurs: OOXML never carries one."""
    if any(mark in data for mark in _DOCTYPE):
        raise CorruptDocument(f"部件 {shown(name)} 含有 DOCTYPE 声明，可能是恶意文件，已拒绝读取。")


def transitional(data: bytes) -> bytes:
    """Return XML bytes with Strict namespaces replaced by Transitional ones."""
    if b"http://purl.oclc.org/ooxml/" in data:
        for strict, loose in _STRICT.items():
            data = data.replace(strict, loose)
    return data


def parse(name: str, data: bytes) -> etree._Element:
    """Parse one part. Raises ``CorruptDocument`` or ``LimitExceeded`` (depth, size of one text)."""
    if len(data) > MAX_TREE:
        raise LimitExceeded(f"部件 {shown(name)} 过大，已停止读取。请拆分后重新提交。")
    refuse_doctype(name, data)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(transitional(data), parser)
    except etree.XMLSyntaxError as error:
        raise xml_error(name, error) from None
    if root is None:
        raise CorruptDocument(f"部件 {shown(name)} 是空的，文件已损坏。")
    return root


def xml_error(name: str, error: etree.XMLSyntaxError) -> CorruptDocument | LimitExceeded:
    """Turn a parser error, whose message may quote the document, into one of ours."""
    message = str(error)
    if "xcessive depth" in message or "huge" in message.lower() or "resource limit" in message.lower():
        return LimitExceeded(f"部件 {shown(name)} 嵌套过深或过大，已停止读取。")
    return CorruptDocument(f"部件 {shown(name)} 不是有效的 XML，文件已损坏，请用办公软件打开并另存后重新提交。")


@lru_cache(maxsize=4096)
def local(tag: str) -> str:
    """``{namespace}name`` → ``name``."""
    return tag.rpartition("}")[2]


@lru_cache(maxsize=4096)
def namespace(tag: str) -> str:
    """``{namespace}name`` → ``namespace``, empty where there is none."""
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def is_element(node: etree._Element) -> bool:
    """Is this node an element, not a comment or processing instruction?"""
    return isinstance(node.tag, str)


def attributes(element: etree._Element) -> list[tuple[str, str]]:
    """Return (name, value) pairs of an element, safe to iterate while attributes are changed."""
    return cast("list[tuple[str, str]]", element.items())


# --------------------------------------------------------------------------------------------- relationships


def rels_name(part: str) -> str:
    """Name of the part that holds the relationships of ``part`` ("" is the package)."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", name + ".rels")


def relationships(package: Package, part: str) -> tuple[Relationship, ...]:
    """Return the relationships of a part, in stored order; none where it has no relationships part."""
    name = rels_name(part)
    if name not in package.parts:
        return ()
    found = []
    for item in parse(name, package.parts[name]).iterchildren(f"{{{_PACKAGE_RELATIONSHIPS}}}Relationship"):
        target, external = item.get("Target", ""), item.get("TargetMode") == "External"
        if not external:
            target = resolve(package, part, target)
        found.append(Relationship(item.get("Id", ""), item.get("Type", "").rpartition("/")[2], target, external))
    return tuple(found)


def resolve(package: Package, part: str, target: str) -> str:
    """Return the part name that a relationship target of ``part`` means (case and escapes are forgiven)."""
    path = unquote(target.partition("#")[0])
    joined = path.lstrip("/") if path.startswith("/") else posixpath.join(posixpath.dirname(part), path)
    name = posixpath.normpath(joined) if joined else ""
    if name in package.parts:
        return name
    return _folded(package).get(name.lower(), name)


def _folded(package: Package) -> dict[str, str]:
    return {name.lower(): name for name in package.parts}


def main_part(package: Package) -> str:
    """Return the name of the office document. Raises ``CorruptDocument`` where there is none."""
    for relationship in relationships(package, ""):
        if relationship.type == "officeDocument" and relationship.target in package.parts:
            return relationship.target
    raise CorruptDocument("文件缺少主文档部件，已损坏。请用办公软件打开并另存后重新提交。")


def content_type(package: Package, part: str) -> str:
    """Return the content type that the package declares for a part, or an empty string."""
    root = parse("[Content_Types].xml", package.parts.get("[Content_Types].xml", b"<x/>"))
    suffix = part.rpartition(".")[2].lower()
    default = ""
    for item in root.iterchildren(etree.Element):
        if local(item.tag) == "Override" and item.get("PartName", "").lower() == "/" + part.lower():
            return item.get("ContentType", "")
        if local(item.tag) == "Default" and item.get("Extension", "").lower() == suffix:
            default = item.get("ContentType", "")
    return default


# --------------------------------------------------------------------------------------------- writing


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part of a package to be written. ``links`` are (id, relationship type URI, target part name)."""

    name: str
    data: bytes = field(repr=False)
    content_type: str = ""
    links: tuple[tuple[str, str, str], ...] = ()


def pack(main: str, parts: Iterable[NewPart]) -> bytes:
    """Write a package: ``[Content_Types].xml``, relationships and parts, in the given order, with fixed dates."""
    parts = tuple(parts)
    types = etree.Element(f"{{{_CONTENT_TYPES}}}Types", nsmap=_default(_CONTENT_TYPES))
    for suffix, kind in (
        ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
        ("xml", "application/xml"),
    ):
        etree.SubElement(types, f"{{{_CONTENT_TYPES}}}Default", Extension=suffix, ContentType=kind)
    for part in parts:
        etree.SubElement(
            types, f"{{{_CONTENT_TYPES}}}Override", PartName="/" + part.name, ContentType=part.content_type
        )
    entries: list[tuple[str, bytes]] = [
        ("[Content_Types].xml", serialise(types)),
        ("_rels/.rels", _rels("", (("rId1", f"{RELATIONSHIPS}/officeDocument", main),))),
    ]
    for part in parts:
        entries.append((part.name, part.data))
        if part.links:
            entries.append((rels_name(part.name), _rels(part.name, part.links)))
    return write_zip(entries)


def write_zip(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """Write a zip file with fixed dates: the same entries give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            archive.writestr(info, data)
    return out.getvalue()


def serialise(root: etree._Element) -> bytes:
    """Return the XML of a part, UTF-8, with declaration."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _rels(part: str, links: Iterable[tuple[str, str, str]]) -> bytes:
    root = etree.Element(f"{{{_PACKAGE_RELATIONSHIPS}}}Relationships", nsmap=_default(_PACKAGE_RELATIONSHIPS))
    for key, kind, target in links:
        path = posixpath.relpath(target, posixpath.dirname(part) or ".")
        etree.SubElement(root, f"{{{_PACKAGE_RELATIONSHIPS}}}Relationship", Id=key, Type=kind, Target=path)
    return serialise(root)


def _default(uri: str) -> dict[str, str]:
    """Return a namespace map that makes ``uri`` the default namespace (lxml spells that ``None``)."""
    return {None: uri}  # type: ignore[dict-item]


def is_plumbing(name: str) -> bool:
    """Is this a relationships part or the list of content types? They are read as such, not as documents."""
    return name.lower().endswith(".rels") or name == "[Content_Types].xml"
