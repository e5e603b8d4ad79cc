"""The store: opens units of work. `work()` writes and is one transaction; `look()` only reads.

A Store may be shared between threads; a unit never outlives its `with`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from time import sleep
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from domain.errors import Busy
from storage import tables
from storage.accounts import Accounts
from storage.areas import Areas
from storage.assets import Assets
from storage.buildings import Buildings
from storage.calendar import Calendar
from storage.editions import Editions
from storage.engine import BUSY_TIMEOUT_MS, READS, is_away, keeps_one_file, open_engine, plain_words, writers_turn
from storage.history import History
from storage.jobs import Jobs
from storage.layer_imports import LayerImports
from storage.people import People
from storage.records import Records
from storage.reminders import Reminders
from storage.reports import Reports
from storage.set_asides import SetAsides
from storage.timetable import Outcomes, Timetable
from storage.tracks import Tracks
from storage.zones import ZoneRows

T = TypeVar("T")
AWAY_PAUSES_S = (0.1, 0.2, 0.4, 0.8, 1.6)
RUNS_AT_MOST = 3


_META = sa.select(tables.meta.c.value).where(tables.meta.c.key == sa.bindparam("key"))


class Work:
    """One unit of work: the families of one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def is_file(self) -> bool:
        """True for SQLite, a file of this machine; False for a server."""
        return keeps_one_file(self.connection)

    @cached_property
    def people(self) -> People:
        return People(self.connection)

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self.connection)

    @cached_property
    def areas(self) -> Areas:
        return Areas(self.connection)

    @cached_property
    def zones(self) -> ZoneRows:
        return ZoneRows(self.connection)

    @cached_property
    def set_asides(self) -> SetAsides:
        return SetAsides(self.connection)

    @cached_property
    def buildings(self) -> Buildings:
        return Buildings(self.connection)

    @cached_property
    def records(self) -> Records:
        return Records(self.connection)

    @cached_property
    def tracks(self) -> Tracks:
        return Tracks(self.connection)

    @cached_property
    def assets(self) -> Assets:
        return Assets(self.connection)

    @cached_property
    def history(self) -> History:
        return History(self.connection)

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar(self.connection)

    @cached_property
    def editions(self) -> Editions:
        return Editions(self.connection)

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self.connection)

    @cached_property
    def timetable(self) -> Timetable:
        return Timetable(self.connection)

    @cached_property
    def outcomes(self) -> Outcomes:
        return Outcomes(self.connection)

    @cached_property
    def reminders(self) -> Reminders:
        return Reminders(self.connection)

    @cached_property
    def reports(self) -> Reports:
        return Reports(self.connection)

    @cached_property
    def layer_imports(self) -> LayerImports:
        return LayerImports(self.connection)

    def meta(self, key: str) -> str | None:
        return self.connection.scalar(_META, {"key": key})

    def set_meta(self, key: str, value: str) -> None:
        found = self.connection.execute(sa.update(tables.meta).where(tables.meta.c.key == key).values(value=value))
        if found.rowcount == 0:
            self.connection.execute(sa.insert(tables.meta).values(key=key, value=value))

    def next_number(self, name: str) -> int:
        """The next whole number of a named counter, from 1; gaps only where a transaction failed."""
        return self.next_numbers(name, 1)[0]

    def next_numbers(self, name: str, count: int) -> range:
        """So many numbers of a counter at once."""
        counters = tables.counters
        step = sa.update(counters).where(counters.c.name == name).values(value=counters.c.value + count)
        if self.connection.execute(step).rowcount == 0:
            self.connection.execute(sa.insert(counters).values(name=name, value=count))
        last = self.connection.scalar(sa.select(counters.c.value).where(counters.c.name == name)) or count
        return range(last - count + 1, last + 1)


class Store:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._turn = writers_turn()

    @classmethod
    def open(cls, url: str) -> Store:
        return cls(open_engine(url))

    @contextmanager
    def work(self) -> Iterator[Work]:
        """One writing transaction, one at a time. Raises Busy when the database stays locked or goes away.

        Nothing is kept after an error inside. After Busy nothing is kept either, but for one rare case: the server
        went away between keeping and saying so. Whoever asks again must be recognised (see `run`).
        """
        with self._writers_turn(), plain_words():
            with self._begun() as connection:
                yield Work(connection)

    @contextmanager
    def look(self) -> Iterator[Work]:
        """One consistent read that waits for no writer. Raises Busy like work()."""
        with plain_words():
            with self._begun(**{READS: True}) as connection:
                yield Work(connection)

    def run(self, deed: Callable[[Work], T]) -> T:
        """One writing transaction, done again from its start when the server went away in the middle.

        Only for a deed that finds its own traces: it may run once more after it has been kept.
        """
        for _ in range(RUNS_AT_MOST - 1):
            try:
                with self.work() as work:
                    return deed(work)
            except Busy as busy:
                if busy.code != "store_away":
                    raise
        with self.work() as work:
            return deed(work)

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _writers_turn(self) -> Iterator[None]:
        """Hands the right to write on at once, before a connection is taken. Raises Busy after as long as a lock."""
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise Busy("store_busy")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _begun(self, **options: Any) -> Iterator[Connection]:
        with self._connection(**options) as connection, connection.get_transaction():  # type: ignore[union-attr]
            yield connection

    def _connection(self, **options: Any) -> Connection:
        """A connection inside its transaction. A server that is just restarting is waited for like a lock:
        nothing has been asked of it yet."""
        for pause_s in (*AWAY_PAUSES_S, None):
            connection = None
            try:
                connection = self.engine.connect().execution_options(**options)
                connection.begin()
                return connection
            except DBAPIError as error:
                if connection is not None:
                    connection.close()
                if pause_s is None or not is_away(error):
                    raise
            sleep(pause_s)
        raise AssertionError("the last pause raises")
