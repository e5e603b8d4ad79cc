"""Seen in a real browser: a clerk enters an asset by a tap on the map, a leader looks at coverage."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import TimeoutError as TookTooLong
from playwright.sync_api import expect

from services.places import find_place
from storage.store import Store
from ui.ramps import COVERAGE, rgba

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def estate(server) -> tuple[float, float, str, str]:
    """(lon, lat, zone name, grid name) inside one estate of 剡湖街道 that no other zone overlaps."""
    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        street = next(s for s in work.areas.in_force("street") if s.code == "330683001")
        for zone in work.areas.in_force("zone", street_id=street.area_id):
            point = zone.geometry.representative_point()
            place = find_place(work, point.x, point.y)
            if place.state == "settled" and place.grid is not None:
                return point.x, point.y, zone.name, place.grid.name
    raise AssertionError("the sample city has no such estate")


def settled(page) -> None:
    """Until Streamlit has drawn the last run: a list that opens during one closes again."""
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    )


def type_into(page, label: str, text: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Tab")
    settled(page)


def choose(page, label: str, option: str) -> None:
    """In the middle of the screen first: a list that opens while the page still scrolls closes again."""
    box = page.get_by_role("combobox", name=label)
    box.evaluate("""async (e) => {
        e.scrollIntoView({ block: "center", behavior: "instant" });
        for (let i = 0; i < 10; i += 1) await new Promise(requestAnimationFrame);
    }""")
    box.click()
    page.get_by_role("option", name=option).click()
    settled(page)


def tap_the_middle(page, phone: bool) -> None:
    canvas = page.locator("canvas.maplibregl-canvas").first
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    with page.expect_response("**/locate?*"):
        page.touchscreen.tap(*middle) if phone else page.mouse.click(*middle)


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_clerk_enters_an_asset_by_a_tap_on_the_map(people, estate, phone):
    lon, lat, zone, grid = estate
    page = people("clerk1", phone=phone)
    page.goto(f"/asset?view=new&bbox={lon - 0.001},{lat - 0.001},{lon + 0.001},{lat + 0.001}")
    choose(page, "小类", "地面车位")
    choose(page, "权属", "业主共有")
    name = f"示例车位 🅿️ {'手机' if phone else '电脑'}"
    type_into(page, "名称", name)
    type_into(page, "数量", "12")
    tap_the_middle(page, phone)
    page.get_by_text(f"{zone} · {grid} · 剡湖街道").wait_for()
    page.get_by_role("button", name="登记这一处").click()
    told = page.get_by_text(re.compile(r"已登记 TC-\d{5}，在"))
    told.wait_for()
    assert zone in told.inner_text()
    number = re.search(r"TC-\d{5}", told.inner_text())[0]
    page.goto("/asset")
    page.get_by_label("查找").fill(number)
    page.get_by_label("查找").press("Enter")
    page.get_by_text("共 1 处").wait_for()
    # The table is a canvas; its accessible twin holds the cells.
    cells = page.locator("[data-testid=stDataFrame] td")
    expect(cells.filter(has_text="CD-")).to_have_count(0)  # the rows of before are gone
    for text in (number, zone, name):
        expect(cells.get_by_text(text, exact=True).or_(cells.filter(has_text=text)).first).to_be_attached()


def test_a_mistake_stands_at_its_field_and_the_typed_text_stays(people):
    page = people("clerk1")
    page.goto("/asset?view=new")
    ends = page.get_by_label("合同到期")
    ends.fill("2026-02-30")
    ends.press("Tab")
    page.get_by_role("button", name="登记这一处").click()
    page.get_by_label("2026 年 2 月没有 30 日").wait_for()
    expect(page.get_by_label("2026 年 2 月没有 30 日")).to_have_value("2026-02-30")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_leader_sees_coverage_drawn_in_its_classes_with_the_table_beside_it(people, scheme):
    page = people("leader1")
    page.emulate_media(color_scheme=scheme)
    page.goto("/coverage")
    page.get_by_role("heading", name="每一户都有人管吗？").wait_for()
    page.locator("[data-testid=stDeckGlJsonChart] canvas").first.wait_for()
    drawn = page.locator("[data-testid=stDeckGlJsonChart]")
    seen: set[str] = set()
    for _ in range(60):  # a software renderer takes a moment for its first frame
        seen |= ramp_colours(drawn.screenshot())
        if len(seen) >= 4:
            break
    assert len(seen) >= 4, seen
    rows = page.locator("table.rank tbody tr")
    assert rows.count() == 15
    assert re.search(r"\d+\.\d%", rows.first.inner_text())
    assert page.locator(".legend li").count() == 6


def test_a_tap_on_the_map_marks_the_row_and_tells_the_figures(people):
    page = people("leader1")
    page.goto("/coverage")
    drawn = page.locator("[data-testid=stDeckGlJsonChart]")
    drawn.locator("canvas").first.wait_for()
    picked = page.locator("table.rank tr[aria-current=true]")
    while len(ramp_colours(drawn.screenshot())) < 4:
        page.evaluate("() => new Promise(requestAnimationFrame)")
    tip = page.get_by_text(re.compile(r"^\S+ \d+\.\d%$")).first
    for _ in range(5):  # a software renderer can swallow a press between two frames; a person presses again
        settled(page)  # what stands above the map has its height, and no press is still on its way
        if picked.count():
            break
        box = drawn.bounding_box()
        page.mouse.move(box["x"] + 1, box["y"] + 1)
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
        tip.wait_for()  # the map answers: its tip is there
        page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, delay=120)
        try:
            picked.wait_for(timeout=10_000)
            break
        except TookTooLong:
            continue
    picked.wait_for()
    name = picked.locator("th").inner_text().removesuffix(" *")
    page.get_by_text(f"{name}：有人管").wait_for()
    assert len(ramp_colours(drawn.screenshot())) >= 4, "the other units keep their colours"


def ramp_colours(png: bytes) -> set[str]:
    """Colours of the ramp that fill at least 300 pixels of a picture."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    counts = {colour: n for n, colour in picture.getcolors(maxcolors=1 << 24)}
    found = set()
    for colour in COVERAGE:
        red, green, blue, _ = rgba(colour)
        near = sum(n for (r, g, b), n in counts.items() if max(abs(r - red), abs(g - green), abs(b - blue)) <= 3)
        if near >= 300:
            found.add(colour)
    return found
