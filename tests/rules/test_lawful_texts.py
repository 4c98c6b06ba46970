"""Rules of content against texts that may be published: a false alarm is as bad as a miss."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from review import packs, text
from review.detectors import genre, rules
from review.types import Block, Context, Document, Flag, Reading, Run, Span

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
PACK = packs.load()
DETECT = rules.build(PACK)
VALUES = {
    "pp_id_number",
    "pp_id_embedded",
    "pp_other_id",
    "pp_contact",
    "pp_home_address",
    "pp_bank_account",
    "pp_birth_date",
    "ts_org_account",
}


def document(words: str) -> Document:
    """A text of lines as a document."""
    runs: list[Run] = []
    blocks: list[Block] = []
    at = 0
    for number, line in enumerate(words.split("\n")):
        runs.append(Run(("\n" if number else "") + line))
        at += number > 0
        if line:
            blocks.append(Block(Span(at, at + len(line))))
        at += len(line)
    return text.compose(Reading(tuple(runs), tuple(blocks)), sha256="0" * 64, media_type="text/plain", name="")


def loud(words: str) -> list[Flag]:
    read = document(words)
    found: Iterable[Flag] = DETECT(read, Context(PACK, genre.guess(read, PACK)))
    return [flag for flag in found if flag.loud and flag.type not in VALUES]


def rows(path: Path) -> Iterator[dict[str, str]]:
    data = path.read_bytes()
    words = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    for line in words.split("\n"):
        if line:
            yield json.loads(line)


def need(path: Path) -> Path:
    if not path.exists():
        pytest.skip("the shared texts are not on this machine")
    return path


def test_statutes_and_reports_raise_almost_nothing() -> None:
    """At most 0.02 loud flags in 10,000 characters; every eighth statute, all reports."""
    chars = flags = 0
    texts = [row["text"] for row in rows(need(SHARED / "datasets" / "benign" / "laws.jsonl.gz"))][::8]
    texts += [row["text"] for row in rows(SHARED / "datasets" / "benign" / "district_reports.jsonl.gz")]
    for words in texts:
        chars += len(words)
        flags += len(loud(words))
    assert chars > 500_000
    assert flags / chars * 10_000 <= 0.02


def test_public_notices_raise_nothing_loud() -> None:
    seeds = sorted(need(SHARED / "samples" / "seeds").glob("*.txt"))
    assert seeds
    assert not [path.name for path in seeds if loud(path.read_text(encoding="utf-8", errors="replace"))]


def test_look_alike_passages_pass_and_disclosures_are_caught() -> None:
    """Of the fictional passages at most 1 in 200 public ones is loudly flagged, at least 1 in 4 disclosures."""
    files = sorted(need(SHARED / "corpus").glob("*.jsonl"))
    public = disclosed = wrong = caught = 0
    for path in files:
        for row in list(rows(path))[::3]:
            hit = bool(loud(row["text"]))
            if row["label"] == "public":
                public += 1
                wrong += hit
            else:
                disclosed += 1
                caught += hit
    assert public > 900
    assert wrong / public <= 1 / 200
    assert caught / disclosed >= 1 / 4


@pytest.mark.parametrize(
    "words",
    [
        "各单位要严守保密纪律，不得泄露国家秘密、工作秘密和商业秘密，严禁在微信群传递涉密文件。",
        "对涉及国家秘密、商业秘密、个人隐私的信息，依法不予公开。",
        "批评有的部门推诿扯皮、群众办事难，信访量同比上升12%。",
        "事故造成3人死亡、7人受伤，直接经济损失860万元，相关责任人已被处理。",
        "全县城乡低保对象4127户，发放低保金3216万元；残疾人两项补贴惠及2100人。",
        "中标供应商为望江建设有限公司，中标金额1,286万元，评审专家：王建、李兰、赵平。",
        "防空警报将于9月18日10时试鸣，请市民保持正常生活秩序。",
        "商用密码应用安全性评估结论为基本符合，等级保护三级备案已完成。",
        "县长王明到柳河镇调研秋粮收购，走访种粮大户。",
        "高考评卷工作结束，考试院公布语文试题及参考答案。",
    ],
)
def test_talking_about_it_is_not_disclosing(words: str) -> None:
    assert not loud(words)
