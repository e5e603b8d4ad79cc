"""Findings of the topology report are set aside with a reason, and come back by themselves; on both databases."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
import shapely

from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.records import Actor
from services import Services
from tests.services.test_topology import area, at, city, house, person  # noqa: F401 - city is a fixture
from wiring import now

WHY = "道路红线还没定"


def officer(office: Services, street: str = "west", role: str = "street_officer") -> Actor:
    return person(office, f"{role}-{uuid.uuid4().hex[:6]}", role, "street", street)


def bureau(office: Services) -> Actor:
    return person(office, f"bureau-{uuid.uuid4().hex[:6]}", "housing_bureau", "city")


def zones(office: Services, *found) -> None:
    with office.store.work() as work:
        work.areas.add(list(found), at=now())


def open_keys(office: Services, kind: str, who: Actor) -> list[str]:
    return [one.key for one in office.topology.report(None, who).group(kind).findings]


def aside_keys(office: Services, kind: str, who: Actor) -> list[str]:
    return [one.key for one in office.topology.report(None, who).group(kind).aside]


def next_version(office: Services, zone_id: str, line) -> None:
    with office.store.work() as work:
        old = work.areas.current(zone_id)
        work.areas.end([old.id], status="superseded", at=now())
        work.areas.add(
            [replace(old, id=f"{zone_id}-{old.version + 1}", version=old.version + 1, geometry=line)], at=now()
        )


@pytest.fixture
def overlap(city: Services) -> str:  # noqa: F811
    zones(city, area("zone", "a", at(2, 2, 2)), area("zone", "b", at(3.5, 2, 2)))
    with city.store.work() as work:
        work.buildings.add([house("h", 3.7, 2.5, 40)])
    return "overlap:a:b"


def test_what_is_set_aside_leaves_the_list_and_its_count_and_is_told_with_who_and_why(city, overlap):  # noqa: F811
    who = officer(city)
    assert (city.topology.report(None, who).total, open_keys(city, "overlap", who)) == (2, [overlap])
    city.set_asides.put(overlap, f"  {WHY} ", who)
    found = city.topology.report(None, who)
    (one,) = found.group("overlap").aside
    assert (found.total, found.set_aside, found.group("overlap").total, found.group("overlap").households) == (
        1,
        1,
        0,
        0,
    )
    assert (one.aside.reason, one.aside.set_by, one.aside.name) == (WHY, who.person_id, "a / b")
    with city.store.look() as work:
        assert one.aside.who == work.people.get(who.person_id).name
        for zone in ("a", "b"):
            told = work.history.of("zone", zone)[-1]
            assert (told.action, told.payload["reason"], told.actor_id) == (
                "zone.finding_set_aside",
                WHY,
                who.person_id,
            )
    assert '"is_aside": true' in city.topology.on_map(None, who).decode().replace('":true', '": true')


def test_somebody_takes_it_back_and_nothing_is_deleted(city, overlap):  # noqa: F811
    who = officer(city)
    city.set_asides.put(overlap, WHY, who)
    city.set_asides.take_back(overlap, who)
    assert open_keys(city, "overlap", who) == [overlap]
    with pytest.raises(Conflict, match="finding_not_aside"):
        city.set_asides.take_back(overlap, who)
    city.set_asides.put(overlap, WHY, who)
    with city.store.look() as work:
        assert [entry.action for entry in work.history.of("zone", "a")] == [
            "zone.finding_set_aside", "zone.finding_taken_back", "zone.finding_set_aside",
        ]  # fmt: skip
        assert len(work.set_asides.standing()) == 1


def test_it_comes_back_when_the_shared_ground_changed_and_not_when_it_did_not(city, overlap):  # noqa: F811
    who = officer(city)
    city.set_asides.put(overlap, WHY, who)
    next_version(city, "a", at(1, 2, 3))  # grows at its far side: what both share is as it was
    assert (open_keys(city, "overlap", who), aside_keys(city, "overlap", who)) == ([], [overlap])
    corner = shapely.Polygon(
        [*at(1, 2, 3).exterior.coords[:1], *shapely.segmentize(at(1, 2, 3), 0.0005).exterior.coords]
    )
    next_version(city, "a", corner)  # more corners on the same line
    assert aside_keys(city, "overlap", who) == [overlap]
    next_version(city, "a", at(1, 2, 2.8))
    assert (open_keys(city, "overlap", who), aside_keys(city, "overlap", who)) == ([overlap], [])
    city.set_asides.put(overlap, "又看过了，还是一样", who)
    assert aside_keys(city, "overlap", who) == [overlap]
    next_version(city, "b", at(6, 2, 2))  # no overlap left
    assert (open_keys(city, "overlap", who), aside_keys(city, "overlap", who)) == ([], [])
    with pytest.raises(Conflict, match="finding_gone"):
        city.set_asides.take_back(overlap, who)


def test_a_building_comes_back_when_it_moves_or_a_zone_round_it_changes(city, overlap):  # noqa: F811
    who, key = officer(city), "two_zones:h"
    city.set_asides.put(key, WHY, who)
    assert (open_keys(city, "two_zones", who), aside_keys(city, "two_zones", who)) == ([], [key])
    with city.store.look() as work:
        assert work.history.of("building", "h")[-1].action == "building.finding_set_aside"
    next_version(city, "a", at(2, 2, 2.1))
    assert open_keys(city, "two_zones", who) == [key]
    city.set_asides.put(key, WHY, who)
    with city.store.work() as work:
        work.buildings.change([house("h", 3.75, 2.6, 40)])
        work.areas.bump("building")
    assert open_keys(city, "two_zones", who) == [key]


def test_a_zone_without_a_mode_comes_back_with_another_line(city):  # noqa: F811
    who = officer(city)
    zones(city, area("zone", "a", at(2, 2), mode="unmanaged"))
    city.set_asides.put("no_mode:a", WHY, who)
    assert open_keys(city, "no_mode", who) == []
    next_version(city, "a", at(2, 2, 1.5))
    assert open_keys(city, "no_mode", who) == ["no_mode:a"]


def test_the_second_of_two_people_is_told(city, overlap):  # noqa: F811
    one, other = officer(city), bureau(city)
    city.set_asides.put(overlap, WHY, one)
    with pytest.raises(Conflict, match="finding_set_aside"):
        city.set_asides.put(overlap, WHY, other)
    city.set_asides.take_back(overlap, other)
    assert open_keys(city, "overlap", one) == [overlap]


def test_who_may_not(city, overlap):  # noqa: F811
    with pytest.raises(NotFound):
        city.set_asides.put(overlap, WHY, officer(city, "east"))
    specialist = person(city, "someone", "community_specialist", "city")
    with pytest.raises(NotAllowed):
        city.set_asides.put(overlap, WHY, specialist)
    for reason in ("", " 好 ", "x" * 501):
        with pytest.raises(Invalid, match="zone_reason_missing"):
            city.set_asides.put(overlap, reason, officer(city))
    zones(city, area("zone", "c", at(19, 2, 2)), area("zone", "d", at(20.5, 2, 2), street_id="east"))
    with pytest.raises(Conflict, match="finding_other_street"):
        city.set_asides.put("overlap:c:d", WHY, officer(city))
    assert not city.set_asides.may("overlap:c:d", officer(city))
    assert city.set_asides.may(overlap, officer(city))
    city.set_asides.put("overlap:c:d", WHY, bureau(city))
    assert aside_keys(city, "overlap", officer(city, "east")) == ["overlap:c:d"]
