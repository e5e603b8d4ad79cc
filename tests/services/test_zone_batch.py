"""Many drafts in one go: what is free, what is held back and why, what takes force; on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from domain.errors import Busy, Invalid, NotAllowed
from domain.records import Actor, Assignment
from services.zone_batch import Candidate, Decided
from tests.drills.figures import is_long
from tests.services.test_zone_lineage import split
from tests.services.zone_office import WHY, Office, box


def by_name(office: Office, who: Actor | None = None, street: str | None = None) -> dict[str, Candidate]:
    return {one.judged.versions[0].name: one for one in office.batch.candidates(street, who or office.officer)}


def decide(office: Office, picked, *, consent=None, day=None, by=None, why: str = WHY) -> Decided:
    picks = [(one.id, one.over.id if one.over else None) for one in picked]
    return office.batch.decide(picks, why, consent=consent, from_day=day, actor=by or office.officer)


def codes(told: Decided) -> dict[str, str]:
    return {name: refused.code for name, refused in told.refused}


def test_what_is_held_back_and_why_are_the_rules_of_one_decision(office: Office):
    office.decide(office.draft(box(2, 4), name="先来的"))
    free, late = office.draft(box(5, 4), name="没问题的"), office.draft(box(3.5, 10), name="待改的")
    office.draft(box(3, 5), name="压着先来的")
    office.draft(box(9, 14), name="跨网格的")
    office.draft(box(18, 4, 3.6), name="伸进隔壁的")
    office.decide(late, day=(office.at + timedelta(days=3)).date())
    found = by_name(office)
    assert {name: [o.code for o in one.obstacles] for name, one in found.items()} == {
        "没问题的": [], "压着先来的": ["zone_overlaps"], "跨网格的": [], "伸进隔壁的": ["zone_other_street"],
        "待改的": ["zone_already_planned"],
    }  # fmt: skip
    assert [name for name, one in found.items() if one.is_clear] == ["没问题的"]
    assert [name for name, one in found.items() if one.needs_consent] == ["跨网格的"]
    for name, one in found.items():  # a decision alone says the same
        single = office.versions.judge(one.id, office.officer)
        assert tuple(o.code for o in single.obstacles) == tuple(o.code for o in one.obstacles), name
    assert (found["没问题的"].judged.buildings, found["没问题的"].judged.households) == (2, 31)
    told = decide(office, found.values())
    assert [d.versions for d in told.decisions] == [(free.id,)]
    assert codes(told) == {"压着先来的": "zone_overlaps", "跨网格的": "zone_consent_missing",
                           "伸进隔壁的": "zone_other_street", "待改的": "zone_already_planned"}  # fmt: skip
    assert office.version(free.id).status == "in_force"
    assert office.actions(free.area_id) == ["zone.drafted", "zone.in_force"]


def test_two_drafts_on_each_other_are_both_held_back_and_one_alone_goes(office: Office):
    office.draft(box(2, 4), name="甲")
    office.draft(box(3, 4), name="乙")
    office.draft(box(8, 10, 1), name="丙")
    found = by_name(office)
    assert [o.facts["name"] for o in found["甲"].obstacles] == ["乙"]
    assert [name for name, one in found.items() if one.is_clear] == ["丙"]
    assert codes(decide(office, found.values())) == {"甲": "zone_overlaps", "乙": "zone_overlaps"}
    assert office.version(found["丙"].id).status == "in_force"
    assert len(decide(office, [found["甲"]]).decisions) == 1
    assert [o.code for o in by_name(office)["乙"].obstacles] == ["zone_overlaps"]


def test_halves_of_a_split_stay_together_and_are_one_decision(office: Office):
    first = office.draft(box(2, 4, 6), name="大院")
    office.decide(first)
    rest, cut = split(office, first)
    alone = office.draft(box(2, 10), name="别处")
    (halves,) = (one for one in office.batch.candidates(None, office.officer) if len(one.judged.versions) > 1)
    assert halves.is_clear
    seen = {rest.id: first.id, cut.id: None, alone.id: None}
    told = office.batch.decide(list(seen.items()), WHY, consent=None, from_day=None, actor=office.officer)
    assert sorted(len(d.versions) for d in told.decisions) == [1, 2]
    assert told.refused == ()
    assert [office.version(v.id).status for v in (first, rest, cut, alone)] == ["superseded", *["in_force"] * 3]


def test_consent_is_kept_with_those_that_cross_grids_and_no_other(office: Office):
    office.draft(box(2, 4), name="一格")
    office.draft(box(9, 10), name="跨格")
    told = decide(office, by_name(office).values(), consent="街道办公会纪要第 9 号")
    assert {d.consent for d in told.decisions} == {None, "街道办公会纪要第 9 号"}
    assert told.refused == ()


def test_from_a_day_each_is_a_plan_of_its_own(office: Office):
    for i in range(3):
        office.draft(box(2 + 2.1 * i, 4), name=f"院{i}")
    day = (office.at + timedelta(days=3)).date()
    told = decide(office, by_name(office).values(), day=day)
    assert [d.state for d in told.decisions] == ["planned"] * 3
    office.at += timedelta(days=3)
    office.run()
    assert {office.version(i).status for d in told.decisions for i in d.versions} == {"in_force"}


@pytest.mark.parametrize(("why", "days", "code"), [("好", None, "reason"), (WHY, 9999, "day")])
def test_a_reason_and_a_day_are_asked_before_anything_is_decided(office: Office, why: str, days, code: str):
    draft = office.draft(box(2, 4))
    day = (office.at + timedelta(days=days)).date() if days else None
    with pytest.raises(Invalid, match=code):
        decide(office, by_name(office).values(), why=why, day=day)
    assert office.version(draft.id).status == "draft"


def test_nobody_decides_for_another_street_or_in_the_wrong_post(office: Office):
    draft = office.draft(box(2, 4), name="甲街的")
    theirs = office.draft(box(24, 4), name="乙街的", by=office.other)
    assert list(by_name(office, office.other)) == ["乙街的"]
    assert list(by_name(office)) == ["甲街的"]
    assert list(by_name(office, office.bureau, "street-b")) == ["乙街的"]
    told = office.batch.decide([(draft.id, None), (theirs.id, None), ("no-such", None)], WHY, consent=None, from_day=None,
                               actor=office.other)  # fmt: skip
    assert [d.versions for d in told.decisions] == [(theirs.id,)]
    assert [(name, refused.code) for name, refused in told.refused] == [("", "not_found")] * 2
    for role in ("inspector", "community_specialist", "leader", "admin"):
        who = Actor("x", "x", (Assignment(role, "city"),))
        with pytest.raises(NotAllowed):
            office.batch.candidates(None, who)
        with pytest.raises(NotAllowed):
            office.batch.decide([(draft.id, None)], WHY, consent=None, from_day=None, actor=who)


def test_two_people_at_once_decide_each_draft_once(office: Office):
    drafts = [office.draft(box(2 + 2.1 * (i % 3), 2 + 2.1 * (i // 3)), name=f"院{i}") for i in range(9)]
    picked, told = list(by_name(office).values()), []
    threads = [threading.Thread(target=lambda who=who: told.append(decide(office, picked, by=who)))
               for who in (office.officer, office.bureau)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [i for one in told for d in one.decisions for i in d.versions]
    assert sorted(taken) == sorted(d.id for d in drafts)
    assert sum(len(one.refused) for one in told) == len(drafts)
    assert {refused.code for one in told for _, refused in one.refused} <= {"zone_changed", "zone_not_draft"}
    for draft in drafts:
        assert office.actions(draft.area_id).count("zone.in_force") == 1


def test_what_was_decided_stays_when_the_store_goes_away_in_the_middle(office: Office, monkeypatch):
    for i in range(4):
        office.draft(box(2 + 1.5 * i, 4, 1.4), name=f"院{i}")
    picked, real, asked = list(by_name(office).values()), office.versions.decide, []

    def away(*given, **more):
        asked.append(given)
        if len(asked) > 2:
            raise Busy("store_away")
        return real(*given, **more)

    monkeypatch.setattr(office.versions, "decide", away)
    told = decide(office, picked)
    assert (len(told.decisions), [r.code for _, r in told.refused], len(asked)) == (2, ["store_away"] * 2, 3)
    monkeypatch.undo()
    again = decide(office, by_name(office).values())
    assert (len(again.decisions), again.refused) == (2, ())


def test_the_list_is_judged_anew_when_something_changed_and_only_then(office: Office, monkeypatch):
    office.draft(box(2, 4), name="甲")
    first = office.batch.candidates(None, office.officer)
    assert office.batch.candidates(None, office.officer) is first
    office.draft(box(6, 10), name="乙")
    assert {one.judged.versions[0].name for one in office.batch.candidates(None, office.officer)} == {"甲", "乙"}


def test_many_at_once(office: Office):
    many = 400 if is_long() else 60
    for i in range(many):
        office.draft(box(0.2 + 0.45 * (i % 20), 0.2 + 0.9 * (i // 20), 0.4, 0.8), name=f"院{i:03}")
    told = decide(office, office.batch.candidates(None, office.officer))
    assert len(told.decisions) == many
    with office.store.look() as work:
        assert work.areas.count("zone") == many
    assert office.batch.candidates(None, office.officer) == ()
