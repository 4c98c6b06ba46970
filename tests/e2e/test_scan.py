"""Whole archives: every document once, killed runs resume, bad documents are named, unchanged ones are left alone."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from review import packs
from review.batch import finding, lock, planning, reporting, running
from review.batch.finding import Found
from review.errors import InputError
from review.store import manifest, open_store, scans

PHONE = "联系人手机13955801267。"
BAD = ("挂起.txt", "崩溃.txt", "吃内存.txt", "程序错误.txt")
CLEAN = "县政府召开会议，研究部署秋季防火工作。"


def fill(folder: Path, count: int) -> list[Found]:
    """Write texts, every third with a phone number, in folders of two units."""
    for number in range(count):
        unit = folder / ("民政局" if number % 2 else "教育局")
        unit.mkdir(exist_ok=True)
        words = f"第{number}号\n{PHONE if number % 3 == 0 else CLEAN}\n"
        (unit / f"2026-{number:05d}.txt").write_text(words, encoding="utf-8")
    return finding.collect([folder])


def run(folder: Path, home: Path, *extra: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from review.cli import main; main()", "scan", str(folder), "--name", "t", *extra]
    environment = {**os.environ, "REVIEW_HOME": str(home)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=280)


def test_scan_reports_and_second_scan_reads_only_what_changed(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    files = fill(folder, 30)
    (folder / "坏.docx").write_bytes(b"PK\x03\x04broken")
    first = run(folder, tmp_path / "home", "--workers", "2")
    assert first.returncode == 1, first.stderr
    assert "需检查 31 件" in first.stderr
    store = open_store(tmp_path / "home")
    outcomes = {outcome.path: outcome for outcome in manifest.results(store, "t")}
    assert len(outcomes) == 31
    assert all(outcome.attempts == 1 for outcome in outcomes.values())
    assert [Path(p).name for p, o in outcomes.items() if o.status == "failed"] == ["坏.docx"]
    flagged = [p for p, o in outcomes.items() if any(f["severity"] != "low" for f in json.loads(o.result)["flags"])]
    assert len(flagged) == 10
    page = (tmp_path / "home" / "scans" / "t" / "report.html").read_text(encoding="utf-8")
    assert "13955801267" not in page
    assert "教育局" in page
    Path(files[0].path).write_text(PHONE, encoding="utf-8")
    second = run(folder, tmp_path / "home")
    assert "需检查 1 件" in second.stderr


@pytest.mark.slow
def test_killed_scans_resume_and_bad_documents_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    fill(folder, 300)
    for name in BAD:
        (folder / name).write_text(CLEAN, encoding="utf-8")
    script = tmp_path / "driver.py"
    script.write_text(DRIVER, encoding="utf-8")
    command = [sys.executable, str(script), str(folder), str(tmp_path / "home")]
    for _ in range(2):
        child = subprocess.Popen(command, start_new_session=True)
        time.sleep(6)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    assert subprocess.run(command, timeout=240).returncode == 0
    store = open_store(tmp_path / "home")
    outcomes = list(manifest.results(store, "t"))
    assert len(outcomes) == 304
    assert {outcome.attempts for outcome in outcomes} == {1}
    failed = {Path(o.path).name: json.loads(o.result)["gaps"][0]["reason"] for o in outcomes if o.status == "failed"}
    assert set(failed) == set(BAD)
    assert "超时" in failed["挂起.txt"]
    assert "终止" in failed["崩溃.txt"]
    assert "内存" in failed["吃内存.txt"]
    assert "KeyError" in failed["程序错误.txt"]


DRIVER = """
import os, signal, sys, time
from pathlib import Path
from review import pipeline
from review.batch import planning, running
from review.store import open_store

real = pipeline.check

def check(data, name, engine, **options):
    time.sleep(0.02)
    if name == "挂起.txt":
        time.sleep(600)
    if name == "崩溃.txt":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "吃内存.txt":
        bytearray(64 << 30)
    if name == "程序错误.txt":
        raise KeyError("x")
    return real(data, name, engine, **options)

pipeline.check = check
store = open_store(Path(sys.argv[2]))
job = planning.Job(wall=3.0)
plan = planning.prepare(store, "t", [Path(sys.argv[1])], job)
running.scan(store, "t", plan.waiting, job, workers=2)
"""


@pytest.mark.slow
def test_dask_cluster_with_a_killed_worker(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    folder = tmp_path / "archive"
    folder.mkdir()
    fill(folder, 120)
    store = open_store(tmp_path / "home")
    job = planning.Job(wall=30.0)
    plan = planning.prepare(store, "t", [folder], job)
    import dask

    with (
        dask.config.set({"distributed.worker.daemon": False}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        killed = False

        def show(state: running.Progress) -> None:
            nonlocal killed
            if state.done >= 20 and not killed:
                killed = True
                worker = next(iter(cluster.workers.values()))
                os.kill(worker.pid, signal.SIGKILL)

        end = running.scan(store, "t", plan.waiting, job, cluster=cluster.scheduler_address, on_progress=show)
    assert killed
    assert (end.done, end.failed) == (120, 0)
    assert {outcome.attempts for outcome in manifest.results(store, "t")} == {1}


def test_a_killed_scan_leaves_no_process_behind(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    fill(folder, 4)
    (folder / "挂起.txt").write_text(CLEAN, encoding="utf-8")
    script = tmp_path / "driver.py"
    script.write_text(DRIVER.replace("wall=3.0", "wall=500.0"), encoding="utf-8")
    child = subprocess.Popen([sys.executable, str(script), str(folder), str(tmp_path / "home")])
    for _ in range(300):
        if workers := below(child.pid):
            break
        time.sleep(0.1)
    assert workers
    child.kill()  # the driver alone: its children must follow by themselves
    child.wait()
    for _ in range(100):
        if not any(alive(pid) for pid in workers):
            break
        time.sleep(0.1)
    assert not any(alive(pid) for pid in workers)


def below(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


# ------------------------------------------------------------------------------------------------ what is read again


def plan(home: Path, folder: Path, **options: bool) -> tuple[list[str], bool]:
    """Return the names that would be read, and whether nothing has changed; marks all as done."""
    store = open_store(home)
    found = planning.prepare(store, "t", [folder], planning.Job(), **options)
    for file in found.waiting:
        sha256 = hashlib.sha256(Path(file.path).read_bytes()).hexdigest()
        manifest.record(store, "t", [manifest.Outcome(file.key, sha256, manifest.DONE, "{}", file.stamp)])
    scans.end(store, "t", found.listing)
    return [Path(file.key).name for file in found.waiting], found.settled


def test_only_new_and_changed_files_are_read_again(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "archive"
    folder.mkdir()
    for name in ("a.txt", "b.txt", "c.txt"):
        (folder / name).write_text(CLEAN, encoding="utf-8")
    assert plan(home, folder) == (["a.txt", "b.txt", "c.txt"], False)
    assert plan(home, folder) == ([], True)
    (folder / "b.txt").touch()  # a new time, the same content
    assert plan(home, folder) == ([], False)
    assert plan(home, folder) == ([], True)
    (folder / "c.txt").write_text(PHONE, encoding="utf-8")
    (folder / "d.txt").write_text(PHONE, encoding="utf-8")
    assert plan(home, folder) == (["c.txt", "d.txt"], False)
    (folder / "a.txt").unlink()
    assert plan(home, folder) == ([], False)


def test_a_file_whose_time_was_set_back_is_read_again(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "archive"
    folder.mkdir()
    file = folder / "a.txt"
    file.write_text("联系人手机13955801267。", encoding="utf-8")
    plan(home, folder)
    before = file.stat()
    with file.open("r+", encoding="utf-8") as opened:  # same size, same inode
        opened.write("联系人手机13955801268。")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert plan(home, folder) == (["a.txt"], False)


def test_rehash_compares_contents_and_retry_takes_failed_ones(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "archive"
    folder.mkdir()
    (folder / "a.txt").write_text(CLEAN, encoding="utf-8")
    (folder / "b.txt").write_text(CLEAN, encoding="utf-8")
    plan(home, folder)
    store = open_store(home)
    key = str(folder / "a.txt")
    stamp = manifest.tried(store, "t")[key].stamp
    manifest.record(store, "t", [manifest.Outcome(key, "another content", manifest.DONE, "{}", stamp)])
    assert plan(home, folder) == ([], True)
    assert plan(home, folder, rehash=True) == (["a.txt"], False)
    manifest.record(store, "t", [manifest.Outcome(key, "", manifest.FAILED, "{}", stamp)])
    assert plan(home, folder) == ([], True)
    assert plan(home, folder, retry=True) == (["a.txt"], False)


def test_new_rules_or_another_target_read_everything_again(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "a.txt").write_text(CLEAN, encoding="utf-8")
    store = open_store(tmp_path / "home")
    for job, wanted in (
        (planning.Job(), 1),
        (planning.Job(), 0),
        (planning.Job(target="门户网站"), 1),
        (planning.Job(extra=(own_rules(tmp_path),)), 1),
    ):
        found = planning.prepare(store, "t", [folder], job)
        assert len(found.waiting) == wanted
        done = [manifest.Outcome(file.key, "x", manifest.DONE, "{}", file.stamp) for file in found.waiting]
        manifest.record(store, "t", done)


def own_rules(folder: Path) -> Path:
    (folder / "unit" / "lexicons").mkdir(parents=True)
    (folder / "unit" / "lexicons" / "own.txt").write_text(
        "# title: 本单位\n# source: 本单位\n# licence: CC0\n甲乙丙\n", encoding="utf-8"
    )
    return folder / "unit"


def test_the_edition_names_the_pack_that_is_loaded(tmp_path: Path) -> None:
    extra = (own_rules(tmp_path),)
    assert packs.digest() == packs.load().digest
    assert packs.digest(extra=extra) == packs.load(extra=extra).digest
    assert packs.digest(extra=extra) != packs.digest()


def test_names_that_are_not_utf8_are_read_and_reported(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    old = os.fsencode(folder) + b"/" + "公示".encode("gb18030") + b".txt"
    broken = os.fsencode(folder) + b"/\xff\xff.txt"
    for path in (old, broken):
        with open(path, "wb") as file:
            file.write(PHONE.encode())
    found = finding.collect([folder])
    assert [Path(file.key).name for file in found] == ["\\xff\\xff.txt", "公示.txt"]
    store = open_store(tmp_path / "home")
    ready = planning.prepare(store, "t", [folder], planning.Job())
    assert running.scan(store, "t", ready.waiting, planning.Job()) == running.Progress(2, 2, 0, 2)


# ------------------------------------------------------------------------------------------------ one at a time


def test_one_run_of_a_scan_at_a_time(tmp_path: Path) -> None:
    holder = (
        "import sys, time; from pathlib import Path; from review.batch import lock\n"
        "with lock.held(Path(sys.argv[1]), 't'): print('held', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", holder, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    assert lock.runner(tmp_path, "t") == child.pid
    with pytest.raises(InputError, match="正在进行"), lock.held(tmp_path, "t"):
        pass
    child.kill()
    child.wait()
    assert lock.runner(tmp_path, "t") is None
    with lock.held(tmp_path, "t"):
        pass


@pytest.mark.parametrize("name", ["", "../a", "a/b", ".a", "-a", "a\n", "x" * 65])
def test_a_scan_cannot_be_named_like_a_place(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="扫描名"):
        lock.folder(tmp_path, name)


# ------------------------------------------------------------------------------------------------ reports


def test_a_scan_without_news_keeps_its_report_and_reads_nothing(tmp_path: Path) -> None:
    folder, home = tmp_path / "archive", tmp_path / "home"
    folder.mkdir()
    fill(folder, 6)
    assert run(folder, home).returncode == 1
    page = home / "scans" / "t" / reporting.PAGE
    before = page.stat().st_mtime_ns
    again = run(folder, home)
    assert (again.returncode, page.stat().st_mtime_ns) == (1, before)
    assert "需检查 0 件" in again.stderr
    drawn = run(folder, home, "--sample", "2")
    assert "与上次相比" not in drawn.stdout  # drawn again, it is still the first
    assert "随机 2 件" in page.read_text(encoding="utf-8")
    refused = run(folder, home, "--reviewed", str(folder / "2026-00000.txt"))
    assert refused.returncode == 2
