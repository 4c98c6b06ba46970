"""What becomes of a single code point: tables over all of Unicode, built once, on first use (about 0.1 s)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import chain

import numpy as np
import opencc
from numpy.typing import NDArray

Codes = NDArray[np.uint32]

#: Bits of ``Tables.kind``: becomes something else; becomes none or several; may compose with the one before;
#: is a carriage return; is a letter of pinyin with its tone.
CHANGES, RESIZES, JOINS, CARRIAGE, TONE = 1, 2, 4, 8, 16

#: Letters of pinyin that carry a tone mark.
TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"

# Radicals and their ideographs: Unicode 15 EquivalentUnifiedIdeograph.txt, without the two that NFKC folds.
_RADICALS = dict(
    zip(
        "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺"
        "⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲",
        "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑彐忄心扌攵旡日月歺民氵氺灬爫爫丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀"
        "聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀",
        strict=True,
    )
)

# The blank Braille pattern serves as a space; line and paragraph separators are not of category Cc.
_SPECIAL = {**_RADICALS, "\u2800": " ", "\u2028": "\n", "\u2029": "\n"}
_CONTROLS = {"\t": "\t", **dict.fromkeys("\n\v\f\r\x85", "\n")}
# Not of category Cf or Cc, and yet without a glyph of their own.
_BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufffc" + "".join(
    map(chr, [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)
# Format characters that do show: Arabic and Kaithi number signs.
_SHOWN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"

# Where NFKC, categories or combining classes can matter; ideographs and Hangul syllables are left out.
_SPECIAL_RANGES = (
    range(0x3400),
    range(0xA000, 0xAC00),
    range(0xD7A4, 0xD800),
    range(0xF900, 0x20000),
    range(0x2F800, 0x2FA20),
    range(0xE0000, 0xE1000),
)
_HAN_RANGES = (range(0x2E80, 0x3100), range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x33480))


@dataclass(frozen=True, slots=True)
class Tables:
    """Arrays over 0x110000 code points, and a pool for those that become several characters.

    ``width`` is how many characters a code point becomes (0: removed); ``single`` which one, for width 1.
    ``wide`` lists the code points of width > 1 in order, ``pool[at[i]:]`` holds what they become.
    """

    kind: NDArray[np.uint8] = field(repr=False)
    width: NDArray[np.uint8] = field(repr=False)
    single: Codes = field(repr=False)
    wide: Codes = field(repr=False)
    at: NDArray[np.int64] = field(repr=False)
    pool: Codes = field(repr=False)


def codes_of(text: str) -> Codes:
    """Return the code points of a text, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def text_of(codes: Codes) -> str:
    """Return the text of code points."""
    return codes.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")


def fold(char: str) -> str:
    """Return what one character becomes, traditional forms not yet simplified."""
    return _folded([ord(char)])[ord(char)]


def _folded(codes: Iterable[int]) -> dict[int, str]:
    """Return what code points become; NFKC in one call, a character a line, because that is faster."""
    chars = [chr(code) for code in codes]
    forms = "\n".join("" if char == "\n" else char for char in chars)
    becomes = dict(zip(map(ord, chars), unicodedata.normalize("NFKC", forms).split("\n"), strict=True))
    for char in chars:
        folded = becomes[ord(char)]
        if char in _BLANKS or (unicodedata.category(char) in ("Cf", "Cc") and char not in _SHOWN):
            becomes[ord(char)] = _CONTROLS.get(char, "")
        elif folded != char and _makes_digit(char, folded):
            becomes[ord(char)] = char
        elif char in _SPECIAL:
            becomes[ord(char)] = _SPECIAL[char]
    return becomes


def _makes_digit(char: str, folded: str) -> bool:
    """① → 1, ² → 2, ½ → 1⁄2 would stick to a number beside them; full-width and styled digits may."""
    if not (folded[0].isdecimal() or folded[-1].isdecimal()):
        return False
    return unicodedata.decimal(char, None) is None


def _joins(char: str) -> bool:
    """Say whether a character may compose with the one before it."""
    return (
        unicodedata.combining(char) != 0
        or 0x1161 <= ord(char) <= 0x11C2  # Hangul vowels and finals
        or char in "\uff9e\uff9f"  # half-width voicing marks
    )


@cache
def tables() -> Tables:
    """Return the tables; the first call builds them."""
    becomes = _folded(chain(*_SPECIAL_RANGES))
    _simplify(becomes)
    kind = np.zeros(0x110000, np.uint8)
    width = np.ones(0x110000, np.uint8)
    single = np.arange(0x110000, dtype=np.uint32)
    wide: list[int] = []
    at: list[int] = []
    pool: list[int] = []
    for code, text in sorted(becomes.items()):
        if text == chr(code):
            continue
        kind[code] |= CHANGES
        if len(text) == 1:
            single[code] = ord(text)
            continue
        kind[code] |= RESIZES
        width[code] = len(text)
        if text:
            wide.append(code)
            at.append(len(pool))
            pool.extend(map(ord, text))
    for codes in _SPECIAL_RANGES:
        kind[[code for code in codes if _joins(chr(code))]] |= JOINS
    kind[[ord(char) for char in TONED]] |= TONE
    kind[ord("\r")] |= CARRIAGE
    return Tables(kind, width, single, np.array(wide, np.uint32), np.array(at), np.array(pool, np.uint32))


def _simplify(becomes: dict[int, str]) -> None:
    """Add traditional → simplified to ``becomes``; one ideograph a line, so that no phrase applies."""
    for codes in _HAN_RANGES:
        for code in codes:
            becomes.setdefault(code, chr(code))
    keys = [code for code, text in becomes.items() if text not in ("", "\n")]
    simple = opencc.OpenCC("t2s").convert("\n".join(becomes[code] for code in keys)).split("\n")
    becomes.update(zip(keys, simple, strict=True))
