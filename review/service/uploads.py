"""Streaming upload: to a private file on disk, counted and hashed on the way, never whole in memory here."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from review import casework, paths, workflow
from review.errors import InputError, LimitExceeded
from review.service import desk
from review.service.guard import actor
from review.workflow import Step

#: Bytes. Drafts are far smaller; scans of hundreds of pages stay below.
LIMIT = 100 * 1024 * 1024
_KEEP_SECONDS = 3600
_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has come in and waits to be opened as a case."""

    id: str
    size: int
    sha256: str


def folder() -> Path:
    """Return the private folder for incoming files; made when missing."""
    home = paths.home() / "incoming"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return home


def sweep(*, older_than: float = _KEEP_SECONDS) -> None:
    """Remove what was uploaded and never opened. ``older_than`` in seconds."""
    limit = time.time() - older_than
    for path in folder().iterdir():
        with suppress(FileNotFoundError):  # taken by its case meanwhile
            if path.stat().st_mtime <= limit:
                path.unlink()


async def receive(request: Request) -> Upload:
    """Stream the request's body to disk. Raises ``LimitExceeded``; then nothing stays on disk.

    Forgotten uploads are swept first: they are not encrypted, and a server may run for months.
    """
    await run_in_threadpool(sweep)
    upload = secrets.token_hex(16)
    path = folder() / upload
    digest, size, whole = hashlib.sha256(), 0, False
    try:
        with open(path, "xb", opener=_private) as file:
            async for piece in request.stream():
                size += len(piece)
                if size > LIMIT:
                    raise LimitExceeded(f"文件超过 {LIMIT // 1024 // 1024} MB 上限，未接收。请拆分后再导入。")
                digest.update(piece)
                file.write(piece)
        if not size:
            raise InputError("文件为空，没有可以检查的内容。")
        whole = True
    finally:
        if not whole:
            path.unlink(missing_ok=True)
    return Upload(upload, size, digest.hexdigest())


def take(upload: str) -> bytes:
    """Return an upload's bytes and remove it from disk: the case keeps its own, encrypted copy."""
    if not _NAME.fullmatch(upload):
        raise InputError("上传编号不正确，请重新导入文件。")
    path = folder() / upload
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError("上传的文件已过期，请重新导入。") from None
    finally:
        path.unlink(missing_ok=True)


def file_name(request: Request) -> str:
    """Return the file's name from the ``X-File-Name`` header (percent-encoded): URLs are logged, headers are not."""
    name = unquote(request.headers.get("x-file-name", "")).replace("\\", "/").rsplit("/", 1)[-1].strip()
    return name[:200] or "未命名.txt"


async def post(request: Request) -> JSONResponse:
    """``POST /api/v1/uploads``: body is the file itself; answers 201 with id, size and SHA-256."""
    await run_in_threadpool(_require_submitter, actor(request))
    upload = await receive(request)
    return JSONResponse({"upload": upload.id, "size": upload.size, "sha256": upload.sha256}, 201)


def _require_submitter(who: str) -> None:
    workflow.require(casework.person(desk.office(), who), Step.OPEN, None)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
