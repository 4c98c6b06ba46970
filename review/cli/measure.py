"""``review eval`` and ``review train``."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from review import evaluation, paths, pipeline, sandbox
from review.cli.check import files_of, read_bytes
from review.errors import InputError
from review.exporters.reports import CATEGORY_NAMES


def evaluate(
    folders: Annotated[list[Path], typer.Argument(help="带标注文本的文件夹（*.txt、*.jsonl）。", show_default=False)],
    show: Annotated[int, typer.Option(help="列出前几处漏报和误报（只列编号和规则，不显示原文）。")] = 0,
    json_: Annotated[Path | None, typer.Option("--json", help="把结果另存为 JSON。")] = None,
    every: Annotated[int, typer.Option(min=1, help="约每几件取一件（按内容抽取）。")] = 1,
    baseline: Annotated[Path | None, typer.Option(help="与基线文件比较，退步就以退出码 1 结束。")] = None,
    update: Annotated[bool, typer.Option("--update", help="把本次结果写成基线文件，不比较。")] = False,
    model: Annotated[str, typer.Option(help="只测这个模型（如 passages），文件夹中要有 *.jsonl 段落。")] = "",
) -> None:
    """在带标注的文本上测量：各类型查全率、误报、可公开件是否放过。

    例：review eval data/samples/source　　review eval data/corpus --every 10 --baseline data/baseline.json

    review eval 我的段落/ --model passages
    """
    if model:
        for folder in folders:
            _evaluate_model(model, folder, json_)
        return
    if update and baseline is None:
        raise InputError("--update 要和 --baseline 文件 一起用。")
    texts = evaluation.sample([text for folder in folders for text in evaluation.load(folder)], every)
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
    if baseline is not None:
        now = evaluation.baseline(score, texts, [folder.as_posix() for folder in folders], every)
        _compare(now, baseline, update=update)


def _compare(now: evaluation.Baseline, path: Path, *, update: bool) -> None:
    if update:
        path.write_text(json.dumps(dataclasses.asdict(now), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        typer.echo(f"已写入基线：{path}")
        return
    fell = evaluation.worse(now, evaluation.read_baseline(path))
    for line in fell:
        typer.echo(f"退步：{line}", err=True)
    if fell:
        raise typer.Exit(1)
    typer.echo("与基线相比没有退步。")


def _evaluate_model(name: str, folder: Path, json_: Path | None) -> None:
    from review.training import product

    figures = product.measure_on(name, folder)
    if json_:
        json_.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    typer.echo(f"模型 {name}：AUC {figures['auc']:.3f}")
    for title, key in (
        ("高门槛查全", "recall"),
        ("低门槛查全", "recall_low"),
        ("可公开段落被误报", "alarms"),
        ("孪生排序正确", "twin_order"),
    ):
        found, total = figures[key]
        typer.echo(f"{title}：{found}/{total} = {evaluation.share((found, total)):.3f}")
    for kind, (found, of, flagged, passed) in figures["by_type"].items():
        typer.echo(f"{kind}\t查全 {found}/{of}\t误报 {flagged}/{passed}")


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


def _normalised(path: Path) -> str:
    return pipeline.read(read_bytes(path), path.name)[2].text


def train(
    name: Annotated[str, typer.Argument(help="模型名，如 passages、passages-mini、names。", show_default=False)],
    corpus: Annotated[Path, typer.Option(help="训练语料文件夹。")] = paths.CORPUS,
    out: Annotated[Path, typer.Option(help="写到哪个模型文件夹。")] = paths.MODELS,
    benign: Annotated[list[Path] | None, typer.Option(help="另加的公开文本（不随项目提交），可重复。")] = None,
    feedback: Annotated[Path | None, typer.Option(help="审查意见样本（review case feedback 导出）。")] = None,
    dev: Annotated[Path, typer.Option(help="有 --feedback 时，前后对比所用的带标注文本。")] = paths.SAMPLES / "source",
    sources: Annotated[Path | None, typer.Option(help="names 的训练资料文件夹（不随项目提交），见模型卡。")] = None,
    suggest: Annotated[int, typer.Option(help="不训练，列出最值得标注的几段（来自 --texts），用于下一轮训练。")] = 0,
    texts: Annotated[list[Path] | None, typer.Option(help="未标注的文稿文件或文件夹，与 --suggest 同用。")] = None,
) -> None:
    """训练模型并登记校验值；同样的语料两次训练得到相同的校验值。

    例：review train passages-mini --out /tmp/models　　review train passages --suggest 20 --texts 旧稿/

    有 --feedback 时须另给 --out：训练出的是候选模型，列出前后对比，不自动启用。
    """
    if name == "names":
        folder = _train_names(out, corpus, sources)
        typer.echo(f"已训练 {name}，写入 {folder}，校验值已登记。")
        return
    from review.training import product

    if suggest:
        if not texts:
            raise InputError("--suggest 需要用 --texts 给出未标注的文稿。")
        read = [sandbox.run(_normalised, path) for path in files_of(texts)]
        for passage in product.suggestions(name, read, suggest, out):
            typer.echo(passage)
        return
    if feedback:
        _candidate(name, out, corpus, tuple(benign or ()), feedback, dev)
        return
    folder = product.train(name, out, corpus=corpus, benign=tuple(benign or ()))
    typer.echo(f"已训练 {name}，写入 {folder}，校验值已登记。")


def _candidate(name: str, out: Path, corpus: Path, benign: tuple[Path, ...], feedback: Path, dev: Path) -> None:
    """Train beside the models in force and show both on the same texts; nothing switches by itself."""
    from review.training import product

    if out.resolve() == paths.MODELS.resolve() or (out.exists() and any(out.iterdir())):
        raise InputError("请用 --out 指定一个新的文件夹存放候选模型，不能覆盖正在使用的模型。")
    if not feedback.is_file():
        raise InputError(f"没有这个样本文件：{feedback}")
    texts = evaluation.load(dev)
    shutil.copytree(paths.MODELS, out, dirs_exist_ok=True)
    product.train(name, out, corpus=corpus, benign=benign, decisions=feedback)
    before, after = (
        evaluation.evaluate(texts, pipeline.engine(models_folder=folder)) for folder in (paths.MODELS, out)
    )
    table = Table(title=f"{before.documents} 件，{before.chars} 字：启用前后对比")
    for column in ("指标", "现用模型", "候选模型"):
        table.add_column(column, justify="left" if column == "指标" else "right")
    for title, one, other in _compared(before, after):
        table.add_row(title, one, other)
    Console().print(table)
    typer.echo(f"候选模型在 {out}，没有启用。核对无误后，由管理员以它替换 models 文件夹，重新启动后生效。")


def _compared(before: evaluation.Score, after: evaluation.Score) -> list[tuple[str, str, str]]:
    def pair(values: tuple[int, int]) -> str:
        return f"{values[0]}/{values[1]}"

    return [
        ("总查全率", f"{before.recall:.3f}", f"{after.recall:.3f}"),
        ("须处理提示的查准", pair(before.flags), pair(after.flags)),
        ("可公开件未误报", pair(before.lawful), pair(after.lawful)),
        ("有问题件全部找到", pair(before.complete), pair(after.complete)),
        ("误报（每万字）", f"{before.alarms_per_10k:.2f}", f"{after.alarms_per_10k:.2f}"),
    ]


def _train_names(out: Path, corpus: Path, sources: Path | None) -> Path:
    if sources is None:
        raise InputError("训练 names 需要用 --sources 给出训练资料文件夹，内容见模型卡“数据”一节。")
    try:
        from review.training import names
    except ModuleNotFoundError:
        raise InputError("训练 names 需要另装训练组件：uv sync --group train。") from None
    return names.train("names", out, corpus=corpus, sources=sources, report=typer.echo)
