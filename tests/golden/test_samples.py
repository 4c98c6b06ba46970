"""Every built-in sample gives what it promises: each expected value covered, lawful twins untouched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from review import pipeline
from review.redaction import squeeze
from review.types import Flag, Report
from tests.conftest import samples

SAMPLES = samples()


def covered(report: Report, value: str, flags: list[Flag]) -> bool:
    """Is one occurrence of ``value`` (read without spaces) wholly under the flags?"""
    text = report.document.text
    under = bytearray(len(text))
    for flag in flags:
        for span in flag.spans:
            under[span.start : span.end] = b"\1" * len(span)
    letters = [i for i, c in enumerate(text) if not c.isspace()]
    joined = "".join(text[i] for i in letters)
    want, at = squeeze(value), -1
    while (at := joined.find(want, at + 1)) >= 0:
        if all(under[i] for i in letters[at : at + len(want)]):
            return True
    return False


@pytest.mark.parametrize(("path", "expected"), SAMPLES, ids=[path.name for path, _ in SAMPLES])
def test_sample(path: Path, expected: dict[str, Any], engine: pipeline.Engine) -> None:
    report = pipeline.check(path.read_bytes(), path.name, engine, target=expected["target"])
    missed = [
        want
        for want in expected["flags"]
        if not covered(report, want["value"], [f for f in report.flags if f.type[:2] == want["type"][:2]])
    ]
    assert missed == []
    if expected["expected"] == "publish":
        assert [(f.type, f.rule, f.message) for f in report.flags if f.loud] == []
    assert report.document.gaps == ()
    assert report.disposition.value == expected["expected"] or expected["expected"] == "redact"


def test_there_are_enough_samples() -> None:
    assert len(SAMPLES) >= 12
    assert len({expected["genre"] for _, expected in SAMPLES}) >= 8
    assert {path.suffix for path, _ in SAMPLES} >= {".docx", ".pdf", ".txt", ".csv"}
