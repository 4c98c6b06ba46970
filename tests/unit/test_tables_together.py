"""Tables as wholes: groups of people, tables that share a key, statistics of single units, spliced masks."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from review import packs, text
from review.detectors import masks, tables
from review.detectors._grid import grids
from review.detectors._masked import Known, candidates, merged
from review.types import Context, Document, Flag, RulePack


@pytest.fixture(scope="module")
def pack() -> RulePack:
    return packs.load()


def read(written: str) -> Document:
    return text.compose(packs.reading(written), sha256="0" * 64, media_type="text/plain", name="")


def found(pack: RulePack, written: str, rule: str) -> list[Flag]:
    document = read(written)
    flags = [*tables.build(pack)(document, Context(pack)), *masks.build(pack)(document, Context(pack))]
    return [flag for flag in flags if flag.rule.startswith(rule)]


def people(count: int, places: list[str], *, days: bool) -> str:
    rng = random.Random(7)
    rows = ["编号\t出生日期\t性别\t乡镇\t病种"]
    for number in range(count):
        year = rng.randrange(1940, 2010)
        born = f"{year}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}" if days else f"{year // 10 * 10}年代"
        rows.append(f"A{number:05d}\t{born}\t{rng.choice('男女')}\t{rng.choice(places)}\t流感")
    return "\n".join(rows)


class TestGroups:
    RULE = "personal_privacy.data_set_groups"

    def test_birth_dates_and_towns_tell_people_apart(self, pack: RulePack) -> None:
        flags = found(pack, people(60, ["柳河镇", "青石乡"], days=True), self.RULE)
        assert [flag.count for flag in flags] == [60]
        assert "候选人" in flags[0].message
        assert "出生日期" in flags[0].message

    def test_decades_do_not(self, pack: RulePack) -> None:
        assert not found(pack, people(60, ["柳河镇", "青石乡"], days=False), self.RULE)

    def test_a_few_rows_are_no_data_set(self, pack: RulePack) -> None:
        assert not found(pack, people(5, ["柳河镇"], days=True), self.RULE)

    def test_people_who_are_named_are_another_question(self, pack: RulePack) -> None:
        rows = people(30, ["柳河镇"], days=True).replace("编号", "姓名").replace("\nA000", "\n甘小满")
        assert not found(pack, rows, self.RULE)

    def test_rows_that_are_alike_hide_each_other(self, pack: RulePack) -> None:
        rows = ["编号\t年龄\t性别\t村\t病种"] + [f"A{n}\t{30 + n % 3}\t男\t前庄村\t流感" for n in range(60)]
        assert not found(pack, "\n".join(rows), self.RULE)

    def test_fifty_thousand_rows_in_time(self, pack: RulePack) -> None:
        document = read(people(50_000, [f"第{n}镇" for n in range(20)], days=True))
        start = time.monotonic()
        flags = [f for f in tables.build(pack)(document, Context(pack)) if f.rule.startswith(self.RULE)]
        assert flags[0].count > 40_000
        assert time.monotonic() - start < 20


class TestAcross:
    RULE = "personal_privacy.joined_tables"
    NAMES = "附件1\n编号\t姓名\n71\t甘小满\n72\t武庭生\n73\t柯大年"

    def test_a_shared_number_joins(self, pack: RulePack) -> None:
        flags = found(pack, f"{self.NAMES}\n附件2\n编号\t病种\n73\t甲\n71\t乙\n72\t丙", self.RULE)
        assert [flag.count for flag in flags] == [3]

    def test_numbers_that_do_not_meet_do_not_join(self, pack: RulePack) -> None:
        assert not found(pack, f"{self.NAMES}\n附件2\n编号\t病种\n93\t甲\n91\t乙\n92\t丙", self.RULE)

    def test_a_number_that_stands_twice_does_not_join(self, pack: RulePack) -> None:
        assert not found(pack, f"{self.NAMES}\n附件2\n编号\t病种\n71\t甲\n71\t乙\n71\t丙", self.RULE)

    def test_counts_are_no_secret_of_a_person(self, pack: RulePack) -> None:
        assert not found(pack, f"{self.NAMES}\n附件2\n编号\t残疾类别人数\n73\t4\n71\t9\n72\t8", self.RULE)


class TestCells:
    RULE = "trade_secret.statistics_cells"

    @pytest.mark.parametrize(("hidden", "flagged"), [("*", True), ("…", True), ("保密", True), ("23.9", False)])
    def test_a_total_gives_one_hidden_cell_away(self, pack: RulePack, hidden: str, flagged: bool) -> None:
        rows = f"分行业产值（亿元）\n行业\t产值\n纺织\t31.2\n水泥\t{hidden}\n食品\t18.4\n机械\t22.9\n合计\t96.4"
        assert bool(found(pack, rows, self.RULE)) is flagged

    def test_two_hidden_cells_hide(self, pack: RulePack) -> None:
        rows = "分行业产值（亿元）\n行业\t产值\n纺织\t31.2\n水泥\t*\n食品\t*\n机械\t22.9\n合计\t96.4"
        assert not found(pack, rows, self.RULE)

    def test_a_dash_that_is_nothing_passes(self, pack: RulePack) -> None:
        rows = "分镇产值（亿元）\n镇\t产值\n柳河\t31.2\n青石\t—\n东河\t18.4\n合计\t49.6"
        assert not found(pack, rows, self.RULE)

    def test_three_firms_are_enough(self, pack: RulePack) -> None:
        rows = "行业\t企业数\t产值\n纺织\t{}\t213,470\n食品\t24\t184,320"
        assert [flag.count for flag in found(pack, rows.format(2), self.RULE)] == [1]
        assert not found(pack, rows.format(3), self.RULE)


class TestMasks:
    def test_candidates_by_what_is_shown(self) -> None:
        assert candidates("320102********0181", Known()) == 36_500 // 11
        assert candidates("320102********0181", Known(days=1)) == 1
        assert candidates("32010219010912****", Known()) == 1000
        assert candidates("32010219010912****", Known(sex=True)) == 500
        assert candidates("621700154000****56", Known()) > 10**6  # no birth year: a bank card
        assert candidates("3604**600087214", Known()) > 10**6  # no birth month

    def test_two_masks_of_one_number(self) -> None:
        assert merged("320102********0181", "32010219010912****") == "320102190109120181"
        assert merged("320102********0181", "32010219010912***2") is None
        assert merged("320102****0181", "32010219010912****") is None


def test_conditions_of_a_column_rule_drop_its_cells(pack: RulePack) -> None:
    """``unless`` looks at the cells of a column, not only at the genre."""
    rule = next(rule for rule in pack.rules if rule.id == "personal_privacy.column_health")
    rows = read("姓名\t病种\n甘小满\t尿毒症\n武庭生\t已公开病种\n柯大年\t肺癌")
    for unless, left in (({"inside": ("已公开",)}, 2), ({"title": ("姓名",)}, 0), ({"document": ("没有这话",)}, 3)):
        own = replace(pack, rules=(replace(rule, unless=unless),))
        assert sum(flag.count for flag in tables.build(own)(rows, Context(own))) == left


def test_a_column_knows_its_rows() -> None:
    grid = next(iter(grids(read("姓名\t病种\n甘小满\t\n武庭生\t肺癌"))))
    assert set(grid.columns[1].by_row()) == {2}
