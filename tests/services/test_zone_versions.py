"""Drafts take force, now or on a day, by whom the street trusts; what was stays as it was; on both databases."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from domain.policy import editions
from domain.records import Actor, Area, Assignment, Building, Person
from geo import measure
from services.divisions import Divisions, redivide
from services.grid_layer import grids_cover, look_at_grids
from services.places import find_place
from services.policy import LivePolicy
from services.queue import LEASE, Queue
from services.zone_compare import ZoneCompare
from services.zone_division import ZoneDivision
from services.zone_modes import ZoneModes
from services.zone_versions import ZoneVersions
from services.zones import Zones
from storage.area_tables import divisions
from storage.schema import migrate
from storage.store import Store
from tests.storage.conftest import ENGINES, fresh_url, migrated_file  # noqa: F401 - a fixture

ZONE = ZoneInfo("Asia/Shanghai")
WEST, SOUTH = 120.80, 29.58
WHY = "已征询居委会"


def box(x: float, y: float, width: float = 2.0, height: float = 2.0) -> shapely.Polygon:
    """In thousandths of a degree from the corner of the small city."""
    west, south = WEST + x / 1000, SOUTH + y / 1000
    return shapely.box(west, south, west + width / 1000, south + height / 1000)


def spoken(shape: shapely.Polygon) -> dict:
    return json.loads(json.dumps(shape.__geo_interface__))


class Office:
    """Two streets side by side, the first with two grids; services with a clock that the test turns."""

    def __init__(self, store: Store) -> None:
        self.store, self.at = store, datetime.now(ZONE).replace(hour=10)
        self.policy = LivePolicy(store, self.clock, ZONE)
        self.policy.seed_builtin()
        self.queue = Queue(store, self.clock)
        rules = editions.load_builtin().permissions
        self.zones = Zones(store, rules, self.policy, self.clock)
        self.versions = ZoneVersions(store, rules, self.policy, self.queue, self.clock, ZONE)
        self.compare = ZoneCompare(store, rules)
        self.modes = ZoneModes(store, rules, self.policy, self.clock)
        self.division = ZoneDivision(store, rules, self.policy, self.clock)
        self.divisions = Divisions(store, self.queue, self.clock)
        with store.work() as work:
            for side, x in (("a", 0.0), ("b", 20.0)):
                self.area(work, "street", f"street-{side}", box(x, 0, 20, 20))
            self.area(work, "grid", "grid-1", box(0, 0, 10, 20))
            self.area(work, "grid", "grid-2", box(10, 0, 10, 20))
            roofs = [(f"b{i}", box(i + 0.4, 4.4, 0.2, 0.2), 10 + i) for i in range(20)]
            work.buildings.add([Building(i, i, i, s, s.centroid.x, s.centroid.y, n, True) for i, s, n in roofs])
        self.officer = self.person("street_officer", Assignment("street_officer", "street", "street-a"))
        self.other = self.person("other", Assignment("street_officer", "street", "street-b"))
        self.bureau = self.person("bureau", Assignment("housing_bureau", "city"))

    def clock(self) -> datetime:
        return self.at

    def area(self, work, layer: str, name: str, shape, version: int = 1, status: str = "in_force") -> Area:
        found = Area(f"{name}-{version}", name, layer, version, status, name, name, shape, 1.0, valid_from=self.at)
        work.areas.add([found], at=self.at)
        return found

    def person(self, name: str, held: Assignment) -> Actor:
        who = Person(f"p-{name}", name, name, None, "zh", None, self.at, (held,))
        with self.store.work() as work:
            work.people.add(who, password_hash="-")
        return Actor(who.id, name, (held,))

    def draft(
        self, shape, *, zone: str | None = None, name: str = "示意小区", mode: str = "professional", **more
    ) -> Area:
        return self.zones.save_draft(
            str(uuid.uuid4()), spoken(shape), zone_id=zone, name=name, kind="old_compound", mode=mode,
            actor=more.pop("by", self.officer), **more,
        )[0]  # fmt: skip

    def decide(
        self, draft: Area, *, seen: str | None = None, consent: str | None = None, day: date | None = None, by=None
    ):
        return self.versions.decide(draft.id, WHY, seen=seen, consent=consent, from_day=day, actor=by or self.officer)

    def run(self) -> None:
        while self.queue.run_next("runner"):
            pass

    def here(self, x: float, y: float):
        with self.store.look() as work:
            return find_place(work, WEST + x / 1000, SOUTH + y / 1000)

    def version(self, version_id: str) -> Area:
        with self.store.look() as work:
            return work.areas.version(version_id)

    def actions(self, zone_id: str) -> list[str]:
        with self.store.look() as work:
            return [entry.action for entry in work.history.of("zone", zone_id)]


@pytest.fixture(scope="session")
def migrated_database(cluster) -> str:
    opened = Store.open(cluster.create("migrated_zones"))
    migrate(opened.engine)
    opened.close()
    return "migrated_zones"


@pytest.fixture(params=ENGINES)
def office(request: pytest.FixtureRequest):
    for url in fresh_url(request, request.param):
        opened = Store.open(url)
        yield Office(opened)
        opened.close()


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


# -- division kept -------------------------------------------------------------------------------------------------


def kept_rows(office: Office, version_id: str) -> list[tuple]:
    """Every row of a version's divisions, each column of it."""
    with office.store.look() as work:
        query = sa.select(divisions).where(divisions.c.zone_version_id == version_id).order_by(divisions.c.serial)
        return [tuple(row) for row in work.connection.execute(query)]


def new_grid(office: Office) -> datetime:
    """The second grid ends and two halves of it come, as an import does it."""
    at = office.at + timedelta(hours=1)
    office.at = at
    with office.store.work() as work:
        work.areas.end(["grid-2-1"], status="retired", at=at)
        office.area(work, "grid", "grid-3", box(10, 0, 5, 20))
        office.area(work, "grid", "grid-4", box(15, 0, 5, 20))
    return at


def test_grids_change_and_only_what_they_touch_is_divided_anew(office: Office):
    far, near = office.draft(box(2, 4), name="远"), office.draft(box(14, 4), name="近")
    draft = office.draft(box(13, 12, 4), name="草案")
    for each in (far, near):
        office.decide(each)
    before = {each.id: kept_rows(office, each.id) for each in (far, near, draft)}
    changed = office.divisions.after_grids(new_grid(office))
    assert changed == 2
    assert kept_rows(office, far.id) == before[far.id]
    assert kept_rows(office, near.id)[: len(before[near.id])] == before[near.id]
    with office.store.look() as work:
        assert [r.grid_code for r in work.areas.division(near.id, 0)] == ["grid-2"]
        assert {r.grid_code for r in work.areas.division(near.id)} == {"grid-3", "grid-4"}
        assert work.areas.last_set(draft.id) == 0
        assert {r.grid_code for r in work.areas.division(draft.id)} == {"grid-3", "grid-4"}
        assert work.areas.version(near.id).crosses_grids
    assert office.divisions.after_grids(office.at) == 0


def test_nothing_rewrites_the_division_of_what_took_force(office: Office):
    first = office.draft(box(14, 4))
    office.decide(first)
    decided = kept_rows(office, first.id)
    office.divisions.after_grids(new_grid(office))
    second = office.draft(box(14, 4, 3), zone=first.area_id)
    office.decide(second, seen=first.id, consent="同意")
    office.modes.record(first.area_id, mode="unmanaged", manager="", since=office.at.date(), contract_start=None,
                       contract_end=None, source="示意", actor=office.officer)  # fmt: skip
    made = office.versions.restore(first.id, WHY, office.officer)
    office.decide(made, seen=second.id, consent="同意")
    assert kept_rows(office, first.id)[: len(decided)] == decided
    with office.store.work() as work, pytest.raises(ValueError, match="superseded"):
        work.areas.redivide(work.areas.version(first.id), [], at=office.at)


def test_a_division_killed_in_the_middle_is_begun_again(office: Office, monkeypatch):
    from services import divisions as room

    zones = [office.draft(box(12 + i, 4 + 2 * i, 1), name=f"区{i}") for i in range(4)]
    monkeypatch.setattr(room, "AT_ONCE", 1)
    at, count = new_grid(office), 0

    def killed() -> None:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        office.divisions.after_grids(at, killed)
    assert office.divisions.after_grids(at) == 2
    with office.store.look() as work:
        for zone in zones:
            assert {r.grid_code for r in work.areas.division(zone.id)} <= {"grid-3", "grid-4"}


def test_the_shortcut_is_taken_only_after_the_grids_were_looked_at(office: Office):
    with office.store.look() as work:
        assert not grids_cover(work)
    assert look_at_grids(office.store)
    with office.store.look() as work:
        assert grids_cover(work)
    with office.store.work() as work:
        office.area(work, "grid", "grid-over", box(9, 0, 2, 20))
    with office.store.look() as work:
        assert not grids_cover(work)
    assert not look_at_grids(office.store)


@pytest.fixture(scope="module")
def quiet_office(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("quiet")
    opened = Store.open(f"sqlite:///{folder}/slg.db")
    migrate(opened.engine)
    yield Office(opened)
    opened.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.tuples(some.floats(0.5, 19), some.floats(0.5, 19)), min_size=3, max_size=9))
def test_pieces_are_disjoint_inside_both_and_sum_to_the_zone(quiet_office: Office, corners: list[tuple[float, float]]):
    ring = shapely.MultiPoint([(WEST + x / 1000, SOUTH + y / 1000) for x, y in corners]).convex_hull
    if ring.geom_type != "Polygon" or ring.area < 1e-9:
        return
    found = quiet_office.zones.measure(spoken(ring), None, quiet_office.officer)
    assert sum(row.share for row in found.rows) == pytest.approx(1, abs=1e-9)
    assert sum(row.area_m2 for row in found.rows) == pytest.approx(found.area_m2, rel=1e-9)
    # In metres: a long edge that is straight there is not quite straight in degrees.
    pieces, whole = measure.project([row.piece for row in found.rows]), measure.project(found.geometry)
    for i, piece in enumerate(pieces):
        assert piece.difference(whole.buffer(1e-4)).area < 1e-6
        for other in pieces[i + 1 :]:
            assert piece.intersection(other).area < 1e-3


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


# -- lists and files -----------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("kind", ["csv", "xlsx", "geojson", "gpkg"])
def test_the_division_as_a_file(office: Office, kind: str):
    with pytest.raises(Invalid, match="zone_division_empty"):
        office.division.export_file(kind, None, office.officer)
    office.decide(office.draft(box(9, 4), name="=1+1"), consent="同意")
    made = office.division.export_file(kind, "street-a", office.officer)
    data = made.path.read_bytes()
    assert len(data) > 100
    if kind == "csv":
        rows = data.decode("utf-8-sig").splitlines()
        assert len(rows) == 3
        assert "'=1+1" in rows[1]
    if kind == "geojson":
        found = json.loads(data)["features"]
        assert sum(f["properties"]["share"] for f in found) == pytest.approx(1, abs=2e-6)
    made.drop()
    assert not made.path.exists()


def test_redividing_what_did_not_change_writes_nothing(office: Office):
    draft = office.draft(box(9, 4))
    with office.store.work() as work:
        assert redivide(work, [work.areas.version(draft.id)], office.at) == 0
