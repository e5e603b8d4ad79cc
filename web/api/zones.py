"""Measuring and saving zones while they are drawn; versions on a map; their division as rows and as files."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, FiniteFloat

from domain.records import DivisionRow
from services import Services
from services.beside import Moved
from services.drawing import Edited, drawn
from services.zone_borders import Change, MovedLine, Neighbour
from services.zones import Measured, outline
from web.answers import geojson, made_file
from web.gate import actor_of
from web.problems import lang_of, sentence


class MeasureIn(BaseModel):
    geometry: dict[str, Any]
    zone_id: str | None = Field(None, max_length=64)


class NeighbourIn(BaseModel):
    """A neighbour whose border moved with the zone's."""

    zone_id: str = Field(max_length=64)
    base_version_id: str = Field(max_length=64)
    geometry: dict[str, Any]

    def line(self) -> MovedLine:
        return MovedLine(self.zone_id, self.base_version_id, self.geometry)


class BesideIn(MeasureIn):
    takes_in: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=20)
    neighbours: list[NeighbourIn] = Field(default=[], max_length=50)

    def moved(self) -> list[MovedLine]:
        return [each.line() for each in self.neighbours]


class LiveIn(BesideIn):
    others: list[dict[str, Any]] = Field(default=[], max_length=20)


class EditIn(BesideIn):
    edit: Literal["split", "merge", "clip", "sew"]
    line: list[tuple[FiniteFloat, FiniteFloat]] = Field(default=[], max_length=2000)
    with_zone: str = Field("", max_length=64)


class DraftIn(BesideIn):
    id: uuid.UUID
    name: str = Field(max_length=200)
    kind: str = Field(max_length=32)
    mode: str = Field(max_length=32)
    base_version_id: str | None = Field(None, max_length=64)
    cut_from: str | None = Field(None, max_length=64)
    reasons: list[Annotated[str, Field(max_length=32)]] = Field(default=[], max_length=10)


def router(services: Services) -> APIRouter:
    doors = APIRouter(prefix="/zones")

    @doors.post("/measure")
    def measure(body: LiveIn, request: Request) -> dict[str, Any]:
        found, changes = services.zone_borders.measure(
            body.geometry, body.zone_id, body.moved(), actor_of(request), body.others, body.takes_in
        )
        return measured_json(found) | {"neighbours": [_change_json(change) for change in changes]}

    @doors.post("/edit")
    def edit(body: EditIn, request: Request) -> dict[str, Any]:
        """What an edit would make of a drawn zone; nothing is stored."""
        board, actor = services.drawing, actor_of(request)
        if body.edit == "split":
            return edited_json(board.split(body.geometry, body.line, body.zone_id, actor))
        if body.edit == "merge":
            return edited_json(board.merge(body.geometry, body.with_zone, actor))
        if body.edit == "sew":
            moved, lang = body.moved(), lang_of(request)
            shape, near = services.zone_borders.sew(body.geometry, body.zone_id, moved, actor, body.takes_in)
            return {"shape": drawn(shape), "neighbours": [_neighbour_json(each, lang) for each in near]}
        return edited_json(board.clip(body.geometry, body.zone_id, actor, body.moved(), body.takes_in))

    @doors.post("/drafts", status_code=201, response_model=None)
    def save(body: DraftIn, request: Request) -> Response:
        version, figures, is_new, beside = services.zone_borders.save(
            str(body.id), body.geometry, body.moved(), zone_id=body.zone_id, name=body.name, kind=body.kind,
            mode=body.mode, actor=actor_of(request), base_version_id=body.base_version_id,
            cut_from=body.cut_from, takes_in=body.takes_in, reasons=body.reasons,
        )  # fmt: skip
        answer = {
            "zone_id": version.area_id, "version_id": version.id, "version": version.version, "code": version.code,
            "name": version.name, **measured_json(figures),
            "neighbours": [{"zone_id": v.area_id, "version_id": v.id, "version": v.version, "name": v.name} for v in beside],
        }  # fmt: skip
        return JSONResponse(answer, 201 if is_new else 200)

    @doors.get("/division.{kind}", response_class=Response)
    def export(kind: str, request: Request, street: Annotated[str | None, Query(max_length=64)] = None) -> Response:
        made = services.zone_division.export_file(kind, street, actor_of(request))
        return made_file(made.path, made.name, made.drop)

    @doors.get("/proposals.geojson", response_class=Response)
    def proposals(
        request: Request, street: Annotated[str, Query(max_length=64)], target: int,
        main: Annotated[list[Annotated[str, Query(max_length=32)]] | None, Query(max_length=100)] = None,
    ) -> Response:  # fmt: skip
        return geojson(request, services.proposals.on_map(street, actor_of(request), target=target, main=main))

    @doors.get("/versions/{version_id}/map.geojson", response_class=Response)
    def on_map(
        version_id: str, request: Request, other: Annotated[str | None, Query(alias="with", max_length=64)] = None
    ) -> Response:
        return geojson(request, services.zone_compare.on_map(version_id, other, actor_of(request)))

    @doors.get("/{zone_id}/division")
    def division(
        zone_id: str, request: Request, version: Annotated[str | None, Query(max_length=64)] = None
    ) -> dict[str, Any]:
        found, rows = services.zone_division.of(zone_id, version, actor_of(request))
        return {
            "zone_id": found.area_id, "version_id": found.id, "version": found.version, "status": found.status,
            "code": found.code, "name": found.name, "mode": found.mode, "area_m2": round(found.area_m2, 2),
            "crosses_grids": found.crosses_grids, "grids": [_row_json(row) for row in rows],
        }  # fmt: skip

    return doors


def _row_json(row: DivisionRow) -> dict[str, Any]:
    return {
        "grid_id": row.grid_id, "grid_code": row.grid_code, "grid_name": row.grid_name,
        "area_m2": round(row.area_m2, 2), "share": row.share, "buildings": row.buildings,
        "households": row.households, "is_sliver": row.is_sliver, "piece": outline(row.piece),
    }  # fmt: skip


def measured_json(found: Measured) -> dict[str, Any]:
    return {
        "area_m2": round(found.area_m2, 2), "perimeter_m": round(found.perimeter_m, 2), "buildings": found.buildings,
        "households": found.households,
        "street": {"id": found.street.area_id, "name": found.street.name} if found.street else None,
        "grids": [
            _row_json(r)
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
        "gaps": [
            {
                "kind": g.kind, "area_m2": round(g.area_m2, 2), "buildings": g.buildings, "households": g.households,
                "piece": outline(g.piece),
            }
            for g in found.gaps
        ],
        "gained": moved_json(found.gained), "lost": moved_json(found.lost), "problems": [],
    }  # fmt: skip


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "zone_id": change.zone.area_id, "name": change.zone.name, "gained_m2": round(change.gained_m2, 2),
        "lost_m2": round(change.lost_m2, 2), "gained": moved_json(change.gained), "lost": moved_json(change.lost),
        "overlaps": [{"name": o.zone.name, "area_m2": round(o.area_m2, 2)} for o in change.overlaps],
    }  # fmt: skip


def _neighbour_json(found: Neighbour, lang: str) -> dict[str, Any]:
    return {
        "zone_id": found.newest.area_id, "name": found.newest.name, "base_version_id": found.newest.id,
        "geometry": drawn(found.line), "obstacle": sentence(found.obstacle, lang) if found.obstacle else None,
    }  # fmt: skip


def moved_json(found: Moved | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"buildings": found.buildings, "households": found.households, "points": found.points}


def edited_json(found: Edited) -> dict[str, Any]:
    return {
        "shapes": found.shapes, "areas_m2": found.areas_m2,
        "neighbours": [{"zone_id": z.area_id, "name": z.name, "geometry": line} for z, line in found.neighbours],
    }  # fmt: skip
