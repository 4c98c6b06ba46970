"""Write an Office package anew by allow-list.

Inside a part, ``scrub`` keeps only the text that the reader called visible and attribute values that are no text
(``_plain``). In the package, ``plan`` keeps only the relationship types of a shelf table, and renames every part and
relationship: nothing else of the original rides along. Pictures are written from their pixels.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from lxml import etree

from review.errors import CorruptDocument
from review.formats import _opc
from review.formats._ooxml import GLYPH, MC, OFFICE, TAIL, TEXT, XML, Part, R, Slot, detach
from review.formats._opc import Package, attributes, is_element, local, namespace
from review.formats._plain import (
    is_plain_text,
    is_text_attribute,
    known_namespace,
    substitute,
    substitute_text,
)
from review.types import Cut, Embedded, Gap, Reading


def apply_cuts(reading: Reading, cuts: Iterable[Cut], parts: Mapping[str, Part]) -> None:
    """Carry out cuts in freshly parsed parts. Cuts in parts that are not published are done by not writing them."""
    for cut in sorted(cuts, key=lambda c: (c.run, c.start), reverse=True):
        at = reading.runs[cut.run].at
        if at is None or at.part not in parts:
            continue
        place, slot = int(at.node[0]), str(at.node[1])
        if place >= 0:  # others stand where no element is: they are not published either
            replace(parts[at.part].elements[place], slot, cut.start, cut.end, cut.replacement)


def replace(element: etree._Element, slot: str, start: int, end: int, replacement: str) -> None:
    """Put ``replacement`` in place of characters ``start:end`` of one stored text."""
    if slot == GLYPH:
        twin = element.getparent()
        if twin is None:
            raise CorruptDocument("文档结构异常，无法写入脱敏结果。")
        if not replacement:
            twin.remove(element)
            return
        new = etree.Element(f"{{{namespace(element.tag)}}}t")
        new.text = replacement
        new.tail = element.tail
        twin.replace(element, new)
        return
    stored = _get(element, slot)
    _set(element, slot, stored[:start] + replacement + stored[end:])


def _get(element: etree._Element, slot: str) -> str:
    if slot == TEXT:
        return element.text or ""
    if slot == TAIL:
        return element.tail or ""
    return element.get(slot, "")


def _set(element: etree._Element, slot: str, text: str) -> None:
    if slot == TEXT:
        element.text = text
        if text != text.strip() and is_element(element) and local(element.tag) == "t":
            element.set(f"{XML}space", "preserve")
    elif slot == TAIL:
        element.tail = text
    else:
        element.set(slot, text)


def scrub(part: Part, visible: Collection[Slot]) -> None:
    """Keep in a part only visible text and attribute values that are no text; drop unknown namespaces and comments."""
    for element in part.elements:
        if not is_element(element):
            detach(element)
            continue
        if not known_namespace(namespace(element.tag)):
            detach(element)
            continue
        text = element.text
        if text and not text.isspace() and (element, TEXT) not in visible and not is_plain_text(element):
            element.text = substitute_text(element)
        if element.tail and (element, TAIL) not in visible and not element.tail.isspace():
            element.tail = None
        for key, _ in attributes(element):
            if (element, key) in visible:
                continue
            if not known_namespace(namespace(key)):
                del element.attrib[key]
            elif is_text_attribute(element, key):
                safe = substitute(element, key)
                if safe is None:
                    del element.attrib[key]
                else:
                    element.set(key, safe)
    _trim_prefixes(part.root)


def _trim_prefixes(root: etree._Element) -> None:
    prefixes = []
    for element in root.iter(etree.Element):
        for key in (f"{MC}Ignorable", f"{MC}ProcessContent", "Requires"):
            value = element.get(key)
            if value:
                kept = [p for p in value.split() if known_namespace(element.nsmap.get(p.partition(":")[0], "-"))]
                element.set(key, " ".join(kept))
                prefixes += [p.partition(":")[0] for p in kept]
    etree.cleanup_namespaces(root, keep_ns_prefixes=prefixes)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where parts of one relationship type go in a published package. ``implicit``: kept without a reference."""

    name: str  # "word/header{n}.xml"
    content_type: str
    implicit: bool = False
    uri: str = ""  # relationship type where it is not the usual one

    def type_uri(self, kind: str) -> str:
        return self.uri or f"{_opc.RELATIONSHIPS}/{kind}"


IMAGE = "image"
INSET = "@inset@"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a published package will hold. Parts are known by their old names; insertion order is writing order."""

    main: str
    names: dict[str, str] = field(default_factory=dict)  # old name → new name
    types: dict[str, str] = field(default_factory=dict)  # old name → content type
    links: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)  # part → (new id, type URI, new name)
    ids: dict[str, dict[str, str]] = field(default_factory=dict)  # part → old relationship id → new one
    pictures: list[str] = field(default_factory=list)  # old names, in order


def plan(package: Package, main: str, home: Shelf, shelves: Mapping[str, Shelf], parts: Mapping[str, Part]) -> Plan:
    """Walk from ``main`` over the relationship types of ``shelves``: everything else stays behind.

    ``parts`` are trees that hold only what is published. A picture is kept if Pillow writes its format anew.
    """
    made = Plan(main, {main: home.name}, {main: home.content_type})
    counters: dict[str, int] = {}
    queue = deque([main])
    while queue:
        name = queue.popleft()
        references = _references(parts[name].root)
        links = made.links[name] = []
        ids = made.ids[name] = {}
        for link in _opc.relationships(package, name):
            shelf, target = shelves.get(link.type), link.target
            if shelf is None or link.external or not (shelf.implicit or link.id in references):
                continue
            suffix = picture_suffix(package.parts.get(target, b"")) if link.type == IMAGE else ""
            if not suffix and target not in parts:
                continue
            if target not in made.names:
                counters[shelf.name] = counters.get(shelf.name, 0) + 1
                made.names[target] = shelf.name.format(n=counters[shelf.name], suffix=suffix)
                made.types[target] = shelf.content_type or f"image/{suffix}"
                if suffix:
                    made.pictures.append(target)
                else:
                    queue.append(target)
            ids[link.id] = f"rId{len(ids) + 1}"
            links.append((ids[link.id], shelf.type_uri(link.type), made.names[target]))
    return made


def publish(
    package: Package,
    made: Plan,
    parts: Mapping[str, Part],
    dangling: Callable[[etree._Element, str], None],
    insets: Mapping[str, bytes] = MappingProxyType({}),
) -> bytes:
    """Write a planned package. ``dangling`` gets every element and attribute whose relationship is not kept;
    ``insets``: part → XML that takes the place of the text ``INSET`` in it.
    """
    new = []
    for name, ids in made.ids.items():
        for element, key, value in [item for items in _references(parts[name].root).values() for item in items]:
            if value in ids:
                element.set(key, ids[value])
            else:
                dangling(element, key)
        data = _opc.serialise(parts[name].root).replace(INSET.encode(), insets.get(name, b""))
        new.append(_opc.NewPart(made.names[name], data, made.types[name], tuple(made.links[name])))
    for name in made.pictures:
        new.append(_opc.NewPart(made.names[name], reencode(package.parts[name]), made.types[name]))
    return _opc.pack(made.names[made.main], new)


def put(data: bytes, files: Mapping[str, bytes]) -> bytes:
    """Return a published package with some of its pictures replaced (part name → bytes)."""
    package = _opc.unpack(data)
    types = package.parts["[Content_Types].xml"].decode()
    for name, blob in files.items():
        kind = picture_suffix(blob)
        if name not in package.parts or not kind:
            raise CorruptDocument(f"无法把处理后的图片写回 {_opc.shown(name)}。")
        before, mark, after = types.partition(f'PartName="/{name}" ContentType="')
        types = f"{before}{mark}image/{kind}{after[after.index(chr(34)) :]}"
    changed = {**package.parts, **files, "[Content_Types].xml": types.encode()}
    return _opc.write_zip((name, changed[name]) for name in package.parts)


def _references(root: etree._Element) -> dict[str, list[tuple[etree._Element, str, str]]]:
    """Return the relationship ids that a tree uses, each with the places that use it."""
    found: dict[str, list[tuple[etree._Element, str, str]]] = {}
    for element in root.iter(etree.Element):
        for key, value in attributes(element):
            if key.startswith(R) or key == f"{OFFICE}relid":
                found.setdefault(value, []).append((element, key, value))
    return found


_PICTURES = (
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"BM", "png"),
    (b"II*\x00", "png"),
    (b"MM\x00*", "png"),
)


def picture_suffix(data: bytes) -> str:
    """Return the suffix under which a picture is published, or nothing where it cannot be written anew."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "png"
    return next((suffix for magic, suffix in _PICTURES if data.startswith(magic)), "")


def has_pictures(package: Package) -> bool:
    """Is there any part that could be published as a picture? Thumbnails of the whole document never are."""
    return any(picture_suffix(data) for name, data in package.parts.items() if not name.lower().startswith("docprops/"))


def reencode(data: bytes) -> bytes:
    """Return the pixels of a picture without any metadata; a damaged picture becomes a white dot."""
    from PIL import Image  # most documents hold no picture, and a check writes none

    kind = picture_suffix(data).upper()
    try:
        with Image.open(io.BytesIO(data)) as stored:
            stored.load()
            image: Image.Image = stored
            if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I", "I;16"):
                image = image.convert("RGBA")
            if kind == "PNG" and image.mode == "CMYK":
                image = image.convert("RGB")
            bare = Image.frombytes(image.mode, image.size, image.tobytes())
            palette = image.getpalette("RGB") if image.mode == "P" else None
            if palette:
                bare.putpalette(palette)
            options: dict[str, object] = {"quality": 92} if kind == "JPEG" else {}
            if "transparency" in stored.info and kind != "JPEG" and image.mode in ("P", "RGB", "L", "1"):
                options["transparency"] = stored.info["transparency"]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, MemoryError):
        bare, options = Image.new("RGB", (1, 1), "white"), {}
    out = io.BytesIO()
    bare.save(out, kind, **options)
    return out.getvalue()


def embedded(package: Package, made: Plan, others: Iterable[Gap | Embedded]) -> tuple[list[Embedded], list[Gap]]:
    """Part files inside a file from gaps; pictures that a copy keeps come first, under their new names."""
    kept = [
        Embedded(made.names[name], made.names[name].rpartition("/")[2], package.parts[name], kept=True)
        for name in made.pictures
    ]
    found = list(others)
    files = [item for item in found if isinstance(item, Embedded) and item.part not in made.pictures]
    return kept + files, [item for item in found if isinstance(item, Gap)]


_DROPPED_PARTS = (
    ("docProps/", "已删除文档属性（作者、标题、单位等）"),
    ("customxml/", "已删除自定义 XML 数据"),
    ("vbaproject", "已删除宏"),
    ("/glossary/", "已删除文档部件库"),
    ("/people.xml", "已删除人员信息"),
    ("/embeddings/", "已删除嵌入文件"),
    ("thumbnail", "已删除缩略图"),
)


def package_notices(package: Package, made: Plan) -> list[str]:
    """Say in Chinese which kinds of parts a copy of this package does not contain."""
    names = [name.lower() for name in package.parts]
    found = [message for key, message in _DROPPED_PARTS if any(key.lower() in name for name in names)]
    if made.pictures:
        found.append("图片已重新编码，不含拍摄等元数据")
    lost = sum("/media/" in name and name not in made.pictures for name in package.parts)
    if lost:
        found.append(f"有 {lost} 个图片或媒体文件未被引用、被隐藏或无法清理，未写入发布版")
    return found
