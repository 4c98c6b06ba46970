"""The OpenAPI description."""

from __future__ import annotations

from typing import Any


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    return {"openapi": "3.1.0", "info": {"title": "发布前保密审查助手", "version": "1"}, "paths": {}}
