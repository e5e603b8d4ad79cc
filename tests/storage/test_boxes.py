"""The box indexes against exact geometry: nothing that touches is missed, and both databases answer alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from storage.store import Store
from tests.storage.conftest import ENGINES, fresh_url
from tests.storage.rows import building

# Both indexes round bounds outward to 32 bits: at 121 degrees one step is 8e-6.
ROUNDING_DEG = 2e-5

lons = st.floats(120.0, 121.5, allow_nan=False)
lats = st.floats(29.0, 30.0, allow_nan=False)
sizes = st.sampled_from([0.0, 1e-7, 1e-5, 1e-3, 0.1])


@st.composite
def shapes(draw) -> BaseGeometry:
    lon, lat, wide, high = draw(lons), draw(lats), draw(sizes), draw(sizes)
    kind = draw(st.sampled_from(["box", "line", "triangle", "two"]))
    if kind == "box" and wide and high:
        return box(lon, lat, lon + wide, lat + high)
    if kind == "triangle" and wide and high:
        return shapely.Polygon([(lon, lat), (lon + wide, lat), (lon, lat + high)])
    if kind == "two" and wide and high:
        return shapely.MultiPolygon(
            [box(lon, lat, lon + wide, lat + high), box(lon + 1, lat, lon + 1 + wide, lat + high)]
        )
    return shapely.LineString([(lon, lat), (lon + wide, lat + high or lat)])


@st.composite
def windows(draw) -> tuple[float, float, float, float]:
    lon, lat = draw(lons), draw(lats)
    return lon, lat, lon + draw(sizes), lat + draw(sizes)


@pytest.fixture(params=ENGINES, scope="module")
def shared_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One database for all examples: each lives in a unit that is undone."""
    if request.param == "sqlite":
        from storage.schema import migrate

        store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('boxes')}/slg.db")
        migrate(store.engine)
        yield store
        store.close()
        return
    for url in fresh_url(request, request.param):
        store = Store.open(url)
        yield store
        store.close()


class Undo(Exception):
    pass


def bounds_touch(shape: BaseGeometry, window, slack: float = 0.0) -> bool:
    w, s, e, n = shape.bounds
    west, south, east, north = window
    return e >= west - slack and w <= east + slack and n >= south - slack and s <= north + slack


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(shapes(), min_size=1, max_size=12), asked=windows(), ends_on_a_corner=st.booleans())
def test_the_index_misses_nothing_and_shapely_settles_the_rest(shared_store, found, asked, ends_on_a_corner):
    if ends_on_a_corner:  # the window touches the first shape in exactly its corner
        _, _, east, north = found[0].bounds
        asked = (east, north, east + 0.01, north + 0.01)
    rows = [building(id=str(i), geometry=shape) for i, shape in enumerate(found)]

    def ask_and_undo(work) -> None:
        work.buildings.add(rows)
        near = {int(b.id): b.geometry for b in work.buildings.touching(asked)}
        must = {i for i, shape in enumerate(found) if bounds_touch(shape, asked)}
        may = {i for i, shape in enumerate(found) if bounds_touch(shape, asked, ROUNDING_DEG)}
        assert must <= near.keys() <= may
        window = box(*asked)
        exact = {i for i, shape in near.items() if shape.intersects(window)}
        assert exact == {i for i, shape in enumerate(found) if shape.intersects(window)}
        raise Undo

    with pytest.raises(Undo):
        shared_store.run(ask_and_undo)
