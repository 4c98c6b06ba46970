"""Write an OFD file anew by allow-list: only elements, attributes and values that draw its pages, under new part names.

Cut characters leave their text object, with their glyph numbers: what stays of it is written in pieces, each at its
place. A template or composite unit that is cut on one page only is written twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from review.formats import _opc
from review.formats._ofd_package import Body, Book, Page, Resource, child, children, file_of, number, numbers
from review.formats._ofd_text import Line, glyph_ids, is_off, lines
from review.formats._ofd_trace import POINTS, View
from review.formats._ofd_vocabulary import (
    DETAILS,
    GROUPS,
    OBJECTS,
    WORDS,
    add_box,
    clean,
    clone,
    copy_attributes,
    element_of,
    everything,
    sub,
    written,
)
from review.formats._ooxml_copy import picture_suffix, reencode
from review.formats._opc import is_element, local
from review.formats._pdf_boxes import boxes
from review.formats._plain import is_font

_SMALL = 2 << 20  # bytes: a font up to this size is pruned of what was never shown, too


def picture_names(book: Book, views: Collection[View]) -> dict[str, str]:
    """Return part → new name of the pictures that the pages show and that can be written anew, in order of use."""
    out: dict[str, str] = {}
    for view in views:
        for page, key in view.pictures:
            resource = page.resources.get(key)
            part = file_of(book, resource, "MediaFile") if resource is not None else ""
            suffix = picture_suffix(book.package.parts[part]) if part else ""
            if suffix and part not in out:
                out[part] = f"Doc_0/Res/Image_{len(out) + 1}.{suffix}"
    return out


@dataclass(slots=True)
class _Font:
    resource: Resource
    element: etree._Element
    characters: set[str] = field(default_factory=set)
    glyphs: set[int] = field(default_factory=set)
    lost: bool = False


@dataclass(slots=True)
class Copy:
    """One document being written. ``entries``: (part name, bytes) so far."""

    book: Book
    number: int
    pictures: Mapping[str, str]
    entries: list[tuple[str, bytes]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    last_id: int = 0
    public: list[etree._Element] = field(default_factory=list)  # fonts, colour spaces, draw parameters
    media: list[etree._Element] = field(default_factory=list)
    units: list[etree._Element] = field(default_factory=list)
    fonts: dict[etree._Element, _Font] = field(default_factory=dict)
    templates: list[tuple[str, str, str]] = field(default_factory=list)  # id, place, ZOrder
    made: dict[Any, str] = field(default_factory=dict)  # resource, or what a clone is a clone of → new id

    @property
    def folder(self) -> str:
        return f"Doc_{self.number}"

    def new_id(self) -> str:
        self.last_id += 1
        return str(self.last_id)

    def body(self, body: Body, views: Collection[View], gone: Mapping[int, Collection[int]]) -> None:
        """Write a document: its pages (``gone``: page number → glyphs to take out), then what they need."""
        root = element_of("Document")
        common = sub(root, "CommonData")
        limit = sub(common, "MaxUnitID")
        add_box(sub(common, "PageArea"), body.area)
        pages = sub(root, "Pages")
        for k, view in enumerate(views):
            place = f"Pages/Page_{k}/Content.xml"
            sub(pages, "Page", ID=self.new_id(), BaseLoc=place)
            self.entries.append((f"{self.folder}/{place}", _opc.serialise(_PageCopy(self, view, gone).page())))
        self._fonts()
        for name, groups in (
            ("PublicRes", (("ColorSpace", "ColorSpaces"), ("DrawParam", "DrawParams"), ("Font", "Fonts"))),
            ("DocumentRes", (("MultiMedia", "MultiMedias"), ("CompositeGraphicUnit", "CompositeGraphicUnits"))),
        ):
            self._resources(common, name, groups)
        for key, place, order in self.templates:
            sub(common, "TemplatePage", ID=key, BaseLoc=place, ZOrder=order)
        limit.text = str(self.last_id)
        self.entries.append((f"{self.folder}/Document.xml", _opc.serialise(root)))

    def _resources(self, common: etree._Element, name: str, groups: tuple[tuple[str, str], ...]) -> None:
        root = element_of("Res")
        root.set("BaseLoc", "Res")
        everything = [*self.public, *self.media, *self.units]
        for kind, holder in groups:
            found = [element for element in everything if local(element.tag) == kind]
            if found:
                sub(root, holder).extend(found)
        if len(root) or name == "PublicRes":
            sub(common, name).text = f"{name}.xml"
            self.entries.append((f"{self.folder}/{name}.xml", _opc.serialise(root)))

    # ----------------------------------------------------------------------------------------- resources

    def shared(self, page: Page, kind: str, key: str) -> str:
        """Return the new id of a colour space or draw parameter, written at its first use; empty where it is none."""
        resource = page.resources.get(key)
        if resource is None or local(resource.element.tag) != kind:
            return ""
        if resource.element not in self.made:
            new = element_of(kind)
            self.made[resource.element] = self.new_id()
            new.set("ID", self.made[resource.element])
            _PageCopy(self, View(page), {}).dress(new, resource.element, page)
            self.public.append(new)
        return self.made[resource.element]

    def font(self, page: Page, key: str) -> _Font | None:
        """Return the copy of a font resource, begun at its first use."""
        resource = page.resources.get(key)
        if resource is None or local(resource.element.tag) != "Font":
            return None
        if resource.element not in self.fonts:
            new = element_of("Font")
            new.set("ID", self.new_id())
            copy_attributes(new, resource.element)
            for name in ("FontName", "FamilyName"):
                value = resource.element.get(name, "宋体" if name == "FontName" else "")
                if value:
                    new.set(name, value if is_font(value) else "宋体")
            self.fonts[resource.element] = _Font(resource, new)
            self.public.append(new)
        return self.fonts[resource.element]

    def _fonts(self) -> None:
        from review.formats import _ofd_font  # fontTools: nothing that is only read needs it

        failed = 0
        for k, font in enumerate(self.fonts.values(), 1):
            part = file_of(self.book, font.resource, "FontFile")
            data = self.book.package.parts[part] if part else b""
            if not data or not (font.characters or font.glyphs):
                continue
            if len(data) <= _SMALL or font.lost:
                data = _ofd_font.prune(data, font.characters, font.glyphs)
                failed += not data
            if data:
                suffix = "otf" if data[:4] == b"OTTO" else "cff" if data[:1] == b"\x01" else "ttf"
                sub(font.element, "FontFile").text = f"Font_{k}.{suffix}"
                self.entries.append((f"{self.folder}/Res/Font_{k}.{suffix}", data))
        if failed:
            self.notices.append(f"有 {failed} 个内嵌字体无法清理，未写入发布版，显示时以系统字体代替")

    def picture(self, page: Page, key: str) -> str:
        """Return the new id of a picture, or an empty string where the copy does not hold it."""
        resource = page.resources.get(key)
        part = file_of(self.book, resource, "MediaFile") if resource is not None else ""
        name = self.pictures.get(part, "")
        if not name:
            return ""
        if name not in self.made:
            self.made[name] = self.new_id()
            kind = name.rpartition(".")[2].upper()
            new = element_of("MultiMedia", ID=self.made[name], Type="Image", Format=kind)
            sub(new, "MediaFile").text = name.rpartition("/")[2] if self.number == 0 else f"/{name}"
            self.media.append(new)
        return self.made[name]


def write(book: Book, views: Mapping[int, list[View]], gone: Mapping[int, Collection[int]]) -> tuple[bytes, list[str]]:
    """Return the copy and notices. ``views``: number of the document → its pages; ``gone``: page → glyph numbers."""
    pictures = picture_names(book, [view for several in views.values() for view in several])
    root = element_of("OFD", Version="1.0", DocType="OFD")
    entries: list[tuple[str, bytes]] = []
    notices: list[str] = []
    for k, body in enumerate(book.bodies):
        copy = Copy(book, k, pictures)
        copy.body(body, views[k], gone)
        entry = sub(root, "DocBody")
        sub(sub(entry, "DocInfo"), "DocID").text = f"{k:032x}"
        sub(entry, "DocRoot").text = f"{copy.folder}/Document.xml"
        entries += copy.entries
        notices += copy.notices
    entries += [(name, reencode(book.package.parts[part])) for part, name in pictures.items()]
    return _opc.write_zip([("OFD.xml", _opc.serialise(root)), *entries]), list(dict.fromkeys(notices))


# --------------------------------------------------------------------------------------------- one page


class _PageCopy:
    """Writes the content of one page."""

    def __init__(self, copy: Copy, view: View, gone: Mapping[int, Collection[int]]) -> None:
        self.copy, self.view = copy, view
        self.killed = {*gone.get(view.page.number, ()), *view.unseen} if view.spots else set()
        self.visible = sorted(self.killed - set(view.unseen))
        self.gone: dict[tuple[int, etree._Element], set[tuple[int, int]]] = {}
        self.spelt: dict[tuple[int, etree._Element, int, int], str] = {}
        for i, (spot, glyph) in enumerate(zip(view.spots, view.trace.glyphs, strict=True)):
            if i in self.killed:
                self.gone.setdefault((spot.draw, spot.text), set()).add((spot.code, spot.index))
            else:
                self.spelt[spot] = glyph.text
        self.inner = {(draw.parent, draw.trail[-1]): k for k, draw in enumerate(view.draws) if draw.trail}
        self.below: dict[int, list[tuple[etree._Element, int]]] = {}
        for (parent, by), k in self.inner.items():
            self.below.setdefault(parent, []).append((by, k))
        self.cut: dict[int, list[tuple[etree._Element, int, int]]] = {}
        for (draw, element), cuts in self.gone.items():
            self.cut.setdefault(draw, []).extend((element, code, index) for code, index in cuts)

    def page(self) -> etree._Element:
        page = self.view.page
        root = element_of("Page")
        content = element_of("Content")
        for use in children(page.root, "Template"):
            key = self._template(use)
            if key:
                order = use.get("ZOrder", "")
                sub(root, "Template", TemplateID=key, **({"ZOrder": order} if WORDS.fullmatch(order) else {}))
        add_box(sub(root, "Area"), page.area)
        root.append(content)
        for holder in children(page.root, "Content"):
            self._objects(holder, content, 0)
        self._boxes(content)
        return root

    def _boxes(self, content: etree._Element) -> None:
        view = self.view
        found = boxes(view.trace, self.visible, [i for i in view.seen if i not in self.killed], view.box)
        if not found:
            return
        layer = sub(content, "Layer", Type="Foreground", ID=self.copy.new_id())
        for x0, y0, x1, y1 in found:
            left, top = x0 / POINTS, (view.box[3] - y1) / POINTS
            width, height = (x1 - x0) / POINTS, (y1 - y0) / POINTS
            sizes = (left, top, width, height)
            shape = sub(layer, "PathObject", ID=self.copy.new_id(), Boundary=" ".join(map(written, sizes)))
            shape.set("Fill", "true")
            shape.set("Stroke", "false")
            sub(shape, "FillColor", Value="0 0 0")
            w, h = written(width), written(height)
            sub(shape, "AbbreviatedData").text = f"M 0 0 L {w} 0 L {w} {h} L 0 {h} C"

    def _signature(self, draw: int) -> tuple[Any, ...]:
        """Return what is gone from a draw and from those inside it: equal ones can share their copy."""
        inside = [(by, self._signature(k)) for by, k in self.below.get(draw, ())]
        return (frozenset(self.cut.get(draw, ())), frozenset(inside))

    def _template(self, use: etree._Element) -> str:
        draw = self.inner.get((0, use), -1)
        if draw < 0:
            return ""
        template = self.view.draws[draw].page
        made = self.copy.made
        key = ("template", template.root, self._signature(draw))
        if key not in made:
            root = element_of("Page")
            add_box(sub(root, "Area"), template.area)
            content = sub(root, "Content")
            for holder in self.view.draws[draw].content:
                self._objects(holder, content, draw)
            place = f"Tpls/Tpl_{len(self.copy.templates)}/Content.xml"
            made[key] = self.copy.new_id()
            order = use.get("ZOrder", "")
            self.copy.templates.append((made[key], place, order if WORDS.fullmatch(order) else "Background"))
            self.copy.entries.append((f"{self.copy.folder}/{place}", _opc.serialise(root)))
        return made[key]

    def _unit(self, element: etree._Element, draw: int) -> str:
        """Return the new id of a composite unit as it is drawn here."""
        inner = self.inner.get((draw, element), -1)
        if inner < 0:
            return ""
        unit = self.view.draws[draw].page.resources[element.get("ResourceID", "")]
        made = self.copy.made
        key = ("unit", unit.element, self._signature(inner))
        if key not in made:
            new = element_of("CompositeGraphicUnit")
            copy_attributes(new, unit.element)
            content = sub(new, "Content")
            for holder in self.view.draws[inner].content:
                self._objects(holder, content, inner)
            made[key] = self.copy.new_id()
            new.set("ID", made[key])
            self.copy.units.append(new)
        return made[key]

    def _objects(self, holder: etree._Element, target: etree._Element, draw: int) -> None:
        page = self.view.draws[draw].page
        for element in holder:
            name = local(element.tag) if is_element(element) else ""
            if not name or is_off(element.get("Visible")):
                continue
            if name in GROUPS:
                new = sub(target, name, ID=self.copy.new_id())
                copy_attributes(new, element)
                self._references(new, element, page)
                self._objects(element, new, draw)
            elif name == "Content":
                self._objects(element, target, draw)
            elif name == "TextObject":
                self._text(element, target, draw)
            elif name in OBJECTS:
                self._shape(name, element, target, draw)

    def _shape(self, name: str, element: etree._Element, target: etree._Element, draw: int) -> None:
        page = self.view.draws[draw].page
        wanted: dict[str, str] = {}
        if name == "ImageObject":
            for key in ("ResourceID", "Substitution", "ImageMask"):
                found = self.copy.picture(page, element.get(key, ""))
                if found:
                    wanted[key] = found
        elif name == "CompositeObject":
            wanted["ResourceID"] = self._unit(element, draw)
        if name != "PathObject" and not wanted.get("ResourceID"):
            return
        new = sub(target, name, ID=self.copy.new_id(), **wanted)
        self.dress(new, element, page, draw)

    def dress(self, new: etree._Element, element: etree._Element, page: Page, draw: int = 0) -> None:
        """Copy plain attributes, references and the drawing details below an element."""
        copy_attributes(new, element)
        self._references(new, element, page)
        for detail in element:
            name = local(detail.tag) if is_element(detail) else ""
            if name == "CellContent":
                cell = sub(new, name)
                self._objects(detail, cell, draw)
            elif name in DETAILS and not (name == "Clips" and any(local(e.tag) == "Text" for e in everything(detail))):
                inner = sub(new, name)
                self.dress(inner, detail, page, draw)
                if name in ("AbbreviatedData", "CV"):
                    inner.text = clean(detail.text or "", "SMLQBAC" if name == "AbbreviatedData" else "")

    def _references(self, new: etree._Element, element: etree._Element, page: Page) -> None:
        for key, kind in (("DrawParam", "DrawParam"), ("Relative", "DrawParam"), ("ColorSpace", "ColorSpace")):
            if element.get(key):
                found = self.copy.shared(page, kind, element.get(key, ""))
                if found and found != new.get("ID"):
                    new.set(key, found)

    # ----------------------------------------------------------------------------------------- text

    def _text(self, element: etree._Element, target: etree._Element, draw: int) -> None:
        page = self.view.draws[draw].page
        font = self.copy.font(page, element.get("Font", ""))
        ids = glyph_ids(element)
        gone = self.gone.get((draw, element), set())
        if gone and font is not None:
            font.lost = True
        whole = element_of("TextObject")
        self.dress(whole, element, page, draw)
        if font is not None:
            whole.set("Font", font.element.get("ID", ""))
        found = lines(element)
        for k, line in enumerate(found):
            for start, end in _pieces(line, {index for code, index in gone if code == k}):
                new = clone(whole)
                new.set("ID", self.copy.new_id())
                text = "".join(self.spelt.get((draw, element, k, i), line.text[i]) for i in range(start, end))
                if font is not None:
                    font.characters |= set(text)
                self._glyphs(new, element, ids, start, end, font)
                _code(new, children(element, "TextCode")[k], line, start, end, text)
                target.append(new)

    def _glyphs(
        self, new: etree._Element, element: etree._Element, ids: Mapping[int, int], start: int, end: int,
        font: _Font | None,
    ) -> None:  # fmt: skip
        """Copy the glyph numbers of the characters ``start:end``; groups that are cut through are left out."""
        if len(children(element, "TextCode")) != 1:
            return
        run: list[tuple[int, list[int], int]] = []  # place, glyphs, characters
        for k in range(start, end):
            if k in ids:
                if run and run[-1][0] + run[-1][2] == k:
                    run[-1] = (run[-1][0], [*run[-1][1], ids[k]], run[-1][2] + 1)
                else:
                    run.append((k, [ids[k]], 1))
        for transform in children(element, "CGTransform"):
            place, count = int(number(transform.get("CodePosition"), 0)), int(number(transform.get("CodeCount"), 1))
            glyphs = child(transform, "Glyphs")
            found = [int(value) for value in numbers(glyphs.text)] if glyphs is not None else []
            if count != len(found) and start <= place and place + count <= end:
                run.append((place, found, count))
        for place, found, count in sorted(run):
            if font is not None:
                font.glyphs |= set(found)
            made = sub(new, "CGTransform", CodePosition=str(place - start), CodeCount=str(count))
            made.set("GlyphCount", str(len(found)))
            sub(made, "Glyphs").text = " ".join(map(str, found))


def _pieces(line: Line, gone: Collection[int]) -> list[tuple[int, int]]:
    """Return the stretches of a line that stay."""
    out: list[tuple[int, int]] = []
    for k, char in enumerate(line.text):
        if k in gone:
            continue
        if out and out[-1][1] == k:
            out[-1] = (out[-1][0], k + 1)
        elif not gone or not char.isspace():
            out.append((k, k + 1))
    return out


def _code(new: etree._Element, old: etree._Element, line: Line, start: int, end: int, text: str) -> None:
    """Write the characters ``start:end`` of a line at their place."""
    code = sub(new, "TextCode", X=written(line.xs[start]), Y=written(line.ys[start]))
    for key, at in (("DeltaX", line.xs), ("DeltaY", line.ys)):
        if old.get(key) and end - start > 1:
            code.set(key, " ".join(written(at[k + 1] - at[k]) for k in range(start, end - 1)))
    code.text = text
