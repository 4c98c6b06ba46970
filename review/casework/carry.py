"""Carry decisions over to a new version of a file: only where text and flag are unchanged. Pure.

Old and new blocks with equal zone and text are paired; a place is carried by the offset of its block.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from review.flags import flag_id
from review.types import Document, Flag, Span, Zone

# Beyond so many differing blocks on both sides, pairing is by unique text alone: comparing all would take minutes.
_COMPARED = 3000

Key = tuple[Zone, str]


@dataclass(frozen=True, slots=True)
class Carried:
    """``kept``: new flag id → old flag id whose rulings stay. ``added``: hand-made flags as they stand now;
    ``by_hand``: their new ids → their old ids."""

    kept: Mapping[str, str] = field(default_factory=dict)
    added: tuple[Flag, ...] = ()
    by_hand: Mapping[str, str] = field(default_factory=dict)


def carry(
    old: Document, old_flags: Sequence[Flag], new: Document, new_flags: Sequence[Flag], added: Sequence[Flag]
) -> Carried:
    """Return what of the old flags stays. ``added`` are the flags of ``old_flags`` that reviewers made by hand.

    A hand-made flag whose text changed becomes a flag on the whole document: it has to be decided again and is
    never lost.
    """
    pairs = _pairs(_keys(old), _keys(new))
    same = _same_text(old, new)
    at_place = {(flag.rule, flag.type, flag.spans): flag.id for flag in new_flags}
    hands = {flag.id for flag in added}
    kept: dict[str, str] = {}
    by_hand: dict[str, str] = {}
    carried: list[Flag] = []
    for flag in old_flags:
        spans = _moved(old, new, pairs, flag.spans, same_text=same)
        if flag.id in hands:
            if spans is None:
                again = flag_id(new.sha256, f"{flag.rule}|{flag.id}", ())
                carried.append(replace(flag, id=again, spans=(), evidence=()))
            else:
                moved = replace(flag, id=flag_id(new.sha256, flag.rule, spans), spans=spans, evidence=())
                carried.append(moved)
                kept[moved.id] = flag.id
            by_hand[carried[-1].id] = flag.id
        elif spans is not None and (flag.rule, flag.type, spans) in at_place:
            kept[at_place[flag.rule, flag.type, spans]] = flag.id
    return Carried(kept, tuple(carried), by_hand)


def _keys(document: Document) -> list[Key]:
    return [(block.zone, document.text[block.span.start : block.span.end]) for block in document.blocks]


def _same_text(old: Document, new: Document) -> bool:
    """True when nothing but the file name differs: then flags on the whole document are unchanged, too."""
    gaps = [(gap.part, gap.reason) for gap in old.gaps] == [(gap.part, gap.reason) for gap in new.gaps]
    before, after = ([key for key in _keys(d) if key[0] is not Zone.FILENAME] for d in (old, new))
    return gaps and before == after


def _pairs(old: Sequence[Key], new: Sequence[Key]) -> dict[int, int]:
    """Return old block number → new block number for blocks that are unchanged."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    pairs = {i: i for i in range(head)}
    pairs.update({len(old) - 1 - i: len(new) - 1 - i for i in range(tail)})
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(before), len(after)) <= _COMPARED:
        for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
            pairs.update({head + block.a + i: head + block.b + i for i in range(block.size)})
    else:
        once = {key for key, n in Counter(before).items() if n == 1} & {k for k, n in Counter(after).items() if n == 1}
        places = {key: head + i for i, key in enumerate(after) if key in once}
        pairs.update({head + i: places[key] for i, key in enumerate(before) if key in once})
    return pairs


def _moved(
    old: Document, new: Document, pairs: dict[int, int], spans: Sequence[Span], *, same_text: bool
) -> tuple[Span, ...] | None:
    """Return where the spans stand in the new text; None when any of them changed."""
    if not spans:
        return () if same_text else None
    starts = [block.span.start for block in old.blocks]
    found: list[Span] = []
    for span in spans:
        first, last = bisect_right(starts, span.start) - 1, bisect_right(starts, span.end - 1) - 1
        if first < 0 or first not in pairs or last not in pairs:
            return None
        shift = new.blocks[pairs[first]].span.start - old.blocks[first].span.start
        moved = Span(span.start + shift, span.end + shift)
        if new.text[moved.start : moved.end] != old.text[span.start : span.end]:
            return None
        found.append(moved)
    return tuple(found)
