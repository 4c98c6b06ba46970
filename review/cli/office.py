"""``review user …`` and ``review db …``: accounts, backup, restore, audit. They need no rules and show no text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from review import paths, store
from review.casework import accounts
from review.casework.office import OPERATOR
from review.errors import InputError
from review.workflow.terms import Role

user = typer.Typer(help="账户：新增、停用、改密码、列出。", no_args_is_help=True)
db = typer.Typer(help="数据库：升级、核对审计链、备份、恢复。", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="账户名。", show_default=False)]
_ROLES = {role.label: role for role in Role} | {role.value: role for role in Role}


def _ask_password() -> str:
    return str(typer.prompt("密码", hide_input=True, confirmation_prompt="再输入一次"))


@user.command("add")
def add(
    name: Name,
    role: Annotated[list[str], typer.Option(help=f"角色，可重复：{'、'.join(r.label for r in Role)}。")],
    display: Annotated[str, typer.Option(help="显示的姓名。")] = "",
    unit: Annotated[str, typer.Option(help="部门。")] = "",
) -> None:
    """新增账户；密码在提示后输入，不进命令历史。

    例：review user add zhangwei --role 承办人 --display 张伟 --unit 民政局
    """
    unknown = [one for one in role if one not in _ROLES]
    if unknown:
        raise InputError(f"没有这个角色：{'、'.join(unknown)}。可用的角色：{'、'.join(r.label for r in Role)}。")
    roles = [_ROLES[one] for one in role]
    accounts.add_account(
        store.open_store(paths.home()), OPERATOR, name, _ask_password(), roles, display=display, unit=unit
    )
    typer.echo(f"已新增账户 {name}。多人使用请在数据文件夹的 settings.toml 中设 single_user = false。")


@user.command("disable")
def disable(name: Name) -> None:
    """停用账户，立即结束其登录。

    例：review user disable zhangwei
    """
    accounts.disable_account(store.open_store(paths.home()), OPERATOR, name)
    typer.echo(f"已停用账户 {name}。")


@user.command("passwd")
def passwd(name: Name) -> None:
    """重设密码，结束其登录。

    例：review user passwd zhangwei
    """
    accounts.set_password(store.open_store(paths.home()), OPERATOR, name, _ask_password())
    typer.echo(f"已重设账户 {name} 的密码。")


@user.command("list")
def list_users() -> None:
    """列出账户。

    例：review user list
    """
    table = Table("账户", "姓名", "部门", "角色", "状态")
    for account in accounts.all_accounts(store.open_store(paths.home()), OPERATOR):
        labels = "、".join(_ROLES[code].label for code in account.roles)
        state = "停用" if account.disabled else "正常"
        table.add_row(account.name, account.display, account.unit, labels, state)
    Console().print(table)


@db.command("upgrade")
def upgrade() -> None:
    """把数据库升级到当前版本（打开时也会自动升级）。

    例：review db upgrade
    """
    store.upgrade(store.open_store(paths.home()))
    typer.echo("数据库已是当前版本。")


@db.command("verify-audit")
def verify_audit() -> None:
    """核对审计链：改动、删除、调序、截尾都会指出。

    例：review db verify-audit
    """
    found = store.verify(store.open_store(paths.home()))
    for fault in found.breaks:
        typer.echo(fault.message)
    if not found.guarded:
        typer.echo("防改写的触发器不在，数据库可能被人动过。")
    if not found.sound:
        typer.echo("数据库文件自检未通过。")
    typer.echo(
        f"记录 {found.head.seq} 条，锚点 {found.anchors} 个，链首 {found.head.hash[:16]}…："
        + ("完整，没有发现改动。" if found.whole else "不完整，请停止使用并保留现场。")
    )
    raise typer.Exit(0 if found.whole else 4)


@db.command("backup")
def backup(target: Annotated[Path, typer.Argument(help="备份文件（新文件）。", show_default=False)]) -> None:
    """备份数据库（不含密钥文件 key，请另行保管）。

    例：review db backup /mnt/backup/review-20261121.db
    """
    anchor = store.backup(store.open_store(paths.home()), target, OPERATOR)
    typer.echo(f"已备份到 {target}，共 {anchor.seq} 条记录。请把密钥文件另行妥善保管，没有它不能恢复。")


@db.command("restore")
def restore(source: Annotated[Path, typer.Argument(help="备份文件。", show_default=False)]) -> None:
    """从备份恢复到空的数据文件夹。

    例：REVIEW_HOME=/srv/新文件夹 review db restore /mnt/backup/review-20261121.db
    """
    _, found = store.restore(source, home=paths.home(), actor=OPERATOR)
    typer.echo("已恢复，审计链完整。" if found.whole else "已恢复，但审计链与锚点不一致，请核对。")
    raise typer.Exit(0 if found.whole else 4)
