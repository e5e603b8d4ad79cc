"""What is known nearby, and seeing it again: a sighting points to the first record, and both tell of each other."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from geo.measure import distance_m
from storage.tables import records
from tests.intake.bodies import capture_json, photo_json

METRE = 1 / 111_320


@pytest.fixture
def first(enter, spot, jpegs) -> dict:
    return send(enter("inspector1"), capture_json(spot, [photo_json(d, s) for s, d in jpegs.items()]))


def send(client, body: dict) -> dict:
    answer = client.post("/api/v1/captures", json=body)
    assert answer.status_code == 201, answer.text
    return {**body, **answer.json()}


def sighting_of(first: dict, spot, jpegs, **changed) -> dict:
    """One close-up is enough: the first record has the others."""
    photos = [photo_json(jpegs["closeup"], "closeup")]
    return capture_json(spot, photos, **{"kind": "sighting", "subject_id": first["id"], "plate": None, **changed})


def moved(spot, north_m: float) -> tuple[float, float]:
    return spot[0], spot[1] + north_m * METRE


def nearby(client, spot, kind="zombie_vehicle") -> list[dict]:
    answer = client.get("/api/v1/nearby", params={"lon": spot[0], "lat": spot[1], "issue_type": kind})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_a_sighting_has_its_own_number_and_both_stories_tell(enter, services, first, spot, jpegs):
    inspector = enter("inspector1")
    again = send(inspector, sighting_of(first, moved(spot, 5), jpegs))
    assert again["number"] != first["number"]
    one = inspector.get(f"/api/v1/records/{again['id']}").json()
    assert (one["kind"], one["subject"]) == ("sighting", {"id": first["id"], "name": first["number"]})
    known = inspector.get(f"/api/v1/records/{first['id']}").json()
    assert [s["number"] for s in known["sightings"]] == [again["number"]]
    with services.store.look() as work:
        last = work.history.of("record", first["id"])[-1]
    assert (last.action, last.payload["number"]) == ("record.seen_again", again["number"])
    assert services.history.verify().is_clean


def test_a_sighting_sent_twice_is_told_once(enter, services, first, spot, jpegs):
    inspector, body = enter("inspector1"), sighting_of(first, spot, jpegs)
    assert [inspector.post("/api/v1/captures", json=body).status_code for _ in range(2)] == [201, 200]
    with services.store.look() as work:
        assert [e.action for e in work.history.of("record", first["id"])] == ["record.received", "record.seen_again"]


def test_a_sighting_of_a_sighting_points_to_the_report(enter, first, spot, jpegs):
    inspector = enter("inspector1")
    second = send(inspector, sighting_of(first, spot, jpegs))
    third = send(inspector, sighting_of(second, spot, jpegs))
    assert inspector.get(f"/api/v1/records/{third['id']}").json()["subject"]["id"] == first["id"]


def test_an_inspector_of_the_next_street_may_see_it_again_close_by_and_no_further(enter, first, spot, jpegs):
    other = enter("inspector2")
    assert other.get(f"/api/v1/records/{first['id']}").status_code == 404
    far = other.post("/api/v1/captures", json=sighting_of(first, moved(spot, 40), jpegs))
    assert (far.status_code, far.json()["code"]) == (422, "subject_unknown")
    send(other, sighting_of(first, moved(spot, 25), jpegs))


WRONG = {
    "nothing": ({"subject_id": None}, "subject_unknown"),
    "no record": ({"subject_id": str(uuid.uuid4())}, "subject_unknown"),
    "another kind": ({"issue_type": "bike_parking"}, "subject_other_type"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_sighting_of_what_it_cannot_be_is_refused(case, enter, first, spot, jpegs):
    change, code = WRONG[case]
    answer = enter("inspector1").post("/api/v1/captures", json=sighting_of(first, spot, jpegs, **change))
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, "subject_id")


def test_a_sighting_of_what_was_closed_meanwhile_is_taken(enter, services, first, spot, jpegs):
    set_state(services, first, "closed")
    send(enter("inspector1"), sighting_of(first, spot, jpegs))


def set_state(services, first, state: str) -> None:
    with services.store.work() as work:
        work.connection.execute(sa.update(records).where(records.c.id == first["id"]).values(state=state))


def test_nearby_lists_open_reports_of_the_kind_within_its_radius_nearest_first(enter, services, first, spot, jpegs):
    inspector = enter("inspector1")
    photos = [photo_json(d, s) for s, d in jpegs.items()]
    near = [send(inspector, capture_json(moved(spot, m), photos)) for m in (20, 8, 29)]
    send(inspector, capture_json(moved(spot, 31), photos))
    send(inspector, sighting_of(first, spot, jpegs))
    mine = {first["id"], *(n["id"] for n in near)}
    found = [row for row in nearby(inspector, spot) if row["id"] in mine]
    assert [row["id"] for row in found] == [first["id"], near[1]["id"], near[0]["id"], near[2]["id"]]
    radius_m = services.policy.now().issues.get("zombie_vehicle").duplicate_radius_m
    assert all(row["distance_m"] <= radius_m for row in nearby(inspector, spot))
    assert abs(found[1]["distance_m"] - distance_m(*spot, *moved(spot, 8))) < 1
    assert (found[0]["age_days"], found[0]["is_mine"], found[0]["number"]) == (0, True, first["number"])
    assert found[0]["thumb"].endswith("/thumb")
    set_state(services, first, "closed")
    assert first["id"] not in {row["id"] for row in nearby(inspector, spot)}
    assert first["id"] not in {row["id"] for row in nearby(inspector, spot, "bike_parking")}


def test_of_a_record_that_one_may_not_open_only_number_distance_and_age_are_told(enter, first, spot):
    row = next(r for r in nearby(enter("inspector2"), spot) if r["id"] == first["id"])
    assert (row["may_see"], row["number"], row["distance_m"], row["is_mine"]) == (False, first["number"], 0, False)
    assert {row[k] for k in ("thumb", "view", "note", "plate", "place", "captured_at")} == {None}
    mine = next(r for r in nearby(enter("inspector1"), spot) if r["id"] == first["id"])
    assert mine["may_see"]
    for told in (row, mine):
        assert not {k for k in told if "reporter" in k}


@pytest.mark.parametrize(
    "params",
    [
        {"lon": "nan", "lat": 29},
        {"lon": 200, "lat": 29},
        {"lon": 120, "lat": "x"},
        {"lat": 29},
        {"lon": 120, "lat": 1e9},
    ],
)
def test_a_point_that_is_none_is_refused(params, enter):
    answer = enter("inspector1").get("/api/v1/nearby", params={"issue_type": "zombie_vehicle", **params})
    assert answer.status_code == 422


def test_a_clock_a_day_off_is_flagged_ordered_by_ours_and_both_times_stay(enter, services, spot, jpegs):
    inspector = enter("inspector1")
    photos = [photo_json(d, s) for s, d in jpegs.items()]
    for days in (1, -1):
        phone_now = datetime.now(UTC) + timedelta(days=days)
        taken = phone_now - timedelta(minutes=3)
        body = send(inspector, capture_json(spot, photos, captured_at=taken.isoformat(), sent_at=phone_now.isoformat()))
        with services.store.look() as work:
            record, entry = work.records.get(body["id"]), work.history.of("record", body["id"])[0]
        assert abs(record.clock_off_s - days * 86400) < 60
        assert abs((record.received_at - record.captured_at).total_seconds() - 180) < 60
        assert datetime.fromisoformat(entry.payload["phone_captured_at"]) == taken
        assert record.sent_at == phone_now
    ahead = datetime.now(UTC) + timedelta(days=1)
    body = send(inspector, capture_json(spot, photos, captured_at=ahead.isoformat()))
    with services.store.look() as work:
        record = work.records.get(body["id"])
    assert (record.captured_at, record.clock_off_s > 86000) == (record.received_at, True), "set right before sending"


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_time_beyond_the_calendar_is_refused_and_breaks_nothing(year, enter, spot, jpegs):
    photos = [photo_json(d, s) for s, d in jpegs.items()]
    body = capture_json(spot, photos, captured_at=f"{year}-01-01T00:00:00+08:00")
    answer = enter("inspector1").post("/api/v1/captures", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "captured_at")
