"""The offline app, in bad luck: no network, a killed browser, an ended login, two tabs, another account, a full phone."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.pictures import picture
from tests.browser.phones import kept, kill, log_in, newest_record, open_app, phone, report, shoot, wait_for_state
from tests.browser.running import CHROMIUM

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("photos")
    made = {}
    for i, shot in enumerate(("panorama", "closeup", "plate")):
        made[shot] = folder / f"{shot}.jpg"
        made[shot].write_bytes(picture("zombie_vehicle", shot, 70 + i, (2400, 1800), taken_at=datetime.now(UTC)))
    return made


@pytest.fixture(scope="module")
def playwright(chromium) -> Iterator:
    """The same Playwright as the shared browser's; phones start browsers of their own with it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt install chromium")
    return chromium.playwright


def stored(server, record_id: str) -> list[tuple]:
    with sqlite3.connect(server.folder / "slg.db") as connection:
        return connection.execute(
            "select r.number, r.zone_id, p.sha256, p.state from records r join photos p on p.record_id=r.id where r.id=?",
            (record_id,),
        ).fetchall()


def assert_whole(server, record_id: str, photos: dict[str, Path]) -> None:
    """One record, every original kept, and its bytes those of the file."""
    rows = stored(server, record_id)
    wanted = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in photos.values()}
    assert {sha256 for _, _, sha256, _ in rows} == set(wanted)
    assert {state for *_, state in rows} == {"kept"}
    for sha256, path in wanted.items():
        assert (server.folder / "photos" / "originals" / sha256[:2] / sha256).read_bytes() == path.read_bytes()


def test_offline_from_the_first_photo_killed_reopened_and_sent_to_the_right_zone(
    server, playwright, spot, photos, tmp_path
):
    lon, lat, zone_name = spot
    with phone(playwright, tmp_path, server.url, (lon, lat)) as context:
        page = context.new_page()
        log_in(page, "inspector1")
        open_app(page)
        context.set_offline(True)
        page.reload()
        page.get_by_text("离线，照常用").first.wait_for()
        record_id = report(page, photos)
        assert newest_record(page)["state"] == "queued"
        assert stored(server, record_id) == []
        kill(tmp_path)

    with phone(playwright, tmp_path, server.url, (lon, lat)) as context:
        context.set_offline(True)
        page = context.new_page()
        page.goto("/capture/#/outbox")
        row = page.get_by_test_id(f"record-{record_id}")
        row.get_by_text("已存好，排队中").wait_for()
        assert [record["id"] for record in kept(page)] == [record_id]
        assert stored(server, record_id) == []
        context.set_offline(False)
        if _login_is_over(context):  # the killed browser may not have written its cookies to the disk
            log_in(page, "inspector1", "/capture/")
            page.goto("/capture/#/outbox")
        wait_for_state(page, record_id, "done")
        row.get_by_text("已收到，原图 3 / 3").wait_for()
        assert all(original["blob"] is None for original in kept(page, "originals")), (
            "bytes go once the office has them"
        )
        answer = context.request.get(f"/api/v1/records/{record_id}").json()
        assert answer["zone"]["name"] == zone_name
    assert_whole(server, record_id, photos)


def _login_is_over(context) -> bool:
    return context.request.get("/api/v1/me").status == 401


def test_killed_in_the_middle_of_a_draft_nothing_taken_is_lost(server, playwright, spot, photos, tmp_path):
    two = {shot: photos[shot] for shot in ("panorama", "closeup")}
    with phone(playwright, tmp_path, server.url, spot[:2]) as context:
        page = context.new_page()
        log_in(page, "inspector1")
        open_app(page)
        page.get_by_test_id("tile-zombie_vehicle").click()
        page.get_by_test_id("start-shots").click()
        shoot(page, two)
        kill(tmp_path)

    with phone(playwright, tmp_path, server.url, spot[:2]) as context:
        context.set_offline(True)
        page = context.new_page()
        page.goto("/capture/")
        page.get_by_test_id("notice").click()
        page.get_by_text("草稿：还差车牌").wait_for()
        page.get_by_test_id("go-on").click()
        page.get_by_test_id("thumb-panorama").wait_for()
        page.get_by_test_id("thumb-closeup").wait_for()
        draft = newest_record(page)["draft"]
        hashes = {hashlib.sha256(path.read_bytes()).hexdigest() for path in two.values()}
        assert {photo["sha256"] for photo in draft["photos"]} == hashes
        assert draft["issue_type"] == "zombie_vehicle"
