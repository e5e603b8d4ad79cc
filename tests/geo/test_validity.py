"""What someone may draw wrong, and which word and place the checker finds for it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import validity
from geo.validity import BadGeometry, check_polygon, polygon_from_geojson

SQUARE = [[120.80, 29.60], [120.81, 29.60], [120.81, 29.61], [120.80, 29.61], [120.80, 29.60]]
HOLE = [[120.802, 29.602], [120.804, 29.602], [120.804, 29.604], [120.802, 29.604], [120.802, 29.602]]
SMALL_HOLE = [[120.8025, 29.6025], [120.803, 29.6025], [120.803, 29.603], [120.8025, 29.6025]]
WAIST = [120.81, 29.605]
PINCHED = [[120.80, 29.60], [120.82, 29.60], WAIST, [120.82, 29.61], [120.80, 29.61], WAIST, [120.80, 29.60]]
EIGHT = [[120.80, 29.60], [120.82, 29.62], [120.82, 29.60], [120.80, 29.62], [120.80, 29.60]]


def moved(ring, lon=0.0, lat=0.0):
    return [[x + lon, y + lat] for x, y in ring]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def multi(*parts):
    return {"type": "MultiPolygon", "coordinates": [list(rings) for rings in parts]}


FAULTS = {
    "not_a_polygon": [
        {"type": "Point", "coordinates": [120, 29]},
        {"type": "polygon", "coordinates": [SQUARE]},
        {"type": "Feature", "geometry": None, "properties": {}},
        {"type": "FeatureCollection", "features": []},
        [SQUARE],
        "Polygon",
        None,
    ],
    "coordinates_malformed": [
        {"type": "Polygon"},
        polygon(),
        multi([]),
        polygon(SQUARE[0]),
        polygon([["120.8", "29.6"], *SQUARE[1:]]),
        polygon([[True, False], *SQUARE[1:]]),
        polygon([[120.8], *SQUARE[1:]]),
        polygon([[120.8, 29.6, 1, 2, 3], *SQUARE[1:]]),
        polygon([None, *SQUARE[1:]]),
        {"type": "Polygon", "coordinates": {"0": SQUARE}},
        {"type": "MultiPolygon", "coordinates": [SQUARE]},
    ],
    "too_many_points": [polygon([[120.8, 29.6]] * 200_001), multi(*[[[[120.8, 29.6]] * 100_001]] * 2)],
    "not_finite": [
        polygon([[float("nan"), 29.6], *SQUARE[1:]]),
        polygon([[float("inf"), 29.6], *SQUARE[1:]]),
        polygon([[10**400, 29.6], *SQUARE[1:]]),
    ],
    "not_degrees": [polygon([[577513 + dx, 3273823 + dy] for dx, dy in [(0, 0), (50, 0), (50, 50), (0, 50), (0, 0)]])],
    "lonlat_swapped": [polygon([[lat, lon] for lon, lat in SQUARE])],
    "out_of_range": [polygon(moved(SQUARE, lon=200)), polygon(moved(SQUARE, lat=75))],
    "ring_open": [polygon(SQUARE[:-1]), polygon(SQUARE, HOLE[:-1])],
    "ring_too_short": [
        polygon([]),
        polygon([SQUARE[0], SQUARE[1], SQUARE[0]]),
        polygon([SQUARE[0]] * 5),
        polygon(moved([[0, 0], [4e-8, 0], [4e-8, 4e-8], [0, 0]], 120.8, 29.6)),  # half a centimetre
    ],
    "no_area": [
        polygon([[120.8, 29.6], [120.81, 29.6], [120.82, 29.6], [120.8, 29.6]]),
        polygon(moved([[0, 0], [4e-6, 0], [4e-6, 4e-6], [0, 0]], 120.8, 29.6)),  # 40 cm
        polygon(SQUARE, [[120.802, 29.602], [120.804, 29.602], [120.806, 29.602], [120.802, 29.602]]),
    ],
    "ring_crosses_itself": [
        polygon(EIGHT),
        polygon([SQUARE[0], SQUARE[1], [120.80, 29.608], [120.81, 29.61], SQUARE[0]]),
        polygon(SQUARE, [HOLE[0], HOLE[1], [120.802, 29.6035], HOLE[2], HOLE[0]]),
    ],
    "ring_touches_itself": [polygon(PINCHED)],
    "rings_cross": [polygon(SQUARE, moved(HOLE, lon=0.007)), polygon(SQUARE, SQUARE)],
    "hole_outside_shell": [polygon(SQUARE, moved(HOLE, lon=0.02))],
    "hole_inside_hole": [polygon(SQUARE, HOLE, SMALL_HOLE)],
    "interior_split": [
        polygon(SQUARE, [[120.80, 29.605], [120.805, 29.603], [120.81, 29.605], [120.805, 29.607], [120.80, 29.605]])
    ],
    "part_inside_part": [multi([SQUARE], [HOLE])],
    "parts_overlap": [multi([SQUARE], [moved(SQUARE, lon=0.005)]), multi([SQUARE], [moved(SQUARE, lon=0.01)])],
}


@pytest.mark.parametrize(("code", "number"), [(code, n) for code, sent in FAULTS.items() for n in range(len(sent))])
def test_each_fault_gets_its_own_word(code, number):
    with pytest.raises(BadGeometry) as refused:
        polygon_from_geojson(FAULTS[code][number])
    assert refused.value.code == code


def test_every_code_is_reached_by_some_drawing():
    assert set(FAULTS) | {"outside_city", "partly_outside_city"} == validity.CODES


def test_a_crossing_is_shown_where_it_is():
    with pytest.raises(BadGeometry) as refused:
        polygon_from_geojson(polygon(EIGHT))
    assert refused.value.at == pytest.approx((120.81, 29.61), abs=1e-6)


def test_a_polygon_beyond_the_city_is_refused_and_one_on_its_border_is_not():
    city = shapely.box(120.8, 29.6, 120.9, 29.7)
    for shift, code in [(-0.02, "outside_city"), (-0.005, "partly_outside_city")]:
        with pytest.raises(BadGeometry) as refused:
            polygon_from_geojson(polygon(moved(SQUARE, lon=shift)), city=city)
        assert refused.value.code == code
        assert not shapely.intersects_xy(city, *refused.value.at)
    inside = polygon_from_geojson(polygon(moved(SQUARE, lon=-0.000005)), city=city)  # 0.05 % of it sticks out
    assert inside.area > 0


def test_a_feature_in_any_order_with_heights_comes_back_plain_and_anticlockwise():
    ring = [[lon, lat, 31.5] for lon, lat in SQUARE[::-1]]
    found = polygon_from_geojson({"type": "Feature", "properties": {}, "geometry": polygon(ring, HOLE)})
    assert found.exterior.is_ccw
    assert not found.interiors[0].is_ccw
    assert not found.has_z
    assert found.equals(shapely.Polygon(SQUARE, [HOLE]))


def test_a_mapping_made_in_python_with_tuples_is_read_too():
    drawn = shapely.MultiPolygon([shapely.Polygon(SQUARE, [HOLE]), shapely.Polygon(moved(SQUARE, lon=0.02))])
    assert polygon_from_geojson(shapely.geometry.mapping(drawn)).equals(drawn)


def test_parts_that_meet_in_one_corner_are_sound():
    found = polygon_from_geojson(multi([SQUARE], [moved(SQUARE, lon=0.01, lat=0.01)]))
    assert len(found.geoms) == 2


@given(st.lists(st.floats(0.2, 1.0), min_size=3, max_size=60), st.floats(1e-4, 1e-2))
def test_a_sound_drawing_is_kept_to_the_centimetre_and_a_second_check_changes_nothing(radii, size):
    turn = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    points = np.stack([120.8 + size * np.array(radii) * np.cos(turn), 29.6 + size * np.array(radii) * np.sin(turn)], 1)
    drawn = shapely.Polygon(points)
    found = polygon_from_geojson(json.loads(shapely.to_geojson(drawn)))
    assert shapely.hausdorff_distance(found, drawn) <= 1e-7
    again = polygon_from_geojson(json.loads(shapely.to_geojson(found)))
    assert shapely.equals_exact(again, found)
    check_polygon(found)


def test_a_point_or_an_empty_polygon_from_a_file_is_refused():
    for geometry, code in [(shapely.Point(120, 29), "not_a_polygon"), (shapely.Polygon(), "no_area")]:
        with pytest.raises(BadGeometry) as refused:
            check_polygon(geometry)
        assert refused.value.code == code


def test_every_broken_file_is_read_or_refused_with_a_known_word(real):
    """Anything else than BadGeometry would reach the user as a crash."""
    folder = real("badgeom")
    seen: dict[str, int] = {}
    for path in sorted(folder.rglob("*.geojson")):
        try:
            body = json.loads(path.read_text("utf-8"))
        except ValueError:
            continue  # not JSON: refused before geometry is looked at
        for feature in body.get("features", [body]) if isinstance(body, dict) else [body]:
            try:
                word = "sound" if polygon_from_geojson(feature).is_valid else "unsound"
            except BadGeometry as refused:
                word = refused.code
            seen[word] = seen.get(word, 0) + 1
    assert "unsound" not in seen
    assert {"sound", "not_a_polygon", "ring_crosses_itself"} <= seen.keys()
