"""The command line: ``review check|redact|verify|text|app|rules|train|eval|scan|…``.

Exit codes: 0 nothing at or above the gate · 1 flags at or above it · 2 usage or input error · 3 something could
not be read (never 0) · 4 internal error.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from review.errors import ReviewError

#: Command → module of this package and function. A module is imported when its command is called: ``check`` should
#: not wait for the database, nor any command for the libraries of another.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "check": ("check", "check"),
    "text": ("check", "text"),
    "redact": ("redact", "redact"),
    "verify": ("redact", "verify"),
    "app": ("app", "run"),
    "scan": ("scan", "scan"),
    "eval": ("measure", "evaluate"),
    "train": ("measure", "train"),
}
#: Commands that end with their files. While modules load nothing is garbage, and looking for it takes a tenth of the
#: start; ``_COLLECT``: objects more than were freed, after which Python looks.
_BRIEF = frozenset({"check", "text", "redact", "verify"})
_COLLECT = 50_000
#: The same for groups of commands.
GROUPS: Mapping[str, tuple[str, str]] = {
    "rules": ("rules", "app"),
    "case": ("cases", "case"),
    "report": ("cases", "report"),
    "user": ("office", "user"),
    "db": ("office", "db"),
}

_LABELS: Mapping[str, str] = {
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "ERRORS_PANEL_TITLE": "用法错误",
    "DEFAULT_STRING": "[默认：{}]",
    "REQUIRED_LONG_STRING": "[必填]",
    "RICH_HELP": "输入 [blue]'{command_path} {help_option}'[/] 查看帮助。",
}


def program(names: Iterable[str] = (*COMMANDS, *GROUPS)) -> typer.Typer:
    """Return the program with the commands ``names``; only their modules are imported."""
    app = typer.Typer(
        help="发布前保密审查助手：检查拟公开文稿中的疑似国家秘密、商业秘密和个人隐私，逐项处理后生成经核验的脱敏版。"
        "\n\n全部在本机运行，不联网。结果只是疑似提示，不代表不涉密，也不代表可以公开。",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in names:
        module, attribute = COMMANDS.get(name) or GROUPS[name]
        found = getattr(importlib.import_module(f"review.cli.{module}"), attribute)
        if name in COMMANDS:
            app.command(name)(found)
        else:
            app.add_typer(found, name=name)
    return app


def _version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        typer.echo(f"发布前保密审查助手 {version('prepub-review')}")
        raise typer.Exit


def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="显示版本。")] = False,
) -> None:
    """Options of the program itself."""


def _speak_chinese() -> None:
    """Give typer's help and usage errors Chinese labels; its module, and rich, load when either is printed."""
    spec = importlib.util.find_spec("typer.rich_utils")
    if spec is None or spec.loader is None or spec.name in sys.modules:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    labels = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = labels
    spec.loader.exec_module(labels)
    for name, label in _LABELS.items():  # what is set before the module loads outlasts its own values
        setattr(labels, name, label)


def main() -> None:
    """Run the command line and end the process with the documented exit code."""
    _speak_chinese()
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    if wanted in _BRIEF:
        gc.set_threshold(_COLLECT)
    known = wanted in COMMANDS or wanted in GROUPS
    try:
        program([wanted] if known else (*COMMANDS, *GROUPS))()
    except ReviewError as error:
        typer.echo(f"错误：{error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)
