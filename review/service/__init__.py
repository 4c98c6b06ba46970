"""REST routes, login and the wall around the ASGI app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from review.errors import ReviewError
from review.service import answers, api, desk, oidc, scanning, sessions, uploads
from review.service.guard import Guard

ROUTES: tuple[BaseRoute, ...] = (*sessions.ROUTES, *oidc.ROUTES, *api.ROUTES, *scanning.ROUTES)
MIDDLEWARE = (Middleware(Guard),)
EXCEPTION_HANDLERS: Mapping[Any, Any] = {ReviewError: answers.on_review_error}


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Open the office and sweep forgotten uploads before the first page is served."""
    await run_in_threadpool(desk.office)
    await run_in_threadpool(uploads.sweep)
    yield
