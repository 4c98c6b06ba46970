"""``review redact`` and ``review verify``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from review import files, pipeline, sandbox
from review.cli.check import read_bytes
from review.errors import InputError, UndecidedFlags
from review.exporters.proof import proof_page
from review.types import Decision, Flag, Proof, Report, Verdict

_ACTOR = "命令行"


def redact(
    path: Annotated[Path, typer.Argument(help="原件。", show_default=False)],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="脱敏版写到哪里；旁边另写核验记录（.proof.json、.proof.html）。")
    ],
    all_: Annotated[bool, typer.Option("--all", help="把全部须处理的提示项脱敏（疑似国家秘密除外）。")] = False,
    decisions: Annotated[Path | None, typer.Option(help="处理意见文件（JSON，见 docs/operations.md）。")] = None,
    genre: Annotated[str, typer.Option(help="文种标识；不填则自动判断。")] = "",
    target: Annotated[str, typer.Option(help="拟公开的方式和范围。")] = "",
    gaps_checked: Annotated[
        bool, typer.Option("--gaps-checked", help="已由人工核对未能检查的部分，可以公开。")
    ] = False,
) -> None:
    """生成脱敏版并核验；核验不通过则不输出任何文件，原件不改动。

    例：review redact 名单.docx -o 名单-公开版.docx --all
    """
    if all_ == (decisions is not None):
        raise InputError("请在 --all 和 --decisions 中选一个。")
    if out.resolve() == path.resolve():
        raise InputError("脱敏版不能覆盖原件，请换一个文件名。")
    if not out.parent.is_dir():
        raise InputError(f"输出文件夹不存在：{out.parent}。")
    engine = pipeline.engine()
    chosen = _decisions_file(decisions) if decisions else None
    data, proof = sandbox.run(_redact, path, engine, genre, target, chosen, gaps_checked)
    record, page = (out.with_name(out.name + suffix) for suffix in (".proof.json", ".proof.html"))
    printed = proof_page(dataclasses.asdict(proof), engine.pack.types)
    files.write_all({out: data, record: proof_json(proof).encode(), page: printed.encode()})
    typer.echo(f"已脱敏 {sum(r['count'] for r in proof.redactions)} 处，核验 {len(proof.checks)} 项全部通过：{out}")
    for notice in proof.notices:
        typer.echo(f"　{notice}")


def _redact(
    path: Path,
    engine: pipeline.Engine,
    genre: str,
    target: str,
    chosen: Mapping[str, Decision] | None,
    gaps_checked: bool,
) -> tuple[bytes, Proof]:
    data = read_bytes(path)
    report = pipeline.check(data, path.name, engine, genre=genre, target=target)
    decisions = chosen if chosen is not None else redact_all(report, gaps_checked=gaps_checked)
    return pipeline.publish(data, report, decisions, engine)


def redact_all(report: Report, *, gaps_checked: bool) -> dict[str, Decision]:
    """Return the decision "redact" for every loud flag; state secrets are left open, since they need
    declassification first, and gaps too unless a person looked at them."""
    now = datetime.now(UTC)
    secrets = sum(flag.loud and flag.category == "state_secret" for flag in report.flags)
    if secrets:
        raise UndecidedFlags(
            f"有 {secrets} 处疑似国家秘密：未经法定程序解密不得脱敏后公开。请报请确定后再处理，没有输出任何文件。"
        )

    def decide(flag: Flag) -> Decision | None:
        if flag.type == "unread":
            return Decision(flag.id, Verdict.ACCEPT, _ACTOR, "gap_checked", now) if gaps_checked else None
        verdict = Verdict.REDACT if flag.spans else Verdict.ACCEPT
        return Decision(flag.id, verdict, _ACTOR, "redact_suggested" if flag.spans else "whole_document", now)

    pairs = ((flag.id, decide(flag)) for flag in report.flags if flag.loud)
    return {flag_id: decision for flag_id, decision in pairs if decision is not None}


def _decisions_file(path: Path) -> dict[str, Decision]:
    try:
        items = json.loads(read_bytes(path))
        now = datetime.now(UTC)
        return {
            item["flag"]: Decision(
                flag=item["flag"],
                verdict=Verdict(item["verdict"]),
                reviewer=item.get("reviewer", _ACTOR),
                reason=item["reason"],
                at=now,
                replacement=item.get("replacement"),
            )
            for item in items
        }
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "处理意见文件不合格式：应为 JSON 数组，每项含 flag、verdict（accept、redact、escalate）和 reason。"
        ) from error


def verify(
    original: Annotated[Path, typer.Argument(help="原件。", show_default=False)],
    redacted: Annotated[Path, typer.Argument(help="脱敏版。", show_default=False)],
    proof: Annotated[Path | None, typer.Option(help="核验记录；不填则用脱敏版旁边的 .proof.json（如有）。")] = None,
) -> None:
    """再次核验脱敏版：换用其他读取器，在原始字节里查找已脱敏的内容，并查有没有该处理而原样留下的。

    例：review verify 名单.docx 名单-公开版.docx
    """
    beside = redacted.with_name(redacted.name + ".proof.json")
    record = _proof_file(proof or beside) if proof or beside.is_file() else None
    engine = pipeline.engine()
    checks = sandbox.run(_verify, original, redacted, engine, record)
    for check in checks:
        typer.echo(f"{'通过' if check['passed'] else '不通过'}　{check['name']}（{check['detail']}）")
    clean = all(check["passed"] for check in checks)
    typer.echo("核验通过：未查到已脱敏内容。" if clean else "核验不通过：请勿发布，转人工处理。")
    raise typer.Exit(0 if clean else 1)


def _proof_file(path: Path) -> Mapping[str, Any]:
    try:
        record = json.loads(read_bytes(path))
    except ValueError:
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("redactions"), list):
        raise InputError(f"核验记录 {path.name} 不合格式，应是 review redact 写出的 .proof.json。")
    return record


def _verify(
    original: Path, redacted: Path, engine: pipeline.Engine, proof: Mapping[str, Any] | None
) -> tuple[Mapping[str, Any], ...]:
    return pipeline.verify(read_bytes(original), read_bytes(redacted), original.name, engine, proof=proof)


def proof_json(proof: Proof) -> str:
    """Return a proof as indented JSON; it holds digests, places and counts, no document text."""
    values = dataclasses.asdict(proof) | {"at": proof.at.isoformat(), "clean": proof.clean}
    return json.dumps(values, ensure_ascii=False, indent=2, default=dict) + "\n"
