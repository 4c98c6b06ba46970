"""Whatever is cut where: a copy of an office file reads exactly as planned, and hidden text never reaches it."""

from __future__ import annotations

import io
from xml.sax.saxutils import escape

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from review.formats import docx, xlsx
from review.redaction import expected, squeeze
from review.types import VISIBLE, Cut, Format, Reading
from tests.contract.test_docx import with_body

_WORDS = st.text("张三李四0123456789ABC <&>\"'＿_x4E", min_size=1, max_size=12)
_SPLIT = ("", "<w:tab/>", "<w:br/>", "<w:noBreakHyphen/>")


@st.composite
def _runs(draw: st.DrawFn) -> str:
    text = f'<w:t xml:space="preserve">{escape(draw(_WORDS))}</w:t>'
    properties = draw(st.sampled_from(["", "<w:rPr><w:b/></w:rPr>", "<w:rPr><w:vanish/></w:rPr>"]))
    run = f"<w:r>{properties}{text}{draw(st.sampled_from(_SPLIT))}</w:r>"
    return run.join(
        draw(
            st.sampled_from(
                [
                    ("", ""),
                    ('<w:ins w:id="1" w:author="甲">', "</w:ins>"),
                    ('<w:del w:id="2" w:author="乙">', "</w:del>"),
                    ('<w:hyperlink w:tooltip="提示">', "</w:hyperlink>"),
                    ("<w:sdt><w:sdtPr><w:alias w:val='名'/></w:sdtPr><w:sdtContent>", "</w:sdtContent></w:sdt>"),
                ]
            )
        )
    )


_PARAGRAPHS = st.lists(_runs(), max_size=4).map(lambda runs: f"<w:p>{''.join(runs)}</w:p>")
_TABLES = st.lists(st.lists(_PARAGRAPHS, min_size=1, max_size=2), min_size=1, max_size=4).map(
    lambda cells: (
        "<w:tbl><w:tblPr/><w:tblGrid/><w:tr>"
        + "".join(f"<w:tc>{''.join(paragraphs)}</w:tc>" for paragraphs in cells)
        + "</w:tr></w:tbl>"
    )
)
_BODIES = st.lists(_PARAGRAPHS | _TABLES, min_size=1, max_size=5).map("".join)


def _cuts(data: st.DataObject, reading: Reading) -> list[Cut]:
    """Draw disjoint cuts anywhere in stored runs."""
    cuts = []
    for number, run in enumerate(reading.runs):
        if run.at is not None and run.text and data.draw(st.integers(0, 2)) == 0:
            start = data.draw(st.integers(0, len(run.text) - 1))
            end = data.draw(st.integers(start + 1, len(run.text)))
            cuts.append(Cut(number, start, end, data.draw(st.sampled_from(["", "[已隐去]", "***"]))))
    return cuts


def _check(format_: Format, data: bytes, draw: st.DataObject) -> None:
    reading = format_.read(data)
    cuts = _cuts(draw, reading)
    copy = format_.erase(data, reading, cuts).data
    again = format_.read(copy)
    text = "".join(run.text for run in again.runs)
    planned = "".join(kept for _, kept in expected(reading, cuts, format_))
    assert squeeze("".join(text[b.span.start : b.span.end] for b in again.blocks)) == squeeze(planned)
    assert {block.zone for block in again.blocks} <= VISIBLE
    seen = format_.witness(copy).visible
    assert seen is not None
    assert squeeze(seen) == squeeze(planned)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_BODIES, st.data())
def test_word(body: str, data: st.DataObject) -> None:
    _check(docx.FORMAT, with_body(body), data)


_CELLS = st.lists(st.none() | _WORDS | st.integers(0, 10**14) | st.booleans(), min_size=1, max_size=5)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_CELLS, min_size=1, max_size=4), st.sets(st.integers(1, 4)), st.data())
def test_excel(rows: list[list[str | int | bool | None]], hidden: set[int], data: st.DataObject) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([f"'{cell}" if isinstance(cell, str) and cell.startswith("=") else cell for cell in row])
    for row in hidden:
        book.active.row_dimensions[row].hidden = True
    out = io.BytesIO()
    book.save(out)
    _check(xlsx.FORMAT, out.getvalue(), data)
