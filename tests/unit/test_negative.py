"""负面清单 and practice records: on the chain, versioned, and an entry can only raise a flag."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from review import casework, packs, paths, pipeline, store
from review.casework import LOCAL, Office, negative
from review.casework.negative import Entry
from review.errors import InputError, SeparationOfDuties
from review.types import Severity
from tests.fake_office import fake_office, staffed

TODAY = datetime.now(UTC).date()
ENTRY = Entry(
    matter="未发布的河道采砂权出让底价",
    terms=("采砂权底价",),
    basis=("disclosure_regulation_2019#15",),
    office="县水利局",
    valid_from=TODAY - timedelta(days=30),
    valid_to=TODAY + timedelta(days=300),
    review_by=TODAY + timedelta(days=200),
    public_when="出让结果公告之后",
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return staffed(fake_office(tmp_path / "home"))


def test_a_new_version_keeps_the_old_one_on_record(office: Office) -> None:
    first = negative.save(office, "secrecy", ENTRY)
    second = negative.save(office, "secrecy", replace(first.entry, office="县自然资源局"))
    assert (first.entry.id, first.number, second.number) == ("unit.neg_001", 1, 2)
    assert [version.number for version in negative.history(office)] == [1, 2]
    (now,) = negative.newest(office)
    assert now.entry == second.entry
    assert negative.save(office, "secrecy", ENTRY).entry.id == "unit.neg_002"
    assert store.verify(office.store).whole


def test_the_list_is_kept_by_the_secrecy_office_alone(office: Office) -> None:
    for actor in ("officer", "leader", "auditor"):
        with pytest.raises(SeparationOfDuties):
            negative.save(office, actor, ENTRY)
    assert negative.history(office) == ()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"basis": ("made_up#1",)}, "made_up"),
        ({"basis": ()}, "basis"),
        ({"terms": ()}, "terms"),
        ({"review_by": TODAY + timedelta(days=400)}, "不得超过一年"),
        ({"id": "../../etc"}, "编号"),
    ],
)
def test_a_wrong_entry_is_refused_and_leaves_nothing(office: Office, wrong: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        negative.save(office, "secrecy", replace(ENTRY, **wrong))  # type: ignore[arg-type]
    assert negative.history(office) == ()
    assert not (office.store.home / negative.FOLDER).exists()


def test_an_entry_flags_its_words_and_lets_nothing_pass(office: Office) -> None:
    negative.save(office, "secrecy", ENTRY)
    pack = packs.load(paths.RULES, [office.store.home / negative.FOLDER])
    plain = packs.load(paths.RULES)
    assert {rule.id for rule in pack.rules} - {rule.id for rule in plain.rules} == {"unit.neg_001"}
    assert pack.allows == plain.allows
    engine = pipeline.engine(extra=(office.store.home / negative.FOLDER,))
    report = pipeline.check("本次采砂权底价尚未公布。".encode(), "通知.txt", engine)
    (flag,) = [flag for flag in report.flags if flag.rule.startswith("unit.neg_001")]
    assert flag.severity is Severity.MEDIUM
    assert "县水利局" in flag.message


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (ENTRY.valid_from - timedelta(days=1), "未生效"),
        (ENTRY.valid_from, "有效"),
        (ENTRY.review_by + timedelta(days=1), "到期须复核"),
        (ENTRY.valid_to + timedelta(days=1), "已失效"),
    ],
)
def test_the_state_of_an_entry_in_words(day: date, words: str) -> None:
    assert negative.state(ENTRY, day) == words


def test_entries_are_not_readable_in_the_chain(office: Office) -> None:
    negative.save(office, "secrecy", ENTRY)
    with office.store.read() as tx:
        assert not any("采砂" in str(event.payload) for event in store.events(tx))


def test_practice_is_recorded_a_person_and_shown_to_whom_it_concerns(office: Office) -> None:
    casework.practised(office, "officer", "01-subsidy", 6, 8)
    casework.practised(office, "officer", "02-notice", 8, 8)
    casework.practised(office, "head", "01-subsidy", 4, 8)
    (mine,) = casework.drills(office, "officer")
    assert (mine.times, mine.drafts, mine.best, mine.mean) == (2, 2, 100, 88)
    assert {d.actor for d in casework.drills(office, "auditor")} == {"officer", "head"}
    with pytest.raises(InputError):
        casework.practised(office, "officer", "01-subsidy", 9, 8)


def test_one_person_alone_keeps_the_list_too(tmp_path: Path) -> None:
    alone = fake_office(tmp_path / "home", single_user=True)
    assert negative.save(alone, LOCAL, ENTRY).number == 1
