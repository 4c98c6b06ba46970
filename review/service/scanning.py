"""Scans from the page: start, stop, watch, and the reports as downloads. Permission is asked of ``casework`` first."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from review.batch import control, lock, reporting
from review.batch.control import Standing
from review.batch.reporting import Figures
from review.casework import Office, scanning
from review.errors import InputError
from review.service import desk
from review.service.guard import actor

#: name → media type, shown in the browser instead of saved
FILES: Mapping[str, tuple[str, bool]] = {
    reporting.PAGE: ("text/html; charset=utf-8", True),
    reporting.BOOK: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", False),
    reporting.LINES: ("application/jsonl; charset=utf-8", False),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants scanned."""

    name: str
    folder: str
    target: str = ""
    sample: int = 0
    retry: bool = False


def start(office: Office, who: str, wish: Wish) -> None:
    """Start a scan as a process of its own. Raises ``ReviewError`` in words for the page."""
    name = wish.name.strip()
    folder = scanning.allowed(office, who, wish.folder)
    lock.folder(office.store.home, name)
    scanning.on_record(office, who, "scan_started", name, str(folder))
    options = [f"--actor={who}", f"--target={wish.target}", f"--sample={wish.sample}", f"--workers={_workers()}"]
    control.launch(office.store.home, name, [folder], [*options, *(["--retry"] if wish.retry else [])])


def again(office: Office, who: str, standing: Standing) -> None:
    """Run a scan again, or on from where it was, over its own folders: each must still be open to scans."""
    folders = [scanning.allowed(office, who, folder) for folder in standing.scan.folders]
    name = standing.scan.name
    scanning.on_record(office, who, "scan_started", name, "\n".join(map(str, folders)))
    options = [f"--actor={who}", f"--target={standing.scan.target}", f"--workers={_workers()}"]
    control.launch(office.store.home, name, folders, options)


def stop(office: Office, who: str, name: str) -> None:
    """Stop a running scan."""
    scanning.on_record(office, who, "scan_stopped", name)
    control.stop(office.store.home, name)


def standings(office: Office, who: str) -> tuple[Standing, ...]:
    """Return how every scan stands; raises ``SeparationOfDuties`` without the role."""
    scanning.reader(office, who)
    return control.standings(office.store, office.store.home)


def figures(office: Office, who: str, name: str) -> Figures | None:
    """Return what the last report of a scan came to."""
    scanning.reader(office, who)
    return reporting.figures(lock.folder(office.store.home, name))


def link(name: str, file: str) -> str:
    """Return the address of a report."""
    return f"/api/v1/scans/{quote(name, safe='')}/{file}"


def _workers() -> int:
    return max(1, (os.cpu_count() or 2) - 1)  # one core stays with the people at the page


async def report(request: Request) -> Response:
    """``GET /scans/{name}/{file}``: a report of a scan."""
    who = actor(request)
    name, file = str(request.path_params["name"]), str(request.path_params["file"])

    def find() -> Path:
        office: Office = desk.office()
        scanning.reader(office, who)
        path = lock.folder(office.store.home, name) / file
        if file not in FILES or not path.is_file():
            raise InputError("没有这份报告。扫描结束后才有报告；用命令行另存的报告在原处。")
        return path

    path: Path = await run_in_threadpool(find)
    media_type, inline = FILES[file]
    return FileResponse(
        path,
        media_type=media_type,
        filename=f"{name}{path.suffix}",
        content_disposition_type="inline" if inline else "attachment",
        headers={"Cache-Control": "no-store"},
    )


ROUTES = (Route("/api/v1/scans/{name}/{file}", report, methods=["GET"]),)
