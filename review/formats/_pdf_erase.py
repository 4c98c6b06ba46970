"""Write a copy of a PDF without the cut glyphs, without hidden text, and without anything beside its pages."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pikepdf

from review.errors import CorruptDocument
from review.formats._pdf_boxes import boxes
from review.formats._pdf_fonts import Usage, prune
from review.formats._pdf_image import become_image
from review.formats._pdf_open import flatten, open_pdf
from review.formats._pdf_pages import PageView, views
from review.formats._pdf_raster import DPI, Screen, painted
from review.formats._pdf_rewrite import Rewriter
from review.formats._pdf_scrub import scrub
from review.types import Cut, Erased, Reading


def erase(data: bytes, reading: Reading, cuts: Sequence[Cut]) -> Erased:
    """Return the copy. A page that cannot be rewritten exactly becomes an image of itself; a notice says so.

    Raises ``CorruptDocument`` where ``reading`` is not of this file.
    """
    wanted = _wanted(reading, cuts)
    forced: frozenset[int] = frozenset()
    while True:
        written, notices, failed = _attempt(data, reading, wanted, forced)
        if not failed:
            return Erased(written, notices)
        # A font program that cannot be pruned still holds the shapes of what was removed: show its pages as images.
        if failed <= forced:
            raise CorruptDocument("PDF 的字体无法清理，未能脱敏。请重新导出后再送审。")
        forced = forced | failed


def _wanted(reading: Reading, cuts: Sequence[Cut]) -> dict[int, dict[int, str]]:
    """Return page number → glyph number → the glyph's text as it was read."""
    out: dict[int, dict[int, str]] = {}
    for cut in cuts:
        run = reading.runs[cut.run]
        if run.at is None or not run.at.part.startswith("page/"):
            continue
        page = int(run.at.part.removeprefix("page/")) - 1
        glyphs = out.setdefault(page, {})
        for node in run.at.node[cut.start : cut.end]:
            if isinstance(node, int):
                glyphs.setdefault(node, "".join(c for c, n in zip(run.text, run.at.node, strict=True) if n == node))
    return out


def _attempt(
    data: bytes, reading: Reading, wanted: dict[int, dict[int, str]], forced: frozenset[int]
) -> tuple[bytes, tuple[str, ...], frozenset[int]]:
    """Return the copy, the notices, and the pages that must become images in a next attempt."""
    pdf = open_pdf(data)
    screen = Screen(data)
    notices: list[str] = []
    usage = Usage()
    try:
        flatten(pdf)
        rewriter = Rewriter(pdf)
        for view in views(pdf):
            cut = wanted.get(view.number, {})
            _same_glyphs(view, cut)
            removed = frozenset(cut) | {twin for twin, first in view.twins.items() if first in cut}
            kills = removed | frozenset(view.unseen)
            stay = [i for i in view.seen if i not in kills]
            black = boxes(view.trace, removed - view.twins.keys(), stay, view.box)
            number = view.number
            if view.failure or view.trace.doubts or number in forced or (removed and view.layered):
                become_image(pdf, view, painted(screen.draw(number, DPI / 72), black), stay)
                notices.append(f"第{number + 1}页无法逐字删除，已转为图片。")
                continue
            rewriter.page(number, view.trace, kills, black)
            if any(view.trace.glyphs[i].text.strip() for i in view.unseen):
                notices.append(f"第{number + 1}页的隐藏文字已删除。")
            usage.add(number, view.trace, kills)
        scrub(pdf)
        failed = usage.pages(prune(pdf, usage.uses()))
        out = io.BytesIO()
        # A full save: earlier revisions and objects that nothing refers to stay behind.
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, encryption=False, linearize=False)
    except pikepdf.PdfError as error:
        raise CorruptDocument("PDF 损坏，未能脱敏。请重新导出后再送审。") from error
    finally:
        screen.close()
        pdf.close()
    return out.getvalue(), (*notices, "批注、书签、附件、脚本、文档属性等页面以外的内容已全部清除。"), failed


def _same_glyphs(view: PageView, cut: dict[int, str]) -> None:
    """Refuse a reading whose glyphs are not those of this file."""
    glyphs = view.trace.glyphs
    for number, text in cut.items():
        if number >= len(glyphs) or glyphs[number].text != text:
            raise CorruptDocument("送审件与读取结果不一致，未能脱敏。请重新检查原件。")
