"""Log in, log out, and who is behind a request: session cookie or API key."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from review import paths
from review.casework import Office, accounts
from review.errors import PolicyError
from review.service import desk
from review.service.provider import provider

COOKIE = "review_session"
_OTHER = '<p class="other"><a href="/login/oidc">用统一身份认证登录</a></p>'
_PAGE = Path(__file__).resolve().parent / "assets" / "login.html"

#: What an API key needs for a path: the first row that fits (releasing apart); everything else is refused.
_SCOPES = (
    ("POST", "/api/v1/check", "check"),
    ("POST", "/api/v1/uploads", "decide"),
    ("GET", "/api/v1/cases", "read"),
    ("GET", "/api/v1/books", "ledger"),
    ("GET", "/api/v1/scans", "ledger"),
    ("POST", "/api/v1/cases", "decide"),
    ("GET", "/api/v1/openapi.json", "read"),
    ("GET", "/api/v1/docs", "read"),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``name`` is an account; ``scopes`` is None for people, who may do what their roles allow."""

    name: str
    scopes: frozenset[str] | None = None

    def may(self, method: str, path: str) -> bool:
        """True when the key's scopes cover the path; roles are checked afterwards, by ``casework``."""
        return self.scopes is None or scope_of(method, path) in self.scopes


def scope_of(method: str, path: str) -> str:
    """Return the scope that an API key needs for a request, "" where keys are not admitted at all."""
    method = "GET" if method == "HEAD" else method
    if method == "POST" and path.startswith("/api/v1/cases/") and path.endswith("/release"):
        return "publish"
    return next((s for m, p, s in _SCOPES if m == method and (path == p or path.startswith(p + "/"))), "")


def caller(office: Office, token: str, authorization: str) -> Caller | None:
    """Return who is behind a session token or an ``Authorization: Bearer`` key; None for nobody."""
    if authorization.lower().startswith("bearer "):
        found = accounts.api_person(office.store, authorization[7:].strip())
        return Caller(found[0].name, found[1]) if found else None
    person = accounts.whoami(office.store, token) if token else None
    return Caller(person.name) if person else None


# ------------------------------------------------------------------------------------------------ pages


async def show(request: Request) -> Response:
    """``GET /login``."""
    return page(request, "")


async def enter(request: Request) -> Response:
    """``POST /login``: on success a session cookie that scripts cannot read and other sites cannot send."""
    form = await request.form()
    name, password = str(form.get("name", "")).strip(), str(form.get("password", ""))
    address = request.client.host if request.client else ""
    office = await run_in_threadpool(desk.office)
    try:
        token = await run_in_threadpool(accounts.login, office.store, name, password, address)
    except PolicyError as error:
        return page(request, str(error), 401)
    answer = RedirectResponse(_inside(str(form.get("next", ""))), 303)
    admit(request, answer, token)
    return answer


def admit(request: Request, answer: Response, token: str) -> None:
    """Put the session into a cookie that scripts cannot read and other sites cannot send."""
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/")


async def leave(request: Request) -> Response:
    """``POST /logout``: the session ends on the server, not only in the browser."""
    office = await run_in_threadpool(desk.office)
    await run_in_threadpool(accounts.logout, office.store, request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


def page(request: Request, message: str, status: int = 200) -> Response:
    """Return the login page with a message."""
    following = _inside(request.query_params.get("next", ""))
    other = _OTHER if provider(paths.home()) else ""
    shown = _PAGE.read_text("utf-8").replace("{message}", escape(message)).replace("{next}", escape(following))
    return HTMLResponse(shown.replace("{other}", other), status)


def _inside(target: str) -> str:
    """Return a path of this site: never somebody else's address."""
    parts = urlsplit(target)
    inside = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return target if inside else "/"


ROUTES = (
    Route("/login", show, methods=["GET"]),
    Route("/login", enter, methods=["POST"]),
    Route("/logout", leave, methods=["POST"]),
)
