"""Say where a flag stands, in Chinese, without quoting the document."""

from __future__ import annotations

from review.types import Block, Document, Flag, Span


def location(document: Document, flag: Flag) -> str:
    """Return where a flag stands, in Chinese, without quoting: 第3段、表1第2行第3列 等12处."""
    if not flag.spans:
        return "整件"
    first = block_at(document, flag.spans[0])
    label = (first.label if first else "") or "正文"
    return label if len(flag.spans) == 1 else f"{label} 等 {len(flag.spans)} 处"


def block_at(document: Document, span: Span) -> Block | None:
    """Return the block in which a span begins."""
    low, high = 0, len(document.blocks)
    while low < high:
        middle = (low + high) // 2
        if document.blocks[middle].span.end <= span.start:
            low = middle + 1
        else:
            high = middle
    if low < len(document.blocks) and document.blocks[low].span.start <= span.start:
        return document.blocks[low]
    return None
