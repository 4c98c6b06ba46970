"""The REST interface keeps to its own description: generated requests, valid and not (schemathesis)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from review import casework, service
from review.casework import LOCAL
from review.service import desk, openapi
from tests.unit.service_office import ID_NUMBER, open_office

CASE = "2026-000001"


class ActAsLocal:
    """Stands in for the guard, which is tested apart: here every request is the local user's."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["review.actor"] = LOCAL
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    home: Path = tmp_path_factory.mktemp("rest")
    patch = pytest.MonkeyPatch()
    patch.setenv("REVIEW_HOME", str(home))
    office = open_office(home)
    case = casework.open_case(office, f"公示\n{ID_NUMBER}".encode(), "a.txt", LOCAL)
    assert case.id == CASE
    patch.setattr(desk, "office", lambda: office)
    app = Starlette(
        routes=list(service.ROUTES),
        exception_handlers=dict(service.EXCEPTION_HANDLERS),
        middleware=[Middleware(ActAsLocal)],
    )
    yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    patch.undo()


OPERATIONS = [(method, path) for method, path, *_ in openapi.rows()]
CHECKS = (
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.response_schema_conformance,
)


# Schemathesis' own pytest plugin does not work with pytest 9: its strategies are used directly.
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_answers_as_described(rest: schemathesis.BaseSchema, method: str, path: str) -> None:
    """No traceback, only described statuses, types and shapes, and a Chinese message with every refusal."""

    @given(case=rest[path][method].as_strategy())
    @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    def run(case: schemathesis.Case) -> None:
        if "case" in (case.path_parameters or {}):
            case.path_parameters["case"] = CASE
        response = case.call()
        case.validate_response(response, checks=CHECKS)
        if response.status_code >= 400:
            assert response.json()["message"]

    run()
