"""The topology report over a small city of two streets, on both databases: what it finds, for whom, and its repairs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely

from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.records import Actor, Area, Assignment, Building
from domain.topology import KINDS, TopologyReport
from services import Services
from services.people import session_id
from tests.conftest import settings_in
from tests.web.small_city import add_person
from wiring import Settings, build, now

WEST, SOUTH = 120.80, 29.58
STEP = 0.001  # some 97 m east, 111 m north


def at(column: float, row: float, width: float = 1.0, height: float = 1.0) -> shapely.Polygon:
    """A rectangle in steps from the corner; at seven decimals, as zones are kept."""
    corners = (WEST + column * STEP, SOUTH + row * STEP, WEST + (column + width) * STEP, SOUTH + (row + height) * STEP)
    return shapely.box(*(round(value, 7) for value in corners))


def area(layer: str, area_id: str, line: Any, **more: Any) -> Area:
    usual = {"kind": "ordinary_estate", "mode": "professional", "street_id": "west", "manager": "公司甲"}
    return Area(**{
        "id": f"{area_id}-1", "area_id": area_id, "layer": layer, "version": 1, "status": "in_force", "code": area_id,
        "name": area_id, "geometry": line, "area_m2": 10_000.0, "valid_from": now(),
        **(usual if layer == "zone" else {}), **more,
    })  # fmt: skip


def house(building_id: str, column: float, row: float, households: int, *, is_home: bool = True) -> Building:
    roof = at(column - 0.05, row - 0.05, 0.1, 0.1)
    return Building(building_id, building_id, "", roof, WEST + column * STEP, SOUTH + row * STEP, households, is_home)


@pytest.fixture(params=["sqlite", "postgis"])
def city(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """Two empty streets side by side: west (columns 0 to 20) and east (20 to 40)."""
    url = None
    if request.param == "postgis":
        cluster = request.getfixturevalue("cluster")
        url = cluster.create()
    built = build(Settings(**settings_in(tmp_path, url)))
    with built.store.work() as work:
        for name, column in (("west", 0), ("east", 20)):
            work.areas.add([area("street", name, at(column, 0, 20, 20))], at=now())
    yield built
    built.close()
    if url:
        cluster.drop(url)


@pytest.fixture
def officer(city: Services) -> Actor:
    return person(city, "officer", "street_officer", "street", "west")


@pytest.fixture
def bureau(city: Services) -> Actor:
    return person(city, "bureau", "housing_bureau", "city")


def person(city: Services, name: str, role: str, kind: str, scope: str | None = None) -> Actor:
    return city.people.actor(session_id(add_person(city, name, Assignment(role, kind, scope))))


def put(city: Services, *zones: Area, houses: tuple[Building, ...] = ()) -> None:
    with city.store.work() as work:
        work.areas.add(zones, at=now())
        work.buildings.add(houses)


def keys(found: TopologyReport) -> dict[str, list[str]]:
    return {group.kind: [one.key for one in group.findings] for group in found.groups if group.total}


def zone(name: str, *where: float, **more: Any) -> Area:
    return area("zone", name, at(*where), **more)


def test_an_empty_city_and_a_street_without_zones_read_well(city, officer):
    found = city.topology.report("west", officer)
    assert (found.total, found.zones, found.has_buildings) == (0, 0, False)
    put(city, houses=(house("h", 3, 3, 5),))
    found = city.topology.report("west", officer)
    assert (found.zones, keys(found)) == (0, {"no_zone": ["no_zone:h"]})
    finding, choices = city.topology.choices("no_zone:h", officer)
    assert choices == ()
    assert finding.home.name == "h"


def test_each_kind_is_found_once_and_homes_come_first(city, officer):
    broken = shapely.Polygon([(WEST + x * STEP, SOUTH + y * STEP) for x, y in [(1, 10), (2, 10), (1, 11), (2, 11)]])
    put(
        city, zone("a", 1, 1), zone("b", 1.9, 1), zone("c", 3, 3), zone("d", 4.01, 3),
        zone("thin", 1, 1.999, 0.5), area("zone", "broken", broken), zone("out", 19.5, 15),
        zone("bare", 6, 6, mode=None), zone("none", 8, 6, mode="unmanaged"),
        houses=(house("few", 10, 3, 3), house("many", 10, 5, 30), house("shop", 11, 5, 0, is_home=False),
                house("twice", 1.95, 1.5, 12), house("home", 8.5, 6.5, 7)),
    )  # fmt: skip
    found = city.topology.report("west", officer)
    told = keys(found)
    gap = told.pop("gap")
    assert told == {
        "no_zone": ["no_zone:many", "no_zone:few"], "two_zones": ["two_zones:twice"], "overlap": ["overlap:a:b"],
        "sliver": ["sliver:a:thin"], "ring": ["ring:broken"], "outside": ["outside:out"],
        "no_mode": ["no_mode:none", "no_mode:bare"],
    }  # fmt: skip
    assert len(gap) == 1
    assert gap[0].startswith("gap:120.80")
    assert found.group("no_zone").households == 33
    assert found.group("overlap").findings[0].households == 12
    assert found.group("no_mode").findings[0].households == 7
    assert found.group("ring").findings[0].code == "ring_crosses_itself"


def test_findings_keep_their_keys_and_the_report_is_never_stale(city, officer):
    put(city, zone("a", 1, 1), zone("b", 1.9, 1))
    first = city.topology.report("west", officer)
    assert city.topology.report("west", officer) is first
    put(city, zone("c", 5, 5))
    second = city.topology.report("west", officer)
    assert second is not first
    assert keys(second) == keys(first)
    assert second.zones == 3
    with city.store.work() as work:
        work.areas.end(["b-1"], status="retired", at=now())
        work.areas.bump("zone")
    assert city.topology.report("west", officer).total == 0
    with pytest.raises(Conflict, match="finding_gone"):
        city.topology.repair("overlap:a:b", "clip:a", str(uuid.uuid4()), officer)


def test_an_officer_sees_and_repairs_the_own_street_only(city, officer, bureau):
    put(city, zone("a", 1, 1), zone("b", 1.9, 1), zone("x", 30, 1, street_id="east"), zone("y", 30.9, 1, street_id="east"),
        zone("l", 19.2, 5, 0.8), zone("r", 19.9, 5, 1.1, street_id="east"),
        houses=(house("west", 5, 5, 1), house("east", 35, 5, 2)))  # fmt: skip
    mine = {"overlap:a:b", "overlap:l:r", "no_zone:west"}
    own = {one.key for g in city.topology.report(None, officer).groups for one in g.findings}
    assert own == mine
    with pytest.raises(NotFound):
        city.topology.report("east", officer)
    for key in ("overlap:x:y", "no_zone:east"):
        with pytest.raises(NotFound):
            city.topology.choices(key, officer)
    _, choices = city.topology.choices("overlap:l:r", officer)
    assert [one.code for one in choices] == ["clip:l"]
    with pytest.raises(Invalid, match="repair_not_offered"):
        city.topology.repair("overlap:l:r", "clip:r", str(uuid.uuid4()), officer)
    every = {one.key for g in city.topology.report(None, bureau).groups for one in g.findings}
    assert every == mine | {"overlap:x:y", "no_zone:east", "outside:r"}
    assert {s.area_id for s in city.topology.streets(officer)} == {"west"}
    with pytest.raises(NotAllowed):
        city.topology.report(None, person(city, "inspector", "inspector", "street", "west"))


def test_somebody_of_a_community_sees_what_lies_in_it(city):
    with city.store.work() as work:
        work.areas.add(
            [area("community", "one", at(0, 0, 10, 20)), area("community", "two", at(10, 0, 10, 20))], at=now()
        )
    put(city, zone("a", 1, 1, community_id="one"), zone("b", 1.9, 1, community_id="one"),
        zone("x", 12, 1, community_id="two", mode=None), houses=(house("h1", 5, 5, 1), house("h2", 15, 5, 2)))  # fmt: skip
    specialist = person(city, "specialist", "community_specialist", "community", "one")
    assert keys(city.topology.report(None, specialist)) == {"no_zone": ["no_zone:h1"], "overlap": ["overlap:a:b"]}
    with pytest.raises(NotFound):
        city.topology.choices("no_mode:x", specialist)


Put = Callable[[Services], None]


@pytest.mark.parametrize("giver", ["a", "b"])
def test_a_clipped_overlap_is_a_draft_like_any_other_and_gone_with_it(city, officer, giver):
    put(city, zone("a", 1, 1, attributes={"note": "x"}), zone("b", 1.9, 1, attributes={"note": "x"}),
        houses=(house("h", 1.95, 1.5, 12),))  # fmt: skip
    looked = city.topology.preview("overlap:a:b", f"clip:{giver}", officer)
    assert looked.lost.buildings == 1
    assert looked.lost.households == 12
    assert looked.gained.buildings == 0
    assert looked.becomes.area_m2 == pytest.approx(0.9 * 96.9 * 110.9, rel=0.02)
    version_id = str(uuid.uuid4())
    version, is_new = city.topology.repair("overlap:a:b", f"clip:{giver}", version_id, officer)
    assert (version.area_id, version.version, version.status, is_new) == (giver, 2, "draft", True)
    assert (version.manager, version.attributes, version.mode) == ("公司甲", {"note": "x"}, "professional")
    assert city.topology.repair("overlap:a:b", f"clip:{giver}", version_id, officer)[1] is False
    with city.store.look() as work:
        told = [row for row in work.history.of("zone", giver) if row.action == "zone.drafted"]
        assert [row.grid_id for row in work.areas.division(version.id)] == [None]  # no grids here: all of it outside
    assert [row.payload["repair"] for row in told] == [{"finding": "overlap:a:b", "choice": f"clip:{giver}"}]
    (still,) = city.topology.report("west", officer).group("overlap").findings
    assert [draft.id for draft in still.drafts] == [version.id]
    assert city.topology.report("west", officer, basis="drafts").total == 0


def test_a_scattered_building_is_adopted_by_one_of_the_three_nearest_able_zones(city, officer):
    put(
        city, zone("near", 1, 1), zone("next", 3, 1), zone("third", 5, 1, mode="soe_backstop"), zone("far", 7, 1),
        zone("owners", 1, 2.5, mode="self_managed"), zone("small", 2.3, 2.4, 0.1, 0.1, kind="scattered_building"),
        zone("other", 20, 1, street_id="east"), houses=(house("h", 1.5, 2.2, 9),),
    )  # fmt: skip
    _, choices = city.topology.choices("no_zone:h", officer)
    assert [one.code for one in choices] == ["adopt:near", "adopt:next", "adopt:third"]
    assert choices[0].distance_m == pytest.approx(0.2 * 110.8, rel=0.02)
    version, _ = city.topology.repair("no_zone:h", "adopt:near", str(uuid.uuid4()), officer)
    assert (version.kind, version.mode, version.manager) == ("scattered_building", "trusteeship", "公司甲")
    assert (version.version, version.street_id, version.households) == (1, "west", 9)
    assert version.attributes == {"adopted_by": "near"}
    assert version.name == "h（near托管）"
    (still,) = city.topology.report("west", officer).group("no_zone").findings
    assert [draft.id for draft in still.drafts] == [version.id]
    assert "no_zone" not in keys(city.topology.report("west", officer, basis="drafts"))


@pytest.mark.parametrize(("zones", "kind", "choice"), [
    ((zone("a", 1, 1), zone("b", 2.01, 1)), "gap", "merge"),
    ((zone("a", 1, 1), zone("b", 2.003, 1)), "sliver", "merge"),
    ((zone("a", 1, 1), zone("b", 1.998, 1)), "sliver", "clip"),
    ((zone("a", 19.2, 1),), "outside", "clip"),
    ((zone("a", 1, 1, mode="unmanaged"),), "no_mode", "mode"),
])  # fmt: skip
def test_every_other_repair_takes_its_finding_away(city, officer, zones, kind, choice):
    put(city, *zones)
    ((key,),) = keys(city.topology.report("west", officer)).values()
    assert key.startswith(f"{kind}:")
    _, choices = city.topology.choices(key, officer)
    assert {one.verb for one in choices} == {choice}
    version, _ = city.topology.repair(key, choices[0].code, str(uuid.uuid4()), officer)
    assert version.status == "draft"
    assert version.geometry.is_valid
    assert city.topology.report("west", officer, basis="drafts").total == 0


def test_a_zone_that_lies_in_another_street_is_moved_there_by_somebody_of_both(city, officer, bureau):
    put(city, zone("a", 25, 1))
    _, choices = city.topology.choices("outside:a", officer)
    assert [one.code for one in choices] == ["rehome"]
    with pytest.raises(NotFound):
        city.topology.repair("outside:a", "rehome", str(uuid.uuid4()), officer)
    version, _ = city.topology.repair("outside:a", "rehome", str(uuid.uuid4()), bureau)
    assert version.street_id == "east"
    assert city.topology.report(None, bureau, basis="drafts").total == 0


def test_a_broken_ring_is_mended_as_a_draft(city, officer):
    broken = shapely.Polygon([(WEST + x * STEP, SOUTH + y * STEP) for x, y in [(1, 1), (3, 1), (1, 2), (3, 2)]])
    put(city, area("zone", "broken", broken))
    version, _ = city.topology.repair("ring:broken", "mend", str(uuid.uuid4()), officer)
    assert version.geometry.is_valid
    assert "ring" not in keys(city.topology.report("west", officer, basis="drafts"))


def test_a_zone_that_would_vanish_is_not_clipped(city, officer):
    put(city, zone("a", 1, 1), zone("b", 1, 1, 3, 3))
    with pytest.raises(Invalid, match="repair_leaves_nothing"):
        city.topology.preview("overlap:a:b", "clip:a", officer)
    assert city.topology.preview("overlap:a:b", "clip:b", officer).after.is_valid


def test_ten_thousand_homes_in_no_zone_are_counted_whole_and_listed_in_part(city, officer):
    many = [
        replace(house(f"h{i}", 1 + i % 100 * 0.15, 1 + i // 100 * 0.15, i % 7), geometry=at(1, 1))
        for i in range(10_000)
    ]
    put(city, houses=tuple(many))
    group = city.topology.report("west", officer).group("no_zone")
    assert (group.total, len(group.findings)) == (10_000, 1000)
    assert group.households == sum(b.households for b in many)
    assert {one.households for one in group.findings} == {6}


def test_an_unknown_basis_is_refused(city, officer):
    with pytest.raises(Invalid, match="unknown_basis"):
        city.topology.report(None, officer, basis="yesterday")
    assert {g.kind for g in city.topology.report(None, officer).groups} == set(KINDS)
