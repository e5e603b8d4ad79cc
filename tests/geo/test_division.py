"""Division of zones over grids, judged by other ways of computing the same thing."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.division import OUTSIDE, count_buildings, divide, divide_metres, divide_one, is_coverage
from geo.measure import area_m2, project, unproject

EAST, NORTH = 577_000.0, 3_273_000.0


def box(west, south, east, north):
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def lattice(columns=4, rows=4, side=250.0):
    """A coverage of jittered grids, metres."""
    rng = np.random.default_rng(1)
    x, y = np.meshgrid(EAST + side * np.arange(columns + 1), NORTH + side * np.arange(rows + 1))
    x = np.round(x + rng.uniform(-0.25, 0.25, x.shape) * side, 3)
    y = np.round(y + rng.uniform(-0.25, 0.25, y.shape) * side, 3)
    around = [(0, 0), (0, 1), (1, 1), (1, 0)]
    cells = [
        shapely.Polygon([(x[i + a, j + b], y[i + a, j + b]) for a, b in around])
        for i in range(rows)
        for j in range(columns)
    ]
    return np.array(cells, dtype=object)


GRIDS = lattice()
ROW_OF_TWO = np.array([box(0, 0, 100, 100), box(100, 0, 200, 100)], dtype=object)


@st.composite
def zones(draw):
    """A sound polygon of 5 to 400 m around a place on the grids or just beside them, metres."""
    x, y = EAST + draw(st.floats(-100, 1100)), NORTH + draw(st.floats(-100, 1100))
    radii = np.array(draw(st.lists(st.floats(0.3, 1.0), min_size=4, max_size=30))) * draw(st.floats(5, 400))
    turn = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    return shapely.Polygon(np.stack([x + radii * np.cos(turn), y + radii * np.sin(turn)], axis=1))


def by_hand(zones_m, grids_m):
    """Plain pairwise intersection of all with all: {(zone, grid): area} of what has an area."""
    areas = shapely.area(shapely.intersection(np.asarray(zones_m)[:, None], np.asarray(grids_m)[None, :]))
    return {(int(z), int(g)): areas[z, g] for z, g in np.argwhere(areas > 1e-6)}


def in_grids(division):
    """{(zone, grid): area} of the rows that lie in a grid."""
    rows = zip(division.zone_index.tolist(), division.grid_index.tolist(), division.area_m2.tolist(), strict=True)
    return {(zone, grid): area for zone, grid, area in rows if grid != OUTSIDE}


def assert_same(found, wanted, tolerance_m2=1e-5):
    assert found.keys() == wanted.keys()
    assert max((abs(found[key] - wanted[key]) for key in wanted), default=0) < tolerance_m2


@given(st.lists(zones(), min_size=1, max_size=6), st.booleans(), st.sampled_from([1, 3]))
def test_pieces_are_disjoint_lie_inside_both_and_add_up_to_the_zone(drawn, said_to_be_a_coverage, threads):
    division = divide_metres(drawn, GRIDS, grids_are_a_coverage=said_to_be_a_coverage, threads=threads)
    assert_same(in_grids(division), by_hand(drawn, GRIDS))
    for z, zone in enumerate(drawn):
        rows = division.rows_of(z)
        pieces, grid_rows = division.piece[rows], division.grid_index[rows]
        assert shapely.is_valid(pieces).all()
        assert set(shapely.get_type_id(pieces).tolist()) <= {3, 6}
        for i, piece in enumerate(pieces):
            assert shapely.area(shapely.difference(piece, zone)) < 1e-4
            if grid_rows[i] != OUTSIDE:
                assert shapely.area(shapely.difference(piece, GRIDS[grid_rows[i]])) < 1e-4
            assert shapely.area(shapely.intersection(piece, pieces[i + 1 :])).sum() < 1e-4
        assert division.area_m2[rows].sum() == pytest.approx(zone.area, abs=1e-5)
        assert shapely.area(shapely.symmetric_difference(shapely.union_all(pieces), zone)) < 1e-3
    assert division.share_sum() == pytest.approx(np.ones(len(drawn)), abs=1e-9)


@given(zones())
def test_the_outside_is_what_a_difference_leaves(zone):
    """Shares add up to 1 by construction over a coverage, so the outside is measured here in a second way."""
    left = shapely.difference(zone, shapely.union_all(GRIDS))
    for said_to_be_a_coverage in (True, False):
        division = divide_metres([zone], GRIDS, grids_are_a_coverage=said_to_be_a_coverage)
        assert division.outside_share()[0] * zone.area == pytest.approx(left.area, abs=1e-4)
        pieces = division.piece[division.grid_index == OUTSIDE]
        assert shapely.area(shapely.symmetric_difference(shapely.union_all(pieces), left)) < 1e-4


@given(zones(), st.integers(0, 29))
def test_division_ignores_where_the_ring_starts(zone, start):
    turned = shapely.Polygon(np.roll(np.array(zone.exterior.coords)[:-1], start, axis=0))
    here, there = (divide_metres([z], GRIDS, grids_are_a_coverage=True) for z in (zone, turned))
    assert_same(in_grids(here), in_grids(there))


def test_a_zone_that_is_a_grid_has_one_piece_and_its_neighbours_none():
    division = divide_metres(GRIDS, GRIDS, grids_are_a_coverage=True)
    without_trust = divide_metres(GRIDS, GRIDS, grids_are_a_coverage=False)
    for found in (division, without_trust):
        assert found.zone_index.tolist() == found.grid_index.tolist() == list(range(len(GRIDS)))
        assert not found.crosses_grids().any()
        assert found.main_grid().tolist() == list(range(len(GRIDS)))
        assert found.share == pytest.approx(np.ones(len(GRIDS)), abs=1e-12)


def test_a_half_and_half_zone_crosses_and_a_sliver_does_not():
    half = box(60, 20, 140, 80)
    thin = box(60, 20, 100.3, 80)  # 30 cm into the second grid: two drawings of one fence
    small = box(0, 0, 100.4, 100)  # 0.4 % of it, and thin
    division = divide_metres([half, thin, small], ROW_OF_TWO, grids_are_a_coverage=True)
    assert division.crosses_grids().tolist() == [True, False, False]
    assert division.main_grid().tolist() == [0, 0, 0]
    assert division.is_sliver.tolist() == [False, False, False, True, False, True]
    assert division.share_sum() == pytest.approx([1, 1, 1])  # slivers are kept


def test_a_sliver_by_share_alone_follows_the_threshold():
    zone = box(20, 0, 100, 100).union(box(99, 10, 104, 16))  # 24 m2 of 8,024 reach over, 4 m wide
    assert divide_metres([zone], ROW_OF_TWO, grids_are_a_coverage=True).is_sliver.tolist() == [False, True]
    strict = divide_metres([zone], ROW_OF_TWO, grids_are_a_coverage=True, sliver_share=0.001)
    assert strict.is_sliver.tolist() == [False, False]
    assert strict.crosses_grids().tolist() == [True]


def test_the_largest_piece_is_no_sliver_however_thin_the_zone():
    division = divide_metres([box(10, 10, 60, 10.2)], ROW_OF_TWO, grids_are_a_coverage=True)
    assert division.is_sliver.tolist() == [False]
    assert division.main_grid().tolist() == [0]


def test_a_zone_in_no_grid_is_all_outside():
    division = divide_metres([box(900, 900, 950, 950), box(150, 50, 250, 90)], ROW_OF_TWO, grids_are_a_coverage=True)
    assert division.grid_index.tolist() == [OUTSIDE, 1, OUTSIDE]
    assert division.share.tolist() == pytest.approx([1, 0.5, 0.5])
    assert division.main_grid().tolist() == [OUTSIDE, 1]
    assert not division.crosses_grids().any()


def test_grids_that_overlap_cannot_hide_a_gap():
    """Overlap and gap are equal here: a sum of pieces would come to exactly 1."""
    grids = [box(0, 0, 60, 100), box(40, 0, 80, 100), box(100, 0, 200, 100)]
    assert not is_coverage(grids)
    division = divide_metres([box(0, 0, 120, 100)], grids, grids_are_a_coverage=False)
    assert division.outside_share()[0] == pytest.approx(20 / 120)
    assert division.share_sum()[0] == pytest.approx(140 / 120)


def test_a_grid_inside_another_grid_is_found():
    grids = [box(0, 0, 100, 100), box(20, 20, 40, 40)]
    division = divide_metres([box(10, 10, 110, 50)], grids, grids_are_a_coverage=False)
    assert in_grids(division) == pytest.approx({(0, 0): 3600, (0, 1): 400})
    assert division.outside_share()[0] == pytest.approx(400 / 4000)


def test_touching_grids_are_a_coverage_even_with_a_gap():
    assert is_coverage(GRIDS)
    assert is_coverage([GRIDS[0], GRIDS[2], GRIDS[9]])
    assert not is_coverage([GRIDS[0], shapely.buffer(GRIDS[1], 1)])


def test_holes_and_parts_keep_their_areas():
    ring = box(20, 20, 180, 80) - box(50, 40, 150, 60)
    two = shapely.MultiPolygon([box(10, 10, 20, 20), box(120, 10, 140, 20)])
    division = divide_metres([ring, two], ROW_OF_TWO, grids_are_a_coverage=True)
    assert_same(in_grids(division), by_hand([ring, two], ROW_OF_TWO))
    assert division.share.tolist() == pytest.approx([0.5, 0.5, 2 / 3, 1 / 3])


def test_missing_and_empty_zones_and_grids_give_no_rows():
    division = divide_metres(
        [None, shapely.Polygon(), box(0, 0, 10, 10)], [None, ROW_OF_TWO[0]], grids_are_a_coverage=True
    )
    assert (division.zone_index.tolist(), division.grid_index.tolist()) == ([2], [1])
    assert division.share_sum().tolist() == [0, 0, 1]
    assert len(divide_metres([], ROW_OF_TWO, grids_are_a_coverage=True)) == 0
    none = divide_metres([box(0, 0, 10, 10)], [], grids_are_a_coverage=True)
    assert none.grid_index.tolist() == [OUTSIDE]


def test_the_callers_grids_stay_unprepared():
    mine = shapely.from_wkb(shapely.to_wkb(GRIDS))
    divide_metres([shapely.buffer(shapely.centroid(g), 20) for g in mine], mine, grids_are_a_coverage=True)
    assert not shapely.is_prepared(mine).any()


@given(zones())
def test_lonlat_in_gives_the_same_areas_and_lonlat_pieces_out(zone):
    grids_deg, zone_deg = unproject(GRIDS), unproject(zone)
    degrees = divide([zone_deg], grids_deg, grids_are_a_coverage=True)
    one = divide_one(zone_deg, grids_deg, grids_are_a_coverage=True)
    metres = divide_metres([zone], GRIDS, grids_are_a_coverage=True)
    kept = {key: area for key, area in in_grids(metres).items() if area > 1e-3}
    for found in (degrees, one):
        big = {key: area for key, area in in_grids(found).items() if area > 1e-3}
        for key in kept.keys() | big.keys():
            assert big.get(key, 0) == pytest.approx(kept.get(key, 0), abs=2e-3)
        assert area_m2(found.piece) == pytest.approx(found.area_m2, abs=1e-3)


def test_buildings_are_counted_once_and_add_up_to_the_zone():
    rng = np.random.default_rng(2)
    zone_m = np.array([box(100, 100, 700, 800), box(600, 700, 900, 900)], dtype=object)  # they overlap
    x, y = EAST + rng.uniform(0, 1000, 3000), NORTH + rng.uniform(0, 1000, 3000)
    points = shapely.points(x, y)
    homes = rng.integers(0, 60, len(points)).astype(float)
    homes[:50] = np.nan
    lonlat = unproject(points)
    zones_deg, grids_deg = unproject(zone_m), unproject(GRIDS)
    division = divide(zones_deg, grids_deg, grids_are_a_coverage=True)
    counted = count_buildings(division, zones_deg, grids_deg, shapely.get_x(lonlat), shapely.get_y(lonlat), homes)
    inside = shapely.intersects_xy(project(division.piece)[:, None], x[None, :], y[None, :])
    assert counted.buildings.tolist() == inside.sum(axis=1).tolist()
    assert counted.households.tolist() == (inside * np.nan_to_num(homes)).sum(axis=1).tolist()
    for z, zone in enumerate(zone_m):
        assert counted.buildings[division.rows_of(z)].sum() == shapely.intersects_xy(zone, x, y).sum()


def test_a_building_on_the_border_of_zone_and_grid_is_not_lost():
    grids_deg = np.array([shapely.box(120.80, 29.60, 120.81, 29.61), shapely.box(120.81, 29.60, 120.82, 29.61)])
    zone = shapely.box(120.81, 29.602, 120.815, 29.608)  # lies in the second grid; its west side is the border
    division = divide_one(zone, grids_deg, grids_are_a_coverage=True)
    counted = count_buildings(
        division, [zone], grids_deg, [120.81, 120.812, 120.83], [29.605, 29.605, 29.605], [3, 4, 5]
    )
    assert division.grid_index.tolist() == [1]
    assert counted.buildings.tolist() == [2]
    assert counted.households.tolist() == [7]


def test_no_buildings_and_no_rows_count_nothing():
    division = divide_one(shapely.box(120.81, 29.602, 120.815, 29.608), [], grids_are_a_coverage=True)
    counted = count_buildings(division, [shapely.box(120.81, 29.602, 120.815, 29.608)], [], [], [], [])
    assert counted.buildings.tolist() == [0]
    empty = divide([], [], grids_are_a_coverage=True)
    assert count_buildings(empty, [], [], [120.8], [29.6], [1]).buildings.tolist() == []


@pytest.mark.parametrize(
    ("zone_file", "grid_file"), [("blocks", "precincts"), ("precincts", "blocks"), ("precincts", "new_precincts")]
)
def test_providence_layers_divide_as_geopandas_divides_them(real, zone_file, grid_file):
    """Real layers whose borders disagree. In their own plane (Rhode Island, metres)."""
    zone, grid = (
        gpd.read_file(real(f"layers/maup_providence/{name}.zip")).to_crs(32130) for name in (zone_file, grid_file)
    )
    zone_shapes, grid_shapes = (shapely.make_valid(frame.geometry.to_numpy()) for frame in (zone, grid))
    trusted = is_coverage(grid_shapes)
    division = divide_metres(zone_shapes, grid_shapes, grids_are_a_coverage=trusted, threads=2)
    left = gpd.GeoDataFrame({"zone": range(len(zone))}, geometry=zone_shapes, crs=32130)
    right = gpd.GeoDataFrame({"grid": range(len(grid))}, geometry=grid_shapes, crs=32130)
    peer = gpd.overlay(left, right, how="intersection", keep_geom_type=True)
    rows = zip(peer.zone.tolist(), peer.grid.tolist(), peer.area.tolist(), strict=True)
    assert_same(in_grids(division), {(z, g): area for z, g, area in rows if area > 1e-6})
    left_over = shapely.area(shapely.difference(zone_shapes, shapely.union_all(grid_shapes)))
    assert division.outside_share() * division.zone_area_m2 == pytest.approx(left_over, abs=1e-3)
    assert (division.share_sum() > 1 - 1e-9).all()


def test_moved_compounds_over_the_demo_grids_divide_as_a_plain_intersection_does(real):
    compounds = gpd.read_file(real("boundaries/demo_shengzhou/property_zones.geojson")).geometry.to_numpy()
    grids = gpd.read_file(real("boundaries/demo_shengzhou/grids.geojson")).geometry.to_numpy()
    grids_m = project(grids)
    division = divide(compounds, grids, grids_are_a_coverage=is_coverage(grids_m))
    assert_same(in_grids(division), by_hand(project(compounds), grids_m))
    left_over = shapely.area(shapely.difference(project(compounds), shapely.union_all(grids_m)))
    assert division.outside_share() * division.zone_area_m2 == pytest.approx(left_over, abs=1e-3)
    assert 20 < division.crosses_grids().sum() < len(compounds)
