"""Any soup of bytes is read or refused; what is read comes back from a copy exactly as planned."""

from __future__ import annotations

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.errors import InputError
from review.formats import eml, html, text
from review.redaction import expected, verify
from review.types import Cut, Format, Reading

TAGS = """
<p> </p> <b> </b> <table> <tr> <td> </td> </tr> </table> <div_hidden> </div> <!-- --> <script> </script> <style>
</style> <title> </title> <br> <img_src='a.png'_alt='图'> <textarea> </textarea> <svg> </svg> <input_value='值'>
<select> <option> <x-y_z='属性值'> <a_href='/a'> </a> <![CDATA[ ]]> <?x ?> &amp; &#65; &lt; & < > " 机密 张三
13800138000 _ \u200b <html> <body> <head> </html> <!doctype_html> <td_style='display:none'> <plaintext> <noscript>
<frameset> <pre>
"""
PAGE = st.lists(st.sampled_from([tag.replace("_", " ") for tag in TAGS.split()] + ["\n"]), max_size=25).map("".join)
MAIL = st.lists(
    st.sampled_from(
        [
            "Subject: 主题\r\n",
            "From: =?gb2312?B?1cXI/Q==?= <a@b>\r\n",
            "Content-Type: text/plain; charset=gbk\r\n",
            "Content-Type: multipart/mixed; boundary=b\r\n",
            "Content-Type: text/html\r\n",
            "Content-Type: message/rfc822\r\n",
            "Content-Transfer-Encoding: base64\r\n",
            "Content-Transfer-Encoding: quoted-printable\r\n",
            'Content-Disposition: attachment; filename="=?utf-8?Q?=E6=96=87.txt?="\r\n',
            "X-A: 附加\r\n",
            "\r\n",
            "--b\r\n",
            "--b--\r\n",
            "正文13800138000\r\n",
            "PHA+5byg5LiJPC9wPg==\r\n",
            "=E5=BC=A0\r\n",
        ]
    ),
    max_size=14,
).map(lambda lines: "Subject: a\r\nFrom: b\r\n" + "".join(lines))
CELLS = st.text(st.sampled_from('甲乙1"\n\r ,;|'), max_size=6)
TEXT = st.text(st.sampled_from('甲乙1,"\n\r\t;|[页眉] '), min_size=1, max_size=40)


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A table as programs write it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=draw(st.sampled_from(",\t;")), quoting=draw(st.sampled_from([0, 1])))
    writer.writerows([["列"] * 5, *draw(st.lists(st.lists(CELLS, min_size=5, max_size=5), max_size=4))])
    return out.getvalue()


def _one_cut(reading: Reading, pick: int) -> list[Cut]:
    """Return a cut of one stored character inside a block, as redactions are."""
    source = "".join(run.text for run in reading.runs)
    inside = (place for block in reading.blocks for place in range(block.span.start, block.span.end))
    places = [place for place in inside if source[place] != '"']  # half of a doubled quote is refused by verify
    if not places:
        return []
    place = places[pick % len(places)]
    for number, run in enumerate(reading.runs):
        if place < len(run.text):
            return [Cut(number, place, place + 1, "[隐]")] if run.at is not None else []
        place -= len(run.text)
    return []


def check_round_trip(format_: Format, data: bytes, pick: int) -> None:
    """Cut one character of one run, write, read again and compare with the plan."""
    try:
        reading = format_.read(data)
    except InputError:
        return
    cuts = _one_cut(reading, pick)
    erased = format_.erase(data, reading, cuts)
    planned = expected(reading, cuts, format_)
    if not planned:
        with suppress(InputError):
            assert expected(format_.read(erased.data), [], format_) == ()
        return
    found = format_.read(erased.data)
    checks = verify(planned=planned, found=found, witness=format_.witness(erased.data), gone=[], format_=format_)
    assert [check for check in checks if not check["passed"]] == []


@settings(deadline=None)
@given(PAGE, st.integers(0, 1000))
def test_pages(page: str, pick: int) -> None:
    check_round_trip(html.FORMAT, page.encode(), pick)


@settings(deadline=None)
@given(MAIL, st.integers(0, 1000), st.sampled_from(["utf-8", "gb18030"]))
def test_mail(mail: str, pick: int, codec: str) -> None:
    check_round_trip(eml.FORMAT, mail.encode(codec), pick)


@settings(deadline=None)
@given(tables(), st.integers(0, 1000), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_tables(table: str, pick: int, codec: str) -> None:
    check_round_trip(text.FORMAT_CSV, table.encode(codec), pick)


@settings(deadline=None)
@given(TEXT, st.integers(0, 1000), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_text(lines: str, pick: int, codec: str) -> None:
    check_round_trip(text.FORMAT_TEXT, lines.encode(codec), pick)


@pytest.mark.parametrize("format_", [html.FORMAT, eml.FORMAT, *text.FORMATS], ids=lambda format_: format_.name)
@settings(max_examples=200, deadline=None)
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_are_read_or_refused(format_: Format, data: bytes) -> None:
    with suppress(InputError):
        format_.read(data)
        format_.sniff(data, format_.suffixes[0])
