"""Codes and tags of the name model: text → integer arrays, scores → spans. Shared with its training.

Every character has three codes: its own, the bigram that ends with it, and a flag for its place in the word that the
segmenter sees (begin, middle, end, single) with the word's rough class. Tags are BIOES.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

LABELS: Final = ("PER", "LOC", "ORG", "ADDR")
TAGS: Final = ("O", *(f"{place}-{label}" for label in LABELS for place in "BIES"))
PAD: Final = 0  # also: outside the line
UNKNOWN: Final = 1
SPECIAL: Final = 2

#: Classes of the segmenter's words that are told apart, each with the tags it holds; others are one more class.
_GROUPS: Final = (
    *(("nr",), ("nrfg",), ("nrt",), ("ns",), ("nt",), ("nz",), ("n",), ("ng", "zg", "vg", "ag", "tg", "g")),
    *(("v",), ("vn",), ("a", "ad", "an", "b", "z"), ("i",), ("l",), ("j",), ("m", "mq"), ("q",), ("t",), ("f", "s")),
    *(("r",), ("x",), ("d", "c", "p", "u", "uj", "ul", "uv", "uz", "ug", "ud")),
)
_CLASSES: Final = {tag: 1 + 4 * k for k, tags in enumerate(_GROUPS) for tag in tags}
_OTHER: Final = 1 + 4 * len(_GROUPS)
OUTSIDE: Final = _OTHER + 4  # the flag of what pads a line
SEGMENTS: Final = OUTSIDE + 1


def fold(text: str) -> NDArray[np.uint32]:
    """Return code points with digits, capitals, small letters and spaces each made alike; one a character."""
    points = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").copy()
    points[(points >= 0xFF01) & (points <= 0xFF5E)] -= 0xFEE0
    for first, last, stands_for in (("0", "9", "0"), ("A", "Z", "A"), ("a", "z", "a"), ("“", "”", '"')):
        points[(points >= ord(first)) & (points <= ord(last))] = ord(stands_for)
    points[(points < 0x20) | (points == 0x3000) | (points == 0xA0)] = 0x20
    return points


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """``chars``: ascending code points; ``bigrams``: ascending pairs of character codes, ``left * size + right``.

    A code is the place in its array plus ``SPECIAL``.
    """

    chars: NDArray[np.uint32] = field(repr=False)
    bigrams: NDArray[np.int64] = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.chars) + SPECIAL


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """Codes of one line, each ``[length]``."""

    chars: Ints
    bigrams: Ints
    segments: Ints

    def __len__(self) -> int:
        return len(self.chars)


def char_codes(vocabulary: Vocabulary, text: str) -> Ints:
    """Return the character codes of a text, ``[len(text)]``."""
    return _find(vocabulary.chars, fold(text))


def pairs(vocabulary: Vocabulary, chars: Ints) -> NDArray[np.int64]:
    """Return the keys of the bigrams that end with each character of a line, ``[length]``."""
    bordered = np.concatenate([[PAD], chars]).astype(np.int64)
    return bordered[:-1] * vocabulary.size + bordered[1:]


def bigram_codes(vocabulary: Vocabulary, keys: NDArray[np.int64]) -> Ints:
    """Return the codes of bigram keys, in their shape."""
    return _find(vocabulary.bigrams, keys)


def encode(vocabulary: Vocabulary, lines: Sequence[str]) -> list[Codes]:
    """Return the codes of each line; all lines are looked up at once."""
    lengths = [len(line) for line in lines]
    # One PAD before each line: the bigrams at their beginnings come out as ``pairs`` makes them.
    chars = np.full(sum(lengths) + len(lines) + 1, PAD, np.int32)
    starts = np.cumsum([1, *(length + 1 for length in lengths)])
    inside = np.ones(len(chars), bool)
    inside[starts - 1] = False
    chars[inside] = char_codes(vocabulary, "".join(lines))
    keys = chars[:-1].astype(np.int64) * vocabulary.size + chars[1:]
    bigrams = bigram_codes(vocabulary, keys)
    flags = segments(lines)
    out = []
    at = 0
    for start, length in zip(starts.tolist(), lengths, strict=False):
        end = start + length
        out.append(Codes(chars[start:end], bigrams[start - 1 : end - 1], flags[at : at + length]))
        at += length
    return out


def _find(sorted_keys: NDArray[np.generic], wanted: NDArray[np.generic]) -> Ints:
    at = np.searchsorted(sorted_keys, wanted)
    at[at == len(sorted_keys)] = 0
    return np.where(sorted_keys[at] == wanted, at + SPECIAL, UNKNOWN).astype(np.int32)


def segments(lines: Sequence[str]) -> Ints:
    """Return the segmenter's flags of all lines, joined; 0 where it lost characters."""
    import rjieba  # its dictionary takes a while, and most short papers get by without

    lengths: list[int] = []
    classes: list[int] = []
    for line in lines:
        left = len(line)
        for word, tag in rjieba.tag(line):
            lengths.append(len(word))
            classes.append(_CLASSES.get(tag, _OTHER))
            left -= len(word)
        if left > 0:
            lengths.append(left)
            classes.append(PAD)
    many, base = np.array(lengths, np.int64), np.array(classes, np.int32)
    ends = np.cumsum(many)
    starts = ends - many
    out = np.repeat(np.where(base > 0, base + 1, PAD), many).astype(np.int32)
    known, single = base > 0, many == 1
    out[starts[known]] = base[known]
    out[ends[known] - 1] = base[known] + 2
    out[starts[known & single]] = base[known & single] + 3
    return out


def stack(lines: Sequence[Codes], length: int) -> tuple[Ints, Ints, Ints]:
    """Return three arrays ``[lines, length]``, padded with ``PAD``, the flags with ``OUTSIDE``."""
    chars, bigrams, flags = np.full((3, len(lines), length), PAD, np.int32)
    flags[:] = OUTSIDE
    for row, line in enumerate(lines):
        long = len(line)
        chars[row, :long], bigrams[row, :long], flags[row, :long] = line.chars, line.bigrams, line.segments
    return chars, bigrams, flags


def _allowed() -> NDArray[np.bool_]:
    """Return whether a tag may follow a tag, ``[before, after]``."""
    closed = np.array([tag[0] in "OES" for tag in TAGS])
    opens = np.array([tag[0] in "OBS" for tag in TAGS])
    alike = np.array([[before[2:] == after[2:] for after in TAGS] for before in TAGS])
    out: NDArray[np.bool_] = (closed[:, None] & opens) | (~closed[:, None] & ~opens & alike)
    return out


_MAY_FOLLOW: Final = _allowed()
_ALONE: Final = [k for k, tag in enumerate(TAGS) if tag[0] in "OS"]


def decode(scores: Floats, lengths: Sequence[int]) -> NDArray[np.int64]:
    """Return the best allowed tag path of each line, ``[lines, length]``, O behind it; ``scores`` has tags as well.

    Where the best tag of each character already makes an allowed path, that path is it; the others take Viterbi.
    """
    # Outside the line everything is O, after which a path may begin and before which it must have ended.
    greedy = np.zeros((scores.shape[0], scores.shape[1] + 2), np.int64)
    greedy[:, 1:-1] = scores.argmax(axis=2)
    greedy[:, 1:-1][np.arange(scores.shape[1]) >= np.asarray(lengths)[:, None]] = 0
    broken = np.flatnonzero((~_MAY_FOLLOW[greedy[:, :-1], greedy[:, 1:]]).any(axis=1)).tolist()
    paths = greedy[:, 1:-1]
    for row, path in zip(broken, _viterbi(scores[broken], [lengths[row] for row in broken]), strict=True):
        paths[row, : len(path)] = path
    return paths


def _viterbi(scores: Floats, lengths: Sequence[int]) -> list[list[int]]:
    """Return the best allowed paths.

    A line is a row of names and of characters outside them. So two things are carried from place to place: the best
    sum of a path that stands outside any name, and for each label of one that stands inside a name.
    """
    rows, longest, _ = scores.shape
    if not rows:
        return []
    turned = scores.transpose(1, 2, 0)  # [place, tag, row]
    begin, inside, end = (np.ascontiguousarray(turned[:, k::4]) for k in (1, 2, 3))
    alone = turned[:, _ALONE]
    single = alone.max(axis=1)
    outside = np.zeros((longest + 1, rows), np.float32)
    within = np.full((longest + 1, len(LABELS), rows), -np.inf, np.float32)
    for t in range(longest):
        np.maximum(outside[t] + begin[t], within[t] + inside[t], out=within[t + 1])
        np.maximum(outside[t] + single[t], (within[t] + end[t]).max(axis=0), out=outside[t + 1])
    ended = within[:-1] + end
    ends = (ended.max(axis=1) > outside[:-1] + single).T.tolist()
    label_of_end = ended.argmax(axis=1).T.tolist()
    begins = (outside[:-1, None] + begin >= within[:-1] + inside).transpose(2, 1, 0).tolist()
    tag_alone = np.array(_ALONE)[alone.argmax(axis=1)].T.tolist()
    out = []
    for row, length in enumerate(lengths):
        path = tag_alone[row][:length]
        label = -1
        for t in range(length - 1, -1, -1):
            if label >= 0:
                begun = begins[row][label][t]
                path[t] = 4 * label + (1 if begun else 2)
                if begun:
                    label = -1
            elif ends[row][t]:
                label = label_of_end[row][t]
                path[t] = 4 * label + 3
        out.append(path)
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """What allowed paths mark, in order: the line, first and last character of each span and its label's number.

    ``tagged``: line, character and tag of all characters in spans; ``first``: where in them each span begins.
    """

    lines: NDArray[np.int64] = field(repr=False)
    firsts: NDArray[np.int64] = field(repr=False)
    lasts: NDArray[np.int64] = field(repr=False)
    labels: NDArray[np.int64] = field(repr=False)
    tagged: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] = field(repr=False)
    first: NDArray[np.int64] = field(repr=False)


def spans(paths: NDArray[np.int64]) -> Spans:
    """Return the spans of allowed paths ``[lines, length]``."""
    lines, places = np.nonzero(paths)
    tags = paths[lines, places]
    part = (tags - 1) % 4  # of BIES
    first, last = np.flatnonzero((part == 0) | (part == 3)), np.flatnonzero(part >= 2)
    return Spans(lines[first], places[first], places[last], (tags[first] - 1) // 4, (lines, places, tags), first)


def tag_codes(length: int, marked: Sequence[tuple[int, int, str]]) -> Ints:
    """Return BIOES codes ``[length]`` of marked spans; the first of two that overlap counts."""
    out = np.zeros(length, np.int32)
    for start, end, label in marked:
        if out[start:end].any():
            continue
        base = TAGS.index(f"B-{label}")
        out[start:end] = base + 1
        out[start], out[end - 1] = base, base + 2
        if end - start == 1:
            out[start] = base + 3
    return out
