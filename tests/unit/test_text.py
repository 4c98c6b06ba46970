"""Normalisation, pollution, places and the two views, by example."""

from __future__ import annotations

import time
import unicodedata
from pathlib import Path

import opencc
import pytest

from review import text
from review.text import _characters
from review.types import Block, Cell, Document, Locator, Reading, Redaction, Run, Span, View

SEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "seeds"


def compose(*runs: Run, blocks: tuple[Block, ...] = ()) -> Document:
    return text.compose(Reading(runs, blocks), sha256="0" * 64, media_type="text/plain", name="n")


def one(source: str) -> Document:
    """A document of one run and, where it is not empty, one block."""
    blocks = (Block(Span(0, len(source))),) if source else ()
    return compose(Run(source, Locator("text")), blocks=blocks)


def lines(source: str) -> Document:
    """A document of one run and a block a line."""
    blocks, at = [], 0
    for line in source.split("\n"):
        if line:
            blocks.append(Block(Span(at, at + len(line))))
        at += len(line) + 1
    return compose(Run(source, Locator("text")), blocks=tuple(blocks))


def row(*cells: str) -> Document:
    """A document of one table row."""
    blocks, at = [], 0
    for column, cell in enumerate(cells):
        blocks.append(Block(Span(at, at + len(cell)), cell=Cell(0, 0, column)))
        at += len(cell) + 1
    return compose(Run("\t".join(cells), Locator("text")), blocks=tuple(blocks))


def origin(document: Document, wanted: str) -> str:
    """The stored characters behind the first ``wanted`` in the text."""
    at = document.text.index(wanted)
    span = text.source_span(document, Span(at, at + len(wanted)))
    return document.source[span.start : span.end]


# ------------------------------------------------------------------------------------------ characters


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("１３８Ａｂ（）：", "138Ab():"),
        ("a\u3000b\xa0c", "a b c"),
        ("⼈⺠⻔⻚⻰", "人民门页龙"),
        ("機密資料於國家", "机密资料于国家"),
        ("秘\u200b密\u00ad\ufeff文\u202e件\ufe0f", "秘密文件"),
        ("a\r\nb\rc\u2028d\x0be\x85f", "a\nb\nc\nd\ne\nf"),
        ("a\x00b\x07c\td", "abc\td"),
        ("㍿㏂", "株式会社a.m."),
        ("e\u0301ｶﾞ\u1112\u1161\u11ab", "éガ한"),
        ("𠮷野家😀", "𠮷野家😀"),
        ("联系人①138 面积²㎡½⒈⑴", "联系人①138 面积²㎡½⒈(1)"),
        ("𝟏𝟑𝟖", "138"),
        ("", ""),
        ("\u200b", ""),
    ],
)
def test_normalise(source: str, expected: str) -> None:
    assert text.normalise(source) == expected


def test_tables_hold_for_every_code_point() -> None:
    """The tables look only at some ranges; here the definition is asked of all of Unicode."""
    chars = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    plain = [char for char in chars if _characters.tables().kind[ord(char)] & 1 == 0]
    for char in plain:
        assert unicodedata.normalize("NFKC", char) == char or not char.isdecimal()
        assert char in "\n\t" or unicodedata.category(char) != "Cc"
    simplified = opencc.OpenCC("t2s").convert("\n".join(char for char in plain if char != "\n"))
    assert simplified == "\n".join(char for char in plain if char != "\n")
    changed = [c for c in plain if unicodedata.normalize("NFKC", c) != c]
    assert all(any(d.isdecimal() for d in unicodedata.normalize("NFKC", c)) for c in changed)


def test_simplifying_never_changes_the_length() -> None:
    source = "".join(map(chr, range(0x4E00, 0xA000)))
    assert len(text.normalise(source)) == len(source)


def test_clean_text_is_its_own_source() -> None:
    document = one("据《条例》第十四条,各单位应当公开。\n电话138 0013 8000")
    assert document.text == document.source
    assert document.alignment.starts == range(len(document.text))
    assert document.alignment.ends == range(1, len(document.text) + 1)
    assert document.blocks == (Block(Span(0, len(document.text))),)


@pytest.mark.parametrize("left", ["1\u200b", "1\u200b\u200d", "1\ufe0f"])
def test_invisible_characters_belong_to_the_one_before(left: str) -> None:
    document = one(f"a{left}2b")
    assert origin(document, "12") == f"{left}2"
    assert origin(document, "1") == left


def test_invisible_characters_at_a_block_start_belong_to_the_one_after() -> None:
    source = "ab\n\u200bcd\u200b\nef"
    blocks = (Block(Span(0, 2)), Block(Span(3, 7)), Block(Span(8, 10)))
    document = compose(Run(source, Locator("t")), blocks=blocks)
    assert document.text == "ab\ncd\nef"
    assert [document.text[b.span.start : b.span.end] for b in document.blocks] == ["ab", "cd", "ef"]
    assert text.source_span(document, document.blocks[1].span) == Span(3, 7)
    assert origin(document, "\n") == "\n"


def test_a_block_that_becomes_empty_disappears() -> None:
    document = compose(
        Run("a\n\u200b\nb", Locator("t")), blocks=(Block(Span(0, 1)), Block(Span(2, 3)), Block(Span(4, 5)))
    )
    assert [b.span for b in document.blocks] == [Span(0, 1), Span(3, 4)]


def test_nothing_merges_across_block_borders() -> None:
    source = "e\u0301關(guān)\r\n"
    borders = (Block(Span(0, 1)), Block(Span(1, 3)), Block(Span(3, 9)), Block(Span(9, 10)))
    apart = compose(Run(source, Locator("t")), blocks=borders)
    assert apart.text == "e\u0301关(guān)\n\n"
    assert len(apart.blocks) == 4
    assert one(source).text == "é关\n"


def test_offsets_in_two_hundred_documents_with_rare_characters() -> None:
    fillers = [
        "😀",
        "𠮷",
        "👨\u200d👩\u200d👧",
        "𪚥",
        "㍿",
        "é",
        "e\u0301",
        "\u200b",
        "①",
        "…",
        "國",
        "\r\n",
        "⻔",
        "🇨🇳",
        "☎\ufe0f",
    ]
    for number in range(200):
        before = "".join(fillers[(number * 7 + i * 3) % len(fillers)] for i in range(number % 23))
        source = f"{before}联系人张\u200b三１３８００１３８０００{before}"
        document = one(source)
        at = document.text.index("13800138000")
        span = text.source_span(document, Span(at, at + 11))
        expected = source.index("１３８")
        assert span.start == expected
        assert source[span.start : span.end].startswith("１３８００１３８０００")
        assert origin(document, "张三") == "张\u200b三"


# ------------------------------------------------------------------------------------------ pollution


def test_pinyin_notes_are_read_over() -> None:
    document = one("關(guān)于穩(wěn)步推進")
    assert document.text == "关于稳步推进"
    assert origin(document, "关于") == "關(guān)于"
    assert origin(document, "稳步") == "穩(wěn)步"


def test_torn_pairs_are_put_together() -> None:
    document = one("政府?dāng)?shù)據(jù)公開，數(shù)據(jù)")
    assert document.text == "政府数据公开,数据"
    assert origin(document, "政府数据") == "政府?dāng)?shù)據(jù)"


def test_shifted_runs_are_read_from_the_right_byte() -> None:
    document = one("關(guān)于各省的意見，各?。ㄗ灾螀^、直轄市）")
    assert document.text == "关于各省的意见,各省(自治区、直辖市)"
    assert origin(document, "自治区") == "各?。ㄗ灾螀^"


@pytest.mark.parametrize("source", ["重点(zhòng)", "项目(a)和(guān)", "方案(b)", "Café (été)", "什么?(qǐng)"])
def test_other_brackets_stay(source: str) -> None:
    assert text.normalise(source) == source


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the shared seeds are not on this machine")
def test_seeds_hold_no_pollution_after_compose() -> None:
    for path in sorted(SEEDS.glob("*.txt")):
        document = one(path.read_text(encoding="utf-8"))
        assert "(ch" not in document.text
        toned = [at for at, char in enumerate(document.text) if char in "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ"]
        lost = document.text.find("?zhí)峁┱畔r")  # the bytes between are not in the file
        assert toned in ([], [lost + 3])
        for wanted in ("关于", "公开", "条例"):
            start = document.text.find(wanted)
            if start >= 0:
                assert text.normalise(origin(document, wanted)) == wanted


# ------------------------------------------------------------------------------------------ places


def test_widen_takes_whole_source_characters() -> None:
    document = one("甲㍿乙…")
    assert document.text == "甲株式会社乙..."
    assert text.widen(document, Span(2, 3)) == Span(1, 5)
    assert text.widen(document, Span(0, 1)) == Span(0, 1)
    assert text.widen(document, Span(5, 7)) == Span(5, 9)


def test_cuts_go_to_runs_and_skip_separators() -> None:
    runs = (
        Run("电话138", Locator("t", (0,))),
        Run("0013", Locator("t", (1,))),
        Run("\n"),
        Run("８０００。", Locator("t", (2,))),
    )
    document = compose(*runs, blocks=(Block(Span(0, 9)), Block(Span(10, 15))))
    found = text.cuts(document, [Redaction(Span(2, 14), "[电话]")])
    assert [(c.run, c.start, c.end, c.replacement) for c in found] == [
        (0, 2, 5, "[电话]"),
        (1, 0, 4, ""),
        (3, 0, 4, ""),
    ]


def test_cuts_are_sorted_and_disjoint() -> None:
    document = one("甲㍿乙丙")
    found = text.cuts(document, [Redaction(Span(6, 7), "c"), Redaction(Span(1, 2), "a"), Redaction(Span(3, 4), "b")])
    assert [(c.start, c.end, c.replacement) for c in found] == [(1, 2, "a"), (3, 4, "c")]


def test_a_redaction_inside_a_separator_cuts_nothing() -> None:
    document = compose(
        Run("ab", Locator("t")), Run("--"), Run("cd", Locator("t")), blocks=(Block(Span(0, 2)), Block(Span(4, 6)))
    )
    assert text.cuts(document, [Redaction(Span(2, 4), "x")]) == ()


@pytest.mark.parametrize(
    ("left", "right"),
    [("138 0013-8000", "13800138000"), ("張　三", "张三"), ("ＡＢＣ公司", "abc 公司"), ("1,234.50元", "123450元")],
)
def test_compact_makes_spellings_equal(left: str, right: str) -> None:
    assert text.compact(left) == text.compact(right)


# ------------------------------------------------------------------------------------------ views


def aligned(document: Document, view: View, wanted: str) -> str:
    """The part of Document.text behind ``wanted`` in a view."""
    at = view.text.index(wanted)
    return document.text[view.alignment.starts[at] : view.alignment.ends[at + len(wanted) - 1]]


@pytest.mark.parametrize(
    ("source", "number", "behind"),
    [
        ("电话138 0013 8000。", "13800138000", "138 0013 8000"),
        ("138-0013-8000", "13800138000", "138-0013-8000"),
        ("138·0013·8000、", "13800138000", "138·0013·8000"),
        ("１３８ ００１３ ８０００", "13800138000", "138 0013 8000"),
        ("1 3 8 0 0 1 3 8 0 0 0", "13800138000", "1 3 8 0 0 1 3 8 0 0 0"),
        ("一三八零零一三八〇○零", "13800138000", "一三八零零一三八〇○零"),
        ("幺三八，幺三八零零幺三八零零零", "13800138000", "幺三八零零幺三八零零零"),
        ("①③⑧⓪⓪①③⑧⓪⓪⓪", "13800138000", "①③⑧⓪⓪①③⑧⓪⓪⓪"),
        ("١٣٨٠٠١٣٨٠٠٠", "13800138000", "١٣٨٠٠١٣٨٠٠٠"),
        ("tel l38O0l38OO0 ", "13800138000", "l38O0l38OO0"),
        ("138-0013\n8000", "13800138000", "138-0013\n8000"),
        ("138001\n38000", "13800138000", "138001\n38000"),
        ("+86 138 0013 8000", "8613800138000", "86 138 0013 8000"),
        ("110101 19000307 0010", "110101190003070010", "110101 19000307 0010"),
        ("11010119000307001x", "11010119000307001X", "11010119000307001x"),
        ("11010119000307001×", "11010119000307001X", "11010119000307001×"),
        ("110101-1900-0307 00l0", "110101190003070010", "110101-1900-0307 00l0"),
        ("6217 0030 8819 8047 124", "6217003088198047124", "6217 0030 8819 8047 124"),
        ("1202 0223 1990 0012 345", "1202022319900012345", "1202 0223 1990 0012 345"),
        ("0712-8830146", "07128830146", "0712-8830146"),
        ("0595-2386 4471", "059523864471", "0595-2386 4471"),
    ],
)
def test_digits_reads_numbers_in_disguise(source: str, number: str, behind: str) -> None:
    document = one(source)
    view = text.digits(document)
    assert aligned(document, view, number) == behind


@pytest.mark.parametrize(
    "source",
    [
        "13800138000 13900139000",
        "13800138000\n13900139000",
        "2024-05-01 2019 2020 2021 2022",
        "1350.00 13800.00 1350.50",
        "1350 23 45678",
        "15234 345678",
        "1990 2000 123",
        "192.168.56.101",
        "303772·363793·954032",
        "12000-5000-1260-3000",
        "二〇二四年五月一日至二〇二五年",
        "第一二三四五六七八九条",
        "look 10101010 oil",
        "AB1380O138000CD",
        "1,380,013,800",
        "138****8000",
    ],
)
def test_digits_leaves_the_rest_alone(source: str) -> None:
    document = one(source)
    assert text.digits(document).text == document.text


def test_neighbours_are_not_glued() -> None:
    document = one("138 0013 8000 139 0013 9000 2024 15")
    assert text.digits(document).text == "13800138000 13900139000 2024 15"
    document = one("6217003088198047 500 6217 0030 8819 8047 124 300")
    assert "6217003088198047124 300" in text.digits(document).text


def test_a_number_broken_over_two_full_lines_is_joined() -> None:
    document = lines("关于联系人的电话号码是13800\n138000转")
    assert aligned(document, text.digits(document), "13800138000") == "13800\n138000"
    document = lines("序号13800\n138000")  # short lines are not broken for want of room
    assert text.digits(document).text == document.text


def test_an_identity_number_parted_over_cells_is_joined_only_with_its_checksum() -> None:
    document = row("张三", "110101", "19000307", "0010", "备注")
    assert aligned(document, text.digits(document), "110101190003070010") == "110101\t19000307\t0010"
    document = row(*"110101190003070010")
    assert "110101190003070010" in text.digits(document).text
    document = row("张三", "110101", "19000307", "0011")
    assert text.digits(document).text == document.text
    document = row("138", "0013", "8000")
    assert text.digits(document).text == document.text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("机 密", "机密"),
        ("绝\u3000\u3000密", "绝密"),
        ("秘 密☆１０年", "秘密★10年"),
        ("秘 密 ＊ 6 个月", "秘密★6个月"),
        ("机密女10年", "机密★10年"),
        ("机密女性", "机密女性"),
        ("绝 密 ★ 长 期", "绝密★长期"),
        ("机密☆", "机密★"),
        ("机密*、秘密*", "机密*、秘密★"),
        ("内 部\n资 料 ABC 12", "内部资料 ABC 12"),
        ("秘密✩三年", "秘密★三年"),
    ],
)
def test_tight(source: str, expected: str) -> None:
    assert text.tight(one(source)).text == expected


def test_tight_keeps_block_borders() -> None:
    assert text.tight(lines("机\n密")).text == "机\n密"
    assert text.tight(lines("机密*\n10年")).text == "机密★\n10年"


# ------------------------------------------------------------------------------------------ speed


def per_second(count: int, action: object) -> float:
    assert callable(action)
    started = time.process_time()
    action()
    return count / (time.process_time() - started)


@pytest.mark.bench
def test_speed() -> None:
    """Floors far below what an idle machine does, so that only a change of order fails."""
    clean = "据《条例》规定,各单位应当及时公开信息。张三2024年,\n" * 40_000
    text.normalise("國①")
    assert per_second(len(clean), lambda: one(clean)) > 20e6
    crlf = clean.replace("\n", "\r\n").replace(",", "，")
    assert per_second(len(crlf), lambda: one(crlf)) > 2e6
    document = one(clean)
    assert per_second(len(clean), lambda: text.digits(document)) > 5e6
    assert per_second(len(clean), lambda: text.tight(document)) > 5e6


def test_what_a_long_list_stores_is_looked_up_in_one_go() -> None:
    """20,000 cells: joining the runs anew for each would take a quarter of a minute of a processor."""
    runs = tuple(Run("張", Locator("cell", (n,))) for n in range(20_000))
    document = compose(*runs, blocks=tuple(Block(Span(n, n + 1)) for n in range(20_000)))
    places = [Span(n, n + 1) for n in range(20_000)]
    started = time.process_time()
    assert text.stored(document, places) == ("張",) * 20_000
    assert document.text[0] == "张"
    assert time.process_time() - started < 3
