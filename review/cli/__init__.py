"""The command line: ``review check|redact|verify|text|app|rules|train|eval|scan|…``.

Exit codes: 0 nothing at or above the gate · 1 flags at or above it · 2 usage or input error · 3 something could
not be read (never 0) · 4 internal error.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer
import typer.rich_utils as labels

from review.cli import app as web
from review.cli import check, measure, office, redact, rules, scan
from review.errors import ReviewError

labels.ARGUMENTS_PANEL_TITLE = "参数"
labels.OPTIONS_PANEL_TITLE = "选项"
labels.COMMANDS_PANEL_TITLE = "命令"
labels.ERRORS_PANEL_TITLE = "用法错误"
labels.DEFAULT_STRING = "[默认：{}]"
labels.REQUIRED_LONG_STRING = "[必填]"
labels.RICH_HELP = "输入 [blue]'{command_path} {help_option}'[/] 查看帮助。"

app = typer.Typer(
    help="发布前保密审查助手：检查拟公开文稿中的疑似国家秘密、商业秘密和个人隐私，逐项处理后生成经核验的脱敏版。\n\n"
    "全部在本机运行，不联网。结果只是疑似提示，不代表不涉密，也不代表可以公开。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("check")(check.check)
app.command("text")(check.text)
app.command("redact")(redact.redact)
app.command("verify")(redact.verify)
app.command("app")(web.run)
app.command("scan")(scan.scan)
app.command("eval")(measure.evaluate)
app.command("train")(measure.train)
app.add_typer(rules.app, name="rules")
app.add_typer(office.user, name="user")
app.add_typer(office.db, name="db")


def _version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        typer.echo(f"发布前保密审查助手 {version('prepub-review')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="显示版本。")] = False,
) -> None:
    """Options of the program itself."""


def main() -> None:
    """Run the command line and end the process with the documented exit code."""
    try:
        app()
    except ReviewError as error:
        typer.echo(f"错误：{error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)
