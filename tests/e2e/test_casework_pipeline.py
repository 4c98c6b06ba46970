"""Casework over the real pipeline: Word drafts from intake to clean copy, and the intake stop that keeps nothing."""

from __future__ import annotations

import io
import logging
import tempfile
from pathlib import Path

import docx
import pytest

from review import casework, pipeline, store
from review.casework import LOCAL, Settings, Stage
from review.errors import IntakeStop
from review.types import Verdict
from tests.fake_office import ruling

ID = "110101199003070134"
CANARY = "金丝雀河东路十二号"


def word(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def test_a_word_draft_from_intake_to_clean_copy(tmp_path: Path, engine: pipeline.Engine) -> None:
    office = casework.open_office(tmp_path, engine=engine)
    data = word("关于发放补贴的公示", f"张三，身份证号 {ID}，联系电话 13812345678。", "特此公示。")
    case = casework.open_case(office, data, "补贴公示.docx", LOCAL)
    assert {flag.type for flag in case.loud} >= {"pp_id_number"}
    case = casework.decide(office, case.id, LOCAL, [ruling(f.id, Verdict.REDACT) for f in case.loud], seen=case.version)
    fresh = casework.open_office(tmp_path, engine=engine)
    assert [flag.id for flag in casework.report(fresh, case.id).flags] == list(case.flags)
    casework.finish(fresh, case.id, LOCAL)
    copy, proof = casework.publish(fresh, case.id, LOCAL)
    text = "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(copy)).paragraphs)
    assert ID not in text
    assert "关于发放补贴的公示" in text
    assert proof.clean
    assert casework.published(fresh, case.id)[0] == copy
    assert store.verify(fresh.store).whole


def test_a_changed_word_draft_keeps_what_is_unchanged(tmp_path: Path, engine: pipeline.Engine) -> None:
    office = casework.open_office(tmp_path, engine=engine)
    first, second = f"张三，身份证号 {ID}。", "李四，身份证号 110101198001010037。"
    case = casework.open_case(office, word("公示", first, second), "a.docx", LOCAL)
    case = casework.decide(office, case.id, LOCAL, [ruling(f.id, Verdict.REDACT) for f in case.loud], seen=case.version)
    assert case.undecided == ()
    data = word("关于补贴的公示", first, second.replace("李四", "李五"))
    case = casework.replace_file(office, case.id, LOCAL, data, "a.docx")
    spans = {casework.report(office, case.id).document.text[f.spans[0].start : f.spans[0].end] for f in case.undecided}
    assert ID not in spans
    assert "110101198001010037" in spans


def test_an_intake_stop_keeps_not_a_byte(
    tmp_path: Path, engine: pipeline.Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    office = casework.open_office(tmp_path / "home", engine=engine, settings=Settings())
    data = word("机密★10年", f"{CANARY}会议纪要", f"参会人员身份证号 {ID}")
    with pytest.raises(IntakeStop) as caught:
        casework.open_case(office, data, f"{CANARY}.docx", LOCAL, title=CANARY)
    office.store.engine.dispose()
    (row,) = casework.list_cases(office, LOCAL)
    assert row.stage is Stage.STOPPED
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    told = f"{caught.value}{caplog.text}{row}"
    for value in (CANARY, ID, "机密★10年"):
        assert value not in told
        assert value.encode() not in everything
    assert data[:64] not in everything
    assert list(temporary.iterdir()) == []


def test_a_mark_that_is_none_goes_on_record(tmp_path: Path, engine: pipeline.Engine) -> None:
    office = casework.open_office(tmp_path, engine=engine)
    case = casework.open_case(office, word("机密★10年", "正文"), "a.docx", LOCAL, not_a_mark="培训教材中的图示")
    marks = [flag for flag in case.flags.values() if flag.type in casework.MARKS]
    assert marks
    assert all(flag.verdict is Verdict.ACCEPT for flag in marks)


def test_the_packs_reasons_carry_the_four_grounds(engine: pipeline.Engine) -> None:
    """The grounds are fixed in ``workflow``; the pack must offer the same codes, and none other for state secrets."""
    from review.workflow import STATE_SECRET_GROUNDS

    for code in STATE_SECRET_GROUNDS:
        assert engine.pack.reasons[code].needs_note
        assert engine.pack.reasons[code].categories == {"state_secret"}
    assert set(engine.pack.reasons) >= casework.FALSE_ALARM
