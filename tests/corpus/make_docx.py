# ruff: noqa: E501 - XML in one line a piece
"""A Word document that hides numbered secrets in every place we know of, among harmless sentences."""

from __future__ import annotations

import base64
import io
import re
import zipfile

from docx import Document
from docx.shared import Inches
from openpyxl import Workbook
from PIL import Image, PngImagePlugin

from tests.corpus.nasty import Nasty, Secrets

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OFFICE = "application/vnd.openxmlformats-officedocument."
_NS = (
    f'xmlns:w="{W}" xmlns:r="{R}" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:wpg="http://schemas.microsoft.com/office/word/2010/wordprocessingGroup"'
)
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_HIDDEN_PLACES = [
    "属性作者",
    "属性标题",
    "属性关键词",
    "属性修改者",
    "属性备注",
    "未启用首页页眉",
    "未启用偶数页脚",
    "隐藏文字",
    "样式隐藏",
    "图片元数据",
    "替代文字",
    "图题",
    "图名",
    "批注",
    "批注作者",
    "修订者",
    "修订删除",
    "修订删除制表",
    "移动名",
    "移走",
    "域代码",
    "简单域",
    "提示",
    "控件别名",
    "控件标记",
    "下拉项",
    "书签",
    "VML替代",
    "VML副本",
    "白字",
    "极小字",
    "自定义XML",
    "自定义属性名",
    "自定义属性",
    "构建块",
    "词汇",
    "人员",
    "单位",
    "目录",
    "文档变量",
    "孤立部件",
    "链接目标",
    "锚点",
    "压缩包注释",
    "部件名",
    "XML注释",
    "处理指令",
    "未知命名空间",
    "未引用脚注",
    "表单帮助",
    "表单默认值",
    "样式名",
    "图表公式",
    "示意图副本",
    "字体名",
    "隐藏行",
    "已删行",
    "智能标记",
    "关联数据",
    "rsid附近文字",
    "邮件合并",
    "gfx数据",
    "图表作者",
    "删除单元格",
    "格式修订作者",
    "旧式缩略",
    "域代码拆分",
    "条目注释",
    "目标路径",
    "编辑许可",
    "链接位置",
    "原编号",
    "近白字",
    "主题白字",
    "压扁字",
    "无填充字",
    "涂黑字",
    "黑底黑字",
    "黑底纹字",
    "组内形状名",
    "组内替代",
    "几何名",
    "形状标识",
    "形状链接",
    "图像题",
    "删去公式",
    "插后又删",
    "表题",
    "表说明",
    "占位部件",
    "附加模式",
    "题注名",
    "兼容值",
    "样式别名",
    "字体别名",
    "背景题",
    "控件名",
    "未知属性",
]


def paragraph(inner: str) -> str:
    return f"<w:p>{inner}</w:p>"


def run(text: str, properties: str = "") -> str:
    rpr = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{rpr}<w:t xml:space="preserve">{text}</w:t></w:r>'


def box(text: str, twin: str, alt: str, art: str) -> str:
    """A text box in both alternates, with VML word art in a picture of its own."""
    shape = (
        '<wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="1" behindDoc="0" locked="0" '
        'layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/><wp:positionH relativeFrom="column">'
        '<wp:posOffset>0</wp:posOffset></wp:positionH><wp:positionV relativeFrom="paragraph"><wp:posOffset>0'
        '</wp:posOffset></wp:positionV><wp:extent cx="2000000" cy="500000"/><wp:wrapSquare wrapText="bothSides"/>'
        '<wp:docPr id="77" name="文本框 1"/><a:graphic><a:graphicData '
        'uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp><wps:cNvSpPr txBox="1"/>'
        '<wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="2000000" cy="500000"/></a:xfrm><a:prstGeom prst="rect">'
        f"<a:avLst/></a:prstGeom></wps:spPr><wps:txbx><w:txbxContent>{paragraph(run(text))}</w:txbxContent></wps:txbx>"
        "<wps:bodyPr/></wps:wsp></a:graphicData></a:graphic></wp:anchor>"
    )
    return (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>{shape}</w:drawing></mc:Choice><mc:Fallback>'
        f'<w:pict><v:shape style="width:100pt;height:30pt" alt="{alt}"><v:textbox><w:txbxContent>'
        f"{paragraph(run(text))}{paragraph(run(twin))}</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback>"
        f'</mc:AlternateContent></w:r><w:r><w:pict><v:shape style="width:100pt;height:30pt"><v:textpath string="{art}"/>'
        "</v:shape></w:pict></w:r>"
    )


def field(code: tuple[str, ...], result: str, data: str = "") -> str:
    codes = "".join(f'<w:r><w:instrText xml:space="preserve">{piece}</w:instrText></w:r>' for piece in code)
    return (
        f'<w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar></w:r>{codes}'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def graphic(uri: str, inner: str) -> str:
    return (
        '<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="3000000" cy="2000000"/>'
        f'<wp:docPr id="91" name="图表 1"/><a:graphic><a:graphicData uri="{uri}">{inner}</a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r>"
    )


def build() -> Nasty:
    """Return the document. Places named in ``_HIDDEN_PLACES`` are not on the page."""
    s = Secrets("D")
    files = _base(s)
    document = files["word/document.xml"].decode()
    document = re.sub(
        r"<w:document [^>]*>", f'<w:document {_NS} mc:Ignorable="">'.replace(' mc:Ignorable=""', ""), document
    )
    at = document.rindex("<w:sectPr")
    body = document[:at].replace(
        "<w:body>",
        f'<w:background w:color="FFFFFF"><v:background id="b"><v:fill o:title="{s("背景题")}"/></v:background></w:background><w:body><!-- {s("XML注释")} --><?review {s("处理指令")}?><x:unknown xmlns:x="urn:unknown" x:note="{s("未知命名空间")}"/>',
    )
    files["word/document.xml"] = (body + _body(s) + document[at:]).encode()
    _parts(s, files)
    nested = {}
    files["word/embeddings/e1.xlsx"] = _workbook(nested, s)
    files["word/afchunk.htm"] = f"<html><meta charset=utf-8>{s('altChunk')}</html>".encode()
    nested |= {place: s.places[place] for place in ("altChunk", "图片元数据")}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if name == "word/document.xml":
                info.comment = s("条目注释").encode()
            archive.writestr(info, data)
        archive.writestr(f"word/media/{s('部件名')}.txt", b"")
        archive.comment = s("压缩包注释").encode()
    hidden = {p: v for p, v in s.places.items() if p in _HIDDEN_PLACES and p not in nested}
    shown = {p: v for p, v in s.places.items() if p not in hidden and p not in nested}
    return Nasty(out.getvalue(), shown, hidden, nested, _HARMLESS)


_HARMLESS = (
    "本文件自公布之日起施行。",
    "市人民政府办公室负责解释。",
    "切实做好保守国家秘密工作。",
    "会议于2024年3月召开。",
    "联系电话见附件。",
    "统计口径以年度报告为准。",
    "附件：项目清单",
    "公开范围：全体市民",
    "页脚第一行",
    "单位名称",
    "说明文字甲",
)


def _base(s: Secrets) -> dict[str, bytes]:
    document = Document()
    core = document.core_properties
    core.author, core.title, core.keywords = s("属性作者"), s("属性标题"), s("属性关键词")
    core.last_modified_by, core.comments = s("属性修改者"), s("属性备注")
    document.add_paragraph(_HARMLESS[0])
    split = document.add_paragraph()
    secret = s("正文拆分")
    split.add_run(_HARMLESS[1])
    for piece in (secret[:1], secret[1:3], secret[3:]):
        split.add_run(piece).bold = True
    split.add_run(_HARMLESS[2])
    table = document.add_table(3, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "单位名称", s("表格")
    inner = table.cell(1, 0).add_table(1, 1)
    inner.cell(0, 0).text = s("嵌套表")
    table.cell(1, 1).merge(table.cell(2, 1)).text = s("合并单元格")
    section = document.sections[0]
    section.header.paragraphs[0].text = s("页眉") + "市政府文件"
    section.footer.paragraphs[0].text = "页脚第一行"
    section.footer.add_paragraph(s("页脚"))
    section.first_page_header.paragraphs[0].text = s("未启用首页页眉")
    section.even_page_footer.paragraphs[0].text = s("未启用偶数页脚")
    section.different_first_page_header_footer = False
    document.add_paragraph().add_run(s("隐藏文字")).font.hidden = True
    style = document.styles.add_style(s("样式名"), 2)
    style.font.hidden = True
    document.add_paragraph().add_run(s("样式隐藏"), style=style)
    meta = PngImagePlugin.PngInfo()
    meta.add_text("Comment", s("图片元数据"))
    picture = io.BytesIO()
    Image.new("RGB", (60, 30), "red").save(picture, "PNG", pnginfo=meta)
    picture.seek(0)
    document.add_picture(picture, width=Inches(1))
    drawn = document.element.body.xpath(".//wp:docPr")[0]
    drawn.set("descr", s("替代文字"))
    drawn.set("title", s("图题"))
    drawn.set("name", s("图名"))
    document.add_comment(document.paragraphs[0].runs, text=s("批注"), author=s("批注作者"), initials="AA")
    out = io.BytesIO()
    document.save(out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _body(s: Secrets) -> str:
    author = s("修订者")
    p = [
        f'<w:ins w:id="900" w:author="{author}" w:date="2024-01-01T00:00:00Z">{run(s("修订插入"))}</w:ins>'
        f'<w:del w:id="901" w:author="x"><w:r><w:delText>{s("修订删除")}</w:delText></w:r></w:del>{run(_HARMLESS[3])}',
        f'<w:del w:id="902" w:author="x"><w:r><w:tab/><w:delText>{s("修订删除制表")}</w:delText></w:r></w:del>',
        f'<w:moveFromRangeStart w:id="910" w:name="{s("移动名")}" w:author="x"/><w:moveFrom w:id="911" w:author="x">'
        f'{run(s("移走"))}</w:moveFrom><w:moveFromRangeEnd w:id="910"/>',
        f'<w:moveTo w:id="912" w:author="x">{run(s("移入"))}</w:moveTo>',
        field((' HYPERLINK "http://x/', s("域代码")[:3], s.places["域代码"][3:] + '" '), run(s("域结果"))),
        field((f" IF 1=1 &quot;{s('域代码拆分')}&quot; ",), run(_HARMLESS[4])),
        field(
            (" FORMTEXT ",),
            run("填写内容"),
            f'<w:ffData><w:name w:val="t1"/><w:enabled/><w:helpText w:type="text" w:val="{s("表单帮助")}"/>'
            f'<w:textInput><w:default w:val="{s("表单默认值")}"/></w:textInput></w:ffData>',
        ),
        f'<w:fldSimple w:instr=" DOCPROPERTY {s("简单域")} ">{run("简单域结果")}</w:fldSimple>'
        f'<w:hyperlink r:id="rIdH" w:tooltip="{s("提示")}">{run(s("链接文字"))}</w:hyperlink>'
        f'<w:hyperlink w:anchor="{s("锚点")}">{run("内部链接")}</w:hyperlink>',
        f'<w:bookmarkStart w:id="50" w:name="{s("书签")}"/>{run(_HARMLESS[5])}<w:bookmarkEnd w:id="50"/>',
        run("前文") + box(s("文本框"), s("VML副本"), s("VML替代"), s("艺术字")) + run("后文"),
        f"<m:oMathPara><m:oMath><m:r><m:t>{s('公式')}</m:t></m:r></m:oMath></m:oMathPara>",
        f"<w:r><w:ruby><w:rubyPr/><w:rt>{run(s('拼音'))}</w:rt><w:rubyBase>{run(s('注音字'))}</w:rubyBase></w:ruby></w:r>",
        '<w:r><w:t>带脚注</w:t><w:footnoteReference w:id="5"/></w:r><w:r><w:t>带尾注</w:t><w:endnoteReference w:id="5"/></w:r>'
        '<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>',
        '<w:r><w:object><o:OLEObject Type="Embed" ProgID="Excel.Sheet.12" ShapeID="s1" DrawAspect="Content" '
        'ObjectID="_1" r:id="rIdO"/></w:object></w:r>',
        run(s("白字"), '<w:color w:val="FFFFFF"/>') + run(s("极小字"), '<w:sz w:val="2"/>') + run(_HARMLESS[6]),
        run(s("底纹白字"), '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="003366"/>'),
        _glyphs(s("夹特殊字符")),
        f'<w:smartTag w:uri="urn:x" w:element="{s("智能标记")}">{run("智能标记内文")}</w:smartTag>',
        graphic("http://schemas.openxmlformats.org/drawingml/2006/chart", '<c:chart r:id="rIdCh"/>'),
        graphic(
            "http://schemas.openxmlformats.org/drawingml/2006/diagram",
            '<dgm:relIds r:dm="rIdDm" r:lo="rIdDl" r:qs="rIdDq" r:cs="rIdDc"/>',
        ),
        f'<w:pPr><w:rPr><w:ins w:id="930" w:author="x"/><w:rPrChange w:id="931" w:author="{s("格式修订作者")}"><w:rPr/>'
        f"</w:rPrChange></w:rPr></w:pPr>{run(_HARMLESS[7])}",
        f'<w:r><w:pict><v:rect style="width:10pt;height:10pt" o:gfxdata="{_gfx(s("gfx数据"))}"/></w:pict></w:r>',
        run("字体", f'<w:rFonts w:eastAsia="{s("字体名")}"/>') + run("仿宋字", '<w:rFonts w:eastAsia="仿宋_GB2312"/>'),
        '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="77"/></w:numPr></w:pPr>' + run("编号段落"),
    ]
    p += _more(s)
    control = (
        f'<w:sdt><w:sdtPr><w:placeholder><w:docPart w:val="{s("占位部件")}"/></w:placeholder><w:alias w:val="{s("控件别名")}"/><w:tag w:val="{s("控件标记")}"/>'
        f'<w:dataBinding w:xpath="/root[1]/{s("关联数据")}" w:storeItemID="{{}}"/><w:dropDownList><w:listItem '
        f'w:displayText="{s("下拉项")}" w:value="v"/></w:dropDownList></w:sdtPr><w:sdtContent>'
        f"{paragraph(run(s('控件内容')))}</w:sdtContent></w:sdt>"
    )
    cell = "<w:tc><w:tcPr>{mark}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"
    rows = "".join(
        f"<w:tr><w:trPr>{mark}</w:trPr>{cell.format(mark=inner, text=text)}{cell.format(mark='', text=other)}</w:tr>"
        for mark, inner, text, other in (
            ("", "", _HARMLESS[10], s("两段单元格") + "</w:t></w:r></w:p><w:p><w:r><w:t>第二段"),
            ("<w:hidden/>", "", s("隐藏行"), ""),
            ('<w:del w:id="940" w:author="x"/>', "", s("已删行"), "已删"),
            ("", '<w:cellDel w:id="941" w:author="x"/>', s("删除单元格"), "保留单元格"),
        )
    )
    rows += f"<w:sdt><w:sdtContent><w:tr>{cell.format(mark='', text=s('控件里的行'))}</w:tr></w:sdtContent></w:sdt>"
    about = f'<w:tblCaption w:val="{s("表题")}"/><w:tblDescription w:val="{s("表说明")}"/>'
    table = f"<w:tbl><w:tblPr>{about}</w:tblPr><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid>{rows}</w:tbl>"
    return "".join(paragraph(inner) for inner in p) + control + table + '<w:altChunk r:id="rIdA"/>'


def _more(s: Secrets) -> list[str]:
    """Paragraphs with text of the colour behind it, groups, words in properties, edits inside edits."""
    group = (
        "<wpg:wgp><wpg:cNvGrpSpPr/><wpg:grpSpPr/><wps:wsp>"
        f'<wps:cNvPr id="3" name="{s("组内形状名")}" descr="{s("组内替代")}"/><wps:cNvSpPr txBox="1"/><wps:spPr><a:custGeom>'
        f'<a:gdLst><a:gd name="{s("几何名")}" fmla="val 1"/></a:gdLst></a:custGeom></wps:spPr><wps:txbx><w:txbxContent>'
        f"{paragraph(run(s('组内文字')))}</w:txbxContent></wps:txbx><wps:bodyPr/></wps:wsp></wpg:wgp>"
    )
    return [
        f'<w:permStart w:id="60" w:ed="{s("编辑许可")}"/>{run("许可文字")}<w:permEnd w:id="60"/>',
        f'<w:hyperlink w:anchor="_Toc1" w:docLocation="{s("链接位置")}">{run("链接甲")}</w:hyperlink>',
        f'<w:pPr><w:numPr><w:numberingChange w:id="61" w:author="a" w:original="{s("原编号")}"/></w:numPr></w:pPr>',
        run(s("近白字"), '<w:color w:val="FEFEFE"/>') + run(s("压扁字"), '<w:w w:val="1"/>'),
        run(s("主题白字"), '<w:color w:val="auto" w:themeColor="background1"/>'),
        run(s("无填充字"), "<w14:textFill><w14:noFill/></w14:textFill>"),
        run("中标人") + run(s("涂黑字"), '<w:highlight w:val="black"/>') + run("，金额见公告。"),
        run(s("黑底黑字"), '<w:color w:val="000000"/><w:highlight w:val="black"/>'),
        run(s("黑底纹字"), '<w:color w:val="000000"/><w:shd w:val="clear" w:fill="000000"/>'),
        graphic("http://schemas.microsoft.com/office/word/2010/wordprocessingGroup", group),
        f'<w:r><w:pict><v:shape id="{s("形状标识")}" href="{s("形状链接")}"><v:imagedata o:title="{s("图像题")}"/></v:shape>'
        "</w:pict></w:r>",
        f'<w:del w:id="62" w:author="x"><m:oMath><m:r><m:t>{s("删去公式")}</m:t></m:r></m:oMath></w:del>',
        f'<w:ins w:id="63" w:author="x"><w:del w:id="64" w:author="y"><w:r><w:delText>{s("插后又删")}</w:delText></w:r></w:del></w:ins>',
        f"<m:oMath><m:f><m:num><m:r><m:t>{s('分子')}</m:t></m:r></m:num><m:den><m:r><m:t>甲</m:t></m:r></m:den></m:f></m:oMath>",
        f'<w:r><w:object><w:control w:name="{s("控件名")}" w:shapeid="s" r:id="rIdX8"/></w:object></w:r>',
        f'<w:r w14:custom="{s("未知属性")}"><w:t>属性字</w:t></w:r>',
    ]


def _glyphs(secret: str) -> str:
    """A secret with a hyphen, a tab and a break inside: the reader sees 密-文<tab>…"""
    return (
        f"<w:r><w:t>{secret[0]}</w:t><w:noBreakHyphen/><w:t>{secret[1:3]}</w:t><w:tab/><w:t>{secret[3:]}</w:t><w:br/>"
        "<w:t>换行后</w:t></w:r>"
    )


def _gfx(secret: str) -> str:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("drs/shapexml.xml", f"<x>{secret}</x>" + " " * 400)
    return base64.b64encode(out.getvalue()).decode()


def _note(kind: str, first: str, orphan: str = "") -> bytes:
    tag = kind[:-1]
    more = f'<w:{tag} w:id="9">{paragraph(run(orphan))}</w:{tag}>' if orphan else ""
    return (
        f'{_HEAD}<w:{kind} {_NS}><w:{tag} w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:{tag}>'
        f'<w:{tag} w:id="5">{paragraph(run(first))}</w:{tag}>{more}</w:{kind}>'
    ).encode()


def _workbook(nested: dict[str, str], s: Secrets) -> bytes:
    book = Workbook()
    book.active["A1"] = nested["嵌入工作簿"] = s("嵌入工作簿")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _parts(s: Secrets, files: dict[str, bytes]) -> None:
    vt = 'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"'
    files["word/footnotes.xml"] = _note("footnotes", s("脚注"), s("未引用脚注"))
    files["word/endnotes.xml"] = _note("endnotes", s("尾注"))
    files["customXml/item1.xml"] = f'<root xmlns="urn:x"><name>{s("自定义XML")}</name></root>'.encode()
    files["docProps/custom.xml"] = (
        f'{_HEAD}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" {vt}><property '
        f'fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="{s("自定义属性名")}"><vt:lpwstr>{s("自定义属性")}'
        "</vt:lpwstr></property></Properties>"
    ).encode()
    files["word/glossary/document.xml"] = (
        f'{_HEAD}<w:glossaryDocument {_NS}><w:docParts><w:docPart><w:docPartPr><w:name w:val="{s("构建块")}"/></w:docPartPr>'
        f"<w:docPartBody>{paragraph(run(s('词汇')))}</w:docPartBody></w:docPart></w:docParts></w:glossaryDocument>"
    ).encode()
    files["word/people.xml"] = (
        f'{_HEAD}<w15:people xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"><w15:person '
        f'w15:author="{s("人员")}"/></w15:people>'
    ).encode()
    files["docProps/app.xml"] = files["docProps/app.xml"].replace(
        b"</Properties>",
        f'<Company>{s("单位")}</Company><TitlesOfParts><vt:vector {vt} size="1" baseType="lpstr"><vt:lpstr>{s("目录")}'
        "</vt:lpstr></vt:vector></TitlesOfParts></Properties>".encode(),
    )
    files["word/settings.xml"] = files["word/settings.xml"].replace(
        b"</w:settings>",
        f'<w:attachedSchema w:val="{s("附加模式")}"/><w:captions><w:caption w:name="{s("题注名")}"/></w:captions><w:compat>'
        f'<w:compatSetting w:name="n" w:uri="u" w:val="{s("兼容值")}"/></w:compat>'
        f'<w:mailMerge><w:query w:val="SELECT {s("邮件合并")}"/></w:mailMerge><w:docVars><w:docVar w:name="v" '
        f'w:val="{s("文档变量")}"/></w:docVars></w:settings>'.encode(),
    )
    files["word/styles.xml"] = files["word/styles.xml"].replace(
        b"</w:styles>",
        f'<w:style w:type="paragraph" w:styleId="Zz1"><w:name w:val="x1"/><w:aliases w:val="{s("样式别名")}"/></w:style>'
        "</w:styles>".encode(),
    )
    files["word/fontTable.xml"] = files["word/fontTable.xml"].replace(
        b"</w:fonts>",
        f'<w:font w:name="楷体"><w:altName w:val="{s("字体别名")}"/></w:font></w:fonts>'.encode(),
    )
    files["word/numbering.xml"] = files["word/numbering.xml"].replace(
        b"</w:numbering>",
        b"",
    )
    abstract = (
        f'<w:abstractNum w:abstractNumId="77"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
        f'<w:lvlText w:val="{s("自动编号")}%1"/></w:lvl></w:abstractNum>'
    ).encode()
    numbering = files["word/numbering.xml"]
    first = numbering.index(b"<w:num ") if b"<w:num " in numbering else len(numbering)
    files["word/numbering.xml"] = (
        numbering[:first]
        + abstract
        + numbering[first:]
        + b'<w:num w:numId="77"><w:abstractNumId w:val="77"/></w:num></w:numbering>'
    )
    files["word/charts/chart1.xml"] = _chart(s)
    files["word/diagrams/data1.xml"] = (
        f'{_HEAD}<dgm:dataModel {_NS}><dgm:ptLst><dgm:pt modelId="1"><dgm:t><a:bodyPr/><a:p><a:r><a:t>{s("示意图")}</a:t></a:r>'
        "</a:p></dgm:t></dgm:pt></dgm:ptLst><dgm:cxnLst/></dgm:dataModel>"
    ).encode()
    files["word/diagrams/drawing1.xml"] = (
        f'{_HEAD}<dsp:drawing xmlns:dsp="http://schemas.microsoft.com/office/drawing/2008/diagram" {_NS}><dsp:txBody><a:p>'
        f"<a:r><a:t>{s('示意图副本')}</a:t></a:r></a:p></dsp:txBody></dsp:drawing>"
    ).encode()
    for kind, tag in (("layout1", "layoutDef"), ("quickStyle1", "styleDef"), ("colors1", "colorsDef")):
        files[f"word/diagrams/{kind}.xml"] = f'{_HEAD}<dgm:{tag} {_NS} uniqueId="urn:x"/>'.encode()
    files["orphan/left.xml"] = f"<x>{s('孤立部件')}</x>".encode()
    _links(s, files)


def _chart(s: Secrets) -> bytes:
    def cache(kind: str, values: tuple[str, ...]) -> str:
        points = "".join(f'<c:pt idx="{i}"><c:v>{v}</c:v></c:pt>' for i, v in enumerate(values))
        return f'<c:{kind}Cache><c:ptCount val="{len(values)}"/>{points}</c:{kind}Cache>'

    return (
        f"{_HEAD}<c:chartSpace {_NS}><c:chart><c:title><c:tx><c:rich><a:bodyPr/><a:p><a:r><a:t>{s('图表标题')}</a:t></a:r></a:p>"
        '</c:rich></c:tx></c:title><c:plotArea><c:layout/><c:barChart><c:barDir val="col"/><c:grouping val="clustered"/>'
        f'<c:ser><c:idx val="0"/><c:order val="0"/><c:tx><c:strRef><c:f>{s("图表公式")}!$B$1</c:f>{cache("str", (s("图表系列"),))}'
        f"</c:strRef></c:tx><c:cat><c:strRef><c:f>Sheet1!$A$2:$A$3</c:f>{cache('str', (s('图表类别'), '公开类别'))}</c:strRef></c:cat>"
        f"<c:val><c:numRef><c:f>Sheet1!$B$2:$B$3</c:f>{cache('num', ('12.5', '7'))}</c:numRef></c:val></c:ser>"
        '<c:axId val="1"/><c:axId val="2"/></c:barChart><c:catAx><c:axId val="1"/><c:scaling/><c:delete val="0"/>'
        '<c:axPos val="b"/><c:crossAx val="2"/></c:catAx><c:valAx><c:axId val="2"/><c:scaling/><c:delete val="0"/>'
        '<c:axPos val="l"/><c:crossAx val="1"/></c:valAx></c:plotArea></c:chart></c:chartSpace>'
    ).encode()


def _links(s: Secrets, files: dict[str, bytes]) -> None:
    kinds = (
        ("rIdA", "aFChunk", "afchunk.htm"),
        ("rIdO", "package", "embeddings/e1.xlsx"),
        ("rIdF", "footnotes", "footnotes.xml"),
        ("rIdE", "endnotes", "endnotes.xml"),
        ("rIdG", "glossaryDocument", "glossary/document.xml"),
        ("rIdC", "customXml", "../customXml/item1.xml"),
        ("rIdCh", "chart", "charts/chart1.xml"),
        ("rIdDm", "diagramData", "diagrams/data1.xml"),
        ("rIdDl", "diagramLayout", "diagrams/layout1.xml"),
        ("rIdDq", "diagramQuickStyle", "diagrams/quickStyle1.xml"),
        ("rIdDc", "diagramColors", "diagrams/colors1.xml"),
    )
    more = "".join(f'<Relationship Id="{i}" Type="{R}/{kind}" Target="{target}"/>' for i, kind, target in kinds)
    more += (
        f'<Relationship Id="rIdH" Type="{R}/hyperlink" Target="http://gov.cn/{s("链接目标")}" TargetMode="External"/>'
        f'<Relationship Id="rIdT" Type="{R}/attachedTemplate" Target="file:///D:/{s("目标路径")}.dotx" TargetMode="External"/>'
        '<Relationship Id="rIdP" Type="http://schemas.microsoft.com/office/2011/relationships/people" Target="people.xml"/>'
        '<Relationship Id="rIdDd" Type="http://schemas.microsoft.com/office/2007/relationships/diagramDrawing" '
        'Target="diagrams/drawing1.xml"/>'
    )
    name = "word/_rels/document.xml.rels"
    files[name] = files[name].replace(b"</Relationships>", more.encode() + b"</Relationships>")
    files["_rels/.rels"] = files["_rels/.rels"].replace(
        b"</Relationships>",
        f'<Relationship Id="rIdCu" Type="{R}/custom-properties" Target="docProps/custom.xml"/></Relationships>'.encode(),
    )
    word, draw = f"{OFFICE}wordprocessingml.", f"{OFFICE}drawingml."
    types = {
        "word/footnotes.xml": f"{word}footnotes+xml",
        "word/endnotes.xml": f"{word}endnotes+xml",
        "word/glossary/document.xml": f"{word}document.glossary+xml",
        "word/people.xml": f"{word}people+xml",
        "docProps/custom.xml": f"{OFFICE}custom-properties+xml",
        "word/charts/chart1.xml": f"{draw}chart+xml",
        "word/diagrams/data1.xml": f"{draw}diagramData+xml",
        "word/diagrams/layout1.xml": f"{draw}diagramLayout+xml",
        "word/diagrams/quickStyle1.xml": f"{draw}diagramStyle+xml",
        "word/diagrams/colors1.xml": f"{draw}diagramColors+xml",
    }
    overrides = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in types.items())
    defaults = (
        '<Default Extension="htm" ContentType="text/html"/>'
        f'<Default Extension="xlsx" ContentType="{OFFICE}spreadsheetml.sheet"/>'
    )
    files["[Content_Types].xml"] = files["[Content_Types].xml"].replace(
        b"</Types>", (defaults + overrides + "</Types>").encode()
    )
