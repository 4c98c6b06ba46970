"""Plan what is taken out, say what must be left, and prove it: pure functions.

*Widen, never narrow*; *published reads exactly as planned: nothing left in, nothing lost*;
*two readings that share no code agree*.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ahocorasick_rs import AhoCorasick

from review import masking, text
from review.types import (
    Cut,
    Decision,
    Document,
    Flag,
    Format,
    Reading,
    Redaction,
    RulePack,
    Span,
    Verdict,
    Witness,
    Zone,
)

# A removed value shorter than this is too common (性别、村名) to be searched for in raw bytes; it is still
# compared word for word in the reading of the result.
_SEARCHED = 5
_BETWEEN = "\U0010ffff"  # no character: kept by ``squeeze``, in no text


def plan(
    document: Document, flags: Iterable[Flag], decisions: Mapping[str, Decision], pack: RulePack
) -> tuple[Redaction, ...]:
    """Return disjoint redactions, sorted, each inside one block and widened to whole source characters.

    Where redactions overlap, the union goes; a redaction wins over an acceptance of the same place.
    """
    starts = [block.span.start for block in document.blocks]
    wanted: list[tuple[Span, str, str]] = []
    for flag in flags:
        decision = decisions.get(flag.id)
        if decision is None or decision.verdict is not Verdict.REDACT:
            continue
        method = pack.masking.get(flag.masking, masking.FALLBACK)
        for span in flag.spans:
            for piece in _inside_blocks(document, starts, text.widen(document, span)):
                value = document.text[piece.start : piece.end]
                new = decision.replacement if decision.replacement is not None else masking.mask(method, value)
                wanted.append((piece, new, flag.id))
    wanted.sort(key=lambda item: (item[0].start, -item[0].end))
    merged: list[Redaction] = []
    for span, new, flag_id in wanted:
        last = merged[-1] if merged else None
        if last is None or span.start >= last.span.end:
            merged.append(Redaction(span, new, (flag_id,)))
            continue
        flags_here = tuple(dict.fromkeys((*last.flags, flag_id)))
        if last.span.covers(span):
            # The longer place decides the wording unless it would show what the shorter one hides.
            keep = masking.FALLBACK.text if last.span != span and _shows(document, last, span) else last.replacement
            merged[-1] = Redaction(last.span, keep, flags_here)
        else:
            merged[-1] = Redaction(Span(last.span.start, span.end), masking.FALLBACK.text, flags_here)
    return tuple(merged)


def _shows(document: Document, outer: Redaction, inner: Span) -> bool:
    return document.text[inner.start : inner.end] in outer.replacement


def _inside_blocks(document: Document, starts: Sequence[int], span: Span) -> Iterator[Span]:
    """Split a span at block borders, whose ``starts`` are given: separators between blocks belong to nobody."""
    index = max(0, bisect_right(starts, span.start) - 1)
    while index < len(document.blocks) and document.blocks[index].span.start < span.end:
        block = document.blocks[index].span
        start, end = max(span.start, block.start), min(span.end, block.end)
        if start < end:
            yield Span(start, end)
        index += 1


def expected(reading: Reading, cuts: Sequence[Cut], format_: Format) -> tuple[tuple[Zone, str], ...]:
    """Return zone and source text of every block that a published copy must hold, in order, cuts applied."""
    offsets: list[int] = []
    length = 0
    for run in reading.runs:
        offsets.append(length)
        length += len(run.text)
    source = "".join(run.text for run in reading.runs)
    # What has a place on a page or in a picture, also inside an archive, gets a black box instead of words.
    words = format_.writes_replacement
    places = sorted(
        (
            offsets[c.run] + c.start,
            offsets[c.run] + c.end,
            c.replacement if words and not reading.runs[c.run].boxes else "",
        )
        for c in cuts
    )
    out: list[tuple[Zone, str]] = []
    k = 0
    for block in reading.blocks:
        while k < len(places) and places[k][1] <= block.span.start:
            k += 1
        pieces: list[str] = []
        position, j = block.span.start, k
        while j < len(places) and places[j][0] < block.span.end:
            start, end, new = places[j]
            pieces += [source[position : max(position, start)], new]
            position = max(position, end)
            j += 1
        pieces.append(source[position : block.span.end])
        kept = "".join(pieces)
        if block.zone not in format_.drops and block.zone is not Zone.FILENAME and kept.strip():
            out.append((block.zone, kept))
    return tuple(out)


def removed(document: Document, redactions: Iterable[Redaction]) -> tuple[str, ...]:
    """Return the texts that a plan takes out, each once: what a leak search looks for. Never logged.

    Both as the file stores them and as they are read: 張 is 张 in ``Document.text``, and lies as 張 in the bytes.
    """
    spans = [redaction.span for redaction in redactions]
    return tuple(
        dict.fromkeys((*text.stored(document, spans), *(document.text[span.start : span.end] for span in spans)))
    )


#: Where controls and format characters lie; looking through all of Unicode takes half a second.
_INVISIBLE_IN = ((0, 0x3000), (0xFE00, 0x10000), (0x11000, 0x14000), (0x1BC00, 0x1D200), (0xE0000, 0xE0200))


@lru_cache(maxsize=1)
def _invisible() -> frozenset[str]:
    """Controls and format characters (zero width, soft hyphens, direction marks)."""
    chars = (chr(code) for first, end in _INVISIBLE_IN for code in range(first, end))
    return frozenset(char for char in chars if unicodedata.category(char) in ("Cf", "Cc"))


def squeeze(value: str) -> str:
    """Return NFKC text without spaces and invisible characters: for comparing two readings."""
    plain = "".join(unicodedata.normalize("NFKC", value).split())
    found = _invisible().intersection(plain)
    return plain.translate(dict.fromkeys(map(ord, found))) if found else plain


def verify(
    *, planned: Sequence[tuple[Zone, str]], found: Reading, witness: Witness, gone: Sequence[str], format_: Format
) -> tuple[Mapping[str, Any], ...]:
    """Return the checks of a written copy, each ``{name, passed, detail}``; details hold counts, no text."""
    source = "".join(run.text for run in found.runs)
    seen = [(b.zone, source[b.span.start : b.span.end]) for b in found.blocks if b.zone is not Zone.FILENAME]
    want, got = (squeeze("".join(words for _, words in side)) for side in (planned, seen))
    want_stored, got_stored = (
        squeeze("".join(words for zone, words in side if zone is not Zone.IMAGE)) for side in (planned, seen)
    )
    values = frozenset(map(squeeze, gone))
    checks = [
        _same_text(want_stored, got_stored, format_),
        _no_dropped_zone(found, format_),
        _gone(want, got, values, "复读"),
    ]
    pictures = [squeeze("".join(w for zone, w in side if zone is Zone.IMAGE)) for side in (planned, seen)]
    if any(pictures):
        checks.append(_same_pictures(*pictures))
    if witness.visible is not None:
        checks.append(_agree(planned, squeeze(witness.visible), witness.readers))
        checks.append(_gone(want, squeeze(witness.visible), values, "第二读取器"))
    checks.append(_no_residue(want, witness.residue, values))
    return tuple(checks)


def _check(name: str, passed: bool, detail: str) -> Mapping[str, Any]:
    return {"name": name, "passed": passed, "detail": detail}


def _same_text(want: str, got: str, format_: Format) -> Mapping[str, Any]:
    if want == got:
        return _check("复读与方案逐字一致", True, f"{len(got)} 字")
    missing, added = Counter(want) - Counter(got), Counter(got) - Counter(want)
    detail = f"少 {missing.total()} 字，多 {added.total()} 字"
    # A page has no reading order of its own: lines may be grouped otherwise once glyphs are gone.
    same_letters = not missing and not added and not format_.writes_replacement
    return _check("复读与方案逐字一致", same_letters, "字符一致，行序不同" if same_letters else detail)


def _same_pictures(want: str, got: str) -> Mapping[str, Any]:
    """Recognition is not exact: what the plan keeps must be read again, but for a few characters."""
    missing = (Counter(want) - Counter(got)).total()
    return _check("图片中保留的文字仍可识别", missing <= max(3, len(want) // 20), f"{len(want)} 字，缺 {missing} 字")


def _no_dropped_zone(found: Reading, format_: Format) -> Mapping[str, Any]:
    left = sum(block.zone in format_.drops for block in found.blocks)
    return _check("批注、修订、隐藏内容、元数据已清除", left == 0, f"残留 {left} 处")


def _gone(want: str, got: str, values: Collection[str], reader: str) -> Mapping[str, Any]:
    searched = [value for value in values if len(value) > 1]
    before, after = counts(searched, want), counts(searched, got)
    left = sum(after[value] > before[value] for value in searched)
    return _check(f"已脱敏内容在{reader}中不再出现", left == 0, f"查找 {len(searched)} 个值，残留 {left} 个")


def counts(values: Collection[str], where: str) -> Counter[str]:
    """Return how often each value stands in a text, in one pass: a list may hold 50,000 of them."""
    patterns = list(values)
    found = AhoCorasick(patterns).find_matches_as_indexes(where, overlapping=True)
    return Counter(patterns[number] for number, _, _ in found)


def _agree(planned: Sequence[tuple[Zone, str]], seen: str, readers: Sequence[str]) -> Mapping[str, Any]:
    body = Counter(_letters(squeeze("".join(kept for zone, kept in planned if zone is Zone.BODY))))
    missing = (body - Counter(_letters(seen))).total()
    name = "两个互不共用代码的读取器结果一致"
    return _check(name, missing == 0, f"{'、'.join(readers)}：正文 {body.total()} 字，缺 {missing} 字")


def _letters(value: str) -> Iterator[str]:
    return (c for c in value if c.isalnum())


def _no_residue(want: str, residue: Sequence[str], values: Collection[str]) -> Mapping[str, Any]:
    long = {value for value in values if len(value) >= _SEARCHED}
    searched = long - counts(long, want).keys()
    # Squeezed as one string: a cell at a time costs minutes for a long list. The mark between pieces is in no value.
    left = len(counts(searched, squeeze(_BETWEEN.join(residue)))) if searched else 0
    return _check("原始字节中查无已脱敏内容", left == 0, f"查找 {len(searched)} 个值，残留 {left} 个")
