"""For whoever reports: their own latest records, what is known nearby, and mending a mistake."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from domain.records import Actor, Record
from i18n import words
from i18n.whereabouts import where
from services import Services
from services.nearby import Near
from web.api.captures import PointIn, Short, Text
from web.api.records import record_json
from web.gate import actor_of

FIELDS = ("issue_type", "note", "building", "unit", "floor", "plate", "pin")


class ReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=1000)


class CorrectionIn(ReasonIn):
    """Only what is to change; id, a UUID of the client, tells a correction sent twice from one made again."""

    id: uuid.UUID | None = None
    issue_type: str = Field("", max_length=64)
    note: Text | None = None
    building: Short | None = None
    unit: Short | None = None
    floor: Short | None = None
    plate: Annotated[str, Field(max_length=32)] | None = None
    pin: PointIn | None = None


def router(services: Services) -> APIRouter:
    doors = APIRouter()

    @doors.get("/my/records")
    def mine(
        request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str, Query(max_length=200)] = "",
    ) -> dict[str, Any]:  # fmt: skip
        actor = actor_of(request)
        found, following = services.own.latest(actor, limit=limit, cursor=cursor)
        return {"items": [_mine(services, record, actor) for record in found], "next_cursor": following}

    @doors.get("/nearby")
    def nearby(
        request: Request, lon: Annotated[float, Query(allow_inf_nan=False)],
        lat: Annotated[float, Query(allow_inf_nan=False)], issue_type: Annotated[str, Query(max_length=64)],
    ) -> dict[str, Any]:  # fmt: skip
        actor = actor_of(request)
        return {"items": [_near(one, actor) for one in services.nearby.find(lon, lat, issue_type, actor)]}

    @doors.patch("/records/{record_id}")
    def correct(record_id: str, body: CorrectionIn, request: Request) -> dict[str, Any]:
        changes = {name: getattr(body, name) for name in FIELDS if name in body.model_fields_set}
        if body.pin is not None:
            changes["pin"] = (body.pin.lon, body.pin.lat)
        actor = actor_of(request)
        changed = services.own.correct(
            record_id, changes, body.reason, actor, correction_id=str(body.id) if body.id else None
        )
        return {**record_json(changed), "may_correct": services.own.may_change(changed, actor)}

    @doors.post("/records/{record_id}/withdraw")
    def withdraw(record_id: str, body: ReasonIn, request: Request) -> dict[str, Any]:
        return {**record_json(services.own.withdraw(record_id, body.reason, actor_of(request))), "may_correct": False}

    return doors


def _mine(services: Services, record: Record, actor: Actor) -> dict[str, Any]:
    return {
        "id": record.id, "number": record.number, "kind": record.kind, "issue_type": record.issue_type,
        "subject_number": record.subject_number, "state": record.state,
        "captured_at": record.captured_at.isoformat(), "received_at": record.received_at.isoformat(),
        "photos_expected": record.photos_expected, "photos_kept": record.photos_kept, "thumb": _picture(record, "thumb"),
        "place": where(record, words(actor.lang)), "place_state": record.place_state, "lon": record.lon,
        "lat": record.lat, "note": record.note, "plate": record.plate,
        "location_text": {"building": record.building, "unit": record.unit, "floor": record.floor},
        "clock_off_s": record.clock_off_s, "may_correct": services.own.may_change(record, actor),
        "url": f"/one_record?id={record.number}",
    }  # fmt: skip


def _near(near: Near, actor: Actor) -> dict[str, Any]:
    """Nobody's name; of a record that the asker may not open, only what tells it apart."""
    record = near.record
    least = {
        "id": record.id, "number": record.number, "issue_type": record.issue_type, "state": record.state,
        "distance_m": round(near.distance_m), "age_days": near.age_days, "may_see": near.may_see,
        "is_mine": record.reporter_id == actor.person_id,
    }  # fmt: skip
    if not near.may_see:
        return {**least, "captured_at": None, "place": None, "note": None, "plate": None, "thumb": None, "view": None}
    return {
        **least, "captured_at": record.captured_at.isoformat(), "place": where(record, words(actor.lang)),
        "note": record.note, "plate": record.plate, "thumb": _picture(record, "thumb"), "view": _picture(record, "view"),
    }  # fmt: skip


def _picture(record: Record, size: str) -> str | None:
    return f"/api/v1/photos/{record.cover_photo_id}/{size}" if record.cover_photo_id else None
