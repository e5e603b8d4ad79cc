"""Where a file's numbers lie: a GBK Shapefile in GCJ-02, swapped degrees, metres; asked for when it cannot be seen."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from domain.errors import Invalid
from geo import datum
from geo.measure import project
from services.exchange import Choices
from storage.layers import read_layer
from tests.exchange.conftest import NOW, cell, wavy
from tests.exchange.files import geojson, shapefile

NAMES = ["剡湖街道第一网格", "嵊州大道东侧", "鹿山里弄", "官河南路网格"]
SHAPES = [wavy(i, j) for i, j in ((0, 0), (0, 1), (1, 0), (1, 1))]


def shifted(shapes, turn):
    return list(shapely.transform(np.array(shapes, dtype=object), lambda x, y: turn(x, y), interleaved=False))


@pytest.mark.parametrize("mark", ["ldid", "cpg", "nothing"])
def test_a_gbk_shapefile_in_gcj02_comes_out_with_its_names_and_within_a_metre(mark, city, exchange, admin, tmp_path):
    there = shifted(SHAPES, datum.wgs84_to_gcj02)
    keep = (".shp", ".shx", ".dbf", ".prj") + ((".cpg",) if mark == "cpg" else ())
    path = shapefile(tmp_path, "wg", {"网格编码": ["N1", "N2", "N3", "N4"], "网格名称": NAMES}, there, encoding="GBK",
                     crs="EPSG:4326", keep=keep, ldid=0x4D if mark == "ldid" else 0)  # fmt: skip
    guessed = exchange.preview(path, "grids", admin)
    assert (guessed.encoding, guessed.encoding_reason) == ("GBK", "guess" if mark == "nothing" else mark)
    assert dict(guessed.mapping) == {"code": "网格编码", "name": "网格名称"}
    assert guessed.guess.reasons == ("told_by_file", "looks_like_gcj02")
    assert [b.code for b in guessed.blockers] == ["layer_frame_unsure"], "a guessed shift is never applied unasked"
    with pytest.raises(Invalid):
        exchange.store(guessed, admin)
    stored = exchange.store(exchange.preview(path, "grids", admin, Choices(datum="gcj02")), admin)
    assert stored.new == 4
    with city.look() as work:
        found = {a.name: a.geometry for a in work.areas.in_force("grid") if a.code.startswith("N")}
    assert list(found) == NAMES
    for name, true in zip(NAMES, SHAPES, strict=True):
        assert shapely.hausdorff_distance(project(found[name]), project(true)) < 1.0


def test_a_name_cut_in_the_middle_of_a_sign_loses_that_sign_only(tmp_path):
    """A .dbf has ten bytes for a column's name and 254 for a text; GBK signs take two."""
    long = "嵊" * 126 + "a" + "州" * 3  # byte 254 is the first half of a sign
    path = shapefile(
        tmp_path, "cut", {"名称": [long]}, [cell(0, 0, 1, 1)], encoding="GBK", keep=(".shp", ".shx", ".dbf")
    )
    table = read_layer(path)
    assert table.encoding == "GBK"
    assert table.rows[0][0] == "嵊" * 126 + "a"


def test_a_cpg_that_lies_is_not_believed(tmp_path):
    import zipfile

    path = shapefile(tmp_path, "lie", {"name": NAMES}, SHAPES, encoding="GBK", keep=(".shp", ".shx", ".dbf"), ldid=0)
    for said in ("UTF-8", "ISO-8859-1", "88591"):
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "lie2.zip", "w") as new:
            for info in old.infolist():
                new.writestr(info.filename, old.read(info))
            new.writestr("lie.cpg", said)
        table = read_layer(tmp_path / "lie2.zip")
        assert (table.encoding, table.encoding_reason) == ("GBK", "guess")
        assert [row[0] for row in table.rows] == NAMES


def test_swapped_degrees_are_offered_back(city, exchange, admin, tmp_path):
    path = geojson(tmp_path / "swapped.geojson", [
        ({"code": f"N{i}", "name": name}, shape)
        for i, (name, shape) in enumerate(zip(NAMES, shifted(SHAPES, lambda x, y: (y, x)), strict=True))
    ])  # fmt: skip
    offered = exchange.preview(path, "grid", admin)
    assert offered.frame.is_swapped
    assert "swapped" in offered.guess.reasons
    assert [b.code for b in offered.blockers] == ["layer_swapped"]
    assert offered.counts["new"] == 4
    stored = exchange.store(exchange.preview(path, "grid", admin, Choices(is_swapped=True, datum="wgs84")), admin)
    assert stored.new == 4
    with city.look() as work:
        first = next(a for a in work.areas.in_force("grid") if a.code == "N0")
    assert first.geometry.equals(shapely.Polygon(SHAPES[0]))


@pytest.mark.parametrize(
    ("crs", "east"), [("EPSG:4549", 0.0), ("EPSG:4528", 40_000_000.0)], ids=["4549", "4528 with its zone number"]
)
def test_metres_without_a_prj_are_recognised(crs, east, city, exchange, admin, tmp_path):
    metres = shifted(list(project(np.array(SHAPES, dtype=object))), lambda x, y: (x + east, y))
    path = shapefile(
        tmp_path, "m", {"code": ["N1", "N2", "N3", "N4"], "name": NAMES}, metres, keep=(".shp", ".shx", ".dbf")
    )
    preview = exchange.preview(path, "grid", admin)
    assert preview.frame.crs == crs
    assert preview.guess.reasons == ("metres", "fits_known")
    assert preview.blockers == []
    exchange.store(preview, admin)
    with city.look() as work:
        first = next(a for a in work.areas.in_force("grid") if a.code == "N1")
    assert shapely.hausdorff_distance(first.geometry, SHAPES[0]) < 2e-7


def test_without_anything_to_compare_with_the_datum_is_asked_for(store, exchange, admin, tmp_path):
    path = geojson(tmp_path / "first.geojson", [({"code": "1", "name": "剡湖街道"}, cell(0, 0, 2, 3))])
    preview = exchange.preview(path, "street", admin)
    assert preview.guess.reasons == ("degrees", "no_reference")
    assert [b.code for b in preview.blockers] == ["layer_frame_unsure"]
    assert exchange.store(exchange.preview(path, "street", admin, Choices(datum="wgs84")), admin).new == 1
    with store.look() as work:
        street = work.areas.in_force("street")[0]
    assert (street.valid_from, street.origin) == (NOW, "first.geojson; EPSG:4326, wgs84")


@pytest.mark.parametrize(
    ("choices", "code"),
    [(Choices(datum="mars"), "layer_datum_unknown"), (Choices(crs="EPSG:0"), "layer_crs_unknown"),
     (Choices(crs="http://127.0.0.1/x"), "layer_crs_unknown"), (Choices(columns={"name": "没有"}), "layer_no_such_column"),
     (Choices(columns={"colour": "name"}), "layer_no_such_field")],
)  # fmt: skip
def test_a_wrong_choice_is_told(choices, code, city, exchange, admin, tmp_path):
    path = geojson(tmp_path / "a.geojson", [({"code": "1", "name": "x"}, cell(0, 0, 1, 1))])
    with pytest.raises(Invalid) as refused:
        exchange.preview(path, "grid", admin, choices)
    assert refused.value.code == code


def test_the_real_outline_in_gcj02_is_known_by_the_real_outline(real_data, store, exchange, admin):
    where = real_data / "boundaries"
    true = exchange.preview(where / "shengzhou_county_detailed_wgs84.geojson", "street", admin, Choices(datum="wgs84"))
    exchange.store(true, admin)
    other = exchange.preview(where / "shengzhou_county_detailed_gcj02.geojson", "community", admin)
    assert other.guess.reasons[-1] == "looks_like_gcj02"
    assert other.guess.facts["share"] > 90
