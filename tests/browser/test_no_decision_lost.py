"""Kill the server in the middle: what a reviewer has decided is stored once it is back, and not twice."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Server
from tests.browser.pane import focus, id_number, open_count, picture, ready, saved, submit, word

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROWS = 15


def stored(server: Server, case: str) -> dict[str, str]:
    """Return verdicts by flag as the server tells them."""
    with urllib.request.urlopen(f"{server.url}/api/v1/cases/{case}", timeout=60) as answer:
        flags = json.load(answer)["flags"]
    return {flag["id"]: flag["decision"]["verdict"] for flag in flags if flag["decision"]}


def test_kill_9_in_the_middle_loses_no_decision(server: Server, page: Page):
    lines = [f"救助对象{n}，公民身份号码{id_number(n)}。" for n in range(ROWS)]
    submit(page, server.url, "公示.docx", word(lines))
    case = page.url.split("case=")[1]
    total = open_count(page)
    assert total >= ROWS
    focus(page)
    for _ in range(5):
        page.keyboard.press("d")
    saved(page)
    assert len(stored(server, case)) == 5

    server.kill()
    for _ in range(5):
        page.keyboard.press("e")
    expect(page.locator(".trouble")).to_contain_text("连接中断")
    expect(page.locator(".saved")).to_contain_text("正在保存 5 项")
    picture(page, "connection-lost.png")

    server.start()
    saved(page)
    page.keyboard.press("d")
    saved(page)
    verdicts = sorted(stored(server, case).values())
    assert verdicts == ["escalate"] * 5 + ["redact"] * 6
    ready(page)


def test_decisions_wait_through_a_reload_while_the_server_is_down(server: Server, page: Page):
    lines = [f"救助对象{n}，公民身份号码{id_number(n)}。" for n in range(4)]
    submit(page, server.url, "公示.docx", word(lines))
    case = page.url.split("case=")[1]
    focus(page)
    server.kill()
    page.keyboard.press("d")
    page.keyboard.press("d")
    expect(page.locator(".pane")).to_have_attribute("data-unsaved", "2")
    page.on("dialog", lambda dialog: dialog.accept())
    server.start()
    page.goto(f"{server.url}/?case={case}")
    ready(page)
    saved(page)
    assert list(stored(server, case).values()) == ["redact", "redact"]


def test_an_answer_that_breaks_off_is_asked_for_again(server: Server, page: Page) -> None:
    """The server has stored the decision, its answer is cut on the way: nothing is lost, doubled or refused later."""
    submit(page, server.url, "公示.docx", word([f"救助对象，公民身份号码{id_number(1)}。"]))
    case = page.url.split("case=")[1]
    cut: list[int] = []

    def halve(route: Route) -> None:
        answer = route.fetch()
        cut.append(answer.status)
        body = answer.text()
        route.fulfill(status=answer.status, content_type="application/json", body=body[: len(body) // 2])

    page.route("**/decisions", halve, times=1)
    focus(page)
    page.keyboard.press("d")
    saved(page)
    assert list(stored(server, case).values()) == ["redact"]
    page.keyboard.press("z")
    saved(page)
    assert cut == [200]
    assert stored(server, case) == {}
    expect(page.locator(".trouble")).to_be_hidden()
