"""Plain text, Markdown, CSV and TSV. The source is exactly the decoded file, without its byte order mark.

All of it is visible, so nothing is dropped on erase: cuts are replaced, everything else stays as it was.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence

from review.errors import CorruptDocument
from review.formats._delimited import cells, delimiter
from review.formats._encoding import Decoded, decode
from review.formats._lines import blocks
from review.types import Block, Cut, Erased, Format, Gap, Locator, Reading, Run, Witness

_BINARY = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf", b"GIF8", b"Rar!")
_TABLES = (".csv", ".tsv", ".tab")
_HERE = Locator("text")

# A file written as letters and digits: unread is never clean.
#: Begins with a class of its own, which the engine looks for quickly.
_PACKED = re.compile(
    r"[A-Za-z0-9+/](?:[A-Za-z0-9+/=_-]{399,}|[A-Za-z0-9+/]{59,99}\r?\n(?:[A-Za-z0-9+/]{60,100}\r?\n){4,})"
)

# In a cell a replacement must part no cells; NFKC reads the wide forms as the plain ones.
_WIDE = str.maketrans({",": "，", ";": "；", "|": "｜", '"': "＂", "\t": " ", "\r": " ", "\n": " "})


def _sniff_text(data: bytes, suffix: str) -> bool:
    """Say whether the bytes are text; the suffix does not matter."""
    return bool(data) and not data.startswith(_BINARY) and decode(data) is not None


def _sniff_table(data: bytes, suffix: str) -> bool:
    """Say whether the bytes are text that is called a table."""
    return suffix in _TABLES and _sniff_text(data, suffix)


def _decode(data: bytes) -> Decoded:
    if not data:
        raise CorruptDocument("文件为空，没有可检查的内容。")
    decoded = decode(data)
    if decoded is None:
        raise CorruptDocument("无法识别文字编码，未能检查。请另存为 UTF-8 或 GB18030 编码的文本后再送审。")
    if not decoded.text:
        raise CorruptDocument("文件为空，没有可检查的内容。")
    return decoded


def _reading(data: bytes, parts: Callable[[str], Iterable[Block]]) -> Reading:
    decoded = _decode(data)
    gaps = [_damage(decoded)] if decoded.damaged else []
    packed = _PACKED.search(decoded.text)
    if packed:
        number = decoded.text.count("\n", 0, packed.start()) + 1
        gaps.append(Gap(f"第{number}行起", "疑似编码后的内容（如 base64 附件），未能解读"))
    return Reading((Run(decoded.text, _HERE),), tuple(parts(decoded.text)), tuple(gaps))


def _damage(decoded: Decoded) -> Gap:
    """Tell where bytes could not be decoded: the first lines are enough to find them."""
    numbers = [number for number, line in enumerate(decoded.text.splitlines(), 1) if "\ufffd" in line]
    where = "、".join(map(str, numbers[:10])) + ("等" if len(numbers) > 10 else "")
    return Gap(f"第{where}行", f"有 {decoded.damaged} 处字节无法按 {decoded.encoding} 解码，未能检查")


def _read_text(data: bytes) -> Reading:
    """Read lines, tables of tabs and pipes, and marked parts."""
    return _reading(data, blocks)


def _read_table(data: bytes) -> Reading:
    """Read cells."""
    return _reading(data, cells)


def _erase_text(data: bytes, reading: Reading, cuts: Sequence[Cut]) -> Erased:
    """Write the text with the cuts replaced, in its own encoding, line ends and byte order mark."""
    return _erase(data, cuts)


def _erase_table(data: bytes, reading: Reading, cuts: Sequence[Cut]) -> Erased:
    """As for text; what would part cells or end quotes is written in its wide form."""
    return _erase(data, [Cut(cut.run, cut.start, cut.end, cut.replacement.translate(_WIDE)) for cut in cuts])


def _erase(data: bytes, cuts: Sequence[Cut]) -> Erased:
    decoded = _decode(data)
    pieces = []
    position = 0
    for cut in cuts:
        pieces += [decoded.text[position : cut.start], cut.replacement]
        position = cut.end
    text = "".join(pieces) + decoded.text[position:]
    notices = []
    if decoded.damaged:
        notices.append(f"原件有 {decoded.damaged} 处字节无法解码，副本中写作“\ufffd”。")
    try:
        return Erased(decoded.mark + text.encode(decoded.codec), tuple(notices))
    except UnicodeEncodeError:  # a replacement in simplified characters, in a Big5 file
        notices.append(f"原编码 {decoded.encoding} 写不出脱敏标记，副本改用 UTF-8 编码。")
        return Erased("\ufeff".encode() + text.encode(), tuple(notices))


def _witness_text(data: bytes) -> Witness:
    decoded = _decode(data)
    with io.TextIOWrapper(io.BytesIO(data), decoded.codec, errors="replace") as lines:
        return Witness(lines.read(), tuple(_loose(data)), ("逐行文本读取",))


def _witness_table(data: bytes) -> Witness:
    text = _decode(data).text
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text))
    try:
        visible = "\n".join("\t".join(row) for row in rows)
    except csv.Error as error:
        raise CorruptDocument("表格的引号不成对或单元格过长，无法核对，没有输出。请用表格软件另存后再送审。") from error
    return Witness(visible, tuple(_loose(data)), ("csv 模块",))


def _loose(data: bytes) -> Iterable[str]:
    """Yield the bytes as text in every encoding in which they may hide something."""
    yield data.decode("utf-8", "ignore")
    wide = b"\x00" in data
    if not wide and re.search(rb"[\x80-\xff]", data) is None:
        return
    yield data.decode("gb18030", "ignore")
    yield data.decode("big5hkscs", "ignore")
    for codec in ("utf-16-le", "utf-16-be"):
        yield data.decode(codec, "ignore")
        yield data[1:].decode(codec, "ignore")


FORMAT_CSV = Format(
    name="csv",
    media_type="text/csv",
    suffixes=_TABLES,
    sniff=_sniff_table,
    read=_read_table,
    erase=_erase_table,
    witness=_witness_table,
    drops=frozenset(),
)
FORMAT_TEXT = Format(
    name="text",
    media_type="text/plain",
    suffixes=(".txt", ".md", ".markdown", ".text", ".log"),
    sniff=_sniff_text,
    read=_read_text,
    erase=_erase_text,
    witness=_witness_text,
    drops=frozenset(),
)
FORMATS = (FORMAT_CSV, FORMAT_TEXT)
