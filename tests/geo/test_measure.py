"""Areas and distances against the ellipsoid and against each other."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo import measure

GEOD = Geod(ellps="WGS84")
SHENGZHOU = st.tuples(st.floats(120.4, 121.15), st.floats(29.3, 29.85))


@st.composite
def stars(draw):
    """A sound polygon of 20 m to 2 km around a place in the county: points in order of their bearing."""
    lon, lat = draw(SHENGZHOU)
    size = draw(st.floats(20, 2000)) / 111_000
    radii = np.array(draw(st.lists(st.floats(0.3, 1.0), min_size=4, max_size=40)))
    turn = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    return shapely.Polygon(np.stack([lon + size * radii * np.cos(turn), lat + size * radii * np.sin(turn)], axis=1))


def test_a_known_point_lands_on_its_easting_and_northing():
    point = measure.project(shapely.Point(120.8, 29.58))
    assert point.x == pytest.approx(577_513.285, abs=0.001)
    assert point.y == pytest.approx(3_273_823.995, abs=0.001)


@given(stars())
def test_area_is_the_ellipsoids_within_three_parts_in_ten_thousand(polygon):
    geodesic_m2 = abs(GEOD.geometry_area_perimeter(polygon)[0])
    assert measure.area_m2(polygon) == pytest.approx(geodesic_m2, rel=3.2e-4)
    assert measure.area_m2(polygon) > geodesic_m2 * (1 - 1e-6)  # 4549 reads larger everywhere off its meridian


@given(stars(), st.integers(0, 39), st.booleans())
def test_area_ignores_where_the_ring_starts_and_which_way_it_runs(polygon, start, backwards):
    ring = np.roll(np.array(polygon.exterior.coords)[:-1], -start, axis=0)
    turned = shapely.Polygon(ring[::-1] if backwards else ring)
    assert measure.area_m2(turned) == pytest.approx(measure.area_m2(polygon), rel=1e-9)
    assert measure.area_and_perimeter(turned) == pytest.approx(measure.area_and_perimeter(polygon), rel=1e-9)
    assert measure.area_and_perimeter(polygon)[0] == measure.area_m2(polygon)


@given(stars())
def test_projection_comes_back_to_the_same_place(polygon):
    there_and_back = measure.unproject(measure.project(polygon))
    assert np.abs(shapely.get_coordinates(there_and_back) - shapely.get_coordinates(polygon)).max() < 1e-9


def test_a_hole_is_taken_off_and_an_array_gives_an_array():
    outer, inner = shapely.box(120.80, 29.60, 120.81, 29.61), shapely.box(120.802, 29.602, 120.804, 29.604)
    areas = measure.area_m2(np.array([outer, inner, outer - inner, shapely.Polygon(), None], dtype=object))
    assert areas[2] == pytest.approx(areas[0] - areas[1], rel=1e-9)
    assert areas[3] == 0
    assert np.isnan(areas[4])


@given(SHENGZHOU, st.floats(0, 360), st.floats(0.1, 5000))
def test_distance_is_the_length_of_the_step_taken(place, azimuth, metres):
    lon, lat, _ = GEOD.fwd(*place, azimuth, metres)
    assert measure.distance_m(*place, lon, lat) == pytest.approx(metres, abs=1e-6)


@given(SHENGZHOU, st.floats(0, 360), st.floats(1, 5000))
def test_a_box_around_a_place_holds_every_point_in_reach(place, azimuth, metres):
    lon, lat, _ = GEOD.fwd(*place, azimuth, metres)
    west, south, east, north = measure.box_around(*place, metres)
    assert west <= lon <= east
    assert south <= lat <= north
    assert measure.distance_m(west, place[1], east, place[1]) < 2 * metres * 1.02


def test_distances_broadcast_and_unknown_stays_unknown():
    metres = measure.distance_m(120.8, 29.6, np.array([120.8, 120.81, np.nan]), 29.6)
    assert metres[0] == 0
    assert metres[1] == pytest.approx(968, abs=1)
    assert np.isnan(metres[2])


def test_distance_to_a_polygon_is_zero_inside_and_metres_outside():
    yard = shapely.box(120.80, 29.60, 120.81, 29.61)
    assert measure.distance_to_m(yard, 120.805, 29.605) == 0
    assert measure.distance_to_m(yard, 120.811, 29.605) == pytest.approx(96.8, abs=0.2)


def test_a_grown_polygon_reaches_as_far_as_was_asked():
    yard = shapely.box(120.80, 29.60, 120.81, 29.61)
    assert measure.distance_to_m(measure.buffered(yard, 30), 120.8111, 29.605) == pytest.approx(76.5, abs=0.5)


def test_bounds_of_nothing_is_none_and_a_label_lies_inside():
    bent = shapely.Polygon([(120, 29), (120.1, 29), (120.1, 29.01), (120.01, 29.01), (120.01, 29.1), (120, 29.1)])
    assert measure.bounds([shapely.Polygon(), None]) is None
    assert measure.bounds([bent, shapely.Point(121, 30)]) == (120, 29, 121, 30)
    assert shapely.intersects_xy(bent, *measure.label_point(bent))


def test_a_strip_gives_its_width():
    assert measure.mean_width_m(shapely.box(0, 0, 1000, 0.4)) == pytest.approx(0.4, rel=1e-3)
    assert measure.mean_width_m(shapely.Polygon()) == 0
