"""Seen in a real browser: an empty city gets its streets, grids and zones from GBK Shapefiles in GCJ-02."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from playwright.sync_api import expect

from geo import datum
from geo.measure import project
from storage.store import Store
from tests.browser.running import Server, running_server
from tests.exchange.files import shapefile

pytestmark = pytest.mark.browser
PASSWORD = "shezhi-2026-yi"
PARTS = (".shp", ".shx", ".dbf", ".prj")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("empty-city")
    with running_server(folder, SLG_SAMPLE_CITY="false") as started:
        yield started


@pytest.fixture(scope="module")
def true_city(sample_template: Path) -> dict[str, list]:
    """Streets, and some grids and zones of one of them, where they truly lie."""
    store = Store.open(f"sqlite:///{sample_template}/slg.db")
    with store.look() as work:
        streets = work.areas.in_force("street")
        grids = [a for a in work.areas.in_force("grid") if a.street_id == streets[0].area_id][:60]
        here = shapely.union_all([g.geometry for g in grids])
        zones = [z for z in work.areas.in_force("zone") if here.covers(z.geometry)][:12]
    store.close()
    return {"street": streets, "grid": grids, "zone": zones}


def as_offices_have_it(folder: Path, name: str, found: list, columns: dict[str, list]) -> Path:
    """A zipped Shapefile, GBK by its mark, every point where Amap would draw it."""
    shapes = np.array([a.geometry for a in found], dtype=object)
    shifted = shapely.transform(shapes, lambda x, y: datum.wgs84_to_gcj02(x, y), interleaved=False)
    return shapefile(folder, name, columns, list(shifted), encoding="GBK", crs="EPSG:4326", keep=PARTS, ldid=0x4D)


@pytest.fixture
def admin(chromium, empty: Server):
    """The first administrator, logged in."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", base_url=empty.url)
    context.set_default_timeout(60_000)
    page = context.new_page()
    token = re.findall(r"token=(\S+)", (empty.folder / "server.log").read_text("utf-8"))
    page.goto("/login")
    if page.request.get("/setup").url.endswith("/setup"):
        page.goto(f"/setup?token={token[-1]}")
        page.fill("input[name=username]", "first")
        page.fill("input[name=name]", "管理")
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
    if "/login" in page.url:
        page.fill("input[name=username]", "first")
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url and "/setup" not in url)
    yield page
    context.close()


def settled(page) -> None:
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    )


def bring(page, layer: str, files) -> None:
    page.goto(f"/layers?layer={layer}")
    page.locator(".slg-upload").wait_for()
    settled(page)
    page.set_input_files(".slg-upload input[type=file]", files)
    page.wait_for_url("**import=**")
    expect(page.locator("h1")).to_contain_text("读到")
    page.locator(".slg-map[data-ready]").wait_for()
    settled(page)


def decide(page, press, sign: str) -> None:
    """Press something that has the file read again; done when the map shows that reading."""
    was = page.locator(".slg-map").get_attribute("data-rows")
    press()
    page.wait_for_function(
        "was => { const now = document.querySelector('[data-testid=stBidiComponentRegular]');"
        " const map = [...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.slg-map')).find(Boolean);"
        " return map && map.dataset.rows !== was && !/v=\\d+r/.test(map.dataset.rows); }",
        arg=was,
    )
    settled(page)
    expect(page.locator("h1")).to_contain_text(sign)


def save(page, count: int) -> None:
    page.get_by_role("button", name=f"保存 {count} 行").click()
    expect(page.get_by_text(re.compile("存好了："))).to_be_visible()


def test_an_empty_city_gets_its_own_boundaries_from_shapefiles(admin, empty, true_city, tmp_path):
    page = admin
    streets, grids, zones = true_city["street"], true_city["grid"], true_city["zone"]
    path = as_offices_have_it(
        tmp_path, "jd", streets, {"代码": [s.code for s in streets], "叫法": [s.name for s in streets]}
    )
    bring(page, "street", path)
    expect(page.get_by_text("没有可比的边界")).to_be_visible()
    expect(page.get_by_role("button", name="保存")).to_be_disabled()
    decide(page, lambda: page.locator("label", has_text="GCJ-02（").click(), f"读到 {len(streets)} 行")

    page.get_by_text("改对应的列").click()
    box = page.get_by_role("combobox", name="名称")
    box.scroll_into_view_if_needed()
    box.click()
    decide(page, lambda: page.get_by_role("option", name=re.compile("^叫法")).click(), f"{len(streets)} 新")
    save(page, len(streets))

    loose = as_offices_have_it(
        tmp_path, "wg", grids, {"wgbm": [g.code for g in grids], "网格名称": [g.name for g in grids]}
    )
    bring(page, "grid", [loose.with_suffix(part) for part in PARTS])  # the parts, chosen together
    expect(page.get_by_text("文字 GBK")).to_be_visible()
    expect(page.get_by_text(re.compile("整体偏了约 .* 米，像 GCJ-02")).first).to_be_visible()
    decide(page, lambda: page.locator("label", has_text="GCJ-02（").click(), f"{len(grids)} 新")
    save(page, len(grids))

    path = as_offices_have_it(
        tmp_path, "xq", zones, {"小区名称": [z.name for z in zones], "户数": [z.households or 0 for z in zones]}
    )
    bring(page, "zone", path)
    decide(page, lambda: page.locator("label", has_text="GCJ-02（").click(), f"{len(zones)} 新")
    save(page, len(zones))
    expect(page.get_by_text("小区进来是草案")).to_be_visible()
    page.get_by_role("link", name="去地图上看").click()
    page.locator(".slg-map[data-ready]").wait_for()

    store = Store.open(f"sqlite:///{empty.folder}/slg.db")
    with store.look() as work:
        kept = {layer: work.areas.shown(layer) for layer in ("street", "grid", "zone")}
        assert work.history.of("layer", "grid")[-1].actor_id
    store.close()
    for layer, found in true_city.items():
        by_name = {(a.code if layer != "zone" else a.name): a for a in kept[layer]}
        assert len(kept[layer]) == len(found)
        for one in found:
            there = by_name[one.code if layer != "zone" else one.name]
            assert there.name == one.name
            assert shapely.hausdorff_distance(project(there.geometry), project(one.geometry)) < 1.0
    assert {z.status for z in kept["zone"]} == {"draft"}
    assert all(g.street_id for g in kept["grid"])
    assert not list((empty.folder / "imports").iterdir()), "what was brought is gone when it is stored"


def test_what_the_browser_already_knows_is_no_file_is_told_before_it_is_sent(admin, tmp_path):
    page = admin
    page.goto("/layers?layer=grid")
    page.locator(".slg-upload").wait_for()
    settled(page)
    (tmp_path / "a.shp").write_bytes(b"\x00\x00\x27\x0a")
    (tmp_path / "a.docx").write_bytes(b"PK")
    (tmp_path / "a.geojson").write_bytes(b"")
    for name, sentence in (
        ("a.shp", "Shapefile 要几个部分一起选"),
        ("a.docx", "不收这种文件"),
        ("a.geojson", "这是个空文件"),
    ):
        page.set_input_files(".slg-upload input[type=file]", tmp_path / name)
        expect(page.locator(".slg-upload .told")).to_contain_text(sentence)


def test_a_row_that_is_pressed_in_the_list_is_flown_to(admin, true_city, tmp_path):
    page = admin
    grids = true_city["grid"]
    names = [g.name for g in grids]
    shapes = list(grids)
    path = as_offices_have_it(
        tmp_path, "zz", shapes, {"wgbm": ["T-1", "T-1", *[f"T-{i}" for i in range(2, len(grids))]], "网格名称": names}
    )
    bring(page, "grid", path)
    page.locator("[data-testid=stDataFrame] canvas").first.scroll_into_view_if_needed()
    grid = page.locator("[data-testid=stDataFrame]").first
    grid.click(position={"x": 140, "y": 38 + 18})
    expect(page.locator(".row-plate")).to_be_visible()
    expect(page.locator(".row-plate")).to_contain_text("T-1")
    page.get_by_role("button", name="收起，不存").click()
    expect(page.locator("h1")).to_contain_text("图层")
