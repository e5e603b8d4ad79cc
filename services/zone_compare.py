"""Two versions of a zone side by side: ground, buildings and households gained and lost, and both lines for one map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from domain.errors import Invalid, NotFound
from domain.policy.permissions import Permissions
from domain.records import Actor, Area, Building, DivisionRow
from geo import geojson, measure
from storage.store import Store, Work


@dataclass(frozen=True)
class Part:
    """Ground that only one of the two versions holds."""

    shape: BaseGeometry
    area_m2: float
    buildings: int
    households: int


@dataclass(frozen=True)
class Comparison:
    """What `after` has and `before` has not, and the other way round. pieces: how many grids each lies in."""

    before: Area
    after: Area
    gained: Part
    lost: Part
    pieces: tuple[int, int]


class ZoneCompare:
    def __init__(self, store: Store, permissions: Permissions) -> None:
        self._store = store
        self._permissions = permissions

    def two(self, before_id: str, after_id: str, actor: Actor) -> Comparison:
        """Any two versions of one zone. Raises NotFound, Invalid when they are of two zones."""
        self._permissions.require(actor, "layers.read")
        with self._store.look() as work:
            before, after = (_version(work, i) for i in (before_id, after_id))
            if before.area_id != after.area_id:
                raise Invalid("zone_two_zones", field="with")
            gained = _polygons(shapely.difference(after.geometry, before.geometry))
            lost = _polygons(shapely.difference(before.geometry, after.geometry))
            box = measure.bounds([before.geometry, after.geometry])
            near = work.buildings.touching(box) if box else []
            pieces = tuple(_grids(work.areas.division(v.id)) for v in (before, after))
        return Comparison(before, after, _part(gained, near), _part(lost, near), (pieces[0], pieces[1]))

    def on_map(self, version_id: str, with_id: str | None, actor: Actor) -> bytes:
        """GeoJSON for a small map: the version with its pieces, or two versions with what was gained and lost.

        Each feature says what it is by `part`: version, piece, outside, before, gained, lost.
        """
        self._permissions.require(actor, "layers.read")
        with self._store.look() as work:
            version = _version(work, version_id)
            rows = work.areas.division(version_id)
        shapes: list[Any] = [version.geometry]
        told: list[dict[str, Any]] = [{"part": "version", "name": version.name, "status": version.status,
                                       "mode": version.mode}]  # fmt: skip
        if with_id:
            found = self.two(with_id, version_id, actor)
            for part, shape in (("before", found.before.geometry), ("gained", found.gained.shape),
                                ("lost", found.lost.shape)):  # fmt: skip
                if not shape.is_empty:
                    shapes.append(shape)
                    told.append({"part": part, "name": found.before.name, "status": found.before.status})
        else:
            tinted = 0
            for row in (r for r in rows if r.piece is not None):
                tinted += row.grid_id is not None
                shapes.append(row.piece)
                told.append({"part": "piece" if row.grid_id else "outside", "name": row.grid_name or row.grid_code,
                             "share": row.share, "is_sliver": row.is_sliver,
                             "tint": (tinted - 1) % 2 + 1 if row.grid_id else 0})  # fmt: skip
        return geojson.feature_collection([str(i) for i in range(len(shapes))], shapes, told, decimals=7)


def _grids(rows: list[DivisionRow]) -> int:
    return sum(row.grid_id is not None and not row.is_sliver for row in rows)


def _part(shape: BaseGeometry, near: list[Building]) -> Part:
    inside = [b for b in near if shape.intersects(shapely.Point(b.lon, b.lat))] if not shape.is_empty else []
    return Part(shape, float(measure.area_m2(shape)), len(inside), sum(b.households for b in inside))


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    return shapely.multipolygons(parts) if parts else shapely.Polygon()


def _version(work: Work, version_id: str) -> Area:
    found = work.areas.version(version_id)
    if found is None or found.layer != "zone" or found.status == "staged":
        raise NotFound()
    return found
