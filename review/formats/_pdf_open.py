"""Open a PDF with qpdf (pikepdf), within limits, and bring it to the one form that reading and erasing share."""

from __future__ import annotations

import io
import zlib

import pikepdf

from review.errors import CorruptDocument, EncryptedDocument, LimitExceeded
from review.formats._pdf_names import inherited, spell

MAX_PAGES = 5000
MAX_UNPACKED = 128 << 20  # bytes of one stream that is no image
_DENSEST = 1032  # Flate packs no more than so many bytes into one
MAX_SIDE = 20_000.0  # points

_PRINTED_NEVER = frozenset(
    (
        "/Text",
        "/Popup",
        "/Link",
        "/FileAttachment",
        "/Sound",
        "/Movie",
        "/Screen",
        "/3D",
        "/RichMedia",
        "/TrapNet",
        "/PrinterMark",
        "/Projection",
    )
)
_HIDDEN = 0x02 | 0x20  # annotation flags: hidden, no view


def open_pdf(data: bytes) -> pikepdf.Pdf:
    """Return the file; raises ``EncryptedDocument``, ``CorruptDocument`` or ``LimitExceeded``."""
    try:
        pdf = pikepdf.open(io.BytesIO(data))
        count = len(pdf.pages)
    except pikepdf.PasswordError as error:
        raise EncryptedDocument("PDF 设有打开密码，未能检查。请去除密码后再送审。") from error
    except (pikepdf.PdfError, ValueError, RuntimeError, TypeError) as error:
        raise CorruptDocument("PDF 损坏或不完整，未能检查。请重新导出后再送审。") from error
    if count > MAX_PAGES:
        raise LimitExceeded(f"PDF 超过 {MAX_PAGES} 页，未能检查。请拆分后再送审。")
    if not count:
        raise CorruptDocument("PDF 没有页面，未能检查。请重新导出后再送审。")
    _guard(pdf)
    return pdf


def _guard(pdf: pikepdf.Pdf) -> None:
    """Refuse content that unpacks to more than the limit, before anything unpacks it whole."""
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") != "/Image":
            packed = int(thing.get("/Length", 0))
            if packed > MAX_UNPACKED // _DENSEST and _unpacked_over(thing, MAX_UNPACKED):
                raise LimitExceeded("PDF 内的数据解压后过大，超出处理上限，未能检查。")
    for number, page in enumerate(pdf.pages, 1):
        try:
            box = [float(v) for v in page.mediabox]
        except (TypeError, ValueError, AttributeError, pikepdf.PdfError) as error:
            raise CorruptDocument(f"第{number}页没有有效的版面尺寸，未能检查。") from error
        if len(box) != 4 or max(abs(box[2] - box[0]), abs(box[3] - box[1])) > MAX_SIDE:
            raise LimitExceeded(f"第{number}页的版面尺寸超出处理上限，未能检查。")


def _unpacked_over(stream: pikepdf.Stream, limit: int) -> bool:
    """Whether a stream's Flate data give more than ``limit`` bytes; other filters do not expand that far."""
    filters = stream.get("/Filter")
    names = [spell(f) for f in filters] if isinstance(filters, pikepdf.Array) else [spell(filters)]
    if "/FlateDecode" not in names and "/Fl" not in names:
        return False
    data = bytes(stream.read_raw_bytes())
    for name in names:
        if name not in ("/FlateDecode", "/Fl"):
            return False
        unpacker = zlib.decompressobj()
        try:
            data = unpacker.decompress(data, limit + 1)
        except zlib.error:
            return False
        if len(data) > limit:
            return True
    return False


def flatten(pdf: pikepdf.Pdf) -> None:
    """Make what annotations and form fields show a part of the page, and take all annotations off.

    Notes, links and hidden annotations show nothing on the page and only go.
    """
    for page in pdf.pages:
        annotations = page.obj.get("/Annots")
        if annotations is None:
            continue
        kept = pikepdf.Array()
        for annotation in annotations if isinstance(annotations, pikepdf.Array) else ():
            if not isinstance(annotation, pikepdf.Dictionary) or "/AP" not in annotation:
                continue
            if spell(annotation.get("/Subtype")) in _PRINTED_NEVER or int(annotation.get("/F", 0)) & _HIDDEN:
                continue
            kept.append(annotation)
        if len(kept):
            page.obj.Annots = kept
        else:
            del page.obj["/Annots"]
    try:
        pdf.flatten_annotations("screen")
    except (pikepdf.PdfError, ValueError, RuntimeError) as error:
        raise CorruptDocument("PDF 的批注或表单损坏，未能检查。请重新导出后再送审。") from error
    for page in pdf.pages:
        if "/Annots" in page.obj:
            del page.obj["/Annots"]
        # Its own copy of what it inherits, so that the page tree need hold nothing else.
        for key in ("/MediaBox", "/CropBox", "/Rotate"):
            value = inherited(page.obj, key)
            if value is not None and key not in page.obj:
                page.obj[key] = value
