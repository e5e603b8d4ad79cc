"""A small city, its administrator, and the service that brings people in from sheets, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.policy.permissions import load_builtin
from domain.records import Actor, Assignment, Person
from services.guard import LivePermissions, Sessions
from services.passwords import Passwords
from services.people import People
from services.people_sheets import PeopleSheets
from services.policy import LivePolicy
from storage.schema import migrate
from storage.store import Store
from storage.uploads import UploadStore
from tests.clusters import Cluster
from tests.exchange.conftest import city  # noqa: F401 - fixture
from tests.storage.conftest import ENGINES, fresh_url, migrated_file, store  # noqa: F401 - fixtures

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def migrated_database(cluster: Cluster) -> str:
    """The name of a migrated database to copy; its own name, since other rooms make one too."""
    opened = Store.open(cluster.create("migrated_sheets"))
    migrate(opened.engine)
    opened.close()
    return "migrated_sheets"


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    yield from fresh_url(request, request.param)


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    return Passwords()


@pytest.fixture
def people(city: Store, passwords: Passwords) -> People:  # noqa: F811
    sessions = Sessions(city, lambda: NOW)
    return People(city, LivePermissions(load_builtin, sessions.still), sessions, passwords, lambda: NOW)


@pytest.fixture
def sheets(city: Store, people: People, tmp_path: Path) -> PeopleSheets:  # noqa: F811
    uploads, policy = UploadStore(tmp_path / "uploads"), LivePolicy(city, lambda: NOW, ZoneInfo("Asia/Shanghai"))
    return PeopleSheets(city, people, uploads, load_builtin(), policy, lambda: NOW, ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def admin(city: Store) -> Actor:  # noqa: F811
    return administrator(city, "p-admin")


@pytest.fixture
def other(city: Store) -> Actor:  # noqa: F811
    return administrator(city, "p-other")


def administrator(store: Store, person_id: str) -> Actor:  # noqa: F811
    held = (Assignment("admin", "city"),)
    with store.work() as work:
        work.people.add(Person(person_id, person_id, "管理", None, "zh", None, NOW, held), password_hash="-")
    return Actor(person_id, "管理", held)
