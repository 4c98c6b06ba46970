"""``review eval`` and ``review train``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from review import evaluation, paths, pipeline
from review.exporters.reports import CATEGORY_NAMES


def evaluate(
    folder: Annotated[Path, typer.Argument(help="带标注文本的文件夹（*.txt、*.jsonl）。", show_default=False)],
    show: Annotated[int, typer.Option(help="列出前几处漏报和误报（只列编号和规则，不显示原文）。")] = 0,
    json_: Annotated[Path | None, typer.Option("--json", help="把结果另存为 JSON。")] = None,
) -> None:
    """在带标注的文本上测量：各类型查全率、误报、可公开件是否放过。

    例：review eval data/samples/source
    """
    texts = evaluation.load(folder)
    engine = pipeline.engine()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("评测", total=len(texts))
        score = evaluation.evaluate(texts, engine, lambda: progress.advance(task))
    if json_:
        json_.write_text(json.dumps(dataclasses.asdict(score), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _print(score, engine.pack.types)
    for title, rows in (("漏报", score.misses), ("误报", score.alarms)):
        for text_id, what in rows[:show]:
            typer.echo(f"{title}：{text_id} {what}")


def _print(score: evaluation.Score, names: Mapping[str, str]) -> None:
    console = Console()
    table = Table(title=f"{score.documents} 件，{score.chars} 字")
    for column in ("类型", "找到", "应找到", "查全率"):
        table.add_column(column, justify="right" if column != "类型" else "left")
    for kind, pair in score.by_type.items():
        table.add_row(f"{names.get(kind, kind)}　{kind}", str(pair[0]), str(pair[1]), f"{evaluation.share(pair):.3f}")
    for category, pair in score.by_category.items():
        table.add_row(
            f"[bold]{CATEGORY_NAMES[category]}[/]", str(pair[0]), str(pair[1]), f"{evaluation.share(pair):.3f}"
        )
    console.print(table)
    for title, pair in (
        ("须处理提示的查准率", score.flags),
        ("可公开件未误报", score.lawful),
        ("有问题件至少找到一处", score.leaking),
        ("有问题件全部找到", score.complete),
    ):
        console.print(f"{title}：{pair[0]}/{pair[1]} = {evaluation.share(pair):.3f}")
    console.print(f"总查全率：{score.recall:.3f}　误报：每万字 {score.alarms_per_10k:.2f} 处 {dict(score.alarm_types)}")


def train(
    name: Annotated[str, typer.Argument(help="模型名，如 passages、passages-mini。", show_default=False)],
    corpus: Annotated[Path, typer.Option(help="训练语料文件夹。")] = paths.CORPUS,
    out: Annotated[Path, typer.Option(help="写到哪个模型文件夹。")] = paths.MODELS,
    benign: Annotated[list[Path] | None, typer.Option(help="另加的公开文本（不随项目提交），可重复。")] = None,
) -> None:
    """训练模型并登记校验值；同样的语料两次训练得到相同的校验值。

    例：review train passages-mini --out /tmp/models
    """
    from review.training import product

    folder = product.train(name, out, corpus=corpus, benign=tuple(benign or ()))
    typer.echo(f"已训练 {name}，写入 {folder}，校验值已登记。")
