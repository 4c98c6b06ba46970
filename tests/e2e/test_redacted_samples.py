"""Redact every sample; outsiders (pdftotext, LibreOffice, unzip) find none of the values and the rest unchanged."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from review import pipeline, redaction
from review.cli.redact import proof_json, redact_all
from review.redaction import squeeze
from review.types import Verdict
from tests.conftest import samples

REDACTABLE = [(p, e) for p, e in samples() if e["expected"] in ("redact", "publish")]


def outside_text(path: Path, folder: Path) -> str:
    """Read a file with a program that shares no code with the product."""
    if path.suffix == ".pdf":
        return subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout
    if path.suffix == ".docx":
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", "txt:Text"]
        subprocess.run([*command, "--outdir", str(folder), str(path)], capture_output=True, check=True, timeout=180)
        return (folder / f"{path.stem}.txt").read_text(encoding="utf-8")
    return path.read_text(encoding="utf-8")


def raw_strings(path: Path) -> str:
    if path.suffix != ".docx":
        return path.read_bytes().decode("utf-8", "ignore")
    with zipfile.ZipFile(path) as archive:
        return "".join(archive.read(name).decode("utf-8", "ignore") for name in archive.namelist())


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("soffice") and shutil.which("pdftotext")), reason="LibreOffice、poppler 未安装")
@pytest.mark.parametrize(("path", "expected"), REDACTABLE, ids=[p.name for p, _ in REDACTABLE])
def test_gone_and_nothing_else(path: Path, expected: dict[str, Any], engine: pipeline.Engine, tmp_path: Path) -> None:
    data = path.read_bytes()
    report = pipeline.check(data, path.name, engine, target=expected["target"])
    decisions = redact_all(report, gaps_checked=False)
    clean, proof = pipeline.publish(data, report, decisions, engine)
    assert proof.clean
    out = tmp_path / path.name
    out.write_bytes(clean)
    assert all(check["passed"] for check in pipeline.verify(data, clean, path.name, engine))
    after = squeeze(outside_text(out, tmp_path))
    raw = squeeze(raw_strings(out))
    plan = redaction.plan(report.document, report.flags, decisions, engine.pack)
    values = redaction.removed(report.document, plan)
    for value in values:
        assert squeeze(value) not in after
        assert squeeze(value) not in raw
    before_folder = tmp_path / "before"
    before_folder.mkdir()
    before = squeeze(outside_text(path, before_folder))
    if not values:
        assert after == before
        return
    pieces = [before]
    for value in sorted(map(squeeze, values), key=len, reverse=True):
        pieces = [part for piece in pieces for part in piece.split(value)]
    missing = [piece for piece in pieces if len(piece) > 3 and piece not in after]
    assert missing == []


def test_what_was_left_in_must_have_been_decided(engine: pipeline.Engine) -> None:
    path, _ = next(pair for pair in REDACTABLE if pair[0].suffix == ".csv")
    data = path.read_bytes()
    report = pipeline.check(data, path.name, engine)
    decisions = redact_all(report, gaps_checked=False)
    first = next(iter(decisions))
    decisions[first] = dataclasses.replace(decisions[first], verdict=Verdict.ACCEPT, reason="statutory_field")
    clean, proof = pipeline.publish(data, report, decisions, engine)
    record = json.loads(proof_json(proof))

    def passes(copy: bytes, record: dict[str, Any] | None) -> bool:
        return all(check["passed"] for check in pipeline.verify(data, copy, path.name, engine, proof=record))

    assert passes(clean, record)
    assert not passes(clean, None)  # nobody can tell that the value was accepted
    assert not passes(data, None)
    assert not passes(data, record)
    assert not passes(clean, record | {"redactions": [*record["redactions"], {"flag": first}]})
    assert not passes(clean, record | {"model_digests": {"passages": "0" * 64}})


def test_one_row_of_a_column_left_in_is_noticed(engine: pipeline.Engine) -> None:
    numbers = ["341221198203054510", "341221197911086227", "341221199006123349", "341221196502170938"]
    rows = [f"{n},{name},{number}" for n, (name, number) in enumerate(zip("甲乙丙丁", numbers, strict=True), 1)]
    data = "\n".join(["序号,姓名,公民身份号码", *rows]).encode()
    report = pipeline.check(data, "名单.csv", engine)
    clean, proof = pipeline.publish(data, report, redact_all(report, gaps_checked=False), engine)
    record = json.loads(proof_json(proof))
    lines, before = clean.decode().splitlines(), data.decode().splitlines()
    forged = "\n".join([*lines[:2], before[2], *lines[3:]]).encode()

    def failed(copy: bytes, proof: dict[str, Any] | None) -> list[str]:
        return [c["name"] for c in pipeline.verify(data, copy, "名单.csv", engine, proof=proof) if not c["passed"]]

    assert failed(clean, record) == []
    assert "须处理的内容都已处理" in failed(forged, record | {"redacted_sha256": hashlib.sha256(forged).hexdigest()})
    assert "须处理的内容都已处理" in failed(forged, None)
    one_of_two = "送达：13637180264。\n再次联系：13637180264。\n".encode()
    assert "须处理的内容都已处理" in [
        check["name"]
        for check in pipeline.verify(one_of_two, one_of_two.replace(b"13637180264", b"[x]", 1), "a.txt", engine)
        if not check["passed"]
    ]


def test_traditional_characters_are_searched_for_as_they_are_stored(engine: pipeline.Engine) -> None:
    data = "聯繫人張國強，身份證號341221198203054510，家住臨江縣東門街31號2棟402室。\n".encode()
    report = pipeline.check(data, "a.txt", engine)
    decisions = redact_all(report, gaps_checked=False)
    gone = redaction.removed(report.document, redaction.plan(report.document, report.flags, decisions, engine.pack))
    assert any("東門街" in value for value in gone)
    assert any("东门街" in value for value in gone)
