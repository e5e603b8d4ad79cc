"""Takes captures in: permission, policy, place, then one unit of work. The photos' bytes follow in evidence.py.

A report says what was seen; a sighting says that a known one was seen again, and both stories tell of each other.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.capture import EXTRA_SHOT, MEDIA_TYPES, PHOTO_CAP_BYTES, PHOTOS_AT_MOST, Capture
from domain.errors import Conflict, Invalid
from domain.phone_clock import by_our_clock, clock_off_s
from domain.policy.catalogue import Catalogue
from domain.policy.issue import IssueType
from domain.policy.permissions import Permissions
from domain.policy.plates import normal_plate
from domain.records import Actor, Place, Record
from services.nearby import Point, subject_of
from services.places import find_place
from services.policy import LivePolicy
from storage.records import position_json
from storage.store import Store, Work

KINDS = ("report", "sighting")
NOTE_AT_MOST = 2000


class Intake:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, clock: Callable[[], datetime],
        timezone: ZoneInfo,
    ) -> None:  # fmt: skip
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._clock = clock
        self._timezone = timezone

    def catalogue(self, actor: Actor) -> Catalogue:
        self._permissions.require(actor, "record.report")
        return self._policy.now().issues

    def receive(self, capture: Capture, actor: Actor) -> tuple[Record, bool]:
        """Keep a capture. (record, True) when new, (record, False) when the same came before.

        Raises Invalid naming the field, Conflict when the id holds other content. A place in no zone, in two or
        outside the city is taken all the same: the office settles it.
        """
        self._permissions.require(actor, "record.report")
        issues = self._policy.now().issues
        plate = self._judge(capture, issues)
        return self._store.run(lambda work: self._keep(work, capture, plate, issues, actor))

    def _keep(
        self, work: Work, capture: Capture, plate: str | None, issues: Catalogue, actor: Actor
    ) -> tuple[Record, bool]:
        known = work.records.content_hash(capture.id)
        if known is not None:
            if known != (capture.content_hash, actor.person_id):
                raise Conflict("capture_id_used", field="id")
            return _existing(work, capture.id), False
        now = self._clock()
        place = _place_of(work, capture)
        number = self._number(work, now)
        subject = self._subject(work, capture, issues.get(capture.issue_type), actor)
        row = {
            **self._row(capture, plate, place, number, actor, now), "catalogue_edition": issues.edition,
            "subject_id": subject.id if subject else None,
        }  # fmt: skip
        photos = [_photo_row(capture.id, i, p) for i, p in enumerate(capture.photos)]
        work.records.add(row, photos)
        work.history.write("record", capture.id, "record.received", _payload(row, capture), at=now,
                           actor_id=actor.person_id)  # fmt: skip
        if subject:
            work.history.write("record", subject.id, "record.seen_again", {"number": number, "sighting_id": capture.id},
                               at=now, actor_id=actor.person_id)  # fmt: skip
        return _existing(work, capture.id), True

    def _subject(self, work: Work, capture: Capture, issue: IssueType, actor: Actor) -> Record | None:
        if capture.kind != "sighting":
            return None
        return subject_of(work, capture, _point(capture), issue, self._permissions, actor)

    def _judge(self, capture: Capture, issues: Catalogue) -> str | None:
        """The rules of the catalogue. Gives the plate in its normal form."""
        if capture.kind not in KINDS:
            raise Invalid("kind_not_yet", field="kind", kind=capture.kind)
        if capture.kind == "sighting" and not capture.subject_id:
            raise Invalid("subject_unknown", field="subject_id")
        if not issues.has(capture.issue_type):
            raise Invalid("unknown_issue_type", field="issue_type", issue_type=capture.issue_type)
        issue = issues.get(capture.issue_type)
        self._judge_photos(capture, {shot.code for shot in issue.shots})
        is_report = capture.kind == "report"  # the known record has the other shots already
        if is_report and (missing := issue.missing_shots({photo.shot for photo in capture.photos})):
            shot = missing[0]
            raise Invalid("shot_missing", field="photos", shot=shot.code, shot_zh=shot.zh, shot_en=shot.en)
        if capture.position is None and not (capture.position_reason or "").strip():
            raise Invalid("position_reason_missing", field="position_reason")
        if capture.note and len(capture.note) > NOTE_AT_MOST:
            raise Invalid("note_long", field="note", at_most=NOTE_AT_MOST)
        return plate_of(issue, capture.plate, is_needed=is_report)

    def _judge_photos(self, capture: Capture, shots: set[str]) -> None:
        if len(capture.photos) > PHOTOS_AT_MOST:
            raise Invalid("photos_many", field="photos", at_most=PHOTOS_AT_MOST)
        seen: set[str] = set()
        for i, photo in enumerate(capture.photos):
            field = f"photos.{i}"
            if photo.shot not in shots and photo.shot != EXTRA_SHOT:
                raise Invalid("unknown_shot", field=f"{field}.shot", shot=photo.shot)
            if not 0 < photo.size <= PHOTO_CAP_BYTES:
                raise Invalid("photo_size", field=f"{field}.size", at_most_mb=PHOTO_CAP_BYTES // 1_000_000)
            if photo.media_type not in MEDIA_TYPES:
                raise Invalid("photo_type", field=f"{field}.media_type")
            if photo.sha256 in seen:
                raise Invalid("photo_twice", field=f"{field}.sha256")
            seen.add(photo.sha256)

    def _number(self, work: Work, now: datetime) -> str:
        day = now.astimezone(self._timezone).strftime("%Y%m%d")
        return f"R-{day}-{work.next_number(f'record-{day}'):05d}"

    def _row(
        self, capture: Capture, plate: str | None, place: Place, number: str, actor: Actor, now: datetime
    ) -> dict[str, Any]:
        lon, lat = _point(capture) or (None, None)
        off = clock_off_s(sent_at=capture.sent_at, latest=capture.captured_at, now=now)
        return {
            "id": capture.id, "number": number, "kind": capture.kind, "issue_type": capture.issue_type,
            "state": "reported", "captured_at": by_our_clock(capture.captured_at, off, now),
            "sent_at": capture.sent_at, "received_at": now,
            "clock_off_s": off,
            "reporter_id": actor.person_id, "position": position_json(capture.position),
            "position_reason": capture.position_reason or None,
            "pin": {"lon": capture.pin[0], "lat": capture.pin[1]} if capture.pin else None,
            "lon": lon, "lat": lat, **place_columns(place),
            "building": capture.building, "unit": capture.unit, "floor": capture.floor, "note": capture.note,
            "plate": plate, "content_hash": capture.content_hash,
            "body": capture.body, "is_sample": False,
        }  # fmt: skip


def place_columns(place: Place) -> dict[str, str | None]:
    """The stable ids of a place and the versions in force now."""
    zone = place.zone
    return {
        "place_state": place.state,
        "street_id": place.street.area_id if place.street else None,
        "street_version_id": place.street.id if place.street else None,
        "community_id": place.community.area_id if place.community else None,
        "grid_id": place.grid.area_id if place.grid else None,
        "grid_version_id": place.grid.id if place.grid else None,
        "zone_id": zone.area_id if zone else None,
        "zone_version_id": zone.id if zone else None,
    }


def plate_of(issue: IssueType, text: str | None, *, is_needed: bool = True) -> str | None:
    """A plate in its normal form. Raises Invalid when the kind needs one, or it is none."""
    text = (text or "").strip()
    if not text:
        if issue.needs_plate and is_needed:
            raise Invalid("plate_missing", field="plate")
        return None
    return normal_plate(text) if issue.plate_series == "motor" else text[:20]


def _point(capture: Capture) -> Point | None:
    if capture.pin:
        return capture.pin
    return (capture.position.lon, capture.position.lat) if capture.position else None


def _place_of(work: Work, capture: Capture) -> Place:
    point = _point(capture)
    return find_place(work, *point) if point else Place("no_position")


def _existing(work: Work, record_id: str) -> Record:
    record = work.records.get(record_id)
    assert record is not None, "a record just written or found"
    return record


def _photo_row(record_id: str, ordinal: int, photo: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()), "record_id": record_id, "ordinal": ordinal, "sha256": photo.sha256,
        "size": photo.size, "media_type": photo.media_type, "shot": photo.shot, "source": photo.source,
        "taken_at": photo.taken_at, "position": position_json(photo.position), "derived_from": photo.derived_from,
        "preview": photo.preview, "state": "expected", "views": "none", "facts": {},
    }  # fmt: skip


def _payload(row: dict[str, Any], capture: Capture) -> dict[str, Any]:
    kept = {k: row[k] for k in ("number", "issue_type", "place_state", "street_version_id", "grid_version_id",
                                "zone_version_id", "content_hash", "lon", "lat")}  # fmt: skip
    if row["subject_id"]:
        kept |= {"kind": row["kind"], "subject_id": row["subject_id"]}
    if row["clock_off_s"] is not None:
        kept |= {"phone_captured_at": capture.captured_at, "phone_sent_at": capture.sent_at}
    return {**kept, "photos": [{"sha256": p.sha256, "shot": p.shot, "size": p.size} for p in capture.photos]}
