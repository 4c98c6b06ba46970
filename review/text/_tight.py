"""The view for words and marks in disguise: 机  密, 秘 密☆１０ 年."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from review.text._views import Edit, edited
from review.types import Document, View

_CJK = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af★☆"
# What precedes is looked at from the first space on: the engine then looks for spaces, not behind every character.
_GAP = re.compile(rf"[ \t\n](?<=[{_CJK}][ \t\n])[ \t\n]*(?=[{_CJK}])")
# What readers and scanners make of ★. 女 only counts where a term follows, the others also at a line's end.
_STARS = "★☆✩✪✫✬✭✮✯✰⭐🌟⋆*∗⁎✱✲✳✴✶✷✸✹﹡※"
_TERM = r"(?:\d|长|[一二三四五六七八九十半])"
_MARK = re.compile(
    rf"[绝机秘][ \t\n]*密[ \t]*(?:[{_STARS}女][ \t]*(?={_TERM})|[{_STARS}][ \t]*(?=\n|$))"
    r"(?:\d[\d \t]*[年个月天日]?)?"
)
# 秘 at the end of one paragraph and 密★5年 at the start of the next: nothing else is written so.
_BROKEN = re.compile(rf"[绝机秘][ \t]*\n[ \t]*密[ \t]*[{_STARS}][ \t]*{_TERM}")


def tight(document: Document) -> View:
    """Return the text without whitespace between CJK characters, and with every star of a mark as ★.

    Line breaks inside a block go too; block borders stay, but for a mark with its star broken over two lines.
    Between a level word and its term also the spaces
    beside the star and inside the term go: ``秘 密 ☆ 1 0 年`` reads ``秘密★10年``. Aligned to Document.text.
    """
    return edited(document.text, _edits(document))


def _edits(document: Document) -> Iterator[Edit]:
    text = document.text
    starts = [block.span.start for block in document.blocks]
    found = [match.span() for match in _GAP.finditer(text)]
    if "密" in text:
        found = sorted(found + [match.span() for match in _MARK.finditer(text)])
    done = 0
    for start, end in found:
        if start < done:
            continue
        done = end
        block = bisect_left(starts, max(start, 1))
        crossing = block < len(starts) and starts[block] <= end
        if crossing and _BROKEN.match(text, start) is None:
            continue  # a block starts inside
        if text[start:end].isspace():
            yield Edit(start, end, "")
            continue
        kept = [place for place in range(start, end) if text[place] not in " \t\n"]
        if len(kept) < end - start or any(text[place] in _STARS + "女" for place in kept):
            folded = "".join("★" if text[place] in _STARS + "女" else text[place] for place in kept)
            yield Edit(start, end, folded, tuple(kept))
