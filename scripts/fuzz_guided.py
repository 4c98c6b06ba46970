"""Fuzz every reader, writer and second reader, guided by coverage: atheris (libFuzzer) over the damage of ``fuzz.py``.

    .venv/bin/pip install atheris          # Apache-2; not needed by the product, therefore not in uv.lock
    .venv/bin/python scripts/fuzz_guided.py --minutes 60 [--only docx,pdf] [--seed 1] [--keep FOLDER]

One kind of file at a time gets its share of the minutes in a process of its own, in which the modules of
``review.formats`` are instrumented. What reaches new code and is not refused joins the corpus. Each file is identified,
read, written again with some characters cut, and read by the witness. Good ends: a result, or an error of
``review.errors`` raised on purpose. An exception of another kind is counted under the line of ours where it came from
(the product's sandbox reports it as "could not be read completely"); a process that dies, hangs for 60 s or passes 4 GB
is counted and started again. Prints one table and exits 1 where a process died or hung.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

HANG = 60  # seconds a file may take, on a machine that others use too
MEMORY = 4096  # MiB
LONGEST = 4 << 20  # bytes of a file
#: how the process of libFuzzer ends, by exit code
ENDS = {70: "HANG", 71: "MEMORY"}


def share(kind: str, corpus: Path, seconds: float, seed: int, keep: Path | None) -> Counter[str]:
    """Fuzz one kind of file for its share of time; return how often each end came, and the files run."""
    ends: Counter[str] = Counter()
    stop = time.monotonic() + seconds
    for turn in range(1000):
        left = stop - time.monotonic()
        if left < 5:
            break
        book = corpus.with_name(f"{kind}-{turn}.json")
        command = [sys.executable, __file__, "--child", kind, "--book", str(book), "--corpus", str(corpus)]
        options = ["--seed", str(seed + turn), "--left", str(int(left)), *(["--keep", str(keep)] if keep else [])]
        code = subprocess.run([*command, *options], check=False).returncode
        ends += Counter(json.loads(book.read_text()) if book.is_file() else {})
        if code:
            ends[ENDS.get(code, f"DIED {code}")] += 1
    return ends


def child(options: argparse.Namespace) -> None:
    """The process that libFuzzer drives: never returns."""
    import atheris

    with atheris.instrument_imports(include=["review.formats"]):
        from review import formats
        from review.formats import legacy

        formats.all_formats()
    import fuzz

    from review.errors import InputError
    from review.types import Cut

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    kind, book = options.child, Path(options.book)
    ends: Counter[str] = Counter()
    written = time.monotonic()

    def whole(data: bytes) -> str:
        if legacy.modern_suffix(data):
            return "legacy"
        format_, reading = formats.read(data, f"a.{kind}", ocr=False)
        long = [index for index, run in enumerate(reading.runs) if run.at and len(run.text) > 1]
        cuts = [Cut(index, 0, len(reading.runs[index].text) // 2, "某") for index in long[::5]]
        clean = formats.erase(format_, data, reading, cuts, ocr=False)
        if format_.name != "image":  # its witness recognises characters: not what is tested here
            formats.witness(format_, clean.data, format_.read(clean.data))
        return "gaps" if reading.gaps else "read"

    def one(data: bytes) -> int:
        nonlocal written
        try:
            end = whole(data)
        except InputError as error:
            end = f"refused {type(error).__name__}"
        except Exception as error:  # noqa: BLE001 - what the sandbox would contain is what is looked for
            frames = [f for f in traceback.extract_tb(error.__traceback__) if "/review/" in f.filename]
            end = f"BUG {type(error).__name__} {Path(frames[-1].filename).name}:{frames[-1].lineno}"
            if options.keep and not ends[end]:
                label = re.sub(r"[^\w.]+", "_", end)
                Path(options.keep, f"{label}.{kind}").write_bytes(data)
        ends[end] += 1
        ends["files"] += 1
        if time.monotonic() - written > 1:
            book.write_text(json.dumps(ends))
            written = time.monotonic()
        return -1 if end.startswith("refused") else 0  # -1: not into the corpus, damage on damage would stay shallow

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        dice = random.Random(seed)
        if not data or dice.random() < 0.15:
            return bytes(atheris.Mutate(data, most))
        try:
            hurt = fuzz.damaged(data, dice)
        except Exception:  # noqa: BLE001 - a file too broken to be opened for more damage
            return bytes(atheris.Mutate(data, most))
        return hurt if len(hurt) <= most else data

    flags = [f"-max_total_time={options.left}", f"-timeout={HANG}", f"-rss_limit_mb={MEMORY}", f"-max_len={LONGEST}"]
    # One damage at a time: on top of each other they leave files that every reader refuses at once.
    flags += [f"-seed={options.seed}", "-len_control=0", "-mutate_depth=1"]
    flags += [f"-artifact_prefix={options.keep or options.corpus}/"]
    atheris.Setup([sys.argv[0], *flags, options.corpus], one, custom_mutator=mutate)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="kinds, separated by commas")
    parser.add_argument("--keep", type=Path, help="folder for files that ended badly")
    for hidden in ("--child", "--book", "--corpus", "--left"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options)
    import fuzz

    files = {kind: data for kind, data in fuzz.seeds().items() if not options.only or kind in options.only.split(",")}
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    bad = 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        for kind, seeds in sorted(files.items()):
            corpus = Path(folder, kind)
            corpus.mkdir()
            for number, data in enumerate(seeds):
                Path(corpus, str(number)).write_bytes(data)
            ends = share(kind, corpus, options.minutes * 60 / len(files), options.seed, options.keep)
            grown = len(list(corpus.iterdir()))
            print(f"{kind:5} {ends.pop('files', 0):7} files, corpus {grown}", flush=True)
            for end, count in sorted(ends.items()):
                print(f"      {count:7}  {end}", flush=True)
            bad += sum(count for end, count in ends.items() if end.startswith(("DIED", "HANG", "MEMORY")))
    print(f"hangs and deaths {bad}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
