"""The name detector: tags and paths, what stands beside a name, and the shipped model on whole drafts."""

from __future__ import annotations

import itertools
import shutil
import time
from pathlib import Path

import ahocorasick_rs
import numpy as np
import pytest

from review import models, packs, paths, pipeline, text
from review.detectors import _roles, _tagger, _tagging, names
from review.detectors._tagger import Mark
from review.errors import ModelMismatch
from review.types import Block, Cell, Context, Detector, Document, Flag, GenreGuess, Reading, RulePack, Run, Span

# ------------------------------------------------------------------------------------- tags and paths


def score(path: tuple[int, ...], scores: _tagging.Floats) -> float:
    # Outside the line everything is O, after which a path may begin and before which it must have ended.
    steps = (_tagging._MAY_FOLLOW[a, b] for a, b in itertools.pairwise((0, *path, 0)))
    return sum(float(scores[t, tag]) for t, tag in enumerate(path)) if all(steps) else -1e9


def test_the_best_allowed_path_is_found() -> None:
    random = np.random.default_rng(3)
    scores = random.normal(0, 2, (6, 4, len(_tagging.TAGS))).astype(np.float32)
    scores[:, :, 9:] -= 50  # few enough tags left to try every path
    for row, path in enumerate(_tagging.decode(scores, [4] * 6)):
        best = max(itertools.product(range(9), repeat=4), key=lambda tags: score(tags, scores[row]))
        assert tuple(path.tolist()) == best


def test_what_lies_behind_a_line_does_not_matter() -> None:
    random = np.random.default_rng(4)
    scores = random.normal(0, 2, (1, 9, len(_tagging.TAGS))).astype(np.float32)
    (alone,) = _tagging.decode(scores[:, :5], [5])
    (padded,) = _tagging.decode(scores, [5])
    assert [*alone.tolist(), 0, 0, 0, 0] == padded.tolist()


@pytest.mark.parametrize(
    "marked", [[], [(0, 1, "PER")], [(0, 3, "LOC"), (3, 5, "PER"), (6, 7, "ORG")], [(2, 9, "ADDR")]]
)
def test_marks_become_tags_and_come_back(marked: list[tuple[int, int, str]]) -> None:
    tags = _tagging.tag_codes(9, marked)
    found = _tagging.spans(np.stack([tags, tags]).astype(np.int64))
    assert found.lines.tolist() == [0] * len(marked) + [1] * len(marked)
    labels = [_tagging.LABELS[k] for k in found.labels]
    assert list(zip(found.firsts.tolist(), (found.lasts + 1).tolist(), labels, strict=True)) == marked * 2


def test_codes_stand_one_a_character() -> None:
    words = _tagging.Vocabulary(np.array(sorted(map(ord, "0住张路")), np.uint32), np.array([0], np.int64))
    line = "张𠮷住1２路\t"
    (codes, empty, again) = _tagging.encode(words, [line, "", line])
    assert len(empty) == 0
    assert all(np.array_equal(getattr(codes, k), getattr(again, k)) for k in ("chars", "bigrams", "segments"))
    assert len(codes) == len(codes.bigrams) == len(codes.segments) == len(line)
    assert codes.chars[3] == codes.chars[4] != _tagging.UNKNOWN  # digits are one
    assert codes.chars[1] == _tagging.UNKNOWN


# ------------------------------------------------------------------------------------- what stands beside


def marks(line: str, *found: tuple[str, str]) -> tuple[Mark, ...]:
    out, at = [], 0
    for words, label in found:
        at = line.index(words, at)
        out.append(Mark(at, at + len(words), label, 0.9))
        at += len(words)
    return tuple(out)


@pytest.fixture(scope="module")
def roles() -> tuple[_roles.Role, ...]:
    return _roles.read(paths.MODELS)


PROTECTED = [
    ("举报人阿依古丽要求查处", "阿依古丽", "case_person"),
    ("被害人：完颜清和（女）", "完颜清和", "case_person"),
    ("证人姓名：滕小禾", "滕小禾", "case_person"),
    ("滕小禾系本案被害人", "滕小禾", "case_person"),
    ("滕小禾多次来信反映", "滕小禾", "case_person"),
    ("患者滕小禾于昨日转院", "滕小禾", "patient"),
    ("留守儿童滕小禾由祖母照看", "滕小禾", "minor"),
    ("未成年被告人滕小禾", "滕小禾", "minor_case"),
]
PUBLIC = [
    ("局长滕小禾出席会议", "滕小禾"),
    ("评审专家滕小禾、段青", "滕小禾"),
    ("举报人某某反映", "某某"),
    ("举报人滕某某反映", "滕某"),
    ("见证人滕小禾在场", "滕小禾"),
    ("被举报人滕小禾已调离", "滕小禾"),
    ("患者滕小禾医生正在查房", "滕小禾"),
    ("举报人滕小禾（化名）", "滕小禾"),
    ("滕小禾获见义勇为奖", "滕小禾"),
    ("人大代表滕小禾建议", "滕小禾"),
]


@pytest.mark.parametrize(("line", "name", "key"), PROTECTED)
def test_a_protected_role_beside_a_name(line: str, name: str, key: str, roles: tuple[_roles.Role, ...]) -> None:
    role = _roles.role_of(line, 0, marks(line, (name, "PER")), roles)
    assert role is not None
    assert role.key == key


@pytest.mark.parametrize(("line", "name"), PUBLIC)
def test_a_public_name_is_nobodys(line: str, name: str, roles: tuple[_roles.Role, ...]) -> None:
    assert _roles.role_of(line, 0, marks(line, (name, "PER")), roles) is None


def test_a_role_holds_for_the_whole_list(roles: tuple[_roles.Role, ...]) -> None:
    line = "证人滕小禾、段青到庭"
    found = marks(line, ("滕小禾", "PER"), ("段青", "PER"))
    assert _roles.role_of(line, 1, found, roles) is not None


HOMES = [
    ("她现住槐荫里9号楼3单元", "槐荫里9号楼3单元"),
    ("户籍所在地：白石乡坝上村6组", "白石乡坝上村6组"),
    ("滕小禾（槐荫里9号楼302）属低保家庭", "槐荫里9号楼302"),
    ("上门时槐荫里9号302的老人不在", "槐荫里9号302"),
]
OFFICES = [
    ("办公地址：槐荫路9号", "槐荫路9号"),
    ("公司位于槐荫路9号", "槐荫路9号"),
    ("报名地点在槐荫路9号二楼", "槐荫路9号二楼"),
    ("槐荫路9号服务大厅已启用", "槐荫路9号"),
    ("槐荫路9号院墙修缮工程完工", "槐荫路9号"),
    ("法定代表人滕小禾，住址槐荫路9号", "槐荫路9号"),
]


@pytest.mark.parametrize(("line", "where"), HOMES)
def test_a_home_is_where_somebody_lives(line: str, where: str) -> None:
    found = marks(line, *([("滕小禾", "PER")] if "滕小禾" in line else []), (where, "ADDR"))
    assert _roles.is_home(line, len(found) - 1, found)


@pytest.mark.parametrize("word", [*_roles.LIVING_BEFORE.split("|"), *_roles.LIVING_AFTER.split("|")])
def test_a_line_with_a_word_of_living_is_read_and_believed(word: str, roles: tuple[_roles.Role, ...]) -> None:
    where = "白石乡坝上村"
    line = where + word if word in _roles.LIVING_AFTER.split("|") else word + where
    assert _roles.is_home(line, 0, marks(line, (where, "ADDR")))
    cues = ahocorasick_rs.AhoCorasick(sorted(names._cues(roles)))
    assert [piece.text for piece in names._lines(document(line), cues)] == [line]


def test_lines_end_with_their_blocks(roles: tuple[_roles.Role, ...]) -> None:
    cues = ahocorasick_rs.AhoCorasick(sorted(names._cues(roles)))
    texts = ["金额", "户主", "住白石乡", "12", "号楼", "村民家在白石乡3号"]
    starts = list(itertools.accumulate((len(text) + 1 for text in texts), initial=0))
    spans = [Span(at, at + len(text)) for at, text in zip(starts, texts, strict=False)]
    blocks = tuple(Block(span, cell=Cell(0, 0, number)) for number, span in enumerate(spans))
    reading = Reading((Run("\t".join(texts)),), blocks)
    found = text.compose(reading, sha256="0" * 64, media_type="text/plain", name="")
    lines = [(line.start, line.text) for line in names._lines(found, cues)]
    assert lines == [(starts[n], texts[n]) for n in (2, 5)]


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("全体业主应当遵守管理规约。", False),
        ("白石花园12号业主滕小禾", True),
        ("年内改造老旧楼房42栋、安置居民。", True),  # whose homes they are may follow
        ("年内改造居民危房3800户。", False),
        ("年内开工高层13栋。", False),
        ("滕小禾多次实名举报该厂偷排。", True),
        ("群众投诉件次下降。", False),
        ("未成年人的合法权益受法律保护。", False),
        ("未成年被害人滕小禾已得到救助。", True),
        ("滕小禾系本案被害人。", True),
    ],
)
def test_only_lines_that_can_hold_a_flag_are_read(line: str, read: bool, roles: tuple[_roles.Role, ...]) -> None:
    cues = ahocorasick_rs.AhoCorasick(sorted(names._cues(roles)))
    assert [piece.text for piece in names._lines(document(line), cues)] == ([line] if read else [])


@pytest.mark.parametrize(("line", "where"), OFFICES)
def test_an_office_is_public(line: str, where: str) -> None:
    found = marks(line, *([("滕小禾", "PER")] if "滕小禾" in line else []), (where, "ADDR"))
    assert not _roles.is_home(line, len(found) - 1, found)


# ------------------------------------------------------------------------------------- the shipped model


@pytest.fixture(scope="module")
def pack() -> RulePack:
    return packs.load()


@pytest.fixture(scope="module")
def detect(pack: RulePack) -> Detector:
    return names.build(pack)


@pytest.fixture(scope="module")
def tagger() -> _tagger.Tagger:
    return _tagger.read(models.load(paths.MODELS, names.MODEL))


def document(written: str) -> Document:
    return text.compose(packs.reading(written), sha256="0" * 64, media_type="text/plain", name="")


def found(detect: Detector, pack: RulePack, written: str, genre: str = "") -> list[tuple[str, str]]:
    read = document(written)
    flags: list[Flag] = list(detect(read, Context(pack, GenreGuess(genre, 1.0))))
    return [(flag.type, read.text[flag.spans[0].start : flag.spans[0].end]) for flag in flags]


def test_protected_names_and_homes_are_flagged(detect: Detector, pack: RulePack) -> None:
    written = "经查，举报人邓丽华反映的问题属实。\n被害人赵国庆，现住云阳县盘龙街道长江路18号3单元502室。"
    assert found(detect, pack, written) == [
        ("pp_case_person", "邓丽华"),
        ("pp_case_person", "赵国庆"),
        ("pp_home_address", "云阳县盘龙街道长江路18号3单元502室"),
    ]


@pytest.mark.parametrize(
    "written",
    [
        "副县长王建国到青石镇调研，镇党委书记李明陪同。",
        "县自然资源局办公地址：解放路56号，联系电话见官网。",
        "根据国办发〔2019〕6号文件，人民路12号院改造工程由县住建局组织实施。",
        "评审专家：张伟、刘洋、陈静。",
        "举报人应当如实提供被举报人的姓名和住址。",
        "全县共有3个街道、48个村民小组、住户1200户。",
    ],
)
def test_official_prose_passes(detect: Detector, pack: RulePack, written: str) -> None:
    assert found(detect, pack, written) == []


def test_judgments_name_their_parties(detect: Detector, pack: RulePack) -> None:
    assert found(detect, pack, "证人赵国庆出庭作证。", "judgment") == []


def test_every_flag_rests_on_provisions_in_force(detect: Detector, pack: RulePack) -> None:
    for role in (*_roles.read(paths.MODELS), names._HOME):
        assert role.basis
        assert [key for key in role.basis if key not in pack.provisions] == []
        assert role.type in pack.types


def test_a_rule_and_the_model_make_one_flag(engine: pipeline.Engine) -> None:
    written = "举报人邓丽华，反映后街烧烤店油烟扰民。\n她现住云阳县盘龙街道长江路18号3单元502室。"
    report = pipeline.review_document(document(written), engine)
    for type_ in ("pp_case_person", "pp_home_address"):
        found = [flag for flag in report.flags if flag.type == type_ and flag.detector in ("rules", "names")]
        assert [flag.count for flag in found] == [1]


def test_a_line_reads_the_same_in_any_company(tagger: _tagger.Tagger) -> None:
    lines = ["举报人邓丽华现住长江路18号。", "", "副县长王建国到青石镇调研，镇党委书记李明陪同。" * 4, "李明"]
    together = tagger.tag(lines)
    assert together == [tagger.tag([line])[0] for line in lines]
    assert together[1] == ()


def test_loading_is_quick() -> None:
    began = time.process_time()
    _tagger.read(models.load(paths.MODELS, names.MODEL))
    assert time.process_time() - began < 0.7


def test_the_model_is_small() -> None:
    assert sum(map(len, models.load(paths.MODELS, names.MODEL).files.values())) <= 10_000_000


@pytest.mark.parametrize("file", [_tagger.GRAPH, _tagger.WORDS, _tagger.MANIFEST])
def test_one_changed_byte_is_refused_and_named(tmp_path: Path, pack: RulePack, file: str) -> None:
    shutil.copytree(paths.MODELS, tmp_path / "models")
    path = tmp_path / "models" / names.MODEL / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ModelMismatch, match=f"{names.MODEL}/{file}"):
        names.build(pack, tmp_path / "models")


def test_a_model_of_another_shape_is_refused(tmp_path: Path) -> None:
    model = models.load(paths.MODELS, names.MODEL)
    other = models.Model(model.name, 1, {**model.files, _tagger.MANIFEST: b'{"labels": ["PER"], "segments": 37}'}, "")
    with pytest.raises(ModelMismatch, match="版本不符"):
        _tagger.read(other)
