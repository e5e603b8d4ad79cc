"""What is not drawn right between zones, as GeoJSON for the map of the report."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services import Services
from web.answers import geojson
from web.gate import actor_of


def router(services: Services) -> APIRouter:
    doors = APIRouter()

    @doors.get("/topology.geojson", response_class=Response)
    def findings(
        request: Request, street: Annotated[str | None, Query(max_length=64)] = None,
        basis: Annotated[str, Query(max_length=16)] = "in_force",
    ) -> Response:  # fmt: skip
        return geojson(request, services.topology.on_map(street, actor_of(request), basis=basis))

    return doors
