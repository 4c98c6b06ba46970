"""Turn passages into sparse rows of hashed features, a whole batch at a time.

Everything is vectorised: an n-gram's 64-bit hash is a sum over its characters, so the hashes of all n-grams of a
batch come out of a few array operations, and only the hashes ever exist. Three families share one space of
``BUCKETS`` columns: character 1–4-grams; jieba words and word pairs; and the *frame*, runs of three words in
which names, places, organisations, numbers and dates are replaced by their class, so that 「张某到县医院」 and
「李某到市医院」 look alike. Behind them stand ``SHAPE`` dense columns that say how specific a passage is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Floats = NDArray[np.float32]

BITS: Final = 20
BUCKETS: Final = 1 << BITS
#: Part of every model's manifest: a model trained on other features is refused.
VERSION: Final = 2

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)  # odd, so invertible modulo 2**64
_POWERS: Final = tuple(np.uint64(pow(int(_STEP), n, 1 << 64)) for n in range(4))
_SALTS: Final = {name: np.uint64(0xC2B2AE3D27D4EB4F * (k + 1) & (2**64 - 1)) for k, name in enumerate("1234wpf")}

#: Part-of-speech tags of jieba that the frame keeps only as a class.
_CLASSES: Final = {"nr": 1, "nrt": 1, "nrfg": 1, "ns": 2, "nt": 3, "nz": 4, "m": 5, "mq": 5, "t": 6, "eng": 7}

_KIND: Final = defaultdict(int, _CLASSES).__getitem__

#: Two-character cues whose frequency says how a passage speaks: rules and policy, or facts and their status.
CUES: Final = (
    "应当", "不得", "严禁", "依法", "规定", "条例", "加强", "推进", "完善", "落实",
    "公布", "公开", "公示", "公告", "发布", "已经", "尚未", "未经", "内部", "暂不",
    "拟于", "目前", "据悉", "某某", "附件", "如下", "名单", "记者", "本报", "我们",
)  # fmt: skip
_COUNTS: Final = ("digit", "run", "latin", "point", "quote", "title", "bracket", "name", "place", "number", "time")
_BREAK: Final = ord("\n")
SHAPE: Final = len(_COUNTS) + len(CUES) + 3


def _fold_table() -> NDArray[np.uint16]:
    """One code a character: digits, Latin letters and quotes fall together, the rest stays itself."""
    table = np.arange(1 << 16, dtype=np.uint32)
    table[ord("0") : ord("9") + 1] = ord("0")
    table[ord("A") : ord("Z") + 1] = ord("a")
    table[ord("a") : ord("z") + 1] = ord("a")
    for char in "“”‘’「」『』\"'":
        table[ord(char)] = ord('"')
    for char in " \t\u3000":
        table[ord(char)] = ord(" ")
    for a, b in ("，,", "：:", "；;", "（(", "）)", "？?", "！!"):
        table[ord(a)] = ord(b)
    return table.astype(np.uint16)


def _random_codes() -> Hashes:
    """A fixed random 64-bit number a character code (splitmix64), so that sums do not collide by design."""
    with np.errstate(over="ignore"):
        z = np.arange(1, (1 << 16) + 1, dtype=np.uint64) * _STEP
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


_FOLD: Final = _fold_table()
_CODES: Final = _random_codes()

_POINT, _DIGIT = 1, 2
#: What a character counts as: a point, or the number of its column of ``_COUNTS`` plus ``_DIGIT``.
_SIGNS: Final = np.zeros(1 << 16, np.int64)
_SIGNS[ord(".")] = _POINT
for _char, _name in {"0": "digit", "a": "latin", '"': "quote", "《": "title", "(": "bracket"}.items():
    _SIGNS[ord(_char)] = _COUNTS.index(_name) + _DIGIT
#: The column of a class of words; 0: of none.
_NAMED: Final = np.zeros(max(_CLASSES.values()) + 1, np.int64)
for _class, _name in ((1, "name"), (2, "place"), (5, "number"), (6, "time")):
    _NAMED[_class] = _COUNTS.index(_name)
_KEYS: Final = np.array([ord(cue[0]) << 16 | ord(cue[1]) for cue in CUES], np.uint32)
_CUE_ORDER: Final = np.argsort(_KEYS)
_CUE_PAIRS: Final = _KEYS[_CUE_ORDER]


def fold(text: str) -> NDArray[np.uint16]:
    """Return one code a character."""
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    return _FOLD[np.minimum(points, 0xFFFD)]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Sparse rows of a batch: ``row[i]`` has column ``column[i]``; pairs are unique and sorted by row.

    ``shape`` is dense, ``(passages, SHAPE)``.
    """

    row: Ints
    column: Ints
    shape: Floats

    def __len__(self) -> int:
        return len(self.shape)

    def only(self, rows: Ints) -> Batch:
        """Return the batch of some rows, in ascending order."""
        new = np.full(len(self), -1)
        new[rows] = np.arange(len(rows))
        row = new[self.row]
        return Batch(row[row >= 0], self.column[row >= 0], self.shape[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Occurrences:
    """Every occurrence of every feature in a batch: its passage, column, and place in the joined text."""

    row: Ints
    column: Ints
    start: Ints
    length: Ints


def _bucket(salted: Hashes) -> Ints:
    mixed = salted * np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    return (mixed >> np.uint64(64 - BITS)).astype(np.int64)


@cache
def _powers(bits: int) -> tuple[Hashes, Hashes]:
    """The first ``2**bits`` powers of the step and of its inverse modulo 2**64."""
    inverse = np.uint64(pow(int(_STEP), -1, 1 << 64))
    up = np.multiply.accumulate(np.full(1 << bits, _STEP, dtype=np.uint64))
    down = np.multiply.accumulate(np.full(1 << bits, inverse, dtype=np.uint64))
    return up, down


def batch(texts: Sequence[str]) -> Batch:
    """Return the features of normalised, non-empty passages that hold no line break."""
    joined = _Joined.of(texts)
    words = _words(joined.text)
    rows, salted, _, _ = zip(*_parts(joined, words), strict=True)
    # A small batch's keys fit into 32 bits, which sort twice as fast.
    small = len(texts) <= 1 << (32 - BITS)
    key = (np.concatenate(rows) << BITS | _bucket(np.concatenate(salted))).astype(np.uint32 if small else np.uint64)
    key.sort()  # np.unique hashes, which is many times slower here
    fresh = np.ones(len(key), np.bool_)
    np.not_equal(key[1:], key[:-1], out=fresh[1:])
    unique = key[fresh].astype(np.int64)
    return Batch(row=unique >> BITS, column=unique & (BUCKETS - 1), shape=_shape(joined, words))


def occurrences(texts: Sequence[str]) -> Occurrences:
    """Return where each feature of the passages stands. The texts hold no line break and are not empty."""
    joined = _Joined.of(texts)
    parts = [(row, salted, start, np.broadcast_to(length, row.shape))
             for row, salted, start, length in _parts(joined, _words(joined.text))]  # fmt: skip
    row, salted, start, length = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Occurrences(row, _bucket(salted), start, length)


@dataclass(frozen=True, slots=True, eq=False)
class _Joined:
    """Passages in one text, each between line breaks; arrays of one entry a character."""

    text: str
    codes: NDArray[np.uint16]
    hashed: Hashes
    owner: Ints  # a character belongs to its passage, and so does the line break before it; the last one to none
    room: Ints  # characters up to the line break behind the passage, that one counted
    lengths: Ints  # of the passages

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Joined:
        text = "\n" + "\n".join(texts) + "\n"
        codes = fold(text)
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        owner = np.append(np.repeat(np.arange(len(texts)), lengths + 1), len(texts))
        past = np.append(np.repeat(np.cumsum(lengths + 1) + 1, lengths + 1), 0)
        return cls(text, codes, _CODES[codes], owner, past - np.arange(len(codes)), lengths)


_Part = tuple[Ints, Hashes, Ints, Ints | int]  # row, salted hash, start, length


def _parts(joined: _Joined, words: _Words) -> Iterator[_Part]:
    yield from _char_grams(joined)
    yield from _word_grams(joined, words)


def _char_grams(joined: _Joined) -> Iterator[_Part]:
    """Character 1–4-grams; longer ones may hold the line break on either side of their passage."""
    hashed = joined.hashed
    gram = np.zeros(len(hashed), dtype=np.uint64)
    for n in range(1, 5):
        gram = gram[: len(hashed) - n + 1] + hashed[n - 1 :] * _POWERS[n - 1]
        inside = joined.room[: len(gram)] >= n
        if n == 1:
            inside &= joined.codes != _BREAK
        at = np.flatnonzero(inside)
        yield joined.owner[at], gram[at] ^ _SALTS[str(n)], at, n


@dataclass(frozen=True, slots=True, eq=False)
class _Words:
    start: Ints
    end: Ints
    kind: Ints  # 0: the word itself, else a class of _CLASSES
    size: Ints


def _words(joined: str) -> _Words:
    import rjieba  # its dictionary takes a while, and most short papers get by without

    tagged: list[tuple[str, str]] = rjieba.tag(joined)
    size = np.array([len(word) for word, _ in tagged], dtype=np.int64)
    kind = np.array([_KIND(tag) for _, tag in tagged], dtype=np.int64)
    end = np.cumsum(size)
    return _Words(end - size, end, kind, size)


def _word_grams(joined: _Joined, words: _Words) -> Iterator[_Part]:
    """Words of two characters or more, word pairs, and frames of three words."""
    up, down = _powers(len(joined.hashed).bit_length())
    total = np.concatenate((np.zeros(1, np.uint64), np.cumsum(joined.hashed * up[: len(joined.hashed)])))
    word = (total[words.end] - total[words.start]) * down[words.start]
    frame = np.where(words.kind > 0, _CODES[words.kind], word)
    mine = joined.owner[words.start]
    at = np.flatnonzero(words.size > 1)
    yield mine[at], word[at] ^ _SALTS["w"], words.start[at], words.size[at]
    for n, salt, source in ((2, "p", word), (3, "f", frame)):
        count = max(0, len(word) - n + 1)
        gram = np.zeros(count, dtype=np.uint64)
        for k in range(n):
            gram += source[k : count + k] * _POWERS[k]
        at = np.flatnonzero(mine[:count] == mine[len(mine) - count :])
        yield mine[at], gram[at] ^ _SALTS[salt], words.start[at], words.end[at + n - 1] - words.start[at]


def _shape(joined: _Joined, words: _Words) -> Floats:
    """Dense columns, scaled to about one: counts a passage under a square root, and its length."""
    count = len(joined.lengths)
    signs = _SIGNS[joined.codes]
    counted = np.flatnonzero(signs > _POINT)
    digits = np.flatnonzero(signs == _DIGIT)
    before = signs[digits - 1]  # the first character is a line break
    named = np.flatnonzero(_NAMED[words.kind])
    cues, cue = _cues(joined.codes)
    columns = [
        (counted, signs[counted] - _DIGIT),
        (digits[before != _DIGIT], _COUNTS.index("run")),
        (digits[before == _POINT], _COUNTS.index("point")),
        (words.start[named], _NAMED[words.kind[named]]),
        (cues, cue + len(_COUNTS)),
    ]
    width = len(_COUNTS) + len(CUES)
    cells = np.concatenate([joined.owner[at] * width + column for at, column in columns])
    dense = np.sqrt(np.bincount(cells, minlength=count * width).reshape(count, width).astype(np.float32))
    size = joined.lengths.astype(np.float32)
    density = dense[:, :1] / np.sqrt(np.maximum(size, 1))[:, None]
    extra = np.stack((np.log1p(size) / 4, (size < 12).astype(np.float32)), axis=1)
    return np.concatenate((dense, density, extra.astype(np.float32)), axis=1)


def _cues(codes: NDArray[np.uint16]) -> tuple[Ints, Ints]:
    """Return where a cue stands, and its number."""
    pairs = codes[:-1].astype(np.uint32) << 16 | codes[1:]
    nearest = np.minimum(np.searchsorted(_CUE_PAIRS, pairs), len(CUES) - 1)
    at = np.flatnonzero(_CUE_PAIRS[nearest] == pairs)
    return at, _CUE_ORDER[nearest[at]]


def matrix(features: Batch) -> Any:
    """Return a batch as a scipy CSR matrix with ones, for training."""
    from scipy.sparse import csr_matrix

    indptr = np.searchsorted(features.row, np.arange(len(features) + 1))
    data = np.ones(len(features.column), dtype=np.float32)
    return csr_matrix((data, features.column, indptr), shape=(len(features), BUCKETS))
