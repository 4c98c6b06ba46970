"""LibreOffice opens every paper and prints it as A4: outsiders read what the program wrote."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.paper_samples import CANARY, every_paper

MUST_SAY = {
    "referral_request": "妥否，请批示",
    "referral_letter": "请予研究并函复",
    "consultation": "第三方意见回执",
    "notice": "第三方告知书",
    "withheld": "政府信息不予公开理由说明书",
    "partial": "政府信息部分公开理由说明书",
    "ledger": "信息公开保密审查台账",
    "monthly": "2026年11月信息公开保密审查汇总表",
    "annual": "政府信息公开申请情况",
    "inspection": "专项检查问题清单",
    "reassessment": "不予公开信息年度复核表",
}

#: The most pages that a short paper may take: a sheet that is cut in two has become too wide or too long.
PAGES = {
    "referral_request": 3,
    "referral_letter": 3,
    "consultation": 3,
    "notice": 2,
    "withheld": 2,
    "partial": 2,
    "annual": 4,
    "inspection": 2,
}


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("soffice") and shutil.which("pdftotext")), reason="LibreOffice、poppler 未安装")
def test_every_paper_prints_on_a4(tmp_path: Path) -> None:
    made = every_paper()
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, *(str(tmp_path / name) for name in made)], capture_output=True, check=True, timeout=240)
    assert {Path(name).stem for name in made} == set(MUST_SAY)
    for stem, words in MUST_SAY.items():
        pdf = str(tmp_path / f"{stem}.pdf")
        said = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True).stdout
        said = "".join(said.split())
        assert words in said, stem
        assert CANARY not in said, stem
        facts = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
        assert "(A4)" in facts, stem
        assert int(facts.split("Pages:")[1].split()[0]) <= PAGES.get(stem, 1), stem
