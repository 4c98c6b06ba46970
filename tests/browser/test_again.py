"""What comes after the first look: a new version of the file, a new check, a declassification, a remark, an entry in
the office's own negative list. One person on a classified machine walks through each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Server
from tests.browser.office import SLOW, unfold
from tests.browser.pane import focus, id_number, open_count, picture, ready, saved, submit, word

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=SLOW)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("again")
    (home / "settings.toml").write_text('deployment = "classified"\n', "utf-8")
    running = Server(home)
    running.start()
    yield running
    running.stop()


def test_a_new_version_and_a_new_check_keep_what_is_unchanged(server: Server, page: Page) -> None:
    lines = ["临时救助公示", f"张某，公民身份号码{id_number(1)}。", f"李某，公民身份号码{id_number(2)}。"]
    submit(page, server.url, "公示.docx", word(lines))
    focus(page)
    for _ in range(open_count(page)):
        page.keyboard.press("d")
    saved(page)
    before = page.locator(".list .row").count()
    unfold(page, "文件与检查")
    body = page.get_by_test_id("stPopoverBody")
    body.locator(".intake[data-ready]").wait_for()

    lines[2] = f"王某，公民身份号码{id_number(3)}。"
    new = {"name": "公示（修改）.docx", "mimeType": "application/octet-stream", "buffer": word(lines)}
    body.locator("input.file").set_input_files(new)
    expect(page.locator(".casehead")).to_contain_text(f"保留处理意见 {before - 1} 项")
    expect(page.locator(".sheet")).to_contain_text("王某")
    ready(page)
    assert open_count(page) == 1
    picture(page, "again-1-replaced.png")
    unfold(page, "文件与检查")
    page.get_by_role("combobox", name="文件种类").click()
    page.keyboard.type("村（居）务")
    page.get_by_role("option", name="村（居）务公开", exact=True).click()
    page.get_by_role("button", name="重新检查", exact=True).click()
    expect(page.locator(".casehead")).to_contain_text("村（居）务公开")
    ready(page)
    assert open_count(page) <= 1  # what was decided stays decided


def test_a_declassification_is_on_record_before_anything_is_cut(server: Server, page: Page) -> None:
    submit(page, server.url, "通知.docx", (ROOT / "data/samples/03-notice-marked.docx").read_bytes())
    total = open_count(page)
    focus(page)
    expect(page.locator(".card .badge")).to_have_class("badge critical")

    def cut() -> None:
        page.keyboard.press("d")
        page.locator(".reasons button", has_text="经法定程序解密").click()
        page.locator(".card textarea").fill("某局解密〔2026〕1号")
        page.locator(".card .primary").click()
        saved(page)

    cut()
    expect(page.locator(".status .alert")).to_contain_text("须经法定程序解密并登记")
    assert open_count(page) == total
    page.locator(".list .row.cur, .list .row:has(.critical)").first.click()
    page.get_by_role("button", name="登记解密").click()
    page.locator(".card textarea").fill("某局解密〔2026〕1号，2026年11月2日")
    picture(page, "again-2-declassify.png")
    page.locator(".card .primary").click()
    expect(page.locator(".card")).to_contain_text("已登记解密")
    focus(page)
    cut()
    expect(page.locator(".pane")).to_have_attribute("data-open", str(total - 1))


def test_a_remark_jumps_to_its_place(server: Server, page: Page) -> None:
    far = [f"第{n}段，各项工作按计划推进。" for n in range(200)]
    submit(page, server.url, "纪要.docx", word([*far, f"联系人李某，公民身份号码{id_number(9)}。"]))
    page.locator(".remarktoggle").click()
    page.locator(".card textarea").fill("请承办人核对号码")
    page.locator(".card .primary").click()
    expect(page.locator(".card")).to_contain_text("请承办人核对号码")
    page.locator(".remarks summary").click()
    page.locator(".sheet").evaluate("sheet => (sheet.scrollTop = 0)")
    page.locator(".remarks .remark").click()
    expect(page.locator(".sheet mark.cur").first).to_be_in_viewport()
    picture(page, "again-3-remark.png")


def test_an_entry_of_the_negative_list_flags_the_next_draft(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/negative")
    page.get_by_label("信息事项").fill("未发布的河道采砂权出让底价")
    page.get_by_label("提示词").fill("采砂权底价、保留价")
    page.get_by_label("核实单位").fill("县水利局")
    page.get_by_role("combobox", name="法律依据").click()
    page.keyboard.type("政府信息公开条例》第十六条")
    page.get_by_role("option", name="《政府信息公开条例》第十六条", exact=True).click()
    page.keyboard.press("Escape")

    page.get_by_role("button", name="保存").click()
    expect(page.locator("table").first).to_contain_text("采砂权底价")
    submit(page, server.url, "通知.docx", word(["河道管理通知", "本次采砂权底价尚未公布。"]))
    expect(page.locator(".card")).to_contain_text("本单位负面清单事项")
    expect(page.locator(".card")).to_contain_text("县水利局")
