"""One's own records: the latest ones for the phone, and mending a mistake while nobody has taken the record up."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from domain.errors import Conflict, Invalid, NotFound
from domain.filters import WITHDRAWN
from domain.policy.issue import IssueType
from domain.policy.permissions import Permissions
from domain.policy.states import load_states
from domain.records import Actor, Place, Record
from services.intake import NOTE_AT_MOST, place_columns, plate_of
from services.places import find_place
from services.policy import LivePolicy
from services.queue import Queue
from services.views import MAKE_VIEWS
from storage.store import Store, Work

REASON_AT_LEAST, REASON_AT_MOST, TEXT_AT_MOST = 2, 200, 80
TEXTS = ("note", "building", "unit", "floor", "plate")
FIELDS = ("issue_type", *TEXTS, "pin")


class OwnRecords:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, queue: Queue, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._queue = queue
        self._clock = clock

    def latest(self, actor: Actor, *, limit: int = 50, cursor: str = "") -> tuple[list[Record], str | None]:
        """Newest received first, and the cursor of the next page. Raises Invalid for a cursor that is none of ours."""
        self._permissions.require(actor, "record.report")
        before = _read_cursor(cursor) if cursor else None
        with self._store.look() as work:
            found = work.records.own(actor.person_id, limit=limit + 1, before=before)
        return found[:limit], _cursor(found[limit - 1]) if len(found) > limit else None

    def may_change(self, record: Record, actor: Actor) -> bool:
        """True while the asker is its reporter and may correct or withdraw it."""
        self._permissions.require(actor, "app.use")
        is_theirs = record.reporter_id == actor.person_id and self._permissions.allows(actor, "record.report")
        return is_theirs and _is_changeable(record)

    def correct(
        self, record_id: str, changes: Mapping[str, Any], reason: str, actor: Actor, *, correction_id: str | None = None
    ) -> Record:
        """Change some of FIELDS; pin is (lon, lat), or None for back to the fix. The old version stays in the history.

        The same again changes nothing. Raises NotFound for a record that is not one's own, Conflict once somebody has
        taken it up, Invalid naming the field.
        """
        self._permissions.require(actor, "record.report")

        def deed(work: Work) -> Record:
            record = _own(work, record_id, actor)
            if correction_id and any(e.payload.get("correction_id") == correction_id
                                     for e in work.history.of("record", record.id)):  # fmt: skip
                return record
            before, after = self._judged(work, record, changes)
            if not after:
                return record
            self._write(work, record, "record.corrected", after, reason, actor,
                        {"before": before, "after": after, **({"correction_id": correction_id} if correction_id else {})})  # fmt: skip
            if {"issue_type", "place_state", "zone_version_id", "grid_version_id"} & after.keys():
                self._make_views_again(work, record)
            return _again(work, record)

        changed = self._store.run(deed)
        self._queue.nudge()
        return changed

    def withdraw(self, record_id: str, reason: str, actor: Actor) -> Record:
        """Take it back; it stays readable, as void. The same again changes nothing. Raises as `correct` does."""
        self._permissions.require(actor, "record.report")

        def deed(work: Work) -> Record:
            record = _own(work, record_id, actor)
            if record.state in WITHDRAWN:
                return record
            self._write(
                work, record, "record.withdrawn", {"state": WITHDRAWN[0]}, reason, actor, {"before": record.state}
            )
            return _again(work, record)

        return self._store.run(deed)

    def _write(
        self, work: Work, record: Record, action: str, values: dict[str, Any], reason: str, actor: Actor,
        payload: dict[str, Any],
    ) -> None:  # fmt: skip
        if not _is_changeable(record):
            raise Conflict("record_withdrawn" if record.state in WITHDRAWN else "record_taken_up", number=record.number)
        reason = reason.strip()
        if not REASON_AT_LEAST <= len(reason) <= REASON_AT_MOST:
            raise Invalid("change_reason_missing", field="reason", at_most=REASON_AT_MOST)
        work.records.update(record.id, **values)
        if "pin" in values:
            payload = {**payload, "zones": [record.zone_name, _again(work, record).zone_name]}
        work.history.write("record", record.id, action, {"reason": reason, **payload}, actor_id=actor.person_id,
                           at=self._clock())  # fmt: skip

    def _judged(self, work: Work, record: Record, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """What differs, before and after, judged by the policy as a new capture would be."""
        if unknown := set(changes) - set(FIELDS):
            raise Invalid("field_wrong", field=sorted(unknown)[0])
        now = _as_it_is(work, record)
        wanted = {**now, **{name: _text(name, changes[name]) for name in TEXTS if name in changes}}
        issue = self._issue(record, changes.get("issue_type", record.issue_type))
        if issue.code != record.issue_type:
            _fits_type(record, issue)
            wanted |= {"issue_type": issue.code, "catalogue_edition": self._policy.now().edition}
        if "plate" in changes or issue.code != record.issue_type:
            wanted["plate"] = (
                None if record.kind != "report" and not wanted["plate"] else plate_of(issue, wanted["plate"])
            )
        if "pin" in changes and _pin(changes["pin"]) != now["pin"]:
            wanted |= _moved(work, record, _pin(changes["pin"]))
        after = {name: value for name, value in wanted.items() if value != now[name]}
        return {name: now[name] for name in after}, after

    def _issue(self, record: Record, code: str) -> IssueType:
        issues = (
            self._policy.issues_of(record.catalogue_edition) if code == record.issue_type else self._policy.now().issues
        )
        if not issues.has(code):
            raise Invalid("unknown_issue_type", field="issue_type", issue_type=code)
        return issues.get(code)

    def _make_views_again(self, work: Work, record: Record) -> None:
        """The stamp on a view names kind and place."""
        for photo in record.photos:
            if photo.state == "kept":
                self._queue.put(
                    work, MAKE_VIEWS, f"{MAKE_VIEWS}:{photo.id}:{uuid.uuid4().hex[:12]}", {"photo_id": photo.id}
                )


def _own(work: Work, record_id: str, actor: Actor) -> Record:
    record = work.records.get(record_id) or work.records.by_number(record_id)
    if record is None or record.reporter_id != actor.person_id:
        raise NotFound()
    return record


def _again(work: Work, record: Record) -> Record:
    found = work.records.get(record.id)
    assert found is not None
    return found


def _is_changeable(record: Record) -> bool:
    state = load_states().get(record.state)
    return state is not None and state.is_reporters


def _as_it_is(work: Work, record: Record) -> dict[str, Any]:
    texts = {name: getattr(record, name) for name in ("issue_type", "catalogue_edition", *TEXTS, "lon", "lat")}
    return {
        **texts,
        "pin": work.records.pin(record.id),
        **{name: getattr(record, name) for name in place_columns(Place(""))},
    }


def _text(name: str, value: Any) -> str | None:
    text = "".join(c for c in str(value or "") if c >= " " or c in "\n\t").strip()
    at_most = NOTE_AT_MOST if name == "note" else TEXT_AT_MOST
    if len(text) > at_most:
        raise Invalid("note_long" if name == "note" else "field_wrong", field=name, at_most=at_most)
    return text or None


def _pin(value: tuple[float, float] | None) -> dict[str, float] | None:
    return {"lon": value[0], "lat": value[1]} if value else None


def _fits_type(record: Record, issue: IssueType) -> None:
    if record.kind != "report":
        raise Invalid("sighting_keeps_type", field="issue_type")
    missing = issue.missing_shots({photo.shot for photo in record.photos})
    if missing:
        raise Invalid("correction_needs_shot", field="issue_type", shot_zh=missing[0].zh, shot_en=missing[0].en,
                      kind_zh=issue.zh, kind_en=issue.en)  # fmt: skip


def _moved(work: Work, record: Record, pin: dict[str, float] | None) -> dict[str, Any]:
    """The columns of a place; without a pin the fix counts again."""
    point = (pin["lon"], pin["lat"]) if pin else (record.position.lon, record.position.lat) if record.position else None
    if point is None and not record.position_reason:
        raise Invalid("position_reason_missing", field="pin")
    place = find_place(work, *point) if point else Place("no_position")
    lon, lat = point or (None, None)
    return {"pin": pin, "lon": lon, "lat": lat, **place_columns(place)}


def _cursor(record: Record) -> str:
    return base64.urlsafe_b64encode(f"{record.received_at.isoformat()} {record.id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        at, _, record_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").partition(" ")
        found = datetime.fromisoformat(at)
        if found.tzinfo is None or not record_id:
            raise ValueError(cursor)
    except (binascii.Error, ValueError):
        raise Invalid("field_wrong", field="cursor") from None
    return found, record_id
