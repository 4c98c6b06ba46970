"""Several people: a login, a refusal, and two reviewers at one case who see each other's decisions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from review.casework import OPERATOR, accounts
from review.store import open_store
from review.workflow import Role
from tests.browser.conftest import Server
from tests.browser.pane import focus, id_number, open_count, picture, ready, saved, submit, word

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "correct-horse-9"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "settings.toml").write_text("single_user = false\nsame_person_allowed = true\n", "utf-8")
    store = open_store(tmp_path)
    roles = [Role.OFFICER, Role.DEPT_HEAD, Role.SECRECY, Role.LEADER, Role.PUBLISHER]
    for name, display in (("zhang", "张审查"), ("li", "李审查")):
        accounts.add_account(store, OPERATOR, name, PASSWORD, roles, display=display)
    accounts.add_account(store, OPERATOR, "admin", PASSWORD, [Role.ADMIN], display="管理员")
    running = Server(tmp_path)
    running.start()
    yield running
    running.stop()


def log_in(page: Page, server: Server, name: str, password: str = PASSWORD) -> None:
    page.goto(server.url)
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    page.locator("button").click()


def test_nothing_is_shown_before_the_login_and_after_the_logout(server: Server, page: Page):
    log_in(page, server, "zhang", "wrong-password")
    expect(page.locator(".message")).to_contain_text("不正确")
    picture(page, "login.png")
    log_in(page, server, "zhang")
    expect(page.locator(".account")).to_contain_text("张审查", timeout=60_000)
    assert page.evaluate("document.cookie").find("review_session") == -1
    page.locator(".account button").click()
    page.locator("#name").wait_for()
    page.goto(f"{server.url}/ledger")
    page.locator("#name").wait_for()


def test_two_reviewers_see_each_other(server: Server, browser: Browser, page: Page):
    log_in(page, server, "zhang")
    expect(page.locator(".account")).to_contain_text("张审查", timeout=60_000)
    lines = [f"救助对象{n}，公民身份号码{id_number(n)}。" for n in range(6)]
    submit(page, server.url, "公示.docx", word(lines))
    case = page.url.split("case=")[1]
    page.get_by_text("流程办理").click()
    page.get_by_role("button", name="确认送审").click()
    expect(page.locator(".casehead .stage")).to_have_text("待部门审核", timeout=60_000)
    ready(page)

    other = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    other.set_default_timeout(60_000)
    log_in(other, server, "li")
    expect(other.locator(".account")).to_contain_text("李审查", timeout=60_000)
    other.goto(f"{server.url}/?case={case}")
    ready(other)
    total = open_count(other)
    focus(other)
    other.keyboard.press("d")
    other.keyboard.press("d")
    saved(other)

    expect(page.locator(".pane")).to_have_attribute("data-open", str(total - 2), timeout=30_000)
    expect(page.locator(".alert")).to_contain_text("他人")
    picture(page, "two-reviewers.png")
    other.context.close()
