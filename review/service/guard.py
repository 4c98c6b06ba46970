"""The wall around the app (ASGI middleware): who may come in, and what a page may load.

* Single-user mode works without a login, but only on a loopback address and under a loopback name (a foreign page that
  lets its own name resolve to 127.0.0.1 is refused).
* Otherwise every request and websocket needs a session cookie, or an API key under ``/api/``.
* Changing requests need a header that a foreign page cannot send, and a foreign ``Origin`` is refused.
* Every answer carries a content security policy: pages load nothing from anywhere else.
"""

from __future__ import annotations

import ipaddress
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from review.casework import LOCAL
from review.service import desk, sessions
from review.service.answers import problem

#: Streamlit compiles its own components at run time ('unsafe-eval') and styles elements inline; document text never
#: becomes script or markup, see ``ui/assets``.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),  # no-referrer would hide the origin of our own forms, too
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)

_OPEN_PATHS = frozenset({"/login", "/login/oidc", "/login/oidc/back", "/logout", "/_stcore/health"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def actor(request: Request) -> str:
    """Return the account that the guard let in."""
    who: str = request.scope["review.actor"]
    return who


class Guard:
    """ASGI middleware: see the module."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        refusal = await _examine(scope)
        if refusal is None:
            return await self.app(scope, receive, _armoured(send))
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 4403})
        return await refusal(scope, receive, _armoured(send))


def _armoured(send: Send) -> Send:
    async def forward(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in dict(HEADERS)]
            message = {**message, "headers": [*kept, *HEADERS]}
        await send(message)

    return forward


async def _examine(scope: Scope) -> Response | None:
    """Return the refusal, or None after writing the account into the scope."""
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    path: str = scope["path"]
    office = await run_in_threadpool(desk.office)
    api = path.startswith("/api/")
    if office.settings.single_user:
        if not (_loopback(_peer(scope, "server")) and _loopback(_peer(scope, "client")) and _local_name(headers)):
            return PlainTextResponse(
                "单机模式只能在本机使用（http://127.0.0.1）。多人使用请先建立账户并关闭单机模式。", 403
            )
        scope["review.actor"] = LOCAL
    else:
        token = cookie(headers.get("cookie", ""))
        who = await run_in_threadpool(sessions.caller, office, token, headers.get("authorization", "") if api else "")
        if who is None and path not in _OPEN_PATHS:
            if api:
                return problem(401, "login_required", "请先登录。")
            return RedirectResponse(f"/login?next={quote(path)}", 303)
        if who and not who.may(scope.get("method", ""), path):
            return problem(403, "scope_missing", "接口密钥没有这项权限。")
        scope["review.actor"] = who.name if who else ""
    if _foreign(scope, headers):
        return problem(403, "foreign_origin", "拒绝来自其他站点的请求。")
    if api and scope["type"] == "http" and scope["method"] not in _SAFE and not _meant(headers):
        return problem(403, "header_missing", "请求缺少 X-Requested-By 请求头。")
    return None


def cookie(header: str) -> str:
    """Return the session token in a Cookie header, or ""."""
    try:
        found = SimpleCookie(header).get(sessions.COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _peer(scope: Scope, side: str) -> str:
    peer: Any = scope.get(side)
    return str(peer[0]) if peer else ""


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _local_name(headers: dict[str, str]) -> bool:
    return _loopback(urlsplit("//" + headers.get("host", "")).hostname or "")


def _foreign(scope: Scope, headers: dict[str, str]) -> bool:
    origin = headers.get("origin", "")
    if not origin or (scope["type"] == "http" and scope["method"] in _SAFE):
        return False
    return urlsplit(origin).netloc != headers.get("host", "")


def _meant(headers: dict[str, str]) -> bool:
    return bool(headers.get("x-requested-by") or headers.get("authorization"))
