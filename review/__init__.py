"""发布前保密审查助手: find what a draft should probably not publish, decide, redact, and prove it.

>>> from review import check
>>> report = check("通知.docx")
>>> [(flag.type, flag.message) for flag in report]
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from review.errors import InputError, IntegrityError, PolicyError, ReviewError
from review.types import Decision, Document, Flag, Proof, Report, Severity, Span, Verdict

if TYPE_CHECKING:
    from review.pipeline import Engine

# onnxruntime carries a telemetry client. Nothing may leave this machine, so it is off before the library loads.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__all__ = [
    "Decision",
    "Document",
    "Flag",
    "InputError",
    "IntegrityError",
    "PolicyError",
    "Proof",
    "Report",
    "ReviewError",
    "Severity",
    "Span",
    "Verdict",
    "check",
    "redact",
]


@lru_cache(maxsize=1)
def _engine() -> Engine:
    from review import pipeline

    return pipeline.engine()


def _bytes(source: str | Path | bytes, name: str) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, name
    path = Path(source)
    return path.read_bytes(), name or path.name


def check(source: str | Path | bytes, *, name: str = "", genre: str = "", target: str = "") -> Report:
    """Check a file or its bytes (then give ``name`` with its suffix) with the built-in rules and models.

    Raises ``InputError`` for a file that cannot be read. The file is parsed in this process: for files from
    strangers use the command line or the app, which parse in a limited child process.
    """
    from review import pipeline

    data, known_as = _bytes(source, name)
    return pipeline.check(data, known_as, _engine(), genre=genre, target=target)


def redact(
    source: str | Path | bytes, report: Report, decisions: Mapping[str, Decision], *, name: str = ""
) -> tuple[bytes, Proof]:
    """Return the clean copy and its proof; raises ``UndecidedFlags`` or ``RedactionLeak`` and returns nothing."""
    from review import pipeline

    return pipeline.publish(_bytes(source, name)[0], report, decisions, _engine())
