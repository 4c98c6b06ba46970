"""The same prose as documents of several formats, page by page."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence

from docx import Document
from openpyxl import Workbook
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas

from tests.corpus import make_ofd

_LINES, _WIDTH = 22, 28  # a page of GB/T 9704: lines, characters a line

Page = Sequence[str]


def pages(text: str, count: int) -> list[Page]:
    """Cut prose, repeated where it is too short, into pages of lines."""
    plain = "".join(char if char >= " " else " " for char in text)
    need = count * _LINES * _WIDTH
    plain = (plain * (need // len(plain) + 1))[:need]
    lines = [plain[at : at + _WIDTH] for at in range(0, need, _WIDTH)]
    return [lines[at : at + _LINES] for at in range(0, len(lines), _LINES)]


def docx(content: Sequence[Page]) -> bytes:
    """A paragraph a page."""
    document = Document()
    for page in content:
        document.add_paragraph("".join(page))
    for relation in [one for one in document.part.package.rels.values() if "thumbnail" in one.reltype]:
        document.part.package.rels.pop(relation.rId)  # python-docx's own picture: recognition is another bench
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf(content: Sequence[Page]) -> bytes:
    """Text pages in a standard Chinese font."""
    registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    canvas = Canvas(out)
    for page in content:
        canvas.setFont("STSong-Light", 14)
        for row, line in enumerate(page):
            canvas.drawString(50, 800 - 27 * row, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def ofd(content: Sequence[Page]) -> bytes:
    """Pages of text objects."""
    texts = ("".join(make_ofd.text(10.0 + 9 * row, line) for row, line in enumerate(page)) for page in content)
    made = [make_ofd.page(words) for words in texts]
    return make_ofd.pack(make_ofd.small(*made))


def xlsx(content: Sequence[Page]) -> bytes:
    """Ten columns and as many rows as there are pages: a list of people and amounts."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("名单")
    sheet.append(["序号", "姓名", "镇", "村", "项目", "金额", "面积", "年度", "联系电话", "备注"])
    for row in range(len(content)):
        phone = f"139{row:08d}"
        sheet.append([row, "张某", "城关镇", "东村", "补贴", row % 900, row % 70, 2026, phone, "已核"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


DOCUMENTS: Mapping[str, Callable[[Sequence[Page]], bytes]] = {"docx": docx, "pdf": pdf, "ofd": ofd, "xlsx": xlsx}
