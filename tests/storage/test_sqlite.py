"""What keeps SQLite safe: its settings on every connection, and plain words while another process holds it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import Busy
from storage import engine
from storage.store import Store


@pytest.fixture
def path(tmp_path: Path, migrated_file: Path) -> Path:
    target = tmp_path / "slg.db"
    target.write_bytes(migrated_file.read_bytes())
    return target


@pytest.fixture
def sqlite(path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{path}")
    yield store
    store.close()


def test_every_connection_is_set_to_lose_nothing(sqlite):
    with sqlite.look() as one, sqlite.look() as two:
        for work in (one, two):
            told = {name: work.connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                    for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")}  # fmt: skip
            assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_the_folder_of_a_new_database_is_made(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path}/a/b/slg.db")
    with store.look() as work:
        assert work.connection.exec_driver_sql("SELECT 1").scalar() == 1
    store.close()


def test_a_database_held_by_another_process_is_busy_in_plain_words_and_recovers(path, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
    store = Store.open(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy) as refused, store.work() as work:
        work.set_meta("a", "1")
    assert refused.value.code == "store_busy"
    with pytest.raises(Busy):
        store.run(lambda work: work.set_meta("a", "1"))
    with store.look() as work:
        assert work.meta("a") is None, "reading goes on meanwhile"
    other.execute("ROLLBACK")
    with store.work() as work:
        work.set_meta("a", "1")
    with store.look() as work:
        assert work.meta("a") == "1"
    other.close()
    store.close()


def test_a_lock_is_not_taken_for_a_database_that_is_away(path, monkeypatch):
    """Waiting out a restart must not multiply the wait for a lock."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
    monkeypatch.setattr("storage.store.sleep", lambda _s: pytest.fail("waited for a restart"))
    store = Store.open(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy), store.work():
        pass
    other.close()
    store.close()
