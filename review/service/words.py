"""The Chinese words of the screens, in one place. Severity, verdicts and steps are words, never only colours."""

from __future__ import annotations

from collections.abc import Mapping

from review.casework import LOCAL
from review.types import Action, Severity, Verdict, Zone
from review.workflow import STATE_SECRET_GROUNDS

PRODUCT = "发布前保密审查助手"

#: What is said when nothing was found. Never 不涉密, 安全 or 合格.
NOTHING = "未发现提示项。本结果不代表不涉密、不代表可以公开，请按程序完成人工审查。"

#: What is said when a probable classification mark stopped the intake.
STOPPED = (
    "发现疑似国家秘密标志，已停止处理，未保存文件内容。请勿继续在本机操作，立即报告本单位保密工作机构"
    "（发生或可能发生泄密的，24小时内向保密行政管理部门报告）。如属误报，由保密审查员登记理由后继续。"
)

SEVERITY: Mapping[str, str] = {
    Severity.CRITICAL: "停止",
    Severity.HIGH: "高",
    Severity.MEDIUM: "中",
    Severity.LOW: "提示",
}
ACTION: Mapping[str, str] = {
    Action.ESCALATE: "建议报请确定",
    Action.REDACT: "建议脱敏",
    Action.REMIND: "提醒核对",
}
VERDICT: Mapping[str, str] = {
    Verdict.OPEN: "待处理",
    Verdict.ACCEPT: "可公开",
    Verdict.REDACT: "脱敏后公开",
    Verdict.ESCALATE: "报请确定中",
}
#: Where double review stands on a flag.
SECOND: Mapping[str, str] = {
    "": "未复核",
    "waiting": "待他人复核",
    "conflict": "复核意见不一致",
    "agreed": "复核意见一致",
}
CATEGORY: Mapping[str, str] = {
    "state_secret": "国家秘密",
    "internal": "工作秘密与内部事项",
    "trade_secret": "商业秘密",
    "personal_privacy": "个人隐私与个人信息",
    "unread": "未能检查",
}
ZONE: Mapping[str, str] = {
    Zone.BODY: "正文",
    Zone.HEADER: "页眉",
    Zone.FOOTER: "页脚",
    Zone.NOTE: "脚注与备注",
    Zone.COMMENT: "批注",
    Zone.REVISION: "修订痕迹",
    Zone.HIDDEN: "隐藏内容",
    Zone.METADATA: "文件属性",
    Zone.FILENAME: "文件名",
}
DETECTOR: Mapping[str, str] = {
    "gaps": "读取检查",
    "rules": "规则",
    "tables": "表格列检查",
    "names": "姓名地址识别",
    "classifier": "语句分类模型",
    "masks": "遮蔽检查",
    "reviewer": "审查人补充",
}
TARGET: Mapping[str, str] = {
    "dept_head": "部门负责人",
    "originator": "原制作机关",
    "other_agency": "有关机关会商",
    "third_party": "征求第三方意见",
    "competent_dept": "有关主管部门",
    "secrecy_office": "本单位保密工作机构",
    "secrecy_admin": "保密行政管理部门",
    "original_classifier": "原定密机关、单位",
}
CONFIRM: Mapping[str, str] = {
    Verdict.ACCEPT: "确认该处可以公开。请选择理由，处理结果将计入审查表。",
    Verdict.REDACT: "该处将脱敏，原件不改动。请选择理由。",
    Verdict.ESCALATE: "本系统不传送疑似内容，只生成报请材料清单；正文请按保密规定另行报送。请选择事由。",
}

#: The four grounds on which a probable state secret may be accepted, in words.
GROUND: Mapping[str, str] = STATE_SECRET_GROUNDS


def person_name(account: str) -> str:
    """Return how an account is called on paper where no display name is at hand."""
    return "本机用户" if account == LOCAL else account
