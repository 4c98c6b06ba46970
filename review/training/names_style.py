"""One convention for what is marked as a person, after the public MSRA guideline; the word-class corpus has another.

* In a compound the person alone is marked: 马克思 in 马克思主义, 鲁班 in 鲁班奖, 李宁 in 李宁杯.
* Of a person who is not named in full the surname alone is marked: 王 in 王某, 侯老, 老李, 胡氏, 林总.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

Place = tuple[int, int]  # first character, behind the last

#: What is called after a person.
_AFTER_PERSONS: Final = (
    "主义|思想|理论|学说|哲学|经济学|定理|定律|效应|方程|公式|综合征|综合症|病|奖学金|奖金|奖章|奖|杯|巡回赛|邀请赛|基金|勋章"
    "|故居|纪念馆|纪念堂|纪念碑"
)
_COMPOUND: Final = re.compile(rf"(.+?)(?:{_AFTER_PERSONS})")
#: Word classes of compounds; organisations and places are marked whole.
CLASSES: Final = frozenset(("n", "nz", "l", "i"))

SURNAMES: Final = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游裴席卫查屈鲍位覃霍翁隋甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿"
    "戚丘古米池滕晋苑邬臧畅宫来全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬沙岑习胥蔺"
)
_BEHIND: Final = re.compile(r"(?:某{1,2}|氏|老|总|工|大爷|大娘|大妈|大嫂|大姐|大哥|老汉|老师|先生|女士|小姐)")
#: Given names begin with these as well (小平, 小燕): only the commonest surnames are believed behind them.
_BEFORE: Final = frozenset("老小阿大")
_COMMONEST: Final = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高何郭马罗梁宋郑谢韩唐冯董程曹袁邓许傅曾彭吕苏卢蒋蔡贾丁魏薛余潘杜邱童"
)


def surname_only(name: str) -> Place | None:
    """Return where the surname stands in 王某, 侯老 or 老李; None where ``name`` is a name as it is."""
    if len(name) == 2 and name[0] in _BEFORE and name[1] in _COMMONEST:
        return 1, 2
    if len(name) > 1 and name[0] in SURNAMES and _BEHIND.fullmatch(name, 1):
        return 0, 1
    return None


def in_compound(word: str, known: Collection[str]) -> Iterator[Place]:
    """Yield where ``known`` persons stand at the beginning of 马克思列宁主义, 鲁班奖 …"""
    found = _COMPOUND.fullmatch(word)
    at = 0
    while found and at < len(found[1]):
        long = next((k for k in range(len(found[1]) - at, 1, -1) if found[1][at : at + k] in known), 0)
        if not long:
            return
        yield at, at + long
        at += long
