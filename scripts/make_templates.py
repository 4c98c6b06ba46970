"""Build review/exporters/templates/*.docx: the papers that an office may edit in Word or WPS.

Run once from the repository root after a change here; offices then edit copies of the files, not this script. A
``{{ field }}`` is a field of the paper's dataclass in ``review/exporters/papers/letters.py``. A paragraph
``{%p if field %}`` … ``{%p endif %}`` is left out where the field is empty; a table row between ``{%tr for %}`` and
``{%tr endfor %}`` is repeated. Layout: A4, 仿宋 三号 body with a fixed line of 28 pt (GB/T 9704-2012), 黑体 headings.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

FOLDER = Path(__file__).resolve().parents[1] / "review" / "exporters" / "templates"
BODY, HEADING, TITLE = "仿宋", "黑体", "方正小标宋简体"
BODY_SIZE, TABLE_SIZE, LINE = 16, 12, 28  # pt
WIDTH = 156  # mm between the margins

METADATA = "本件只列明事项信息，不含所涉内容原文。原文按照保密规定通过机要或者纸质方式另行报送，不得通过互联网传输。"
BOXES = "□同意公开　　□同意部分公开　　□不同意公开"


class Paper:
    """A paper being written, line by line."""

    def __init__(self, title: str) -> None:
        self.document = Document()
        self._page()
        self._line(title, TITLE, 22, align=WD_ALIGN_PARAGRAPH.CENTER, after=14)

    def _page(self) -> None:
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        style = self.document.styles["Normal"]
        style.font.name, style.font.size = BODY, Pt(BODY_SIZE)
        style.element.rPr.rFonts.set(qn("w:eastAsia"), BODY)
        style.paragraph_format.space_after = Pt(0)
        core = self.document.core_properties
        core.author, core.comments, core.title = "", "", ""
        core.created = core.modified = datetime(2026, 1, 1, tzinfo=UTC)

    def _line(self, words: str, font: str, size: float, *, align: Any = None, after: float = 0) -> Any:
        paragraph = self.document.add_paragraph()
        paragraph.alignment = align
        form = paragraph.paragraph_format
        form.space_after = Pt(after)
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(max(LINE, size * 1.5))
        _write(paragraph, words, font, size)
        return paragraph

    def head(self, words: str) -> Paper:
        paragraph = self._line(words, HEADING, BODY_SIZE)
        paragraph.paragraph_format.first_line_indent = Pt(2 * BODY_SIZE)
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(4)
        paragraph.paragraph_format.keep_with_next = True
        return self

    def text(self, *lines: str) -> Paper:
        for words in lines:
            paragraph = self._line(words, BODY, BODY_SIZE, align=WD_ALIGN_PARAGRAPH.LEFT)
            if not words.startswith("{%p"):
                paragraph.paragraph_format.first_line_indent = Pt(2 * BODY_SIZE)
        return self

    def gap(self) -> Paper:
        """Leave a little room between a table and the text below it."""
        form = self._line("", BODY, BODY_SIZE).paragraph_format
        form.line_spacing = Pt(6)
        return self

    def flush(self, words: str) -> Paper:
        self._line(words, BODY, BODY_SIZE)
        return self

    def number(self, words: str) -> Paper:
        self._line(words, BODY, BODY_SIZE, align=WD_ALIGN_PARAGRAPH.CENTER, after=14)
        return self

    def right(self, *lines: str) -> Paper:
        for i, words in enumerate(lines):
            paragraph = self._line(words, BODY, BODY_SIZE, align=WD_ALIGN_PARAGRAPH.RIGHT)
            paragraph.paragraph_format.right_indent = Pt(2 * BODY_SIZE)
            paragraph.paragraph_format.space_before = Pt(LINE if i == 0 else 0)
            paragraph.paragraph_format.keep_with_next = i < len(lines) - 1
        return self

    def page(self, title: str) -> Paper:
        self.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        self._line(title, TITLE, 22, align=WD_ALIGN_PARAGRAPH.CENTER, after=14)
        return self

    def facts(self, rows: Sequence[tuple[str, str]]) -> Paper:
        """Add a bordered table of label and value."""
        table = _table(self.document, (40, WIDTH - 40))
        for label, value in rows:
            cells = _row(table)
            _cell(cells[0], label, HEADING, centred=True)
            _cell(cells[1], value, BODY)
        return self

    def many(self, source: str, columns: Sequence[tuple[str, str, int]]) -> Paper:
        """Add a bordered table with a row for each item of ``source``; columns are head, field and width in mm."""
        table = _table(self.document, [width for _, _, width in columns])
        heads = _row(table)
        _property(table.rows[0], "w:tblHeader")
        for cell, (head, _, _) in zip(heads, columns, strict=True):
            _cell(cell, head, HEADING, centred=True)
        _write(_row(table)[0].paragraphs[0], f"{{%tr for point in {source} %}}", BODY, TABLE_SIZE)
        for cell, (_, name, _) in zip(_row(table), columns, strict=True):
            _cell(cell, f"{{{{ {name} }}}}", BODY, centred=name == "loop.index")
        _write(_row(table)[0].paragraphs[0], "{%tr endfor %}", BODY, TABLE_SIZE)
        return self

    def save(self, name: str) -> None:
        """Write the file; the same script gives the same bytes."""
        path = FOLDER / name
        self.document.save(str(path))
        with zipfile.ZipFile(path) as archive:
            parts = [(item, archive.read(item)) for item in archive.namelist()]
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for item, data in parts:
                archive.writestr(zipfile.ZipInfo(item, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def _write(paragraph: Any, words: str, font: str, size: float) -> None:
    run = paragraph.add_run(words)
    run.font.name, run.font.size = font, Pt(size)
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)


def _table(document: Any, widths: Sequence[int]) -> Any:
    table = document.add_table(rows=0, cols=len(widths))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    return table


def _row(table: Any) -> Any:
    row = table.add_row()
    _property(row, "w:cantSplit")
    return row.cells


def _property(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _cell(cell: Any, words: str, font: str, *, centred: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.LEFT
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(3)
    cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    _write(paragraph, words, font, TABLE_SIZE)


# ---------------------------------------------------------------------------------------------------- papers

ITEM = (
    ("信息名称", "{{ item.title }}"),
    ("文号", "{{ item.docno }}"),
    ("生成日期", "{{ item.made_on }}"),
    ("信息来源", "{{ item.source }}"),
    ("载体形式", "{{ item.carrier }}"),
    ("拟公开方式", "{{ item.ways }}"),
    ("拟公开时间", "{{ item.publish_on }}"),
    ("公开义务依据", "{{ item.duty }}"),
    ("审查编号", "{{ item.number }}"),
    ("文件校验值", "{{ item.digest }}"),
)
POINTS = (
    ("序号", "loop.index", 14),
    ("位置", "point.place", 40),
    ("性质（疑似）", "point.nature", 52),
    ("依据", "point.basis", 50),
)


def referral(kind: str, closing: str) -> Paper:
    """报请确定: metadata only. Paragraphs as workflow.md §8; classification doubt as 实施条例25, 26."""
    return (
        Paper("关于《{{ item.title }}》能否公开的" + kind)
        .number("{{ docno }}")
        .flush("{{ recipient }}：")
        .text(
            "我单位在发布前保密审查中，对《{{ item.title }}》能否公开不能确定。根据《中华人民共和国政府信息公开条例》"
            "第十七条第三款的规定，现将有关情况" + ("报告" if kind == "请示" else "函告") + "如下。"
        )
        .head("一、信息基本情况")
        .facts(ITEM)
        .head("二、争议内容的位置和性质")
        .many("points", POINTS)
        .gap()
        .text(METADATA)
        .head("三、本单位初审意见")
        .text("{{ opinion }}", "理由：{{ reasons }}", "依据：{{ basis }}")
        .head("四、征求意见情况")
        .text("{{ consulted }}")
        .head("五、公开或者不公开的影响")
        .text("{{ effects }}")
        .text("{%p if classification %}")
        .head("六、疑似国家秘密的先行保护")
        .text(
            "根据《中华人民共和国保守国家秘密法实施条例》第二十五条、第二十六条的规定，已按先行拟定的密级、保密期限和"
            "知悉范围采取保密措施，自先行拟定之日起10个工作日内报请确定。先行拟定的密级、保密期限和知悉范围由定密"
            "责任人在纸质件上填写。"
        )
        .text("{%p endif %}")
        .text(closing)
        .text("{%p if attachments %}", "附件：{{ attachments }}", "{%p endif %}")
        .right("{{ unit }}", "{{ day }}")
        .text("（承办人：{{ handler }}　联系电话：{{ phone }}）")
    )


def consultation() -> Paper:
    """征求第三方意见书 with its reply slip (条例15, 32)."""
    return (
        Paper("征求第三方意见书")
        .number("{{ docno }}")
        .flush("{{ third_party }}：")
        .text(
            "我单位拟公开《{{ item.title }}》（审查编号：{{ item.number }}），其中部分内容涉及你（单位），公开后可能"
            "损害你（单位）的合法权益。根据《中华人民共和国政府信息公开条例》第十五条、第三十二条的规定，现书面征求"
            "意见。"
        )
        .head("一、涉及的内容")
        .many("points", POINTS)
        .gap()
        .text("涉及部分的具体内容由承办人另附，供你（单位）核对。拟公开方式：{{ item.ways }}。")
        .head("二、答复期限和方式")
        .text(
            "请自收到本意见书之日起15个工作日内提出书面意见（填写所附回执即可）。预计截止日期：{{ due }}，"
            "以实际收到之日起算。不同意公开的，请说明理由。"
        )
        .head("三、逾期未答复和不同意公开的处理")
        .text(
            "逾期未提出意见的，由我单位依照《中华人民共和国政府信息公开条例》的规定决定是否公开。不同意公开且有合理"
            "理由的，不予公开。我单位认为不公开可能对公共利益造成重大影响的，可以决定予以公开，并将决定公开的内容和"
            "理由书面告知你（单位）。"
        )
        .text("{%p if attachments %}", "附件：{{ attachments }}", "{%p endif %}")
        .right("{{ unit }}", "{{ day }}")
        .text("（联系人：{{ handler }}　联系电话：{{ phone }}　地址：{{ address }}）")
        .page("第三方意见回执")
        .facts(
            (
                ("征求意见书文号", "{{ docno }}"),
                ("信息名称", "{{ item.title }}"),
                ("第三方", "{{ third_party }}"),
                ("意见", BOXES),
                ("不同意公开的内容", "\n\n"),
                ("理由", "\n\n\n\n"),
                ("签字（盖章）", "\n\n　　　　　　　　　　　　年　　月　　日"),
                ("联系电话", ""),
            )
        )
    )


def notice() -> Paper:
    """告知书 to the third party: what was decided and why (条例32, remedies 51)."""
    return (
        Paper("第三方告知书")
        .number("{{ docno }}")
        .flush("{{ third_party }}：")
        .text(
            "我单位于{{ consulted_on }}就《{{ item.title }}》（审查编号：{{ item.number }}）书面征求你（单位）意见。"
            "你（单位）的意见：{{ reply }}。根据《中华人民共和国政府信息公开条例》第十五条、第三十二条的规定，现将"
            "决定告知如下。"
        )
        .head("一、决定")
        .text("{{ decision }}")
        .text("{%p if publish_on %}", "公开日期：{{ publish_on }}。公开方式：{{ item.ways }}。", "{%p endif %}")
        .head("二、涉及的内容")
        .many("points", POINTS)
        .head("三、理由和依据")
        .text("{{ reasons }}", "依据：{{ basis }}")
        .head("四、救济途径")
        .text(
            "你（单位）认为本决定侵犯合法权益的，可以依照《中华人民共和国政府信息公开条例》第五十一条的规定投诉、举报，"
            "也可以依法申请行政复议或者提起行政诉讼。"
        )
        .right("{{ unit }}", "{{ day }}")
        .text("（联系人：{{ handler }}　联系电话：{{ phone }}）")
    )


def refusal(title: str, decision: str) -> Paper:
    """不予公开 or 部分公开: the reasons, item by item (条例36(3), 37)."""
    return (
        Paper(title)
        .number("{{ docno }}")
        .text("{%p if applicant %}")
        .flush("{{ applicant }}：")
        .text("{%p endif %}")
        .text(decision)
        .head("一、信息基本情况")
        .facts(ITEM[:3] + ITEM[8:])
        .head("二、不予公开的内容和理由")
        .many(
            "withheld",
            (
                ("序号", "loop.index", 14),
                ("位置", "point.place", 34),
                ("内容性质", "point.nature", 38),
                ("不予公开的理由", "point.ground", 36),
                ("依据", "point.basis", 34),
            ),
        )
        .head("三、说明")
        .text("{{ reasons }}")
        .text(
            "因情势变化可以公开的，按照《中华人民共和国政府信息公开条例》第十八条定期评估审查后公开。下次评估日期："
            "{{ review_on }}。"
        )
        .text("{%p if applicant %}")
        .text(
            "对本决定不服的，可以自收到之日起60日内向{{ appeal_to or '有管辖权的行政复议机关' }}申请"
            "行政复议；对行政复议决定不服的，可以依法向"
            "人民法院提起行政诉讼。"
        )
        .text("{%p endif %}")
        .right("{{ unit }}", "{{ day }}")
        .text("（承办人：{{ handler }}　联系电话：{{ phone }}）")
    )


def main() -> None:
    """Write every template."""
    FOLDER.mkdir(exist_ok=True)
    referral("请示", "妥否，请批示。").save("referral_request.docx")
    referral("函", "以上意见，请予研究并函复。").save("referral_letter.docx")
    consultation().save("consultation.docx")
    notice().save("notice.docx")
    refusal(
        "政府信息不予公开理由说明书",
        "经审查，《{{ item.title }}》属于依法不予公开的信息，且不能作区分处理，决定不予公开。现将理由说明如下。",
    ).save("withheld.docx")
    refusal(
        "政府信息部分公开理由说明书",
        "经审查，《{{ item.title }}》中含有不应当公开的内容，能够作区分处理。根据《中华人民共和国政府信息公开条例》"
        "第三十七条的规定，决定公开其中可以公开的内容，下列内容不予公开。现将理由说明如下。",
    ).save("partial.docx")


if __name__ == "__main__":
    main()
