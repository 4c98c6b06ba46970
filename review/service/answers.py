"""Errors as answers: a status code, a machine-readable code and a Chinese message. Never document text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse

from review.errors import (
    InputError,
    IntegrityError,
    LimitExceeded,
    PolicyError,
    ReviewError,
    SeparationOfDuties,
    UnsupportedFormat,
)

_STATUS: tuple[tuple[type[ReviewError], int], ...] = (
    (LimitExceeded, 413),
    (UnsupportedFormat, 415),
    (InputError, 422),
    (SeparationOfDuties, 403),
    (PolicyError, 409),
    (IntegrityError, 500),
)


def status_of(error: ReviewError) -> int:
    """Return the HTTP status for an error raised on purpose."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


def code_of(error: ReviewError) -> str:
    """Return the error's class name as a code: ``StaleCase`` → ``stale_case``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def problem(status: int, code: str, message: str, extra: Mapping[str, object] | None = None) -> JSONResponse:
    return JSONResponse({"code": code, "message": message, **(extra or {})}, status)


def refusal(error: ReviewError, extra: Mapping[str, object] | None = None) -> JSONResponse:
    """Return the answer for an error raised on purpose."""
    return problem(status_of(error), code_of(error), str(error), extra)


async def on_review_error(request: Request, error: ReviewError) -> JSONResponse:
    """Exception handler of the ASGI app."""
    return refusal(error)
