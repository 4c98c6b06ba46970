"""The store keeps what it acknowledged, shows what was changed, and gives text only to the right key."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from review import store as storage
from review.errors import InputError, IntegrityError, PolicyError
from review.store import Store, manifest, open_store, scans, tables, vault
from review.store import accounts as rows
from review.store.connect import connect


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "home")


def fill(store: Store, number: int = 10) -> None:
    for i in range(number):
        with store.write() as tx:
            storage.append(store, tx, case="2026-000001", actor="zhang", kind="decided", payload={"n": i})


def raw(store: Store, *statements: str, guarded: bool = True) -> None:
    """Work on the file as somebody with a database shell would."""
    connection = sqlite3.connect(store.home / "review.db")
    if not guarded:
        connection.execute("drop trigger event_no_update")
        connection.execute("drop trigger event_no_delete")
    try:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    finally:
        connection.close()


def kinds(store: Store) -> set[str]:
    return {found.kind for found in storage.verify(store).breaks}


# ------------------------------------------------------------------------------------------------ schema, files


def test_migrations_make_the_schema_that_the_code_knows(store: Store) -> None:
    with store.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), tables.metadata) == []
    config = Config()
    config.set_main_option("script_location", str(Path(tables.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == tables.HEAD


def test_files_are_for_the_operator_alone(store: Store) -> None:
    fill(store)
    storage.write_anchor(store)
    for path in store.home.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_sqlite_is_set_to_lose_nothing(store: Store) -> None:
    with store.read() as tx:
        settings = {
            name: tx.exec_driver_sql(f"pragma {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}


def test_a_newer_database_is_refused(store: Store) -> None:
    raw(store, "update alembic_version set version_num = '9999'")
    with pytest.raises(IntegrityError, match="更新的版本"):
        open_store(store.home)


# ------------------------------------------------------------------------------------------------ keys


def test_a_foreign_key_file_is_refused(store: Store) -> None:
    (store.home / "key").write_text("raw:" + "ab" * 32)
    with pytest.raises(IntegrityError, match="不配套"):
        open_store(store.home)


def test_a_lost_key_file_is_not_silently_replaced(store: Store) -> None:
    (store.home / "key").unlink()
    with pytest.raises(IntegrityError, match="不配套"):
        open_store(store.home)


@pytest.mark.parametrize("content", ["", "raw:xyz", "something", "scrypt:00:00"])
def test_a_broken_key_file_is_named(store: Store, content: str) -> None:
    (store.home / "key").write_text(content)
    with pytest.raises(IntegrityError, match="密钥文件损坏"):
        open_store(store.home)


def test_a_key_file_that_others_can_read_is_refused(store: Store) -> None:
    os.chmod(store.home / "key", 0o644)
    with pytest.raises(IntegrityError, match="600"):
        open_store(store.home)


def test_a_passphrase_wraps_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEW_PASSPHRASE", "eine lange Losung")
    first = open_store(tmp_path)
    assert (tmp_path / "key").read_text().startswith("scrypt:")
    assert open_store(tmp_path).keys == first.keys
    for wrong in ("", "falsch"):
        monkeypatch.setenv("REVIEW_PASSPHRASE", wrong)
        with pytest.raises(IntegrityError, match="口令"):
            open_store(tmp_path)


# ------------------------------------------------------------------------------------------------ vault


def test_the_vault_holds_no_plain_text(store: Store) -> None:
    secret = "张三的住址在河东路十二号".encode() * 50
    with store.write() as tx:
        item = vault.put(store, tx, "2026-000001", "file", secret)
    with store.read() as tx:
        assert vault.get(store, tx, item) == secret
        assert vault.get_many(store, tx, [item, "nothing"]) == {item: secret}
    on_disk = b"".join(path.read_bytes() for path in store.home.iterdir())
    assert secret[:20] not in on_disk


@pytest.mark.parametrize(
    "change", ["sealed = zeroblob(64)", "case_id = '2026-000002'", "kind = 'note'", "nonce = zeroblob(12)"]
)
def test_a_changed_or_moved_item_does_not_open(store: Store, change: str) -> None:
    with store.write() as tx:
        item = vault.put(store, tx, "2026-000001", "file", b"text")
    raw(store, f"update vault set {change}")
    with store.read() as tx, pytest.raises(IntegrityError, match="改动"):
        vault.get(store, tx, item)


def test_a_dropped_case_leaves_nothing_behind(store: Store) -> None:
    with store.write() as tx:
        gone = vault.put(store, tx, "2026-000001", "file", b"a")
        stays = vault.put(store, tx, "2026-000002", "file", b"b")
        assert vault.drop_case(tx, "2026-000001") == 1
    with store.read() as tx:
        assert vault.get(store, tx, stays) == b"b"
        with pytest.raises(InputError, match="清除"):
            vault.get(store, tx, gone)


# ------------------------------------------------------------------------------------------------ events


def test_what_was_appended_is_read_back(store: Store) -> None:
    fill(store, 5)
    with store.write() as tx:
        made = storage.append(store, tx, case="2026-000002", actor="li", kind="purged", payload={"items": 1})
    with store.read() as tx:
        assert [event.payload["n"] for event in storage.events(tx, "2026-000001", after=2)] == [2, 3, 4]
        assert list(storage.events(tx, "2026-000002")) == [made]
    assert storage.verify(store).whole
    assert storage.head(store).hash == made.hash


def test_an_error_leaves_everything_as_it_was(store: Store) -> None:
    fill(store, 3)

    def fail() -> None:
        with store.write() as tx:
            storage.append(store, tx, case="c", actor="zhang", kind="decided", payload={})
            vault.put(store, tx, "c", "note", b"x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert storage.head(store).seq == 3
    with store.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(tables.vault)).scalar() == 0


@pytest.mark.parametrize(
    "statement",
    ["update event set actor = 'li' where seq = 5", "delete from event where seq = 5", "delete from event"],
)
def test_triggers_stop_edits_and_deletions(store: Store, statement: str) -> None:
    fill(store)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw(store, statement)
    assert storage.verify(store).whole


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("update event set actor = 'li' where seq = 5", "edited"),
        ("update event set payload = '{\"n\":99}' where seq = 5", "edited"),
        ("update event set payload = 'not json' where seq = 5", "edited"),
        ("update event set at = 'yesterday' where seq = 5", "edited"),
        ("delete from event where seq = 5", "missing"),
        ("delete from event where seq > 7", "cut"),
        ("delete from event", "cut"),
    ],
)
def test_with_the_triggers_gone_the_chain_still_tells(store: Store, statement: str, kind: str) -> None:
    fill(store)
    storage.write_anchor(store)
    raw(store, statement, guarded=False)
    found = storage.verify(store)
    assert kind in kinds(store)
    assert not found.guarded
    assert not found.whole


def test_missing_triggers_alone_are_reported(store: Store) -> None:
    fill(store)
    raw(store, guarded=False)
    found = storage.verify(store)
    assert not found.breaks
    assert not found.whole


def test_anchors_go_to_a_second_place(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = tmp_path / "other-disk.jsonl"
    monkeypatch.setenv("REVIEW_ANCHORS", str(second))
    fill(store)
    anchor = storage.write_anchor(store)
    (store.home / "anchors.jsonl").unlink()
    assert json.loads(second.read_text())["hash"] == anchor.hash
    raw(store, "delete from event where seq > 7", guarded=False)
    assert kinds(store) == {"cut"}


def test_a_half_written_anchor_is_passed_over(store: Store) -> None:
    fill(store)
    storage.write_anchor(store)
    with (store.home / "anchors.jsonl").open("a") as file:
        file.write('{"seq": 99, "ha')
    assert storage.verify(store).whole


def test_receipts_are_unique(store: Store) -> None:
    with store.write() as tx:
        assert storage.answered(tx, "tab", 1) is None
        storage.answer(tx, "tab", 1, 7)
        assert storage.answered(tx, "tab", 1) == 7
    with pytest.raises(sa.exc.IntegrityError), store.write() as tx:
        storage.answer(tx, "tab", 1, 8)


# ------------------------------------------------------------------------------------------------ backup


def test_backup_and_restore(store: Store, tmp_path: Path) -> None:
    fill(store)
    with store.write() as tx:
        item = vault.put(store, tx, "2026-000001", "file", b"text")
    target = tmp_path / "backup.db"
    storage.backup(store, target, "operator")
    assert target.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    fill(store, 3)
    storage.write_anchor(store)

    (store.home / "review.db").rename(tmp_path / "lost.db")
    store.engine.dispose()
    for suffix in ("-wal", "-shm"):
        (store.home / f"review.db{suffix}").unlink(missing_ok=True)
    again, found = storage.restore(target, home=store.home, actor="operator")
    assert found.whole
    with again.read() as tx:
        assert vault.get(again, tx, item) == b"text"
        restored = list(storage.events(tx))[-1]
    assert (restored.kind, restored.payload["anchored"], restored.seq) == ("restored", 14, 12)
    assert len(list(store.home.glob("anchors-*.jsonl"))) == 1


def test_a_restore_never_overwrites(store: Store, tmp_path: Path) -> None:
    fill(store)
    storage.backup(store, tmp_path / "backup.db", "operator")
    with pytest.raises(InputError, match="已存在"):
        storage.backup(store, tmp_path / "backup.db", "operator")
    with pytest.raises(InputError, match="不是空的"):
        storage.restore(tmp_path / "backup.db", home=store.home, actor="operator")


def test_a_restore_needs_the_right_key(store: Store, tmp_path: Path) -> None:
    fill(store)
    storage.backup(store, tmp_path / "backup.db", "operator")
    other = open_store(tmp_path / "other")
    other.engine.dispose()
    with pytest.raises(IntegrityError, match="不配套"):
        storage.restore(tmp_path / "backup.db", home=tmp_path / "other", actor="operator")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="密钥"):
        storage.restore(tmp_path / "backup.db", home=tmp_path / "empty", actor="operator")


def test_a_broken_chain_is_not_backed_up(store: Store, tmp_path: Path) -> None:
    fill(store)
    raw(store, "update event set actor = 'li' where seq = 5", guarded=False)
    with pytest.raises(IntegrityError, match="第 5 条"):
        storage.backup(store, tmp_path / "backup.db", "operator")
    assert not (tmp_path / "backup.db").exists()


# ------------------------------------------------------------------------------------------------ accounts

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def zhang(store: Store) -> Store:
    with store.write() as tx:
        rows.add(tx, "zhang", "lang-genug-17", ["officer"], unit="教育局")
    return store


@pytest.mark.parametrize("name", ["", "张三", "a b", "local", "operator", "x" * 33, "-x", "a'b"])
def test_bad_names_are_refused(store: Store, name: str) -> None:
    with store.write() as tx, pytest.raises(PolicyError, match="账号"):
        rows.add(tx, name, "lang-genug-17", ["officer"])


@pytest.mark.parametrize("password", ["", "kurz", "zhang-12345", "aaaaaaaaaaaa"])
def test_weak_passwords_are_refused(store: Store, password: str) -> None:
    with store.write() as tx, pytest.raises(PolicyError, match="口令"):
        rows.add(tx, "zhang", password, ["officer"])


def test_passwords_and_tokens_are_kept_as_digests_only(zhang: Store) -> None:
    with zhang.write() as tx:
        token = rows.start_session(tx, "zhang", NOW)
        key = rows.add_key(tx, "oa", "zhang", ["check"], NOW)
    on_disk = b"".join(path.read_bytes() for path in zhang.home.iterdir())
    for value in ("lang-genug-17", token, key):
        assert value.encode() not in on_disk
    assert b"$argon2id$" in on_disk


def test_five_failures_lock_an_account_for_a_while(zhang: Store) -> None:
    with zhang.write() as tx:
        answers = [rows.admit(tx, "zhang", "10.0.0.1", NOW, right=False) for _ in range(6)]
        assert answers == ["wrong"] * 4 + ["locked"] * 2
        assert rows.admit(tx, "zhang", "10.0.0.1", NOW + timedelta(minutes=14), right=True) == "locked"
        assert rows.admit(tx, "zhang", "10.0.0.1", NOW + timedelta(minutes=16), right=True) == ""
        assert rows.admit(tx, "zhang", "10.0.0.1", NOW + timedelta(minutes=16), right=False) == "wrong"


def test_an_address_that_tries_too_often_is_refused(zhang: Store) -> None:
    with zhang.write() as tx:
        for i in range(rows.MOST_ATTEMPTS):
            rows.throttle(tx, "10.0.0.1", NOW)
            rows.admit(tx, f"guess{i}", "10.0.0.1", NOW, right=False)
        with pytest.raises(PolicyError, match="频繁"):
            rows.throttle(tx, "10.0.0.1", NOW)
        rows.throttle(tx, "10.0.0.2", NOW)
        rows.throttle(tx, "10.0.0.1", NOW + timedelta(minutes=6))


def test_unknown_names_are_verified_against_a_dummy(zhang: Store) -> None:
    with zhang.read() as tx:
        assert rows.stored_password(tx, "nobody").startswith("$argon2id$")
        assert rows.verify_password(rows.stored_password(tx, "zhang"), "lang-genug-17")
        assert not rows.verify_password(rows.stored_password(tx, "zhang"), "lang-genug-18")
        assert not rows.verify_password("not a hash", "lang-genug-17")


def test_sessions_end(zhang: Store) -> None:
    with zhang.write() as tx:
        tokens = [rows.start_session(tx, "zhang", NOW) for _ in range(3)]

        def alive(token: str, after: timedelta) -> bool:
            return rows.session_account(tx, token, NOW + after) is not None

        assert alive(tokens[0], timedelta(hours=1))
        assert not alive(tokens[0], timedelta(hours=3))
        for hour in range(1, 13):
            rows.touch(tx, tokens[0], NOW + timedelta(hours=hour))
        assert not alive(tokens[0], timedelta(hours=12, minutes=1))
        rows.end_session(tx, tokens[1])
        assert not alive(tokens[1], timedelta(0))
        rows.change(tx, "zhang", disabled=True)
        assert not alive(tokens[2], timedelta(0))
        rows.change(tx, "zhang", disabled=False)
        assert alive(tokens[2], timedelta(0))
        rows.end_sessions(tx, "zhang")
        assert not alive(tokens[2], timedelta(0))
        assert rows.session_account(tx, "made up", NOW) is None


def test_api_keys_are_scoped_and_revocable(zhang: Store) -> None:
    with zhang.write() as tx:
        key = rows.add_key(tx, "oa", "zhang", ["check", "read"], NOW)
        found = rows.key_account(tx, key)
        assert found is not None
        assert (found[0].name, found[1]) == ("zhang", {"check", "read"})
        with pytest.raises(PolicyError, match="同名"):
            rows.add_key(tx, "oa", "zhang", ["check"], NOW)
        rows.revoke_key(tx, "oa")
        assert rows.key_account(tx, key) is None
        assert rows.key_account(tx, "rk_guess") is None


# ------------------------------------------------------------------------------------------------ manifest


def done(path: str, sha256: str = "x", stamp: str = "") -> manifest.Outcome:
    return manifest.Outcome(path, sha256, manifest.DONE, "{}", stamp)


def test_a_scan_is_resumed_where_it_was(store: Store) -> None:
    paths = ["a.docx", "b.pdf", "c.txt"]
    manifest.enter(store, "b1", paths)
    manifest.record(store, "b1", [done("a.docx", "aa", "3:1")])
    manifest.record(store, "b1", [manifest.Outcome("b.pdf", "bb", manifest.FAILED, '{"error": "x"}')])
    manifest.enter(store, "b1", [*paths, "d.txt"])
    assert manifest.waiting(store, "b1") == {"c.txt", "d.txt"}
    assert manifest.tried(store, "b1") == {
        "a.docx": manifest.Tried("aa", "3:1", manifest.DONE),
        "b.pdf": manifest.Tried("bb", "", manifest.FAILED),
    }
    assert manifest.counts(store, "b1") == {"waiting": 2, "done": 1, "failed": 1}
    assert [(o.path, o.status, o.attempts) for o in manifest.results(store, "b1")] == [
        ("a.docx", "done", 1),
        ("b.pdf", "failed", 1),
    ]


def test_files_of_a_scan_wait_again_one_by_one_or_all(store: Store) -> None:
    manifest.enter(store, "b1", ["a", "b"])
    manifest.enter(store, "b2", ["a"])
    manifest.record(store, "b1", [done("a"), done("b")])
    assert manifest.waiting(store, "b1") == frozenset()
    manifest.restamp(store, "b1", {"a": "9:9"})
    manifest.reset(store, "b1", ["b"])
    assert manifest.waiting(store, "b1") == {"b"}
    assert manifest.tried(store, "b1")["a"].stamp == "9:9"
    manifest.reset(store, "b1")
    assert manifest.waiting(store, "b1") == {"a", "b"}
    assert list(manifest.results(store, "b1")) == []


def test_a_scan_counts_what_its_manifest_records(store: Store) -> None:
    assert scans.get(store, "b1") is None
    known = {"target": "门户网站", "actor": "wang", "edition": "e"}
    scans.begin(store, "b1", ["/srv/a", "/srv/b"], found=9, todo=2, **known)
    manifest.enter(store, "b1", ["a", "b"])
    manifest.record(store, "b1", [done("a"), manifest.Outcome("b", "", manifest.FAILED, "{}")], flagged=1)
    found = scans.get(store, "b1")
    assert found is not None
    assert (found.folders, found.done, found.failed, found.flagged, found.ended) == (
        ("/srv/a", "/srv/b"),
        2,
        1,
        1,
        None,
    )
    scans.end(store, "b1", "digest")
    assert [scan.listing for scan in scans.all_scans(store)] == ["digest"]
    scans.begin(store, "b1", ["/srv/a"], found=9, todo=0, **known)
    again = scans.get(store, "b1")
    assert again is not None
    assert (again.done, again.ended, again.listing) == (0, None, "")


def test_a_database_of_the_first_schema_is_brought_forward(tmp_path: Path) -> None:
    home = tmp_path / "old"
    home.mkdir(mode=0o700)
    engine = connect(f"sqlite:///{home / 'review.db'}")
    config = Config()
    config.set_main_option("script_location", str(Path(tables.__file__).parent / "migrations"))
    with engine.connect() as tx, tx.begin():
        config.attributes["connection"] = tx
        command.upgrade(config, "0001")
        row = "insert into manifest values ('b', 'a.txt', 'aa', 'p', 'm', 'done', 1, '{}', '2026')"
        tx.exec_driver_sql(row)
    store = open_store(home)
    assert manifest.tried(store, "b") == {"a.txt": manifest.Tried("aa", "", "done")}
    assert scans.all_scans(store) == ()
