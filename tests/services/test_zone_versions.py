"""Drafts take force, now or on a day, by whom the street trusts; what was stays as it was; on both databases."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
import shapely

from domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from domain.records import Actor, Area, Assignment
from services.queue import LEASE
from tests.services.zone_office import WHY, Office, box


def test_a_draft_takes_force_and_points_inside_belong_to_it(office: Office):
    draft = office.draft(box(2, 4))
    assert office.here(3, 5).state == "no_zone"
    decision = office.decide(draft)
    assert decision.state == "in_force"
    found = office.here(3, 5)
    assert (found.state, found.zone.name) == ("settled", "示意小区")
    assert office.version(draft.id).valid_from == office.at
    assert office.actions(draft.area_id) == ["zone.drafted", "zone.in_force"]


def test_the_version_before_ends_and_keeps_its_dates_and_its_line(office: Office):
    first = office.draft(box(2, 4))
    office.decide(first)
    began = office.at
    second = office.draft(box(2, 4, 3), zone=first.area_id)
    office.at += timedelta(days=30)
    office.decide(second, seen=first.id)
    old = office.version(first.id)
    assert (old.status, old.valid_from, old.valid_to) == ("superseded", began, office.at)
    assert old.geometry.equals(first.geometry)
    with office.store.look() as work:
        assert work.areas.current(first.area_id).id == second.id


def test_who_may_not_decide(office: Office):
    draft = office.draft(box(2, 4))
    with pytest.raises(NotFound):
        office.decide(draft, by=office.other)
    for role in ("inspector", "community_specialist", "leader", "admin", "asset_clerk"):
        with pytest.raises(NotAllowed):
            office.decide(draft, by=Actor("x", "x", (Assignment(role, "city"),)))
    assert office.decide(draft, by=office.bureau).state == "in_force"


def test_a_zone_that_reaches_into_another_street_is_for_the_bureau(office: Office):
    draft = office.draft(box(18, 4, 3.6))
    with pytest.raises(Conflict, match="zone_other_street"):
        office.decide(draft)
    assert office.decide(draft, by=office.bureau).state == "in_force"


def test_across_grids_only_with_the_streets_written_consent(office: Office):
    draft = office.draft(box(9, 4))
    assert draft.crosses_grids
    with pytest.raises(Invalid, match="zone_consent_missing"):
        office.decide(draft, consent="  ")
    office.decide(draft, consent="街道办公会纪要第 9 号")
    with office.store.look() as work:
        told = work.history.of("zone", draft.area_id)[-1].payload
    assert told["consent"] == "街道办公会纪要第 9 号"


def test_a_sliver_in_the_next_grid_asks_for_no_consent(office: Office):
    draft = office.draft(box(8, 4, 2.003))
    assert not draft.crosses_grids
    assert office.decide(draft).consent is None


def test_an_overlap_is_refused_with_the_neighbour_named(office: Office):
    office.decide(office.draft(box(2, 4), name="先来的"))
    late = office.draft(box(3.5, 4), name="后来的")
    with pytest.raises(Conflict, match="zone_overlaps") as refused:
        office.decide(late)
    assert refused.value.facts["name"] == "先来的"
    beside = office.draft(box(4, 4), name="隔壁的")
    office.decide(beside)


def test_a_border_drawn_twice_is_no_overlap(office: Office):
    office.decide(office.draft(box(2, 4)))
    assert office.decide(office.draft(box(3.999, 4), name="隔壁")).state == "in_force"  # a tenth of a metre


def test_the_second_of_two_officers_is_told(office: Office):
    first = office.draft(box(2, 4))
    office.decide(first)
    mine, yours = (office.draft(box(2, 4, w), zone=first.area_id) for w in (3, 3.5))
    office.decide(mine, seen=first.id)
    with pytest.raises(Conflict, match="zone_changed"):
        office.decide(yours, seen=first.id)
    with pytest.raises(Conflict, match="zone_not_draft"):
        office.decide(mine, seen=mine.id)


def test_two_at_once_one_wins(office: Office):
    first = office.draft(box(2, 4))
    office.decide(first)
    drafts = [office.draft(box(2, 4, 2 + i / 2), zone=first.area_id) for i in range(4)]
    told: list[str] = []

    def go(draft: Area) -> None:
        try:
            told.append(office.decide(draft, seen=first.id).state)
        except Refused as refused:
            told.append(refused.code)

    threads = [threading.Thread(target=go, args=(draft,)) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["in_force", "zone_changed", "zone_changed", "zone_changed"]
    with office.store.look() as work:
        assert [v.status for v in work.areas.versions(first.area_id)].count("in_force") == 1


@pytest.mark.parametrize(("reason", "day", "code"), [
    ("好", None, "zone_reason_missing"), ("x" * 501, None, "zone_reason_missing"),
    (WHY, date(2001, 1, 1), "zone_day_wrong"), (WHY, date(2999, 1, 1), "zone_day_wrong"),
])  # fmt: skip
def test_what_is_asked_for_is_asked_for(office: Office, reason: str, day: date | None, code: str):
    draft = office.draft(box(2, 4))
    with pytest.raises(Invalid, match=code):
        office.versions.decide(draft.id, reason, seen=None, consent=None, from_day=day, actor=office.officer)


# -- from a day to come --------------------------------------------------------------------------------------------


def test_a_plan_takes_force_on_its_day_and_once(office: Office):
    draft, day = office.draft(box(2, 4)), (office.at + timedelta(days=3)).date()
    assert office.decide(draft, day=day).state == "planned"
    office.run()
    assert office.version(draft.id).status == "draft"
    with pytest.raises(Conflict, match="zone_already_planned"):
        office.decide(draft)
    office.at += timedelta(days=3)
    office.run()
    assert office.version(draft.id).status == "in_force"
    assert office.actions(draft.area_id).count("zone.in_force") == 1


def test_a_runner_killed_in_the_middle_of_a_plan_leaves_nothing_half_done(office: Office, monkeypatch):
    draft = office.draft(box(2, 4))
    office.decide(draft, day=(office.at + timedelta(days=1)).date())
    office.at += timedelta(days=2)

    class Killed(BaseException):
        pass

    from services import zone_versions

    whole = zone_versions.take

    def half(work, *args, **more):
        whole(work, *args, **more)
        raise Killed

    monkeypatch.setattr(zone_versions, "take", half)
    with pytest.raises(Killed):
        office.queue.run_next("killed")
    assert office.version(draft.id).status == "draft"
    assert office.here(3, 5).state == "no_zone"
    monkeypatch.setattr(zone_versions, "take", whole)
    office.at += LEASE * 2
    office.run()
    assert office.version(draft.id).status == "in_force"
    assert office.actions(draft.area_id).count("zone.in_force") == 1


def test_a_plan_that_no_longer_fits_fails_with_its_reason_and_the_draft_stays(office: Office):
    late = office.draft(box(3, 4), name="后来的")
    decision = office.decide(late, day=(office.at + timedelta(days=1)).date())
    office.decide(office.draft(box(2, 4), name="先来的"))
    office.at += timedelta(days=1)
    office.run()
    (found,) = office.versions.view(late.area_id, office.officer).decisions
    assert (found.id, found.state, found.refusal["code"], found.refusal["name"]) == (
        decision.id, "failed", "zone_overlaps", "先来的"
    )  # fmt: skip
    assert office.version(late.id).status == "draft"


def test_a_plan_taken_back_does_nothing_on_its_day(office: Office):
    draft = office.draft(box(2, 4))
    decision = office.decide(draft, day=(office.at + timedelta(days=1)).date())
    with pytest.raises(NotFound):
        office.versions.withdraw(decision.id, WHY, office.other)
    office.versions.withdraw(decision.id, WHY, office.officer)
    office.at += timedelta(days=2)
    office.run()
    assert office.version(draft.id).status == "draft"


# -- nobody's edit is lost -----------------------------------------------------------------------------------------


def test_a_draft_over_an_outdated_base_is_refused_and_carries_the_other(office: Office):
    first = office.draft(box(2, 4))
    mine = office.draft(box(2, 4, 3), zone=first.area_id, base_version_id=first.id)
    with pytest.raises(Conflict, match="zone_version_moved") as refused:
        office.draft(box(2, 4, 2.5), zone=first.area_id, base_version_id=first.id)
    other = refused.value.facts["other"]
    assert (other["version_id"], other["author"], other["version"]) == (mine.id, "street_officer", 2)
    assert shapely.geometry.shape(other["geometry"]).equals_exact(mine.geometry, 1e-7)
    again = office.draft(box(2, 4, 2.5), zone=first.area_id, base_version_id=mine.id)
    assert again.version == 3
    assert office.version(mine.id).geometry.equals(mine.geometry)


def test_without_a_base_a_draft_is_saved_as_before(office: Office):
    first = office.draft(box(2, 4))
    assert [office.draft(box(2, 4, 3), zone=first.area_id).version for _ in range(2)] == [2, 3]


def test_an_older_version_comes_back_as_a_draft(office: Office):
    first = office.draft(box(2, 4))
    office.decide(first)
    second = office.draft(box(2, 4, 3), zone=first.area_id)
    office.decide(second, seen=first.id)
    with pytest.raises(Conflict, match="zone_not_old"):
        office.versions.restore(second.id, WHY, office.officer)
    with pytest.raises(NotFound):
        office.versions.restore(first.id, WHY, office.other)
    made = office.versions.restore(first.id, WHY, office.officer)
    assert (made.version, made.status) == (3, "draft")
    assert office.version(made.id).geometry.equals(first.geometry)
    office.decide(made, seen=second.id)
    assert [office.version(i).status for i in (first.id, second.id, made.id)] == [
        "superseded",
        "superseded",
        "in_force",
    ]


def test_two_versions_in_figures(office: Office):
    first = office.draft(box(2, 4))
    second = office.draft(box(3, 4, 8), zone=first.area_id)
    found = office.compare.two(first.id, second.id, office.officer)
    assert (found.lost.buildings, found.lost.households) == (1, 12)
    assert (found.gained.buildings, found.gained.households) == (7, sum(range(14, 21)))
    assert found.pieces == (1, 2)
    assert found.gained.area_m2 - found.lost.area_m2 == pytest.approx(second.area_m2 - first.area_m2, rel=1e-6)
    stranger = office.draft(box(2, 10))
    with pytest.raises(Invalid, match="zone_two_zones"):
        office.compare.two(first.id, stranger.id, office.officer)


# -- who manages it ------------------------------------------------------------------------------------------------


def enter(office: Office, zone_id: str, by: Actor | None = None, **more):
    given = {"mode": "trusteeship", "manager": "示例物业", "since": office.at.date(), "contract_start": None,
             "contract_end": None, "source": "街道文件", **more}  # fmt: skip
    return office.modes.record(zone_id, actor=by or office.officer, **given)


def test_a_change_of_management_is_one_more_line_and_shows_at_once(office: Office):
    draft = office.draft(box(2, 4), mode="unmanaged")
    with pytest.raises(NotFound):
        enter(office, draft.area_id)
    office.decide(draft)
    with pytest.raises(NotFound):
        enter(office, draft.area_id, office.other)
    enter(office, draft.area_id)
    assert office.here(3, 5).zone.mode == "trusteeship"
    told = office.versions.view(draft.area_id, office.officer).modes
    assert [(m.mode, m.manager) for m in told] == [("unmanaged", None), ("trusteeship", "示例物业")]
    assert office.actions(draft.area_id)[-1] == "zone.mode"


def test_a_line_drawn_before_the_change_does_not_undo_it(office: Office):
    first = office.draft(box(2, 4), mode="unmanaged")
    office.decide(first)
    second = office.draft(box(2, 4, 3), zone=first.area_id, mode="unmanaged")
    office.at += timedelta(days=1)
    enter(office, first.area_id)
    office.decide(second, seen=first.id)
    assert (office.version(second.id).mode, office.version(second.id).manager) == ("trusteeship", "示例物业")


@pytest.mark.parametrize(("wrong", "field"), [
    ({"mode": "nonsense"}, "mode"), ({"since": None}, "since"), ({"since": date(2999, 1, 1)}, "since"),
    ({"manager": " "}, "manager"), ({"source": ""}, "source"),
    ({"contract_start": date(2026, 5, 1), "contract_end": date(2026, 4, 1)}, "contract_end"),
])  # fmt: skip
def test_a_wrong_field_is_named(office: Office, wrong: dict, field: str):
    draft = office.draft(box(2, 4))
    office.decide(draft)
    with pytest.raises(Invalid) as refused:
        enter(office, draft.area_id, **wrong)
    assert refused.value.field == field


def test_the_list_shows_what_is_in_force_with_the_draft_ahead_of_it(office: Office):
    first = office.draft(box(2, 4))
    stale = office.draft(box(2, 4, 2.5), zone=first.area_id)
    office.decide(first)
    (line,) = office.division.lines("street-a", office.officer)
    assert (line.in_force.id, line.draft.id) == (first.id, stale.id)
    office.decide(stale, seen=first.id)
    (line,) = office.division.lines(None, office.officer)
    assert (line.in_force.id, line.draft) == (stale.id, None)
    assert office.division.lines("street-b", office.officer) == ()
