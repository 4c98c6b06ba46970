"""The main job in the browser: upload, decide by keyboard, undo, finish, download, verify."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.pane import focus, id_number, open_count, picture, ready, saved, submit, word

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NUMBERS = [id_number(n) for n in range(4)]
DRAFT = [
    "关于临时救助对象的公示😀𠮷",
    *(f"救助对象𠮷{n}，公民身份号码{number}。" for n, number in enumerate(NUMBERS)),
    f"再次核对，公民身份号码{NUMBERS[0]}。",
    "公示期七天。",
]


def test_first_start_opens_on_a_fictional_sample(server: Server, page: Page):
    page.goto(server.url)
    ready(page)
    expect(page.locator(".title")).to_contain_text("示例")
    assert page.locator("mark").count() > 0
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    picture(page, "review.png")


def test_upload_decide_undo_finish_download_verify(server: Server, page: Page, tmp_path: Path):
    submit(page, server.url, "公示.docx", word(DRAFT))
    pane = page.locator(".pane")
    marked = [mark.text_content() for mark in page.locator("mark").all()]
    assert set(NUMBERS) <= set(marked)  # right places, in spite of emoji and rare characters before them
    total = open_count(page)

    focus(page)
    page.keyboard.press("d")
    expect(pane).to_have_attribute("data-open", str(total - 1))
    saved(page)
    page.keyboard.press("z")
    expect(pane).to_have_attribute("data-open", str(total))
    saved(page)
    page.reload()
    ready(page)
    assert open_count(page) == total  # undone on the server, too

    page.locator(".finish").click()
    expect(page.locator("dialog.dialog")).to_contain_text(f"还有 {total} 项")
    picture(page, "undecided.png")
    page.locator("dialog.dialog .openlist button").first.click()  # leads to the place

    focus(page)
    page.keyboard.press("a")  # a reason is asked for; Esc changes nothing
    expect(page.locator(".reasons")).to_be_visible()
    picture(page, "reasons.png")
    page.keyboard.press("Escape")
    assert open_count(page) == total

    page.locator("mark", has_text=NUMBERS[0]).first.click()
    page.keyboard.press("Shift+D")  # the same value twice: a list first, then both at once
    expect(page.locator(".samelist li")).to_have_count(2)
    picture(page, "same-values.png")
    page.keyboard.press("Enter")
    expect(pane).to_have_attribute("data-open", str(total - 2))
    for _ in range(total):
        if open_count(page):
            page.keyboard.press("d")
    expect(pane).to_have_attribute("data-open", "0")
    saved(page)

    page.locator(".previewtoggle").click()
    expect(page.locator(".preview ins")).to_have_count(5)
    assert not any(number in (page.locator(".preview").text_content() or "") for number in NUMBERS)
    picture(page, "preview.png")

    page.locator(".finish").click()
    page.locator(".agree input").check()
    picture(page, "release.png")
    page.locator("dialog .primary").click()
    page.locator(".downloads a").first.wait_for()
    picture(page, "released.png")

    kept = {}
    for name in ("下载脱敏版", "下载信息公开保密审查表", "下载核验证明（JSON）"):
        with page.expect_download() as coming:
            page.locator(".downloads a", has_text=name).click()
        kept[name] = tmp_path / coming.value.suggested_filename
        coming.value.save_as(kept[name])
    proof = json.loads(kept["下载核验证明（JSON）"].read_text("utf-8"))
    assert all(check["passed"] for check in proof["checks"])
    for path in kept.values():
        parts = [path.read_bytes()]
        if path.suffix == ".docx":
            with zipfile.ZipFile(path) as archive:
                parts += [archive.read(member) for member in archive.namelist()]
        assert not any(number.encode() in part for number in NUMBERS for part in parts)
    with zipfile.ZipFile(kept["下载脱敏版"]) as archive:
        body = archive.read("word/document.xml").decode()
    assert "公示期七天。" in body
    assert "😀𠮷" in body


def test_pasted_text_is_checked(server: Server, page: Page):
    page.goto(f"{server.url}/selfcheck")
    page.locator(".intake[data-ready]").wait_for()
    page.locator(".paste summary").click()
    page.locator(".words").fill(f"公示😀，公民身份号码{NUMBERS[0]}。")
    picture(page, "selfcheck.png")
    page.locator(".go").click()
    ready(page)
    assert NUMBERS[0] in [mark.text_content() for mark in page.locator("mark").all()]


def test_document_text_is_inert(server: Server, page: Page):
    hostile = [
        '<img src=x onerror="window.XSS=1"><script>window.XSS=2</script>',
        "![x](http://evil.example/pixel.png) [链接](javascript:window.XSS=3)",
        f"</p><style>*{{outline:7px solid red}}</style>公民身份号码{NUMBERS[1]}",
    ]
    submit(page, server.url, '<img src=x onerror="window.XSS=4">.docx', word(hostile))
    for path in ("/ledger", "/selfcheck"):
        page.goto(server.url + path)
        page.locator("table td").first.wait_for()
    page.goto(server.url)
    ready(page)
    text = page.locator(".sheet").text_content() or ""
    assert '<img src=x onerror="window.XSS=1">' in text
    assert "<script>" in text
    assert page.evaluate("window.XSS") is None
    assert NUMBERS[1] not in page.title()
    assert not page.locator("img[src=x]").count()


def test_a_missed_place_is_added_by_selecting_it(server: Server, page: Page):
    submit(page, server.url, "公示.docx", word(["😀通知", "会议室桌椅颜色为浅灰", f"公民身份号码{NUMBERS[0]}。"]))
    before = page.locator(".list .row").count()
    page.locator(".sheet p", has_text="桌椅").evaluate(
        """p => {
            const node = document.createTreeWalker(p, NodeFilter.SHOW_TEXT).nextNode();
            const at = node.data.indexOf('桌椅');
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + 4);
            const selection = p.getRootNode().getSelection ? p.getRootNode().getSelection() : document.getSelection();
            selection.removeAllRanges();
            selection.addRange(range);
        }"""
    )
    page.locator(".addtoggle").click()
    picture(page, "add-flag.png")
    page.locator(".card .primary").click()
    expect(page.locator(".list .row")).to_have_count(before + 1)
    assert "桌椅颜色" in [mark.text_content() for mark in page.locator("mark").all()]
