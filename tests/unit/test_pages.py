"""Every page draws in Chinese, without an error, and puts no document text into Streamlit's own markup (AppTest)."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from review import casework, paths
from review.casework import LOCAL, OPERATOR, Office, Role, accounts
from review.errors import IntakeStop
from review.service import desk
from tests.unit.service_office import ID_NUMBER, MARK, PHONE, open_office

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


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("REVIEW_HOME", str(tmp_path))
    made = open_office(tmp_path, single_user=False)
    monkeypatch.setattr("review.store.accounts.hash_password", lambda name, password: "unused")
    for name, role in (("zhang", Role.OFFICER), ("li", Role.OFFICER), ("admin", Role.ADMIN), ("wang", Role.LEADER)):
        accounts.add_account(made.store, OPERATOR, name, "", [role])
    monkeypatch.setattr(desk, "office", lambda: made)
    return made


def as_person(monkeypatch: pytest.MonkeyPatch, office: Office, name: str) -> AppTest:
    from review.ui import who

    monkeypatch.setattr(who, "person", lambda office_: casework.person(office_, name))
    return run("reviewing")


@pytest.mark.parametrize("name", ["li", "admin"])
def test_the_address_of_a_foreign_case_shows_nothing_of_it(many: Office, monkeypatch: pytest.MonkeyPatch, name: str):
    """Neither its stage nor its remarks, records and letters: the number in the address is no right."""
    case = casework.open_case(many, f"公示\n{ID_NUMBER}".encode(), "a.txt", "zhang")
    casework.comment(many, case.id, "zhang", CANARY)
    from review.ui import who

    monkeypatch.setattr(who, "person", lambda office: casework.person(office, name))
    script = f"import streamlit as st\nst.query_params['case'] = '{case.id}'\n"
    test = AppTest.from_string(f"{script}from review.ui import reviewing\nreviewing.page()", default_timeout=30).run()
    assert not test.exception
    assert any("查看" in error.value for error in test.error)
    everything = markup(test) + "".join(text.value for text in test.text)
    assert CANARY not in everything
    assert case.id not in everything
    assert not test.get("popover")


@pytest.mark.parametrize("name", ["admin", "wang", "li"])
def test_who_has_nothing_to_review_is_told_so(many: Office, monkeypatch: pytest.MonkeyPatch, name: str):
    """An administrator's first login, say: no sample case may be opened, and no error shown."""
    test = as_person(monkeypatch, many, name)
    assert any("送审件" in info.value for info in test.info)
    assert casework.list_cases(many, "admin") == ()


def test_after_an_intake_stop_the_newest_case_that_can_be_read_is_shown(office: Office):
    case = casework.open_case(office, f"公示\n{ID_NUMBER}".encode(), "a.txt", LOCAL)
    with pytest.raises(IntakeStop):
        casework.open_case(office, MARK.encode(), "b.txt", LOCAL)
    test = run("reviewing")
    assert not test.error
    assert case.id in markup(test)


def test_everybody_changes_the_own_password_and_administrators_revoke_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from review.ui import who

    monkeypatch.setenv("REVIEW_HOME", str(tmp_path))
    made = open_office(tmp_path, single_user=False)
    accounts.add_account(made.store, OPERATOR, "zhang", "first-horse-9x", [Role.OFFICER])
    accounts.add_account(made.store, OPERATOR, "admin", "other-horse-9x", [Role.ADMIN])
    key = accounts.add_api_key(made.store, OPERATOR, "oa", "zhang", ["check"])
    monkeypatch.setattr(desk, "office", lambda: made)
    monkeypatch.setattr(who, "person", lambda office: casework.person(office, "zhang"))
    test = run("settings")
    for old, refused in (("wrong-horse-9", True), ("first-horse-9x", False)):
        wanted = {"现口令": old, "新口令（至少 10 位）": "second-horse-9x", "再输入一次": "second-horse-9x"}
        for box in test.text_input:
            box.set_value(wanted[box.label])
        press(test, "修改口令")
        assert bool(test.error) is refused
    assert accounts.login(made.store, "zhang", "second-horse-9x", "127.0.0.1")

    monkeypatch.setattr(who, "person", lambda office: casework.person(office, "admin"))
    press(run("settings"), "撤销")
    assert accounts.api_person(made.store, key) is None


def press(test: AppTest, label: str) -> None:
    next(button for button in test.button if button.label == label).click().run()
    assert not test.exception
