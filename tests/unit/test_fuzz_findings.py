"""What fuzzing found in readers and writers, each as the smallest file that showed it."""

from __future__ import annotations

import io

import pikepdf
import pytest

from review import formats
from review.errors import InputError
from review.formats._pdf_names import inherited
from tests.contract.office import cuts_for, source, visible

ID = "110101199003072316"


def test_a_page_whose_parent_is_a_number() -> None:
    """Found 2026-11-22 by scripts/fuzz_guided.py: TypeError in ``inherited``."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    page.obj.Parent = 7
    assert inherited(page.obj, "/Rotate") is None
    out = io.BytesIO()
    pdf.save(out)
    for parent in (b"/Parent 7 ", b"/Parent []", b"/Parent (x)"):
        data = out.getvalue().replace(b"/Parent 7", parent.strip())
        try:
            formats.read(data, "a.pdf", ocr=False)
        except InputError:
            continue


BOUNCE = f"""From: a@b.cn
To: c@d.cn
Subject: undelivered
MIME-Version: 1.0
Content-Type: multipart/report; boundary="x"; report-type=delivery-status; note="{ID}"

--x
Content-Type: text/plain

not delivered
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.gov.cn

Final-Recipient: rfc822; {ID}@gov.cn
--x
Content-Type: message/external-body; access-type=URL; name="{ID}.txt"

Content-Type: text/plain

{ID}
--x
Content-Type: multipart/mixed

no boundary {ID}
--x
Content-Type: application/x-{ID}

abc
--x--
"""


@pytest.mark.parametrize("cut", [True, False])
def test_a_returned_mail_is_written_again(cut: bool) -> None:
    """Reports, external bodies and multiparts without parts: the library cannot write them as they were."""
    data = BOUNCE.encode()
    format_, reading = formats.read(data, "a.eml", ocr=False)
    assert f"note: {ID}" in source(reading)
    copy = formats.erase(format_, data, reading, cuts_for(reading, [ID]) if cut else (), ocr=False).data
    again = formats.read(copy, "a.eml", ocr=False)[1]
    assert "not delivered" in visible(again)
    assert "Reporting-MTA" in visible(again)
    assert (ID in source(again)) is not cut
    assert not cut or ID not in "".join(formats.witness(format_, copy, again).residue)
