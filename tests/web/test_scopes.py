"""Scopes smaller than a street, one's own record elsewhere, and the ways round a scope that were tried."""

from __future__ import annotations

import uuid

import pytest

from domain.errors import Invalid, NotAllowed, NotFound
from domain.filters import AssetFilter, RecordFilter
from domain.policy.zones import load_zones
from domain.records import Actor, Assignment
from services.people import session_id
from tests.web.small_city import HERE, THERE, City, add_person, asset_at, capture_at, middle, square


def person(city: City, *held: Assignment) -> Actor:
    return city.services.people.actor(session_id(add_person(city.services, f"s-{uuid.uuid4().hex[:10]}", *held)))


def draft(city: City, who: Actor, side: str, zone_id: str | None):
    return city.services.zones.save_draft(
        str(uuid.uuid4()), square(side, 0.006).__geo_interface__, zone_id=zone_id, name="d",
        kind=next(iter(load_zones().kinds)), mode="professional", actor=who,
    )  # fmt: skip


@pytest.mark.parametrize("held", [("street_officer", "street"), ("community_specialist", "community")])
def test_nobody_redraws_another_streets_zone_into_their_own(city: City, held: tuple[str, str]):
    """The new line lies at home; the zone it would become a version of does not."""
    role, layer = held
    who = person(city, Assignment(role, layer, f"{layer}-{HERE}"))
    with pytest.raises(NotFound):
        draft(city, who, HERE, f"zone-{THERE}")
    assert draft(city, who, HERE, f"zone-{HERE}")[0].version >= 2


@pytest.mark.parametrize("area", ["street-here", "grid-here", "community-here", "nothing"])
def test_only_a_zone_gets_versions_of_a_zone(city: City, area: str):
    who = person(city, Assignment("housing_bureau", "city"))
    with pytest.raises(NotFound):
        draft(city, who, HERE, area)


@pytest.mark.parametrize("layer", ["street", "community", "grid"])
def test_a_smaller_scope_sees_what_lies_in_it_and_no_more(city: City, layer: str):
    who = person(city, Assignment("grid_leader", layer, f"{layer}-{HERE}"))
    records = city.services.records
    assert {r.street_id for r in records.search(RecordFilter(), who)[0]} == {f"street-{HERE}"}
    assert records.get(city.records[HERE], who).id == city.records[HERE]
    with pytest.raises(NotFound):
        records.get(city.records[THERE], who)


@pytest.mark.parametrize("layer", ["street", "community"])
def test_the_list_of_assets_and_one_asset_agree(city: City, layer: str):
    who = person(city, Assignment("community_specialist", layer, f"{layer}-{HERE}"))
    found = {asset.id for asset in city.services.assets.search(AssetFilter(), who)}
    assert city.assets[HERE] in found
    for side in (HERE, THERE):
        if city.assets[side] in found:
            assert city.services.assets.get(city.assets[side], who).id == city.assets[side]
        else:
            with pytest.raises(NotFound):
                city.services.assets.get(city.assets[side], who)


def test_a_department_is_no_place(city: City):
    """A handler of a department reads no records of any street until a case brings one to it."""
    who = person(city, Assignment("handler", "department", "street-here"))
    with pytest.raises(NotAllowed):
        city.services.records.get(city.records[HERE], who)
    officer = person(city, Assignment("street_officer", "department", "street-here"))
    assert city.services.records.search(RecordFilter(), officer) == ([], 0)


def test_an_account_without_a_role_may_nothing(city: City):
    who = person(city)
    with pytest.raises(NotAllowed):
        city.services.records.search(RecordFilter(), who)
    with pytest.raises(NotAllowed):
        city.services.places.layer("zone", who)


def test_ones_own_report_from_another_street_stays_readable(city: City):
    who = person(city, Assignment("inspector", "street", f"street-{HERE}"))
    capture, _ = capture_at(city.services, middle(THERE))
    mine, _ = city.services.intake.receive(capture, who)
    assert city.services.records.get(mine.id, who).street_id == f"street-{THERE}"
    assert mine.id in {r.id for r in city.services.records.search(RecordFilter(), who)[0]}
    other = person(city, Assignment("inspector", "street", f"street-{HERE}"))
    with pytest.raises(NotFound):
        city.services.records.get(mine.id, other)


def test_a_role_taken_away_counts_at_the_next_action(city: City):
    """Also in a page that was drawn while the role still held."""
    who = person(city, Assignment("asset_clerk", "street", f"street-{HERE}"))
    assert city.services.assets.register(asset_at(HERE), who).id
    with city.services.store.work() as work:
        from wiring import now

        work.people.end_assignments(who.person_id, at=now())
        work.people.assign(who.person_id, Assignment("leader", "city"), since=now())
    city.services.people._sessions.forget()
    with pytest.raises(NotAllowed):
        city.services.assets.register(asset_at(HERE), who)


def test_admin_and_auditor_are_two_people(city: City):
    admin = city.actor("admin", "city")
    both = [Assignment("admin", "city"), Assignment("auditor", "city")]
    with pytest.raises(Invalid) as refused:
        city.services.people.add(admin, username="both", name="b", phone=None, assignments=both)
    assert refused.value.code == "admin_and_auditor"


def test_nobody_closes_their_own_account(city: City):
    admin = city.actor("admin", "city")
    with pytest.raises(Invalid) as refused:
        city.services.people.disable(admin, admin.person_id, disabled=True)
    assert refused.value.code == "not_yourself"


def test_an_unknown_record_reads_like_a_hidden_one(city: City):
    client = city.client(city.people["street_officer", "street"])
    hidden = client.get(f"/api/v1/records/{city.records[THERE]}")
    unknown = client.get(f"/api/v1/records/{uuid.uuid4()}")
    assert (hidden.status_code, hidden.text) == (unknown.status_code, unknown.text) == (404, unknown.text)
