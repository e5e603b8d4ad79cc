"""Datum conversion against published points, against itself, and at the edges of its box."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import datum
from geo.measure import distance_m

PAIRS = [
    ("WGS84", "GCJ02", datum.wgs84_to_gcj02),
    ("GCJ02", "WGS84", datum.gcj02_to_wgs84),
    ("GCJ02", "BD09", datum.gcj02_to_bd09),
    ("BD09", "GCJ02", datum.bd09_to_gcj02),
    ("WGS84", "BD09", datum.wgs84_to_bd09),
    ("BD09", "WGS84", datum.bd09_to_wgs84),
]
ROUND_TRIPS = [
    (datum.wgs84_to_gcj02, datum.gcj02_to_wgs84),
    (datum.gcj02_to_bd09, datum.bd09_to_gcj02),
    (datum.wgs84_to_bd09, datum.bd09_to_wgs84),
]


@pytest.mark.parametrize(("source", "target", "convert"), PAIRS)
def test_38_city_centres_come_out_within_a_metre(real, source, target, convert):
    rows = json.loads(real("datum/gcoord_sample38.json").read_text())
    given_, wanted = (np.array([row["coords"][key] for row in rows]) for key in (source, target))
    lon, lat = convert(given_[:, 0], given_[:, 1])
    off_m = distance_m(lon, lat, wanted[:, 0], wanted[:, 1])
    assert len(rows) == 38
    assert off_m.max() < 1.0
    assert distance_m(*given_.T, *wanted.T).min() > 100  # the points really differ: a copy would not pass


def test_a_second_set_of_gcj_points_comes_out_within_a_metre(real):
    rows = json.loads(real("datum/eviltransform_vectors.json").read_text())["wgs_gcj(lat,lon)"]
    for lat, lon, gcj_lat, gcj_lon in rows:
        assert distance_m(*datum.wgs84_to_gcj02(lon, lat), gcj_lon, gcj_lat) < 1.0


def test_two_baidu_points_differ_only_by_the_known_slip_of_their_source(real, monkeypatch):
    """That library once used pi where Baidu's formula has 3000 pi / 180 (googollee/eviltransform issue 43): 10 to 40 m
    off. With its slip put in, its points come out; without it, the 38 city centres do."""
    rows = json.loads(real("datum/eviltransform_vectors.json").read_text())["bd_wgs(lat,lon)"]
    right = [distance_m(*datum.bd09_to_wgs84(lon, lat), w_lon, w_lat) for lat, lon, w_lat, w_lon in rows]
    monkeypatch.setattr(datum, "BAIDU_TURN", np.pi)
    slipped = [distance_m(*datum.bd09_to_wgs84(lon, lat), w_lon, w_lat) for lat, lon, w_lat, w_lon in rows]
    assert max(slipped) < 2.0  # its inverse is a single step, which leaves 1 to 2 m
    assert min(right) > 5.0


def test_shengzhou_moves_by_about_494_metres():
    assert distance_m(*datum.wgs84_to_gcj02(120.8, 29.6), 120.8, 29.6) == pytest.approx(494, abs=1)


@pytest.mark.parametrize(("there", "back"), ROUND_TRIPS)
@given(lon=st.floats(73.5, 135.0), lat=st.floats(3.0, 53.5))
def test_there_and_back_closes_to_a_tenth_of_a_millimetre(there, back, lon, lat):
    assert distance_m(*back(*there(lon, lat)), lon, lat) < 1e-4
    assert distance_m(*there(*back(lon, lat)), lon, lat) < 1e-4


@pytest.mark.parametrize(("_s", "_t", "convert"), PAIRS)
def test_outside_the_box_and_unknown_numbers_pass_through(_s, _t, convert):
    lon = np.array([2.35, -74.0, 140.0, np.nan, 120.0, np.inf, 120.0])
    lat = np.array([48.86, 40.7, 35.7, 29.0, np.nan, 29.0, 0.5])
    out_lon, out_lat = convert(lon, lat)
    np.testing.assert_array_equal(out_lon, lon)
    np.testing.assert_array_equal(out_lat, lat)


def test_arrays_keep_their_shape_and_numbers_stay_numbers():
    lon, lat = np.full((2, 3), 120.8), np.full((2, 3), 29.6)
    for _, _, convert in PAIRS:
        out_lon, out_lat = convert(lon, lat)
        one_lon, one_lat = convert(120.8, 29.6)
        assert out_lon.shape == out_lat.shape == (2, 3)
        assert isinstance(one_lon, float)
        assert (out_lon == one_lon).all()
        assert (out_lat == one_lat).all()
    assert (lon == 120.8).all()  # the caller's array is not written to


def test_no_points_give_no_points():
    lon, lat = datum.bd09_to_wgs84([], [])
    assert lon.shape == lat.shape == (0,)
