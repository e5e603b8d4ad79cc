"""The report of the lines, drawn by Streamlit's own test runner over the sample city."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
import shapely

from domain.errors import NotAllowed
from i18n import words
from services import Services
from wiring import now

MARKUP = "<b>粗</b> ![x](https://example.invalid/x.png) :red[红]"


def told(at) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", "\n".join(part.proto.body for part in at.get("html"))))


@pytest.fixture(scope="module")
def bare_homes(services: Services) -> tuple[int, int]:
    """(buildings, households) of 剡湖街道 in no zone, counted one by one with nothing of the report's own counting."""
    with services.store.look() as work:
        zones = shapely.STRtree([z.geometry for z in work.areas.in_force("zone")])
        street = next(s for s in work.areas.in_force("street") if s.code == "330683001")
        found = [
            b.households for b in work.buildings.figures()
            if b.is_residential and street.geometry.intersects(point := shapely.Point(b.lon, b.lat))
            and not len(zones.query(point, predicate="intersects"))
        ]  # fmt: skip
    return len(found), sum(found)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("username", ["officer1", "specialist1", "housing1"])
def test_whoever_draws_zones_sees_the_report(visit, username, lang):
    at = visit(username, "topology", lang)
    assert words(lang)("topology.how_counted") in [e.label for e in at.expander]


@pytest.mark.parametrize("username", ["inspector1", "leader1", "clerk1"])
def test_nobody_else_does(services, session_of, username):
    with pytest.raises(NotAllowed):
        services.topology.report(None, services.people.actor(session_of(username)))


def test_the_hunt_tells_an_independent_count(visit, bare_homes):
    buildings, households = bare_homes
    assert f"{buildings:,} 幢住宅不在任何区域里，共 {households:,} 户没人管" in told(visit("officer1", "topology"))


def test_a_finding_of_another_street_is_not_told(services, session_of, visit):
    bureau = services.people.actor(session_of("housing1"))
    street = next(s for s in services.topology.streets(bureau) if s.code != "330683001")
    key = services.topology.report(street.area_id, bureau).group("no_zone").findings[0].key
    at = visit("officer1", "topology", find=key, street=street.area_id)
    assert words("zh")("refused.not_found") in told(at)
    assert "剡湖街道" in told(at)


def test_a_finding_that_is_gone_is_a_plain_sentence(visit):
    assert words("zh")("refused.finding_gone") in told(visit("officer1", "topology", find="overlap:x:y"))


def test_a_name_full_of_markup_stays_a_name(services, visit):
    with services.store.work() as work:
        street = next(s for s in work.areas.in_force("street") if s.code == "330683001")
        old = work.areas.in_force("zone", street_id=street.area_id)[0]
        line = shapely.affinity.translate(old.geometry, 0.0001, 0.0)
        work.areas.add([replace(old, id="m-1", area_id="m", code="m", name=MARKUP, geometry=line)], at=now())
    first, second = sorted(("m", old.area_id))
    at = visit("officer1", "topology", kind="overlap", find=f"overlap:{first}:{second}")
    assert "<b>粗</b>" not in "\n".join(part.proto.body for part in at.get("html"))
    label = next(option for option in at.radio[0].options if "example" in option)
    assert "![x]" not in label
    assert ":red[" not in label


def test_an_officer_sets_a_finding_aside_and_takes_it_back(services, session_of, visit):
    officer = services.people.actor(session_of("officer1"))
    group = services.topology.report(None, officer).group("no_zone")
    key = group.findings[0].key
    at = visit("officer1", "topology", kind="no_zone", find=key)
    next(b for b in at.button if b.key == "slg.topology_aside").click().run()
    reason = next(field for field in at.text_input if "写一句为什么" in field.label)
    reason.set_value("拆迁在即，不再划").run()
    next(b for b in at.button if b.key == "slg.topology_aside").click().run()
    assert not at.exception
    assert "搁置：拆迁在即，不再划" in told(at)
    assert words("zh")("topology.aside_n", n=1) in [e.label for e in at.expander]
    assert services.topology.report(None, officer).group("no_zone").total == group.total - 1
    next(b for b in at.button if b.key == "slg.topology_back").click().run()
    assert services.topology.report(None, officer).group("no_zone").total == group.total
    assert "搁置：拆迁在即，不再划" not in told(at)


def test_somebody_who_only_draws_is_not_offered_to_set_aside(services, session_of, visit):
    specialist = services.people.actor(session_of("specialist1"))
    found = next(one for group in services.topology.report(None, specialist).groups for one in group.findings)
    at = visit("specialist1", "topology", kind=found.kind, find=found.key)
    assert found.name in told(at)
    assert "slg.topology_aside" not in [b.key for b in at.button]
