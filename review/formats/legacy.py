"""Old office files (.doc .xls .ppt .wps .et .dps .rtf .odt .ods .odp): turned into docx, xlsx or pptx by LibreOffice.

Not a format of its own: what is read, redacted and published is the converted file. LibreOffice runs without a
display, with a profile of its own (two runs on one profile lose files silently) and under the sandbox's limits.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import struct
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from review.errors import CorruptDocument, EncryptedDocument, LimitExceeded, MissingTool
from review.formats import _doc_pieces
from review.types import Gap, Reading

if TYPE_CHECKING:
    from olefile import OleFileIO

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TIMEOUT = 180
_PASSWORD = "文件设有打开密码，未能检查。请去除密码后再送审。"
_FILE_PASS, _END = 0x2F, 0x0A  # records of a workbook
_SEALED_SLIDES = b"\xdf\xc4\xd1\xf3"
_MAX_GLOBALS = 4 << 20  # bytes of a workbook's head
_MAX_MANIFEST = 4 << 20
_STREAMS: Mapping[str, str] = {
    "WordDocument": ".docx",
    "Workbook": ".xlsx",
    "Book": ".xlsx",
    "PowerPoint Document": ".pptx",
}
_OPEN_DOCUMENT: Mapping[bytes, str] = {
    b"application/vnd.oasis.opendocument.text": ".docx",
    b"application/vnd.oasis.opendocument.spreadsheet": ".xlsx",
    b"application/vnd.oasis.opendocument.presentation": ".pptx",
}
_INPUT: Mapping[str, str] = {".docx": ".doc", ".xlsx": ".xls", ".pptx": ".ppt"}


def modern_suffix(data: bytes) -> str:
    """Return ``.docx``, ``.xlsx`` or ``.pptx`` for an old office file, or "" where it is none.

    Raises ``EncryptedDocument`` for a file with a password.
    """
    if data.startswith(b"{\\rtf"):
        return ".docx"
    if data.startswith(b"PK"):
        kind = re.match(rb"PK\x03\x04.{22}\x08\x00..mimetype([\x20-\x7e]{10,80}?)(?=PK)", data[:200], re.S)
        found = next((to for name, to in _OPEN_DOCUMENT.items() if kind and kind[1].startswith(name)), "")
        if found and _sealed(data):
            raise EncryptedDocument(_PASSWORD)
        return found
    if not data.startswith(_OLE):
        return ""
    try:
        with _opened(data) as ole:
            if ole.exists("EncryptedPackage"):
                raise EncryptedDocument(_PASSWORD)
            stream = next((stream for stream in _STREAMS if ole.exists(stream)), "")
            if stream and _protected(ole, stream):
                raise EncryptedDocument(_PASSWORD)
    except (OSError, IndexError, ValueError, struct.error) as error:
        raise CorruptDocument("旧版办公文件已损坏或不完整，未能检查。请核对原件。") from error
    return _STREAMS.get(stream, "")


def _opened(data: bytes) -> OleFileIO:
    """Open a compound file; its library loads with the first."""
    from olefile import OleFileIO

    return OleFileIO(io.BytesIO(data))


def unconverted(data: bytes, reading: Reading) -> tuple[Gap, ...]:
    """Return gaps for text of an old file that the ``reading`` of its conversion does not hold."""
    if not data.startswith(_OLE):
        return ()
    try:
        with _opened(data) as ole:
            return _doc_pieces.unconverted(ole, reading) if ole.exists("WordDocument") else ()
    except (CorruptDocument, OSError):
        return (Gap("片段表", "原件的片段表已损坏，未能与转换结果核对"),)


def _sealed(data: bytes) -> bool:
    """Whether the list of parts of an OpenDocument file says that they are encrypted."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("META-INF/manifest.xml") as manifest:
            return b"encryption-data" in manifest.read(_MAX_MANIFEST)
    except (zipfile.BadZipFile, KeyError, OSError, EOFError, RuntimeError, zlib.error) as error:
        raise CorruptDocument("OpenDocument 文件已损坏或不完整，未能检查。请核对原件。") from error


def _protected(ole: OleFileIO, stream: str) -> bool:
    """Whether a binary file is encrypted: [MS-DOC] 2.5.2 fEncrypted, [MS-XLS] FilePass, [MS-PPT] headerToken."""
    if stream == "WordDocument":
        head = ole.openstream(stream).read(12)
        return len(head) == 12 and bool(head[11] & 1)
    if stream == "PowerPoint Document":
        return bool(ole.exists("Current User") and ole.openstream("Current User").read(16)[12:] == _SEALED_SLIDES)
    data = ole.openstream(stream).read(_MAX_GLOBALS)
    place = 0
    while place + 4 <= len(data):
        record, length = struct.unpack_from("<HH", data, place)
        if record in (_FILE_PASS, _END):
            return bool(record == _FILE_PASS)
        place += 4 + length
    return False


def convert(data: bytes, to: str) -> bytes:
    """Return the file as ``to`` (.docx, .xlsx, .pptx); raises ``MissingTool`` without LibreOffice."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise MissingTool(
            "检查旧版格式需要 LibreOffice，本机没有安装。请由管理员运行："
            "apt-get install libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui"
        )
    with tempfile.TemporaryDirectory(prefix="review-office-") as folder:
        source = Path(folder, "in" + _source_suffix(data, to))
        source.write_bytes(data)
        out = Path(folder, "out")
        profile = Path(folder, "profile").as_uri()
        options = [f"-env:UserInstallation={profile}", "--headless", "--norestore", "--convert-to", to[1:]]
        try:
            subprocess.run(
                [program, *options, "--outdir", str(out), str(source)],
                check=False,
                capture_output=True,
                timeout=_TIMEOUT,
                env={**os.environ, "HOME": folder, "SAL_USE_VCLPLUGIN": "svp"},
            )
        except subprocess.TimeoutExpired as error:
            raise LimitExceeded("转换旧版格式超时，未能检查。请另存为 docx、xlsx 或 pptx 后再送审。") from error
        result = out / f"in{to}"
        if not result.is_file() or not result.stat().st_size:
            raise CorruptDocument(
                "旧版格式转换失败（文件可能损坏或有密码），未能检查。请另存为 docx、xlsx 或 pptx 后再送审。"
            )
        return result.read_bytes()


def _source_suffix(data: bytes, to: str) -> str:
    if data.startswith(b"{\\rtf"):
        return ".rtf"
    if data.startswith(b"PK"):
        return {".docx": ".odt", ".xlsx": ".ods", ".pptx": ".odp"}[to]
    return _INPUT[to]
