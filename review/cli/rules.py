"""``review rules check|list|show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from review import evaluation, packs, pipeline
from review.errors import InputError
from review.exporters.reports import ACTION_NAMES, CATEGORY_NAMES, SEVERITY_NAMES
from review.paths import RULES
from review.types import CATEGORIES

app = typer.Typer(help="规则：检查、列出、查看。", no_args_is_help=True)

Folder = Annotated[Path, typer.Option("--folder", help="规则文件夹。")]
Extra = Annotated[list[Path] | None, typer.Option("--extra", help="本单位附加规则文件夹，可重复。")]


@app.command("list")
def list_rules(
    folder: Folder = RULES,
    extra: Extra = None,
    genres: Annotated[bool, typer.Option("--genres", help="列出文种。")] = False,
) -> None:
    """列出全部规则（或文种）。

    例：review rules list　　review rules list --genres
    """
    pack = packs.load(folder, extra=tuple(extra or ()))
    table = Table(title=f"{pack.id} {pack.version}　规则 {len(pack.rules)} 条，文种 {len(pack.genres)} 个")
    if genres:
        for column in ("标识", "文种", "公开范围", "期限"):
            table.add_column(column)
        for genre in pack.genres.values():
            table.add_row(genre.id, genre.title, genre.scope, genre.duration)
    else:
        for column in ("标识", "名称", "类别", "类型", "等级", "建议", "状态"):
            table.add_column(column)
        for rule in pack.rules:
            table.add_row(
                rule.ref,
                rule.title,
                CATEGORY_NAMES[CATEGORIES[rule.type[:2]]],
                pack.types.get(rule.type, rule.type),
                SEVERITY_NAMES[rule.severity],
                ACTION_NAMES[rule.action],
                rule.status,
            )
    Console().print(table)


@app.command("show")
def show(
    rule_id: Annotated[str, typer.Argument(help="规则标识。", show_default=False)],
    folder: Folder = RULES,
    extra: Extra = None,
) -> None:
    """查看一条规则：说明、依据和示例。

    例：review rules show state_secret.classification_mark
    """
    pack = packs.load(folder, extra=tuple(extra or ()))
    rule = next((r for r in pack.rules if rule_id in (r.id, r.ref)), None)
    if rule is None:
        raise InputError(f"没有这条规则：{rule_id}。全部规则见 review rules list。")
    console = Console()
    console.print(f"[bold]{escape(rule.title)}[/]　{rule.ref}　{rule.status}")
    console.print(f"类型：{pack.types.get(rule.type, rule.type)}　等级：{SEVERITY_NAMES[rule.severity]}")
    console.print(f"说明：{escape(rule.message)}")
    for key in rule.basis:
        provision = pack.provisions[key]
        console.print(f"依据：{provision.citation}　{escape(provision.summary)}")
    for title, examples in (
        ("应提示", rule.flag_examples),
        ("应放过", rule.pass_examples),
        ("已知漏报", rule.known_misses),
        ("已知误报", rule.known_false_alarms),
    ):
        for example in examples:
            console.print(f"{title}：{escape(example.text)}")


@app.command("check")
def check(
    folder: Folder = RULES,
    extra: Extra = None,
    benign: Annotated[Path | None, typer.Option(help="再在这个文件夹的公开文本上跑全部规则，列出误报。")] = None,
) -> None:
    """运行每条规则、每条放行规则自带的全部示例。

    例：review rules check　　review rules check --extra 本单位规则/　　review rules check --benign 公开文本/
    """
    pack = packs.load(folder, extra=tuple(extra or ()))
    results = pipeline.check_rules(pack)
    failed = [row for row in results if not row.passed]
    table = Table(title=f"规则 {len(pack.rules)} 条，示例 {len(results)} 个，未通过 {len(failed)} 个")
    for column in ("示例", "问题"):
        table.add_column(column, overflow="fold")
    for row in failed:
        table.add_row(row.place, escape(row.why))
    Console().print(table)
    if benign is not None:
        _print_alarms(evaluation.alarms_on(evaluation.lawful_texts(benign), pipeline.rules_engine(pack)))
    raise typer.Exit(1 if failed else 0)


def _print_alarms(alarms: evaluation.Alarms) -> None:
    loud = sum(alarms.by_rule.values())
    title = f"公开文本 {alarms.documents} 件，{alarms.chars} 字：须处理提示 {loud} 处，每万字 {alarms.per_10k:.3f} 处"
    table = Table(title=title)
    for column in ("规则", "提示"):
        table.add_column(column)
    for rule, count in alarms.by_rule.items():
        table.add_row(rule, str(count))
    Console().print(table)
