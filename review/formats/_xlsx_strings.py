"""Strings of workbooks: the shared table, rich texts, escapes; and large XML parts as streams."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree

from review.errors import CorruptDocument
from review.formats import _opc
from review.formats._xlsx_number import X

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ENTITY = re.compile(r"&([^;&]{0,10});?")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

#: (formatting, characters) pieces of a rich string; formatting is the ``rPr`` element or None.
Pieces = tuple[tuple[etree._Element | None, str], ...]


@dataclass(frozen=True, slots=True)
class SharedStrings:
    """The shared string table. ``asides``: phonetic texts and what else stands in it."""

    texts: Sequence[str] = field(default=(), repr=False)
    rich: dict[int, Pieces] = field(default_factory=dict, repr=False)
    asides: tuple[str, ...] = field(default=(), repr=False)


def shared_strings(name: str, data: bytes) -> SharedStrings:
    """Read ``sharedStrings.xml`` as a stream."""
    texts: list[str] = []
    rich: dict[int, Pieces] = {}
    asides: list[str] = []
    _opc.refuse_doctype(name, data)
    for item in stream(name, _opc.transitional(data), f"{X}si"):
        text, pieces, aside = string_of(item)
        if pieces:
            rich[len(texts)] = pieces
        texts.append(text)
        asides.extend(aside)
    return SharedStrings(texts, rich, tuple(asides))


def string_of(item: etree._Element) -> tuple[str, Pieces | None, list[str]]:
    """Return (text, pieces of a rich text or None, phonetic and stray texts) of an ``si`` or ``is`` element."""
    if len(item) == 1 and item[0].tag == f"{X}t":
        return unescape(item[0].text or ""), None, []
    pieces: list[tuple[etree._Element | None, str]] = []
    asides: list[str] = []
    for child in item:
        if child.tag == f"{X}t":
            pieces.append((None, unescape(child.text or "")))
        elif child.tag == f"{X}r":
            words = "".join(unescape(t.text or "") for t in child.findall(f"{X}t"))
            pieces.append((child.find(f"{X}rPr"), words))
        else:
            asides += [str(word) for word in child.itertext() if word.strip()]
    return "".join(words for _, words in pieces), tuple(pieces) if len(pieces) > 1 else None, asides


def unescape(text: str) -> str:
    """Resolve ``_x4E09_`` escapes, which hide characters from a search."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text)


def resolve(text: str) -> str:
    """Replace the character references of XML text."""
    if "&" not in text:
        return text
    return _ENTITY.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    name = match[1]
    if name in _ENTITIES:
        return _ENTITIES[name]
    try:
        return chr(int(name[2:], 16) if name[:2] == "#x" else int(name[1:]))
    except (ValueError, OverflowError):
        raise CorruptDocument("工作表中有无法识别的字符引用，文件已损坏。") from None


def stream(
    name: str, data: bytes, tag: str, keep: Callable[[etree._Element], None] | None = None
) -> Iterator[etree._Element]:
    """Yield elements with a tag as they end, and empty them afterwards; hand the root of the rest to ``keep``."""
    context = etree.iterparse(io.BytesIO(data), events=("end",), tag=tag, resolve_entities=False, no_network=True)
    try:
        for _, element in context:
            yield element
            parent = element.getparent()
            element.clear(keep_tail=True)
            if parent is not None:
                while element.getprevious() is not None:
                    del parent[0]
    except etree.XMLSyntaxError as error:
        raise _opc.xml_error(name, error) from None
    if keep is not None:
        keep(context.root)
