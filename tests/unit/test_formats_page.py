"""``docs/formats.md`` says how many hiding places were tried: it must say what the generators really hold."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from review import formats, paths, sandbox
from review.formats import _opc, archive, eml, image
from tests.corpus import hostile, make_docx, make_ofd, make_pdf, make_pptx, make_xlsx
from tests.corpus.nasty import Nasty

PAGE = (paths.RULES.parent / "docs" / "formats.md").read_text("utf-8")
LEAST = {"docx": 60, "xlsx": 40, "pptx": 20, "pdf": 40, "ofd": 20}


def _row(name: str) -> list[int]:
    found = re.search(rf"^\| {name} \|([\d |]+)\|", PAGE, re.MULTILINE)
    assert found, name
    return [int(cell) for cell in found[1].split("|")]


def _counts(nasty: Nasty) -> list[int]:
    parts = [len(nasty.shown), len(nasty.hidden), len(nasty.nested)]
    return [sum(parts), *parts, 0, 0]


@pytest.mark.parametrize(
    ("name", "build"),
    [("docx", make_docx.build), ("xlsx", make_xlsx.build), ("pptx", make_pptx.build), ("ofd", make_ofd.build)],
)
def test_office_counts(name: str, build: object) -> None:
    assert callable(build)
    assert _row(name) == _counts(build())
    assert _row(name)[0] >= LEAST[name]


def test_pdf_counts() -> None:
    how = Counter(place.how for place in make_pdf.PLACES)
    rest = how["gone"] + how["gap"]
    assert _row("pdf") == [len(make_pdf.PLACES), how["shown"], how["hidden"], how["nested"], rest, 0]
    assert f"{how['gone']} 处在当前版本里已无人引用" in PAGE
    assert f"{how['gap']} 处不能逐字读取" in PAGE
    assert f"{len(make_pdf.PRODUCERS)} 种方式生成" in PAGE
    assert len(make_pdf.PLACES) >= LEAST["pdf"]


def test_hostile_count() -> None:
    assert f"敌意文件 {len(hostile.FILES)} 个" in PAGE


def test_limits() -> None:
    limits = sandbox.DEFAULT
    assert (
        f"{limits.wall:.0f} 秒，CPU {limits.cpu} 秒，内存 {limits.memory >> 30} GB，输出 {limits.file >> 30} GB" in PAGE
    )
    assert f"{_opc.MAX_ENTRIES:,} 个条目，展开 {_opc.MAX_TOTAL >> 20} MB，单个部件 {_opc.MAX_PART >> 20} MB" in PAGE
    assert f"{archive._MAX_MEMBERS:,} 个文件" in PAGE
    assert f"嵌套 {formats._MAX_DEPTH} 层；" in PAGE
    assert f"{image._MAX_PIXELS // 10_000:,} 万像素，{image._MAX_FRAMES} 页" in PAGE
    assert f"各部分嵌套 {eml._MAX_DEPTH} 层" in PAGE


def test_every_suffix_is_explained() -> None:
    assert [
        suffix
        for suffix in formats._OFFICE
        if suffix[1:].replace("jpeg", "jpg") not in PAGE.replace("tiff", "tif tiff")
    ] == []
