"""Map layers as GeoJSON, a point's place, search by name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from domain.errors import Invalid
from domain.records import Area, Place
from services import Services
from web.answers import geojson
from web.gate import actor_of

LAYERS = {"streets": "street", "communities": "community", "grids": "grid", "zones": "zone"}


def router(services: Services) -> APIRouter:
    doors = APIRouter()

    def layer_door(layer: str) -> Any:
        def layer_file(request: Request) -> Response:
            found = services.places.layer(layer, actor_of(request))
            return geojson(request, found.body, found.etag)

        return layer_file

    for name, layer in LAYERS.items():
        doors.add_api_route(f"/{name}.geojson", layer_door(layer), methods=["GET"], response_class=Response, name=name)

    @doors.get("/buildings.geojson", response_class=Response)
    def buildings(request: Request, bbox: str) -> Response:
        return geojson(request, services.places.buildings(_box(bbox), actor_of(request)))

    @doors.get("/roads.geojson", response_class=Response)
    def roads(request: Request, bbox: str | None = None) -> Response:
        return geojson(request, services.places.roads(_box(bbox) if bbox else None, actor_of(request)))

    @doors.get("/locate")
    def locate(
        request: Request, lon: Annotated[float, Query(allow_inf_nan=False)],
        lat: Annotated[float, Query(allow_inf_nan=False)],
    ) -> dict[str, Any]:  # fmt: skip
        return place_json(services.places.locate(lon, lat, actor_of(request)))

    @doors.get("/search")
    def search(request: Request, q: Annotated[str, Query(max_length=50)]) -> dict[str, Any]:
        return {"items": services.places.search(q, actor_of(request))}

    return doors


def place_json(place: Place) -> dict[str, Any]:
    def named(area: Area | None) -> dict[str, Any] | None:
        return {"id": area.area_id, "code": area.code, "name": area.name} if area else None

    return {
        "state": place.state, "street": named(place.street), "community": named(place.community),
        "grid": named(place.grid), "unit_cell": named(place.unit_cell),
        "zones": [{"id": z.area_id, "name": z.name, "mode": z.mode, "kind": z.kind} for z in place.zones],
    }  # fmt: skip


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise Invalid("bad_box", field="bbox") from None
    return west, south, east, north
