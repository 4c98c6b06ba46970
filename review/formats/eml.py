"""E-mail messages: subject, people and date, plain bodies as text; HTML bodies and attachments as files of their own.

A copy keeps the shape of the message with those headers only, in UTF-8 and base64. All other headers, preambles and
signatures are dropped.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import quopri
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message
from email.policy import compat32
from email.utils import collapse_rfc2231_value

from review.errors import CorruptDocument, LimitExceeded
from review.formats._encoding import decode
from review.formats._lines import blocks
from review.types import Block, Cut, Embedded, Erased, Format, Gap, Locator, Reading, Run, Span, Witness, Zone

#: Headers that a reader of the message sees, in the order of a copy.
_SHOWN = {"subject": "主题", "from": "发件人", "to": "收件人", "cc": "抄送", "date": "日期"}
_MIME = frozenset(["content-type", "content-transfer-encoding", "content-disposition", "mime-version"])
_MAX_DEPTH = 50  # multipart in multipart
_SIGNATURES = frozenset(["application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"])
_HEADERS = re.compile(rb"\A(?:[A-Za-z][A-Za-z0-9-]{0,60}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){2,}")
_TELLING = re.compile(rb"^(?:From|To|Subject|Date|Received|Message-ID|MIME-Version):", re.IGNORECASE | re.MULTILINE)
#: parameters of parts that programs write
_TECHNICAL = frozenset({"boundary", "format", "delsp", "type", "start", "report-type", "micalg", "protocol", "size"})
_CHARSET = re.compile(r"[A-Za-z][\w-]{1,20}", re.ASCII)
_KIND = re.compile(r"(?!.*\d{5})[a-z]+/[\w.+-]{1,80}", re.ASCII)
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4,}={0,2}\r?\n?)+")
_WORD = re.compile(rb"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message that is no container; ``number`` counts the parts in order."""

    number: int
    message: Message = field(repr=False)
    path: tuple[int, ...]

    @property
    def kind(self) -> str:
        return self.message.get_content_type()

    @property
    def is_body(self) -> bool:
        """Plain text that is shown, not attached."""
        return self.kind == "text/plain" and self.message.get_content_disposition() != "attachment"

    @property
    def is_signature(self) -> bool:
        return self.kind in _SIGNATURES


def sniff(data: bytes, suffix: str) -> bool:
    """Say whether this is a message: header lines at the beginning, at least one that messages have."""
    head = _HEADERS.match(data[:20_000].lstrip(b"\xef\xbb\xbf\r\n"))
    return head is not None and _TELLING.search(head[0]) is not None


def _message(data: bytes) -> Message:
    if not data.strip():
        raise CorruptDocument("文件为空，没有可检查的内容。")
    try:
        return message_from_bytes(data)
    except RecursionError:  # the parser goes down one call a level
        raise _too_deep() from None


def _too_deep() -> LimitExceeded:
    return LimitExceeded("邮件各部分嵌套过深，未能检查。请将附件另存后逐个送审。")


def _parts(message: Message) -> Iterator[Part]:
    leaves = ((path, node) for path, node in _nodes(message) if not _is_container(node))
    for number, (path, leaf) in enumerate(leaves, 1):
        yield Part(number, leaf, path)


def _nodes(message: Message, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Message]]:
    """Yield the message and its parts, but not those of a message inside: that is a file of its own."""
    if len(path) > _MAX_DEPTH:
        raise _too_deep()
    yield path, message
    if _is_container(message):
        for place, part in enumerate(message.get_payload()):
            if isinstance(part, Message):
                yield from _nodes(part, (*path, place))


def _is_container(message: Message) -> bool:
    return message.get_content_maintype() == "multipart" and isinstance(message.get_payload(), list)


# ------------------------------------------------------------------------------------------ reading


@dataclass(slots=True)
class _Page:
    """Runs and blocks under construction."""

    runs: list[Run] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    length: int = 0

    def add(self, text: str, at: Locator, zone: Zone, label: str) -> None:
        """Add one text as one block."""
        if text.strip():
            self.blocks.append(Block(Span(self.length, self.length + len(text)), zone, label))
            self._run(text, at)

    def add_body(self, text: str, at: Locator, label: str) -> None:
        """Add a plain body with a block a line."""
        for block in blocks(text):
            span = Span(block.span.start + self.length, block.span.end + self.length)
            self.blocks.append(Block(span, Zone.BODY, f"{label}{block.label}", block.cell))
        if text:
            self._run(text, at)

    def _run(self, text: str, at: Locator) -> None:
        self.runs += [Run(text, at), Run("\n")]
        self.length += len(text) + 1


def read(data: bytes) -> Reading:
    """Read headers, bodies and names of attachments; then what a reader does not see."""
    message = _message(data)
    page = _Page()
    gaps: list[Gap] = []
    embedded: list[Embedded] = []
    for key, label in _SHOWN.items():
        for place, value in enumerate(_values(message, key)):
            page.add(value, Locator("header", (key, place)), Zone.HEADER, label)
    for part in _parts(message):
        if part.is_signature:
            continue
        if part.is_body:
            text = _body(part)
            if text is None:
                gaps.append(Gap(f"正文{part.number}", "无法识别文字编码，未能检查"))
            else:
                page.add_body(text, Locator("body", (part.number,)), "正文")
            continue
        name = _filename(part)
        page.add(name, Locator("name", (part.number,)), Zone.BODY, f"附件{part.number}名称")
        embedded.append(_embedded(part, name))
    for place, (zone, label, text) in enumerate(_unseen(message)):
        page.add(text, Locator("unseen", (place,)), zone, label)
    return Reading(tuple(page.runs), tuple(page.blocks), tuple(gaps), tuple(embedded))


def _values(message: Message, key: str) -> list[str]:
    return [_decoded(str(value)) for name, value in message.raw_items() if name.lower() == key]


def _decoded(value: str) -> str:
    """Return a header value with encoded words and raw bytes read; folded lines become one."""
    raw = value.encode("utf-8", "surrogateescape")
    if not raw.isascii():
        found = decode(raw)
        return _one_line(found.text if found else raw.decode("utf-8", "replace"))
    try:
        pieces = decode_header(value)
    except (HeaderParseError, binascii.Error, ValueError):
        return _one_line(value)
    return _one_line("".join(piece if isinstance(piece, str) else _spelt(piece, charset) for piece, charset in pieces))


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n\t ]+", " ", text).strip()


def _spelt(data: bytes, charset: str | None) -> str:
    """Decode bytes by their declared charset; where that fails, by what they look like."""
    name = (charset or "").lower().strip("\"' ")
    name = "gb18030" if name in ("gb2312", "gbk", "cp936", "x-gbk") else "cp950" if name == "big5" else name
    if name and name not in ("unknown-8bit", "us-ascii"):
        try:
            return data.decode(name)
        except (LookupError, UnicodeDecodeError):
            pass
    found = decode(data) if data else None
    return found.text if found else data.decode("latin-1")


def _content(message: Message) -> bytes:
    """Return the bytes of a part; a message inside is given as it is stored."""
    payload = message.get_payload()
    if isinstance(payload, list):
        return b"\r\n".join(part.as_bytes() for part in payload if isinstance(part, Message))
    content = message.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _body(part: Part) -> str | None:
    content = _content(part.message)
    if not content:
        return ""
    name = part.message.get_content_charset()
    if name is None and decode(content) is None:
        return None
    return _spelt(content, name)


def _filename(part: Part) -> str:
    """Return the name that a reader sees for an attachment, or nothing."""
    return _decoded(part.message.get_filename() or "")


def _embedded(part: Part, name: str) -> Embedded:
    kind, content = part.kind, _content(part.message)
    if kind == "text/html":
        page = _spelt(content, part.message.get_content_charset())
        return Embedded(f"正文{part.number}", f"body{part.number}.html", page.encode("utf-8", "replace"), kept=True)
    suffix = ".eml" if kind == "message/rfc822" else mimetypes.guess_extension(kind) or ""
    return Embedded(f"附件{part.number}", name or f"attachment{part.number}{suffix}", content, kept=True)


def _unseen(message: Message) -> Iterator[tuple[Zone, str, str]]:
    """Yield what a copy does not keep: other headers of all parts, text before and after parts, signatures."""
    for _, part in _nodes(message):
        for name, value in part.raw_items():
            if name.lower() not in _MIME and not (part is message and name.lower() in _SHOWN):
                yield Zone.METADATA, "邮件属性", f"{name}: {_decoded(str(value))}"
        yield from ((Zone.METADATA, "邮件属性", text) for text in _parameters(part))
        for text in (part.preamble, part.epilogue):
            if text and text.strip():
                yield Zone.HIDDEN, "邮件各部分之间的文字", _decoded(text)


def _parameters(message: Message) -> Iterator[str]:
    """Yield the parameters of a part's kind that could say something and are not the name that a reader sees."""
    shown = message.get_filename()
    for header in ("content-type", "content-disposition"):
        for name, value in message.get_params(failobj=[], header=header)[1:]:
            text = collapse_rfc2231_value(value)
            plain = name.lower() in _TECHNICAL or (name.lower() == "charset" and _CHARSET.fullmatch(text))
            if text and text != shown and not plain:
                yield f"{name}: {_decoded(text)}"


# ------------------------------------------------------------------------------------------ writing


def erase(data: bytes, reading: Reading, cuts: Sequence[Cut]) -> Erased:
    """Write the message anew with the cuts applied; attachments and HTML bodies are replaced by ``put``."""
    edits: dict[Locator, str] = {}
    for cut in sorted(cuts, key=lambda cut: -cut.start):
        run = reading.runs[cut.run]
        if run.at is not None:
            old = edits.get(run.at, run.text)
            edits[run.at] = old[: cut.start] + cut.replacement + old[cut.end :]
    message = _message(data)
    files = {part.number: _embedded(part, "").data for part in _files(message)}
    notices = ["已删除邮件的传输记录等属性，编码为 UTF-8"]
    if any(part.is_signature for part in _parts(message)):
        notices.append("已删除电子签名（内容变动后签名失效）")
    return Erased(_written(message, edits, files), tuple(notices))


def put(data: bytes, parts: Mapping[str, bytes]) -> bytes:
    """Replace HTML bodies and attachments, given in their order."""
    message = _message(data)
    numbers = [part.number for part in _files(message)]
    if len(numbers) != len(parts):
        raise CorruptDocument("邮件改写后附件数不一致，没有输出。请将附件另存后逐个处理。")
    return _written(message, {}, dict(zip(numbers, parts.values(), strict=True)))


def _files(message: Message) -> Iterator[Part]:
    return (part for part in _parts(message) if not part.is_body and not part.is_signature)


def _written(message: Message, edits: Mapping[Locator, str], files: Mapping[int, bytes]) -> bytes:
    parts = {part.path: part for part in _parts(message)}
    root = _rebuilt(message, (), parts, edits, files) or Message()
    for key in _SHOWN:
        for place, value in enumerate(_values(message, key)):
            text = _one_line(edits.get(Locator("header", (key, place)), value))
            root[key.title()] = text if text.isascii() else Header(text, "utf-8").encode()
    root["MIME-Version"] = "1.0"
    return root.as_bytes(policy=compat32.clone(linesep="\r\n", max_line_length=None))


def _rebuilt(
    message: Message,
    path: tuple[int, ...],
    parts: Mapping[tuple[int, ...], Part],
    edits: Mapping[Locator, str],
    files: Mapping[int, bytes],
) -> Message | None:
    """Return the part as a copy has it: shape, kind and content, no other header. None: a signature."""
    made = Message()
    part = parts.get(path)
    if part is None:
        subtype = message.get_content_subtype()
        known = subtype if subtype in ("mixed", "alternative", "related") else "mixed"
        made["Content-Type"] = f"multipart/{known}"
        for place, child in enumerate(message.get_payload()):
            if isinstance(child, Message) and (copy := _rebuilt(child, (*path, place), parts, edits, files)):
                made.attach(copy)
        return made
    if part.is_signature:
        return None
    if part.is_body:
        made["Content-Type"] = 'text/plain; charset="utf-8"'
        text = edits.get(Locator("body", (part.number,)), _body(part) or "")
        return _filled(made, text.encode("utf-8", "replace"))
    name = edits.get(Locator("name", (part.number,)), _filename(part))
    if name or part.kind != "text/html":
        made.add_header("Content-Disposition", "attachment", **({"filename": ("utf-8", "", name)} if name else {}))
    if part.kind == "message/rfc822":
        made["Content-Type"] = part.kind
        made.attach(message_from_bytes(files[part.number]))
        return made
    if part.kind == "text/html":
        made["Content-Type"] = 'text/html; charset="utf-8"'
    else:
        # The library writes messages and multiparts as trees only; here their content is one file.
        leaf = _KIND.fullmatch(part.kind) and not part.kind.startswith(("message/", "multipart/"))
        made["Content-Type"] = part.kind if leaf else "application/octet-stream"
    return _filled(made, files[part.number])


def _filled(made: Message, content: bytes) -> Message:
    made["Content-Transfer-Encoding"] = "base64"
    made.set_payload(base64.encodebytes(content).decode())
    return made


# ------------------------------------------------------------------------------------------ witness


def witness(data: bytes) -> Witness:
    """Dig without the mail library: raw bytes, quoted-printable, every base64 stretch, every encoded word."""
    piles = [data, quopri.decodestring(data)]
    for match in _WORD.finditer(data):
        _, _, how, body, _ = match[0].split(b"?", 4)
        piles.append(_unpacked(body) if how in b"Bb" else quopri.decodestring(body.replace(b"_", b" ")))
    piles += [_unpacked(match[0]) for match in _BASE64.finditer(data) if len(match[0]) > 15]
    strings = [pile.decode(codec, "ignore") for pile in piles for codec in ("utf-8", "gb18030")]
    return Witness(None, tuple(strings), ("原始字节、base64、quoted-printable",))


def _unpacked(body: bytes) -> bytes:
    try:
        return base64.b64decode(re.sub(rb"\s", b"", body))
    except (binascii.Error, ValueError):
        return b""


FORMAT = Format(
    name="eml",
    media_type="message/rfc822",
    suffixes=(".eml",),
    sniff=sniff,
    read=read,
    erase=erase,
    witness=witness,
    put=put,
)
