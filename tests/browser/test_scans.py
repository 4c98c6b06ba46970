"""A whole folder scanned from the page: the scan outlives the server, is stopped, goes on, and its report is read."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from review.batch import lock
from review.workflow import Role
from tests.browser.conftest import Server
from tests.browser.office import SLOW, enter, staff
from tests.browser.pane import picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNITS = ("教育局", "民政局", "水利局")
MANY = 2400


def fill(folder: Path) -> None:
    """Write small papers of three units; every fifth names somebody's telephone."""
    for number in range(MANY):
        home = folder / UNITS[number % 3] / str(2024 + number % 2)
        home.mkdir(parents=True, exist_ok=True)
        leak = f"联系人手机139558{number:05d}。" if number % 5 == 0 else ""
        words = f"关于做好秋季防火工作的通知\n各单位要落实责任。{leak}\n"
        (home / f"{number:05d}.txt").write_text(words, encoding="utf-8")


def scanning(home: Path) -> int:
    """Return the process that scans, once there is one."""
    for _ in range(600):
        pid = lock.runner(home, "门户存量")
        if pid:
            return pid
        time.sleep(0.1)
    raise AssertionError("no scan runs")


def test_a_scan_from_the_page_outlives_the_server(server: Server, page: Page, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("archive")
    fill(folder)
    page.goto(f"{server.url}/inspection")
    page.get_by_label("文件夹（完整路径").fill("/no/such/folder")
    page.get_by_label("扫描名").fill("门户存量")
    page.get_by_role("button", name="开始扫描").click()
    expect(page.get_by_text("找不到这个文件夹")).to_be_visible(timeout=SLOW)
    page.get_by_label("文件夹（完整路径").fill(str(folder))
    page.get_by_role("button", name="开始扫描").click()
    expect(page.get_by_text("正在检查")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("约剩")).to_be_visible(timeout=SLOW)
    running = scanning(server.home)
    os.kill(running, signal.SIGSTOP)  # hold it, so that it cannot end before the server is back
    picture(page, "scan-1-running.png")

    server.kill()
    assert lock.runner(server.home, "门户存量") == running
    server.start()
    page.goto(f"{server.url}/inspection")
    expect(page.get_by_text("正在检查")).to_be_visible(timeout=SLOW)
    os.kill(running, signal.SIGCONT)
    page.get_by_role("button", name="停止").click()
    expect(page.get_by_text("已中断，可继续")).to_be_visible(timeout=SLOW)
    assert lock.runner(server.home, "门户存量") is None

    papers = sorted(folder.rglob("*.txt"))
    kept = papers[::41]
    for path in set(papers) - set(kept):
        path.unlink()
    flagged = sum("手机" in path.read_text(encoding="utf-8") for path in kept)
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_text("已完成")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text(f"共 {len(kept)} 件，有须处理提示 {flagged} 件，未能检查 0 件")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("提示项，按单位")).to_be_visible(timeout=SLOW)
    picture(page, "scan-2-done.png")
    page.get_by_text("人工抽样复核").click()
    page.get_by_label("复核件数").fill("20")
    page.get_by_label("复核件数").press("Enter")
    expect(page.get_by_text("复核 20 件，发现漏检 0 件")).to_be_visible(timeout=SLOW)
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="打开报告").click()
    report = opening.value
    expect(report.locator("h1")).to_contain_text("门户存量")
    expect(report.get_by_role("heading", name="按单位")).to_be_visible()
    head = report.get_by_role("button", name="文件", exact=True).first
    head.click()
    assert report.locator("th[aria-sort=ascending]").count() == 1
    assert "139558" not in report.content()
    picture(report, "scan-3-report.png")


def test_only_the_secrecy_reviewer_scans(page: Page, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory):
    opened = tmp_path_factory.mktemp("opened")
    people = {
        "chen": ("陈承办", "民政科", (Role.OFFICER, Role.DEPT_HEAD)),
        "wang": ("王审查", "办公室", (Role.SECRECY,)),
    }
    staff(tmp_path, f'scan_roots = ["{opened}"]\n', people)
    server = Server(tmp_path)
    server.start()
    try:
        enter(page, server, "chen", "陈承办")
        page.goto(f"{server.url}/inspection")
        expect(page.get_by_text("整批扫描由保密审查员办理")).to_be_visible(timeout=SLOW)
        refused = page.request.get(f"{server.url}/api/v1/scans/x/report.html")
        assert refused.status == 403
        page.context.clear_cookies()
        enter(page, server, "wang", "王审查")
        page.goto(f"{server.url}/inspection")
        page.get_by_label("其中的下级文件夹").fill("../..")
        page.get_by_label("扫描名").fill("x")
        page.get_by_role("button", name="开始扫描").click()
        expect(page.get_by_text("只能扫描管理员指定的文件夹")).to_be_visible(timeout=SLOW)
    finally:
        server.stop()
