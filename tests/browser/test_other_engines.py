"""The offline app's main way in the engine of every iPhone and in Firefox: no network, killed twice, nothing lost.

Both browsers stand at a real position of their own: WebKit's window is told it, Firefox reads it from a preference.
What no test outside can do is take the network interface away: the proxy refuses everything instead, so the browser
still believes itself online, and tells the page itself when the network "is back".
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.browser.other_engines import Phone, lack_of, opened
from tests.browser.phones import KEPT, PLATE, assert_whole, stored
from tests.browser.running import PASSWORD
from tests.drills.bad_network import bad_network

pytestmark = pytest.mark.browser
LONGER_THAN_THE_SCREEN = "document.scrollingElement.scrollHeight > innerHeight"


@pytest.fixture(params=["webkit", "firefox"])
def engine(request) -> str:
    lack = lack_of(request.param)
    if lack:
        pytest.skip(lack)
    return request.param


def log_in(page: Phone, username: str) -> None:
    page.open("/login?next=/capture/")
    page.write("input[name=username]", username)
    page.write("input[name=password]", PASSWORD)
    page.press("button[type=submit]")
    page.wait_for("tile-zombie_vehicle")
    page.run("await navigator.serviceWorker.ready")


def take(page: Phone, photos: dict[str, Path]) -> None:
    for shot, file in photos.items():
        page.attach(f"shot-input-{shot}", file)
        page.wait_for(f"thumb-{shot}")


def only_record(page: Phone) -> dict:
    """The one record in the phone's store."""
    (record,) = page.run(f"return ({KEPT})('records')")
    return record


def test_offline_from_the_first_photo_killed_twice_and_sent_to_the_right_zone(server, engine, spot, photos, tmp_path):
    lon, lat, zone_name = spot
    first = {shot: photos[shot] for shot in ("panorama", "closeup")}
    with bad_network(server.url, odds={}) as network:
        with opened(engine, tmp_path, network.url, (lon, lat)) as page:
            log_in(page, "inspector1")
            network.vanish()
            page.reload()
            page.wait_for("tile-zombie_vehicle")
            assert not page.run(f"return {LONGER_THAN_THE_SCREEN}"), "a screen that fits does not scroll"
            page.press("tile-zombie_vehicle")
            page.press("start-shots")
            page.wait("document.querySelector('.fixline').innerText.includes('±6')")
            take(page, first)
            page.kill()

        with opened(engine, tmp_path, network.url, (lon, lat)) as page:
            page.open("/capture/")
            page.press("notice")
            page.wait_for_text("草稿：还差车牌")
            page.press("go-on")
            page.wait_for("thumb-panorama")
            page.wait_for("thumb-closeup")
            hashes = {hashlib.sha256(file.read_bytes()).hexdigest() for file in first.values()}
            assert {photo["sha256"] for photo in only_record(page)["draft"]["photos"]} == hashes
            take(page, {"plate": photos["plate"]})
            page.press("to-place")
            page.write("plate-input", PLATE)
            page.press("submit")
            page.wait_for_text("已存在本机，退出也不会丢")
            record_id = only_record(page)["id"]
            page.kill()

        with opened(engine, tmp_path, network.url, (lon, lat)) as page:
            page.open("/capture/#/outbox")
            page.wait_for(f"record-{record_id}")
            page.wait_for_text("上次没发成：没连上服务器")
            assert only_record(page)["state"] == "queued"
            assert stored(server, record_id) == []
            network.come_back()
            page.run("dispatchEvent(new Event('online'))")
            page.wait_for_text("已收到，原图 3 / 3")
            assert only_record(page)["receipt"]["zone"]["name"] == zone_name
    assert_whole(server, record_id, photos)


def test_a_firefox_without_webgl_says_so_and_lists_what_the_map_would_show(server, spot, photos, tmp_path):
    if lack := lack_of("firefox"):
        pytest.skip(lack)
    with opened("firefox", tmp_path, server.url, spot[:2], draws_maps=False) as page:
        log_in(page, "inspector1")
        page.open("/capture/#/map")
        for said in ("这个浏览器画不了地图（没有 WebGL2）。下面是同样的内容，可以查找。", spot[2]):
            page.wait("document.querySelector('.map-root')?.shadowRoot.textContent.includes(a[0])", said)
        page.open("/capture/#/new")
        page.press("tile-zombie_vehicle")
        page.press("start-shots")
        take(page, photos)
        page.press("to-place")
        page.wait_for_text("地图打不开，不影响提交")
        page.write("plate-input", PLATE)
        page.press("submit")
        page.wait_for_text("已收到，原图 3 / 3")
        record_id = only_record(page)["id"]
    assert_whole(server, record_id, photos)
