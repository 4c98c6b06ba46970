"""Characters that nobody sees and that change or carry meaning: forced directions, messages in invisible characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from review.types import Gap, Run

REVERSED = Gap("文字方向", "含有强制改变方向的文字，看到的顺序与存储的不同，未能检查")
SMUGGLED = Gap("不可见字符", "含有成串的不可见字符，可能夹带内容，未能检查")
_OVERRIDES = ("\u202d", "\u202e")  # left-to-right and right-to-left
# Tags spell ASCII; variation selectors and zero-width marks in a row spell bits. One alone is ordinary typography.
_STRINGS = re.compile(
    "[\U000e0020-\U000e007f]{2,}|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}|[\u200b-\u200d\u2060-\u2064]{8,}"
)
#: All of their characters: a class alone is found many times faster.
_ODD = re.compile("[\U000e0020-\U000e007f\ufe00-\ufe0f\U000e0100-\U000e01ef\u200b-\u200d\u2060-\u2064]")


def doubts(runs: Iterable[Run]) -> Iterator[Gap]:
    """Yield a gap for each kind of such characters in the runs."""
    text = "\n".join([run.text for run in runs])  # of a large table there are a million
    if any(override in text for override in _OVERRIDES):
        yield REVERSED
    if _ODD.search(text) and _STRINGS.search(text):
        yield SMUGGLED
