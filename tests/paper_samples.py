"""Fictional papers for the tests of ``review.exporters.papers``."""

from __future__ import annotations

from datetime import date
from typing import Any

from review.exporters import papers
from review.exporters.papers import (
    Consultation,
    Finding,
    Item,
    Notice,
    Point,
    Referral,
    ReferralKind,
    Refusal,
    RefusalKind,
    Sender,
    WithheldPart,
)
from review.types import Action, Alignment, Block, Document, Flag, Provision, RulePack, Run, Severity, Span

CANARY = "金丝雀甲乙丙110101199003070000"
DAY = date(2026, 11, 21)

SENDER = Sender("×县人民政府办公室", "李某", "0000-1234567", "×政办函〔2026〕8号", DAY, "×县×路1号")
ITEM = Item(
    number="2026-000012",
    title="关于某项目补助资金安排情况的公示",
    docno="×政办发〔2026〕12号",
    made_on=date(2026, 11, 2),
    source="本机关制作",
    carrier="公文类",
    ways="政府网站、政务新媒体",
    publish_on=date(2026, 12, 20),
    duty="《政府信息公开条例》第二十条第（九）项",
    digest="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
)
POINTS = (
    Point("第3段", "国家秘密标志", "《保守国家秘密法》第二十二条"),
    Point("附件1 表1第4列", "公民身份号码（152条）", "《个人信息保护法》第二十八条；《政府信息公开条例》第十五条"),
)
REFERRAL = Referral(
    sender=SENDER,
    recipient="×保局",
    item=ITEM,
    points=POINTS,
    opinion="能够作区分处理，拟隐去附件1第4列后公开，其余部分请予确定。",
    reasons="正文第3段疑似带有国家秘密标志，本单位不能确定是否已经解密。",
    basis="《政府信息公开条例》第十四条、第十五条、第三十七条",
    consulted="已征求×县财政局意见，同意公开；未涉及第三方。",
    effects="公开有利于群众监督补助资金使用；不公开将影响公示程序的完成。",
    attachments="送审件纸质件1份（通过机要另行报送）",
    classification=True,
)
CONSULTATION = Consultation(SENDER, "张某公司", ITEM, POINTS[1:], date(2026, 12, 14), "涉及部分纸质件1份")
NOTICE = Notice(
    SENDER,
    "张某公司",
    ITEM,
    POINTS[1:],
    consulted_on=date(2026, 11, 23),
    reply="不同意公开",
    decision="决定予以公开附件1第1列至第3列。",
    reasons="不公开可能对公共利益造成重大影响，且所公开部分不含公民身份号码。",
    basis="《政府信息公开条例》第十五条",
    publish_on=date(2026, 12, 20),
)
REFUSAL = Refusal(
    SENDER,
    ITEM,
    (WithheldPart("附件1 表1第4列", "公民身份号码（152条）", "《政府信息公开条例》第十五条", ground="个人隐私"),),
    reasons="所涉内容公开后会对第三方合法权益造成损害，第三方不同意公开。",
    applicant="王某",
    appeal_to="×县人民政府",
    review_on=date(2027, 11, 21),
)
FINDING = Finding(
    DAY,
    "登记",
    "3件公开信息的审查表缺少批准人签字",
    "本单位保密审查制度第九条",
    "×局办公室",
    "赵某",
    "补办手续，完善发布前程序审查",
    date(2026, 12, 1),
)


def _ledger_row(number: int, attribute: str, done: date | None, copy: str) -> dict[str, Any]:
    return {
        "序号": number,
        "审查编号": f"2026-{number:06}",
        "信息名称": "关于某项目补助资金安排情况的公示" if number == 1 else f"关于第{number}批名单的通知",
        "文号": "×政办发〔2026〕12号",
        "载体形式": "公文类",
        "承办部门": "财政股",
        "承办人": "李某",
        "送审日期": date(2026, 11, 3),
        "公开属性": attribute,
        "公开方式": "政府网站、政务新媒体",
        "公开范围": "面向社会",
        "公开期限": "长期",
        "提示项数（已处理/总数）": "4/4",
        "涉及个人条数": 152,
        "当前环节": "已发布" if copy else "不予公开",
        "审查意见": "部分公开（区分处理）",
        "审查人": "周某",
        "批准人": "吴某",
        "发布日期": done if copy else None,
        "办结日期": done,
        "用时（工作日）": 6,
        "发布链接": "https://www.example.gov.cn/a/1.html",
        "文件校验值": ITEM.digest,
        "脱敏版校验值": copy,
        "备注": "",
        "片段": CANARY,
    }


LEDGER = [
    _ledger_row(1, "部分公开", date(2026, 11, 12), ITEM.digest),
    _ledger_row(2, "不予公开", date(2026, 11, 13), ""),
    _ledger_row(3, "主动公开", date(2026, 10, 30), ITEM.digest),
    _ledger_row(4, "", None, ""),
]


def _case_row(number: int, attribute: str, grounds: list[str], days: int | None, opened: date) -> dict[str, Any]:
    counts = {"flags": 4, "accepted": 2, "redacted": 2 if number < 3 else 1, "escalated": 0, "open": 0}
    steps = {"returned": 1, "consulted": 1, "referred": 0, "consult_reply": "refused"}
    happened = dict.fromkeys(("overdue", "reopened", "corrected", "taken_down", "stopped", "same_person"), False)
    case = {"id": f"2026-{number:06}", "opened": opened, "days": days, "attribute": attribute, "grounds": grounds}
    return {**case, **counts, **steps, **happened}


CASES = [
    _case_row(1, "partial", ["personal_privacy"], 6, date(2026, 11, 3)),
    _case_row(2, "withheld", ["trade_secret", "personal_privacy"], 2, date(2026, 11, 3)),
    _case_row(3, "proactive", [], None, date(2026, 10, 3)),
    _case_row(9, "proactive", [], 40, date(2025, 12, 31)),
]


def document_with_flags() -> tuple[Document, tuple[Flag, ...], RulePack]:
    """Return a document whose every paragraph holds the canary, two flags on it, and a pack that names them."""
    line = f"兹有{CANARY}一事"
    text = "\n".join([line, line])
    spans = (Span(2, 2 + len(CANARY)), Span(len(line) + 3, len(line) + 3 + len(CANARY)))
    places = tuple(range(len(text) + 1))
    document = Document(
        sha256="0" * 64,
        name=f"{CANARY}.txt",
        media_type="text/plain",
        runs=(Run(text),),
        blocks=(Block(Span(0, len(line)), label="第1段"), Block(Span(len(line) + 1, len(text)), label="第2段")),
        gaps=(),
        text=text,
        alignment=Alignment(places[:-1], places[1:]),
    )
    provision = Provision("odr#15", "《政府信息公开条例》", "第十五条", "", date(2019, 5, 15))
    pack = RulePack(
        "fake", "1", DAY, (), {"odr#15": provision}, {}, {}, {}, {},
        {"pi_id_number": "公民身份号码", "ss_mark": "国家秘密标志"},
    )  # fmt: skip
    flags = tuple(
        Flag(
            id=str(i), spans=(spans[i],), type=kind, rule="r@1", severity=Severity.HIGH, message=f"{CANARY}？",
            basis=("odr#15",), action=Action.REDACT, confidence=1.0, detector="rules", count=count,
        )
        for i, (kind, count) in enumerate((("pi_id_number", 1), ("ss_mark", 3)))
    )  # fmt: skip
    return document, flags, pack


def every_paper() -> dict[str, bytes]:
    """Return each paper by file name."""
    points = [("制度", "是否建立信息公开保密审查制度，明确程序、责任和时限", "请对照本单位文件填写")]
    return {
        "referral_request.docx": papers.referral_letter(REFERRAL, ReferralKind.REQUEST),
        "referral_letter.docx": papers.referral_letter(REFERRAL, ReferralKind.LETTER),
        "consultation.docx": papers.consultation_letter(CONSULTATION),
        "notice.docx": papers.notice_letter(NOTICE),
        "withheld.docx": papers.refusal_letter(REFUSAL, RefusalKind.WITHHELD),
        "partial.docx": papers.refusal_letter(REFUSAL, RefusalKind.PARTIAL),
        "ledger.xlsx": papers.ledger_book(LEDGER, unit="×县", since=date(2026, 1, 1), until=DAY),
        "monthly.xlsx": papers.monthly_book(LEDGER, unit="×县", year=2026, month=11),
        "annual.xlsx": papers.annual_book(CASES, unit="×县", year=2026),
        "inspection.xlsx": papers.inspection_book(points, [FINDING], unit="×县", day=DAY),
        "reassessment.xlsx": papers.reassessment_book(LEDGER, CASES, unit="×县", year=2026),
    }
