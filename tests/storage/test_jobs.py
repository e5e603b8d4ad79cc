"""The job table: due work in order, one runner each, a dead runner's work comes back."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from domain.errors import Busy
from services.queue import ATTEMPTS_AT_MOST, LEASE, Queue
from storage.store import Store
from storage.tables import jobs

MINUTE = timedelta(minutes=1)
KINDS = ("views",)


def queued(store: Store, *keys: str, at) -> None:
    with store.work() as work:
        for key in keys:
            work.jobs.queue("views", key, {"of": key}, at=at)


def lease(store: Store, runner: str, at):
    with store.work() as work:
        return work.jobs.lease(runner, at=at, lease=MINUTE, kinds=KINDS)


def test_work_is_queued_once_and_taken_in_order(store, noon):
    queued(store, "late", at=noon + MINUTE)
    queued(store, "one", "two", "one", at=noon)
    taken = [lease(store, "r", noon) for _ in range(3)]
    assert [job.key for job in taken[:2]] == ["one", "two"]
    assert taken[0].payload == {"of": "one"}
    assert taken[2] is None, "what is not due yet waits"
    assert lease(store, "r", noon + MINUTE).key == "late"
    with store.look() as work:
        assert work.jobs.waiting() == {"running": 3}


def test_another_kind_of_work_is_left_alone(store, noon):
    queued(store, "one", at=noon)
    with store.work() as work:
        assert work.jobs.lease("r", at=noon, lease=MINUTE, kinds=("report",)) is None


def test_a_dead_runners_work_comes_back_when_its_lease_ends(store, noon):
    queued(store, "one", at=noon)
    first = lease(store, "dead", noon)
    assert lease(store, "other", noon + MINUTE) is None, "at its last moment the lease still holds"
    second = lease(store, "other", noon + MINUTE + timedelta(microseconds=1))
    assert (first.key, second.key, second.attempts) == ("one", "one", 2)
    with store.look() as work:
        assert [work.jobs.is_mine(second, runner) for runner in ("other", "dead")] == [True, False]


def test_only_one_of_sixteen_runners_gets_a_job(store, processes, noon):
    queued(store, *(f"job-{i}" for i in range(5)), at=noon)
    taken, start = [], threading.Barrier(16)

    def run(mine: Store, name: str) -> None:
        start.wait()
        while (job := lease(mine, name, noon)) is not None:
            taken.append(job.key)

    threads = [threading.Thread(target=run, args=(processes[i % 4], f"r{i}")) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"job-{i}" for i in range(5)]


class Clock:
    def __init__(self, at) -> None:
        self.at = at

    def __call__(self):
        return self.at


@pytest.fixture
def clock(noon) -> Clock:
    return Clock(noon)


@pytest.fixture
def queue(store, clock) -> Queue:
    return Queue(store, clock)


def put(store, queue, key="one") -> None:
    with store.work() as work:
        queue.put(work, "photo.views", key, {})


def row(store):
    with store.look() as work:
        return work.connection.execute(sa.select(jobs)).one()


def test_a_failing_job_backs_off_and_is_given_up_with_its_error(store, queue, clock):
    def fail(_job) -> None:
        raise ValueError("坏图")

    queue.handle("photo.views", fail)
    put(store, queue)
    for attempt in range(1, ATTEMPTS_AT_MOST):
        assert queue.run_next("r")
        assert (row(store).state, row(store).attempts) == ("queued", attempt)
        assert row(store).run_after == clock.at + timedelta(seconds=2**attempt)
        assert not queue.run_next("r"), "not before its time"
        clock.at = row(store).run_after
    assert queue.run_next("r")
    assert (row(store).state, row(store).error) == ("failed", "ValueError: 坏图")
    assert not queue.run_next("r")


def test_a_job_that_works_at_the_second_try_is_done_without_an_error(store, queue, clock):
    def once_busy(job) -> None:
        if job.attempts == 1:
            raise Busy("worker_hung")

    queue.handle("photo.views", once_busy)
    put(store, queue)
    queue.run_next("r")
    assert row(store).error == "worker_hung"
    clock.at += MINUTE
    assert queue.run_next("r")
    assert (row(store).state, row(store).error, row(store).done_at) == ("done", None, clock.at)
    put(store, queue)
    assert not queue.run_next("r"), "the same piece of work is not queued again"


def test_a_killed_runners_job_is_done_by_the_next(store, queue, clock):
    class Killed(BaseException):
        pass

    def killed_once(job) -> None:
        if job.attempts == 1:
            raise Killed

    queue.handle("photo.views", killed_once)
    put(store, queue)
    with pytest.raises(Killed):
        queue.run_next("first")
    assert not queue.run_next("second")
    clock.at += LEASE + timedelta(seconds=1)
    assert queue.run_next("second")
    assert (row(store).state, row(store).attempts) == ("done", 2)
