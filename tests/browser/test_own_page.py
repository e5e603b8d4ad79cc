"""The phone's smaller ways: own mistakes put right, thumbs and lines at 390 px, and a phone that draws no map."""

from __future__ import annotations

import pytest

from tests.browser.phones import (
    PLATE,
    assert_whole,
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
