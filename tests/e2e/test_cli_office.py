"""``review case`` and ``review report``: what a clerk asks for on the command line."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from review import casework, packs, pipeline, store
from review.casework import LOCAL
from review.cli import program
from review.errors import InputError, ReviewError
from review.types import Decision, Verdict

ID_NUMBER = "610403199904160767"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one published case."""
    folder = tmp_path_factory.mktemp("home")
    office = casework.open_office(folder, engine=pipeline.engine())
    case = casework.open_case(office, f"救助公示\n张某，公民身份号码{ID_NUMBER}。".encode(), "公示.txt", LOCAL)
    decisions = [Decision(flag.id, Verdict.REDACT, "", "redact_suggested", datetime.now(UTC)) for flag in case.loud]
    case = casework.decide(office, case.id, LOCAL, decisions, seen=case.version)
    casework.finish(office, case.id, LOCAL)
    casework.publish(office, case.id, LOCAL)
    return folder


def run(home: Path, *args: object) -> tuple[int, str]:
    """Return exit code and output, as ``review.cli.main`` would give them."""
    done = CliRunner().invoke(
        program(["case", "report"]), list(map(str, args)), env={"REVIEW_HOME": str(home), "COLUMNS": "160"}
    )
    if isinstance(done.exception, ReviewError):
        return done.exception.exit_code, str(done.exception)
    return done.exit_code, done.output


def test_cases_are_listed_and_shown_without_text(home: Path) -> None:
    code, listed = run(home, "case", "list")
    assert code == 0
    number = next(word for word in listed.split() if word.endswith("-000001"))
    code, shown = run(home, "case", "show", number)
    assert code == 0
    for words in ("已发布", "公民身份号码", "脱敏后公开", "批准"):
        assert words in shown
    assert ID_NUMBER not in listed + shown
    assert run(home, "case", "show", "1999-000001")[0] == 2
    assert run(home, "case", "list", "--stage", "不存在")[0] == 2
    assert "没有符合条件" in run(home, "case", "list", "--stage", "待批准")[1]


def test_the_books_are_written_whole_or_not_at_all(home: Path, tmp_path: Path) -> None:
    for name in ("ledger", "month", "year"):
        out = tmp_path / f"{name}.xlsx"
        assert run(home, "report", name, "-o", out)[0] == 0
        assert load_workbook(io.BytesIO(out.read_bytes())).worksheets
    sheet = load_workbook(tmp_path / "ledger.xlsx").worksheets[0]
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    assert "发布日期" in cells
    assert "部分公开（区分处理）" in cells
    assert run(home, "report", "month", "--month", "13", "-o", tmp_path / "x.xlsx")[0] == 2
    assert run(home, "report", "ledger", "-o", tmp_path / "missing" / "x.xlsx")[0] == 2
    assert run(home, "report", "ledger", "-o", tmp_path / "x.csv")[0] == 2
    assert not (tmp_path / "x.xlsx").exists()


def test_only_what_has_been_kept_long_enough_is_purged(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = casework.open_office(home, engine=pipeline.Engine(pack=packs.load(), detectors=(), model_digests={}))
    case = casework.open_case(office, "旧通知".encode(), "旧通知.txt", LOCAL)
    casework.step(office, case.id, LOCAL, casework.Step.WITHDRAW)
    assert "没有保存期限已满" in run(home, "case", "purge", "--yes")[1]
    later = datetime.now(UTC) + timedelta(days=4 * 366)
    monkeypatch.setattr("review.casework.records.datetime", SimpleNamespace(now=lambda zone: later))
    assert f"{case.id}　保存期限已满" in run(home, "case", "purge")[1]
    assert casework.original(office, case.id)
    assert f"{case.id}　已清除" in run(home, "case", "purge", "--yes")[1]
    assert store.verify(office.store).whole
    with pytest.raises(InputError, match="清除"):
        casework.original(office, case.id)


def test_several_people_must_say_who_asks(home: Path) -> None:
    (home / "settings.toml").write_text("single_user = false\n", "utf-8")
    code, words = run(home, "case", "list")
    assert code == 2
    assert "--user" in words
