"""What a job hands back is written with its end, or neither is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.queue import Queue
from storage.schema import migrate
from storage.store import Store
from wiring import now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path}/slg.db")
    migrate(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def queue(store: Store) -> Queue:
    made = Queue(store, now)
    with store.work() as work:
        made.put(work, "sweep", "count:1", {})
    return made


def test_the_result_and_the_end_of_a_job_are_kept_together(store, queue):
    queue.handle("sweep", lambda job: lambda work: work.set_meta("counted", job.key))
    assert queue.run_next("me")
    with store.look() as work:
        assert work.meta("counted") == "count:1"
    assert queue.waiting() == {"done": 1}
    assert not queue.run_next("me")


def test_a_result_that_cannot_be_written_leaves_the_job_queued_and_nothing_else(store, queue):
    def closing(work) -> None:
        work.set_meta("counted", "half")
        raise ValueError("the second half is missing")

    queue.handle("sweep", lambda job: closing)
    assert queue.run_next("me")
    with store.look() as work:
        assert work.meta("counted") is None
    assert queue.waiting() == {"queued": 1}


def test_a_job_without_a_result_ends_too(queue):
    queue.handle("sweep", lambda job: None)
    assert queue.run_next("me")
    assert queue.waiting() == {"done": 1}
