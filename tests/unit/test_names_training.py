"""Training the name model: sources are read right, made sentences are marked right."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from review import paths
from review.errors import InputError
from review.training import names_data, names_made, names_style, names_swapped
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
    persons = [f"王{a}{b}" for a in "建国丽" for b in "华明"] + [
        "西蒙·佩雷斯",
        "佩雷斯基",
        "蒙佩雷斯",
        "佩雷西蒙",
        "西雷佩蒙",
        "西佩雷",
    ]
    names = names_swapped.names(persons, frozenset("王李张"), ["瓦努阿图", "加蓬"])
    return names_made.stock(names_made.grammar(MADE / names_made.GRAMMAR), DIVISIONS, names)


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
        assert labels.count("PER") == sum(map(pattern.count, ("{N}", "{S}", "{F}")))
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
    other = names_swapped.swapped(base, things[0].names, 1.0, Random(2))
    assert [label for *_, label in other.spans] == ["PER", "LOC", "PER", "LOC"]
    assert [other.text[a:b] for a, b, label in other.spans if label == "LOC"] == ["北京", "上海"]
    made = names_made.inserted(base, things[0], Random(2))
    assert made is not None
    assert sorted(label for *_, label in made.spans) == ["ADDR", "LOC", "PER", "PER"]
    assert {"王建华", "李明"} == {made.text[a:b] for a, b, label in made.spans if label == "PER"}


@pytest.mark.parametrize(
    ("name", "marked"),
    [
        ("王某", "王"),
        ("张某某", "张"),
        ("侯老", "侯"),
        ("老李", "李"),
        ("小王", "王"),
        ("胡氏", "胡"),
        ("林总", "林"),
        ("孙大娘", "孙"),
    ],
)
def test_of_a_person_not_named_in_full_the_surname_is_marked(name: str, marked: str) -> None:
    place = names_style.surname_only(name)
    assert place is not None
    assert name[slice(*place)] == marked


@pytest.mark.parametrize("name", ["小平", "小燕", "王总华", "老舍", "王建国", "江泽民", "布什"])
def test_names_that_only_look_so_stay_whole(name: str) -> None:
    assert names_style.surname_only(name) is None


def test_a_person_inside_a_compound_is_marked_alone(tmp_path: Path) -> None:
    lines = "马克思/nr 和/c 列宁/nr 、/w 鲁班/nr\n\n"
    lines += "学/v 马克思列宁主义/n ，/w 获/v 鲁班奖/nz 和/c 金星奖/nz ，/w 讲/v 社会主义/n\n"
    (tmp_path / "199801.txt").write_text(lines, encoding="utf-8")
    _, second = names_data.daily(tmp_path / "199801.txt")
    assert [(second.text[a:b], label) for a, b, label in second.spans] == [
        ("马克思", "PER"),
        ("列宁", "PER"),
        ("鲁班", "PER"),
    ]


def test_names_are_swapped_for_their_like(things: tuple[names_made.Stock, names_made.Stock]) -> None:
    names, random = things[0].names, Random(3)
    text = "西蒙·佩雷斯访问加蓬，会见王建华部长和王。"
    spans = ((0, 6, "PER"), (8, 10, "LOC"), (13, 16, "PER"), (19, 20, "PER"))
    surnames = set()
    for _ in range(60):
        made = names_swapped.swapped(Sentence(text, spans), names, 1.0, random)
        foreign, place, chinese, single = (made.text[a:b] for a, b, _ in made.spans)
        assert set(foreign) <= set("西蒙佩雷斯基·")
        assert set(place) <= set("瓦努阿图加蓬")
        assert chinese[0] in names.chinese.surnames
        assert len(single) == 1
        surnames.add(len(chinese))
        assert made.text.startswith(foreign + "访问" + place + "，会见")
    assert {1, 3} <= surnames


def test_without_names_there_is_nothing_to_swap() -> None:
    with pytest.raises(InputError, match="无从换名"):
        names_swapped.names(["王建华"], frozenset("王"), ["加蓬"])
