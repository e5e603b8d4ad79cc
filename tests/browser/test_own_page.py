"""The phone's smaller ways: own mistakes put right, thumbs and lines at 390 px, and a phone that draws no map."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.browser.phones import (
    KEPT,
    PLATE,
    assert_whole,
    kept,
    log_in,
    newest_record,
    open_app,
    phone,
    report,
    shoot,
    wait_for_state,
)

pytestmark = pytest.mark.browser

# How many of `box`'s children stand on each of its lines.
LINES = """(box) => Object.values([...box.children].reduce((lines, one) => {
  const top = Math.round(one.getBoundingClientRect().top);
  return { ...lines, [top]: (lines[top] ?? 0) + 1 };
}, {}))"""
# True when the middle of an element is the element itself or something inside it: nothing lies over it.
IS_FREE = """(one) => {
  const { left, top, width, height } = one.getBoundingClientRect();
  return [0.1, 0.5, 0.9].every((share) => one.contains(document.elementFromPoint(left + 20, top + height * share)));
}"""


@pytest.fixture
def opened(server, chromium, spot, tmp_path):
    with phone(chromium.playwright, tmp_path, server.url, spot[:2]) as context:
        page = context.new_page()
        log_in(page, "inspector1")
        open_app(page)
        yield page


def assert_nothing_alone(page, *selectors: str) -> None:
    for selector in selectors:
        lines = page.locator(selector).first.evaluate(LINES)
        assert lines[-1] > 1, f"{selector}: {lines}"


def test_at_390_px_no_button_stands_alone_and_the_position_line_is_never_covered(opened, photos):
    page = opened
    page.locator(".spot .good").wait_for()
    assert page.locator(".spot").evaluate(IS_FREE)
    page.get_by_test_id("tile-zombie_vehicle").click()
    assert_nothing_alone(page, ".tiles", ".other-ways")
    page.get_by_test_id("start-shots").click()
    shoot(page, photos)
    for i in range(1, 4):  # five, six and seven boxes in the strip: three shots, then extras and the empty one
        page.get_by_test_id("shot-input-extra").set_input_files(
            {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": photos["panorama"].read_bytes() + bytes(i)}
        )
        page.get_by_test_id("thumb-extra").nth(i - 1).wait_for()
        assert_nothing_alone(page, ".strip", ".tool-line", ".shots-foot .chips")
    page.get_by_test_id("thumb-panorama").click()
    page.get_by_test_id("draw").click()
    page.locator(".board[open]").wait_for()
    assert_nothing_alone(page, ".board .tool-line")
    page.get_by_test_id("draw-leave").click()
    page.goto("/capture/#/outbox")
    page.get_by_test_id("tab-new").click()
    page.get_by_test_id("notice").wait_for()
    page.locator(".spot .good").wait_for()
    assert page.locator(".spot").evaluate(IS_FREE), "the line about drafts pushes nothing below the foot"


def test_language_and_logout_stand_above_the_list(opened):
    page = opened
    page.goto("/capture/#/mine")
    page.locator("[data-testid^=mine-R-]").first.wait_for()
    top = page.get_by_test_id("my-records").bounding_box()["y"]
    for name in ("language", "log-out"):
        box = page.get_by_test_id(name).bounding_box()
        assert box["height"] >= 48
        assert box["y"] + box["height"] <= top
    page.get_by_test_id("language").click()
    page.get_by_text("Log out").wait_for()
    page.get_by_test_id("language").click()
    page.get_by_text("退出登录").wait_for()


def test_kind_plate_and_pin_of_an_own_record_are_corrected_on_the_phone(server, opened, photos):
    page = opened
    record_id = report(page, photos)
    number = wait_for_state(page, record_id, "done")["receipt"]["number"]
    before = page.request.get(f"/api/v1/records/{record_id}").json()
    page.goto("/capture/#/mine")
    page.get_by_test_id(f"correct-{number}").click()
    plate = page.locator("dialog.ask").get_by_test_id("plate-input")
    assert plate.input_value() == PLATE
    plate.fill("浙D")
    page.get_by_test_id("mend-reason").fill("车牌抄错了，图钉偏了")
    page.get_by_test_id("mend-send").click()
    page.get_by_test_id("mend-problem").get_by_text("还差几位").wait_for()
    plate.fill("浙D54321")
    page.get_by_test_id("mend-pin").click()
    page.locator("dialog .pin-home .slg-map[data-ready]").wait_for()
    page.locator("dialog .pin-home .pin").focus()
    for _ in range(5):
        page.keyboard.press("Shift+ArrowUp")
    page.get_by_test_id("mend-send").click()
    page.locator("dialog.ask").wait_for(state="detached")
    now = page.request.get(f"/api/v1/records/{record_id}").json()
    assert now["plate"] == "浙D54321"
    assert 40 < (now["lat"] - before["lat"]) * 111_195 < 60, "five steps of ten metres to the north"
    assert now["issue_type"] == before["issue_type"]

    page.get_by_test_id(f"correct-{number}").click()
    page.get_by_test_id("mend-kind").select_option("illegal_parking")
    page.get_by_test_id("mend-reason").fill("是乱停车")
    page.get_by_test_id("mend-send").click()
    page.locator("dialog.ask").wait_for(state="detached")
    assert page.request.get(f"/api/v1/records/{record_id}").json()["issue_type"] == "illegal_parking"
    page.get_by_test_id(f"mine-{number}").get_by_text("乱停车").wait_for()


def test_a_phone_that_draws_no_map_says_so_and_reports_all_the_same(server, chromium, spot, photos, tmp_path):
    with phone(chromium.playwright, tmp_path, server.url, spot[:2], draws_maps=False) as context:
        page = context.new_page()
        log_in(page, "inspector1")
        open_app(page)
        assert not page.evaluate("Boolean(document.createElement('canvas').getContext('webgl2'))")
        page.goto("/capture/#/map")
        page.get_by_text("这个浏览器画不了地图（没有 WebGL2）。下面是同样的内容，可以查找。").wait_for()
        page.locator(".list-body").get_by_text(spot[2]).first.wait_for()
        page.get_by_test_id("tab-new").click()
        page.get_by_test_id("tile-zombie_vehicle").click()
        page.get_by_test_id("start-shots").click()
        shoot(page, photos)
        page.get_by_test_id("to-place").click()
        page.get_by_text("地图打不开，不影响提交").wait_for()
        page.get_by_test_id("place-card").get_by_text(spot[2]).wait_for()
        page.get_by_test_id("plate-input").fill(PLATE)
        page.get_by_test_id("submit").click()
        page.get_by_text("已存在本机，退出也不会丢").first.wait_for()
        record_id = newest_record(page)["id"]
        number = wait_for_state(page, record_id, "done")["receipt"]["number"]
        page.goto("/capture/#/mine")
        page.get_by_test_id(f"correct-{number}").click()
        page.get_by_test_id("mend-pin").click()
        page.get_by_text("地图打不开，图钉这次挪不了").wait_for()
        page.goto(f"/one_record?id={number}")
        page.get_by_text("这个浏览器画不了地图（没有 WebGL2）。换新版的 Chrome、Edge 或 Safari。").wait_for()
    assert_whole(server, record_id, photos)


def held_by_office(server, username: str) -> list[tuple[str, int]]:
    """(patrol, points) of every part that the office holds of somebody."""
    with sqlite3.connect(server.folder / "slg.db") as connection:
        rows = connection.execute(
            "select t.patrol_id, t.points from track_parts t join people p on p.id = t.person_id where p.username = ?",
            (username,),
        ).fetchall()
    return [(patrol, len(json.loads(points))) for patrol, points in rows]


# Resolves to true once the phone has so many points, or to false after half a second.
HAS_POINTS = f"""async ([n, patience_ms]) => {{
  for (const until = Date.now() + patience_ms; Date.now() < until; ) {{
    if ((await ({KEPT})("points")).length === n) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }}
  return false;
}}"""


def walk(page, at: tuple[float, float], n: int) -> None:
    """On and on to the north until the phone has noted n points; a person's position never stands quite still."""
    lon, lat = at
    for step in range(1, 200):
        page.context.set_geolocation({"longitude": lon, "latitude": lat + step * 0.0002, "accuracy": 6})
        if page.evaluate(HAS_POINTS, [n, 500]):
            return
    raise AssertionError(f"{len(kept(page, 'points'))} points, not {n}")


def test_a_patrols_track_is_noted_when_switched_on_waits_offline_and_is_sent_once(server, opened, spot):
    page, context = opened, opened.context
    page.locator(".spot .good").wait_for()
    assert page.get_by_test_id("track-bar").count() == 0
    assert kept(page, "points") == []
    page.goto("/capture/#/map")
    page.locator(".map-root .slg-map[data-ready]").wait_for()
    context.set_offline(True)
    page.goto("/capture/#/mine")
    page.get_by_test_id("track-start").click()
    page.get_by_text("只在这一页开着、手机亮屏时记").wait_for()
    page.get_by_test_id("track-go").click()
    bar = page.get_by_test_id("track-bar")
    bar.get_by_text("正在记轨迹 · 0 分钟").wait_for()
    walk(page, spot[:2], 3)
    bar.get_by_text("3 个点").wait_for()
    assert page.get_by_test_id("track-start").count() == 0
    page.goto("/capture/#/outbox")
    page.get_by_test_id("outbox").wait_for()
    top = bar.bounding_box()
    assert page.locator(".page > .bar").bounding_box()["y"] >= top["y"] + top["height"], (
        "the bar hides nothing below it"
    )
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight"), "a screen that fits does not scroll"
    page.reload()
    bar.get_by_text("3 个点").wait_for()
    walk(page, spot[:2], 4)
    points = kept(page, "points")
    assert {(point["owner"], point["patrol_id"]) for point in points} == {(points[0]["owner"], points[0]["patrol_id"])}
    assert held_by_office(server, "inspector1") == []

    bar.get_by_test_id("track-stop").click()
    bar.wait_for(state="detached")
    page.goto("/capture/#/mine")
    page.get_by_test_id("track-start").wait_for()
    page.get_by_test_id("log-out").click()
    page.get_by_test_id("log-out-track").get_by_text("轨迹还有 4 个点没发出").wait_for()
    assert len(kept(page, "points")) == 4
    context.set_offline(False)
    assert page.evaluate(HAS_POINTS, [0, 60_000]), "sent, and gone from the phone"
    held = held_by_office(server, "inspector1")
    assert {patrol for patrol, _ in held} == {points[0]["patrol_id"]}
    assert sum(n for _, n in held) == 4

    page.goto("/track")
    page.locator(".slg-map[data-ready]").wait_for()
    hole, map_box = (
        page.locator(one).first.bounding_box() for one in ("[data-testid=stBidiComponentIsolated]", ".slg-map")
    )
    assert map_box["height"] <= hole["height"], "the map's foot is not cut off"
    page.get_by_text("4 个点").wait_for()
    page.get_by_text("还没有人看过").wait_for()


def test_a_track_that_nobody_minds_any_more_ends_by_itself(opened):
    page = opened
    page.evaluate(
        """() => new Promise((resolve) => { const opening = indexedDB.open("slg-phone"); opening.onsuccess = () => {
          const facts = opening.result.transaction("facts", "readwrite").objectStore("facts");
          facts.get("account").onsuccess = ({ target: { result } }) => {
            const hours = (n) => Date.now() - n * 3_600_000;
            const value = { id: "yesterday", owner: result.value.person_id, since_ms: hours(3), last_ms: hours(2), last: null, count: 9 };
            facts.put({ key: "patrol", value }).onsuccess = () => { opening.result.close(); resolve(); };
          };
        }; })"""
    )
    page.goto("/capture/#/mine")
    page.reload()
    page.get_by_test_id("track-start").wait_for()
    gone = f"async () => !(await ({KEPT})('facts')).some((fact) => fact.key === 'patrol')"
    assert page.evaluate(
        f"""async () => {{ for (let i = 0; i < 200; i += 1) {{
          if (await ({gone})()) return true;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }} return false; }}"""
    )
    assert page.get_by_test_id("track-bar").count() == 0
