"""Word documents (.docx .docm .dotx .dotm): everything that bears text is read, and copies keep only what is visible.

A published copy is written from nothing: visible text with the cuts applied and its formatting. Tracked changes are
accepted; comments, hidden text, field codes, link targets, properties, macros, embedded files and pictures' metadata do
not reach it. See docs/architecture.md and ECMA-376 part 1.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree

from review.formats import _drawings, _ooxml, _ooxml_copy, _opc
from review.formats._docx_clean import clean
from review.formats._docx_walk import Fields, W, Walk, fields_of, styles_of, switch
from review.formats._marks import REVERSED
from review.formats._ooxml import TEXT, Atom, Part, Passage, R
from review.formats._ooxml_copy import Plan, Shelf, has_pictures
from review.formats._opc import Package
from review.formats._plain import is_text_attribute
from review.types import VISIBLE, Cut, Erased, Format, Reading, Witness, Zone

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_DRAW = "application/vnd.openxmlformats-officedocument.drawingml."
_MAIN_TYPES = (
    f"{_WORD}document.main+xml",
    f"{_WORD}template.main+xml",
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
)
_SUFFIXES = (".docx", ".docm", ".dotx", ".dotm")
#: Relationship types that a copy may keep.
_SHELVES = {
    "styles": Shelf("word/styles.xml", f"{_WORD}styles+xml", implicit=True),
    "numbering": Shelf("word/numbering.xml", f"{_WORD}numbering+xml", implicit=True),
    "settings": Shelf("word/settings.xml", f"{_WORD}settings+xml", implicit=True),
    "fontTable": Shelf("word/fontTable.xml", f"{_WORD}fontTable+xml", implicit=True),
    "theme": Shelf("word/theme/theme{n}.xml", "application/vnd.openxmlformats-officedocument.theme+xml", implicit=True),
    "footnotes": Shelf("word/footnotes.xml", f"{_WORD}footnotes+xml", implicit=True),
    "endnotes": Shelf("word/endnotes.xml", f"{_WORD}endnotes+xml", implicit=True),
    "header": Shelf("word/header{n}.xml", f"{_WORD}header+xml"),
    "footer": Shelf("word/footer{n}.xml", f"{_WORD}footer+xml"),
    "image": Shelf("word/media/image{n}.{suffix}", ""),
    "chart": Shelf("word/charts/chart{n}.xml", f"{_DRAW}chart+xml"),
    "diagramData": Shelf("word/diagrams/data{n}.xml", f"{_DRAW}diagramData+xml"),
    "diagramLayout": Shelf("word/diagrams/layout{n}.xml", f"{_DRAW}diagramLayout+xml"),
    "diagramQuickStyle": Shelf("word/diagrams/quickStyle{n}.xml", f"{_DRAW}diagramStyle+xml"),
    "diagramColors": Shelf("word/diagrams/colors{n}.xml", f"{_DRAW}diagramColors+xml"),
}
_STANDARD_NAME = re.compile(
    r"\[Content_Types\]\.xml|(.*/)?_rels/[\w.]*\.rels|docProps/(core|app|custom|thumbnail)\.\w{3,4}"
    r"|word/([a-z]+/)?[A-Za-z]+\d{0,4}\.\w{2,5}|customXml/(item|itemProps)\d{1,3}\.xml|word/(media|embeddings)/[\w-]{1,40}\.\w{2,5}",
    re.ASCII,
)
_SWEPT = {  # relationship type → (zone, label) of what no walk claims
    "styles": (Zone.METADATA, "样式名"),
    "numbering": (Zone.METADATA, "编号定义"),
    "settings": (Zone.METADATA, "文档设置"),
    "fontTable": (Zone.METADATA, "字体名"),
    "theme": (Zone.METADATA, "主题名"),
    "people": (Zone.METADATA, "人员信息"),
    "customXml": (Zone.METADATA, "自定义 XML"),
    "core-properties": (Zone.METADATA, "文档属性"),
    "extended-properties": (Zone.METADATA, "文档属性"),
    "custom-properties": (Zone.METADATA, "自定义属性"),
    "comments": (Zone.COMMENT, "批注信息"),
    "header": (Zone.HIDDEN, "页眉附加信息"),
    "footer": (Zone.HIDDEN, "页脚附加信息"),
    "footnotes": (Zone.HIDDEN, "脚注附加信息"),
    "endnotes": (Zone.HIDDEN, "尾注附加信息"),
    "chart": (Zone.HIDDEN, "图表附加信息"),
    "diagramData": (Zone.HIDDEN, "示意图附加信息"),
    "diagramDrawing": (Zone.HIDDEN, "示意图副本"),
    "diagramLayout": (Zone.METADATA, "示意图版式"),
    "diagramColors": (Zone.METADATA, "示意图配色"),
    "diagramQuickStyle": (Zone.METADATA, "示意图样式"),
    "glossaryDocument": (Zone.METADATA, "文档部件库"),
    "officeDocument": (Zone.HIDDEN, "正文附加信息"),
}
_HEADER_NAMES = {"first": "首页", "even": "偶数页", "default": ""}


def sniff(data: bytes, suffix: str) -> bool:
    """A zip file whose content types name a Word document; or a damaged or encrypted file with a Word suffix."""
    if data.startswith(b"PK"):
        types = _opc.content_types(data)
        if types:
            return any(kind.encode() in types for kind in _MAIN_TYPES)
        return suffix in _SUFFIXES
    return suffix in _SUFFIXES and _opc.looks_encrypted(data)


@dataclass(slots=True)
class _Opened:
    """A package with its parsed parts, and its passages in reading order."""

    package: Package = field(repr=False)
    main: str
    parts: dict[str, Part] = field(repr=False)
    fields: dict[str, Fields] = field(default_factory=dict, repr=False)
    passages: list[Passage] = field(default_factory=list, repr=False)
    active: set[str] = field(default_factory=set, repr=False)  # header and footer parts that a page shows
    notes: set[tuple[str, str]] = field(default_factory=set, repr=False)  # visible references


def _open(package: Package) -> _Opened:
    main = _opc.main_part(package)
    names = [n for n, data in package.parts.items() if _opc.is_xml(n, data) and not _opc.is_plumbing(n)]
    return _Opened(package, main, {name: _ooxml.load(package, name) for name in names})


def _walk(opened: _Opened) -> None:
    """Fill in the passages of every part that a page shows, then of comments and parts that no page shows."""
    package, parts, main = opened.package, opened.parts, opened.main
    links = {r.id: r for r in _opc.relationships(package, main)}
    by_type = {r.type: r.target for r in links.values() if not r.external}
    styles = styles_of(parts.get(by_type.get("styles", "")))
    tables, charts, diagrams = itertools.count(), itertools.count(1), itertools.count(1)

    def story(name: str, root: etree._Element, zone: Zone, label: str = "", why: str = "") -> Walk:
        part = parts[name]
        walk = Walk(part, styles, opened.fields.setdefault(name, fields_of(part.root)), tables)
        opened.passages += walk.story(root, zone, label, why=why)
        targets = {r.id: r for r in _opc.relationships(package, name)}
        for key in walk.drawn:
            target = targets[key].target if key in targets else ""
            if target in parts and targets[key].type == "chart":
                opened.passages += _drawings.chart(parts[target], zone, f"图表{next(charts)}")
            elif target in parts and targets[key].type == "diagramData":
                opened.passages += _drawings.diagram(parts[target], zone, f"示意图{next(diagrams)}")
        opened.notes |= set(walk.notes)
        return walk

    body = story(main, parts[main].root, Zone.BODY)
    noted = list(body.notes)
    numbering = parts.get(by_type.get("numbering", ""))
    if numbering:
        opened.passages += _numbering(numbering)
    for key, kind, which, shown in _headers(opened, by_type):
        target = links[key].target if key in links else ""
        if target in parts and target not in opened.fields:
            zone = Zone.HEADER if kind == "header" else Zone.FOOTER
            label = _HEADER_NAMES.get(which, "") + ("页眉" if kind == "header" else "页脚")
            if shown:
                opened.active.add(target)
            story(target, parts[target].root, zone if shown else Zone.HIDDEN, label, "" if shown else "未启用")
    for kind, title in (("footnote", "脚注"), ("endnote", "尾注")):
        part = parts.get(by_type.get(f"{kind}s", ""))
        for note in part.root.iter(f"{W}{kind}") if part else ():
            number = note.get(f"{W}id", "")
            special = note.get(f"{W}type", "normal") != "normal"
            seen = special or (kind, number) in noted
            label = f"{title}{noted.index((kind, number)) + 1}" if (kind, number) in noted else title
            story(
                part.name, note, Zone.NOTE if seen else Zone.HIDDEN, label, "" if seen else "未引用"
            ) if part else None
    for name, part in parts.items():
        if name not in opened.fields and any(True for _ in part.root.iter(f"{W}p")):
            comment = "comments" in name.rpartition("/")[2].lower()
            story(name, part.root, Zone.COMMENT if comment else Zone.HIDDEN, "批注" if comment else "未显示的部件")


def _headers(opened: _Opened, by_type: dict[str, str]) -> Iterator[tuple[str, str, str, bool]]:
    """Yield (relationship id, header or footer, which pages, is it shown) over the sections."""
    settings = opened.parts.get(by_type.get("settings", ""))
    even = settings is not None and switch(settings.root.find(f"{W}evenAndOddHeaders"))
    sections = [
        section
        for section in opened.parts[opened.main].root.iter(f"{W}sectPr")
        if not any(_opc.local(a.tag) == "sectPrChange" for a in section.iterancestors())
    ]
    for number, section in enumerate(sections):
        for reference in section.iterchildren(f"{W}headerReference", f"{W}footerReference"):
            which = reference.get(f"{W}type", "default")
            shown = which == "default" or (which == "even" and bool(even))
            if which == "first":
                shown = _first_shown(sections[number:], reference)
            kind = _opc.local(reference.tag).removesuffix("Reference")
            yield reference.get(f"{R}id", ""), kind, which, shown


def _first_shown(sections: Sequence[etree._Element], reference: etree._Element) -> bool:
    """A first-page header is seen in its section and in those that inherit it, where they have a title page."""
    for number, section in enumerate(sections):
        own = [e for e in section.iterchildren(reference.tag) if e.get(f"{W}type") == "first"]
        if number and own:
            return False
        if switch(section.find(f"{W}titlePg")):
            return True
    return False


def _numbering(part: Part) -> Iterator[Passage]:
    for level in part.root.iter(f"{W}lvlText"):
        key = f"{W}val"
        if level.get(key) and is_text_attribute(level, key):
            yield Passage(part.name, Zone.BODY, "自动编号", [Atom(level, key, level.get(key, ""))])


def read(data: bytes) -> Reading:
    """Read every text of a Word document.

    Raises ``CorruptDocument``, ``EncryptedDocument`` or ``LimitExceeded``.
    """
    opened = _open(_opc.unpack(data))
    package = opened.package
    _walk(opened)
    passages = opened.passages
    used = {(atom.element, atom.slot) for passage in passages for atom in passage.atoms if atom.element is not None}
    for fields in opened.fields.values():
        used |= {(element, TEXT) for element in fields.kept}
    kinds = {r.target: r.type for name in ["", *package.parts] for r in _opc.relationships(package, name)}
    for name, part in opened.parts.items():
        zone, label = _SWEPT.get(kinds.get(name, ""), (Zone.METADATA, "其他部件"))
        if name == opened.main:
            zone, label = _SWEPT["officeDocument"]
        passages += _ooxml.sweep(part, used, zone, label)
    passages += _ooxml.addresses(package)
    passages += _ooxml.names_and_remarks(package, lambda name: bool(_STANDARD_NAME.fullmatch(name)))
    found = list(_ooxml.entries(passages, opened.parts))
    made = Plan(opened.main)
    if has_pictures(package):  # which of them a page shows is seen when everything else is taken out
        made = _ooxml_copy.plan(package, opened.main, _home(opened), _SHELVES, _trim(opened)[0])
    files, gaps = _ooxml_copy.embedded(package, made, _ooxml.binaries(package))
    forced = any(True for part in opened.parts.values() for _ in part.root.iter(f"{W}bdo"))
    return _ooxml.assemble(found, [*_ooxml.slack_gap(package), *gaps, *([REVERSED] if forced else [])], files)


def erase(data: bytes, reading: Reading, cuts: Sequence[Cut]) -> Erased:
    """Return a copy with the cuts made, tracked changes accepted, and nothing in it that a page does not show."""
    package = _opc.unpack(data)
    opened = _open(package)
    _ooxml_copy.apply_cuts(reading, cuts, opened.parts)
    _walk(opened)
    visible = _ooxml.visible_slots(opened.passages)
    kept, notices = _trim(opened)
    for part in kept.values():
        fields = opened.fields.get(part.name, Fields())
        _ooxml_copy.scrub(part, visible | {(element, TEXT) for element in fields.kept})
    made = _ooxml_copy.plan(package, opened.main, _home(opened), _SHELVES, kept)
    written = _ooxml_copy.publish(package, made, kept, _dangling)
    return Erased(written, (*notices, *_ooxml_copy.package_notices(package, made)))


def _trim(opened: _Opened) -> tuple[dict[str, Part], list[str]]:
    """Take out of the trees what a page does not show. Returns the parts that may be published, and notices."""
    kept = {name: part for name, part in opened.parts.items() if _kept(opened, name)}
    return kept, clean(kept, opened.fields, opened.passages, opened.notes)


def _home(opened: _Opened) -> Shelf:
    kind = _opc.content_type(opened.package, opened.main)
    return Shelf("word/document.xml", kind if kind in _MAIN_TYPES else _MAIN_TYPES[0])


def _kept(opened: _Opened, name: str) -> bool:
    """Header parts that no page shows are not published; everything else is decided by the shelves."""
    kinds = {r.type for r in _opc.relationships(opened.package, opened.main) if r.target == name}
    return not kinds & {"header", "footer"} or name in opened.active


def _dangling(element: etree._Element, key: str) -> None:
    _drawings.let_go(element, key, ("drawing", "graphicFrame"))


def witness(data: bytes) -> Witness:
    """Return what other code reads in a copy. Loaded when something was written: a check needs none of it."""
    from review.formats import _docx_witness

    return _docx_witness.witness(data)


FORMAT = Format(
    name="docx",
    media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    suffixes=_SUFFIXES,
    sniff=sniff,
    read=read,
    erase=erase,
    witness=witness,
    drops=frozenset(Zone) - VISIBLE,
    put=_ooxml_copy.put,
)
