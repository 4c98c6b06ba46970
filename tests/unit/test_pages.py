"""Every page draws in Chinese, without an error, and puts no document text into Streamlit's own markup (AppTest)."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from review import casework, paths
from review.casework import LOCAL, Office
from review.service import desk
from tests.unit.service_office import ID_NUMBER, PHONE, open_office

PAGES = ("selfcheck", "reviewing", "ledger", "settings", "escalation", "counting", "training")
CANARY = "青山七号😀"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("REVIEW_HOME", str(tmp_path))
    monkeypatch.setattr(paths, "SAMPLES", tmp_path / "samples")
    made = open_office(tmp_path)
    monkeypatch.setattr(desk, "office", lambda: made)
    return made


def run(name: str) -> AppTest:
    script = f"from review.ui import {name}\n{name}.page()"
    test = AppTest.from_string(script, default_timeout=30).run()
    assert not test.exception, [error.value for error in test.exception]
    return test


def markup(test: AppTest) -> str:
    """Return everything that Streamlit itself would interpret: markdown, html, labels, messages."""
    kinds = ("markdown", "caption", "subheader", "error", "warning", "info", "success", "title", "header")
    pieces = [str(element.value) for kind in kinds for element in test.get(kind)]
    pieces += [str(element.proto) for element in test.get("html")]
    for kind in ("button", "radio", "selectbox", "text_input", "text_area", "multiselect", "checkbox"):
        pieces += [element.label for element in test.get(kind)]
    return "\n".join(pieces)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_draws_over_an_empty_office(office: Office, name: str):
    run(name)


@pytest.mark.parametrize("name", PAGES)
def test_document_text_stays_out_of_streamlit_markup(office: Office, name: str):
    words = f"# {CANARY} ![x](http://evil.example/a.png) 电话{PHONE}，{ID_NUMBER}"
    case = casework.open_case(office, words.encode(), f"{CANARY}.txt", LOCAL, title=f"**{CANARY}**")
    casework.comment(office, case.id, LOCAL, f"[{CANARY}](http://evil.example)")
    shown = markup(run(name))
    for value in (CANARY, PHONE, ID_NUMBER, "evil.example"):
        assert value not in shown


def test_the_first_start_opens_the_built_in_sample(office: Office):
    paths.SAMPLES.mkdir()
    from review.ui import reviewing

    (paths.SAMPLES / reviewing.FIRST_SAMPLE).write_text(f"公示\n{ID_NUMBER}", "utf-8")
    run("reviewing")
    rows = casework.list_cases(office, LOCAL)
    assert [row.title.startswith("示例") for row in rows] == [True]
    run("reviewing")
    assert len(casework.list_cases(office, LOCAL)) == 1


def test_a_step_is_taken_on_the_page_and_refusals_are_shown_in_words(office: Office):
    case = casework.open_case(office, f"公示\n{ID_NUMBER}".encode(), "a.txt", LOCAL)
    test = run("reviewing")
    test.button(f"take-{case.id}").click().run()
    assert casework.load(office, case.id).stage.value == "dept_review"
    casework.step(office, case.id, LOCAL, casework.Step.PASS)
    test = run("reviewing")
    test.radio(f"step-{case.id}").set_value(casework.Step.CLEAR).run()
    test.button(f"take-{case.id}").click().run()
    assert any("未办结" in error.value for error in test.error)
    assert casework.load(office, case.id).stage.value == "secrecy_review"


def test_settings_name_the_rules_in_force(office: Office):
    test = run("settings")
    assert any(str(paths.home()) in text.value for text in test.text)
