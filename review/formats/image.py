"""Pictures and scans (png, jpg, tiff, bmp, webp, gif): characters recognised, codes decoded, cuts painted in pixels."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from itertools import groupby

from PIL import Image, ImageDraw, ImageSequence, UnidentifiedImageError

from review.errors import CorruptDocument, LimitExceeded
from review.formats import _ocr
from review.types import Block, Box, Cut, Erased, Format, Gap, Locator, Reading, Run, Span, Witness, Zone

_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif")
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"BM", b"GIF8")
_MAX_PIXELS = 80_000_000
_MAX_FRAMES = 300
_NOTICES = ("已删除图片元数据（拍摄信息、位置、缩略图）",)
_MAX_TAG = 10_000  # bytes
_WINDOWS_TAGS = range(0x9C9B, 0x9CA0)  # title, comment, author, keywords, subject
_USER_COMMENT = 0x9286
# Painted around each box: recognised boxes sit tight on the ink.
_MARGIN = 3


def sniff(data: bytes, suffix: str) -> bool:
    """A known picture signature; WebP lies inside RIFF."""
    if data.startswith(b"BM") and suffix not in _SUFFIXES:
        return False
    return data.startswith(_MAGIC) or (data.startswith(b"RIFF") and data[8:12] == b"WEBP")


def _frames(data: bytes) -> list[Image.Image]:
    """Return the pages of a picture, turned as its EXIF says; raises ``CorruptDocument`` or ``LimitExceeded``."""
    from PIL import ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data))
            if image.width * image.height > _MAX_PIXELS:
                raise LimitExceeded("图片像素过多，未能检查。请缩小后再送审。")
            if getattr(image, "n_frames", 1) > _MAX_FRAMES:
                raise LimitExceeded(f"图片页数超过 {_MAX_FRAMES}，未能检查。请拆分后再送审。")
            return [ImageOps.exif_transpose(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise LimitExceeded("图片像素过多，未能检查。请缩小后再送审。") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise CorruptDocument("图片损坏或不完整，未能检查。请核对原件。") from error


def read(data: bytes) -> Reading:
    """Return one run a recognised line, with a box a character; metadata as text; unsure lines as gaps."""
    runs: list[Run] = []
    blocks: list[Block] = []
    gaps: list[Gap] = []
    length = 0
    frames = _frames(data)
    for page, frame in enumerate(frames):
        label = f"第{page + 1}页图片文字" if len(frames) > 1 else "图片文字"
        unsure = 0
        for line, words in enumerate(_ocr.read(frame)):
            unsure += words.score < _ocr.SURE
            boxes = tuple(Box(page, *quad) for quad in words.boxes)
            runs += [Run(words.text, Locator(f"frame/{page}", (line,)), boxes), Run("\n")]
            place = f"{label}（二维码或条码）" if words.code else label
            blocks.append(Block(Span(length, length + len(words.text)), Zone.IMAGE, place))
            length += len(words.text) + 1
        if unsure:
            gaps.append(Gap(label, f"有 {unsure} 行文字识别不清"))
    for value in _metadata(data):
        runs += [Run(value, Locator("metadata")), Run("\n")]
        blocks.append(Block(Span(length, length + len(value)), Zone.METADATA, "图片元数据"))
        length += len(value) + 1
    return Reading(tuple(runs), tuple(blocks), tuple(gaps))


def _metadata(data: bytes) -> Iterator[str]:
    """Yield texts of EXIF and comments, and a word for a position (GPS), which never belongs in a publication."""
    image = Image.open(io.BytesIO(data))
    exif = image.getexif()
    tags = [*exif.items(), *exif.get_ifd(0x8769).items(), *((0, value) for value in image.info.values())]
    for tag, value in tags:
        text = _words(tag, value).strip("\x00 ")
        if len(text) > 1 and text.isprintable():
            yield text
    position = exif.get_ifd(0x8825)
    if position:
        yield "拍摄位置坐标 " + " ".join(str(part) for part in position.values())[:200]


def _words(tag: int, value: object) -> str:
    """Return the text of a tag: Windows writes its own tags in UTF-16, Chinese programs any tag in UTF-8 or GBK."""
    if isinstance(value, str):
        if value.isascii() or any(char > "\xff" for char in value):
            return value
        value = value.encode("latin-1")  # as which the library took it
    if not isinstance(value, bytes) or len(value) > _MAX_TAG:
        return ""
    head, value = (value[:8], value[8:]) if tag == _USER_COMMENT else (b"", value)
    codes = ("utf-16-le", "utf-16-be") if tag in _WINDOWS_TAGS or head == b"UNICODE\x00" else ("utf-8", "gb18030")
    for code in codes:
        try:
            return value.decode(code)
        except UnicodeDecodeError:
            continue
    return ""


def erase(data: bytes, reading: Reading, cuts: Sequence[Cut]) -> Erased:
    """Paint one rectangle a line over the cut characters and write the pixels alone: no metadata survives."""
    frames = _frames(data)
    painted = 0
    boxes = [
        box
        for cut in cuts
        for box in reading.runs[cut.run].boxes[cut.start : cut.end]
        if (at := reading.runs[cut.run].at) is not None and at.part.startswith("frame/")
    ]
    for page, group in groupby(sorted(boxes, key=lambda box: (box.page, box.y0, box.x0)), key=lambda box: box.page):
        draw = ImageDraw.Draw(frames[page])
        for line in _joined(list(group)):
            draw.rectangle(line, fill=0)
            painted += 1
    out = io.BytesIO()
    image = Image.open(io.BytesIO(data))
    kind = image.format or "PNG"
    if not boxes and kind == "JPEG" and image.getexif().get(0x0112, 1) == 1:
        image.save(out, kind, quality="keep", exif=b"", comment=b"", icc_profile=None)  # the pixels stay as they are
        return Erased(out.getvalue(), _NOTICES)
    clean = [Image.frombytes("RGB", frame.size, frame.tobytes()) for frame in frames]
    options: dict[str, object] = {"quality": 90} if kind in ("JPEG", "WEBP") else {}
    if len(clean) > 1 and kind in ("TIFF", "GIF", "WEBP"):
        options |= {"save_all": True, "append_images": clean[1:]}
    clean[0].save(out, kind if kind in ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF") else "PNG", **options)
    return Erased(out.getvalue(), _NOTICES)


def _joined(boxes: list[Box]) -> Iterator[tuple[float, float, float, float]]:
    """Join boxes on one line that touch: single boxes would leave slits of ink between them."""
    lines: list[list[float]] = []
    for box in sorted(boxes, key=lambda b: (b.y0, b.x0)):
        for line in lines:
            height = box.y1 - box.y0
            overlap = min(line[3], box.y1) - max(line[1], box.y0)
            if overlap > 0.5 * height and box.x0 - line[2] < height and line[0] - box.x1 < height:
                line[:] = [min(line[0], box.x0), min(line[1], box.y0), max(line[2], box.x1), max(line[3], box.y1)]
                break
        else:
            lines.append([box.x0, box.y0, box.x1, box.y1])
    for x0, y0, x1, y1 in lines:
        yield x0 - _MARGIN, y0 - _MARGIN, x1 + _MARGIN, y1 + _MARGIN


def witness(data: bytes) -> Witness:
    """Recognise again at another size, so that a lucky misreading of the first pass is not the only proof."""
    seen: list[str] = []
    for frame in _frames(data):
        larger = frame.resize((frame.width * 5 // 4, frame.height * 5 // 4))
        seen.extend(words.text for words in _ocr.read(larger))
    raw = [data.decode(encoding, "ignore") for encoding in ("utf-8", "utf-16-le", "gb18030")]
    return Witness(None, ("\n".join(seen), *raw), ("放大后再识别", "原始字节"))


FORMAT = Format(
    name="image",
    media_type="image/*",
    suffixes=_SUFFIXES,
    sniff=sniff,
    read=read,
    erase=erase,
    witness=witness,
    writes_replacement=False,
)
