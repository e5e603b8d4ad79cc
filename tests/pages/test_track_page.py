"""The page of patrol tracks: one's own at once, another's for a reason, and the walker reads who looked."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest

import wiring
from domain.tracks import TrackPart, TrackPoint
from i18n import words
from tests.pages.test_records_pages import drawn, markup_of, spoken

REASON = "核对 <b>投诉</b> :red[红]"


@pytest.fixture(scope="module")
def walked(services, session_of):
    """inspector1 walked on two days, the newer one in two patrols."""
    actor, now = services.people.actor(session_of("inspector1")), wiring.now()
    for ago in (timedelta(days=2), timedelta(minutes=20), timedelta(minutes=1)):
        points = tuple(TrackPoint(now - ago - timedelta(seconds=s), 120.82 + s / 1e5, 29.59, 7.0) for s in (40, 20, 0))
        services.tracks.receive(TrackPart(str(uuid.uuid4()), str(uuid.uuid4()), points, now), actor)
    return actor


def pick(at, key: str):
    return next(box for box in at.selectbox if (box.key or "").startswith(key))


def shown_lines(at) -> int:
    return sum(len(json.loads(told)["track"]) for told in drawn(at, "map"))


def test_ones_own_track_stands_there_at_once(services, visit, walked):
    at = visit("inspector1", "track")
    assert not at.exception
    own = pick(at, "slg.track_own_day")
    assert len(own.options) >= 2
    assert shown_lines(at) >= 1
    assert "3 个点" in markup_of(at)
    assert words("zh")("track.seen_none") in markup_of(at)
    assert not [b for b in at.button if b.key == "slg.track_look"], "an inspector looks at nobody else's"


def test_an_officer_says_why_and_the_walker_reads_it(services, session_of, visit, walked):
    at = visit("officer1", "track")
    pick(at, "slg.track_who").set_value(walked.person_id).run()
    assert shown_lines(at) == 0
    at.button(key="slg.track_look").click().run()
    assert words("zh")("refused.track_reason_missing", at_most=200) in markup_of(at)
    assert shown_lines(at) == 0
    at.text_input(key="slg.track_reason").set_value(REASON).run()
    at.button(key="slg.track_look").click().run()
    assert not at.exception
    assert shown_lines(at) >= 1
    told = visit("inspector1", "track")
    assert "核对 &lt;b&gt;投诉&lt;/b&gt;" in markup_of(told)
    with services.store.look() as work:
        (entry,) = [e for e in work.history.of("person", walked.person_id) if e.action == "track.seen"]
    assert entry.actor_name in markup_of(told)
    assert entry.payload["reason"] == REASON


def test_another_streets_officer_is_offered_nobody(visit, walked):
    at = visit("officer2", "track")
    assert words("zh")("track.others_none") in markup_of(at)
    assert not [box for box in at.selectbox if box.key == "slg.track_who"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("username", ["leader1", "admin1", "clerk1", "auditor1"])
def test_whoever_neither_walks_nor_looks_reads_what_it_is(visit, walked, username, lang):
    at = visit(username, "track", lang)
    assert not at.exception
    assert words(lang)("track.lead", days=30) in markup_of(at)
    assert words(lang)("track.others") not in markup_of(at)


def test_the_ways_to_it_stand_on_the_account_and_on_the_records(visit):
    for username, page, stands in (("inspector1", "account", True), ("leader1", "account", False),
                                   ("officer1", "records", True), ("inspector1", "records", False)):  # fmt: skip
        at = visit(username, page)
        links = [link.proto.label for link in at.get("page_link")]
        assert (words("zh")("page.track") in links) == stands, (username, page)
        assert spoken(at)
