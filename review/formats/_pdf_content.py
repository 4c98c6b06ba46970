"""Cut a content stream into instructions, and read their operands.

One cut serves reading and rewriting: what is not changed is written back byte for byte. A stream that the fast
expression does not cover from end to end (comments, inline images, damage) is cut by qpdf's parser instead.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import pikepdf
from pikepdf.models import PdfInlineImage

from review.errors import CorruptDocument, LimitExceeded

#: The operands as they stand in the stream, and the operator.
Instruction = tuple[bytes, bytes]

INLINE_IMAGE = b"INLINE IMAGE"
_INLINE = frozenset(
    ("/BPC", "/BitsPerComponent", "/CS", "/ColorSpace", "/D", "/Decode", "/DP", "/DecodeParms", "/F", "/Filter", "/H",
     "/Height", "/IM", "/ImageMask", "/I", "/Interpolate", "/W", "/Width", "/L", "/Length", "/Intent")
)  # fmt: skip

_MAX_TOKENS = 20_000_000  # in one stream

_SPACE = rb"[\x00\t\n\f\r ]"
_STRING = rb"\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.)*+\))*+\)"
_HEX = rb"<[0-9A-Fa-f\x00\t\n\f\r ]*+>"
_NAME = rb"/[^\x00\t\n\f\r ()<>\[\]{}/%]*+"
_NUMBER = rb"[+\-.0-9]++(?=[\x00\t\n\f\r ()<>\[\]/]|$)"
_ARRAY = rb"\[(?:[^\[\]()<>%]++|" + _STRING + rb"|" + _HEX + rb")*+\]"
_INNER = rb"<<(?:[^()<>%]++|" + _STRING + rb"|" + _HEX + rb")*+>>"
_DICTIONARY = rb"<<(?:[^()<>%]++|" + _STRING + rb"|" + _INNER + rb"|" + _HEX + rb")*+>>"
_OPERAND = rb"(?:" + rb"|".join((_NUMBER, _NAME, _STRING, _DICTIONARY, _HEX, _ARRAY)) + rb")"
_OPERATOR = rb"(?!(?:BI|true|false|null)(?![A-Za-z0-9*'\"]))[A-Za-z'\"][A-Za-z0-9*'\"]*+"
_OPERANDS = rb"(?:" + _OPERAND + _SPACE + rb"*+)*+"

_INSTRUCTION = re.compile(_SPACE + rb"*+(" + _OPERANDS + rb")(" + _OPERATOR + rb")", re.S)
_WHOLE = re.compile(rb"(?:" + _SPACE + rb"*+" + _OPERANDS + _OPERATOR + rb")*+" + _SPACE + rb"*+", re.S)
_SHOWN = re.compile(rb"(" + _STRING + rb"|" + _HEX + rb")|([+\-.0-9]+)", re.S)
_SPELLING = re.compile(
    rb"\s*/Span\s*<<\s*/ActualText\s*(" + _STRING + rb"|" + _HEX + rb")\s*>>\s*",
    re.S,
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|(.))", re.S)
_ENDS = re.compile(rb"\r\n?")
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_FRONT = re.compile(rb"[+-]*?([+-]?(?:\d+\.?\d*|\.\d+))")


def parse(stream: Any) -> list[Instruction]:
    """Return the instructions of a page or form; raises ``CorruptDocument`` or ``LimitExceeded``."""
    try:
        data = _bytes(stream)
        if _WHOLE.fullmatch(data):
            return _INSTRUCTION.findall(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about operands at the end that no operator follows
            return [_spelled(instruction) for instruction in pikepdf.parse_content_stream(stream)]
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError) as error:
        raise CorruptDocument("PDF 的页面内容流损坏，未能检查。请重新导出后再送审。") from error


def _bytes(stream: Any) -> bytes:
    contents = stream.obj.get("/Contents") if isinstance(stream, pikepdf.Page) else stream
    parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    data = b"\n".join(bytes(part.read_bytes()) for part in parts if isinstance(part, pikepdf.Stream))
    # Every token becomes an object: refuse what is far too long before it is cut.
    if len(data) > _MAX_TOKENS and sum(map(data.count, (b" ", b"\n", b"\r"))) > _MAX_TOKENS:
        raise LimitExceeded("PDF 页面内容过于复杂，超出处理上限，未能检查。")
    return data


def _bare(instruction: Any) -> bytes:
    """Return the bytes of an inline image without entries that it does not need to be drawn."""
    image = instruction.iimage
    entries = list(image._image_object)
    kept = [item for pair in zip(entries[::2], entries[1::2], strict=False) if str(pair[0]) in _INLINE for item in pair]
    if len(kept) == len(entries):
        return pikepdf.unparse_content_stream([instruction])
    return bytes(PdfInlineImage(image_data=image._data, image_object=tuple(kept)).unparse())


def _spelled(instruction: Any) -> Instruction:
    """Return an instruction of qpdf's parser as bytes."""
    if isinstance(instruction, pikepdf.ContentStreamInlineImage):
        return (_bare(instruction), INLINE_IMAGE)
    operator = bytes(instruction.operator)
    whole = pikepdf.unparse_content_stream([instruction])
    return (whole[: len(whole) - len(operator)], operator)


def written(instructions: Iterable[Instruction]) -> bytes:
    """Return the content stream of some instructions."""
    return b"\n".join(
        operands if operator == INLINE_IMAGE else operands + operator for operands, operator in instructions
    )


# --------------------------------------------------------------------------------------------- operands


def numbers(operands: bytes, count: int) -> list[float]:
    """Return the last ``count`` numbers; raises ``ValueError`` where there are fewer."""
    tokens = operands.split()
    if len(tokens) != count:
        tokens = tokens[-count:]
        if len(tokens) < count:
            raise ValueError("operands")
    try:
        return list(map(float, tokens))
    except ValueError:
        return [_lenient(token) for token in tokens]


def _number(token: bytes) -> float:
    try:
        return float(token)
    except ValueError:
        return _lenient(token)


def _lenient(token: bytes) -> float:
    """Return a malformed number as viewers take it: ``--5`` is -5, ``1.2.3`` is 1.2."""
    found = _FRONT.match(token.replace(b"\x00", b""))
    if found is None:
        raise ValueError("number")
    return float(found[1])


def name(operands: bytes) -> bytes:
    """Return the last name of the operands with its slash, ``#xx`` resolved; empty where there is none."""
    start = operands.rfind(b"/")
    if start < 0:
        return b""
    found = operands[start:].split(None, 1)[0].rstrip(b"\x00[]<>()")
    if b"#" in found:
        found = re.sub(rb"#([0-9A-Fa-f]{2})", lambda m: bytes((int(m[1], 16),)), found)
    return found


def first_name(operands: bytes) -> bytes:
    """Return the name that the operands begin with."""
    found = re.match(_SPACE + rb"*(" + _NAME + rb")", operands)
    return name(found[1]) if found else b""


def shown(operands: bytes) -> list[bytes | float]:
    """Return the strings (decoded) and numbers of a text-showing instruction, in order."""
    return [decoded(text) if text else _number(token) for text, token in _SHOWN.findall(operands)]


def decoded(token: bytes) -> bytes:
    """Return the bytes of a literal or hexadecimal string."""
    if token[:1] == b"<":
        digits = token[1:-1]
        try:
            return bytes.fromhex(digits.decode("ascii"))
        except ValueError:
            plain = re.sub(rb"[^0-9A-Fa-f]", b"", digits)
            return bytes.fromhex((plain + b"0" * (len(plain) % 2)).decode("ascii"))
    body = token[1:-1]
    if b"\r" in body:
        # An end of line that is not escaped reads as one line feed.
        body = re.sub(rb"(?<!\\)\r\n?", b"\n", body)
    return _ESCAPE.sub(_unescaped, body) if b"\\" in body else body


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes((int(match[1], 8) & 0xFF,))
    if match[2]:
        return b""
    return _LETTERS.get(match[3], match[3])


def array(items: Sequence[bytes | float]) -> bytes:
    """Return the operand of a TJ instruction."""
    return b"[" + b" ".join(_item(item) for item in items) + b"] "


def _item(item: bytes | float) -> bytes:
    if isinstance(item, bytes):
        return b"<" + item.hex().encode("ascii") + b">"
    return f"{round(item, 3):g}".encode("ascii") if abs(item) < 1e5 else f"{item:.1f}".encode("ascii")


def actual_text(operands: bytes) -> bytes | None:
    """Return the string of operands that are ``/Span <</ActualText (…)>>`` and nothing else, or None."""
    found = _SPELLING.fullmatch(operands)
    return decoded(found[1]) if found else None


def properties(operands: bytes) -> Any:
    """Return the dictionary that stands in the operands, or None."""
    start = operands.find(b"<<")
    if start < 0:
        return None
    try:
        return pikepdf.Object.parse(operands[start:].strip())
    except (pikepdf.PdfError, ValueError, RuntimeError):
        return None
