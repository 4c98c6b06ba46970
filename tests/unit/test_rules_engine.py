"""The rule engine: shapes, conditions, views, zones, and one flag a column."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review import packs, text
from review.detectors import allow, rules
from review.detectors._checks import CHECKS
from review.detectors._literals import keys, requirements
from review.detectors._page import Page
from review.types import (
    Action,
    Context,
    Document,
    Flag,
    Genre,
    GenreGuess,
    Reading,
    Rule,
    RulePack,
    Run,
    Severity,
    Span,
    Zone,
)

PACK = packs.load()


def rule(shape: str, params: Mapping[str, Any], **changes: Any) -> Rule:
    plain = Rule(
        id="internal.made_up",
        type="wi_deliberation",
        version=1,
        status="stable",
        title="试",
        severity=Severity.HIGH,
        action=Action.REMIND,
        basis=("x#1",),
        message="疑似",
        shape=shape,
        params={"span": "match", "require": {}, **params},
    )
    return dataclasses.replace(plain, **changes)


def read(written: str) -> Document:
    return text.compose(packs.reading(written), sha256="0" * 64, media_type="text/plain", name="")


def found(made: Rule, written: str, **context: Any) -> list[str]:
    document = read(written)
    flags = rules.build_rules([made])(document, Context(PACK, **context))
    return [document.text[span.start : span.end] for flag in flags for span in flag.spans]


def test_patterns_flag_the_match_or_its_value() -> None:
    assert found(rule("patterns", {"patterns": ("标底[:为]",)}), "本项目标底:88万元") == ["标底:"]
    assert found(rule("patterns", {"patterns": ("标底[:为](?P<value>\\d+)",)}), "标底:88万元,标底为90") == ["88", "90"]


@pytest.mark.parametrize(
    ("span", "want"),
    [("match", "底价"), ("clause", "拟定底价"), ("sentence", "经研究,拟定底价"), ("line", "甲。经研究,拟定底价。乙")],
)
def test_span_says_how_much_is_flagged(span: str, want: str) -> None:
    assert found(rule("patterns", {"patterns": ("底价",), "span": span}), "甲。经研究,拟定底价。乙") == [want]


def test_lexicon_takes_the_longest_term() -> None:
    made = rule("lexicon", {"terms": ("线人", "线人费", "化名")})
    assert found(made, "线人费由化名领取，线人不知") == ["线人费", "化名", "线人"]


def test_near_needs_every_set_within_reach() -> None:
    near = {"sets": (("线人", "耳目"), ("反映", "提供")), "within": 4, "ordered": False}
    assert found(rule("near", near), "据线人所反映情况") == ["线人所反映"]
    assert found(rule("near", near), "反映的是耳目") == ["反映的是耳目"]
    assert found(rule("near", {**near, "ordered": True}), "反映的是耳目") == []
    assert found(rule("near", near), "线人已经于昨日晚间离开,无人反映") == []
    assert found(rule("near", {**near, "within": "sentence"}), "线人离开。另有反映") == []


def test_field_takes_the_value_beside_below_and_after() -> None:
    made = rule("field", {"labels": ("证号",), "value": "[A-Z]\\d{4}"})
    assert found(made, "证号:A1234,证号(旧)为B5678") == ["A1234", "B5678"]
    assert found(made, "姓名\t证号\n甲\tA1234\n乙\tB5678\n丙\t无") == ["A1234", "B5678"]
    assert found(made, "证号\tA1234") == ["A1234"]


def test_checksum_checks_the_whole_number() -> None:
    made = rule("checksum", {"pattern": "\\d{17}[\\dX]", "check": "id18"}, view="digits")
    assert found(made, "号为110101 19000307 0010。") == ["110101 19000307 0010"]
    assert found(made, "号为110101190003070011。") == []
    assert found(made, "号为11010119000307001012。") == []


def test_tight_view_finds_marks_written_apart() -> None:
    made = rule("patterns", {"patterns": ("内部资料",)}, view="tight")
    assert found(made, "内 部 资 料") == ["内 部 资 料"]
    assert found(made, "内部资料") == ["内部资料"]


@pytest.mark.parametrize(
    ("conditions", "written", "kept"),
    [
        ({"before": ("拟定$",)}, "拟定底价", True),
        ({"before": ("拟定$",)}, "拟定的底价", False),
        ({"after": ("^:",)}, "底价:5", True),
        ({"sentence": ("竞买",)}, "竞买时,底价", True),
        ({"sentence": ("竞买",)}, "竞买。底价", False),
        ({"line": ("竞买",)}, "竞买。底价", True),
        ({"line": ("竞买",)}, "竞买\n底价", False),
        ({"title": ("公告",)}, "公告\n底价", True),
        ({"inside": ("价",)}, "底价", True),
        ({"near": ("竞买",), "window": 3}, "竞买会上的底价", False),
        ({"near": ("竞买",), "window": 9}, "竞买会上的底价", True),
        ({"all": ({"title": ("公告",), "line": ("竞买",)},)}, "公告\n竞买底价", True),
        ({"all": ({"title": ("公告",), "line": ("竞买",)},)}, "公告\n底价", False),
        ({"mood": ("quoted",)}, "学习《底价管理》", True),
        ({"mood": ("quoted",)}, "学习《办法》定底价", False),
        ({"mood": ("talk",)}, "不得泄露底价", True),
    ],
)
def test_require_and_unless_are_opposites(conditions: Mapping[str, Any], written: str, *, kept: bool) -> None:
    params = {"patterns": ("底价",)}
    required = found(rule("patterns", {**params, "require": conditions}), written)
    spared = found(rule("patterns", params, unless=conditions), written)
    assert bool(required) is kept
    assert bool(spared) is not kept


def test_genre_and_target_are_conditions() -> None:
    made = rule("patterns", {"patterns": ("底价",)}, unless={"genres": ("notice",), "targets": ("公告栏",)})
    assert found(made, "底价") == ["底价"]
    assert found(made, "底价", genre=GenreGuess("notice", 1.0)) == []
    assert found(made, "底价", target="村务公告栏") == []


def test_zones_and_anchors_mean_the_block() -> None:
    made = rule("patterns", {"patterns": ("^机密$",)}, zones=frozenset({Zone.HEADER}))
    assert found(made, "[页眉] 机密\n机密") == ["机密"]


def test_three_hits_in_a_column_are_one_flag() -> None:
    made = rule("patterns", {"patterns": ("1\\d{10}",)})
    document = read("姓名\t电话\n甲\t13800000001\n乙\t13800000002\n丙\t13800000003\n丁\t无")
    (flag,) = rules.build_rules([made])(document, Context(PACK))
    assert (flag.count, len(flag.spans)) == (3, 3)
    assert len(list(rules.build_rules([made])(read("甲\t13800000001\n乙\t13800000002"), Context(PACK)))) == 2


def test_the_longer_flag_of_a_type_stays() -> None:
    short = rule("patterns", {"patterns": ("底价",)})
    long = dataclasses.replace(short, id="internal.longer", params={**short.params, "patterns": ("拟定底价",)})
    document = read("拟定底价")
    flags = list(rules.build_rules([short, long])(document, Context(PACK)))
    assert [flag.rule for flag in flags] == ["internal.longer@1"]


def test_deprecated_rules_do_not_run() -> None:
    pack = dataclasses.replace(PACK, rules=(rule("patterns", {"patterns": ("底价",)}, status="deprecated"),))
    assert not list(rules.build(pack)(read("底价"), Context(pack)))


def test_unpaired_surrogates_do_not_stop_the_engine() -> None:
    document = text.compose(
        Reading((Run("底\ud800价 13800138000 底价"),), ()), sha256="0", media_type="text/plain", name=""
    )
    made = rule("patterns", {"patterns": ("底价",)})
    assert len(list(rules.build_rules([made])(document, Context(PACK)))) == 1


@settings(deadline=None)
@given(st.text(alphabet="底价拟定公告 \n\t:，。13", max_size=60))
def test_spans_lie_in_the_text_and_hold_the_match(written: str) -> None:
    document = read(written)
    for flag in rules.build_rules([rule("patterns", {"patterns": ("底价",)})])(document, Context(PACK)):
        for span in flag.spans:
            assert document.text[span.start : span.end] == "底价"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(?:密码|口令)\\s*\\w{6}", [{"密码", "口令"}]),
        ("[账帐]号\\d+", [{"账号", "帐号"}]),
        ("拟(?:定|订)?底价", [{"拟"}, {"底价"}]),
        ("\\d{17}[\\dX]", []),
        ("(?:公司|厂)名", [{"公司名", "厂名"}]),
        ("(?i)secret", []),
        ("底价.{0,9}(?:万元|[0-9])", [{"底价"}]),
    ],
)
def test_words_that_a_pattern_cannot_match_without(pattern: str, words: list[set[str]]) -> None:
    assert [set(found) for found in requirements(pattern)] == words


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([["企业", "公司"], ["底价", "坩埚"]], ["坩埚", "底价"]),  # the rarer of two sets
        ([["是"], ["的", "人"]], []),  # too common
        ([["底价", "\\d+元"], ["坩埚", "釜"]], ["坩埚", "釜"]),
        ([["底价", "\\d+"]], []),  # a pattern of the group requires no word
        ([], []),
    ],
)
def test_key_words_are_the_rarest(groups: list[list[str]], words: list[str]) -> None:
    assert keys([groups]) == [sorted(words)]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("id18", "110101190003070010", "110101190003070011"),
        ("id18", "44010319021231018X", "440103190213310278"),
        ("id15", "320102540912018", "990102540912018"),
        ("bank_card", "6217001234567890122", "6217001234567890123"),
        ("mobile", "8613800138000", "12800138000"),
        ("landline", "02583210045", "02513210045"),
        ("uscc", "91320100MA1TFWJE0L", "91320100MA1TFWJE0V"),
        ("ip_private", "10.1.2.3", "8.8.8.8"),
        ("date", "19740116", "19741316"),
    ],
)
def test_named_checks(check: str, good: str, bad: str) -> None:
    assert CHECKS[check](good)
    assert not CHECKS[check](bad)


def marked(kind: str, severity: Severity = Severity.HIGH) -> Flag:
    return Flag("1", (Span(0, 2),), kind, "a.b@1", severity, "", (), Action.REDACT, 1.0, "rules")


def test_allow_rules_drop_marks_never_values() -> None:
    document = read("机密一词见保密法第十四条，电话13800138000")
    flags = [marked("ss_mark", Severity.CRITICAL), marked("pp_contact")]
    assert [flag.type for flag in allow.suppress(document, flags, Context(PACK))] == ["pp_contact"]
    standing = read("机密★10年")
    assert len(allow.suppress(standing, flags, Context(PACK))) == 2


def test_genre_gives_severity_only_where_it_is_sure_and_never_to_a_stop() -> None:
    genre = Genre(
        "g", "某", {}, frozenset(), frozenset(), frozenset(), {"pp_contact": Severity.LOW, "ss_mark": Severity.LOW}
    )
    pack: RulePack = dataclasses.replace(PACK, genres={"g": genre})
    flags = [marked("pp_contact"), marked("ss_mark", Severity.CRITICAL)]
    document = read("机密★10年")

    def severities(score: float) -> list[Severity]:
        return [flag.severity for flag in allow.suppress(document, flags, Context(pack, GenreGuess("g", score)))]

    assert severities(1.0) == [Severity.LOW, Severity.CRITICAL]
    assert severities(0.4) == [Severity.HIGH, Severity.CRITICAL]


@settings(deadline=None)
@given(st.text("甲\n", min_size=1, max_size=20), st.lists(st.integers(0, 19), max_size=12))
def test_lines_have_the_same_bounds_in_whatever_order_they_are_asked(written: str, offsets: list[int]) -> None:
    page = Page(text.compose(packs.reading(written), sha256="0" * 64, media_type="text/plain", name=""))
    for offset in (offset for offset in offsets if offset < len(page.text)):
        end = page.text.find("\n", offset)
        assert page.line_bounds(offset) == (page.text.rfind("\n", 0, offset) + 1, end if end >= 0 else len(page.text))
