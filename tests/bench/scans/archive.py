"""A made-up archive of mixed formats: small public papers, some of which say what they should not."""

from __future__ import annotations

import io
import random
import re
import zipfile
from pathlib import Path

from docx import Document
from openpyxl import Workbook
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas

#: Documents that end badly: the driver of the bench makes them hang, die, or eat memory when they are checked.
BAD = ("挂起.txt", "崩溃.txt", "吃内存.txt")

_UNITS = ("教育局", "民政局", "水利局", "卫健委", "自然资源局", "住建局", "财政局", "信访局", "镇政府", "街道办")
_MATTERS = ("秋季防火", "农村道路养护", "养老服务", "校园安全", "防汛抢险", "政务公开", "老旧小区改造", "食品安全")
_SENTENCES = (
    "各单位要提高认识，落实责任，按时完成{m}各项任务。",
    "县政府办公室负责{m}工作的统筹协调和督促检查。",
    "{m}所需资金列入年度预算，专款专用，接受社会监督。",
    "本通知自印发之日起施行，由{u}负责解释。",
    "有关{m}的政策咨询可拨打政务服务热线12345。",
    "各乡镇每月末将{m}进展情况报{u}汇总。",
)
#: One paper in three says one of these.
_LEAKS = ("联系人手机139558{n:05d}。", "机密★10年", "收款账号：622202{n:013d}，开户行县支行。")
_FORMS = ("txt",) * 28 + ("md",) * 4 + ("csv",) * 6 + ("html",) * 8 + ("docx",) * 2 + ("xlsx", "pdf")


def make(folder: Path, count: int, *, seed: int = 1) -> None:
    """Write ``count`` papers below ``folder`` by unit and year, and the three bad ones."""
    chance = random.Random(seed)
    template = _docx_template()
    registerFont(UnicodeCIDFont("STSong-Light"))
    for number in range(count - len(BAD)):
        unit, year = chance.choice(_UNITS), chance.randint(2019, 2026)
        home = folder / unit / str(year)
        home.mkdir(parents=True, exist_ok=True)
        form = chance.choice(_FORMS)
        lines = _paper(chance, unit, number)
        (home / f"{year}-{number:06d}.{form}").write_bytes(_written(form, lines, template))
    for name in BAD:
        (folder / name).write_text("坏文件。", encoding="utf-8")


def _paper(chance: random.Random, unit: str, number: int) -> list[str]:
    matter = chance.choice(_MATTERS)
    lines = [f"{unit}关于做好{matter}工作的通知", f"〔{number}〕号"]
    lines += [chance.choice(_SENTENCES).format(m=matter, u=unit) for _ in range(chance.randint(4, 25))]
    if chance.random() < 1 / 3:
        lines.insert(chance.randint(1, len(lines)), chance.choice(_LEAKS).format(n=number))
    return lines


def _written(form: str, lines: list[str], template: bytes) -> bytes:
    if form == "docx":
        return _docx(template, lines)
    if form == "xlsx":
        return _xlsx(lines)
    if form == "pdf":
        return _pdf(lines)
    if form == "html":
        body = "".join(f"<p>{line}</p>" for line in lines)
        return f"<html><head><title>{lines[0]}</title></head><body>{body}</body></html>".encode()
    if form == "csv":
        return ("序号,内容\n" + "".join(f"{k},{line}\n" for k, line in enumerate(lines))).encode()
    return "\n".join(lines).encode()


def _docx_template() -> bytes:
    out = io.BytesIO()
    document = Document()
    document.add_paragraph("@@")
    document.save(out)
    return out.getvalue()


def _docx(template: bytes, lines: list[str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(template)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("thumbnail.jpeg"):  # python-docx's own: recognising its characters is another bench
                continue
            if name == "_rels/.rels":
                data = re.sub(rb"<Relationship [^>]*thumbnail[^>]*/>", b"", data)
            if name == "word/document.xml":
                body = "</w:t></w:r></w:p><w:p><w:r><w:t>".join(lines)
                data = data.replace(b"@@", body.encode())
            new.writestr(name, data)
    return out.getvalue()


def _xlsx(lines: list[str]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("内容")
    for row in enumerate(lines):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _pdf(lines: list[str]) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("STSong-Light", 12)
    for row, line in enumerate(lines):
        canvas.drawString(60, 800 - 24 * row, line)
    canvas.save()
    return out.getvalue()
