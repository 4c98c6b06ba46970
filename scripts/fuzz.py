"""Damage the generators' nasty files at random and feed them to every reader inside the sandbox.

    .venv/bin/python scripts/fuzz.py --minutes 10 --seed 1 [--only docx,pdf]

Each damaged file is identified, read, written again without cuts and read by the witness, in a child with tight
limits. Good ends: a result, or an error of ``review.errors`` raised on purpose. Everything else is counted under the
line of ours where it came from: a parser's bug that the sandbox caught, a child that died, a child that ran too long.
Prints one line a kind of end and exits 1 where a child died or hung. Same seed, same files.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import random
import re
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pikepdf
from lxml import etree

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from review import formats, sandbox
from review.errors import InputError
from tests.corpus import make_docx, make_ofd, make_pdf, make_pptx, make_xlsx, pdf_kit, pictures

VALUES = (
    "", "-1", "0", "1e308", "99999999999999999999", "A1048577", "XFD1048577", "#REF!", "甲" * 5000, "rId999", "../../a",
    "\u202e", "1 2", "NaN", "0 0 1e9 1e9", "true", "\n\t ",
)  # fmt: skip
LIMITS = sandbox.Limits(wall=30, cpu=25, memory=3 << 30, file=256 << 20)
#: pieces that break counting, nesting and references in one format or another
TOKENS = (
    b"\x00", b"\xff" * 8, b"-1", b"99999999999999999999", b"1e308", b"<", b">", b"&#0;", b"&x;", b"<!DOCTYPE a>",
    b"<w:p>", b"</w:p>", b"A1048577", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"<<", b">>", b"endobj", b"0 0 R", b"1 0 R",
    b"[", b"]", b"(", b")", b"Q", b"BT", b"Tj", b"\xe2\x80\x8b", b"../", b"#", b'"', b"\r\n\r\n",
)  # fmt: skip


def seeds() -> Mapping[str, list[bytes]]:
    """Return undamaged files by kind."""
    line = "姓名,身份证号\n甲,110101199003072316\n".encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("甲.csv", line)
        archive.writestr("乙.html", "<table><tr><td>甲<td>乙</table>")
    mail = (
        b"From: a@b.cn\r\nSubject: =?utf-8?b?5YWs5byA?=\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n'
        b"--x\r\nContent-Type: text/html; charset=gbk\r\n\r\n<p>abc</p>\r\n--x\r\nContent-Type: text/plain\r\n"
        b'Content-Disposition: attachment; filename="a.txt"\r\n\r\nabc\r\n--x--\r\n'
    )
    page = "<!doctype html><meta charset=utf-8><title>甲</title><p>公开<b>内容</b><script>1</script><table><tr><td>甲"
    found = {
        "docx": [make_docx.build().data],
        "xlsx": [make_xlsx.build(far=False).data],
        "pptx": [make_pptx.build().data],
        "ofd": [make_ofd.build().data],
        "zip": [packed.getvalue()],
        "eml": [mail],
        "html": [page.encode()],
        "csv": [line * 20, line.decode().encode("gb18030"), line.decode().encode("utf-16")],
    }
    if pdf_kit.available():
        names = [place.name for place in make_pdf.PLACES][::3]
        found["pdf"] = [readable(make_pdf.made(name).data) for name in names]
        found["png"] = [
            pictures.stored(pictures.page(["公开"]), kind) for kind in ("PNG", "JPEG", "TIFF", "WEBP", "GIF")
        ]
    return found


def readable(data: bytes) -> bytes:
    """Return a PDF with its streams unpacked, so that damage reaches the content."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(
            out,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    return out.getvalue()


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Return a file with one to four wounds; in a zip mostly inside its members, packed again with right checksums."""
    if data.startswith(b"PK") and dice.random() < 0.85:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            infos = old.infolist()
            hit = set(dice.sample(range(len(infos)), dice.randint(1, min(3, len(infos)))))
            for number, info in enumerate(infos):
                part = old.read(info)
                if number in hit and dice.random() < 0.05:
                    continue  # a part that is missing
                new.writestr(info.filename, damaged(part, dice) if number in hit else part)
        return out.getvalue()
    if data.lstrip()[:1] == b"<" and dice.random() < 0.7:
        with contextlib.suppress(etree.XMLSyntaxError, ValueError):
            return rebuilt(data, dice)
    raw = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        dice.choice(WOUNDS)(raw, dice)
    return bytes(raw)


def rebuilt(data: bytes, dice: random.Random) -> bytes:
    """Return XML that is still well formed, with elements lost, doubled, moved, deep, or with strange values."""
    root = etree.fromstring(data)
    for _ in range(dice.randint(1, 5)):
        elements = list(root.iter("*"))
        one, other = dice.choice(elements), dice.choice(elements)
        parent = one.getparent()
        match dice.randrange(6):
            case 0 if parent is not None:
                parent.remove(one)
            case 1 if parent is not None:
                for _ in range(dice.choice((1, 3, 500))):
                    parent.append(copy.deepcopy(one))
                    if len(one):
                        break
            case 2 if other not in one.iter():
                other.append(one)
            case 3 if one.attrib:
                one.attrib[dice.choice(list(one.attrib))] = dice.choice(VALUES)
            case 4:
                one.text = dice.choice(VALUES)
            case 5:
                for _ in range(dice.choice((1, 30, 400))):
                    one = etree.SubElement(one, other.tag)
            case _:
                one.tag = other.tag
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _flip(raw: bytearray, dice: random.Random) -> None:
    if raw:
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)


def _insert(raw: bytearray, dice: random.Random) -> None:
    place = dice.randint(0, len(raw))
    raw[place:place] = dice.choice(TOKENS) * dice.choice((1, 1, 1, 50, 2000))


def _delete(raw: bytearray, dice: random.Random) -> None:
    place = dice.randint(0, len(raw))
    del raw[place : place + dice.choice((1, 4, 40, 400))]


def _repeat(raw: bytearray, dice: random.Random) -> None:
    place, length = dice.randint(0, len(raw)), dice.choice((8, 80, 800))
    raw[place:place] = bytes(raw[place : place + length]) * dice.choice((1, 10, 300))


def _number(raw: bytearray, dice: random.Random) -> None:
    """Change one number: lengths, counts, offsets, references."""
    found = list(re.finditer(rb"\d+", raw[:400_000]))
    if found:
        match = dice.choice(found)
        raw[match.start() : match.end()] = dice.choice((b"0", b"-1", b"7", b"65536", b"4294967296", b"1" * 30))


def _cut(raw: bytearray, dice: random.Random) -> None:
    if dice.random() < 0.2:
        del raw[dice.randint(0, len(raw)) :]


def _swap(raw: bytearray, dice: random.Random) -> None:
    one, two = dice.randint(0, len(raw)), dice.randint(0, len(raw))
    raw[one : one + 64], raw[two : two + 64] = raw[two : two + 64], raw[one : one + 64]


Wound = Callable[[bytearray, random.Random], None]
WOUNDS: tuple[Wound, ...] = (_flip, _insert, _delete, _repeat, _number, _number, _cut, _swap)


def whole(data: bytes, name: str) -> str:
    """Read, write again and let the witness read: what the child does."""
    format_, reading = formats.read(data, name, ocr=False)
    clean = formats.erase(format_, data, reading, (), ocr=False)
    if format_.name != "image":  # its witness recognises characters: not what is tested here
        formats.witness(format_, clean.data, format_.read(clean.data))
    return "gaps" if reading.gaps else "read"


def end_of(data: bytes, name: str) -> str:
    """Return how one damaged file ends."""
    try:
        return sandbox.run(whole, data, name, limits=LIMITS)
    except InputError as error:
        message = str(error)
        if bug := re.search(r"未能完整读取（(.*?)）", message):
            return f"BUG {bug[1]}"
        if "处理超过" in message or "时间或内存" in message:
            return "HANG"
        return "DIED" if "异常终止" in message else f"refused {type(error).__name__}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="kinds, separated by commas")
    parser.add_argument("--keep", type=Path, help="folder for files that ended badly")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    files = {kind: data for kind, data in seeds().items() if not options.only or kind in options.only.split(",")}
    formats.all_formats()  # loaded once here, not in every child
    ends: Counter[tuple[str, str]] = Counter()
    slowest = 0.0
    stop = time.monotonic() + options.minutes * 60
    while time.monotonic() < stop:
        kind = dice.choice(sorted(files))
        data = damaged(dice.choice(files[kind]), dice)
        start = time.monotonic()
        end = end_of(data, f"a.{kind}")
        slowest = max(slowest, time.monotonic() - start)
        ends[kind, end] += 1
        if options.keep and end.startswith(("BUG", "HANG", "DIED")) and ends[kind, end] <= 2:
            options.keep.mkdir(parents=True, exist_ok=True)
            label = re.sub(r"[^\w.]+", "_", end)
            (options.keep / f"{label}-{options.seed}-{ends.total()}.{kind}").write_bytes(data)
    for (kind, end), count in sorted(ends.items()):
        print(f"{kind:5} {count:7}  {end}")
    bad = sum(count for (_, end), count in ends.items() if end in ("HANG", "DIED"))
    bugs = sum(count for (_, end), count in ends.items() if end.startswith("BUG"))
    print(f"files {ends.total()}, slowest {slowest:.1f} s, caught bugs {bugs}, hangs and deaths {bad}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
