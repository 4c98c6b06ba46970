"""What is kept between starts: found by its sources, checked by its digest, never trusted, never needed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from review import cache, packs, paths
from review.detectors import rules
from review.types import RulePack


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REVIEW_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Maker:
    """Counts how often something was computed."""

    def __init__(self, content: bytes = b"content") -> None:
        self.calls = 0
        self.content = content

    def __call__(self) -> bytes:
        self.calls += 1
        return self.content


def test_the_second_start_reads_what_the_first_computed(folder: Path) -> None:
    make = Maker()
    assert cache.on_disk("thing", [b"a", b"b"], make) == b"content"
    assert cache.on_disk("thing", [b"a", b"b"], make) == b"content"
    assert make.calls == 1
    (entry,) = folder.iterdir()
    assert entry.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("sources", [[b"a"], [b"ab"], [b"b", b"a"], [b"a", b"b", b""]])
def test_other_sources_are_another_entry(sources: list[bytes]) -> None:
    cache.on_disk("thing", [b"a", b"b"], Maker())
    make = Maker(b"other")
    assert cache.on_disk("thing", sources, make) == b"other"


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 32 + b"forged content"])
def test_a_broken_entry_is_computed_again(folder: Path, damage: bytes) -> None:
    cache.on_disk("thing", [b"a"], Maker())
    (entry,) = folder.iterdir()
    entry.write_bytes(damage)
    make = Maker()
    assert cache.on_disk("thing", [b"a"], make) == b"content"
    assert cache.on_disk("thing", [b"a"], make) == b"content"
    assert make.calls == 1


def test_what_another_user_left_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.on_disk("thing", [b"a"], Maker(b"theirs"))
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert cache.on_disk("thing", [b"a"], Maker(b"ours")) == b"ours"


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("REVIEW_CACHE", str(tmp_path / "file" / "cache"))
    assert cache.on_disk("thing", [b"a"], Maker()) == b"content"


def test_old_entries_go(folder: Path) -> None:
    for number in range(20):
        cache.on_disk("thing", [bytes([number])], Maker())
    assert len(list(folder.iterdir())) == 12


def test_a_kept_pack_is_the_compiled_pack_to_the_last_tuple() -> None:
    def parts(value: object) -> object:
        if hasattr(value, "__dataclass_fields__"):
            return type(value), [parts(getattr(value, name)) for name in value.__dataclass_fields__]
        if hasattr(value, "items"):
            return {key: parts(inner) for key, inner in value.items()}
        if isinstance(value, tuple | list):
            return type(value), [parts(inner) for inner in value]
        return type(value), value

    from review.packs.loader import compile_pack
    from review.packs.sources import read_files

    day = date(2026, 11, 22)
    fresh = compile_pack(read_files(paths.RULES), (), day)
    for _ in range(2):
        kept = packs.load(review_date=day)
        assert parts(kept) == parts(fresh)
    with pytest.raises(TypeError):
        kept.lexicons["new"] = ()  # type: ignore[index]


def test_a_changed_rule_is_read_again(tmp_path: Path) -> None:
    own = tmp_path / "rules"
    shutil.copytree(paths.RULES, own)
    before = packs.load(own)
    path = own / "state_secret" / f"{before.rules[-1].id.split('.')[1]}.yaml"
    path = path if path.exists() else next((own / "state_secret").glob("*.yaml"))
    path.write_text(path.read_text(encoding="utf-8").replace("message: ", "message: 改过的"), encoding="utf-8")
    after = packs.load(own)
    assert after.digest != before.digest
    assert any(rule.message.startswith("改过的") for rule in after.rules)


def test_gates_from_the_cache_let_the_same_rules_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = packs.load()
    made = _gates(pack)
    monkeypatch.setattr("review.detectors._gate._compiled", None)  # from here on only what is kept will do
    assert _gates(pack) == made


def _gates(pack: RulePack) -> Mapping[int, Mapping[int, list[tuple[int, int]]]]:
    from review.detectors._gate import Gate, Requirement

    gate = Gate(
        [Requirement("名", (r.params["patterns"],)) for r in pack.rules if r.shape == "patterns"], cache.on_disk
    )
    lines = ["机密★10年", "联系人手机13812345678，身份证11010119900307771X", "切实做好保守国家秘密工作", ""]
    assert rules.build(pack)
    return gate.passing(lines)
