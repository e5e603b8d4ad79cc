"""Measuring and saving zones while they are drawn."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from services import Services
from services.zones import Measured, outline
from web.gate import actor_of


class MeasureIn(BaseModel):
    geometry: dict[str, Any]
    zone_id: str | None = Field(None, max_length=64)


class DraftIn(MeasureIn):
    id: uuid.UUID
    name: str = Field(max_length=200)
    kind: str = Field(max_length=32)
    mode: str = Field(max_length=32)


def router(services: Services) -> APIRouter:
    doors = APIRouter(prefix="/zones")

    @doors.post("/measure")
    def measure(body: MeasureIn, request: Request) -> dict[str, Any]:
        return measured_json(services.zones.measure(body.geometry, body.zone_id, actor_of(request)))

    @doors.post("/drafts", status_code=201, response_model=None)
    def save(body: DraftIn, request: Request) -> Response:
        version, figures, is_new = services.zones.save_draft(
            str(body.id), body.geometry, zone_id=body.zone_id, name=body.name, kind=body.kind, mode=body.mode,
            actor=actor_of(request),
        )  # fmt: skip
        answer = {
            "zone_id": version.area_id, "version_id": version.id, "version": version.version, "code": version.code,
            "name": version.name, **measured_json(figures),
        }  # fmt: skip
        return JSONResponse(answer, 201 if is_new else 200)

    return doors


def measured_json(found: Measured) -> dict[str, Any]:
    return {
        "area_m2": round(found.area_m2, 2), "perimeter_m": round(found.perimeter_m, 2), "buildings": found.buildings,
        "households": found.households,
        "street": {"id": found.street.area_id, "name": found.street.name} if found.street else None,
        "grids": [
            {
                "grid_id": r.grid_id, "grid_code": r.grid_code, "grid_name": r.grid_name, "area_m2": round(r.area_m2, 2),
                "share": r.share, "buildings": r.buildings, "households": r.households, "is_sliver": r.is_sliver,
                "piece": outline(r.piece),
            }
            for r in found.rows
        ],
        "crosses_grids": found.crosses_grids,
        "overlaps": [
            {
                "zone_id": o.zone.area_id, "name": o.zone.name, "area_m2": round(o.area_m2, 2),
                "buildings": o.buildings, "households": o.households, "piece": outline(o.piece),
            }
            for o in found.overlaps
        ],
        "problems": [],
    }  # fmt: skip
