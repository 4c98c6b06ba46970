"""Cutting content streams: the fast expression and qpdf's parser say the same, and nothing is lost in between."""

from __future__ import annotations

import warnings

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.formats import _pdf_content as content

FILE = pikepdf.new()


def stream(data: bytes) -> pikepdf.Stream:
    return FILE.make_stream(data)


def by_qpdf(data: bytes) -> list[tuple[bytes, list[bytes]]]:
    out = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        instructions = pikepdf.parse_content_stream(stream(data))
    for instruction in instructions:
        strings: list[bytes] = []
        for operand in instruction.operands:
            items = operand if isinstance(operand, pikepdf.Array) else [operand]
            strings += [bytes(item) for item in items if isinstance(item, pikepdf.String)]
        out.append((bytes(instruction.operator), strings))
    return out


@pytest.mark.parametrize(
    ("operands", "items"),
    [
        (b"(a\\)b(c)d)", [b"a)b(c)d"]),
        (b"<4 1 4>", [b"A@"]),
        (b"[(a) -12.5 <42>+3 (c)]", [b"a", -12.5, b"B", 3.0, b"c"]),
        (b"(\\101\\n\\\n\\x)", [b"A\nx"]),
        (b"(a\r\nb\rc)", [b"a\nb\nc"]),
        (b"[(a)--5(b)1.2.3]", [b"a", -5.0, b"b", 1.2]),
        (b"()", [b""]),
    ],
)
def test_operands_of_text(operands: bytes, items: list[bytes | float]) -> None:
    assert content.shown(operands) == items


def test_numbers_take_the_last() -> None:
    assert content.numbers(b"9 1 0 0 1 5. -.5 ", 6) == [1, 0, 0, 1, 5, -0.5]
    with pytest.raises(ValueError, match="operands"):
        content.numbers(b"1 2 ", 3)


def test_names() -> None:
    assert content.name(b"/F#31 12 ") == b"/F1"
    assert content.first_name(b" /OC /L1 ") == b"/OC"
    assert content.name(b"12 ") == b""


@pytest.mark.parametrize(
    "data",
    [
        b"q % note (secret)\n1 0 0 1 0 0 cm Q",
        b"BI /W 2 /H 1 /BPC 8 /CS /G ID \x41\x42 EI\nBT (a) Tj ET",
        b"BT ((((deep)))) Tj ET",
        b"BT (a) Tj ET 12",
    ],
    ids=["comment", "inline image", "nested strings", "left over"],
)
def test_what_the_fast_expression_does_not_cover(data: bytes) -> None:
    found = content.parse(stream(data))
    assert b"secret" not in content.written(found)
    plain = [(operator, operands) for operands, operator in found if operator != content.INLINE_IMAGE]
    shows = [content.shown(operands) for operator, operands in plain if operator == b"Tj"]
    assert shows == [list(strings) for operator, strings in by_qpdf(data) if operator == b"Tj"]


def test_inline_image_is_kept_whole() -> None:
    data = b"q BI /W 2 /H 1 /BPC 8 /CS /G ID \x41\x42 EI Q"
    found = content.parse(stream(data))
    assert [operator for _, operator in found] == [b"q", content.INLINE_IMAGE, b"Q"]
    assert b"\x41\x42" in content.written(found)


tokens = st.sampled_from(
    [b"q", b"Q", b"BT", b"ET", b"Tj", b"TJ", b"'", b'"', b"Tf", b"/F1", b"12", b"-3.5", b"(a)", b"(\\()", b"<4142>",
     b"[", b"]", b"[(a)-3(b)]", b"<<", b">>", b"/Span", b"BDC", b"EMC", b"T*", b"%", b"(", b")", b"BI", b"\n", b"cm",
     b"true"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(tokens, max_size=25), st.sampled_from([b" ", b"\n", b""]))
def test_agrees_with_qpdf(pieces: list[bytes], between: bytes) -> None:
    """On any soup of tokens: the same operators with the same strings, or both refuse."""
    data = between.join(pieces)
    try:
        theirs = by_qpdf(data)
    except (pikepdf.PdfError, ValueError, RuntimeError, TypeError):
        return
    ours = []
    for operands, operator in content.parse(stream(data)):
        if operator == content.INLINE_IMAGE:
            return
        ours.append((operator, [item for item in content.shown(operands) if isinstance(item, bytes)]))
    if any(b"<<" in piece for piece in pieces):
        assert [operator for operator, _ in ours] == [operator for operator, _ in theirs]
    else:
        assert ours == theirs


@given(st.lists(st.one_of(st.binary(max_size=8), st.floats(-9000, 9000).map(lambda v: round(v, 1))), max_size=6))
def test_array_reads_back(items: list[bytes | float]) -> None:
    back = content.shown(content.array(items))
    assert [item for item in back if isinstance(item, bytes)] == [item for item in items if isinstance(item, bytes)]
    assert [item for item in back if isinstance(item, float)] == pytest.approx(
        [float(item) for item in items if not isinstance(item, bytes)], abs=0.06
    )
