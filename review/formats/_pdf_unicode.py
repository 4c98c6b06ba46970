"""ToUnicode maps: code → characters, read and written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_SECTION = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.S)
_TOKEN = re.compile(rb"<([0-9A-Fa-f\s]*)>|(\[)|(\])")
_MAX_RANGE = 0x10000


class Targets(NamedTuple):
    """What a ToUnicode map is to say. ``sizes``: bytes of a code where they differ from ``size``."""

    texts: Mapping[int, str]
    sizes: Mapping[int, int]
    size: int


def parse_to_unicode(data: bytes) -> dict[int, str]:
    """Return code → characters of a ToUnicode CMap; what does not parse is left out."""
    out: dict[int, str] = {}
    for kind, body in _SECTION.findall(data):
        items = _tokens(body)
        if kind == b"bfchar":
            for source, target in zip(items[::2], items[1::2], strict=False):
                if isinstance(source, bytes) and isinstance(target, bytes):
                    out[int.from_bytes(source, "big")] = _text(target)
            continue
        for low, high, target in zip(items[::3], items[1::3], items[2::3], strict=False):
            if not isinstance(low, bytes) or not isinstance(high, bytes):
                continue
            first, last = int.from_bytes(low, "big"), int.from_bytes(high, "big")
            for k in range(min(last - first + 1, _MAX_RANGE)):
                if isinstance(target, list):
                    if k < len(target):
                        out[first + k] = _text(target[k])
                else:
                    out[first + k] = _text(_plus(target, k))
    return out


def write_to_unicode(targets: Targets) -> bytes:
    """Return a ToUnicode CMap."""
    by_size: dict[int, list[tuple[int, str]]] = {}
    for code, text in sorted(targets.texts.items()):
        by_size.setdefault(targets.sizes.get(code, targets.size), []).append((code, text))
    lines = [
        "/CIDInit /ProcSet findresource begin", "12 dict begin", "begincmap", "/CMapName /Kept def", "/CMapType 2 def",
        f"{len(by_size)} begincodespacerange",
        *(f"<{'0' * 2 * size}> <{'F' * 2 * size}>" for size in sorted(by_size)), "endcodespacerange",
    ]  # fmt: skip
    for size, items in sorted(by_size.items()):
        for start in range(0, len(items), 100):
            part = items[start : start + 100]
            lines.append(f"{len(part)} beginbfchar")
            lines += [f"<{code:0{2 * size}X}> <{_hex(text)}>" for code, text in part]
            lines.append("endbfchar")
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines).encode("ascii")


def _hex(text: str) -> str:
    return text.encode("utf-16-be", "surrogatepass").hex().upper()


def _tokens(body: bytes) -> list[bytes | list[bytes]]:
    out: list[bytes | list[bytes]] = []
    inner: list[bytes] | None = None
    for match in _TOKEN.finditer(body):
        if match[2]:
            inner = []
        elif match[3]:
            out.append(inner or [])
            inner = None
        else:
            digits = re.sub(rb"\s", b"", match[1])
            value = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
            if inner is None:
                out.append(value)
            else:
                inner.append(value)
    return out


def _plus(target: bytes, k: int) -> bytes:
    """Add ``k`` to the last UTF-16 unit of a range's first target."""
    if len(target) < 2:
        return (int.from_bytes(target, "big") + k).to_bytes(2, "big")
    unit = int.from_bytes(target[-2:], "big") + k
    return target[:-2] + (unit & 0xFFFF).to_bytes(2, "big")


def _text(target: bytes) -> str:
    if len(target) == 1:
        target = b"\x00" + target
    return target.decode("utf-16-be", "ignore")
