"""A PostgreSQL of our own for a test: Debian's package, run as its own user when we are root."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def postgres() -> Iterator[str]:
    """Start an empty server and yield its address; skip with a reason where there is none."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = binaries[-1].parent if binaries else None
    on_path = shutil.which("initdb")
    if found is None and on_path:
        found = Path(on_path).parent
    if found is None:
        pytest.skip("没有安装 PostgreSQL（Debian 软件包 postgresql）")
    root = os.geteuid() == 0
    if root and not shutil.which("runuser"):
        pytest.skip("PostgreSQL 不能以 root 运行，且没有 runuser")
    prefix = ["runuser", "-u", "postgres", "--"] if root else []
    folder = Path(tempfile.mkdtemp(prefix="review-pg-", dir="/tmp"))
    if root:
        shutil.chown(folder, "postgres")

    def run(program: str, *args: str) -> None:
        command = [*prefix, str(found / program), *args]
        subprocess.run(command, check=True, capture_output=True, cwd="/", timeout=60)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    try:
        run("initdb", "-D", data, "-A", "trust", "-U", "review", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://review@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
