"""Captures come in here: the record first; its originals follow in uploads.py."""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from domain.capture import PREVIEW_CAP_BYTES, Capture, CapturePhoto
from domain.errors import Invalid, Refused
from domain.records import Position, Record
from services import Services
from web.gate import actor_of

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
Text = Annotated[str, Field(max_length=4000)]
Short = Annotated[str, Field(max_length=80)]


def _on_a_calendar(when: datetime) -> datetime:
    """A phone without a battery says 1970; no clock says year 1 or 9999, whose neighbours do not exist."""
    if not 1900 <= when.year <= 9000:
        raise ValueError("no phone's time")
    return when


Moment = Annotated[AwareDatetime, AfterValidator(_on_a_calendar)]


class _Kept(BaseModel):
    """Unknown optional fields are kept."""

    model_config = ConfigDict(extra="allow")


class PointIn(_Kept):
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)


class PositionIn(PointIn):
    accuracy_m: float | None = Field(None, ge=0, allow_inf_nan=False)
    fixed_at: Moment | None = None


class LocationIn(_Kept):
    building: Short | None = None
    unit: Short | None = None
    floor: Short | None = None


class PhotoIn(_Kept):
    sha256: Sha256
    size: int
    media_type: str = Field(max_length=64)
    shot: str = Field(max_length=64)
    source: Literal["camera", "gallery"]
    taken_at: Moment | None = None
    position: PositionIn | None = None
    derived_from: Sha256 | None = None
    preview: str | None = Field(None, max_length=PREVIEW_CAP_BYTES * 2)


class CaptureIn(_Kept):
    schema_: Literal[1] = Field(alias="schema")
    id: uuid.UUID
    kind: str = Field(max_length=32)
    issue_type: str = Field(max_length=64)
    subject_id: str | None = Field(None, max_length=64)
    captured_at: Moment
    sent_at: Moment | None = None
    position: PositionIn | None = None
    position_reason: Annotated[str, Field(max_length=200)] | None = None
    pin: PointIn | None = None
    location_text: LocationIn | None = None
    note: Text | None = None
    plate: Annotated[str, Field(max_length=32)] | None = None
    catalogue_edition: str = Field(max_length=64)
    photos: list[PhotoIn] = Field(min_length=1)

    @field_validator("note", "plate", "position_reason", mode="before")
    @classmethod
    def _no_control_signs(cls, value: Any) -> Any:
        return "".join(c for c in value if c >= " " or c in "\n\t") if isinstance(value, str) else value


def router(services: Services) -> APIRouter:
    doors = APIRouter()

    @doors.get("/catalogue")
    def catalogue(request: Request) -> dict[str, Any]:
        return services.intake.catalogue(actor_of(request)).as_json(services.policy.today())

    @doors.post("/captures", status_code=201, response_model=None, responses={200: {"description": "the same again"}})
    def receive(body: CaptureIn, request: Request) -> JSONResponse:
        record, is_new = services.intake.receive(_capture(body), actor_of(request))
        return JSONResponse(receipt(record), 201 if is_new else 200)

    return doors


def receipt(record: Record) -> dict[str, Any]:
    def named(found: str | None, name: str | None) -> dict[str, Any] | None:
        return {"id": found, "name": name} if found else None

    return {
        "id": record.id, "number": record.number, "state": record.state, "place_state": record.place_state,
        "street": named(record.street_id, record.street_name), "grid": named(record.grid_id, record.grid_name),
        "zone": named(record.zone_id, record.zone_name),
        "photos": [{"sha256": p.sha256, "state": p.state} for p in record.photos],
        "url": f"/one_record?id={record.number}",
    }  # fmt: skip


def _capture(body: CaptureIn) -> Capture:
    raw = body.model_dump(mode="json", by_alias=True)
    for photo in raw["photos"]:
        photo.pop("preview", None)
    where = body.location_text or LocationIn()
    return Capture(
        id=str(body.id), kind=body.kind, issue_type=body.issue_type, subject_id=body.subject_id,
        captured_at=body.captured_at, sent_at=body.sent_at, position=_position(body.position),
        position_reason=body.position_reason, pin=(body.pin.lon, body.pin.lat) if body.pin else None,
        building=where.building, unit=where.unit, floor=where.floor, note=body.note, plate=body.plate,
        catalogue_edition=body.catalogue_edition, photos=tuple(_photo(i, p) for i, p in enumerate(body.photos)), body=raw,
    )  # fmt: skip


def _position(given: PositionIn | None) -> Position | None:
    # 0,0 is what a device says when it knows nothing.
    if given is None or (given.lon == 0 and given.lat == 0):
        return None
    return Position(given.lon, given.lat, given.accuracy_m, given.fixed_at)


def _photo(i: int, given: PhotoIn) -> CapturePhoto:
    taken_at: datetime | None = given.taken_at
    return CapturePhoto(
        given.sha256.lower(), given.size, given.media_type, given.shot, given.source, taken_at,
        _position(given.position), given.derived_from.lower() if given.derived_from else None,
        _preview(i, given.preview),
    )  # fmt: skip


def _preview(i: int, given: str | None) -> bytes | None:
    """A small JPEG or nothing; it is shown until the server has made its own picture."""
    if not given:
        return None
    refused: Refused = Invalid("preview_wrong", field=f"photos.{i}.preview")
    try:
        preview = base64.b64decode(given.partition(",")[2] if given.startswith("data:") else given, validate=True)
    except (binascii.Error, ValueError):
        raise refused from None
    if len(preview) > PREVIEW_CAP_BYTES or not preview.startswith(b"\xff\xd8\xff"):
        raise refused
    return preview
