"""Login through a (fake) identity provider on loopback: it proves who somebody is, and decides nothing else."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from review.casework import OPERATOR, Office, accounts
from review.errors import InputError
from review.service import desk, sessions
from review.service.provider import provider
from review.workflow import Role
from tests.unit.service_office import open_office
from tests.unit.test_service import PASSWORD, client_of

KEY, OTHER_KEY = (RSAKey.generate_key(2048, {"kid": kid}) for kid in ("one", "one"))


class Provider:
    """Answers like an identity provider; ``change`` is put into the next token's claims."""

    def __init__(self) -> None:
        self.codes: dict[str, dict[str, str]] = {}
        self.change: dict[str, Any] = {}
        self.key = KEY
        self.asked: list[str] = []
        routes = [
            Route("/.well-known/openid-configuration", self.configuration),
            Route("/token", self.token, methods=["POST"]),
            Route("/keys", self.keys),
        ]
        config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=0, log_level="error")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    async def configuration(self, request: Request) -> Response:
        self.asked.append("configuration")
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }
        )

    async def keys(self, request: Request) -> Response:
        return JSONResponse(KeySet([KEY]).as_dict(private=False))

    async def token(self, request: Request) -> Response:
        form = await request.form()
        query = self.codes.pop(str(form["code"]), {})
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        right = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == query.get("code_challenge")
        if not right or form["client_secret"] != "s3cret" or form["redirect_uri"] != query["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": query["client_id"],
            "exp": now + 300,
            "iat": now,
            "nonce": query["nonce"],
            "preferred_username": "zhang",
            "roles": ["admin"],
            **self.change,
        }
        return JSONResponse({"id_token": jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)})

    def approve(self, location: str) -> dict[str, str]:
        """The person logs in there; return what the browser brings back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        self.codes["c0de"] = query
        return {"code": "c0de", "state": query["state"]}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.server.should_exit = True
    made.thread.join(5)


@pytest.fixture
def fake(running: Provider) -> Provider:
    running.change, running.key = {}, KEY
    return running


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: Provider) -> Office:
    monkeypatch.setenv("REVIEW_HOME", str(tmp_path))
    monkeypatch.setenv("REVIEW_OIDC_SECRET", "s3cret")
    (tmp_path / "settings.toml").write_text(f'[oidc]\nissuer = "{fake.url}"\nclient_id = "review"\n', "utf-8")
    made = open_office(tmp_path, single_user=False)
    for name in ("zhang", "gone"):
        accounts.add_account(made.store, OPERATOR, name, PASSWORD, [Role.OFFICER])
    accounts.disable_account(made.store, OPERATOR, "gone")
    monkeypatch.setattr(desk, "office", lambda: made)
    return made


def come_back(fake: Provider, **changed: str) -> Any:
    client = client_of()
    begun = client.get("/login/oidc")
    assert begun.status_code == 303
    assert begun.headers["location"].startswith(f"{fake.url}/authorize?")
    return client, client.get("/login/oidc/back", params=fake.approve(begun.headers["location"]) | changed)


def test_who_is_proved_gets_a_session_with_the_roles_of_this_office(many: Office, fake: Provider) -> None:
    client, answer = come_back(fake)
    assert answer.status_code == 200
    assert "samesite=strict" in answer.headers["set-cookie"].lower()
    assert client.get("/").text == "page"
    person = accounts.whoami(many.store, client.cookies[sessions.COOKIE])
    assert person is not None
    assert person.roles == {Role.OFFICER}  # what the provider says of roles counts for nothing
    assert client.post("/logout").status_code == 303
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "somebody-else"},
        {"iss": "https://evil.example"},
        {"nonce": "another"},
        {"exp": 1},
        {"preferred_username": "nobody"},
        {"preferred_username": "gone"},
    ],
)
def test_a_token_that_is_not_for_this_login_is_refused(many: Office, fake: Provider, change: dict[str, Any]) -> None:
    fake.change = change
    client, answer = come_back(fake)
    assert answer.status_code == 401
    assert sessions.COOKIE not in client.cookies


def test_a_foreign_signature_a_foreign_state_and_a_second_use_are_refused(many: Office, fake: Provider) -> None:
    fake.key = OTHER_KEY
    assert come_back(fake)[1].status_code == 401
    fake.key = KEY
    assert come_back(fake, state="guessed")[1].status_code == 401
    assert come_back(fake, code="")[1].status_code == 401
    client, answer = come_back(fake)
    assert answer.status_code == 200
    assert client.get("/login/oidc/back", params={"code": "c0de", "state": "x"}).status_code == 401


def test_the_login_page_offers_it_only_where_it_is_set(many: Office, tmp_path: Path) -> None:
    assert "/login/oidc" in client_of().get("/login").text
    (tmp_path / "settings.toml").write_text("single_user = false\n", "utf-8")
    assert "/login/oidc" not in client_of().get("/login").text
    assert client_of().get("/login/oidc").status_code == 404


@pytest.mark.parametrize("issuer", ["http://id.example", "ftp://127.0.0.1", "id.example", "http://10.0.0.1"])
def test_an_address_that_can_be_listened_to_is_refused(tmp_path: Path, issuer: str) -> None:
    (tmp_path / "settings.toml").write_text(f'[oidc]\nissuer = "{issuer}"\nclient_id = "review"\n', "utf-8")
    with pytest.raises(InputError, match="https"):
        provider(tmp_path)
