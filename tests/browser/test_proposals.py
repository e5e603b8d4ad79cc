"""Seen in a real browser: an officer looks at proposals from roads, picks one, draws on and saves it with its reasons."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from storage.store import Store
from tests.browser.test_topology import press_first_row

pytestmark = pytest.mark.browser
READY = ".slg-map[data-ready]"


def test_a_proposal_is_picked_drawn_on_and_saved_as_a_draft_with_its_reasons(server, people):
    page = people("officer1")
    page.goto("/zones")
    page.get_by_role("link", name="按路网提出建议").click()
    page.get_by_role("heading", name=re.compile(r"\d+ 块建议，里面有 [\d,]+ 户")).wait_for()
    page.locator(f"{READY}[data-proposals]").wait_for()
    press_first_row(page)
    page.get_by_text("先选理由。理由和草案一起存。").wait_for()
    page.get_by_text("路网结构", exact=True).click()
    page.get_by_text("公共设施配套", exact=True).click()
    link = page.get_by_role("link", name="到画图里改这一块，存成草案")
    expect(link).to_have_attribute(
        "href", re.compile("road_network.*public_facilities|public_facilities.*road_network")
    )
    link.click()
    page.wait_for_url(re.compile("/draw.*proposal=.*reasons=public_facilities|/draw.*reasons=road_network"))
    page.locator(READY).wait_for()
    page.get_by_text("这是按路网提出的建议").wait_for()

    page.get_by_label("区域名称").fill("路网建议片区")
    page.get_by_label("区域类型").select_option("open_compound")
    page.locator(".mode-choice label", has_text="无物业").click()
    with page.expect_response("**/zones/drafts") as saved:
        page.get_by_role("button", name="存草案").click()
    assert saved.value.status == 201
    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        (draft,) = [a for a in work.areas.shown("zone") if a.name == "路网建议片区"]
    store.close()
    assert draft.status == "draft"
    assert sorted(draft.attributes["reasons"]) == ["public_facilities", "road_network"]

    page.goto(f"/zone?id={draft.area_id}")
    page.get_by_text(re.compile("路网结构、公共设施配套|公共设施配套、路网结构")).wait_for()
