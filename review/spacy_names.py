"""The name model as a component of a spaCy pipeline: ``nlp.add_pipe("prepub_names")``.

Only spaCy loads this module, through the entry point ``spacy_factories`` of the installed package; nothing else here
needs spaCy (ADR 6).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import filter_spans

from review import models, paths, spacy_doc
from review.detectors import _tagger, names

NAME: Final = "prepub_names"


def component(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Return what sets ``doc.ents`` to the persons, places, organisations and addresses (PER LOC ORG ADDR) found.

    Words stay as the pipeline cut them: an entity that begins or ends inside a word takes the whole word in, and of
    two that then share a word the longer stays. Raises ``ModelMismatch`` with the first text.
    """
    tagger = functools.cache(lambda: _tagger.read(models.load(paths.MODELS, names.MODEL)))

    def mark(doc: Doc) -> Doc:
        found = spacy_doc.marks(doc.text, tagger())
        spans = [doc.char_span(at.start, at.end, label, alignment_mode="expand") for at, label in found]
        doc.set_ents(filter_spans([span for span in spans if span is not None]))
        return doc

    return mark


Language.factory(NAME, assigns=["doc.ents"], func=component)
