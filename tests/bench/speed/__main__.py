"""How fast: python -m tests.bench.speed [TEXT [PEERS_PYTHON]]

``TEXT`` is a UTF-8 file of official prose, some hundred thousand characters; without it the lawful samples serve.
Times are CPU time of this process (and of the children it waited for), so that other work on the machine counts as
little as it can. Prints Markdown.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from review import paths, pipeline, sandbox
from review.detectors import genre
from review.types import Context
from tests.bench.speed.documents import DOCUMENTS, pages

_PIECE = 3_000  # characters of one document: a short official paper
_PEERS_ON = 100_000  # characters: the slow ones take minutes on more
_NAMES = ("缺口", "规则", "表格", "遮盖", "残留", "段落分类器", "人名")
_FILES = 30  # of a folder of short papers


def main() -> None:
    """Measure everything and print tables."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else _samples()
    text = source.read_text(encoding="utf-8")
    print(f"机器：{platform.machine()}，{os.cpu_count()} 核（与其他任务共用），Python {platform.python_version()}；")
    print(f"负载 {os.getloadavg()[0]:.1f}；语料 {len(text)} 字。时间为 CPU 时间，取几次中最好的一次。\n")
    start_time()
    folder(text)
    sandbox.collect_less()  # as in the child that checks a file
    whole = stages(text)
    if len(sys.argv) > 2:
        peers(source, sys.argv[2], whole)
    growth(text)
    latency(text)


def _samples() -> Path:
    """Write the lawful samples, again and again, as one file."""
    lawful = [path.read_text(encoding="utf-8") for path in sorted((paths.SAMPLES / "source").glob("*lawful*.txt"))]
    once = "\n".join(lawful)
    path = Path(tempfile.mkdtemp()) / "samples.txt"
    path.write_text(once * (300_000 // len(once) + 1), encoding="utf-8")
    return path


def best(run: Callable[[], object], times: int = 3) -> float:
    """Return the CPU seconds of the best of some runs."""
    took = []
    for _ in range(times):
        begun = time.process_time()
        run()
        took.append(time.process_time() - begun)
    return min(took)


def table(*rows: tuple[object, ...]) -> None:
    """Print a Markdown table; the first row is its head."""
    head, *body = rows
    for row in (head, ("---",) * len(head), *body):
        print("| " + " | ".join(map(str, row)) + " |")
    print(flush=True)


def start_time() -> None:
    """``review check`` of a small text, from the shell to its end: a first start, and later ones."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "a.txt"
        draft.write_text("关于召开会议的通知\n机密★10年\n联系人13955801267。\n", encoding="utf-8")
        environment = {**os.environ, "REVIEW_CACHE": str(Path(folder) / "cache")}
        took = [_checked(draft, environment) for _ in range(6)]
    table(("启动到结果", "CPU 秒"), ("首次（编译规则）", f"{took[0]:.2f}"), ("以后", f"{min(took[1:]):.2f}"))


def _checked(path: Path, environment: Mapping[str, str] = os.environ) -> float:
    """Return the CPU seconds of ``review check`` of a file or folder, its children included."""
    command = [sys.executable, "-c", "from review.cli import main; main()", "check", "--format", "jsonl", str(path)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def folder(text: str) -> None:
    """``review check`` of a folder of short papers, start included."""
    with tempfile.TemporaryDirectory() as place:
        for number in range(_FILES):
            piece = text[number * _PIECE : (number + 1) * _PIECE] or text[:_PIECE]
            (Path(place) / f"{number}.txt").write_text(piece, encoding="utf-8")
        took = min(_checked(Path(place)) for _ in range(2))
    table(("一个文件夹", "CPU 秒", "每份"), (f"{_FILES} 份，各 {_PIECE} 字", f"{took:.2f}", f"{took / _FILES:.3f}"))


def stages(text: str) -> float:
    """Characters a second of each stage and of the whole check; returns the latter."""
    engine = pipeline.engine()
    pieces = [text[at : at + _PIECE].encode() for at in range(0, len(text), _PIECE)]
    pipeline.check(pieces[0], "a.txt", engine)
    documents = [pipeline.read(piece, "a.txt")[2] for piece in pieces]
    contexts = [Context(engine.pack, genre.guess(one, engine.pack)) for one in documents]
    took = {"读取与规范化": best(lambda: [pipeline.read(piece, "a.txt") for piece in pieces])}
    took["文种"] = best(lambda: [genre.guess(one, engine.pack) for one in documents])
    for name, detect in zip(_NAMES, engine.detectors, strict=True):
        took[name] = best(lambda d=detect: [list(d(one, c)) for one, c in zip(documents, contexts, strict=True)])  # type: ignore[misc]
    unnamed = replace(engine, detectors=engine.detectors[:-1])
    took["整个检查（不含人名）"] = best(lambda: [pipeline.check(piece, "a.txt", unnamed) for piece in pieces])
    took["整个检查"] = best(lambda: [pipeline.check(piece, "a.txt", engine) for piece in pieces])
    table(("环节", "百万字/秒"), *((name, f"{len(text) / seconds / 1e6:.2f}") for name, seconds in took.items()))
    return len(text) / took["整个检查"]


def peers(path: Path, python: str, ours: float) -> None:
    """The same text by others; our check does more (tables, marks, disclosures) and still is compared whole."""
    run = subprocess.run(
        [python, str(Path(__file__).with_name("peers.py")), str(path), str(_PEERS_ON)], capture_output=True, text=True
    )
    # jionlp greets on standard output
    found: Mapping[str, object] = json.loads((run.stdout.splitlines() or ["{}"])[-1])
    rows: list[tuple[object, ...]] = [
        ("工具", "百万字/秒", "本工具快几倍"),
        ("本工具（整个检查）", f"{ours / 1e6:.3f}", "1"),
    ]
    for name, result in found.items():
        if isinstance(result, dict):
            rate = result["rate"]
            rows.append((f"{name} {result['version']}", f"{rate / 1e6:.3f}", f"{ours / rate:.2f}"))
        else:
            rows.append((name, "没有运行", result))
    table(*rows)


def growth(text: str) -> None:
    """Time of one document against its size: it must grow as the size does."""
    engine = pipeline.engine()
    rows: list[tuple[object, ...]] = [("一份文本的字数", "CPU 秒", "百万字/秒", "不含人名")]
    unnamed = replace(engine, detectors=engine.detectors[:-1])
    for size in (10_000, 100_000, 500_000):
        data = (text * (size // len(text) + 1))[:size].encode()
        seconds = best(lambda d=data: pipeline.check(d, "a.txt", engine), 3)  # type: ignore[misc]
        without = best(lambda d=data: pipeline.check(d, "a.txt", unnamed), 3)  # type: ignore[misc]
        rows.append((size, f"{seconds:.3f}", f"{size / seconds / 1e6:.2f}", f"{size / without / 1e6:.2f}"))
    table(*rows)


def latency(text: str) -> None:
    """One document of each kind and size, in a process of its own: CPU seconds and peak memory."""
    rows: list[tuple[object, ...]] = [("文件", "规模", "CPU 秒", "内存峰值 MB")]
    for kind, size in _wanted():
        data = DOCUMENTS[kind](pages(text, size))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"a.{kind}"
            path.write_bytes(data)
            run = subprocess.run(
                [sys.executable, "-m", "tests.bench.speed.one", str(path)], capture_output=True, text=True, check=True
            )
        seconds, peak = json.loads(run.stdout)
        unit = "行" if kind == "xlsx" else "页"
        rows.append((kind, f"{size} {unit}", f"{seconds:.2f}", f"{peak:.0f}"))
    table(*rows)


def _wanted() -> Iterator[tuple[str, int]]:
    for kind in ("docx", "pdf", "ofd"):
        yield from ((kind, size) for size in (1, 10, 100))
    yield "pdf", 1000
    yield "xlsx", 50_000


if __name__ == "__main__":
    main()
