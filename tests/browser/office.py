"""People of an office at work in the browser: log in, decide, take steps. For the stories."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Error, Page, TimeoutError, expect

from review.casework import OPERATOR, accounts
from review.store import open_store
from review.workflow import Role
from tests.browser.conftest import Server
from tests.browser.pane import ready, saved

PASSWORD = "correct-horse-9"
SLOW = 90_000  # milliseconds; Streamlit draws a page anew after each step
PUBLISHED = 480_000  # a list of 15,000 rows is written, read again twice, and searched


def staff(home: Path, settings: str, people: dict[str, tuple[str, str, tuple[Role, ...]]]) -> None:
    """Make a home with accounts: account → name, unit, roles."""
    (home / "settings.toml").write_text(f"single_user = false\n{settings}", "utf-8")
    store = open_store(home)
    for account, (display, unit, roles) in people.items():
        accounts.add_account(store, OPERATOR, account, PASSWORD, list(roles), display=display, unit=unit)


def enter(page: Page, server: Server, account: str, display: str) -> Page:
    """Log somebody in."""
    page.goto(f"{server.url}/login?next=/selfcheck")
    page.locator("#name").fill(account)
    page.locator("#password").fill(PASSWORD)
    page.locator("button").click()
    expect(page.locator(".account")).to_contain_text(display, timeout=SLOW)
    return page


def case_of(page: Page) -> str:
    return page.url.split("case=")[1].split("&")[0]


def visit(page: Page, server: Server, case: str) -> None:
    """Open a case and wait until it can be worked on."""
    page.goto(f"{server.url}/?case={case}")
    ready(page)


def stage(page: Page, words: str) -> None:
    """Wait for a stage; not with ``expect``, for the reason that ``pane.saved`` tells."""
    page.locator(".casehead .stage", has_text=re.compile(f"^{words}$")).wait_for(timeout=SLOW)


def choose(page: Page, label: str, option: str, *, inside: str = "") -> None:
    """Pick an option of a Streamlit select box, which may lie in the popover ``inside``."""
    for _ in range(4):
        try:
            page.get_by_role("combobox", name=label).click(timeout=10_000)
            return page.get_by_role("option", name=option, exact=True).click(timeout=10_000)
        except TimeoutError:  # the page was drawn anew; the list or the popover closed
            page.keyboard.press("Escape")
            if inside and not page.get_by_test_id("stPopoverBody").is_visible():
                unfold(page, inside)
    raise AssertionError(f"no option {option}")


def unfold(page: Page, name: str) -> None:
    """Open one of the popovers beside the head of a case.

    While the page is drawn anew the old buttons stand beside the new ones, and what was opened closes again.
    """
    for _ in range(4):
        page.wait_for_function(
            "name => [...document.querySelectorAll('[data-testid=stPopoverButton]')]"
            ".filter(button => button.innerText.includes(name)).length === 1",
            arg=name,
            timeout=SLOW,
        )
        try:
            page.get_by_role("button", name=name).click(timeout=10_000)
            return page.get_by_test_id("stPopoverBody").wait_for(timeout=10_000)
        except Error:
            continue
    raise AssertionError(f"{name} does not open")


def paper(page: Page, kind: str) -> Path:
    """Download one of the papers of a case. The page may be drawn anew after a step, which closes the popover."""
    for _ in range(4):
        if not page.get_by_test_id("stPopoverBody").is_visible():
            unfold(page, "文书")
        choose(page, "文书种类", kind, inside="文书")
        try:
            with page.expect_download(timeout=20_000) as coming:
                page.get_by_role("button", name="下载文书").click(timeout=10_000)
        except TimeoutError:
            page.keyboard.press("Escape")
        else:
            return coming.value.path()
    raise AssertionError(f"no paper {kind}")


def take(page: Page, step: str, after: str, *, note: str = "", outcome: tuple[str, str] | None = None) -> None:
    """Take a step of the flow and wait for the stage that follows."""
    unfold(page, "流程办理")
    page.get_by_test_id("stPopoverBody").get_by_text(step, exact=True).first.click()
    confirm = page.get_by_role("button", name=f"确认{step}")
    confirm.wait_for()
    if outcome:
        choose(page, *outcome)
    if note:
        box = page.get_by_label("意见、理由")
        box.fill(note)
        box.press("Control+Enter")
    confirm.click()
    stage(page, after)
    ready(page)


def determine(page: Page) -> None:
    """Accept the proposed determination."""
    unfold(page, "公开属性")
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="保存").click()
    page.get_by_test_id("stPopoverBody").wait_for(state="hidden", timeout=SLOW)


def publish(page: Page) -> None:
    """Confirm the release and wait for the files."""
    page.locator(".finish").click()
    page.locator(".agree input").check()
    page.locator("dialog .primary").click()
    page.locator(".downloads a").first.wait_for(timeout=PUBLISHED)


def accept_all(page: Page, reason: str) -> None:
    """Accept every flag that still blocks, for a reason whose title holds these words."""
    rows = page.locator(".list .row:not(:has(.low))")
    for number in range(rows.count()):
        saved(page)  # a reply draws the card anew
        rows.nth(number).click()
        page.keyboard.press("a")
        chosen = page.locator(".reasons button", has_text=reason).first
        if chosen.count():
            chosen.click()
            note = page.locator(".card textarea")
            if note.count():
                note.fill("第三方来函同意")
                page.locator(".card .primary").click()
    saved(page)
