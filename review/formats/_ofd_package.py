"""The parts of an OFD file (GB/T 33190) and how they refer to each other.

Producers differ in namespaces (with and without ``/2016``, or none), in letter case and in what a path is relative to:
elements are known by their local names, and a place is looked for where it should be, then from the root.
"""

from __future__ import annotations

import io
import math
import posixpath
import zipfile
import zlib
from dataclasses import dataclass, field

from lxml import etree

from review.errors import CorruptDocument, EncryptedDocument, LimitExceeded
from review.formats import _opc
from review.formats._opc import Package, is_element, local

#: Height and width of A4, millimetres: the page of a document that does not say.
_A4 = (0.0, 0.0, 210.0, 297.0)
_MAX_PAGES = 20_000
_MAX_NUMBER = 1e7

Area = tuple[float, float, float, float]  # x, y, width, height in millimetres, origin top left


@dataclass(frozen=True, slots=True)
class Resource:
    """One entry of a resource part. ``folder``: what its file names are relative to."""

    element: etree._Element = field(repr=False)
    part: str
    folder: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page or template: its part, its root, and the resources that it sees by id."""

    number: int  # from 0, over all documents of the file; -1 for a template
    part: str
    root: etree._Element = field(repr=False)
    area: Area
    resources: dict[str, Resource] = field(repr=False)


@dataclass(slots=True)
class Body:
    """One document (DocBody) of the file."""

    part: str
    root: etree._Element = field(repr=False)
    area: Area
    pages: list[Page] = field(default_factory=list)
    templates: dict[str, Page] = field(default_factory=dict)


@dataclass(slots=True)
class Book:
    """An opened file. ``roots``: the parts parsed so far; ``elements`` keeps their nodes, and their identity, alive."""

    package: Package = field(repr=False)
    folded: dict[str, str] = field(repr=False)
    roots: dict[str, etree._Element] = field(default_factory=dict, repr=False)
    elements: list[list[etree._Element]] = field(default_factory=list, repr=False)
    bodies: list[Body] = field(default_factory=list)
    entry: str = ""  # OFD.xml as it is spelt here

    def find(self, base: str, location: str) -> str:
        """Return the part that ``location``, written in the part ``base``, means; empty where there is none."""
        place = location.strip().replace("\\", "/")
        if not place:
            return ""
        tries = [posixpath.join(posixpath.dirname(base), place), place]
        for path in [place] if place.startswith("/") else tries:
            name = self.folded.get(posixpath.normpath(path).lstrip("/").lower(), "")
            if name:
                return name
        return ""

    def root(self, part: str) -> etree._Element:
        """Return the parsed part. Raises ``CorruptDocument`` or ``LimitExceeded``."""
        if part not in self.roots:
            found = _opc.parse(part, self.package.parts[part])
            self.roots[part] = found
            self.elements.append(list(found.iter()))
        return self.roots[part]


def entry_name(data: bytes) -> str:
    """Return the name of ``OFD.xml`` in a zip file, in its own spelling; empty where there is none. Never raises."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, zlib.error, EOFError):
        return ""
    return next((name for name in names if name.replace("\\", "/").lstrip("./").lower() == "ofd.xml"), "")


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Return the child elements with a local name."""
    return [child for child in element if is_element(child) and local(child.tag) == name]


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first child element with a local name."""
    return next(iter(children(element, name)), None)


def numbers(value: str | None) -> list[float]:
    """Return the numbers of a list; what is no sensible number counts as 0."""
    return [_number(word) for word in (value or "").replace(",", " ").split()]


def number(value: str | None, default: float) -> float:
    """Return one number, or the default where there is none."""
    found = numbers(value)
    return found[0] if found else default


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) and abs(value) <= _MAX_NUMBER else 0.0


def open_book(data: bytes) -> Book:
    """Open a file with its pages and templates. Raises ``InputError``."""
    package = _opc.unpack(data)
    book = Book(package, {posixpath.normpath(name).lower(): name for name in package.parts})
    book.entry = book.folded.get("ofd.xml", "")
    if any(name.rpartition("/")[2] in ("encryptions.xml", "decryptseed.dat") for name in book.folded):
        raise EncryptedDocument("OFD 文件已加密，无法审查。请取消密码或解密后重新提交。")
    if not book.entry:
        raise CorruptDocument("OFD 文件缺少 OFD.xml，已损坏。请重新导出后再送审。")
    for entry in children(book.root(book.entry), "DocBody"):
        for place in children(entry, "DocRoot"):
            part = book.find(book.entry, place.text or "")
            if not part:
                raise CorruptDocument("OFD 文件缺少主文档部件，已损坏。请重新导出后再送审。")
            book.bodies.append(_body(book, part))
    if not any(body.pages for body in book.bodies):
        raise CorruptDocument("OFD 文件没有页面，未能检查。请重新导出后再送审。")
    return book


def _body(book: Book, part: str) -> Body:
    root = book.root(part)
    common = child(root, "CommonData")
    shared: dict[str, Resource] = {}
    body = Body(part, root, _area(common, "PageArea") or _A4)
    if common is not None:
        for kind in ("PublicRes", "DocumentRes"):
            for place in children(common, kind):
                shared |= _resources(book, part, place.text or "")
        for template in children(common, "TemplatePage"):
            name = book.find(part, template.get("BaseLoc", ""))
            if name:
                body.templates[template.get("ID", "")] = _page(book, name, body, shared, -1)
    before = sum(len(other.pages) for other in book.bodies)
    for holder in children(root, "Pages"):
        for page in children(holder, "Page"):
            name = book.find(part, page.get("BaseLoc", ""))
            if not name:
                raise CorruptDocument("OFD 文件缺少目录中列出的页面，已损坏。请重新导出后再送审。")
            if before + len(body.pages) >= _MAX_PAGES:
                raise LimitExceeded(f"页数超过 {_MAX_PAGES}，未能检查。请拆分后再送审。")
            body.pages.append(_page(book, name, body, shared, before + len(body.pages)))
    return body


def _page(book: Book, part: str, body: Body, shared: dict[str, Resource], page: int) -> Page:
    root = book.root(part)
    resources = dict(shared)
    for place in children(root, "PageRes"):
        resources |= _resources(book, part, place.text or "")
    area = _area(root, "Area")
    if area is None:
        chosen = (body.templates.get(use.get("TemplateID", "")) for use in children(root, "Template"))
        area = next((template.area for template in chosen if template is not None), body.area)
    return Page(page, part, root, area, resources)


def _area(holder: etree._Element | None, name: str) -> Area | None:
    area = child(holder, name) if holder is not None else None
    box = child(area, "PhysicalBox") if area is not None else None
    found = numbers(box.text) if box is not None else []
    if len(found) != 4 or found[2] <= 0 or found[3] <= 0:
        return None
    return (found[0], found[1], found[2], found[3])


def _resources(book: Book, base: str, location: str) -> dict[str, Resource]:
    part = book.find(base, location)
    if not part:
        return {}
    root = book.root(part)
    folder = posixpath.join(posixpath.dirname(part), root.get("BaseLoc", "").strip())
    return {
        entry.get("ID", ""): Resource(entry, part, folder)
        for group in root
        if is_element(group)
        for entry in group
        if is_element(entry)
    }


def file_of(book: Book, resource: Resource, name: str) -> str:
    """Return the part that the child ``name`` (MediaFile, FontFile) of a resource means, or an empty string."""
    place = child(resource.element, name)
    text = (place.text or "").strip() if place is not None else ""
    if not text:
        return ""
    return book.find(posixpath.join(resource.folder, "x"), text) or book.find(resource.part, text)


def stored(code: etree._Element) -> str:
    """Return the characters of a TextCode; comments may stand between them."""
    return (code.text or "") + "".join(inner.tail or "" for inner in code)
