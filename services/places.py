"""Where things are: a point's street, grid and zone; the map's layers; search by name."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import shapely

from domain.errors import Invalid
from domain.policy.permissions import Permissions
from domain.records import Actor, Area, Place
from geo import geojson, measure
from storage.store import Store, Work

Box = tuple[float, float, float, float]
BUILDINGS_AT_MOST = 4000
BOX_AT_MOST_DEG = 0.08
# How far a layer's lines may be moved for the map, in metres; shared borders stay shared.
SIMPLIFY_M = {"street": 15.0, "community": 10.0, "grid": 4.0, "unit_cell": 0.0, "zone": 0.0}

# Zones are drawn against: seven decimals, so that a caught vertex is the stored one.
DECIMALS = {"zone": 7}


@dataclass(frozen=True)
class LayerFile:
    """One map layer ready to send: GeoJSON bytes and their ETag."""

    body: bytes
    etag: str


class Places:
    def __init__(self, store: Store, permissions: Permissions) -> None:
        self._store = store
        self._permissions = permissions
        self._files: dict[tuple[str, int], LayerFile] = {}
        self._making = threading.Lock()

    def locate(self, lon: float, lat: float, actor: Actor) -> Place:
        """The place of a point, EPSG:4326. Raises Invalid when it is no point on earth."""
        self._permissions.require(actor, "layers.read")
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise Invalid("bad_point", field="lon")
        with self._store.look() as work:
            return find_place(work, lon, lat)

    def layer(self, layer: str, actor: Actor) -> LayerFile:
        """All versions of a layer that the map shows. Made once for each state of the layer."""
        self._permissions.require(actor, "layers.read")
        with self._store.look() as work:
            stamp = work.areas.stamp(layer)
            found = self._files.get((layer, stamp))
            if found:
                return found
            shown = work.areas.shown(layer) if layer == "zone" else work.areas.in_force(layer)
        with self._making:
            found = self._files.get((layer, stamp))
            if found is None:
                found = self._files[(layer, stamp)] = _layer_file(layer, shown)
                for old in [key for key in self._files if key[0] == layer and key[1] < stamp]:
                    del self._files[old]
        return found

    def buildings(self, box: Box, actor: Actor) -> bytes:
        """Buildings whose bounds touch the box, at most 4,000. Raises Invalid for a box over 0.08 degrees wide."""
        self._permissions.require(actor, "layers.read")
        _check_box(box)
        with self._store.look() as work:
            found = work.buildings.touching(box, limit=BUILDINGS_AT_MOST)
        rows = [
            {
                "id": b.id,
                "name": b.name,
                "number": b.number,
                "households": b.households,
                "zone_id": b.zone_id,
                "grid_id": b.grid_id,
            }
            for b in found
        ]
        return geojson.feature_collection([b.id for b in found], [b.geometry for b in found], rows)

    def roads(self, box: Box | None, actor: Actor) -> bytes:
        """Roads touching the box (or all of them), as lines."""
        self._permissions.require(actor, "layers.read")
        with self._store.look() as work:
            found = work.buildings.roads_touching(box or (-180, -90, 180, 90), limit=BUILDINGS_AT_MOST)
        rows = [{"id": r.id, "name": r.name, "kind": r.kind} for r in found]
        return geojson.feature_collection([r.id for r in found], [r.geometry for r in found], rows)

    def search(self, text: str, actor: Actor, *, limit: int = 12) -> list[dict[str, Any]]:
        """Estates, streets, grids, buildings and roads whose name holds the text."""
        self._permissions.require(actor, "layers.read")
        text = text.strip()[:50]
        if not text:
            return []
        with self._store.look() as work:
            streets = work.areas.names("street")
            items = [_area_item(a, streets) for a in work.areas.find(text, limit=limit)]
            items += [_item("road", r.id, r.name, "", r.geometry) for r in work.buildings.find_roads(text, limit=limit)]
            items += [
                _item("building", b.id, b.name, streets.get(b.street_id or "", ""), b.geometry)
                for b in work.buildings.find(text, limit=limit)
            ]
        return items[:limit]

    def choices(self, layer: str, actor: Actor) -> list[Area]:
        """Versions in force of a layer, for lists and pickers."""
        self._permissions.require(actor, "layers.read")
        with self._store.look() as work:
            return work.areas.in_force(layer)

    def name_of(self) -> Callable[[str], str]:
        """Looks stable ids of streets, communities and grids up; an unknown id reads as itself."""
        with self._store.look() as work:
            names = {**work.areas.names("street"), **work.areas.names("community"), **work.areas.names("grid")}
        return lambda area_id: names.get(area_id, area_id)

    def bounds(self, actor: Actor) -> Box | None:
        """The box of what this person mostly works on: the zones of their areas, else the areas, else the city."""
        self._permissions.require(actor, "layers.read")
        mine = {a.scope_id for a in actor.assignments if a.scope_kind != "city"}
        with self._store.look() as work:
            areas = [a for layer in ("street", "community", "grid") for a in work.areas.in_force(layer)]
            zones = work.areas.in_force("zone")
        own = [a for a in areas if a.area_id in mine]
        if not own:
            return measure.bounds([a.geometry for a in areas if a.layer == "street"])
        here = shapely.union_all([a.geometry for a in own])
        inside = [z.geometry for z in zones if here.intersects(z.geometry)]
        return measure.bounds(inside or [here])


def find_place(work: Work, lon: float, lat: float) -> Place:
    """The place of a point among the versions in force, decided exactly; a border point belongs to each side."""
    point = shapely.Point(lon, lat)
    here = [a for a in work.areas.near_point(lon, lat) if a.geometry.intersects(point)]
    here.sort(key=lambda a: a.code)

    def first(layer: str) -> Area | None:
        return next((a for a in here if a.layer == layer), None)

    zones = tuple(a for a in here if a.layer == "zone")
    street = first("street")
    if street is None:
        state = "outside_city"
    else:
        state = {0: "no_zone", 1: "settled"}.get(len(zones), "two_zones")
    return Place(state, street, first("community"), first("grid"), first("unit_cell"), zones)


def _layer_file(layer: str, shown: list[Area]) -> LayerFile:
    lines = [a.geometry for a in shown]
    tolerance_m = SIMPLIFY_M[layer]
    if tolerance_m and lines:
        lines = list(geojson.simplified_coverage(lines, tolerance_m))
    body = geojson.feature_collection(
        [a.area_id for a in shown], lines, [_properties(layer, a) for a in shown], decimals=DECIMALS.get(layer, 6)
    )
    return LayerFile(body, '"' + hashlib.sha256(body).hexdigest()[:32] + '"')


def _properties(layer: str, area: Area) -> dict[str, Any]:
    shared: dict[str, Any] = {"id": area.area_id, "code": area.code, "name": area.name}
    if layer in ("grid", "unit_cell"):
        return {**shared, "kind": area.kind, "street_id": area.street_id}
    if layer == "zone":
        return {
            **shared, "kind": area.kind, "mode": area.mode, "status": area.status, "crosses": area.crosses_grids,
            "households": area.households, "street_id": area.street_id, "version_id": area.id,
        }  # fmt: skip
    return shared


def _area_item(area: Area, streets: dict[str, str]) -> dict[str, Any]:
    where = streets.get(area.street_id or "", "")
    return _item(area.layer, area.area_id, area.name, where, area.geometry)


def _item(kind: str, item_id: str, name: str, where: str, geometry: Any) -> dict[str, Any]:
    lon, lat = measure.label_point(geometry) if geometry.geom_type != "LineString" else _middle(geometry)
    return {"kind": kind, "id": item_id, "name": name, "where": where, "lon": lon, "lat": lat,
            "bbox": list(geometry.bounds)}  # fmt: skip


def _middle(line: Any) -> tuple[float, float]:
    point = line.interpolate(0.5, normalized=True)
    return point.x, point.y


def _check_box(box: Box) -> None:
    west, south, east, north = box
    if not (west <= east and south <= north and east - west <= BOX_AT_MOST_DEG and north - south <= BOX_AT_MOST_DEG):
        raise Invalid("box_too_large", field="bbox")
