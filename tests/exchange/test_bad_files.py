"""Files that mean harm, and files that are merely broken: one plain sentence each, nothing stored, memory capped."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import zipfile
from pathlib import Path

import pytest
from shapely.geometry import box

from domain.errors import Invalid, Refused
from i18n import words
from services.exchange import REPAIRS, Choices
from storage import fence, layers
from storage.layers import ERROR_CODES, read_layer
from tests.exchange.conftest import cell
from tests.exchange.files import geojson, shapefile, zipped

SECRET = "the-secret-of-this-server"


def code_of(path: Path, **options) -> str:
    with pytest.raises(Refused) as refused:
        read_layer(path, **options)
    return refused.value.code


def vrt(secret: Path) -> bytes:
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{secret}</SrcDataSource><SrcLayer>secret</SrcLayer>'
        f"<GeometryType>wkbNone</GeometryType></OGRVRTLayer></OGRVRTDataSource>"
    ).encode()


# -- traps ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["trap.kml", "trap.geojson", "trap.json", "trap.gpkg", "trap.vrt", "trap.csv", "trap.shp"]
)
def test_a_vrt_under_any_name_reads_nothing(name, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text(f"a\n{SECRET}\n")
    trap = tmp_path / name
    trap.write_bytes(vrt(secret))
    assert code_of(trap) in ("layer_not_kml", "layer_shapefile_parts", "layer_format_unknown")


@pytest.mark.parametrize("inner", ["x.shp", "x.kml", "x.geojson", "x.gpkg", "x.csv", "x.vrt"])
def test_a_vrt_inside_an_archive_reads_nothing(inner, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text(f"a\n{SECRET}\n")
    trap = zipped(tmp_path / "trap.zip", {inner: vrt(secret)})
    assert code_of(trap) in ("layer_not_kml", "layer_shapefile_parts", "layer_zip_nothing")


def test_gdal_itself_has_only_three_drivers_left(tmp_path):
    """The fence holds where it matters: asked inside the child."""
    import subprocess
    import sys

    ask = "from storage import layer_reader as r; r._gis(); import pyogrio; print(sorted(pyogrio.list_drivers()))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, cwd=fence._HOME, check=True)
    assert done.stdout.strip() == "['DXF', 'ESRI Shapefile', 'GPKG']"


@pytest.mark.parametrize(
    "address",
    ["https://127.0.0.1/x.geojson", "/vsicurl/http://127.0.0.1/x.geojson", "/vsizip/x.zip", "/no/such/file.kml"],
)
def test_an_address_is_no_file(address):
    assert code_of(Path(address)) == "layer_not_a_file"


def test_a_geopackage_whose_layer_is_a_view_is_not_opened(tmp_path):
    """A view may call functions of the engine that reads it, such as those that open other files."""
    path = tmp_path / "view.gpkg"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT);"
        "CREATE VIEW spy AS SELECT ogr_datasource_load_layers('/etc/passwd') AS x;"
        "INSERT INTO gpkg_contents VALUES ('spy', 'features');"
    )
    connection.commit()
    connection.close()
    assert code_of(path) == "layer_no_shapes"


def test_names_in_an_archive_lead_nowhere(tmp_path):
    body = json.dumps({"type": "Point", "coordinates": [120.8, 29.6]}).encode()
    trap = zipped(tmp_path / "climb.zip", {"../../climbed.geojson": body})
    assert len(read_layer(trap).rows) == 1
    assert not (tmp_path.parent / "climbed.geojson").exists()
    assert not (tmp_path.parent.parent / "climbed.geojson").exists()


# -- bombs ---------------------------------------------------------------------------------------------------------


def test_a_zip_bomb_is_refused_by_what_it_claims(tmp_path):
    assert code_of(zipped(tmp_path / "bomb.zip", {"x.geojson": b" " * 60_000_000})) == "layer_zip_too_large"
    assert code_of(zipped(tmp_path / "ratio.zip", {"x.geojson": b" " * 20_000_000})) == "layer_zip_ratio"
    many = zipped(tmp_path / "many.zip", {f"{i}.geojson": b"{}" for i in range(201)})
    assert code_of(many) == "layer_zip_entries"


def test_a_zip_bomb_that_lies_about_its_size_is_stopped_while_unpacking(tmp_path):
    path = zipped(tmp_path / "liar.zip", {"x.geojson": b" " * 60_000_000})
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<I", data, data.index(mark) + at, 1000)
    path.write_bytes(data)
    assert code_of(path) in ("layer_zip_broken", "layer_zip_too_large", "layer_not_json", "layer_empty")


def test_archives_in_archives_locked_and_broken_ones(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x.geojson", "{}")
    assert code_of(zipped(tmp_path / "nested.zip", {"inner.zip": inner.getvalue()})) == "layer_zip_nested"
    assert code_of(zipped(tmp_path / "hidden.zip", {"inner.geojson": inner.getvalue()})) == "layer_zip_nested"
    assert code_of(zipped(tmp_path / "other.zip", {"readme.txt": b"nothing"})) == "layer_zip_nothing"
    whole = zipped(tmp_path / "whole.zip", {"x.geojson": json.dumps({"a": list(range(5000))}).encode()})
    (tmp_path / "half.zip").write_bytes(whole.read_bytes()[:2000])
    assert code_of(tmp_path / "half.zip") == "layer_zip_broken"
    locked = bytearray(whole.read_bytes())
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        locked[locked.index(mark) + at] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    assert code_of(tmp_path / "locked.zip") == "layer_zip_locked"


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><kml><Document><Placemark><name>&c;</name></Placemark></Document></kml>"""
READER = b"""<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<kml><Document><Placemark><name>&x;</name></Placemark></Document></kml>"""


@pytest.mark.parametrize("body", [LAUGHS, READER, LAUGHS.decode().encode("utf-16")])
def test_a_kml_with_entities_is_refused(body, tmp_path):
    (tmp_path / "laughs.kml").write_bytes(body)
    assert code_of(tmp_path / "laughs.kml") in ("layer_xml_entities", "layer_not_kml")
    assert code_of(zipped(tmp_path / "laughs.kmz", {"doc.kml": body})) in ("layer_xml_entities", "layer_not_kml")


def test_deep_json_is_refused(tmp_path):
    (tmp_path / "deep.geojson").write_text("[" * 200_000 + "]" * 200_000)
    assert code_of(tmp_path / "deep.geojson") == "layer_too_deep"
    nested = '{"type":"GeometryCollection","geometries":[' * 300 + "]}" * 300
    (tmp_path / "nested.geojson").write_text(nested)
    table = read_layer(tmp_path / "nested.geojson")
    assert (table.wkb, table.faults) == ([None], {0: ["shape_malformed"]})


def test_a_shape_of_too_many_points_is_refused_by_its_row(tmp_path):
    ring = [[120.8 + i * 1e-7, 29.5 + (i % 2) * 1e-3] for i in range(200_001)]
    path = geojson(tmp_path / "long.geojson", [({}, {"type": "LineString", "coordinates": ring})])
    with pytest.raises(Invalid) as refused:
        read_layer(path)
    assert (refused.value.code, refused.value.facts["row"]) == ("layer_too_many_points", 1)


# -- limits of the child -------------------------------------------------------------------------------------------


@pytest.fixture
def large(tmp_path: Path) -> Path:
    shapes = [({"name": "x" * 50, "n": i}, box(120, 29, 121, 30)) for i in range(60_000)]
    return geojson(tmp_path / "large.geojson", shapes)


def test_a_child_that_needs_too_much_memory_ends_in_plain_words(large):
    assert code_of(large, memory_mb=200) in ("layer_too_heavy", "layer_reader_died")


def test_a_child_that_needs_too_long_ends_in_plain_words(large, monkeypatch):
    monkeypatch.setattr(layers, "EXTRA_S_PER_MB", 0.0)
    assert code_of(large, limit_s=0.3) == "layer_too_slow"


def test_a_child_that_is_killed_ends_in_plain_words(large, monkeypatch):
    """As the system does when memory runs out elsewhere."""
    real = fence.subprocess.Popen

    class Killed(real):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            self.kill()

    monkeypatch.setattr(fence.subprocess, "Popen", Killed)
    assert code_of(large) == "layer_reader_died"


def test_the_child_sees_no_key_of_the_app(tmp_path, monkeypatch):
    seen = {}
    real = fence.subprocess.Popen

    def watch(*args, **options):
        seen.update(options["env"])
        return real(*args, **options)

    monkeypatch.setenv("SLG_SECRET_KEY", "k" * 40)
    monkeypatch.setattr(fence.subprocess, "Popen", watch)
    read_layer(geojson(tmp_path / "a.geojson", [({}, box(120, 29, 121, 30))]))
    assert seen
    assert not [name for name in seen if name.startswith("SLG_")]


def test_a_file_over_the_size_is_not_even_opened(tmp_path):
    path = tmp_path / "huge.geojson"
    with path.open("wb") as file:
        file.truncate(60 * layers.MB)
    assert code_of(path) == "layer_too_large"


# -- merely broken -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.geojson", b"", "layer_empty"),
        ("a.geojson", b"{", "layer_not_json"),
        ("a.geojson", b"nonsense", "layer_not_json"),
        ("a.geojson", b"[1,2]", "layer_not_geojson"),
        ("a.geojson", b'{"type":["Point"]}', "layer_not_geojson"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[]}', "layer_empty"),
        ("a.geojson", b'{"type":"Point","coordinates":[' + b"9" * 6000 + b",1]}", "layer_not_json"),
        ("a.kml", b"<kml></kml>", "layer_empty"),
        ("a.kml", b"<html></html>", "layer_not_kml"),
        ("a.kml", b"not xml", "layer_not_kml"),
        ("a.csv", b"name,code\na,b\n", "layer_no_geometry_column"),
        ("a.csv", b"name,wkt\n", "layer_empty"),
        ("a.csv", b"name,wkt\n\xff\xff\xff,POINT(1 2)\n", "layer_encoding_unknown"),
        ("a.gpkg", b"SQLite format 3\x00" + b"\x00" * 500, "layer_format_unknown"),
        ("a.parquet", b"PAR1" + b"\x00" * 100, "layer_format_unknown"),
        ("a.xyz", b"hello", "layer_format_unknown"),
    ],
)
def test_a_broken_file_is_told_in_one_sentence(name, data, code, tmp_path):
    (tmp_path / name).write_bytes(data)
    assert code_of(tmp_path / name) == code


def test_half_a_shapefile_is_told(tmp_path):
    whole = [cell(0, 0, 1, 1)]
    lonely = shapefile(tmp_path, "a", {"code": ["1"]}, whole, keep=(".dbf", ".prj"))
    assert code_of(lonely) == "layer_zip_nothing"
    without_index = shapefile(tmp_path, "b", {"code": ["1"]}, whole, keep=(".shp", ".dbf"))
    assert len(read_layer(without_index).rows) == 1, "a lost .shx can be made again"


def test_every_refusal_of_the_reader_has_words_in_both_languages():
    for lang in ("zh", "en"):
        assert [code for code in sorted(ERROR_CODES) if not words(lang).has(f"refused.{code}")] == []


# -- everything real that we have ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # what is read does not depend on the engine
def test_every_real_file_is_refused_in_one_sentence_or_read_soundly(real_data, store, exchange, admin):
    """badgeom and layers: other countries, kinks, curves, odd encodings. Nothing of it may be half stored."""
    files = [p for folder in ("badgeom", "layers") for p in sorted((real_data / folder).rglob("*")) if p.is_file()]
    assert len(files) > 100
    taken, told = [], []
    for path in files:
        for layer in ("grid", "road"):
            choices = Choices(datum="wgs84", is_swapped=False, repairs=REPAIRS, leave_out=True)
            try:
                stored = exchange.store(exchange.preview(path, layer, admin, choices), admin)
            except Refused as refused:
                told.append(refused)
            else:
                taken.append((path.name, layer, stored.new))
    for refused in told:
        for lang in ("zh", "en"):
            assert words(lang).has(f"refused.{refused.code}"), refused.code
            assert "\n" not in words(lang).refusal((refused.code,), refused.field, refused.facts)
    with store.look() as work:
        kept = len(work.areas.in_force("grid"))
        roads = len(work.buildings.every_road())
    assert kept == sum(new for _, layer, new in taken if layer == "grid")
    assert roads == sum(new for _, layer, new in taken if layer == "road")
    assert {name for name, *_ in taken} <= {"sz.shp", "ldid_cp936.shp"}, (
        taken
    )  # the one layer that lies in this country


def test_a_file_of_another_country_is_told_plainly(real_data, exchange, admin):
    with pytest.raises(Invalid) as refused:
        exchange.preview(real_data / "layers" / "nybb_16a.zip", "street", admin)
    assert refused.value.code == "layer_outside_country"
    assert refused.value.facts["lon"] == pytest.approx(-73.95, abs=0.2)


def test_a_file_of_another_city_is_told_with_its_distance(real_data, city, exchange, admin):
    choices = Choices(datum="wgs84", columns={"name": "qh"})
    with pytest.raises(Invalid) as refused:
        exchange.preview(real_data / "layers" / "shenzhen_districts_noprj" / "sz.shp", "grid", admin, choices)
    assert refused.value.code == "layer_outside_city"
    assert 950 < refused.value.facts["km"] < 1150


@pytest.mark.slow
def test_seeded_damage_to_good_files_ends_in_a_layer_or_one_sentence(tmp_path):
    """Bytes turned over in every part of a GeoPackage and a Shapefile: the child may fall, the app does not notice."""
    import random

    import numpy as np
    import pyogrio.raw
    import shapely

    dice = random.Random(20261123)
    shapes = [cell(0, i, 1, 1) for i in range(6)]
    wkb, names = shapely.to_wkb(np.array(shapes, dtype=object)), [np.array([f"第{i}网格" for i in range(6)])]
    pyogrio.raw.write(str(tmp_path / "good.gpkg"), wkb, names, ["name"], driver="GPKG", geometry_type="Polygon",
                      crs="EPSG:4326")  # fmt: skip
    good = shapefile(tmp_path, "good", {"name": ["一", "二", "三", "四", "五", "六"]}, shapes)
    with zipfile.ZipFile(good) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    endings = []
    for turn in range(24):
        if turn % 2:
            broken = tmp_path / f"broken{turn}.gpkg"
            broken.write_bytes(damaged((tmp_path / "good.gpkg").read_bytes(), dice, keep=16))
        else:
            name = dice.choice([part for part in parts if part.endswith((".shp", ".shx", ".dbf"))])
            broken = zipped(tmp_path / f"broken{turn}.zip", {**parts, name: damaged(parts[name], dice, keep=4)})
        try:
            endings.append(len(read_layer(broken).rows))
        except Refused as refused:
            endings.append(refused.code)
    assert len(endings) == 24
    assert {e for e in endings if isinstance(e, str)} <= ERROR_CODES


def damaged(data: bytes, dice, *, keep: int) -> bytes:
    """A dozen bytes turned over, or the end cut off."""
    out = bytearray(data)
    for _ in range(12):
        out[dice.randrange(keep, min(len(out), 4000))] = dice.randrange(256)
    return bytes(out[: dice.randrange(keep, len(out))] if dice.random() < 0.3 else out)
