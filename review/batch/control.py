"""Start a scan as a process of its own, stop it, and say how it stands. The web server may come and go meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from review.batch import lock
from review.errors import InputError
from review.store import Store, scans
from review.store.scans import Scan

_STARTING = 20.0  # seconds until a scan must have begun or ended
_STOPPING = 15.0
_NICE = "10"  # people who review at the same time go first
_MAIN = "from review.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a scan stands. ``left`` in seconds, None while unknown; ``rate`` in documents a second."""

    scan: Scan
    running: bool
    rate: float
    left: float | None

    @property
    def state(self) -> str:
        """The state in words."""
        if not self.running:
            return "已完成" if self.scan.ended else "已中断，可继续"
        if self.scan.ended:
            return "正在清点文件"
        return "正在检查" if self.scan.done < self.scan.todo else "正在写报告"

    @property
    def checked(self) -> int:
        """Documents of which the scan knows the result, those of earlier runs included."""
        return self.scan.found - self.scan.todo + self.scan.done


def standings(store: Store, home: Path) -> tuple[Standing, ...]:
    """Return how every scan stands, the latest first."""
    now = datetime.now(UTC)
    known = scans.all_scans(store)
    names = {scan.name for scan in known}
    new = [name for name in lock.names(home) if name not in names and lock.runner(home, name)]
    beginning = [_beginning(name, now) for name in new]
    return tuple(_standing(scan, lock.runner(home, scan.name) is not None, now) for scan in (*beginning, *known))


def _beginning(name: str, now: datetime) -> Scan:
    """A scan that runs for the first time and has not yet counted its files."""
    return Scan(name, (), "", "", "", "", 0, 0, 0, 0, 0, now, now, now)


def _standing(scan: Scan, running: bool, now: datetime) -> Standing:
    seconds = ((now if running else scan.beat) - scan.started).total_seconds()
    rate = scan.done / seconds if seconds > 0 else 0.0
    waits = scan.todo - scan.done
    return Standing(scan, running, rate, waits / rate if running and rate else None)


def launch(home: Path, name: str, folders: Sequence[Path], options: Sequence[str] = ()) -> None:
    """Start ``review scan`` in a session of its own, so that it outlives this process.

    Returns once it runs or has ended well. Raises ``InputError`` when it is running already, or with its own words
    when it could not start.
    """
    if lock.runner(home, name) is not None:
        raise InputError(f"扫描“{name}”正在进行。")
    log = lock.log(home, name)
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    nice = ["nice", "-n", _NICE] if shutil.which("nice") else []
    command = [*nice, sys.executable, "-c", _MAIN, "scan", f"--name={name}", *options, "--", *map(str, folders)]
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        child = subprocess.Popen(
            command,
            env={**os.environ, "REVIEW_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    threading.Thread(target=child.wait, daemon=True).start()  # no zombie stays behind
    end = time.monotonic() + _STARTING
    while time.monotonic() < end and lock.runner(home, name) is None and child.poll() is None:
        time.sleep(0.1)
    if child.poll() in (2, 4) or (child.poll() or 0) < 0:
        raise InputError(trouble(home, name) or "扫描没有启动，请管理员查看扫描日志。")


def trouble(home: Path, name: str) -> str:
    """Return the last error that a scan started here has printed, "" where there is none."""
    try:
        lines = lock.log(home, name).read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return ""
    return next((line.removeprefix("错误：") for line in reversed(lines) if line.startswith("错误：")), "")


def stop(home: Path, name: str) -> None:
    """End a running scan; what is recorded stays, and the next run goes on from there."""
    running = lock.runner(home, name)
    if running is None:
        return
    os.kill(running, signal.SIGTERM)
    end = time.monotonic() + _STOPPING
    while lock.runner(home, name) is not None:
        if time.monotonic() > end:
            raise InputError("扫描还没有停下，请稍后再看。")
        time.sleep(0.1)
