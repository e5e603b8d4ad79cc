"""The chain on both databases: links, heads, days; and what a changed row does to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from domain import chain
from domain.policy.permissions import load_builtin
from services.history import HistoryService
from services.queue import Queue
from storage.photos import PhotoStore
from storage.tables import history, history_checkpoints, history_heads
from tests.storage.rows import person

PAYLOAD = {"名": "剡湖 🚗", "share": 0.1 + 0.2, "big": 2**53, "small": 5e-324, "empty": None, "nul": "\x00",
           "deep": [{"b": 1, "a": [True, 1.0, "1"]}]}  # fmt: skip


def watch(store, tmp_path, today) -> HistoryService:
    return HistoryService(store, PhotoStore(tmp_path / "photos"), load_builtin(), lambda: today,
                          ZoneInfo("Asia/Shanghai"), Queue(store, lambda: today))  # fmt: skip


def write(store, subject, times, *, at, actor_id=None):
    with store.work() as work:
        for i in range(times):
            work.history.write("record", subject, f"step.{i}", PAYLOAD, actor_id=actor_id, at=at + timedelta(seconds=i))


def test_a_chain_walks_clean_whatever_its_payload_holds(store, tmp_path, noon):
    who = person()
    with store.work() as work:
        work.people.add(who, password_hash="hash")
    write(store, "one", 3, at=noon, actor_id=who.id)
    with store.look() as work:
        entries = work.history.of("record", "one")
        assert [(e.seq, e.action, e.at) for e in entries] == [
            (i + 1, f"step.{i}", noon + timedelta(seconds=i)) for i in range(3)
        ]
        assert entries[0].payload == PAYLOAD
        assert (entries[0].actor_name, entries[0].prev_hash) == ("示意", chain.GENESIS)
        assert work.history.head("record", "one") == (3, entries[2].hash)
        assert work.history.head("record", "two") is None
        assert work.history.heads() == {("record", "one"): (3, entries[2].hash)}
        assert [link.hash for link in work.history.links("record", "one")] == [e.hash for e in entries]
    found = watch(store, tmp_path, noon).verify()
    assert (found.links, found.subjects, found.findings) == (3, 1, ())


def test_many_first_links_at_once_are_chains_like_any_other(store, tmp_path, noon):
    with store.work() as work:
        work.history.start_many("zone", [(f"z{i}", "zone.loaded", {"i": i}, None, noon) for i in range(700)])
        work.history.start_many("zone", [])
        work.history.write("zone", "z5", "zone.changed", {}, actor_id=None, at=noon)
    found = watch(store, tmp_path, noon).verify()
    assert (found.links, found.subjects, found.findings) == (701, 700, ())


def test_the_same_link_is_written_once(store, noon):
    write(store, "one", 1, at=noon)
    with store.look() as work:
        (link,) = work.history.links("record", "one")
        copied = {c.name: getattr(link, c.name) for c in history.c if c.name != "serial"}
    with pytest.raises(IntegrityError), store.work() as work:
        work.connection.execute(sa.insert(history).values(**copied))


def test_finished_days_are_closed_once_with_their_heads(store, tmp_path):
    late = datetime(2026, 11, 20, 15, 59, 59, 999999, tzinfo=UTC)  # the last moment of the 20th in Shanghai
    write(store, "b", 1, at=late)
    write(store, "a", 2, at=late + timedelta(microseconds=1))
    write(store, "A", 1, at=late + timedelta(microseconds=1))
    service = watch(store, tmp_path, datetime(2026, 11, 23, 1, tzinfo=UTC))
    assert (service.close_days(), service.close_days()) == (3, 0)
    with store.look() as work:
        days = work.history.checkpoints()
    assert [(d.day, [(h[1], h[2]) for h in d.head_list]) for d in days] == [
        ("2026-11-20", [("b", 1)]), ("2026-11-21", [("A", 1), ("a", 2)]), ("2026-11-22", [])
    ]  # fmt: skip
    assert [d.prev_hash for d in days] == [chain.GENESIS, days[0].hash, days[1].hash]
    assert service.verify().is_clean


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (sa.update(history).where(history.c.seq == 2).values(payload={"other": 1}), "payload_changed"),
        (sa.update(history).where(history.c.seq == 2).values(action="step.9"), "link_changed"),
        (sa.update(history).where(history.c.seq == 2).values(at=datetime(2026, 1, 1, tzinfo=UTC)), "link_changed"),
        (sa.delete(history).where(history.c.seq == 2), "link_missing"),
        (sa.delete(history).where(history.c.seq == 3), "head_differs"),
        (sa.update(history_heads).values(hash="0" * 64), "head_differs"),
        (sa.delete(history_heads), "head_missing"),
        (sa.update(history_checkpoints).values(heads=7), "checkpoint_changed"),
    ],
)
def test_any_changed_row_is_found(store, tmp_path, noon, change, code):
    write(store, "one", 3, at=noon)
    service = watch(store, tmp_path, noon + timedelta(days=1))
    assert service.close_days() == 1
    with store.work() as work:
        assert work.connection.execute(change).rowcount == 1
    assert code in {finding.code for finding in service.verify().findings}
