"""Layers in from files and out again: the upload, what its reading found, and every layer as a file."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from domain.layers import LayerImport
from services import Services
from web.answers import download, geojson, made_file
from web.gate import actor_of
from web.receiving import received

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Datum = Annotated[str | None, Query(max_length=8)]


def router(services: Services) -> APIRouter:
    doors = APIRouter(prefix="/layers")
    imports = services.layer_imports

    @doors.post("/{layer}/imports", status_code=201)
    async def bring(
        layer: str, request: Request, name: Annotated[str, Query(min_length=1, max_length=300)]
    ) -> dict[str, Any]:
        """The body is the file itself; its name is a label. Reading it is a job: ask for its state."""
        actor = actor_of(request)
        kept = await received(request, partial(imports.begin, layer, name, actor), imports.take,
                              lambda arrival: imports.keep(arrival, actor), imports.abandon)  # fmt: skip
        return import_json(kept)

    @doors.get("/imports/{import_id}")
    def state(import_id: uuid.UUID, request: Request) -> dict[str, Any]:
        return import_json(imports.get(str(import_id), actor_of(request)))

    @doors.get("/imports/{import_id}/rows.geojson", response_class=Response)
    def rows(import_id: uuid.UUID, request: Request, datum: Datum = None) -> Response:
        return geojson(request, imports.map_rows(str(import_id), datum, actor_of(request)))

    @doors.get("/imports/{import_id}/problems.xlsx", response_class=Response)
    def problems(import_id: uuid.UUID, request: Request) -> Response:
        actor = actor_of(request)
        name, sheet = imports.problem_sheet(str(import_id), actor)
        return download(sheet, SHEET, name)

    @doors.get("/{layer}/export", response_class=Response)
    def export(layer: str, format: Annotated[str, Query(max_length=20)], request: Request) -> Response:
        made = services.exchange.export_file(layer, format, actor_of(request))
        return made_file(made.path, made.name, made.drop)

    return doors


def import_json(found: LayerImport) -> dict[str, Any]:
    return {
        "id": found.id, "layer": found.layer, "file": found.file_name, "size": found.size, "sha256": found.sha256,
        "state": found.state, "revision": found.revision, "choices": found.choices, "progress": found.progress,
        "summary": found.summary, "refusal": found.refusal, "stored": found.stored,
        "made_at": found.made_at.isoformat(), "url": f"/layers?import={found.id}",
    }  # fmt: skip
