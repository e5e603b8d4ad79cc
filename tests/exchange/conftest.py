"""A small city to exchange layers with: two streets, six grids, zones, buildings, a road; and its Exchange service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from domain.policy.permissions import load_builtin
from domain.policy.zones import load_zones
from domain.records import Actor, Assignment
from services.exchange import Exchange
from storage.schema import migrate
from storage.store import Store
from tests.clusters import Cluster
from tests.storage import rows
from tests.storage.conftest import ENGINES, fresh_url, migrated_file, store  # noqa: F401 - fixtures

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
WEST, SOUTH, STEP = 120.80, 29.58, 0.01


@pytest.fixture(scope="session")
def migrated_database(cluster: Cluster) -> str:
    """The name of a migrated database to copy; its own name, since tests/storage makes one too."""
    opened = Store.open(cluster.create("migrated_exchange"))
    migrate(opened.engine)
    opened.close()
    return "migrated_exchange"


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    yield from fresh_url(request, request.param)


@pytest.fixture
def exchange(store: Store) -> Exchange:  # noqa: F811
    return Exchange(store, load_builtin(), lambda: NOW, load_zones)


@pytest.fixture
def admin() -> Actor:
    return Actor("p-admin", "管理", (Assignment("admin", "city"),))


@pytest.fixture
def city(store: Store) -> Store:  # noqa: F811
    """The store with the small city in it."""
    with store.work() as work:
        streets = [
            rows.area(
                area_id=f"s{i}", layer="street", code=f"33068300{i + 1}", name=name, geometry=cell(0, 3 * i, 2, 3)
            )
            for i, name in enumerate(("剡湖街道", "三江街道"))
        ]
        community = rows.area(area_id="c0", layer="community", code="330683001001", name="东圃社区", street_id="s0",
                              geometry=cell(0, 0, 2, 3), households=900)  # fmt: skip
        grids = [
            rows.area(area_id=f"g{i}{j}", layer="grid", code=f"W{i}{j}", name=f"第{i}{j}网格", kind="governance",
                      street_id=f"s{j // 3}", community_id="c0" if j < 3 else None, households=300 if i else None,
                      geometry=wavy(i, j))
            for i in range(2) for j in range(6)
        ]  # fmt: skip
        holed = cell(0.2, 0.2, 0.4, 0.4) - cell(0.3, 0.3, 0.1, 0.1)
        zones = [
            rows.area(area_id="z0", code="Q-00001", name="=1+1 花园", kind="old_compound", mode="unmanaged", geometry=holed,
                      manager="示意物业", street_id="s0", community_id="c0", households=120),
            rows.area(area_id="z1", code="Q-00002", name="“引号”,逗号<小区>&", kind="ordinary_estate", mode="professional",
                      geometry=MultiPolygon([cell(1.1, 4, 0.2, 0.2), cell(1.5, 4, 0.2, 0.2)]), street_id="s1"),
        ]  # fmt: skip
        work.areas.add([*streets, community, *grids, *zones], at=NOW)
        work.buildings.add([
            rows.building(id=f"b{i}", name=f"{i}幢", number=str(i), households=6 * i, street_id="s0", grid_id="g00",
                          is_residential=i > 0, lon=WEST + 0.0022 + i * 0.0005, lat=SOUTH + 0.0022,
                          geometry=box(WEST + 0.0021 + i * 0.0005, SOUTH + 0.0021, WEST + 0.0023 + i * 0.0005, SOUTH + 0.0023))
            for i in range(5)
        ])  # fmt: skip
        line = LineString([(WEST, SOUTH), (WEST + 0.0213, SOUTH + 0.0071), (WEST + 0.06, SOUTH + 0.02)])
        work.buildings.add_roads([rows.road(id="r0", name="剡溪路", geometry=line)])
    return store


def cell(i: float, j: float, high: float, wide: float) -> Polygon:
    """A rectangle of the small city, in steps of a hundredth of a degree: i rows up, j columns to the east."""
    return box(WEST + j * STEP, SOUTH + i * STEP, WEST + (j + wide) * STEP, SOUTH + (i + high) * STEP)


def wavy(i: int, j: int) -> Polygon:
    """A cell whose corners stand on no round number, neighbours sharing them."""

    def corner(a: int, b: int) -> tuple[float, float]:
        inner = 0 < a < 2 and 0 < b < 6
        return (
            round(WEST + b * STEP + (0.0013571 if inner else 0), 7),
            round(SOUTH + a * STEP + (0.0007913 if inner else 0), 7),
        )

    return Polygon([corner(i, j), corner(i, j + 1), corner(i + 1, j + 1), corner(i + 1, j)])
