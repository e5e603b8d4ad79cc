"""Writers of one process wait for each other's turn: handed on after success and failure, refused when it never comes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.errors import Busy

THREADS, EACH = 8, 10


def test_many_writers_lose_no_step(store):
    def count(_: int) -> None:
        for _ in range(EACH):
            with store.work() as work:
                work.set_meta("turns", str(int(work.meta("turns") or 0) + 1))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(count, range(THREADS)))
    with store.look() as work:
        assert work.meta("turns") == str(THREADS * EACH)


def test_a_writer_that_failed_gives_its_turn_back(store):
    def fail() -> None:
        with store.work() as work:
            work.set_meta("turns", "half")
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        fail()
    with store.work() as work:
        assert work.meta("turns") is None


def test_a_turn_that_never_comes_is_refused_plainly_and_readers_go_on(store, monkeypatch):
    if store._turn is None:
        pytest.skip("this database keeps a queue of its own")
    monkeypatch.setattr("storage.store.BUSY_TIMEOUT_MS", 1)

    def write() -> None:
        with store.work() as work:
            work.set_meta("turns", "second")

    with ThreadPoolExecutor(1) as pool, store.work() as first:
        first.set_meta("turns", "first")
        with pytest.raises(Busy) as refused:
            pool.submit(write).result()
        with store.look() as reader:
            assert reader.meta("turns") is None
    assert refused.value.code == "store_busy"
    with store.look() as work:
        assert work.meta("turns") == "first"
