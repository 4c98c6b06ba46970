"""The house keeps its shape: imports, exports, no personal paths, no oversized files, docs that match."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import review
from review import errors
from tests.conftest import ROOT

SOURCES = sorted((ROOT / "review").rglob("*.py"))


def test_import_contracts_hold() -> None:
    run = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-3000:]


def test_public_names() -> None:
    assert len(review.__all__) <= 20
    assert all(hasattr(review, name) for name in review.__all__)


def test_every_error_says_who_has_to_act() -> None:
    leaves = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.ReviewError)]
    parents = (errors.InputError, errors.PolicyError, errors.IntegrityError)
    assert all(e is errors.ReviewError or issubclass(e, parents) for e in leaves)
    assert all(e.exit_code in (2, 3, 4) for e in leaves)


def test_product_code_knows_no_place_outside_itself() -> None:
    for path in [*SOURCES, ROOT / "app.py"]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/work/|\.library|\bshared/|/root/", text), path


def test_no_network_library_is_used_for_sending() -> None:
    # Both are off unless set: the second opinion talks to the intranet only, the login to the unit's provider only.
    allowed = {"opinion.py", "oidc.py"}
    for path in SOURCES:
        if path.name in allowed:
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|from) (requests|httpx|urllib\.request|aiohttp|socket)\b", text, re.M), path


def test_nothing_is_caught_broadly() -> None:
    wall = {"sandbox.py"}
    for path in SOURCES:
        if path.name in wall:
            continue
        assert not re.search(r"except( Base)?\s*:|except (Base)?Exception\b", path.read_text(encoding="utf-8")), path


def test_nothing_is_pickled() -> None:
    for path in SOURCES:
        assert not re.search(r"\b(pickle|joblib|dill)\.(load|loads)\b", path.read_text(encoding="utf-8")), path


#: Longer files and why: a reader of the house is better served by one table than by three.
LONG = {
    "review/types.py": "every noun in one file, as the architecture asks",
}


def test_files_have_one_job() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > 500 and name not in LONG} == {}
