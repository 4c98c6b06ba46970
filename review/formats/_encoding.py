"""Find out how bytes spell text: UTF-8, UTF-16, GB18030, Big5, and what charset-normalizer knows besides.

A strict UTF-8 file is UTF-8. Otherwise each encoding is tried, and the text that reads most like Chinese wins:
the share of everyday characters among those that are not ASCII.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from itertools import islice

import opencc

#: Byte order marks, longest first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHINESE = ("gb18030", "cp950", "big5hkscs")
_WIDE = ("utf-16-le", "utf-16-be")
#: What people call them.
_NAMES = {"utf-8": "UTF-8", "gb18030": "GB18030", "cp950": "Big5", "big5hkscs": "Big5"}
_SAMPLE = 60_000  # bytes
#: Below this average a text is not taken for one.
_PLAUSIBLE = 0.55
#: One undecodable byte in so many characters is a damaged text; more of them are another encoding.
_DAMAGE = 100

_FOREIGN = re.compile(r"[^\x00-\x7f]")
_CONTROL = bytes((*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F))
_PUNCTUATION = re.compile(
    "[\u00a0-\u00ff\u2010-\u203e\u2103\u2160-\u217f\u2190-\u2193\u2200-\u22a5\u2460-\u249b\u25a0-\u25cf★☆"
    "\u3000-\u3017\uff01-\uff5e\uffe5]"
)
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with its encoding (a codec name), its byte order mark, and how many bytes it could not spell (as U+FFFD)."""

    text: str = field(repr=False)
    codec: str
    mark: bytes = b""
    damaged: int = 0

    @property
    def encoding(self) -> str:
        """The encoding as people call it."""
        return _NAMES.get(self.codec, self.codec.upper())


def decode(data: bytes) -> Decoded | None:
    """Return the text of a file, or None where the bytes are no text in any encoding."""
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], codec, mark)
    strict = None if b"\x00" in data else _strict(data)
    likeliest = strict or _best(data)
    return _decoded(data, likeliest, b"") if likeliest else None


def _strict(data: bytes) -> str | None:
    """Return "utf-8" where the bytes are UTF-8 without a fault, and could not as well be a few GB characters."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    sample = text[:_SAMPLE]
    if _controls(sample) * 50 > len(sample):
        return None
    foreign = [match[0] for match in islice(_FOREIGN.finditer(sample), 3)]
    doubtful = len(foreign) < 3 and all(char < "\u0800" for char in foreign)  # two bytes each, as in GB
    return None if doubtful and _score(sample) <= 0 and _best(data) else "utf-8"


def _controls(text: str) -> int:
    """Return how many characters steer a terminal: each is one byte."""
    stored = text.encode("utf-8", "surrogatepass")
    return len(stored) - len(stored.translate(None, _CONTROL))


def _decoded(data: bytes, codec: str, mark: bytes) -> Decoded | None:
    """Return the whole text, unless too much of it cannot be spelt."""
    text = data.decode(codec, "replace")
    meant = "\ufffd".encode(codec, "ignore")  # the sign itself may stand in the file
    damaged = text.count("\ufffd") - (data.count(meant) if meant else 0)
    if damaged > 2 and damaged * _DAMAGE > len(text):
        return None
    return Decoded(text, codec, mark, max(damaged, 0))


def _best(data: bytes) -> str | None:
    """Return the codec in which the text reads most like Chinese, or like anything at all."""
    wide = b"\x00" in data
    scores = {codec: _score(_sample(data[: _SAMPLE // 2 * 2], codec), every=True) for codec in _WIDE}
    if not wide:
        first = re.search(rb"[\x80-\xff]", data)
        sample = data[first.start() :][:_SAMPLE] if first else b""
        scores |= {codec: _score(_sample(sample, codec)) for codec in ("utf-8", *_CHINESE)}
    best = max(scores, key=lambda codec: (scores[codec], codec == "gb18030"))
    if scores[best] >= _PLAUSIBLE:
        return best
    import charset_normalizer  # slow to import, and rarely the one that knows

    found = None if wide else charset_normalizer.from_bytes(data[:_SAMPLE]).best()
    return None if found is None or _score(_sample(data[:_SAMPLE], found.encoding)) < 0 else found.encoding


def _sample(data: bytes, codec: str) -> str:
    """Decode a beginning; a character cut off at its end does not count."""
    return codecs.getincrementaldecoder(codec)("replace").decode(data)


def _score(text: str, *, every: bool = False) -> float:
    """Return how much a text reads like Chinese, at most 1: the mean over characters that are not ASCII.

    With ``every`` ASCII counts too, as it does where two bytes spell one character.
    """
    if not text:
        return 0.0
    odd = _controls(text) * 4 + text.count("\ufffd") * 5
    foreign = re.sub(r"[\x00-\x7f]+", "", text)
    total = len(text) if every else len(foreign)
    good = float(len(text) - len(foreign)) if every else 0.0
    if not total:
        return 1.0 if odd * 50 <= len(text) else -1.0
    han = "".join(_HAN.findall(foreign))
    marks = len(_PUNCTUATION.findall(foreign))
    good += 0.8 * marks + _everyday(han)
    strange = len(foreign) - len(han) - marks
    return (good - strange - odd) / total


_simplified = opencc.OpenCC("t2s").convert


def _everyday(han: str) -> float:
    """Weigh ideographs: 1 for those of GB2312 level 1 (in either form), 0.2 for level 2, -0.5 for the others."""
    weight = 0.0
    for char in _simplified(han):
        lead = char.encode("gb2312", "ignore")[:1]
        weight += 1.0 if b"\xb0" <= lead <= b"\xd7" else 0.2 if lead else -0.5
    return weight
