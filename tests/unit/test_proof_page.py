"""The printable proof: what was done and how it was checked, readable without the program, and no values."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from lxml import html

from review.exporters.proof import proof_page
from review.types import Proof

PROOF = Proof(
    original_sha256="a" * 64,
    redacted_sha256="b" * 64,
    media_type="application/pdf",
    pack="cn_prepub@1",
    pack_digest="c" * 64,
    model_digests={},
    redactions=({"flag": "f", "type": "pp_contact", "rule": "r@1", "place": "第1页", "count": 3, "reason": "privacy"},),
    notices=("已删除 <批注>",),
    checks=({"name": "复读与方案逐字一致", "passed": True, "detail": "12 字"},),
    readers=("pdf", "pdftotext"),
    at=datetime(2026, 11, 22, tzinfo=UTC),
)


def test_everything_is_on_the_page() -> None:
    page = proof_page(dataclasses.asdict(PROOF), {"pp_contact": "手机号等个人联系方式"})
    text = html.fromstring(page).text_content()
    for words in (
        "a" * 64,
        "b" * 64,
        "手机号等个人联系方式",
        "第1页",
        "复读与方案逐字一致",
        "通过",
        "pdftotext",
        "已删除 <批注>",
    ):
        assert words in text
    assert "审查编号" not in text
    assert "不代表不涉密" in text
    assert "202611-7" in proof_page(dataclasses.asdict(PROOF), {}, number="202611-7")


def test_nothing_is_loaded_or_run() -> None:
    page = proof_page(dataclasses.asdict(PROOF), {})
    for word in ("<script", "http://", "https://", "src=", "<批注>"):
        assert word not in page
