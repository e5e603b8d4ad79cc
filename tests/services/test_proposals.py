"""Proposals from roads over a small city, on both databases: for whom, on which ground, and how one becomes a draft."""

from __future__ import annotations

import uuid

import pytest
import shapely

from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.policy import editions
from domain.records import Actor, Assignment, Building, Road
from services.proposals import ZoneProposals
from tests.drills.figures import is_long
from tests.services.zone_office import SOUTH, WEST, Office, box, spoken


def line(*places: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(WEST + x / 1000, SOUTH + y / 1000) for x, y in places])


def road(name: str, kind: str, *places: tuple[float, float]) -> Road:
    return Road(name, "", line(*places), kind)


@pytest.fixture
def proposals(office: Office) -> ZoneProposals:
    return ZoneProposals(office.store, editions.load_builtin().permissions)


@pytest.fixture
def roads(office: Office) -> None:
    """Lanes every 2 thousandths from (2, 2) to (12, 8), an arterial along x = 6."""
    found = [road(f"x{x}", "arterial" if x == 6 else "lane", (x, 1), (x, 9)) for x in range(2, 13, 2)]
    found += [road(f"y{y}", "lane", (1.9, y), (12.1, y)) for y in range(2, 9, 2)]
    with office.store.work() as work:
        work.buildings.add_roads(found)


def test_proposals_lie_on_free_ground_of_the_street_and_never_over_a_main_road(office, proposals, roads):
    zone = office.draft(box(2, 4))
    office.decide(zone)
    drawn = office.draft(box(10, 4))
    found = proposals.propose("street-a", office.officer, target=60)
    assert found.none == ""
    assert (found.kinds, found.main) == (("arterial", "lane"), ("arterial",))
    assert found.found
    arterial, street = line((6, 0), (6, 20)), box(0, 0, 20, 20)
    for one in found.found:
        inner = one.shape.buffer(-1e-6)
        assert street.buffer(1e-7).covers(one.shape)
        assert not inner.intersects(arterial)
        assert not inner.intersects(zone.geometry)
        assert not inner.intersects(drawn.geometry)
        assert one.households <= 60 or one.blocks == 1
    free = [i for i in range(2, 12) if i not in (2, 3, 10, 11)]
    assert found.households == sum(10 + i for i in free)
    lax = proposals.propose("street-a", office.officer, target=5000, main=["none"])
    assert lax.main == ()
    assert len(lax.found) < len(found.found)


def test_made_anew_when_something_changed_and_only_then(office, proposals, roads):
    first = proposals.propose("street-a", office.officer, target=60)
    assert proposals.propose("street-a", office.officer, target=60) is first
    office.draft(shapely.box(*first.found[0].shape.bounds))
    again = proposals.propose("street-a", office.officer, target=60)
    assert first.found[0].key not in {one.key for one in again.found}
    with pytest.raises(Conflict, match="proposal_gone"):
        proposals.opened("street-a", first.found[0].key, [], office.officer, target=60)


def test_one_that_was_picked_is_drawn_on_and_kept_with_its_reasons_as_a_draft(office, proposals, roads):
    one = proposals.propose("street-a", office.officer, target=60).found[0]
    opened = proposals.opened("street-a", one.key, ["road_network", "convenience"], office.officer, target=60)
    with office.store.look() as work:
        assert work.areas.shown("zone") == []  # nothing is stored by proposing and opening
    draft, figures, _ = office.zones.save_draft(
        str(uuid.uuid4()), opened["geometry"], zone_id=None, name="示意片区", kind="open_compound",
        mode="unmanaged", actor=office.officer, reasons=opened["reasons"],
    )  # fmt: skip
    assert (draft.status, draft.attributes["reasons"]) == ("draft", ["road_network", "convenience"])
    assert figures.households == one.households
    with office.store.look() as work:
        assert work.history.of("zone", draft.area_id)[-1].payload["reasons"] == ["road_network", "convenience"]
        assert work.areas.version(draft.id).attributes["reasons"] == ["road_network", "convenience"]


def test_who_may_and_what_is_asked_for(office, proposals, roads):
    assert [s.area_id for s in proposals.streets(office.officer)] == ["street-a"]
    assert len(proposals.streets(office.bureau)) == 2
    with pytest.raises(NotFound):
        proposals.propose("street-a", office.other, target=60)
    with pytest.raises(NotFound):
        proposals.propose("no-such", office.bureau, target=60)
    with pytest.raises(NotAllowed):
        proposals.propose("street-a", Actor("x", "x", (Assignment("inspector", "city"),)), target=60)
    for target in (0, 10_000):
        with pytest.raises(Invalid, match="proposals_target"):
            proposals.propose("street-a", office.officer, target=target)
    with pytest.raises(Invalid, match="unknown_zone_reason"):
        proposals.opened("street-a", "k", ["because"], office.officer, target=60)
    with pytest.raises(Invalid, match="unknown_zone_reason"):
        office.zones.save_draft(str(uuid.uuid4()), spoken(box(2, 4)), zone_id=None, name="a", kind="old_compound",
                                mode="unmanaged", actor=office.officer, reasons=["because"])  # fmt: skip


def test_a_street_without_roads_without_homes_or_without_free_ground_says_so(office, proposals):
    assert proposals.propose("street-a", office.officer, target=60).none == "roads"
    square = road("r", "lane", (20.5, 0.5), (25, 0.5), (25, 5), (20.5, 5), (20.5, 0.5))
    with office.store.work() as work:
        work.buildings.add_roads([square])
    assert proposals.propose("street-b", office.other, target=60).none == "buildings"
    home = box(22, 2, 0.2, 0.2)
    with office.store.work() as work:
        work.buildings.add([Building("h", "", "", home, home.centroid.x, home.centroid.y, 30, True)])
    found = proposals.propose("street-b", office.other, target=60)
    assert [one.households for one in found.found] == [30]
    office.draft(box(20.4, 0.4, 5, 5), by=office.other)
    assert proposals.propose("street-b", office.other, target=60).none == "ground"


def test_more_roads_than_anybody_waits_for_are_refused(office, proposals, roads, monkeypatch):
    monkeypatch.setattr("services.proposals.ROADS_AT_MOST", 3)
    with pytest.raises(Invalid, match="proposals_too_many_roads"):
        proposals.propose("street-a", office.officer, target=60)


def test_a_whole_street_of_many_roads(office, proposals):
    """4 by 4 km (in the short form 1.6) of blocks of 40 m with a home each."""
    steps = [i * 0.19 for i in range(105 if is_long() else 42)]
    with office.store.work() as work:
        work.buildings.add_roads(
            [road(f"x{i}", "arterial" if i % 20 == 0 else "lane", (x, 0), (x, 20)) for i, x in enumerate(steps)]
            + [road(f"y{i}", "lane", (0, y), (20, y)) for i, y in enumerate(steps)]
        )
        homes = [box(x + 0.05, y + 0.05, 0.05, 0.05) for x in steps for y in steps]
        work.buildings.add([Building(f"h{i}", "", "", h, h.centroid.x, h.centroid.y, 12, True)
                            for i, h in enumerate(homes)])  # fmt: skip
    found = proposals.propose("street-a", office.officer, target=500)
    assert len(found.found) > (100 if is_long() else 25)
    assert max(one.households for one in found.found) <= 500
