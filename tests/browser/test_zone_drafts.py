"""Seen in a real browser: an officer puts many drafts in force in one go, and is told which were held back and why."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import expect

from storage.store import Store
from tests.browser.test_city_pages import settled

pytestmark = pytest.mark.browser
STREET = "三江街道"  # where no other test of this folder counts versions


def stored(server) -> Store:
    return Store.open(f"sqlite:///{server.folder}/slg.db")


def draft_again(server, how_many: int) -> list[str]:
    """New drafts of zones of the street, with the line they have, and one that lies on another; ids of the drafts."""
    from dataclasses import replace

    store, made = stored(server), []
    with store.work() as work:
        street = next(s for s in work.areas.in_force("street") if s.name == STREET)
        for zone in work.areas.in_force("zone", street_id=street.area_id)[:how_many]:
            last = max(v.version for v in work.areas.versions(zone.area_id))
            new = replace(zone, id=str(uuid.uuid4()), version=last + 1, status="draft", valid_from=None)
            made.append(new)
        twin = replace(made[0], id=str(uuid.uuid4()), area_id=str(uuid.uuid4()), version=1, name="压着别人的")
        work.areas.add([*made, twin], at=made[0].created_at)
    store.close()
    return [one.id for one in (*made, twin)]


def statuses(server, ids: list[str]) -> list[str]:
    store = stored(server)
    with store.look() as work:
        found = [work.areas.version(i).status for i in ids]
    store.close()
    return found


def test_an_officer_puts_all_that_is_free_in_force_and_reads_what_is_held_back(server, people):
    drafts = draft_again(server, 30)
    page = people("officer2")
    page.goto("/zones")
    page.get_by_role("link", name="几份草案一起生效").click()
    title = page.get_by_role("heading", name=re.compile(r"\d+ 份草案没有问题，可以一起生效"))
    title.wait_for()
    free = int(re.search(r"\d+", title.inner_text())[0])
    page.locator("[data-testid=stDataFrame]").first.wait_for()

    page.get_by_role("button", name=f"让这 {free} 份生效").click()
    page.get_by_text(re.compile("写一句为什么")).wait_for()
    assert set(statuses(server, drafts)) == {"draft"}

    page.get_by_label(re.compile("为什么")).fill("已征询居委会，边界无异议")
    page.get_by_label(re.compile("为什么")).press("Tab")
    settled(page)
    page.get_by_role("button", name=f"让这 {free} 份生效").click()
    page.get_by_text(f"{free} 份已生效，经过里各有一条。").wait_for()
    after = statuses(server, drafts)
    assert after.count("in_force") == free
    held = page.get_by_text(re.compile(r"^还不能生效的 \d+ 份$"))
    assert after.count("draft") >= int(re.search(r"\d+", held.inner_text())[0]) > 0
    held.click()
    settled(page)
    expect(page.locator("ul.slg-zones li").first).to_contain_text(re.compile("“.*”与“.*”重叠"))
