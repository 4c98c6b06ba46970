"""Optional login through the unit's own identity provider (OpenID Connect): proof of who somebody is, nothing more.

Off unless ``settings.toml`` has a table ``[oidc]``. Roles, sessions, lockout and audit stay here; the account must
exist. Authorization code with PKCE, state and nonce; the ID token's signature, issuer, audience and times are checked.
The only addresses ever asked are the provider's, without proxies and without following redirects.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from review.casework import accounts
from review.errors import PolicyError
from review.service import desk, sessions
from review.service.provider import Provider, provider, trusted

START, BACK = "/login/oidc", "/login/oidc/back"
_COOKIE = "review_oidc"
_ALGORITHMS = ["RS256", "PS256", "ES256"]
_WAIT = 10.0  # seconds
_SKEW = 60  # seconds that two clocks may differ
_FAILED = "统一身份认证没有完成，请重试，或用账号口令登录。"


async def start(request: Request) -> Response:
    """``GET /login/oidc``: send the browser to the provider, remembering state, nonce and verifier in a cookie."""
    office = await run_in_threadpool(desk.office)
    chosen = provider(office.store.home)
    if chosen is None:
        return sessions.page(request, "本单位没有启用统一身份认证。", 404)
    try:
        found = await _discover(chosen)
        address = found["authorization_endpoint"]
    except (httpx.HTTPError, ValueError, KeyError):
        return sessions.page(request, _FAILED, 502)
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    digest = hashlib.sha256(kept["verifier"].encode()).digest()
    query = {
        "response_type": "code",
        "client_id": chosen.client_id,
        "redirect_uri": _back(request),
        "scope": "openid profile",
        "state": kept["state"],
        "nonce": kept["nonce"],
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    answer = RedirectResponse(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", 303)
    secure = request.url.scheme == "https"
    # Lax, not strict: the provider sends the browser back from another site.
    answer.set_cookie(
        _COOKIE, json.dumps(kept), max_age=600, httponly=True, samesite="lax", secure=secure, path="/login"
    )
    return answer


async def back(request: Request) -> Response:
    """``GET /login/oidc/back``: prove who came back, then start a session of our own."""
    office = await run_in_threadpool(desk.office)
    chosen = provider(office.store.home)
    try:
        kept = json.loads(request.cookies.get(_COOKIE, ""))
        same = secrets.compare_digest(kept["state"].encode(), request.query_params.get("state", "").encode())
    except (ValueError, KeyError, TypeError, AttributeError):
        same = False
    code = request.query_params.get("code", "")
    if chosen is None or not same or not code:
        return _refused(request, _FAILED)
    try:
        claims = await _prove(chosen, code, _back(request), kept)
        name = str(claims[chosen.claim])
        token = await run_in_threadpool(accounts.login_proven, office.store, name, chosen.issuer)
    except (httpx.HTTPError, JoseError, ValueError, KeyError):
        return _refused(request, _FAILED)
    except PolicyError as error:
        return _refused(request, str(error))
    # A page instead of a redirect: the strict cookie is not sent along a redirect that began on another site.
    answer = HTMLResponse('<!doctype html><meta http-equiv="refresh" content="0;url=/"><a href="/">继续</a>')
    sessions.admit(request, answer, token)
    answer.delete_cookie(_COOKIE, path="/login")
    return answer


def _refused(request: Request, message: str) -> Response:
    answer = sessions.page(request, message, 401)
    answer.delete_cookie(_COOKIE, path="/login")
    return answer


def _back(request: Request) -> str:
    return str(request.url.replace(path=BACK, query="", fragment=""))


async def _discover(chosen: Provider) -> Mapping[str, Any]:
    async with _client() as client:
        found = _json(await client.get(f"{chosen.issuer}/.well-known/openid-configuration"))
    if str(found.get("issuer", "")).rstrip("/") != chosen.issuer:
        raise ValueError("another issuer")
    if not all(trusted(str(found[name])) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")):
        raise ValueError("an address that is not https")
    return found


async def _prove(chosen: Provider, code: str, redirect: str, kept: Mapping[str, str]) -> Mapping[str, Any]:
    """Exchange the code and return the claims of an ID token that is signed, ours, fresh and of this login."""
    found = await _discover(chosen)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect,
        "client_id": chosen.client_id,
        "client_secret": chosen.client_secret,
        "code_verifier": kept["verifier"],
    }
    async with _client() as client:
        reply = _json(await client.post(found["token_endpoint"], data=form))
        keys = KeySet.import_key_set(_json(await client.get(found["jwks_uri"])))  # type: ignore[arg-type]
    token = jwt.decode(reply["id_token"], keys, algorithms=_ALGORITHMS)
    now = int(time.time())
    rules = jwt.JWTClaimsRegistry(
        now=now,
        leeway=_SKEW,
        iss={"essential": True, "value": found["issuer"]},
        aud={"essential": True, "value": chosen.client_id},
        nonce={"essential": True, "value": kept["nonce"]},
        exp={"essential": True},
    )
    rules.validate(token.claims)
    return token.claims


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=_WAIT, trust_env=False, follow_redirects=False)


def _json(answer: httpx.Response) -> dict[str, Any]:
    answer.raise_for_status()
    value = answer.json()
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


ROUTES = (Route(START, start, methods=["GET"]), Route(BACK, back, methods=["GET"]))
