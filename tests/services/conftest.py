"""An office that decides on zones, over a fresh store of either engine."""

from __future__ import annotations

import pytest

from storage.schema import migrate
from storage.store import Store
from tests.services.zone_office import Office
from tests.storage.conftest import ENGINES, fresh_url, migrated_file  # noqa: F401 - a fixture


@pytest.fixture(scope="session")
def migrated_database(cluster) -> str:
    opened = Store.open(cluster.create("migrated_zones"))
    migrate(opened.engine)
    opened.close()
    return "migrated_zones"


@pytest.fixture(params=ENGINES)
def office(request: pytest.FixtureRequest):
    for url in fresh_url(request, request.param):
        opened = Store.open(url)
        yield Office(opened)
        opened.close()
