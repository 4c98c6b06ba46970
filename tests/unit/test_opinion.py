"""The optional second opinion, against a small server that speaks the protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from review import pipeline
from review.cli import main
from review.detectors import opinion
from review.errors import InputError
from review.types import Report, Severity

TEXT = "第一句介绍会议情况，没有具体内容。\n第二句写了老周家的小孙子在哪个班。\n".encode()


@dataclass
class Fake:
    """What the server answers, and what it was asked."""

    url: str
    status: int = 200
    said: str = '{"flags": []}'
    delay: threading.Event | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def fake() -> Iterator[Fake]:
    state = Fake("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            if state.delay:
                state.delay.wait(5)
            body = json.dumps({"choices": [{"message": {"content": state.said}}]}).encode()
            self.send_response(state.status)
            self.send_header("content-length", str(len(body)))
            if state.status == 302:
                self.send_header("location", "http://203.0.113.5/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield state
    server.shutdown()


def ask(engine: pipeline.Engine, fake: Fake, timeout: float = 10) -> Report:
    report = pipeline.check(TEXT, "a.txt", engine)
    detect = opinion.build(engine.pack, opinion.Endpoint(fake.url, "test", timeout))
    return pipeline.second_opinion(report, detect, engine)


def test_adds_a_reminder_and_takes_nothing_away(engine: pipeline.Engine, fake: Fake) -> None:
    fake.said = '{"flags": [{"passage": 2, "type": "pp_minor"}, {"passage": 2, "type": "pp_minor"}]}'
    before = pipeline.check(TEXT, "a.txt", engine)
    after = ask(engine, fake)
    added = [flag for flag in after.flags if flag.detector == "opinion"]
    assert [(flag.type, flag.severity) for flag in added] == [("pp_minor", Severity.LOW)]
    span = added[0].spans[0]
    assert after.document.text[span.start : span.end].startswith("第二句")
    assert added[0].basis
    assert {flag.id for flag in before.flags} <= {flag.id for flag in after.flags}
    assert "老周" not in added[0].message
    assert fake.asked[0]["temperature"] == 0


@pytest.mark.parametrize(
    "said",
    [
        "我认为没有问题",
        "[]",
        '{"flags": 3}',
        '{"flags": [{"passage": 9, "type": "pp_minor"}]}',
        '{"flags": [{"passage": 1, "type": "politics"}]}',
        '{"flags": [{"passage": "1", "type": "pp_minor"}]}',
        "x" * (opinion.LONGEST_ANSWER + 1),
    ],
)
def test_an_answer_out_of_form_is_refused(engine: pipeline.Engine, fake: Fake, said: str) -> None:
    fake.said = said
    with pytest.raises(InputError, match="格式"):
        ask(engine, fake)


@pytest.mark.parametrize("status", [302, 401, 500])
def test_a_failing_service_is_an_error_and_redirects_are_not_followed(
    engine: pipeline.Engine, fake: Fake, status: int
) -> None:
    fake.status = status
    with pytest.raises(InputError, match="无法使用"):
        ask(engine, fake)


def test_it_does_not_wait_for_ever(engine: pipeline.Engine, fake: Fake) -> None:
    fake.delay = threading.Event()
    with pytest.raises(InputError, match="没有答复"):
        ask(engine, fake, timeout=0.3)
    fake.delay.set()


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1",
        "http://8.8.8.8/v1",
        "http://intranet/v1",
        "http://169.254.169.254/v1",
        "http://0.0.0.0/v1",
        "ftp://127.0.0.1/v1",
        "http://[2001:4860:4860::8888]/v1",
        "",
    ],
)
def test_public_addresses_and_names_are_refused(url: str) -> None:
    with pytest.raises(InputError, match="内网"):
        opinion.Endpoint(url, "m")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/v1", "http://[::1]:1/v1", "https://10.2.3.4/v1", "http://192.168.1.5/v1"]
)
def test_local_addresses_are_allowed(url: str) -> None:
    opinion.Endpoint(url, "m")


def test_on_the_command_line(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.said = '{"flags": [{"passage": 2, "type": "pp_minor"}]}'
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT)
    monkeypatch.setattr("sys.argv", ["review", "check", "--format", "json", "--opinion-url", fake.url, str(path)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code in (0, 1)
    flags = json.loads(capsys.readouterr().out)[0]["flags"]
    assert "opinion" in {flag["detector"] for flag in flags}
