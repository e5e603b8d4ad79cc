"""Managed share counted by hand, and the difference between nothing and not known."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.coverage import BuildingsByZone, buildings_by_zone, managed_coverage, total
from geo.locate import PlaceIndex
from geo.measure import area_m2

WEST_STREET, EAST_STREET = shapely.box(120.80, 29.60, 120.82, 29.62), shapely.box(120.82, 29.60, 120.84, 29.62)
NAN = float("nan")


def buildings(*rows):
    """(unit, is_residential, households, zone_count, mode) a building."""
    unit, residential, households, count, mode = zip(*rows, strict=True) if rows else [()] * 5
    return BuildingsByZone(
        np.array(unit, dtype=np.intp),
        np.array(residential, dtype=bool),
        np.array(households, dtype=float),
        np.array(count, dtype=np.intp),
        np.array(mode, dtype=object),
    )


def test_each_kind_of_building_is_counted_under_its_own_name():
    rows = buildings(
        (0, True, 60, 1, "professional"),
        (0, True, 30, 1, "trusteeship"),
        (0, True, 20, 1, "unmanaged"),
        (0, True, 10, 1, None),  # a zone without a mode has no management either
        (0, True, 5, 0, None),
        (0, True, 40, 2, None),
        (0, True, NAN, 1, "soe_backstop"),
        (0, False, NAN, 1, "professional"),  # a school
        (-1, True, 99, 1, "professional"),  # in no street
    )
    row, other = managed_coverage(rows, [WEST_STREET, EAST_STREET], [], [])
    assert (row.buildings_known, row.buildings, row.buildings_managed) == (8, 7, 3)
    assert (row.buildings_in_unmanaged_zone, row.buildings_in_no_zone, row.buildings_in_several_zones) == (2, 1, 1)
    assert (row.households, row.households_managed, row.buildings_without_households) == (165, 90, 1)
    assert row.building_share == 3 / 7
    assert row.household_share == 90 / 165
    assert not other.is_surveyed


def test_buildings_are_looked_up_in_their_street_and_zones():
    streets = PlaceIndex(["w", "e"], [WEST_STREET, EAST_STREET])
    shapes = [shapely.box(120.80, 29.60, 120.83, 29.61), shapely.box(120.825, 29.60, 120.84, 29.62)]
    zones = PlaceIndex(["z9", "z1"], shapes)
    lons, lats = [120.81, 120.828, 120.835, 120.81, 121.5], [29.605, 29.605, 29.615, 29.615, 29.6]
    found = buildings_by_zone(
        streets, zones, ["professional", "unmanaged"], lons, lats, [True, True, True, False, True], [10, 20, NAN, 0, 5]
    )
    assert found.unit.tolist() == [0, 1, 1, 0, -1]
    assert found.zone_count.tolist() == [1, 2, 1, 0, 0]
    assert found.mode.tolist() == ["professional", None, "unmanaged", None, None]
    west, east = managed_coverage(found, [WEST_STREET, EAST_STREET], shapes, ["professional", "unmanaged"])
    assert (west.building_share, east.building_share) == (1.0, 0.0)
    assert (east.buildings_in_several_zones, east.buildings_in_unmanaged_zone) == (1, 1)


def test_a_street_nobody_surveyed_has_no_rate_and_a_street_without_management_has_zero():
    unmanaged, unknown = managed_coverage(
        buildings((0, True, 12, 1, "unmanaged")), [WEST_STREET, EAST_STREET], [WEST_STREET], ["unmanaged"]
    )
    assert (unmanaged.building_share, unmanaged.household_share, unmanaged.area_share) == (0.0, 0.0, 0.0)
    assert unmanaged.is_surveyed
    assert (unknown.building_share, unknown.household_share) == (None, None)
    assert not unknown.is_surveyed


def test_a_street_with_only_a_school_is_surveyed_but_has_no_housing_rate():
    (row,) = managed_coverage(buildings((0, False, NAN, 0, None)), [WEST_STREET], [], [])
    assert row.is_surveyed
    assert row.building_share is None


def test_managed_ground_is_cut_at_the_street_and_counted_once():
    zones = [
        shapely.box(120.81, 29.60, 120.83, 29.61),  # half in each street
        shapely.box(120.81, 29.605, 120.82, 29.615),  # overlaps the first
        shapely.box(120.80, 29.60, 120.81, 29.62),  # no management
        shapely.box(120.83, 29.60, 120.84, 29.61),  # mode not recorded
    ]
    # a side of 2 km is straight in degrees or straight in metres: 31 m2 apart here, so two parts in 100,000
    west, east = managed_coverage(
        buildings(), [WEST_STREET, EAST_STREET], zones, ["professional", "soe_backstop", "unmanaged", None]
    )
    assert west.managed_area_m2 == pytest.approx(area_m2(shapely.box(120.81, 29.60, 120.82, 29.615)), rel=3e-5)
    assert east.managed_area_m2 == pytest.approx(area_m2(shapely.box(120.82, 29.60, 120.83, 29.61)), rel=3e-5)
    assert west.area_share == pytest.approx(0.375, rel=1e-3)
    assert east.area_m2 == pytest.approx(area_m2(EAST_STREET))


def test_a_total_is_of_sums_and_not_a_mean_of_rates():
    rows = managed_coverage(
        buildings((0, True, 100, 1, "professional"), *[(1, True, 1, 0, None)] * 3), [WEST_STREET, EAST_STREET], [], []
    )
    city = total(rows)
    assert city.building_share == 1 / 4
    assert city.household_share == 100 / 103
    assert city.area_m2 == pytest.approx(rows[0].area_m2 + rows[1].area_m2)
    assert total([]).building_share is None


@given(
    st.lists(
        st.tuples(
            st.integers(-1, 1),
            st.booleans(),
            st.one_of(st.integers(0, 500), st.just(NAN)),
            st.integers(0, 3),
            st.sampled_from(["professional", "unmanaged", "self_managed", None]),
        ),
        max_size=30,
    )
)
def test_the_four_kinds_add_up_and_no_rate_leaves_its_bounds(rows):
    for row in managed_coverage(buildings(*rows), [WEST_STREET, EAST_STREET], [], []):
        kinds = row.buildings_managed + row.buildings_in_unmanaged_zone
        kinds += row.buildings_in_no_zone + row.buildings_in_several_zones
        assert kinds == row.buildings <= row.buildings_known
        assert row.households_managed <= row.households
        for share in (row.building_share, row.household_share, row.area_share):
            assert share is None or 0 <= share <= 1
