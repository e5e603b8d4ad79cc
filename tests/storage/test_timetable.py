"""Recurring work is in the queue once for each due hour: many processes, stops, clocks that jump, hours that change."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from domain.errors import Invalid, NotFound
from domain.policy.permissions import load_builtin
from domain.policy.timetable import job_kinds
from domain.records import Actor, Assignment
from services.queue import ATTEMPTS_AT_MOST, LEASE, Queue
from services.timetable import TimetableService
from storage.store import Store
from storage.tables import jobs

ZONE = ZoneInfo("Asia/Shanghai")
ADMIN = Actor("admin", "示意", (Assignment("admin", "city"),))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(noon) -> Clock:
    return Clock(noon)


def office(store: Store, clock: Clock, *kinds: str) -> tuple[TimetableService, Queue]:
    queue = Queue(store, clock)
    for kind in kinds or ("backup",):
        queue.handle(kind, lambda job: None)
    return TimetableService(store, load_builtin(), queue, clock, ZONE), queue


def keys(store: Store) -> list[str]:
    with store.look() as work:
        return list(work.connection.scalars(sa.select(jobs.c.key).order_by(jobs.c.serial)))


def test_the_first_start_waits_for_the_hour_and_the_hour_comes_once(store, clock):
    timetable, _ = office(store, clock)
    assert timetable.seed() == sum(kind.is_recurring for kind in job_kinds().values())
    assert timetable.seed() == 0
    assert timetable.put_due() == 0
    clock.at += DAY  # over 02:30
    assert [timetable.put_due() for _ in range(3)] == [1, 0, 0]
    assert keys(store) == ["backup@2026-11-23T18:30Z"]


def test_what_starts_now_is_due_at_the_first_start(store, clock):
    timetable, _ = office(store, clock, "sweep", "history.close_days", "backup")
    timetable.seed()
    assert timetable.put_due() == 2
    assert {key.partition("@")[0] for key in keys(store)} == {"sweep", "history.close_days"}


def test_a_stop_of_ten_days_is_caught_up_once(store, clock):
    timetable, _ = office(store, clock)
    timetable.seed()
    clock.at += 10 * DAY
    assert timetable.put_due() == 1
    assert keys(store) == ["backup@2026-12-02T18:30Z"]


def test_many_processes_put_each_hour_once(store, processes, clock):
    offices = [office(mine, clock, "sweep", "backup")[0] for mine in processes]
    for one in offices:
        one.seed()
    start = threading.Barrier(16)

    def tick(i: int) -> int:
        start.wait()
        return offices[i % 4].put_due()

    with ThreadPoolExecutor(16) as pool:
        for _ in range(3):
            clock.at += DAY
            assert sum(pool.map(tick, range(16))) == 2
    assert len(keys(store)) == len(set(keys(store))) == 6


def test_a_clock_set_back_starts_nothing_twice_and_does_not_stop_the_timetable(store, clock):
    timetable, _ = office(store, clock)
    timetable.seed()
    clock.at += DAY
    timetable.put_due()
    clock.at -= 6 * HOUR  # before the hour that was put
    assert timetable.put_due() == 0
    clock.at += 7 * HOUR
    timetable.put_due()
    assert keys(store) == ["backup@2026-11-23T18:30Z"], "the same hour came again, and was known"
    clock.at += DAY
    timetable.put_due()
    assert keys(store)[-1] == "backup@2026-11-24T18:30Z"
    assert len(keys(store)) == 2


@pytest.mark.parametrize("ahead", [DAY, 400 * DAY])
def test_a_clock_that_ran_ahead_costs_no_more_than_the_hours_it_used_up(store, clock, ahead):
    timetable, _ = office(store, clock)
    timetable.seed()
    clock.at += ahead
    assert timetable.put_due() == 1
    clock.at -= ahead
    put = 0
    for _ in range(5):
        timetable.put_due()
        put = len(keys(store))
        clock.at += DAY
    assert put >= 4
    assert len(keys(store)) == len(set(keys(store)))


def test_new_hours_hold_from_now_on_and_leave_a_line_of_history(store, clock):
    timetable, _ = office(store, clock)
    timetable.seed()
    timetable.change("backup", ADMIN, is_on=True, at="11：00", weekday=None)
    assert timetable.put_due() == 0, "11:00 today is over: nothing is caught up"
    timetable.change("backup", ADMIN, is_on=True, at="13:00", weekday=0)
    assert {e.kind.code: e.next_due for e in timetable.entries(ADMIN)}["backup"].astimezone(ZONE).hour == 13
    clock.at += HOUR
    assert timetable.put_due() == 1
    timetable.change("backup", ADMIN, is_on=False, at="13:00", weekday=None)
    clock.at += 3 * DAY
    assert timetable.put_due() == 0
    timetable.change("backup", ADMIN, is_on=True, at="13:00", weekday=None)
    assert timetable.put_due() == 0, "what was off is not caught up"
    with store.look() as work:
        assert [e.action for e in work.history.of("operations", "office")] == ["timetable.set"] * 4


@pytest.mark.parametrize("at", ["", "24:00", "两点半"])
def test_a_bad_hour_is_refused_and_the_old_one_stays(store, clock, at):
    timetable, _ = office(store, clock)
    timetable.seed()
    with pytest.raises(Invalid):
        timetable.change("backup", ADMIN, is_on=True, at=at, weekday=None)
    with pytest.raises(NotFound):
        timetable.change("photo.views", ADMIN, is_on=True, at="02:30", weekday=None)
    assert next(e for e in timetable.entries(ADMIN) if e.kind.code == "backup").slot.at == "02:30"


def test_now_is_one_run_beside_the_timetable(store, clock):
    timetable, queue = office(store, clock)
    timetable.seed()
    timetable.start("backup", ADMIN)
    assert queue.run_next("r")
    assert not queue.run_next("r")
    with pytest.raises(Invalid):
        timetable.start("verify", ADMIN)


# -- long work -----------------------------------------------------------------------------------------------------


def test_long_work_renews_its_lease_and_nobody_else_takes_it(store, clock, monkeypatch):
    monkeypatch.setattr("services.queue.RENEW_EVERY_S", 0.005)
    queue, renewed = Queue(store, clock), threading.Event()
    with store.work() as work:
        queue.put(work, "backup", "one", {})

    def long(job) -> None:
        clock.at += LEASE - timedelta(seconds=1)  # nearly over
        for _ in range(2000):
            with store.look() as look:
                if look.connection.scalar(sa.select(jobs.c.lease_until)) == clock.at + LEASE:
                    renewed.set()
                    break
        clock.at += LEASE - timedelta(seconds=1)
        other = Queue(store, clock)
        other.handle("backup", lambda job: None)
        assert not other.run_next("other")
        job.go_on()

    queue.handle("backup", long)
    assert queue.run_next("mine")
    assert renewed.is_set()
    assert state(store) == ("done", 1)


def test_work_whose_lease_was_lost_stops_and_writes_nothing(store, clock, monkeypatch):
    monkeypatch.setattr("services.queue.RENEW_EVERY_S", 0.001)
    queue, other, wrote = Queue(store, clock), Queue(store, clock), []
    other.handle("backup", lambda job: lambda work: wrote.append("other"))
    with store.work() as work:
        queue.put(work, "backup", "one", {})

    def taken_away(job):
        clock.at += LEASE + timedelta(seconds=1)  # as after a machine that slept
        with store.work() as work:
            work.jobs.renew(job, "nobody", until=clock.at)
            work.connection.execute(sa.update(jobs).values(lease_until=clock.at - HOUR, leased_by="gone"))
        assert other.run_next("other")
        while True:
            job.go_on()

    queue.handle("backup", lambda job: taken_away(job) or (lambda work: wrote.append("mine")))
    assert queue.run_next("mine")
    assert wrote == ["other"]
    assert state(store) == ("done", 2)


def test_a_runner_that_is_told_to_stop_gives_long_work_back_without_counting_a_try(store, clock):
    queue, ending = Queue(store, clock), threading.Event()
    with store.work() as work:
        queue.put(work, "verify", "one", {})

    def long(job) -> None:
        ending.set()
        job.go_on()

    queue.handle("verify", long)
    assert queue.run_next("mine", is_ending=ending.is_set)
    assert state(store) == ("queued", 0)
    queue.handle("verify", lambda job: None)
    assert queue.run_next("next")
    assert state(store) == ("done", 1)


def test_a_lease_from_a_clock_that_ran_ahead_does_not_hold_for_ever(store, clock):
    queue = Queue(store, clock)
    with store.work() as work:
        queue.put(work, "verify", "one", {})
        work.jobs.lease("dead", at=clock.at + DAY, lease=LEASE, kinds=("verify",))
    queue.handle("verify", lambda job: None)
    assert queue.run_next("next")
    assert state(store) == ("done", 2)


def test_the_timetable_goes_before_photos_and_a_runner_can_leave_slow_work(store, clock):
    queue, done = Queue(store, clock), []
    for kind in ("photo.views", "backup", "sweep"):
        queue.handle(kind, lambda job: done.append(job.kind))
    with store.work() as work:
        for kind, ago in (("photo.views", 9), ("backup", 3), ("sweep", 1)):
            queue.put(work, kind, kind, {}, not_before=clock.at - ago * HOUR)
    while queue.run_next("quick", leave=frozenset({"backup"})):
        pass
    assert done == ["sweep", "photo.views"]
    assert queue.run_next("house")
    assert done[-1] == "backup"


def test_a_given_up_job_keeps_its_words_and_facts(store, clock):
    queue = Queue(store, clock)
    with store.work() as work:
        queue.put(work, "backup", "one", {})

    def refuse(job) -> None:
        raise Invalid("backup_original_missing", sha256="ab12")

    queue.handle("backup", refuse)
    for _ in range(ATTEMPTS_AT_MOST):
        assert queue.run_next("r")
        clock.at += HOUR
    with store.look() as work:
        row = work.jobs.failed()[0]
    assert row.error == "backup_original_missing sha256=ab12"


def state(store: Store) -> tuple[str, int]:
    with store.look() as work:
        row = work.connection.execute(sa.select(jobs)).one()
    return row.state, row.attempts
