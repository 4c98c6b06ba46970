"""A second reading of Word documents that shares no code with the reader: standard library only.

It reads what a page shows: a plain recursion over the XML with its own idea of what is visible.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zipfile
from io import BytesIO

from review.errors import CorruptDocument
from review.formats._residue import Archive, residue
from review.types import Witness

_SKIP = frozenset(
    [
        "pPr",
        "rPr",
        "sectPr",
        "sdtPr",
        "tblPr",
        "tblGrid",
        "trPr",
        "tcPr",
        "del",
        "moveFrom",
        "instrText",
        "delText",
        "Fallback",
        "rt",
        "rubyPr",
        "annotationRef",
        "ffData",
        "posOffset",
        "align",
        "pctWidth",
        "pctHeight",
        "pctPosHOffset",
        "pctPosVOffset",
        "binData",
        "fldData",
        "txPr",
    ]
)
_MARKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": "\u00ad"}
_LIST_NUMBER = re.compile(
    r"(%\d|[^\w]|_|\d|[o零〇一二三四五六七八九十百第章节条款项目编篇部分附件录表图例式之]|[a-züØ§])*"
)
_SCHEMA = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def witness(data: bytes) -> Witness:
    """Return what a page shows, and every string in the file. Raises ``CorruptDocument``."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            visible = _Reader(archive).text()
        return Witness(visible, tuple(residue(data)), ("zipfile+ElementTree",))
    except (zipfile.BadZipFile, ET.ParseError, KeyError) as error:
        raise CorruptDocument("核验时无法打开文件，文件已损坏。") from error


class _Reader:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = Archive(archive)
        self.main = next(t for k, t, _ in self.archive.links("") if k == "officeDocument")
        self.links = {key: (kind, target) for kind, target, key in self.archive.links(self.main)}
        self.hidden_styles = self._hidden_styles()

    def text(self) -> str:
        body = self.archive.parse(self.main)
        lines = self._story(body, self.main)
        one = dict(self.links.values())
        if one.get("numbering") in self.archive.names:
            for level in self.archive.parse(one["numbering"]).iter():
                value = _value(level)
                if _name(level) == "lvlText" and value and not _LIST_NUMBER.fullmatch(value):
                    lines.append(value)
        for kind in ("header", "footer"):
            lines += self._edges(body, kind, one.get("settings", ""))
        for kind in ("footnote", "endnote"):
            wanted = [e.get(_w(e, "id")) for e in body.iter() if _name(e) == f"{kind}Reference"]
            if one.get(f"{kind}s") in self.archive.names:
                part = one[f"{kind}s"]
                for note in self.archive.parse(part):
                    if note.get(_w(note, "type"), "normal") != "normal" or note.get(_w(note, "id")) in wanted:
                        lines += self._story(note, part)
        return "\n".join(lines)

    def _edges(self, body: ET.Element, kind: str, settings: str) -> list[str]:
        options = self.archive.parse(settings) if settings in self.archive.names else ()
        even = any(_name(e) == "evenAndOddHeaders" and _value(e) not in ("0", "false", "off") for e in options)
        lines: list[str] = []
        done = set()
        sections = [e for e in body.iter() if _name(e) == "sectPr"]
        for number, section in enumerate(sections):
            for reference in section:
                which = reference.get(_w(reference, "type"), "default")
                if _name(reference) != f"{kind}Reference" or (which == "even" and not even):
                    continue
                if which == "first" and not self._first(sections[number:], kind):
                    continue
                target = self.links.get(reference.get(f"{_SCHEMA}id", ""), ("", ""))[1]
                if target in self.archive.names and target not in done:
                    done.add(target)
                    lines += self._story(self.archive.parse(target), target)
        return lines

    @staticmethod
    def _first(sections: list[ET.Element], kind: str) -> bool:
        for number, section in enumerate(sections):
            own = [e for e in section if _name(e) == f"{kind}Reference" and e.get(_w(e, "type")) == "first"]
            if number and own:
                return False
            if any(_name(e) == "titlePg" and _value(e) not in ("0", "false", "off") for e in section):
                return True
        return False

    # one story: list of lines

    def _story(self, root: ET.Element, part: str) -> list[str]:
        lines: list[str] = []
        drawn: list[str] = []
        self._blocks(root, lines, drawn)
        targets = {key: target for _, target, key in self.archive.links(part)}
        for key in drawn:
            if targets.get(key) in self.archive.names:
                lines += _drawing(self.archive.parse(targets[key]))
        return [line for line in lines if line.strip()]

    def _blocks(self, parent: ET.Element, lines: list[str], drawn: list[str]) -> None:
        for child in _choose(parent):
            name = _name(child)
            if name in _SKIP or (name == "tr" and _is_on(child, "trPr", "hidden")):
                continue
            if name == "tc":
                own: list[str] = []
                inner: list[str] = []
                for paragraph in _direct(child):
                    if _name(paragraph) == "tbl":
                        self._blocks(paragraph, inner, drawn)
                    else:
                        self._line(paragraph, own, inner, drawn)
                lines.append("\n".join(line for line in own if line.strip()))
                lines += inner
            elif name == "p":
                after: list[str] = []
                self._line(child, lines, after, drawn)
                lines += after
            else:
                self._blocks(child, lines, drawn)

    def _line(self, paragraph: ET.Element, lines: list[str], after: list[str], drawn: list[str]) -> None:
        style = next((_value(e) for p in paragraph if _name(p) == "pPr" for e in p if _name(e) == "pStyle"), "")
        lines.append("".join(self._pieces(paragraph, style, after, drawn)))

    def _pieces(self, parent: ET.Element, style: str, after: list[str], drawn: list[str]) -> list[str]:
        out: list[str] = []
        for child in _choose(parent):
            name = _name(child)
            if name == "rt":
                after.append("".join(self._pieces(child, style, after, drawn)))
            elif name in _SKIP or (name == "r" and self._vanished(child, style)):
                continue
            elif name == "t":
                out.append(child.text or "")
            elif name in _MARKS:
                out.append(_MARKS[name])
            elif name == "sym":
                out.append(_symbol(child.get(_w(child, "char"), ""), child.get(_w(child, "font"), "")))
            elif name == "p":
                self._line(child, after, after, drawn)
            elif name == "tbl":
                self._blocks(parent, after, drawn)
            elif name == "textpath":
                after.append(child.get("string", ""))
            else:
                if name in ("chart", "relIds"):
                    drawn += [v for k, v in child.attrib.items() if k in (f"{_SCHEMA}id", f"{_SCHEMA}dm")]
                out += self._pieces(child, style, after, drawn)
        return out

    def _vanished(self, run: ET.Element, style: str) -> bool:
        properties = next((e for e in run if _name(e) == "rPr"), None)
        if properties is None:
            return style in self.hidden_styles
        for item in properties:
            if _name(item) == "vanish":
                return _value(item, "1") not in ("0", "false", "off")
        own = next((_value(e) for e in properties if _name(e) == "rStyle"), "")
        return (style in self.hidden_styles) != (own in self.hidden_styles)

    def _hidden_styles(self) -> set[str]:
        name = next((target for kind, target in self.links.values() if kind == "styles"), "")
        if name not in self.archive.names:
            return set()
        based: dict[str, str] = {}
        hidden: set[str] = set()
        for style in self.archive.parse(name):
            key = style.get(_w(style, "styleId"), "")
            for item in style:
                if _name(item) == "basedOn":
                    based[key] = _value(item)
                if _name(item) == "rPr" and any(
                    _name(e) == "vanish" and _value(e, "1") not in ("0", "false", "off") for e in item
                ):
                    hidden.add(key)
        for _ in range(12):
            hidden |= {key for key, parent in based.items() if parent in hidden}
        return hidden


def _drawing(root: ET.Element) -> list[str]:
    lines = []
    for element in root.iter():
        name = _name(element)
        if name == "p":
            pieces = ((e.text or "") if _name(e) == "t" else "\n" for e in element.iter() if _name(e) in ("t", "br"))
            lines.append("".join(pieces))
        elif name == "v" and "chart" in element.tag:
            lines.append(element.text or "")
    return lines


def _symbol(code: str, font: str) -> str:
    if not re.fullmatch("[0-9A-Fa-f]{1,6}", code) or int(code, 16) > 0x10FFFF:
        return "\ufffd"
    return chr(int(code, 16) & (0xFF if font.lower() == "symbol" and re.fullmatch("[Ff]0[23].", code) else 0x1FFFFF))


def _choose(parent: ET.Element) -> list[ET.Element]:
    """Children of an element; of alternatives only the first."""
    if _name(parent) != "AlternateContent":
        return list(parent)
    choices = [child for child in parent if _name(child) == "Choice"]
    return choices[:1] or list(parent)[:1]


def _direct(cell: ET.Element) -> list[ET.Element]:
    """Paragraphs and tables of a cell, through content controls and tracked changes."""
    found = []
    for child in _choose(cell):
        if _name(child) in ("p", "tbl"):
            found.append(child)
        elif _name(child) not in _SKIP:
            found += _direct(child)
    return found


def _is_on(element: ET.Element, holder: str, name: str) -> bool:
    return any(
        _name(e) == name and _value(e, "1") not in ("0", "false", "off")
        for p in element
        if _name(p) == holder
        for e in p
    )


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _w(element: ET.Element, name: str) -> str:
    return element.tag.rpartition("}")[0] + "}" + name


def _value(element: ET.Element, default: str = "") -> str:
    return element.get(_w(element, "val"), default)
