"""What becomes of codes: next versions, lineage, drafts of zones, all or nothing, who may."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely
from shapely.geometry import Polygon, box

from domain.errors import Conflict, Invalid, NotAllowed
from domain.layers import Lineage
from domain.records import ROLES, Actor, Assignment
from services.exchange import ACTION, OPERATOR, REPAIRS, Choices, Exchange
from services.history import broken_links
from tests.exchange.conftest import cell, wavy
from tests.exchange.files import geojson

SURE = Choices(datum="wgs84")


def grids(city):
    with city.look() as work:
        return {a.code: a for a in work.areas.in_force("grid")}


def bring(exchange, admin, path, layer, choices=SURE):
    return exchange.store(exchange.preview(path, layer, admin, choices), admin)


def test_a_known_code_gets_its_next_version_and_the_old_one_stays_to_be_read(city, exchange, admin, tmp_path):
    before = grids(city)["W00"]
    line = cell(0, 0, 0.5, 0.5)
    path = geojson(
        tmp_path / "g.geojson", [({"code": "W00", "name": "新名"}, line), ({"code": "W99", "name": "新格"}, wavy(1, 5))]
    )
    preview = exchange.preview(path, "grid", admin, SURE)
    assert [(row.fate, row.changes) for row in preview.rows] == [("changed", ("name", "geometry")), ("new", ())]
    assert exchange.store(preview, admin).changed == 1
    after = grids(city)
    assert (after["W00"].area_id, after["W00"].version, after["W00"].name) == (before.area_id, 2, "新名")
    assert after["W00"].kind == before.kind, "a column that is not in the file says nothing"
    assert shapely.hausdorff_distance(after["W00"].geometry, line) < 1e-7
    assert after["W00"].geometry.exterior.is_ccw
    assert len(after) == 13, "what the file does not name stays in force"
    with city.look() as work:
        old = work.areas.version(before.id)
        assert old.status == "superseded"
        assert old.valid_to == after["W00"].valid_from
        assert old.geometry.equals(before.geometry)
        assert work.areas.lineage(before.id) == [(before.id, after["W00"].id, "next")]
        entries = work.history.of("grid", before.area_id)
        assert [(e.action, e.payload["version"]) for e in entries] == [("grid.imported", 2)]
        layer = work.history.of("layer", "grid")[-1]
        assert (layer.payload["new"], layer.payload["changed"], layer.payload["sha256"]) == (1, 1, preview.sha256)
        for kind, subject in (("grid", before.area_id), ("layer", "grid")):
            assert broken_links(work, kind, subject) == []


def test_a_second_import_goes_on_the_same_chain(city, exchange, admin, tmp_path):
    for name in ("甲", "乙"):
        bring(
            exchange,
            admin,
            geojson(tmp_path / f"{name}.geojson", [({"code": "W00", "name": name}, wavy(0, 0))]),
            "grid",
        )
    one = grids(city)["W00"]
    assert (one.version, one.name) == (3, "乙")
    with city.look() as work:
        assert [e.seq for e in work.history.of("grid", one.area_id)] == [1, 2]
        assert broken_links(work, "grid", one.area_id) == []


def test_a_renamed_code_stays_the_same_grid(city, exchange, admin, tmp_path):
    before = grids(city)["W00"]
    path = geojson(tmp_path / "g.geojson", [({"code": "X00", "name": before.name}, before.geometry)])
    bring(exchange, admin, path, "grid", replace(SURE, lineage=(Lineage.read("W00=X00"),)))
    after = grids(city)
    assert "W00" not in after
    assert after["X00"].area_id == before.area_id
    with city.look() as work:
        assert work.areas.lineage(before.id) == [(before.id, after["X00"].id, "recoded")]


def test_a_split_grid_ends_and_its_parts_know_it(city, exchange, admin, tmp_path):
    before = grids(city)["W00"]
    west, south, east, north = before.geometry.bounds
    middle = round((west + east) / 2, 7)
    halves = [shapely.intersection(before.geometry, half)
              for half in (box(west, south, middle, north), box(middle, south, east, north))]  # fmt: skip
    path = geojson(
        tmp_path / "g.geojson", [({"code": f"W00{c}", "name": c}, h) for c, h in zip("AB", halves, strict=True)]
    )
    stored = bring(exchange, admin, path, "grid", replace(SURE, lineage=(Lineage.read("W00=W00A+W00B"),)))
    assert (stored.new, stored.links) == (2, 2)
    after = grids(city)
    with city.look() as work:
        assert work.areas.version(before.id).status == "retired"
        assert work.areas.lineage(before.id) == [(before.id, after[c].id, "split") for c in ("W00A", "W00B")]
    assert stored.buildings_placed > 0, "buildings of the split grid lie in its parts now"
    with city.look() as work:
        assert {b.grid_id for b in work.buildings.every()} == {after["W00A"].area_id}


def test_two_merged_grids_end_in_one(city, exchange, admin, tmp_path):
    before = grids(city)
    whole = shapely.union_all([before["W00"].geometry, before["W01"].geometry])
    path = geojson(tmp_path / "g.geojson", [({"code": "M", "name": "合"}, whole)])
    bring(exchange, admin, path, "grid", replace(SURE, lineage=(Lineage.read("W00+W01=M"),)))
    after = grids(city)
    assert not {"W00", "W01"} & set(after)
    with city.look() as work:
        for old in ("W00", "W01"):
            assert work.areas.lineage(before[old].id) == [(before[old].id, after["M"].id, "merged")]


@pytest.mark.parametrize(
    ("said", "code"),
    [("W77=N1", "layer_lineage_unknown"), ("W00=N9", "layer_lineage_not_in_file"), ("W00=W01", "layer_lineage_taken"),
     ("W01=N1", "layer_lineage_still_there"), ("=N1", "layer_lineage_wrong"), ("A+B=C+D", "layer_lineage_wrong")],
)  # fmt: skip
def test_a_lineage_that_cannot_be_is_told(said, code, city, exchange, admin, tmp_path):
    path = geojson(tmp_path / "g.geojson", [({"code": c, "name": c}, wavy(0, i)) for i, c in enumerate(("N1", "W01"))])
    with pytest.raises(Invalid) as refused:
        exchange.preview(path, "grid", admin, Choices(datum="wgs84", lineage=(Lineage.read(said),)))
    assert refused.value.code == code


@pytest.mark.parametrize("word", ["小区", "区域"])
def test_zones_come_in_as_drafts_with_their_pieces(word, city, exchange, admin, tmp_path):
    features = [
        ({f"{word}名称": "官河里", f"{word}类型": "老旧小区", "管理方式": "无物业"}, cell(0.15, 0.15, 0.3, 1.6)),
        (
            {f"{word}名称": "剡湖花园", f"{word}类型": "ordinary_estate", "管理方式": "Professional service"},
            cell(1.2, 1.2, 0.3, 0.3),
        ),
    ]
    stored = bring(exchange, admin, geojson(tmp_path / "z.geojson", features), "zones")
    assert stored.new == 2
    with city.look() as work:
        drafts = {a.name: a for a in work.areas.shown("zone") if a.status == "draft"}
        first = drafts["官河里"]
        assert (first.kind, first.mode, first.street_id, first.community_id) == (
            "old_compound",
            "unmanaged",
            "s0",
            "c0",
        )
        assert first.crosses_grids
        assert first.code.startswith("Q-")
        assert first.households == 60, "counted from the buildings inside"
        pieces = work.areas.division(first.id)
        assert {p.grid_code for p in pieces} == {"W00", "W01"}
        assert sum(p.share for p in pieces) == pytest.approx(1, abs=1e-6)
        assert drafts["剡湖花园"].mode == "professional"
        assert len(work.areas.in_force("zone")) == 2, "nothing took force by itself"


def test_bad_rows_are_told_with_repairs_and_nothing_is_stored_until_decided(city, exchange, admin, tmp_path):
    bow = Polygon([(120.80, 29.58), (120.81, 29.59), (120.81, 29.58), (120.80, 29.59)])
    open_ring = {"type": "Polygon", "coordinates": [[[120.82, 29.58], [120.83, 29.58], [120.83, 29.59]]]}
    path = geojson(tmp_path / "g.geojson", [
        ({"code": "A", "name": "结"}, bow), ({"code": "B", "name": "开"}, open_ring), ({"code": "C", "name": "空"}, None),
        ({"code": "D", "name": "远"}, box(121.3, 29.58, 121.31, 29.59)), ({"code": "E", "name": "好"}, wavy(0, 0)),
        ({"code": "E", "name": "重"}, wavy(0, 1)), ({"code": None, "name": "无码"}, wavy(0, 2)),
        ({"code": "F", "name": "点", "households": "三"}, wavy(0, 3)),
    ])  # fmt: skip
    before = grids(city)
    preview = exchange.preview(path, "grid", admin, SURE)
    told = {row.index: [(p.code, p.repair) for p in row.blocking] for row in preview.rows}
    assert told == {
        1: [("geometry_ring_crosses_itself", "make_valid")], 2: [("geometry_ring_open", "close_ring")],
        3: [("layer_row_no_shape", None)], 4: [("geometry_outside_city", None)], 5: [("layer_code_twice", None)],
        6: [("layer_code_twice", None)], 7: [("layer_code_missing", "code_from_name")], 8: [("layer_cell_wrong", None)],
    }  # fmt: skip
    assert preview.rows[0].problems[0].at == pytest.approx((120.805, 29.585))
    assert preview.repairs == {"make_valid": 1, "close_ring": 1, "code_from_name": 1}
    with pytest.raises(Invalid) as refused:
        exchange.store(preview, admin)
    assert refused.value.code == "layer_rows_bad"
    assert grids(city) == before
    mended = exchange.preview(path, "grid", admin, replace(SURE, repairs=REPAIRS))
    assert mended.repaired == {"make_valid": 1, "close_ring": 1, "code_from_name": 1}
    assert [b.code for b in mended.blockers] == ["layer_rows_bad"]
    some = exchange.preview(path, "grid", admin, replace(SURE, repairs=REPAIRS, leave_out=True))
    stored = exchange.store(some, admin)
    assert (stored.new, stored.left_out) == (3, 5)
    after = grids(city)
    assert set(after) - set(before) == {"A", "B", "无码"}
    assert all(a.geometry.is_valid for a in after.values())


def test_all_or_nothing_when_the_store_fails_in_the_middle(city, exchange, admin, tmp_path, monkeypatch):
    path = geojson(tmp_path / "g.geojson", [({"code": f"N{j}", "name": f"{j}"}, wavy(0, j)) for j in range(5)])
    preview = exchange.preview(path, "grid", admin, SURE)
    before = grids(city)

    def break_off(*_args, **_options):
        raise RuntimeError("the power went")

    monkeypatch.setattr("services.exchange.payload_of", break_off)
    with pytest.raises(RuntimeError):
        exchange.store(preview, admin)
    assert grids(city) == before
    with city.look() as work:
        assert work.history.of("layer", "grid") == []
        assert work.meta("layer_columns.grid") is None


def test_a_layer_that_changed_after_the_preview_is_not_written_over(city, exchange, admin, tmp_path):
    path = geojson(tmp_path / "g.geojson", [({"code": "W00", "name": "一"}, wavy(0, 0))])
    mine = exchange.preview(path, "grid", admin, SURE)
    bring(exchange, admin, geojson(tmp_path / "h.geojson", [({"code": "W00", "name": "二"}, wavy(0, 0))]), "grid")
    with pytest.raises(Conflict) as refused:
        exchange.store(mine, admin)
    assert refused.value.code == "layer_changed_meanwhile"
    assert grids(city)["W00"].name == "二"


def test_columns_are_mapped_by_hand_and_remembered(city, exchange, admin, tmp_path):
    def path(name):
        return geojson(tmp_path / name, [({"甲": f"N-{name[0]}", "乙": "某格", "name": "别的"}, wavy(0, 0))])

    bring(exchange, admin, path("a.geojson"), "grid", replace(SURE, columns={"code": "甲", "name": "乙"}))
    assert grids(city)["N-a"].name == "某格"
    again = exchange.preview(path("b.geojson"), "grid", admin, SURE)
    assert dict(again.mapping) == {"code": "甲", "name": "乙"}
    without = exchange.preview(path("c.geojson"), "grid", admin, replace(SURE, columns={"name": ""}, repairs=REPAIRS))
    assert dict(without.mapping) == {"code": "甲"}


def test_buildings_are_known_by_id_or_by_name_and_place(city, exchange, admin, tmp_path):
    with city.look() as work:
        old = {b.id: b for b in work.buildings.every()}
    path = geojson(tmp_path / "b.geojson", [
        ({"楼号": "1", "name": "1幢", "户数": 40}, old["b1"].geometry), ({"楼号": "9", "name": "9幢", "户数": 12}, cell(1.2, 4.3, 0.02, 0.02)),
    ])  # fmt: skip
    stored = bring(exchange, admin, path, "buildings")
    assert (stored.new, stored.changed) == (1, 1)
    with city.look() as work:
        now = {b.id: b for b in work.buildings.every()}
        assert now["b1"].households == 40
        new = next(b for b in now.values() if b.name == "9幢")
        assert (new.street_id, new.grid_id, new.is_residential) == ("s1", grids(city)["W14"].area_id, True)
        assert [b.name for b in work.buildings.touching(cell(1.2, 4.3, 0.01, 0.01).bounds)] == ["9幢"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # asked before anything is read
def test_only_the_city_itself_may_bring_layers_in(role, city, exchange, tmp_path):
    path = geojson(tmp_path / "g.geojson", [({"code": "N", "name": "格"}, wavy(0, 0))])
    for scope, scope_id in (("city", None), ("street", "s0")):
        actor = Actor("p", "某", (Assignment(role, scope, scope_id),))
        if role in ("admin", "housing_bureau") and scope == "city":
            assert exchange.preview(path, "grid", actor, SURE).counts["new"] == 1
        else:
            with pytest.raises(NotAllowed) as refused:
                exchange.preview(path, "grid", actor, SURE)
            assert refused.value.facts["action"] == ACTION


def test_the_operator_acts_without_a_name_in_the_history(city, exchange, tmp_path):
    path = geojson(tmp_path / "g.geojson", [({"code": "N", "name": "格"}, wavy(0, 0))])
    exchange.store(exchange.preview(path, "grid", OPERATOR, SURE), OPERATOR)
    with city.look() as work:
        assert work.history.of("layer", "grid")[0].actor_id is None


def test_progress_is_told(city, exchange: Exchange, admin, tmp_path):
    path = geojson(tmp_path / "g.geojson", [({"code": "N", "name": "格"}, wavy(0, 0))])
    said = []
    preview = exchange.preview(path, "grid", admin, SURE, lambda *step: said.append(step))
    exchange.store(preview, admin, lambda *step: said.append(step))
    assert said == [("read", 0, 4), ("compare", 1, 4), ("judge", 2, 4), ("match", 3, 4), ("done", 4, 4), ("store", 0, 1),
                    ("store", 1, 1)]  # fmt: skip


def test_a_place_named_in_the_file_counts_more_than_where_it_lies(city, exchange, admin, tmp_path):
    path = geojson(tmp_path / "g.geojson", [
        ({"code": "N1", "name": "一", "所属街道": "三江街道"}, wavy(0, 0)), ({"code": "N2", "name": "二", "所属街道": "没有街道"}, wavy(0, 1)),
    ])  # fmt: skip
    preview = exchange.preview(path, "grid", admin, SURE)
    assert [p.code for p in preview.rows[1].problems] == ["street_unknown"]
    exchange.store(preview, admin)
    assert (grids(city)["N1"].street_id, grids(city)["N2"].street_id) == ("s1", "s0")


def test_rows_that_claim_the_same_ground_are_told_and_not_in_the_way(city, exchange, admin, tmp_path):
    features = [
        ({"code": "A", "name": "甲"}, cell(0, 0, 1, 1)), ({"code": "B", "name": "乙"}, cell(0, 0.9, 1, 1)),
        ({"code": "C", "name": "丙"}, cell(1.2, 0.2, 0.1, 0.1)), ({"code": "D", "name": "丁"}, cell(1.1, 0.1, 0.5, 0.5)),
        ({"code": "E", "name": "戊"}, cell(0, 1.9, 1, 1)),
    ]  # fmt: skip
    preview = exchange.preview(geojson(tmp_path / "g.geojson", features), "grid", admin, SURE)
    told = {
        row.values["code"]: [p.facts["other"] for p in row.problems if p.code == "layer_overlaps"]
        for row in preview.rows
    }
    assert told == {"A": ["B"], "B": ["A"], "C": ["D"], "D": ["C"], "E": []}
    area = next(p.facts["area_m2"] for p in preview.rows[0].problems)
    assert area == pytest.approx(97 * 1108, rel=0.02), "a tenth of a cell"
    assert preview.blockers == []
