"""The acceptance scan: python -m tests.bench.scans [DOCUMENTS] [CLUSTER_DOCUMENTS] [FOLDER]

Scans a made-up archive of mixed formats, killed twice with -9 and resumed, then once more unchanged; then parts of it
with one worker and with two; then on a two-worker Dask cluster of which one worker is killed. Prints what was
measured as a table, and fails where a document is missing, recorded twice, or a bad one is not named.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from review.batch import finding, planning, running
from review.store import manifest, open_store
from tests.bench.scans.archive import BAD, make
from tests.bench.scans.driver import WALL


def main() -> None:
    """Run all parts and print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    clustered = int(sys.argv[2]) if len(sys.argv) > 2 else count
    base = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(tempfile.mkdtemp(prefix="scan-"))
    folder, home = base / "archive", base / "home"
    with figure("生成文件"):
        make(folder, count)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    say("文件", f"{count} 件，{size / 1e6:.1f} MB")
    whole(folder, home, count)
    for what, pattern in (("数据库", "review.db*"), ("报告", "scans/*/*")):
        grown = sum(path.stat().st_size for path in home.glob(pattern))
        say(what, f"{grown / 1e6:.1f} MB，每件 {grown / count:.0f} 字节")
    some = min(1_000, count // 2)
    for workers in (1, 2):
        part = subset(folder, base / f"part{workers}", some)
        wall, cpu = scan(part, base / f"home{workers}", "part", workers)
        say(f"{workers} 个进程", f"{some / wall:.0f} 件/秒（墙钟），每件 CPU {cpu / some * 1e3:.1f} 毫秒")
    make(base / "cluster", clustered)
    cluster(base / "cluster", base / "home-cluster", clustered)
    shutil.rmtree(base)


def say(what: str, value: str) -> None:
    """Print one row of the table."""
    print(f"| {what} | {value} |", flush=True)


@contextmanager
def figure(what: str) -> Iterator[None]:
    """Print how long a step took."""
    begun = time.monotonic()
    yield
    say(what, f"{time.monotonic() - begun:.1f} 秒")


def start(folder: Path, home: Path, name: str, workers: int) -> subprocess.Popen[bytes]:
    """Begin a scan in a session of its own."""
    command = [sys.executable, "-m", "tests.bench.scans.driver", str(folder), name, str(workers)]
    environment = {**os.environ, "REVIEW_HOME": str(home)}
    return subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)


def scan(folder: Path, home: Path, name: str, workers: int) -> tuple[float, float]:
    """Run a scan to its end; returns wall and CPU seconds."""
    before, begun = _cpu(), time.monotonic()
    if start(folder, home, name, workers).wait() != 0:
        raise SystemExit("扫描没有正常结束")
    return time.monotonic() - begun, _cpu() - before


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def whole(folder: Path, home: Path, count: int) -> None:
    """Kill a scan twice with -9, let it end, and scan again."""
    begun, before = time.monotonic(), _cpu()
    for stop in (1, 2):
        child = start(folder, home, "all", 2)
        while child.poll() is None and recorded(home) < count * stop // 4:
            time.sleep(1.0)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        say(f"第 {stop} 次 kill -9 时已记录", f"{recorded(home)} 件")
    scan(folder, home, "all", 2)
    wall = time.monotonic() - begun
    bad = _outcomes(home, "all", count)
    say("首次扫描（含两次被杀）", f"{wall:.0f} 秒，{count / wall:.0f} 件/秒，CPU {_cpu() - before:.0f} 秒")
    say("每件记录次数", "1")
    say("坏文件", bad)
    again = rescan(folder, home)
    say("再次扫描（无改动）", f"{again:.1f} 秒，快 {wall / again:.0f} 倍")
    moved = next(Path(file.path) for file in finding.collect([folder]) if Path(file.path).suffix == ".txt")
    moved.write_text(f"{moved.read_text('utf-8')}补充一句。", encoding="utf-8")
    again = rescan(folder, home)
    say("再次扫描（改动一件）", f"{again:.1f} 秒，快 {wall / again:.0f} 倍")


def _outcomes(home: Path, name: str, count: int) -> str:
    """Every document is recorded once, and the bad ones and no others failed: return them with the reasons."""
    outcomes = list(manifest.results(open_store(home), name))
    failed = {
        Path(one.path).name: json.loads(one.result)["gaps"][0]["reason"] for one in outcomes if one.status != "done"
    }
    assert len(outcomes) == count, len(outcomes)
    assert {one.attempts for one in outcomes} == {1}
    assert set(failed) == set(BAD), failed
    return "；".join(f"{name}：{why}" for name, why in sorted(failed.items()))


def rescan(folder: Path, home: Path) -> float:
    """Run the command itself over what is scanned already; returns wall seconds."""
    begun = time.monotonic()
    command = [sys.executable, "-c", "from review.cli import main; main()", "scan", str(folder), "--name=all"]
    environment = {**os.environ, "REVIEW_HOME": str(home)}
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begun


def recorded(home: Path) -> int:
    """How many documents the manifest holds as done or failed."""
    if not (home / "review.db").exists():
        return 0
    counts = manifest.counts(open_store(home), "all")
    return counts["done"] + counts["failed"]


def subset(folder: Path, target: Path, count: int) -> Path:
    """Copy the first ``count`` good documents."""
    chosen = [Path(file.path) for file in finding.collect([folder]) if Path(file.path).name not in BAD][:count]
    for path in chosen:
        copy = target / path.relative_to(folder.resolve())
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return target


def cluster(folder: Path, home: Path, count: int) -> None:
    """Scan on two Dask workers, one of which is killed at a quarter; the bad documents are among the others."""
    import dask
    import distributed

    store, job = open_store(home), planning.Job(wall=WALL)
    waiting = planning.prepare(store, "cluster", [folder], job).waiting
    with (
        dask.config.set({"distributed.worker.daemon": False}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, preload=["tests.bench.scans.driver"]
        ) as workers,
    ):
        killed: list[int] = []

        def show(state: running.Progress) -> None:
            if state.done >= count // 4 and not killed:
                killed.append(next(iter(workers.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        begun = time.monotonic()
        end = running.scan(store, "cluster", waiting, job, cluster=workers.scheduler_address, on_progress=show)
        wall = time.monotonic() - begun
    assert killed
    assert (end.done, end.failed) == (count, len(BAD)), end
    bad = _outcomes(home, "cluster", count)
    say(
        "两个 Dask 工作进程、杀掉其一",
        f"{count} 件全部记录一次，{wall:.0f} 秒，{count / wall:.0f} 件/秒；坏文件：{bad}",
    )


if __name__ == "__main__":
    main()
