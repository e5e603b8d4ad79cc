"""The offline app, in bad luck: no network, a killed browser, an ended login, two tabs, another account, a full phone."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator

import pytest

from tests.browser.phones import (
    assert_whole,
    kept,
    kill,
    log_in,
    newest_record,
    open_app,
    phone,
    report,
    shoot,
    stored,
    wait_for_state,
)
from tests.browser.running import CHROMIUM, PASSWORD
from tests.drills.bad_network import FATES, bad_network

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def playwright(chromium) -> Iterator:
    """The same Playwright as the shared browser's; phones start browsers of their own with it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt install chromium")
    return chromium.playwright


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
        # A camera that is left without a photo says so to its input, and nothing else happens.
        page.get_by_test_id("shot-input-panorama").dispatch_event("cancel", {"bubbles": True})
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


@pytest.fixture
def opened(server, playwright, spot, tmp_path):
    """inspector1's phone behind a network that can misbehave: (context, page, network)."""
    with bad_network(server.url, odds={}) as network, phone(playwright, tmp_path, network.url, spot[:2]) as context:
        page = context.new_page()
        log_in(page, "inspector1")
        open_app(page)
        yield context, page, network


def posts(network) -> int:
    return sum(method == "POST" and path == "/api/v1/captures" for _, method, path in network.log)


def test_a_stormy_network_and_reloads_in_the_middle_lose_and_double_nothing(server, opened, photos):
    context, page, network = opened
    context.set_offline(True)
    made = []
    for _ in range(3):
        made.append(report(page, photos))
        page.get_by_test_id("again").click()
    network.storm(dict.fromkeys(FATES, 0.1))
    context.set_offline(False)
    page.goto("/capture/#/outbox")
    for done in range(1, 4):
        page.wait_for_function(
            "(n) => document.querySelectorAll('[data-state=received], [data-state=done]').length >= n", arg=done
        )
        page.reload()
        page.get_by_test_id("outbox").wait_for()
        page.get_by_test_id("send-now").click() if page.get_by_test_id("send-now").is_visible() else None
    network.calm()
    for record_id in made:
        wait_for_state(page, record_id, "done")
        assert_whole(server, record_id, photos)
    with sqlite3.connect(server.folder / "slg.db") as connection:
        numbers = connection.execute(
            f"select count(*), count(distinct number) from records where id in ({','.join('?' * len(made))})", made
        ).fetchone()
    assert numbers == (3, 3)


def test_two_tabs_have_one_outbox_and_one_sender(server, opened, photos):
    context, page, network = opened
    other = context.new_page()
    open_app(other)
    context.set_offline(True)
    record_id = report(page, photos)
    other.goto("/capture/#/outbox")
    other.get_by_test_id(f"record-{record_id}").wait_for()
    before = posts(network)
    context.set_offline(False)
    wait_for_state(other, record_id, "done")
    other.get_by_test_id(f"record-{record_id}").get_by_text("已收到，原图 3 / 3").wait_for()
    page.get_by_text("已收到，原图 3 / 3").first.wait_for()
    assert posts(network) - before == 1
    assert_whole(server, record_id, photos)


def end_every_login(server) -> None:
    """Sessions and device tokens of everybody, behind the app's back."""
    with sqlite3.connect(server.folder / "slg.db") as connection:
        tables = {name for (name,) in connection.execute("select name from sqlite_master where type='table'")}
        for table in tables & {"login_sessions", "access_tokens"}:
            connection.execute(f"delete from {table}")


def test_an_ended_login_keeps_everything_and_goes_on_after_the_next_one(server, opened, photos):
    context, page, _ = opened
    context.set_offline(True)
    record_id = report(page, photos)
    end_every_login(server)
    context.set_offline(False)
    page.get_by_test_id("to-outbox").click()
    page.get_by_text("登录过期了。记录都在，登录后接着发。").first.wait_for()
    assert newest_record(page)["state"] == "queued"
    page.get_by_test_id("login-link").first.click()
    page.fill("input[name=username]", "inspector1")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/capture/" in url)
    wait_for_state(page, record_id, "done")
    assert_whole(server, record_id, photos)


def test_another_account_on_the_same_phone_sends_nothing_of_the_first(server, opened, photos):
    context, page, _ = opened
    context.set_offline(True)
    record_id = report(page, photos)
    end_every_login(server)
    context.set_offline(False)
    log_in(page, "gridleader1")
    page.get_by_test_id("tile-zombie_vehicle").wait_for()
    page.goto("/capture/#/outbox")
    page.get_by_text("这台手机上还有别的账号的 1 件").wait_for()
    assert page.get_by_test_id(f"record-{record_id}").count() == 0
    page.get_by_text("都发完了").wait_for()
    assert stored(server, record_id) == []
    end_every_login(server)
    log_in(page, "inspector1")
    wait_for_state(page, record_id, "done")
    with sqlite3.connect(server.folder / "slg.db") as connection:
        who = connection.execute(
            "select p.username from records r join people p on p.id=r.reporter_id where r.id=?", (record_id,)
        ).fetchone()
    assert who == ("inspector1",)


def test_nobody_logs_out_with_a_full_outbox(opened, photos):
    context, page, _ = opened
    context.set_offline(True)
    record_id = report(page, photos)
    page.goto("/capture/#/mine")
    page.get_by_test_id("log-out").click()
    page.get_by_test_id("log-out-refused").wait_for()
    assert [record["id"] for record in kept(page)] == [record_id]
    context.set_offline(False)
    wait_for_state(page, record_id, "done")
    page.get_by_test_id("log-out").click()
    page.wait_for_url(lambda url: "/login" in url)
    assert context.request.get("/api/v1/me").status == 401
    page.goto("/capture/")
    page.get_by_test_id("door-login").wait_for()


def test_a_full_phone_refuses_the_photo_in_words_and_keeps_the_draft(server, playwright, spot, photos, tmp_path):
    with phone(playwright, tmp_path, server.url, spot[:2]) as context:
        page = context.new_page()
        log_in(page, "inspector1")
        wire = context.new_cdp_session(page)
        room = 400_000 + photos["panorama"].stat().st_size  # the app itself and one photo
        wire.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": room})
        open_app(page)
        page.get_by_test_id("tile-zombie_vehicle").click()
        page.get_by_test_id("start-shots").click()
        shoot(page, {"panorama": photos["panorama"]})
        page.get_by_test_id("shot-input-closeup").set_input_files(str(photos["closeup"]))
        page.get_by_test_id("photo-problem").get_by_text("手机存满了").wait_for()
        assert page.get_by_test_id("thumb-closeup").count() == 0
        assert [photo["shot"] for photo in newest_record(page)["draft"]["photos"]] == ["panorama"]
        wire.send("Storage.overrideQuotaForOrigin", {"origin": server.url})
        page.reload()
        page.get_by_test_id("thumb-panorama").wait_for()
        shoot(page, {"closeup": photos["closeup"]})
        assert len(newest_record(page)["draft"]["photos"]) == 2


def test_a_new_version_in_the_middle_of_a_draft_waits_for_a_word_and_drops_nothing(opened, photos):
    context, page, network = opened
    version = page.evaluate("JSON.parse(document.getElementById('boot').textContent).version")
    page.get_by_test_id("tile-zombie_vehicle").click()
    page.get_by_test_id("start-shots").click()
    shoot(page, {"panorama": photos["panorama"], "closeup": photos["closeup"]})
    network.rewrite("/capture/sw.js", f'"version": "{version}"'.encode(), b'"version": "0000000new"')
    page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
    page.get_by_test_id("take-new").wait_for()
    assert page.get_by_test_id("thumb-closeup").is_visible(), "the draft goes on until its person says so"
    with page.expect_navigation():
        page.get_by_test_id("take-new").click()
    page.get_by_test_id("thumb-panorama").wait_for()
    page.get_by_test_id("thumb-closeup").wait_for()
    caches = page.evaluate("caches.keys()")
    assert "slg-phone-0000000new" in caches
    assert f"slg-phone-{version}" not in caches
    context.set_offline(True)
    page.reload()
    page.get_by_test_id("thumb-closeup").wait_for()


def test_a_refused_record_is_mended_and_goes(server, opened, photos):
    """The phone held an older catalogue that asked for two photos; the office wants three."""
    context, page, _ = opened
    page.evaluate(
        """() => new Promise((resolve) => { const opening = indexedDB.open("slg-phone"); opening.onsuccess = () => {
          const facts = opening.result.transaction("facts", "readwrite").objectStore("facts");
          facts.get("catalogue").onsuccess = ({ target: { result } }) => {
            const type = result.value.types.find((one) => one.code === "zombie_vehicle");
            type.shots = type.shots.filter((shot) => shot.code !== "plate");
            facts.put(result).onsuccess = () => { opening.result.close(); resolve(); };
          };
        }; })"""
    )
    context.set_offline(True)
    page.reload()
    record_id = report(page, {shot: photos[shot] for shot in ("panorama", "closeup")})
    context.set_offline(False)
    refused = wait_for_state(page, record_id, "refused")
    page.get_by_test_id("to-outbox").click()
    row = page.get_by_test_id(f"record-{record_id}")
    row.get_by_text(refused["refusal"]["detail"]).wait_for()
    page.reload()
    row.get_by_test_id("mend").click()
    page.get_by_test_id("thumb-panorama").wait_for()
    shoot(page, {"plate": photos["plate"]})
    page.get_by_test_id("to-place").click()
    page.get_by_test_id("submit").click()
    wait_for_state(page, record_id, "done")
    assert_whole(server, record_id, photos)
