"""Training the name model: sources are read right, made sentences are marked right."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from review import paths
from review.errors import InputError
from review.training import names_data, names_made
from review.training.names_data import Sentence

MADE = paths.CORPUS / "names"
DIVISIONS = {
    "某省": {
        f"{name}市": {f"{name}山县": [f"{name}塘镇", f"{name}桥街道"], f"{name}水区": [f"{name}堰乡"]}
        for name in "甲乙丙丁戊己庚辛壬"
    }
}
DAILY = "中共中央/nt 总书记/n 江/nr 泽民/nr 在/p 北京/ns 会见/v 了/u 北京/ns 化工/n 学院/n 教授/n 欧阳/nr 山/nr 。/w"


def test_the_word_class_corpus(tmp_path: Path) -> None:
    (tmp_path / "199801.txt").write_text(DAILY + "\n\n中/j 美/j 关系/n\n", encoding="utf-8")
    first, second = names_data.daily(tmp_path / "199801.txt")
    assert [(first.text[a:b], label) for a, b, label in first.spans] == [
        ("中共中央", "ORG"),
        ("江泽民", "PER"),
        ("北京", "LOC"),
        ("北京化工学院", "ORG"),
        ("欧阳山", "PER"),
    ]
    assert [second.text[a:b] for a, b, _ in second.spans] == ["中", "美"]


def test_long_lines_are_cut_between_sentences() -> None:
    text = "张三来了。" * 60
    spans = tuple((k, k + 2, "PER") for k in range(0, len(text), 5))
    pieces = list(names_data.cut(Sentence(text, spans)))
    assert "".join(piece.text for piece in pieces) == text
    assert max(len(piece.text) for piece in pieces) <= names_data.LONGEST
    assert {piece.text[a:b] for piece in pieces for a, b, _ in piece.spans} == {"张三"}
    assert sum(len(piece.spans) for piece in pieces) == len(spans)


def test_missing_sources_are_named(tmp_path: Path) -> None:
    for read, name in (
        (names_data.daily, "199801.txt"),
        (names_data.rows, "x.jsonl.gz"),
        (names_data.divisions, "pcas.json"),
    ):
        with pytest.raises(InputError, match=name.replace(".", r"\.")):
            read(tmp_path / name)


@pytest.fixture(scope="module")
def things() -> tuple[names_made.Stock, names_made.Stock]:
    persons = names_made.namer([f"王{a}{b}" for a in "建国丽" for b in "华明"], frozenset("王李张"))
    return names_made.stock(names_made.grammar(MADE / names_made.GRAMMAR), DIVISIONS, persons)


def test_every_symbol_of_the_grammar_is_known(things: tuple[names_made.Stock, names_made.Stock]) -> None:
    known = {*things[0].grammar, *things[0].places[0], "字"}
    for forms, weights in things[0].grammar.values():
        assert len(forms) == len(weights)
        for form in forms:
            slots = {slot for slot in names_made._SLOT.findall(form) if not names_made._RANGE.fullmatch(slot)}
            assert slots <= known, form


def test_made_sentences_mark_what_they_hold(things: tuple[names_made.Stock, names_made.Stock]) -> None:
    random = Random(1)
    train, held = names_made.patterns(MADE / names_made.PATTERNS)
    for pattern in (*train, *held):
        made = names_made.sentence(pattern, things[0], random)
        assert "{" not in made.text
        labels = [label for *_, label in made.spans]
        assert labels.count("ADDR") == pattern.count("{A}")
        assert labels.count("PER") == pattern.count("{N}")
        assert all(made.text[a:b] for a, b, _ in made.spans)


def test_what_is_held_back_is_not_trained_on(things: tuple[names_made.Stock, names_made.Stock]) -> None:
    train, held = names_made.patterns(MADE / names_made.PATTERNS)
    assert not set(train) & set(held)
    towns = [{place["乡"] for place in stock.places} for stock in things]
    assert towns[0]
    assert towns[1]
    assert not towns[0] & towns[1]


def test_other_names_and_addresses_keep_the_marks(things: tuple[names_made.Stock, names_made.Stock]) -> None:
    base = Sentence("王建华在北京，李明到上海开会。", ((0, 3, "PER"), (4, 6, "LOC"), (7, 9, "PER"), (10, 12, "LOC")))
    other = names_made.renamed(base, things[0].persons, 1.0, Random(2))
    assert [label for *_, label in other.spans] == ["PER", "LOC", "PER", "LOC"]
    assert [other.text[a:b] for a, b, label in other.spans if label == "LOC"] == ["北京", "上海"]
    made = names_made.inserted(base, things[0], Random(2))
    assert made is not None
    assert sorted(label for *_, label in made.spans) == ["ADDR", "LOC", "PER", "PER"]
    assert {"王建华", "李明"} == {made.text[a:b] for a, b, label in made.spans if label == "PER"}
