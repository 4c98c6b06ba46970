"""A copy of a PDF holds of dictionaries only what drawing needs: nothing that a program or a person wrote beside it."""

from __future__ import annotations

import contextlib
import io

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from review import formats

WORDS = "密文"


def _marked() -> bytes:
    """A page whose font, graphics state, inks, form, inline image, resources and trailer carry words."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(300, 300))
    word = String(WORDS)
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Name=Name("/" + WORDS), Custom=word)
    tint = Dictionary(FunctionType=2, N=1, Domain=[0, 1], C0=[0], C1=[1])
    inks = Array([Name.Separation, Name("/" + WORDS), Name.DeviceGray, tint])
    several = Array([Name.DeviceN, Array([Name("/" + WORDS)]), Name.DeviceGray, tint, Dictionary(Custom=word)])
    form = Stream(pdf, b"q Q")
    form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 9, 9])
    form.Custom, form.Name = word, Name("/" + WORDS)
    page.obj.Resources = Dictionary(
        Font=Dictionary(F1=font), ExtGState=Dictionary(G1=Dictionary(ca=1, Custom=word)), Custom=word,
        ColorSpace=Dictionary(C1=inks, C2=several, C3=Array([Name.Separation, Name.Black, Name.DeviceGray, tint])),
        XObject=Dictionary(X1=form),
    )  # fmt: skip
    hexed = WORDS.encode("utf-16-be").hex().encode()
    page.contents_add(
        b"/G1 gs /X1 Do BT /F1 12 Tf 20 200 Td (public) Tj ET /C1 cs 0.5 scn 0 0 5 5 re f /C2 cs 0.5 scn /C3 cs 1 scn\n"
        b"q 5 0 0 5 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G /Custom <" + hexed + b"> ID \x80 EI Q"
    )
    pdf.trailer.Custom = word
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def test_words_beside_the_drawing_do_not_reach_a_copy() -> None:
    data = _marked()
    format_, reading = formats.read(data, "a.pdf", ocr=False)
    copy = formats.erase(format_, data, reading, (), ocr=False).data
    with pikepdf.open(io.BytesIO(copy)) as pdf:
        piles = [copy, repr(pdf.trailer).encode()]
        for thing in pdf.objects:
            piles.append(repr(thing).encode())
            if isinstance(thing, Stream):
                with contextlib.suppress(pikepdf.PdfError):  # written raw: searched in the file itself
                    piles.append(bytes(thing.read_bytes()))
        whole = b"\n".join(piles)
        spaces = pdf.pages[0].obj.Resources.ColorSpace
        assert spaces.C3[1] == Name.Black
        assert b"BI" in b"".join(piles)
    forms = [WORDS.encode(), WORDS.encode("utf-16-be"), WORDS.encode("utf-16-be").hex().encode()]
    forms += [b"".join(b"#%02x" % byte for byte in WORDS.encode())]
    assert not [form for form in forms if form in whole or form.upper() in whole]
    assert "public" in "".join(run.text for run in formats.read(copy, "a.pdf", ocr=False)[1].runs)
