"""The small city, built once for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.small_city import City, build_city


@pytest.fixture(scope="module")
def city(own_database: dict, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    built = build_city(tmp_path_factory.mktemp("small-city"), **own_database)
    yield built
    built.services.close()
