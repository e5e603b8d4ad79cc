"""A file on its way in, step by step, on both databases: read by a job, decided about, stored once and whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import shapely
import sqlalchemy as sa

from domain.errors import Busy, Conflict, Invalid, NotAllowed, NotFound, TooLarge
from domain.policy.permissions import load_builtin
from domain.policy.zones import load_zones
from domain.records import Actor, Assignment, Person
from geo.measure import area_m2
from services import layer_keeping
from services.exchange import OPERATOR, Choices, Exchange
from services.history import broken_links
from services.layer_imports import LayerImports
from services.layer_runs import LayerRuns
from services.queue import Queue
from storage.layer_files import LayerFiles
from storage.tables import area_versions, areas, buildings, hidden_rows
from tests.exchange.conftest import NOW, cell, wavy
from tests.exchange.files import geojson


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(city, clock) -> Queue:
    return Queue(city, clock)


@pytest.fixture
def imports(city, clock, queue, tmp_path) -> LayerImports:
    exchange = Exchange(city, load_builtin(), clock, load_zones)
    return LayerImports(city, exchange, LayerFiles(tmp_path / "imports"), load_builtin(), queue, clock)


@pytest.fixture
def officer(city) -> Actor:
    """A person who is written down: jobs act for whoever decided last."""
    held = (Assignment("housing_bureau", "city"),)
    with city.work() as work:
        work.people.add(Person("p-bureau", "bureau", "住建", None, "zh", None, NOW, held), password_hash="-")
    return Actor("p-bureau", "住建", held)


def bring(imports, officer, path, layer="grids"):
    arrival = imports.begin(layer, path.name, officer)
    imports.take(arrival, path.read_bytes())
    return imports.keep(arrival, officer)


def run_all(queue) -> int:
    done = 0
    while queue.run_next("runner"):
        done += 1
    return done


def grids(path, codes=("N1", "N2", "N3", "N4"), name="新"):
    cells = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (1, 2)]
    return geojson(path, [({"code": c, "name": f"{name}{c}"}, wavy(*at)) for c, at in zip(codes, cells, strict=False)])


def stored(imports, queue, officer, path, layer="grids", **choices):
    found = bring(imports, officer, path, layer)
    run_all(queue)
    imports.choose(found.id, Choices(datum="wgs84", **choices), officer)
    run_all(queue)
    found = imports.get(found.id, officer)
    imports.confirm(found.id, found.revision, officer)
    run_all(queue)
    return imports.get(found.id, officer)


def test_brought_read_looked_at_stored(city, imports, queue, officer, tmp_path):
    found = bring(imports, officer, grids(tmp_path / "a.geojson"))
    assert (found.state, found.file_name) == ("uploaded", "a.geojson")
    assert run_all(queue) == 1
    found = imports.get(found.id, officer)
    assert found.state == "ready"
    assert found.summary["counts"] == {"new": 4, "changed": 0, "same": 0, "bad": 0}
    assert found.summary["missing"] == 12
    rows = json.loads(imports.map_rows(found.id, None, officer))["features"]
    assert [f["properties"]["fate"] for f in rows] == ["new"] * 4
    imports.confirm(found.id, found.revision, officer)
    with city.look() as work:
        assert len(work.areas.in_force("grid")) == 12, "nothing is stored before the job has done it"
    run_all(queue)
    found = imports.get(found.id, officer)
    assert (found.state, found.stored["new"]) == ("stored", 4)
    with city.look() as work:
        kept = [a for a in work.areas.in_force("grid") if a.code.startswith("N")]
        assert len(kept) == 4
        assert {a.created_by for a in kept} == {"p-bureau"}
        entry = work.history.of("layer", "grid")[-1]
        assert (entry.actor_id, entry.payload["sha256"]) == ("p-bureau", found.sha256)
        assert work.connection.scalar(sa.select(sa.func.count()).select_from(hidden_rows)) == 0
        for area in kept:
            assert broken_links(work, "grid", area.area_id) == []
    with pytest.raises(NotFound):
        imports.map_rows(found.id, None, officer)  # what was brought goes when it is stored


def test_a_choice_has_it_read_again_and_an_old_reading_counts_no_more(imports, queue, officer, tmp_path):
    found = bring(imports, officer, grids(tmp_path / "a.geojson"))
    changed = imports.change(found.id, found.revision, {"columns": {"name": ""}}, officer)
    assert run_all(queue) == 2, "the first reading finds itself out of date"
    after = imports.get(found.id, officer)
    assert (after.state, after.revision) == ("ready", changed.revision)
    assert "name" not in after.summary["mapping"]
    assert after.summary["repairs"] == {"name_from_code": 4}
    with pytest.raises(Invalid):
        imports.change(found.id, after.revision, {"colour": "red"}, officer)


def test_ones_own_quick_choices_all_count_and_somebody_elses_is_told(imports, queue, officer, admin, tmp_path):
    """A page sends what it showed a moment ago: the second press comes with the revision from before the first."""
    found = bring(imports, officer, grids(tmp_path / "a.geojson"))
    run_all(queue)
    seen = imports.get(found.id, officer).revision
    for values in ({"datum": "wgs84"}, {"columns": {"name": ""}}, {"columns": {"households": ""}}, {"leave_out": True},
                   {"repairs": {"name_from_code": True}}, {"repairs": {"make_valid": True}}):  # fmt: skip
        imports.change(found.id, seen, values, officer)
    imports.change(found.id, seen, {"repairs": {"make_valid": False}}, officer)
    late = imports.confirm(found.id, seen, officer)
    assert late.state == "uploaded", "what the choices make of the file has not been looked at: nothing is stored"
    chosen = late.choices
    assert (chosen["datum"], chosen["leave_out"], chosen["repairs"]) == ("wgs84", True, ["name_from_code"])
    assert chosen["columns"] == {"name": "", "households": ""}

    for press in (lambda: imports.change(found.id, seen, {"leave_out": False}, admin),
                  lambda: imports.confirm(found.id, seen, admin)):  # fmt: skip
        with pytest.raises(Conflict) as refused:
            press()
        assert refused.value.code == "layer_import_changed"
    run_all(queue)
    now = imports.get(found.id, officer)
    assert (now.state, now.choices) == ("ready", chosen)
    assert imports.change(found.id, now.revision, {"leave_out": False}, admin).revision == now.revision + 1


def test_one_kind_of_repair_is_accepted_alone(imports, queue, officer, tmp_path):
    w, s = 120.8021, 29.5821
    bow = {"type": "Polygon", "coordinates": [[[w, s], [w + 0.004, s + 0.004], [w + 0.004, s], [w, s + 0.004], [w, s]]]}
    path = geojson(
        tmp_path / "b.geojson", [({"code": "B1", "name": "结"}, bow), ({"name": "没码"}, cell(0, 1, 0.4, 0.4))]
    )
    found = bring(imports, officer, path)
    run_all(queue)
    found = imports.change(found.id, found.revision, {"datum": "wgs84", "repairs": {"make_valid": True}}, officer)
    run_all(queue)
    summary = imports.get(found.id, officer).summary
    assert (summary["repaired"], summary["repairs"]) == ({"make_valid": 1}, {"code_from_name": 1})
    parts = [f["properties"]["part"] for f in json.loads(imports.map_rows(found.id, None, officer))["features"]]
    assert sorted(parts) == ["before", "row", "row"]
    assert [b["code"] for b in summary["blockers"]] == ["layer_rows_bad"]
    with pytest.raises(Invalid):
        imports.confirm(found.id, found.revision, officer)


@pytest.mark.parametrize(("layer", "code"), [("streets", "layer_far_away"), ("grids", "geometry_outside_city")])
def test_one_row_in_another_part_of_the_world_is_told_and_left_out_of_the_view(
    layer, code, imports, queue, officer, tmp_path
):
    """A street makes the city, so nothing else says that it lies nowhere near; elsewhere it is said once."""
    near = [({"code": f"F{i}", "name": "近"}, wavy(0, i)) for i in range(3)]
    far = ({"code": "F9", "name": "远"}, shapely.box(0, 0, 0.01, 0.01))
    found = bring(imports, officer, geojson(tmp_path / "far.geojson", [*near, far]), layer)
    run_all(queue)
    summary = imports.get(found.id, officer).summary
    assert [(p["row"], p["code"]) for p in summary["problems"] if not p["is_note"]] == [(4, code)]
    if code == "layer_far_away":
        assert 12_000 < summary["problems"][0]["facts"]["km"] < 14_000
    west, south, east, north = summary["bounds"]
    assert (west, south, east, north) == pytest.approx(shapely.union_all([line for _, line in near]).bounds)


def test_codes_over_the_same_ground_are_offered_as_lineage(city, imports, queue, officer, tmp_path):
    whole = wavy(0, 0)
    w, s, e, n = whole.bounds
    west, east = whole & shapely.box(w, s, (w + e) / 2, n), whole & shapely.box((w + e) / 2, s, e, n)
    path = geojson(tmp_path / "c.geojson", [
        ({"code": "W00A", "name": "西"}, west), ({"code": "W00B", "name": "东"}, east),
        ({"code": "X01", "name": "改码"}, wavy(0, 1)), ({"code": "X23", "name": "并"}, wavy(0, 2) | wavy(0, 3)),
    ])  # fmt: skip
    found = bring(imports, officer, path)
    run_all(queue)
    offered = imports.get(found.id, officer).summary["proposals"]
    assert [(line["old"], line["new"], line["relation"]) for line in offered] == [
        (["W00"], ["W00A", "W00B"], "split"), (["W01"], ["X01"], "recoded"), (["W02", "W03"], ["X23"], "merged"),
    ]  # fmt: skip
    lineage = [{"old": line["old"], "new": line["new"], "is_accepted": True} for line in offered]
    found = imports.change(found.id, found.revision, {"datum": "wgs84", "lineage": lineage}, officer)
    run_all(queue)
    found = imports.get(found.id, officer)
    assert found.summary["proposals"] == []
    imports.confirm(found.id, found.revision, officer)
    run_all(queue)
    with city.look() as work:
        in_force = {a.code for a in work.areas.in_force("grid")}
    assert {"W00A", "W00B", "X01", "X23"} <= in_force
    assert not {"W00", "W01", "W02", "W03"} & in_force
    assert imports.get(found.id, officer).stored["links"] == 5


def test_a_layer_that_changed_meanwhile_is_looked_at_again(city, imports, queue, officer, tmp_path):
    found = bring(imports, officer, grids(tmp_path / "a.geojson"))
    run_all(queue)
    found = imports.choose(found.id, Choices(datum="wgs84"), officer)
    run_all(queue)
    with city.work() as work:
        work.areas.bump("grid")
    imports.confirm(found.id, imports.get(found.id, officer).revision, officer)
    run_all(queue)
    again = imports.get(found.id, officer)
    assert (again.state, again.refusal["code"]) == ("ready", "layer_changed_meanwhile")
    assert again.revision == found.revision + 1
    with city.look() as work:
        assert len(work.areas.in_force("grid")) == 12


@pytest.mark.parametrize("dies_after", [1, 2])
def test_a_run_that_dies_between_two_batches_leaves_nothing_to_see_and_the_next_one_stores_it_once(
    dies_after, city, imports, queue, officer, clock, tmp_path, monkeypatch
):
    """The process is gone without a word: what it wrote stays hidden until the job comes back."""
    monkeypatch.setattr(layer_keeping, "ROWS_AT_ONCE", 2)
    path = geojson(
        tmp_path / "h.geojson", [({"id": f"n{i}", "name": f"{i}幢"}, cell(0.1, 0.1 * i, 0.05, 0.05)) for i in range(6)]
    )
    found = bring(imports, officer, path, "buildings")
    run_all(queue)
    found = imports.choose(found.id, Choices(datum="wgs84"), officer)
    run_all(queue)
    imports.confirm(found.id, imports.get(found.id, officer).revision, officer)
    stage, batches = layer_keeping._stage, []

    class Killed(BaseException):
        pass

    def dying(*args):
        if len(batches) == dies_after:
            raise Killed
        batches.append(1)
        stage(*args)

    monkeypatch.setattr(layer_keeping, "_stage", dying)
    monkeypatch.setattr(layer_keeping, "take_away", lambda *_: None)  # a dead process tidies nothing up
    with pytest.raises(Killed):
        queue.run_next("dead")
    monkeypatch.undo()
    with city.look() as work:
        assert work.connection.scalar(sa.select(sa.func.count()).select_from(buildings)) == 5 + 2 * dies_after
        assert work.buildings.count() == len(work.buildings.every()) == len(work.buildings.figures()) == 5
        assert len(work.buildings.touching((120, 29, 121, 30))) == 5
    assert run_all(queue) == 0, "the dead runner still has the lease"
    clock.now += timedelta(minutes=5)
    assert run_all(queue) == 1
    assert imports.get(found.id, officer).stored["new"] == 6
    with city.look() as work:
        assert work.buildings.count() == 11
        assert work.connection.scalar(sa.select(sa.func.count()).select_from(buildings)) == 11
        assert len(work.buildings.touching((120, 29, 121, 30))) == 11


def test_a_run_that_dies_after_the_last_transaction_is_not_done_again(
    city, imports, queue, officer, clock, tmp_path, monkeypatch
):
    found = bring(imports, officer, grids(tmp_path / "a.geojson"))
    run_all(queue)
    found = imports.choose(found.id, Choices(datum="wgs84"), officer)
    run_all(queue)
    imports.confirm(found.id, imports.get(found.id, officer).revision, officer)

    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    monkeypatch.setattr(LayerRuns, "_after", die)
    with pytest.raises(Killed):
        queue.run_next("dead")
    monkeypatch.undo()
    assert imports.get(found.id, officer).state == "stored"
    clock.now += timedelta(minutes=5)
    assert run_all(queue) == 1
    with city.look() as work:
        assert [a.version for a in work.areas.in_force("grid") if a.code.startswith("N")] == [1] * 4
        assert len(list(work.history.of("layer", "grid"))) == 1


def test_an_import_that_was_given_up_leaves_no_row_and_no_identity(city, exchange, officer, tmp_path, monkeypatch):
    monkeypatch.setattr(layer_keeping, "ROWS_AT_ONCE", 3)
    preview = exchange.preview(grids(tmp_path / "a.geojson"), "grids", officer, Choices(datum="wgs84"))
    with city.look() as work:
        before = [work.connection.scalar(sa.select(sa.func.count()).select_from(t)) for t in (areas, area_versions)]

    def fail(*_):
        raise Busy("store_busy")

    monkeypatch.setattr(layer_keeping, "_show", fail)
    with pytest.raises(Busy):
        exchange.store(preview, officer)
    with city.look() as work:
        after = [
            work.connection.scalar(sa.select(sa.func.count()).select_from(t))
            for t in (areas, area_versions, hidden_rows)
        ]
        assert [a.code for a in work.areas.touching("grid", (120, 29, 121, 30), status="staged")] == []
    assert after == [*before, 0]


def test_another_import_waits_until_the_first_is_stored(city, exchange, officer, tmp_path):
    with city.work() as work:
        work.layer_imports.hide("other", buildings, 900, 905, at=NOW)
    preview = exchange.preview(grids(tmp_path / "a.geojson"), "grids", officer, Choices(datum="wgs84"))
    with pytest.raises(Conflict) as refused:
        exchange.store(preview, officer)
    assert refused.value.code == "layer_being_stored"
    with city.work() as work:
        work.connection.execute(sa.update(hidden_rows).values(at=NOW - timedelta(hours=1)))
    assert exchange.store(preview, officer).new == 4, "a dead one is cleared away"


def test_a_person_whose_account_was_closed_stores_nothing(city, imports, queue, officer, tmp_path):
    found = bring(imports, officer, grids(tmp_path / "a.geojson"))
    with city.work() as work:
        work.people.set_disabled("p-bureau", NOW)
    run_all(queue)
    found = imports.get(found.id, officer)
    assert (found.state, found.refusal["code"]) == ("refused", "not_allowed")


def test_what_nobody_came_back_to_goes_after_a_day(city, imports, queue, officer, clock, tmp_path):
    found = bring(imports, officer, grids(tmp_path / "a.geojson"))
    half = imports.begin("grids", "b.geojson", officer)
    imports.take(half, b"half")
    run_all(queue)
    folder = tmp_path / "imports"
    assert imports.sweep() == 0
    clock.now = datetime.now(UTC) + timedelta(days=2)  # files carry the disk's own time
    assert imports.sweep() == 2
    assert list(folder.iterdir()) == []
    assert imports.get(found.id, officer).state == "closed"
    imports.abandon(half)


def test_closing_takes_the_file_away(imports, queue, officer, tmp_path):
    found = bring(imports, officer, grids(tmp_path / "a.geojson"))
    imports.close(found.id, officer)
    assert list((tmp_path / "imports").iterdir()) == []
    assert run_all(queue) == 1, "its job finds nothing to do"
    assert imports.get(found.id, officer).state == "closed"
    with pytest.raises(Conflict):
        imports.change(found.id, 1, {"datum": "wgs84"}, officer)


def test_what_cannot_come_in_is_refused_at_the_door(imports, officer, monkeypatch):
    with pytest.raises(Invalid) as refused:
        imports.begin("grids", "C:\\地图\\..\\wg.vrt", officer)
    assert refused.value.code == "layer_format_unknown"
    with pytest.raises(Invalid):
        imports.begin("rivers", "a.zip", officer)
    with pytest.raises(NotAllowed):
        imports.begin("grids", "a.zip", Actor("x", "x", (Assignment("inspector", "city"),)))
    arrival = imports.begin("grids", "../../etc/网格 1.geojson", officer)
    assert arrival.file_name == "网格 1.geojson"
    with pytest.raises(Invalid):
        imports.keep(arrival, officer)  # empty
    monkeypatch.setitem(__import__("services.layer_imports").layer_imports.FILE_AT_MOST_MB, "text", 0)
    with pytest.raises(TooLarge):
        imports.take(arrival, b"x")
    imports.abandon(arrival)


def test_another_datum_is_shown_at_once(imports, queue, officer, tmp_path):
    found = bring(imports, officer, grids(tmp_path / "a.geojson"))
    run_all(queue)

    def first(datum):
        return json.loads(imports.map_rows(found.id, datum, officer))["features"][0]["geometry"]["coordinates"][0][0]

    (x0, y0), (x1, y1) = first(None), first("gcj02")
    off_m = ((x0 - x1) ** 2 + (y0 - y1) ** 2) ** 0.5 * 111_000
    assert 300 < off_m < 800
    assert first("wgs84") == [x0, y0]
    assert first("mars") == [x0, y0]


def test_what_comes_in_by_command_is_placed_too(city, exchange, tmp_path):
    """Grids that change take the buildings with them, in steps, after the switch."""
    path = geojson(tmp_path / "g.geojson", [({"code": "W00", "name": "小了"}, cell(0, 0, 0.05, 0.05)),
                                            ({"code": "N1", "name": "新"}, cell(0.2, 0.2, 0.2, 0.3))])  # fmt: skip
    done = exchange.store(exchange.preview(path, "grids", OPERATOR, Choices(datum="wgs84")), OPERATOR)
    with city.look() as work:
        new = next(a for a in work.areas.in_force("grid") if a.code == "N1")
        assert {b.grid_id for b in work.buildings.every()} == {new.area_id}
    assert done.buildings_placed == 5
    assert area_m2(new.geometry) > 0
