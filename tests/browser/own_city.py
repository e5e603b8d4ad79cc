"""A city of one's own in a browser: the first set-up, files as offices have them, and the walk over the layer page."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import shapely
from playwright.sync_api import TimeoutError, expect

from geo import datum
from geo.measure import project
from storage.store import Store
from tests.browser.running import Server
from tests.exchange.files import shapefile

PATIENT_MS = 90_000
OPENINGS, OPENS_WITHIN_MS = 4, 10_000
PARTS = (".shp", ".shx", ".dbf", ".prj")


def set_up(page, server: Server, username: str, password: str) -> None:
    """The first administrator by the console's address, or the login where there is one already; logged in after it."""
    token = re.findall(r"token=(\S+)", (server.folder / "server.log").read_text("utf-8"))
    page.goto("/login")
    if page.url.endswith("/setup"):
        page.goto(f"/setup?token={token[-1]}")
        page.fill("input[name=username]", username)
        page.fill("input[name=name]", "管理")
        page.fill("input[name=password]", password)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login" in url)
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url and "/setup" not in url)


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


def lies_where_it_lay(kept: list, true: list, key: str) -> None:
    """Each of `true` is kept under its name, and within a metre. key: what both know it by, "code" or "name"."""
    known = {getattr(area, key): area for area in kept}
    assert len(kept) == len(true)
    for one in true:
        there = known[getattr(one, key)]
        assert there.name == one.name
        assert shapely.hausdorff_distance(project(there.geometry), project(one.geometry)) < 1.0


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
    expect(page.locator("h1")).to_contain_text("读到", timeout=PATIENT_MS)
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
    expect(page.locator("h1")).to_contain_text(sign, timeout=PATIENT_MS)


def open_list(page, label: str) -> None:
    """In the middle of the screen first: a list that opens while the page still scrolls or draws closes again, and is
    pressed once more, as a person would."""
    box = page.get_by_role("combobox", name=label)
    box.wait_for()
    box.evaluate("""async (e) => {
        e.scrollIntoView({ block: "center", behavior: "instant" });
        for (let i = 0; i < 10; i += 1) await new Promise(requestAnimationFrame);
    }""")
    for _ in range(OPENINGS):
        box.click()
        with suppress(TimeoutError):
            return page.get_by_role("option").first.wait_for(timeout=OPENS_WITHIN_MS)
    raise AssertionError(f"the list {label} does not open")


def save(page, count: int) -> None:
    page.get_by_role("button", name=f"保存 {count} 行").click()
    expect(page.get_by_text(re.compile("存好了："))).to_be_visible(timeout=PATIENT_MS)
