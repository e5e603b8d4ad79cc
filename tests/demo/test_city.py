"""The sample city as a loader meets it: counts, true coverages, crossings on purpose, and the same city twice."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import shapely

from demo.city import SampleCity, build_city
from demo.pictures import KINDS as PICTURE_KINDS
from domain.policy.assets import load_assets
from domain.policy.catalogue import load_builtin
from domain.policy.departments import load_offices
from domain.policy.zones import load_zones
from domain.records import ROLES
from geo.division import divide
from geo.locate import PlaceIndex
from geo.measure import area_m2, distance_m

TODAY = date(2026, 11, 23)
DATA = Path(__file__).parents[2] / "demo" / "data"


@pytest.fixture(scope="module")
def city() -> SampleCity:
    return build_city(today=TODAY)


@pytest.fixture(scope="module")
def division(city):
    return divide(_shapes(city.zones), _shapes(city.grids), grids_are_a_coverage=True)


def _shapes(areas) -> np.ndarray:
    return np.array([area.geometry for area in areas])


def _real(file_name: str) -> dict[str, str]:
    with (DATA / file_name).open(encoding="utf-8-sig", newline="") as file:
        return {row["code"]: row["name"].removesuffix("委会") for row in csv.DictReader(file)}


def test_city_has_the_real_names_and_codes(city):
    assert {s.code: s.name for s in city.streets} == _real("shengzhou_streets_15.csv")
    real = _real("shengzhou_communities_villages_304.csv")
    named = {c.code: c.name.removesuffix("委会") for c in city.communities}
    assert named == real
    assert len(named) == 304


def test_counts_are_those_of_a_small_city(city):
    assert len(city.buildings) == 8000
    assert 380 <= len(city.zones) <= 450
    assert 270 <= len(city.unit_cells) <= 330
    assert len(city.records) == 300
    assert 36 <= len(city.assets) <= 60


@pytest.mark.parametrize("layer", ["streets", "communities", "grids", "unit_cells"])
def test_each_layer_is_a_true_coverage_of_single_polygons(city, layer):
    shapes = _shapes(getattr(city, layer))
    assert shapely.is_valid(shapes).all()
    assert set(shapely.get_type_id(shapes)) == {shapely.GeometryType.POLYGON}
    assert shapely.coverage_is_valid(shapes)
    xy = shapely.get_coordinates(shapes)
    assert (xy == np.round(xy, 7)).all()


@pytest.mark.parametrize("layer", ["streets", "communities", "grids"])
def test_each_layer_covers_the_county_and_nothing_else(city, layer):
    merged = shapely.coverage_union_all(_shapes(getattr(city, layer)))
    assert shapely.equals(merged, city.county)
    real = shapely.from_geojson((DATA / "county.geojson").read_text(encoding="utf-8"))
    assert shapely.area(shapely.symmetric_difference(city.county, real)) / shapely.area(real) < 1e-4


def test_grids_lie_in_their_community_and_communities_in_their_street(city):
    outer = {area.area_id: area for area in city.streets + city.communities}
    inner = [(g, outer[g.community_id]) for g in city.grids + city.unit_cells]
    inner += [(c, outer[c.street_id]) for c in city.communities]
    left = shapely.area(shapely.difference(_shapes([i for i, _ in inner]), _shapes([o for _, o in inner])))
    assert left.max() < 1e-15
    assert all(one.code.startswith(around.code) for one, around in inner)


def test_unit_cells_have_15_digits_and_about_a_hectare(city):
    codes = [cell.code for cell in city.unit_cells]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 15 and code.isdigit() and code.startswith("330683") for code in codes)
    assert 7_000 < np.median([cell.area_m2 for cell in city.unit_cells]) < 13_000


def test_urban_grids_have_300_to_500_households_and_are_smaller(city):
    urban = [grid for grid in city.grids if grid.kind == "urban"]
    rural = [grid for grid in city.grids if grid.kind == "rural"]
    assert len(urban) > 300
    assert all(300 <= grid.households <= 500 for grid in urban)
    assert all(grid.households > 0 for grid in rural)
    assert max(grid.area_m2 for grid in urban) < min(grid.area_m2 for grid in rural)


def test_areas_are_measured_in_metres(city):
    assert [a.area_m2 for a in city.areas] == pytest.approx(area_m2(_shapes(city.areas)).tolist())
    assert sum(s.area_m2 for s in city.streets) == pytest.approx(sum(g.area_m2 for g in city.grids), rel=1e-9)


def test_every_kind_and_mode_is_there_under_the_codes_of_the_policy(city):
    words = load_zones()
    assert {zone.kind for zone in city.zones} == set(words.kinds)
    assert {zone.mode for zone in city.zones} == set(words.modes)
    assert min(Counter(zone.mode for zone in city.zones).values()) >= 10


def test_at_least_40_zones_really_cross_grids_and_some_only_by_slivers(city, division):
    pieces = [division.share[division.rows_of(zone)] for zone in range(len(city.zones))]
    really = [(shares >= 0.005).sum() > 1 for shares in pieces]
    only_sliver = [len(shares) > 1 and (shares >= 0.005).sum() == 1 for shares in pieces]
    assert division.outside_share().max() == 0
    assert sum(really) >= 40
    assert sum(only_sliver) >= 15
    assert [zone.crosses_grids for zone in city.zones] == really


def test_zones_overlap_three_times_on_purpose_and_nowhere_else(city):
    shapes = _shapes(city.zones)
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = [(a, b) for a, b in zip(one, two, strict=True) if a < b]
    overlap = [area_m2(shapely.intersection(shapes[a], shapes[b])) for a, b in pairs]
    assert len([m2 for m2 in overlap if m2 > 0]) == 3
    assert min(overlap) > 100
    assert sum(zone.attributes["sample_intent"] == "overlap" for zone in city.zones) == 3


def test_every_building_says_where_a_fresh_look_finds_it(city):
    lon, lat = np.array([b.lon for b in city.buildings]), np.array([b.lat for b in city.buildings])
    points = shapely.points(lon, lat)
    for areas, key in ((city.grids, "grid_id"), (city.streets, "street_id"), (city.zones, "zone_id")):
        at, area = shapely.STRtree(_shapes(areas)).query(points, predicate="intersects")
        assert len(np.unique(at)) == len(at), "a building in two areas of one layer"
        found = dict(zip(at.tolist(), area.tolist(), strict=True))
        expected = [areas[found[i]].area_id if i in found else None for i in range(len(points))]
        assert [getattr(b, key) for b in city.buildings] == expected


def test_houses_stand_whole_in_their_zone_on_no_road_and_on_no_other_house(city):
    shapes = _shapes(city.buildings)
    zone_of = {zone.area_id: zone.geometry for zone in city.zones}
    inside = [i for i, b in enumerate(city.buildings) if b.zone_id]
    assert shapely.covers(np.array([zone_of[city.buildings[i].zone_id] for i in inside]), shapes[inside]).all()
    tree = shapely.STRtree(shapes)
    one, two = tree.query(shapes, predicate="intersects")
    assert (one == two).all()
    assert not len(tree.query(_shapes(city.roads), predicate="intersects")[0])


def test_some_homes_in_town_lie_in_no_zone(city):
    urban = {grid.area_id for grid in city.grids if grid.kind == "urban"}
    left_out = [b for b in city.buildings if b.is_residential and b.zone_id is None and b.grid_id in urban]
    assert 3 <= len(left_out) <= 40


def test_households_add_up(city):
    total = sum(building.households for building in city.buildings)
    assert total == sum(grid.households for grid in city.grids)
    assert all(building.households == 0 for building in city.buildings if not building.is_residential)
    by_zone: Counter[str | None] = Counter()
    for building in city.buildings:
        by_zone[building.zone_id] += building.households
    assert all(zone.households == by_zone[zone.area_id] for zone in city.zones)


def test_every_role_has_an_account_and_scopes_point_at_real_things(city):
    held = {a.role for person in city.people for a in person.assignments}
    assert held == set(ROLES)
    areas = {area.area_id: area for area in city.areas}
    offices = set(load_offices().departments)
    for person in city.people:
        assert person.phone.startswith("1000000")
        for one in person.assignments:
            if one.scope_kind == "city":
                assert one.scope_id is None
            elif one.scope_kind == "department":
                assert one.scope_id in offices
            else:
                assert areas[one.scope_id].layer == one.scope_kind
    assert len({person.username for person in city.people}) == len(city.people)


@pytest.mark.parametrize(("number", "street"), [(1, "剡湖街道"), (2, "三江街道")])
def test_two_streets_are_fully_staffed(city, number, street):
    street_id = next(one.area_id for one in city.streets if one.name == street)
    roles = ("inspector", "officer", "clerk")
    for username in (f"{role}{number}" for role in roles):
        person = next(one for one in city.people if one.username == username)
        assert [a.scope_id for a in person.assignments] == [street_id]
    names = {area.area_id: area.street_id for area in city.communities + city.grids}
    for username in (f"specialist{number}", f"gridleader{number}"):
        person = next(one for one in city.people if one.username == username)
        assert {names[a.scope_id] for a in person.assignments} == {street_id}


def test_records_lie_where_they_say_within_the_90_days_before(city):
    index = PlaceIndex([grid.area_id for grid in city.grids], _shapes(city.grids))
    assert [index.at(r.lon, r.lat) for r in city.records] == [(r.grid_id,) for r in city.records]
    in_zone = sum(r.zone_id is not None for r in city.records)
    assert 0.85 * 300 <= in_zone < 300
    for record in city.records:
        day = (record.captured_at + timedelta(hours=8)).date()
        assert TODAY - timedelta(days=90) <= day < TODAY


def test_records_have_the_shots_that_their_kind_asks_for(city):
    catalogue = load_builtin()
    for record in city.records:
        kind = catalogue.get(record.issue_type)
        assert [photo.shot for photo in record.photos] == [shot.code for shot in kind.shots if shot.required]
        assert (record.plate is not None) == (kind.plate == "required")
        assert record.plate is None or record.plate.startswith("示例牌照 ")
        assert all(photo.kind in PICTURE_KINDS for photo in record.photos)
    pool = {photo for record in city.records for photo in record.photos}
    assert 50 <= len(pool) <= 75


def test_fixes_are_off_by_about_what_they_claim(city):
    off, claimed = [], []
    for record in city.records:
        if record.position is None:
            assert record.position_reason
            continue
        off.append(distance_m(record.lon, record.lat, record.position.lon, record.position.lat))
        claimed.append(record.position.accuracy_m)
    within = np.mean(np.array(off) <= np.array(claimed))
    assert 0.55 < within < 0.8
    assert len(off) < len(city.records)


def test_today_moves_dates_and_nothing_else(city):
    later = build_city(today=TODAY + timedelta(days=10))
    for before, after in zip(city.records, later.records, strict=True):
        assert (before.id, before.lon, before.lat, before.issue_type) == (
            after.id, after.lon, after.lat, after.issue_type,
        )  # fmt: skip
        assert after.captured_at - before.captured_at == timedelta(days=10)
    assert [asset.rent_fen for asset in later.assets] == [asset.rent_fen for asset in city.assets]
    assert later.buildings == city.buildings


def test_assets_pass_the_register_and_stand_in_their_zone(city):
    policy = load_assets()
    assert {asset.category for asset in city.assets} == set(policy.categories)
    zones = {zone.area_id: zone for zone in city.zones}
    for asset in city.assets:
        policy.require(asset)
        assert set(asset.attributes) <= {one.code for one in policy.categories[asset.category].attributes}
        zone = zones[asset.zone_id]
        assert shapely.intersects_xy(zone.geometry, asset.lon, asset.lat)
        assert zone.name == asset.zone_name
        assert (asset.rent_fen is None) == (asset.contract_end is None)
    ends = [asset.contract_end for asset in city.assets if asset.contract_end]
    soon = (TODAY + timedelta(days=60)).isoformat()
    assert min(ends) < TODAY.isoformat() < max(ends)
    assert any(TODAY.isoformat() < end < soon for end in ends)


def test_the_same_seed_gives_the_same_city_and_another_seed_another(city):
    again = build_city(today=TODAY)
    for one in fields(SampleCity):
        assert getattr(again, one.name) == getattr(city, one.name), one.name
    other = build_city(seed=1)
    assert other.zones[0].geometry != city.zones[0].geometry


def test_everything_is_marked_as_sample(city):
    for things in (city.areas, city.buildings, city.roads, city.rivers, city.assets):
        assert all(thing.is_sample for thing in things)
    assert all("示意数据" in area.origin for area in city.areas)
    assert all("示例" in one.name for one in city.zones + city.roads + city.buildings + city.assets)
    ids = [one.id for one in city.areas + city.buildings + city.roads + city.people + city.records + city.assets]
    assert len(set(ids)) == len(ids)
