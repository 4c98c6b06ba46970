"""What becomes of a single code point: tables over all of Unicode, built on first use."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import opencc
from numpy.typing import NDArray

from review import cache as kept

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

# Not of category Cf or Cc, and yet without a glyph of their own.
_BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufffc" + "".join(
    map(chr, [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)
# Format characters that do show: Arabic and Kaithi number signs.
_SHOWN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
# What is neither NFKC nor a category. The blank Braille pattern serves as a space.
_SPECIAL = {
    **_RADICALS,
    **dict.fromkeys("\n\v\f\r\x85\u2028\u2029", "\n"),
    **dict.fromkeys(_BLANKS, ""),
    "\t": "\t",
    "\u2800": " ",
}

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
    return _folded([char]).get(char, char)


def _folded(chars: list[str]) -> dict[str, str]:
    """Return what characters become where that is something else. One call for all, since it is faster."""
    lines = "\n".join("" if char == "\n" else char for char in chars)
    forms = unicodedata.normalize("NFKC", lines).split("\n")
    becomes = {char: form for char, form in zip(chars, forms, strict=True) if char != form and form}
    for char in [char for char, form in becomes.items() if _makes_digit(char, form)]:
        del becomes[char]
    controls = [char for char in chars if unicodedata.category(char) in ("Cf", "Cc") and char not in _SHOWN]
    becomes |= dict.fromkeys(controls, "")
    return becomes | {char: _SPECIAL[char] for char in chars if char in _SPECIAL}


def _makes_digit(char: str, folded: str) -> bool:
    """① → 1, ² → 2, ½ → 1⁄2 would stick to a number beside them; full-width and styled digits may."""
    if not (folded[0].isdecimal() or folded[-1].isdecimal()):
        return False
    return unicodedata.decimal(char, None) is None


def _joining(chars: list[str]) -> list[str]:
    """Return the characters that may compose with the one before them."""
    hangul = map(chr, range(0x1161, 0x11C3))  # vowels and finals
    return [*filter(unicodedata.combining, chars), *hangul, "\uff9e", "\uff9f"]  # half-width voicing marks


def _simplified(becomes: dict[str, str]) -> dict[str, str]:
    """Add traditional → simplified; one character a line, so that no phrase applies."""
    han = (chr(code) for codes in _HAN_RANGES for code in codes)
    forms = {char: char for char in han if char not in becomes}
    forms |= {char: form for char, form in becomes.items() if form not in ("", "\n")}
    simple = opencc.OpenCC("t2s").convert("\n".join(forms.values())).split("\n")
    return becomes | {char: form for char, form in zip(forms, simple, strict=True) if char != form}


def _changes() -> bytes:
    """Return as JSON what characters become, and the codes of those that may compose with the one before."""
    chars = [chr(code) for codes in _SPECIAL_RANGES for code in codes]
    return json.dumps((_simplified(_folded(chars)), [ord(char) for char in _joining(chars)])).encode()


@cache
def tables() -> Tables:
    """Return the tables; the first call builds them."""
    sources = [*kept.code(Path(__file__)), opencc.__version__.encode()]
    becomes, joining = json.loads(kept.on_disk("characters", sources, _changes))
    kind = np.zeros(0x110000, np.uint8)
    width = np.ones(0x110000, np.uint8)
    single = np.arange(0x110000, dtype=np.uint32)
    wide: list[int] = []
    at: list[int] = []
    pool: list[int] = []
    for char, form in sorted(becomes.items()):
        if char == form:
            continue
        code = ord(char)
        kind[code] |= CHANGES
        if len(form) == 1:
            single[code] = ord(form)
            continue
        kind[code] |= RESIZES
        width[code] = len(form)
        if form:
            wide.append(code)
            at.append(len(pool))
            pool.extend(map(ord, form))
    kind[joining] |= JOINS
    kind[[ord(char) for char in TONED]] |= TONE
    kind[ord("\r")] |= CARRIAGE
    return Tables(kind, width, single, np.array(wide, np.uint32), np.array(at), np.array(pool, np.uint32))
