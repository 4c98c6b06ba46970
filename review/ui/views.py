"""What the pages show, as plain values (pure): tables, summaries, samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from review.calendar import china_day
from review.casework import Drills, Row, Settings, negative
from review.casework.negative import Version
from review.exporters.rows import citation
from review.service import words
from review.types import CATEGORIES, Flag, RulePack, Severity, Verdict
from review.workflow import Case, Role

if TYPE_CHECKING:
    from review.store.accounts import Account, ApiKey


class Table(TypedDict):
    """Data of the table component: every cell is plain text."""

    columns: list[str]
    rows: list[list[str]]
    keys: list[str]  # one a row: what a click returns; "" = not clickable
    empty: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What was found, in numbers."""

    loud: int
    reminders: int
    by_severity: tuple[tuple[str, int], ...]
    by_category: tuple[tuple[str, int], ...]
    unread: int

    @property
    def sentence(self) -> str:
        """One sentence for the head of a case."""
        if not self.loud:
            tail = f"另有 {self.reminders} 项提醒核对。" if self.reminders else ""
            return words.NOTHING + tail
        kinds = "、".join(f"{name} {n} 项" for name, n in self.by_category)
        levels = "、".join(f"{name} {n}" for name, n in self.by_severity)
        tail = f"另有 {self.reminders} 项提醒核对。" if self.reminders else ""
        return f"疑似提示 {self.loud} 项（{levels}）：{kinds}。{tail}请逐项确认。"


def summary(flags: Iterable[Flag]) -> Summary:
    """Count flags by severity and category; reminders apart, since they never block."""
    kept = list(flags)
    loud = [flag for flag in kept if flag.loud]
    severities = Counter(flag.severity for flag in loud)
    categories = Counter(flag.category for flag in loud)
    return Summary(
        loud=len(loud),
        reminders=len(kept) - len(loud),
        by_severity=tuple(
            (words.SEVERITY[s], severities[s])
            for s in (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM)
            if severities[s]
        ),
        by_category=tuple((words.CATEGORY[c], categories[c]) for c in CATEGORIES.values() if categories[c]),
        unread=categories["unread"],
    )


def case_table(rows: Sequence[Row], people: Mapping[str, str]) -> Table:
    """Return the case list as 台账 columns; ``people``: account → display name."""
    return Table(
        columns=["审查编号", "信息名称", "当前环节", "提示项（已处理/总数）", "承办人", "送审日期", "公开属性", "期限"],
        rows=[
            [
                row.id,
                row.title,
                row.stage.label,
                f"{row.done}/{row.loud}" if row.loud else "无",
                people.get(row.owner, row.owner),
                day(row.opened),
                row.attribute.label if row.attribute else "未确定",
                deadline(row),
            ]
            for row in rows
        ],
        keys=[row.id for row in rows],
        empty="还没有送审件。请到“自查”页导入文件。",
    )


def deadline(row: Row) -> str:
    """Return the due day in words: colours alone say nothing."""
    if row.due is None:
        return ""
    text = f"{row.due.year}年{row.due.month}月{row.due.day}日"
    if row.overdue:
        return f"{text}（逾期）"
    return f"{text}（即将到期）" if row.warning else text


def day(moment: datetime) -> str:
    local = china_day(moment)
    return f"{local.year}年{local.month}月{local.day}日"


def genre_choices(pack: RulePack) -> list[tuple[str, str]]:
    """Return the choices of 文件种类: guessing first."""
    return [("", "自动识别"), *((genre.id, genre.title) for genre in pack.genres.values())]


def provision_choices(pack: RulePack) -> list[str]:
    """Return the keys of the provisions in force, in the order of their names: what a basis may be chosen from."""
    day = pack.review_date
    found = [p for p in pack.provisions.values() if p.valid_from <= day and (p.valid_to is None or day <= p.valid_to)]
    return [p.key for p in sorted(found, key=lambda p: p.key)]


def list_types(pack: RulePack) -> list[str]:
    """Return the types that an entry of the office's own list may carry: no list decides what is a state secret."""
    return [key for key in pack.types if key[:2] in ("wi", "ts", "pp")]


def target_choices(ways: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the choices of 拟公开方式; the value is the Chinese word, as detectors read it."""
    return [("", "暂未确定"), *((name, name) for name in ways.values())]


def sample_files(folder: Path) -> list[Path]:
    """Return the built-in fictional drafts, in order."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_file() and p.suffix in (".docx", ".pdf", ".txt", ".csv", ".xlsx"))


def drill_table(found: Iterable[Drills], people: Mapping[str, str]) -> Table:
    """Return the practice record, one row a person."""
    return Table(
        columns=["姓名", "练习次数", "练过的文稿", "平均得分", "最好得分", "最近一次"],
        rows=[
            [
                people.get(d.actor, d.actor),
                f"{d.times} 次",
                f"{d.drafts} 份",
                f"{d.mean} 分",
                f"{d.best} 分",
                f"{d.last.year}年{d.last.month}月{d.last.day}日",
            ]
            for d in found
        ],
        keys=[],
        empty="还没有练习记录。提交一次答案后计入。",
    )


def negative_table(versions: Iterable[Version], pack: RulePack, people: Mapping[str, str], today: date) -> Table:
    """Return versions of negative-list entries: what, why, who knows, until when."""
    rows = [
        [
            v.entry.id.rpartition("_")[2],
            v.entry.matter,
            pack.types.get(v.entry.type, v.entry.type),
            "、".join(v.entry.terms),
            "；".join(citation(pack, key) for key in v.entry.basis),
            v.entry.office,
            f"{v.entry.valid_from} 至 {v.entry.valid_to}",
            v.entry.review_by.isoformat(),
            negative.state(v.entry, today),
            f"第 {v.number} 版，{people.get(v.actor, v.actor)}，{china_day(v.at)}",
        ]
        for v in versions
    ]
    return Table(
        columns=["序号", "信息事项", "类型", "提示词", "法律依据", "核实单位", "有效期", "复核日期", "状态", "版本"],
        rows=rows,
        keys=[],
        empty="还没有条目。负面清单之外的信息，原则上应当公开。",
    )


def settings_table(settings: Settings) -> Table:
    """Return the settings in words."""
    yes = {True: "是", False: "否"}
    deployment = {
        "unclassified": "非涉密计算机（发现疑似国家秘密标志即停止）",
        "classified": "涉密计算机（标志照常逐项处理）",
    }
    pairs = [
        ("部署环境", deployment.get(settings.deployment, settings.deployment)),
        ("单机模式（仅限本机使用，无须登录）", yes[settings.single_user]),
        ("允许同一人办理多个环节（记录中注明）", yes[settings.same_person_allowed]),
        ("双人复核", yes[settings.double_review]),
        ("发布前必须确定公开属性", yes[settings.determination_required]),
        ("内部审查期限", f"{settings.review_days} 个工作日"),
        ("征求第三方意见期限", f"{settings.consult_days} 个工作日"),
        ("报请确定期限", f"{settings.refer_days} 个工作日报送，{settings.answer_days} 个工作日答复"),
        ("主动公开期限", f"形成或变更之日起 {settings.publish_days} 个工作日"),
        ("到期提醒", f"用时达到 {settings.warn_share:.0%}"),
        ("记录保存", f"不少于 {settings.retention_years} 年"),
    ]
    return Table(columns=["设置项", "当前值"], rows=[list(pair) for pair in pairs], keys=[], empty="")


def pack_table(pack: RulePack, model_digests: Mapping[str, str]) -> Table:
    """Return which rules and models are in force."""
    by_category = Counter(CATEGORIES[rule.type[:2]] for rule in pack.rules)
    rows = [
        ["规则包", f"{pack.id} {pack.version}"],
        ["规则包校验值", pack.digest[:16]],
        ["规则数", "、".join(f"{words.CATEGORY[c]} {n} 条" for c, n in by_category.items())],
        ["法律依据", f"{len(pack.provisions)} 条（按 {pack.review_date:%Y-%m-%d} 有效的版本）"],
        ["文件种类", f"{len(pack.genres)} 种"],
        *([f"模型 {name}", digest[:16]] for name, digest in model_digests.items()),
    ]
    return Table(columns=["项目", "版本"], rows=rows, keys=[], empty="")


def escalated_table(cases: Iterable[Case], pack: RulePack) -> Table:
    """Return the escalated flags of some cases: metadata only, no titles, no values."""
    rows, keys = [], []
    for case in cases:
        for flag in case.loud:
            if flag.verdict is not Verdict.ESCALATE or flag.ruling is None:
                continue
            reason = pack.reasons.get(flag.ruling.reason)
            kind = pack.types.get(flag.type, words.CATEGORY[flag.category])
            count = f"{flag.count} 处"
            rows.append(
                [
                    case.id,
                    words.SEVERITY[flag.severity],
                    kind,
                    count,
                    reason.title if reason else "",
                    day(flag.ruling.at),
                ]
            )
            keys.append(case.id)
    return Table(
        columns=["审查编号", "等级", "类型", "处数", "事由", "登记日期"],
        rows=rows,
        keys=keys,
        empty="没有报请确定的提示项。",
    )


def account_table(accounts: Iterable[Account]) -> Table:
    """Return the accounts with their roles in words."""
    titles = {role.value: role.label for role in Role}
    return Table(
        columns=["账号", "姓名", "部门", "角色", "状态"],
        rows=[
            [
                a.name,
                a.display,
                a.unit,
                "、".join(titles.get(code, code) for code in a.roles),
                "停用" if a.disabled else "正常",
            ]
            for a in accounts
        ],
        keys=[],
        empty="还没有账户。建立账户并在 settings.toml 中把 single_user 设为 false 后，即可多人使用。",
    )


def key_table(keys: Iterable[ApiKey], scopes: Mapping[str, str]) -> Table:
    """Return the API keys: whose, for what, since when. Never the keys themselves."""
    return Table(
        columns=["密钥名称", "以此账号办理", "权限", "发放日期", "状态"],
        rows=[
            [
                key.label,
                key.account,
                "、".join(scopes.get(scope, scope) for scope in key.scopes),
                day(datetime.fromisoformat(key.created)),
                "已撤销" if key.revoked else "有效",
            ]
            for key in keys
        ],
        keys=[],
        empty="还没有接口密钥。",
    )
