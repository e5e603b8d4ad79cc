"""The store: opens units of work. `work()` writes and is one transaction; `look()` only reads.

A Store may be shared between threads; a unit never outlives its `with`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from domain.errors import Busy
from storage import tables
from storage.areas import Areas
from storage.assets import Assets
from storage.buildings import Buildings
from storage.engine import READS, open_engine
from storage.history import History
from storage.jobs import Jobs
from storage.people import People
from storage.records import Records


class Work:
    """One unit of work: the families of one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @cached_property
    def people(self) -> People:
        return People(self.connection)

    @cached_property
    def areas(self) -> Areas:
        return Areas(self.connection)

    @cached_property
    def buildings(self) -> Buildings:
        return Buildings(self.connection)

    @cached_property
    def records(self) -> Records:
        return Records(self.connection)

    @cached_property
    def assets(self) -> Assets:
        return Assets(self.connection)

    @cached_property
    def history(self) -> History:
        return History(self.connection)

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self.connection)

    def meta(self, key: str) -> str | None:
        return self.connection.scalar(sa.select(tables.meta.c.value).where(tables.meta.c.key == key))

    def set_meta(self, key: str, value: str) -> None:
        found = self.connection.execute(sa.update(tables.meta).where(tables.meta.c.key == key).values(value=value))
        if found.rowcount == 0:
            self.connection.execute(sa.insert(tables.meta).values(key=key, value=value))

    def next_number(self, name: str) -> int:
        """The next whole number of a named counter, from 1; gaps only where a transaction failed."""
        counters = tables.counters
        step = sa.update(counters).where(counters.c.name == name).values(value=counters.c.value + 1)
        if self.connection.execute(step).rowcount == 0:
            self.connection.execute(sa.insert(counters).values(name=name, value=1))
        return self.connection.scalar(sa.select(counters.c.value).where(counters.c.name == name)) or 1


class Store:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str) -> Store:
        return cls(open_engine(url))

    @contextmanager
    def work(self) -> Iterator[Work]:
        """One writing transaction. Raises Busy when the database stays locked or is gone; nothing is kept then."""
        try:
            with self.engine.begin() as connection:
                yield Work(connection)
        except OperationalError as error:
            raise Busy("store_busy") from error

    @contextmanager
    def look(self) -> Iterator[Work]:
        """One consistent read. Raises Busy like work()."""
        try:
            with self.engine.connect().execution_options(**{READS: True}) as connection, connection.begin():
                yield Work(connection)
        except OperationalError as error:
            raise Busy("store_busy") from error

    def close(self) -> None:
        self.engine.dispose()
