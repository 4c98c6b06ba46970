"""What stands beside a name or an address decides whether it is protected: pure functions over one line.

A name beside 举报人, 被害人 or 患者 is; an official's, an expert's, a lawyer's is not, nor is any name alone. An
address is a home where the words say that somebody lives there, or where it follows a private person's name.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from review.detectors._tagger import Mark
from review.errors import ModelMismatch
from review.types import Severity

FILE: Final = "roles.toml"

#: Between a role and the name: nothing, 姓名, a colon, an opening bracket.
_BETWEEN: Final = r"(?:的?(?:姓名|名字|名叫|叫|为|是|系)|本人)?[\s:：(（、\"“《]{0,2}"
_LINK: Final = _BETWEEN + "$"
_BEHIND_ROLE: Final = re.compile(_BETWEEN)
#: What goes on after a role that nobody in particular has; no name begins so.
_NO_NAME: Final = frozenset(
    "的得不应可在或及有被进参接受心健教监校违犯等之所其实将未提要给对以因由每各数人，。；！？、,.;!?)）\n\t"
)
#: What stands before a role that is said of the name before it.
_SAID_OF: Final = frozenset("系是为即的案院")
_MASKED: Final = re.compile(r"[某×xX*○〇□Ａ-Ｚ甲乙丙丁戊]|^[小老阿][一-龥]$")
_INVENTED: Final = re.compile(r"化名|隐名|假名|笔名")
#: A word that only ends like a role, or takes it back.
_NO_ROLE: Final = re.compile(
    r"(?:见|公|保|担保|旁|作|查|验|佐|鉴|论|求|人|物|书|印)证人$|被(?:举报|检举|控告|投诉|反映|信访)(?:人|者)$"
)
_PUBLIC_AFTER: Final = re.compile(
    r"^[\s(（,，]{0,2}(?:律师|法官|检察官|审判[长员]|书记员|仲裁员|调解员|教授|院士|博士|专家|主任|局长|厅长|部长|处长|科长|所长|院长|校长"
    r"|书记|市长|县长|区长|镇长|乡长|省长|主席|代表|委员|记者|医生|医师|护士|老师|教师|警官|民警|大队长|支队长|董事|经理|会长|秘书长|工程师)"
)
_LIST: Final = re.compile(r"^[、,，和与及\s]{1,2}$")

#: Words after which an address is where somebody lives, and words that say so when they follow one: alternatives of
#: the patterns below, the longer first. The detector reads every line in which one of them stands.
LIVING_BEFORE: Final = (
    "家庭住址|家庭地址|家庭住所|现住址|现居住地|居住地址|居住|常住地址|常住地|户籍所在地|户籍地址|户籍|户口所在地|户口所在|户口落在|户口"
    "|住址|住处|家住|现住|现居|租住|暂住|借住|寄住|独居|居于|住在|住于|住进|生前住|一直住|捕前住|搬到|搬至|搬进|搬回"
    "|家在|家里在|老家|寄养|安置于|安置在|安置到"
)
LIVING_AFTER: Final = "家中|家里|家属|租户|住户|户主|业主|老人|独居|一家|房主|村民|贫困户|低保户"
#: 住 alone, where it is a verb by itself.
LIVES: Final = r"(?:^|[,，;；。(（、\s生男女族岁她他人某])住"

#: What an informant does, right behind the name.
ACCUSES: Final = r"(?:多次|再次|当面|实名|匿名|来信|来访|来电)(?:举报|投诉|检举|控告|反映|信访)"

_HOME_BEFORE: Final = re.compile(
    rf"(?:{LIVING_BEFORE}|{LIVES})"
    r"(?:\([^)]{0,6}\)|（[^）]{0,6}）)?(?:地|处)?(?:在|于|是|为|至|到)?[\s:：]{0,2}$"
)
_HOME_AFTER: Final = re.compile(rf"^的?(?:{LIVING_AFTER}|居民[一-龥]{{2,3}}[,，(（家])")
#: Whom a home may belong to; the detector reads a line with a door number only where one of these stands, too.
HOUSEHOLD: Final = re.compile(
    r"户主|低保|五保|特困|脱贫|贫困|救助|残疾|学生|患者|监护人|独居|老人|村民|居民|群众|举报|信访|来访|来信|投诉|被害|受害|嫌疑人|罪犯|病例|密接|走失|被告|原告"
    r"|征收|家庭|家访|慰问|孤儿|寄养|儿童"
)
_OFFICE_BEFORE: Final = re.compile(
    r"(?:公司|企业|法人|单位|机关|局|中心|厂|店|商行|合作社|医院|学校|法院|事务所|协会|银行|支行|营业部|注册|办公|经营|通讯|生产|营业|项目|工程|采购|代理机构|供应商|中标人|成交"
    r"|报名|现场|开标|受理|联系|活动|会议|检查|拍卖|标的|出租|招租|房源|位于|坐落|设在|设立|迁至|迁往|地点|场所|门店|窗口|服务点|考点|接种点|投票站|邮寄|寄至|寄到|送至)[^。;；\n]{0,12}$"
)
_OFFICE_AFTER: Final = re.compile(
    r"^[^，,。;；\t]{0,6}(?:公司|中心|局|大厅|会议室|办公室|窗口|服务站|党支部|居委会|村委会|活动室|门面|商铺|车库|仓库|厂房|法院|派出所|事务所|工作室|超市|药店|诊所|幼儿园|饭店|酒店)"
    r"|^[,，(（]?\s?(?:邮编|邮政编码|联系人|联系电话|法定代表人)"
)
_OFFICE_LINE: Final = re.compile(
    r"注册地址|办公地址|经营地址|经营场所|营业场所|通讯地址|法定代表人|负责人|经营者|供应商|采购人|投标|中标|故居|旧址|文物|展馆|竞买|起拍|招租|拍卖|停水|停电|加装电梯|施工许可"
)


@dataclass(frozen=True, slots=True)
class Role:
    """One group of protected people, from ``roles.toml``."""

    key: str
    type: str
    severity: Severity
    title: str
    basis: tuple[str, ...]
    words: tuple[str, ...]
    before: re.Pattern[str]
    after: re.Pattern[str] | None


def read(folder: Path) -> tuple[Role, ...]:
    """Return the roles; raises ``ModelMismatch`` where the table is missing."""
    try:
        table: Mapping[str, Mapping[str, object]] = tomllib.loads((folder / FILE).read_text(encoding="utf-8"))
    except OSError:
        raise ModelMismatch(f"缺少模型文件 {FILE}，请恢复原文件。") from None
    return tuple(_role(key, row) for key, row in table.items())


def _role(key: str, row: Mapping[str, object]) -> Role:
    words, basis = row["words"], row["basis"]
    if not isinstance(words, list) or not isinstance(basis, list):
        raise ModelMismatch(f"模型文件 {FILE} 中“{key}”的内容不对，请恢复原文件。")
    longest_first = sorted(map(str, words), key=lambda word: (-len(word), word))
    after = str(row["after"])
    return Role(
        key=key,
        type=str(row["type"]),
        severity=Severity(str(row["severity"])),
        title=str(row["title"]),
        basis=tuple(map(str, basis)),
        words=tuple(longest_first),
        before=re.compile(f"({'|'.join(map(re.escape, longest_first))}){_LINK}"),
        after=re.compile(after) if after else None,
    )


def may_have_name(text: str, start: int, end: int) -> bool:
    """May a name stand beside the role ``text[start:end]``, so that the line is worth reading?"""
    if text[max(0, start - 1) : start] in _SAID_OF:
        return True
    link = _BEHIND_ROLE.match(text, end)
    behind = link.end() if link else end
    return behind < len(text) and text[behind] not in _NO_NAME


def role_of(line: str, at: int, marks: Sequence[Mark], roles: Sequence[Role]) -> Role | None:
    """Return the protected role of the person ``marks[at]``; None: public, masked, or nobody says."""
    mark = marks[at]
    name, after = line[mark.start : mark.end], line[mark.end :]
    if len(name) < 2 or _MASKED.search(name) or _INVENTED.search(line) or after[:1] in ("某", "×", "*"):
        return None
    if _PUBLIC_AFTER.search(after):
        return None
    before = line[max(0, mark.start - 16) : mark.start]
    for role in roles:
        found = role.before.search(before)
        if found and not _NO_ROLE.search(before[: found.end(1)]):
            return role
        if role.after and role.after.search(after):
            return role
    if at and marks[at - 1].label == "PER" and _LIST.fullmatch(line[marks[at - 1].end : mark.start]):
        return role_of(line, at - 1, marks[:at], roles)
    return None


def is_home(line: str, at: int, marks: Sequence[Mark]) -> bool:
    """Is the address ``marks[at]`` said to be where a private person lives?"""
    mark = marks[at]
    before, after = line[max(0, mark.start - 24) : mark.start], line[mark.end : mark.end + 16]
    if _OFFICE_AFTER.search(after) or _OFFICE_LINE.search(line):
        return False
    if _HOME_BEFORE.search(before):
        return not _OFFICE_BEFORE.search(re.split(r"[,，;；。]", before)[-1].removesuffix("住"))
    if _OFFICE_BEFORE.search(before):
        return False
    if _HOME_AFTER.search(after):
        return True
    return bool(_beside_person(line, at, marks) and HOUSEHOLD.search(line))


def _beside_person(line: str, at: int, marks: Sequence[Mark]) -> bool:
    """Does a person's name stand right before the address, or right behind it?"""
    mark = marks[at]
    joined = re.compile(r"[\s,，、:：(（]{1,2}|")
    if at and marks[at - 1].label == "PER" and joined.fullmatch(line[marks[at - 1].end : mark.start]):
        return True
    following = marks[at + 1] if at + 1 < len(marks) else None
    return bool(following and following.label == "PER" and re.fullmatch(r"的?", line[mark.end : following.start]))
