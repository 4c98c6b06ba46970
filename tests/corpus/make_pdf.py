"""PDFs that hide a secret, one hiding place a file, and PDFs by several producers.

``PLACES`` lists the hand-made ones. How the secret must fare: ``shown`` is on the page and must be cut; ``hidden``
must be read in a zone that is dropped; ``nested`` must be handed on as an embedded file; ``gone`` belongs to no
current reading of the file (history, comments, unused objects) and only must not survive; ``gap`` cannot be read
exactly and must at least be reported, or read.
"""

from __future__ import annotations

import functools
import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from tests.corpus.pdf_kit import GbkFace, Sheet, narrow_face, type3_face, wide_face

HARMLESS = "公开内容：值班电话已在门户网站公布，请各单位遵照执行。"
MORE = "第二行公开文字仍须原样保留。"
_EXTRA = "第二行公开文字仍须原样保留。前后姓名：口_-"


def secret(number: int) -> str:
    """Four ideographs that no other place uses, so that a font that lists one of them is found out."""
    return "".join(chr(0x6C00 + 8 * number + 2 * k) for k in range(4))


Build = Callable[[Sheet, str], None]


class Place(NamedTuple):
    name: str
    how: str
    build: Build
    kind: str = "truetype"
    after: Callable[[bytes, str], bytes] | None = None


class Hiding(NamedTuple):
    name: str
    how: str
    secret: str
    data: bytes


def files() -> Iterator[Hiding]:
    """Yield every hand-made file."""
    return map(made, (place.name for place in PLACES))


@functools.cache
def made(name: str) -> Hiding:
    """Return the hand-made file of one place."""
    number, place = next((k, place) for k, place in enumerate(PLACES) if place.name == name)
    value = secret(number)
    sheet = Sheet(HARMLESS + _EXTRA + value, kind=place.kind)
    sheet.line(HARMLESS, 780)
    place.build(sheet, value)
    sheet.line(MORE, 100)
    data = sheet.bytes()
    return Hiding(place.name, place.how, value, place.after(data, value) if place.after else data)


# --------------------------------------------------------------------------------------------- shown text


def plain(s: Sheet, v: str) -> None:
    s.line(f"前{v}后", 700)


def kerned(s: Sheet, v: str) -> None:
    parts = b" -120 ".join(s.face.hex(c) for c in f"前{v}后")
    s.draw(b"BT /F 14 Tf 1 0 0 1 60 700 Tm [%s] TJ ET" % parts)


def quote(s: Sheet, v: str) -> None:
    s.draw(b"BT /F 14 Tf 20 TL 60 720 Td %s ' %s ' ET" % (s.face.hex("前后"), s.face.hex(f"前{v}后")))


def double_quote(s: Sheet, v: str) -> None:
    s.draw(b"BT /F 14 Tf 20 TL 60 720 Td 1 2 %s \" %s ' ET" % (s.face.hex(f"前{v}后"), s.face.hex("第二行")))


def glyph_by_glyph(s: Sheet, v: str) -> None:
    for i, c in enumerate(f"前{v}后"):
        s.line(c, 700, x=60 + 14 * i)


def backwards(s: Sheet, v: str) -> None:
    for i, c in reversed(list(enumerate(f"前{v}后"))):
        s.line(c, 700, x=60 + 14 * i)


def spread_out(s: Sheet, v: str) -> None:
    s.line(f"前{v}后", 700, before=b"3 Tc 80 Tz 2 Ts")


def broken_line(s: Sheet, v: str) -> None:
    text = (HARMLESS + MORE)[:34]
    s.line(text[:32] + v[:2], 700)
    s.line(v[2:] + MORE, 680)


def in_form(s: Sheet, v: str) -> None:
    s.name("XObject", X=s.form(b"BT /F 14 Tf 60 700 Td %s Tj ET" % s.face.hex(f"前{v}后")))
    s.draw(b"/X Do")


def in_nested_form(s: Sheet, v: str) -> None:
    inner = s.form(b"BT /F 14 Tf 60 0 Td %s Tj ET" % s.face.hex(f"前{v}后"), Resources=None)
    outer = s.form(b"q 1 0 0 1 0 700 cm /I Do Q", Resources=None)
    outer.Resources = Dictionary(Font=s.page.Resources.Font, XObject=Dictionary(I=inner))
    s.name("XObject", X=outer)
    s.draw(b"q 0.9 0 0 0.9 10 10 cm /X Do Q")


def in_form_twice(s: Sheet, v: str) -> None:
    s.name("XObject", X=s.form(b"BT /F 14 Tf 60 0 Td %s Tj ET" % s.face.hex(f"前{v}后")))
    s.draw(b"q 1 0 0 1 0 700 cm /X Do Q q 1 0 0 1 0 600 cm /X Do Q")


def in_form_with_inherited_state(s: Sheet, v: str) -> None:
    s.name("XObject", X=s.form(b"BT 60 700 Td %s Tj ET" % s.face.hex(f"前{v}后"), Resources=None))
    s.draw(b"q /F 14 Tf 2 Tc /X Do Q")


def type3(s: Sheet, v: str) -> None:
    s.line(f"前{v}后", 700, face=s.use(type3_face(s.pdf, f"前后{v}")))


def simple_truetype(s: Sheet, v: str) -> None:
    s.line(f"前{v}后", 700, face=s.use(narrow_face(s.pdf, f"前后{v}")))


def gbk(s: Sheet, v: str) -> None:
    s.line(f"前{v}abc 后", 700, face=s.use(GbkFace(s.pdf)))


def vertical(s: Sheet, v: str) -> None:
    s.line(f"前{v}后", 700, x=300, face=s.use(wide_face(s.pdf, f"前后{v}", vertical=True)))


def slanted(s: Sheet, v: str) -> None:
    s.draw(b"BT /F 14 Tf 0.866 0.5 -0.5 0.866 100 500 Tm %s Tj ET" % s.face.hex(f"前{v}后"))


def sideways(s: Sheet, v: str) -> None:
    s.draw(b"BT /F 14 Tf 0 1 -1 0 100 500 Tm %s Tj ET" % s.face.hex(f"前{v}后"))


def mirrored(s: Sheet, v: str) -> None:
    s.draw(b"q 1 0 0 -1 0 842 cm BT /F 14 Tf 1 0 0 -1 60 142 Tm %s Tj ET Q" % s.face.hex(f"前{v}后"))


def rotated_page(s: Sheet, v: str) -> None:
    s.page.Rotate = 90
    s.draw(b"BT /F 14 Tf 0 1 -1 0 100 100 Tm %s Tj ET" % s.face.hex(f"前{v}后"))


def moved_origin(s: Sheet, v: str) -> None:
    s.page.MediaBox = Array([-100, -50, 495, 842])
    s.line(f"前{v}后", 700)


def fake_bold(s: Sheet, v: str) -> None:
    for dx in (0, 0.3):
        for i, c in enumerate(f"前{v}后"):
            s.line(c, 700, x=60 + dx + 14 * i)


def shadow(s: Sheet, v: str) -> None:
    s.draw(b"0.6 g")
    s.line(f"前{v}后", 699, x=61)
    s.draw(b"0 g")
    s.line(f"前{v}后", 700)


def over_underscores(s: Sheet, v: str) -> None:
    s.line("姓名：________", 700)
    s.line(v, 700, x=102)


def direct_font(s: Sheet, v: str) -> None:
    s.page.Resources.Font["/D"] = Dictionary(dict(s.face.font.items()))
    s.draw(b"BT /D 14 Tf 60 700 Td %s Tj ET" % s.face.hex(f"前{v}后"))


def named_in_gbk(s: Sheet, v: str) -> None:
    key = pikepdf.Object.parse(b"/#CB#CE#CC#E5")
    s.page.Resources.Font[key] = s.face.font
    s.face.font.BaseFont = key
    s.draw(b"BT /#CB#CE#CC#E5 14 Tf 60 700 Td %s Tj ET" % s.face.hex(f"前{v}后"))


def shared_program(s: Sheet, v: str) -> None:
    twin = s.pdf.make_indirect(Dictionary(dict(s.face.font.items())))
    s.page.Resources.Font["/T"] = twin
    s.draw(b"BT /T 14 Tf 60 700 Td %s Tj ET" % s.face.hex(f"前{v}后"))


def free_text(s: Sheet, v: str) -> None:
    look = s.form(b"BT /F 14 Tf 2 4 Td %s Tj ET" % s.face.hex(f"前{v}后"), BBox=Array([0, 0, 200, 20]))
    note = Dictionary(
        Type=Name.Annot, Subtype=Name.FreeText, Rect=Array([60, 700, 260, 720]), F=4, AP=Dictionary(N=look),
        DA=String("/F 14 Tf"), Contents=String(f"前{v}后"),
    )  # fmt: skip
    s.page.Annots = Array([s.pdf.make_indirect(note)])


def field_with_look(s: Sheet, v: str) -> None:
    look = s.form(b"/Tx BMC BT /F 14 Tf 2 4 Td %s Tj ET EMC" % s.face.hex(v), BBox=Array([0, 0, 200, 20]))
    widget = s.pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("姓名"), V=String(v), F=4,
            Rect=Array([60, 700, 260, 720]), AP=Dictionary(N=look),
        )
    )  # fmt: skip
    s.page.Annots = Array([widget])
    s.pdf.Root.AcroForm = Dictionary(Fields=Array([widget]))


def ruled_table(s: Sheet, v: str) -> None:
    for y in (640, 670, 700):
        s.draw(b"60 %d 400 0.5 re f" % y)
    for x in (60, 260, 460):
        s.draw(b"%d 640 0.5 60.5 re f" % x)
    s.line("姓名", 680, x=70)
    s.line("单位", 680, x=270)
    s.line(v, 650, x=70)
    s.line("公开文字", 650, x=270)


def spelled_by_actual_text(s: Sheet, v: str) -> None:
    face = s.use(wide_face(s.pdf, f"前后{v}"))
    code = face.codes[v[0]]
    table = bytes(face.font.ToUnicode.read_bytes()).replace(
        b"<%04X> <%04x>" % (code, ord(v[0])), b"<%04X> <2F08>" % code
    )
    face.font.ToUnicode = s.pdf.make_stream(table)
    spelled = b"<FEFF%04X>" % ord(v[0])
    s.draw(b"BT /G 14 Tf 60 700 Td %s Tj /Span <</ActualText %s>> BDC %s Tj EMC %s Tj ET"
           % (face.hex("前"), spelled, face.hex(v[0]), face.hex(v[1:] + "后")))  # fmt: skip


def unbalanced(s: Sheet, v: str) -> None:
    s.draw(b"Q Q q 1 0 0 1 10 10 cm")
    s.line(f"前{v}后", 690)


# --------------------------------------------------------------------------------------------- unseen text


def invisible(s: Sheet, v: str) -> None:
    s.line(f"前{v}后", 700, before=b"3 Tr")
    s.draw(b"0 Tr")


def white(s: Sheet, v: str) -> None:
    s.draw(b"1 g")
    s.line(f"前{v}后", 700)
    s.draw(b"0 g")


def under_box(s: Sheet, v: str) -> None:
    s.line(f"前{v}后", 700)
    s.draw(b"0 g 55 694 110 22 re f")


def over_black(s: Sheet, v: str) -> None:
    s.draw(b"0 g 55 694 110 22 re f")
    s.line(f"前{v}后", 700)


def under_thick_line(s: Sheet, v: str) -> None:
    s.line(f"前{v}后", 700)
    s.draw(b"q 26 w 50 705 m 180 705 l S Q")


def under_polygon(s: Sheet, v: str) -> None:
    s.line(f"前{v}后", 700)
    s.draw(b"0 g 50 690 m 180 690 l 185 700 l 180 720 l 50 720 l h f")


def _image(s: Sheet, width: int, height: int, data: bytes) -> pikepdf.Object:
    return s.pdf.make_stream(
        data, Type=Name.XObject, Subtype=Name.Image, Width=width, Height=height, ColorSpace=Name.DeviceGray,
        BitsPerComponent=8,
    )  # fmt: skip


def under_image(s: Sheet, v: str) -> None:
    s.line(f"前{v}后", 700)
    s.name("XObject", P=_image(s, 4, 4, bytes(range(0, 160, 10))))
    s.draw(b"q 130 0 0 30 50 690 cm /P Do Q")


def under_annotation(s: Sheet, v: str) -> None:
    s.line(f"前{v}后", 700)
    look = s.form(b"0 g 0 0 130 30 re f", BBox=Array([0, 0, 130, 30]))
    s.page.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=Array([50, 690, 180, 720]), F=4,
                                      AP=Dictionary(N=look))])  # fmt: skip


def off_page(s: Sheet, v: str) -> None:
    s.line(f"前{v}后", 900)


def outside_crop(s: Sheet, v: str) -> None:
    s.page.CropBox = Array([0, 50, 595, 810])
    s.line(f"前{v}后", 20)


def tiny(s: Sheet, v: str) -> None:
    s.draw(b"BT /F 0.4 Tf 60 700 Td %s Tj ET" % s.face.hex(f"前{v}后"))


def clipped(s: Sheet, v: str) -> None:
    s.draw(b"q 0 0 50 50 re W n")
    s.line(f"前{v}后", 700)
    s.draw(b"Q")


def transparent(s: Sheet, v: str) -> None:
    s.name("ExtGState", A=Dictionary(ca=0, CA=0))
    s.draw(b"q /A gs")
    s.line(f"前{v}后", 700)
    s.draw(b"Q")


def _layer(s: Sheet) -> pikepdf.Object:
    group = s.pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("底稿")))
    s.pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))
    return group


def layer_off(s: Sheet, v: str) -> None:
    s.name("Properties", L=_layer(s))
    s.draw(b"/OC /L BDC")
    s.line(f"前{v}后", 700)
    s.draw(b"EMC")


def form_in_layer_off(s: Sheet, v: str) -> None:
    form = s.form(b"BT /F 14 Tf 60 700 Td %s Tj ET" % s.face.hex(f"前{v}后"), OC=_layer(s))
    s.name("XObject", X=form)
    s.draw(b"/X Do")


def actual_text(s: Sheet, v: str) -> None:
    s.draw(b"/Span <</ActualText <FEFF%s>>> BDC" % v.encode("utf-16-be").hex().encode())
    s.line("前后", 700)
    s.draw(b"EMC")


def content_alt(s: Sheet, v: str) -> None:
    s.name("Properties", M=Dictionary(MCID=0, Alt=String(v)))
    s.draw(b"/Figure /M BDC 60 700 20 20 re f EMC")


# --------------------------------------------------------------------------------------------- beside the page


def structure(s: Sheet, v: str) -> None:
    element = s.pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Figure, Alt=String(v), K=0))
    s.pdf.Root.StructTreeRoot = s.pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=Array([element])))
    s.pdf.Root.MarkInfo = Dictionary(Marked=True)


def note(s: Sheet, v: str) -> None:
    popup = Dictionary(Type=Name.Annot, Subtype=Name.Popup, Rect=Array([0, 0, 10, 10]))
    s.page.Annots = Array([
        s.pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([60, 700, 80, 720]),
                                       Contents=String("前后"), T=String(v), Popup=s.pdf.make_indirect(popup)))
    ])  # fmt: skip


def rich_note(s: Sheet, v: str) -> None:
    s.page.Annots = Array([
        Dictionary(Type=Name.Annot, Subtype=Name.Highlight, Rect=Array([60, 700, 80, 720]), F=4,
                   RC=String(f"<body><p>{v}</p></body>"))
    ])  # fmt: skip


def link(s: Sheet, v: str) -> None:
    s.page.Annots = Array([
        Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([60, 700, 80, 720]),
                   A=Dictionary(S=Name.URI, URI=String(f"https://example.cn/{v}")))
    ])  # fmt: skip


def field_without_look(s: Sheet, v: str) -> None:
    widget = s.pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("姓名"),
                                            V=String(v), Rect=Array([60, 700, 260, 720])))  # fmt: skip
    s.page.Annots = Array([widget])
    s.pdf.Root.AcroForm = Dictionary(Fields=Array([widget]), NeedAppearances=True)


def field_tooltip(s: Sheet, v: str) -> None:
    s.pdf.Root.AcroForm = Dictionary(Fields=Array([
        s.pdf.make_indirect(Dictionary(FT=Name.Ch, T=String("选项"), TU=String("前后"), DV=String(""),
                                       Opt=Array([String("甲"), String(v)])))
    ]))  # fmt: skip


def xfa(s: Sheet, v: str) -> None:
    packet = s.pdf.make_stream(f"<xdp><datasets><name>{v}</name></datasets></xdp>".encode())
    s.pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=Array([String("datasets"), packet]))


def bookmark(s: Sheet, v: str) -> None:
    with s.pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("公开", 0))
        outline.root[0].children.append(pikepdf.OutlineItem(v, 0))


def title(s: Sheet, v: str) -> None:
    s.pdf.docinfo["/Title"] = v


def title_in_gbk(s: Sheet, v: str) -> None:
    s.pdf.trailer.Info = s.pdf.make_indirect(Dictionary(Author=String(v.encode("gbk"))))


def own_property(s: Sheet, v: str) -> None:
    s.pdf.docinfo["/Checker"] = v


def xmp(s: Sheet, v: str) -> None:
    with s.pdf.open_metadata() as metadata:
        metadata["dc:creator"] = [v]


def page_xmp(s: Sheet, v: str) -> None:
    packet = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><a>{v}</a></x:xmpmeta>".encode()
    s.page.Metadata = s.pdf.make_stream(packet, Type=Name.Metadata, Subtype=Name.XML)


def attachment(s: Sheet, v: str) -> None:
    s.pdf.attachments["附.txt"] = pikepdf.AttachedFileSpec(s.pdf, v.encode(), filename="附.txt")


def attachment_name(s: Sheet, v: str) -> None:
    s.pdf.attachments[f"{v}.txt"] = pikepdf.AttachedFileSpec(s.pdf, "公开".encode(), filename=f"{v}.txt")


def attached_to_page(s: Sheet, v: str) -> None:
    held = s.pdf.make_indirect(s.pdf.make_stream(v.encode(), Type=Name.EmbeddedFile))
    spec = Dictionary(Type=Name.Filespec, F=String("a.txt"), EF=Dictionary(F=held))
    s.page.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([60, 700, 80, 720]),
                                      FS=spec)])  # fmt: skip


def script(s: Sheet, v: str) -> None:
    s.pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{v}')"))


def script_stream(s: Sheet, v: str) -> None:
    held = Dictionary(S=Name.JavaScript, JS=s.pdf.make_stream(f"app.alert('{v}')".encode()))
    s.pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), held])))


def page_action(s: Sheet, v: str) -> None:
    s.page.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{v}')")))


def destination(s: Sheet, v: str) -> None:
    s.pdf.Root.Names = Dictionary(Dests=Dictionary(Names=Array([String(v), Array([s.page, Name.Fit])])))


def page_label(s: Sheet, v: str) -> None:
    s.pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=String(v))]))


def piece_info(s: Sheet, v: str) -> None:
    s.page.PieceInfo = Dictionary(App=Dictionary(Private=Dictionary(Draft=String(v))))


def layer_name(s: Sheet, v: str) -> None:
    group = s.pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(v)))
    s.pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(ON=Array([group])))
    s.name("Properties", L=group)
    s.draw(b"/OC /L BDC EMC")


def signature(s: Sheet, v: str) -> None:
    held = s.pdf.make_indirect(
        Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Reason=String(v), Name=String("甲"))
    )
    s.pdf.Root.AcroForm = Dictionary(
        Fields=Array([s.pdf.make_indirect(Dictionary(FT=Name.Sig, T=String("s"), V=held))])
    )


def article_thread(s: Sheet, v: str) -> None:
    s.pdf.Root.Threads = Array([s.pdf.make_indirect(Dictionary(Type=Name.Thread, I=Dictionary(Title=String(v))))])


def catalog_key(s: Sheet, v: str) -> None:
    s.pdf.Root["/Private"] = Dictionary(Note=String(v))


# --------------------------------------------------------------------------------------------- nowhere


def unused_form(s: Sheet, v: str) -> None:
    s.name("XObject", U=s.form(b"BT /F 14 Tf 60 700 Td %s Tj ET" % s.face.hex(v)))


def unused_object(s: Sheet, v: str) -> None:
    s.page.Resources["/Unused"] = s.pdf.make_indirect(Dictionary(Old=String(v)))


def content_comment(s: Sheet, v: str) -> None:
    s.draw(b"% " + v.encode() + b"\n")


def empty_tag(s: Sheet, v: str) -> None:
    s.draw(b"/Old <</Text <FEFF%s>>> DP" % v.encode("utf-16-be").hex().encode())


def image_note(s: Sheet, v: str) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = v
    Image.new("L", (40, 40), 200).save(out, "JPEG", exif=exif, comment=v.encode())
    image = s.pdf.make_stream(b"")
    image.write(out.getvalue(), filter=Name.DCTDecode)
    for key, value in {"Type": Name.XObject, "Subtype": Name.Image, "Width": 40, "Height": 40,
                       "ColorSpace": Name.DeviceGray, "BitsPerComponent": 8}.items():  # fmt: skip
        image["/" + key] = value
    image.Metadata = s.pdf.make_stream(v.encode(), Type=Name.Metadata, Subtype=Name.XML)
    s.name("XObject", P=image)
    s.draw(b"q 40 0 0 40 60 600 cm /P Do Q")


def earlier_revision(data: bytes, v: str) -> bytes:
    """Append an incremental update that takes the title away again."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        number, root = pdf.trailer.Info.objgen[0], pdf.Root.objgen[0]
        size = int(pdf.trailer.Size)
    plain = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(plain, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    old = plain.getvalue()
    with pikepdf.open(io.BytesIO(old)) as pdf:
        number, root, size = pdf.trailer.Info.objgen[0], pdf.Root.objgen[0], int(pdf.trailer.Size)
    start = int(old.rsplit(b"startxref", 1)[1].split()[0])
    where = len(old) + 1
    new = b"\n%d 0 obj\n<< /Title (open) >>\nendobj\n" % number
    table = where + len(new) - 1
    new += b"xref\n%d 1\n%010d 00000 n \n" % (number, where)
    new += b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /Prev %d >>\n" % (size, root, number, start)
    return old + new + b"startxref\n%d\n%%%%EOF\n" % table


def nothing(s: Sheet, v: str) -> None:
    """The secret comes in afterwards."""


def trailing_bytes(data: bytes, v: str) -> bytes:
    return data + b"\n" + v.encode() + b"\n"


# --------------------------------------------------------------------------------------------- not exact


def in_pattern(s: Sheet, v: str) -> None:
    tile = s.pdf.make_stream(b"BT /F 14 Tf 0 4 Td %s Tj ET" % s.face.hex(v))
    for key, value in {"Type": Name.Pattern, "PatternType": 1, "PaintType": 1, "TilingType": 1,
                       "BBox": Array([0, 0, 80, 20]), "XStep": 80, "YStep": 20,
                       "Resources": Dictionary(Font=s.page.Resources.Font)}.items():  # fmt: skip
        tile["/" + key] = value
    s.name("Pattern", P=tile)
    s.draw(b"/Pattern cs /P scn 60 600 200 100 re f 0 g")


def in_soft_mask(s: Sheet, v: str) -> None:
    group = s.form(
        b"1 g BT /F 14 Tf 60 700 Td %s Tj ET" % s.face.hex(v), Group=Dictionary(S=Name.Transparency, CS=Name.DeviceGray)
    )
    s.name("ExtGState", A=Dictionary(SMask=Dictionary(S=Name.Luminosity, G=group)))
    s.draw(b"q /A gs 50 690 200 40 re f Q")


def in_type3_procedure(s: Sheet, v: str) -> None:
    face = type3_face(s.pdf, "口")
    face.font.CharProcs["/uni53E3"] = s.pdf.make_stream(b"1000 0 d0 BT /F 400 Tf %s Tj ET" % s.face.hex(v))
    face.font.Resources = Dictionary(Font=s.page.Resources.Font)
    s.line("口", 700, face=s.use(face))


def without_mapping(s: Sheet, v: str) -> None:
    face = s.use(wide_face(s.pdf, f"前后{v}", kind="cff"))
    del face.font["/ToUnicode"]
    s.line(f"前{v}后", 700, face=face)


def as_picture(s: Sheet, v: str) -> None:
    s.content.clear()
    s.name("XObject", P=_image(s, 100, 140, bytes(range(140)) * 100))
    s.draw(b"q 595 0 0 842 0 0 cm /P Do Q")


PLACES: tuple[Place, ...] = (
    *(Place(f.__name__, "shown", f) for f in (
        plain, kerned, quote, double_quote, glyph_by_glyph, backwards, spread_out, broken_line, in_form, in_nested_form,
        in_form_twice, in_form_with_inherited_state, type3, simple_truetype, gbk, vertical, slanted, sideways, mirrored,
        rotated_page, moved_origin, fake_bold, shadow, over_underscores, direct_font, named_in_gbk, shared_program,
        free_text, field_with_look, ruled_table, spelled_by_actual_text, unbalanced,
    )),
    Place("plain_cff", "shown", plain, "cff"),
    Place("plain_opentype", "shown", plain, "opentype"),
    *(Place(f.__name__, "hidden", f) for f in (
        invisible, white, under_box, over_black, under_thick_line, under_polygon, under_image, under_annotation,
        off_page, outside_crop, tiny, clipped, transparent, layer_off, form_in_layer_off, actual_text, content_alt,
        structure, note,
        rich_note, link, field_without_look, field_tooltip, xfa, bookmark, title, title_in_gbk, own_property, xmp,
        page_xmp, attachment_name, script, script_stream, page_action, destination, page_label, piece_info, layer_name,
        signature, article_thread, catalog_key,
    )),
    Place("attachment", "nested", attachment),
    Place("attached_to_page", "nested", attached_to_page),
    *(Place(f.__name__, "gone", f) for f in (unused_form, unused_object, content_comment, empty_tag, image_note)),
    Place("earlier_revision", "gone", title, after=earlier_revision),
    Place("trailing_bytes", "gone", nothing, after=trailing_bytes),
    *(Place(f.__name__, "gap", f) for f in (in_pattern, in_soft_mask, in_type3_procedure, without_mapping, as_picture)),
)  # fmt: skip


# --------------------------------------------------------------------------------------------- producers

LINES = (
    "关于印发《数据安全管理办法》的通知",
    "各县（市、区）人民政府，市直各部门：",
    "联系人张建国，身份证号110101199003072316，手机13812345678。",
    "本次演练代号“雷霆行动”，参演部队为旅三营，共计128套。",
    "efficient office workflow affine fluffy 2024年5月1日",
    "请各单位于2024年6月30日前将落实情况报送市政府办公室。",
)
SECRETS = ("110101199003072316", "雷霆行动", "张建国", "13812345678", "旅三营")
PLAIN = ("关于印发", "身份证号", "efficient office workflow", "请各单位于2024年6月30日前")


def _reportlab(folder: Path, *, embedded: bool) -> Path:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen import canvas

    from tests.corpus.pdf_kit import truetype

    name = "Probe" if embedded else "STSong-Light"
    if embedded:
        program = folder / "probe.ttf"
        program.write_bytes(truetype(_alphabet()))
        pdfmetrics.registerFont(TTFont(name, str(program)))
    else:
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    path = folder / f"reportlab_{'truetype' if embedded else 'cid'}.pdf"
    page = canvas.Canvas(str(path), pagesize=(595, 842), invariant=1)
    page.setTitle("张建国")
    page.setFont(name, 12)
    for i, line in enumerate(LINES):
        page.drawString(60, 780 - 26 * i, line)
    page.beginForm("form")
    page.setFont(name, 12)
    page.drawString(60, 200, "表内：张建国 110101199003072316")
    page.endForm()
    page.doForm("form")
    page.save()
    return path


def _alphabet() -> str:
    return "".join(sorted(set("".join(LINES) + "表内： 姓名电话页眉")))


def _fpdf(folder: Path) -> Path:
    from fpdf import FPDF

    from tests.corpus.pdf_kit import truetype

    program = folder / "probe2.ttf"
    program.write_bytes(truetype(_alphabet()))
    page = FPDF()
    page.add_page()
    page.add_font("Probe", fname=str(program))
    page.set_font("Probe", size=12)
    for line in LINES:
        page.multi_cell(0, 9, line, align="J")
        page.ln(1)
    path = folder / "fpdf2.pdf"
    page.output(str(path))
    return path


def word_file(folder: Path) -> Path:
    from docx import Document
    from docx.oxml.ns import qn

    document = Document()
    style = document.styles["Normal"]
    style.font.name = "Noto Serif CJK SC"
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "Noto Serif CJK SC")
    document.core_properties.author = "张建国"
    document.add_heading("一、雷霆行动概况", 1)
    for line in LINES:
        paragraph = document.add_paragraph()
        for start in range(0, len(line), 7):
            paragraph.add_run(line[start : start + 7]).bold = (start // 7) % 2 == 1
    table = document.add_table(rows=2, cols=3)
    table.style = "Table Grid"
    for i, row in enumerate((("姓名", "身份证号", "电话"), ("张建国", "110101199003072316", "13812345678"))):
        for j, value in enumerate(row):
            table.cell(i, j).text = value
    document.sections[0].header.paragraphs[0].text = "页眉：雷霆行动"
    path = folder / "word.docx"
    document.save(str(path))
    return path


def _libreoffice(folder: Path, *, tagged: bool) -> Path:
    source = word_file(folder)
    options = '{"UseTaggedPDF":{"type":"boolean","value":"true"},"SelectPdfVersion":{"type":"long","value":"2"}}'
    target = f"pdf:writer_pdf_Export:{options}" if tagged else "pdf"
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(folder / 'office').as_uri()}", "--headless", "--convert-to", target,
         "--outdir", str(folder), str(source)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    path = folder / f"libreoffice{'_tagged' if tagged else ''}.pdf"
    (folder / "word.pdf").replace(path)
    return path


def _chromium(folder: Path) -> Path:
    rows = "".join(f"<p>{line}</p>" for line in LINES)
    page = folder / "page.html"
    page.write_text(
        "<!doctype html><meta charset=utf-8><title>张建国</title><style>body{font-family:'Noto Sans CJK SC'}"
        "td{border:1px solid}.v{writing-mode:vertical-rl;height:200px}</style>"
        f"<h1>一、雷霆行动概况</h1>{rows}<table><tr><td>姓名<td>电话<tr><td>张建国<td>13812345678</table>"
        "<div class=v>竖排：雷霆行动张建国</div>",
        encoding="utf-8",
    )
    path = folder / "chromium.pdf"
    subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'chromium'}",
         f"--print-to-pdf={path}", page.as_uri()],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return path


def _cairo(folder: Path) -> Path:
    source = _reportlab(folder, embedded=True)
    path = folder / "cairo.pdf"
    subprocess.run(["pdftocairo", "-pdf", str(source), str(path)], check=True, capture_output=True, timeout=60)
    return path


class Producer(NamedTuple):
    name: str
    tool: str  # program that must be installed; empty: none
    make: Callable[[Path], Path]


PRODUCERS: tuple[Producer, ...] = (
    Producer("reportlab_cid", "", lambda folder: _reportlab(folder, embedded=False)),
    Producer("reportlab_truetype", "", lambda folder: _reportlab(folder, embedded=True)),
    Producer("fpdf2", "", _fpdf),
    Producer("cairo", "pdftocairo", _cairo),
    Producer("chromium", "chromium", _chromium),
    Producer("libreoffice", "soffice", lambda folder: _libreoffice(folder, tagged=False)),
    Producer("libreoffice_tagged", "soffice", lambda folder: _libreoffice(folder, tagged=True)),
)


def installed(producer: Producer) -> bool:
    return not producer.tool or shutil.which(producer.tool) is not None
