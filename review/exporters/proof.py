"""A proof as a page to print: digests, checks, places and counts. It holds no document text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment

_TEMPLATE = Path(__file__).resolve().parent / "proof.html"


def proof_page(proof: Mapping[str, Any], types: Mapping[str, str], *, number: str = "") -> str:
    """Return HTML without scripts or outside links.

    ``proof``: the plain values of a ``Proof``; ``types``: flag type → Chinese name; ``number``: of the case, if any.
    """
    template = Environment(autoescape=True).from_string(_TEMPLATE.read_text("utf-8"))
    return template.render(proof=proof, types=types, number=number)
