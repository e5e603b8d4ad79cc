"""Proposals from roads, drawn by Streamlit's own test runner over the sample city."""

from __future__ import annotations

import re
from html import unescape

import pytest

from domain.errors import NotFound
from i18n import words


def told(at) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", "\n".join(part.proto.body for part in at.get("html"))))


def own_street(services, who):
    return services.proposals.streets(who)[0].area_id


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("username", ["officer1", "housing1"])
def test_whoever_draws_in_a_street_sees_its_proposals(services, session_of, visit, username, lang):
    at = visit(username, "proposals", lang, target="300")
    who = services.people.actor(session_of(username))
    found = services.proposals.propose(own_street(services, who), who, target=300)
    say = words(lang)
    assert found.found
    assert say("proposals.title_some", n=len(found.found), households=f"{found.households:,}") in told(at)
    assert say("proposals.what") in told(at)


def test_somebody_of_a_community_is_told_to_draw(visit):
    assert words("zh")("proposals.no_streets") in told(visit("specialist1", "proposals"))


def test_a_picked_one_asks_for_reasons_before_the_way_to_the_board(services, session_of, visit):
    who = services.people.actor(session_of("officer1"))
    key = services.proposals.propose(own_street(services, who), who, target=500).found[0].key
    at = visit("officer1", "proposals", find=key)
    assert words("zh")("proposals.reasons_first") in told(at)
    links = lambda: [link.proto.label for link in at.get("page_link")]  # noqa: E731
    assert words("zh")("proposals.draw_on") not in links()
    at.get("button_group")[0].select("convenience").run()
    assert words("zh")("proposals.draw_on") in links()


def test_an_address_that_asks_for_what_there_is_not_is_a_plain_sentence(services, session_of, visit):
    at = visit("officer1", "proposals", target="99999999999", street="no-such", main="-", find="no-such")
    assert not at.exception
    who = services.people.actor(session_of("officer1"))
    street = own_street(services, who)
    assert words("zh")("refused.proposal_gone") in told(visit("officer1", "draw", proposal="gone", street=street))
    assert words("zh")("refused.unknown_zone_reason") in told(
        visit("officer1", "draw", proposal="gone", street=street, reasons="because")
    )
    other = next(s for s in services.proposals.streets(services.people.actor(session_of("housing1")))
                 if s.area_id != street)  # fmt: skip
    with pytest.raises(NotFound):
        services.proposals.propose(other.area_id, who, target=500)
    assert words("zh")("refused.not_found") in told(visit("officer1", "draw", proposal="x", street=other.area_id))
