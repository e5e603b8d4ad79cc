"""Reading records and their photos; every row is checked against who asks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from domain.filters import RecordFilter
from domain.records import Photo, Record
from services import Services
from web.answers import geojson, has_it
from web.gate import actor_of

Many = Annotated[list[str], Query(max_length=50)]


def router(services: Services) -> APIRouter:
    doors = APIRouter()

    @doors.get("/records")
    def records(
        request: Request, q: str = "", issue_type: Many = [], place_state: Many = [],  # noqa: B006
        street_id: str | None = None, zone_id: str | None = None, mine: bool = False, since: datetime | None = None,
        until: datetime | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 100,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> dict[str, Any]:  # fmt: skip
        whose = actor_of(request).person_id if mine else None
        view = RecordFilter(q[:50], tuple(issue_type), tuple(place_state), street_id, zone_id, whose, _aware(since),
                            _aware(until), limit, offset)  # fmt: skip
        found, total = services.records.search(view, actor_of(request))
        following = offset + limit if offset + limit < total else None
        return {"items": [record_json(r) for r in found], "total": total, "next_offset": following}

    @doors.get("/records.geojson", response_class=Response)
    def on_map(
        request: Request, q: str = "", issue_type: Many = [], place_state: Many = [],  # noqa: B006
        street_id: str | None = None, zone_id: str | None = None, mine: bool = False, since: datetime | None = None,
        until: datetime | None = None,
    ) -> Response:  # fmt: skip
        whose = actor_of(request).person_id if mine else None
        view = RecordFilter(q[:50], tuple(issue_type), tuple(place_state), street_id, zone_id, whose, _aware(since),
                            _aware(until))  # fmt: skip
        return geojson(request, services.records.on_map(view, actor_of(request)))

    @doors.get("/records/{record_id}")
    def one(record_id: str, request: Request) -> dict[str, Any]:
        actor = actor_of(request)
        record = services.records.get(record_id, actor)
        seen = [
            {"number": s.number, "state": s.state, "captured_at": s.captured_at.isoformat()}
            for s in services.records.sightings(record.id, actor)
        ]
        return {**record_json(record), "sightings": seen, "may_correct": services.own.may_change(record, actor)}

    @doors.get("/photos/{photo_id}/{size}", response_class=Response)
    def photo(
        photo_id: str, size: Literal["thumb", "view", "original"], request: Request, reason: str = ""
    ) -> Response:
        actor = actor_of(request)
        if size == "original":
            kept, path = services.evidence.original(photo_id, reason, actor)
            ending = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}.get(kept.media_type, "heic")
            name = f"{kept.sha256[:16]}.{ending}"
            return FileResponse(
                path, media_type="application/octet-stream",
                headers={"Cache-Control": "no-store", "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
            )  # fmt: skip
        picture = services.evidence.picture(photo_id, size, actor)
        if picture.path is None:
            return Response(picture.data or b"", media_type=picture.media_type, headers={"Cache-Control": "no-store"})
        etag = f'"{photo_id}-{size}-{picture.path.stat().st_mtime_ns:x}"'
        headers = {"Cache-Control": "private, no-cache", "ETag": etag, "Vary": "Cookie"}
        if has_it(request, etag):
            return Response(status_code=304, headers=headers)
        return FileResponse(picture.path, media_type=picture.media_type, headers=headers)

    return doors


def _aware(when: datetime | None) -> datetime | None:
    return when.astimezone() if when is not None and when.tzinfo is None else when


def record_json(record: Record) -> dict[str, Any]:
    def named(found: str | None, name: str | None) -> dict[str, Any] | None:
        return {"id": found, "name": name} if found else None

    zone = named(record.zone_id, record.zone_name)
    return {
        "id": record.id, "number": record.number, "kind": record.kind, "issue_type": record.issue_type,
        "subject": named(record.subject_id, record.subject_number), "state": record.state,
        "captured_at": record.captured_at.isoformat(), "sent_at": record.sent_at.isoformat() if record.sent_at else None,
        "received_at": record.received_at.isoformat(), "reporter": record.reporter_name,
        "lon": record.lon, "lat": record.lat, "place_state": record.place_state,
        "street": named(record.street_id, record.street_name), "grid": named(record.grid_id, record.grid_name),
        "zone": {**zone, "mode": record.zone_mode} if zone else None,
        "location_text": {"building": record.building, "unit": record.unit, "floor": record.floor},
        "note": record.note, "plate": record.plate, "catalogue_edition": record.catalogue_edition,
        "is_sample": record.is_sample, "clock_off_s": record.clock_off_s,
        "photos_expected": record.photos_expected, "photos_kept": record.photos_kept,
        "is_complete": record.photos_kept == record.photos_expected, "cover_photo_id": record.cover_photo_id, "photos": [photo_json(p) for p in record.photos],
    }  # fmt: skip


def photo_json(photo: Photo) -> dict[str, Any]:
    return {
        "id": photo.id, "sha256": photo.sha256, "size": photo.size, "media_type": photo.media_type,
        "shot": photo.shot, "source": photo.source, "state": photo.state, "views": photo.views,
        "taken_at": photo.taken_at.isoformat() if photo.taken_at else None, "has_preview": photo.has_preview,
    }  # fmt: skip
