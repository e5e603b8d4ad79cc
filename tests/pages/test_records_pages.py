"""Today, records and one record, drawn by Streamlit's own test runner over the sample city, for every role."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

import wiring
from domain.capture import Capture, CapturePhoto
from domain.filters import RecordFilter
from domain.records import Position, Record
from i18n import whereabouts, words
from services import Services

HOME = Path(__file__).resolve().parents[2]
PASSWORD = "shili-2026"
PEOPLE = (
    "inspector1", "gridleader1", "specialist1", "supervisor1", "dispatcher1", "handler1", "officer1", "clerk1",
    "housing1", "leader1", "auditor1", "admin1",
)  # fmt: skip
PAGES = (("today", "app.use"), ("records", "record.read"), ("one_record", "record.read"))
MARKUP = '<img src=x onerror="document.title=1"> **粗体** :red[红] [链接](https://example.org) 🚗'


@pytest.fixture(scope="module")
def sample_photos(services: Services) -> Path:
    return Path(os.environ["SLG_PHOTO_STORE"])


@pytest.fixture(scope="module")
def reported(services: Services, session_of) -> Record:
    """What inspector1 sent: a note full of markup, a phone clock 12 minutes fast, a pin off the fix, no photo here yet."""
    actor = services.people.actor(session_of("inspector1"))
    near = next(r for r in services.records.day(actor).latest if r.place_state == "settled" and r.lon)
    now = wiring.now()
    photos = tuple(
        CapturePhoto(f"{i:064x}", 1000 + i, "image/jpeg", shot, "camera", now, None, None, None)
        for i, shot in enumerate(("panorama", "closeup", "plate"), 1)
    )
    capture = Capture(
        id=str(uuid.uuid4()), kind="report", issue_type="zombie_vehicle", subject_id=None, captured_at=now,
        sent_at=now + timedelta(minutes=12), position=Position(near.lon + 0.0005, near.lat, 9.0, now),
        position_reason=None, pin=(near.lon, near.lat), building="3幢", unit=None, floor=None, note=MARKUP,
        plate="浙D12345", catalogue_edition=services.catalogue.edition, photos=photos, body={"n": 1},
    )  # fmt: skip
    return services.intake.receive(capture, actor)[0]


def markup_of(at: AppTest) -> str:
    return "\n".join(part.proto.body for part in at.get("html"))


def spoken(at: AppTest) -> str:
    """Everything that a reader sees as text outside our own components."""
    parts = [markup_of(at), *(e.value for e in at.caption), *(e.value for e in at.markdown)]
    return "\n".join([*parts, *(b.label for b in at.button)])


def drawn(at: AppTest, name: str) -> list[str]:
    """What components whose name holds `name` were told, as JSON."""
    found = [e.proto for e in at.get("bidi_component")]
    return [p.json or p.mixed.json for p in found if name in p.component_name]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("username", PEOPLE)
def test_each_role_sees_the_pages_it_may_open_without_a_mistake(services, session_of, visit, username, lang):
    actor = services.people.actor(session_of(username, lang))
    may_read = services.permissions.allows(actor, "record.read")
    latest = services.records.day(actor).latest if may_read else []
    for page, permission in PAGES:
        if services.permissions.allows(actor, permission):
            asked = {"id": latest[0].number} if page == "one_record" and latest else {}
            at = visit(username, page, lang, **asked)
            assert "<h1>" in markup_of(at)
            controls = [*at.button, *at.selectbox, *at.multiselect, *at.text_input]
            labels = "".join(control.label for control in controls if control.key != "lang")
            assert lang == "zh" or not any("一" <= sign <= "鿿" for sign in labels), labels


@pytest.mark.parametrize(
    ("username", "key"),
    [
        ("inspector1", "report_title"),
        ("auditor1", "verify_title"),
        ("admin1", "verify_title"),
        ("handler1", "none_title"),
    ],
)
def test_today_opens_with_the_sentence_its_reader_came_for(visit, username, key):
    assert f"<h1>{words('zh')(f'today.{key}')}</h1>" in markup_of(visit(username, "today"))


def test_today_tells_an_officer_how_many_came_and_how_many_wait(services, session_of, visit):
    day = services.records.day(services.people.actor(session_of("officer1")))
    told = markup_of(visit("officer1", "today"))
    assert f"<h1>{words('zh')('today.news_title', n=day.week)}</h1>" in told
    assert words("zh")("today.settle_note", n=day.unsettled) in told


def test_today_tells_a_leader_the_managed_share_with_what_it_was_counted_from(services, session_of, visit):
    whole = services.coverage.per("street", services.people.actor(session_of("leader1"))).whole
    told = markup_of(visit("leader1", "today"))
    assert f"{whole.households_managed:,} / {whole.households:,}" in told
    assert f"{int(whole.household_share * 1000) / 10:.1f}%" in told


def test_an_auditor_checks_the_chain_from_the_first_screen(visit):
    at = visit("auditor1", "today")
    at.button(key="go_verify").click().run()
    assert not at.exception
    assert 'class="slg-say ok"' in markup_of(at)


def test_records_are_narrowed_by_the_address(services, session_of, visit):
    actor = services.people.actor(session_of("supervisor1"))
    _, total = services.records.search(RecordFilter(issue_types=("zombie_vehicle", "gas_safety")), actor)
    at = visit("supervisor1", "records", kind=["zombie_vehicle", "gas_safety"])
    assert words("zh")("records.count_found", n=total) in spoken(at)
    assert at.multiselect[0].value == ["zombie_vehicle", "gas_safety"]


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": ["no_such_kind", "<script>"]}, {"page": "-3"}, {"page": "٣"}, {"page": "9" * 30}, {"place": "nowhere"},
        {"street": "' or 1=1 --"}, {"period": "forever"}, {"view": "pie"},
    ],
)  # fmt: skip
def test_an_address_full_of_nonsense_shows_the_plain_list(visit, asked):
    at = visit("officer1", "records", **asked)
    assert at.segmented_control[0].value == "list" or "page" in asked


def test_a_choice_goes_into_the_address(visit):
    at = visit("officer1", "records", page="2")
    at.selectbox[0].select("unsettled").run()
    assert at.query_params["place"] == "unsettled"
    assert "page" not in at.query_params


def test_nothing_found_says_so_and_offers_to_take_the_filter_away(visit):
    at = visit("officer1", "records", q="没有这样的说明")
    say = words("zh")
    assert say("records.empty_filter", what=say("records.without_q")) in markup_of(at)
    next(b for b in at.button if b.label == say("records.drop", what=say("records.without_q"))).click().run()
    assert "q" not in at.query_params
    assert say("records.empty_filter", what=say("records.without_q")) not in markup_of(at)


def test_the_table_speaks_the_readers_language(visit):
    at = visit("officer1", "records", "en", view="table")
    assert at.dataframe[0].proto.columns
    assert '"Reported by"' in at.dataframe[0].proto.columns


def test_one_record_tells_place_clock_pin_and_missing_originals(visit, reported):
    say = words("zh")
    told = markup_of(visit("officer1", "one_record", id=reported.number))
    assert f"<h1>{say('record.suspected', kind='僵尸车')}</h1>" in told
    assert say("record.originals_short", kept=0, n=3) in told
    assert say("record.minutes", n=12) in told
    assert "图钉距定位 48 米" in told
    assert reported.zone_name in told
    assert "道路交通安全法" in told
    assert say("record.chain_whole", n=1) in told


def test_a_corrected_day_moves_what_is_due_and_the_page_says_how_sure_it_is(services, session_of, visit):
    admin, officer = (services.people.actor(session_of(who)) for who in ("admin1", "officer1"))
    record = services.records.search(RecordFilter(issue_types=("random_piling",)), officer)[0][0]

    def due():
        return services.records.story(record.id, officer).due

    before, say = due(), words("zh")
    last_day = before.at.astimezone(services.timezone)
    key = "record.due_provisional" if before.is_provisional else "record.due"
    told = markup_of(visit("officer1", "one_record", id=record.number))
    assert say(key, at=f"{last_day:%Y-%m-%d %H:%M}", year=last_day.year) in told
    services.calendar.set_day(last_day.date(), is_working=False, name="停工", actor=admin)
    moved = due().at
    services.calendar.clear_day(last_day.date(), admin)
    assert moved > before.at
    assert due() == before


def test_a_bare_figure_for_a_place_inside_gets_its_measure_word(reported):
    typed = replace(reported, building="3", unit="2", floor="地下")
    assert whereabouts.inside(typed, words("zh")) == "3幢 2单元 地下"
    assert whereabouts.inside(typed, words("en")) == "building 3 unit 2 地下"
    assert whereabouts.inside(replace(reported, building="3幢", unit=None, floor="-1"), words("zh")) == "3幢 -1楼"


def test_markup_in_a_note_stays_text(visit, reported):
    told = markup_of(visit("officer1", "one_record", id=reported.number))
    assert "<img" not in told
    assert "&lt;img src=x" in told
    assert "**粗体** :red[红] [链接](https://example.org) 🚗" in told


def test_a_record_of_another_street_is_not_found_and_shows_a_way_back(visit, reported):
    at = visit("officer2", "one_record", id=reported.number)
    assert words("zh")("refused.not_found") in markup_of(at)
    assert reported.number not in spoken(at)
    assert [link.proto.label for link in at.get("page_link")] == [words("zh")("record.back")]


def test_only_who_may_take_originals_is_offered_them(visit, reported):
    title = f"<h2>{words('zh')('record.take_original')}</h2>"
    assert title in markup_of(visit("officer1", "one_record", id=reported.number))
    assert title not in markup_of(visit("inspector1", "one_record", id=reported.number))


def test_an_original_needs_a_reason_before_its_link_appears(services, session_of, visit):
    latest = services.records.day(services.people.actor(session_of("officer1"))).latest
    old = next(record for record in latest if record.photos_kept)
    at = visit("officer1", "one_record", id=old.number)
    at.button[-1].click().run()
    assert words("zh")("refused.reason_missing") in markup_of(at)
    assert not at.get("link_button")
    at.text_input[0].input("移送立案 & 存档")
    at.button[-1].click().run()
    urls = [link.proto.url for link in at.get("link_button")]
    assert len(urls) == old.photos_kept
    assert all(url.startswith("/api/v1/photos/") and "%26" in url for url in urls)


def test_only_what_i_reported_is_one_choice_away(services, session_of, visit):
    actor = services.people.actor(session_of("inspector1"))
    _, mine = services.records.search(RecordFilter(reporter_id=actor.person_id), actor)
    at = visit("inspector1", "records", whose="mine")
    assert words("zh")("records.count_found", n=mine) in spoken(at)


def test_one_changed_byte_shows_beside_the_photo(services, session_of, visit, sample_photos):
    actor = services.people.actor(session_of("officer1"))
    record = services.records.get(next(r.id for r in services.records.day(actor).latest if r.photos_kept), actor)
    path = sample_photos / "originals" / record.photos[0].sha256[:2] / record.photos[0].sha256
    before = path.read_bytes()
    assert proofs(visit("officer1", "one_record", id=record.number)) == ["ok"] * len(record.photos)
    path.write_bytes(before[:900] + bytes([before[900] ^ 1]) + before[901:])
    try:
        told = proofs(visit("officer1", "one_record", id=record.number))
    finally:
        path.write_bytes(before)
    same = [photo.sha256 == record.photos[0].sha256 for photo in record.photos]
    assert told == ["danger" if is_same else "ok" for is_same in same]


def test_a_changed_history_shows_above_it(services, session_of, visit, reported):
    def change(before: str, after: str) -> None:
        with services.store.engine.begin() as connection:
            connection.execute(
                sa.text("update history set payload = replace(payload, :before, :after) where subject_id = :id"),
                {"before": before, "after": after, "id": reported.id},
            )

    change("zombie_vehicle", "zombie_vehicles")
    told = markup_of(visit("officer1", "one_record", id=reported.number))
    change("zombie_vehicles", "zombie_vehicle")
    assert words("zh")("record.chain_broken") in told
    assert words("zh")("record.chain_whole", n=1) in markup_of(visit("officer1", "one_record", id=reported.number))


def proofs(at: AppTest) -> list[str]:
    """The tone of what is said of each original."""
    return [photo["proof"]["tone"] for photo in json.loads(drawn(at, "viewer")[0])["photos"]]


def test_signs_of_a_search_pattern_are_looked_for_as_they_are(visit):
    say = words("zh")
    assert say("records.empty_filter", what=say("records.without_q")) in markup_of(
        visit("officer1", "records", q="%_%")
    )
