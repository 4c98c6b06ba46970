"""Presentations (.pptx .pptm .ppsx .potx …): slides, and every other part that bears text.

A published copy is written from nothing: the slides that are shown, with their layouts, masters and pictures. Notes,
comments, hidden slides and shapes, shapes outside the slide, links, embedded files, media and macros do not reach it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from lxml import etree

from review.errors import CorruptDocument
from review.formats import _drawings, _drawings_looks, _ooxml, _ooxml_copy, _opc
from review.formats._ooxml import TEXT, A, Atom, C, Part, Passage, R, Slot
from review.formats._ooxml_copy import Shelf
from review.formats._opc import Package, local
from review.formats._plain import is_prompt
from review.types import VISIBLE, Cut, Erased, Format, Reading, Witness, Zone

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"

_SHOW = "application/vnd.openxmlformats-officedocument.presentationml."
_DRAW = "application/vnd.openxmlformats-officedocument.drawingml."
_POWER = "application/vnd.ms-powerpoint."
_MAIN_TYPES = (
    f"{_SHOW}presentation.main+xml",
    f"{_SHOW}slideshow.main+xml",
    f"{_SHOW}template.main+xml",
    f"{_POWER}presentation.macroEnabled.main+xml",
    f"{_POWER}slideshow.macroEnabled.main+xml",
    f"{_POWER}template.macroEnabled.main+xml",
)
_SUFFIXES = (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm")
_SHELVES = {
    "slide": Shelf("ppt/slides/slide{n}.xml", f"{_SHOW}slide+xml"),
    "slideLayout": Shelf("ppt/slideLayouts/slideLayout{n}.xml", f"{_SHOW}slideLayout+xml", implicit=True),
    "slideMaster": Shelf("ppt/slideMasters/slideMaster{n}.xml", f"{_SHOW}slideMaster+xml", implicit=True),
    "theme": Shelf("ppt/theme/theme{n}.xml", "application/vnd.openxmlformats-officedocument.theme+xml", implicit=True),
    "tableStyles": Shelf("ppt/tableStyles.xml", f"{_SHOW}tableStyles+xml", implicit=True),
    "image": Shelf("ppt/media/image{n}.{suffix}", ""),
    "chart": Shelf("ppt/charts/chart{n}.xml", f"{_DRAW}chart+xml"),
    "diagramData": Shelf("ppt/diagrams/data{n}.xml", f"{_DRAW}diagramData+xml"),
    "diagramLayout": Shelf("ppt/diagrams/layout{n}.xml", f"{_DRAW}diagramLayout+xml"),
    "diagramQuickStyle": Shelf("ppt/diagrams/quickStyle{n}.xml", f"{_DRAW}diagramStyle+xml"),
    "diagramColors": Shelf("ppt/diagrams/colors{n}.xml", f"{_DRAW}diagramColors+xml"),
}
_STANDARD_NAME = re.compile(
    r"\[Content_Types\]\.xml|(.*/)?_rels/[\w.-]*\.rels|docProps/(core|app|custom|thumbnail)\.\w{3,4}"
    r"|ppt/([a-zA-Z]+/)?[A-Za-z-]+\d{0,4}\.\w{2,5}|customXml/(item|itemProps)\d{1,3}\.xml"
    r"|ppt/(media|embeddings)/[\w-]{1,40}\.\w{2,5}",
    re.ASCII,
)
_SWEPT = {
    "officeDocument": (Zone.HIDDEN, "演示文稿信息"),
    "slide": (Zone.HIDDEN, "幻灯片附加信息"),
    "slideLayout": (Zone.HIDDEN, "版式附加信息"),
    "slideMaster": (Zone.HIDDEN, "母版附加信息"),
    "notesSlide": (Zone.HIDDEN, "备注页附加信息"),
    "notesMaster": (Zone.HIDDEN, "备注母版"),
    "handoutMaster": (Zone.HIDDEN, "讲义母版"),
    "comments": (Zone.COMMENT, "批注"),
    "commentAuthors": (Zone.COMMENT, "批注作者"),
    "authors": (Zone.COMMENT, "批注作者"),
    "tags": (Zone.METADATA, "自定义标签"),
    "theme": (Zone.METADATA, "主题名"),
    "tableStyles": (Zone.METADATA, "表格样式名"),
    "chart": (Zone.HIDDEN, "图表附加信息"),
    "diagramData": (Zone.HIDDEN, "示意图附加信息"),
    "diagramDrawing": (Zone.HIDDEN, "示意图副本"),
    "core-properties": (Zone.METADATA, "文档属性"),
    "extended-properties": (Zone.METADATA, "文档属性"),
    "custom-properties": (Zone.METADATA, "自定义属性"),
    "customXml": (Zone.METADATA, "自定义 XML"),
}
_DROPPED = (f"{P}custDataLst", f"{P}extLst", f"{A}extLst", f"{C}externalData", f"{C}userShapes")
_KEPT_IN_PRESENTATION = frozenset({"sldMasterIdLst", "sldIdLst", "sldSz", "notesSz", "defaultTextStyle"})


def sniff(data: bytes, suffix: str) -> bool:
    """A zip file whose content types name a presentation; or a damaged or encrypted file with such a suffix."""
    if data.startswith(b"PK"):
        types = _opc.content_types(data)
        return any(kind.encode() in types for kind in _MAIN_TYPES) if types else suffix in _SUFFIXES
    return suffix in _SUFFIXES and _opc.looks_encrypted(data)


@dataclass(frozen=True, slots=True)
class _Slide:
    """One slide. ``number`` counts all slides from 1, hidden ones too."""

    number: int
    part: str
    hidden: bool


@dataclass(slots=True)
class _Show:
    """A presentation opened: its parts, slides in order, and its passages."""

    package: Package = field(repr=False)
    main: str
    parts: dict[str, Part] = field(repr=False)
    slides: list[_Slide]
    layouts: list[str] = field(default_factory=list)  # of shown slides, in order of first use
    masters: list[str] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list, repr=False)
    prompts: set[Slot] = field(default_factory=set, repr=False)  # standard prompts: not read, and kept
    removed: list[etree._Element] = field(default_factory=list, repr=False)  # shapes outside their slide


def _open(data: bytes) -> _Show:
    package = _opc.unpack(data)
    main = _opc.main_part(package)
    names = [n for n, blob in package.parts.items() if _opc.is_xml(n, blob) and not _opc.is_plumbing(n)]
    parts = {name: _ooxml.load(package, name) for name in names}
    links = {link.id: link.target for link in _opc.relationships(package, main) if link.type == "slide"}
    slides = []
    for number, entry in enumerate(parts[main].root.iter(f"{P}sldId"), 1):
        target = links.get(entry.get(f"{R}id", ""), "")
        if target not in parts:
            raise CorruptDocument("演示文稿引用了不存在的幻灯片，文件已损坏。请用办公软件打开并另存后重新提交。")
        slides.append(_Slide(number, target, parts[target].root.get("show") in ("0", "false")))
    return _Show(package, main, parts, slides)


# --------------------------------------------------------------------------------------------- reading


def _walk(show: _Show) -> None:
    """Fill in the passages: slides, what their layouts and masters add, notes, comments."""
    tables, charts, diagrams = count(), count(1), count(1)
    size = show.parts[show.main].root.find(f"{P}sldSz")
    width, height = (_number(size.get("cx")), _number(size.get("cy"))) if size is not None else (0, 0)

    def draw(part: Part, zone: Zone, label: str) -> None:
        drawn: list[tuple[str, Zone]] = []
        for tree in part.root.iter(f"{P}spTree"):
            moving = any(True for _ in part.root.iter(f"{P}timing"))  # an animation may uncover what lies below
            siblings = list(tree.iterchildren(etree.Element))
            for number, shape in enumerate(siblings):
                outside = zone is Zone.BODY and _is_outside(shape, width, height, part.root)
                if outside:
                    show.removed.append(shape)
                at, name = (Zone.HIDDEN, f"{label}（页外）") if outside else (zone, label)
                if at is Zone.BODY and not moving and _drawings_looks.is_under(shape, siblings[number + 1 :]):
                    at, name = Zone.HIDDEN, f"{label}{_drawings_looks.UNDER}"
                show.passages += _drawings.shapes(part, [shape], at, name, tables, drawn)
        targets = {link.id: link for link in _opc.relationships(show.package, part.name)}
        for key, at in drawn:
            target = show.parts.get(targets[key].target) if key in targets else None
            if target is not None and targets[key].type == "chart":
                show.passages += _drawings.chart(target, at, f"{label}图表{next(charts)}")
            elif target is not None and targets[key].type == "diagramData":
                show.passages += _drawings.diagram(target, at, f"{label}示意图{next(diagrams)}")

    for slide in show.slides:
        label = f"第{slide.number}张幻灯片" + ("（隐藏）" if slide.hidden else "")
        draw(show.parts[slide.part], Zone.HIDDEN if slide.hidden else Zone.BODY, label)
        for name in [] if slide.hidden else _linked(show, slide.part, "slideLayout"):
            if name not in show.layouts:
                show.layouts.append(name)
    for name in show.layouts:
        show.masters += [m for m in _linked(show, name, "slideMaster") if m not in show.masters]
    for title, names in (("版式", show.layouts), ("母版", show.masters)):
        for place, name in enumerate(names, 1):
            _background(show, show.parts[name], f"{title}{place}", tables)
    for slide in show.slides:
        for name in _linked(show, slide.part, "notesSlide"):
            draw(show.parts[name], Zone.HIDDEN, f"第{slide.number}张幻灯片备注")
    for part in show.parts.values():
        if local(part.root.tag) in ("sldLayout", "sldMaster", "notesMaster", "handoutMaster"):
            show.prompts |= set(_prompts(part))
        elif local(part.root.tag) == "cmLst":
            for text in part.root.iter(etree.Element):
                if local(text.tag) in ("text", "t") and text.text:
                    show.passages.append(Passage(part.name, Zone.COMMENT, "批注", [Atom(text, TEXT, text.text)]))


def _background(show: _Show, part: Part, label: str, tables: Iterator[int]) -> None:
    """Text of a layout or master: its own shapes are seen on slides, its place holders are not."""
    for tree in part.root.iter(f"{P}spTree"):
        for shape in tree.iterchildren(etree.Element):
            if not _is_placeholder(shape):
                show.passages += _drawings.shapes(part, [shape], Zone.BODY, label, tables, [])


def _prompts(part: Part) -> Iterator[Slot]:
    """Texts of place holders that every program writes: nothing to read in them."""
    for shape in part.root.iter(f"{P}sp"):
        if _is_placeholder(shape):
            yield from ((text, TEXT) for text in shape.iter(f"{A}t") if is_prompt(text.text or ""))


def _is_placeholder(shape: etree._Element) -> bool:
    return any(True for _ in shape.iter(f"{P}ph"))


def _is_outside(shape: etree._Element, width: int, height: int, slide: etree._Element) -> bool:
    """Does a shape lie wholly outside the slide, with no animation that could bring it in?"""
    if not width or any(True for _ in slide.iter(f"{P}timing")):
        return False
    frame = next((e for e in shape.iter(f"{A}xfrm", f"{P}xfrm")), None)
    offset = frame.find(f"{A}off") if frame is not None else None
    extent = frame.find(f"{A}ext") if frame is not None else None
    if offset is None or extent is None:
        return False
    x, y = _number(offset.get("x")), _number(offset.get("y"))
    return x >= width or y >= height or x + _number(extent.get("cx")) < 0 or y + _number(extent.get("cy")) < 0


def _number(value: str | None) -> int:
    return int(value) if value and re.fullmatch(r"-?\d{1,12}", value) else 0


def _linked(show: _Show, part: str, kind: str) -> list[str]:
    links = _opc.relationships(show.package, part)
    return [link.target for link in links if link.type == kind and link.target in show.parts]


def read(data: bytes) -> Reading:
    """Read every text of a presentation.

    Raises ``CorruptDocument``, ``EncryptedDocument`` or ``LimitExceeded``.
    """
    show = _open(data)
    package = show.package
    _walk(show)
    used: set[Slot] = {(atom.element, atom.slot) for passage in show.passages for atom in passage.atoms} | show.prompts
    kinds = {link.target: link.type for name in ["", *package.parts] for link in _opc.relationships(package, name)}
    for name, part in show.parts.items():
        zone, label = _SWEPT.get(kinds.get(name, ""), (Zone.METADATA, "其他部件"))
        show.passages += _ooxml.sweep(part, used, zone, label)
    show.passages += _ooxml.addresses(package)
    show.passages += _ooxml.names_and_remarks(package, lambda name: bool(_STANDARD_NAME.fullmatch(name)))
    found = list(_ooxml.entries(show.passages, show.parts))
    made = _ooxml_copy.plan(package, show.main, _home(show), _SHELVES, _trim(show))
    files, gaps = _ooxml_copy.embedded(package, made, _ooxml.binaries(package))
    return _ooxml.assemble(found, [*_ooxml.slack_gap(package), *gaps], files)


# --------------------------------------------------------------------------------------------- erasing


def erase(data: bytes, reading: Reading, cuts: Sequence[Cut]) -> Erased:
    """Return a copy with the cuts made that holds the slides that are shown, and nothing hidden."""
    show = _open(data)
    _ooxml_copy.apply_cuts(reading, cuts, show.parts)
    _walk(show)
    notices = _notices(show)
    visible = _ooxml.visible_slots(show.passages) | show.prompts
    kept = _trim(show)
    for part in kept.values():
        _ooxml_copy.scrub(part, visible)
    made = _ooxml_copy.plan(show.package, show.main, _home(show), _SHELVES, kept)
    written = _ooxml_copy.publish(show.package, made, kept, _dangling)
    return Erased(written, (*notices, *_ooxml_copy.package_notices(show.package, made)))


def _trim(show: _Show) -> dict[str, Part]:
    """Take out of the trees what no shown slide shows, and return the parts that may be published."""
    unused = {slide.part for slide in show.slides if slide.hidden}
    unused |= {n for n, p in show.parts.items() if p.root.tag == f"{P}sldLayout" and n not in show.layouts}
    unused |= {n for n, p in show.parts.items() if p.root.tag == f"{P}sldMaster" and n not in show.masters}
    kept = {name: part for name, part in show.parts.items() if name not in unused}
    presentation = show.parts[show.main].root
    for child in list(presentation):
        if local(str(child.tag)) not in _KEPT_IN_PRESENTATION:
            presentation.remove(child)
    targets = {link.id: link.target for link in _opc.relationships(show.package, show.main)}
    for entry in [*presentation.iter(f"{P}sldId"), *presentation.iter(f"{P}sldMasterId")]:
        if targets.get(entry.get(f"{R}id", "")) not in kept:
            _ooxml.detach(entry)
    for shape in show.removed:
        _ooxml.detach(shape)
    for part in kept.values():
        _keep_previews(part.root)
        _drawings.prune(part.root)
        for element in list(part.root.iter(*_DROPPED)):
            _ooxml.detach(element)
        for timing in list(part.root.iter(f"{P}timing", f"{P}transition")):
            if any(key.startswith(R) for element in timing.iter(etree.Element) for key, _ in _opc.attributes(element)):
                _ooxml.detach(timing)
    return kept


def _keep_previews(root: etree._Element) -> None:
    """Put the picture of an embedded object in the object's place."""
    for frame in list(root.iter(f"{P}graphicFrame")):
        picture = next((pic for ole in frame.iter(f"{P}oleObj") for pic in ole.iter(f"{P}pic")), None)
        parent = frame.getparent()
        if picture is not None and parent is not None:
            parent.replace(frame, picture)


def _dangling(element: etree._Element, key: str) -> None:
    _drawings.let_go(element, key, ("graphicFrame",))


def _home(show: _Show) -> Shelf:
    kind = _opc.content_type(show.package, show.main)
    return Shelf("ppt/presentation.xml", kind if kind in _MAIN_TYPES else _MAIN_TYPES[0])


def _notices(show: _Show) -> list[str]:
    hidden = sum(slide.hidden for slide in show.slides)
    notes = sum(bool(_linked(show, slide.part, "notesSlide")) for slide in show.slides)
    comments = sum(p.zone is Zone.COMMENT and not p.blank for p in show.passages)
    objects = sum(1 for part in show.parts.values() for _ in part.root.iter(f"{P}oleObj"))
    links = sum(1 for part in show.parts.values() for _ in part.root.iter(f"{A}hlinkClick"))
    counted = (
        (hidden, f"已删除隐藏幻灯片 {hidden} 张"),
        (notes, f"已删除备注页 {notes} 页"),
        (comments, f"已删除批注 {comments} 处"),
        (len(show.removed), f"已删除位于页面之外的对象 {len(show.removed)} 个"),
        (objects, f"已删除嵌入对象 {objects} 个，保留其预览图"),
        (links, f"已取消超链接 {links} 处，保留文字"),
    )
    return [message for number, message in counted if number]


def witness(data: bytes) -> Witness:
    """Return what other code reads in a copy. Loaded when something was written: a check needs none of it."""
    from review.formats import _pptx_witness

    return _pptx_witness.witness(data)


FORMAT = Format(
    name="pptx",
    media_type="application/vnd.openxmlformats-officedocument.presentationml.presentation",
    suffixes=_SUFFIXES,
    sniff=sniff,
    read=read,
    erase=erase,
    witness=witness,
    drops=frozenset(Zone) - VISIBLE,
    put=_ooxml_copy.put,
)
