"""负面清单 over several server processes on one database: an entry saved by one holds in the others at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from review.casework import LOCAL, negative
from tests.fake_office import fake_office
from tests.postgres import postgres
from tests.unit.test_negative import ENTRY

pytestmark = pytest.mark.slow

# Checks each line that comes in, as a request would, and answers how many flags the office's own list raised.
OTHER = """
import sys
from review import pipeline
from review.service import desk
for line in sys.stdin:
    report = pipeline.check(line.encode(), "通知.txt", desk.office().engine)
    print(sum(flag.rule.startswith("unit.") for flag in report.flags), flush=True)
"""


def test_an_entry_saved_elsewhere_holds_at_the_next_check(tmp_path: Path) -> None:
    with postgres() as address:
        _two_machines(tmp_path, address)


def _two_machines(tmp_path: Path, address: str) -> None:
    here = fake_office(tmp_path / "here", url=address, single_user=True)
    there = tmp_path / "there"  # a folder of its own, the same key
    there.mkdir()
    shutil.copy2(here.store.home / "key", there / "key")
    environment = os.environ | {"REVIEW_HOME": str(there), "REVIEW_DATABASE_URL": address, "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(
        [sys.executable, "-c", OTHER],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        bufsize=1,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None

        def flagged(words: str) -> int:
            other.stdin.write(f"{words}\n")
            return int(other.stdout.readline())

        assert flagged("本次采砂权底价尚未公布。") == 0
        negative.save(here, LOCAL, ENTRY)
        assert flagged("本次采砂权底价尚未公布。") == 1
        assert (there / negative.FOLDER / "negative" / "unit.neg_001.yaml").exists()
        other.stdin.close()
