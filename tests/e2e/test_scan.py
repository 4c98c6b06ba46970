"""Whole archives: every document once, killed runs resume, bad documents are named, unchanged ones are left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from review import batch
from review.exporters import scans
from review.store import manifest, open_store

PHONE = "联系人手机13955801267。"
CLEAN = "县政府召开会议，研究部署秋季防火工作。"


def fill(folder: Path, count: int) -> list[Path]:
    """Write texts, every third with a phone number, in folders of two units."""
    for number in range(count):
        unit = folder / ("民政局" if number % 2 else "教育局")
        unit.mkdir(exist_ok=True)
        words = f"第{number}号\n{PHONE if number % 3 == 0 else CLEAN}\n"
        (unit / f"2026-{number:05d}.txt").write_text(words, encoding="utf-8")
    return batch.collect([folder])


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
    files[0].write_text(PHONE, encoding="utf-8")
    second = run(folder, tmp_path / "home")
    assert "需检查 1 件" in second.stderr


@pytest.mark.slow
def test_killed_scans_resume_and_bad_documents_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    fill(folder, 300)
    for name in ("挂起.txt", "崩溃.txt", "吃内存.txt"):
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
    assert len(outcomes) == 303
    assert {outcome.attempts for outcome in outcomes} == {1}
    failed = {Path(o.path).name: json.loads(o.result)["gaps"][0]["reason"] for o in outcomes if o.status == "failed"}
    assert set(failed) == {"挂起.txt", "崩溃.txt", "吃内存.txt"}
    assert "超时" in failed["挂起.txt"]
    assert "终止" in failed["崩溃.txt"]
    assert "内存" in failed["吃内存.txt"]


DRIVER = """
import os, signal, sys, time
from pathlib import Path
from review import batch, pipeline
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
    return real(data, name, engine, **options)

pipeline.check = check
store = open_store(Path(sys.argv[2]))
job = batch.Job(wall=3.0)
waiting = batch.prepare(store, "t", batch.collect([Path(sys.argv[1])]), job)
batch.scan(store, "t", waiting, job, workers=2)
"""


@pytest.mark.slow
def test_dask_cluster_with_a_killed_worker(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    folder = tmp_path / "archive"
    folder.mkdir()
    files = fill(folder, 120)
    store = open_store(tmp_path / "home")
    job = batch.Job(wall=30.0)
    waiting = batch.prepare(store, "t", files, job)
    import dask

    with (
        dask.config.set({"distributed.worker.daemon": False}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        killed = False

        def show(state: batch.Progress) -> None:
            nonlocal killed
            if state.done >= 20 and not killed:
                killed = True
                worker = next(iter(cluster.workers.values()))
                os.kill(worker.pid, signal.SIGKILL)

        end = batch.scan(store, "t", waiting, job, cluster=cluster.scheduler_address, on_progress=show)
    assert killed
    assert (end.done, end.failed) == (120, 0)
    assert {outcome.attempts for outcome in manifest.results(store, "t")} == {1}


def test_miss_rate_interval() -> None:
    assert scans.miss_rate(0, 0) == (0.0, 0.0, 1.0)
    rate, low, high = scans.miss_rate(3, 300)
    assert rate == pytest.approx(0.01)
    assert low == pytest.approx(0.0034, abs=2e-4)
    assert high == pytest.approx(0.0290, abs=2e-4)
