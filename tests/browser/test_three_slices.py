"""The slices beside the main job: an officer draws a zone over two grids and reads the shares."""

from __future__ import annotations

import pytest
import shapely

from storage.store import Store

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def crossing(server):
    """A small square over the border of two grids in 剡湖街道, clear of every zone: (west, south, east, north)."""
    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        street = next(s for s in work.areas.in_force("street") if s.code == "330683001")
        grids = work.areas.in_force("grid", street_id=street.area_id)
        zones = shapely.union_all([z.geometry for z in work.areas.in_force("zone")])
    for i, one in enumerate(grids):
        for two in grids[i + 1 :]:
            border = shapely.intersection(one.geometry, two.geometry)
            if border.length < 0.002:
                continue
            middle = border.interpolate(0.5, normalized=True) if border.geom_type == "LineString" else border.centroid
            box = (middle.x - 0.0012, middle.y - 0.001, middle.x + 0.0012, middle.y + 0.001)
            square = shapely.box(*box)
            both = [square.intersection(g.geometry).area / square.area for g in (one, two)]
            if min(both) > 0.2 and sum(both) > 0.999 and not zones.intersects(square.buffer(0.001)):
                return box, {one.name, two.name}
    raise AssertionError("no free border between two grids")


def test_officer_draws_a_zone_over_two_grids_and_reads_the_shares(server, people, crossing):
    (west, south, east, north), names = crossing
    page = people("officer1")
    page.goto(f"/draw?bbox={west},{south},{east},{north}")
    page.get_by_role("button", name="画界").click()
    canvas = page.locator("canvas").first.bounding_box()
    x, y = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
    corners = [(x - 130, y - 110), (x + 130, y - 110), (x + 130, y + 110), (x - 130, y + 110)]
    with page.expect_response("**/zones/measure"):
        for corner in [*corners, corners[0]]:
            page.mouse.move(*corner)
            page.mouse.click(*corner)
    page.get_by_text("跨 2 个网格").first.wait_for()
    for name in names:
        page.get_by_text(name).first.wait_for()
    page.get_by_label("区域名称").fill("示例新区 🏘️ <b>甲</b>")
    page.get_by_label("区域类型").select_option("old_compound")
    page.get_by_text("国企兜底").first.click()
    # The press must not scroll the tool out of its own frame.
    frame_top = page.locator("canvas").first.bounding_box()["y"]
    assert frame_top == canvas["y"]
    with page.expect_response("**/zones/drafts") as saved:
        page.get_by_role("button", name="存草案").click()
    answer = saved.value.json()
    assert saved.value.status == 201
    shares = {grid["grid_name"]: grid["share"] for grid in answer["grids"]}
    assert set(shares) == names
    assert sum(shares.values()) == pytest.approx(1, abs=1e-9)
    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        kept = work.areas.version(answer["version_id"])
        rows = work.areas.division(answer["version_id"])
    assert kept.status == "draft"
    assert kept.crosses_grids
    assert {row.grid_name for row in rows} == names
    other = people("officer2")
    refused = other.request.post("/api/v1/zones/drafts", data={
        "id": "7c0e6f0a-95d5-4a0e-8d9d-0a8f0d0c7f11", "zone_id": answer["zone_id"], "name": "别的街道", "kind": "old_compound",
        "mode": "soe_backstop", "geometry": shapely.geometry.mapping(kept.geometry)})  # fmt: skip
    assert refused.status == 404
