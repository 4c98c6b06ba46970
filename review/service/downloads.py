"""The files a case hands out: clean copy, proof (JSON and printable), review form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import PurePath
from urllib.parse import quote

from starlette.responses import HTMLResponse, Response

from review import casework
from review.casework import Office
from review.casework.office import names
from review.errors import InputError
from review.exporters import form
from review.exporters.proof import proof_page
from review.service import papers
from review.service.books import today
from review.workflow import Case

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

#: kind → title on the button, shown in the browser instead of saved
KINDS: Mapping[str, tuple[str, bool]] = {
    "clean": ("下载脱敏版", False),
    "form.docx": ("下载信息公开保密审查表", False),
    "proof.html": ("打印核验证明", True),
    "proof.json": ("下载核验证明（JSON）", False),
}


def links(case_id: str) -> list[dict[str, object]]:
    """Return what can be downloaded after a release."""
    return [
        {"title": title, "href": f"/api/v1/cases/{case_id}/files/{kind}", "inline": inline}
        for kind, (title, inline) in KINDS.items()
    ]


def answer(office: Office, case: Case, actor: str, kind: str) -> Response:
    """Return one file of a case; raises ``InputError`` for an unknown kind or an unpublished case."""
    make = _MAKERS.get(kind)
    if make is None:
        raise InputError("没有这种文件。")
    return make(office, case, actor)


def _clean(office: Office, case: Case, actor: str) -> Response:
    data, proof = casework.published(office, case.id)
    suffix = PurePath(casework.details(office, case.id)["name"]).suffix.lower()
    return _file(data, str(proof["media_type"]), f"脱敏版_{case.id}{suffix if suffix.isascii() else ''}")


def _proof_json(office: Office, case: Case, actor: str) -> Response:
    _, proof = casework.published(office, case.id)
    data = json.dumps(dict(proof), ensure_ascii=False, indent=2, default=str).encode()
    return _file(data, "application/json", f"核验证明_{case.id}.json")


def _proof_html(office: Office, case: Case, actor: str) -> Response:
    _, proof = casework.published(office, case.id)
    types: Mapping[str, str] = office.engine.pack.types
    return HTMLResponse(proof_page(proof, types, number=case.id))


def _form(office: Office, case: Case, actor: str) -> Response:
    people = names(office)
    filled = papers.form_of(
        case,
        casework.report(office, case.id),
        casework.decisions(office, case.id),
        casework.details(office, case.id),
        office.engine.pack,
        today=today(),
        name_of=lambda account: people.get(account, account),
    )
    data = form.review_form(filled)
    return _file(data, _DOCX, f"信息公开保密审查表_{case.id}.docx")


def _file(data: bytes, media_type: str, name: str) -> Response:
    # The number of the case names the file: a title could hold what is to be kept.
    return Response(
        data,
        media_type=media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"},
    )


_MAKERS: Mapping[str, Callable[[Office, Case, str], Response]] = {
    "clean": _clean,
    "form.docx": _form,
    "proof.html": _proof_html,
    "proof.json": _proof_json,
}
