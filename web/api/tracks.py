"""The track of a patrol comes in here, some points at a time. It goes out on a page alone, where a reason is asked."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from domain.tracks import ACCURACY_AT_MOST_M, POINTS_AT_MOST, TrackPart, TrackPoint
from services import Services
from web.api.captures import Moment
from web.gate import actor_of


class TrackPointIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    at: Moment
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    accuracy_m: float | None = Field(None, ge=0, le=ACCURACY_AT_MOST_M, allow_inf_nan=False)


class TrackIn(BaseModel):
    """Whose it is, the login or token says; nothing in the body does."""

    model_config = ConfigDict(extra="forbid")

    schema_: Literal[1] = Field(alias="schema")
    id: uuid.UUID
    patrol_id: uuid.UUID
    sent_at: Moment | None = None
    points: list[TrackPointIn] = Field(min_length=1, max_length=POINTS_AT_MOST)


def router(services: Services) -> APIRouter:
    doors = APIRouter()

    @doors.post("/tracks", status_code=201, response_model=None, responses={200: {"description": "the same again"}})
    def receive(body: TrackIn, request: Request) -> JSONResponse:
        points = tuple(TrackPoint(p.at, p.lon, p.lat, p.accuracy_m) for p in body.points)
        part = TrackPart(str(body.id), str(body.patrol_id), points, body.sent_at)
        is_new = services.tracks.receive(part, actor_of(request))
        told: dict[str, Any] = {"id": part.id, "points": len(points)}
        return JSONResponse(told, 201 if is_new else 200)

    return doors
