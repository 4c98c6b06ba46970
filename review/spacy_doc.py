"""A reviewed text as a spaCy ``Doc``, for programs that go on with it there.

Nothing else here needs spaCy (ADR 6) but ``spacy_names``, the name model as a component of a pipeline.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import rjieba

from review import models, paths
from review.detectors import _tagger, names
from review.errors import InputError
from review.types import Document, Flag, Span

if TYPE_CHECKING:
    from spacy.tokens import Doc

FLAGS: Final = "flags"  # key of ``Doc.spans``
_PIECE: Final = re.compile(rf"[^。！？；\n]{{1,{names.LONGEST}}}[。！？；]?")


def doc(document: Document, flags: Iterable[Flag] = (), *, folder: Path = paths.MODELS) -> Doc:
    """Return ``document.text`` as a ``Doc`` whose characters stand where they stood.

    ``doc.ents``: persons, places, organisations and addresses (PER LOC ORG ADDR) as the name model finds them, in the
    whole text. ``doc.spans["flags"]``: the places of ``flags``, labelled with their types. Words are cut by rjieba, and
    where a name or a flag begins or ends. Raises ``InputError`` without spaCy, ``ModelMismatch``.
    """
    try:
        from spacy.tokens import Doc
        from spacy.vocab import Vocab
    except ImportError:
        raise InputError("没有安装 spaCy。请安装附加组件 spacy 后再用。") from None
    found = list(marks(document.text, _tagger.read(models.load(folder, names.MODEL))))
    places = [(span, flag.type) for flag in flags for span in flag.spans]
    borders = {0, len(document.text), *(at for span, _ in (*found, *places) for at in (span.start, span.end))}
    words = [word for a, b in pairwise(sorted(borders)) for word in _words(document.text[a:b])]
    out = Doc(Vocab(), words=words, spaces=[False] * len(words))
    out.set_ents(_spans(out, found))
    out.spans[FLAGS] = _spans(out, places)
    return out


def _spans(out: Doc, places: Iterable[tuple[Span, str]]) -> list[Any]:
    """Every place begins and ends with a word, so each has its span."""
    return [out.char_span(span.start, span.end, label) for span, label in places]


def marks(text: str, tagger: _tagger.Tagger) -> Iterator[tuple[Span, str]]:
    """Yield the places and labels (PER LOC ORG ADDR) of the names in a text, in order, without overlap."""
    pieces = list(_PIECE.finditer(text))
    for piece, marks in zip(pieces, tagger.tag([piece[0] for piece in pieces]), strict=True):
        for mark in marks:
            yield Span(piece.start() + mark.start, piece.start() + mark.end), mark.label


def _words(text: str) -> list[str]:
    words: list[str] = rjieba.cut(text)
    return words if "".join(words) == text else list(text)
