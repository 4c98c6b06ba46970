"""The wall, the login and the REST interface over a real store in a temporary home."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from review import casework, service, store
from review.casework import OPERATOR, Office, accounts
from review.service import desk, letters, sessions, uploads
from review.workflow import Role
from tests.unit.service_office import ID_NUMBER, MARK, PHONE, open_office

UI = {"X-Requested-By": "ui"}
TEXT = f"公示😀\n联系人王某，电话{PHONE}。\n证号{ID_NUMBER}，再次{PHONE}"
SOCKET = "ws://127.0.0.1:8501/_stcore/stream"
PASSWORD = "correct-horse-9"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("REVIEW_HOME", str(tmp_path))
    made = open_office(tmp_path)
    monkeypatch.setattr(desk, "office", lambda: made)
    return made


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("REVIEW_HOME", str(tmp_path))
    made = open_office(tmp_path, single_user=False)
    for name, role in (("zhang", Role.OFFICER), ("li", Role.DEPT_HEAD), ("wang", Role.AUDITOR)):
        accounts.add_account(made.store, OPERATOR, name, PASSWORD, [role])
    monkeypatch.setattr(desk, "office", lambda: made)
    return made


def client_of(address: str = "127.0.0.1", url: str = "http://127.0.0.1:8501") -> TestClient:
    async def page(request: object) -> PlainTextResponse:
        return PlainTextResponse("page")

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    app = Starlette(
        routes=[*service.ROUTES, Route("/", page), WebSocketRoute("/_stcore/stream", socket)],
        middleware=list(service.MIDDLEWARE),
        exception_handlers=dict(service.EXCEPTION_HANDLERS),
    )
    return TestClient(app, base_url=url, client=(address, 50000), follow_redirects=False)


@pytest.fixture
def client(office: Office) -> Iterator[TestClient]:
    return client_of()


def upload(client: TestClient, words: str = TEXT) -> str:
    answer = client.post("/api/v1/uploads", content=words.encode(), headers=UI)
    assert answer.status_code == 201
    return str(answer.json()["upload"])


def opened(client: TestClient, words: str = TEXT, name: str = "公示.txt") -> str:
    body = {"upload": upload(client, words), "name": name}
    answer = client.post("/api/v1/cases", json=body, headers=UI)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["case"])


def pane(client: TestClient, case: str) -> dict:
    return client.get(f"/api/v1/cases/{case}/pane").json()


def decide(browser: TestClient, case: str, flags: list[str], verdict: str = "redact", seq: int = 1, **more: object):
    reason = {"redact": "minimum", "accept": "false_alarm", "escalate": "doubt", "open": ""}[verdict]
    body = {
        "client": "c" * 32,
        "seq": seq,
        "seen": 10**6,
        "decisions": [{"flag": flag, "verdict": verdict, "reason": reason} for flag in flags],
    }
    return browser.post(f"/api/v1/cases/{case}/decisions", json=body | more, headers=UI)


def loud(view: dict) -> list[str]:
    return [flag["id"] for flag in view["flags"] if flag["rank"] > 0]


# ------------------------------------------------------------------------------------------------ the wall


def test_every_answer_carries_the_policy(client: TestClient):
    for path in ("/", "/api/v1/cases", "/api/v1/cases/none/pane", "/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("10.0.0.8", "http://127.0.0.1:8501"),
        ("127.0.0.1", "http://10.0.0.5:8501"),
        ("127.0.0.1", "http://evil.example:8501"),
    ],
)
def test_single_user_mode_is_refused_on_any_other_address_or_name(office: Office, address: str, url: str):
    client = client_of(address, url)
    assert client.get("/").status_code == 403
    assert client.get("/api/v1/cases").status_code == 403


def test_a_name_that_resolves_to_this_machine_does_not_open_single_user_mode(client: TestClient):
    assert client.get("/api/v1/cases", headers={"Host": "evil.example"}).status_code == 403


def test_a_foreign_page_can_change_nothing(client: TestClient):
    assert client.post("/api/v1/uploads", content=b"x").status_code == 403
    foreign = UI | {"Origin": "http://evil.example"}
    assert client.post("/api/v1/uploads", content=b"x", headers=foreign).status_code == 403


def test_a_foreign_page_cannot_open_the_websocket(client: TestClient):
    foreign = client.websocket_connect(SOCKET, headers={"Origin": "http://evil.example"})
    with pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)), foreign:
        pass
    with client.websocket_connect(SOCKET, headers={"Origin": "http://127.0.0.1:8501"}):
        pass


def test_without_a_login_nothing_is_shown(many: Office):
    client = client_of()
    answer = client.get("/?case=1")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")
    assert client.get("/api/v1/cases").status_code == 401
    with (
        pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)),
        client.websocket_connect(SOCKET),
    ):
        pass


def log_in(client: TestClient, name: str, password: str = PASSWORD, target: str = ""):
    return client.post("/login", data={"name": name, "password": password, "next": target})


def test_login_sets_a_cookie_that_scripts_cannot_read_and_logout_ends_the_session(many: Office):
    client = client_of()
    assert "口令" in log_in(client, "zhang", "wrong-password").text
    answer = log_in(client, "zhang")
    cookie = answer.headers["set-cookie"].lower()
    assert answer.status_code == 303
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    token = client.cookies[sessions.COOKIE]
    assert client.get("/").text == "page"
    assert client.post("/logout").status_code == 303
    client.cookies.set(sessions.COOKIE, token)
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_login_leads_nowhere_else(many: Office, target: str):
    assert log_in(client_of(), "zhang", target=target).headers["location"] == "/"


def test_a_message_on_the_login_page_is_escaped(many: Office):
    page = client_of().get('/login?next=/"><script>alert(1)</script>').text
    assert "<script>" not in page


def test_an_api_key_does_what_its_scopes_say(many: Office):
    key = accounts.add_api_key(many.store, OPERATOR, "oa", "zhang", ["check"])
    client = client_of()
    headers = {"Authorization": f"Bearer {key}"}
    assert client.post("/api/v1/check", content=TEXT.encode(), headers=headers).status_code == 200
    assert client.get("/api/v1/cases", headers=headers).status_code == 403
    assert client.get("/", headers=headers).status_code == 303
    assert client.get("/api/v1/cases", headers={"Authorization": "Bearer rk_wrong"}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/api/v1/check", "check"),
        ("GET", "/api/v1/cases", "read"),
        ("HEAD", "/api/v1/cases/1/pane", "read"),
        ("POST", "/api/v1/cases/1/decisions", "decide"),
        ("POST", "/api/v1/cases/1/release", "publish"),
        ("POST", "/api/v1/uploads", "decide"),
        ("DELETE", "/api/v1/cases", ""),
        ("GET", "/api/v1/checkout", ""),
    ],
)
def test_scopes_of_paths(method: str, path: str, scope: str):
    assert sessions.scope_of(method, path) == scope


def test_a_role_without_the_right_gets_a_chinese_refusal(many: Office):
    officer, auditor = client_of(), client_of()
    log_in(officer, "zhang")
    log_in(auditor, "wang")
    case = opened(officer)
    refused = auditor.get(f"/api/v1/cases/{case}/pane")
    assert refused.status_code == 403
    assert refused.json()["code"] == "separation_of_duties"


# ------------------------------------------------------------------------------------------------ uploads


def test_an_upload_is_private_and_gone_once_it_is_a_case(client: TestClient):
    upload_id = upload(client)
    path = uploads.folder() / upload_id
    assert path.stat().st_mode & 0o077 == 0
    assert client.post("/api/v1/cases", json={"upload": upload_id, "name": "a.txt"}, headers=UI).status_code == 201
    assert not list(uploads.folder().iterdir())


def test_an_upload_above_the_limit_leaves_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "LIMIT", 10)
    answer = client.post("/api/v1/uploads", content=b"x" * 11, headers=UI)
    assert answer.status_code == 413
    assert "上限" in answer.json()["message"]
    assert not list(uploads.folder().iterdir())


@pytest.mark.parametrize("upload_id", ["../../etc/passwd", "0" * 32, "", "A" * 32])
def test_an_upload_that_is_none_is_refused(client: TestClient, upload_id: str):
    answer = client.post("/api/v1/cases", json={"upload": upload_id, "name": "a.txt"}, headers=UI)
    assert answer.status_code == 422


def test_forgotten_uploads_are_swept(client: TestClient):
    upload(client)
    uploads.sweep()
    assert list(uploads.folder().iterdir())
    uploads.sweep(older_than=-1)
    assert not list(uploads.folder().iterdir())


def test_a_mark_stops_the_intake_and_nothing_of_the_text_stays(client: TestClient, tmp_path: Path):
    body = {"upload": upload(client, f"{MARK}\n绝密工程青山七号"), "name": "青山七号.txt"}
    answer = client.post("/api/v1/cases", json=body, headers=UI)
    assert answer.status_code == 422
    assert answer.json()["code"] == "intake_stop"
    assert "已停止处理" in answer.json()["message"]
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert "青山七号".encode() not in path.read_bytes()


# ------------------------------------------------------------------------------------------------ deciding


def test_decide_undo_and_release(client: TestClient):
    case = opened(client)
    view = pane(client, case)
    assert view["text"].startswith("公示😀")
    flags = loud(view)
    assert decide(client, case, flags[:1]).json()["undecided"] == len(flags) - 1
    refused = client.post(f"/api/v1/cases/{case}/release", json={"confirm": True}, headers=UI)
    assert refused.status_code == 409
    assert refused.json()["code"] == "undecided_flags"
    assert decide(client, case, flags[:1], "open", seq=2).json()["undecided"] == len(flags)
    assert decide(client, case, flags, seq=3).json()["undecided"] == 0
    body = {
        "confirm": True,
        "determination": {"attribute": "partial", "grounds": ["personal_privacy"], "ways": ["website"]},
    }
    answer = client.post(f"/api/v1/cases/{case}/release", json=body, headers=UI)
    assert answer.status_code == 200, answer.text
    copies = {f["href"].rsplit("/", 1)[-1]: client.get(f["href"]) for f in answer.json()["files"]}
    assert all(copy.status_code == 200 for copy in copies.values())
    for value in (PHONE, ID_NUMBER):
        assert value not in copies["clean"].text
        assert all(value.encode() not in copy.content for copy in copies.values())
    assert "联系人王某" in copies["clean"].text
    assert copies["proof.json"].json()["redacted_sha256"] == answer.json()["sha256"]
    assert pane(client, case)["files"]


def test_a_decision_sent_twice_is_stored_once(client: TestClient, office: Office):
    case = opened(client)
    flags = loud(pane(client, case))
    first = decide(client, case, flags[:1])
    again = decide(client, case, flags[:1])
    assert first.status_code == again.status_code == 200
    state = casework.load(office, case).flags[flags[0]]
    assert len(state.rulings) == 1


def test_two_reviewers_never_overwrite_each_other_silently(client: TestClient):
    case = opened(client)
    view = pane(client, case)
    flags = loud(view)
    assert decide(client, case, flags[:1], "redact", seen=view["version"]).status_code == 200
    lost = decide(client, case, flags[:1], "accept", client="d" * 32, seen=view["version"])
    assert lost.status_code == 409
    assert lost.json()["code"] == "stale_case"
    shown = {flag["id"]: flag["decision"] for flag in lost.json()["flags"]}
    assert shown[flags[0]]["verdict"] == "redact"
    other = decide(client, case, flags[1:2], "accept", client="d" * 32, seq=2, seen=view["version"])
    assert other.status_code == 200


def test_accepting_without_a_reason_is_refused_and_says_so(client: TestClient):
    case = opened(client)
    flags = loud(pane(client, case))
    body = [{"flag": flags[0], "verdict": "accept", "reason": ""}]
    answer = decide(client, case, [], seq=5, decisions=body)
    assert answer.status_code == 409
    assert answer.json()["code"] == "reason_missing"
    assert {f["id"]: f["decision"] for f in answer.json()["flags"]}[flags[0]] is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"client": 1}',
        b'{"client": "c", "seq": 1, "seen": 1, "decisions": [1]}',
        b'{"client": "c", "seq": 1, "seen": 1, "decisions": [{"flag": "x", "verdict": "publish"}]}',
        b'{"client": "c", "seq": true, "seen": 1, "decisions": [{"flag": "x", "verdict": "open"}]}',
        b'{"client": "", "seq": 1, "seen": 1, "decisions": [{"flag": "x", "verdict": "open"}]}',
        b"\xff\xfe",
    ],
)
def test_what_the_browser_sends_is_never_trusted(client: TestClient, body: bytes):
    case = opened(client)
    answer = client.post(f"/api/v1/cases/{case}/decisions", content=body, headers=UI)
    assert answer.status_code in (409, 422)
    assert answer.json()["message"]


def test_a_missed_flag_is_added_by_its_selected_place(client: TestClient):
    case = opened(client)
    text = pane(client, case)["text"]
    start = text.index("王某")
    body = {"start": start, "end": start + 2, "type": "pp_home_address", "basis": "pipl_2021#28"}
    added = client.post(f"/api/v1/cases/{case}/flags", json=body, headers=UI)
    assert added.status_code == 201
    flag = next(f for f in pane(client, case)["flags"] if f["id"] == added.json()["flag"])
    assert [text[a:b] for a, b in flag["spans"]] == ["王某"]


def test_the_plan_says_what_a_release_would_take_out(client: TestClient):
    case = opened(client)
    view = pane(client, case)
    decide(client, case, loud(view))
    cuts = client.get(f"/api/v1/cases/{case}/plan").json()["cuts"]
    assert [view["text"][a:b] for a, b, _ in cuts] == [PHONE, ID_NUMBER, PHONE]
    assert all(words not in (PHONE, ID_NUMBER) for *_, words in cuts)


def test_check_keeps_nothing_and_masks_values(client: TestClient, office: Office):
    answer = client.post("/api/v1/check", content=TEXT.encode(), headers=UI | {"X-File-Name": "a.txt"})
    assert answer.status_code == 200
    assert [flag["type"] for flag in answer.json()["flags"]].count("pp_id_number") == 1
    assert ID_NUMBER not in answer.text
    assert client.get("/api/v1/cases").json()["cases"] == []
    assert not list(uploads.folder().iterdir())


@pytest.mark.parametrize(
    "path", ["/api/v1/cases/2026-999999", "/api/v1/cases/none/pane", "/api/v1/cases/x/files/clean"]
)
def test_an_unknown_case_is_a_clear_error(client: TestClient, path: str):
    answer = client.get(path)
    assert 400 <= answer.status_code < 500
    assert answer.json()["message"]


def test_an_unknown_file_and_an_unpublished_case_are_clear_errors(client: TestClient):
    case = opened(client)
    for kind in ("clean", "secret", "form.docx"):
        answer = client.get(f"/api/v1/cases/{case}/files/{kind}")
        assert answer.status_code == (200 if kind == "form.docx" else 422), kind


def test_the_description_names_every_route_and_nothing_else(client: TestClient):
    described = {
        (path, method.upper())
        for path, operations in client.get("/api/v1/openapi.json").json()["paths"].items()
        for method in operations
    }
    routes = {
        (route.path, method)
        for route in service.ROUTES
        if route.path.startswith("/api/") and route.path not in ("/api/v1/openapi.json", "/api/v1/docs")
        for method in route.methods - {"HEAD"}
    }
    assert described == routes
    assert "接口" in client.get("/api/v1/docs").text
    for path, method in routes:
        assert sessions.scope_of(method, path), (method, path)


@pytest.mark.parametrize("book", ["ledger", "monthly", "annual", "inspection", "reassessment"])
def test_every_book_is_a_workbook_without_document_text(client: TestClient, book: str):
    opened(client)
    answer = client.get(f"/api/v1/books/{book}?year=2026&month=11&since=2026-01-01")
    assert answer.status_code == 200, answer.text
    assert store.read_anchors(desk.office().store)  # what was handed in can be held against the chain
    parts = zipfile.ZipFile(io.BytesIO(answer.content))
    assert "xl/workbook.xml" in parts.namelist()
    assert not any(PHONE.encode() in parts.read(name) for name in parts.namelist())


@pytest.mark.parametrize("query", ["since=2026", "year=x", "month=13", "until=2026-02-30"])
def test_a_wrong_period_is_a_clear_error(client: TestClient, query: str):
    answer = client.get(f"/api/v1/books/ledger?{query}")
    assert answer.status_code == 422
    assert "2026-11-21" in answer.json()["message"]


def test_a_book_needs_the_role(many: Office):
    client = client_of()
    log_in(client, "zhang")
    assert client.get("/api/v1/books/ledger").status_code == 403
    assert client.get("/api/v1/books/nothing").status_code == 422


@pytest.mark.parametrize("kind", letters.KINDS)
def test_every_letter_is_written_without_document_text(client: TestClient, office: Office, kind: str):
    case = opened(client)
    flags = loud(pane(client, case))
    decide(client, case, flags[:1], "escalate", seq=1)
    decide(client, case, flags[1:], "redact", seq=2)
    wish = letters.Wish(recipient="青山县保密局", opinion="拟区分处理", reasons="理由")
    data = letters.write(office, casework.load(office, case), kind, wish)
    parts = zipfile.ZipFile(io.BytesIO(data))
    body = parts.read("word/document.xml").decode()
    assert case in body or "公示" in body
    assert not any(value in body for value in (PHONE, ID_NUMBER))


def test_a_letter_is_written_on_the_offices_own_template(client: TestClient, office: Office):
    own = docx.Document()
    own.add_paragraph("本县样式：{{ recipient }}")
    (office.store.home / "templates").mkdir()
    own.save(str(office.store.home / "templates" / "referral_letter.docx"))
    case = casework.load(office, opened(client))
    written = letters.write(office, case, "letter", letters.Wish(recipient="县保密局"))
    assert [p.text for p in docx.Document(io.BytesIO(written)).paragraphs] == ["本县样式：县保密局"]
    shipped = letters.write(office, case, "request", letters.Wish(recipient="县保密局"))
    assert "妥否" in "".join(p.text for p in docx.Document(io.BytesIO(shipped)).paragraphs)
