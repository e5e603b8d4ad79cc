"""A street officer with a tablet: fingers only, from the first corner to the draft on the server."""

from __future__ import annotations

import pytest
import shapely

from storage.store import Store
from tests.browser.drawing_board import Board, kept_shape

pytestmark = pytest.mark.browser


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
