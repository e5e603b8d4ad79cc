"""The reporter's own record: correct it, take it back; nobody else is offered either."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta

import pytest

import wiring
from demo.pictures import picture
from domain.capture import Capture, CapturePhoto
from domain.records import Position, Record
from i18n import words
from tests.pages.test_records_pages import markup_of, spoken

MARKUP = "<b>粗</b> :red[红] [链接](https://example.org) 🚗 {x}"


@pytest.fixture
def reported(services, session_of) -> Record:
    return report(services, services.people.actor(session_of("inspector1")))


def report(services, actor, **changed) -> Record:
    now = wiring.now()
    near = next(r for r in services.records.day(actor).latest if r.place_state == "settled" and r.lon)
    photos = tuple(
        CapturePhoto(uuid.uuid4().hex * 2, 1000, "image/jpeg", shot, "camera", now, None, None, None)
        for shot in ("panorama", "closeup", "plate")
    )
    plain = {
        "id": str(uuid.uuid4()), "kind": "report", "issue_type": "zombie_vehicle", "subject_id": None,
        "captured_at": now, "sent_at": now, "position": Position(near.lon, near.lat, 9.0, now), "position_reason": None,
        "pin": None, "building": "3幢", "unit": None, "floor": None, "note": "落满灰", "plate": "浙D12345",
        "catalogue_edition": "builtin-2026-11", "photos": photos, "body": {"n": uuid.uuid4().hex},
    }  # fmt: skip
    return services.intake.receive(Capture(**{**plain, **changed}), actor)[0]


def field(at, name: str):
    return next(f for f in [*at.text_input, *at.text_area, *at.selectbox] if (f.key or "").endswith(f".{name}"))


def press(at, name: str, record: Record):
    at.button(key=f"slg.own_{name}.{record.id}").click().run()
    assert not at.exception


def test_a_correction_shows_both_versions_in_the_story(services, session_of, visit, reported):
    at = visit("inspector1", "one_record", id=reported.number)
    field(at, "note").set_value(MARKUP)
    field(at, "floor").set_value("2")
    at.text_input(key=f"slg.own_correct.{reported.id}.0.reason").set_value("楼层写错了")
    press(at, "save", reported)
    told = spoken(at)
    assert words("zh")("own.corrected") in told
    assert "楼层“空”改为“2”" in told
    assert "落满灰" in told
    assert "<b>粗" not in markup_of(at)
    assert services.records.get(reported.id, services.people.actor(session_of("inspector1"))).floor == "2"


def test_a_refusal_stands_beside_its_field_and_what_was_typed_stays(visit, reported):
    at = visit("inspector1", "one_record", id=reported.number)
    field(at, "plate").set_value("12345")
    at.text_input(key=f"slg.own_correct.{reported.id}.0.reason").set_value("车牌抄错了")
    press(at, "save", reported)
    assert field(at, "plate").value == "12345"
    assert ":red[" in field(at, "plate").label
    assert words("zh")("own.wrong") in spoken(at)


def test_a_withdrawal_asks_why_and_then_says_withdrawn_everywhere(visit, reported):
    at = visit("inspector1", "one_record", id=reported.number)
    press(at, "withdraw", reported)
    reason = at.text_input(key=f"slg.own_withdraw.{reported.id}.0.reason")
    assert ":red[" in reason.label
    reason.set_value("重复上报")
    press(at, "withdraw", reported)
    told = spoken(at)
    assert words("zh")("own.withdrawn") in told
    assert "已撤回" in told
    assert "作废" not in told
    assert "撤回。理由：重复上报" in told
    assert not [b for b in at.button if (b.key or "").startswith("slg.own_")]


def test_the_story_calls_a_drawing_a_drawing(services, session_of, visit):
    actor = services.people.actor(session_of("inspector1"))
    files = {shot: picture("zombie_vehicle", shot, 40 + i, (640, 480)) for i, shot in
             enumerate(("panorama", "closeup", "plate"))}  # fmt: skip
    on_it = picture("zombie_vehicle", "panorama", 50, (640, 480))
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    drawn_on = CapturePhoto(hashlib.sha256(on_it).hexdigest(), len(on_it), "image/jpeg", "panorama", "camera",
                            wiring.now(), None, hashes["panorama"], None)  # fmt: skip
    photos = tuple(
        CapturePhoto(hashes[shot], len(data), "image/jpeg", shot, "camera", wiring.now(), None, None, None)
        for shot, data in files.items()
    )
    record = report(services, actor, photos=(*photos, drawn_on))
    for sha256, data in ((hashes["panorama"], files["panorama"]), (drawn_on.sha256, on_it)):
        arrival = services.evidence.begin(record.id, sha256, actor)
        services.evidence.take(arrival, data)
        services.evidence.keep(arrival, actor)
    for lang, original, drawing in (("zh", "收到原图：全景", "收到标注：全景"),
                                    ("en", "Original received: Overview", "Drawing received: Overview")):  # fmt: skip
        told = markup_of(visit("inspector1", "one_record", lang, id=record.number))
        assert told.count(original) == told.count(drawing) == 1


@pytest.mark.parametrize("username", ["supervisor1", "auditor1"])
def test_whoever_only_reads_it_is_offered_neither(visit, reported, username):
    at = visit(username, "one_record", id=reported.number)
    assert not [b for b in at.button if (b.key or "").startswith("slg.own_")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_sighting_and_its_subject_tell_of_each_other(services, session_of, visit, reported, lang):
    actor = services.people.actor(session_of("inspector1"))
    again = report(services, actor, kind="sighting", subject_id=reported.id)
    assert again.number in markup_of(visit("inspector1", "one_record", lang, id=reported.number))
    assert reported.number in markup_of(visit("inspector1", "one_record", lang, id=again.number))


def test_a_wrong_clock_shows_both_times(services, session_of, visit):
    actor, ahead = services.people.actor(session_of("inspector1")), wiring.now() + timedelta(days=1)
    record = report(services, actor, captured_at=ahead, sent_at=ahead)
    told = markup_of(visit("inspector1", "one_record", id=record.number))
    zone = services.timezone
    assert ahead.astimezone(zone).strftime("%Y-%m-%d %H:%M") in told
    assert record.received_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") in told
