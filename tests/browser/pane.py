"""What a reviewer does in the pane, for the browser tests."""

from __future__ import annotations

import io
import os
from pathlib import Path

import docx
from playwright.sync_api import Locator, Page

SAVED = 30_000
OPENED = 240_000  # milliseconds; a list of 15,000 rows takes 20 seconds of a processor


def id_number(number: int) -> str:
    """Return a fictional 18-digit number that satisfies the checksum."""
    body = f"34122119{60 + number % 40:02d}0{1 + number % 9}1{number % 10}{100 + number:03d}"[:17]
    total = sum(int(c) * 2 ** (17 - i) for i, c in enumerate(body))
    return body + "10X98765432"[total % 11]


def word(paragraphs: list[str]) -> bytes:
    document = docx.Document()
    for words in paragraphs:
        document.add_paragraph(words)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def submit(page: Page, url: str, name: str, data: bytes) -> None:
    """Upload a file on the 自查 page and wait for its pane."""
    page.goto(f"{url}/selfcheck")
    page.locator(".intake[data-ready]").wait_for()
    page.set_input_files("input.file", {"name": name, "mimeType": "application/octet-stream", "buffer": data})
    ready(page)


def ready(page: Page) -> Locator:
    pane = page.locator(".pane[data-ready='1']")
    pane.wait_for(timeout=OPENED)
    return pane


def saved(page: Page) -> None:
    """Wait until the server has acknowledged everything.

    Not ``expect``: each of its polls describes the whole page, which takes a minute for a list of 15,000 rows.
    """
    page.locator(".pane[data-unsaved='0']").wait_for(timeout=SAVED)


def focus(page: Page) -> None:
    page.locator(".sheetbox").focus()


def open_count(page: Page) -> int:
    return int(page.locator(".pane").get_attribute("data-open") or "-1")


def picture(page: Page, name: str) -> None:
    """Keep a screenshot where the reviewers of this project look for it, when asked to."""
    folder = os.environ.get("REVIEW_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / name))
