"""Every action of the REST interface × every role: who may is decided on the server, whatever the page shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from review import casework
from review.casework import OPERATOR, Office, Stage, Step, accounts
from review.service import desk
from review.types import Decision, Verdict
from review.workflow import Role
from tests.unit.service_office import ID_NUMBER, MARK, PHONE, open_office
from tests.unit.test_service import UI, client_of, decide, loud, pane, upload

TEXT = f"公示\n证号{ID_NUMBER}\n{MARK}"
OFF, HEAD, SEC, CLA, LEAD, PUB, AUD, ADM = Role


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("REVIEW_HOME", str(tmp_path))
    made = open_office(tmp_path, single_user=False, deployment="classified")
    monkeypatch.setattr("review.store.accounts.hash_password", lambda name, password: "unused")
    for role in Role:
        accounts.add_account(made.store, OPERATOR, role.value, "", [role], unit="民政科")
    accounts.add_account(made.store, OPERATOR, "stranger", "", [Role.OFFICER], unit="民政科")
    monkeypatch.setattr(desk, "office", lambda: made)
    return made


def of(office: Office, account: str) -> TestClient:
    """Return a client that is logged in: through the guard, with a session of its own."""
    client = client_of()
    client.cookies.set("review_session", accounts.login_proven(office.store, account, "test"))
    return client


def case_in(office: Office, stage: Stage) -> str:
    case = casework.open_case(office, TEXT.encode(), "公示.txt", "officer")
    for account, step in (("officer", Step.SUBMIT), ("dept_head", Step.PASS)):
        if case.stage is not stage:
            case = casework.step(office, case.id, account, step)
    assert case.stage is stage
    return case.id


def _flag(office: Office, case: str, category: str) -> str:
    return next(f.id for f in casework.load(office, case).flags.values() if f.category == category)


Ask = Callable[[TestClient, Office, str], int]


def _post(path: str, body: Callable[[Office, str], dict[str, object]]) -> Ask:
    return lambda client, office, case: (
        client.post(f"/api/v1/cases/{case}/{path}", json=body(office, case), headers=UI).status_code
    )


def _replace(client: TestClient, office: Office, case: str) -> int:
    made = client.post("/api/v1/uploads", content=TEXT.encode(), headers=UI)
    if made.status_code != 201:
        return made.status_code
    body = {"upload": made.json()["upload"], "name": "新.txt"}
    return client.post(f"/api/v1/cases/{case}/file", json=body, headers=UI).status_code


ACTIONS: Mapping[str, Ask] = {
    "upload": lambda client, office, case: client.post("/api/v1/uploads", content=b"x", headers=UI).status_code,
    "pane": lambda client, office, case: client.get(f"/api/v1/cases/{case}/pane").status_code,
    "case": lambda client, office, case: client.get(f"/api/v1/cases/{case}").status_code,
    "pages": lambda client, office, case: client.get(f"/api/v1/cases/{case}/pages").status_code,
    "plan": lambda client, office, case: client.get(f"/api/v1/cases/{case}/plan").status_code,
    "changes": lambda client, office, case: client.get(f"/api/v1/cases/{case}/changes?since=0").status_code,
    "form": lambda client, office, case: client.get(f"/api/v1/cases/{case}/files/form.docx").status_code,
    "decide": lambda client, office, case: decide(client, case, [_flag(office, case, "personal_privacy")]).status_code,
    "add": _post("flags", lambda office, case: {"start": 0, "end": 2, "type": "pp_contact", "basis": "pipl_2021#28"}),
    "comment": _post("comments", lambda office, case: {"text": "请核对"}),
    "replace": _replace,
    "rescan": _post("rescan", lambda office, case: {}),
    "declassify": _post(
        "declassifications",
        lambda office, case: {"flags": [_flag(office, case, "state_secret")], "note": "某局解密〔2026〕1号"},
    ),
    "submit": _post("steps", lambda office, case: {"step": "submit"}),
    "return": _post("steps", lambda office, case: {"step": "return", "note": "理由"}),
    "refer": _post("steps", lambda office, case: {"step": "refer", "outcome": "secrecy_admin"}),
    "ledger": lambda client, office, case: client.get("/api/v1/books/ledger").status_code,
    "annual": lambda client, office, case: client.get("/api/v1/books/annual").status_code,
}

READERS = {OFF, HEAD, SEC, CLA, LEAD, PUB}
#: action → who may while the officer works on the case, and while the secrecy office does
MATRIX: Mapping[str, tuple[set[Role], set[Role]]] = {
    "upload": ({OFF, SEC}, {OFF, SEC}),
    **dict.fromkeys(("pane", "case", "pages", "plan", "changes", "form", "comment"), (READERS, READERS)),
    "decide": ({OFF}, {SEC}),
    "add": ({OFF}, {SEC, CLA}),
    "replace": ({OFF}, {OFF}),
    "rescan": ({OFF}, {SEC}),
    "declassify": ({CLA}, {CLA}),
    "submit": ({OFF}, set()),
    "return": (set(), {SEC}),
    "refer": (set(), {SEC, CLA}),
    "ledger": ({HEAD, SEC, LEAD, PUB, AUD}, {HEAD, SEC, LEAD, PUB, AUD}),
    "annual": ({HEAD, SEC, LEAD, AUD}, {HEAD, SEC, LEAD, AUD}),
}


@pytest.mark.parametrize("number", [0, 1], ids=["self_check", "secrecy_review"])
@pytest.mark.parametrize("action", ACTIONS)
def test_every_role_and_action(office: Office, action: str, number: int) -> None:
    case = case_in(office, (Stage.SELF_CHECK, Stage.SECRECY_REVIEW)[number])
    right = MATRIX[action][number]
    before = casework.load(office, case)
    for role in set(Role) - right:
        assert ACTIONS[action](of(office, role.value), office, case) == 403, role
    assert casework.load(office, case) == before
    for role in sorted(right)[:1]:
        assert ACTIONS[action](of(office, role.value), office, case) in (200, 201), role


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - {"upload", "ledger", "annual"}))
def test_an_officer_reaches_no_case_of_another(office: Office, action: str) -> None:
    assert ACTIONS[action](of(office, "stranger"), office, case_in(office, Stage.SELF_CHECK)) == 403


def test_every_route_of_a_case_stands_in_the_matrix() -> None:
    from review.service import api

    tested = {"pane", "pages", "plan", "changes", "decisions", "flags", "comments", "file", "rescan", "files"}
    tested |= {"declassifications", "steps"}
    release = {"release"}  # below: it needs a case that was approved
    named = {route.path.split("/")[5] for route in api.ROUTES if route.path.startswith("/api/v1/cases/{case}/")}
    assert named == tested | release


@pytest.mark.parametrize("role", Role)
def test_only_the_publisher_releases(office: Office, role: Role) -> None:
    case = case_in(office, Stage.SECRECY_REVIEW)
    at = casework.load(office, case).opened
    wanted = [
        Decision(flag.id, Verdict.REDACT, "", "minimum", at)
        if flag.category == "personal_privacy"
        else Decision(flag.id, Verdict.ACCEPT, "", "not_a_mark", at, note="样张")
        for flag in casework.load(office, case).loud
    ]
    casework.decide(office, case, "secrecy", wanted, seen=10**6)
    proposal = casework.Determination(casework.Attribute.PARTIAL, ("personal_privacy",), ways=("website",))
    casework.determine(office, case, "secrecy", proposal)
    casework.step(office, case, "secrecy", Step.CLEAR)
    casework.step(office, case, "leader", Step.APPROVE)
    answer = of(office, role.value).post(f"/api/v1/cases/{case}/release", json={"confirm": True}, headers=UI)
    assert answer.status_code == (200 if role is PUB else 403)
    assert casework.load(office, case).stage is (Stage.PUBLISHED if role is PUB else Stage.TO_PUBLISH)


# ------------------------------------------------------------------------------------------------ what they do


def test_a_new_version_keeps_what_is_unchanged_and_a_new_check_too(office: Office) -> None:
    officer = of(office, "officer")
    case = case_in(office, Stage.SELF_CHECK)
    kept = _flag(office, case, "personal_privacy")
    decide(officer, case, [kept])
    said = officer.post(f"/api/v1/cases/{case}/comments", json={"text": "请核对", "flag": kept}, headers=UI)
    assert said.json()["flag"] == kept
    body = {"upload": upload(officer, f"{TEXT}\n电话另加{PHONE}"), "name": "公示（修改）.txt"}
    assert officer.post(f"/api/v1/cases/{case}/file", json=body, headers=UI).status_code == 200
    view = pane(officer, case)
    ruled = {flag["type"]: bool(flag["decision"]) for flag in view["flags"] if flag["rank"]}
    assert ruled == {"pp_id_number": True, "ss_mark": False, "pp_contact": False}
    now = next(flag["id"] for flag in view["flags"] if flag["type"] == "pp_id_number")
    assert [remark["flag"] for remark in view["remarks"]] == [now] != [kept]  # it still jumps to its flag
    assert officer.post(f"/api/v1/cases/{case}/rescan", json={"genre": "subsidy"}, headers=UI).status_code == 200
    assert sum(bool(flag["decision"]) for flag in pane(officer, case)["flags"]) == 1
    refused = officer.post(f"/api/v1/cases/{case}/rescan", json={"genre": "made_up"}, headers=UI)
    assert refused.status_code == 422
    assert "文件种类" in refused.json()["message"]


def test_a_state_secret_is_cut_only_after_its_declassification_is_on_record(office: Office) -> None:
    case = case_in(office, Stage.SECRECY_REVIEW)
    secrecy, classifier = of(office, "secrecy"), of(office, "classifier")
    mark = _flag(office, case, "state_secret")
    assert "解密" in decide(secrecy, case, [mark]).json()["message"]
    empty = classifier.post(f"/api/v1/cases/{case}/declassifications", json={"flags": [mark], "note": " "}, headers=UI)
    assert empty.status_code == 409
    assert "文号" in empty.json()["message"]
    body = {"flags": [mark], "note": "某局解密〔2026〕1号，2026年11月2日"}
    assert classifier.post(f"/api/v1/cases/{case}/declassifications", json=body, headers=UI).status_code == 200
    assert [flag["declassified"] for flag in pane(secrecy, case)["flags"] if flag["id"] == mark] == [True]
    assert decide(secrecy, case, [mark], seq=2).status_code == 200
    assert mark in loud(pane(secrecy, case))


def test_a_remark_on_selected_words_jumps_to_them(office: Office) -> None:
    case = case_in(office, Stage.SELF_CHECK)
    officer = of(office, "officer")
    body = {"text": "题目要改", "start": 0, "end": 2}
    assert officer.post(f"/api/v1/cases/{case}/comments", json=body, headers=UI).json()["end"] == 2
    (remark,) = pane(of(office, "secrecy"), case)["remarks"]
    assert (remark["text"], remark["start"], remark["end"]) == ("题目要改", 0, 2)


def test_under_double_review_each_reviewer_judges_unseen_and_only_conflicts_remain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVIEW_HOME", str(tmp_path))
    office = open_office(tmp_path, single_user=False, double_review=True)
    monkeypatch.setattr(desk, "office", lambda: office)
    monkeypatch.setattr("review.store.accounts.hash_password", lambda name, password: "unused")
    for account in ("officer", "wang", "li"):
        accounts.add_account(office.store, OPERATOR, account, "", [OFF] if account == "officer" else [HEAD, SEC])
    case = casework.open_case(office, f"{ID_NUMBER}\n电话{PHONE}".encode(), "a.txt", "officer")
    casework.step(office, case.id, "officer", Step.SUBMIT)
    casework.step(office, case.id, "wang", Step.PASS)
    wang, li = of(office, "wang"), of(office, "li")
    flags = loud(pane(wang, case.id))
    decide(wang, case.id, flags)
    assert all(flag["decision"] is None for flag in pane(li, case.id)["flags"])  # unseen
    decide(li, case.id, flags[:1], client="d" * 32)
    answer = decide(li, case.id, flags[1:], "accept", client="d" * 32, seq=2).json()
    assert {flag["second"] for flag in answer["flags"]} == {"conflict"}
    assert answer["undecided"] == 1
    seen = {flag["id"]: flag for flag in pane(wang, case.id)["flags"]}
    assert [seen[flag]["second"] for flag in flags] == ["agreed", "conflict"]
    assert {vote["verdict"] for vote in seen[flags[1]]["votes"]} == {"redact", "accept"}
    assert seen[flags[1]]["decision"]["verdict"] == "redact"  # one's own word
