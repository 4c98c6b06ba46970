"""Five working days of an office, walked through in the browser. With ``REVIEW_SCREENSHOTS=docs/img`` they draw its
pictures. Every tab asserts that no request leaves 127.0.0.1 (``conftest.tab``)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import docx
import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Page, expect

from review.workflow import Role
from tests.browser.conftest import ROOT, Server
from tests.browser.office import (
    SLOW,
    accept_all,
    case_of,
    determine,
    enter,
    paper,
    publish,
    staff,
    take,
    unfold,
    visit,
)
from tests.browser.pane import focus, open_count, picture, saved, submit, word

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=SLOW)

SAMPLES = ROOT / "data" / "samples"
ROWS = 15_000

Tabs = Callable[[], Page]

OFFICE: dict[str, tuple[str, str, tuple[Role, ...]]] = {
    "chen": ("陈承办", "民政科", (Role.OFFICER,)),
    "zhou": ("周科长", "民政科", (Role.DEPT_HEAD,)),
    "wang": ("王审查", "办公室", (Role.SECRECY,)),
    "liu": ("刘领导", "", (Role.LEADER, Role.CLASSIFIER)),
    "sun": ("孙发布", "信息中心", (Role.PUBLISHER,)),
}
OFFICE_OF_TWO: dict[str, tuple[str, str, tuple[Role, ...]]] = {
    "zhao": ("赵干事", "", (Role.OFFICER, Role.PUBLISHER)),
    "qian": ("钱所长", "", (Role.DEPT_HEAD, Role.SECRECY, Role.LEADER)),
}


def _running(home: Path) -> Iterator[Server]:
    server = Server(home)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An office that keeps first review, second review and approval apart."""
    home = tmp_path_factory.mktemp("county")
    staff(home, "", OFFICE)
    yield from _running(home)


def id_number(number: int) -> str:
    """Return one of 15,000 fictional numbers that satisfy the checksum."""
    body = f"341221{1950 + number % 50}{1 + number % 12:02d}{1 + number % 28:02d}{number % 1000:03d}"
    return body + "10X98765432"[sum(int(c) * 2 ** (17 - i) for i, c in enumerate(body)) % 11]


def subsidy_list() -> bytes:
    """Return a fictional list of 15,000 households with two columns that do not belong in public."""
    family, given = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "建国秀英桂兰志强玉梅海燕春生永福"
    book = Workbook(write_only=True)
    sheet = book.create_sheet("公示表")
    sheet.append(["云岭县2026年耕地地力保护补贴发放公示表"])
    sheet.append(["序号", "姓名", "公民身份号码", "村组", "补贴面积（亩）", "补贴金额（元）", "银行账号"])
    for n in range(ROWS):
        name = family[n % 16] + given[(5 * n + 3) % 16] + given[n // 16 % 16]
        village = f"青石镇{'东西南北'[n % 4]}河村{1 + n % 9}组"
        sheet.append([n + 1, name, id_number(n), village, 1 + n % 70 / 10, 100 + n % 700, f"62284800{n:011d}"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def download(page: Page, link: str) -> bytes:
    with page.expect_download() as coming:
        page.locator(".downloads a", has_text=link).click()
    return Path(coming.value.path()).read_bytes()


# ------------------------------------------------------------------------------------------------ the stories


def test_self_check(server: Server, page: Page) -> None:
    """One person at the own desk: a PDF, its pages beside the text, every flag decided, the copy proved."""
    page.goto(f"{server.url}/selfcheck")
    page.locator(".intake[data-ready]").wait_for()
    picture(page, "selfcheck-1-intake.png")
    draft = SAMPLES / "12-penalty-leaking.pdf"
    submit(page, server.url, "行政处罚公示.pdf", draft.read_bytes())
    page.locator(".pagestoggle").click()
    page.locator(".frame img").first.wait_for()
    expect(page.locator(".box.cur").first).to_be_visible()
    expect(page.locator(".frame img").first).to_have_js_property("complete", True)
    assert page.locator(".frame img").first.evaluate("image => image.naturalWidth") > 500
    picture(page, "selfcheck-2-pages.png")
    before = open_count(page)
    page.locator(".box:not(.low)").last.click()  # from the side of the picture
    page.keyboard.press("d")
    saved(page)
    assert open_count(page) == before - 1
    page.locator(".pagestoggle").click()
    focus(page)
    for _ in range(before):
        if open_count(page):
            page.keyboard.press("d")
    saved(page)
    page.locator(".previewtoggle").click()
    page.locator(".preview ins").first.wait_for()
    picture(page, "selfcheck-3-preview.png")
    publish(page)
    picture(page, "selfcheck-4-released.png")
    copy = download(page, "下载脱敏版")
    assert copy.startswith(b"%PDF")
    assert b"330182195002033463" not in copy
    written = [path for place in (server.home, server.temporary) for path in place.rglob("*") if path.is_file()]
    everything = b"".join(path.read_bytes() for path in written)
    # Log, database, temporary files: drafts are sealed, and nothing else holds their words.
    for words in ("330182195002033463", "13758250194", "福满楼"):
        assert words.encode() not in everything


@pytest.mark.timeout(900)
def test_three_reviewers_of_a_long_list(county: Server, tabs: Tabs) -> None:
    """15,000 rows: a column is one decision; officer, department, secrecy office and leader are different people."""
    officer = enter(tabs(), county, "chen", "陈承办")
    submit(officer, county.url, "耕地地力保护补贴公示表.xlsx", subsidy_list())
    case = case_of(officer)
    officer.locator(".card", has_text=f"等 {ROWS} 处").wait_for()
    picture(officer, "list-1-columns.png")
    focus(officer)
    for _ in range(open_count(officer)):
        officer.keyboard.press("d")
    assert open_count(officer) == 0
    saved(officer)
    determine(officer)
    take(officer, "送审", "待部门审核", note="已逐项自查。")

    head = enter(tabs(), county, "zhou", "周科长")
    visit(head, county, case)
    picture(head, "list-2-department.png")
    take(head, "部门审核通过", "保密审查中", note="同意公开，证件号码和账号已脱敏。")
    reviewer = enter(tabs(), county, "wang", "王审查")
    visit(reviewer, county, case)
    take(reviewer, "保密审查通过", "待批准", note="经审查，同意部分公开。")
    leader = enter(tabs(), county, "liu", "刘领导")
    visit(leader, county, case)
    take(leader, "批准", "待发布", note="同意。")
    publisher = enter(tabs(), county, "sun", "孙发布")
    visit(publisher, county, case)
    publish(publisher)
    picture(publisher, "list-3-released.png")
    copy = download(publisher, "下载脱敏版")
    sheet = load_workbook(io.BytesIO(copy), read_only=True).worksheets[0]
    rows = [row for row in sheet.iter_rows(values_only=True) if row and row[0] not in (None, "")]
    assert len(rows) == ROWS + 2
    with zipfile.ZipFile(io.BytesIO(copy)) as book:
        inside = b"".join(book.read(name) for name in book.namelist()).decode("utf-8", "ignore")
    assert not any(id_number(n) in inside for n in range(0, ROWS, 500))


def test_a_marked_document(tmp_path: Path, tabs: Tabs, county: Server) -> None:
    """On a networked machine a mark stops everything; on a classified one the matter is referred for a ruling."""
    marked = (SAMPLES / "03-notice-marked.docx").read_bytes()
    officer = enter(tabs(), county, "chen", "陈承办")
    officer.locator(".intake[data-ready]").wait_for()
    officer.set_input_files("input.file", {"name": "通知.docx", "mimeType": "application/msword", "buffer": marked})
    expect(officer.locator(".intake .alert")).to_contain_text("已停止处理")
    picture(officer, "marked-1-stop.png")
    officer.goto(f"{county.url}/ledger")
    expect(officer.locator("table")).to_contain_text("停止处理，未保存")

    staff(tmp_path, 'deployment = "classified"\n', OFFICE)
    for server in _running(tmp_path):
        _refer(server, tabs, marked)


def _refer(server: Server, tabs: Tabs, marked: bytes) -> None:
    officer = enter(tabs(), server, "chen", "陈承办")
    submit(officer, server.url, "通知.docx", marked)
    case = case_of(officer)
    focus(officer)
    officer.keyboard.press("d")  # a state secret is not simply cut out
    expect(officer.locator(".reasons")).to_contain_text("解密")
    officer.keyboard.press("Escape")
    for _ in range(open_count(officer)):
        officer.keyboard.press("e")
    saved(officer)
    picture(officer, "marked-2-escalated.png")
    take(officer, "送审", "待部门审核", note="有疑似国家秘密标志，建议报请确定。")
    head = enter(tabs(), server, "zhou", "周科长")
    visit(head, server, case)
    take(head, "部门审核通过", "保密审查中")
    reviewer = enter(tabs(), server, "wang", "王审查")
    visit(reviewer, server, case)
    take(reviewer, "报请确定", "报请确定中", outcome=("报请对象", "保密行政管理部门"))
    assert paper(reviewer, "关于能否公开的请示").read_bytes()[:2] == b"PK"
    reviewer.goto(f"{server.url}/escalation")
    reviewer.get_by_text("报请确定的提示项").wait_for()
    expect(reviewer.locator("table").first).to_contain_text("报请确定中")
    picture(reviewer, "marked-3-referred.png")


def test_a_third_party_is_asked(county: Server, tabs: Tabs) -> None:
    """A trade secret: the firm is asked, the clock stands still, it agrees, the item goes out."""
    officer = enter(tabs(), county, "chen", "陈承办")
    submit(officer, county.url, "评标情况说明.pdf", (SAMPLES / "07-bid-evaluation-leaking.pdf").read_bytes())
    case = case_of(officer)
    focus(officer)
    for _ in range(open_count(officer)):
        officer.keyboard.press("e")
    saved(officer)
    take(officer, "送审", "待部门审核", note="涉及投标单位商业秘密，建议征求意见。")
    head = enter(tabs(), county, "zhou", "周科长")
    visit(head, county, case)
    take(head, "部门审核通过", "保密审查中")
    reviewer = enter(tabs(), county, "wang", "王审查")
    visit(reviewer, county, case)
    take(reviewer, "征求第三方意见", "征求意见中")
    letter = docx.Document(str(paper(reviewer, "征求第三方意见书")))
    words = "".join(cell.text for table in letter.tables for row in table.rows for cell in row.cells)
    words += "".join(paragraph.text for paragraph in letter.paragraphs)
    assert "征求" in words
    assert "1,297,400" not in words  # the letter tells the place, not the matter
    reviewer.keyboard.press("Escape")
    unfold(reviewer, "办理记录")
    expect(reviewer.get_by_test_id("stPopoverBody")).to_contain_text("征求第三方意见")
    picture(reviewer, "consult-1-asked.png")
    reviewer.keyboard.press("Escape")
    take(reviewer, "登记第三方意见", "保密审查中", note="来函〔2026〕3号", outcome=("答复意见", "同意公开"))
    visit(reviewer, county, case)  # the pane of the new stage, for certain
    focus(reviewer)
    accept_all(reviewer, "第三方")
    picture(reviewer, "consult-2-agreed.png")
    determine(reviewer)
    take(reviewer, "保密审查通过", "待批准", note="请按第三方意见处理。")
    leader = enter(tabs(), county, "liu", "刘领导")
    visit(leader, county, case)
    take(leader, "批准", "待发布", note="同意。")


def test_an_office_of_two(tmp_path: Path, tabs: Tabs) -> None:
    """One person may take several steps, and the record says so."""
    staff(tmp_path, "same_person_allowed = true\n", OFFICE_OF_TWO)
    for server in _running(tmp_path):
        _two(server, tabs)


def _two(server: Server, tabs: Tabs) -> None:
    officer = enter(tabs(), server, "zhao", "赵干事")
    submit(officer, server.url, "临时救助公示.docx", word(["临时救助公示", f"张某，公民身份号码{id_number(7)}。"]))
    case = case_of(officer)
    focus(officer)
    for _ in range(open_count(officer)):
        officer.keyboard.press("d")
    saved(officer)
    determine(officer)
    take(officer, "送审", "待部门审核")
    head = enter(tabs(), server, "qian", "钱所长")
    visit(head, server, case)
    take(head, "部门审核通过", "保密审查中")
    take(head, "保密审查通过", "待批准")
    take(head, "批准", "待发布")
    unfold(head, "办理记录")
    expect(head.get_by_test_id("stPopoverBody")).to_contain_text("为同一人")
    picture(head, "two-1-same-person.png")
    visit(officer, server, case)
    publish(officer)
    officer.goto(f"{server.url}/ledger")
    expect(officer.locator("table")).to_contain_text("已发布")
    picture(officer, "two-2-ledger.png")
