"""Split, merge, clip and gaps: nothing is lost, nothing overlaps, neighbours do not move."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.edits import BadEdit, clip, left_over, merge, narrow_gaps, split, with_corners
from geo.measure import area_and_perimeter, area_m2, project

LON, LAT, M = 120.82, 29.59, 1 / 111_000


def at(x_m: float, y_m: float) -> tuple[float, float]:
    return round(LON + x_m * M, 7), round(LAT + y_m * M, 7)


def box(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    return shapely.Polygon([at(x, y), at(x + width, y), at(x + width, y + height), at(x, y + height)])


@st.composite
def zones(draw) -> shapely.Polygon:
    """A star-shaped zone of 5 to 30 corners, 60 to 300 m wide, sometimes with a court in its middle."""
    n = draw(st.integers(5, 30))
    radii = draw(st.lists(st.floats(30, 150), min_size=n, max_size=n))
    ring = [at(r * math.cos(2 * math.pi * i / n), r * math.sin(2 * math.pi * i / n)) for i, r in enumerate(radii)]
    court = draw(st.booleans())
    holes = [[at(-4, -4), at(-4, 4), at(4, 4), at(4, -4)]] if court else []
    zone = shapely.Polygon(ring, holes)
    return zone if zone.is_valid else shapely.Polygon(ring)


@st.composite
def lines(draw) -> list[tuple[float, float]]:
    """A line of two or three places right through the middle of it."""
    turn = draw(st.floats(0, math.pi))
    off = draw(st.floats(-15, 15))
    middle = draw(st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)), max_size=1))
    far = 400 * math.cos(turn), 400 * math.sin(turn)
    return [at(-far[0], -far[1] + off), *[at(x, y) for x, y in middle], at(far[0], far[1] + off)]


@given(zones(), lines())
@settings(max_examples=150, deadline=None)
def test_the_pieces_of_a_split_are_apart_make_up_the_zone_and_merge_into_it_again(zone, line):
    one, two = split(zone, line)
    near = 0.02 * area_and_perimeter(zone)[1]  # new corners on the border are rounded to the centimetre
    assert shapely.is_valid([one, two]).all()
    assert float(area_m2(shapely.intersection(one, two))) < 0.02 * area_and_perimeter(one)[1]
    assert float(area_m2(one)) + float(area_m2(two)) == pytest.approx(float(area_m2(zone)), abs=near)
    again = merge(one, two)
    assert again.is_valid
    assert float(area_m2(shapely.symmetric_difference(again, zone))) < near


def test_a_split_gives_both_sides_the_same_corners_on_the_cut():
    one, two = split(box(0, 0, 100, 60), [at(40, -10), at(45, 30), at(40, 70)])
    shared = {tuple(p) for p in shapely.get_coordinates(one)} & {tuple(p) for p in shapely.get_coordinates(two)}
    assert len(shared) == 3
    assert area_m2(one) > area_m2(two)


def test_the_new_corners_appear_in_the_neighbour_and_nowhere_else():
    zone, beside, far = box(0, 0, 100, 60), box(0, 60, 100, 40), box(300, 0, 50, 50)
    pieces = split(zone, [at(40, -10), at(40, 75)])
    corners = shapely.get_coordinates(pieces)
    changed = with_corners(beside, corners)
    assert len(shapely.get_coordinates(changed)) == len(shapely.get_coordinates(beside)) + 1
    assert shapely.coverage_is_valid([*pieces, changed])
    assert not shapely.coverage_is_valid([*pieces, beside])
    assert with_corners(far, corners) is far


def test_a_line_across_a_zone_in_parts_cuts_what_it_meets():
    parts = shapely.MultiPolygon([box(0, 0, 100, 60), box(0, 100, 100, 60), box(200, 0, 10, 10)])
    one, two = split(parts, [at(40, -10), at(40, 200)])
    assert len(shapely.get_parts(one)) == 3
    assert len(shapely.get_parts(two)) == 2


def test_a_line_through_a_court_leaves_the_court_out():
    zone = box(0, 0, 100, 60).difference(box(30, 20, 20, 20))
    one, two = split(zone, [at(40, -10), at(40, 70)])
    assert float(area_m2(one)) + float(area_m2(two)) == pytest.approx(float(area_m2(zone)), rel=1e-4)
    assert not any(part.interiors for piece in (one, two) for part in shapely.get_parts(piece))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ([at(10, 10)], "line_too_short"),
        ([at(10, 10), at(10, 10)], "line_too_short"),
        ([], "line_too_short"),
        ([at(200, 0), at(200, 60)], "line_misses"),
        ([at(40, -10), at(40, 30)], "line_ends_inside"),
        ([at(30, 30), at(60, 30)], "line_ends_inside"),
        ([at(0, -20), at(0, 80)], "line_misses"),
    ],
)
def test_a_line_that_does_not_cut_is_told_why(line, code):
    with pytest.raises(BadEdit) as told:
        split(box(0, 0, 100, 60), line)
    assert told.value.code == code
    assert (told.value.at is None) == (not line)


def test_a_line_from_border_to_border_cuts_also_when_it_was_caught_a_hair_short():
    one, two = split(box(0, 0, 100, 60), [at(40, 0.004), at(40, 59.996)])
    assert float(area_m2(two)) == pytest.approx(0.4 * float(area_m2(box(0, 0, 100, 60))), rel=1e-3)
    assert one.is_valid


def test_merging_zones_across_a_road_keeps_two_parts_and_side_by_side_makes_one():
    assert merge(box(0, 0, 50, 50), box(50, 0, 50, 50)).geom_type == "Polygon"
    assert merge(box(0, 0, 50, 50), box(62, 0, 50, 50)).geom_type == "MultiPolygon"


def test_a_redrawn_zone_clipped_to_its_neighbours_lies_edge_on_edge_and_moves_none_of_them():
    rng = np.random.default_rng(7)
    around = [box(-100, 0, 100, 100), box(100, 0, 100, 100), box(0, 100, 100, 100), box(0, -100, 100, 100)]
    around += [box(-100, -100, 100, 100), box(100, -100, 100, 100), box(-100, 100, 100, 100), box(100, 100, 100, 100)]
    for _ in range(20):
        ring = [at(*(p + rng.normal(0, 0.25, 2))) for p in np.array([(0, 0), (50, 0), (100, 0), (100, 100), (0, 100)])]
        mine = clip(shapely.Polygon(ring), around)
        assert mine.is_valid
        assert float(area_m2(mine)) == pytest.approx(float(area_m2(box(0, 0, 100, 100))), abs=2)
        for neighbour in around:
            assert float(area_m2(shapely.intersection(mine, neighbour))) < 0.5
        assert narrow_gaps(mine, around) == []


def test_a_zone_that_its_neighbours_cover_wholly_has_nothing_left():
    with pytest.raises(BadEdit, match="nothing_left"):
        clip(box(10, 10, 20, 20), [box(0, 0, 100, 100)])
    assert clip(box(0, 0, 10, 10), []).equals(box(0, 0, 10, 10))


def test_a_strip_between_zones_is_a_gap_and_a_road_is_none():
    zone, beside, over_the_road = box(0, 0, 100, 60), box(100.8, 0, 80, 60), box(0, 72, 100, 60)
    found = narrow_gaps(zone, [beside, over_the_road])
    assert len(found) == 1
    assert float(area_m2(found[0])) == pytest.approx(0.8 * math.cos(math.radians(LAT)) * 60, rel=0.02)
    assert narrow_gaps(zone, []) == []


def test_what_an_older_line_held_and_nobody_has_now_is_left_over():
    found = left_over(box(0, 0, 100, 60), [box(0, 0, 70, 60), box(90, 0, 50, 60)])
    assert len(found) == 1
    assert float(shapely.area(project(found[0]))) == pytest.approx(20 * 60, rel=0.15)
    assert left_over(box(0, 0, 100, 60), [box(0, 0, 99.8, 60)]) == []
