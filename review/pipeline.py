"""The one place where stages meet: bytes → Document → Flags → Decisions → Redactions → bytes → proof."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from review import formats, models, packs, paths, places, redaction, text
from review.detectors import allow, classifier, gaps, genre, masks, names, residue, rules, tables
from review.errors import RedactionLeak, StaleCase, UndecidedFlags
from review.types import (
    TABLE_SHAPES,
    Action,
    Allow,
    Block,
    Context,
    Decision,
    Detector,
    Disposition,
    Document,
    Example,
    Flag,
    Format,
    GenreGuess,
    Proof,
    Reading,
    Report,
    Rule,
    RulePack,
    Run,
    Severity,
    Span,
    Verdict,
    Zone,
)

# Characters that one mask may add to a block ("[已隐去]" or a reviewer's own wording).
_LONGEST_MASK = 12


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """A rule pack and the detectors built from it: made once, used for every document."""

    pack: RulePack
    detectors: tuple[Detector, ...]
    model_digests: Mapping[str, str]

    @property
    def pack_ref(self) -> str:
        return f"{self.pack.id}@{self.pack.version}"


def engine(
    *,
    rules_folder: Path = paths.RULES,
    models_folder: Path = paths.MODELS,
    extra: Sequence[Path] = (),
    review_date: date | None = None,
) -> Engine:
    """Load rules and models; raises ``PackInvalid`` or ``ModelMismatch`` and never runs with less than all."""
    pack = packs.load(rules_folder, extra=extra, review_date=review_date)
    return Engine(
        pack=pack,
        detectors=(
            gaps.detect,
            rules.build(pack),
            tables.build(pack),
            masks.build(pack),
            residue.build(pack),
            classifier.build(pack, models_folder),
            names.build(pack, models_folder),
        ),
        model_digests=models.pinned(models_folder, classifier.MODEL, names.MODEL),
    )


def warm(engine: Engine) -> None:
    """Check the built-in samples: what is compiled and loaded on first use is then there for every process forked."""
    for path in sorted((paths.SAMPLES / "source").glob("*.txt")):
        check(path.read_bytes(), path.name, engine)


def read(data: bytes, name: str) -> tuple[Format, Reading, Document]:
    """Return the format, the reading and the normalised document of a file; raises ``InputError``."""
    sha256 = hashlib.sha256(data).hexdigest()
    made, name = formats.modern(data, name)
    format_, reading = formats.read(made, name)
    reading = formats.compared(data, reading)
    document = text.compose(_with_name(reading, name), sha256=sha256, media_type=format_.media_type, name=name)
    return format_, reading, document


def _with_name(reading: Reading, name: str) -> Reading:
    """Append the file name as a block of its own: names of files hold marks and numbers, too."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1]
    if not stem:
        return reading
    start = sum(map(len, [run.text for run in reading.runs])) + 1  # of a sheet, a million
    block = Block(Span(start, start + len(stem)), Zone.FILENAME, "文件名")
    return Reading((*reading.runs, Run("\n"), Run(stem)), (*reading.blocks, block), reading.gaps)


def check(data: bytes, name: str, engine: Engine, *, genre: str = "", target: str = "") -> Report:
    """Read a file and return what should be looked at. ``genre`` is an id of the pack; empty: guess."""
    return review_document(read(data, name)[2], engine, genre=genre, target=target)


def review_document(document: Document, engine: Engine, *, genre: str = "", target: str = "") -> Report:
    """Run every detector over a document that was read."""
    context = Context(engine.pack, _genre(document, engine.pack, genre), target)
    found = [flag for detect in engine.detectors for flag in detect(document, context)]
    flags = merge(tables.collapse(document, allow.suppress(document, found, context)), engine.pack.values)
    return Report(
        document=document,
        flags=flags,
        genre=context.genre,
        target=target,
        disposition=disposition(flags),
        pack=engine.pack_ref,
        pack_digest=engine.pack.digest,
        model_digests=engine.model_digests,
    )


def second_opinion(report: Report, detect: Detector, engine: Engine) -> Report:
    """Return the report with the flags that one more detector adds; nothing that was found goes."""
    added = tuple(detect(report.document, Context(engine.pack, report.genre, report.target)))
    new = {flag.id for flag in merge((*report.flags, *added), engine.pack.values)} - {flag.id for flag in report.flags}
    flags = (*report.flags, *(flag for flag in added if flag.id in new))
    flags = tuple(sorted(flags, key=lambda flag: flag.spans[0].start if flag.spans else -1))
    return replace(report, flags=flags, disposition=disposition(flags))


def _genre(document: Document, pack: RulePack, chosen: str) -> GenreGuess:
    if chosen:
        return GenreGuess(chosen, 1.0, ("由使用者选定",))
    return genre.guess(document, pack)


def merge(flags: Sequence[Flag], values: frozenset[str] = frozenset()) -> tuple[Flag, ...]:
    """Drop what another flag says better at the same place; sort by place.

    A flag goes when a stronger one of the same type covers it, when it is a reminder inside a loud flag of the
    same category, when it is a name model's and a rule's of the same type overlaps it, or when it is a classifier's
    over a sentence that is mostly exact values (of types in ``values``), one of its own type among them: what can be
    separated is redacted, and the rest published.
    """
    ordered = sorted(
        {flag.id: flag for flag in flags}.values(),
        key=lambda f: (f.spans[0].start if f.spans else -1, -(f.spans[-1].end if f.spans else 0), -f.severity.rank),
    )
    kept: list[Flag] = []
    active: list[Flag] = []
    for flag in ordered:
        if len(flag.spans) != 1:
            kept.append(flag)
            continue
        span = flag.spans[0]
        active = [other for other in active if other.spans[0].end > span.start]
        if any(_says_it(other, flag) for other in active):
            continue
        weaker = [other for other in active if _says_it(flag, other)]
        kept = [other for other in kept if other not in weaker]
        active = [other for other in active if other not in weaker]
        kept.append(flag)
        active.append(flag)
    exact = [(f.type, s) for f in kept if f.loud and f.type in values and f.detector != "classifier" for s in f.spans]
    return tuple(flag for flag in kept if not _says_only_where(flag, exact))


def _says_only_where(flag: Flag, exact: Sequence[tuple[str, Span]]) -> bool:
    """The flag is a classifier's, and at least half of its passage is exact values, one of the same type."""
    if flag.detector != "classifier":
        return False
    place = flag.spans[0]
    inside = [(kind, span) for kind, span in exact if place.covers(span)]
    covered = {at for _, span in inside for at in range(span.start, span.end)}
    return any(kind == flag.type for kind, _ in inside) and 2 * len(covered) >= len(place)


def _says_it(strong: Flag, weak: Flag) -> bool:
    if weak.detector == "names" != strong.detector and strong.type == weak.type:
        return strong.spans[0].overlaps(weak.spans[0]) and strong.severity.rank >= weak.severity.rank
    if not strong.spans[0].covers(weak.spans[0]):
        return False
    if strong.type == weak.type:
        return strong.severity.rank >= weak.severity.rank and not (strong.detector == "classifier" != weak.detector)
    return not weak.loud and strong.loud and strong.category == weak.category


def disposition(flags: Sequence[Flag]) -> Disposition:
    """Return what the loud flags suggest for the document as a whole."""
    loud = [flag for flag in flags if flag.loud]
    if any(flag.severity is Severity.CRITICAL for flag in loud):
        return Disposition.STOP
    if any(flag.action is Action.ESCALATE for flag in loud):
        return Disposition.ESCALATE
    return Disposition.REDACT if loud else Disposition.PUBLISH


def open_flags(flags: Sequence[Flag], decisions: Mapping[str, Decision]) -> tuple[Flag, ...]:
    """Return the loud flags that are not decided for publication: undecided is unpublished."""
    done = (Verdict.ACCEPT, Verdict.REDACT)
    return tuple(f for f in flags if f.loud and (f.id not in decisions or decisions[f.id].verdict not in done))


def publish(data: bytes, report: Report, decisions: Mapping[str, Decision], engine: Engine) -> tuple[bytes, Proof]:
    """Return the clean copy and its proof; raises ``UndecidedFlags`` or ``RedactionLeak`` and returns nothing."""
    waiting = open_flags(report.flags, decisions)
    if waiting:
        raise UndecidedFlags(
            f"还有 {len(waiting)} 处疑似提示未处理或在报请确定中，未处理的不得公开。请逐项处理后再导出。"
        )
    document = report.document
    if hashlib.sha256(data).hexdigest() != document.sha256:
        raise StaleCase("文件在审查之后有改动，原有处理意见不再适用。请重新检查后再处理。")
    data, name = formats.modern(data, document.name)
    format_, reading = formats.read(data, name)
    if reading.runs != document.runs[: len(reading.runs)]:
        raise StaleCase("文件两次读取的结果不同，没有输出任何文件。请转人工处理。")
    redactions = redaction.plan(document, report.flags, decisions, engine.pack)
    cuts = tuple(cut for cut in text.cuts(document, redactions) if cut.run < len(reading.runs))
    erased = formats.erase(format_, data, reading, cuts)
    planned = redaction.expected(reading, cuts, format_)
    found = formats.read(erased.data, name)[1]
    witness = formats.witness(format_, erased.data, found)
    gone = redaction.removed(document, redactions)
    checks = redaction.verify(planned=planned, found=found, witness=witness, gone=gone, format_=format_)
    proof = Proof(
        original_sha256=document.sha256,
        redacted_sha256=hashlib.sha256(erased.data).hexdigest(),
        media_type=format_.media_type,
        pack=engine.pack_ref,
        pack_digest=engine.pack.digest,
        model_digests=engine.model_digests,
        redactions=_listed(document, report.flags, decisions),
        notices=erased.notices,
        checks=checks,
        readers=(format_.name, *witness.readers),
        at=datetime.now(UTC),
    )
    if not proof.clean:
        failed = "；".join(f"{c['name']}（{c['detail']}）" for c in checks if not c["passed"])
        raise RedactionLeak(f"脱敏版未通过核验，没有输出任何文件：{failed}。请转人工处理。")
    return erased.data, proof


def _listed(
    document: Document, flags: Sequence[Flag], decisions: Mapping[str, Decision]
) -> tuple[Mapping[str, Any], ...]:
    """Return what was taken out: type, rule, place, count, reason. No values."""
    return tuple(
        {
            "flag": flag.id,
            "type": flag.type,
            "rule": flag.rule,
            "place": places.location(document, flag),
            "count": flag.count,
            "reason": decisions[flag.id].reason,
        }
        for flag in flags
        if flag.id in decisions and decisions[flag.id].verdict is Verdict.REDACT
    )


def verify(
    original: bytes, redacted: bytes, name: str, engine: Engine, *, proof: Mapping[str, Any] | None = None
) -> tuple[Mapping[str, Any], ...]:
    """Prove a redacted copy again and return checks ``{name, passed, detail}``.

    What the rules find in the original and the copy no longer reads is what was taken out: no other reader may
    find it, nor may it lie in raw bytes; no dropped zone may be left; and the copy may not say anything new.
    What the rules find and the copy still reads must have been decided for publication: that only a ``proof``
    (the JSON that was written with the copy) can tell, so without one it does not pass.
    """
    format_, before, _ = read(original, name)
    after_format, after, _ = read(redacted, name)
    if after_format.name != format_.name:
        return ({"name": "格式一致", "passed": False, "detail": f"{format_.name} → {after_format.name}"},)
    witness = formats.witness(format_, redacted, after)
    planned = redaction.expected(after, (), format_)
    report = check(original, name, engine)
    kept = redaction.squeeze("".join(words for _, words in planned))
    values = text.stored(report.document, [span for flag in report.flags if flag.loud for span in flag.spans])
    gone = tuple(dict.fromkeys(value for value in values if redaction.squeeze(value) not in kept))
    checks = redaction.verify(planned=planned, found=after, witness=witness, gone=gone, format_=format_)
    whole = redaction.squeeze("".join(words for _, words in redaction.expected(before, (), format_)))
    taken = _taken_out(original, redacted, report, proof)
    left = _left_in(report, taken, format_, whole, kept)
    return (*checks, _nothing_new(before, after, format_), _decided(left, proof is not None, taken is not None))


def _taken_out(
    original: bytes, redacted: bytes, report: Report, proof: Mapping[str, Any] | None
) -> frozenset[str] | None:
    """Return the ids of the flags that were redacted; None: no proof of these very files, rules and models."""
    if proof is None:
        return None
    same = (
        proof.get("original_sha256") == hashlib.sha256(original).hexdigest()
        and proof.get("redacted_sha256") == hashlib.sha256(redacted).hexdigest()
        and proof.get("pack_digest") == report.pack_digest
        and proof.get("model_digests") == dict(report.model_digests)
    )
    return frozenset(row["flag"] for row in proof["redactions"]) if same else None


def _left_in(report: Report, taken: frozenset[str] | None, format_: Format, whole: str, kept: str) -> int:
    """Return how many values stand in the copy more often than they may.

    Each place that was redacted (all loud ones, where nobody can say) takes one from how often its value stands in
    the original; zones that every copy drops do not count. ``whole`` and ``kept``: original and copy, squeezed.
    """
    document = report.document
    spans = {
        span
        for flag in report.flags
        if (flag.loud if taken is None else flag.id in taken)
        for span in flag.spans
        if (block := places.block_at(document, span)) and block.zone not in {*format_.drops, Zone.FILENAME}
    }
    owed = Counter(map(redaction.squeeze, text.stored(document, spans)))
    del owed[""]
    stood, stands = redaction.counts(owed, whole), redaction.counts(owed, kept)
    return sum(stands[value] > max(0, stood[value] - count) for value, count in owed.items())


def _decided(left: int, proven: bool, known: bool) -> Mapping[str, Any]:
    why = ""
    if left and not known:
        why = "，核验记录与文件、现行规则或模型不符" if proven else "，没有核验记录说明已决定公开"
    return {
        "name": "须处理的内容都已处理",
        "passed": left == 0,
        "detail": f"{left} 个应当处理的值仍在脱敏版中{why}",
    }


def _nothing_new(before: Reading, after: Reading, format_: Format) -> Mapping[str, Any]:
    """The copy holds the original's blocks in order, each unchanged or with a mask in place of what went."""
    old = [redaction.squeeze(words) for _, words in redaction.expected(before, (), format_)]
    new = [redaction.squeeze(words) for _, words in redaction.expected(after, (), format_)]
    changed = foreign = 0
    for op, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            continue
        changed += d - c
        added = sum((Counter("".join(new[c:d])) - Counter("".join(old[a:b]))).values())
        masks_in = sum(block.count("*") for block in new[c:d]) + _LONGEST_MASK * (d - c + b - a)
        foreign += added > masks_in
    detail = f"{len(new)} 段中 {changed} 段有脱敏，{foreign} 处出现原件没有的文字"
    return {"name": "除脱敏处外与原件一致", "passed": foreign == 0, "detail": detail}


def rules_engine(pack: RulePack) -> Engine:
    """Return an engine of the pack's rules alone, without models."""
    return Engine(pack, (rules.build(pack), tables.build(pack), masks.build(pack), residue.build(pack)), {})


def check_rules(pack: RulePack) -> tuple[packs.ExampleRow, ...]:
    """Run every example that every rule and every allow-rule carries; see ``review rules check``."""

    detectors: dict[str, tuple[Detector, ...]] = {}

    def read_example(example: Example) -> tuple[Document, Context]:
        reading = packs.reading(example.text)
        document = text.compose(reading, sha256="0" * 64, media_type="text/plain", name="")
        return document, Context(pack, GenreGuess(example.genre, 1.0), example.target)

    def detect(rule: Rule, example: Example) -> Iterable[str]:
        if rule.ref not in detectors:
            alone = replace(pack, rules=(rule,))
            whole = (tables.build(alone), masks.build(alone), residue.build(alone))
            detectors[rule.ref] = whole if rule.shape in ("hidden", *TABLE_SHAPES) else (rules.build_rules([rule]),)
        document, context = read_example(example)
        flags = [flag for run in detectors[rule.ref] for flag in run(document, context)]
        spans = [text.source_span(document, span) for flag in flags for span in flag.spans]
        return [document.source[span.start : span.end] for span in spans]

    def released(allowed: Allow, example: Example, words: str) -> bool:
        document, context = read_example(example)
        start = document.text.find(text.normalise(words))
        span = Span(max(start, 0), max(start, 0) + len(text.normalise(words)))
        return start >= 0 and allow.lets_pass(document, span, allowed, context)

    return (*packs.check_examples(pack, detect), *packs.check_allows(pack, released))
