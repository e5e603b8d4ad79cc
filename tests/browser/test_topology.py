"""Seen in a real browser: an officer finds an overlap and a building that nobody looks after, and repairs both as drafts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import TimeoutError, expect

from storage.store import Store
from tests.browser.test_city_pages import settled

pytestmark = pytest.mark.browser
READY = ".slg-map[data-ready]"


def drafts(server) -> dict[str, tuple[int, str | None, str | None]]:
    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        found = {a.name: (a.version, a.kind, a.mode) for a in work.areas.shown("zone") if a.status == "draft"}
    store.close()
    return found


def press_first_row(page) -> None:
    """The table is a canvas under its own scroller: its first row lies under the head. Its element may be another after a
    run of the page, and a press on one that is just drawn anew is nobody's: it is pressed again."""
    address, table = page.url, page.locator("[data-testid=stDataFrame]").first
    for tries_left in (2, 1, 0):
        table.click(position={"x": 60, "y": 38 + 18})
        try:
            page.wait_for_url(lambda url: url != address and "find=" in url, timeout=15_000)
            break
        except TimeoutError:
            if not tries_left:
                raise
    settled(page)


def choose_kind(page, word: str) -> None:
    page.get_by_role("radio", name=re.compile(f"^{word} ")).or_(
        page.get_by_role("button", name=re.compile(f"^{word} "))
    ).first.click()
    settled(page)


def test_an_officer_repairs_an_overlap_and_adopts_a_building(server, people):
    page = people("officer1")
    page.goto("/topology")
    page.get_by_role("heading", name=re.compile(r"还有 \d+ 处要核对")).wait_for()
    page.locator(READY).wait_for()
    before = drafts(server)

    choose_kind(page, "重叠")
    press_first_row(page)
    page.get_by_text(re.compile(r"重叠 \d+ 平方米")).first.wait_for()
    page.locator(".slg-map[data-mended]").wait_for()  # before and after lie on the map
    names = page.locator(".slg-section h2").first.inner_text().split(" / ")
    was, becomes = (page.locator("table.slg-mend tbody tr").first.locator("td").nth(i).inner_text() for i in (0, 1))
    assert metres(becomes) < metres(was)
    page.get_by_role("button", name="存为草案").click()
    page.get_by_text(f"草案已存：{names[0]} 第 2 版。").wait_for()
    page.get_by_text(re.compile(f"已有草案：{names[0]} 第 2 版")).wait_for()
    assert "/zone?id=" in (page.get_by_role("link", name="到这个区域的页上让它生效").get_attribute("href") or "")
    assert drafts(server).keys() - before.keys() == {names[0]}

    page.reload()  # the row stands in the address
    page.locator(".slg-map[data-mended]").wait_for()
    page.get_by_text(re.compile(r"重叠 \d+ 平方米")).first.wait_for()

    choose_kind(page, "没归区域的住宅")
    press_first_row(page)
    page.get_by_text(re.compile(r"这幢住宅（\d+ 户）不在任何区域里")).wait_for()
    expect(page.get_by_text(re.compile(r"托管（\d+ 米外）|托管（挨着）"))).to_have_count(3)
    page.locator("table.slg-mend caption", has_text="托管").wait_for()
    page.get_by_role("button", name="存为草案").click()
    page.get_by_text(re.compile("草案已存：.*托管）第 1 版。|草案已存：.*托管） 第 1 版。")).wait_for()
    (adopted,) = {name for name in drafts(server).keys() - before.keys() if "托管" in name}
    assert drafts(server)[adopted] == (1, "scattered_building", "trusteeship")

    with_drafts = page.get_by_text("算上草案", exact=True)
    with_drafts.click()
    settled(page)
    page.get_by_text(re.compile("这一处已经没有了")).wait_for()


def metres(text: str) -> int:
    return int(re.sub(r"\D", "", text))
