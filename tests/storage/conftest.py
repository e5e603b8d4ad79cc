"""The `store` of every test here: a fresh, migrated database, once on SQLite and once on PostGIS."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.schema import migrate
from storage.store import Store
from storage.tables import metadata
from tests.clusters import Cluster

ENGINES = ("sqlite", "postgis")


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "slg.db"
    store = Store.open(f"sqlite:///{path}")
    migrate(store.engine)
    store.close()
    return path


@pytest.fixture(scope="session")
def migrated_database(cluster: Cluster) -> str:
    """The name of a migrated database to copy."""
    store = Store.open(cluster.create("migrated"))
    migrate(store.engine)
    store.close()
    return "migrated"


def fresh_url(request: pytest.FixtureRequest, engine: str, *, migrated: bool = True) -> Iterator[str]:
    """The URL of a database of one's own."""
    if engine == "sqlite":
        path = request.getfixturevalue("tmp_path") / "slg.db"
        if migrated:
            shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.create(like=request.getfixturevalue("migrated_database") if migrated else "template1")
    yield url
    cluster.drop(url)


@pytest.fixture(scope="session")
def shared_database(cluster: Cluster, migrated_database: str) -> str:
    return cluster.create("shared", like=migrated_database)


def emptied_url(request: pytest.FixtureRequest, engine: str) -> Iterator[str]:
    """Like fresh_url, but PostGIS's is used again: taking the rows out is much faster than another database."""
    if engine == "sqlite":
        yield from fresh_url(request, engine)
        return
    yield request.getfixturevalue("shared_database")
    cluster: Cluster = request.getfixturevalue("cluster")
    with cluster.admin("shared") as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database without a row; a test leaves its tables as they are."""
    yield from emptied_url(request, request.param)


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database without a table."""
    yield from fresh_url(request, request.param, migrated=False)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store.open(url)
    yield opened
    opened.close()


@pytest.fixture
def processes(url: str) -> Iterator[list[Store]]:
    """Four stores over one database, as four processes have them: nothing but the database stands between."""
    opened = [Store.open(url) for _ in range(4)]
    yield opened
    for one in opened:
        one.close()


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 11, 23, 4, 0, 0, 123456, tzinfo=UTC)
