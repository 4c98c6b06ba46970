# ruff: noqa: E501 - XML in one line a piece
"""A presentation that hides numbered secrets in every place we know of, among harmless lines."""

from __future__ import annotations

import io
import re
import zipfile

from PIL import Image, PngImagePlugin
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from tests.corpus.nasty import Nasty, Secrets

R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_HARMLESS = ("年度工作汇报", "项目进展情况", "负责单位", "公开类别", "第二张", "可见的段落", "分行前")
_SHOWN = [
    "标题",
    "拆分",
    "表格",
    "合并表格",
    "组合",
    "图表类别",
    "图表系列",
    "图表标题",
    "版式图形",
    "母版图形",
    "示意图",
    "公式",
    "换行",
    "嵌套组合",
    "编号字段",
    "日期字段",
]


def build() -> Nasty:
    """Return the presentation. Places in ``_SHOWN`` are on the slides; the others are not."""
    s = Secrets("P")
    files = _base(s)
    _more(s, files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.comment = s("压缩包注释").encode()
    nested = {place: s.places[place] for place in ("图片元数据",)}
    shown = {place: value for place, value in s.places.items() if place in _SHOWN}
    hidden = {place: value for place, value in s.places.items() if place not in shown and place not in nested}
    return Nasty(out.getvalue(), shown, hidden, nested, _HARMLESS)


def _base(s: Secrets) -> dict[str, bytes]:
    show = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = _HARMLESS[0] + s("标题")
    box = slide.shapes.add_textbox(0, Inches(5), Inches(6), Inches(1))
    paragraph = box.text_frame.paragraphs[0]
    secret = s("拆分")
    for piece in (_HARMLESS[1], secret[:1], secret[1:4], secret[4:]):
        paragraph.add_run().text = piece
    box._element.nvSpPr.cNvPr.set("descr", s("替代文字"))
    box.name = s("形状名")
    paragraph.runs[0].hyperlink.address = f"http://x/{s('链接地址')}"
    paragraph.runs[0]._r.rPr.find(f"{{{_A[9:-1]}}}hlinkClick").set("tooltip", s("链接提示"))
    table = slide.shapes.add_table(2, 2, 0, Inches(6), Inches(6), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = _HARMLESS[2], s("表格")
    table.cell(1, 0).text = s("合并表格")
    table.cell(1, 0).merge(table.cell(1, 1))
    table.cell(1, 1).text = s("表格遮住")
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 100, 100).text_frame.text = s("组合")
    group.shapes.add_group_shape().shapes.add_textbox(0, 0, 100, 100).text_frame.text = s("嵌套组合")
    broken = slide.shapes.add_textbox(0, 0, 100, 100).text_frame
    broken.text = f"分行前\v{s('换行')}"
    slide.notes_slide.notes_text_frame.text = s("备注")
    chart = CategoryChartData()
    chart.categories = [s("图表类别"), _HARMLESS[3]]
    chart.add_series(s("图表系列"), (1, 2))
    frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, 0, Inches(2), Inches(2), chart)
    frame.chart.has_title = True
    frame.chart.chart_title.text_frame.text = s("图表标题")
    meta = PngImagePlugin.PngInfo()
    meta.add_text("Comment", s("图片元数据"))
    picture = io.BytesIO()
    Image.new("RGB", (60, 30), "red").save(picture, "PNG", pnginfo=meta)
    slide.shapes.add_picture(io.BytesIO(picture.getvalue()), 0, 0)
    show.slide_layouts[5].placeholders[0].text_frame.text = s("版式占位")
    show.slide_layouts[0].placeholders[0].text_frame.text = s("未用版式占位")
    show.slide_master.placeholders[0].text_frame.text = s("母版占位")
    hidden = show.slides.add_slide(show.slide_layouts[5])
    hidden._element.set("show", "0")
    hidden.shapes.title.text = s("隐藏幻灯片")
    hidden.shapes.add_picture(io.BytesIO(picture.getvalue()), 0, 0)
    off = slide.shapes.add_textbox(Inches(-20), 0, 100, 100)
    off.text_frame.text = s("页外")
    unseen = slide.shapes.add_textbox(0, 0, 100, 100)
    unseen.text_frame.text = s("隐藏形状")
    unseen._element.nvSpPr.cNvPr.set("hidden", "1")
    second = show.slides.add_slide(show.slide_layouts[5])
    second.shapes.title.text = _HARMLESS[4]
    second.shapes.add_textbox(0, 0, 100, 100).text_frame.text = _HARMLESS[5]
    core = show.core_properties
    core.author, core.comments, core.title = s("属性作者"), s("属性备注"), s("属性标题")
    out = io.BytesIO()
    show.save(out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _shape(number: int, text: str) -> str:
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="矩形 {number}"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody>'
        f"<a:bodyPr/><a:p>{text}</a:p></p:txBody></p:sp>"
    )


def _run(text: str) -> str:
    return f"<a:r><a:t>{text}</a:t></a:r>"


def _into(files: dict[str, bytes], name: str, inner: str, end: str = "</p:spTree>") -> None:
    files[name] = files[name].replace(end.encode(), (inner + end).encode(), 1)


def _solid(colour: str, inner: str = "") -> str:
    return f'<a:solidFill><a:srgbClr val="{colour}">{inner}</a:srgbClr></a:solidFill>'


def _box(number: int, runs: str, fill: str = "") -> str:
    """A text box of its own place, black by default, or filled."""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="文本框 {number}"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm>'
        f'<a:off x="{number}0000" y="100000"/><a:ext cx="90000" cy="30000"/></a:xfrm><a:prstGeom prst="rect"/>{fill}</p:spPr>'
        f"<p:txBody><a:bodyPr/><a:p>{runs}</a:p></p:txBody></p:sp>"
    )


def _unreadable(s: Secrets) -> str:
    """Text of the colour behind it, without colour, tiny, or under another shape."""

    def run(place: str, properties: str) -> str:
        return f"{_run('可读')}<a:r><a:rPr {properties}</a:rPr><a:t>{s(place)}</a:t></a:r>{_run('之后')}"

    black = '<a:highlight><a:srgbClr val="000000"/></a:highlight>'
    runs = {
        "黑色突出": f">{black}", "黑字黑色突出": f">{_solid('000000')}{black}", "无填充字": "><a:noFill/>",
        "透明字": f">{_solid('000000', chr(60) + 'a:alpha val=' + chr(34) + '0' + chr(34) + '/>')}", "一磅字": 'sz="100">',
    }  # fmt: skip
    boxes = [_box(80 + number, run(place, inner)) for number, (place, inner) in enumerate(runs.items())]
    filled = f"<a:r><a:t>{s('黑框默认字')}</a:t></a:r>"
    under = f"<a:r><a:t>{s('被盖住')}</a:t></a:r>"
    return "".join(boxes) + _box(90, filled, _solid("000000")) + _box(91, under) + _box(91, "", _solid("003366"))


def _properties(s: Secrets) -> str:
    """Words in properties of shapes and in elements of other vocabularies."""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="95" name="动作 1"><a:hlinkClick r:id="" action="ppaction://program?x={s("动作程序")}"><a:snd '
        f'r:embed="rIdNone" name="{s("声音名")}"/></a:hlinkClick><a:hlinkHover r:id="" action="macro:{s("悬停宏")}"/></p:cNvPr>'
        '<p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p><a:fld id="{00000000-0000-0000-0000-000000000001}" '
        f'type="datetime1"><a:t>{s("日期字段")}</a:t></a:fld><a:endParaRPr lang="{s("结尾语言")}"/></a:p></p:txBody><p:extLst>'
        f'<p:ext uri="{s("扩展名")}"><x:y xmlns:x="urn:x">{s("扩展文字")}</x:y></p:ext></p:extLst></p:sp><p:cxnSp><p:nvCxnSpPr>'
        f'<p:cNvPr id="96" name="{s("连接名")}"/><p:cNvCxnSpPr/><p:nvPr/></p:nvCxnSpPr><p:spPr/></p:cxnSp>'
    )


def _more(s: Secrets, files: dict[str, bytes]) -> None:
    math = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    formula = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:a14='
        '"http://schemas.microsoft.com/office/drawing/2010/main"><mc:Choice Requires="a14"><a14:m><m:oMath '
        f'xmlns:m="{math}"><m:r><m:t>{s("公式")}</m:t></m:r></m:oMath></a14:m></mc:Choice><mc:Fallback>{_run(s("公式副本"))}'
        "</mc:Fallback></mc:AlternateContent>"
    )
    number = f'<a:fld id="{{00000000-0000-0000-0000-000000000000}}" type="slidenum"><a:t>{s("编号字段")}</a:t></a:fld>'
    smart = (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="70" name="图示 70"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>'
        '<p:xfrm><a:off x="0" y="0"/><a:ext cx="900000" cy="900000"/></p:xfrm><a:graphic><a:graphicData '
        'uri="http://schemas.openxmlformats.org/drawingml/2006/diagram"><dgm:relIds '
        'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" r:dm="rIdDm" r:lo="rIdDl" r:qs="rIdDq" r:cs="rIdDc"/>'
        "</a:graphicData></a:graphic></p:graphicFrame>"
    )
    slide = "ppt/slides/slide1.xml"
    _into(files, slide, f"<!-- {s('XML注释')} -->" + _shape(60, formula) + _shape(61, number) + smart + _unreadable(s))
    _into(files, slide, _properties(s))
    files[slide] = files[slide].replace(b"<p:cSld>", f'<p:cSld name="{s("幻灯片名")}">'.encode(), 1)
    layout = next(
        re.search(rb"slideLayout\d+\.xml", files[f"ppt/slides/_rels/slide{n}.xml.rels"])[0].decode()  # type: ignore[index]
        for n in (1,)
    )
    _into(files, f"ppt/slideLayouts/{layout}", _shape(62, _run(s("版式图形"))))
    _into(files, "ppt/slideLayouts/slideLayout2.xml", _shape(62, _run(s("未用版式图形"))))
    _into(files, "ppt/slideMasters/slideMaster1.xml", _shape(63, _run(s("母版图形"))))
    dgm = f'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" {_A}'
    files["ppt/diagrams/data1.xml"] = (
        f'<dgm:dataModel {dgm}><dgm:ptLst><dgm:pt modelId="1"><dgm:t><a:bodyPr/><a:p>{_run(s("示意图"))}</a:p></dgm:t></dgm:pt>'
        "</dgm:ptLst><dgm:cxnLst/></dgm:dataModel>"
    ).encode()
    files["ppt/diagrams/drawing1.xml"] = (
        f'<dsp:drawing xmlns:dsp="http://schemas.microsoft.com/office/drawing/2008/diagram" {_A}><dsp:txBody><a:p>'
        f"{_run(s('示意图副本'))}</a:p></dsp:txBody></dsp:drawing>"
    ).encode()
    for kind, tag in (("layout1", "layoutDef"), ("quickStyle1", "styleDef"), ("colors1", "colorsDef")):
        files[f"ppt/diagrams/{kind}.xml"] = f"<dgm:{tag} {dgm}/>".encode()
    files["ppt/comments/comment1.xml"] = (
        f'<p:cmLst xmlns:p="{P}"><p:cm authorId="0" idx="1"><p:pos x="1" y="1"/><p:text>{s("批注")}</p:text></p:cm></p:cmLst>'
    ).encode()
    files["ppt/commentAuthors.xml"] = (
        f'<p:cmAuthorLst xmlns:p="{P}"><p:cmAuthor id="0" name="{s("批注作者")}" initials="x"/></p:cmAuthorLst>'
    ).encode()
    files["ppt/tags/tag1.xml"] = (
        f'<p:tagLst xmlns:p="{P}"><p:tag name="{s("标签名")}" val="{s("标签值")}"/></p:tagLst>'.encode()
    )
    files["docProps/custom.xml"] = (
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
        'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><property fmtid="{0}" pid="2" '
        f'name="{s("自定义属性名")}"><vt:lpwstr>{s("自定义属性")}</vt:lpwstr></property></Properties>'
    ).encode()
    files["customXml/item1.xml"] = f"<x>{s('自定义XML')}</x>".encode()
    files["ppt/authors.xml"] = (
        '<p188:authorLst xmlns:p188="http://schemas.microsoft.com/office/powerpoint/2018/8/main"><p188:author '
        f'name="{s("新批注作者")}" userId="{s("用户号")}"/></p188:authorLst>'
    ).encode()
    files["ppt/changesInfos/changesInfo1.xml"] = (
        '<pc:chgInfo xmlns:pc="http://schemas.microsoft.com/office/powerpoint/2013/main/command"><pc:docChg '
        f'name="{s("改动者")}"/></pc:chgInfo>'
    ).encode()
    files["ppt/tableStyles.xml"] = (
        f'<a:tblStyleLst {_A} def="{{0}}"><a:tblStyle styleId="{{0}}" styleName="{s("表样式名")}"/></a:tblStyleLst>'.encode()
    )
    files["ppt/orphan.xml"] = f"<x>{s('孤立部件')}</x>".encode()
    name = "ppt/presentation.xml"
    section = (
        '<p:extLst><p:ext uri="{521415D9-36F7-43E2-AB2F-B90AF26B5E84}"><p14:sectionLst '
        f'xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main"><p14:section name="{s("节名")}" id="{{0}}"/>'
        "</p14:sectionLst></p:ext></p:extLst>"
    )
    files[name] = re.sub(rb"<p:extLst>.*?</p:extLst>", b"", files[name], flags=re.DOTALL)
    _into(
        files,
        name,
        f'<p:custShowLst><p:custShow name="{s("放映名")}" id="0"><p:sldLst/></p:custShow></p:custShowLst>',
        "<p:defaultTextStyle>",
    )
    files[name] = files[name].replace(b"<p:defaultTextStyle><p:custShow", b"<p:custShow")
    _into(files, name, section, "</p:presentation>")
    links = (
        ("rIdDm", f"{R}/diagramData", "../diagrams/data1.xml"),
        ("rIdDl", f"{R}/diagramLayout", "../diagrams/layout1.xml"),
        ("rIdDq", f"{R}/diagramQuickStyle", "../diagrams/quickStyle1.xml"),
        ("rIdDc", f"{R}/diagramColors", "../diagrams/colors1.xml"),
        ("rIdDd", "http://schemas.microsoft.com/office/2007/relationships/diagramDrawing", "../diagrams/drawing1.xml"),
        ("rIdCm", f"{R}/comments", "../comments/comment1.xml"),
        ("rIdTg", f"{R}/tags", "../tags/tag1.xml"),
    )
    more = "".join(f'<Relationship Id="{i}" Type="{kind}" Target="{target}"/>' for i, kind, target in links)
    _into(files, "ppt/slides/_rels/slide1.xml.rels", more, "</Relationships>")
    author = f'<Relationship Id="rIdAu" Type="{R}/commentAuthors" Target="commentAuthors.xml"/>'
    _into(files, "ppt/_rels/presentation.xml.rels", author, "</Relationships>")
    office = "application/vnd.openxmlformats-officedocument."
    types = {
        "ppt/comments/comment1.xml": f"{office}presentationml.comments+xml",
        "ppt/commentAuthors.xml": f"{office}presentationml.commentAuthors+xml",
        "ppt/tags/tag1.xml": f"{office}presentationml.tags+xml",
        "ppt/diagrams/data1.xml": f"{office}drawingml.diagramData+xml",
        "ppt/diagrams/layout1.xml": f"{office}drawingml.diagramLayout+xml",
        "ppt/diagrams/quickStyle1.xml": f"{office}drawingml.diagramStyle+xml",
        "ppt/diagrams/colors1.xml": f"{office}drawingml.diagramColors+xml",
        "docProps/custom.xml": f"{office}custom-properties+xml",
    }
    overrides = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in types.items())
    _into(files, "[Content_Types].xml", overrides, "</Types>")
