"""Point to polygon: against plain GEOS predicates, on borders, in threads, in any loading order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.locate import PlaceIndex

WEST, SOUTH, STEP = 120.80, 29.60, 0.002


def lattice(columns=6, rows=5):
    """A coverage of jittered four-sided grids with ids g000.."""
    rng = np.random.default_rng(1)
    x, y = np.meshgrid(WEST + STEP * np.arange(columns + 1), SOUTH + STEP * np.arange(rows + 1))
    x, y = x + rng.uniform(-0.3, 0.3, x.shape) * STEP, y + rng.uniform(-0.3, 0.3, y.shape) * STEP
    cells = [
        shapely.Polygon([(x[r, c], y[r, c]) for r, c in [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)]])
        for i in range(rows)
        for j in range(columns)
    ]
    return [f"g{n:03}" for n in range(len(cells))], np.array(cells, dtype=object)


IDS, CELLS = lattice()
PLACES = st.tuples(st.floats(WEST - STEP, WEST + 7 * STEP), st.floats(SOUTH - STEP, SOUTH + 6 * STEP))


@given(st.lists(PLACES, min_size=1, max_size=30))
def test_owners_are_those_that_a_plain_predicate_finds(places):
    index = PlaceIndex(IDS, CELLS)
    lons, lats = np.array(places).T
    plain = shapely.intersects_xy(CELLS[None, :], lons[:, None], lats[:, None])
    owner, owners = index.many(lons, lats)
    point, row = index.owners(lons, lats)
    assert owners.tolist() == plain.sum(axis=1).tolist()
    assert np.stack([point, row], axis=1).tolist() == np.argwhere(plain).tolist()
    for i, place in enumerate(places):
        assert index.at(*place) == tuple(np.array(IDS)[plain[i]])
        assert owner[i] == (np.flatnonzero(plain[i])[0] if plain[i].any() else -1)


CORNERS = shapely.get_coordinates(CELLS)
CORNER_OWNERS = [
    min(np.array(IDS)[meets]) for meets in shapely.intersects_xy(CELLS[None, :], CORNERS[:, :1], CORNERS[:, 1:])
]


@given(st.permutations(range(len(IDS))))
def test_a_corner_belongs_to_the_same_grid_whatever_the_loading_order(order):
    index = PlaceIndex([IDS[i] for i in order], CELLS[list(order)])
    owner, owners = index.many(*CORNERS.T)
    assert owners.min() >= 1
    assert owners.max() == 4
    assert [IDS[order[row]] for row in owner] == CORNER_OWNERS


def test_every_point_of_a_coverage_has_an_owner():
    whole = shapely.coverage_union_all(CELLS)
    rng = np.random.default_rng(3)
    lons, lats = rng.uniform(WEST, WEST + 6 * STEP, 20_000), rng.uniform(SOUTH, SOUTH + 5 * STEP, 20_000)
    owner, owners = PlaceIndex(IDS, CELLS).many(lons, lats)
    assert ((owner >= 0) == shapely.intersects_xy(whole, lons, lats)).all()
    assert owners.max() == 1


def test_two_zones_over_one_place_are_both_named():
    zones = [shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)]
    index = PlaceIndex(["b", "a"], zones)
    assert index.at(1.5, 1.5) == ("a", "b")
    assert index.at(0.5, 0.5) == ("b",)
    assert index.at(9, 9) == ()
    assert [x.tolist() for x in index.many([1.5, 0.5, 9], [1.5, 0.5, 9])] == [[1, 0, -1], [2, 1, 0]]


def test_a_hole_is_not_inside_but_its_border_is():
    ring = shapely.box(0, 0, 4, 4) - shapely.box(1, 1, 3, 3)
    index = PlaceIndex([7], [ring])
    assert index.at(2, 2) == ()
    assert index.at(1, 2) == (7,)
    assert index.at(0.5, 0.5) == (7,)


def test_unknown_places_and_missing_polygons_own_nothing():
    index = PlaceIndex([1, 2, 3], [None, shapely.box(0, 0, 1, 1), shapely.Polygon()])
    assert index.at(float("nan"), 0.5) == ()
    owner, owners = index.many([np.nan, 0.5, np.inf], [0.5, 0.5, 0.5])
    assert owner.tolist() == [-1, 1, -1]
    assert owners.tolist() == [0, 1, 0]
    assert PlaceIndex([], []).at(0.5, 0.5) == ()
    assert index.many([], [])[0].shape == (0,)


def test_ids_and_polygons_of_different_number_are_refused():
    with pytest.raises(ValueError, match="differ in number"):
        PlaceIndex([1], [])


def test_the_callers_polygons_stay_unprepared():
    mine = shapely.from_wkb(shapely.to_wkb(CELLS))
    PlaceIndex(IDS, mine).at(WEST, SOUTH)
    assert not shapely.is_prepared(mine).any()


def test_eight_threads_get_the_answers_of_one():
    index = PlaceIndex(IDS, CELLS)
    rng = np.random.default_rng(4)
    places = [(rng.uniform(WEST, WEST + 6 * STEP, 500), rng.uniform(SOUTH, SOUTH + 5 * STEP, 500)) for _ in range(40)]
    alone = [PlaceIndex(IDS, CELLS).many(*place)[0].tolist() for place in places]
    with ThreadPoolExecutor(8) as pool:
        together = [found[0].tolist() for found in pool.map(lambda place: index.many(*place), places)]
    assert together == alone


def test_near_names_polygons_in_reach_nearest_first():
    left, right = shapely.box(120.80, 29.60, 120.801, 29.601), shapely.box(120.803, 29.60, 120.804, 29.601)
    index = PlaceIndex(["left", "right"], [left, right])
    assert [i for i, _ in index.near(120.8015, 29.6005, 50)] == ["left"]
    both = index.near(120.8015, 29.6005, 200)
    assert [i for i, _ in both] == ["left", "right"]
    assert both[0][1] == pytest.approx(48.4, abs=0.2)
    assert both[1][1] == pytest.approx(145.3, abs=0.4)
    assert index.near(120.8005, 29.6005, 1) == (("left", 0.0),)
    assert index.near(121.5, 29.6005, 100) == ()


def test_box_and_touching_find_what_meets_them():
    index = PlaceIndex(IDS, CELLS)
    box = (WEST, SOUTH, WEST + STEP, SOUTH + STEP)
    wanted = tuple(i for i, cell in zip(IDS, CELLS, strict=True) if cell.intersects(shapely.box(*box)))
    assert index.in_box(box) == wanted
    assert set(index.touching(CELLS[7])) >= {IDS[7], IDS[6], IDS[8], IDS[1], IDS[13]}
