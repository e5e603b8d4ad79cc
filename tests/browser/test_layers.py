"""Seen in a real browser: an empty city gets its streets, grids and zones from GBK Shapefiles in GCJ-02."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from playwright.sync_api import expect

from storage.store import Store
from tests.browser.own_city import (
    PARTS,
    PATIENT_MS,
    as_offices_have_it,
    bring,
    decide,
    lies_where_it_lay,
    open_list,
    save,
    set_up,
    settled,
    true_city,
)
from tests.browser.running import Server, running_server

pytestmark = pytest.mark.browser
PASSWORD = "shezhi-2026-yi"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("empty-city")
    with running_server(folder, SLG_SAMPLE_CITY="false") as started:
        yield started


@pytest.fixture(scope="module")
def city(sample_template: Path) -> dict[str, list]:
    """Of the grids those along the street's border: only what lies on a known line tells its datum."""
    found = true_city(sample_template)
    rim = found["street"][0].geometry.boundary.buffer(1e-5)
    grids = sorted(found["grid"], key=lambda g: shapely.length(g.geometry.boundary & rim) / g.geometry.length)
    return {**found, "grid": grids[-12:]}


@pytest.fixture
def admin(chromium, empty: Server):
    """The first administrator, logged in."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", base_url=empty.url)
    context.set_default_timeout(60_000)
    page = context.new_page()
    set_up(page, empty, "first", PASSWORD)
    yield page
    context.close()


def test_an_empty_city_gets_its_own_boundaries_from_shapefiles(admin, empty, city, tmp_path):
    page = admin
    streets, grids = city["street"], city["grid"]
    path = as_offices_have_it(
        tmp_path, "jd", streets, {"代码": [s.code for s in streets], "叫法": [s.name for s in streets]}
    )
    bring(page, "street", path)
    expect(page.get_by_text("没有可比的边界")).to_be_visible(timeout=PATIENT_MS)
    expect(page.get_by_role("button", name="保存")).to_be_disabled(timeout=PATIENT_MS)
    decide(page, lambda: page.locator("label", has_text="GCJ-02（").click(), f"读到 {len(streets)} 行")

    page.get_by_text("改对应的列").click()
    open_list(page, "名称")
    decide(page, lambda: page.get_by_role("option", name=re.compile("^叫法")).click(), f"{len(streets)} 新")
    save(page, len(streets))

    loose = as_offices_have_it(
        tmp_path, "wg", grids, {"wgbm": [g.code for g in grids], "网格名称": [g.name for g in grids]}
    )
    bring(page, "grid", [loose.with_suffix(part) for part in PARTS])  # the parts, chosen together
    expect(page.get_by_text("文字 GBK")).to_be_visible(timeout=PATIENT_MS)
    expect(page.get_by_text(re.compile("整体偏了约 .* 米，像 GCJ-02")).first).to_be_visible(timeout=PATIENT_MS)
    decide(page, lambda: page.locator("label", has_text="GCJ-02（").click(), f"{len(grids)} 新")
    save(page, len(grids))
    page.get_by_role("link", name="去地图上看").click()
    page.locator(".slg-map[data-ready]").wait_for()

    store = Store.open(f"sqlite:///{empty.folder}/slg.db")
    with store.look() as work:
        kept = {layer: work.areas.shown(layer) for layer in ("street", "grid")}
        assert work.history.of("layer", "grid")[-1].actor_id
    store.close()
    for layer, found in (("street", streets), ("grid", grids)):
        lies_where_it_lay(kept[layer], found, "code")
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
        expect(page.locator(".slg-upload .told")).to_contain_text(sentence, timeout=PATIENT_MS)


def test_a_row_that_is_pressed_in_the_list_is_flown_to(admin, city, tmp_path):
    page = admin
    grids = city["grid"]
    names = [g.name for g in grids]
    shapes = list(grids)
    path = as_offices_have_it(
        tmp_path, "zz", shapes, {"wgbm": ["T-1", "T-1", *[f"T-{i}" for i in range(2, len(grids))]], "网格名称": names}
    )
    bring(page, "grid", path)
    grid = page.locator("[data-testid=stDataFrame]").first
    grid.click(position={"x": 140, "y": 38 + 18})
    expect(page.locator(".row-plate")).to_be_visible(timeout=PATIENT_MS)
    expect(page.locator(".row-plate")).to_contain_text("T-1", timeout=PATIENT_MS)
    page.get_by_role("button", name="收起，不存").click()
    expect(page.locator("h1")).to_contain_text("图层", timeout=PATIENT_MS)
