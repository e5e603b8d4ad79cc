"""What goes out comes in again unchanged: every layer, every format, both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import shapely
import shapely.affinity
from python_calamine import CalamineWorkbook

from domain.errors import Invalid
from domain.layers import FIELDS
from domain.records import Area
from services.exchange import Choices
from storage.layer_writer import ENDINGS
from storage.layers import read_layer

WITH_SHAPES = ("geojson", "gpkg", "shapefile", "kml", "csv", "dxf")
LAYERS = tuple(FIELDS)


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=[] if k == "geojson" else pytest.mark.slow) for k in WITH_SHAPES]
)
def test_export_then_import_changes_nothing(kind, city, exchange, admin, tmp_path):
    before = everything(city)
    for layer in LAYERS:
        path = tmp_path / f"{layer}{ENDINGS[kind]}"
        written = exchange.export(layer, kind, path, admin)
        preview = exchange.preview(path, layer, admin)
        assert preview.counts == {"new": 0, "changed": 0, "same": written, "bad": 0}, (layer, preview.problems)
        stored = exchange.store(preview, admin)
        assert (stored.new, stored.changed, stored.same) == (0, 0, written)
    assert everything(city) == before


@pytest.mark.parametrize("kind", ["gpkg", pytest.param("csv", marks=pytest.mark.slow)])
def test_an_empty_store_becomes_the_same_city(kind, city, exchange, admin, tmp_path, request):
    out = {layer: tmp_path / f"{layer}{ENDINGS[kind]}" for layer in LAYERS}
    for layer, path in out.items():
        exchange.export(layer, kind, path, admin)
    before = plain_city(city)
    empty(city)
    for layer in LAYERS:
        exchange.store(exchange.preview(out[layer], layer, admin, Choices(datum="wgs84")), admin)
    after = plain_city(city)
    assert after.keys() == before.keys()
    for key, (values, line) in before.items():
        assert after[key][0] == values, key
        assert shapely.hausdorff_distance(after[key][1], line) < 2e-7, key


def test_a_sheet_holds_texts_and_no_formula(city, exchange, admin, tmp_path):
    path = tmp_path / "zones.xlsx"
    assert exchange.export("zones", "xlsx", path, admin) == 2
    found = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    head = found[0]
    assert head[:3] == ["code", "name", "kind"]
    assert head[-2:] == ["lon", "lat"]
    names = {row[1] for row in found[1:]}
    assert names == {"=1+1 花园", "“引号”,逗号<小区>&"}
    import zipfile

    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet, "a cell became a formula"


def test_a_csv_cell_that_looks_like_a_formula_is_disarmed_and_comes_back_whole(city, exchange, admin, tmp_path):
    path = tmp_path / "zones.csv"
    exchange.export("zone", "csv", path, admin)
    assert "'=1+1 花园" in path.read_text("utf-8-sig")
    table = read_layer(path)
    assert "=1+1 花园" in {row[table.columns.index("name")] for row in table.rows}


def test_nothing_is_written_over_a_file_that_is_there(city, exchange, admin, tmp_path):
    path = tmp_path / "grids.geojson"
    path.write_text("mine")
    with pytest.raises(Invalid) as refused:
        exchange.export("grid", "geojson", path, admin)
    assert refused.value.code == "layer_file_there"
    assert path.read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("slg-export")] == []


def test_an_unknown_format_and_an_empty_layer_are_told(store, exchange, admin, tmp_path):
    for layer, kind, code in (("grid", "dwg", "layer_kind_unknown"), ("grid", "gpkg", "layer_empty_here"),
                              ("tree", "gpkg", "layer_unknown")):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            exchange.export(layer, kind, tmp_path / "x.gpkg", admin)
        assert refused.value.code == code


def everything(store) -> dict:
    with store.look() as work:
        areas = [a for layer in LAYERS[:4] for a in work.areas.shown(layer)]
        things = [*work.buildings.every(), *work.buildings.every_road()]
        return {one.id: (one, shapely.to_wkb(one.geometry)) for one in (*areas, *things)}


def plain_city(store) -> dict:
    """Code or id to what a person would see, without ids and times."""
    seen = {}
    with store.look() as work:
        for layer in LAYERS[:4]:
            names = {**work.areas.names("street"), **work.areas.names("community")}
            for a in work.areas.shown(layer):
                seen[layer, a.code] = plain_area(a, names), a.geometry
        for b in work.buildings.every():
            seen["building", b.id] = (b.name, b.number, b.households, b.is_residential), b.geometry
        for r in work.buildings.every_road():
            seen["road", r.id] = (r.name, r.kind), r.geometry
    return seen


def plain_area(a: Area, names: dict[str, str]) -> tuple:
    where = names.get(a.street_id or ""), names.get(a.community_id or "") if a.layer in ("grid", "zone") else None
    return a.name, a.kind, a.mode, a.manager, a.households if a.layer != "zone" or a.households else None, where


def empty(store) -> None:
    with store.work() as work:
        for table in ("divisions", "area_lineage", "area_versions", "areas", "buildings", "roads"):
            work.connection.exec_driver_sql(f"DELETE FROM {table}")
        if work.connection.dialect.name == "sqlite":
            for table in ("area_versions", "buildings", "roads"):
                work.connection.exec_driver_sql(f"DELETE FROM {table}_box")


def test_a_zone_with_a_newer_draft_comes_back_as_what_is_in_force(city, exchange, admin, tmp_path):
    """The file names what is in force; the draft ahead of it is no reason for another version."""
    with city.work() as work:
        zone = next(a for a in work.areas.in_force("zone") if a.area_m2 > 1000)
        draft = replace(zone, id="draft-ahead", version=zone.version + 1, status="draft", mode="unmanaged",
                        geometry=shapely.affinity.scale(zone.geometry, 0.9, 0.9))  # fmt: skip
        work.areas.add([draft], at=zone.valid_from or datetime(2026, 1, 1, tzinfo=UTC))
    before = everything(city)
    path = tmp_path / "zones.geojson"
    written = exchange.export("zone", "geojson", path, admin)
    preview = exchange.preview(path, "zone", admin, Choices(datum="wgs84"))
    assert preview.counts == {"new": 0, "changed": 0, "same": written, "bad": 0}
    exchange.store(preview, admin)
    assert everything(city) == before
