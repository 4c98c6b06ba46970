"""What every office format must do with a nasty file: shared by the contract tests of docx, xlsx and pptx."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import zipfile
from bisect import bisect_right
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pytest

from review.redaction import expected, squeeze
from review.types import VISIBLE, Cut, Format, Reading, Zone
from tests.corpus.nasty import Nasty

REPLACEMENT = "[已隐去]"
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "office"


def source(reading: Reading) -> str:
    return "".join(run.text for run in reading.runs)


def visible(reading: Reading) -> str:
    text = source(reading)
    return "\n".join(text[b.span.start : b.span.end] for b in reading.blocks if b.zone in VISIBLE)


def cuts_for(reading: Reading, values: Iterable[str], replacement: str = REPLACEMENT) -> list[Cut]:
    """Cut every occurrence of the values, also where tabs, breaks or hyphens stand between their characters."""
    text = source(reading)
    starts: list[int] = []
    position = 0
    for run in reading.runs:
        starts.append(position)
        position += len(run.text)
    found: dict[tuple[int, int], Cut] = {}
    for value in values:
        for match in re.finditer(r"[\t\n-]?".join(map(re.escape, value)), text):
            number, first = bisect_right(starts, match.start()) - 1, True
            while number < len(starts) and starts[number] < match.end():
                run = reading.runs[number]
                start, end = max(0, match.start() - starts[number]), min(match.end() - starts[number], len(run.text))
                if run.text and start < end:
                    found[number, start] = Cut(number, start, end, replacement if first else "")
                    first = False
                number += 1
    return [found[key] for key in sorted(found)]


def assert_well_formed(reading: Reading) -> None:
    """Blocks are ordered and disjoint, visible zones come first, labels are there."""
    position = 0
    for block in reading.blocks:
        assert block.span.start >= position
        position = block.span.end
        assert block.label
    assert position == len(source(reading))
    seen = [block.zone in VISIBLE for block in reading.blocks]
    assert seen == sorted(seen, reverse=True)


def assert_reads_everything(format_: Format, nasty: Nasty) -> None:
    reading = format_.read(nasty.data)
    assert_well_formed(reading)
    text = re.sub(r"[\t\n-]", "", source(reading))
    shown = re.sub(r"[\t\n-]", "", visible(reading))
    embedded = "\n".join(piece for item in reading.embedded for piece in _dig(item.data))
    assert {p for p, v in nasty.shown.items() if v not in shown} == set(), "on the page, but not in a visible zone"
    assert {p for p, v in nasty.hidden.items() if v not in text} == set(), "hidden, and not read"
    assert {p for p, v in nasty.hidden.items() if v in shown} == set(), "not on the page, but read as visible"
    assert {p for p, v in nasty.nested.items() if v not in embedded} == set(), "not handed on as embedded"
    assert [h for h in nasty.harmless if h not in visible(reading)] == []


def _dig(data: bytes) -> list[str]:
    found = [data.decode("utf-8", "ignore")]
    if data.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            found += [html.unescape(archive.read(name).decode("utf-8", "ignore")) for name in archive.namelist()]
    return found


def assert_erases(format_: Format, nasty: Nasty) -> bytes:
    """Erase all secrets; nothing of them may survive anywhere, and nothing else may be lost. Returns the copy."""
    reading = format_.read(nasty.data)
    cuts = cuts_for(reading, nasty.secrets.values())
    erased = format_.erase(nasty.data, reading, cuts)
    again = format_.read(erased.data)
    assert_well_formed(again)
    found = [(b.zone, squeeze(source(again)[b.span.start : b.span.end])) for b in again.blocks]
    assert found == [(zone, squeeze(text)) for zone, text in expected(reading, cuts, format_)]
    witness = format_.witness(erased.data)
    pile = "\n".join(witness.residue)
    assert {place for place, value in nasty.secrets.items() if value in pile} == set()
    assert raw_leaks(erased.data, nasty.secrets.values()) == set()
    assert witness.visible is not None
    assert squeeze(witness.visible) == squeeze(visible(again)), "two readers that share no code disagree"
    assert [h for h in nasty.harmless if h not in witness.visible] == []
    assert erased.notices
    assert not [v for v in nasty.secrets.values() if v in "".join(erased.notices)]
    assert format_.erase(nasty.data, reading, cuts).data == erased.data, "not deterministic"
    return erased.data


def assert_keeps_all(format_: Format, data: bytes) -> bytes:
    """Without cuts, a copy shows exactly what the original shows. Returns the copy."""
    reading = format_.read(data)
    erased = format_.erase(data, reading, ())
    again = format_.read(erased.data)
    assert visible(again) == visible(reading)
    assert {b.zone for b in again.blocks} <= VISIBLE
    twice = format_.erase(erased.data, again, ())
    assert visible(format_.read(twice.data)) == visible(reading)
    return erased.data


def raw_leaks(data: bytes, values: Iterable[str]) -> set[str]:
    """Search the bytes of a zip file and of its entries, in four encodings: the dumbest possible witness."""
    blobs = [data]
    with zipfile.ZipFile(BytesIO(data)) as archive:
        blobs += [archive.read(name) for name in archive.namelist()]
        blobs.append("\n".join(archive.namelist()).encode())
    codes = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
    return {value for value in values if any(value.encode(code) in blob for blob in blobs for code in codes)}


def office_text(data: bytes, suffix: str, folder: Path, target: str = "txt:Text (encoded):UTF8") -> str:
    """Open a file with LibreOffice, in a profile of its own, and return its text (or nothing for pdf)."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    path = folder / f"copy{suffix}"
    path.write_bytes(data)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    subprocess.run(
        [program, profile, "--headless", "--convert-to", target, "--outdir", str(folder), str(path)],
        check=True,
        capture_output=True,
        timeout=180,
    )
    result = folder / f"copy.{target.partition(':')[0]}"
    assert result.exists(), "LibreOffice could not open the copy"
    if result.suffix == ".pdf":
        text = subprocess.run(["pdftotext", str(result), "-"], check=True, capture_output=True, timeout=60).stdout
        return text.decode()
    return result.read_text(encoding="utf-8-sig")


def zones_of(reading: Reading, value: str) -> set[Zone]:
    text = source(reading)
    return {b.zone for b in reading.blocks if value in text[b.span.start : b.span.end]}
