"""Take the screenshots of docs/img with the real app in Chromium: python scripts/make_screenshots.py."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "img"
PORT = 8977


def wait_for_server() -> None:
    """Wait until the app answers; raises ``TimeoutError`` after two minutes."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise TimeoutError("the app did not start")


def shoot(page: Page) -> None:
    """Walk through the app as a newcomer would and keep what is seen."""
    page.goto(f"http://127.0.0.1:{PORT}/")
    page.wait_for_selector("[data-ready='1']", timeout=120_000)
    page.wait_for_timeout(1500)
    page.screenshot(path=OUT / "review.png")
    page.locator("[data-ready='1']").click(position={"x": 300, "y": 400})
    page.keyboard.press("d")
    page.wait_for_timeout(1500)
    page.screenshot(path=OUT / "decided.png")
    names = [link.inner_text().strip() for link in page.get_by_role("link").all()]
    for number, name in enumerate(n for n in names if n and n not in ("审查", "Skip to main content")):
        page.get_by_role("link", name=name, exact=True).first.click()
        page.wait_for_timeout(3500)
        page.screenshot(path=OUT / f"page{number + 1}.png")


def main() -> None:
    """Start the app on an empty home, take the pictures, stop it."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"REVIEW_HOME": home}
        command = [sys.executable, "-c", "from review.cli import main; main()", "app", "--port", str(PORT)]
        server = subprocess.Popen(command, cwd=ROOT, env=environment)
        try:
            wait_for_server()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path="/usr/bin/chromium", args=["--disable-dev-shm-usage"]
                )
                shoot(browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN"))
                browser.close()
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
