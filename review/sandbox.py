"""Run one function in a child process with limits on time, memory and file size, and without a network.

Every parse of an untrusted file goes through here: a hostile file can stop its child, never the program.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import multiprocessing
import os
import resource
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import util
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from review import errors
from review.errors import CorruptDocument, IntegrityError, LimitExceeded, ReviewError

T = TypeVar("T")

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
#: bytes that the kernel gives a socket's path, less what multiprocessing appends: /pymp-xxxxxxxx/listener-xxxxxxxx
_LONGEST_FOLDER = 107 - 32
_SHORT_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")  # each holds a folder for this user only
_choosing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use. ``cpu`` and ``wall`` in seconds, ``memory`` and ``file`` in bytes."""

    wall: float = 600.0
    cpu: int = 480
    memory: int = 6 << 30
    file: int = 2 << 30


DEFAULT = Limits()
#: Objects more than were freed, after which a child looks for garbage. Python's own 700 cost a fifth of a check.
_COLLECT = 50_000


def run(function: Callable[..., T], *args: Any, limits: Limits = DEFAULT) -> T:
    """Return ``function(*args)`` computed in a child; its ``ReviewError`` is raised here again.

    The result must pickle. Raises ``LimitExceeded`` when a limit ends the child, ``CorruptDocument`` when the
    parser dies or fails in a way it was not written for.
    """
    # A fork shares what is loaded already and costs milliseconds, but is unsafe once threads run (the server).
    method = "fork" if threading.active_count() == 1 else "forkserver"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        _place_socket()
        context.set_forkserver_preload(["review.formats", "review.pipeline"])
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(sender, function, args, limits), daemon=True)  # type: ignore[attr-defined]
    child.start()
    sender.close()
    try:
        if not receiver.poll(limits.wall):
            raise LimitExceeded(f"处理超过 {limits.wall:.0f} 秒，已停止，未能检查。请拆分文件或转人工审查。")
        try:
            kind, value = receiver.recv()
        except EOFError:
            child.join()
            raise _died(child.exitcode) from None
    finally:
        if child.is_alive():
            child.join(0.2)
        if child.is_alive():
            child.kill()
        child.join()
        receiver.close()
    if kind == "ok":
        result: T = value
        return result
    if kind == "error":
        name, message = value
        raise getattr(errors, name)(message)
    raise CorruptDocument(f"文件未能完整读取（{value}），未能检查。文件可能损坏，请核对原件或转人工审查。")


def _place_socket() -> None:
    """Have multiprocessing put its socket into a short folder where the usual one's path is longer than sockets allow.

    Raises ``IntegrityError`` where no short folder can be written to.
    """
    with _choosing:
        usual = tempfile.gettempdir()
        if len(os.fsencode(usual)) <= _LONGEST_FOLDER:
            return
        short = next((folder for folder in _SHORT_FOLDERS if os.access(folder, os.W_OK | os.X_OK)), None)
        if short is None:
            raise IntegrityError(
                "临时文件夹（TMPDIR）的路径太长，不能启动读取程序。请由管理员把 TMPDIR 设为不超过 70 字节的路径。"
            )
        tempfile.tempdir = short
        try:
            util.get_temp_dir()  # chosen once for the process and remembered there
        finally:
            tempfile.tempdir = usual


def _died(code: int | None) -> ReviewError:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return LimitExceeded("处理超出时间或内存限制，已停止，未能检查。请拆分文件或转人工审查。")
    if code == -signal.SIGXFSZ:
        return LimitExceeded("输出超出大小限制，已停止。请拆分文件后再送审。")
    return CorruptDocument("读取程序异常终止，未能检查。文件可能损坏，请核对原件或转人工审查。")


def _child(sender: Connection, function: Callable[..., Any], args: tuple[Any, ...], limits: Limits) -> None:
    faulthandler.disable()  # a dying parser is reported by the parent, in Chinese
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _limit(limits)
    cut_network()
    collect_less()
    answer: tuple[str, Any]
    try:
        answer = ("ok", function(*args))
    except ReviewError as error:
        answer = ("error", (type(error).__name__, str(error)))
    except MemoryError:
        answer = ("error", ("LimitExceeded", "处理超出内存限制，已停止，未能检查。请拆分文件或转人工审查。"))
    except Exception as error:  # noqa: BLE001 - the wall of the sandbox: a parser's bug must not pass as "clean"
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if os.path.dirname(__file__) in frame.filename]
        answer = ("bug", f"{type(error).__name__} {os.path.basename(ours[-1].filename)}:{ours[-1].lineno}")
    sender.send(answer)
    sender.close()


def collect_less() -> None:
    """For a process that lives for a file or a few: what is there stays, and little of what it makes is garbage."""
    gc.freeze()
    gc.set_threshold(_COLLECT)


def _limit(limits: Limits) -> None:
    for what, value in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (soft, hard))


def cut_network() -> None:
    """Leave the network namespace; a kernel that forbids it leaves the other limits in force."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
