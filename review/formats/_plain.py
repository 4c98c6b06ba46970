"""Closed vocabulary of OOXML values: what is format, and what is text.

A value is either plain (a number, a colour, a token, a known font: never read, kept in copies) or text (read, and
dropped from copies unless it is visible). The same tests serve readers and erasers, so that what is kept was either
read or can say nothing. The lists of words are in ``_vocabulary``.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lxml import etree

from review.formats._opc import local, namespace
from review.formats._vocabulary import FONT, LAYOUT, OBJECT_NAME, PROMPT, STYLE_NAME, TEXT_PAIRS, UNITS

#: Attributes that hold text whatever their value looks like.
_ALWAYS = frozenset(
    {"descr", "title", "alt", "tooltip", "screenTip", "author", "initials", "userId", "providerId", "displayText"}
    | {"string", "href", "src", "gfxdata", "prompt", "promptTitle", "error", "errorTitle", "lastEdited", "userName"}
    | {"presetSubtype", "macro", "textlink"}
)
_FONT_ATTRIBUTES = frozenset({"ascii", "hAnsi", "eastAsia", "cs", "typeface"})
_FONT_ELEMENTS = frozenset({"font", "altName", "rFont"})
_HEX_ATTRIBUTES = frozenset({"panose", "panose1"})
#: Elements whose character data is a number or a token.
_NUMBERS = frozenset(
    {"posOffset", "align", "pctWidth", "pctHeight", "pctPosHOffset", "pctPosVOffset", "tableStyleId"}
    | {"col", "colOff", "row", "rowOff"}
)
_KNOWN_NAMESPACES = (
    "http://schemas.openxmlformats.org/",
    "http://schemas.microsoft.com/",
    "urn:schemas-microsoft-com:",
    "http://www.w3.org/",
    "http://www.wps.cn/",
)
_EXCEL_VML = "urn:schemas-microsoft-com:office:excel"

_TOKEN = re.compile(r"-?[\d.]{1,12}|[a-zA-Z]{1,20}")
_GUID = re.compile(r"\{?[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\}?")
_BITS = re.compile(r"[01]{12}")
#: Shapes of values that identify somebody or something: phones, documents, addresses of mail, machines and files.
_SUSPECT = re.compile(
    r"\d{11}|\d{3,4}-\d{7,8}(?!\d)|[\w.+-]+@[\w-]+\.|://(?!schemas\.|www\.w3\.org|www\.wps\.cn)|[A-Za-z]:\\|\\\\"
    r"|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|(?<![0-9A-Fa-f])[EGDPSHK]\d{8}(?![0-9A-Fa-f])"
)
_BOOKMARK = re.compile(r"_(Toc|Ref|Hlk|GoBack|MON_)\d{0,9}")
#: Field codes without free text: page numbers and contents.
_FIELD = re.compile(
    r"\s*((PAGE|NUMPAGES|SECTIONPAGES)(\s+\\\*\s*(MERGEFORMAT|Arabic|arabic|roman|ROMAN|CHINESENUM[123]))*"
    r"|PAGEREF\s+_Toc\d{1,9}(\s+\\h)?(\s+\\\*\s*MERGEFORMAT)?"
    r"|TOC(\s+\\[ou]\s*(\"\d-\d\")?|\s+\\[hzfnp])*)\s*",
)
#: List numbers made of place holders, marks, digits and counting words.
_NUMBERING = re.compile(r"[\W\d_%oüØ§lnuqvpwtrz零〇一二三四五六七八九十百第章节条款项目编篇部分附件录表图例式之]{0,16}")
_REFERENCE = re.compile(r"\(?'?Sheet\d{1,3}'?!\$?[A-Z]{1,3}\$?\d{1,7}(:\$?[A-Z]{1,3}\$?\d{1,7})?\)?")
_FORMAT_LITERAL = re.compile(r'"([^"]*)"|\\(.)|[_*](.)|\[\$([^\]-]*)[^\]]*\]')
_FORMAT_BRACKET = re.compile(r"\[[^\]]*\]")
_CSS_FONT = re.compile(r"font(-family)?:[\"']?[^;]*;?")


def known_namespace(uri: str) -> bool:
    """Is this a namespace of the Office vocabularies (or none)?"""
    return not uri or uri.startswith(_KNOWN_NAMESPACES)


@lru_cache(maxsize=65536)
def plain(value: str) -> bool:
    """Can this value carry no message: short ASCII without phone, document or address shapes, or one mark?"""
    if len(value) == 1:
        return not value.isalpha() or value.isascii()
    if not value.isascii() or len(value) > 4000:
        return False
    return not _SUSPECT.search(value) or bool(_BITS.fullmatch(value) or _GUID.fullmatch(value))


def is_font(value: str) -> bool:
    """Is this the name of a font as programs write it?"""
    return bool(FONT.fullmatch(value)) and not _SUSPECT.search(value)


def is_harmless_field(code: str) -> bool:
    """Is this a field code that can carry no message (PAGE, NUMPAGES, TOC)?"""
    return bool(_FIELD.fullmatch(code))


def is_prompt(text: str) -> bool:
    """Is this the prompt that programs write into place holders of layouts and masters?"""
    return bool(PROMPT.fullmatch(text.strip()))


@lru_cache(maxsize=4096)
def speaks(code: str) -> bool:
    """Does a number format hold words other than units, which a cell would show?"""
    literals = "".join("".join(match) for match in _FORMAT_LITERAL.findall(code))
    rest = _FORMAT_BRACKET.sub("", _FORMAT_LITERAL.sub("", code)).replace("通用格式", "")
    return not UNITS.fullmatch(literals) or not UNITS.fullmatch(re.sub(r"[A-Za-z]", "", rest))


def is_plain_text(element: etree._Element) -> bool:
    """Is the character data of this element a number or token of the format, not text?"""
    name, text = local(element.tag), element.text or ""
    if name in _NUMBERS or namespace(element.tag) == _EXCEL_VML:
        return bool(_TOKEN.fullmatch(text.strip()) or _GUID.fullmatch(text.strip()))
    if name == "f":
        return bool(_REFERENCE.fullmatch(text))
    if namespace(element.tag).endswith("/extended-properties"):
        return bool(re.fullmatch(r"\d{1,8}|\d\d\.\d{4}|true|false", text))
    return name == "formatCode" and not speaks(text)


def substitute_text(element: etree._Element) -> str | None:
    """What to write instead of character data that is dropped, where the schema needs some."""
    return {"f": "Sheet1!$A$1", "formatCode": "General"}.get(local(element.tag))


def is_text_attribute(element: etree._Element, key: str) -> bool:
    """Does this attribute hold text that must be read, and dropped from copies?"""
    return is_text(str(element.tag), key, str(element.attrib[key]))


@lru_cache(maxsize=65536)
def is_text(tag: str, key: str, value: str) -> bool:
    """``is_text_attribute`` of an attribute that is at hand."""
    name, attribute = local(tag), local(key)
    if not value:
        return False
    if attribute in _ALWAYS:
        return True
    if attribute in ("formatCode", "instr"):
        return speaks(value) if attribute == "formatCode" else not is_harmless_field(value)
    if attribute == "name" and name in ("cNvPr", "docPr"):
        return not OBJECT_NAME.fullmatch(value)
    if attribute == "name" and name == "cSld":
        return not LAYOUT.fullmatch(value)
    if attribute == "name" and name == "definedName":
        return not value.startswith("_xlnm.")
    if (name, attribute) in (("bookmarkStart", "name"), ("hyperlink", "anchor")):
        return not _BOOKMARK.fullmatch(value)
    if (name, attribute) in TEXT_PAIRS:
        return True
    if name == "lvlText":
        return not _NUMBERING.fullmatch(value)
    if attribute in _HEX_ATTRIBUTES or name in _HEX_ATTRIBUTES:
        return re.fullmatch(r"[0-9A-Fa-f]{20}", value) is None
    if attribute in _FONT_ATTRIBUTES or (name in _FONT_ELEMENTS and attribute in ("name", "val")):
        return not is_font(value)
    if (name, attribute) in (("name", "val"), ("cellStyle", "name")):  # of a style, or of a font in xlsx
        return not (is_font(value) or (STYLE_NAME.fullmatch(value) and not _SUSPECT.search(value)))
    if attribute == "style" and namespace(tag) == "urn:schemas-microsoft-com:vml":
        fonts = (font.strip("\"' ") for font in _css_fonts(value))
        return not plain(_CSS_FONT.sub("", value)) or not all(is_font(font) for font in fonts if font)
    return not plain(value)


def _css_fonts(style: str) -> list[str]:
    return [font.rstrip(";").partition(":")[2] for font in re.findall(r"font-family:[^;]*;?", style)]


def substitute(element: etree._Element, key: str) -> str | None:
    """What to write instead of a text attribute that a reader needs, or None to leave the attribute out."""
    name, attribute = local(element.tag), local(key)
    if name in ("cNvPr", "docPr") and attribute == "name":
        return ""
    if attribute in _FONT_ATTRIBUTES or (name in _FONT_ELEMENTS and attribute in ("name", "val")):
        return "宋体"
    if attribute == "name" and name in ("theme", "clrScheme", "fontScheme", "fmtScheme"):
        return "Office"
    if attribute == "style":
        bare = _CSS_FONT.sub("", str(element.attrib[key]))
        return bare if plain(bare) else None
    if (name, attribute) in (("name", "val"), ("cellStyle", "name")):  # style names must be there, and differ
        style = element.getparent() if name == "name" else element
        return "Style" if style is None else f"Style {1 + sum(1 for _ in style.itersiblings(preceding=True))}"
    return {"formatCode": "General", "styleName": "Style"}.get(attribute)
