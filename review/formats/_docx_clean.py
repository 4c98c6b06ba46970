"""Take everything out of Word parts that a page does not show: the structural half of erasing.

``_ooxml_copy.scrub`` guarantees that no hidden text stays; this module keeps the result well formed and says what was
dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from lxml import etree

from review.formats._docx_walk import Fields, W
from review.formats._ooxml import GLYPH, TEXT, Part, Passage, detach, is_spare, unwrap
from review.formats._opc import attributes, is_element, local
from review.formats._plain import is_harmless_field, is_text_attribute
from review.types import VISIBLE, Zone

#: Elements that are removed with everything inside.
_REMOVED = frozenset(
    f"{W}{name}"
    for name in [
        "del",
        "moveFrom",
        "rPrChange",
        "pPrChange",
        "sectPrChange",
        "tblPrChange",
        "trPrChange",
        "tcPrChange",
        "tblGridChange",
        "tblPrExChange",
        "numberingChange",
        "moveFromRangeStart",
        "moveFromRangeEnd",
        "moveToRangeStart",
        "moveToRangeEnd",
        "commentRangeStart",
        "commentRangeEnd",
        "commentReference",
        "annotationRef",
        "proofErr",
        "altChunk",
        "permStart",
        "permEnd",
        "subDoc",
        "customXmlInsRangeStart",
        "customXmlInsRangeEnd",
        "customXmlDelRangeStart",
        "customXmlDelRangeEnd",
        "customXmlMoveFromRangeStart",
        "customXmlMoveFromRangeEnd",
        "customXmlMoveToRangeStart",
        "customXmlMoveToRangeEnd",
        "sdtPr",
        "sdtEndPr",
        "smartTagPr",
        "customXmlPr",
        "lastRenderedPageBreak",
        "cellIns",
        "cellDel",
        "cellMerge",
        "ffData",
        "embedRegular",
        "embedBold",
        "embedItalic",
        "embedBoldItalic",
        "control",
        "movie",
        "aliases",
    ]
)
#: Elements whose children take their place.
_UNWRAPPED = frozenset(
    f"{W}{name}" for name in ("ins", "moveTo", "smartTag", "customXml", "sdt", "sdtContent", "hyperlink")
)
#: Elements of other vocabularies that lead to parts which are not published.
_REMOVED_ANYWHERE = frozenset(["OLEObject", "hlinkClick", "hlinkHover", "externalData", "userShapes", "svgBlip"])
_TRACKED = frozenset(f"{W}{name}" for name in ("ins", "del", "moveFrom", "moveTo"))
_PROPERTIES = frozenset(f"{W}{name}" for name in ("rPr", "trPr", "numPr"))
_IDENTITIES = frozenset(["paraId", "textId", "author", "initials", "date", "dateUtc", "conformance"])
#: Settings that shape the page; all others (variables, identities, mail merge, protection) are dropped.
_SETTINGS = frozenset(
    [
        "zoom",
        "view",
        "mirrorMargins",
        "bordersDoNotSurroundHeader",
        "bordersDoNotSurroundFooter",
        "defaultTabStop",
        "autoHyphenation",
        "evenAndOddHeaders",
        "bookFoldPrinting",
        "drawingGridHorizontalSpacing",
        "drawingGridVerticalSpacing",
        "displayHorizontalDrawingGridEvery",
        "displayVerticalDrawingGridEvery",
        "noPunctuationKerning",
        "characterSpacingControl",
        "footnotePr",
        "endnotePr",
        "compat",
        "themeFontLang",
        "clrSchemeMapping",
        "decimalSymbol",
        "listSeparator",
        "mathPr",
        "gutterAtTop",
        "displayBackgroundShape",
        "hideSpellingErrors",
        "hideGrammaticalErrors",
    ]
)


def clean(
    parts: Mapping[str, Part],
    fields: Mapping[str, Fields],
    passages: Sequence[Passage],
    notes: Collection[tuple[str, str]],
) -> list[str]:
    """Edit the trees of the parts to be published. Returns Chinese notices that hold no document text."""
    notices = _notices(passages, parts)
    for passage in passages:
        if passage.zone not in VISIBLE:
            for atom in passage.atoms:
                if atom.element is not None and atom.slot in (GLYPH, TEXT) and _is_word(atom.element):
                    detach(atom.element)
    styles = _style_ids(parts)
    for name, part in parts.items():
        root = part.root
        if root.tag == f"{W}settings":
            for child in list(root):
                if not is_element(child) or local(child.tag) not in _SETTINGS:
                    root.remove(child)
        known = fields.get(name, Fields())
        for element in known.dropped:
            detach(element)
        _remove(root, notes)
        _rename_styles(root, styles)
    return notices


def _remove(root: etree._Element, notes: Collection[tuple[str, str]]) -> None:
    bookmarks = _odd_bookmarks(root)
    for element in list(root.iter(etree.Element)):
        tag, parent = element.tag, element.getparent()
        if tag in _TRACKED and parent is not None and parent.tag in _PROPERTIES:
            _accept_mark(element, parent)
        elif tag in _REMOVED or is_spare(element) or local(tag) in _REMOVED_ANYWHERE:
            detach(element)
        elif tag in _UNWRAPPED or (tag == f"{W}fldSimple" and not is_harmless_field(element.get(f"{W}instr", ""))):
            unwrap(element)
        elif tag in (f"{W}bookmarkStart", f"{W}bookmarkEnd") and element.get(f"{W}id") in bookmarks:
            detach(element)
        elif tag in (f"{W}footnote", f"{W}endnote"):
            key = (local(tag), element.get(f"{W}id", ""))
            if element.get(f"{W}type", "normal") == "normal" and key not in notes:
                detach(element)
        elif tag == f"{W}object":
            element.tag = f"{W}pict"
        for name, _ in attributes(element):
            if _identifies(name):
                del element.attrib[name]
    for table in list(root.iter(f"{W}tbl")):
        if next(table.iter(f"{W}tr"), None) is None:
            detach(table)
    for holder in root.iter(f"{W}tc", f"{W}txbxContent", f"{W}footnote", f"{W}endnote", f"{W}hdr", f"{W}ftr"):
        if not len(holder) or holder[-1].tag != f"{W}p":  # the schema asks for a paragraph at the end
            etree.SubElement(holder, f"{W}p")


@lru_cache(maxsize=1024)
def _identifies(attribute: str) -> bool:
    """Does an attribute tell who edited, or in which session?"""
    return local(attribute).startswith("rsid") or local(attribute) in _IDENTITIES


def _odd_bookmarks(root: etree._Element) -> set[str | None]:
    """Ids of bookmarks whose name could carry text."""
    name = f"{W}name"
    starts = root.iter(f"{W}bookmarkStart")
    return {start.get(f"{W}id") for start in starts if start.get(name) and is_text_attribute(start, name)}


def _accept_mark(mark: etree._Element, properties: etree._Element) -> None:
    """Accept a tracked paragraph mark or table row. Deleted rows go; paragraphs stay apart."""
    row = properties.getparent()
    if mark.tag == f"{W}del" and row is not None and row.tag == f"{W}tr":
        detach(row)
    detach(mark)


_STYLE_REFERENCES = frozenset(
    f"{W}{name}" for name in ["pStyle", "rStyle", "tblStyle", "basedOn", "next", "link", "numStyleLink", "styleLink"]
)


def _style_ids(parts: Mapping[str, Part]) -> dict[str, str]:
    """Return new names for style ids that could carry text."""
    ids = [
        style.get(f"{W}styleId", "")
        for part in parts.values()
        if part.root.tag == f"{W}styles"
        for style in part.root.iter(f"{W}style")
    ]
    odd = [key for key in ids if not key.isascii() or len(key) > 40 or sum(c.isdigit() for c in key) > 5]
    return {key: f"ReviewStyle{number}" for number, key in enumerate(odd, 1)}


def _rename_styles(root: etree._Element, names: Mapping[str, str]) -> None:
    for element in root.iter(f"{W}style"):
        key = element.get(f"{W}styleId", "")
        element.set(f"{W}styleId", names.get(key, key))
    for element in root.iter(*_STYLE_REFERENCES):
        key = element.get(f"{W}val", "")
        element.set(f"{W}val", names.get(key, key))


_DROPPED = (
    (Zone.REVISION, "修订删除", "已接受修订：删除的内容 {n} 处不进入发布版"),
    (Zone.HIDDEN, "隐藏文字", "已删除隐藏文字 {n} 处"),
    (Zone.HIDDEN, "隐蔽文字", "已删除白色或极小的隐蔽文字 {n} 处"),
    (Zone.HIDDEN, "隐藏行", "已删除隐藏的表格行内容 {n} 处"),
    (Zone.HIDDEN, "域代码", "已删除域代码 {n} 处，保留显示结果"),
    (Zone.HIDDEN, "未启用", "已删除未启用的页眉页脚内容 {n} 处"),
    (Zone.HIDDEN, "未引用", "已删除未被引用的注释 {n} 处"),
)


def _notices(passages: Sequence[Passage], parts: Mapping[str, Part]) -> list[str]:
    found = []
    for zone, why, message in _DROPPED:
        count = sum(1 for p in passages if p.zone is zone and why in p.label and not p.blank)
        if count:
            found.append(message.format(n=count))
    comments = sum(1 for p in passages if p.zone is Zone.COMMENT and not p.blank)
    if comments:
        found.append(f"已删除批注 {comments} 段")
    roots = [part.root for part in parts.values()]
    for tags, message in (
        ((f"{W}ins", f"{W}moveTo"), "已接受修订：插入的内容 {n} 处按正文保留"),
        ((f"{W}hyperlink",), "已取消超链接 {n} 处，保留文字"),
        ((f"{W}object",), "已删除嵌入对象 {n} 个，保留其预览图"),
        ((f"{W}altChunk",), "已删除外部插入内容 {n} 处"),
        ((f"{W}sdt",), "已将内容控件 {n} 个转为普通文字"),
    ):
        count = sum(1 for root in roots for _ in root.iter(*tags))
        if count:
            found.append(message.format(n=count))
    return found


def _is_word(element: etree._Element) -> bool:
    return is_element(element) and element.tag.startswith(W)
