"""Many drafts in one go, drawn by Streamlit's own test runner over the sample city."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from html import unescape

import pytest

from i18n import words
from wiring import now


@pytest.fixture
def drafts(services) -> list[str]:
    """New drafts of every zone of 剡湖街道 with the line it has; ids of the drafts."""
    made = []
    with services.store.work() as work:
        street = next(s for s in work.areas.in_force("street") if s.code == "330683001")
        for zone in work.areas.in_force("zone", street_id=street.area_id)[:40]:
            last = max(v.version for v in work.areas.versions(zone.area_id))
            made.append(replace(zone, id=str(uuid.uuid4()), version=last + 1, status="draft", valid_from=None))
        work.areas.add(made, at=now())
    return [one.id for one in made]


def told(at) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", "\n".join(part.proto.body for part in at.get("html"))))


def shown(services, session_of, username: str):
    found = services.zone_batch.candidates(None, services.people.actor(session_of(username)))
    return [one for one in found if one.is_clear], [one for one in found if one.obstacles]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("show", ["clear", "consent", "some", "held"])
def test_an_officer_sees_what_is_free_and_what_is_held_back(drafts, services, session_of, visit, lang, show):
    at = visit("officer1", "zone_drafts", lang, show=show)
    free, held = shown(services, session_of, "officer1")
    say = words(lang)
    assert say("zone_drafts.title_some", n=len(free)) in told(at)
    assert held
    if show == "held":
        assert say("zone_drafts.held_note") in told(at)
        for one in held:
            assert one.judged.versions[0].name in told(at)


def test_one_button_decides_them_all_and_asks_for_a_reason(drafts, services, session_of, visit):
    at = visit("officer1", "zone_drafts")
    free, _ = shown(services, session_of, "officer1")
    button = next(b for b in at.button if b.key == "slg.zone_drafts")
    assert button.label == f"让这 {len(free)} 份生效"
    button.click().run()
    assert any("写一句为什么" in field.label for field in at.text_input)
    reason = next(field for field in at.text_input if "为什么" in field.label)
    reason.set_value("已征询居委会，边界无异议").run()
    next(b for b in at.button if b.key == "slg.zone_drafts").click().run(timeout=60)
    assert not at.exception
    assert words("zh")("zone_drafts.forced", n=len(free)) in told(at)
    with services.store.look() as work:
        assert {work.areas.version(one.id).status for one in free} == {"in_force"}


@pytest.mark.parametrize(("username", "decides"), [("officer1", True), ("housing1", True), ("specialist1", False),
                                                   ("leader1", False)])  # fmt: skip
def test_the_way_there_is_for_whoever_decides(drafts, visit, username, decides):
    links = [link.proto.label for link in visit(username, "zones").get("page_link")]
    assert (words("zh")("zone_drafts.go") in links) is decides
