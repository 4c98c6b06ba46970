"""Loading a rule pack: strict, in Chinese, and only what is in force."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from review import packs, paths
from review.errors import PackInvalid
from review.packs import patterns
from review.types import Action, Severity, Zone

RULE = """
id: internal.test_word
type: wi_internal_mark
version: 1
status: stable
title: 试验
severity: high
action: escalate
target: dept_head
basis: [law_2020#1]
message: 疑似内部标识，请核实。
patterns: ['内部(资料|文件)']
examples:
  flag: [内部资料, 内部文件, {text: 本件为内部资料, find: [内部资料]}, {text: 内部文件一份, find: [内部文件]}]
  pass: [加强内部管理, 内部控制, 公开资料, 文件]
"""
LAW = """
id: law_2020
title: 某法
version: 2020年通过
valid_from: 2020-01-01
provisions:
  '1': {article: 第一条, summary: 一句话。}
  '2': {article: 第二条, summary: 一句话。, valid_to: 2024-12-31}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small pack of one rule and one statute."""
    for name in ("pack.yaml", "types.yaml", "masking.yaml", "moods.yaml"):
        shutil.copy(paths.RULES / name, tmp_path / name)
    write(tmp_path, "basis/law_2020.yaml", LAW)
    write(tmp_path, "internal/test_word.yaml", RULE)
    return tmp_path


def write(folder: Path, name: str, content: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def test_a_rule_becomes_a_frozen_noun(folder: Path) -> None:
    pack = packs.load(folder, review_date=date(2026, 1, 1))
    (rule,) = pack.rules
    assert rule.ref == "internal.test_word@1"
    assert (rule.severity, rule.action, rule.target) == (Severity.HIGH, Action.ESCALATE, "dept_head")
    assert rule.zones == frozenset(Zone)
    assert rule.flag_examples[0].find == ("内部资料",)
    assert pack.provisions[rule.basis[0]].citation == "《某法》第一条"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("severity: high", "severity: huge", "字段 severity：不在允许的取值之内"),
        ("severity: high", "colour: red", "字段 severity：缺少这个字段"),
        ("title: 试验", "title: 试验\ncolour: red", "字段 colour：没有这个字段"),
        ("version: 1", "version: '1'", "字段 version：应为整数"),
        ("type: wi_internal_mark", "type: wi_opinion", "没有类型 wi_opinion"),
        ("type: wi_internal_mark", "type: wi_three_security", "只能由审查员人工添加"),
        ("target: dept_head\n", "", "必须写报请对象"),
        ("law_2020#1", "law_2020#9", "没有条文 law_2020#9"),
        ("law_2020#1", "law_2020#2", "已于 2024-12-31 失效"),
        ("内部(资料|文件)", "(?<=内部)资料", "RE2"),
        ("patterns: ['内部(资料|文件)']\n", "", "必须恰好写一个，现有 0 个"),
        ("patterns:", "field: {labels: [密级]}\npatterns:", "必须恰好写一个，现有 2 个"),
        ("patterns:", "masking: invisible\npatterns:", "没有 invisible"),
        ("patterns:", "unless: {mood: [happy]}\npatterns:", "没有 happy 这一项"),
        ("patterns:", "unless: {before: ['@nowhere']}\npatterns:", "没有词表 lexicons/nowhere.txt"),
        ("  pass: [加强内部管理, 内部控制, 公开资料, 文件]", "  pass: []", "字段 examples.pass：不能为空"),
        ("内部控制, 公开资料, 文件]", "内部控制]", "合计不得少于 8 个"),
        ("id: internal.test_word", "id: trade_secret.test_word", "应以文件夹名 internal. 开头"),
        ("title: 试验", "title: 试验\ntitle: 再来", "重复的键"),
        ("flag: [内部资料", "flag: [123", "纯数字请加引号"),
    ],
)
def test_errors_name_file_and_field(folder: Path, old: str, new: str, told: str) -> None:
    assert old in RULE
    write(folder, "internal/test_word.yaml", RULE.replace(old, new))
    with pytest.raises(PackInvalid) as error:
        packs.load(folder, review_date=date(2026, 1, 1))
    assert "internal/test_word.yaml" in str(error.value)
    assert told in str(error.value)


def test_a_law_not_yet_in_force_cannot_be_cited(folder: Path) -> None:
    with pytest.raises(PackInvalid, match="尚未施行"):
        packs.load(folder, review_date=date(2019, 12, 31))


def test_what_is_not_a_pack(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(PackInvalid, match=r"没有 pack\.yaml"):
        packs.load(tmp_path / "nothing")
    write(folder, "script/run.yaml", "a: 1")
    with pytest.raises(PackInvalid, match="不认识的文件或文件夹：script"):
        packs.load(folder)


def test_allow_rules_cannot_silence_a_personal_value(folder: Path) -> None:
    write(folder, "allow/a1.yaml", "id: A1\ntitle: 试\ntypes: [pp_contact]\nwhen: {before: [电话]}\nreason: A1\n")
    with pytest.raises(PackInvalid, match="不能被放行规则压下"):
        packs.load(folder, review_date=date(2026, 1, 1))


def test_digest_knows_content_not_line_ends_or_place(folder: Path, own: Path) -> None:
    first = packs.load(folder, review_date=date(2026, 1, 1)).digest
    copy = own / "copy"
    shutil.copytree(folder, copy)
    (copy / "internal/test_word.yaml").write_bytes(RULE.replace("\n", "\r\n").encode())
    assert packs.load(copy, review_date=date(2026, 1, 1)).digest == first
    write(copy, "internal/test_word.yaml", RULE.replace("试验", "改过"))
    assert packs.load(copy, review_date=date(2026, 1, 1)).digest != first


NEGATIVE = """
id: unit.neg_001
matter: 采砂权出让底价
terms: [采砂权底价]
basis: [law_2020#1]
office: 县水利局
valid_from: 2026-01-01
valid_to: 2026-12-31
review_by: 2026-12-01
public_when: 出让结果公告之后
"""


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A unit's own folder."""
    return tmp_path_factory.mktemp("own")


def test_a_units_own_pack_only_adds_flags(folder: Path, own: Path) -> None:
    write(own, "negative/one.yaml", NEGATIVE)
    pack = packs.load(folder, [own], review_date=date(2026, 6, 1))
    entry = next(rule for rule in pack.rules if rule.id == "unit.neg_001")
    assert (entry.status, entry.severity, entry.shape) == ("stable", Severity.MEDIUM, "lexicon")
    assert "县水利局" in entry.message
    late = packs.load(folder, [own], review_date=date(2027, 1, 1))
    assert next(rule for rule in late.rules if rule.id == "unit.neg_001").status == "deprecated"
    assert pack.digest != packs.load(folder, review_date=date(2026, 6, 1)).digest
    write(own, "allow/a1.yaml", "id: A1\ntitle: 试\nwhen: {}\nreason: A1\n")
    with pytest.raises(PackInvalid, match="单位包里只能有"):
        packs.load(folder, [own], review_date=date(2026, 6, 1))


def test_a_negative_entry_is_looked_at_again_within_a_year(folder: Path, own: Path) -> None:
    write(own, "negative/one.yaml", NEGATIVE.replace("review_by: 2026-12-01", "review_by: 2027-06-01"))
    with pytest.raises(PackInvalid, match="不得超过一年"):
        packs.load(folder, [own], review_date=date(2026, 6, 1))


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("（秘密）", r"\(秘密\)"),
        ("密级：", "密级:"),
        ("[，。；]", "[,。;]"),
        ("[：为]", r"[\:为]"),
        ("是否？", r"是否\?"),
        ("〔2024〕★", "〔2024〕★"),
        (r"\[：\]", r"\[:\]"),
    ],
)
def test_chinese_punctuation_may_be_written(written: str, normal: str) -> None:
    assert patterns.pattern(written) == normal


def test_the_products_own_pack_loads() -> None:
    pack = packs.load()
    assert len(pack.types) == 50
    assert len(pack.rules) >= 40
    assert {reason for reason in pack.reasons if reason.startswith("A")} == {f"A{n}" for n in range(1, 21)}
    grounds = {"not_a_mark", "declassified", "expired_reviewed", "authority_determined"}
    assert all(pack.reasons[ground].needs_note for ground in grounds)
    assert all(rule.masking in pack.masking for rule in pack.rules)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(?i)secret", "行内开关"),
        ("[[:alpha:]]{3}", "字符类"),
        ("{nobody}某", "macros.yaml 里没有 nobody"),
    ],
)
def test_patterns_that_engines_read_differently_are_refused(folder: Path, pattern: str, told: str) -> None:
    write(folder, "internal/test_word.yaml", RULE.replace("内部(资料|文件)", pattern))
    with pytest.raises(PackInvalid, match=told):
        packs.load(folder)


def test_a_macro_stands_for_its_pattern(folder: Path) -> None:
    write(folder, "macros.yaml", "paper: '资料|文件'\ninner: '内部{paper}'\n")
    write(folder, "internal/test_word.yaml", RULE.replace("内部(资料|文件)", "{inner}"))
    (rule,) = packs.load(folder).rules
    assert rule.params["patterns"] == ("(?:内部(?:资料|文件))",)


TABLE = RULE.replace("patterns: ['内部(资料|文件)']", "masked: {birth: [出生], age: [年龄], sex: [性别], key: [姓名]}")


def test_a_rule_over_tables_is_as_strict(folder: Path) -> None:
    write(folder, "internal/test_word.yaml", TABLE.replace("key: [姓名]", "keys: [姓名]"))
    with pytest.raises(PackInvalid, match="keys"):
        packs.load(folder)


def test_a_rule_over_tables_has_no_place_to_look_around(folder: Path) -> None:
    """A condition that would never be asked is refused, not ignored."""
    write(folder, "internal/test_word.yaml", TABLE + "unless: {before: [公开]}\n")
    with pytest.raises(PackInvalid, match="before"):
        packs.load(folder)
    write(folder, "internal/test_word.yaml", TABLE + "unless: {title: [公开]}\n")
    assert packs.load(folder).rules[0].unless == {"title": ("公开",)}
