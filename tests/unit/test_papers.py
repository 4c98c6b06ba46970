"""Papers hold what they must, and no document text; templates are editable, and distrusted."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document as Word
from docx.oxml.ns import qn

from review import casework
from review.errors import PackInvalid
from review.exporters import papers
from review.exporters.papers import (
    TEMPLATES,
    Finding,
    Referral,
    ReferralKind,
    RefusalKind,
    annual,
    annual_book,
    consultation_letter,
    inspection_book,
    ledger_book,
    monthly_book,
    notice_letter,
    points_of,
    reassessment_book,
    referral_letter,
    refusal_letter,
)
from review.workflow import REFUSAL_GROUNDS
from tests.fake_office import fake_office, staffed
from tests.paper_samples import (
    CANARY,
    CASES,
    CONSULTATION,
    DAY,
    FINDING,
    LEDGER,
    NOTICE,
    REFERRAL,
    REFUSAL,
    document_with_flags,
    every_paper,
)


def words(data: bytes) -> str:
    """All words of a docx in reading order, one paragraph a line."""
    body = Word(io.BytesIO(data)).element.body
    return "\n".join("".join(t.text or "" for t in p.iter("{*}t")) for p in body.iter("{*}p"))


def table(data: bytes, name: str) -> list[tuple[Any, ...]]:
    """The rows of a sheet from its heads on."""
    return list(openpyxl.load_workbook(io.BytesIO(data))[name].iter_rows(min_row=3, values_only=True))


def figures(data: bytes, name: str) -> dict[str, Any]:
    return {str(row[0]).strip(): row[-1] for row in table(data, name)}


@pytest.mark.parametrize(("name", "data"), every_paper().items())
def test_a_paper_leaves_no_field_unfilled(name: str, data: bytes) -> None:
    if name.endswith(".docx"):
        text = words(data)
        assert not {"{{", "}}", "{%", "None"} & {text[i : i + n] for n in (2, 4) for i in range(len(text))}
    else:
        cells = [c for sheet in openpyxl.load_workbook(io.BytesIO(data)) for row in sheet.values for c in row]
        assert "None" not in cells
        assert sum(c is not None for c in cells) > 10


@pytest.mark.parametrize(("kind", "close"), [(ReferralKind.REQUEST, "妥否，请批示。"), (ReferralKind.LETTER, "函复")])
def test_a_referral_says_what_who_where_and_why(kind: ReferralKind, close: str) -> None:
    text = words(referral_letter(REFERRAL, kind))
    for part in (
        f"关于《{REFERRAL.item.title}》能否公开的", "×保局：", "×政办发〔2026〕12号", "第十七条第三款",
        "2026年11月21日", "第3段", "国家秘密标志", "原文按照保密规定通过机要或者纸质方式另行报送", "区分处理", close,
    ):  # fmt: skip
        assert part in text


def test_classification_doubt_adds_protection_and_ten_days() -> None:
    doubt = words(referral_letter(replace(REFERRAL, classification=True), ReferralKind.REQUEST))
    plain = words(referral_letter(replace(REFERRAL, classification=False), ReferralKind.REQUEST))
    assert "先行拟定之日起10个工作日内" in doubt
    assert "先行拟定" not in plain


def test_points_give_place_kind_and_law_but_no_text() -> None:
    document, flags, pack = document_with_flags()
    points = points_of(document, flags, pack)
    assert [p.nature for p in points] == ["公民身份号码", "国家秘密标志（3条）"]
    assert points[0].place == "第1段"
    assert points[0].basis == "《政府信息公开条例》第十五条"
    paper = replace(REFERRAL, points=points)
    for kind in ReferralKind:
        assert CANARY not in words(referral_letter(paper, kind))
    assert CANARY not in words(consultation_letter(replace(CONSULTATION, points=points)))
    assert CANARY in document.text


def test_a_consultation_states_term_consequences_and_has_a_reply_slip() -> None:
    text = words(consultation_letter(CONSULTATION))
    for part in ("第三十二条", "15个工作日", "2026年12月14日", "逾期未提出意见", "回执", "□同意部分公开", "张某公司："):
        assert part in text


def test_a_notice_states_reply_decision_reasons_and_remedies() -> None:
    text = words(notice_letter(NOTICE))
    for part in ("不同意公开", "决定予以公开", "公共利益", "行政复议", "第五十一条", "公开日期：2026年12月20日"):
        assert part in text
    assert "公开日期" not in words(notice_letter(replace(NOTICE, publish_on=None)))


def test_a_refusal_tells_an_applicant_of_remedies_and_only_an_applicant() -> None:
    for kind, title in ((RefusalKind.WITHHELD, "不予公开理由说明书"), (RefusalKind.PARTIAL, "部分公开理由说明书")):
        answer = words(refusal_letter(REFUSAL, kind))
        assert title in answer
        assert "向×县人民政府申请行政复议" in answer
        assert "个人隐私" in answer
        assert "行政复议" not in words(refusal_letter(replace(REFUSAL, applicant=""), kind))
    assert "第三十七条" in words(refusal_letter(REFUSAL, RefusalKind.PARTIAL))


def test_a_missing_date_leaves_room_to_write_one() -> None:
    paper = replace(REFERRAL, sender=replace(REFERRAL.sender, day=None))
    assert "　　年　　月　　日" in words(referral_letter(paper, ReferralKind.LETTER))


def test_marks_and_control_characters_in_fields_are_only_words() -> None:
    title = "<w:p>A&B{{ docno }}\x07\x00“引号”"
    text = words(referral_letter(replace(REFERRAL, item=replace(REFERRAL.item, title=title)), ReferralKind.LETTER))
    assert "<w:p>A&B{{ docno }}“引号”" in text


def own_template(folder: Path, line: str) -> Path:
    word = Word()
    word.add_paragraph(line)
    word.save(str(folder / "referral_letter.docx"))
    return folder


def test_an_office_may_use_its_own_template_and_keep_the_others(tmp_path: Path) -> None:
    folder = own_template(tmp_path, "本县样式：{{ recipient }}")
    assert words(referral_letter(REFERRAL, ReferralKind.LETTER, templates=folder)) == "本县样式：×保局"
    assert "妥否" in words(referral_letter(REFERRAL, ReferralKind.REQUEST, templates=folder))


@pytest.mark.parametrize(
    "line", ["{{ no_such_field }}", "{% if %}", "{{ unit.__class__.__mro__[1].__subclasses__() }}"]
)
def test_a_wrong_or_hostile_template_is_refused_by_name(tmp_path: Path, line: str) -> None:
    with pytest.raises(PackInvalid, match=r"referral_letter\.docx"):
        referral_letter(REFERRAL, ReferralKind.LETTER, templates=own_template(tmp_path, line))


def test_a_damaged_template_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "notice.docx").write_bytes(b"no zip")
    with pytest.raises(PackInvalid, match=r"notice\.docx"):
        notice_letter(NOTICE, templates=tmp_path)


def test_templates_are_a4_with_official_fonts() -> None:
    paths = sorted(TEMPLATES.glob("*.docx"))
    assert {p.stem for p in paths} == {*ReferralKind, *RefusalKind, "consultation", "notice"}
    for path in paths:
        word = Word(str(path))
        section = word.sections[0]
        assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
        fonts = {f.get(qn("w:eastAsia")) for f in word.element.body.iter("{*}rFonts")}
        assert {"仿宋", "黑体"} <= fonts


def test_the_ledger_has_every_column_and_nothing_else() -> None:
    heads, *rows = table(ledger_book(LEDGER, unit="×县"), "审查台账")
    assert heads[:4] == ("序号", "审查编号", "信息名称", "文号")
    assert set(heads) == set(LEDGER[0]) - {"片段"}
    assert len(rows) == len(LEDGER)
    assert CANARY not in str(rows)


def test_words_never_become_formulas() -> None:
    row = {**LEDGER[0], "信息名称": "=HYPERLINK(1)\x0b"}
    book = openpyxl.load_workbook(io.BytesIO(ledger_book([row], unit="=1+1")))["审查台账"]
    assert (book["C4"].value, book["C4"].data_type) == ("=HYPERLINK(1)", "s")
    assert book["A1"].data_type == "s"


def test_the_month_lists_what_was_published_in_it() -> None:
    _, *rows = table(monthly_book(LEDGER, unit="×县", year=2026, month=11), "月度汇总表")
    assert [row[1] for row in rows if row[1]] == ["2026-000001"]


def test_a_month_without_publications_is_a_nil_return() -> None:
    page = openpyxl.load_workbook(io.BytesIO(monthly_book(LEDGER, unit="×县", year=2026, month=1))).active
    assert "本月无公开内容" in page["A2"].value


def test_the_annual_form_counts_each_case_once_and_guesses_nothing() -> None:
    data = annual_book(CASES, unit="×县", year=2026)
    form = figures(data, "依申请公开")
    assert form["三、本年度办理结果　（一）予以公开"] == 1
    assert form["（二）部分公开（区分处理的，只计这一情形，不计其他情形）"] == 1
    assert (
        form["（三）不予公开　4.保护第三方合法权益"] == 1
    )  # two grounds, one case; the partial one is not counted again
    assert form["（三）不予公开　1.属于国家秘密"] == 0
    assert form["一、本年新收政府信息公开申请数量"] is None
    assert all(cell is None for row in table(data, "依申请公开")[1:] for cell in row[1:-1])


def test_the_annual_figures_are_those_of_the_year() -> None:
    own = figures(annual_book(CASES, unit="×县", year=2026), "审查情况统计")
    assert (own["审查件数"], own["提示项数"], own["其中：脱敏后公开"]) == (3, 12, 5)
    assert (own["平均用时（工作日）"], own["最长用时（工作日）"]) == (4.0, 6)
    assert figures(annual_book(CASES, unit="×县", year=2020), "审查情况统计")["平均用时（工作日）"] == "—"


def test_an_inspection_lists_findings_and_leaves_rows_for_more() -> None:
    data = inspection_book([("制度", "是否建立", "请填写")], [FINDING], unit="×县", day=DAY)
    heads, first, second, *_ = table(data, "问题清单")
    found = dict(zip(heads, first, strict=True))
    assert (found["发现的问题"], found["责任人"]) == (FINDING.problem, FINDING.person)
    assert found["整改期限"].date() == date(2026, 12, 1)
    assert not any(second)
    assert table(data, "检查情况")[1][1:] == ("制度", "是否建立", "请填写")
    assert isinstance(FINDING, Finding)


def test_reassessment_lists_what_is_withheld_with_its_grounds() -> None:
    heads, *rows = table(reassessment_book(LEDGER, CASES, unit="×县", year=2026), "年度复核表")
    found = [dict(zip(heads, row, strict=True)) for row in rows if row[1]]
    assert [(r["审查编号"], r["不予公开理由"]) for r in found] == [
        ("2026-000001", "个人隐私"), ("2026-000002", "商业秘密；个人隐私"),
    ]  # fmt: skip
    assert all("□转为公开" in r["评估意见"] for r in found)


def test_exported_names_exist() -> None:
    assert all(hasattr(papers, name) for name in papers.__all__)
    assert isinstance(REFERRAL, Referral)


def test_books_take_the_rows_that_casework_gives(tmp_path: Path) -> None:
    office = staffed(fake_office(tmp_path))
    casework.open_case(office, "公示\n".encode(), "公示.txt", "officer")
    rows, cases = casework.ledger(office, "auditor"), casework.case_rows(office, "leader")
    assert set(rows[0]) == set(LEDGER[0]) - {"片段"}
    heads, row, *_ = table(ledger_book(rows, unit="×县"), "审查台账")
    assert dict(zip(heads, row, strict=True))["审查编号"] == cases[0]["id"]
    year = cases[0]["opened"].year
    assert figures(annual_book(cases, unit="×县", year=year), "审查情况统计")["审查件数"] == 1
    assert reassessment_book(rows, cases, unit="×县", year=year)


def test_grounds_have_the_words_of_the_workflow() -> None:
    assert annual.GROUNDS == REFUSAL_GROUNDS
    assert {code for _, codes in annual.REFUSALS for code in codes} == set(REFUSAL_GROUNDS)
