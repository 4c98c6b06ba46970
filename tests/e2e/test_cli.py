"""The command line as others build on it: outputs, exit codes, one clear error, nothing half-written."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from review import paths

SAMPLES = paths.SAMPLES
LEAKING = SAMPLES / "08-recruit-leaking.csv"
LAWFUL = SAMPLES / "09-recruit-lawful.csv"


def review(*args: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from review.cli import main; main()", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, **options)  # type: ignore[call-overload,no-any-return]


def test_jsonl_is_the_fixed_form() -> None:
    run = review("check", "--format", "jsonl", LEAKING, LAWFUL)
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 1
    assert [Path(row["path"]) for row in rows] == [LEAKING, LAWFUL]
    assert set(rows[0]) >= {"path", "sha256", "media_type", "genre", "disposition", "chars", "flags", "gaps"}
    flag = rows[0]["flags"][0]
    assert set(flag) >= {
        "id", "type", "category", "severity", "start", "end", "spans", "location", "rule", "message", "basis", "action",
        "confidence", "detector", "count",
    }  # fmt: skip
    text = LEAKING.read_text(encoding="utf-8")
    ids = next(f for f in rows[0]["flags"] if f["type"] == "pp_id_number")
    assert [text[a:b] for a, b in ids["spans"]] == ["610403199904160767", "610403200009290050"]
    assert "610403199904160767" not in run.stdout
    assert [f for f in rows[1]["flags"] if f["severity"] != "low"] == []


def test_show_values_is_a_choice() -> None:
    assert "610403199904160767" in review("check", "--format", "json", "--show-values", LEAKING).stdout


@pytest.mark.parametrize("form", ["text", "json", "sarif", "html", "csv"])
def test_no_report_shows_a_value(form: str) -> None:
    run = review("check", "--format", form, LEAKING)
    assert run.returncode == 1
    for value in ("610403199904160767", "15229107346", "187 9260 3815"):
        assert value not in run.stdout
    if form == "sarif":
        sarif = json.loads(run.stdout)
        assert sarif["version"] == "2.1.0"
        assert sarif["runs"][0]["results"]
    if form == "csv":
        assert len(list(csv.reader(io.StringIO(run.stdout.lstrip("\ufeff"))))) > 1
    if form == "html":
        assert "<script" not in run.stdout
        assert "http" not in run.stdout


def test_exit_codes(tmp_path: Path) -> None:
    assert review("check", LAWFUL).returncode == 0
    assert review("check", LEAKING, "--fail-on", "critical").returncode == 0
    assert review("check", tmp_path / "missing.txt").returncode == 2
    (tmp_path / "empty.txt").write_bytes(b"")
    assert review("check", tmp_path / "empty.txt").returncode == 3
    assert review("nonsense").returncode == 2


def hostile(folder: Path) -> list[Path]:
    """Encrypted, truncated, bomb, XXE, empty, wrong extension, unknown."""
    docx = (SAMPLES / "01-subsidy-list-leaking.docx").read_bytes()
    pdf = (SAMPLES / "06-award-notice-lawful.pdf").read_bytes()
    files = {
        "empty.docx": b"",
        "truncated.docx": docx[: len(docx) // 2],
        "truncated.pdf": pdf[: len(pdf) // 3],
        "lying.docx": "这是一份改了扩展名的文本".encode(),
        "lying.pdf": docx[:100] + b"\x00" * 50,
        "unknown.bin": bytes(range(256)) * 4,
    }
    bomb = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "word/document.xml":
                content = content.replace(b"</w:body>", b" " * (400 << 20) + b"</w:body>")
            out.writestr(item, content)
    files["bomb.docx"] = bomb.getvalue()
    xxe = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as source, zipfile.ZipFile(xxe, "w") as out:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "word/document.xml":
                doctype = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document'
                content = content.replace(b"<w:document", doctype, 1)
            out.writestr(item, content)
    files["xxe.docx"] = xxe.getvalue()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return sorted(folder / name for name in files)


def test_hostile_files_give_one_clear_error_each_and_nothing_is_written(tmp_path: Path) -> None:
    for path in hostile(tmp_path):
        out = tmp_path / "out" / path.name
        out.parent.mkdir(exist_ok=True)
        for run in (review("check", path), review("redact", path, "-o", out, "--all")):
            assert run.returncode in (2, 3), (path.name, run.stdout, run.stderr)
            lines = [line for line in run.stderr.splitlines() if line.strip()]
            assert len(lines) == 1, (path.name, lines)
            assert any("一" <= c <= "鿿" for c in lines[0])
            assert "Traceback" not in run.stderr
            assert "root:" not in run.stderr + run.stdout
        assert list(out.parent.iterdir()) == []


def test_text_prints_what_positions_refer_to() -> None:
    run = review("text", SAMPLES / "13-policy-lawful.txt")
    assert run.returncode == 0
    assert run.stdout == (SAMPLES / "13-policy-lawful.txt").read_text(encoding="utf-8")


def test_state_secrets_are_never_redacted_by_all(tmp_path: Path) -> None:
    run = review("redact", SAMPLES / "03-notice-marked.docx", "-o", tmp_path / "o.docx", "--all")
    assert run.returncode == 2
    assert "解密" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_decisions_file(tmp_path: Path) -> None:
    flags = json.loads(review("check", "--format", "json", LEAKING).stdout)[0]["flags"]
    loud = [f for f in flags if f["severity"] != "low"]
    items = [{"flag": f["id"], "verdict": "redact", "reason": "redact_suggested"} for f in loud]
    chosen = tmp_path / "decisions.json"
    chosen.write_text(json.dumps(items[:-1]), encoding="utf-8")
    out = tmp_path / "out.csv"
    assert review("redact", LEAKING, "-o", out, "--decisions", chosen).returncode == 2
    assert not out.exists()
    chosen.write_text(json.dumps(items), encoding="utf-8")
    assert review("redact", LEAKING, "-o", out, "--decisions", chosen).returncode == 0
    printed = out.with_name(out.name + ".proof.html").read_text("utf-8")
    assert "核验证明" in printed
    assert "610403199904160767" not in printed
    assert out.exists()
    assert review("verify", LEAKING, out).returncode == 0
    assert review("verify", LEAKING, LEAKING).returncode == 1


def test_help_is_chinese_with_examples() -> None:
    for command in ("check", "redact", "verify", "text", "app", "train", "eval"):
        run = review(command, "--help")
        assert run.returncode == 0
        assert "例：" in run.stdout
