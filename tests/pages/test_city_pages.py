"""Coverage, the asset register and people, drawn by Streamlit's own test runner over the sample city, for every role."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from datetime import date
from html import unescape

import pytest
import shapely
from streamlit.testing.v1 import AppTest

import wiring
from demo.people import STAFFED
from domain.errors import NotAllowed, NotSignedIn
from domain.filters import AssetFilter
from i18n import words
from storage.store import Store
from tests.conftest import settings_in

PEOPLE = (
    "inspector1", "gridleader1", "specialist1", "supervisor1", "dispatcher1", "handler1", "officer1", "clerk1",
    "housing1", "leader1", "auditor1", "admin1",
)  # fmt: skip
PAGES = (("asset", "asset.read"), ("coverage", "coverage.read"), ("people", "people.read"))
MARKUP = '<img src=x onerror="document.title=1"> **粗体** :red[红] 🚗'


def markup_of(at: AppTest) -> str:
    return "\n".join(part.proto.body for part in at.get("html"))


def plain(markup: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", markup))


def labels(at: AppTest) -> str:
    controls = [*at.button, *at.selectbox, *at.text_input, *at.text_area, *at.checkbox, *at.get("button_group")]
    return "".join(
        c.label if hasattr(c, "label") else c.proto.label for c in controls if getattr(c, "key", "") != "lang"
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("username", PEOPLE)
def test_each_role_sees_the_pages_it_may_open_without_a_mistake(services, session_of, visit, username, lang):
    actor = services.people.actor(session_of(username, lang))
    for page, permission in PAGES:
        if services.permissions.allows(actor, permission):
            at = visit(username, page, lang)
            assert "<h1>" in markup_of(at)
            assert words(lang)("app.sample") in markup_of(at)
            assert lang == "zh" or not any("一" <= sign <= "鿿" for sign in labels(at)), labels(at)


@pytest.mark.parametrize(("username", "ask"), [
    ("inspector1", lambda s, a: s.coverage.per("street", a)), ("clerk1", lambda s, a: s.coverage.per("grid", a)),
    ("inspector1", lambda s, a: s.assets.search(AssetFilter(), a)), ("leader1", lambda s, a: s.people.list(a)),
    ("inspector1", lambda s, a: s.assets.counts(AssetFilter(), a)),
])  # fmt: skip
def test_a_role_without_the_permission_is_refused_by_the_service_itself(services, session_of, username, ask):
    with pytest.raises(NotAllowed):
        ask(services, services.people.actor(session_of(username)))


# -- coverage ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def counted(services) -> dict[str, list[int]]:
    """street name -> [homes, managed homes, buildings, managed buildings], counted building by building from the
    database with nothing of the app's own counting."""
    with services.store.look() as work:
        streets, zones = work.areas.in_force("street"), work.areas.in_force("zone")
        buildings = work.buildings.figures()
    in_street = shapely.STRtree([s.geometry for s in streets])
    in_zone = shapely.STRtree([z.geometry for z in zones])
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for building in buildings:
        point = shapely.Point(building.lon, building.lat)
        here = in_zone.query(point, predicate="intersects")
        managed = len(here) == 1 and zones[here[0]].mode not in (None, "unmanaged")
        if building.is_residential:
            row = found[streets[in_street.query(point, predicate="intersects")[0]].name]
            row[0] += building.households
            row[1] += building.households * managed
            row[2] += 1
            row[3] += managed
    return dict(found)


def table_of(at: AppTest) -> list[tuple[str, str, str]]:
    """(name, base, share) of every row of the ranking, as a reader sees them."""
    body = next(part.proto.body for part in at.get("html") if 'class="rank"' in part.proto.body)
    rows = re.findall(r"<tr[^>]*><th scope=\"row\">(.*?)</th><td>(.*?)</td><td>(.*?)</td>", body)
    return [(unescape(name), base, plain(bar).strip()) for name, base, bar in rows]


def floored(part: int, whole: int) -> str:
    thousandths = part * 1000 // whole
    return f"{thousandths // 10}.{thousandths % 10}%"


def test_the_key_figures_equal_an_independent_count(visit, counted):
    homes, managed, buildings, _ = (sum(column) for column in zip(*counted.values(), strict=True))
    told = plain(markup_of(visit("leader1", "coverage")))
    assert f"{managed:,} / {homes:,} 户" in told
    assert floored(managed, homes).rstrip("%") in told
    assert f"共 {buildings:,} 幢住宅" in told


@pytest.mark.parametrize(("measure", "whole", "part"), [("households", 0, 1), ("buildings", 2, 3)])
def test_every_row_of_the_table_equals_an_independent_count(visit, counted, measure, whole, part):
    shown = {name.removesuffix(" *"): (base, share) for name, base, share in
             table_of(visit("leader1", "coverage", measure=measure))}  # fmt: skip
    assert shown == {name: (f"{row[whole]:,}", floored(row[part], row[whole])) for name, row in counted.items()}


def test_the_table_runs_from_low_to_high_and_small_bases_follow(visit, counted):
    rows = table_of(visit("leader1", "coverage"))
    ranked = [float(share.rstrip("%")) for name, _, share in rows if not name.endswith("*")]
    assert ranked == sorted(ranked)
    small = [name for name, _, _ in rows if name.endswith("*")]
    assert small
    assert rows[-len(small) :] == [row for row in rows if row[0] in small]
    assert {name.removesuffix(" *") for name in small} == {n for n, row in counted.items() if row[0] < 1000}


def test_managed_ground_is_a_part_of_the_ground_of_zones(services, session_of):
    found = services.coverage.per("street", services.people.actor(session_of("leader1")))
    assert 0 < found.whole.managed_area_m2 < found.whole.zone_area_m2 < found.whole.area_m2
    with services.store.look() as work:
        assert sum(row.zones for row in found.rows) == len(work.areas.in_force("zone"))


def test_grids_are_shown_for_one_street_at_a_time_and_one_may_be_picked(services, session_of, visit):
    at = visit("leader1", "coverage", unit="grid")
    found = services.coverage.per("grid", services.people.actor(session_of("leader1")))
    here = found.within(at.selectbox(key="slg.street").value)
    assert len(at.selectbox(key="slg.pick_grid").options) == len(here.rows) < len(found.rows)
    lowest = here.listed("households")[0][0]
    at = at.selectbox(key="slg.pick_grid").set_value(lowest.area.area_id).run()
    assert not at.exception
    assert re.search(rf'<tr [^>]*aria-current="true"[^>]*><th scope="row">{lowest.area.name}<', markup_of(at))
    assert f"{lowest.area.name}：有人管" in plain(markup_of(at))


def test_a_picked_grid_is_let_go_when_another_street_is_chosen(services, session_of, visit):
    at = visit("leader1", "coverage", unit="grid")
    found = services.coverage.per("grid", services.people.actor(session_of("leader1")))
    street = at.selectbox(key="slg.street")
    picked = found.within(street.value).rows[0].area
    at = at.selectbox(key="slg.pick_grid").set_value(picked.area_id).run()
    other = next(row.area.street_id for row in found.rows if row.area.street_id != street.value)
    at = at.selectbox(key="slg.street").set_value(other).run()
    assert not at.exception
    assert at.query_params["street"] == other
    assert len(at.selectbox(key="slg.pick_grid").options) == len(found.within(other).rows)
    assert 'aria-current="true"' not in markup_of(at)


def test_an_officer_opens_the_grids_of_the_own_street_first(visit, services, session_of):
    own = services.people.actor(session_of("officer2")).assignments[0].scope_id
    at = visit("officer2", "coverage", unit="grid")
    assert at.selectbox(key="slg.street").value == own


@pytest.mark.parametrize("asked", [
    {"unit": "village", "measure": "<script>"}, {"street": "' or 1=1", "unit": "grid"}, {"measure": "9" * 300},
])  # fmt: skip
def test_an_address_full_of_nonsense_shows_the_plain_page(visit, asked):
    assert len(table_of(visit("leader1", "coverage", **asked))) > 10


def test_without_a_clearance_date_the_page_says_unset_and_why(visit):
    told = plain(markup_of(visit("leader1", "coverage")))
    assert words("zh")("coverage.clearance_unset") in told
    assert words("zh")("coverage.clearance_why") in told


def test_the_clearance_date_is_counted_down_in_the_offices_calendar(visit, services, monkeypatch):
    now = wiring.now().astimezone(services.timezone).date()
    object.__setattr__(services, "clearance_date", date.fromordinal(now.toordinal() + 38))
    try:
        told = plain(markup_of(visit("leader1", "coverage")))
    finally:
        object.__setattr__(services, "clearance_date", None)
    assert re.search(r"距清零目标日\s+38\s+天", told)


def test_an_empty_clearance_date_in_the_environment_is_none(monkeypatch):
    monkeypatch.setenv("SLG_CLEARANCE_DATE", "")
    assert wiring.Settings().clearance_date is None
    monkeypatch.setenv("SLG_CLEARANCE_DATE", "2027-12-31")
    assert wiring.Settings().clearance_date == date(2027, 12, 31)


def test_a_street_without_any_building_is_not_surveyed_rather_than_zero(sample_folder):
    connection = sqlite3.connect(sample_folder / "slg.db")
    (street_id,) = connection.execute("select area_id from area_versions where code = '330683200'").fetchone()
    connection.execute("delete from buildings where street_id = ?", (street_id,))
    connection.commit()
    connection.close()
    other = wiring.build(wiring.Settings(**settings_in(sample_folder)))
    _, actor = other.people.log_in("leader1", "shili-2026", address="127.0.0.1", device="test")
    found = other.coverage.per("street", actor)
    ranked, small, without = found.listed("households")
    assert [row.area.area_id for row in without] == [street_id]
    assert without[0].share("households") is None
    lines = shapely.from_geojson(json.dumps(found.drawing().hatching[street_id]))
    assert lines.length > 1
    assert len(ranked) + len(small) == 14
    assert found.whole.households == sum(row.figures.households for row in found.rows)
    other.close()


# -- assets --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def places(services) -> dict[str, tuple[float, float, str]]:
    """street code -> a point inside one of its estates and that estate's name, clear of every other zone."""
    found = {}
    with services.store.look() as work:
        streets = {s.area_id: s for s in work.areas.in_force("street")}
        zones = work.areas.in_force("zone")
    for zone in zones:
        point = zone.geometry.representative_point()
        holders = [z for z in zones if z.geometry.intersects(point)]
        street = next(s for s in streets.values() if s.geometry.intersects(point))
        if len(holders) == 1:
            found.setdefault(street.code, (point.x, point.y, zone.name))
    return found


def fill(at: AppTest, round_: int = 0, **typed: str) -> AppTest:
    """Types into the form by field name; select boxes get codes."""
    for field, value in typed.items():
        key = f"slg.asset.{round_}.{field}"
        boxes = [box for box in at.selectbox if box.key == key]
        if boxes:
            boxes[0].set_value(value)
        else:
            next(box for box in [*at.text_input, *at.text_area] if box.key == key).set_value(value)
    return at.run()


def save(at: AppTest) -> AppTest:
    at = at.button(key="slg.asset_save").click().run()
    assert not at.exception
    return at


def test_a_clerk_registers_parking_bays_with_number_zone_and_further_columns(services, session_of, visit, places):
    lon, lat, zone = places[STAFFED[0]]
    at = visit("clerk1", "asset", view="new")
    at = fill(at, name=MARKUP, quantity="１２", lon=f"{lon:.7f}", lat=f"{lat:.7f}", subcategory="ground_bay",
              ownership="owners", rent="￥1,200.5元", billing_cycle="month", contract_end="2027年6月30日",
              **{"attribute.is_numbered": "no", "attribute.title": "common_ground"})  # fmt: skip
    assert zone in plain(markup_of(at)) + "".join(info.value for info in at.info)
    at = save(at)
    told = plain(markup_of(at))
    number = re.search(r"TC-\d{5}", told)
    assert number
    assert words("zh")("asset.saved", number=number[0], zone=zone) in told
    assert words("zh")("findings.decision_missing") in told
    actor = services.people.actor(session_of("clerk1"))
    (kept,) = services.assets.search(AssetFilter(text=number[0]), actor)
    assert (kept.name, kept.quantity, kept.unit) == (MARKUP.strip(), 12.0, "个")
    assert (kept.rent_fen, kept.contract_end, kept.zone_name) == (120050, "2027-06-30", zone)
    assert kept.attributes == {"is_numbered": False, "title": "common_ground"}
    assert kept.surveyed_by == actor.person_id
    assert at.text_input(key="slg.asset.1.name").value == "", "the form is empty for the next one"
    assert MARKUP.split()[0] not in "".join(part.proto.body for part in at.get("html"))


def test_every_mistake_is_named_at_its_field_and_nothing_typed_is_lost(visit):
    at = visit("clerk1", "asset", view="new")
    at = save(fill(at, quantity="很多", rent="200.555", contract_start="2026-02-30", contract_end="明天"))
    say = words("zh")
    shown = {box.key.rpartition(".")[2]: box for box in [*at.text_input, *at.selectbox]}
    expected = {
        "name": say("refused.asset_name_missing"), "subcategory": say("refused.choose_one"),
        "ownership": say("refused.choose_one"), "rent": say("refused.money_decimals", decimals=3),
        "contract_start": say("refused.no_such_day", year=2026, month=2, day=30),
        "contract_end": say("refused.bad_day", typed="明天"), "quantity": say("refused.bad_count", typed="很多"),
    }  # fmt: skip
    for field, sentence in expected.items():
        assert sentence in shown[field].label.replace("\\", ""), field
    assert say("refused.asset_place_missing") in "".join(m.value for m in at.markdown)
    assert [shown[f].value for f in ("quantity", "rent", "contract_start")] == ["很多", "200.555", "2026-02-30"]


def test_what_somebody_typed_is_not_markup_in_a_refusal(visit):
    at = save(fill(visit("clerk1", "asset", view="new"), rent=":red[x]**y**"))
    label = next(box.label for box in at.text_input if box.key.endswith(".rent"))
    assert ":red[x]" not in label
    assert "**y**" not in label


def test_a_place_in_another_street_is_refused_with_that_streets_name(visit, places, services, session_of):
    lon, lat, _ = places[STAFFED[1]]
    before = services.assets.counts(AssetFilter(), services.people.actor(session_of("clerk2")))
    at = fill(visit("clerk1", "asset", view="new"), name="示例车位", quantity="3", subcategory="ground_bay",
              ownership="owners", lon=str(lon), lat=str(lat))  # fmt: skip
    at = save(at)
    assert "三江街道，不归你登记" in "".join(m.value for m in at.markdown).replace("\\", "")
    assert at.text_input(key="slg.asset.0.name").value == "示例车位"
    assert services.assets.counts(AssetFilter(), services.people.actor(session_of("clerk2"))) == before


@pytest.mark.parametrize(("lon", "lat", "sentence"), [
    ("0", "0", "这个点在市外。"), ("abc", "29.5", "不是经纬度"), ("120.8", "95", "不是经纬度"),
    ("1e5", "29.5", "不是经纬度"), ("nan", "29.5", "不是经纬度"),
])  # fmt: skip
def test_coordinates_that_do_not_fit_are_answered_in_words(visit, lon, lat, sentence):
    at = fill(visit("clerk1", "asset", view="new"), lon=lon, lat=lat)
    assert not at.exception
    assert sentence in plain(markup_of(at)) + "".join(w.value for w in at.warning)


def test_the_counts_of_the_filter_are_those_of_the_database(services, session_of, visit):
    actor = services.people.actor(session_of("clerk2"))
    store = Store.open(str(services.store.engine.url))
    with store.look() as work:
        mine = list(work.assets.search(AssetFilter(limit=10_000), services.permissions.reach(actor, "asset.read")))
    assert sum(services.assets.counts(AssetFilter(), actor).values()) == len(mine) > 10
    at = visit("clerk2", "asset")
    assert words("zh")("asset.shown", n=len(mine)) in [c.value for c in at.caption]
    assert len(at.dataframe[0].value) == len(mine)
    at = at.text_input(key="slg.asset_text").set_value("100%_没有").run()
    assert "100%_没有" in plain(markup_of(at))


def test_who_may_only_read_is_not_offered_the_form(visit):
    at = visit("officer1", "asset", view="new")
    assert [button.key for button in at.button if button.key == "slg.asset_save"] == []
    assert len(at.dataframe) == 1


# -- people --------------------------------------------------------------------------------------------------------


def test_an_auditor_reads_the_list_and_changes_nothing(visit):
    at = visit("auditor1", "people")
    assert words("zh")("people.read_only") in plain(markup_of(at))
    assert len(at.dataframe[0].value) >= 30
    assert not [b.key for b in at.button if (b.key or "").startswith("slg.people")]


def token_of(link: str) -> str:
    address, _, token = link.partition("/reset?token=")
    assert address == ""  # no browser came here; test_accounts.py has one
    return token


def test_an_added_person_sets_the_password_by_the_link_that_is_shown_once(services, visit):
    at = visit("admin1", "people")
    at.text_input(key="slg.person.0.username").set_value("shanhu03")
    at.text_input(key="slg.person.0.name").set_value("示例人员 🙂")
    at = at.selectbox(key="slg.person.0.role").set_value("inspector").run()
    at = at.button(key="slg.people_add").click().run()
    assert words("zh")("people.area_missing") in at.selectbox(key="slg.person.0.area.street").label
    box = at.selectbox(key="slg.person.0.area.street")
    at = box.select_index(0).run().button(key="slg.people_add").click().run()
    assert not at.exception
    services.people.use_link(token_of(at.code[0].value), "four words in a row", "four words in a row")
    _, actor = services.people.log_in("shanhu03", "four words in a row", address="127.0.0.1", device="test")
    assert (actor.name, actor.assignments[0].role) == ("示例人员 🙂", "inspector")
    at.run()
    assert not at.code, "the link is gone"


def test_a_taken_user_name_is_refused_at_its_field(visit):
    at = visit("admin1", "people")
    at.text_input(key="slg.person.0.username").set_value("clerk1")
    at.text_input(key="slg.person.0.name").set_value("示例人员")
    at = at.selectbox(key="slg.person.0.role").set_value("leader").run()
    at = at.button(key="slg.people_add").click().run()
    assert words("zh")("refused.login_taken", login="clerk1") in at.text_input(key="slg.person.0.username").label


def test_a_reset_and_a_disabling_need_a_tick_and_end_every_login(services, visit):
    _, actor = services.people.log_in("handler3", "shili-2026", address="127.0.0.1", device="test")
    at = visit("admin1", "people")
    person = next(
        p for p in services.people.list(services.people.actor(at.user["slg_session"])) if p.username == "handler3"
    )
    at = at.selectbox(key="slg.people_one").set_value(person.id).run()
    assert at.button(key="slg.people_reset").disabled
    at = at.checkbox(key="slg.people_reset_sure").check().run().button(key="slg.people_reset").click().run()
    assert not at.exception
    services.people.actor(actor.session_id)  # the old password and its logins stay until the link is used
    new = "four words in a row"
    services.people.use_link(token_of(at.code[0].value), new, new)
    with pytest.raises(NotSignedIn):
        services.people.actor(actor.session_id)
    services.people.log_in("handler3", new, address="127.0.0.1", device="test")
    at = at.checkbox(key="slg.people_switch_sure").check().run().button(key="slg.people_switch").click().run()
    with pytest.raises(NotSignedIn):
        services.people.log_in("handler3", new, address="127.0.0.1", device="test")
    assert not [b for b in at.button if b.key == "slg.people_reset"]
    at = at.button(key="slg.people_enable").click().run()
    assert not at.exception
    services.people.log_in("handler3", new, address="127.0.0.1", device="test")
