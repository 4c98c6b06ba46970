# ruff: noqa: E501 - XML in one line a piece
"""An OFD file that hides numbered secrets in every place we know of, among harmless lines."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from html import escape

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image, PngImagePlugin

from tests.corpus.nasty import Nasty, Secrets

OFD = "http://www.ofdspec.org/2016"
HARMLESS = (
    "关于公布年度工作要点的通知",
    "现将有关事项公布如下",
    "各单位认真落实",
    "联系电话见附页",
    "第二页无妨的内容",
    "模板无妨的标题",
)
_SHOWN = (
    "正文", "拆成多个对象", "逐字对象", "多个文字码", "模板", "复合图元", "嵌套复合图元", "图案填充", "字形号", "竖排", "旋转",
    "页块", "第二文档", "页面资源", "重复描粗", "带字形号的正文", "绝对路径页", "页面单独字体",
)  # fmt: skip
_NESTED = ("图片元数据", "未引用图片元数据", "附件文本", "未引用文本")


def font(characters: Iterable[str]) -> tuple[bytes, dict[str, int]]:
    """Return a TrueType font with a square for each character, and character → glyph number."""
    order = [".notdef", *(f"uni{ord(c):04X}" for c in characters)]
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 700), (700, 700), (700, 0)):
        pen.lineTo(corner)
    pen.closePath()
    glyph = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({ord(c): f"uni{ord(c):04X}" for c in characters})
    builder.setupGlyf(dict.fromkeys(order, glyph))
    builder.setupHorizontalMetrics(dict.fromkeys(order, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Square", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue(), {c: k for k, c in enumerate(characters, 1)}


def text(y: float, words: str, *, x: float = 20.0, attributes: str = "", inside: str = "", size: float = 4.0) -> str:
    """Return a text object with its first baseline at ``y`` millimetres."""
    deltas = f' DeltaX="g {len(words) - 1} {size:g}"' if len(words) > 1 else ""
    boundary = "" if "Boundary" in attributes else f' Boundary="{x:g} {y - size:g} 180 {size * 1.3:g}"'
    numbers = "" if " Font=" in attributes else ' Font="3"'
    return (
        f'<ofd:TextObject ID="9"{boundary}{numbers} Size="{size:g}"{attributes}>{inside}'
        f'<ofd:TextCode X="0" Y="{size:g}"{deltas}>{escape(words)}</ofd:TextCode></ofd:TextObject>'
    )


def one_by_one(y: float, words: str) -> str:
    """Return a text object a character, as some producers write; letters and digits are half as wide."""
    x, out = 20.0, ""
    for char in words:
        out += text(y, char, x=x)
        x += 2.0 if char.isascii() else 4.0
    return out


def page(content: str, *, before: str = "", after: str = "", namespace: str = OFD) -> str:
    """Return a page part. An empty ``namespace`` gives one without any."""
    declared = f' xmlns:ofd="{namespace}"' if namespace else ""
    whole = (
        f'<?xml version="1.0" encoding="UTF-8"?><ofd:Page{declared}>{before}<ofd:Content><ofd:Layer ID="2" Type="Body">'
        f"{content}</ofd:Layer></ofd:Content>{after}</ofd:Page>"
    )
    return whole if namespace else whole.replace("ofd:", "")


def picture(note: str, colour: str = "white") -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", note.encode().decode("latin-1"))
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def pack(files: dict[str, bytes | str], comment: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.comment = comment.encode()
    return out.getvalue()


def small(*pages: str, templates: Iterable[str] = (), resources: str = "", more: str = "") -> dict[str, bytes | str]:
    """Return the parts of a plain file with these page parts."""
    listed = "".join(f'<ofd:Page ID="{100 + k}" BaseLoc="Pages/P{k}.xml"/>' for k in range(len(pages)))
    models = list(templates)
    tpl = "".join(f'<ofd:TemplatePage ID="{50 + k}" BaseLoc="Tpls/T{k}.xml"/>' for k in range(len(models)))
    files: dict[str, bytes | str] = {
        "OFD.xml": f'<ofd:OFD xmlns:ofd="{OFD}" Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID>'
        "</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f'<ofd:Document xmlns:ofd="{OFD}"><ofd:CommonData><ofd:MaxUnitID>999</ofd:MaxUnitID>'
        "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
        f"{tpl}</ofd:CommonData><ofd:Pages>{listed}</ofd:Pages>{more}</ofd:Document>",
        "Doc_0/PublicRes.xml": f'<ofd:Res xmlns:ofd="{OFD}" BaseLoc="Res"><ofd:Fonts><ofd:Font ID="3" FontName="宋体"/>'
        f"</ofd:Fonts>{resources}</ofd:Res>",
    }
    files |= {f"Doc_0/Pages/P{k}.xml": part for k, part in enumerate(pages)}
    files |= {f"Doc_0/Tpls/T{k}.xml": part for k, part in enumerate(models)}
    return files


def build() -> Nasty:
    """Return the file. Places in ``_SHOWN`` are on the pages; the others are not."""
    s = Secrets("O")
    files = _files(s)
    data = pack(files, s("压缩包注释"))
    nested = {place: value for place, value in s.places.items() if place in _NESTED}
    shown = {place: value for place, value in s.places.items() if place in _SHOWN}
    hidden = {place: value for place, value in s.places.items() if place not in shown and place not in nested}
    return Nasty(data, shown, hidden, nested, HARMLESS)


def _files(s: Secrets) -> dict[str, bytes | str]:
    mapped = s("带字形号的正文")
    only = s("字形号")
    kept = "各单位认真落实"
    embedded, glyphs = font(sorted(set(mapped + only + kept)))
    own, _ = font(sorted(set(s("页面单独字体"))))
    front = _first(s, mapped + kept, only, glyphs)
    second = page(
        text(30, HARMLESS[4]) + text(40, s("绝对路径页")),
        before='<ofd:Template TemplateID="51" ZOrder="Background"/><ofd:PageRes>/Doc_0/Pages/Res.xml</ofd:PageRes>',
    ).replace("</ofd:Layer>", text(50, s.places["页面单独字体"], attributes=' Font="70"')
              + '<ofd:CompositeObject ID="9" ResourceID="71" Boundary="20 60 100 10"/></ofd:Layer>')  # fmt: skip
    files = small(front, templates=[_template(s)])
    files["OFD.xml"] = _entry(s)
    files["Doc_0/Document.xml"] = _document(s)
    files["Doc_0/PublicRes.xml"] = (
        f'<ofd:Res xmlns:ofd="{OFD}" BaseLoc="Res"><ofd:Fonts><ofd:Font ID="3" FontName="宋体" FamilyName="{s("字体名")}"/>'
        '<ofd:Font ID="4" FontName="Square"><ofd:FontFile>font.ttf</ofd:FontFile></ofd:Font></ofd:Fonts></ofd:Res>'
    )
    files["Doc_0/DocumentRes.xml"] = (
        f'<ofd:Res xmlns:ofd="{OFD}" BaseLoc="Res"><ofd:MultiMedias><ofd:MultiMedia ID="30" Type="Image" Format="PNG">'
        "<ofd:MediaFile>Photo.PNG</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias><ofd:CompositeGraphicUnits>"
        f'<ofd:CompositeGraphicUnit ID="40" Width="100" Height="10"><ofd:Content>{text(5, s("复合图元"), x=0)}'
        '<ofd:CompositeObject ID="9" ResourceID="41" Boundary="60 0 100 10"/></ofd:Content></ofd:CompositeGraphicUnit>'
        f'<ofd:CompositeGraphicUnit ID="41" Width="9" Height="9"><ofd:Content>{text(5, s("嵌套复合图元"), x=0)}</ofd:Content>'
        '</ofd:CompositeGraphicUnit><ofd:CompositeGraphicUnit ID="42" Width="9" Height="9"><ofd:Content>'
        f"{text(5, s('未用复合图元'), x=0)}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits></ofd:Res>"
    )
    files["Doc_0/Pages/Res.xml"] = (
        f'<ofd:Res xmlns:ofd="{OFD}" BaseLoc="../Res"><ofd:Fonts><ofd:Font ID="70" FontName="Own"><ofd:FontFile>own.ttf'
        '</ofd:FontFile></ofd:Font></ofd:Fonts><ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="71" Width="9" '
        f'Height="9"><ofd:Content>{text(5, s("页面资源"), x=0)}</ofd:Content></ofd:CompositeGraphicUnit>'
        "</ofd:CompositeGraphicUnits></ofd:Res>"
    )
    files["Doc_0/Res/font.ttf"], files["Doc_0/Res/own.ttf"] = embedded, own
    files["Doc_0/RES/photo.png"] = picture(s("图片元数据"))
    files["Doc_0/Res/unused.png"] = picture(s("未引用图片元数据"), "grey")
    files["Doc_0/Res/note.txt"] = s("未引用文本")
    files["Doc_0/Pages/P1.xml"] = second
    files["Doc_0/Pages/orphan.xml"] = page(text(30, s("孤立页面")))
    files["Doc_0/Tpls/T1.xml"] = page(text(280, s("未用模板")))
    files[f"Doc_0/Res/{s('部件名')}.png"] = picture("x", "red")
    files["Doc_1/Document.xml"] = (
        "<Document><CommonData><PageArea><PhysicalBox>0 0 210 297</PhysicalBox></PageArea></CommonData><Pages>"
        '<Page ID="1" BaseLoc="pages/page_0.XML"/></Pages></Document>'
    )
    files["Doc_1/Pages/Page_0.xml"] = page(text(30, s("第二文档")), namespace="")
    return files | _beside(s)


def _entry(s: Secrets) -> str:
    return (
        f'<ofd:OFD xmlns:ofd="{OFD}" Version="1.0" DocType="OFD"><!-- {s("XML注释")} --><ofd:DocBody><ofd:DocInfo>'
        f"<ofd:DocID>1</ofd:DocID><ofd:Title>{s('标题')}</ofd:Title><ofd:Author>{s('作者')}</ofd:Author>"
        f"<ofd:Keywords><ofd:Keyword>{s('关键词')}</ofd:Keyword></ofd:Keywords><ofd:Abstract>{s('摘要')}</ofd:Abstract>"
        f'<ofd:CustomDatas><ofd:CustomData Name="{s("自定义元数据名")}">{s("自定义元数据")}</ofd:CustomData></ofd:CustomDatas>'
        '</ofd:DocInfo><ofd:DocRoot>/Doc_0/Document.xml</ofd:DocRoot><ofd:Versions><ofd:Version ID="1" Index="0" '
        'BaseLoc="Doc_0/Versions/V0.xml"/></ofd:Versions><ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>'
        "</ofd:DocBody><ofd:DocBody><ofd:DocInfo><ofd:DocID>2</ofd:DocID></ofd:DocInfo><ofd:DocRoot>DOC_1\\Document.xml"
        "</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    )


def _document(s: Secrets) -> str:
    return (
        f'<ofd:Document xmlns:ofd="{OFD}"><ofd:CommonData><ofd:MaxUnitID>999</ofd:MaxUnitID><ofd:PageArea>'
        "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
        '<ofd:DocumentRes>Doc_0/DocumentRes.xml</ofd:DocumentRes><ofd:TemplatePage ID="50" BaseLoc="Tpls/T0.xml"/>'
        f'<ofd:TemplatePage ID="51" Name="{s("模板名")}" BaseLoc="Tpls/none.xml"/><ofd:TemplatePage ID="52" '
        'BaseLoc="Tpls/T1.xml"/></ofd:CommonData><ofd:Pages><ofd:Page ID="100" BaseLoc="Pages/P0.xml"/>'
        '<ofd:Page ID="101" BaseLoc="/Doc_0/Pages/P1.xml"/></ofd:Pages><ofd:Outlines><ofd:OutlineElem '
        f'Title="{s("大纲")}"><ofd:Actions><ofd:Action Event="CLICK"><ofd:URI URI="http://x/{s("大纲链接")}"/></ofd:Action>'
        f'</ofd:Actions></ofd:OutlineElem></ofd:Outlines><ofd:Bookmarks><ofd:Bookmark Name="{s("书签")}"/></ofd:Bookmarks>'
        "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations><ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>"
        "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments><ofd:Extensions>Extensions.xml</ofd:Extensions>"
        "</ofd:Document>"
    )


def _template(s: Secrets) -> str:
    return page(text(280, HARMLESS[5] + s("模板")))


def _first(s: Secrets, mapped: str, only: str, glyphs: dict[str, int]) -> str:
    pieces, single, codes, twice = s("拆成多个对象"), s("逐字对象"), s("多个文字码"), s("重复描粗")
    upright, clip = s("竖排"), s("裁剪文字")
    content = [
        text(20, HARMLESS[0] + s("正文"), attributes=f' Name="{s("对象名")}"'),
        text(30, HARMLESS[1]),
        text(36, pieces[:2]) + text(36, pieces[2:], x=28),
        one_by_one(42, single),
        '<ofd:TextObject ID="9" Boundary="20 44 100 6" Font="3" Size="4">'
        f'<ofd:TextCode X="0" Y="4" DeltaX="4 4">{codes[:3]}</ofd:TextCode>'
        f'<ofd:TextCode X="10" Y="4" DeltaX="2 2">{codes[3:]}</ofd:TextCode></ofd:TextObject>',
        text(56, mapped, attributes=' Font="4"', inside=_transform(mapped, glyphs)),
        text(62, "\u00a4" * len(only), attributes=' Font="4"', inside=_transform(only, glyphs)),
        f'<ofd:PageBlock ID="9"><ofd:PageBlock ID="9">{text(68, s("页块"))}</ofd:PageBlock></ofd:PageBlock>',
        text(74, twice) + text(74, twice, x=20.1),
        text(80, HARMLESS[3]),
        '<ofd:PathObject ID="9" Boundary="20 86 100 10" Fill="true" Stroke="false"><ofd:FillColor><ofd:Pattern Width="100" '
        f'Height="10"><ofd:CellContent>{text(5, s("图案填充"), x=0)}</ofd:CellContent></ofd:Pattern></ofd:FillColor>'
        "<ofd:AbbreviatedData>M 0 0 L 100 0 L 100 10 L 0 10 C</ofd:AbbreviatedData></ofd:PathObject>",
        '<ofd:CompositeObject ID="9" ResourceID="40" Boundary="20 100 100 10"/>',
        '<ofd:ImageObject ID="9" ResourceID="30" CTM="30 0 0 20 0 0" Boundary="20 120 30 20"/>',
        '<ofd:TextObject ID="9" Boundary="190 100 6 60" Font="3" Size="4"><ofd:TextCode X="0" Y="4" DeltaY="4 4 4 4 4">'
        f"{upright}</ofd:TextCode></ofd:TextObject>",
        text(0, s("旋转"), attributes=' Boundary="60 150 60 60" CTM="0.707 0.707 -0.707 0.707 0 0"'),
        text(200, s("不显示的对象"), attributes=' Visible="false"'),
        f'<ofd:PageBlock ID="9" Visible="false">{text(205, s("不显示的页块"))}</ofd:PageBlock>',
        text(210, s("透明文字"), attributes=' Alpha="0"'),
        text(215, s("不填充文字"), attributes=' Fill="false"'),
        text(220, s("白色文字"), inside='<ofd:FillColor Value="255 255 255"/>'),
        text(225, s("页外文字"), x=400),
        text(230, s("极小文字"), size=0.05),
        f'<ofd:PathObject ID="9" Boundary="20 240 50 10"><ofd:AbbreviatedData>M 0 0 L 50 0 {s("路径数据")}</ofd:AbbreviatedData>'
        f'<ofd:Clips><ofd:Clip><ofd:Area><ofd:Text Font="3" Size="4"><ofd:TextCode X="0" Y="0">{clip}</ofd:TextCode></ofd:Text>'
        "</ofd:Area></ofd:Clip></ofd:Clips></ofd:PathObject>",
        text(250, "无妨", attributes=f' 备注="{s("未知属性")}"', inside=f"<ofd:Unknown>{s('未知元素')}</ofd:Unknown>"),
    ]
    actions = f'<ofd:Actions><ofd:Action Event="PO"><ofd:URI URI="{s("页面动作")}"/></ofd:Action></ofd:Actions>'
    return page("".join(content), before='<ofd:Template TemplateID="50"/>', after=actions)


def _transform(words: str, glyphs: dict[str, int]) -> str:
    ids = " ".join(str(glyphs[char]) for char in words)
    return (
        f'<ofd:CGTransform CodePosition="0" CodeCount="{len(words)}" GlyphCount="{len(words)}"><ofd:Glyphs>{ids}</ofd:Glyphs>'
        "</ofd:CGTransform>"
    )


def _beside(s: Secrets) -> dict[str, bytes | str]:
    seal = s("印章数据").encode()
    return {
        "Doc_0/Annots/Annotations.xml": f'<ofd:Annotations xmlns:ofd="{OFD}"><ofd:Page PageID="100"><ofd:FileLoc>P0/A.xml'
        "</ofd:FileLoc></ofd:Page></ofd:Annotations>",
        "Doc_0/Annots/P0/A.xml": f'<ofd:PageAnnot xmlns:ofd="{OFD}"><ofd:Annot Type="Highlight" Creator="{s("批注者")}" '
        f'Subtype="x" LastModDate="2024-01-01" ID="5"><ofd:Remark>{s("批注说明")}</ofd:Remark><ofd:Parameters>'
        f'<ofd:Parameter Name="{s("批注参数名")}">{s("批注参数")}</ofd:Parameter></ofd:Parameters>'
        f'<ofd:Appearance Boundary="0 0 9 9">{text(5, s("批注外观"), x=0)}</ofd:Appearance></ofd:Annot></ofd:PageAnnot>',
        "Doc_0/Tags/CustomTags.xml": f'<ofd:CustomTags xmlns:ofd="{OFD}"><ofd:CustomTag NameSpace="{s("标引空间")}">'
        "<ofd:FileLoc>Tag.xml</ofd:FileLoc></ofd:CustomTag></ofd:CustomTags>",
        "Doc_0/Tags/Tag.xml": f"<fp:Buyer xmlns:fp='urn:fp'><fp:Name>{s('标引内容')}</fp:Name></fp:Buyer>",
        "Doc_0/Attachs/Attachments.xml": f'<ofd:Attachments xmlns:ofd="{OFD}"><ofd:Attachment ID="1" Name="{s("附件名")}" '
        'Usage="none"><ofd:FileLoc>invoice.xml</ofd:FileLoc></ofd:Attachment><ofd:Attachment ID="2" Name="b"><ofd:FileLoc>'
        "b.txt</ofd:FileLoc></ofd:Attachment></ofd:Attachments>",
        "Doc_0/Attachs/invoice.xml": f"<eInvoice><BuyerName>{s('附件XML')}</BuyerName></eInvoice>",
        "Doc_0/Attachs/b.txt": s("附件文本"),
        "Doc_0/Extensions.xml": f'<ofd:Extensions xmlns:ofd="{OFD}"><ofd:Extension AppName="{s("扩展程序")}"><ofd:Data>'
        f"{s('扩展数据')}</ofd:Data></ofd:Extension></ofd:Extensions>",
        "Doc_0/Versions/V0.xml": f'<ofd:DocVersion xmlns:ofd="{OFD}" ID="1" Name="{s("版本名")}"><ofd:DocRoot>Old.xml'
        "</ofd:DocRoot></ofd:DocVersion>",
        "Doc_0/Versions/Old.xml": f'<ofd:Document xmlns:ofd="{OFD}"><x>{s("旧版本")}</x></ofd:Document>',
        "Doc_0/Signs/Signatures.xml": f'<ofd:Signatures xmlns:ofd="{OFD}"><ofd:Signature ID="1" Type="Seal" '
        'BaseLoc="Sign_0/Signature.xml"/></ofd:Signatures>',
        "Doc_0/Signs/Sign_0/Signature.xml": f'<ofd:Signature xmlns:ofd="{OFD}"><ofd:SignedInfo><ofd:Provider '
        f'ProviderName="{s("签名提供者")}" Company="{s("签名公司")}"/></ofd:SignedInfo></ofd:Signature>',
        "Doc_0/Signs/Sign_0/Seal.esl": b"\x30\x20\x02\x01\x01\x0c" + bytes([len(seal)]) + seal + b"\x03\x02\x00\x01",
    }
