"""``review case …`` and ``review report …``: the case list and the books, on the command line. No document text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from review import casework, files, packs, paths, pipeline, places
from review.calendar import china_clock
from review.casework import LOCAL, OPERATOR, Office, Stage, accounts
from review.errors import InputError
from review.service import books, words

case = typer.Typer(help="送审件：列出、查看。", no_args_is_help=True)
report = typer.Typer(help="表册：审查台账、月度汇总表、年度报告附表数据。", no_args_is_help=True)

User = Annotated[str, typer.Option(help="多人使用时以哪个账户查看（提示后输入密码）。", show_default=False)]
Out = Annotated[Path, typer.Option("-o", "--out", help="写到哪个 .xlsx 文件。", show_default=False)]
_STAGES = {stage.label: stage for stage in Stage} | {stage.value: stage for stage in Stage}


def _office() -> Office:
    # Lists and books need names and law, no detectors: half a second instead of several.
    pack = packs.load(paths.RULES)
    return casework.open_office(paths.home(), engine=pipeline.Engine(pack=pack, detectors=(), model_digests={}))


def _actor(office: Office, user: str) -> str:
    """Return who asks: the local user, or the account whose password was given."""
    if office.settings.single_user:
        return LOCAL
    if not user:
        raise InputError("多人使用时请用 --user 指明账户。")
    password = str(typer.prompt("密码", hide_input=True))
    accounts.logout(office.store, accounts.login(office.store, user, password, "console"))
    return user


@case.command("list")
def list_cases(
    user: User = "",
    stage: Annotated[list[str] | None, typer.Option(help="只列这些环节，可重复，如 自查中。")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列逾期的。")] = False,
    limit: Annotated[int, typer.Option(help="最多列几件。", min=1, max=10_000)] = 200,
) -> None:
    """列出送审件。

    例：review case list --stage 自查中 --overdue
    """
    unknown = [name for name in stage or () if name not in _STAGES]
    if unknown:
        raise InputError(f"没有这个环节：{'、'.join(unknown)}。可用的环节：{'、'.join(s.label for s in Stage)}。")
    office = _office()
    rows = casework.list_cases(
        office,
        _actor(office, user),
        stages=[_STAGES[name] for name in stage or ()],
        overdue=overdue,
        limit=limit,
    )
    table = Table("审查编号", "信息名称", "当前环节", "已处理/总数", "承办人", "期限")
    people = casework.names(office)
    for row in rows:
        due = f"{row.due}{'（逾期）' if row.overdue else ''}" if row.due else ""
        done = f"{row.done}/{row.loud}"
        table.add_row(row.id, row.title, row.stage.label, done, people.get(row.owner, row.owner), due)
    Console().print(table if rows else "没有符合条件的送审件。")


@case.command("show")
def show(
    number: Annotated[str, typer.Argument(help="审查编号，如 2026-000012。", show_default=False)], user: User = ""
) -> None:
    """查看一件：环节、提示项和处理意见、办理记录；不显示原文。

    例：review case show 2026-000012
    """
    office = _office()
    found = casework.look(office, number, _actor(office, user))
    people, pack, console = casework.names(office), office.engine.pack, Console()
    title = casework.details(office, number).get("title", "")
    attribute = found.determination.attribute.label if found.determination else "未确定"
    console.print(f"{found.id}　{title}　{found.stage.label}　公开属性：{attribute}", highlight=False)
    for timer in casework.timers(office, found):
        console.print(f"{timer.label}：{timer.due} 到期{'（逾期）' if timer.overdue else ''}", highlight=False)
    table = Table("等级", "类型", "位置", "处理意见", "理由", "处理人")
    document, decided = casework.report(office, number).document, casework.decisions(office, number)
    for flag in casework.report(office, number).flags:
        decision = decided.get(flag.id)
        reason = pack.reasons.get(decision.reason) if decision else None
        table.add_row(
            words.SEVERITY[flag.severity],
            pack.types.get(flag.type, flag.type),
            places.location(document, flag),
            words.VERDICT[decision.verdict if decision else "open"],
            reason.title if reason else words.GROUND.get(decision.reason, "") if decision else "",
            people.get(decision.reviewer, decision.reviewer) if decision else "",
        )
    console.print(table)
    for taken in found.steps:
        console.print(f"{china_clock(taken.at)}　{taken.step.label}　{people.get(taken.actor, taken.actor)}")


@case.command("purge")
def purge(
    confirmed: Annotated[bool, typer.Option("--yes", help="清除；不带此项只列出。")] = False,
) -> None:
    """列出保存期限已满的送审件；--yes 清除其文件、提示项和意见文字，操作日志保持完整。

    例：review case purge　　核对后 review case purge --yes
    """
    office = _office()
    found = casework.expired(office)
    for number in found:
        if confirmed:
            casework.purge(office, number, OPERATOR)
        typer.echo(f"{number}　{'已清除' if confirmed else '保存期限已满'}")
    typer.echo(f"共 {len(found)} 件。" if found else "没有保存期限已满的送审件。")


@case.command("feedback")
def feedback(
    out: Annotated[Path, typer.Option("-o", "--out", help="写到哪个 .jsonl 文件。", show_default=False)],
    user: User = "",
) -> None:
    """把审查意见导出为训练样本（含原文段落，只留在本机；导出计入审计日志）。疑似国家秘密的不导出。

    例：review case feedback -o 样本.jsonl　　再用：review train passages --feedback 样本.jsonl --out 候选模型
    """
    if not out.resolve().parent.is_dir():
        raise InputError(f"没有这个文件夹：{out.parent}")
    office = _office()
    rows = [json.dumps(row, ensure_ascii=False) for row in casework.feedback(office, _actor(office, user))]
    files.write_whole(out, "".join(f"{row}\n" for row in rows).encode())
    typer.echo(f"已导出 {len(rows)} 条样本：{out}（含原文，请按原件的要求保管）")


@report.command("ledger")
def ledger(
    out: Out,
    since: Annotated[str, typer.Option(help="自何日起，如 2026-01-01。")] = "",
    until: Annotated[str, typer.Option(help="至何日止。")] = "",
    user: User = "",
) -> None:
    """审查台账。

    例：review report ledger --since 2026-01-01 -o 台账.xlsx
    """
    _book("ledger", out, user, {"since": since, "until": until})


@report.command("month")
def month(
    out: Out,
    year: Annotated[str, typer.Option(help="年份，默认今年。")] = "",
    month: Annotated[str, typer.Option(help="月份，默认本月。")] = "",
    user: User = "",
) -> None:
    """月度汇总表（按发布日期）。

    例：review report month --year 2026 --month 11 -o 汇总表.xlsx
    """
    _book("monthly", out, user, {"year": year, "month": month})


@report.command("year")
def year(out: Out, year: Annotated[str, typer.Option(help="年份，默认今年。")] = "", user: User = "") -> None:
    """年度报告附表数据。

    例：review report year --year 2026 -o 附表.xlsx
    """
    _book("annual", out, user, {"year": year})


def _book(name: str, out: Path, user: str, query: dict[str, str]) -> None:
    when = books.period(query, books.today())
    if out.suffix.lower() != ".xlsx":
        raise InputError("表册是 xlsx 文件，请把文件名写成 .xlsx。")
    if not out.resolve().parent.is_dir():
        raise InputError(f"没有这个文件夹：{out.parent}")
    office = _office()
    title, data = books.book(office, _actor(office, user), name, when)
    files.write_whole(out, data)
    typer.echo(f"已写出{title}：{out}")
