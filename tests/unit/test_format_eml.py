"""E-mail messages: headers, bodies, attachments as files of their own."""

from __future__ import annotations

import base64
import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from review import formats
from review.errors import CorruptDocument, InputError
from review.formats.eml import FORMAT
from review.redaction import expected, verify
from review.types import Cut, Format, Reading, Zone

PHONE, CARD, NAME = "13800138000", "6217003088198047124", "张建国"


def letter() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = f"关于{NAME}补贴的公示"
    message["From"] = f"{NAME} <zhang@example.cn>"
    message["To"] = "办公室 <office@example.cn>"
    message["Date"] = "Mon, 13 May 2024 09:00:00 +0800"
    message["Received"] = "from [10.0.0.7] by mail.example.cn"
    message["X-Note"] = "内部备注13900000001"
    message.set_content(f"各位：\n联系人{NAME}，电话{PHONE}。\n")
    message.add_alternative(f"<p>联系人<b>{NAME}</b>，电话{PHONE}<!-- 13900000002 --></p>", subtype="html")
    message.add_attachment(
        f"姓名,账号\n{NAME},{CARD}\n".encode("gb18030"), maintype="text", subtype="csv", filename=f"{NAME}名单.csv"
    )
    return message


def source(reading: Reading) -> str:
    return "".join(run.text for run in reading.runs)


def cuts_for(reading: Reading, *values: str) -> list[Cut]:
    """Cut values run by run."""
    found = []
    for number, run in enumerate(reading.runs):
        for value in values:
            found += [
                Cut(number, match.start(), match.end(), "[已隐去]")
                for match in re.finditer(re.escape(value), run.text)
                if run.at is not None
            ]
    return sorted(found, key=lambda cut: (cut.run, cut.start))


def publish(data: bytes, *values: str) -> tuple[bytes, Reading]:
    """Publish through the table of formats, as the pipeline does, and prove it."""
    format_, reading = formats.read(data, "a.eml")
    cuts = cuts_for(reading, *values)
    erased = formats.erase(format_, data, reading, cuts)
    _, found = formats.read(erased.data, "a.eml")
    checks = verify(
        planned=expected(reading, cuts, format_),
        found=found,
        witness=format_.witness(erased.data),
        gone=values,
        format_=format_,
    )
    assert all(check["passed"] for check in checks), checks
    return erased.data, found


def labelled(reading: Reading) -> dict[str, str]:
    text = source(reading)
    return {block.label: text[block.span.start : block.span.end] for block in reading.blocks}


def test_everything_is_read() -> None:
    format_, reading = formats.read(letter().as_bytes(), "a.eml")
    assert format_ is FORMAT
    found = labelled(reading)
    assert found["主题"] == f"关于{NAME}补贴的公示"
    assert found["发件人"] == f"{NAME} <zhang@example.cn>"
    assert found["正文第2行"] == f"联系人{NAME}，电话{PHONE}。"
    assert found["附件3名称"] == f"{NAME}名单.csv"
    assert found["内嵌文件 第1段"] == f"联系人{NAME}，电话{PHONE}"
    assert found["内嵌文件 第2行第2列"] == CARD
    pile = source(reading)
    assert "内部备注13900000001" in pile
    assert "13900000002" in pile
    assert "10.0.0.7" in pile
    assert reading.gaps == ()


def test_nothing_left_in_and_nothing_lost() -> None:
    data, found = publish(letter().as_bytes(), NAME, PHONE, CARD, "zhang@example.cn")
    copy = message_from_bytes(data, policy=policy.default)
    assert copy["Subject"] == "关于[已隐去]补贴的公示"
    assert copy["X-Note"] is None
    assert copy["Received"] is None
    body, page, table = (part for part in copy.walk() if not part.is_multipart())
    assert body.get_content() == "各位：\n联系人[已隐去]，电话[已隐去]。\n"
    assert "<b>[已隐去]</b>" in page.get_content()
    assert table.get_filename() == "[已隐去]名单.csv"
    assert "姓名,账号" in table.get_payload(decode=True).decode("gb18030")
    assert not any(block.zone in FORMAT.drops for block in found.blocks)


def test_a_copy_written_again_reads_the_same() -> None:
    once, _ = publish(letter().as_bytes())
    twice, _ = publish(once)
    assert source(FORMAT.read(once)) == source(FORMAT.read(twice))


def test_a_forwarded_message_is_a_file_of_its_own() -> None:
    outer = EmailMessage()
    outer["Subject"] = "转发"
    outer.set_content("见附件")
    outer.add_attachment(letter())
    _, reading = formats.read(outer.as_bytes(), "a.eml")
    assert source(reading).count(f"关于{NAME}补贴的公示") == 1
    data, _ = publish(outer.as_bytes(), NAME, PHONE, CARD)
    assert any(part.get_content_type() == "message/rfc822" for part in message_from_bytes(data).walk())


@pytest.mark.parametrize("how", ["raw gb18030", "b word", "q word", "gb body", "no charset"])
def test_chinese_mail_of_all_kinds(how: str) -> None:
    subject, body, charset = "关于会议的通知".encode("gb18030"), f"电话{PHONE}，请转告各位同志。", "gbk"
    if how == "b word":
        subject = b"=?gb2312?B?" + base64.b64encode(subject) + b"?="
    elif how == "q word":
        subject = b"=?GBK?Q?" + "".join(f"={byte:02X}" for byte in subject).encode() + b"?="
    declared = b"" if how == "no charset" else f"Content-Type: text/plain; charset={charset}\r\n".encode()
    data = b"Subject: " + subject + b"\r\nFrom: a@b.cn\r\n" + declared + b"\r\n" + body.encode("gb18030")
    reading = FORMAT.read(data)
    assert labelled(reading)["主题"] == "关于会议的通知"
    assert body in source(reading)
    copy, _ = publish(data, PHONE)
    assert PHONE.encode() not in copy


def test_what_cannot_be_read_is_a_gap_and_refuses_publication() -> None:
    message = letter()
    message.add_attachment(b"\x00\x01\x02 unknown", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    _, reading = formats.read(message.as_bytes(), "a.eml")
    assert [gap.part for gap in reading.gaps] == ["附件4"]
    with pytest.raises(InputError, match="未能检查"):
        publish(message.as_bytes(), NAME)


def test_signatures_and_text_between_parts_are_dropped() -> None:
    data = (
        b"Subject: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=x\r\n\r\npreamble 13900000003\r\n"
        b"--x\r\nContent-Type: text/plain\r\n\r\nbody 13800138000\r\n"
        b"--x\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nAAAA\r\n--x--\r\n"
        b"epilogue 13900000004\r\n"
    )
    reading = FORMAT.read(data)
    dark = [b for b in reading.blocks if b.zone is Zone.HIDDEN]
    assert len(dark) == 2
    copy, _ = publish(data, PHONE)
    assert b"13900000003" not in copy
    assert b"13900000004" not in copy
    assert b"pkcs7" not in copy
    assert any("签名" in notice for notice in FORMAT.erase(data, reading, []).notices)


def test_a_line_end_in_a_replacement_makes_no_header() -> None:
    reading = FORMAT.read(letter().as_bytes())
    cut = next(cut for cut in cuts_for(reading, NAME))
    erased = FORMAT.erase(letter().as_bytes(), reading, [Cut(cut.run, cut.start, cut.end, "x\r\nBcc: evil@x.cn")])
    assert message_from_bytes(erased.data)["Bcc"] is None


def test_the_witness_digs_without_the_mail_library() -> None:
    pile = "\n".join(FORMAT.witness(letter().as_bytes()).residue)
    assert all(value in pile for value in (PHONE, CARD, NAME))


@pytest.mark.parametrize(
    ("data", "expected_"),
    [
        (b"Subject: a\r\nFrom: b\r\n\r\nc", True),
        (b"Received: from x\r\n by y\r\nSubject: a\r\n\r\n", True),
        ("主题：a\n发件人：b\n".encode(), False),
        (b"Name: a\nOther: b\n\nc", False),
        (b"", False),
    ],
)
def test_sniff(data: bytes, expected_: bool) -> None:
    assert FORMAT.sniff(data, ".eml") is expected_


def test_an_empty_message_is_refused() -> None:
    with pytest.raises(CorruptDocument, match="文件为空"):
        FORMAT.read(b"\r\n")


def test_the_format_is_in_the_table() -> None:
    found: Format = formats.identify(letter().as_bytes(), "a.eml")
    assert found is FORMAT
