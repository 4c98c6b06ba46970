"""``review scan``: whole folders, resumable."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from review import batch, files, paths
from review.cli.baseline import Baseline, WriteBaseline, told, write
from review.cli.baseline import read as read_baseline
from review.cli.check import exit_code
from review.exporters import scans
from review.store import manifest, open_store
from review.types import Severity


def scan(
    folders: Annotated[list[Path], typer.Argument(help="文件夹。", show_default=False)],
    workers: Annotated[int, typer.Option(help="同时检查几件。", min=1)] = max(1, (os.cpu_count() or 1)),
    cluster: Annotated[str, typer.Option(help="Dask 调度器地址，如 tcp://10.0.0.5:8786。")] = "",
    name: Annotated[str, typer.Option(help="扫描名；同名再扫只检查新增、改动和规则变化的文件。")] = "",
    report: Annotated[Path | None, typer.Option(help="报告文件夹；默认在数据文件夹的 scans/ 下。")] = None,
    target: Annotated[str, typer.Option(help="拟公开的方式和范围。")] = "",
    wall: Annotated[float, typer.Option(help="每件最多多少秒。")] = 120.0,
    sample: Annotated[int, typer.Option(help="随机抽出多少件未提示的文件供人工复核。")] = 0,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = False,
) -> None:
    """专项检查：扫描文件夹里的全部文件，可随时中断，再次运行接着做；坏文件记名，不影响其他文件。

    例：review scan /srv/网站存量 --name 2026专项检查 --workers 2
    """
    known = frozenset() if write_baseline else read_baseline(baseline)
    name = name or hashlib.sha256(json.dumps([str(f.resolve()) for f in folders]).encode()).hexdigest()[:12]
    job = batch.Job(target=target, wall=wall)
    found = batch.collect(folders)
    store = open_store(paths.home())
    waiting = batch.prepare(store, name, found, job)
    console = Console(stderr=True)
    console.print(f"共 {len(found)} 件，需检查 {len(waiting)} 件，其余未变动。扫描名：{name}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("检查", total=len(waiting))

        def show(state: batch.Progress) -> None:
            words = f"检查　有提示 {state.flagged}，未能检查 {state.failed}"
            bar.update(task, completed=state.done, description=words)

        batch.scan(store, name, waiting, job, workers=workers, cluster=cluster, on_progress=show)
    there = {str(path) for path in found}
    outcomes = [json.loads(outcome.result) for outcome in manifest.results(store, name) if outcome.path in there]
    folder = report or paths.home() / "scans" / name
    folder.mkdir(parents=True, exist_ok=True)
    before = scans.load(folder / "latest.jsonl")
    summary = scans.summarise(outcomes, [f.resolve() for f in folders], before)
    chosen = scans.sample(outcomes, sample, seed=name)
    if outcomes != before or sample:  # else the last report still tells how things stand, and since when
        stamp = datetime.now().astimezone().strftime("%Y年%m月%d日 %H:%M")
        files.write_all(
            {
                folder / "report.html": scans.to_html(summary, name, stamp, chosen).encode(),
                folder / "report.xlsx": scans.to_xlsx(summary, outcomes, chosen),
                folder / "latest.jsonl": scans.to_jsonl(outcomes).encode(),
            }
        )
    typer.echo(
        f"已检查 {len(outcomes)} 件：有须处理提示 {summary.flagged} 件，未能检查 {summary.unread} 件；"
        f"与上次相比新增 {summary.new} 处，消失 {summary.gone} 处。报告：{folder / 'report.html'}"
    )
    if write_baseline:
        typer.echo(f"基线已写入 {write(baseline, outcomes)} 处：{baseline}", err=True)
        raise typer.Exit(0)
    if baseline:
        typer.echo(told(outcomes, known), err=True)
    raise typer.Exit(exit_code(outcomes, Severity.MEDIUM, known))
