"""``review check`` and ``review text``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Set
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from review import formats, pipeline, sandbox
from review.cli.baseline import Baseline, WriteBaseline, told, write
from review.cli.baseline import read as read_baseline
from review.errors import InputError, ReviewError
from review.exporters import reports, rows
from review.types import Detector, Document, Severity

Row = dict[str, Any]
_MANY = 3  # files, each in a child: from here on it pays to load everything before the first fork


class OutputFormat(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    SARIF = "sarif"
    HTML = "html"
    CSV = "csv"


def files_of(paths: Iterable[Path]) -> list[Path]:
    """Return the files named by ``paths``, folders walked in name order; raises ``InputError``."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found.extend(sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith((".", "~$"))))
        elif path.exists():
            found.append(path)
        else:
            raise InputError(f"找不到文件：{path}。请核对路径。")
    if not found:
        raise InputError("没有可检查的文件。")
    return found


def check(
    paths: Annotated[list[Path], typer.Argument(help="要检查的文件或文件夹。", show_default=False)],
    format_: Annotated[OutputFormat, typer.Option("--format", help="输出格式。")] = OutputFormat.TEXT,
    genre: Annotated[str, typer.Option(help="文种标识（见 review rules list --genres）；不填则自动判断。")] = "",
    target: Annotated[str, typer.Option(help="拟公开的方式和范围，如“政府网站”“村务公开栏”。")] = "",
    fail_on: Annotated[Severity, typer.Option("--fail-on", help="达到该等级即以 1 退出。")] = Severity.MEDIUM,
    show_values: Annotated[bool, typer.Option("--show-values", help="在结果中显示原值（默认遮蔽）。")] = False,
    extra: Annotated[list[Path] | None, typer.Option("--extra", help="本单位附加规则文件夹，可重复。")] = None,
    opinion_url: Annotated[
        str,
        typer.Option(help="第二意见：本机或内网大模型的地址；不填则不用。", envvar="REVIEW_OPINION_URL"),
    ] = "",
    opinion_model: Annotated[str, typer.Option(help="第二意见所用模型的名称。", envvar="REVIEW_OPINION_MODEL")] = "",
    baseline: Baseline = None,
    write_baseline: WriteBaseline = False,
) -> None:
    """检查文稿，列出疑似提示。

    例：review check 通知.docx　　review check --format jsonl 待发布/　　review check 名单.xlsx --target 政府网站
    """
    files = files_of(paths)
    known = frozenset() if write_baseline else read_baseline(baseline)
    engine = pipeline.engine(extra=tuple(extra or ()))
    if genre and genre not in engine.pack.genres:
        raise InputError(f"没有这个文种：{genre}。可用的文种见 review rules list --genres。")
    if len(files) >= _MANY:
        pipeline.warm(engine)
    opinion = _opinion(engine, opinion_url, opinion_model) if opinion_url else None
    results: list[Row] = []
    for row in _rows(files, engine, genre=genre, target=target, show_values=show_values, opinion=opinion):
        if format_ is OutputFormat.JSONL:
            sys.stdout.write(reports.to_jsonl(row))
            sys.stdout.flush()
        results.append(row)
    if format_ is OutputFormat.JSON:
        sys.stdout.write(reports.to_json(results))
    elif format_ is OutputFormat.SARIF:
        from importlib.metadata import version

        sys.stdout.write(reports.to_sarif(results, version("prepub-review")))
    elif format_ is OutputFormat.HTML:
        sys.stdout.write(reports.to_html(results))
    elif format_ is OutputFormat.CSV:
        sys.stdout.write(reports.to_csv(results))
    elif format_ is OutputFormat.TEXT:
        print_rows(results)
    if write_baseline:
        typer.echo(f"基线已写入 {write(baseline, results)} 处：{baseline}", err=True)
        raise typer.Exit(0)
    if baseline:
        typer.echo(told(results, known), err=True)
    raise typer.Exit(exit_code(results, fail_on, known))


def _opinion(engine: pipeline.Engine, url: str, model: str) -> Detector:
    from review.detectors import opinion

    return opinion.build(engine.pack, opinion.Endpoint(url, model or "default"))


def _rows(
    files: list[Path], engine: pipeline.Engine, *, genre: str, target: str, show_values: bool, opinion: Detector | None
) -> Iterator[Row]:
    for path in progress(files, "检查"):
        try:
            if opinion is None:
                yield sandbox.run(check_file, path, engine, genre, target, show_values)
            else:  # the child that parses has no network: only the text that it read is asked about
                document = sandbox.run(_document, path)
                report = pipeline.review_document(document, engine, genre=genre, target=target)
                report = pipeline.second_opinion(report, opinion, engine)
                yield rows.document_row(report, engine.pack, str(path), show_values=show_values)
        except ReviewError as error:
            typer.echo(f"{path}：{error}", err=True)
            yield rows.error_row(str(path), error) | {"exit_code": error.exit_code}


def check_file(path: Path, engine: pipeline.Engine, genre: str, target: str, show_values: bool) -> Row:
    """Read and check one file; returns its row. Runs in a child process."""
    report = pipeline.check(read_bytes(path), path.name, engine, genre=genre, target=target)
    return rows.document_row(report, engine.pack, str(path), show_values=show_values)


def _document(path: Path) -> Document:
    return pipeline.read(read_bytes(path), path.name)[2]


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; raises ``InputError`` where the system refuses."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"无法打开文件：{path}（{error.strerror}）。请核对路径和权限。") from error


def progress(items: list[Path], what: str) -> Iterable[Path]:
    """Yield ``items`` with a progress bar on standard error, where a person sits there and waits."""
    if len(items) < 3 or not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, description=what, console=Console(stderr=True))


def exit_code(results: list[Row], gate: Severity, known: Set[str] = frozenset()) -> int:
    """Return the documented exit code: flags at the gate, ``known`` ids aside, before unread before input errors."""
    loud = any(
        Severity(flag["severity"]).rank >= gate.rank and flag["type"] != "unread" and flag["id"] not in known
        for row in results
        for flag in row["flags"]
    )
    if loud:
        return 1
    if any(row["gaps"] and row.get("exit_code", 3) == 3 for row in results):
        return 3
    return 2 if any(row.get("error") for row in results) else 0


def print_rows(results: list[Row]) -> None:
    """Print what was found as a table for people."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    styles = {"停止": "bold red", "高": "red", "中": "yellow", "提示": "dim"}
    for row in results:
        console.print(f"[bold]{escape(row['path'])}[/]　{row['chars']} 字　{_summary(row)}")
        lines = reports.table([row])
        if not lines:
            console.print(f"　{reports.NO_FINDING}")
            continue
        grid = Table(show_lines=False, expand=True)
        for column in ("等级", "类型", "位置", "片段", "依据", "建议"):
            grid.add_column(column, overflow="fold")
        for _, _, severity, _, kind, place, masked, basis, action, _ in lines:
            cells = (kind, place, masked[:40], basis, action)
            grid.add_row(f"[{styles[severity]}]{severity}[/]", *(escape(cell) for cell in cells))
        console.print(grid)


def _summary(row: Row) -> str:
    if row.get("error"):
        return "[red]未能检查[/]"
    loud = [flag for flag in row["flags"] if flag["severity"] != "low"]
    low = len(row["flags"]) - len(loud)
    return f"须处理 {len(loud)} 处，提醒 {low} 处　{reports.DISPOSITION_NAMES[row['disposition']]}"


def text(path: Annotated[Path, typer.Argument(help="文件。", show_default=False)]) -> None:
    """输出从文件中读到的全部文字；结果中的位置（start、end）就是其中的字符序号。

    例：review text 通知.docx
    """
    source, gaps = sandbox.run(_source, path)
    sys.stdout.write(source)
    for gap in gaps:
        typer.echo(f"未能检查：{gap}", err=True)
    raise typer.Exit(3 if gaps else 0)


def _source(path: Path) -> tuple[str, list[str]]:
    reading = formats.read(read_bytes(path), path.name)[1]
    return "".join(run.text for run in reading.runs), [f"{gap.part}：{gap.reason}" for gap in reading.gaps]
