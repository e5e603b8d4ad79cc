"""A zone is split or takes another in: its halves take force together, and its things follow by place or wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
import shapely

from domain.errors import Conflict, Invalid, NotFound
from geo import edits
from services.zone_successions import ZoneSuccessions
from tests.services.zone_office import SOUTH, WEST, WHY, Office, box
from tests.storage.rows import asset, record_row

LINE = [(WEST + 0.004, SOUTH + 0.003), (WEST + 0.004, SOUTH + 0.007)]


@pytest.fixture
def follows(office: Office) -> ZoneSuccessions:
    from domain.policy import editions

    return ZoneSuccessions(office.store, editions.load_builtin().permissions, office.policy, office.clock)


def in_force(office: Office, shape, name: str):
    draft = office.draft(shape, name=name)
    office.decide(draft)
    return office.version(draft.id)


def report(office: Office, zone, x: float | None, y: float = 5.0) -> str:
    lon, lat = (None, None) if x is None else (WEST + x / 1000, SOUTH + y / 1000)
    row = record_row(office.officer.person_id, lon=lon, lat=lat, zone_id=zone.area_id, zone_version_id=zone.id,
                     street_id="street-a")  # fmt: skip
    with office.store.work() as work:
        work.records.add(row, [])
    return row["id"]


def own(office: Office, zone, x: float) -> str:
    found = asset(zone_id=zone.area_id, lon=WEST + x / 1000, lat=SOUTH + 0.005, street_id="street-a")
    with office.store.work() as work:
        work.assets.add([found])
    return found.id


def zone_of(office: Office, record_id: str) -> tuple[str | None, str | None]:
    with office.store.look() as work:
        found = work.records.get(record_id)
        return found.zone_id, found.zone_name


def split(office: Office, zone, line=LINE):
    """Both drafts as the board saves them: the larger half goes on, the other is a zone of its own."""
    larger, smaller = edits.split(zone.geometry, line)
    rest = office.draft(larger, zone=zone.area_id, name=zone.name)
    return rest, office.draft(smaller, name="新分出的", cut_from=rest.id)


def test_halves_take_force_together_whichever_is_decided(office: Office):
    zone = in_force(office, box(2, 4, 6), "大院")
    rest, cut = split(office, zone)
    seen = office.versions.judge(cut.id, office.officer)
    assert ([v.name for v in seen.versions], seen.taken, seen.obstacles) == (["新分出的", "大院"], (), ())
    decision = office.decide(cut)
    assert (decision.kind, set(decision.versions), decision.over) == ("split", {rest.id, cut.id}, (zone.id,))
    assert [office.version(v.id).status for v in (zone, rest, cut)] == ["superseded", "in_force", "in_force"]
    assert office.here(3, 5).zone.name == "新分出的"
    assert office.here(7, 5).zone.name == "大院"


def test_records_and_assets_of_a_split_zone_follow_by_place_and_the_rest_waits(office: Office, follows):
    zone = in_force(office, box(2, 4, 6), "大院")
    left, right, nowhere, far = (report(office, zone, x) for x in (3.0, 7.0, None, 15.0))
    lamp = own(office, zone, 3.0)
    _, cut = split(office, zone)
    office.decide(cut)
    assert zone_of(office, left) == (cut.area_id, "新分出的")
    assert zone_of(office, right) == (zone.area_id, "大院")
    assert zone_of(office, nowhere)[0] == zone_of(office, far)[0] == zone.area_id
    with office.store.look() as work:
        assert work.assets.get(lamp).zone_id == cut.area_id
        told = work.history.of("record", left)[-1]
        assert (told.action, told.payload["from_zone"], told.payload["why"]) == (
            "record.zone_followed", zone.area_id, "place",
        )  # fmt: skip
        assert work.history.of("record", right) == []
    waiting = follows.waiting(office.officer)
    assert {(each.one.subject_id, each.one.why) for each in waiting} == {(nowhere, "no_place"), (far, "outside")}
    assert follows.waiting(office.other) == []
    follows.settle([each.one.id for each in waiting], cut.area_id, "现场看过", office.officer)
    assert zone_of(office, nowhere) == zone_of(office, far) == (cut.area_id, "新分出的")
    assert follows.waiting(office.officer) == []
    with pytest.raises(Conflict, match="succession_settled"):
        follows.settle([waiting[0].one.id], None, "再来一次", office.officer)


def test_only_who_decides_there_settles_with_a_reason_and_only_to_an_heir(office: Office, follows):
    zone = in_force(office, box(2, 4, 6), "大院")
    report(office, zone, None)
    elsewhere = in_force(office, box(2, 10), "别处")
    _, cut = split(office, zone)
    office.decide(cut)
    one = follows.waiting(office.officer)[0].one
    with pytest.raises(NotFound):
        follows.settle([one.id], cut.area_id, "现场看过", office.other)
    with pytest.raises(Invalid, match="reason_missing"):
        follows.settle([one.id], cut.area_id, " ", office.officer)
    with pytest.raises(Invalid, match="field_wrong"):
        follows.settle([one.id], elsewhere.area_id, "现场看过", office.officer)
    assert len(follows.waiting(office.officer)) == 1


def test_a_zone_that_is_taken_in_ends_and_its_things_and_contract_are_not_lost(office: Office, follows):
    one, two = in_force(office, box(2, 4), "甲"), in_force(office, box(4, 4), "乙")
    office.modes.record(two.area_id, mode="professional", manager="示意物业", since=office.at.date(), contract_start=None,
                        contract_end=office.at.date() + timedelta(days=90), source="合同", actor=office.officer)  # fmt: skip
    seen = report(office, two, 5.0)
    joined = office.draft(edits.merge(one.geometry, two.geometry), zone=one.area_id, name="甲", takes_in=[two.area_id])
    assert [v.name for v in office.versions.judge(joined.id, office.officer).taken] == ["乙"]
    decision = office.decide(joined, seen=one.id)
    assert decision.kind == "merge"
    assert office.version(two.id).status == "retired"
    assert zone_of(office, seen) == (one.area_id, "甲")
    (waiting,) = follows.waiting(office.officer)
    contract = waiting.one
    assert (waiting.from_name, dict(waiting.heirs)) == ("乙", {one.area_id: "甲"})
    assert (contract.kind, contract.heirs, "示意物业" in contract.label) == ("contract", (one.area_id,), True)
    follows.settle([contract.id], one.area_id, "合同主体变更", office.officer)
    with office.store.look() as work:
        assert work.areas.current(one.area_id).manager == "示意物业"
        assert work.zones.modes(one.area_id)[-1].contract_end == contract.label.split()[-1]
    assert "zone.contract_settled" in office.actions(two.area_id)


def test_a_draft_that_no_longer_covers_the_neighbour_takes_it_in_no_more(office: Office):
    one, two = in_force(office, box(2, 4), "甲"), in_force(office, box(4, 4), "乙")
    office.draft(edits.merge(one.geometry, two.geometry), zone=one.area_id, name="甲", takes_in=[two.area_id])
    smaller = office.draft(box(2, 4, 2, 3), zone=one.area_id, name="甲")
    office.decide(smaller, seen=one.id)
    assert office.version(two.id).status == "in_force"


def test_a_merge_redrawn_before_it_is_decided_still_takes_the_neighbour_in(office: Office):
    one, two = in_force(office, box(2, 4), "甲"), in_force(office, box(4, 4), "乙")
    office.draft(edits.merge(one.geometry, two.geometry), zone=one.area_id, name="甲", takes_in=[two.area_id])
    again = office.draft(box(2, 4, 4, 3), zone=one.area_id, name="甲")
    office.decide(again, seen=one.id)
    assert office.version(two.id).status == "retired"


def test_another_streets_zone_is_not_taken_in(office: Office):
    mine = in_force(office, box(17.5, 4), "甲")
    theirs = office.draft(box(20.5, 4), name="乙", by=office.other)
    office.decide(theirs, by=office.other)
    with pytest.raises(NotFound):
        office.draft(box(17.5, 4, 2.2), zone=mine.area_id, name="甲", takes_in=[theirs.area_id])


def test_the_corners_of_a_cut_become_corners_of_the_neighbour_unless_somebody_redraws_it(office: Office):
    zone = in_force(office, box(2, 4, 6), "大院")
    above, below = in_force(office, box(2, 6, 6), "北邻"), in_force(office, box(2, 2, 6), "南邻")
    drawn = office.draft(box(2, 2, 6, 1.9), zone=below.area_id, name="南邻")
    _, cut = split(office, zone)
    office.decide(cut)
    with office.store.look() as work:
        now_above, now_below = (work.areas.current(z.area_id) for z in (above, below))
        assert [relation for *_, relation in work.areas.lineage(above.id)] == ["corner"]
    corner = (pytest.approx(WEST + 0.004, abs=1e-7), pytest.approx(SOUTH + 0.006, abs=1e-7))
    assert corner in [tuple(p) for p in shapely.get_coordinates(now_above.geometry)]
    assert shapely.symmetric_difference(now_above.geometry, above.geometry).area < 1e-12
    assert (now_above.version, now_above.mode, now_above.manager) == (2, above.mode, above.manager)
    assert office.actions(above.area_id)[-1] == "zone.corner_added"
    assert now_below.id == below.id
    assert office.versions.judge(drawn.id, office.officer).obstacles == ()


def test_a_split_that_was_thought_better_of_holds_nobody_up(office: Office):
    zone = in_force(office, box(2, 4, 6), "大院")
    _, cut = split(office, zone)
    whole = office.draft(box(2, 4, 6.5), zone=zone.area_id, name="大院")
    decision = office.decide(whole, seen=zone.id)
    assert (decision.kind, decision.versions) == ("version", (whole.id,))
    assert office.version(cut.id).status == "draft"


def test_a_split_planned_for_a_day_takes_force_whole_on_that_day(office: Office):
    zone = in_force(office, box(2, 4, 6), "大院")
    moved = report(office, zone, 3.0)
    rest, cut = split(office, zone)
    day = office.at.date() + timedelta(days=2)
    office.decide(rest, seen=zone.id, day=day)
    with pytest.raises(Conflict, match="zone_already_planned"):
        office.decide(cut)
    assert zone_of(office, moved)[0] == zone.area_id
    office.at += timedelta(days=2)
    office.run()
    assert [office.version(v.id).status for v in (rest, cut)] == ["in_force", "in_force"]
    assert zone_of(office, moved)[0] == cut.area_id


def test_one_half_that_cannot_take_force_holds_the_other(office: Office):
    zone = in_force(office, box(2, 4, 6), "大院")
    rest, cut = split(office, zone)
    in_force(office, box(2, 7), "新来的")
    overlapping = office.draft(box(2, 4, 2, 4), zone=cut.area_id, name="新分出的", cut_from=rest.id)
    with pytest.raises(Conflict, match="zone_overlaps"):
        office.decide(rest, seen=zone.id)
    assert office.version(overlapping.id).status == office.version(rest.id).status == "draft"
    assert office.version(zone.id).status == "in_force"


def test_split_then_merge_gives_the_ground_back(office: Office):
    zone = in_force(office, box(2, 4, 6), "大院")
    record = report(office, zone, 3.0)
    rest, cut = split(office, zone)
    office.decide(cut)
    back = edits.merge(rest.geometry, cut.geometry)
    again = office.draft(back, zone=zone.area_id, name="大院", takes_in=[cut.area_id])
    office.decide(again, seen=rest.id, consent=WHY)
    assert shapely.symmetric_difference(office.version(again.id).geometry, zone.geometry).area < 1e-12
    assert office.version(cut.id).status == "retired"
    assert zone_of(office, record) == (zone.area_id, "大院")
