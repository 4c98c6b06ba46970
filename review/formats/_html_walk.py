"""Walk a page once, the same way for reading and for writing: what is shown, what is not, what a copy keeps.

The parser is lxml's (libxml2 2.14, HTML5 tokens). A copy is written anew from the events of this walk, so nothing
can be in it that the walk did not see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from lxml import etree

from review.errors import CorruptDocument, LimitExceeded
from review.formats._html_looks import unseen_names, why_unseen
from review.types import Zone

#: Elements whose content is no page text; they are read as hidden and never copied.
_DROPPED = {
    "script": "脚本",
    "style": "样式",
    "noscript": "无脚本内容",
    "template": "模板",
    "iframe": "内嵌网页",
    "frameset": "框架",
    "object": "内嵌对象",
    "embed": "内嵌对象",
    "applet": "内嵌对象",
    "svg": "矢量图",
    "math": "公式",
    "audio": "音频",
    "video": "视频",
    "canvas": "画布",
    "meta": "网页属性",
    "link": "网页属性",
    "base": "网页属性",
    "datalist": "候选项",
}
#: Elements that a copy writes. Any other is left out, and its content stays.
_KEPT_TAGS = """
html head title body header footer main nav section article aside address h1 h2 h3 h4 h5 h6 p div center pre blockquote
ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr td th span a b strong i em u s strike del ins
sub sup small big mark q cite code br hr wbr ruby rt rp form fieldset legend label input textarea select optgroup
option button details summary figure figcaption img font
"""
KEPT = frozenset(_KEPT_TAGS.split())
VOID = frozenset(["br", "hr", "wbr", "col", "img", "input"])

_NUMBER = re.compile(r"[\d.]{1,6}(?:%|px|pt|em|cm|mm)?")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,14}")
_KEPT_ATTRIBUTES = {
    **dict.fromkeys(
        [
            "colspan",
            "rowspan",
            "span",
            "width",
            "height",
            "border",
            "cellpadding",
            "cellspacing",
            "size",
            "start",
            "cols",
            "rows",
        ],
        _NUMBER,
    ),
    **dict.fromkeys(["align", "valign", "lang", "dir", "type", "checked", "selected", "disabled", "readonly"], _WORD),
    "style": re.compile(r".{0,2000}", re.DOTALL),  # filtered below
}
_STYLE = re.compile(
    r"(?:text-align|text-indent|text-decoration|font-weight|font-style|font-size|line-height|vertical-align|white-space"
    r"|width|height|margin(?:-\w+)?|padding(?:-\w+)?|border(?:-\w+)?|list-style-type)\s*:\s*[a-zA-Z0-9#%. -]{1,40}"
)
_PLAIN_LINK = re.compile(r"(?:https?://[\w.-]{1,80}(?::\d{1,5})?)?[\w./#=&?;~+-]{0,200}", re.ASCII)
_LONG_NUMBER = re.compile(r"\d{9,}")
#: An attribute value that can say nothing: short, ASCII, without a long number or an address.
_PLAIN_VALUE = re.compile(r"[\w\s.,:;#%()/!+*=<>'\"?&-]{0,300}", re.ASCII)
_END = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/[\w.+-]{1,20};base64,[A-Za-z0-9+/=\s]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of the page: where it is stored (element number and place in it) and how it is seen."""

    node: tuple[int | str, ...]
    text: str = field(repr=False)
    zone: Zone
    label: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """A kept element begins. ``values`` are attributes that show text and may be cut."""

    element: etree._Element
    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, Piece], ...] = ()


@dataclass(frozen=True, slots=True)
class Close:
    """A kept element ends."""

    tag: str


@dataclass(frozen=True, slots=True)
class Left:
    """Something that a copy does not contain, in Chinese."""

    what: str


Event = Open | Close | Piece | Left


def walk(page: str) -> Iterator[Event]:
    """Yield the events of a page in document order; raises ``InputError`` where it cannot be parsed."""
    root = _parse(page)
    unseen = unseen_names(root)
    number = 0
    numbers: list[int] = []
    labels: list[str] = [""]  # of the outermost hidden element around; one for each element that is open
    written: list[str] = []  # the kept tags around; "" for those left out
    for event, element in etree.iterwalk(root.getroottree(), events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            number += 1
            yield Piece((number, "text"), element.text or "", Zone.COMMENT, "网页注释")
            yield from _text((number, "tail"), element.tail, labels, written)
        elif event == "start":
            number += 1
            numbers.append(number)
            tag = _tag(element)
            label = _DROPPED.get(tag) or why_unseen(element, tag, unseen)
            if tag == "img" and not _DATA_IMAGE.fullmatch(element.get("src", "")):
                label = label or "外部图片"
            shown = not (label or labels[-1])
            # An embed has no content: the parser lets it swallow what follows.
            labels.append(labels[-1] or (label if tag != "embed" else ""))
            if label and tag not in ("meta", "link"):
                yield Left(label)
            written.append(tag if shown and tag in KEPT else "")
            yield from _opened(element, tag, number, shown)
            yield from _text((number, "text"), element.text, labels, written)
        else:
            own = numbers.pop()
            labels.pop()
            tag = written.pop()
            if tag:
                yield Close(tag)
            yield from _text((own, "tail"), element.tail, labels, written)


def _parse(page: str) -> etree._Element:
    # What stands behind the end of the page is shown like what stands before it, but the parser leaves it out.
    while _END.search(page):
        page = _END.sub("", page)
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(page.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise CorruptDocument("网页无法解析，未能检查。请核对原件。") from error
    if root is None:
        raise CorruptDocument("网页没有内容。请核对原件。")
    if any("depth" in entry.message.lower() or "huge" in entry.message.lower() for entry in parser.error_log):
        raise LimitExceeded("网页嵌套层数过多，未能检查。请转为 docx 或 txt 后再送审。")
    return root


def _tag(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _text(node: tuple[int | str, ...], text: str | None, labels: list[str], written: list[str]) -> Iterator[Piece]:
    if not text:
        return
    label = labels[-1]
    zone = Zone.HIDDEN if label else Zone.HEADER if written and written[-1] == "title" else Zone.BODY
    yield Piece(node, text, zone, label or ("网页标题" if zone is Zone.HEADER else ""))


def _opened(element: etree._Element, tag: str, number: int, shown: bool) -> Iterator[Event]:
    """Yield the element if a copy keeps it, then every attribute that is not copied and says something."""
    attributes: list[tuple[str, str]] = []
    values: list[tuple[str, Piece]] = []
    hidden: list[Piece] = []
    for name, value in element.attrib.items():
        key, text = str(name).lower(), str(value)
        kept = _kept(tag, key, text) if shown and tag in KEPT else None
        node = (number, f"@{key}")
        if shown and tag == "input" and key == "value":
            values.append((key, Piece(node, text, Zone.BODY, "表单内容")))
        elif kept:
            attributes.append((key, kept))
        if kept != text and not (tag == "input" and key == "value" and shown) and _speaks(key, text):
            hidden.append(
                Piece(node, f"{'' if _WORD.fullmatch(key) else key + '='}{unquote(text)}", Zone.HIDDEN, "网页属性")
            )
    if shown and tag in KEPT:
        yield Open(element, tag, tuple(attributes), tuple(values))
    yield from hidden


def _kept(tag: str, key: str, value: str) -> str | None:
    """Return what a copy writes for an attribute, or None."""
    if key == "href" and tag == "a":
        return value if _PLAIN_LINK.fullmatch(value) and not _LONG_NUMBER.search(value) else None
    if key == "src" and tag == "img":
        return value
    if key == "style":
        return ";".join(match[0] for part in value.split(";") if (match := _STYLE.fullmatch(part.strip()))) or None
    pattern = _KEPT_ATTRIBUTES.get(key)
    return value if pattern and pattern.fullmatch(value) else None


def _speaks(key: str, value: str) -> bool:
    """Say whether an attribute could tell a reader something."""
    if _DATA_IMAGE.fullmatch(value):
        return False
    return (
        not (_WORD.fullmatch(key) and _PLAIN_VALUE.fullmatch(value)) or bool(_LONG_NUMBER.search(value)) or "%" in value
    )
