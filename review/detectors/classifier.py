"""Flag passages that seem to disclose rather than to talk about: a trained model, which only adds flags.

Rules find values and trigger words; more than half of real disclosures carry none. The model reads every passage,
says how probable it is that the passage discloses, and which content type it would be. Above the *loud* threshold
(chosen on lawful public text, see the model card) a flag is of medium severity; above the *low* one it is a
reminder, at most ``MOST_REMINDERS`` a document, the likeliest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Final

import numpy as np

from review import models, paths
from review.detectors import _features, _linear, _passages
from review.detectors._kinds import Kind, kinds
from review.detectors._sieve import Sieve
from review.flags import flag_id
from review.types import Action, Context, Detector, Document, Flag, RulePack, Severity, Span

MODEL: Final = "passages"
SHORTEST_LOUD: Final = 10  # characters; a shorter passage (a heading, a label) is at most a reminder
BATCH: Final = 1000  # passages; a larger batch leaves the processor's cache
MOST_REMINDERS: Final = 5
REMINDER_RATE: Final = 3000  # one reminder more for so many characters


def build(pack: RulePack, folder: Path = paths.MODELS) -> Detector:
    """Load the model and return its detector; raises ``ModelMismatch`` naming the file at fault.

    A flag cites those of its type's provisions that are in force in ``pack``.
    """
    model = models.load(folder, MODEL)
    scorer = _linear.read(model)
    wording = kinds(folder)
    basis = {type_: tuple(key for key in kind.basis if key in pack.provisions) for type_, kind in wording.items()}

    def detect(document: Document, context: Context) -> Iterable[Flag]:
        hits = list(_hits(document, scorer))
        allowed = MOST_REMINDERS + len(document.text) // REMINDER_RATE
        reminders = sorted((hit for hit in hits if not hit.loud), key=lambda hit: -hit.probability)
        kept = {hit.span for hit in reminders[:allowed]}
        for hit in hits:
            if hit.loud or hit.span in kept:
                yield _flag(document, hit, scorer, model.version, wording[hit.type], basis[hit.type])

    return detect


@dataclass(frozen=True, slots=True)
class _Hit:
    span: Span
    probability: float
    type: str
    loud: bool


def _hits(document: Document, scorer: _linear.Linear) -> Iterator[_Hit]:
    """Yield the passages above the low threshold, in order, with their likeliest type."""
    passages = list(_passages.split(document))
    for first in range(0, len(passages), BATCH):
        some = _sifted(document, passages[first : first + BATCH], scorer.sieve)
        if not some:
            continue
        features = _features.batch([document.text[span.start : span.end] for span in some])
        probabilities = scorer.probabilities(features)
        above = np.flatnonzero(probabilities >= scorer.low)
        if len(above):
            for k, type_ in zip(above.tolist(), scorer.topic(features.only(above)), strict=True):
                loud = bool(probabilities[k] >= scorer.loud) and len(some[k]) >= SHORTEST_LOUD
                yield _Hit(some[k], float(probabilities[k]), type_, loud)


def _sifted(document: Document, spans: Sequence[Span], sieve: Sieve) -> list[Span]:
    at = spans[0].start
    starts = np.array([span.start for span in spans]) - at
    ends = np.array([span.end for span in spans]) - at
    return list(compress(spans, sieve.passing(document.text[at : spans[-1].end], starts, ends)))


def _flag(
    document: Document, hit: _Hit, scorer: _linear.Linear, version: int, kind: Kind, basis: tuple[str, ...]
) -> Flag:
    at = hit.span
    rule = f"classifier.{hit.type}@{version}"
    evidence = tuple(Span(at.start + a, at.start + b) for a, b in scorer.evidence(document.text[at.start : at.end]))
    chance = f"{hit.probability:.0%}"
    return Flag(
        id=flag_id(document.sha256, rule, (at,)),
        spans=(at,),
        type=hit.type,
        rule=rule,
        severity=Severity.MEDIUM if hit.loud else Severity.LOW,
        message=f"疑似“{kind.title}”：像是{kind.why}（模型估计 {chance}，依据见所标字词），请核对。",
        basis=basis,
        action=kind.action if hit.loud else Action.REMIND,
        confidence=round(hit.probability, 3),
        detector="classifier",
        target=kind.target if hit.loud and kind.action is Action.ESCALATE else "",
        evidence=evidence,
    )
