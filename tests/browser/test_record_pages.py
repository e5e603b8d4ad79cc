"""Record pages in a real browser: an address that survives, a viewer that switches, nothing that sticks out on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
HAN = re.compile("[一-鿿]")


@pytest.fixture
def officer(people):
    return people("officer1")


def newest(page, **asked) -> dict:
    """The newest record this person sees through the API."""
    return page.request.get("/api/v1/records", params={"limit": 1, **asked}).json()["items"][0]


def sticks_out(page) -> bool:
    """True when something makes the page scroll sideways."""
    return page.evaluate(
        """() => [document.documentElement, document.querySelector('[data-testid=stMain]')]
              .some((box) => box.scrollWidth > box.clientWidth + 1)"""
    )


def test_filters_stand_in_the_address_and_survive_a_reload(officer):
    wanted = officer.request.get("/api/v1/records", params={"issue_type": "zombie_vehicle"}).json()
    officer.goto("/records?kind=zombie_vehicle")
    officer.get_by_text(f"符合的有 {wanted['total']} 条").wait_for()
    cards = officer.locator(".slg-card")
    cards.first.wait_for()
    expect(cards).to_have_count(min(wanted["total"], 20))
    expect(cards.first).to_have_attribute("data-number", wanted["items"][0]["number"])
    officer.get_by_placeholder("编号、车牌、楼幢、说明").fill(wanted["items"][0]["number"])
    officer.keyboard.press("Enter")
    officer.get_by_text("符合的有 1 条").wait_for()
    officer.wait_for_url(lambda url: f"q={wanted['items'][0]['number']}" in url)
    officer.reload()
    officer.get_by_text("符合的有 1 条").wait_for()
    expect(officer.get_by_placeholder("编号、车牌、楼幢、说明")).to_have_value(wanted["items"][0]["number"])
    officer.locator(".slg-card").first.click()
    officer.locator(".slg-viewer").wait_for()
    officer.wait_for_url(lambda url: wanted["items"][0]["number"] in url)
    officer.get_by_text("回到记录").click()
    officer.get_by_text("符合的有 1 条").wait_for()


def test_pages_of_the_list_turn_and_stand_in_the_address(officer):
    items = officer.request.get("/api/v1/records", params={"limit": 40}).json()["items"]
    officer.goto("/records")
    officer.locator(f"[data-number='{items[0]['number']}']").wait_for()
    officer.get_by_text("下一页").click()
    officer.locator(f"[data-number='{items[20]['number']}']").wait_for()
    officer.wait_for_url(lambda url: "page=2" in url)
    expect(officer.locator(f"[data-number='{items[0]['number']}']")).to_have_count(0)


def test_thumbnails_come_through_the_checked_route(officer):
    asked: list[str] = []
    officer.on("response", lambda r: asked.append(r.url) if r.status == 200 and "/photos/" in r.url else None)
    officer.goto("/records")
    officer.wait_for_function("() => [...document.querySelectorAll('.slg-card img')].some((i) => i.naturalWidth > 0)")
    assert asked
    assert all(re.search(r"/api/v1/photos/[0-9a-f-]{36}/thumb$", url) for url in asked)


def test_the_viewer_switches_the_photo(officer):
    record = officer.request.get(f"/api/v1/records/{newest(officer, issue_type='zombie_vehicle')['number']}").json()
    first, second = record["photos"][:2]
    officer.goto(f"/one_record?id={record['number']}")
    big = officer.locator(".slg-viewer .big img")
    big.wait_for()
    # Until the server has made its own view it is asked for again, under an address that says how often.
    asked = r"/api/v1/photos/%s/view(\?again=\d)?"
    assert re.fullmatch(asked % first["id"], big.get_attribute("src"))
    officer.locator(".slg-viewer .thumb").nth(1).click()
    expect(big).to_have_attribute("src", re.compile(f"^{asked % second['id']}$"))
    assert officer.locator(".slg-viewer .thumb[aria-pressed=true]").get_attribute("data-shot") == second["shot"]
    assert second["sha256"][:4] in officer.locator(".slg-viewer .about").inner_text()
    officer.get_by_text("原图未改动").wait_for()
    officer.wait_for_function("() => document.querySelector('.slg-viewer .big img').naturalWidth > 0")


def test_one_record_shows_its_place_and_asks_why_before_an_original(officer):
    record = newest(officer, place_state="settled")
    officer.goto(f"/one_record?id={record['number']}")
    officer.locator(".slg-map[data-ready] .pin").wait_for()
    officer.get_by_label("取原图要写理由，会记进经过。").fill("移送立案")
    officer.get_by_role("button", name="准备取图").click()
    with officer.expect_download() as coming:
        officer.get_by_text("下载原图").first.click()
    assert coming.value.suggested_filename.endswith(".jpg")
    officer.reload()
    officer.get_by_text("理由：移送立案").wait_for()


@pytest.mark.parametrize("address", ["/", "/records", "/records?place=unsettled&period=month", "/records?q=zzz", "one"])
def test_on_a_phone_nothing_sticks_out(people, address):
    phone = people("officer1", phone=True)
    path = f"/one_record?id={newest(phone)['number']}" if address == "one" else address
    phone.goto(path)
    phone.locator(".slg-head h1").wait_for()
    phone.locator(".slg-viewer img, .slg-card, .slg-say").first.wait_for()
    assert not sticks_out(phone)


def test_english_is_complete_on_the_record_pages(people):
    reader = people("specialist1", lang="en-US")
    reader.goto("/")
    if reader.get_by_role("button", name="English").count():
        reader.get_by_role("button", name="English").click()
    reader.get_by_role("button", name="中文").wait_for()
    for path in ("/", "/records", f"/one_record?id={newest(reader)['number']}"):
        reader.goto(path)
        reader.locator(".slg-viewer .thumb, .slg-card").first.wait_for()
        ours = ".slg-head h1, .slg-chip, .slg-facts dt, .slg-figures dt, .slg-section, .slg-lead, .slg-viewer .about, label"
        told = reader.locator(ours).all_inner_texts()
        assert [text for text in told if HAN.search(text.replace("示意数据", ""))] == []


def test_going_back_in_the_browser_brings_the_earlier_filter(officer):
    officer.goto("/records?place=unsettled")
    officer.locator(".slg-card").first.wait_for()
    found = officer.get_by_text("符合的有").inner_text()
    officer.goto("/records?place=settled")
    officer.wait_for_function("(was) => !document.body.innerText.includes(was)", arg=found)
    officer.go_back()
    officer.get_by_text(found).wait_for()


def test_a_picture_that_does_not_come_leaves_a_sentence(officer):
    record = newest(officer)
    officer.route("**/api/v1/photos/*/view*", lambda route: route.fulfill(status=404, body=""))
    officer.goto(f"/one_record?id={record['number']}")
    officer.get_by_text("图还没做好，过一会儿再看。").wait_for()


def test_the_map_view_asks_for_the_same_records(officer):
    with officer.expect_response(lambda r: "/records.geojson?" in r.url) as asked:
        officer.goto("/records?view=map&kind=zombie_vehicle&place=settled")
    on_map = {f["properties"]["number"] for f in asked.value.json()["features"]}
    listed = officer.request.get("/api/v1/records?issue_type=zombie_vehicle&place_state=settled").json()["items"]
    assert on_map == {record["number"] for record in listed}


def test_a_narrow_screen_and_large_text_lose_nothing(people):
    phone = people("officer1", phone=True)
    phone.set_viewport_size({"width": 320, "height": 700})
    for path in ("/", "/records", f"/one_record?id={newest(phone)['number']}"):
        phone.goto(path)
        phone.locator(".slg-viewer img, .slg-card").first.wait_for()
        assert not sticks_out(phone), path


def test_the_address_of_a_page_of_another_post_says_so_in_the_readers_language(people):
    page = people("leader1")
    page.goto("/record")
    page.get_by_text("这里不归你的岗位管。").wait_for()
    assert page.get_by_text("Page not found").count() == 0
