"""Proposals from roads: disjoint, inside the street, never over a main road, on free ground, whatever is drawn."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.proposals import REACH_M, Proposals, propose

SIDE = 600.0
STREET = shapely.box(0, 0, SIDE, SIDE)


def across(at: float, start: float = 0.0, end: float = SIDE) -> shapely.LineString:
    return shapely.LineString([(start, at), (end, at)])


def along(at: float, start: float = 0.0, end: float = SIDE) -> shapely.LineString:
    return shapely.LineString([(at, start), (at, end)])


def houses(step: float = 50.0, households: int = 10):
    marks = np.arange(step / 2, SIDE, step)
    x, y = np.meshgrid(marks, marks)
    return np.column_stack([x.ravel(), y.ravel()]), np.full(x.size, households)


def asked(minor=(), main=(), taken=(), target=300, street=STREET, homes=None) -> Proposals:
    points, households = homes or houses()
    return propose(street, list(minor), list(main), list(taken), points, households, target=target)


def check(found: Proposals, main=(), taken=(), street=STREET) -> None:
    shapes = [one.shape for one in found.found]
    for i, shape in enumerate(shapes):
        assert shape.is_valid
        assert shape.geom_type == "Polygon"
        assert street.buffer(0.01).covers(shape)
        inner = shape.buffer(-0.05)
        for road in main:
            assert not inner.intersects(road)
        for zone in taken:
            assert inner.intersection(zone).area < 0.5
        for other in shapes[i + 1 :]:
            assert shape.intersection(other).area < 0.5


def test_blocks_are_merged_over_minor_roads_up_to_the_target_and_never_over_a_main_road():
    minor = [along(x) for x in (100, 200, 400, 500)] + [across(y) for y in (150, 300, 450)]
    found = asked(minor, [along(300)], target=500)
    check(found, [along(300)])
    assert found.faces == 24
    assert sum(one.households for one in found.found) == 144 * 10
    assert max(one.households for one in found.found) <= 500
    assert len(found.found) < 8
    assert sum(one.shape.area for one in found.found) == pytest.approx(SIDE * SIDE, abs=1)


def test_the_longest_stretch_is_merged_first():
    found = asked([along(300), across(100)], target=880, homes=(np.array([[100, 50], [100, 300], [500, 50], [500, 300]]),
                                                                np.array([400, 400, 400, 400])))  # fmt: skip
    merged = {one.shape.bounds for one in found.found}
    assert (0, 100, SIDE, SIDE) in merged  # the two tall ones share 500 m, wide and flat share 300


def test_a_main_road_that_ends_is_not_lain_round():
    minor, main = [across(300), along(300)], [along(300, 0, 300)]
    found = asked(minor, main, target=100_000)
    check(found, main)
    assert len(found.found) == 2


def test_dead_ends_divide_nothing_and_an_end_drawn_short_still_meets_its_road():
    found = asked([along(300, 0, 200)], target=100_000)
    assert [one.shape.area for one in found.found] == pytest.approx([SIDE * SIDE])
    short = asked([across(300, REACH_M - 1, SIDE - REACH_M + 1)], target=100)
    assert len(short.found) == 2


def test_what_zones_hold_is_left_out_and_its_homes_are_not_counted():
    zone = shapely.box(0, 0, 330, 330)
    found = asked([along(300), across(300)], taken=[zone], target=100_000)
    check(found, taken=[zone])
    held = shapely.intersects_xy(zone, houses()[0])
    assert sum(one.households for one in found.found) == (144 - held.sum()) * 10


def test_no_roads_no_homes_no_ground():
    assert len(asked().found) == 1  # the street itself is one block
    empty = (np.empty((0, 2)), np.empty(0, dtype=int))
    assert asked([along(300)], homes=empty).found == ()
    assert asked([along(300)], taken=[STREET]).found == ()
    country = shapely.box(0, 0, 5000, 5000)
    wide = asked([], street=country)
    assert (wide.found, wide.too_large) == ((), 1)


def test_a_wall_or_water_is_like_a_main_road():
    river = shapely.LineString([(0, 100), (300, 250), (600, 200)])
    found = asked([along(x) for x in (150, 300, 450)], [river], target=100_000)
    check(found, [river])
    assert len(found.found) == 2


def test_the_real_streets_and_buildings_of_a_quarter(real_data):
    """Bubenec, Prague, as momepy ships it (web mercator: metres that are too long, which is nothing to this)."""
    import geopandas

    file = real_data / "layers" / "momepy_bubenec.gpkg"
    if not file.is_file():
        pytest.skip(f"no {file}")
    streets = list(geopandas.read_file(file, layer="streets").geometry)
    places = geopandas.read_file(file, layer="buildings").geometry.centroid
    quarter = shapely.union_all(streets).convex_hull.buffer(20)
    points, main = np.column_stack([places.x, places.y]), [max(streets, key=lambda line: line.length)]
    minor = [line for line in streets if line is not main[0]]
    for target in (60, 150, 100_000):
        found = propose(quarter, minor, main, [], points, np.full(len(points), 6), target=target)
        check(found, street=quarter)
        rows = [row for one in found.found for row in one.buildings]
        held = shapely.intersects_xy(shapely.union_all([one.shape for one in found.found]), points)
        assert sorted(rows) == np.flatnonzero(held).tolist()
        assert len(rows) > 80


marks = st.integers(1, 11).map(lambda i: i * 50.0 + 3)
place = st.tuples(st.floats(-50, 650), st.floats(-50, 650))
loose = st.lists(place, min_size=2, max_size=4, unique=True).map(shapely.LineString)
zones = st.builds(lambda x, y, w, h: shapely.box(x, y, x + w, y + h), st.floats(0, 500), st.floats(0, 500),
                  st.floats(20, 200), st.floats(20, 200))  # fmt: skip


@settings(max_examples=150)
@given(
    minor=st.lists(st.one_of(marks.map(along), marks.map(across), loose), max_size=10),
    main=st.lists(st.one_of(marks.map(along), marks.map(across)), max_size=3),
    taken=st.lists(zones, max_size=4), target=st.integers(10, 2000),
)  # fmt: skip
def test_any_roads_and_zones(minor, main, taken, target):
    found = asked(minor, main, taken, target)
    check(found, main, taken)
    rows = [row for one in found.found for row in one.buildings]
    assert len(rows) == len(set(rows))
    points, households = houses()
    for one in found.found:
        assert one.households == households[list(one.buildings)].sum()
        assert all(one.shape.distance(shapely.Point(points[row])) < 0.01 for row in one.buildings)
        assert one.households <= target or one.blocks == 1
