"""``review scan``: whole folders, resumable."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from review import paths
from review.batch import lock, planning, reporting
from review.cli.baseline import Baseline, WriteBaseline, told, write
from review.cli.baseline import read as read_baseline
from review.store import Store, open_store, scans

if TYPE_CHECKING:
    from review.batch.planning import Job, Plan


def scan(
    folders: Annotated[list[Path], typer.Argument(help="文件夹。", show_default=False)],
    workers: Annotated[int, typer.Option(help="同时检查几件。", min=1)] = max(1, (os.cpu_count() or 1)),
    cluster: Annotated[str, typer.Option(help="Dask 调度器地址，如 tcp://10.0.0.5:8786。")] = "",
    name: Annotated[str, typer.Option(help="扫描名；同名再扫只检查新增、改动和规则变化的文件。")] = "",
    report: Annotated[Path | None, typer.Option(help="报告文件夹；默认在数据文件夹的 scans/ 下。")] = None,
    target: Annotated[str, typer.Option(help="拟公开的方式和范围。")] = "",
    wall: Annotated[float, typer.Option(help="每件最多多少秒。")] = 120.0,
    rehash: Annotated[bool, typer.Option("--rehash", help="重新读出每个文件来比对，不凭大小和时间判断。")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="上次未能检查的文件再试一次。")] = False,
    sample: Annotated[int, typer.Option(help="随机抽出多少件没有须处理提示的文件，供人工复核。", min=0)] = 0,
    reviewed: Annotated[Path | None, typer.Option(help="填好的抽样复核表（report.xlsx），在报告中估计漏检率。")] = None,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = False,
    actor: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """专项检查：扫描文件夹里的全部文件，可随时中断，再次运行接着做；坏文件记名，不影响其他文件。

    例：review scan /srv/网站存量 --name 2026专项检查 --workers 2
    """
    known = frozenset() if write_baseline else read_baseline(baseline)
    name = name or hashlib.sha256(json.dumps([str(f.resolve()) for f in folders]).encode()).hexdigest()[:12]
    home = paths.home()
    folder = report or lock.folder(home, name)
    own = home / paths.UNIT
    job = planning.Job(target=target, wall=wall, extra=(own,) if own.is_dir() else ())
    store = open_store(home)
    with lock.held(home, name):
        plan = planning.prepare(store, name, folders, job, actor=actor, rehash=rehash, retry=retry)
        typer.echo(
            f"共 {len(plan.found)} 件，需检查 {len(plan.waiting)} 件，其余未变动。扫描名：{name}",
            err=True,
        )
        if plan.waiting:
            _check(store, name, plan, job, workers, cluster)
        told_before = reporting.figures(folder) if plan.settled and not (sample or reviewed) else None
        if told_before:
            found = told_before.brief
        else:
            keys = [file.key for file in plan.found]
            last = scans.get(store, name)
            found = reporting.write(
                store,
                name,
                folder,
                keys=keys,
                roots=last.folders if last else (),
                genres=planning.genres(job),
                sample=sample,
                reviewed=reviewed,
            )
            scans.end(store, name, plan.listing)
    typer.echo(f"{found.sentence}。报告：{folder / reporting.PAGE}")
    if baseline is None:
        raise typer.Exit(found.exit)
    _against(baseline, known, list(reporting.rows(store, name, [file.key for file in plan.found])), write_baseline)


def _against(baseline: Path, known: frozenset[str], outcomes: list[dict[str, object]], write_baseline: bool) -> None:
    from review.cli.check import exit_code
    from review.types import Severity

    if write_baseline:
        typer.echo(f"基线已写入 {write(baseline, outcomes)} 处：{baseline}", err=True)
        raise typer.Exit(0)
    typer.echo(told(outcomes, known), err=True)
    raise typer.Exit(exit_code(outcomes, Severity.MEDIUM, known))


def _check(store: Store, name: str, plan: Plan, job: Job, workers: int, cluster: str) -> None:
    """Run with a progress bar where somebody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    from review.batch import running

    class Rate(ProgressColumn):
        """Documents a second."""

        def render(self, task: object) -> Text:
            speed = getattr(task, "finished_speed", None) or getattr(task, "speed", None)
            return Text(f"{speed:.1f} 件/秒" if speed else "")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("检查", total=len(plan.waiting))

        def show(state: running.Progress) -> None:
            words = f"检查　有提示 {state.flagged}，未能检查 {state.failed}"
            bar.update(task, completed=state.done, description=words)

        running.scan(store, name, plan.waiting, job, workers=workers, cluster=cluster, on_progress=show)
