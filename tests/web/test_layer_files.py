"""Layers over HTTP: a file comes in as a stream, what harms is one plain sentence, every layer goes out as a file."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
import python_calamine

from jobs.runner import Runner
from tests.exchange.files import geojson, zipped
from tests.web.small_city import HERE, City, square
from web.api.uploads import PIECE_BYTES

FORMATS = {"geojson": b'{"type"', "gpkg": b"SQLite format 3", "shapefile": b"PK", "kml": b"<?xml", "csv": b"\xef\xbb\xbf",
           "xlsx": b"PK", "dxf": b"999"}  # fmt: skip


@pytest.fixture
def bureau(city: City):
    return city.client(city.people["housing_bureau", "city"])


def put(client, data, name: str = "wg.geojson", layer: str = "grids"):
    return client.post(f"/api/v1/layers/{layer}/imports", params={"name": name}, content=data)


def read(city: City, client, data: bytes, name: str = "wg.geojson", layer: str = "grids") -> dict:
    """Brought and read; how it stands then."""
    answer = put(client, data, name, layer)
    assert answer.status_code == 201, answer.text
    Runner(city.services).run_until_empty()
    return client.get(f"/api/v1/layers/imports/{answer.json()['id']}").json()


def one_grid(tmp_path: Path, **fields) -> bytes:
    shape = square(HERE, 0.006)
    return geojson(
        tmp_path / "one.geojson", [({"code": f"N-{uuid.uuid4().hex[:6]}", "name": "新", **fields}, shape)]
    ).read_bytes()


def test_a_files_name_is_a_label_and_its_folder_is_private(city, bureau, tmp_path):
    answer = put(bureau, one_grid(tmp_path), "../../网格 2026.geojson")
    assert (answer.status_code, answer.json()["file"]) == (201, "网格 2026.geojson")
    folder, found = city.services.layer_imports._files.root, answer.json()["id"]
    assert [p.name for p in folder.glob(f"{found}*")] == [f"{found}.geojson"]
    assert folder.stat().st_mode & 0o077 == 0


def test_a_body_over_the_cap_is_refused_and_leaves_nothing(city, bureau, monkeypatch):
    monkeypatch.setitem(__import__("services.layer_imports").layer_imports.FILE_AT_MOST_MB, "text", 1)
    folder = city.services.layer_imports._files.root
    before = sorted(folder.iterdir())
    answer = put(bureau, b"x" * 1_500_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "layer_too_large")
    assert answer.json()["detail"] == "文件太大，这种格式最多 1 MB。"
    assert sorted(folder.iterdir()) == before


def test_a_large_file_is_never_whole_in_memory(city, bureau, monkeypatch):
    """Each piece is written as it comes, over the wire of ASGI itself: the test client would join them first."""
    sizes, sent, imports = [], [], city.services.layer_imports
    take = imports.take
    monkeypatch.setattr(imports, "take", lambda arrival, chunk: (sizes.append(len(chunk)), take(arrival, chunk)))
    chunks = [{"type": "http.request", "body": b" " * 65_536, "more_body": i < 159} for i in range(160)]
    headers = {"host": "localhost", "cookie": bureau.headers["cookie"]}
    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/layers/grids/imports", "raw_path": b"", "root_path": "",
        "scheme": "http", "http_version": "1.1", "query_string": b"name=big.geojson", "client": ("127.0.0.1", 5),
        "server": ("localhost", 80), "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
    }  # fmt: skip

    async def receive():
        return chunks.pop(0) if chunks else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    with ThreadPoolExecutor(1) as apart:  # a browser's tests before this one leave a loop running in their thread
        apart.submit(anyio.run, city.app, scope, receive, send).result()
    assert sent[0]["status"] == 201
    assert sum(sizes) == 160 * 65_536
    assert max(sizes) <= PIECE_BYTES + 65_536


@pytest.mark.parametrize(("name", "code"), [("wg.vrt", "layer_format_unknown"), ("wg", "layer_format_unknown")])
def test_an_ending_that_no_layer_has_is_refused_before_a_byte_is_kept(bureau, name, code):
    answer = put(bureau, b"{}", name)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


VRT = b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>&b;</name></Document></kml>'
)


def bomb(tmp_path: Path) -> bytes:
    return zipped(tmp_path / "bomb.zip", {"a.geojson": b" " * 20_000_000}).read_bytes()


@pytest.mark.parametrize(
    ("name", "make", "codes"),
    [
        ("a.kml", lambda _: VRT, {"layer_not_kml"}),
        ("a.geojson", lambda _: VRT, {"layer_not_kml"}),
        ("a.zip", lambda p: zipped(p / "v.zip", {"a.kml": VRT}).read_bytes(), {"layer_not_kml"}),
        ("a.zip", bomb, {"layer_zip_ratio", "layer_zip_too_large"}),
        ("a.zip", lambda _: b"PK\x03\x04 and no more", {"layer_zip_broken"}),
        ("a.kml", lambda _: ENTITIES, {"layer_xml_entities"}),
        ("a.geojson", lambda _: b"[" * 200_000, {"layer_too_deep", "layer_not_json"}),
        ("a.gpkg", lambda _: b"SQLite format 3\x00" + b"\x00" * 4000, {"layer_format_unknown", "layer_broken"}),
        ("a.csv", lambda _: "名称,户数\n甲,3\n".encode(), {"layer_no_geometry_column"}),
    ],
)
def test_what_means_harm_is_one_plain_sentence_and_nothing_is_stored(city, bureau, tmp_path, name, make, codes):
    before = stamps(city)
    found = read(city, bureau, make(tmp_path), name)
    assert found["state"] == "refused"
    assert found["refusal"]["code"] in codes
    assert found["summary"] is None
    assert stamps(city) == before
    assert city.services.queue.waiting().get("failed") is None


def stamps(city: City) -> list:
    with city.services.store.look() as work:
        return [(layer, work.areas.stamp(layer), work.areas.count(layer)) for layer in ("street", "grid", "zone")]


@pytest.mark.parametrize("folder", ["badgeom", "layers"])
def test_every_file_that_others_left_us_ends_in_a_preview_or_a_sentence(city, bureau, real_data, folder):
    """Layers with gaps, overlaps, other countries' frames and no .prj; broken geometry of every kind."""
    seen: dict[str, int] = {}
    files = [
        p for p in sorted((real_data / folder).rglob("*")) if p.suffix in (".geojson", ".gpkg", ".zip", ".kml", ".csv")
    ]
    assert files
    before = stamps(city)
    for path in files:
        found = read(city, bureau, path.read_bytes(), path.name)
        assert found["state"] in ("refused", "ready"), path
        if found["state"] == "refused":
            seen[found["refusal"]["code"]] = seen.get(found["refusal"]["code"], 0) + 1
        else:
            assert json.loads(bureau.get(f"/api/v1/layers/imports/{found['id']}/rows.geojson").content)["features"]
    assert stamps(city) == before
    assert "layer_reader_died" not in seen
    assert "broken" not in seen


def test_the_rows_on_the_map_are_asked_for_again_only_when_they_changed(city, bureau, tmp_path):
    found = read(city, bureau, one_grid(tmp_path))
    where = f"/api/v1/layers/imports/{found['id']}/rows.geojson"
    first = bureau.get(where)
    assert first.headers["cache-control"].startswith("private")
    assert bureau.get(where, headers={"if-none-match": first.headers["etag"]}).status_code == 304
    shifted = bureau.get(where, params={"datum": "gcj02"})
    assert shifted.headers["etag"] != first.headers["etag"]


def test_the_sheet_of_problems_names_row_and_reason_and_runs_no_formula(city, bureau, tmp_path):
    data = one_grid(tmp_path, name='=HYPERLINK("http://x")', households="两百")
    found = read(city, bureau, data)
    answer = bureau.get(f"/api/v1/layers/imports/{found['id']}/problems.xlsx")
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert rows[0][0] == "行"
    assert rows[1][2:5] == ['=HYPERLINK("http://x")', "户数", "“两百”填得不对。"]
    sheet = zipfile.ZipFile(io.BytesIO(answer.content)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet


@pytest.mark.parametrize("kind", FORMATS)
def test_whoever_reads_layers_takes_them_away_in_every_format(city, kind):
    client = city.client(city.people["inspector", "street"])
    answer = client.get("/api/v1/layers/grids/export", params={"format": kind})
    assert answer.status_code == 200
    assert answer.content.startswith(FORMATS[kind])
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"


def test_a_format_or_a_layer_that_is_not_there_is_a_sentence(city, bureau):
    assert bureau.get("/api/v1/layers/grids/export?format=dwg").json()["code"] == "layer_kind_unknown"
    assert bureau.get("/api/v1/layers/rivers/export?format=kml").json()["code"] == "layer_unknown"
    assert bureau.get("/api/v1/layers/roads/export?format=kml").json()["code"] == "layer_empty_here"
    assert bureau.get(f"/api/v1/layers/imports/{uuid.uuid4()}").status_code == 404
