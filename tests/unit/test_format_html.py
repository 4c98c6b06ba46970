"""Web pages: what is shown, what is hidden, what a copy holds."""

from __future__ import annotations

import base64
import re

import pytest

from review.errors import CorruptDocument, LimitExceeded, UnsupportedFormat
from review.formats import identify
from review.formats.html import FORMAT
from review.redaction import expected, verify
from review.types import Cut, Erased, Reading, Zone

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n not really a picture").decode()
PAGE = f"""<!DOCTYPE html><!-- 审稿人13900000001 -->
<html lang="zh-CN"><head><meta charset="utf-8"><title>公示 &amp; 通知</title>
<meta name="author" content="李作者13900000002"><meta name="keywords" content="通知">
<style>.gone {{ display: none }} #away{{visibility:hidden}} p{{color:red}} /* 样式13900000003 */</style>
<script>var phone = "13900000004";</script></head>
<body onload="alert('13900000005')" data-owner="王数据13900000006">
<h1 style="text-align:center;background:url(13900000007)">关于补贴的<b>公</b>示</h1>
<p class="note">联系人张三，电话<b>138</b>0013<i>8000</i>，邮箱<a href="mailto:a@b.cn">a@b.cn</a>，
见<a href="/gk/t20240513_4567.html">公告</a>、<a href="/f/%E5%BC%A0%E4%B8%89.pdf">附件</a></p>
<p style="display:none">藏13900000008</p><div class="x gone">藏13900000009</div><div id="away">藏13900000010</div>
<p hidden>藏13900000011</p><span style="font-size:0px">藏13900000012</span>
<span style="text-indent:-9999px">藏13900000013</span>
<table><tr><th>姓名</th><th>账号</th></tr>
<tr><td rowspan="2">李四</td><td>6217003088198047124<br>农行</td></tr><tr><td><p>王五</p><p>已注销</p></td></tr></table>
<img alt="张三照片13900000014" src="http://x.cn/a.png"><img src="data:image/png;base64,{PIXEL}">
<input type="text" value="表单13800138000" placeholder="提示13900000015"><input type="hidden" value="藏13900000016">
<custom-tag>自定义<!-- 注13900000017 --></custom-tag>尾巴<noscript>藏13900000018</noscript>
<svg><text>藏13900000019</text></svg><iframe srcdoc="藏13900000020"></iframe><?php echo "13900000021" ?>
<textarea>文本域
第二行</textarea><select><option>选项甲<option selected>选项乙</select>
<p>5 &lt; 6 &amp;&#160;&#x4e2d;</p></body></html><!-- 尾13900000022 -->"""
HIDDEN = [f"139000000{number:02}" for number in range(1, 23)]


def source(reading: Reading) -> str:
    return "".join(run.text for run in reading.runs)


def shown(reading: Reading) -> list[str]:
    text = source(reading)
    return [text[b.span.start : b.span.end] for b in reading.blocks if b.zone in (Zone.BODY, Zone.HEADER)]


def cut(reading: Reading, *values: str, by: str = "[已隐去]") -> list[Cut]:
    """Cut values also where they lie in several runs."""
    text, found = source(reading), []
    offsets, at = [], 0
    for run in reading.runs:
        offsets.append(at)
        at += len(run.text)
    for value in values:
        for match in re.finditer(re.escape(value), text):
            first = True
            for number, run in enumerate(reading.runs):
                start = max(match.start(), offsets[number]) - offsets[number]
                end = min(match.end(), offsets[number] + len(run.text)) - offsets[number]
                if start < end and run.at is not None:
                    found.append(Cut(number, start, end, by if first else ""))
                    first = False
    return sorted(found, key=lambda cut: (cut.run, cut.start))


def publish(page: str, *values: str) -> tuple[Erased, Reading]:
    data = page.encode()
    reading = FORMAT.read(data)
    cuts = cut(reading, *values)
    erased = FORMAT.erase(data, reading, cuts)
    found = FORMAT.read(erased.data)
    checks = verify(
        planned=expected(reading, cuts, FORMAT),
        found=found,
        witness=FORMAT.witness(erased.data),
        gone=[*values, *HIDDEN],
        format_=FORMAT,
    )
    assert all(check["passed"] for check in checks), checks
    return erased, found


def test_what_is_shown_is_read_in_order() -> None:
    assert [re.sub(r"\s+", " ", part).strip() for part in shown(FORMAT.read(PAGE.encode()))] == [
        "公示 & 通知",
        "关于补贴的公示",
        "联系人张三，电话13800138000，邮箱a@b.cn， 见公告、附件",
        "姓名",
        "账号",
        "李四",
        "6217003088198047124 农行",
        "王五 已注销",
        "表单13800138000 自定义尾巴",
        "文本域 第二行",
        "选项甲",
        "选项乙",
        "5 < 6 & 中",
    ]


def test_what_is_hidden_is_read_and_labelled() -> None:
    reading = FORMAT.read(PAGE.encode())
    text = source(reading)
    dark = {b.label: text[b.span.start : b.span.end] for b in reading.blocks if b.zone not in (Zone.BODY, Zone.HEADER)}
    pile = "\n".join(text[b.span.start : b.span.end] for b in reading.blocks if b.zone in FORMAT.drops)
    assert [value for value in HIDDEN if value not in pile] == []
    assert "张三.pdf" in pile
    assert {"脚本", "样式", "网页注释", "网页属性", "隐藏内容", "无脚本内容"} <= set(dark)


def test_cells_have_their_place() -> None:
    reading = FORMAT.read(PAGE.encode())
    cells = [(b.cell.row, b.cell.column) for b in reading.blocks if b.cell]
    assert cells == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1)]


def test_a_layout_table_is_no_table() -> None:
    page = "<table><tr><td>" + "".join(f"<p>第{i}条</p>" for i in range(9)) + "</td></tr></table>"
    reading = FORMAT.read(page.encode())
    assert len(reading.blocks) == 9
    assert all(block.cell is None for block in reading.blocks)


def test_nothing_left_in_and_nothing_lost() -> None:
    erased, found = publish(PAGE, "13800138000", "6217003088198047124", "a@b.cn")
    page = erased.data.decode()
    assert not any(block.zone in FORMAT.drops for block in found.blocks)
    assert "电话<b>[已隐去]</b><i></i>" in page
    assert '<a href="/gk/t20240513_4567.html">公告</a>' in page
    assert '<h1 style="text-align:center">' in page
    assert '<td rowspan="2">李四</td>' in page
    assert "mailto" not in page
    assert "%E5" not in page
    assert "http://x.cn" not in page
    assert page.count('<meta charset="utf-8">') == 1
    assert any("脚本" in notice for notice in erased.notices)


def test_pictures_of_the_page_are_kept_files() -> None:
    reading = FORMAT.read(PAGE.encode())
    assert [(item.name, item.kept) for item in reading.embedded] == [("image1.png", True)]
    erased = FORMAT.erase(PAGE.encode(), reading, [])
    assert FORMAT.put is not None
    copy = FORMAT.put(erased.data, {reading.embedded[0].part: b"clean"})
    assert FORMAT.read(copy).embedded[0].data == b"clean"
    assert PIXEL not in copy.decode()


@pytest.mark.parametrize(
    "page",
    [
        "<p>未闭合 <b>粗 <i>斜</b> 体</i> <table><td>散落",
        "没有标签的文字",
        "<html><body>a<br>b<p>c</body></html>d",
        "<frameset><frame src=a></frameset>",
        "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;",
        "<textarea></textarea></div></p></p>x",
        '<?xml version="1.0" encoding="gb2312"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>中</p></body></html>',
        "<p>a<![CDATA[b]]>c<!doctype html><!-- > --> --!> d",
        "<title>t</title><plaintext>x<p>",
    ],
)
def test_odd_pages_come_back_as_they_were_read(page: str) -> None:
    publish(page)


def test_a_written_page_reads_the_same_when_written_again() -> None:
    once = FORMAT.erase(PAGE.encode(), FORMAT.read(PAGE.encode()), []).data
    assert FORMAT.erase(once, FORMAT.read(once), []).data == once


@pytest.mark.parametrize("codec", ["gb18030", "utf-16", "big5"])
def test_other_encodings(codec: str) -> None:
    text = "<html><head><meta charset=gb2312></head><body><p>關於補貼的通知，電話13800138000</p></body></html>"
    assert "關於補貼的通知" in source(FORMAT.read(text.encode(codec)))


def test_the_table_of_formats_knows_pages() -> None:
    assert identify(PAGE.encode(), "x.html") is FORMAT
    assert identify(b"<html><p>a", "noname") is FORMAT
    assert identify(b"<html> in a text", "x.txt") is not FORMAT


def test_web_archives_are_refused() -> None:
    page = b"From: <Saved>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n--x"
    with pytest.raises(UnsupportedFormat, match="mht"):
        FORMAT.read(page)
    assert FORMAT.sniff(page, ".mht")


def test_hostile_pages_end_quickly() -> None:
    with pytest.raises(LimitExceeded):
        FORMAT.read(b"<html>" + b"<div>" * 100_000 + b"x")
    with pytest.raises(CorruptDocument):
        FORMAT.read(b"")
    bomb = b'<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><html><p>&b;</p>'
    assert len(source(FORMAT.read(bomb))) < 200
    file = b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><p>&x;</p>'
    assert "root:" not in source(FORMAT.read(file))


#: style → how its text is read; on the page means that it can be read there
LOOKS = {
    "color:transparent": "隐藏内容", "color:rgba(0,0,0,0)": "隐藏内容", "color: rgb(0 0 0 / 0%)": "隐藏内容",
    "color:rgb(0,0,0)": "", "color:rgba(0,0,0,0.8)": "",
    "font-size:1px": "隐藏内容", "font-size:0.5pt": "隐藏内容", "font-size:10px": "", "font-size:1.2em": "",
    "transform:scale(0)": "隐藏内容", "transform:scale(0.9)": "", "clip-path:inset(100%)": "隐藏内容",
    "clip:rect(0,0,0,0)": "隐藏内容", "content-visibility:hidden": "隐藏内容",
    "max-height:0;overflow:hidden": "隐藏内容",
    "background-color:black;color:#000": "涂黑的文字", "color:rgb(9,9,9);background:#000 none": "涂黑的文字",
    "color:#fff;background:#fefefe": "隐藏内容", "color:#fff;background:#003366": "", "background:#000;color:white": "",
    "color:#fff": "", "background-color:yellow": "", "border-color:#000;background-color:#000": "",
}  # fmt: skip


@pytest.mark.parametrize(("style", "label"), LOOKS.items())
def test_what_a_style_hides(style: str, label: str) -> None:
    for page in (
        f'<p>前<span style="{style}">甘小满</span>后',
        f"<style>.x{{{style}}}</style><p>前<span class=x>甘小满</span>后",
    ):
        reading = FORMAT.read(page.encode())
        text = "".join(run.text for run in reading.runs)
        found = {
            b.label for b in reading.blocks if "甘小满" in text[b.span.start : b.span.end] and b.zone is Zone.HIDDEN
        }
        assert found == ({label} if label else set())


@pytest.mark.parametrize(
    "page",
    ["<html><body>甲</body></html>乙", "<html><body>甲</body></html><!-- 注 --><p>乙</p>", "<html>甲</html></html>乙",
     "<body>甲</bo</body>dy></HTML >乙", "<p>甲<embed src=x>乙</p>"],
)  # fmt: skip
def test_text_behind_the_end_of_the_page_is_shown(page: str) -> None:
    reading = FORMAT.read(page.encode())
    text = "".join(run.text for run in reading.runs)
    assert "乙" in "".join(text[b.span.start : b.span.end] for b in reading.blocks if b.zone is Zone.BODY)
    assert "乙" in FORMAT.erase(page.encode(), reading, ()).data.decode()
