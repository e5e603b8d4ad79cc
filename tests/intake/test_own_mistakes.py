"""A reporter mends an own mistake while nobody has taken the record up; both versions stay."""

from __future__ import annotations

import hashlib
import uuid

import pytest
import sqlalchemy as sa

from jobs.runner import Runner
from services.places import find_place
from storage.tables import jobs, records
from tests.intake.bodies import capture_json, photo_json


@pytest.fixture
def inspector(enter):
    return enter("inspector1")


@pytest.fixture
def body(inspector, spot, jpegs) -> dict:
    body = capture_json(spot, [photo_json(data, shot) for shot, data in jpegs.items()])
    assert inspector.post("/api/v1/captures", json=body).status_code == 201
    return body


def correct(client, body, **changes):
    return client.patch(f"/api/v1/records/{body['id']}", json={"reason": "看错了", **changes})


def withdraw(client, body, reason="拍错了地方"):
    return client.post(f"/api/v1/records/{body['id']}/withdraw", json={"reason": reason})


def told(services, body) -> list:
    with services.store.look() as work:
        return work.history.of("record", body["id"])


def set_state(services, body, state: str) -> None:
    with services.store.work() as work:
        work.connection.execute(sa.update(records).where(records.c.id == body["id"]).values(state=state))


def test_a_correction_changes_the_record_and_keeps_both_versions_with_the_reason(inspector, services, body):
    answer = correct(inspector, body, note="车窗破了", floor="地下一层", plate="浙d 54321")
    assert answer.status_code == 200
    told_now = answer.json()
    assert (told_now["note"], told_now["location_text"]["floor"], told_now["plate"]) == (
        "车窗破了",
        "地下一层",
        "浙D54321",
    )
    assert told_now["may_correct"]
    entry = told(services, body)[-1]
    assert (entry.action, entry.payload["reason"]) == ("record.corrected", "看错了")
    assert entry.payload["before"] == {"note": "落满灰", "floor": None, "plate": "浙D12345"}
    assert entry.payload["after"] == {"note": "车窗破了", "floor": "地下一层", "plate": "浙D54321"}
    with services.store.look() as work:
        kept = work.connection.scalar(sa.select(records.c.body).where(records.c.id == body["id"]))
    assert kept["note"] == "落满灰", "what came from the phone stays as it came"
    assert services.history.verify().is_clean


def test_the_same_correction_again_changes_nothing_and_an_old_one_does_not_come_back(inspector, services, body):
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    for change in ({"id": first, "note": "一"}, {"id": first, "note": "一"}, {"id": second, "note": "二"},
                   {"id": first, "note": "一"}, {"note": "二"}):  # fmt: skip
        assert correct(inspector, body, **change).status_code == 200
    assert inspector.get(f"/api/v1/records/{body['id']}").json()["note"] == "二"
    assert [e.action for e in told(services, body)] == ["record.received", "record.corrected", "record.corrected"]
    assert inspector.post("/api/v1/captures", json=body).status_code == 200, (
        "the phone's replay is still the same capture"
    )


def test_a_moved_pin_is_located_again_and_the_views_are_made_again(inspector, services, body, jpegs):
    data = jpegs["panorama"]
    inspector.put(f"/api/v1/captures/{body['id']}/photos/{hashlib.sha256(data).hexdigest()}", content=data)
    with services.store.work() as work:
        work.connection.execute(sa.update(jobs).values(state="done"))
        here = work.records.get(body["id"])
        zone = next(z for z in work.areas.in_force("zone") if z.street_id != here.street_id
                    and find_place(work, *z.geometry.representative_point().coords[0]).state == "settled")  # fmt: skip
    point = zone.geometry.representative_point()
    answer = correct(inspector, body, pin={"lon": point.x, "lat": point.y}).json()
    assert (answer["zone"]["id"], answer["street"]["id"]) == (zone.area_id, zone.street_id)
    assert told(services, body)[-1].payload["before"]["zone_version_id"] == here.zone_version_id
    assert Runner(services).run_until_empty() == 1
    back = correct(inspector, body, pin=None).json()
    assert back["zone"]["id"] == here.zone_id, "without a pin the fix counts"


def test_another_kind_is_judged_like_a_new_report(inspector, services, body):
    kinds = services.policy.now().issues
    fits = next(k for k in kinds.types if not k.needs_plate and not k.missing_shots({"panorama", "closeup", "plate"}))
    answer = correct(inspector, body, issue_type=fits.code)
    assert (answer.status_code, answer.json()["issue_type"]) == (200, fits.code)
    short = next(k for k in kinds.types if k.missing_shots({"panorama", "closeup", "plate"}))
    refused = correct(inspector, body, issue_type=short.code)
    assert (refused.status_code, refused.json()["code"]) == (422, "correction_needs_shot")
    assert "撤回这条" in refused.json()["detail"]


WRONG = {
    "no reason": ({"reason": " "}, "change_reason_missing", "reason"),
    "a reason like a novel": ({"reason": "长" * 201}, "change_reason_missing", "reason"),
    "a kind that is none": ({"issue_type": "ufo"}, "unknown_issue_type", "issue_type"),
    "a plate that is none": ({"plate": "12345"}, "bad_plate", "plate"),
    "no plate where one is needed": ({"plate": None}, "plate_missing", "plate"),
    "a note like a novel": ({"note": "长" * 2001}, "note_long", "note"),
    "a pin beside the earth": ({"pin": {"lon": 200, "lat": 29}}, "field_wrong", "pin.lon"),
    "a field that is not theirs": ({"state": "closed"}, "field_wrong", "state"),
    "another reporter": ({"reporter_id": "x"}, "field_wrong", "reporter_id"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_correction_is_named_and_changes_nothing(case, inspector, services, body):
    change, code, field = WRONG[case]
    answer = correct(inspector, body, **{"note": "改", **change})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)
    assert answer.json()["detail"].endswith("。")
    assert [e.action for e in told(services, body)] == ["record.received"]


def test_a_withdrawn_record_is_void_and_stays_readable(inspector, services, body, enter):
    before = enter("supervisor1").get(f"/api/v1/records/{body['id']}").json()
    assert before["state"] == "reported"
    for _ in range(2):
        answer = withdraw(inspector, body)
        assert (answer.status_code, answer.json()["state"], answer.json()["may_correct"]) == (200, "void", False)
    assert [e.action for e in told(services, body)] == ["record.received", "record.withdrawn"]
    refused = correct(inspector, body, note="晚了")
    assert (refused.status_code, refused.json()["code"]) == (409, "record_withdrawn")
    assert enter("supervisor1").get(f"/api/v1/records/{body['id']}").json()["state"] == "void"


def test_the_originals_of_a_withdrawn_record_still_come_in(inspector, body, jpegs):
    withdraw(inspector, body)
    data = jpegs["panorama"]
    kept = inspector.put(f"/api/v1/captures/{body['id']}/photos/{hashlib.sha256(data).hexdigest()}", content=data)
    assert kept.status_code == 201


@pytest.mark.parametrize("state", ["accepted", "filed", "in_progress", "closed"])
def test_nothing_moves_once_somebody_has_taken_it_up(state, inspector, services, body):
    set_state(services, body, state)
    for answer in (correct(inspector, body, note="晚了"), withdraw(inspector, body)):
        assert (answer.status_code, answer.json()["code"]) == (409, "record_taken_up")
    assert not inspector.get(f"/api/v1/records/{body['id']}").json()["may_correct"]


def test_nobody_else_mends_it_not_even_who_may_read_it(body, enter, services):
    for other in ("inspector2", "officer1", "supervisor1"):
        assert correct(enter(other), body, note="我来改").status_code == 404
        assert withdraw(enter(other), body).status_code == 404
    assert enter("leader1").patch(f"/api/v1/records/{body['id']}", json={"reason": "看错了"}).status_code == 403
    assert [e.action for e in told(services, body)] == ["record.received"]


def test_ones_own_records_come_newest_first_page_by_page(inspector, spot, jpegs, enter):
    photos = [photo_json(data, shot) for shot, data in jpegs.items()]
    made = []
    for _ in range(5):
        body = capture_json(spot, photos)
        assert inspector.post("/api/v1/captures", json=body).status_code == 201
        made.append(body["id"])
    page = inspector.get("/api/v1/my/records", params={"limit": 2}).json()
    seen = [row["id"] for row in page["items"]]
    for _ in range(2):
        page = inspector.get("/api/v1/my/records", params={"limit": 2, "cursor": page["next_cursor"]}).json()
        seen += [row["id"] for row in page["items"]]
    assert seen[:5] == made[::-1]
    row = inspector.get("/api/v1/my/records?limit=1").json()["items"][0]
    assert (row["photos_kept"], row["photos_expected"], row["may_correct"], row["kind"]) == (0, 3, True, "report")
    assert "3幢 2单元" in row["place"]
    assert not {i["id"] for i in enter("inspector2").get("/api/v1/my/records?limit=200").json()["items"]} & set(made)


@pytest.mark.parametrize("cursor", ["x", "嵊", "MjAyNg", "MjAyNi0xMS0yNFQwMDowMDowMCB4", "A" * 200])
def test_a_cursor_that_is_none_of_ours_is_refused(cursor, inspector):
    answer = inspector.get("/api/v1/my/records", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["field"]) == (422, "cursor")
