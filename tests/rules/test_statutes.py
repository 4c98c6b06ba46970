"""The statutes that rules cite: articles that exist, versions in force, repealed ones refused."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from review import packs, paths
from review.errors import PackInvalid

LAWS = Path(__file__).resolve().parents[2].parent / "shared" / "datasets" / "benign" / "laws.jsonl.gz"
#: statute of ours → how its file is called in the collection of statutes
TEXTS = {
    "state_secrets_law_2024": "保守国家秘密法(2024-02-27)",
    "state_secrets_regulation_2024": "保守国家秘密法实施条例(2024-07-10)",
    "disclosure_regulation_2019": "政府信息公开条例(2019-04-03)",
    "pipl_2021": "个人信息保护法(2021-08-20)",
    "data_security_law_2021": "数据安全法(2021-06-10)",
    "network_data_regulation_2024": "网络数据安全管理条例(2024-09-24)",
    "admin_penalty_law_2021": "行政处罚法(2021-01-22)",
    "statistics_law_2024": "统计法(2024-09-13)",
    "tendering_law_2017": "招标投标法(2017-12-27)",
    "procurement_law_2014": "政府采购法(2014-08-31)",
    "procurement_regulation_2015": "政府采购法实施条例(2015-01-30)",
    "minors_protection_law_2024": "未成年人保护法(2024-04-26)",
    "cryptography_law_2019": "密码法(2019-10-26)",
    "surveying_law_2017": "测绘法(2017-04-27)",
    "map_regulation_2015": "地图管理条例(2015-11-26)",
    "military_facilities_law_2021": "军事设施保护法(2021-06-10)",
    "supervision_law_2024": "监察法(2024-12-25)",
    "tax_collection_law_2015": "税收征收管理法(2015-04-24)",
    "civil_servant_law_2018": "公务员法(2018-12-29)",
    "expropriation_regulation_2011": "国有土地上房屋征收与补偿条例(2011-01-21)",
}
#: an article, and words of its text that its summary rests on
ANCHORS = {
    "state_secrets_law_2024#22": "不属于国家秘密的，不得作出国家秘密标志",
    "state_secrets_law_2024#36": "汇聚、关联",
    "state_secrets_regulation_2024#42": "先审查、后公开",
    "disclosure_regulation_2019#15": "商业秘密、个人隐私",
    "disclosure_regulation_2019#16": "过程性信息",
    "pipl_2021#28": "行踪轨迹",
    "statistics_law_2024#28": "识别或者推断单个统计调查对象",
    "tendering_law_2017#37": "中标结果确定前应当保密",
    "minors_protection_law_2024#103": "就读学校",
    "expropriation_regulation_2011#29": "房屋征收范围内",
}


@pytest.fixture(scope="module")
def statutes() -> dict[str, str]:
    if not LAWS.exists():
        pytest.skip("the collection of statutes is not on this machine")
    wanted = {name: key for key, name in TEXTS.items()}
    found = {}
    with gzip.open(LAWS, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            stem = row["id"].rsplit("/", 1)[-1].removesuffix(".md")
            if stem in wanted:
                found[wanted[stem]] = row["text"]
    return found


def article(text: str, name: str) -> str:
    """The text of article ``name`` (第二十二条), empty where there is none."""
    match = re.search(rf"(?m)^\s*{name}(?!之)[\s\S]*?(?=^\s*第[一二三四五六七八九十百零]+条|\Z)", text)
    return match[0] if match else ""


def test_every_statute_of_the_list_is_in_the_collection(statutes: dict[str, str]) -> None:
    assert set(statutes) == set(TEXTS)


@pytest.mark.parametrize("statute", sorted(TEXTS))
def test_cited_articles_exist(statute: str, statutes: dict[str, str]) -> None:
    cited = [p for key, p in packs.load().provisions.items() if key.split("#")[0] == statute]
    assert cited
    assert not [p.key for p in cited if not article(statutes[statute], p.article)]


@pytest.mark.parametrize("key", sorted(ANCHORS))
def test_article_says_what_the_summary_says(key: str, statutes: dict[str, str]) -> None:
    provision = packs.load().provisions[key]
    assert ANCHORS[key] in article(statutes[key.split("#")[0]], provision.article)


def test_no_rule_cites_a_provision_out_of_force() -> None:
    pack = packs.load()
    for rule in pack.rules:
        for key in rule.basis:
            provision = pack.provisions[key]
            assert provision.valid_from <= pack.review_date
            assert provision.valid_to is None or provision.valid_to >= pack.review_date


@pytest.mark.parametrize(
    "old", ["state_secrets_law_2010#17", "disclosure_regulation_2007#14", "anti_unfair_competition_law_2019#9"]
)
def test_a_rule_that_cites_a_repealed_article_does_not_load(old: str, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(paths.RULES, folder)
    rule = folder / "state_secret" / "classification_mark.yaml"
    rule.write_text(re.sub(r"(?m)^basis: .*$", f"basis: ['{old}']", rule.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(PackInvalid, match="失效"):
        packs.load(folder)


def test_yesterdays_law_is_in_force_on_yesterdays_review_date() -> None:
    """The old provision still resolves, with its last day, for papers reviewed then."""
    old = packs.load().provisions["state_secrets_law_2010#17"]
    assert old.valid_to == date(2024, 4, 30)
