# ruff: noqa: E501 - XML in one line a piece
"""A workbook that hides numbered secrets in every place we know of, among harmless cells."""

from __future__ import annotations

import io
import re
import zipfile

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.colors import Color
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableStyleInfo

from tests.corpus.nasty import Nasty, Secrets

R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_HARMLESS = (
    "年度预算公开表",
    "单位名称",
    "本级支出",
    "2024年3月5日",
    "12.5",
    "合计",
    "说明：单位为万元",
    "TRUE",
    "保留的富文本",
    "白字深底",
)
_SHOWN = [
    "单元格",
    "共享重复",
    "富文本",
    "内联",
    "表名",
    "第二表名",
    "页眉",
    "页脚",
    "图形文字",
    "图表标题",
    "图表系列",
    "图表类别",
    "合并单元格",
    "转义",
    "公式结果",
    "数字",
    "日期",
    "错误单元格",
    "表列名",
]

#: text that nobody reads: place, font, colour of the fill
_UNREADABLE: list[tuple[str, dict[str, object], str]] = [
    ("涂黑格", {}, "FF000000"),
    ("黑字黑底", {"color": "FF000000"}, "FF0A0A0A"),
    ("红字红底", {"color": "FFFF0000"}, "FFFF0000"),
    ("近白字", {"color": "FFFEFEFE"}, ""),
    ("主题白字", {"color": Color(theme=0)}, ""),
    ("一磅字", {"size": 1}, ""),
]


def build(*, far: bool = True) -> Nasty:
    """Return the workbook. Places in ``_SHOWN`` are on the page; the others are not. ``far``: one cell at XFD1048576."""
    s = Secrets("X")
    files = _base(s)
    share_strings(files, f"<si><t>{s('孤儿字符串')}</t></si>")
    _sheet_parts(s, files, "XFD1048576" if far else "F19")
    _book_parts(s, files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.comment = s("压缩包注释").encode()
    shown = {place: value for place, value in s.places.items() if place in _SHOWN}
    hidden = {place: value for place, value in s.places.items() if place not in shown}
    return Nasty(out.getvalue(), shown, hidden, {}, _HARMLESS)


def _base(s: Secrets) -> dict[str, bytes]:
    book = Workbook()
    sheet = book.active
    sheet.title = s("表名")
    sheet["A1"], sheet["A2"], sheet["B2"] = _HARMLESS[0], _HARMLESS[1], s("单元格")
    sheet["A3"], sheet["B3"] = s("共享重复"), s.places["共享重复"]
    sheet["A4"], sheet["B4"] = _HARMLESS[2], 12.5
    sheet["A5"] = f'=CONCATENATE("{s("公式文本")}",A1)'
    sheet["A6"] = 45356
    sheet["A6"].number_format = 'yyyy"年"m"月"d"日"'
    sheet.column_dimensions["A"].width = 30
    sheet["A7"] = 5
    sheet["A7"].number_format = f'"{s("数字格式")}"0'
    sheet["A8"] = s("三分号")
    sheet["A8"].number_format = ";;;"
    sheet["A9"] = s("隐藏行")
    sheet.row_dimensions[9].hidden = True
    sheet["H1"] = s("隐藏列")
    sheet.column_dimensions["H"].hidden = True
    sheet["A10"] = s("白字")
    sheet["A10"].font = Font(color="FFFFFFFF", name=s("字体名"))
    for row, (place, font, fill) in enumerate(_UNREADABLE, 30):
        cell = sheet.cell(row, 1, s(place))
        cell.font = Font(**font)
        cell.fill = PatternFill("solid", fgColor=fill) if fill else PatternFill()
    sheet["A36"] = s("空格式")
    sheet["A36"].number_format = '"";"";"";""'
    sheet["A37"] = s("极矮行")
    sheet.row_dimensions[37].height = 0.5
    sheet["A38"] = "白字深底"
    sheet["A38"].font, sheet["A38"].fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF003366")
    sheet["A11"] = s("合并单元格")
    sheet["B12"] = "占位"
    sheet.merge_cells("A11:B12")
    sheet["A13"], sheet["B13"] = True, _HARMLESS[5]
    sheet["A14"], sheet["B14"] = _HARMLESS[6], 110101199003071000
    sheet["B1"].comment = Comment(s("批注"), s("批注作者"))
    sheet["C2"].hyperlink = f"http://x/{s('链接地址')}"
    sheet["C2"] = "链接文字"
    sheet["C2"].hyperlink.tooltip = s("链接提示")
    sheet["C2"].hyperlink.display = s("链接显示名")
    check = DataValidation(
        type="list", formula1=f'"{s("验证选项")},乙"', promptTitle=s("验证标题"), prompt=s("验证提示")
    )
    check.error = s("验证错误")
    sheet.add_data_validation(check)
    check.add("C1")
    sheet.oddHeader.center.text, sheet.oddFooter.left.text = s("页眉"), s("页脚")
    sheet.firstHeader.center.text = s("未启用首页页眉")
    sheet["D1"], sheet["E1"] = "类别", s("图表系列")
    sheet["D2"], sheet["E2"] = s("图表类别"), 3
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=5, min_row=1, max_row=2), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=4, min_row=2))
    chart.title = s("图表标题")
    sheet.add_chart(chart, "J20")
    second = book.create_sheet(s("第二表名"))
    second["A1"], second["B1"] = "甲列", s("表列名")
    second["A2"], second["B2"] = "值", "值"
    table = Table(displayName="表格" + s("表格名"), ref="A1:B2")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleMedium9", showRowStripes=True)
    second.add_table(table)
    hidden = book.create_sheet(s("隐藏表名"))
    hidden.sheet_state = "hidden"
    hidden["A1"] = s("隐藏表单元格")
    very = book.create_sheet(s("极隐藏表名"))
    very.sheet_state = "veryHidden"
    very["A1"] = s("极隐藏单元格")
    defined = "名称" + s("定义名称")
    book.defined_names[defined] = DefinedName(defined, attr_text=f'"{s("名称常量")}"')
    core = book.properties
    core.creator, core.title, core.description = s("属性作者"), s("属性标题"), s("属性备注")
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def share_strings(files: dict[str, bytes], more: str = "") -> None:
    """Move inline strings to a shared string table, as Excel stores them."""
    table: dict[str, int] = {}

    def shared(match: re.Match[str]) -> str:
        return f'{match[1]} t="s"><v>{table.setdefault(match[2], len(table))}</v></c>'

    for name in [n for n in files if n.startswith("xl/worksheets/sheet")]:
        inline = r'(<c [^>]*?) t="inlineStr"><is>(<t[^>]*>[^<]*</t>)</is></c>'
        files[name] = re.sub(inline, shared, files[name].decode()).encode()
    items = "".join(f"<si>{text}</si>" for text in table) + more
    files["xl/sharedStrings.xml"] = f'<sst xmlns="{S}">{items}</sst>'.encode()
    rels = "xl/_rels/workbook.xml.rels"
    if b"/sharedStrings" not in files[rels]:
        link = f'<Relationship Id="rIdS" Type="{R}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
        files[rels] = files[rels].replace(b"</Relationships>", link.encode())
        kind = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_OFFICE}sharedStrings+xml"/></Types>'
        files["[Content_Types].xml"] = files["[Content_Types].xml"].replace(b"</Types>", kind.encode())


def _sheet_parts(s: Secrets, files: dict[str, bytes], last: str) -> None:
    name = "xl/worksheets/sheet1.xml"
    sheet = files[name].decode()
    rich = (
        f'<is><r><t>保留的</t></r><r><rPr><b/></rPr><t>富文本</t></r><rPh sb="0" eb="1"><t>{s("注音")}</t></rPh></is>'
    )
    secret = s("富文本")
    split = f"<is><r><rPr><b/></rPr><t>{secret[:2]}</t></r><r><t>{secret[2:]}</t></r></is>"
    escape = s("转义")
    coded = f"_x{ord(escape[0]):04X}_{escape[1:]}"
    rows = (
        f'<row r="15"><c r="A15" t="inlineStr">{rich}</c><c r="B15" t="inlineStr">{split}</c></row>'
        f'<row r="16"><c r="A16" t="inlineStr"><is><t>{s("内联")}</t></is></c><c r="B16" t="str"><f>UPPER("{s("公式字面")}")</f>'
        f'<v>{s("公式结果")}</v></c></row><row r="17"><c r="A17" t="inlineStr"><is><t>{coded}</t></is></c>'
        f'<c r="B17" t="e"><v>{s("错误单元格")}</v></c><!-- {s("行内注释")} --></row>'
        f'<row r="18"><c r="A18" t="d"><v>{s("日期")}</v></c><c r="B18"><v>1</v><x:y xmlns:x="urn:x">{s("单元格外来元素")}</x:y></c></row>'
        f'<row r="{last.lstrip("XFD")}"><c r="{last}" t="inlineStr"><is><t>{s("数字")}</t></is></c></row>'
    )
    sheet = sheet.replace("</sheetData>", rows + "</sheetData>")
    sheet = re.sub(r"<dimension[^>]*/>", '<dimension ref="A1:A1"/>', sheet)
    sheet = sheet.replace(
        "<mergeCells",
        f'<scenarios><scenario name="{s("方案名")}"><inputCells r="A1" val="{s("方案值")}"/></scenario></scenarios><mergeCells',
    )
    sheet = sheet.replace(
        "</sheetData>",
        f'</sheetData><protectedRanges><protectedRange name="{s("保护区名")}" sqref="A1" securityDescriptor="{s("安全描述")}"/>'
        f'</protectedRanges><autoFilter ref="A1:B3"><filterColumn colId="0"><filters><filter val="{s("筛选值")}"/></filters>'
        f'</filterColumn><filterColumn colId="1"><customFilters><customFilter val="{s("自定筛选")}"/></customFilters></filterColumn>'
        f'</autoFilter><sortState ref="A1:A3"><sortCondition ref="A1" customList="{s("自定排序")}"/></sortState>',
        1,
    )
    more = (
        f'<conditionalFormatting sqref="A1"><cfRule type="containsText" priority="1" text="{s("条件文字")}"><formula>'
        f'NOT(ISERROR(SEARCH("{s("条件公式")}",A1)))</formula></cfRule></conditionalFormatting>'
    )
    last_words = (
        f'<smartTags><cellSmartTags r="A1"><cellSmartTag type="0"><cellSmartTagPr key="k" val="{s("智能值")}"/></cellSmartTag>'
        f'</cellSmartTags></smartTags><webPublishItems><webPublishItem id="1" divId="d" title="{s("网页题")}"/></webPublishItems>'
        '<extLst><ext uri="{05C60535-1F16-4fd2-B633-F4F36F0B64E0}"><x14:sparklineGroups xmlns:x14="http://schemas.microsoft.com/'
        'office/spreadsheetml/2009/9/main" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:sparklineGroup>'
        f"<xm:f>{s('迷你图式')}!A1</xm:f></x14:sparklineGroup></x14:sparklineGroups></ext></extLst></worksheet>"
    )
    sheet = sheet.replace("<dataValidations", more + "<dataValidations", 1).replace("</worksheet>", last_words)
    sheet = sheet.replace("<sheetPr>", f'<sheetPr codeName="{s("代码名")}">', 1)
    covered = f'<row r="12"><c r="B12" t="inlineStr"><is><t>{s("合并遮住")}</t></is></c></row>'
    sheet = sheet.replace('<row r="12"></row>', covered)
    files[name] = sheet.encode()
    drawing = "xl/drawings/drawing1.xml"
    shape = (
        '<xdr:oneCellAnchor xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff>'
        '<xdr:row>1</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext cx="900000" cy="300000"/><xdr:sp macro="" textlink="">'
        '<xdr:nvSpPr><xdr:cNvPr id="9{k}" name="{name}" descr="{descr}" {hidden}/><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr/><xdr:txBody>'
        "<a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></xdr:txBody></xdr:sp><xdr:clientData/></xdr:oneCellAnchor>"
    )
    shapes = shape.format(k=1, name=s("图形名"), descr=s("替代文字"), hidden="", text=s("图形文字")) + shape.format(
        k=2, name="矩形 2", descr="", hidden='hidden="1"', text=s("隐藏图形文字")
    )
    files[drawing] = re.sub(rb"(</(?:xdr:)?wsDr>)", lambda m: shapes.encode() + m[1], files[drawing])


def _book_parts(s: Secrets, files: dict[str, bytes]) -> None:
    files["xl/externalLinks/externalLink1.xml"] = (
        f'<externalLink xmlns="{S}" xmlns:r="{R}"><externalBook r:id="rId1"><sheetNames><sheetName val="{s("外部表名")}"/>'
        f'</sheetNames><sheetDataSet><sheetData sheetId="0"><row r="1"><cell r="A1" t="str"><v>{s("外部缓存")}</v></cell></row>'
        "</sheetData></sheetDataSet></externalBook></externalLink>"
    ).encode()
    files["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{R}/externalLinkPath" Target="file:///D:/{s("外部路径")}.xlsx" TargetMode="External"/></Relationships>'
    ).encode()
    files["xl/pivotCache/pivotCacheDefinition1.xml"] = (
        f'<pivotCacheDefinition xmlns="{S}" refreshedBy="{s("刷新者")}"><cacheSource type="worksheet"><worksheetSource ref="A1:A2" '
        f'sheet="{s("透视源表")}"/></cacheSource><cacheFields count="1"><cacheField name="{s("透视字段")}"><sharedItems count="1">'
        f'<s v="{s("透视缓存")}"/></sharedItems></cacheField></cacheFields></pivotCacheDefinition>'
    ).encode()
    files["xl/connections.xml"] = (
        f'<connections xmlns="{S}"><connection id="1" name="{s("连接名")}" type="1"><dbPr connection="DSN={s("连接串")}" '
        f'command="select {s("查询语句")}"/></connection></connections>'
    ).encode()
    files["xl/threadedComments/threadedComment1.xml"] = (
        '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"><threadedComment '
        f'ref="A1"><text>{s("对话批注")}</text></threadedComment></ThreadedComments>'
    ).encode()
    files["xl/persons/person.xml"] = (
        '<personList xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"><person '
        f'displayName="{s("人员")}" id="{{0}}"/></personList>'
    ).encode()
    files["customXml/item1.xml"] = f'<root xmlns="urn:x">{s("自定义XML")}</root>'.encode()
    files["xl/revisions/revisionLog1.xml"] = (
        f'<revisions xmlns="{S}"><rcc rId="1" sId="1"><oc r="A1" t="inlineStr"><is><t>{s("共享修订旧值")}</t></is></oc></rcc></revisions>'
    ).encode()
    files["xl/ctrlProps/ctrlProp1.xml"] = (
        '<formControlPr xmlns="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" objectType="List">'
        f'<itemLst><item val="{s("控件项")}"/></itemLst></formControlPr>'
    ).encode()
    files["xl/slicers/slicer1.xml"] = (
        '<slicers xmlns="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"><slicer name="x" '
        f'caption="{s("切片题")}" cache="c"/></slicers>'
    ).encode()
    files["xl/metadata.xml"] = (
        f'<metadata xmlns="{S}"><metadataStrings><s v="{s("元数据串")}"/></metadataStrings></metadata>'.encode()
    )
    files["xl/orphan.xml"] = f"<x>{s('孤立部件')}</x>".encode()
    files["xl/vbaProject.bin"] = b"\xd0\xcf\x11\xe0 macros"
    name = "xl/_rels/workbook.xml.rels"
    kinds = (
        ("rIdX", f"{R}/externalLink", "externalLinks/externalLink1.xml"),
        ("rIdV", f"{R}/pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml"),
        ("rIdC", f"{R}/connections", "connections.xml"),
        ("rIdM", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin"),
        ("rIdP", "http://schemas.microsoft.com/office/2017/10/relationships/person", "persons/person.xml"),
    )
    more = "".join(f'<Relationship Id="{i}" Type="{kind}" Target="{target}"/>' for i, kind, target in kinds)
    files[name] = files[name].replace(b"</Relationships>", more.encode() + b"</Relationships>")
    book = files["xl/workbook.xml"].decode()
    book = book.replace(
        "<definedNames>",
        f'<externalReferences><externalReference xmlns:r="{R}" r:id="rIdX"/></externalReferences><definedNames>',
    )
    book = book.replace(
        "<sheets>",
        f'<fileSharing userName="{s("共享用户")}"/><customWorkbookViews><customWorkbookView name="{s("自定视图名")}" '
        'guid="{00000000-0000-0000-0000-000000000001}"/></customWorkbookViews><sheets>',
    )
    files["xl/workbook.xml"] = book.encode()
    types = {
        "xl/externalLinks/externalLink1.xml": f"{_OFFICE}externalLink+xml",
        "xl/pivotCache/pivotCacheDefinition1.xml": f"{_OFFICE}pivotCacheDefinition+xml",
        "xl/connections.xml": f"{_OFFICE}connections+xml",
        "xl/threadedComments/threadedComment1.xml": "application/vnd.ms-excel.threadedcomments+xml",
        "xl/persons/person.xml": "application/vnd.ms-excel.person+xml",
        "xl/vbaProject.bin": "application/vnd.ms-office.vbaProject",
    }
    overrides = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in types.items())
    files["[Content_Types].xml"] = files["[Content_Types].xml"].replace(b"</Types>", (overrides + "</Types>").encode())
