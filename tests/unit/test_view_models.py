"""The pane and the pages as plain data: positions, groups, words, counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from review.casework import Row, Settings
from review.errors import InputError
from review.exporters.form import FLAG_COLUMNS
from review.service import paneview, papers, words
from review.types import Action, Decision, Severity, Verdict
from review.ui import figures, practice, views
from review.workflow import Attribute, Case, FileVersion, FlagState, Ruling, Stage, Step
from tests.unit.service_office import BASIS, ID_NUMBER, MARK, PHONE, pack, read, review_document

EMOJI = f"😀𠮷，联系电话{PHONE}；证号{ID_NUMBER}"
TABLE = f"姓名\t电话\n张某\t{PHONE}\n李某\t"


def report_of(words_: str, genre: str = ""):
    return review_document(read(words_.encode(), "a.txt"), None, genre, "")


def case(stage: Stage = Stage.SELF_CHECK) -> Case:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    file = FileVersion(1, "0" * 64, "text/plain", 1, "", now, "local")
    return Case("2026-000001", 7, stage, "local", "办公室", now, files=(file,))


def state(flag, **more) -> FlagState:
    return FlagState(
        flag.id, flag.type, flag.severity, flag.rule, flag.detector, flag.confidence, flag.count, flag.spans, 7, **more
    )


def pane(words_: str, decisions=None, moves=(Step.DECIDE,)):
    details = {"title": "公示", "target": "政府网站"}
    report = report_of(words_)
    known = replace(case(), flags={flag.id: state(flag) for flag in report.flags})
    return paneview.pane(known, report, decisions or {}, pack(), details=details, moves=moves)


def test_spans_are_code_points_of_the_source_with_emoji_and_rare_characters():
    view = pane(EMOJI)
    found = {view["text"][a:b] for flag in view["flags"] for a, b in flag["spans"]}
    assert {PHONE, ID_NUMBER} <= found


def test_spans_follow_the_source_where_normalising_changes_the_length():
    view = pane(f"㈱㈱，Ａ电话{PHONE}")  # NFKC makes three characters of ㈱
    flag = next(f for f in view["flags"] if f["type"] == "pp_contact")
    assert [view["text"][a:b] for a, b in flag["spans"]] == [PHONE]


def test_the_payload_holds_every_block_once_and_chunks_cover_them_in_order():
    view = pane(TABLE)
    assert [view["text"][a:b] for a, b, *_ in view["blocks"]] == ["姓名", "电话", "张某", PHONE, "李某"]
    assert [tuple(block[4:7]) for block in view["blocks"]][:3] == [(0, 0, 0), (0, 0, 1), (0, 1, 0)]
    ends = [end for _, end, _ in view["chunks"]]
    assert ends == sorted(ends)
    assert ends[-1] == view["blocks"][-1][1]


def test_long_documents_are_cut_into_chunks():
    view = pane("\n".join("甲" * 100 for _ in range(100)))
    assert 5 <= len(view["chunks"]) <= 10


def test_pages_give_the_chunks_their_names():
    document = read("甲\n乙".encode(), "a.txt")
    blocks = tuple(
        type(b)(b.span, b.zone, label) for b, label in zip(document.blocks, ("第1页第1段", "第2页第1段"), strict=True)
    )
    paged = type(document)(
        document.sha256, document.name, "", document.runs, blocks, (), document.text, document.alignment
    )
    assert [label for *_, label in paneview.chunks(paged)] == ["第1页", "第2页"]


def test_same_values_share_a_group_only_within_a_type():
    view = pane(f"{PHONE}，{PHONE}，{ID_NUMBER}")
    groups = [flag["group"] for flag in view["flags"]]
    assert groups[0] == groups[1] != groups[2]


def test_labels_of_dropped_zones_are_shown_and_their_zone_is_marked_as_dropped():
    view = pane("正文\n批注：删")
    assert view["zones"]["comment"][1] is True
    assert view["zones"]["body"][1] is False
    assert [block[3] for block in view["blocks"]] == ["", "第2段"]


def test_a_flag_shows_its_law_and_masked_value_and_never_the_value():
    flag = next(f for f in pane(EMOJI)["flags"] if f["type"] == "pp_id_number")
    assert flag["basis"] == [BASIS]
    assert flag["masked"] != ID_NUMBER
    assert ID_NUMBER not in repr(flag)


def test_only_the_four_grounds_are_offered_for_state_secrets_and_each_needs_a_note():
    view = pane(f"{MARK}")
    offered = [r for r in view["reasons"] if r["code"] in view["grounds"]]
    assert len(offered) == 4
    assert all(r["needs_note"] and r["verdicts"] == ["accept"] for r in offered)


def test_a_reader_may_not_decide():
    assert pane(EMOJI, moves=(Step.VIEW,))["may"] == {
        "decide": False,
        "add": False,
        "declassify": False,
        "remark": False,
    }


def test_double_review_says_what_remains_and_shows_both_words_of_a_conflict():
    (flag,) = report_of(MARK).flags
    at = datetime(2026, 11, 21, tzinfo=UTC)

    def word(who: str, verdict: Verdict) -> tuple[Ruling, Decision]:
        ruling = Ruling(verdict, who, "", at, Stage.SECRECY_REVIEW, 8)
        return ruling, Decision(flag.id, verdict, who, "", at)

    (mine, my_view), (other, other_view) = word("wang", Verdict.ACCEPT), word("li", Verdict.ESCALATE)
    for rulings, second in (((), ""), ((mine,), "waiting"), ((mine, other), "conflict"), ((mine, mine), "waiting")):
        known = state(flag, rulings=rulings)
        assert paneview.ruled_view(known, None, (), str, double=True)["second"] == second
        assert paneview.ruled_view(known, None, (), str, double=False)["second"] == ""
    view = paneview.ruled_view(state(flag, rulings=(mine, other)), my_view, (my_view, other_view), str, double=True)
    assert [(vote["reviewer"], vote["verdict"]) for vote in view["votes"]] == [("wang", "accept"), ("li", "escalate")]
    agreed = state(flag, rulings=(mine, word("li", Verdict.ACCEPT)[0]))
    assert paneview.ruled_view(agreed, None, (), str, double=True)["second"] == "agreed"


@pytest.mark.parametrize("start", range(3, 9))
def test_a_selection_leads_back_to_the_text(start: int):
    document = read(f"㈱甲{PHONE}".encode(), "a.txt")
    source = document.source
    span = paneview.to_text(document, start, start + 2)
    assert document.text[span.start : span.end] == source[start : start + 2]


@pytest.mark.parametrize(("start", "end"), [(5, 5), (-3, 1), (0, 10_000), (7, 2)])
def test_a_selection_outside_of_the_text_is_refused(start: int, end: int):
    with pytest.raises(InputError):
        paneview.to_text(read("甲乙丙丁戊己庚".encode(), "a.txt"), start, end)


def test_every_word_of_the_vocabulary_is_there():
    assert set(words.SEVERITY) == set(Severity)
    assert set(words.ACTION) == set(Action)
    assert set(words.VERDICT) == set(Verdict)


def test_nothing_found_is_never_called_safe():
    sentence = views.summary([]).sentence
    assert "未发现提示项" in sentence
    assert "不代表不涉密" in sentence
    assert "安全" not in sentence


def test_the_summary_counts_loud_flags_and_reminders_apart():
    found = views.summary(report_of(f"电话{PHONE}，{ID_NUMBER}").flags)
    assert (found.loud, found.reminders) == (2, 1)
    assert found.by_severity == (("高", 1), ("中", 1))


def row(**changes: object) -> Row:
    moment = datetime(2026, 11, 20, 3, tzinfo=UTC)
    values: dict[str, object] = {
        "id": "2026-000001",
        "version": 1,
        "stage": Stage.SELF_CHECK,
        "title": "公示",
        "owner": "local",
        "unit": "",
        "assignee": "",
        "opened": moment,
        "moved": moment,
        "loud": 3,
        "done": 1,
        "attribute": Attribute.PARTIAL,
        "due": date(2026, 11, 27),
        "overdue": False,
        "warning": True,
    }
    return Row(**(values | changes))  # type: ignore[arg-type]


def test_the_case_table_speaks_chinese_and_keeps_columns_and_cells_equal():
    table = views.case_table([row()], {"local": "本机使用者"})
    assert len(table["columns"]) == len(table["rows"][0])
    assert table["rows"][0][2:4] == ["自查中", "1/3"]
    assert table["rows"][0][-1] == "2026年11月27日（即将到期）"
    assert views.deadline(row(overdue=True)).endswith("（逾期）")


def test_only_provisions_in_force_can_be_chosen():
    found = pack()
    past = replace(next(iter(found.provisions.values())), key="old#1", valid_to=date(2020, 1, 1))
    both = replace(found, provisions={**found.provisions, "old#1": past})
    assert views.provision_choices(both) == sorted(found.provisions)


def test_the_settings_are_all_shown():
    assert len(views.settings_table(Settings())["rows"]) >= 10


def test_the_form_counts_decisions_and_shows_no_value():
    report = report_of(EMOJI)
    now = datetime(2026, 11, 21, tzinfo=UTC)
    decided = {report.flags[-1].id: Decision(report.flags[-1].id, Verdict.REDACT, "local", "minimum", now)}
    form = papers.form_of(
        case(), report, decided, {"title": "公示"}, pack(), today=date(2026, 11, 21), name_of=words.person_name
    )
    assert "脱敏后公开 1" in form.findings
    assert "待处理 1" in form.findings
    assert all(len(line) == len(FLAG_COLUMNS) for line in form.flags)
    assert ID_NUMBER not in repr(form)
    assert PHONE not in repr(form)


SOURCE = """---
title: 回复
---
关于反映施工噪声问题的回复
来信人{{pp_case_person|夏志远}}：
已责令停工，可拨打城管热线12319反映情况。
{{ss_mark|机密★10年}}
"""


def test_practice_questions_hold_the_plain_text_and_the_right_answer():
    found = practice.questions(SOURCE)
    assert [q.text for q in found][1] == "来信人夏志远："
    assert [q.answer for q in found] == ["可以公开", "须脱敏后公开", "可以公开", "须报请确定"]
    assert practice.header(SOURCE)["title"] == "回复"


def test_practice_explains_with_the_law_and_warns_of_hiding_too_much():
    right, _, _, mark = practice.questions(SOURCE)
    assert "应当原样公开" in practice.explanation(right, pack())
    assert "国家秘密标志（《个人信息保护法》第二十八条）" in practice.explanation(mark, pack())


CASE_ROW = {
    "id": "2026-000001",
    "unit": "办公室",
    "stage": "published",
    "opened": date(2026, 11, 2),
    "days": 3,
    "attribute": "partial",
    "consult_reply": "agreed",
    "refer_reply": "",
    **dict.fromkeys(("overdue", "reopened", "corrected", "taken_down", "stopped"), False),
    **dict.fromkeys(("partial", "same_person"), True),
    "returned": 1,
    "consulted": 1,
    "referred": 0,
    "flags": 4,
    "accepted": 1,
    "redacted": 2,
    "escalated": 0,
    "open": 1,
}
RULE_ROW = {
    "rule": "test.id@1",
    "type": "pp_id_number",
    "flags": 4,
    "accepted": 1,
    "redacted": 2,
    "escalated": 0,
    "open": 1,
    "false_alarms": 1,
    "over_withheld": 0,
    "false_alarm_rate": 1 / 3,
    "over_withheld_rate": 0.0,
}


def test_the_totals_of_a_year():
    shown = dict(figures.totals([CASE_ROW], [RULE_ROW])["rows"])
    assert shown["审查件数"] == "1"
    assert shown["平均用时（工作日）"] == "3.0"
    assert shown["误报率"] == "33.3%"
    assert shown["过度隐去率（复核后转公开）"] == "0.0%"
    assert shown["征求第三方意见"] == "1 次（同意公开 1）"


def test_the_totals_of_nothing_divide_by_nothing():
    shown = dict(figures.totals([], [])["rows"])
    assert shown["误报率"] == shown["平均用时（工作日）"] == "—"


def test_charts_count_months_and_verdicts():
    assert figures.by_month([CASE_ROW, CASE_ROW]) == [{"月份": "2026-11", "件数": 2}]
    counted = {row["处理意见"]: row["项数"] for row in figures.by_type([RULE_ROW], pack().types)}
    assert counted == {"可公开": 1, "脱敏后公开": 2, "待处理": 1}


def test_an_inspection_names_what_the_record_says_and_what_people_must_fill_in():
    rows = figures.inspection([CASE_ROW])["rows"]
    assert any("同一人办理多个环节 1 件" in line[2] for line in rows)
    assert any("请对照" in line[2] for line in rows)
    assert all(len(line) == 3 for line in rows)


@pytest.mark.parametrize(
    ("status", "flags", "false_alarms", "words_"),
    [("stable", 40, 20, "降为 test"), ("test", 40, 1, "升为 stable"), ("stable", 40, 1, ""), ("stable", 10, 10, "")],
)
def test_a_rules_record_speaks_for_its_status(status: str, flags: int, false_alarms: int, words_: str):
    row = RULE_ROW | {"flags": flags, "open": 0, "false_alarms": false_alarms}
    assert words_ in figures.advice(row, status)
    assert bool(words_) is bool(figures.advice(row, status))
    shown = figures.rule_table([row], pack().types, {row["rule"]: status})
    assert shown["rows"][0][-2:] == [status, figures.advice(row, status)]


def test_error_rates_are_shown_by_unit():
    rows = [
        CASE_ROW | {"unit": unit, "flags": 4, "open": 0, "false_alarms": n, "over_withheld": 0}
        for unit, n in (("甲", 1), ("乙", 0))
    ]
    table = figures.unit_table(rows)
    at = table["columns"].index("误报率")
    assert {row[0]: row[at] for row in table["rows"]} == {"甲": "25%", "乙": "0%"}


def test_the_offices_own_list_decides_nothing_about_state_secrets():
    assert views.list_types(pack()) == ["pp_id_number", "pp_contact", "pp_home_address"]
