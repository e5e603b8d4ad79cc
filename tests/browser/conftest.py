"""Real Chromium against the real app in a process of its own, over a copy of the sample city."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from demo.pictures import picture
from tests.browser.drawing_board import TABLET, Board, beside, edges
from tests.browser.running import CHROMIUM, FLAGS, PASSWORD, Server, running_server


@pytest.fixture(scope="session")
def server(sample_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server") / "city"
    shutil.copytree(sample_template, folder)
    with running_server(folder) as started:
        yield started


@pytest.fixture(scope="session")
def spot(server) -> tuple[float, float, str]:
    """(lon, lat, zone name) inside one estate of 剡湖街道 that no other zone overlaps."""
    from services.places import find_place
    from storage.store import Store

    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        street = next(s for s in work.areas.in_force("street") if s.code == "330683001")
        for zone in work.areas.in_force("zone", street_id=street.area_id):
            point = zone.geometry.representative_point()
            if find_place(work, point.x, point.y).state == "settled":
                return point.x, point.y, zone.name
    raise AssertionError("the sample city has no such estate")


@pytest.fixture(scope="session")
def photos(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("photos")
    made = {}
    for i, shot in enumerate(("panorama", "closeup", "plate")):
        made[shot] = folder / f"{shot}.jpg"
        made[shot].write_bytes(picture("zombie_vehicle", shot, 70 + i, (2400, 1800), taken_at=datetime.now(UTC)))
    return made


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        browser.devices = playwright.devices
        browser.playwright = playwright
        yield browser
        browser.close()


@pytest.fixture
def people(chromium, server):
    """people("inspector1", phone=True): a logged-in page of its own; remote requests are collected and refused."""
    contexts = []
    remote: list[str] = []

    def enter(username: str, *, phone: bool = False, at: tuple[float, float] | None = None, lang: str = "zh-CN"):
        device = dict(chromium.devices["Pixel 7"]) if phone else {"viewport": {"width": 1440, "height": 900}}
        if phone:
            device["viewport"] = {"width": 390, "height": 844}
        device.pop("default_browser_type", None)
        where = {"geolocation": {"longitude": at[0], "latitude": at[1], "accuracy": 6}} if at else {}
        context = chromium.new_context(**device, **where, locale=lang, timezone_id="Asia/Shanghai", base_url=server.url,
                                       permissions=["geolocation"] if at else [])  # fmt: skip
        context.set_default_timeout(45_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: None if r.url.startswith((server.url, "data:", "blob:", server.url.replace("http", "ws")))
                else remote.append(r.url))  # fmt: skip
        # What the page's own policy blocks never becomes a request: the console tells of it.
        page.on("console", lambda m: remote.append(m.text) if "Content Security Policy" in m.text else None)
        page.goto("/login")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert remote == [], "no request may leave for another host"


@pytest.fixture(scope="session")
def neighbour(server):
    """A zone in 剡湖街道 and the middle of a long edge of it that faces free ground in two grids.

    (box round the place to draw, name of the zone, the edge's two corners, names of the two grids)"""
    from storage.store import Store

    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        street = next(s for s in work.areas.in_force("street") if s.code == "330683001")
        zones = work.areas.in_force("zone")
        grids = work.areas.in_force("grid", street_id=street.area_id)
    store.close()
    everything = shapely.union_all([z.geometry for z in zones])
    for zone in (z for z in zones if z.street_id == street.area_id):
        for start, end in edges(zone.geometry):
            spot = beside(start, end)
            if not street.geometry.covers(spot) or spot.intersection(everything).area > 0.02 * spot.area:
                continue
            held = [g.name for g in grids if g.geometry.intersection(spot).area > 0.1 * spot.area]
            if len(held) == 2:
                return spot, zone, (start, end)
    raise AssertionError("no zone has free ground of two grids beside an edge")


@pytest.fixture
def board(chromium, server):
    """board(bbox): the page on a tablet with a finger, logged in as this street's officer."""
    context = chromium.new_context(
        viewport=TABLET, has_touch=True, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=server.url
    )
    context.set_default_timeout(45_000)

    def enter(address: str) -> Board:
        page = context.pages[0] if context.pages else context.new_page()
        if page.url == "about:blank":
            page.goto("/login")
            page.fill("input[name=username]", "officer1")
            page.fill("input[name=password]", PASSWORD)
            page.click("button[type=submit]")
            page.wait_for_url(lambda url: "/login" not in url)
        page.goto(address)
        return Board(page)

    yield enter
    context.close()
