"""When the PostgreSQL server goes away: plain words, nothing half-kept, and it goes on without a restart of ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from domain.errors import Busy
from storage import engine
from storage.store import Store, Work
from tests.clusters import Cluster
from tests.storage.conftest import emptied_url


@pytest.fixture
def postgis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    yield from emptied_url(request, "postgis")


@pytest.fixture
def postgis(postgis_url: str) -> Iterator[Store]:
    opened = Store.open(postgis_url)
    yield opened
    opened.close()


@pytest.fixture
def no_pause(monkeypatch) -> list[float]:
    """The pauses that would have been made."""
    pauses: list[float] = []
    monkeypatch.setattr("storage.store.sleep", pauses.append)
    return pauses


def cut(work: Work, url: str) -> None:
    """What an orderly restart does to a connection that is in the middle of something."""
    mine = work.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    other = sa.create_engine(url, poolclass=sa.NullPool)
    with other.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({mine})")
    other.dispose()


def test_a_unit_cut_in_the_middle_is_refused_in_plain_words_and_leaves_nothing(postgis, postgis_url):
    def cut_in_the_middle() -> None:
        with postgis.work() as work:
            work.set_meta("a", "1")
            cut(work, postgis_url)
            work.set_meta("b", "2")

    with pytest.raises(Busy) as refused:
        cut_in_the_middle()
    assert refused.value.code == "store_away"
    with postgis.work() as work:
        assert (work.meta("a"), work.meta("b")) == (None, None)
        work.set_meta("a", "3")


def test_a_look_cut_in_the_middle_is_refused_and_the_next_one_sees(postgis, postgis_url):
    def cut_in_the_middle() -> None:
        with postgis.look() as work:
            cut(work, postgis_url)
            work.meta("a")

    with pytest.raises(Busy):
        cut_in_the_middle()
    with postgis.look() as work:
        assert work.meta("a") is None


def test_a_deed_cut_in_the_middle_is_done_again_from_its_start(postgis, postgis_url):
    runs = []

    def deed(work: Work) -> int:
        runs.append(work.next_number("n"))
        if len(runs) == 1:
            cut(work, postgis_url)
        return work.next_number("n")

    assert postgis.run(deed) == 2
    assert runs == [1, 1]


def test_a_deed_whose_kept_answer_was_lost_finds_its_own_traces(postgis, monkeypatch):
    dialect, commits = postgis.engine.dialect, []
    commit = dialect.do_commit

    def commit_and_lose_the_answer(connection) -> None:
        commit(connection)
        commits.append(1)
        if len(commits) == 1:
            raise dialect.dbapi.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(dialect, "do_commit", commit_and_lose_the_answer)

    def deed(work: Work) -> str:
        if work.meta("capture") is not None:
            return "came before"
        work.set_meta("capture", "kept")
        return "new"

    assert postgis.run(deed) == "came before"
    assert len(commits) == 2


def test_a_deed_is_not_repeated_for_ever(postgis, postgis_url):
    runs = []

    def deed(work: Work) -> None:
        runs.append(1)
        cut(work, postgis_url)
        work.meta("a")

    with pytest.raises(Busy):
        postgis.run(deed)
    assert len(runs) == 3


def test_a_stopped_server_is_waited_for_then_said_and_found_again(postgis, cluster: Cluster, no_pause):
    with postgis.work() as work:
        work.set_meta("a", "1")
    cluster.stop()
    try:
        with pytest.raises(Busy) as refused, postgis.look():
            pass
        assert refused.value.code == "store_away"
        assert no_pause == [0.1, 0.2, 0.4, 0.8, 1.6]
    finally:
        cluster.start()
    with postgis.look() as work:
        assert work.meta("a") == "1"


def test_a_server_that_comes_back_while_we_wait_is_never_noticed(postgis, cluster: Cluster, monkeypatch):
    with postgis.work() as work:
        work.set_meta("a", "1")
    cluster.stop(at_once=True)
    monkeypatch.setattr("storage.store.sleep", lambda _s: cluster.start())
    with postgis.work() as work:
        assert work.meta("a") == "1"


def test_a_lock_held_by_another_process_is_busy_not_away(postgis_url, monkeypatch, no_pause):
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
    waiting = Store.open(postgis_url)
    holding = Store.open(postgis_url)
    with holding.work():
        with pytest.raises(Busy) as refused, waiting.work():
            pass
        assert (refused.value.code, no_pause) == ("store_busy", [])
        with waiting.look() as work:
            assert work.meta("a") is None, "reading goes on meanwhile"
    with waiting.work() as work:
        work.set_meta("a", "1")
    for one in (waiting, holding):
        one.close()


def test_a_process_that_dies_in_the_middle_gives_the_lock_back(postgis, postgis_url):
    other = Store.open(postgis_url)
    held, release = threading.Event(), threading.Event()

    def die() -> None:
        with other.work() as work:
            work.set_meta("a", "1")
            held.set()
            release.wait()
            work.connection.connection.driver_connection.pgconn.finish()  # the socket closes, nothing is said

    def run() -> None:
        with pytest.raises(Busy):
            die()

    dying = threading.Thread(target=run)
    dying.start()
    held.wait()
    release.set()
    with postgis.work() as work:
        assert work.meta("a") is None
    dying.join()
    other.close()
