"""Build data/samples from data/samples/source: annotated fictional drafts → docx, pdf, txt, csv + expected flags.

A source is front matter and a text in which {{type|value}} marks what must be found. Lines with tabs are table
rows; a line that begins with [页眉] is the page header. PDF is printed by LibreOffice. Run from the repository root.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

ROOT = Path(__file__).resolve().parents[1] / "data" / "samples"
MARK = re.compile(r"\{\{([a-z]{2}_[a-z_]+)\|(.*?)\}\}", re.S)


def parse(path: Path) -> tuple[dict[str, str], str, list[dict[str, str]]]:
    """Return front matter, plain text, and the expected flags ``{type, value}`` in order."""
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    expected = [{"type": m[1], "value": m[2]} for m in MARK.finditer(body)]
    return fields, MARK.sub(r"\2", body), expected


def write_docx(text: str, out: Path) -> None:
    """Write a plain official paper: centred title, 仿宋 body, bordered tables."""
    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "FangSong", Pt(14)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "仿宋")
    lines = text.rstrip("\n").split("\n")
    titled = False
    while lines:
        line = lines.pop(0)
        if line.startswith("[页眉]"):
            document.sections[0].header.paragraphs[0].text = line.removeprefix("[页眉]").strip()
        elif "\t" in line:
            rows = [line.split("\t")]
            while lines and "\t" in lines[0]:
                rows.append(lines.pop(0).split("\t"))
            table = document.add_table(len(rows), len(rows[0]), style="Table Grid")
            for cells, row in zip(rows, table.rows, strict=True):
                for value, cell in zip(cells, row.cells, strict=True):
                    cell.text = value
        else:
            paragraph = document.add_paragraph(line)
            if not titled:
                paragraph.alignment, titled = WD_ALIGN_PARAGRAPH.CENTER, True
    document.core_properties.author = ""
    package = document.part.package
    for key, relation in list(package.rels.items()):
        if relation.reltype.endswith("/thumbnail"):  # python-docx's template carries a picture of an empty page
            del package.rels[key]
    document.save(str(out))


def print_pdf(source: Path, folder: Path) -> None:
    """Let LibreOffice print ``source`` into ``folder``, with a profile of its own."""
    with tempfile.TemporaryDirectory() as profile:
        command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", "pdf"]
        subprocess.run([*command, "--outdir", str(folder), str(source)], check=True, capture_output=True, timeout=120)


def build(path: Path) -> None:
    """Write one sample and its expected flags."""
    fields, text, expected = parse(path)
    out = ROOT / f"{path.stem}.{fields['format']}"
    if fields["format"] == "docx":
        write_docx(text, out)
    elif fields["format"] == "pdf":
        with tempfile.TemporaryDirectory() as folder:
            paper = Path(folder) / f"{path.stem}.docx"
            write_docx(text, paper)
            print_pdf(paper, ROOT)
    else:
        out.write_text(text, encoding="utf-8", newline="\n")
    facts = {key: fields[key] for key in ("title", "genre", "target", "expected")} | {"flags": expected}
    (ROOT / f"{path.stem}.expected.json").write_text(
        json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    for source in sorted((ROOT / "source").glob("*.txt")):
        build(source)
