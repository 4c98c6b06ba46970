"""Optional second opinion: ask a large model that the unit runs itself. Off unless the operator names an address.

The address must be a literal loopback or private one (``http://10.1.2.3:8000/v1``): host names are refused, since
what they mean can change, and so is every public address. No proxy is used and no redirect followed. The model can
only add reminders; it never removes or changes a flag, and its own words are not passed on.
The protocol is that of OpenAI's chat completions, which vLLM, llama.cpp, Ollama and others speak.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from review import paths
from review.detectors import _passages
from review.detectors._kinds import Kind, kinds
from review.errors import InputError
from review.flags import flag_id
from review.types import Action, Context, Detector, Document, Flag, RulePack, Severity, Span

PASSAGES: Final = 40  # asked about at a time
LONGEST_ANSWER: Final = 64 * 1024  # bytes
CONFIDENCE: Final = 0.5  # of a model whose reliability is not measured here

_TASK: Final = """你是发布前保密审查的辅助工具。下面是一份拟公开文稿的若干段，每段前有序号。
只找“泄露了不宜公开的具体内容”的段落；只是谈论保密、引用法规、已经公开的内容不算。不评价观点。
只回答 JSON：{"flags": [{"passage": 序号, "type": "类型"}]}，没有则 {"flags": []}。类型只能是：
"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to ask. ``url`` ends with the version, as in ``http://127.0.0.1:8000/v1``; seconds for one request."""

    url: str
    model: str
    timeout: float = 60.0

    def __post_init__(self) -> None:
        require_local(self.url)


def require_local(url: str) -> None:
    """Raise ``InputError`` unless ``url`` is HTTP(S) to a literal loopback or private address."""
    parts = urlsplit(url)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    try:
        address = ipaddress.ip_address(host)
        local = address.is_loopback or (address.is_private and not address.is_link_local and not address.is_unspecified)
    except ValueError:
        local = False
    if parts.scheme not in ("http", "https") or not local:
        raise InputError(
            "第二意见服务只能是本机或单位内网的 IP 地址（如 http://127.0.0.1:8000/v1），文稿不得送往外网。"
        )


def build(pack: RulePack, endpoint: Endpoint, folder: Path = paths.MODELS) -> Detector:
    """Return a detector that asks the endpoint; it raises ``InputError`` when no usable answer comes."""
    wording = kinds(folder)
    basis = {type_: tuple(key for key in kind.basis if key in pack.provisions) for type_, kind in wording.items()}
    task = _TASK + "；".join(f"{type_}（{kind.title}）" for type_, kind in wording.items())

    def detect(document: Document, context: Context) -> Iterable[Flag]:
        passages = list(_passages.split(document))
        # trust_env off: a proxy of the environment would carry the text elsewhere.
        with httpx.Client(timeout=endpoint.timeout, trust_env=False, follow_redirects=False) as client:
            for first in range(0, len(passages), PASSAGES):
                some = passages[first : first + PASSAGES]
                texts = [document.text[span.start : span.end] for span in some]
                for number, type_ in _ask(client, endpoint, task, texts, wording):
                    yield _flag(document, some[number], type_, wording[type_], basis[type_])

    return detect


def _ask(
    client: httpx.Client, endpoint: Endpoint, task: str, texts: Sequence[str], wording: Mapping[str, Kind]
) -> Iterator[tuple[int, str]]:
    """Yield (passage, type) of one request's answer, each once."""
    listed = "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
    body = {
        "model": endpoint.model,
        "temperature": 0,
        "response_format": {"type": "json_object"},
        "messages": [{"role": "system", "content": task}, {"role": "user", "content": listed}],
    }
    try:
        answer = client.post(endpoint.url.rstrip("/") + "/chat/completions", json=body)
        answer.raise_for_status()
    except httpx.TimeoutException:
        raise InputError(f"第二意见服务在 {endpoint.timeout:g} 秒内没有答复，请检查该服务或不使用第二意见。") from None
    except httpx.HTTPError as error:
        raise InputError(f"第二意见服务无法使用（{type(error).__name__}），请检查该服务或不使用第二意见。") from None
    seen = set()
    for number, type_ in _items(answer.content):
        if not (isinstance(number, int) and 1 <= number <= len(texts) and type_ in wording):
            raise _malformed()
        if (number, type_) not in seen:
            seen.add((number, type_))
            yield number - 1, type_


def _items(content: bytes) -> list[tuple[Any, Any]]:
    if len(content) > LONGEST_ANSWER:
        raise _malformed()
    try:
        said = json.loads(json.loads(content)["choices"][0]["message"]["content"])
        return [(item["passage"], item["type"]) for item in said["flags"]]
    except (ValueError, LookupError, TypeError):
        raise _malformed() from None


def _malformed() -> InputError:
    return InputError("第二意见服务的答复不合约定的格式，没有采用。请检查该模型或不使用第二意见。")


def _flag(document: Document, passage: Span, type_: str, kind: Kind, basis: tuple[str, ...]) -> Flag:
    rule = f"opinion.{type_}@1"
    return Flag(
        id=flag_id(document.sha256, rule, (passage,)),
        spans=(passage,),
        type=type_,
        rule=rule,
        severity=Severity.LOW,
        message=f"疑似“{kind.title}”：本单位部署的大模型认为像是{kind.why}，请核对。",
        basis=basis,
        action=Action.REMIND,
        confidence=CONFIDENCE,
        detector="opinion",
    )
