"""Words that office programs write themselves: names of fonts, styles, shapes and layouts, prompts, units.

They say nothing about anybody. Everything that does not match is text.
"""

from __future__ import annotations

import re

FONT = re.compile(
    r"@?(新?宋体(-简|-PUA|-ExtB)?|仿宋|楷体|黑体(-简)?|隶书|幼圆|等线( Light)?|微软雅黑( Light"
    r"| UI)?|微軟正黑體|新?細明體|標楷體"
    r"|(仿宋|楷体|黑体|宋体)_(GB2312|GB18030|GBK)|苹方(-简)?|思源(宋体|黑体)( CN)?|文泉驿(正黑"
    r"|微米黑|等宽正黑|等宽微米黑|点阵正黑)"
    r"|(方正|华文|汉仪|文鼎|华康)(小标宋|大标宋|标宋|书宋|报宋|仿宋|新仿宋|楷体|黑体|细黑|中黑"
    r"|大黑|细等线|中等线|准圆|粗圆|细圆|隶书|隶变"
    r"|行楷"
    r"|姚体|舒体|魏碑|新魏|琥珀|彩云|中宋|宋体|细宋|粗宋|公文小标宋|公文仿宋|公文楷体|公文黑体"
    r"|兰亭黑|兰亭刊黑|雅宋|启体|水柱)"
    r"_?(简体?|繁体?|GBK|GB2312|GB18030|S|B|M|R)?"
    r"|ＭＳ Ｐ?(明朝|ゴシック)|游(ゴシック|明朝)( Light)?|メイリオ|맑은 고딕|바탕|굴림|돋움"
    r"|[A-Za-z][A-Za-z0-9_ .+-]{0,30}|[+][a-z]{2}-[a-z]{2})"
)

OBJECT_NAME = re.compile(
    r"|(图片|图像|图表|图形|图示|文本框|文本占位符|标题|副标题|内容占位符|矩形|圆角矩形|椭圆"
    r"|形状|自选图形|组合|组|对象|直线|连接符"
    r"|(直接|肘形|曲线)(连接符|箭头连接符)|表格|占位符|(灯片编号|日期|页脚|页眉|图片|备注|标题"
    r"|文本|内容|表格|图表|副标题)占位符|幻灯片图像占位符"
    r"|Picture|Image|Text ?Box|Rectangle|Rounded Rectangle|Oval|Shape|AutoShape|Group|Object|Line|Straight Connector"
    r"|Straight Arrow Connector|Connector|Chart|Diagram|Table|Title|Subtitle|Vertical (Title|Text)( Placeholder)?"
    r"|((Content|Text|Title|Subtitle|Slide Number|Date|Footer|Header|Picture|Notes|Slide Image"
    r"|Table|Chart) )?Placeholder"
    r")( ?\d{1,4})?"
)

STYLE_NAME = re.compile(
    r"((toc |TOC )?(标题|正文|页眉|页脚|正文文本|正文缩进|正文首行缩进|副标题|批注框文本|批注文字"
    r"|批注主题|批注引用|脚注文本|脚注引用|尾注文本"
    r"|尾注引用|日期|纯文本|题注|目录|引用|明显引用|明显强调|不明显强调|强调|要点|书籍标题|无间隔"
    r"|称呼|签名|结束语|文档结构图|HTML 预设格式"
    r"|普通表格|网格型|浅色列表|无列表|默认段落字体|列出段落|列表段落|列表|超链接|已访问的超链接"
    r"|页码|行号|普通\(网站\)|未处理的提及|占位符文本"
    r"|常规|百分比|货币(\[0\])?|千位分隔(\[0\])?|好|差|适中|计算|检查单元格|解释性文本|警告文本"
    r"|链接单元格|输入|输出|注释|汇总"
    r"|强调文字颜色|着色|\d+% ?- ?(强调文字颜色|着色))( ?\d)?( ?(字符|Char))?\d?)"
    r"|[ -~]{1,60}"
)

PROMPT = re.compile(
    r"单击(此处|以)编辑母版(标题|文本|副标题)样式|编辑母版(标题|文本|副标题)样式|第[一二三四五六七八九]级"
    r"|单击(此处|以)(添加|编辑)(标题|副标题|文本|备注)"
    r"|单击图标添加(图片|表格|图表|媒体|内容)|‹#›|<#>|\d{1,4}|\d{1,4}[/-]\d{1,2}([/-]\d{1,4})?"
    r"|Click to (edit|add) (Master )?(title|text|subtitle|notes)( styles?)?|Edit Master text styles"
    r"|(Second|Third|Fourth|Fifth|Sixth|Seventh|Eighth|Ninth) level|Click icon to add (picture"
    r"|table|chart|media|content)"
)

LAYOUT = re.compile(
    r"标题幻灯片|标题和内容|节标题|两栏内容|比较|仅标题|空白|内容与标题|图片与标题|标题和竖排文字"
    r"|(垂直排列|竖排)标题与文本|末尾幻灯片"
    r"|Title Slide|Title and Content|Section Header|Two Content|Comparison|Title Only|Blank|Content with Caption"
    r"|Picture with Caption|Title and Vertical Text|Vertical Title and Text|Office( Theme| 主题)?"
)

#: Words that a number format may hold without saying anything about anybody.
UNITS = re.compile(
    r"[年月日时時分秒点點上下午中星期周週元角万萬千百十亿億人民币名个個只次件户戶套台辆輛吨噸亩畝公里平方米立㎡批项項条條起家所"
    r"美港欧圆第号號¥￥$€£%％℃≥≤±,.，。、:：;()（）/\-—–\s+E@#0?]*"
)

#: (element, attribute) pairs that hold text.
TEXT_PAIRS = frozenset(
    {(name, "name") for name in ("moveFromRangeStart", "moveToRangeStart", "docVar", "property", "attr", "section")}
    | {(name, "name") for name in ("custShow", "cmAuthor", "tag", "table", "tableColumn", "cacheField", "connection")}
    | {(name, "name") for name in ("worksheetSource", "queryTable", "scenario", "protectedRange", "sheet")}
    | {(name, "val") for name in ("docVar", "alias", "tag", "aliases", "docPart", "docPartCategory", "description")}
    | {(name, "val") for name in ("helpText", "statusText", "default", "entryMacro", "exitMacro", "listEntry")}
    | {(name, "val") for name in ("category", "desc", "attr", "query", "sheetName", "filter", "customFilter")}
    | {(name, "v") for name in ("s", "n", "d")}
    | {("smartTag", "element"), ("customXml", "element"), ("listItem", "value"), ("inputCells", "val")}
    | {("person", "displayName"), ("table", "displayName"), ("tableColumn", "totalsRowLabel"), ("cfRule", "text")}
    | {("hyperlink", "display"), ("hyperlink", "location"), ("worksheetSource", "sheet"), ("webPr", "url")}
    | {("definedName", "comment"), ("definedName", "description"), ("connection", "description"), ("absPath", "url")}
    | {("dbPr", "connection"), ("dbPr", "command")}
)
