"""Scans from the page: who may scan what, how a scan stands, and what its process is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from review import service, store
from review.batch import control, lock, reporting
from review.batch.control import Standing
from review.casework import Office, scanning
from review.errors import InputError, PolicyError, SeparationOfDuties
from review.service import desk
from review.service import scanning as pages
from review.service.scanning import Wish
from review.store import scans
from review.store.scans import Scan
from review.ui import scan_figures
from tests.fake_office import fake_office, staffed

BEGUN = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "存量" / "教育局"
    folder.mkdir(parents=True)
    return folder.parent


def office(tmp_path: Path, *opened: Path, alone: bool = False) -> Office:
    made = fake_office(tmp_path / "home", single_user=alone, scan_roots=tuple(map(str, opened)))
    return made if alone else staffed(made)


def test_only_folders_that_the_operator_has_opened_are_scanned(tmp_path: Path, archive: Path) -> None:
    here = office(tmp_path, archive)
    assert scanning.allowed(here, "secrecy", str(archive)) == archive
    assert scanning.allowed(here, "secrecy", f" {archive}/教育局 ") == archive / "教育局"
    (archive / "link").symlink_to(tmp_path)
    (tmp_path / "存量之外").mkdir()
    for outside in (tmp_path, archive / "..", archive / "link", tmp_path / "存量之外", Path("/etc")):
        with pytest.raises(PolicyError, match="只能扫描"):
            scanning.allowed(here, "secrecy", str(outside))
    for wrong, words in (("存量", "完整路径"), (str(archive / "没有"), "找不到"), ("", "完整路径")):
        with pytest.raises(InputError, match=words):
            scanning.allowed(here, "secrecy", wrong)


def test_without_opened_folders_only_the_one_user_of_the_machine_scans(tmp_path: Path, archive: Path) -> None:
    with pytest.raises(PolicyError, match="scan_roots"):
        scanning.allowed(office(tmp_path), "secrecy", str(archive))
    assert scanning.allowed(office(tmp_path / "b", alone=True), "local", str(archive)) == archive
    with pytest.raises(PolicyError, match="只能扫描"):  # the operator may narrow that, too
        scanning.allowed(office(tmp_path / "c", archive, alone=True), "local", str(tmp_path))


def test_scans_are_for_the_secrecy_reviewer(tmp_path: Path, archive: Path) -> None:
    here = office(tmp_path, archive)
    for actor in ("officer", "head", "leader", "publisher", "auditor", "admin"):
        with pytest.raises(SeparationOfDuties):
            scanning.allowed(here, actor, str(archive))
        with pytest.raises(SeparationOfDuties):
            pages.stop(here, actor, "t")
        if actor != "leader":
            with pytest.raises(SeparationOfDuties):
                pages.standings(here, actor)
    assert pages.standings(here, "leader") == ()
    assert not (here.store.home / "scans").exists()


def test_a_start_is_on_record_without_the_folder_in_clear(
    tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(control, "launch", lambda *args: told.append(args))
    here = office(tmp_path, archive)
    pages.start(here, "secrecy", Wish("2026专项", str(archive), "门户网站", 50, retry=True))
    home, name, folders, options = told[0]
    assert (home, name, folders) == (here.store.home, "2026专项", [archive])
    assert {"--actor=secrecy", "--target=门户网站", "--sample=50", "--retry"} <= set(options)
    with here.store.read() as tx:
        last = list(store.events(tx))[-1]
    assert (last.kind, last.actor, set(last.payload)) == ("scan_started", "secrecy", {"content"})
    assert "专项" not in json.dumps(dict(last.payload), ensure_ascii=False)
    with pytest.raises(InputError, match="扫描名"):
        pages.start(here, "secrecy", Wish("../x", str(archive)))
    assert len(told) == 1


def test_a_scan_that_cannot_start_says_why(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with pytest.raises(InputError, match="找不到文件夹"):
        control.launch(home, "t", [tmp_path / "没有"])
    assert control.trouble(home, "t").startswith("找不到文件夹")
    control.stop(home, "t")  # nothing runs: nothing happens


def scan(**more: Any) -> Scan:
    known = {"target": "", "actor": "", "edition": "", "listing": "", "failed": 1, "flagged": 7}
    times = {"started": BEGUN, "beat": BEGUN + timedelta(seconds=50), "ended": None}
    return Scan(name="t", folders=("/srv",), **(known | {"found": 1000, "todo": 600, "done": 100} | times | more))


def test_a_running_scan_says_how_far_how_fast_and_how_long_still() -> None:
    standing = control._standing(scan(), True, BEGUN + timedelta(seconds=100))
    assert (standing.rate, standing.left, standing.checked) == (1.0, 500.0, 500)
    share, line = scan_figures.progress(standing)
    assert share == 0.5
    assert line == "正在检查　500 / 1000 件　1.0 件/秒　约剩 8 分钟　本次查出有提示 7 件，未能检查 1 件"


@pytest.mark.parametrize(
    ("running", "more", "state"),
    [
        (True, {}, "正在检查"),
        (True, {"done": 600}, "正在写报告"),
        (True, {"ended": BEGUN}, "正在清点文件"),
        (False, {}, "已中断，可继续"),
        (False, {"done": 600}, "已中断，可继续"),
        (False, {"done": 600, "ended": BEGUN}, "已完成"),
    ],
)
def test_the_state_of_a_scan_follows_from_lock_and_counters(running: bool, more: dict[str, Any], state: str) -> None:
    assert Standing(scan(**more), running, 0.0, None).state == state


def test_an_empty_scan_is_no_division_by_nought() -> None:
    empty = Standing(scan(found=0, todo=0, done=0, ended=BEGUN), False, 0.0, None)
    assert scan_figures.progress(empty)[0] == 1.0
    assert [scan_figures.duration(seconds) for seconds in (0.2, 59, 61, 7000)] == [
        "1 秒",
        "59 秒",
        "1 分钟",
        "1.9 小时",
    ]


# ------------------------------------------------------------------------------------------------ reports


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    here = office(tmp_path, alone=True)
    monkeypatch.setattr(desk, "office", lambda: here)
    folder = lock.folder(here.store.home, "t")
    folder.mkdir(parents=True)
    (folder / reporting.PAGE).write_text("<html>报告</html>", encoding="utf-8")
    (folder.parent / "secret.txt").write_text("x", encoding="utf-8")
    app = Starlette(
        routes=list(service.ROUTES),
        middleware=list(service.MIDDLEWARE),
        exception_handlers=dict(service.EXCEPTION_HANDLERS),
    )
    return TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 5000))


def test_reports_are_served_and_nothing_beside_them(client: TestClient) -> None:
    found = client.get(pages.link("t", reporting.PAGE))
    assert (found.status_code, found.text) == (200, "<html>报告</html>")
    assert found.headers["content-disposition"].startswith("inline")
    assert "default-src 'self'" in found.headers["content-security-policy"]
    for path in ("t/report.xlsx", "t/summary.json", "..%2Ft/report.html", "x/..%2Fsecret.txt", "没有/report.html"):
        assert client.get(f"/api/v1/scans/{path}").status_code in (404, 422), path


def test_figures_of_a_report_are_kept_beside_it(tmp_path: Path) -> None:
    assert reporting.figures(tmp_path) is None
    here = store.open_store(tmp_path / "home")
    scans.begin(here, "t", ["/srv"], target="", actor="", edition="e", found=0, todo=0)
    brief = reporting.write(here, "t", tmp_path, keys=[], roots=["/srv"], genres={})
    found = reporting.figures(tmp_path)
    assert found is not None
    assert (found.brief, found.units, found.kinds) == (brief, (), ())
    assert brief.exit == 0
    assert scan_figures.sentence(found).endswith("未能检查 0 件。未提示不代表可以公开。")


def test_figures_become_tables_and_bars() -> None:
    units = (("教育局", (9, 2, 1, 1, 3, 0)), ("民政局", (4, 0, 0, 0, 0, 0)))
    kinds = (("手机号码", "high", 2, 40),)
    found = reporting.Figures(reporting.Brief(13, 2, 1, None, None, 1), "今天", units, kinds)
    assert scan_figures.unit_table(found)["rows"][0] == ["教育局", "9", "2", "1", "1", "3", "0"]
    assert scan_figures.unit_bars(found) == [
        {"单位": "教育局", "等级": "停止", "提示项": 1},
        {"单位": "教育局", "等级": "高", "提示项": 3},
    ]
    assert scan_figures.quality(found, 0, 0) == ""
    assert scan_figures.quality(found, 2, 3) == "漏检件数不能多于复核件数。"
    assert scan_figures.quality(found, 10, 0).endswith("推算到没有须处理提示的 10 件，漏检约 0—3 件。")
    assert scan_figures.kind_table(found)["rows"] == [["手机号码", "高", "2", "40"]]
