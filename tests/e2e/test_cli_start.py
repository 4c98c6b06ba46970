"""A command starts with what it needs and no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from review.cli import COMMANDS, GROUPS
from tests.bench.speed import documents

_RUN = """
import sys
from review.cli import main
try:
    main()
except SystemExit as end:
    print("code", end.code)
print("loaded", *(name for name in sys.modules if name.startswith("review.") or "." not in name))
"""


def loaded(*args: object) -> tuple[str, set[str]]:
    run = subprocess.run([sys.executable, "-c", _RUN, *map(str, args)], capture_output=True, text=True, timeout=120)
    body, _, names = run.stdout.rpartition("\nloaded ")
    assert names, run.stderr
    return body, set(names.split())


def test_check_loads_no_database_no_office_library_no_yaml(tmp_path: Path) -> None:
    draft = tmp_path / "通知.txt"
    draft.write_text("关于召开会议的通知\n机密★10年\n", encoding="utf-8")
    loaded("check", draft)  # the first start compiles the rules
    body, names = loaded("check", "--format", "jsonl", draft)
    assert '"type": "ss_mark"' in body
    assert body.endswith("code 1")
    assert names & {"sqlalchemy", "openpyxl", "docx", "pptx", "pikepdf", "cv2", "rapidocr"} == set()
    assert names & {"rich", "jinja2", "yaml", "review.packs.loader"} == set()


_READ = """
import sys
from pathlib import Path
from review import formats
formats.read(Path(sys.argv[1]).read_bytes(), sys.argv[1], ocr=False)
print(*sys.modules)
"""


@pytest.mark.parametrize("kind", sorted(documents.DOCUMENTS))
def test_reading_loads_no_library_for_writing(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"名单.{kind}"
    file.write_bytes(documents.DOCUMENTS[kind](documents.pages("县政府关于印发名单的通知。", 2)))
    run = subprocess.run([sys.executable, "-c", _READ, file], capture_output=True, text=True, timeout=120, check=True)
    assert set(run.stdout.split()) & {"openpyxl", "fontTools", "olefile", "xml.etree.ElementTree", "sklearn"} == set()


def test_help_lists_every_command_in_chinese() -> None:
    body, _ = loaded("--help")
    for name in (*COMMANDS, *GROUPS):
        assert f" {name} " in body
    assert "命令" in body
    assert "选项" in body
    assert "Commands" not in body


@pytest.mark.parametrize(
    ("args", "words"), [(["chek"], "Did you mean 'check'"), (["check"], "用法错误"), (["rules", "-h"], "列出全部规则")]
)
def test_usage(args: list[str], words: str) -> None:
    run = subprocess.run([sys.executable, "-c", _RUN, *args], capture_output=True, text=True, timeout=120)
    assert words in run.stdout + run.stderr
    assert ("code 2" in run.stdout) == ("-h" not in args)
