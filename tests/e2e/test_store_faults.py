"""Nothing acknowledged is lost and nothing is silently overwritten: killed writers, full disks, eight reviewers.

Children are forked, not started anew: each opens the store by itself, as another process would.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from review import casework, store
from review.casework import Office, Stage, Step
from review.errors import IntegrityError, StaleCase
from review.store import open_store, vault
from review.types import Verdict
from tests.fake_office import fake_office, ruling, staffed
from tests.postgres import postgres

pytestmark = pytest.mark.slow

FORK = multiprocessing.get_context("fork")
LINES = "公示\n" + "".join(f"第{i}行 身份证号 {110101199003070000 + i}\n" for i in range(200))


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield ""
    else:
        with postgres() as url:
            yield url


def reviewing(home: Path, url: str = "", people: int = 1) -> str:
    """Make an office with one case of 200 open flags in secrecy review; leave no connection open."""
    office = staffed(fake_office(home, url=url))
    from review.store import accounts as rows

    with office.store.write() as tx:
        row = tx.execute(sa.select(rows.account).where(rows.account.c.name == "secrecy")).one()
        for i in range(people):
            tx.execute(rows.account.insert().values({**row._mapping, "name": f"r{i}"}))
    case = casework.open_case(office, LINES.encode(), "a.txt", "officer")
    casework.step(office, case.id, "officer", Step.SUBMIT)
    assert casework.step(office, case.id, "head", Step.PASS).stage is Stage.SECRECY_REVIEW
    office.store.engine.dispose()
    return case.id


def child(work: Callable[..., None], *args: Any) -> tuple[Any, Connection]:
    receiver, sender = FORK.Pipe(duplex=False)
    process = FORK.Process(target=work, args=(sender, *args))
    process.start()
    sender.close()
    return process, receiver


# ------------------------------------------------------------------------------------------------ kill -9


def decide_for_ever(sender: Connection, home: Path, url: str, case_id: str, round: int) -> None:
    office = fake_office(home, url=url)
    flags = [flag.id for flag in casework.load(office, case_id).loud]
    for i in range(10**6):
        case = casework.load(office, case_id)
        given = [ruling(flags[i % 200], Verdict.REDACT, note=f"意见{round}-{i}")]
        case = casework.decide(
            office, case_id, "secrecy", given, seen=case.version, client=f"tab{round}", client_seq=i + 1
        )
        sender.send((i + 1, case.version))


def test_killed_25_times_no_acknowledged_event_is_lost(tmp_path: Path, address: str) -> None:
    case_id = reviewing(tmp_path, address)
    chance = random.Random(1)
    acknowledged: list[tuple[int, int, int]] = []
    for round in range(25):
        process, receiver = child(decide_for_ever, tmp_path, address, case_id, round)
        acknowledged.append((round, *receiver.recv()))
        time.sleep(chance.uniform(0.005, 0.12))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        try:
            while True:
                acknowledged.append((round, *receiver.recv()))
        except EOFError:
            pass
    office = fake_office(tmp_path, url=address)
    assert store.verify(office.store).whole
    case = casework.load(office, case_id)
    rulings = {r.seq: r for flag in case.flags.values() for r in flag.rulings}
    assert len(acknowledged) >= 25
    for round, number, version in acknowledged:
        assert casework.note(office, rulings[version].note) == f"意见{round}-{number - 1}"
        with office.store.read() as tx:
            assert store.answered(tx, f"tab{round}", number) == version
    # What was killed between commit and acknowledgement is there once, never half.
    assert len(acknowledged) <= len(rulings) <= len(acknowledged) + 25
    with office.store.read() as tx:
        kept = vault.get_many(office.store, tx, [r.note for r in rulings.values()])
    assert len(kept) == len({r.note for r in rulings.values()})


# ------------------------------------------------------------------------------------------------ disk full


def fill_up(office: Office) -> tuple[int, str]:
    """Open cases until it fails; return how many were acknowledged, and the message."""
    for number in range(10**4):
        try:
            casework.open_case(office, LINES.encode(), "a.txt", "officer")
        except IntegrityError as error:
            return number, str(error)
    raise AssertionError("the disk never filled up")


def check_kept(office: Office, home: Path, number: int, message: str) -> None:
    assert number > 0
    assert "磁盘已满" in message
    assert "身份证" not in message
    assert store.verify(office.store).breaks == ()
    again = fake_office(home)
    rows = casework.list_cases(again, "secrecy", limit=10**4)
    assert len(rows) == number
    for row in rows:
        assert casework.original(again, row.id) == LINES.encode()
    assert store.head(again.store).seq == 3 * number


def test_a_full_disk_loses_nothing_acknowledged(tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("不能挂载小容量的 tmpfs（需要 root）")
    try:
        office = staffed(fake_office(tmp_path))
        number, message = fill_up(office)
        check_kept(office, tmp_path, number, message)
        office.store.engine.dispose()
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_a_full_database_loses_nothing_acknowledged(tmp_path: Path) -> None:
    office = staffed(fake_office(tmp_path))
    sa.event.listen(office.store.engine, "checkout", lambda c, *_: c.execute("pragma max_page_count=200"))
    number, message = fill_up(office)
    check_kept(office, tmp_path, number, message)


def test_a_lost_server_is_the_operators_matter(tmp_path: Path) -> None:
    with postgres() as url:
        office = staffed(fake_office(tmp_path, url=url))
        case = casework.open_case(office, LINES.encode(), "a.txt", "officer")
    with pytest.raises(IntegrityError, match="服务中断"):
        casework.comment(office, case.id, "officer", "附言")


# ------------------------------------------------------------------------------------------------ eight reviewers


def review_500(sender: Connection, home: Path, url: str, case_id: str, name: str, seed: int) -> None:
    """Make 500 decisions: one by one and in fours, mostly in one's own share, every fourth time on flags that everybody
    wants. The screen is only brought up to date now and then, as it is with people."""
    office = fake_office(home, url=url)
    chance = random.Random(seed)
    case = casework.load(office, case_id)
    flags = sorted(case.flags)
    own, wanted = flags[seed * 20 : seed * 20 + 20], flags[160:]
    seen = case.version
    won: list[tuple[str, int, int]] = []
    lost = 0
    for i in range(200):
        chosen = chance.sample(wanted if i % 4 == 0 else own, 1 if i % 2 else 4)
        given = [ruling(flag, chance.choice([Verdict.REDACT, Verdict.ESCALATE])) for flag in chosen]
        try:
            case = casework.decide(office, case_id, name, given, seen=seen)
            won.extend((flag, seen, case.version) for flag in chosen)
            seen = case.version if i % 4 or i % 12 == 0 else seen
        except StaleCase:
            lost += len(chosen)
            seen = casework.load(office, case_id).version
    sender.send((won, lost))


def test_eight_reviewers_lose_nothing_and_overwrite_nothing(tmp_path: Path, address: str) -> None:
    case_id = reviewing(tmp_path, address, people=8)
    workers = [child(review_500, tmp_path, address, case_id, f"r{i}", i) for i in range(8)]
    results = {f"r{i}": receiver.recv() for i, (_, receiver) in enumerate(workers)}
    for process, _ in workers:
        process.join()
        assert process.exitcode == 0
    office = fake_office(tmp_path, url=address)
    found = store.verify(office.store)
    assert found.whole
    case = casework.load(office, case_id)

    recorded = {(flag.id, r.reviewer, r.seq) for flag in case.flags.values() for r in flag.rulings}
    told = {(flag, name, seq) for name, (won, _) in results.items() for flag, _, seq in won}
    assert recorded == told
    assert len(told) + sum(lost for _, lost in results.values()) == 4000

    seen_by: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for won, _ in results.values():
        for flag, seen, seq in won:
            seen_by[flag].append((seq, seen))
    overwritten = 0
    for rulings in seen_by.values():
        rulings.sort()
        for (earlier, _), (_, seen) in itertools.pairwise(rulings):
            overwritten += seen < earlier
    assert overwritten == 0
    contested = [flag for flag in case.flags.values() if len({r.reviewer for r in flag.rulings}) > 1]
    assert len(contested) > 10
    assert sum(lost for _, lost in results.values()) > 0


# ------------------------------------------------------------------------------------------------ PostgreSQL


def test_postgresql_guards_copies_and_restores(tmp_path: Path) -> None:
    with postgres() as url:
        office = staffed(fake_office(tmp_path / "home", url=url))
        case = casework.open_case(office, LINES.encode(), "a.txt", "officer")
        casework.comment(office, case.id, "officer", "附言")
        for statement in ("update event set actor = 'x'", "delete from event", "truncate event"):
            with pytest.raises(sa.exc.DatabaseError), office.store.engine.begin() as tx:
                tx.exec_driver_sql(statement)
        assert store.verify(office.store).whole
        store.backup(office.store, tmp_path / "backup.db", "operator")
        with office.store.engine.begin() as tx:
            tx.exec_driver_sql("set session_replication_role = replica")
            tx.exec_driver_sql("delete from event where seq = 2")
        assert [found.kind for found in store.verify(office.store).breaks] == ["missing"]
        office.store.engine.dispose()
    with postgres() as url:
        again, found = store.restore(tmp_path / "backup.db", home=tmp_path / "home", actor="operator", url=url)
        assert found.whole
        back = fake_office(tmp_path / "home", url=url)
        assert casework.original(back, case.id) == LINES.encode()
        for made in (again, back.store):
            made.engine.dispose()
    (tmp_path / "home" / "anchors.jsonl").unlink()
    local, found = store.restore(tmp_path / "backup.db", home=tmp_path / "home", actor="operator")
    assert found.whole
    assert casework.original(fake_office(tmp_path / "home"), case.id) == LINES.encode()
    local.engine.dispose()


def test_two_processes_may_start_an_empty_store_at_once(tmp_path: Path) -> None:
    def start(sender: Connection) -> None:
        opened = open_store(tmp_path / "home")
        sender.send(opened.keys.check)

    workers = [child(start) for _ in range(6)]
    checks = {receiver.recv() for _, receiver in workers}
    for process, _ in workers:
        process.join()
        assert process.exitcode == 0
    assert len(checks) == 1
