"""Closed vocabulary of OOXML attribute values: what is format, and what is text.

A value is either plain (a number, a colour, a token, a known font: never read, kept in copies) or text (read, and
dropped from copies). The same test serves both sides, so that what is kept was either read or could say nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lxml import etree

from review.formats._opc import local, namespace

#: Attributes that hold text whatever their value looks like.
_ALWAYS = frozenset(
    [
        "descr",
        "title",
        "alt",
        "tooltip",
        "screenTip",
        "author",
        "initials",
        "userId",
        "providerId",
        "displayText",
        "string",
        "href",
        "src",
        "gfxdata",
        "prompt",
        "promptTitle",
        "error",
        "errorTitle",
        "lastEdited",
        "userName",
        "presetSubtype",
        "macro",
        "textlink",
    ]
)
#: (element, attribute) pairs that hold text.
_PAIRS = frozenset(
    {
        ("bookmarkStart", "name"),
        ("moveFromRangeStart", "name"),
        ("moveToRangeStart", "name"),
        ("docVar", "name"),
        ("docVar", "val"),
        ("alias", "val"),
        ("tag", "val"),
        ("aliases", "val"),
        ("docPart", "val"),
        ("docPartCategory", "val"),
        ("description", "val"),
        ("helpText", "val"),
        ("statusText", "val"),
        ("default", "val"),
        ("entryMacro", "val"),
        ("exitMacro", "val"),
        ("listEntry", "val"),
        ("listItem", "value"),
        ("category", "val"),
        ("desc", "val"),
        ("property", "name"),
        ("person", "displayName"),
        ("smartTag", "element"),
        ("customXml", "element"),
        ("attr", "val"),
        ("attr", "name"),
        ("query", "val"),
        ("hyperlink", "anchor"),
        ("cNvPr", "name"),
        ("docPr", "name"),
        ("cSld", "name"),
        ("section", "name"),
        ("custShow", "name"),
        ("cmAuthor", "name"),
        ("tag", "name"),
        ("hyperlink", "display"),
        ("hyperlink", "location"),
        ("table", "name"),
        ("table", "displayName"),
        ("tableColumn", "name"),
        ("tableColumn", "totalsRowLabel"),
        ("cacheField", "name"),
        ("s", "v"),
        ("n", "v"),
        ("d", "v"),
        ("worksheetSource", "sheet"),
        ("worksheetSource", "name"),
        ("sheetName", "val"),
        ("sheet", "name"),
        ("definedName", "comment"),
        ("definedName", "description"),
        ("connection", "name"),
        ("connection", "description"),
        ("dbPr", "connection"),
        ("dbPr", "command"),
        ("webPr", "url"),
        ("absPath", "url"),
        ("queryTable", "name"),
        ("filter", "val"),
        ("customFilter", "val"),
        ("scenario", "name"),
        ("inputCells", "val"),
        ("protectedRange", "name"),
        ("cfRule", "text"),
    }
)
_FONT_ATTRIBUTES = frozenset(["ascii", "hAnsi", "eastAsia", "cs", "typeface"])
_FONT_ELEMENTS = frozenset(["font", "altName", "rFont", "name"])
_HEX_ATTRIBUTES = frozenset(["panose", "panose1"])

_KNOWN_NAMESPACES = (
    "http://schemas.openxmlformats.org/",
    "http://schemas.microsoft.com/",
    "urn:schemas-microsoft-com:",
    "http://www.w3.org/",
    "http://www.wps.cn/",
)
_FONT = re.compile(
    r"@?(宋体|新宋体|仿宋|楷体|黑体|隶书|幼圆|等线( Light)?|微软雅黑( Light)?|微軟正黑體|新細明體|細明體|標楷體|宋体-简"
    r"|(仿宋|楷体|黑体|宋体)_(GB2312|GB18030|GBK)|苹方(-简)?|思源(宋体|黑体)( CN)?|文泉驿[^\d]{1,6}"
    r"|(方正|华文|汉仪|文鼎|华康)[\u4e00-\u9fff]{1,6}(_?(简体|繁体|GBK|GB2312|GB18030|S|B|M|R))?"
    r"|ＭＳ Ｐ?(明朝|ゴシック)|游(ゴシック|明朝)( Light)?|メイリオ|맑은 고딕|바탕|굴림|돋움"
    r"|[A-Za-z][A-Za-z0-9_ .+-]{0,30}|[+][a-z]{2}-[a-z]{2})"
)
_NAMED = re.compile(
    r"|(图片|图像|图表|图形|文本框|文本占位符|标题|副标题|内容占位符|矩形|圆角矩形|椭圆|形状|自选图形|组合|组|对象|直线|直接连接符|直接箭头连接符|连接符"
    r"|表格|占位符|灯片编号占位符|日期占位符|页脚占位符|页眉占位符|图片占位符|备注占位符|幻灯片图像占位符"
    r"|Picture|Image|Text ?Box|Rectangle|Rounded Rectangle|Oval|Shape|AutoShape|Group|Object|Line|Straight Connector"
    r"|Straight Arrow Connector|Connector|Chart|Diagram|Table|Title|Subtitle|Content Placeholder|Text Placeholder"
    r"|Slide Number Placeholder|Date Placeholder|Footer Placeholder|Header Placeholder|Picture Placeholder"
    r"|Notes Placeholder|Slide Image Placeholder|Placeholder|Vertical Title|Vertical Text Placeholder)( ?\d{1,4})?"
)
_BOOKMARK = re.compile(r"_(Toc|Ref|Hlk|GoBack|MON_)\d{0,9}")
_STYLE_NAME = re.compile(
    r"(标题|正文|页眉|页脚|正文文本|正文缩进|副标题|批注框文本|批注文字|批注主题|脚注文本|尾注文本|日期|纯文本|题注|目录|引用|明显引用"
    r"|常规|百分比|货币|货币\[0\]|千位分隔|千位分隔\[0\]|好|差|适中|计算|检查单元格|解释性文本|警告文本|链接单元格|输入|输出|注释|汇总"
    r"|强调文字颜色|着色|已访问的超链接|普通表格|网格型|无列表|默认段落字体|列出段落|列表段落|超链接|页码|普通\(网站\)|未处理的提及)( ?\d)?( ?(字符|Char))?\d?"
    r"|[ -~]{1,60}"
)
_SUSPECT = re.compile(
    r"\d{11}|\d{3,4}-\d{7,8}(?!\d)|[\w.+-]+@[\w-]+\.|://(?!schemas\.|www\.w3\.org|www\.wps\.cn)|[A-Za-z]:\\|\\\\"
    r"|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|(?<![0-9A-Fa-f])[EGDPSHK]\d{8}(?![0-9A-Fa-f])"
)
#: Field codes without free text: page numbers and contents.
_FIELD = re.compile(
    r"\s*((PAGE|NUMPAGES|SECTIONPAGES)(\s+\\\*\s*(MERGEFORMAT|Arabic|arabic|roman|ROMAN|CHINESENUM[123]))*"
    r"|PAGEREF\s+_Toc\d{1,9}(\s+\\h)?(\s+\\\*\s*MERGEFORMAT)?"
    r"|TOC(\s+\\[ou]\s*(\"\d-\d\")?|\s+\\[hzfnp])*)\s*",
)
#: List numbers made of place holders, marks, digits and counting words.
_NUMBERING = re.compile(r"[\W\d_%oüØ§lnuqvpwtrz零〇一二三四五六七八九十百第章节条款项目编篇部分附件录表图例式之]{0,16}")
#: Elements whose character data is a number or a token.
_NUMBERS = frozenset(["posOffset", "align", "pctWidth", "pctHeight", "pctPosHOffset", "pctPosVOffset", "col", "colOff", "row", "rowOff"])
_TOKEN = re.compile(r"-?[\d.]{1,12}|[a-zA-Z]{1,20}")
_REFERENCE = re.compile(r"\(?'?Sheet\d{1,3}'?!\$?[A-Z]{1,3}\$?\d{1,7}(:\$?[A-Z]{1,3}\$?\d{1,7})?\)?")
#: Words that a number format may hold without saying anything about anybody.
_UNITS = re.compile(
    r"[年月日时時分秒点點上下午中星期周週元角万萬千百十亿億人民币名个個只次件户戶套台辆輛吨噸亩畝公里平方米立㎡批项項条條起家所"
    r"美港欧圆第号號¥￥$€£%％℃≥≤±,.，。、:：;()（）/\-—–\s+E@#0?]*"
)
_FORMAT_LITERAL = re.compile(r'"([^"]*)"|\\(.)|[_*](.)|\[\$([^\]-]*)[^\]]*\]')
_FORMAT_BRACKET = re.compile(r"\[[^\]]*\]")
_BITS = re.compile(r"[01]{12}")
_CSS_FONT = re.compile(r"font(-family)?:[\"']?[^;]*;?")


def known_namespace(uri: str) -> bool:
    """Is this a namespace of the Office vocabularies (or none)?"""
    return not uri or uri.startswith(_KNOWN_NAMESPACES)


@lru_cache(maxsize=65536)
def plain(value: str) -> bool:
    """Can this value carry no message: short ASCII without phone, document or address shapes?"""
    return value.isascii() and len(value) <= 4000 and (not _SUSPECT.search(value) or bool(_BITS.fullmatch(value)))


def is_font(value: str) -> bool:
    """Is this the name of a font as programs write it?"""
    return bool(_FONT.fullmatch(value)) and not _SUSPECT.search(value)


def is_harmless_field(code: str) -> bool:
    """Is this a field code that can carry no message (PAGE, NUMPAGES, TOC)?"""
    return bool(_FIELD.fullmatch(code))


def is_plain_text(element: etree._Element) -> bool:
    """Is the character data of this element a number or token of the format, not text?"""
    name, text = local(element.tag), element.text or ""
    if name in _NUMBERS or namespace(element.tag) == "urn:schemas-microsoft-com:office:excel":
        return bool(_TOKEN.fullmatch(text.strip()))
    if name == "f":
        return bool(_REFERENCE.fullmatch(text))
    if namespace(element.tag).endswith("/extended-properties"):
        return bool(re.fullmatch(r"\d{1,8}|\d\d\.\d{4}|true|false", text))
    return name == "formatCode" and not speaks(text)


@lru_cache(maxsize=4096)
def speaks(code: str) -> bool:
    """Does a number format hold words other than units, which a cell would show?"""
    literals = "".join("".join(match) for match in _FORMAT_LITERAL.findall(code))
    rest = _FORMAT_BRACKET.sub("", _FORMAT_LITERAL.sub("", code)).replace("通用格式", "")
    return not _UNITS.fullmatch(literals) or not _UNITS.fullmatch(re.sub(r"[A-Za-z]", "", rest))


def substitute_text(element: etree._Element) -> str | None:
    """What to write instead of character data that is dropped, where the schema needs some."""
    return {"f": "Sheet1!$A$1", "formatCode": "General"}.get(local(element.tag))


def is_text_attribute(element: etree._Element, key: str) -> bool:
    """Does this attribute hold text that must be read, and dropped from copies?"""
    return _is_text(element.tag, key, element.attrib[key])


@lru_cache(maxsize=65536)
def _is_text(tag: str, key: str, value: str) -> bool:
    name, attribute = local(tag), local(key)
    if not value:
        return False
    if attribute in _ALWAYS:
        return True
    if attribute == "formatCode":
        return speaks(value)
    if attribute == "instr":
        return not _FIELD.fullmatch(value)
    if name == "lvlText":
        return not _NUMBERING.fullmatch(value)
    if (name, attribute) == ("definedName", "name"):
        return not value.startswith("_xlnm.")
    if (name, attribute) in _PAIRS:
        if name in ("cNvPr", "docPr"):
            return not _NAMED.fullmatch(value)
        if name in ("bookmarkStart", "hyperlink"):
            return not _BOOKMARK.fullmatch(value)
        return True
    if attribute in _HEX_ATTRIBUTES or name in _HEX_ATTRIBUTES:
        return re.fullmatch(r"[0-9A-Fa-f]{20}", value) is None
    if attribute in _FONT_ATTRIBUTES or (name in _FONT_ELEMENTS and attribute in ("name", "val") and "fon" in name):
        return not is_font(value)
    if (name == "name" and attribute == "val") or name == "altName":  # a style name, or another name of a font
        return not (_STYLE_NAME.fullmatch(value) and not _SUSPECT.search(value)) and not is_font(value)
    if attribute == "style" and namespace(tag) == "urn:schemas-microsoft-com:vml":
        return not plain(_CSS_FONT.sub("", value)) or not all(
            is_font(font.strip("\"' ")) for font in _css_fonts(value) if font.strip("\"' ")
        )
    return not plain(value)


def _css_fonts(style: str) -> list[str]:
    return [font.rstrip(";").partition(":")[2] for font in re.findall(r"font-family:[^;]*;?", style)]


def substitute(element: etree._Element, key: str) -> str | None:
    """What to write instead of a text attribute that a reader needs, or None to leave the attribute out."""
    name, attribute = local(element.tag), local(key)
    if name in ("cNvPr", "docPr") and attribute == "name":
        return ""
    if attribute in _FONT_ATTRIBUTES or name == "font":
        return "宋体"
    if attribute == "name" and name in ("theme", "clrScheme", "fontScheme", "fmtScheme"):
        return "Office"
    if attribute == "formatCode":
        return "General"
    if attribute == "style":
        bare = _CSS_FONT.sub("", element.attrib[key])
        return bare if plain(bare) else None
    if name == "name" and attribute == "val":  # of a style: names must be there, and differ
        style = element.getparent()
        return "Style" if style is None else f"Style {1 + sum(1 for _ in style.itersiblings(preceding=True))}"
    return None
