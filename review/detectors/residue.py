"""What a page does not show but the file holds: text under black boxes, in white, vanished, deleted, on hidden sheets.

Driven by rules of the shape ``hidden``, whose ``labels`` are patterns over the labels of blocks: the readers say there
why nobody sees a text. One flag a rule and document, with every place and their count. Values in such text raise flags
of their own, like anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from review.detectors._page import Page
from review.detectors._whole import any_of, runs_here
from review.flags import make_flag
from review.types import Context, Detector, Document, Flag, Rule, RulePack


def build(pack: RulePack) -> Detector:
    """Return the detector; without a rule of the shape ``hidden`` it finds nothing."""
    return partial(_detect, tuple(r for r in pack.rules if r.shape == "hidden" and r.status != "deprecated"))


def _detect(rules: tuple[Rule, ...], document: Document, context: Context) -> Iterable[Flag]:
    page = Page(document)
    for rule in rules:
        unseen = any_of(rule.params["hidden"]["labels"])
        spans = tuple(
            block.span
            for block in document.blocks
            if block.zone in rule.zones
            and unseen.search(block.label)
            and document.text[block.span.start : block.span.end].strip()
        )
        if spans and runs_here(rule, page, context):
            yield make_flag(document, rule, spans, detector="residue")
