"""Archives (.zip): every member is a file of its own; names are text, too."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from review.errors import CorruptDocument, EncryptedDocument, LimitExceeded
from review.formats import _opc
from review.types import Block, Cut, Embedded, Erased, Format, Locator, Reading, Run, Span, Witness, Zone

_MAX_MEMBERS = 5_000
_MAX_TOTAL = 1 << 30
_MAX_RATIO = 200
_SMALL = 10 << 20  # below this a high ratio is harmless
_UTF8_NAME = 0x800
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive with its name as text."""

    key: str  # name as the zip library gives it: unique
    name: str
    data: bytes


def sniff(data: bytes, suffix: str) -> bool:
    """A zip that no office format claimed."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def members(data: bytes) -> list[Member]:
    """Return the files of an archive in order; raises for passwords, bombs and damage."""
    out: list[Member] = []
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
            if len(infos) > _MAX_MEMBERS:
                raise LimitExceeded(f"压缩包内文件超过 {_MAX_MEMBERS} 个，未能检查。请拆分后再送审。")
            if len({info.filename for info in infos}) != len(infos):
                raise CorruptDocument("压缩包内有同名文件，未能检查。请核对原件。")
            for info in infos:
                if _escapes(_name(info)):
                    raise CorruptDocument("压缩包内的文件名指向包外的位置，未能检查。请重新打包后再送审。")
                if info.flag_bits & 1:
                    raise EncryptedDocument("压缩包设有密码，未能检查。请去除密码后再送审。")
                content = _content(archive, info, total)
                total += len(content)
                out.append(Member(info.filename, _name(info), content))
    except _opc.BROKEN as error:
        raise CorruptDocument("压缩包损坏或不完整，未能检查。请核对原件。") from error
    return out


def _escapes(name: str) -> bool:
    """Whether a name would leave the folder in which the archive is unpacked."""
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or not parts[0] or ":" in parts[0] or "\x00" in name


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, total: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    with archive.open(info) as file:
        while piece := file.read(1 << 20):
            size += len(piece)
            bomb = size > _SMALL and size > _MAX_RATIO * max(1, info.compress_size)
            if bomb or total + size > _MAX_TOTAL:
                raise LimitExceeded("压缩包展开后过大，未能检查。请拆分后再送审。")
            pieces.append(piece)
    return b"".join(pieces)


def _name(info: zipfile.ZipInfo) -> str:
    """Names without the UTF-8 mark were written by Chinese Windows in GBK; the library read them as cp437."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def read(data: bytes) -> Reading:
    """Return the member names as text and the members as kept files."""
    runs: list[Run] = []
    blocks: list[Block] = []
    embedded: list[Embedded] = []
    length = 0
    for number, member in enumerate(members(data), 1):
        runs += [Run(member.name, Locator("name", (member.key,))), Run("\n")]
        blocks.append(Block(Span(length, length + len(member.name)), Zone.BODY, f"压缩包第{number}个文件名"))
        length += len(member.name) + 1
        embedded.append(Embedded(member.key, member.name, member.data, kept=True))
    return Reading(tuple(runs), tuple(blocks), (), tuple(embedded))


def erase(data: bytes, reading: Reading, cuts: Sequence[Cut]) -> Erased:
    """Write the archive anew, names with their cuts applied; members are replaced by ``put``."""
    names: dict[str, str] = {}
    for index, run in enumerate(reading.runs):
        if run.at is None or run.at.part != "name":
            continue
        new = run.text
        for cut in sorted((cut for cut in cuts if cut.run == index), key=lambda cut: -cut.start):
            new = new[: cut.start] + cut.replacement + new[cut.end :]
        names[str(run.at.node[0])] = new
    files = [(names.get(member.key, member.name), member.data) for member in members(data)]
    if len({name for name, _ in files}) != len(files):
        raise CorruptDocument("文件名脱敏后压缩包内出现同名文件，没有输出。请解压并改名后再送审。")
    return Erased(_written(files), ("已删除压缩包注释和时间",))


def put(data: bytes, parts: Mapping[str, bytes]) -> bytes:
    """Replace members, given by their key in the original archive: order is the same in both."""
    keys = list(parts)
    written = members(data)
    if len(keys) != len(written):
        raise CorruptDocument("压缩包改写后文件数不一致，没有输出。请解压后逐个处理。")
    return _written([(member.name, parts[key]) for key, member in zip(keys, written, strict=True)])


def _written(files: Sequence[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def witness(data: bytes) -> Witness:
    """Return names and raw bytes of every member in the usual encodings."""
    residue: list[str] = []
    for member in members(data):
        residue += [member.name, *(member.data.decode(code, "ignore") for code in ("utf-8", "utf-16-le", "gb18030"))]
    return Witness(None, tuple(residue), ("压缩包原始字节",))


FORMAT = Format(
    name="archive",
    media_type="application/zip",
    suffixes=(".zip",),
    sniff=sniff,
    read=read,
    erase=erase,
    witness=witness,
    put=put,
)
