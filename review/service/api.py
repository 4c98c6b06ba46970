"""REST under ``/api/v1``: check a file; open, read, decide and release cases. The review pane is one of its clients.

Every answer is JSON or a file. Refusals carry ``code`` and a Chinese ``message`` (``answers``) and never quote
a document.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from pathlib import Path
from typing import Any, Final, TypeVar

from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from review import casework, redaction
from review.casework import Office, Stage, Step
from review.casework.office import names
from review.errors import InputError, PolicyError, SeparationOfDuties
from review.exporters import rows
from review.service import answers, bodies, books, desk, downloads, openapi, paneview, pictures, uploads
from review.service.bodies import field
from review.service.guard import actor
from review.workflow import SELF_STAGES, Case

MOST_STORED: Final = 2**63 - 1  # the databases' largest integer

T = TypeVar("T")

_DOCS = Path(__file__).resolve().parent / "assets" / "docs.html"


async def _work(function: Callable[..., T], *args: Any) -> T:
    """Run blocking work beside the event loop."""
    return await run_in_threadpool(function, *args)


# ------------------------------------------------------------------------------------------------ check


async def check(request: Request) -> JSONResponse:
    """``POST /check``: the body is a file, its name in ``X-File-Name``. Nothing is kept."""
    upload = await uploads.receive(request)
    name = uploads.file_name(request)
    genre, target = request.query_params.get("genre", ""), request.query_params.get("target", "")

    def work() -> dict[str, Any]:
        office = desk.office()
        document = office.tools.read(uploads.take(upload.id), name)  # in a limited child process
        report = office.tools.review(document, office.engine, genre, target)
        return rows.document_row(report, office.engine.pack, name)

    return JSONResponse(await _work(work))


# ------------------------------------------------------------------------------------------------ cases


async def open_case(request: Request) -> JSONResponse:
    """``POST /cases``: open an upload as a case."""
    body = await bodies.whole(request)
    upload, name = bodies.upload(body)
    who = actor(request)

    def work() -> Case:
        office = desk.office()
        return casework.open_case(
            office,
            uploads.take(upload),
            name,
            who,
            genre=bodies.genre(office, body),
            target=field(body, "target", str, ""),
            not_a_mark=field(body, "not_a_mark", str, ""),
        )

    return JSONResponse(case_view(await _work(work)), 201)


async def replace_file(request: Request) -> JSONResponse:
    """``POST /cases/{case}/file``: put an upload in the place of the file; decisions stay where text and flag do."""
    body = await bodies.whole(request)
    upload, name = bodies.upload(body)
    reason = field(body, "not_a_mark", str, "")
    who = actor(request)

    def work() -> dict[str, Any]:
        office, case = _seen(request, who)
        data = uploads.take(upload)
        return case_view(casework.replace_file(office, case.id, who, data, name, not_a_mark=reason))

    return JSONResponse(await _work(work))


async def rescan(request: Request) -> JSONResponse:
    """``POST /cases/{case}/rescan``: check the file again with the rules and models in force now."""
    body = await bodies.whole(request)
    who = actor(request)

    def work() -> dict[str, Any]:
        office, case = _seen(request, who)
        return case_view(casework.rescan(office, case.id, who, genre=bodies.genre(office, body)))

    return JSONResponse(await _work(work))


async def declassify(request: Request) -> JSONResponse:
    """``POST /cases/{case}/declassifications``: put on record that the matter of these flags was declassified."""
    body = await bodies.whole(request)
    flags = [str(flag) for flag in field(body, "flags", list)]
    note = field(body, "note", str)[:2000]
    who = actor(request)

    def work() -> dict[str, Any]:
        office, case = _seen(request, who)
        return case_view(casework.declassify(office, case.id, who, flags, note))

    return JSONResponse(await _work(work))


async def list_cases(request: Request) -> JSONResponse:
    """``GET /cases``: the cases that the caller may see, newest first."""
    query = request.query_params
    stages = [stage for stage in Stage if stage.value in query.getlist("stage")]
    limit, offset = bodies.number(query.get("limit", "50"), 1, 200), bodies.number(query.get("offset", "0"), 0, 10**9)
    who = actor(request)

    def work() -> list[dict[str, Any]]:
        found = casework.list_cases(desk.office(), who, stages=stages, limit=limit, offset=offset)
        return [
            {
                "id": row.id,
                "version": row.version,
                "stage": row.stage.value,
                "title": row.title,
                "opened": row.opened.isoformat(),
                "flags": row.loud,
                "settled": row.done,
                "due": row.due.isoformat() if row.due else None,
                "overdue": row.overdue,
            }
            for row in found
        ]

    return JSONResponse({"cases": await _work(work)})


async def get_case(request: Request) -> JSONResponse:
    """``GET /cases/{case}``: stage, flags with the decisions in force; values masked."""
    who = actor(request)

    def work() -> dict[str, Any]:
        office, case = _seen(request, who)
        report = casework.report(office, case.id)
        decisions = casework.decisions(office, case.id)
        flags = [
            rows.flag_row(report.document, flag, office.engine.pack)
            | {"decision": paneview.decision_view(decisions.get(flag.id))}
            for flag in report.flags
        ]
        return case_view(case) | {"flags": flags}

    return JSONResponse(await _work(work))


def name_in(office: Office) -> Callable[[str], str]:
    """Return a function from account to display name."""
    people = names(office)
    return lambda account: people.get(account, account)


def case_view(case: Case) -> dict[str, Any]:
    """Return the head of a case: no text."""
    return {
        "case": case.id,
        "version": case.version,
        "stage": case.stage.value,
        "stage_title": case.stage.label,
        "loud": len(case.loud),
        "undecided": len(case.undecided),
        "genre": case.file.genre if case.file else "",
    }


def _seen(request: Request, who: str) -> tuple[Office, Case]:
    """Return office and case, if the caller may see it."""
    office = desk.office()
    case = casework.load(office, request.path_params["case"])
    if Step.VIEW not in casework.moves(office, case, who):
        raise SeparationOfDuties("没有查看此送审件的权限。")
    return office, case


async def pane(request: Request) -> JSONResponse:
    """``GET /cases/{case}/pane``: document and flags for the review pane."""
    who = actor(request)

    def work() -> paneview.PaneView:
        office, case = _seen(request, who)
        view = paneview.pane(
            case,
            casework.report(office, case.id),
            casework.decisions(office, case.id, of=who),
            office.engine.pack,
            details=casework.details(office, case.id),
            moves=casework.moves(office, case, who),
            votes=casework.votes(office, case),
            remarks=casework.comments(office, case.id),
            files=downloads.links(case.id) if _published(case) else (),
            name_of=name_in(office),
        )
        view["may"]["finish"] = _releasable(office, case)
        view["may"]["pages"] = pictures.drawable(case.file.media_type if case.file else "")
        view["may"]["meet"] = not office.settings.single_user
        return view

    return JSONResponse(await _work(work))


async def places(request: Request) -> JSONResponse:
    """``GET /cases/{case}/pages``: page proportions and the flags' places on them; empty where nothing can be drawn."""
    who = actor(request)

    def work() -> dict[str, Any]:
        office, case = _seen(request, who)
        report = casework.report(office, case.id)
        if not pictures.drawable(report.document.media_type):
            return {"pages": [], "places": {}}
        measured = pictures.pages(casework.original(office, case.id), report.document.media_type)
        return {
            "pages": [[p.x1 - p.x0, p.y1 - p.y0, p.turn] for p in measured],
            "places": pictures.places(report.document, report.flags, measured),
        }

    return JSONResponse(await _work(work))


async def picture(request: Request) -> Response:
    """``GET /cases/{case}/pages/{number}``: one page as JPEG, numbers from 0."""
    who = actor(request)
    number = bodies.number(request.path_params["number"], 0, 100_000)

    def work() -> Response:
        office, case = _seen(request, who)
        media_type = casework.report(office, case.id).document.media_type
        if not pictures.drawable(media_type):
            raise InputError("这种文件不能按页显示。")
        data = pictures.picture(casework.original(office, case.id), media_type, number)
        return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    return await _work(work)


# ------------------------------------------------------------------------------------------------ decisions


async def decide(request: Request) -> JSONResponse:
    """``POST /cases/{case}/decisions``: one action of a reviewer, stored whole or refused whole.

    ``client`` and ``seq`` name the action: sending it again is harmless. ``seen`` is the case version on the screen.
    Both the acknowledgement and a refusal return every flag that changed since, so that the screen is right again.
    """
    body = await bodies.whole(request)
    client, seq, seen = (
        field(body, "client", str),
        field(body, "seq", int),
        field(body, "seen", int),
    )
    wanted = [bodies.decision(entry) for entry in field(body, "decisions", list)]
    if not client or not 1 <= seq <= MOST_STORED or not wanted or len(wanted) > 20000:
        raise InputError("处理结果缺少编号或内容。")
    who = actor(request)

    def work() -> JSONResponse:
        office, case = _seen(request, who)
        refused: PolicyError | InputError | None = None
        try:
            case = casework.decide(office, case.id, who, wanted, seen=seen, client=client, client_seq=seq)
        except (PolicyError, InputError) as error:
            refused = error
            case = casework.load(office, case.id)
        reply = _changes(office, case, who, seen, {decision.flag for decision in wanted})
        return answers.refusal(refused, reply) if refused else JSONResponse(reply)

    return await _work(work)


def _changes(office: Office, case: Case, who: str, seen: int, asked: Set[str]) -> dict[str, Any]:
    """Return the flags that changed after version ``seen``, and those asked for, as ``who`` sees them."""
    name_of = name_in(office)
    decisions, votes = casework.decisions(office, case.id, of=who), casework.votes(office, case)
    double = case.double and case.stage not in SELF_STAGES
    changed = [
        paneview.ruled_view(state, decisions.get(state.id), votes.get(state.id, ()), name_of, double=double)
        for state in case.flags.values()
        if state.version > seen or state.id in asked
    ]
    return {"version": case.version, "undecided": len(case.undecided), "flags": changed}


async def changes(request: Request) -> JSONResponse:
    """``GET /cases/{case}/changes``: what others have decided since the version on the screen."""
    who = actor(request)
    since = bodies.number(request.query_params.get("since", ""), 0, 10**12)

    def work() -> dict[str, Any]:
        office, case = _seen(request, who)
        return _changes(office, case, who, since, frozenset())

    return JSONResponse(await _work(work))


async def add_flag(request: Request) -> JSONResponse:
    """``POST /cases/{case}/flags``: add what the program missed; ``start``/``end`` are source code points."""
    body = await bodies.whole(request)
    who = actor(request)

    def work() -> JSONResponse:
        office, case = _seen(request, who)
        document = casework.report(office, case.id).document
        span = paneview.to_text(document, field(body, "start", int), field(body, "end", int))
        before = set(case.flags)
        kind, basis, note = (
            field(body, "type", str),
            field(body, "basis", str, ""),
            field(body, "note", str, ""),
        )
        case = casework.add_flag(office, case.id, who, span, kind, [basis] if basis else [], note)
        return JSONResponse({"version": case.version, "flag": next(iter(set(case.flags) - before), "")}, 201)

    return await _work(work)


async def comment(request: Request) -> JSONResponse:
    """``POST /cases/{case}/comments``: a remark on a flag, on a place (source code points), or on the whole case."""
    body = await bodies.whole(request)
    words, flag = field(body, "text", str)[:2000], field(body, "flag", str, "")
    start, end = field(body, "start", int, -1), field(body, "end", int, -1)
    who = actor(request)

    def work() -> JSONResponse:
        office, case = _seen(request, who)
        document = casework.report(office, case.id).document
        span = paneview.to_text(document, start, end) if end >= 0 else None
        casework.comment(office, case.id, who, words, flag=flag, span=span)
        made = casework.comments(office, case.id)[-1]
        return JSONResponse(paneview.remark_view(document, made, name_in(office)), 201)

    return await _work(work)


async def plan(request: Request) -> JSONResponse:
    """``GET /cases/{case}/plan``: what a release would take out now, as source ranges with what will stand there."""
    who = actor(request)

    def work() -> dict[str, Any]:
        office, case = _seen(request, who)
        report = casework.report(office, case.id)
        cuts = redaction.plan(report.document, report.flags, casework.decisions(office, case.id), office.engine.pack)
        return {"cuts": paneview.plan_view(report.document, [(cut.span, cut.replacement) for cut in cuts])}

    return JSONResponse(await _work(work))


# ------------------------------------------------------------------------------------------------ release


def _published(case: Case) -> bool:
    return bool(case.publications) and case.stage in (Stage.PUBLISHED, Stage.ARCHIVED)


def _releasable(office: Office, case: Case) -> bool:
    """One person may finish from self-check; otherwise releasing waits for the approval."""
    return case.stage is Stage.TO_PUBLISH or (case.stage in SELF_STAGES and office.settings.single_user)


async def release(request: Request) -> JSONResponse:
    """``POST /cases/{case}/release``: determine, finish and publish; answers the proof's checks and the downloads."""
    body = await bodies.whole(request)
    if body.get("confirm") is not True:
        raise InputError("放行须先确认。")
    who = actor(request)
    wanted = body.get("determination")

    def work() -> dict[str, Any]:
        office, case = _seen(request, who)
        if isinstance(wanted, dict):
            case = casework.determine(office, case.id, who, bodies.determination(wanted))
        if case.stage in SELF_STAGES:
            case = casework.finish(office, case.id, who)
        _, proof = casework.publish(office, case.id, who)
        return {
            "sha256": proof.redacted_sha256,
            "checks": [dict(check) for check in proof.checks],
            "notices": list(proof.notices),
            "files": downloads.links(case.id),
        }

    return JSONResponse(await _work(work))


async def step(request: Request) -> JSONResponse:
    """``POST /cases/{case}/steps``: move a case on (送审、通过、退回、批准 …)."""
    body = await bodies.whole(request)
    who = actor(request)
    wanted = field(body, "step", str)
    if wanted not in set(Step):
        raise InputError("没有这个流程步骤。")

    def work() -> dict[str, Any]:
        office, case = _seen(request, who)
        case = casework.step(
            office,
            case.id,
            who,
            Step(wanted),
            note=field(body, "note", str, ""),
            outcome=field(body, "outcome", str, ""),
            seen=body["seen"] if isinstance(body.get("seen"), int) else None,
        )
        return case_view(case)

    return JSONResponse(await _work(work))


async def download(request: Request) -> Response:
    """``GET /cases/{case}/files/{kind}``: clean copy, proof, review form."""
    who = actor(request)

    def work() -> Response:
        office, case = _seen(request, who)
        return downloads.answer(office, case, who, request.path_params["kind"])

    return await _work(work)


async def book(request: Request) -> Response:
    """``GET /books/{book}``: 台账 and the other books of the office as xlsx."""
    who = actor(request)
    when = books.period(request.query_params, books.today())
    return await _work(lambda: books.answer(desk.office(), who, request.path_params["book"], when))


async def describe(request: Request) -> JSONResponse:
    """``GET /openapi.json``."""
    return JSONResponse(openapi.document())


async def explain(request: Request) -> Response:
    """``GET /docs``: the same for people, on one plain page."""
    page = Environment(autoescape=True).from_string(_DOCS.read_text("utf-8"))
    return HTMLResponse(page.render(rows=openapi.rows()))


ROUTES = (
    Route("/api/v1/check", check, methods=["POST"]),
    Route("/api/v1/uploads", uploads.post, methods=["POST"]),
    Route("/api/v1/cases", list_cases, methods=["GET"]),
    Route("/api/v1/cases", open_case, methods=["POST"]),
    Route("/api/v1/cases/{case}", get_case, methods=["GET"]),
    Route("/api/v1/cases/{case}/pane", pane, methods=["GET"]),
    Route("/api/v1/cases/{case}/pages", places, methods=["GET"]),
    Route("/api/v1/cases/{case}/pages/{number}", picture, methods=["GET"]),
    Route("/api/v1/cases/{case}/plan", plan, methods=["GET"]),
    Route("/api/v1/cases/{case}/decisions", decide, methods=["POST"]),
    Route("/api/v1/cases/{case}/changes", changes, methods=["GET"]),
    Route("/api/v1/cases/{case}/flags", add_flag, methods=["POST"]),
    Route("/api/v1/cases/{case}/comments", comment, methods=["POST"]),
    Route("/api/v1/cases/{case}/file", replace_file, methods=["POST"]),
    Route("/api/v1/cases/{case}/rescan", rescan, methods=["POST"]),
    Route("/api/v1/cases/{case}/declassifications", declassify, methods=["POST"]),
    Route("/api/v1/cases/{case}/steps", step, methods=["POST"]),
    Route("/api/v1/cases/{case}/release", release, methods=["POST"]),
    Route("/api/v1/cases/{case}/files/{kind}", download, methods=["GET"]),
    Route("/api/v1/books/{book}", book, methods=["GET"]),
    Route("/api/v1/openapi.json", describe, methods=["GET"]),
    Route("/api/v1/docs", explain, methods=["GET"]),
)
