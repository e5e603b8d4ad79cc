"""A finger draws against its neighbours: clipped to them, along their border, merged with one, and a border they share."""

from __future__ import annotations

import uuid

import numpy as np
import pytest
import shapely
from shapely.affinity import scale

from geo.measure import area_m2
from storage.store import Store
from tests.browser.drawing_board import kept_shape

pytestmark = pytest.mark.browser


def toward(start, end, share: float):
    return tuple(np.asarray(start) + share * np.subtract(end, start))


def drawn_near(spot, edge, share: float):
    """The corners of the spot beside a neighbour, those on its edge moved into it (or away, share under 0)."""
    start, end = edge
    far_start, far_end = shapely.get_coordinates(spot)[1:3]
    return toward(start, far_start, -share), tuple(far_start), tuple(far_end), toward(end, far_end, -share)


def kept_polygon(page):
    return shapely.MultiPolygon([shapely.Polygon(part[0], part[1:]) for part in kept_shape(page)["parts"]])


def on_server(page, version_id: str):
    """The line of a version as the office's own route tells it."""
    found = page.request.get(f"/api/v1/zones/versions/{version_id}/map.geojson").json()
    line = next(f for f in found["features"] if f["properties"]["part"] not in ("piece", "outside"))
    return shapely.geometry.shape(line["geometry"])


def others_in_force(server, shape):
    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        found = [z.geometry for z in work.areas.touching("zone", shape.bounds)]
    store.close()
    return shapely.union_all(found)


def fill_in(page, name: str) -> None:
    page.get_by_label("区域名称").fill(name)
    page.get_by_label("区域类型").select_option("old_compound")
    page.get_by_text("国企兜底").first.tap()


def save(page):
    with page.expect_response("**/zones/drafts") as saved:
        page.get_by_role("button", name="存草案").tap()
    assert saved.value.status == 201, saved.value.text()
    page.get_by_text("已存为草案").wait_for()
    return saved.value.json()


def start(board, spot):
    west, south, east, north = spot.buffer(0.0004).bounds
    tablet = board(f"/draw?bbox={west},{south},{east},{north}")
    return tablet, tablet.place()


def test_a_zone_drawn_over_its_neighbour_is_clipped_to_it(board, server, neighbour):
    spot, zone, edge = neighbour
    tablet, where = start(board, spot)
    page = tablet.page
    tablet.tool("吸附")  # off: the corners stay where the finger is
    tablet.tool("画界")
    tablet.ring([where(corner) for corner in drawn_near(spot, edge, 0.25)])
    page.get_by_text(f"与{zone.name} 重叠").first.wait_for()
    before = kept_polygon(page)
    page.get_by_role("button", name="按邻界裁齐").first.tap()
    page.get_by_text("裁齐后").wait_for()
    page.get_by_role("button", name="就这样裁").tap()
    page.get_by_text("改好了").wait_for()
    page.get_by_text(f"与{zone.name} 重叠").first.wait_for(state="detached")
    around = others_in_force(server, before)
    after = kept_polygon(page)
    expected = float(area_m2(shapely.difference(before, around)))
    assert float(area_m2(before)) > expected + 100, "there was something to clip"
    assert float(area_m2(after)) == pytest.approx(expected, rel=0.002)
    fill_in(page, "裁齐的")
    answer = save(page)
    assert answer["overlaps"] == []
    stored = on_server(page, answer["version_id"])
    assert float(area_m2(stored)) == pytest.approx(answer["area_m2"], abs=0.01)
    assert float(area_m2(shapely.intersection(stored, around))) < 1
    assert {tuple(c) for c in np.round(shapely.get_coordinates(stored), 7)} >= {tuple(np.round(c, 7)) for c in edge}


def test_a_border_drawn_beside_a_neighbour_is_led_along_it(board, server, neighbour):
    spot, zone, edge = neighbour
    tablet, where = start(board, spot)
    page = tablet.page
    tablet.tool("吸附")
    tablet.tool("画界")
    tablet.ring([where(corner) for corner in drawn_near(spot, edge, -0.06)])
    before = kept_polygon(page)
    corners = {tuple(np.round(c, 7)) for c in edge}
    assert not corners & {tuple(c) for c in np.round(shapely.get_coordinates(before), 7)}
    tablet.tool("沿边")
    page.get_by_text("从哪里开始沿着走").wait_for()
    tablet.touch(*where(edge[0]))
    page.get_by_text("再点同一条边上要走到的地方").wait_for()
    tablet.touch(*where(edge[1]))
    page.get_by_text(f"沿{zone.name}的边走 2 个角。").wait_for()
    page.get_by_role("button", name="沿边改").tap()
    page.get_by_text("改好了").wait_for()
    after = kept_polygon(page)
    assert corners <= {tuple(c) for c in np.round(shapely.get_coordinates(after), 7)}
    assert len(shapely.get_coordinates(after)) == len(shapely.get_coordinates(before)), "two corners for two"
    fill_in(page, "沿边的")
    answer = save(page)
    stored = on_server(page, answer["version_id"])
    border = shapely.intersection(stored.boundary, shapely.boundary(zone.geometry).buffer(1e-8))
    assert border.length == pytest.approx(shapely.LineString(edge).length, rel=0.01)
    assert float(area_m2(stored)) == pytest.approx(float(area_m2(after)), abs=0.1)
    assert float(area_m2(stored)) > float(area_m2(before))
    assert [gap for gap in answer["gaps"] if gap["kind"] == "narrow"] == []


def test_a_neighbour_is_merged_in_and_ends_with_it(board, server, neighbour):
    spot, zone, edge = neighbour
    tablet, where = start(board, spot)
    page = tablet.page
    tablet.tool("画界")
    tablet.ring([where(corner) for corner in drawn_near(spot, edge, -0.02)])  # the edge's corners catch
    before = kept_polygon(page)
    fill_in(page, "并进邻居的")
    tablet.tool("合并")
    middle = toward(*edge, 0.5)
    inside = toward(middle, toward(*shapely.get_coordinates(spot)[1:3], 0.5), -0.2)
    assert zone.geometry.contains(shapely.Point(inside))
    with page.expect_response("**/zones/edit") as asked:
        tablet.touch(*where(inside))
    assert asked.value.status == 200
    page.get_by_text(f"把{zone.name}并进来").wait_for()
    page.get_by_role("button", name="并进来").tap()
    page.get_by_text("改好了").wait_for()
    kept = kept_shape(page)
    assert kept["taken"] == [zone.area_id]
    whole = shapely.union_all([before, zone.geometry])
    assert float(area_m2(kept_polygon(page))) == pytest.approx(float(area_m2(whole)), abs=2)
    answer = save(page)
    stored = on_server(page, answer["version_id"])
    assert float(area_m2(shapely.symmetric_difference(stored, whole))) < 2
    page.goto(f"/zone?id={answer['zone_id']}")
    page.get_by_text(f"“{zone.name}”并进来，同时结束。").wait_for()


@pytest.fixture
def halves(board, neighbour):
    """halves(share of the free ground): two drafts of one officer side by side, and a tablet that draws the western one.

    (tablet, where, {"west": answer, "east": answer}, a corner of the common border, a place further east)"""
    spot, _, _ = neighbour

    def draw(share: float):
        a, b, c, d = (tuple(np.round(p, 7)) for p in shapely.get_coordinates(scale(spot, share, share))[:4])
        one, two = (tuple(np.round(toward(*ends, 0.5), 7)) for ends in ((a, d), (b, c)))
        shapes = {"west": shapely.Polygon([a, b, two, one]), "east": shapely.Polygon([one, two, c, d])}
        tablet = board("/draw")
        page, saved = tablet.page, {}
        for name, shape in shapes.items():
            answer = page.request.post("/api/v1/zones/drafts", data={
                "id": str(uuid.uuid4()), "name": f"{name}-{uuid.uuid4().hex[:4]}", "kind": "old_compound",
                "mode": "soe_backstop", "geometry": shapely.geometry.mapping(shape)})  # fmt: skip
            assert answer.status == 201, answer.text()
            saved[name] = answer.json()
        view = ",".join(map(str, spot.buffer(0.0002).bounds))
        tablet = board(f"/draw?bbox={view}")
        where = tablet.place()
        tablet = board(f"/draw?zone={saved['west']['zone_id']}&bbox={view}")
        tablet.tool("吸附")  # off: the corner stays where the finger leaves it
        return tablet, where, saved, (two, toward(two, c, 0.5))

    return draw


def shared(tablet):
    tablet.page.get_by_label("邻区的边一起动").tap()
    tablet.page.get_by_text("会跟着动").wait_for()


def line_of(answer_or_id, page):
    return on_server(page, answer_or_id if isinstance(answer_or_id, str) else answer_or_id["version_id"])


def test_a_finger_moves_a_common_border_and_both_zones_are_saved(board, halves):
    tablet, where, saved, (corner, there) = halves(0.7)
    page, east = tablet.page, saved["east"]
    before = shapely.union_all([line_of(each, page) for each in saved.values()])
    shared(tablet)
    untouched = kept_shape(page)
    tablet.drag(where(corner), where(there))
    page.get_by_text(f"{east['name']}的边一起动了").wait_for()
    row = page.get_by_text(f"{east['name']}：多 0 平方米，少")
    row.wait_for()
    moved = kept_shape(page)
    theirs = next(n for n in moved["beside"]["neighbours"] if n["zone_id"] == east["zone_id"])
    assert theirs["moved"]
    common = {tuple(at) for at in moved["parts"][0][0]} & {tuple(at) for at in theirs["parts"][0][0]}
    assert len(common) == 2
    assert min(shapely.Point(at).distance(shapely.Point(there)) for at in common) < 0.00002
    page.get_by_role("button", name="撤销").tap()
    assert kept_shape(page)["beside"] == untouched["beside"], "one step back takes both back"
    page.get_by_role("button", name="重做").tap()
    assert (kept_shape(page)["beside"], kept_shape(page)["parts"]) == (moved["beside"], moved["parts"])
    page.reload()  # the tab dies: both lines are still there
    page.locator(".slg-map[data-ready]").wait_for()
    page.get_by_role("button", name="接着画").tap()
    page.get_by_text(f"{east['name']}：多 0 平方米，少").wait_for()
    said = page.get_by_text(f"{east['name']}：多 0 平方米，少").inner_text()
    answer = save(page)
    page.get_by_text(f"{east['name']}的边也存成草案").wait_for()
    (their_draft,) = answer["neighbours"]
    assert (their_draft["zone_id"], their_draft["version"]) == (east["zone_id"], east["version"] + 1)
    now, then = [line_of(answer, page), line_of(their_draft, page)], line_of(east, page)
    assert shapely.intersection(*now).area < 1e-13
    assert float(area_m2(shapely.symmetric_difference(shapely.union_all(now), before))) < 1
    lost = float(area_m2(then)) - float(area_m2(now[1]))
    assert lost == pytest.approx(float(said.split("少")[1].split("平方米")[0].replace(",", "")), abs=1)
    page.goto(f"/zone?id={east['zone_id']}")
    page.get_by_text("共用的边动了，一起生效。").wait_for()


def test_a_neighbour_that_changed_meanwhile_saves_nothing_and_the_drawing_stays(board, people, halves):
    tablet, where, saved, (corner, there) = halves(0.6)
    page, east = tablet.page, saved["east"]
    shared(tablet)
    tablet.drag(where(corner), where(there))
    page.get_by_text(f"{east['name']}的边一起动了").wait_for()
    colleague = people("officer1")
    newer = colleague.request.post("/api/v1/zones/drafts", data={
        "id": str(uuid.uuid4()), "zone_id": east["zone_id"], "name": east["name"], "kind": "old_compound",
        "mode": "soe_backstop", "geometry": shapely.geometry.mapping(line_of(east, page).buffer(-2e-5, join_style="mitre"))})  # fmt: skip
    assert newer.status == 201
    with page.expect_response("**/zones/drafts") as refused:
        page.get_by_role("button", name="存草案").tap()
    assert refused.value.status == 409
    page.get_by_text("所以一份都没存").wait_for()
    kept = kept_shape(page)
    assert [n["moved"] for n in kept["beside"]["neighbours"] if n["zone_id"] == east["zone_id"]] == [True]
    mine = page.request.get(f"/api/v1/zones/{saved['west']['zone_id']}/division").json()
    assert mine["version"] == saved["west"]["version"]
    switch = page.get_by_label("邻区的边一起动")
    switch.tap()
    switch.tap()
    page.get_by_text("和谁都没有共用的角").wait_for()  # the colleague drew it away from this border
