"""The real app in a real browser: a server of its own on a free port, its data in a temporary home."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")


class Server:
    """The app as a child process. ``kill`` is a power cut; ``start`` again finds the same home and port."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.temporary = Path(tempfile.mkdtemp(prefix="rv-"))  # short: sockets of child processes lie in it
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)]
        environment = os.environ | {
            "REVIEW_HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PYTHONUNBUFFERED": "1",
        }
        with open(self.home / "server.log", "ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).close()
            except OSError:
                assert self.process.poll() is None, (self.home / "server.log").read_text("utf-8")[-3000:]
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the server did not answer within a minute")

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.kill()

    def log(self) -> str:
        return (self.home / "server.log").read_text("utf-8", "replace")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    made = playwright.chromium.launch(
        executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"]
    )
    yield made
    made.close()


@contextmanager
def tab(browser: Browser) -> Iterator[Page]:
    """Open a tab of its own session that must stay on this machine and raise no script error."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai", accept_downloads=True
    )
    made = context.new_page()
    made.set_default_timeout(60_000)
    foreign: list[str] = []
    errors: list[str] = []

    def seen(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            foreign.append(request.url)

    context.on("request", seen)
    made.on("websocket", lambda socket_: None if "127.0.0.1" in socket_.url else foreign.append(socket_.url))
    made.on("pageerror", lambda error: errors.append(str(error)))
    yield made
    context.close()
    assert foreign == []
    assert errors == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """One person's tab."""
    with tab(browser) as made:
        yield made


@pytest.fixture
def tabs(browser: Browser) -> Iterator[Callable[[], Page]]:
    """A maker of tabs, one a person."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(tab(browser))
