"""The border of neighbours moves with a zone's: who follows, who holds, one transaction, and they take force together."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import shapely

from domain.errors import Conflict, Invalid
from domain.records import Assignment
from geo import measure
from services.drawing import Drawing
from services.zone_borders import MovedLine, ZoneBorders
from services.zone_successions import ZoneSuccessions
from tests.services.test_zone_lineage import in_force, own, report, zone_of
from tests.services.zone_office import SOUTH, WEST, Office, box, spoken


@pytest.fixture
def borders(office: Office) -> ZoneBorders:
    from domain.policy import editions

    return ZoneBorders(office.store, editions.load_builtin().permissions, office.zones, office.clock)


@pytest.fixture
def pair(office: Office):
    """甲 west of 乙, one border between them at 4."""
    return in_force(office, box(2, 4), "甲"), in_force(office, box(4, 4), "乙")


def line_of(found) -> MovedLine:
    return MovedLine(found.newest.area_id, found.newest.id, spoken(found.line))


def shifted(shape, at=(WEST + 0.004, SOUTH + 0.006), to=(WEST + 0.0045, SOUTH + 0.006)):
    """Every corner that stands at one place, at another."""

    def step(points):
        points = points.copy()
        points[(abs(points - at) < 1e-9).all(1)] = to
        return points

    return shapely.transform(shape, step)


def move(office: Office, borders: ZoneBorders, zone, *, by=None, name="甲", at=None, to=None, **more):
    """What the board does: sew, move one corner in all, save."""
    where = {} if at is None else {"at": at, "to": to}
    actor = by or office.officer
    line, found = borders.sew(spoken(zone.geometry), zone.area_id, (), actor)
    moved = [line_of(n) for n in found if n.obstacle is None]
    lines = [
        MovedLine(m.zone_id, m.base_version_id, spoken(shifted(shapely.geometry.shape(m.polygon), **where)))
        for m in moved
    ]
    return save(borders, zone.area_id, shifted(line, **where), lines, actor, name, **more)


def save(borders: ZoneBorders, zone_id, line, lines, actor, name="甲", **more):
    return borders.save(str(uuid.uuid4()), spoken(line), lines, actor=actor, zone_id=zone_id, name=name,
                        kind="old_compound", mode="professional", **more)  # fmt: skip


def test_a_border_moves_in_both_zones_and_both_take_force_together(office: Office, borders, pair):
    west, east = pair
    mine, figures, is_new, (theirs,) = move(office, borders, west)
    assert (is_new, theirs.area_id, theirs.version, theirs.status, theirs.name) == (
        True,
        east.area_id,
        2,
        "draft",
        "乙",
    )
    assert figures.overlaps == ()
    assert shapely.intersection(mine.geometry, theirs.geometry).area < 1e-14
    before, after = (shapely.union_all([a.geometry, b.geometry]) for a, b in ((west, east), (mine, theirs)))
    assert shapely.symmetric_difference(before, after).area < 1e-14
    strip = float(measure.area_m2(mine.geometry)) - float(measure.area_m2(west.geometry))
    assert strip == pytest.approx(
        float(measure.area_m2(east.geometry)) - float(measure.area_m2(theirs.geometry)), abs=1
    )
    assert strip > 1000
    seen = office.versions.judge(theirs.id, office.officer)
    assert (seen.kind, [v.name for v in seen.versions], seen.taken, seen.obstacles) == ("border", ["乙", "甲"], (), ())
    decision = office.decide(theirs, seen=east.id)
    assert (decision.kind, set(decision.versions), set(decision.over)) == (
        "border", {mine.id, theirs.id}, {west.id, east.id},
    )  # fmt: skip
    assert [office.version(v.id).status for v in (west, east, mine, theirs)] == [
        "superseded", "superseded", "in_force", "in_force",
    ]  # fmt: skip
    assert office.version(theirs.id).mode == east.mode
    assert "zone.drafted" in office.actions(east.area_id)


def test_what_lies_on_the_strip_follows_and_nothing_else_moves_or_waits(office: Office, borders, pair):
    from domain.policy import editions

    follows = ZoneSuccessions(office.store, editions.load_builtin().permissions, office.policy, office.clock)
    west, east = pair
    office.modes.record(east.area_id, mode="professional", manager="示意物业", since=office.at.date(), contract_start=None,
                        contract_end=office.at.date() + timedelta(days=90), source="合同", actor=office.officer)  # fmt: skip
    strip, rest, nowhere, far = (report(office, east, x, y) for x, y in ((4.3, 5.9), (5.5, 5), (None, 5), (15, 5)))
    lamp = own(office, east, 5.5)
    mine, *_ = move(office, borders, west)
    office.decide(mine, seen=west.id)
    assert zone_of(office, strip) == (west.area_id, "甲")
    assert {zone_of(office, each)[0] for each in (rest, nowhere, far)} == {east.area_id}
    with office.store.look() as work:
        assert work.assets.get(lamp).zone_id == east.area_id
        assert work.areas.current(east.area_id).manager == "示意物业"
    assert follows.waiting(office.officer) == []


def test_the_board_hears_what_a_neighbour_gains_loses_and_overlaps(office: Office, borders, pair):
    west, east = pair
    in_force(office, box(4, 6), "北")
    line, found = borders.sew(spoken(west.geometry), west.area_id, (), office.officer)
    assert {n.newest.name for n in found} == {"乙", "北"}
    theirs = next(n for n in found if n.newest.area_id == east.area_id)
    wide = shifted(theirs.line, to=(WEST + 0.0035, SOUTH + 0.0065))
    lines = [MovedLine(east.area_id, east.id, spoken(wide))]
    figures, (change,) = borders.measure(
        spoken(shifted(line, to=(WEST + 0.0035, SOUTH + 0.0065))), west.area_id, lines, office.officer
    )
    assert figures.overlaps == ()
    assert change.zone.id == east.id
    assert change.gained_m2 > 1000
    assert change.lost_m2 < 1
    assert [o.zone.name for o in change.overlaps] == ["北"], "it would lie over a zone that did not follow"
    figures, (change,) = borders.measure(
        spoken(shifted(line)),
        west.area_id,
        [MovedLine(east.area_id, east.id, spoken(shifted(theirs.line)))],
        office.officer,
    )
    assert change.gained_m2 < 1 < 1000 < change.lost_m2
    assert change.overlaps == ()


def test_three_zones_that_meet_move_as_one(office: Office, borders, pair):
    west, _ = pair
    in_force(office, box(2, 6, 4, 2), "北")
    before = float(measure.area_m2(shapely.union_all([box(2, 4, 4, 4)])))
    mine, _, _, others = move(
        office, borders, west, to=(WEST + 0.0043, SOUTH + 0.0062), at=(WEST + 0.004, SOUTH + 0.006)
    )
    assert sorted(v.name for v in others) == ["乙", "北"]
    shapes = [v.geometry for v in (mine, *others)]
    assert sum(float(measure.area_m2(s)) for s in shapes) == pytest.approx(before, abs=1)
    assert float(measure.area_m2(shapely.union_all(shapes))) == pytest.approx(before, abs=1)
    assert len(office.versions.judge(mine.id, office.officer).versions) == 3


def test_another_streets_zone_somebody_elses_draft_and_a_plan_hold_their_corners(office: Office, borders):
    at_border = in_force(office, box(18, 4), "甲")
    theirs = office.draft(box(20, 4), name="邻街", by=office.other)
    office.decide(theirs, by=office.other)
    drawn, planned, free = (in_force(office, shape, name) for shape, name in
                            ((box(16, 4), "有稿"), (box(18, 6), "有约"), (box(18, 2), "自由")))  # fmt: skip
    colleague = office.person("colleague", Assignment("street_officer", "street", "street-a"))
    office.draft(box(16, 4, 2, 1.9), zone=drawn.area_id, name="有稿", by=colleague)
    draft = office.draft(box(18, 6, 2, 1.9), zone=planned.area_id, name="有约")
    office.decide(draft, seen=planned.id, day=office.at.date() + timedelta(days=5))
    _, found = borders.sew(spoken(at_border.geometry), at_border.area_id, (), office.officer)
    assert {n.newest.name: n.obstacle.code if n.obstacle else None for n in found} == {
        "邻街": "border_other_street", "有稿": "border_draft", "有约": "border_planned", "自由": None,
    }  # fmt: skip
    said = next(n.obstacle for n in found if n.newest.name == "有稿")
    assert (said.facts["who"], said.facts["version"]) == ("colleague", 2)
    for stuck in (n for n in found if n.obstacle):
        with pytest.raises(Conflict, match=stuck.obstacle.code):
            save(borders, at_border.area_id, at_border.geometry, [line_of(stuck)], office.officer)
    with office.store.look() as work:
        assert [v.version for v in work.areas.versions(at_border.area_id)] == [1], "none of it was saved"
        assert [v.version for v in work.areas.versions(free.area_id)] == [1]


def test_the_officers_own_draft_of_a_neighbour_moves_on(office: Office, borders, pair):
    west, east = pair
    drawn = office.draft(box(4, 4, 3), zone=east.area_id, name="乙大")
    _, _, _, (theirs,) = move(office, borders, west)
    assert (theirs.version, theirs.name) == (3, "乙大")
    assert theirs.geometry.bounds[2] == drawn.geometry.bounds[2]
    only_drawn = office.draft(box(0, 4), name="新画的")
    _, found = borders.sew(spoken(west.geometry), west.area_id, (), office.officer)
    assert only_drawn.area_id in {n.newest.area_id for n in found}


def test_a_neighbour_that_changed_meanwhile_saves_nothing_and_the_next_look_starts_from_it(
    office: Office, borders, pair
):
    west, east = pair
    line, (found,) = borders.sew(spoken(west.geometry), west.area_id, (), office.officer)
    moved = MovedLine(east.area_id, found.newest.id, spoken(shifted(found.line)))
    newer = office.draft(box(4, 4, 2, 1.5), zone=east.area_id, name="乙")
    with pytest.raises(Conflict, match="border_changed") as refused:
        save(borders, west.area_id, shifted(line), [moved], office.officer)
    assert (refused.value.facts["name"], refused.value.facts["who"]) == ("乙", "street_officer")
    with office.store.look() as work:
        assert [v.version for v in work.areas.versions(west.area_id)] == [1]
        assert [v.version for v in work.areas.versions(east.area_id)] == [1, 2]
    _, (again,) = borders.sew(spoken(shifted(line)), west.area_id, [moved], office.officer)
    assert again.newest.id == newer.id
    assert shapely.symmetric_difference(again.line, newer.geometry).area < 1e-14, "not the line that was moved before"


def test_lines_that_were_moved_and_not_saved_are_sewn_on(office: Office, borders, pair):
    west, east = pair
    line, (found,) = borders.sew(spoken(west.geometry), west.area_id, (), office.officer)
    moved = MovedLine(east.area_id, found.newest.id, spoken(shifted(found.line)))
    _, (again,) = borders.sew(spoken(shifted(line)), west.area_id, [moved], office.officer)
    assert shapely.symmetric_difference(again.line, shifted(found.line)).area < 1e-14


def test_the_same_save_twice_is_one_and_a_broken_line_names_its_zone(office: Office, borders, pair):
    west, east = pair
    line, (found,) = borders.sew(spoken(west.geometry), west.area_id, (), office.officer)
    moved = MovedLine(east.area_id, found.newest.id, spoken(shifted(found.line)))
    said = {
        "actor": office.officer,
        "zone_id": west.area_id,
        "name": "甲",
        "kind": "old_compound",
        "mode": "professional",
    }
    version = str(uuid.uuid4())
    first = borders.save(version, spoken(shifted(line)), [moved], **said)
    second = borders.save(version, spoken(shifted(line)), [moved], **said)
    assert (first[2], second[2]) == (True, False)
    assert [v.id for v in first[3]] == [v.id for v in second[3]]
    crossed = MovedLine(east.area_id, first[3][0].id, spoken(shifted(found.line, to=(WEST + 0.008, SOUTH + 0.005))))
    with pytest.raises(Invalid, match="border_line_broken") as refused:
        borders.measure(spoken(line), west.area_id, [crossed], office.officer)
    assert (refused.value.facts["name"], len(refused.value.facts["at"])) == ("乙", 2)


def test_one_side_that_cannot_take_force_holds_the_other(office: Office, borders, pair):
    west, east = pair
    mine, _, _, (theirs,) = move(office, borders, west)
    in_force(office, box(2, 2, 2, 2), "南")
    over = office.draft(shapely.union_all([theirs.geometry, box(3.9, 3, 1, 1.5)]), zone=east.area_id, name="乙")
    with pytest.raises(Conflict, match="zone_overlaps"):
        office.decide(mine, seen=west.id)
    assert office.version(over.id).status == office.version(mine.id).status == "draft"
    assert office.version(west.id).status == "in_force"


def test_clipping_leaves_a_zone_that_was_merged_in_and_goes_along_a_border_that_moved(office: Office, borders, pair):
    from domain.policy import editions

    board = Drawing(office.store, editions.load_builtin().permissions)
    west, east = pair
    joined = box(2, 4, 4)
    whole = board.clip(spoken(joined), west.area_id, office.officer, takes_in=[east.area_id])
    assert whole.areas_m2[0] == pytest.approx(float(measure.area_m2(joined)), abs=1)
    halved = board.clip(spoken(joined), west.area_id, office.officer)
    assert halved.areas_m2[0] == pytest.approx(float(measure.area_m2(west.geometry)), abs=1)
    line, (found,) = borders.sew(spoken(west.geometry), west.area_id, (), office.officer)
    moved = MovedLine(east.area_id, found.newest.id, spoken(shifted(found.line)))
    along = board.clip(spoken(shifted(line)), west.area_id, office.officer, [moved])
    assert along.areas_m2[0] == pytest.approx(float(measure.area_m2(shifted(line))), abs=1)
    assert along.areas_m2[0] > halved.areas_m2[0] + 1000
