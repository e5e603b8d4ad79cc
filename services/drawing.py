"""The drawing board's own questions: which version of a zone is drawn on, and what an edit would make of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import shapely
from shapely.geometry.base import BaseGeometry

from domain.errors import Invalid, NotFound
from domain.policy.permissions import Permissions
from domain.records import Actor, Area
from geo import edits, measure
from geo.geojson import geometry_to_geojson
from services.zone_borders import MovedLine
from services.zones import read_polygon
from storage.store import Store, Work

T = TypeVar("T")
DRAWN_DECIMALS = 7  # what is stored: an untouched border comes back as it was


@dataclass(frozen=True)
class Opened:
    """A zone's version on the board: its words for the form and its whole line, parts and holes, in lon/lat.
    base_version_id: the newest version there is, whatever became of it; a save tells it back."""

    id: str
    version_id: str
    base_version_id: str
    version: int
    status: str
    name: str
    kind: str
    mode: str
    geometry: dict[str, Any]


@dataclass(frozen=True)
class Edited:
    """What an edit would make: nothing is stored. shapes: one, or the two sides of a split, the larger first.
    neighbours: zones whose line gains corners, with that line."""

    shapes: tuple[dict[str, Any], ...]
    areas_m2: tuple[float, ...]
    neighbours: tuple[tuple[Area, dict[str, Any]], ...] = ()


class Drawing:
    def __init__(self, store: Store, permissions: Permissions) -> None:
        self._store = store
        self._permissions = permissions

    def open(self, zone_id: str, actor: Actor) -> Opened:
        """The newest draft that is ahead of the version in force, else that. Raises NotFound, NotAllowed."""
        self._permissions.require(actor, "zone.draft")
        with self._store.look() as work:
            every = [v for v in work.areas.versions(zone_id) if v.layer == "zone"]
        found = [v for v in every if v.status in ("draft", "in_force")]
        if not found:
            raise NotFound()
        last = max(found, key=lambda v: v.version)
        return Opened(
            id=last.area_id, version_id=last.id, base_version_id=max(every, key=lambda v: v.version).id, version=last.version, status=last.status, name=last.name,
            kind=last.kind or "", mode=last.mode or "", geometry=drawn(last.geometry),
        )  # fmt: skip

    def split(
        self, polygon: dict[str, Any], line: list[tuple[float, float]], zone_id: str | None, actor: Actor
    ) -> Edited:
        """Both sides of a drawn zone along a line. Raises Invalid with the fault's code and place."""
        self._permissions.require(actor, "zone.draft")
        zone = read_polygon(polygon)
        pieces = _edited("line", lambda: edits.split(zone, line))
        corners = shapely.get_coordinates(pieces)
        with self._store.look() as work:
            near = self._near(work, zone, zone_id)
        changed = [(z, edits.with_corners(z.geometry, corners)) for z in near]
        return Edited(
            tuple(drawn(piece) for piece in pieces), _areas(*pieces),
            tuple((z, drawn(line)) for z, line in changed if line is not z.geometry),
        )  # fmt: skip

    def merge(self, polygon: dict[str, Any], with_zone: str, actor: Actor) -> Edited:
        """A drawn zone and a neighbour in force as one. Raises NotFound."""
        self._permissions.require(actor, "zone.draft")
        zone = read_polygon(polygon)
        with self._store.look() as work:
            other = work.areas.current(with_zone)
        if other is None or other.layer != "zone":
            raise NotFound()
        joined = edits.merge(zone, other.geometry)
        return Edited((drawn(joined),), _areas(joined))

    def clip(
        self, polygon: dict[str, Any], zone_id: str | None, actor: Actor, moved: Sequence[MovedLine] = (),
        takes_in: Sequence[str] = (),
    ) -> Edited:  # fmt: skip
        """A drawn zone cut back to its neighbours in force, edge on edge with them. moved: neighbours whose border moved
        with it, in their new line. takes_in: zones merged into it, which are no neighbours. Raises Invalid."""
        self._permissions.require(actor, "zone.draft")
        zone = read_polygon(polygon)
        with self._store.look() as work:
            near = [z for z in self._near(work, zone, zone_id) if z.area_id not in takes_in]
        lines = {each.zone_id: read_polygon(each.polygon) for each in moved}
        around = [lines.get(z.area_id, z.geometry) for z in near]
        clipped = _edited("geometry", lambda: edits.clip(zone, around))
        return Edited((drawn(clipped),), _areas(clipped))

    def _near(self, work: Work, zone: BaseGeometry, zone_id: str | None) -> list[Area]:
        around = measure.widened(zone.bounds, edits.THIN_M)
        return [z for z in work.areas.touching("zone", around) if z.area_id != zone_id]


def _edited(field: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except edits.BadEdit as bad:
        raise Invalid(f"edit_{bad.code}", field=field, at=list(bad.at) if bad.at else None) from bad


def drawn(geometry: BaseGeometry) -> dict[str, Any]:
    """A line as it goes to the board: GeoJSON with every decimal that is stored."""
    return geometry_to_geojson(geometry, decimals=DRAWN_DECIMALS) or {}


def _areas(*shapes: BaseGeometry) -> tuple[float, ...]:
    return tuple(round(float(measure.area_m2(shape)), 2) for shape in shapes)
