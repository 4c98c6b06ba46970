"""A hostile child can stop itself, never the program, and never pass as clean."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from review import sandbox
from review.errors import CorruptDocument, EncryptedDocument, IntegrityError, LimitExceeded
from review.sandbox import Limits

CANARY = "金丝雀13800138000"


def _hang() -> None:
    time.sleep(60)


def _burn() -> None:
    while True:
        pass


def _eat() -> int:
    return len(bytearray(3 << 30))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGABRT)


def _bug() -> None:
    raise KeyError(CANARY)


def _refuse() -> None:
    raise EncryptedDocument("文件有密码")


def _connect() -> str:
    try:
        socket.create_connection(("127.0.0.1", 9), timeout=2)
    except ConnectionRefusedError:
        return "network"
    except OSError:
        return "no network"
    return "network"


def test_result_comes_back() -> None:
    assert sandbox.run(sum, [1, 2, 3]) == 6


def test_wall_time_ends_a_hanging_child() -> None:
    start = time.monotonic()
    with pytest.raises(LimitExceeded, match="秒"):
        sandbox.run(_hang, limits=Limits(wall=0.5))
    assert time.monotonic() - start < 10


def test_cpu_time_ends_a_busy_child() -> None:
    with pytest.raises(LimitExceeded):
        sandbox.run(_burn, limits=Limits(wall=20, cpu=1))


def test_memory_limit() -> None:
    with pytest.raises(LimitExceeded, match="内存"):
        sandbox.run(_eat, limits=Limits(memory=1 << 30))


def test_dead_child_is_an_error() -> None:
    with pytest.raises(CorruptDocument):
        sandbox.run(_die)


def test_bug_is_an_error_without_document_text() -> None:
    with pytest.raises(CorruptDocument) as caught:
        sandbox.run(_bug)
    assert "KeyError" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_own_errors_keep_their_class() -> None:
    with pytest.raises(EncryptedDocument, match="密码"):
        sandbox.run(_refuse)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may always leave the network namespace")
def test_child_has_no_network() -> None:
    assert sandbox.run(_connect) == "no network"


_SERVED = """
import threading
from review import sandbox
if __name__ == "__main__":
    end = threading.Event()
    threading.Thread(target=end.wait).start()  # as in the server: a fork would not be safe
    print(sandbox.run(sum, [1, 2, 3]))
    end.set()
"""


def test_a_long_temporary_folder_does_not_stop_the_server(tmp_path: Path) -> None:
    """The socket of the fork server does not fit into it: 108 bytes are all that a socket's path may have."""
    folder = tmp_path / ("长" * 30)
    folder.mkdir()
    script = tmp_path / "served.py"
    script.write_text(_SERVED, "utf-8")
    root = str(Path(__file__).resolve().parents[2])
    run = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120,
        env={**os.environ, "TMPDIR": str(folder), "PYTHONPATH": root},
    )  # fmt: skip
    assert run.stdout == "6\n", run.stderr[-500:]
    assert list(folder.iterdir()) == []


def test_no_short_folder_is_said_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/" + "x" * 100)
    monkeypatch.setattr(sandbox, "_SHORT_FOLDERS", ())
    with pytest.raises(IntegrityError, match="TMPDIR"):
        sandbox._place_socket()
