"""Defects put in on purpose are found, and nothing else: overlaps, gaps, thin leftovers, broken rings, leaving a street."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from geo import repairs, topology
from geo.measure import area_m2, project, unproject

EAST, NORTH = 577_000.0, 3_273_000.0
SIDE = 100.0


def box(x: float, y: float, width: float = SIDE, height: float = SIDE) -> shapely.Polygon:
    """A rectangle x metres east and y metres north of one corner, EPSG:4549."""
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def sheet(columns: int = 4, rows: int = 4) -> list[shapely.Polygon]:
    """Estates side by side that share every border."""
    return [box(c * SIDE, r * SIDE) for r in range(rows) for c in range(columns)]


def test_a_true_coverage_has_no_finding():
    zones = sheet()
    assert len(topology.overlaps(zones)) == 0
    assert len(topology.gaps(zones)) == 0
    assert topology.faults(unproject(np.array(zones, dtype=object))) == []


def test_zones_far_apart_leave_no_gap():
    assert len(topology.gaps([box(0, 0), box(150, 0), box(0, 150)])) == 0


def test_nothing_and_empty_zones_find_nothing():
    for zones in ([], [shapely.Polygon()], [box(0, 0)]):
        assert len(topology.overlaps(zones)) == 0
        assert len(topology.gaps(zones)) == 0
        assert len(topology.outside(zones, [], [-1] * len(zones))) == 0


@pytest.mark.parametrize("inner", [box(0, 0), box(20, 20, 30, 30), box(0, 0, 30, 30), box(0, 0, 100, 50)],
                         ids=["the same", "inside", "in a corner", "a half"])  # fmt: skip
def test_a_zone_in_another_overlaps_it_by_its_own_area(inner):
    found = topology.overlaps([box(0, 0), inner])
    assert list(zip(found.first, found.second, strict=True)) == [(0, 1)]
    assert found.area_m2[0] == pytest.approx(inner.area)


def test_an_overlap_is_told_with_its_ground_and_a_thin_one_is_thin():
    zones = [box(0, 0), box(90, 0), box(0, 99.7), box(500, 0)]
    found = topology.overlaps(zones)
    told = {(i, j): (round(a, 3), bool(t)) for i, j, a, t in
            zip(found.first, found.second, found.area_m2, found.is_thin, strict=True)}  # fmt: skip
    assert told == {(0, 1): (1000.0, False), (0, 2): (30.0, True), (1, 2): (3.0, True)}


def test_ground_closed_in_is_a_gap_with_its_neighbours_the_longest_border_first():
    zones = [zone for i, zone in enumerate(sheet(3, 3)) if i != 4]
    found = topology.gaps(zones)
    assert found.area_m2.tolist() == pytest.approx([SIDE * SIDE])
    assert set(found.neighbours[0]) == {1, 3, 4, 6}  # those at a corner only are no neighbours
    assert not found.is_thin[0]


def test_a_hole_drawn_into_one_zone_is_meant():
    ring = shapely.difference(box(0, 0), box(40, 40, 20, 20))
    assert len(topology.gaps([ring, box(100, 0)])) == 0


@pytest.mark.parametrize(("width", "is_found", "is_thin"), [(0.3, True, True), (1.5, True, False), (2.5, False, None)])
def test_a_crack_between_neighbours_counts_up_to_two_metres(width, is_found, is_thin):
    found = topology.gaps([box(0, 0), box(SIDE + width, 0), box(0, SIDE)])
    assert len(found) == is_found
    if is_found:
        assert found.area_m2[0] == pytest.approx(width * SIDE, rel=0.05)
        assert bool(found.is_thin[0]) is is_thin
        assert set(found.neighbours[0]) >= {0, 1}


@given(st.sets(st.sampled_from([5, 6, 9, 10]), max_size=2), st.sets(st.integers(0, 15), max_size=3))
def test_exactly_the_seeded_defects_are_found(missing, moved):
    """Inner cells left out are gaps where they lie apart; a cell pushed 5 m east overlaps its eastern neighbour."""
    moved -= missing
    zones = [None if i in missing else box(i % 4 * SIDE + (5 if i in moved else 0), i // 4 * SIDE) for i in range(16)]
    shared = topology.overlaps(zones)
    pairs = {(int(a), int(b)) for a, b in zip(shared.first, shared.second, strict=True)}
    assert pairs == {(i, i + 1) for i in moved if i % 4 < 3 and i + 1 not in missing and i + 1 not in moved}
    assert shared.area_m2 == pytest.approx([5 * SIDE] * len(pairs))
    left_m2 = topology.gaps(zones).area_m2.sum() if len(zones) else 0.0
    whole = shapely.union_all([z for z in zones if z is not None]).buffer(1e-6)  # corners that meet close ground in too
    holes_m2 = sum(shapely.Polygon(h).area for part in shapely.get_parts(whole) for h in part.interiors)
    assert left_m2 == pytest.approx(holes_m2, abs=0.1)


@pytest.mark.parametrize(("points", "code"), [
    ([(0, 0), (0.002, 0), (0, 0.002), (0.002, 0.002), (0, 0)], "ring_crosses_itself"),
    ([(0, 0), (0.002, 0), (0.002, 0.002), (0.001, 0), (0, 0.002), (0, 0)], "ring_touches_itself"),
])  # fmt: skip
def test_a_broken_ring_is_told_with_its_place_and_mended(points, code):
    broken = shapely.Polygon([(120.8 + x, 29.58 + y) for x, y in points])
    good = shapely.box(120.9, 29.5, 120.901, 29.501)
    ((row, found, at),) = topology.faults([good, broken])
    assert (row, found) == (1, code)
    assert at is not None
    assert 120.8 <= at[0] <= 120.802
    assert topology.sound([broken])[0].is_valid
    mended = repairs.mended(broken)
    assert mended.is_valid
    assert area_m2(mended) > 1000


def test_ground_outside_the_street_is_found_and_a_shared_border_is_not():
    street = box(0, 0, 1000, 1000)
    zones = [box(0, 0), box(950, 0), box(960, 500, 40.3, 100), box(2000, 0), box(0, 300)]
    found = topology.outside(zones, [street], [0, 0, 0, -1, 0])
    assert found.zone.tolist() == [1]
    assert found.area_m2.tolist() == pytest.approx([50 * SIDE])


# -- repairs -------------------------------------------------------------------------------------------------------


def degrees(*polygons: shapely.Polygon) -> list[shapely.Polygon]:
    """In lon/lat at seven decimals, as zones are kept."""
    return list(shapely.transform(unproject(np.array(polygons, dtype=object)), lambda at: np.round(at, 7)))


def test_a_clipped_zone_no_longer_overlaps_and_keeps_the_rest():
    zone, other = degrees(box(0, 0), box(90, 0))
    left = repairs.clipped(zone, [other])
    assert len(topology.overlaps(project(np.array([left, other], dtype=object)))) == 0
    assert area_m2(left) == pytest.approx(90 * SIDE, rel=1e-3)


def test_a_zone_that_lies_wholly_in_the_other_cannot_give_way():
    inner, outer = degrees(box(10, 10, 20, 20), box(0, 0))
    assert repairs.clipped(inner, [outer]) is None


@given(st.floats(0.1, 1.9), st.floats(-3, 3))
@example(0.421875, 0.0)  # its corners, moved onto the neighbours', fold it
def test_a_merged_gap_is_gone_and_takes_nothing_from_the_others(width, tilt):
    one, other = degrees(box(0, 0), shapely.affinity.skew(box(SIDE + width, 0), ys=tilt))
    third = degrees(box(0, SIDE))[0]
    metres = project(np.array([one, other, third], dtype=object))
    gap = topology.gaps(metres)
    for i, along in enumerate(gap.neighbours):
        taker = along[0]
        zones = [one, other, third]
        others = [zone for j, zone in enumerate(zones) if j != taker]
        grown = repairs.merged(zones[taker], unproject(gap.piece[i]), others)
        assert grown.is_valid
        assert grown.geom_type == "Polygon"
        assert area_m2(grown) == pytest.approx(area_m2(zones[taker]) + gap.area_m2[i], rel=2e-3)
        after = project(np.array([grown, *others], dtype=object))
        assert len(topology.overlaps(after)) == len(topology.overlaps(metres))


def test_the_plot_of_a_building_holds_it_and_meets_a_zone_that_stands_close():
    roof, near = degrees(box(0, 0, 12, 10), box(16.5, -20, 50, 50))
    at = shapely.get_coordinates(roof.centroid)[0]
    plot = repairs.plot_of(roof, tuple(at), [near])
    assert plot.covers(roof)
    both = project(np.array([plot, near], dtype=object))
    assert len(topology.overlaps(both)) == 0
    assert len(topology.gaps(both)) == 0
    assert area_m2(plot) < 600


def test_a_building_whose_place_lies_in_a_zone_has_no_plot():
    roof, zone = degrees(box(0, 0, 12, 10), box(-20, -20, 50, 50))
    assert repairs.plot_of(roof, tuple(shapely.get_coordinates(roof.centroid)[0]), [zone]) is None
