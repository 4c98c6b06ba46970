"""The characters of a binary Word file by its piece table: a second reading that LibreOffice has no part in.

[MS-DOC] 2.4.1: the FIB names the CLX of the table stream, whose PlcPcd says for each run of character positions where
in the WordDocument stream it lies and whether in one byte a character or in two. Hidden and deleted characters have
positions like all others, so nothing that Word could show is left out. Where their runs end is told by the pages of
character properties (ChpxFkp): the converted file may keep such a run in another place than its paragraph.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import unquote

from review.errors import CorruptDocument
from review.types import Gap, Reading

if TYPE_CHECKING:
    from olefile import OleFileIO

_WORD_97 = 0xA5EC  # wIdent; Word 6 and 95 have 0xA5DC and no Unicode pieces
_TABLE_1 = 0x0200  # fWhichTblStm
_CHPX, _CLX = 12, 33  # numbers of the pairs fcPlcfBteChpx and fcClx in FibRgFcLcb97
_RUN = "\uffff"  # between two runs of one format: no character
_ONE_BYTE = 0x40000000  # fCompressed
_DAMAGED = "旧版 Word 文件的片段表已损坏，未能与转换结果核对。请核对原件。"
#: stories in the order of their character positions, by their place in FibRgLw97
_STORIES: Mapping[int, str] = {
    3: "正文", 4: "脚注", 5: "页眉页脚", 7: "批注", 8: "尾注", 9: "文本框", 10: "页眉文本框"
}  # fmt: skip
_CONTROLS = re.compile(r"([\x13-\x15])|[\x00-\x12\x16-\x1f]+")
#: fields whose result every program works out anew
_COMPUTED = re.compile(r"\s*(DATE|TIME|PAGE|PAGEREF|NUMPAGES|SECTIONPAGES|FILENAME|FILESIZE|EDITTIME)\b", re.IGNORECASE)
#: what a field's code may hold besides its own words: a value or Chinese, but not a bookmark that Word numbers itself
_TOLD = re.compile(r"(?<![A-Za-z_])\d{5,}|[\u3400-\u9fff]{2,}")


def unconverted(ole: OleFileIO, reading: Reading) -> tuple[Gap, ...]:
    """Return a gap for each story with words that the ``reading`` of the converted file does not hold."""
    whole = _letters("".join(run.text for run in reading.runs))
    gaps: list[Gap] = []
    for name, stored in stories(ole):
        missing, place = 0, 0
        for stretch in _told(stored):
            words = _letters(stretch)
            # Mostly in order: looking on from the last place keeps a long file quick.
            found = whole.find(words, place)
            if found < 0 and words not in whole:
                runs = map(_letters, stretch.split(_RUN))
                missing += any(len(run) > 1 and run not in whole for run in runs)
            place = max(found, place)
        if missing:
            gaps.append(Gap(name, f"原件有 {missing} 处文字在转换后没有读到，未能检查"))
    return tuple(gaps)


def _told(stored: str) -> Iterator[str]:
    """Yield each stretch between control characters that holds words, and the values in field codes."""
    fields: list[str] = []  # where in each open field: code, result, or computed
    for stretch in filter(None, _CONTROLS.split(stored)):
        match stretch:
            case "\x13":
                fields.append("code")
            case "\x14" if fields:
                fields[-1] = "result" if fields[-1] == "code" else fields[-1]
            case "\x15" if fields:
                fields.pop()
            case _ if "code" in fields:
                code = unquote(stretch.replace(_RUN, ""))
                fields[-1] = "computed" if _COMPUTED.match(code) else fields[-1]
                yield from _TOLD.findall(code)
            case _ if "computed" not in fields and len(_letters(stretch)) > 1:  # one alone may stand for a symbol
                yield stretch


def _letters(text: str) -> str:
    """Return letters and figures alone: marks, spaces and symbols are stored differently in the two formats."""
    return "".join(filter(str.isalnum, unquote(text)))


def stories(ole: OleFileIO) -> tuple[tuple[str, str], ...]:
    """Return (Chinese name, characters as stored) of each story with text; none for Word 6 and 95.

    Control characters stand as stored: 13 paragraph, 7 cell, 19 20 21 field; U+FFFF stands between runs of one format.
    Raises ``CorruptDocument``.
    """
    try:
        return tuple(_stories(ole))
    except (struct.error, OSError, IndexError, ValueError) as error:
        raise CorruptDocument(_DAMAGED) from error


def _stories(ole: OleFileIO) -> Iterator[tuple[str, str]]:
    main = ole.openstream("WordDocument").read()
    ident, flags = struct.unpack_from("<H8xH", main)
    if ident != _WORD_97:
        return
    table = ole.openstream("1Table" if flags & _TABLE_1 else "0Table").read()
    place = 34 + 2 * struct.unpack_from("<H", main, 32)[0]  # after FibRgW97
    count = struct.unpack_from("<H", main, place)[0]
    lengths = struct.unpack_from(f"<{count}i", main, place + 2)
    pairs = place + 2 + 4 * count + 2
    start, length = struct.unpack_from("<II", main, pairs + 8 * _CLX)
    borders = _run_borders(main, table, *struct.unpack_from("<II", main, pairs + 8 * _CHPX))
    units, ends = bytearray(), []  # a position is one unit of UTF-16
    for at, width, stored in _pieces(main, table[start : start + length]):
        first, last = bisect_left(borders, at), bisect_left(borders, at + len(stored))
        ends += [len(units) + (border - at) // width * 2 for border in borders[first:last]]
        units += stored if width == 2 else stored.decode("cp1252", "replace").encode("utf-16-le")
    position = 0
    for index, name in _STORIES.items():
        end = position + 2 * lengths[index]
        if not position <= end <= len(units):
            raise ValueError("story beyond the pieces")
        if end > position:
            inside = ends[bisect_left(ends, position + 1) : bisect_left(ends, end)]
            runs = pairwise((position, *inside, end))
            yield name, _RUN.join(units[here:there].decode("utf-16-le", "replace") for here, there in runs)
        position = end


def _run_borders(main: bytes, table: bytes, start: int, length: int) -> list[int]:
    """Return the offsets in the WordDocument stream where character properties change, sorted."""
    count = (length - 4) // 8
    borders: set[int] = set()
    for page in struct.unpack_from(f"<{count}I", table, start + 4 * (count + 1)) if count > 0 else ():
        at = (page & 0x3FFFFF) * 512
        borders.update(struct.unpack_from(f"<{main[at + 511] + 1}I", main, at))
    return sorted(borders)


def _pieces(main: bytes, clx: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (offset, bytes a character, stored bytes) of each piece."""
    place = 0
    while clx[place] == 1:  # Prc: properties that pieces share
        place += 3 + struct.unpack_from("<H", clx, place + 1)[0]
    if clx[place] != 2:
        raise ValueError("no piece table")
    size = struct.unpack_from("<I", clx, place + 1)[0]
    count = (size - 4) // 12
    borders = struct.unpack_from(f"<{count + 1}I", clx, place + 5)
    for number in range(count):
        length = borders[number + 1] - borders[number]
        at = struct.unpack_from("<I", clx, place + 5 + 4 * (count + 1) + 8 * number + 2)[0]
        width = 1 if at & _ONE_BYTE else 2
        at = (at & 0x3FFFFFFF) // 2 if width == 1 else at
        stored = main[at : at + length * width]
        if length < 0 or len(stored) != length * width:
            raise ValueError("piece beyond the stream")
        yield at, width, stored
