"""Many writers at once: no update is lost, no chain breaks, nobody sees an error. The rule is the same on both."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from domain.errors import Busy
from storage.store import Store
from storage.tables import meta
from tests.storage.rows import area, person
from tests.storage.test_history import watch

WRITERS, EACH = 16, 40


def all_at_once(stores: list[Store], write: Callable[[Store, int], None], writers: int = WRITERS) -> None:
    """write(store, i) in as many threads, shared out over the stores; an error in any is raised here."""
    start = threading.Barrier(writers)

    def run(i: int) -> None:
        start.wait()
        write(stores[i % len(stores)], i)

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(run, range(writers)))


def test_read_then_write_loses_nothing(store, processes):
    """598 of 640 were lost with the usual transactions of either database."""
    with store.work() as work:
        work.set_meta("sum", "0")

    def add(mine: Store, _i: int) -> None:
        for _ in range(EACH):
            with mine.work() as work:
                work.set_meta("sum", str(int(work.meta("sum")) + 1))

    all_at_once(processes, add)
    with store.look() as work:
        assert work.meta("sum") == str(WRITERS * EACH)


def test_a_counter_gives_every_number_once(processes):
    given: list[int] = []

    def take(mine: Store, _i: int) -> None:
        for _ in range(EACH):
            with mine.work() as work:
                number = work.next_number("record-20261123")
            given.append(number)

    all_at_once(processes, take)
    assert sorted(given) == list(range(1, WRITERS * EACH + 1))


def test_a_number_taken_in_an_undone_unit_is_given_again(store):
    def take_and_break(work) -> None:
        assert work.next_number("n") == 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.run(take_and_break)
    with store.work() as work:
        assert work.next_number("n") == 1


def test_sixteen_writers_on_one_subject_make_one_chain(store, processes, tmp_path, noon):
    def write(mine: Store, i: int) -> None:
        for n in range(10):
            with mine.work() as work:
                work.history.write("record", "one", f"w{i}.{n}", {}, actor_id=None, at=noon)

    all_at_once(processes, write)
    found = watch(store, tmp_path, noon).verify()
    assert (found.links, found.subjects, found.findings) == (160, 1, ())


def test_first_links_of_one_subject_at_the_same_moment_are_a_chain(store, processes, tmp_path, noon):
    for subject in ("s0", "s1", "s2", "s3", "s4"):

        def write(mine: Store, i: int, subject: str = subject) -> None:
            with mine.work() as work:
                work.history.write("record", subject, f"w{i}", {}, actor_id=None, at=noon)
                work.set_meta(subject, str(i))
                work.areas.bump(subject)

        all_at_once(processes, write, 8)
    found = watch(store, tmp_path, noon).verify()
    assert (found.links, found.subjects, found.findings) == (40, 5, ())
    with store.look() as work:
        assert work.areas.stamp("s4") == 8


def test_writers_that_wait_leave_the_connections_to_readers(store):
    waiting = [threading.Thread(target=lambda: store.run(lambda work: work.next_number("n"))) for _ in range(60)]
    with store.work():
        for thread in waiting:
            thread.start()
        with store.look() as work:
            assert work.meta("a") is None
    for thread in waiting:
        thread.join()
    assert store.run(lambda work: work.next_number("n")) == 61


def test_a_reader_sees_one_moment_and_waits_for_nobody(store, noon):
    with store.work() as work:
        work.history.write("record", "one", "first", {}, actor_id=None, at=noon)
    with store.look() as reading:
        before = reading.history.heads()
        with store.work() as work:  # a writer in the middle of the reader's look
            work.history.write("record", "one", "second", {}, actor_id=None, at=noon)
            with store.look() as other:
                assert other.history.heads() == before, "not before it is kept"
        assert (reading.history.heads(), len(reading.history.links("record", "one"))) == (before, 1)
    with store.look() as after:
        assert after.history.head("record", "one")[0] == 2


def test_a_look_cannot_write(store):
    with pytest.raises((Busy, sa.exc.InternalError)) as refused, store.look() as work:
        work.set_meta("a", "b")
    assert "read" in str(refused.value.__cause__)
    with store.work() as work:
        assert work.meta("a") is None
        work.set_meta("a", "b")


def test_a_mistake_of_ours_is_not_called_busy(store):
    with pytest.raises(sa.exc.DBAPIError, match="nonesuch"), store.look() as work:
        work.connection.exec_driver_sql("SELECT 1 FROM nonesuch")


def test_what_is_written_in_a_broken_unit_is_gone(store, noon):
    def write_and_break(work) -> None:
        work.people.add(person(), password_hash="hash")
        work.areas.add([area()], at=noon)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        store.run(write_and_break)
    with store.look() as work:
        assert (work.people.count(), work.areas.count("zone"), work.areas.stamp("zone")) == (0, 0, 0)
        assert work.areas.touching("zone", (-180, -90, 180, 90)) == []


def begun(store: Store) -> list[str]:
    """Every statement the store sends from now on."""
    said: list[str] = []
    sa.event.listen(store.engine, "before_cursor_execute", lambda _c, _cur, statement, *_: said.append(statement))
    return said


def test_a_unit_of_work_takes_the_writers_lock_before_its_first_word(store):
    said = begun(store)
    with store.work() as work:
        work.meta("a")
    with store.look() as work:
        work.meta("a")
    one, other = {
        "sqlite": ("BEGIN IMMEDIATE", "BEGIN"),
        "postgresql": ("SELECT pg_advisory_xact_lock(5459015)", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
    }[store.engine.dialect.name]  # fmt: skip
    words = [word for word in said if not word.startswith("PRAGMA")]
    assert [words[0], words[2]] == [one, other]
    assert len(words) == 4
    assert all(meta.name in word for word in (words[1], words[3]))
