"""Write a model card from measured figures only: nothing in it is typed by hand but the explanations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from review.training.fit import Recipe

_HELD: Final = (
    ("writers", "按作者留出（五折）"),
    ("genres", "按文种留出（五折）"),
    ("later", "只用其余语料训练，测整篇草稿逐行（其他作者所写）"),
)


def render(name: str, plan: Recipe, metrics: Mapping[str, Any]) -> str:
    """Return the card as Markdown, in Chinese."""
    data = metrics["data"]
    parts = [
        f"# 模型卡：{name}",
        "本卡由 `review train` 生成，数字都是训练时实测。模型只提出“疑似”，只增加提示，从不取消规则的提示。",
        "## 做什么，怎么做",
        "把文稿切成句子，判断一句话像是“泄露”还是“谈到”，再判断像哪一类。字的一至四元组、jieba 词和词对、"
        "实体换成类别后的三词框架一起散列到固定列数，加上数字、人名、语气等形状特征，用逻辑回归打分并校准。"
        f"权重 {metrics['bytes'] / 1e6:.1f} MB，不用 pickle。",
        "## 数据",
        f"虚构段落 {data['passages']} 段，其中泄露 {data['disclosing']} 段，孪生 {data['pairs']} 对"
        f"（文件 `{plan.pattern}`，摘要 `{data['corpus_sha256'][:16]}`）。",
        _public(data),
        "## 没见过的段落",
        _table(
            ("留出方式", "AUC", "高门槛查全", "低门槛查全", "相像的公开段落被误报", "孪生 AUC", "孪生排序正确"),
            [_held(title, metrics["held"][key]) for key, title in _HELD],
        ),
        "高门槛以上须处理，低门槛以上只作提示。“相像的公开段落”是照着泄露的样子写的，比普通公文难得多。",
        "## 合法公开文本上的误报（只用于报告的那部分文档）",
        _alarms(metrics["alarms"]),
        "若只用一种公开文本定门槛（其测试部分每万字恰好放过 0.3 处），没见过的泄露段落的查全：",
        _operating(metrics["operating"]),
        "## 筛子",
        "一个只看字、二元组、三元组的小模型先看每一句，多数句子不可能达到提示的门槛，不再细读。"
        "门槛比没有参加训练的段落中最低的一处再低一截。",
        _sieve(metrics["sieve"]),
        "## 学习曲线（训练段落数 → 整篇草稿逐行的 AUC）",
        "、".join(f"{int(n)} → {auc:.3f}" for n, auc in metrics["curve"]) or "未测。",
        "## 概率是否可信",
        _table(
            ("模型给出的概率", "实际泄露比例", "段落数"),
            [[f"{a:.2f}", f"{b:.2f}", n] for a, b, n in metrics["calibration"]],
        ),
        "校准用的语料泄露与公开约各半，都是难例；普通公文中泄露少得多，同样的概率应当看得更轻。",
        "## 类型判断",
        f"整篇草稿中的泄露段落：类型正确 {_share(metrics['topic']['type'])}，"
        f"大类正确 {_share(metrics['topic']['category'])}。",
        "## 按类型（按文种留出，高门槛）",
        _by(metrics["by_type"]),
        "## 按文种（名称末两字，40 段以上）",
        _by(metrics["by_genre"]),
        "## 按语料部分（按作者留出，高门槛）",
        _by(metrics["by_writer"]),
        "## 错得最远的段落（编号）",
        f"漏报：{'、'.join(metrics['worst']['missed'])}",
        f"误报：{'、'.join(metrics['worst']['flagged'])}",
    ]
    return "\n\n".join(parts) + "\n"


def _public(data: Mapping[str, Any]) -> str:
    if not data["public"]:
        return "没有使用公开文本：门槛只由语料定出，误报率未在公开文本上测过。"
    rows = [
        [source, parts.get("train", 0), parts.get("tune", 0), parts.get("test", 0)]
        for source, parts in data["public"].items()
    ]
    table = _table(("公开文本（字数）", "训练", "定门槛", "只用于报告"), rows)
    return f"合法公开文本（不随项目提交，摘要 `{data['public_sha256'][:16]}`），按文档编号分成三份：\n\n{table}"


def _held(title: str, held: Mapping[str, Any]) -> list[object]:
    twin = "—" if held["twin_auc"] is None else f"{held['twin_auc']:.3f}"
    return [
        title,
        f"{held['auc']:.3f}",
        _share(held["recall"]),
        _share(held["recall_low"]),
        _share(held["alarms"]),
        twin,
        _share(held["twin_order"]),
    ]


def _alarms(alarms: Mapping[str, Mapping[str, float]]) -> str:
    if not alarms:
        return "未测：训练时没有给出公开文本。"
    rows = [
        [source, int(row["chars"]), int(row["loud"]), f"{row['loud_per_10k']:.2f}", f"{row['low_per_10k']:.2f}"]
        for source, row in alarms.items()
    ]
    return _table(("来源", "字数", "须处理的误报", "每万字", "提示每万字"), rows)


def _operating(table: Mapping[str, Any]) -> str:
    if not table:
        return "未测。"
    rows = [
        [source, f"{row['threshold']:.2f}", *(_share(row["recall"][way]) for way, _ in _HELD)]
        for source, row in table.items()
    ]
    return _table(("来源", "门槛", "按作者留出", "按文种留出", "整篇草稿"), rows)


def _sieve(table: Mapping[str, Mapping[str, int]]) -> str:
    if not table:
        return "未测：训练时没有给出公开文本。"
    rows = [
        [source, row["passages"], _share((row["passing"], row["passages"])), row["above"], row["lost"]]
        for source, row in table.items()
    ]
    return _table(("只用于报告的公开文本", "段落", "细读的", "其中达到提示门槛", "被筛掉的"), rows)


def _by(table: Mapping[str, Sequence[int]]) -> str:
    rows = [[key, _share((a, b)), _share((c, d))] for key, (a, b, c, d) in table.items()]
    return _table(("", "查全", "相像的公开段落被误报"), rows)


def _share(pair: Sequence[int]) -> str:
    hits, total = pair
    return f"{hits}/{total} = {hits / total:.2f}" if total else "—"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
