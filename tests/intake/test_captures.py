"""What comes in: kept or refused with one plain sentence, never half."""

from __future__ import annotations

import hashlib
import threading
import uuid
from dataclasses import replace

import pytest
import sqlalchemy as sa

from domain.errors import Busy
from storage.tables import jobs, records
from tests.intake.bodies import capture_json, now, photo_json, preview_of


@pytest.fixture
def announced(jpegs) -> list[dict]:
    return [photo_json(data, shot, preview=preview_of(data)) for shot, data in jpegs.items()]


def put(client, capture_id: str, data: bytes, sha256: str | None = None):
    sha256 = sha256 or hashlib.sha256(data).hexdigest()
    return client.put(f"/api/v1/captures/{capture_id}/photos/{sha256}", content=data,
                      headers={"Content-Type": "image/jpeg"})  # fmt: skip


def test_a_capture_sits_in_its_zone_with_a_number_and_its_originals(enter, services, spot, announced, jpegs):
    inspector = enter("inspector1")
    body = capture_json(spot, announced, weather="晴")
    answer = inspector.post("/api/v1/captures", json=body)
    assert answer.status_code == 201
    told = answer.json()
    assert told["number"].startswith("R-")
    assert told["place_state"] == "settled"
    for i, data in enumerate(jpegs.values()):
        kept = put(inspector, body["id"], data)
        assert (kept.status_code, kept.json()["kept"], kept.json()["expected"]) == (201, i + 1, 3)
    record = inspector.get(f"/api/v1/records/{told['number']}").json()
    assert [p["state"] for p in record["photos"]] == ["kept"] * 3
    assert record["plate"] == "浙D12345"
    with services.store.look() as work:
        stored = work.connection.scalar(sa.select(records.c.body).where(records.c.id == body["id"]))
    assert stored["weather"] == "晴", "unknown optional fields are kept"
    assert services.history.verify().is_clean


def test_the_same_again_is_one_record_and_other_content_is_a_conflict(enter, spot, announced):
    inspector = enter("inspector1")
    body = capture_json(spot, announced)
    first = inspector.post("/api/v1/captures", json=body)
    later = inspector.post("/api/v1/captures", json={**body, "sent_at": "2026-11-24T08:00:00+08:00"})
    assert (first.status_code, later.status_code) == (201, 200)
    assert first.json()["number"] == later.json()["number"]
    other = inspector.post("/api/v1/captures", json={**body, "note": "另一件事"})
    assert (other.status_code, other.json()["code"]) == (409, "capture_id_used")
    stranger = enter("inspector2").post("/api/v1/captures", json=body)
    assert stranger.status_code == 409


def test_two_senders_of_one_capture_at_the_same_moment_make_one_record(enter, spot, announced):
    inspector = enter("inspector1")
    body = capture_json(spot, announced)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(inspector.post("/api/v1/captures", json=body)))
               for _ in range(6)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a.status_code for a in answers) == [200] * 5 + [201]
    assert len({a.json()["number"] for a in answers}) == 1


def test_an_original_sent_twice_is_kept_once(enter, services, spot, announced, jpegs):
    inspector = enter("inspector1")
    body = capture_json(spot, announced)
    inspector.post("/api/v1/captures", json=body)
    data = jpegs["panorama"]
    assert [put(inspector, body["id"], data).status_code for _ in range(2)] == [201, 200]
    with services.store.look() as work:
        told = [e.action for e in work.history.of("record", body["id"])]
    assert told == ["record.received", "photo.kept"]


REFUSED = {
    "unknown type": (lambda b: b.update(issue_type="ufo"), 422, "unknown_issue_type", "issue_type"),
    "missing shot": (lambda b: b["photos"].pop(2), 422, "shot_missing", "photos"),
    "no photo at all": (lambda b: b.update(photos=[]), 422, "field_wrong", "photos"),
    "unknown shot": (lambda b: b["photos"][0].update(shot="selfie"), 422, "unknown_shot", "photos.0.shot"),
    "same photo twice": (lambda b: b["photos"][1].update(sha256=b["photos"][0]["sha256"]), 422, "photo_twice",
                         "photos.1.sha256"),
    "empty file": (lambda b: b["photos"][0].update(size=0), 422, "photo_size", "photos.0.size"),
    "over 12 MB": (lambda b: b["photos"][0].update(size=12_000_001), 422, "photo_size", "photos.0.size"),
    "a film": (lambda b: b["photos"][0].update(media_type="video/mp4"), 422, "photo_type", "photos.0.media_type"),
    "hash that is none": (lambda b: b["photos"][0].update(sha256="zz"), 422, "field_wrong", "photos.0.sha256"),
    "no plate": (lambda b: b.update(plate=None), 422, "plate_missing", "plate"),
    "a wrong plate": (lambda b: b.update(plate="12345"), 422, "bad_plate", "plate"),
    "no position, no reason": (lambda b: b.update(position=None), 422, "position_reason_missing", "position_reason"),
    "longitude 200": (lambda b: b["position"].update(lon=200), 422, "field_wrong", "position.lon"),
    "time without zone": (lambda b: b.update(captured_at="2026-11-23T08:00:00"), 422, "field_wrong", "captured_at"),
    "a check, not yet": (lambda b: b.update(kind="check"), 422, "kind_not_yet", "kind"),
    "another schema": (lambda b: b.update(schema=2), 422, "field_wrong", "schema"),
    "id that is no UUID": (lambda b: b.update(id="7"), 422, "field_wrong", "id"),
    "preview that is no picture": (lambda b: b["photos"][0].update(preview="PGh0bWw+"), 422, "preview_wrong",
                                   "photos.0.preview"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_field_is_named_in_one_sentence_and_nothing_is_stored(case, enter, services, spot, announced):
    change, status, code, field = REFUSED[case]
    body = capture_json(spot, announced)
    change(body)
    inspector = enter("inspector1")
    answer = inspector.post("/api/v1/captures", json=body, headers={"Accept-Language": "zh-CN"})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem.get("field")) == (status, code, field)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["detail"].endswith("。")
    with services.store.look() as work:
        assert work.records.content_hash(str(body["id"])) is None


def test_a_place_in_no_zone_outside_the_city_or_unknown_is_taken_and_waits(enter, spot, announced):
    inspector = enter("inspector1")
    outside = inspector.post("/api/v1/captures", json=capture_json((121.47, 31.23), announced))
    assert (outside.status_code, outside.json()["place_state"]) == (201, "outside_city")
    nowhere = inspector.post("/api/v1/captures", json=capture_json(spot, announced, position=None,
                                                                   position_reason="地下室"))  # fmt: skip
    assert (nowhere.status_code, nowhere.json()["place_state"]) == (201, "no_position")
    zero = capture_json(spot, announced, position_reason="没有定位")
    zero["position"].update(lon=0, lat=0)
    assert inspector.post("/api/v1/captures", json=zero).json()["place_state"] == "no_position"
    for number in (outside.json()["number"], nowhere.json()["number"]):
        assert enter("supervisor1").get(f"/api/v1/records/{number}").status_code == 200
        assert enter("officer1").get(f"/api/v1/records/{number}").status_code == 404


def test_a_place_in_two_zones_is_taken_and_waits(enter, services, announced):
    with services.store.look() as work:
        zones = work.areas.in_force("zone")
    shared = next(
        one.geometry.intersection(two.geometry).representative_point()
        for i, one in enumerate(zones) for two in zones[i + 1 :]
        if one.geometry.intersection(two.geometry).area > 1e-9
    )  # fmt: skip
    answer = enter("inspector1").post("/api/v1/captures", json=capture_json((shared.x, shared.y), announced))
    assert (answer.status_code, answer.json()["place_state"], answer.json()["zone"]) == (201, "two_zones", None)


def test_the_pin_decides_the_place_and_the_fix_is_kept_beside_it(enter, services, spot, announced):
    body = capture_json((120.0, 29.0), announced, pin={"lon": spot[0], "lat": spot[1]})
    answer = enter("inspector1").post("/api/v1/captures", json=body)
    assert answer.json()["place_state"] == "settled"
    with services.store.look() as work:
        record = work.records.get(body["id"])
    assert (record.lon, record.lat) == spot
    assert record.position.lon == 120.0


def test_markup_emoji_and_control_signs_come_back_as_text(enter, spot, announced):
    note = "<script>alert(1)</script> 🚗💥 ‮右到左 {x} %s"
    body = capture_json(spot, announced, note=note + "\x00\x1b[31m")
    inspector = enter("inspector1")
    number = inspector.post("/api/v1/captures", json=body).json()["number"]
    assert inspector.get(f"/api/v1/records/{number}").json()["note"] == note + "[31m"


def test_wrong_bytes_leave_nothing_behind_and_the_right_ones_still_come(enter, services, spot, announced, jpegs):
    inspector = enter("inspector1")
    body = capture_json(spot, announced)
    inspector.post("/api/v1/captures", json=body)
    data = jpegs["panorama"]
    sha256 = hashlib.sha256(data).hexdigest()
    tries = {
        "photo_hash_differs": data[:-1] + bytes([data[-1] ^ 1]),
        "photo_size_differs": data[:-10],
        "photo_longer": data + b"x",
    }
    for code, wrong in tries.items():
        answer = put(inspector, body["id"], wrong, sha256)
        assert answer.json()["code"] == code
        assert answer.status_code in (413, 422)
    folder = services.evidence._photos
    assert folder.unfinished() == []
    assert not folder.original(sha256).exists()
    assert put(inspector, body["id"], data).status_code == 201


@pytest.mark.parametrize(
    "data", [b"<html><script>alert(1)</script></html>", b"GIF89a" + b"\0" * 300, b"%PDF-1.7\n", b"x"]
)
def test_a_file_that_is_no_photo_is_refused_whatever_its_name(data, enter, services, spot, jpegs):
    photos = [photo_json(d, shot) for shot, d in jpegs.items()]
    photos[0] = photo_json(data, "panorama")
    body = capture_json(spot, photos)
    inspector = enter("inspector1")
    assert inspector.post("/api/v1/captures", json=body).status_code == 201
    answer = put(inspector, body["id"], data)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_a_photo")
    assert services.evidence._photos.unfinished() == []
    assert inspector.get(f"/api/v1/records/{body['id']}").json()["photos_kept"] == 0


def test_nobody_else_sends_photos_to_a_record(enter, spot, announced, jpegs):
    body = capture_json(spot, announced)
    enter("inspector1").post("/api/v1/captures", json=body)
    for other in ("inspector2", "officer1", "supervisor1"):
        assert put(enter(other), body["id"], jpegs["panorama"]).status_code == 404
    assert put(enter("inspector1"), str(uuid.uuid4()), jpegs["panorama"]).status_code == 404
    assert put(enter("inspector1"), body["id"], b"not announced").status_code == 404


def test_the_preview_is_shown_until_the_stamped_view_is_made(enter, services, spot, announced, jpegs):
    from jobs.runner import Runner

    inspector = enter("inspector1")
    body = capture_json(spot, announced)
    inspector.post("/api/v1/captures", json=body)
    photo = inspector.get(f"/api/v1/records/{body['id']}").json()["photos"][0]
    before = inspector.get(f"/api/v1/photos/{photo['id']}/view")
    assert (before.status_code, before.headers["cache-control"]) == (200, "no-store")
    put(inspector, body["id"], jpegs["panorama"])
    with services.store.work() as work:  # the sample city's own pictures can wait
        mine = f"photo.views:{photo['id']}"
        work.connection.execute(sa.update(jobs).where(jobs.c.key != mine).values(state="done"))
    assert Runner(services).run_until_empty() == 1
    after = inspector.get(f"/api/v1/photos/{photo['id']}/view")
    assert after.content != before.content
    assert after.headers["content-type"] == "image/jpeg"
    facts = services.records.get(body["id"], services_actor(services)).photos[0].facts
    assert facts["width"] == 1280


def test_a_stamp_says_only_the_fix_that_the_photo_itself_had(enter, services, spot, jpegs):
    here = {"lon": spot[0], "lat": spot[1], "accuracy_m": 6.0, "fixed_at": now()}
    shown = photo_json(jpegs["panorama"], "panorama", position=here)
    photos = [
        shown,
        photo_json(jpegs["panorama"] + b"drawn", "panorama", position=here, derived_from=shown["sha256"]),
        photo_json(jpegs["closeup"], "closeup", position=None),
        photo_json(jpegs["plate"], "plate", position=here, source="gallery"),
    ]
    body = capture_json(spot, photos)
    assert enter("inspector1").post("/api/v1/captures", json=body).status_code == 201
    record = services.records.get(body["id"], services_actor(services))
    stamps = {photo.sha256: services.views._stamp(photo, record) for photo in record.photos}
    told = [(stamps[photo["sha256"]].shot, stamps[photo["sha256"]].position) for photo in photos]
    fix = f"{spot[0]:.6f}, {spot[1]:.6f} ±6 m"
    assert told == [("全景", fix), ("全景（标注）", fix), ("近景", "没有定位"), ("车牌", "没有定位")]


def services_actor(services):
    from services.people import session_id

    token, _ = services.people.log_in("supervisor1", "shili-2026", address="127.0.0.1", device="test")
    return services.people.actor(session_id(token))


def test_an_original_needs_a_reason_and_leaves_a_history_row(enter, services, spot, announced, jpegs):
    inspector, officer = enter("inspector1"), enter("officer1")
    body = capture_json(spot, announced)
    inspector.post("/api/v1/captures", json=body)
    put(inspector, body["id"], jpegs["panorama"])
    photo = officer.get(f"/api/v1/records/{body['id']}").json()["photos"][0]
    where = f"/api/v1/photos/{photo['id']}/original"
    assert officer.get(where).json()["code"] == "reason_missing"
    assert inspector.get(where, params={"reason": "复议要用"}).status_code == 403
    assert enter("officer2").get(where, params={"reason": "复议要用"}).status_code == 404
    taken = officer.get(where, params={"reason": "复议要用"})
    assert taken.content == jpegs["panorama"]
    assert taken.headers["content-disposition"].startswith("attachment")
    with services.store.look() as work:
        last = work.history.of("record", body["id"])[-1]
    assert (last.action, last.payload["reason"]) == ("photo.original_taken", "复议要用")


def test_a_phone_clock_that_is_off_is_flagged_and_the_record_taken(enter, services, spot, announced):
    body = capture_json(spot, announced, captured_at="2026-01-01T08:00:00+08:00", sent_at="2026-01-01T08:01:00+08:00")
    answer = enter("inspector1").post("/api/v1/captures", json=body)
    assert answer.status_code == 201
    with services.store.look() as work:
        assert work.records.get(body["id"]).clock_off_s < -300


def test_anonymous_gets_401_with_a_problem(enter, spot, announced):
    client = enter("inspector1")
    client.cookies.clear()
    answer = client.post("/api/v1/captures", json=capture_json(spot, announced))
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_body_that_is_no_json_or_a_bomb_of_brackets_is_refused(enter):
    client = enter("inspector1")
    for body in (b"", b"{", b"[" * 100_000, b'{"schema": NaN}', "嵊".encode("gbk"), b"null"):
        answer = client.post("/api/v1/captures", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), body[:20]


def test_a_photo_that_kills_the_worker_every_time_ends_as_failed_and_not_for_ever_waiting(
    enter, services, spot, announced, jpegs, monkeypatch
):
    from services.queue import ATTEMPTS_AT_MOST
    from storage.jobs import Job

    inspector = enter("inspector1")
    body = capture_json(spot, announced)
    inspector.post("/api/v1/captures", json=body)
    put(inspector, body["id"], jpegs["panorama"])
    photo = services.records.get(body["id"], services_actor(services)).photos[0]
    dying = {"ok": False, "error": {"code": "worker_died"}, "facts": None}
    monkeypatch.setattr(services.views._worker, "make", lambda request: dying)
    job = Job(1, "photo.views", "k", {"photo_id": photo.id}, attempts=1)
    with pytest.raises(Busy):
        services.views._make(job)
    write = services.views._make(replace(job, attempts=ATTEMPTS_AT_MOST))
    with services.store.work() as work:
        write(work)
        assert work.records.photo(photo.id).view_error == "worker_died"
