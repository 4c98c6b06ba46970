"""The bridge to spaCy: the same characters at the same places, and spaCy only where it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from review import packs, pipeline, spacy_doc, text
from review.errors import InputError
from review.types import Document

WRITTEN = "经查，举报人邓丽华反映的问题属实。\n被害人赵国庆，现住云阳县盘龙街道长江路18号3单元502室。  𠮷\n"


@pytest.fixture
def document() -> Document:
    return text.compose(packs.reading(WRITTEN), sha256="0" * 64, media_type="text/plain", name="")


def test_names_and_flags_stand_where_they_stood(document: Document) -> None:
    pytest.importorskip("spacy", reason="附加组件 spacy 没有安装")
    flags = pipeline.review_document(document, pipeline.engine()).flags
    made = spacy_doc.doc(document, flags)
    assert made.text == document.text
    assert {("邓丽华", "PER"), ("赵国庆", "PER")} <= {(span.text, span.label_) for span in made.ents}
    assert any(span.label_ == "ADDR" and span.text.endswith("502室") for span in made.ents)
    kept = [(span.start_char, span.end_char, span.label_) for span in made.spans[spacy_doc.FLAGS]]
    assert kept
    assert kept == [(place.start, place.end, flag.type) for flag in flags for place in flag.spans]


def test_an_empty_text_is_an_empty_doc() -> None:
    pytest.importorskip("spacy", reason="附加组件 spacy 没有安装")
    empty = text.compose(packs.reading(""), sha256="0" * 64, media_type="text/plain", name="")
    assert len(spacy_doc.doc(empty)) == 0


def test_without_spacy_it_says_what_is_missing(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    monkeypatch.setitem(sys.modules, "spacy.tokens", None)
    with pytest.raises(InputError, match="没有安装 spaCy"):
        spacy_doc.doc(document)


def test_importing_the_bridge_or_the_program_does_not_import_spacy() -> None:
    code = "import sys, review.cli, review.pipeline, review.service, review.spacy_doc; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_pipeline_marks_names_in_any_doc() -> None:
    spacy = pytest.importorskip("spacy", reason="附加组件 spacy 没有安装")
    nlp = spacy.blank("zh")
    nlp.add_pipe("prepub_names")  # found by the entry point of the installed package
    first, empty = nlp.pipe([WRITTEN, ""])
    assert {("邓丽华", "PER"), ("赵国庆", "PER")} <= {(span.text, span.label_) for span in first.ents}
    assert any(span.label_ == "ADDR" and span.text.endswith("502室") for span in first.ents)
    assert first.text == WRITTEN
    assert not empty.ents


def test_a_word_that_holds_a_border_is_taken_in_whole() -> None:
    spacy = pytest.importorskip("spacy", reason="附加组件 spacy 没有安装")
    from spacy.tokens import Doc

    nlp = spacy.blank("zh")
    mark = nlp.add_pipe("prepub_names")
    words = ["被害人", "赵国庆说", "，", "他", "在", "北京市民", "中", "有", "声望", "。"]
    made = mark(Doc(nlp.vocab, words=words, spaces=[False] * len(words)))
    assert ("赵国庆说", "PER") in {(span.text, span.label_) for span in made.ents}
    assert [token.text for token in made] == words
