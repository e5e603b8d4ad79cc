"""The page of layers, drawn by Streamlit's own test runner: what stands where, what each press asks of the service."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from jobs.runner import Runner
from services.exchange import Choices
from tests.exchange.files import geojson


@pytest.fixture
def grids(services):
    with services.store.look() as work:
        return work.areas.in_force("grid")[:30]


@pytest.fixture
def officer(services, session_of):
    return services.people.actor(session_of("housing1"))


def bring(services, officer, path: Path, layer: str = "grids") -> str:
    arrival = services.layer_imports.begin(layer, path.name, officer)
    services.layer_imports.take(arrival, path.read_bytes())
    return services.layer_imports.keep(arrival, officer).id


def run_jobs(services, import_id: str, officer) -> str:
    """Until the import rests; photos of the sample city are left alone."""
    runner = Runner(services)
    while services.layer_imports.get(import_id, officer).is_under_way:
        assert services.queue.run_next(runner._name)
    return services.layer_imports.get(import_id, officer).state


def texts(at: AppTest) -> str:
    return " ".join(str(each.value) for kind in ("html", "markdown", "caption") for each in at.get(kind)) + " ".join(
        str(getattr(each, "proto", "")) for each in at.get("html")
    )


def mixed(tmp_path: Path, grids) -> Path:
    """One the same, one renamed, one new over a vanished one's ground, one that crosses itself."""
    west, south, east, north = grids[3].geometry.bounds
    bow = {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, north], [east, south], [west, north], [west, south]]],
    }
    return geojson(tmp_path / "网格.geojson", [
        ({"code": grids[0].code, "name": grids[0].name}, grids[0].geometry),
        ({"code": grids[1].code, "name": "改了名"}, grids[1].geometry),
        ({"code": "NEW-1", "name": "新码"}, grids[2].geometry), ({"code": grids[3].code, "name": "结"}, bow),
    ])  # fmt: skip


def test_the_desk_says_what_is_there_and_takes_a_file(visit):
    at = visit("housing1", "layers")
    found = texts(at)
    for word in (
        "街道",
        "网格",
        "区域",
        "楼栋",
        "道路",
        "示意数据，随系统带来",
        "/api/v1/layers/grids/export?format=gpkg",
    ):
        assert word in found
    assert len(at.get("bidi_component")) == 1


def test_a_reading_that_is_under_way_shows_how_far_it_is(visit, services, officer, grids, tmp_path):
    found = bring(services, officer, mixed(tmp_path, grids))
    at = visit("housing1", "layers", **{"import": found})
    assert "正在读这个文件" in texts(at)
    services.layer_imports.close(found, officer)


def test_a_file_is_looked_at_decided_about_and_stored(visit, services, officer, grids, tmp_path):
    found = bring(services, officer, mixed(tmp_path, grids))
    assert run_jobs(services, found, officer) == "ready"
    at = visit("housing1", "layers", **{"import": found})
    assert "读到 4 行：1 新，1 改，1 没变，1 行不能存" in texts(at)
    assert "存之前：1 行不能存" in texts(at)
    assert at.button(key="slg.layer_save").disabled
    (renamed,) = [box for box in at.checkbox if box.label == f"{grids[2].code} 改码为 NEW-1"]
    renamed.check().run()
    assert not at.exception
    assert run_jobs(services, found, officer) == "ready"
    at.run()
    assert "读到 4 行：2 改，1 没变，1 行不能存" in texts(at)
    at.button(key="slg.layer_leave").click().run()
    assert run_jobs(services, found, officer) == "ready"
    at.run()
    assert at.button(key="slg.layer_save").label == "保存 2 行"
    at.button(key="slg.layer_save").click().run()
    assert not at.exception
    assert services.layer_imports.get(found, officer).state == "storing"
    assert run_jobs(services, found, officer) == "stored"
    at.run()
    assert "存好了：新的 0，改了的 2，没变的 1，没要的 1，沿革 2 条。" in texts(at)


def test_a_column_is_mapped_by_hand_and_remembered_for_the_next_file(visit, services, officer, grids, tmp_path):
    rows = [({"编码": g.code, "叫什么": f"{g.name}二"}, g.geometry) for g in grids[5:8]]
    found = bring(services, officer, geojson(tmp_path / "a.geojson", rows))
    run_jobs(services, found, officer)
    at = visit("housing1", "layers", **{"import": found})
    (name,) = [box for box in at.selectbox if box.label == "名称"]
    assert name.value == ""
    name.select("叫什么").run()
    run_jobs(services, found, officer)
    kept = services.layer_imports.get(found, officer)
    assert kept.summary["mapping"] == {"code": "编码", "name": "叫什么"}
    services.layer_imports.confirm(found, kept.revision, officer)
    assert run_jobs(services, found, officer) == "stored"
    again = bring(services, officer, geojson(tmp_path / "b.geojson", rows))
    run_jobs(services, again, officer)
    assert services.layer_imports.get(again, officer).summary["mapping"]["name"] == "叫什么"
    services.layer_imports.close(again, officer)


def test_a_file_of_several_layers_asks_which(visit, services, officer, grids, tmp_path):
    import geopandas as gpd

    for name in ("甲", "乙"):
        gpd.GeoDataFrame({"code": ["N-9"], "name": [name]}, geometry=[grids[9].geometry], crs=4326).to_file(
            tmp_path / "two.gpkg", layer=name
        )
    found = bring(services, officer, tmp_path / "two.gpkg")
    assert run_jobs(services, found, officer) == "refused"
    at = visit("housing1", "layers", **{"import": found})
    assert "文件里有好几个图层" in texts(at)
    at.selectbox[0].select("乙").run()
    assert run_jobs(services, found, officer) == "ready"
    services.layer_imports.close(found, officer)


def test_in_english_too_and_an_address_of_nothing_is_the_desk(visit, services, officer, grids, tmp_path):
    found = bring(services, officer, mixed(tmp_path, grids))
    run_jobs(services, found, officer)
    at = visit("housing1", "layers", "en", **{"import": found})
    assert "Rows read: 4. " in texts(at)
    services.layer_imports.close(found, officer)
    assert "Layers as they are" in texts(visit("housing1", "layers", "en", **{"import": "nothing"}))


def test_another_persons_change_is_told_and_not_overwritten(visit, services, officer, session_of, grids, tmp_path):
    found = bring(services, officer, mixed(tmp_path, grids))
    run_jobs(services, found, officer)
    at = visit("housing1", "layers", **{"import": found})
    services.layer_imports.choose(found, Choices(datum="wgs84"), services.people.actor(session_of("admin1")))
    at.button(key="slg.layer_leave").click().run()
    assert at.session_state["slg.refused"].code == "layer_import_changed"  # the shell tells it above the page
    assert services.layer_imports.get(found, officer).revision == 2
    services.layer_imports.close(found, officer)


def test_ones_own_choice_of_a_moment_ago_stands_in_nobodys_way(visit, services, officer, grids, tmp_path):
    found = bring(services, officer, mixed(tmp_path, grids))
    run_jobs(services, found, officer)
    at = visit("housing1", "layers", **{"import": found})
    services.layer_imports.choose(found, Choices(datum="wgs84"), officer)  # the first of two quick presses
    at.button(key="slg.layer_leave").click().run()
    assert "slg.refused" not in at.session_state
    chosen = services.layer_imports.get(found, officer).choices
    assert (chosen["datum"], chosen["leave_out"]) == ("wgs84", True)
    services.layer_imports.close(found, officer)


def test_a_file_that_says_what_is_stored_offers_nothing_to_save(visit, services, officer, grids, tmp_path):
    rows = [({"code": g.code, "name": g.name}, g.geometry) for g in grids[10:13]]
    found = bring(services, officer, geojson(tmp_path / "same.geojson", rows))
    assert run_jobs(services, found, officer) == "ready"
    at = visit("housing1", "layers", **{"import": found})
    assert "和库里的一样，没有要存的。" in texts(at)
    assert "slg.layer_save" not in {button.key for button in at.button}
    services.layer_imports.close(found, officer)
