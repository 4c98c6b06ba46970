"""The words of the workflow: roles, stages, steps, attributes and the codes that forms are filled with.

Codes go into events and databases and never change their meaning; labels are what people read.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """Who somebody is in the office. One person may hold several roles."""

    OFFICER = "officer"
    DEPT_HEAD = "dept_head"
    SECRECY = "secrecy"
    CLASSIFIER = "classifier"
    LEADER = "leader"
    PUBLISHER = "publisher"
    AUDITOR = "auditor"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        return _ROLE_LABELS[self]


_ROLE_LABELS = {
    Role.OFFICER: "承办人",
    Role.DEPT_HEAD: "部门负责人",
    Role.SECRECY: "保密审查员",
    Role.CLASSIFIER: "定密责任人",
    Role.LEADER: "分管领导",
    Role.PUBLISHER: "发布员",
    Role.AUDITOR: "审计员",
    Role.ADMIN: "管理员",
}


class Stage(StrEnum):
    """Where a case stands (当前环节)."""

    DRAFT = "draft"
    SELF_CHECK = "self_check"
    DEPT_REVIEW = "dept_review"
    SECRECY_REVIEW = "secrecy_review"
    THIRD_PARTY = "third_party"
    DETERMINATION = "determination"
    RETURNED = "returned"
    APPROVAL = "approval"
    TO_PUBLISH = "to_publish"
    PUBLISHED = "published"
    ARCHIVED = "archived"
    WITHHELD = "withheld"
    TAKEN_DOWN = "taken_down"
    WITHDRAWN = "withdrawn"
    STALE = "stale"
    STOPPED = "stopped"

    @property
    def label(self) -> str:
        return _STAGE_LABELS[self]


_STAGE_LABELS = {
    Stage.DRAFT: "草稿",
    Stage.SELF_CHECK: "自查中",
    Stage.DEPT_REVIEW: "待部门审核",
    Stage.SECRECY_REVIEW: "保密审查中",
    Stage.THIRD_PARTY: "征求意见中",
    Stage.DETERMINATION: "报请确定中",
    Stage.RETURNED: "已退回",
    Stage.APPROVAL: "待批准",
    Stage.TO_PUBLISH: "待发布",
    Stage.PUBLISHED: "已发布",
    Stage.ARCHIVED: "已归档",
    Stage.WITHHELD: "不予公开",
    Stage.TAKEN_DOWN: "已撤下",
    Stage.WITHDRAWN: "已撤回",
    Stage.STALE: "需重新审查",
    Stage.STOPPED: "停止处理",
}


class Step(StrEnum):
    """Everything a person can do. The first group moves a case on; the second changes or reads it in its stage;
    the third concerns the office as a whole."""

    SUBMIT = "submit"
    PASS = "pass"
    CLEAR = "clear"
    APPROVE = "approve"
    PUBLISH = "publish"
    ARCHIVE = "archive"
    CONSULT = "consult"
    CONSULT_REPLY = "consult_reply"
    REFER = "refer"
    REFER_REPLY = "refer_reply"
    RETURN = "return"
    WITHDRAW = "withdraw"
    WITHHOLD = "withhold"
    TAKE_DOWN = "take_down"
    CORRECT = "correct"
    REOPEN = "reopen"

    VIEW = "view"
    DECIDE = "decide"
    ADD_FLAG = "add_flag"
    DECLASSIFY = "declassify"
    DETERMINE = "determine"
    DESCRIBE = "describe"
    REPLACE = "replace"
    COMMENT = "comment"
    ASSIGN = "assign"
    PURGE = "purge"

    OPEN = "open"
    CLEAR_MARK = "clear_mark"
    STATISTICS = "statistics"
    LEDGER = "ledger"
    FEEDBACK = "feedback"
    NEGATIVE_LIST = "negative_list"
    SCAN = "scan"
    SCAN_REPORT = "scan_report"
    AUDIT = "audit"
    ACCOUNTS = "accounts"
    BACKUP = "backup"

    @property
    def label(self) -> str:
        return _STEP_LABELS[self]


_STEP_LABELS = {
    Step.SUBMIT: "送审",
    Step.PASS: "部门审核通过",
    Step.CLEAR: "保密审查通过",
    Step.APPROVE: "批准",
    Step.PUBLISH: "发布",
    Step.ARCHIVE: "归档",
    Step.CONSULT: "征求第三方意见",
    Step.CONSULT_REPLY: "登记第三方意见",
    Step.REFER: "报请确定",
    Step.REFER_REPLY: "登记答复",
    Step.RETURN: "退回修改",
    Step.WITHDRAW: "撤回",
    Step.WITHHOLD: "不予公开",
    Step.TAKE_DOWN: "撤下",
    Step.CORRECT: "更正",
    Step.REOPEN: "重新审查",
    Step.VIEW: "查看",
    Step.DECIDE: "处理提示项",
    Step.ADD_FLAG: "补充提示项",
    Step.DECLASSIFY: "登记解密",
    Step.DETERMINE: "确定公开属性",
    Step.DESCRIBE: "填写审查表",
    Step.REPLACE: "更换文件",
    Step.COMMENT: "批注",
    Step.ASSIGN: "转办",
    Step.PURGE: "到期清除",
    Step.OPEN: "新建送审件",
    Step.CLEAR_MARK: "登记非密级标志",
    Step.STATISTICS: "查看统计",
    Step.LEDGER: "查看台账",
    Step.FEEDBACK: "导出训练样本",
    Step.NEGATIVE_LIST: "维护负面清单",
    Step.SCAN: "整批扫描",
    Step.SCAN_REPORT: "查看扫描报告",
    Step.AUDIT: "查看操作日志",
    Step.ACCOUNTS: "管理账户",
    Step.BACKUP: "备份与恢复",
}


class Attribute(StrEnum):
    """公开属性."""

    PROACTIVE = "proactive"
    ON_REQUEST = "on_request"
    PARTIAL = "partial"
    WITHHELD = "withheld"

    @property
    def label(self) -> str:
        return _ATTRIBUTE_LABELS[self]


_ATTRIBUTE_LABELS = {
    Attribute.PROACTIVE: "主动公开",
    Attribute.ON_REQUEST: "依申请公开",
    Attribute.PARTIAL: "部分公开（区分处理）",
    Attribute.WITHHELD: "不予公开",
}

#: Grounds for withholding, in the order of the annual report's rows (政府信息公开条例 14–16).
REFUSAL_GROUNDS: Mapping[str, str] = MappingProxyType(
    {
        "state_secret": "国家秘密",
        "other_law": "其他法律、行政法规禁止公开",
        "security": "可能危及国家安全、公共安全、经济安全、社会稳定",
        "trade_secret": "商业秘密",
        "personal_privacy": "个人隐私",
        "internal_affairs": "内部事务信息",
        "process": "过程性信息",
        "enforcement_file": "行政执法案卷信息",
    }
)

#: Which ground a withheld place of a category usually rests on: a proposal, the person decides.
GROUND_OF: Mapping[str, str] = MappingProxyType(
    {
        "state_secret": "state_secret",
        "internal": "internal_affairs",
        "trade_secret": "trade_secret",
        "personal_privacy": "personal_privacy",
    }
)

#: 拟公开方式.
WAYS: Mapping[str, str] = MappingProxyType(
    {
        "website": "政府网站",
        "new_media": "政务新媒体",
        "gazette": "政府公报",
        "press_conference": "新闻发布会",
        "newspaper": "报刊",
        "radio": "广播",
        "television": "电视",
        "notice_board": "公开栏/公示栏",
        "village_board": "村（居）务公开栏",
        "screen": "电子屏",
        "other": "其他",
    }
)

#: 公开范围.
SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "public": "面向社会",
        "village": "所在村（社区）范围",
        "expropriation": "征收范围内",
        "unit": "单位内部",
        "specific": "特定对象",
    }
)

#: What came back from a third party (条例32) and from the body that was asked (条例17).
CONSULT_REPLIES: Mapping[str, str] = MappingProxyType(
    {"agreed": "同意公开", "refused": "不同意公开", "partial": "同意部分公开", "silent": "逾期未答复"}
)
REFER_REPLIES: Mapping[str, str] = MappingProxyType(
    {"publish": "可以公开", "partial": "区分处理后公开", "withhold": "不得公开", "other": "其他答复"}
)

#: The only four grounds on which a state-secret flag may be accepted (codes of ``reasons.yaml``).
STATE_SECRET_GROUNDS: Mapping[str, str] = MappingProxyType(
    {
        "not_a_mark": "不是国家秘密标志（误报）",
        "declassified": "已解密（有文号、日期）",
        "expired_reviewed": "保密期限已满且已审核",
        "authority_determined": "保密行政管理部门确定可以公开（有文号）",
    }
)
