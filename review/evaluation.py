"""Measure the product on annotated texts: recall by type, false alarms, lawful documents left clean.

Two kinds of material in a folder: annotated documents ``*.txt`` (front matter, ``{{type|text}}`` marks) and
passages ``*.jsonl`` (``{"text", "label": "disclose"|"public", "type"}``).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from review import pipeline, text
from review.errors import InputError
from review.types import CATEGORIES, Document, Flag, Report

_MARK = re.compile(r"\{\{([a-z]{2}_[a-z_]+)\|(.*?)\}\}", re.S)

#: Types whose annotated text is a value: it counts as found only when it is covered whole.
VALUE_TYPES = frozenset(
    {
        "ss_mark", "ss_portion_mark", "wi_internal_mark", "ts_mark", "pp_id_number", "pp_id_embedded", "pp_other_id",
        "pp_contact", "pp_home_address", "pp_bank_account", "ts_org_account", "pp_birth_date",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Annotated:
    """One annotated text: spans are code points of ``source`` with their type."""

    id: str
    source: str = field(repr=False)
    spans: tuple[tuple[int, int, str], ...]
    lawful: bool
    target: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """What was measured. Counts are ``(found, of)``."""

    documents: int
    chars: int
    by_type: Mapping[str, tuple[int, int]]
    flags: tuple[int, int]  # right, all loud flags
    lawful: tuple[int, int]  # without a loud flag that is wrong
    leaking: tuple[int, int]  # with at least one annotated span found
    complete: tuple[int, int]  # with all found
    alarm_types: Mapping[str, int]
    misses: tuple[tuple[str, str], ...]  # document id, type
    alarms: tuple[tuple[str, str], ...]  # document id, rule

    @property
    def by_category(self) -> dict[str, tuple[int, int]]:
        out: dict[str, tuple[int, int]] = {}
        for kind, (found, total) in self.by_type.items():
            a, b = out.get(CATEGORIES[kind[:2]], (0, 0))
            out[CATEGORIES[kind[:2]]] = (a + found, b + total)
        return out

    @property
    def recall(self) -> float:
        return share((sum(a for a, _ in self.by_type.values()), sum(b for _, b in self.by_type.values())))

    @property
    def alarms_per_10k(self) -> float:
        return 10_000 * (self.flags[1] - self.flags[0]) / max(1, self.chars)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was measured once on named material, to compare later versions with: shares from 0 to 1."""

    folders: tuple[str, ...]
    every: int
    documents: int
    material: str  # digest of the texts and their marks
    recall: float
    precision: float
    lawful: float
    by_category: Mapping[str, float]


#: How much a share may fall before it counts as worse, and how much within one category (fewer texts, more chance).
TOLERANCE = 0.01
CATEGORY_TOLERANCE = 0.02


def sample(texts: Sequence[Annotated], every: int) -> list[Annotated]:
    """Return about one of ``every`` texts, chosen by their content: further files do not change the choice."""
    return [text for text in texts if int(_digest([text]), 16) % every == 0]


def _digest(texts: Sequence[Annotated]) -> str:
    lines = (f"{text.source}|{text.spans}" for text in texts)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def baseline(score: Score, texts: Sequence[Annotated], folders: Sequence[str], every: int) -> Baseline:
    """Return what of ``score``, measured on ``texts``, later versions are compared with."""
    return Baseline(
        folders=tuple(folders),
        every=every,
        documents=score.documents,
        material=_digest(texts),
        recall=round(score.recall, 4),
        precision=round(share(score.flags), 4),
        lawful=round(share(score.lawful), 4),
        by_category={name: round(share(pair), 4) for name, pair in sorted(score.by_category.items())},
    )


def read_baseline(path: Path) -> Baseline:
    """Return the baseline in a JSON file; raises ``InputError``."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Baseline(**{**said, "folders": tuple(said["folders"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"基线文件读不出来：{path.name}。请用 review eval … --update 重新生成。") from error


def worse(now: Baseline, before: Baseline) -> tuple[str, ...]:
    """Return in Chinese what fell by more than the tolerance; raises ``InputError`` for other material."""
    if (now.folders, now.every, now.material) != (before.folders, before.every, before.material):
        raise InputError("基线量的不是同一批材料（文件夹、抽样或内容不同）。请用 review eval … --update 重新生成。")
    rows = [
        ("总查全率", now.recall, before.recall, TOLERANCE),
        ("须处理提示的查准率", now.precision, before.precision, TOLERANCE),
        ("可公开件未误报", now.lawful, before.lawful, TOLERANCE),
    ]
    rows += [
        (f"{name} 查全率", now.by_category.get(name, 0.0), was, CATEGORY_TOLERANCE)
        for name, was in before.by_category.items()
    ]
    return tuple(f"{name}从 {was:.3f} 降到 {is_:.3f}" for name, is_, was, slack in rows if is_ < was - slack)


def share(pair: tuple[int, int]) -> float:
    """Return found / of; 1.0 where there was nothing to find."""
    return pair[0] / pair[1] if pair[1] else 1.0


def load(folder: Path) -> list[Annotated]:
    """Return the annotated texts below ``folder``; raises ``InputError`` where there are none."""
    found = [_document(path) for path in sorted(folder.rglob("*.txt"))]
    for path in sorted(folder.rglob("*.jsonl")):
        found.extend(_passages(path))
    if not found:
        raise InputError(f"文件夹里没有带标注的文本（*.txt、*.jsonl）：{folder}。")
    return found


@dataclass(frozen=True, slots=True)
class Alarms:
    """Loud flags on lawful texts, by rule."""

    documents: int
    chars: int
    by_rule: Mapping[str, int]

    @property
    def per_10k(self) -> float:
        return 10_000 * sum(self.by_rule.values()) / max(1, self.chars)


def lawful_texts(folder: Path) -> Iterator[str]:
    """Yield lawful texts below ``folder``: each ``*.txt``, each ``text`` of ``*.jsonl`` and ``*.jsonl.gz``.

    Raises ``InputError`` where there are none.
    """
    paths = [path for path in sorted(folder.rglob("*")) if path.name.endswith((".txt", ".jsonl", ".jsonl.gz"))]
    if not paths:
        raise InputError(f"文件夹里没有文本（*.txt、*.jsonl、*.jsonl.gz）：{folder}。")
    for path in paths:
        if path.suffix == ".txt":
            yield path.read_text(encoding="utf-8")
        else:
            open_ = gzip.open if path.suffix == ".gz" else open
            with open_(path, "rt", encoding="utf-8") as lines:
                yield from (json.loads(line)["text"] for line in lines)


def alarms_on(texts: Iterable[str], engine: pipeline.Engine) -> Alarms:
    """Check lawful texts: whatever is loud on them is a false alarm, or worth a lawyer's look."""
    documents = chars = 0
    by_rule: Counter[str] = Counter()
    for written in texts:
        report = pipeline.check(written.encode(), "公开文本.txt", engine)
        documents += 1
        chars += len(written)
        by_rule.update(flag.rule for flag in report.flags if flag.loud)
    return Alarms(documents, chars, dict(by_rule.most_common()))


def _document(path: Path) -> Annotated:
    raw = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    fields: dict[str, str] = {}
    body = raw
    if raw.startswith("---\n"):
        head, _, body = raw[4:].partition("\n---\n")
        for line in head.splitlines():
            key, _, value = line.partition(":")
            fields[key.strip()] = value.split("  #")[0].strip().strip('"')
    source, spans = strip_marks(body)
    lawful = fields.get("variant", fields.get("expected", "")) in ("lawful", "publish")
    return Annotated(fields.get("id", path.stem), source, spans, lawful, fields.get("target", ""))


def strip_marks(body: str) -> tuple[str, tuple[tuple[int, int, str], ...]]:
    """Return the plain text of an annotated one, and the marked spans."""
    pieces: list[str] = []
    spans: list[tuple[int, int, str]] = []
    last = length = 0
    for match in _MARK.finditer(body):
        pieces += [body[last : match.start()], match[2]]
        length += match.start() - last
        spans.append((length, length + len(match[2]), match[1]))
        length += len(match[2])
        last = match.end()
    return "".join([*pieces, body[last:]]), tuple(spans)


def _passages(path: Path) -> Iterable[Annotated]:
    for line in path.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        disclosing = item["label"] == "disclose"
        spans = ((0, len(item["text"]), item["type"]),) if disclosing else ()
        yield Annotated(item["id"], item["text"], spans, not disclosing)


def evaluate(texts: Sequence[Annotated], engine: pipeline.Engine, on_done: Callable[[], None] = lambda: None) -> Score:
    """Check every text and score the flags; ``on_done`` is called after each (progress bars)."""
    by_type: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    tally: Counter[str] = Counter()
    alarm_types: Counter[str] = Counter()
    misses: list[tuple[str, str]] = []
    alarms: list[tuple[str, str]] = []
    for item in texts:
        report = pipeline.check(item.source.encode(), "评测.txt", engine, target=item.target)
        located = [(flag, _places(report.document, flag)) for flag in report.flags if flag.spans]
        found = 0
        for start, end, kind in item.spans:
            same = [place for flag, places in located if flag.type[:2] == kind[:2] for place in places]
            needed = 0.999 if kind in VALUE_TYPES else 0.5
            hit = _covered(start, end, same) >= needed
            by_type[kind][0] += hit
            by_type[kind][1] += 1
            found += hit
            if not hit:
                misses.append((item.id, kind))
        wrong = 0
        for flag, places in located:
            if not flag.loud:
                continue
            tally["flags"] += 1
            good = sum(any(a < e and s < b for s, e, _ in item.spans) for a, b in places)
            if 2 * good >= len(places):
                tally["right"] += 1
            else:
                wrong += 1
                alarm_types[flag.type] += 1
                alarms.append((item.id, flag.rule))
        _count(tally, item, report, found=found, wrong=wrong)
        on_done()
    return Score(
        documents=len(texts),
        chars=tally["chars"],
        by_type={kind: (a, b) for kind, (a, b) in sorted(by_type.items())},
        flags=(tally["right"], tally["flags"]),
        lawful=(tally["clean"], tally["lawful"]),
        leaking=(tally["caught"], tally["leaking"]),
        complete=(tally["complete"], tally["leaking"]),
        alarm_types=dict(alarm_types.most_common()),
        misses=tuple(misses),
        alarms=tuple(alarms),
    )


def _count(tally: Counter[str], item: Annotated, report: Report, *, found: int, wrong: int) -> None:
    tally["chars"] += len(report.document.text)
    if item.lawful:
        tally["lawful"] += 1
        tally["clean"] += not wrong
    elif item.spans:
        tally["leaking"] += 1
        tally["caught"] += found > 0
        tally["complete"] += found == len(item.spans)


def _places(document: Document, flag: Flag) -> list[tuple[int, int]]:
    places = [text.source_span(document, span) for span in flag.spans]
    return [(span.start, span.end) for span in places]


def _covered(start: int, end: int, places: Iterable[tuple[int, int]]) -> float:
    hit = bytearray(end - start)
    for a, b in places:
        low, high = max(start, a) - start, min(end, b) - start
        if low < high:
            hit[low:high] = b"\1" * (high - low)
    return sum(hit) / max(1, end - start)
