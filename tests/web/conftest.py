"""The small city, built once for each file of tests."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from domain.records import Assignment
from tests.web.small_city import PASSWORD, City, add_person, build_city


@pytest.fixture(scope="module")
def city(own_database: dict, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    built = build_city(tmp_path_factory.mktemp("small-city"), **own_database)
    yield built
    built.services.close()


@pytest.fixture(scope="module")
def hashed(city: City) -> str:
    return city.services.people.hash_password(PASSWORD)


@pytest.fixture
def name(city: City, hashed: str) -> str:
    """A fresh account with PASSWORD, so that counted tries of one test do not reach another."""
    username = f"p-{uuid.uuid4().hex[:10]}"
    add_person(city.services, username, Assignment("street_officer", "street", "street-here"), password_hash=hashed)
    return username


@pytest.fixture
def address() -> str:
    """An address of its own for the same reason."""
    return "127." + ".".join(str(b) for b in uuid.uuid4().bytes[:3])
