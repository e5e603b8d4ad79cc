"""GeoJSON as outsiders read it: valid JSON, valid shapes, rounded, and thinned without gaps."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.geojson import feature_collection, geometry_to_geojson, simplified_coverage
from geo.measure import project
from geo.validity import polygon_from_geojson


def yards(count):
    west, south = np.meshgrid(120.7 + 0.0013 * np.arange(count), 29.5 + 0.0011 * np.arange(count))
    return shapely.box(west.ravel(), south.ravel(), west.ravel() + 0.0009, south.ravel() + 0.0007)


def test_eight_thousand_buildings_come_back_as_they_went_in():
    shapes = yards(90)[:8000]
    body = feature_collection(range(8000), shapes, [{"name": f"{i}幢", "households": i} for i in range(8000)])
    read = json.loads(body)
    assert read["type"] == "FeatureCollection"
    assert [f["id"] for f in read["features"]] == list(range(8000))
    assert read["features"][7]["properties"] == {"name": "7幢", "households": 7}
    back = shapely.from_geojson(body)
    assert shapely.hausdorff_distance(np.array(back.geoms), shapes).max() < 1e-6
    assert b" " not in body
    assert len(body) / 8000 < 260  # names in UTF-8, no blanks, six decimals


def test_decimals_are_kept_to_what_was_asked():
    place = shapely.Point(120.123456789, 29.987654321)
    assert geometry_to_geojson(place) == {"type": "Point", "coordinates": [120.123457, 29.987654]}
    assert geometry_to_geojson(place, decimals=7)["coordinates"] == [120.1234568, 29.9876543]


def test_a_stored_vertex_survives_seven_decimals_exactly():
    stored = polygon_from_geojson(geometry_to_geojson(shapely.Point(120.8, 29.6).buffer(0.003), decimals=15))
    served = geometry_to_geojson(stored, decimals=7)
    assert shapely.equals_exact(polygon_from_geojson(served), stored)


def test_nothing_becomes_null_and_awkward_values_stay_json():
    properties = [
        {"share": float("nan"), "deep": [1.5, float("inf"), {"x": np.float64("nan")}]},
        {
            "day": date(2026, 11, 23),
            "at": datetime(2026, 11, 23, 8, 5, tzinfo=UTC),
            "n": np.int64(3),
            "f": np.float32(0.5),
        },
        {"text": '"</script>\n\u2028 🏠', "array": np.array([1.0, np.nan]), "no": None, "yes": np.bool_(True)},
    ]
    shapes = [None, shapely.Polygon(), shapely.Point(120, 29)]
    read = json.loads(feature_collection(["a", "b", "c"], shapes, properties), parse_constant=pytest.fail)
    one, two, three = read["features"]
    assert one["geometry"] is None
    assert two["geometry"] is None
    assert one["properties"] == {"share": None, "deep": [1.5, None, {"x": None}]}
    assert two["properties"] == {"day": "2026-11-23", "at": "2026-11-23T08:05:00+00:00", "n": 3, "f": 0.5}
    assert three["properties"] == {"text": '"</script>\n\u2028 🏠', "array": [1.0, None], "no": None, "yes": True}
    assert geometry_to_geojson(None) is None


def test_what_json_cannot_say_and_lists_of_different_length_are_refused():
    with pytest.raises(TypeError, match="object"):
        feature_collection([1], [None], [{"x": object()}])
    with pytest.raises(ValueError, match="zip"):
        feature_collection([1, 2], [None], [{}])


def test_an_empty_layer_is_an_empty_collection():
    assert json.loads(feature_collection([], [], [])) == {"type": "FeatureCollection", "features": []}


def test_a_shape_smaller_than_the_last_decimal_is_still_a_shape():
    tiny = shapely.box(120, 29, 120.0000001, 29.0000001)
    assert len(geometry_to_geojson(tiny)["coordinates"][0]) == 5


def wavy_pair():
    """Two yards along one wavy border of 200 points."""
    lat = np.linspace(29.60, 29.61, 200)
    border = np.stack([120.81 + 2e-5 * np.sin(lat * 20_000), lat], axis=1)
    west = shapely.Polygon([(120.80, 29.60), *border, (120.80, 29.61)])
    east = shapely.Polygon([*border, (120.82, 29.61), (120.82, 29.60)])
    return [west, east]


def test_neighbours_lose_the_same_corners_and_no_gap_opens():
    thinned = simplified_coverage(wavy_pair(), tolerance_m=20)
    assert shapely.get_num_coordinates(thinned).sum() < 200
    assert shapely.coverage_is_valid(thinned)
    assert shapely.area(shapely.intersection(*thinned)) < 1e-12
    before, after = (shapely.union_all(project(np.array(pair))) for pair in (wavy_pair(), thinned))
    assert shapely.area(shapely.symmetric_difference(before, after)) / shapely.area(before) < 1e-3


def test_a_layer_that_overlaps_is_thinned_shape_by_shape():
    west, east = wavy_pair()
    layer = [west, shapely.box(120.805, 29.602, 120.815, 29.605), None, east]
    thinned = simplified_coverage(layer, tolerance_m=20)
    assert thinned[2] is None
    assert shapely.is_valid(thinned[[0, 1, 3]]).all()
    assert shapely.get_num_coordinates(thinned).sum() < shapely.get_num_coordinates(layer).sum() / 2


def test_the_demo_streets_thin_to_a_third_and_stay_a_coverage(real):
    streets = gpd.read_file(real("boundaries/demo_shengzhou/streets.geojson")).geometry.to_numpy()
    assert shapely.coverage_is_valid(streets)
    thinned = simplified_coverage(streets, tolerance_m=200)
    assert shapely.coverage_is_valid(thinned)
    assert shapely.get_num_coordinates(thinned).sum() < shapely.get_num_coordinates(streets).sum() * 0.4
    moved = shapely.area(shapely.symmetric_difference(thinned, streets)) / shapely.area(streets)
    assert moved.max() < 0.02
