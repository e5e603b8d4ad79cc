"""Tracks of patrols on both engines: taken once, by our clock, one's own to see, others' for a reason, gone in time."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from domain.accounts import DEVICE
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.records import Actor, Assignment
from domain.tracks import POINTS_AT_MOST, TrackPart, TrackPoint
from jobs.runner import Runner
from services.people import session_id
from storage.tables import history, outcomes, people, track_parts
from tests.storage.conftest import ENGINES, fresh_url
from tests.web.small_city import HERE, THERE, City, add_person, add_token, build_city, middle
from wiring import now

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=ENGINES)
def city(request: pytest.FixtureRequest, tmp_path) -> Iterator[City]:
    for url in fresh_url(request, request.param):
        built = build_city(tmp_path / "city", database_url=url)
        yield built
        built.services.close()


def part(*minutes_ago: float, patrol: str | None = None, at: datetime | None = None, **changed: Any) -> TrackPart:
    lon, lat = middle(HERE)
    points = tuple(TrackPoint((at or now()) - MINUTE * ago, lon + ago / 10_000, lat, 8.04) for ago in minutes_ago)
    plain: dict[str, Any] = {"id": str(uuid.uuid4()), "patrol_id": patrol or str(uuid.uuid4()), "points": points,
                             "sent_at": now()}  # fmt: skip
    return TrackPart(**{**plain, **changed})


def day_of(city: City, at: datetime) -> date:
    return at.astimezone(city.services.timezone).date()


def days_points(city: City, who: Actor, *ats: datetime) -> int:
    days = {day_of(city, at) for at in ats}
    return sum(len(patrol.points) for day in days for patrol in city.services.tracks.own(day, who))


def rows(city: City) -> int:
    with city.services.store.look() as work:
        return work.connection.scalar(sa.select(sa.func.count()).select_from(track_parts)) or 0


def looks(city: City, person_id: str) -> list[dict[str, Any]]:
    with city.services.store.look() as work:
        return [e.payload for e in work.history.of("person", person_id) if e.action == "track.seen"]


def test_a_part_sent_twice_is_one_and_its_number_holds_nothing_else(city):
    walker, tracks = city.reporters[HERE], city.services.tracks
    sent = part(3, 2, 1)
    assert tracks.receive(sent, walker)
    again = TrackPart(sent.id, sent.patrol_id, sent.points, now() + MINUTE)
    assert not tracks.receive(again, walker), "only the time of sending differs"
    assert rows(city) == 1
    for other, who in ((part(3, id=sent.id), walker), (sent, city.reporters[THERE])):
        with pytest.raises(Conflict) as refused:
            tracks.receive(other, who)
        assert refused.value.field == "id"
    assert rows(city) == 1
    with pytest.raises(Invalid):
        tracks.receive(part(), walker)


def test_points_come_back_as_they_went_in_one_patrol_after_another_and_gaps_part_the_line(city):
    walker, tracks, at = city.reporters[HERE], city.services.tracks, datetime.fromisoformat("2026-11-30T02:00:00+00:00")
    with time_machine.travel(at + 60 * MINUTE, tick=False):
        first, second = str(uuid.uuid4()), str(uuid.uuid4())
        sent = [part(30, 29, 12, patrol=first), part(50, 49, patrol=second), part(11, 10, patrol=first)]
        for one in reversed(sent):
            tracks.receive(one, walker)
        found = tracks.own(day_of(city, at), walker)
    assert [patrol.id for patrol in found] == [second, first]
    wanted = sorted((p for one in sent if one.patrol_id == first for p in one.points), key=lambda p: p.at)
    for point, was in zip(found[1].points, wanted, strict=True):
        assert (point.at, point.accuracy_m) == (was.at, 8.0)
        assert (point.lon, point.lat) == (pytest.approx(was.lon, abs=1e-6), pytest.approx(was.lat, abs=1e-6))
    assert [len(line) for line in found[1].lines()] == [2, 3]


def test_a_day_is_the_offices_day(city):
    walker, tracks = city.reporters[HERE], city.services.tracks
    midnight = datetime.fromisoformat("2026-11-30T16:00:00+00:00")  # 1 December in Shengzhou
    with time_machine.travel(midnight + 10 * MINUTE, tick=False):
        tracks.receive(part(1, 0, -1, at=midnight), walker)
        assert tracks.mine(walker).days == [date(2026, 12, 1), date(2026, 11, 30)]
        counts = [len(tracks.own(day, walker)[0].points) for day in (date(2026, 11, 30), date(2026, 12, 1))]
    assert counts == [1, 2]


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=-1), timedelta(minutes=30)])
def test_a_wrong_clock_is_put_right_by_ours_and_kept_beside(city, ahead):
    walker = city.reporters[HERE]
    off = now() + ahead
    city.services.tracks.receive(part(10, 0, at=off, sent_at=off), walker)
    with city.services.store.look() as work:
        ((start, end),) = work.tracks.spans(walker.person_id)
        kept = work.connection.scalar(sa.select(track_parts.c.clock_off_s))
    assert abs((now() - end).total_seconds()) < 60
    assert abs((end - start - 10 * MINUTE).total_seconds()) < 1
    assert kept == pytest.approx(ahead.total_seconds(), abs=60)


def test_points_of_a_future_are_put_back_even_when_the_clock_was_right_while_sending(city):
    walker = city.reporters[HERE]
    city.services.tracks.receive(part(0, at=now() + timedelta(days=400)), walker)
    with city.services.store.look() as work:
        assert all(at <= now() for span in work.tracks.spans(walker.person_id) for at in span)


def test_others_see_it_for_a_reason_only_and_each_look_is_in_the_persons_history(city):
    walker, officer, tracks = city.reporters[HERE], city.actor("street_officer", "street"), city.services.tracks
    sent = part(2, 1)
    tracks.receive(sent, walker)
    day = day_of(city, sent.points[0].at)
    for reason in ("", " ", "看", "长" * 201):
        with pytest.raises(Invalid) as refused:
            tracks.see(walker.person_id, day, reason, officer)
        assert refused.value.field == "reason"
    with pytest.raises(Invalid):
        tracks.see(walker.person_id, day - timedelta(days=3), "核对投诉", officer)
    assert looks(city, walker.person_id) == [], "nothing was shown, nothing is noted"
    seen = tracks.see(walker.person_id, day, " 核对投诉 ", officer)
    assert sum(len(patrol.points) for patrol in seen) >= 1
    (told,) = looks(city, walker.person_id)
    assert (told["day"], told["reason"]) == (day.isoformat(), "核对投诉")
    assert not {"lon", "lat"} & set(json.dumps(told)), "no position in the history: it could not be deleted there"
    mine = tracks.mine(walker)
    assert [(entry.actor_id, entry.payload["reason"]) for entry in mine.seen] == [(officer.person_id, "核对投诉")]
    assert tracks.own(day, walker), "one's own needs no reason"
    assert len(looks(city, walker.person_id)) == 1
    assert city.services.history.verify().is_clean


def test_only_who_is_in_reach_by_street_community_or_grid_is_offered_or_seen(city):
    officer, tracks = city.actor("street_officer", "street"), city.services.tracks
    held = {
        "by-grid": Assignment("inspector", "grid", "grid-here"),
        "by-community": Assignment("inspector", "community", "community-here"),
        "far-grid": Assignment("inspector", "grid", "grid-there"),
        "whole-city": Assignment("supervisor", "city"),
    }
    walkers = {name: city.services.people.actor(session_id(add_person(city.services, name, one)))
               for name, one in held.items()}  # fmt: skip
    for who in (*walkers.values(), *city.reporters.values(), officer):
        tracks.receive(part(1), who)
    offered = {person.username for person in tracks.people(officer)}
    assert offered == {"by-grid", "by-community", f"reporter-{HERE}"}, "neither others' streets, nor oneself"
    everybody = {person.username for person in tracks.people(city.actor("supervisor", "city"))}
    assert everybody == {*held, f"reporter-{HERE}", f"reporter-{THERE}", "street_officer-street"}
    for name in ("far-grid", "whole-city"):
        with pytest.raises(NotFound):
            tracks.days(walkers[name].person_id, officer)
        with pytest.raises(NotFound):
            tracks.see(walkers[name].person_id, day_of(city, now()), "核对投诉", officer)
    with pytest.raises(NotFound):
        tracks.see("nobody", day_of(city, now()), "核对投诉", officer)


@pytest.mark.parametrize("role", ["inspector", "leader", "auditor", "admin", "housing_bureau"])
def test_a_post_without_the_permission_sees_nobodys(city, role):
    city.services.tracks.receive(part(1), city.reporters[HERE])
    for ask in (lambda who: city.services.tracks.people(who),
                lambda who: city.services.tracks.see(city.reporters[HERE].person_id, date(2026, 12, 1), "看看", who)):  # fmt: skip
        with pytest.raises(NotAllowed):
            ask(city.actor(role, "city"))


def test_no_token_of_an_officer_looks(city):
    officer = city.actor("street_officer", "street")
    city.services.tracks.receive(part(1), city.reporters[HERE])
    _, secret = add_token(city.services, officer, DEVICE, ("app.use", "record.report", "track.read"))
    by_token = city.services.tokens.actor(secret, address="127.0.0.1")
    with pytest.raises(NotAllowed):
        city.services.tracks.see(city.reporters[HERE].person_id, day_of(city, now()), "核对投诉", by_token)


def test_the_sweep_takes_out_what_is_older_than_the_setting_and_tells_how_much(city):
    walker, tracks, keep = city.reporters[HERE], city.services.tracks, timedelta(days=city.services.tracks.keep_days)
    assert keep == timedelta(days=30)
    old, young = now() - keep - 2 * MINUTE, now() - keep + 10 * MINUTE
    for at in (old, young):
        tracks.receive(part(1, 0, at=at), walker)
    Runner(city.services).run_until_empty()
    with city.services.store.work() as work:
        work.jobs.queue("sweep", f"sweep@{uuid.uuid4()}", {}, at=now())
    Runner(city.services).run_until_empty()
    assert days_points(city, walker, old, young) == 2
    assert rows(city) == 1
    with city.services.store.look() as work:
        told = list(work.connection.scalars(sa.select(outcomes.c.facts).where(outcomes.c.kind == "sweep")))
    assert [facts["tracks"] for facts in told if "tracks" in facts] == [2]


def test_a_setting_of_the_office_says_how_long(tmp_path):
    built = build_city(tmp_path / "short", track_days=2)
    walker = built.reporters[HERE]
    built.services.tracks.receive(part(0, at=now() - timedelta(days=3)), walker)
    assert built.services.tracks.sweep() == 1
    built.services.close()


# -- the door ------------------------------------------------------------------------------------------------------


def body(**changed: Any) -> dict[str, Any]:
    lon, lat = middle(HERE)
    plain = {
        "schema": 1, "id": str(uuid.uuid4()), "patrol_id": str(uuid.uuid4()), "sent_at": now().isoformat(),
        "points": [{"at": now().isoformat(), "lon": lon, "lat": lat, "accuracy_m": 6.5}],
    }  # fmt: skip
    return {**plain, **changed}


def point(**changed: Any) -> dict[str, Any]:
    return {**body()["points"][0], **changed}


WRONG = {
    "no points": {"points": []},
    "a huge part": {"points": [point()] * (POINTS_AT_MOST + 1)},
    "a longitude beside the earth": {"points": [point(lon=181)]},
    "a latitude that is text": {"points": [point(lat="x")]},
    "an accuracy below nothing": {"points": [point(accuracy_m=-1)]},
    "a time of no phone": {"points": [point(at="0001-01-01T00:00:00Z")]},
    "a time without a zone": {"points": [point(at="2026-12-01T08:00:00")]},
    "another walker": {"person_id": "somebody"},
    "another walker in a point": {"points": [point(person_id="somebody")]},
    "an id that is none": {"id": "../../etc"},
    "another schema": {"schema": 2},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_part_is_refused_in_words_and_nothing_is_kept(city, case):
    client = city.client(None)
    _, secret = add_token(city.services, city.reporters[HERE], DEVICE)
    client.headers["authorization"] = f"Bearer {secret}"
    answer = client.post("/api/v1/tracks", json=body(**WRONG[case]))
    assert (answer.status_code, answer.json()["code"]) == (422, "field_wrong")
    assert rows(city) == 0


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("field", ["lon", "lat", "accuracy_m"])
def test_no_number_that_is_none(city, number, field):
    text = json.dumps(body(points=[point(**{field: 12345.678})])).replace("12345.678", number)
    _, secret = add_token(city.services, city.reporters[HERE], DEVICE)
    client = city.by_token(secret)
    answer = client.post("/api/v1/tracks", content=text, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert rows(city) == 0


def test_a_phones_token_sends_for_its_owner_alone_and_ends_when_it_is_taken_away(city):
    walker, other = city.reporters[HERE], city.reporters[THERE]
    token, secret = add_token(city.services, walker, DEVICE)
    sent = body()
    assert city.by_token(secret).post("/api/v1/tracks", json=sent).status_code == 201
    assert city.by_token(secret).post("/api/v1/tracks", json=sent).status_code == 200
    stolen = city.by_token(add_token(city.services, other, DEVICE)[1]).post("/api/v1/tracks", json=sent)
    assert (stolen.status_code, stolen.json()["code"]) == (409, "track_id_used")
    with city.services.store.look() as work:
        assert work.tracks.walkers() == [walker.person_id]
    city.services.tokens.revoke(walker, token.id, kind=DEVICE)
    assert city.by_token(secret).post("/api/v1/tracks", json=body()).status_code == 401
    assert city.client(None).post("/api/v1/tracks", json=body()).status_code == 401


def test_whoever_is_disabled_keeps_no_way_in(city):
    walker = city.reporters[HERE]
    _, secret = add_token(city.services, walker, DEVICE)
    with city.services.store.work() as work:
        work.connection.execute(sa.update(people).where(people.c.id == walker.person_id).values(disabled_at=now()))
    assert city.by_token(secret).post("/api/v1/tracks", json=body()).status_code == 401


def test_a_body_of_megabytes_is_turned_away_at_the_gate(city):
    _, secret = add_token(city.services, city.reporters[HERE], DEVICE)
    answer = city.by_token(secret).post("/api/v1/tracks", json=body(points=[point()] * 60_000))
    assert answer.status_code in (413, 422)
    assert rows(city) == 0


def test_taking_points_in_writes_no_history(city):
    """Nobody could delete a position from there."""
    with city.services.store.look() as work:
        before = work.connection.scalar(sa.select(sa.func.count()).select_from(history))
    city.services.tracks.receive(part(3, 2, 1), city.reporters[HERE])
    with city.services.store.look() as work:
        assert work.connection.scalar(sa.select(sa.func.count()).select_from(history)) == before
