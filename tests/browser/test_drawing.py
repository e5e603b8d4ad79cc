"""A street officer with a tablet: fingers only, from the first corner to the draft on the server."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import pytest
import shapely

from storage.store import Store

pytestmark = pytest.mark.browser

TABLET = {"width": 1180, "height": 820}


@pytest.fixture(scope="module")
def neighbour(server):
    """A zone in 剡湖街道 and the middle of a long edge of it that faces free ground in two grids.

    (box round the place to draw, name of the zone, the edge's two corners, names of the two grids)"""
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


def edges(zone):
    points = shapely.get_coordinates(shapely.orient_polygons(zone).exterior)
    return [
        (tuple(a), tuple(b)) for a, b in pairwise(points) if shapely.Point(a).distance(shapely.Point(b)) > 0.0003
    ]  # fmt: skip


def beside(start, end):
    """The square on the outer side of an edge that runs anticlockwise round its zone."""
    (ax, ay), (bx, by) = start, end
    dx, dy = bx - ax, by - ay
    return shapely.Polygon([start, (ax + dy, ay - dx), (bx + dy, by - dx), end])


class Board:
    """The drawing page under one finger."""

    def __init__(self, page) -> None:
        self.page = page
        page.locator(".slg-map[data-ready]").wait_for()
        self.box = page.locator("canvas").first.bounding_box()

    def tool(self, name: str) -> None:
        self.page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).tap()

    def touch(self, x: float, y: float) -> None:
        """A finger on a place given as a share of the map's width and height."""
        self.page.touchscreen.tap(self.box["x"] + x * self.box["width"], self.box["y"] + y * self.box["height"])

    def ring(self, corners) -> None:
        """Corner by corner; each must have arrived before the next, as it has for a hand."""
        for n, corner in enumerate(corners):
            self.touch(*corner)
            if n >= 2:
                self.page.get_by_role("button", name=f"合上边界（{n + 1} 个角）").wait_for()
            self.page.wait_for_function(
                "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
            )
        closing = self.page.get_by_role("button", name="合上边界")
        closing.tap()
        closing.wait_for(state="hidden")

    def place(self) -> Callable[[tuple[float, float]], tuple[float, float]]:
        """Where a lon/lat lies, as a share of width and height: measured with three corners that catch nothing."""
        self.tool("吸附")
        self.tool("画界")
        for corner in ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8)):
            self.touch(*corner)
        self.page.get_by_role("button", name="合上边界（3 个角）").wait_for()
        (west, north), _, (east, south) = kept_shape(self.page)["open"]["corners"][:3]
        self.page.evaluate("localStorage.clear()")
        self.page.reload()
        self.__init__(self.page)
        return lambda at: (
            0.2 + 0.6 * (at[0] - west) / (east - west), 0.2 + 0.6 * (at[1] - north) / (south - north)
        )  # fmt: skip


@pytest.fixture
def board(chromium, server):
    """board(bbox): the page on a tablet with a finger, logged in as this street's officer."""
    from tests.browser.running import PASSWORD

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


def kept_shape(page) -> dict:
    return json.loads(
        page.evaluate("Object.entries(localStorage).find(([key]) => key.startsWith('slg.zone-draft.'))[1]")
    )


def test_a_zone_is_drawn_cut_holed_split_taken_back_and_saved_with_a_finger(board, server, neighbour):
    spot, _, _ = neighbour
    west, south, east, north = spot.buffer(0.0002).bounds
    tablet = board(f"/draw?bbox={west},{south},{east},{north}")
    page = tablet.page
    tablet.tool("画界")
    tablet.ring([(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)])
    page.get_by_text("个网格").first.wait_for()
    tablet.tool("挖洞")
    tablet.ring([(0.45, 0.42), (0.55, 0.42), (0.55, 0.55), (0.45, 0.55)])
    page.get_by_role("button", name="第 1 个洞").wait_for()
    assert len(kept_shape(page)["parts"][0]) == 2
    tablet.tool("切分")
    assert not page.get_by_role("button", name="切成两块").is_visible()
    tablet.touch(0.3, 0.12)
    with page.expect_response("**/zones/edit") as asked:
        tablet.touch(0.3, 0.5)
    assert asked.value.status == 422
    page.get_by_text("停在区域里面").wait_for()
    assert not page.get_by_role("button", name="切成两块").is_visible()
    with page.expect_response("**/zones/edit"):
        tablet.touch(0.32, 0.84)
    page.get_by_role("button", name="切成两块").tap()
    page.get_by_text("切好了").wait_for()
    assert len(kept_shape(page)["rest"]) == 1
    page.reload()  # the tab dies after the split: both halves are still there
    tablet = Board(page)
    page.get_by_role("button", name="接着画").tap()
    page.get_by_role("button", name="第 1 个洞").wait_for()
    assert len(kept_shape(page)["rest"]) == 1
    page.get_by_label("区域名称").fill("示例平板区")
    page.get_by_label("区域类型").select_option("old_compound")
    page.get_by_text("国企兜底").first.tap()
    with page.expect_response("**/zones/drafts") as first:
        page.get_by_role("button", name="存草案").tap()
    assert first.value.status == 201
    page.get_by_text("另一半接着存").first.wait_for()
    assert page.get_by_label("区域名称").input_value() == "示例平板区（另一半）"
    with page.expect_response("**/zones/drafts") as second:
        page.get_by_role("button", name="存草案").tap()
    assert second.value.status == 201
    one, two = first.value.json(), second.value.json()
    assert one["zone_id"] != two["zone_id"]
    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        halves = [work.areas.version(answer["version_id"]).geometry for answer in (one, two)]
    store.close()
    assert shapely.intersection(*halves).area < 1e-12
    assert sum(len(part.interiors) for half in halves for part in shapely.get_parts(half)) == 1


@pytest.fixture(scope="module")
def alone(server):
    """A zone of 剡湖街道 in one grid, away from every other zone."""
    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        street = next(s for s in work.areas.in_force("street") if s.code == "330683001")
        zones = work.areas.in_force("zone")
    store.close()
    for zone in zones:
        if zone.street_id == street.area_id and not zone.crosses_grids and street.geometry.covers(zone.geometry):
            near = [z for z in zones if z.id != zone.id and z.geometry.intersects(zone.geometry)]
            if not near and zone.geometry.area > 0.9 * zone.geometry.convex_hull.area:
                return zone
    raise AssertionError("every zone has neighbours")


def test_a_zone_in_force_is_split_and_both_halves_take_force_together(board, server, alone):
    tablet = board(f"/draw?zone={alone.area_id}")
    page = tablet.page
    tablet.tool("切分")
    tablet.touch(0.5, 0.06)
    with page.expect_response("**/zones/edit") as cut:
        tablet.touch(0.5, 0.94)
    assert cut.value.status == 200
    page.get_by_role("button", name="切成两块").tap()
    with page.expect_response("**/zones/drafts") as first:
        page.get_by_role("button", name="存草案").tap()
    page.get_by_text("另一半接着存").first.wait_for()
    with page.expect_response("**/zones/drafts") as second:
        page.get_by_role("button", name="存草案").tap()
    one, two = first.value.json(), second.value.json()
    assert (one["zone_id"], one["version"]) == (alone.area_id, alone.version + 1)
    page.goto(f"/zone?id={two['zone_id']}")  # whichever half is decided on
    page.get_by_text(f"和“{alone.name}”是一次拆分，一起生效。").wait_for()
    page.get_by_label("为什么").first.fill("已征询居委会")
    page.get_by_role("button", name="让第 1 稿生效").tap()
    page.get_by_text("第 1 版已生效。").wait_for()
    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        halves = [work.areas.version(answer["version_id"]) for answer in (one, two)]
        before = work.areas.version(alone.id)
        moved = [row for decision in work.zones.decisions_of([alone.id])
                 for row in work.zones.successions_of([decision.id])]  # fmt: skip
        assert all(row.to_zone == two["zone_id"] for row in moved if row.state == "followed")
    store.close()
    assert [half.status for half in halves] == ["in_force", "in_force"]
    assert before.status == "superseded"
    together = shapely.union_all([half.geometry for half in halves])
    assert shapely.symmetric_difference(together, before.geometry).area < 1e-11


def test_corners_catch_on_a_neighbour_and_the_shares_of_two_grids_are_read(board, server, neighbour):
    spot, zone, (start, end) = neighbour
    west, south, east, north = spot.buffer(0.0004).bounds
    tablet = board(f"/draw?bbox={west},{south},{east},{north}")
    where = tablet.place()
    page = tablet.page
    outer = shapely.get_coordinates(spot)[1:3]  # the two corners away from the neighbour
    tablet.tool("画界")
    beside_px = 9 / tablet.box["width"]
    near = [(x + beside_px, y) for x, y in (where(start), where(end))]
    tablet.ring([near[0], where(outer[0]), where(outer[1]), near[1]])
    ring = {(round(x, 7), round(y, 7)) for x, y in kept_shape(page)["parts"][0][0]}
    corners = {(round(x, 7), round(y, 7)) for x, y in shapely.get_coordinates(zone.geometry)}
    assert {(round(x, 7), round(y, 7)) for x, y in (start, end)} <= ring & corners
    panel = page.get_by_role("table").filter(has_text="%").first
    panel.wait_for()
    shares = [float(cell.strip("% ")) for cell in page.locator("td", has_text="%").all_inner_texts()]
    assert len([share for share in shares if share > 1]) == 2
    assert sum(shares) == pytest.approx(100, abs=0.3)
    page.get_by_label("区域名称").fill("贴着邻居的")
    page.get_by_label("区域类型").select_option("old_compound")
    page.get_by_text("国企兜底").first.tap()
    with page.expect_response("**/zones/drafts") as saved:
        page.get_by_role("button", name="存草案").tap()
    assert [o["zone_id"] for o in saved.value.json()["overlaps"]] == []


def test_two_steps_back_take_a_split_and_a_hole_away_again(board, neighbour):
    spot, _, _ = neighbour
    west, south, east, north = spot.buffer(0.0002).bounds
    tablet = board(f"/draw?bbox={west},{south},{east},{north}")
    page = tablet.page
    tablet.tool("画界")
    tablet.ring([(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)])
    before = kept_shape(page)["parts"]
    tablet.tool("挖洞")
    tablet.ring([(0.45, 0.42), (0.55, 0.42), (0.55, 0.55), (0.45, 0.55)])
    tablet.tool("切分")
    tablet.touch(0.3, 0.12)
    with page.expect_response("**/zones/edit"):
        tablet.touch(0.32, 0.84)
    page.get_by_role("button", name="切成两块").tap()
    page.get_by_text("切好了").wait_for()
    page.get_by_role("button", name="撤销").tap()
    page.get_by_role("button", name="撤销").tap()
    after = kept_shape(page)
    assert after["parts"] == before
    assert after["rest"] == []
    assert page.get_by_role("button", name="重做").is_enabled()


def test_two_officers_at_one_zone_the_second_sees_both_lines_and_chooses(board, server, people, neighbour):
    _, zone, _ = neighbour
    tablet = board(f"/draw?zone={zone.area_id}")
    page = tablet.page
    colleague = people("officer1")
    other = shapely.box(*zone.geometry.bounds)
    saved = colleague.request.post("/api/v1/zones/drafts", data={
        "id": "0d0e6f0a-95d5-4a0e-8d9d-0a8f0d0c7f12", "zone_id": zone.area_id, "name": "同事画的", "kind": "old_compound",
        "mode": "soe_backstop", "geometry": shapely.geometry.mapping(other)})  # fmt: skip
    assert saved.status == 201
    with page.expect_response("**/zones/drafts") as refused:
        page.get_by_role("button", name="存草案").tap()
    assert refused.value.status == 409
    page.get_by_role("button", name="换成对方的").wait_for()
    with page.expect_response("**/zones/drafts") as kept:
        page.get_by_role("button", name="存我的").tap()
    assert kept.value.status == 201
    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        drafts = [v for v in work.areas.versions(zone.area_id) if v.status == "draft"]
    store.close()
    assert [v.name for v in drafts] == ["同事画的", zone.name], "nobody's line is lost"
