"""The division of zones over grids is kept with both their versions, renewed where grids change, and handed out; on both databases."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from domain.errors import Invalid
from geo import measure
from services.divisions import _near, redivide
from services.grid_layer import grids_cover, look_at_grids
from storage.area_tables import divisions
from storage.schema import migrate
from storage.store import Store
from tests.services.zone_office import SOUTH, WEST, WHY, Office, box, spoken

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


def test_zones_far_apart_are_divided_without_reading_what_lies_between(office: Office, monkeypatch):
    from storage.areas import Areas
    from storage.buildings import Buildings

    with office.store.work() as work:
        for i in range(30):
            for j in range(30):
                office.area(work, "grid", f"far-{i}-{j}", box(100 + 10 * i, 100 + 10 * j, 10, 10))
        for k in range(2):
            for n, (x, y) in enumerate([(101, 101), (101, 391), (391, 101), (391, 391)]):
                office.area(work, "zone", f"zone-{n}-{k}", box(x + 3 * k, y, 2))
    read: list[int] = []
    for holder in (Areas, Buildings):
        ask = holder.touching

        def counted(self, *words, ask=ask, **more):
            found = ask(self, *words, **more)
            read.append(len(found))
            return found

        monkeypatch.setattr(holder, "touching", counted)
    assert office.divisions.after_grids(None) == 8
    assert 4 <= sum(read) <= 8, "read ground where no zone lies"
    with office.store.look() as work:
        assert [row.grid_code for row in work.areas.division("zone-3-1-1")] == ["far-29-29"]
        grids, _ = _near(work, sorted(work.areas.shown("zone"), key=lambda zone: zone.code, reverse=True))
    codes = [grid.code for grid in grids]
    assert len(codes) > 2
    assert codes == sorted(codes), "a building on a border would belong to whichever grid was read first"


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
