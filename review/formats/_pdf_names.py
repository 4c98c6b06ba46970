"""Names and strings of a PDF as Python text, whatever bytes they are: old programs wrote GBK into both."""

from __future__ import annotations

from typing import Any

import pikepdf


def spell(name: Any) -> str:
    """Return a name with its slash; bytes that are not UTF-8 are kept as surrogates. Empty for anything else."""
    if isinstance(name, pikepdf.Name):
        return bytes(name).decode("utf-8", "surrogateescape")
    return name if isinstance(name, str) else ""


def key_name(key: str) -> Any:
    """Return a dictionary key as pikepdf takes it; keys come out of ``keys()`` with surrogates."""
    try:
        key.encode("utf-8")
    except UnicodeEncodeError:
        raw = key.encode("utf-8", "surrogateescape")[1:]
        return pikepdf.Object.parse(b"/" + b"".join(b"#%02x" % byte for byte in raw))
    return key


def words(value: Any) -> str:
    """Return a text string: UTF-16, UTF-8, PDFDocEncoding, or the GBK that old Chinese programs wrote."""
    return decoded_words(bytes(value)) if isinstance(value, pikepdf.String) else ""


def decoded_words(raw: bytes) -> str:
    """Return the text of a text string's bytes."""
    if raw.startswith(b"\xfe\xff"):
        return raw[2:].decode("utf-16-be", "replace")
    if raw.startswith(b"\xff\xfe"):
        return raw[2:].decode("utf-16-le", "replace")
    if raw.startswith(b"\xef\xbb\xbf"):
        return raw[3:].decode("utf-8", "replace")
    if any(byte > 127 for byte in raw):
        for encoding in ("utf-8", "gb18030"):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
    return raw.decode("pdfdoc", "replace")


def inherited(node: Any, key: str) -> Any:
    """Return a page attribute, from the page or the nodes above it; None where absent."""
    for _ in range(64):
        if not isinstance(node, pikepdf.Dictionary):  # nothing above, or a damaged tree
            return None
        if key in node:
            return node[key]
        node = node.get("/Parent")
    return None
