"""Counts what is wrong between the zones of a city, once for each state of its layers. No permission here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from domain.policy.zones import ZonePolicy
from domain.records import Area
from domain.topology import Finding, Home
from geo import measure, topology
from geo.locate import PlaceIndex

Shapes = NDArray[np.object_]
Indexes = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """The layers as they were read: zones judged, drafts beside them, streets, communities, rows of buildings."""

    zones: list[Area]
    drafts: list[Area]
    streets: list[Area]
    communities: list[Area]
    buildings: list[Any]


@dataclass
class Counted:
    """shapes: the zones' sound polygons, in their order. found: findings about zones. bare, twice: rows of buildings
    in no zone and in several, most households first; owners: zones of each building in several."""

    ground: Ground
    shapes: Shapes
    index: PlaceIndex
    lons: Floats
    lats: Floats
    households: NDArray[np.int64]
    found: dict[str, Finding]
    bare: Indexes
    twice: Indexes
    owners: dict[int, tuple[int, ...]]
    street_of: dict[int, str]
    community_of: dict[int, str]
    as_of: datetime
    row_of: dict[str, int] = field(default_factory=dict)
    reports: dict[Any, Any] = field(default_factory=dict)

    def of_building(self, row: int) -> Finding:
        """The finding about one building of `bare` or `twice`."""
        building = self.ground.buildings[row]
        zones = tuple(self.ground.zones[i] for i in self.owners.get(row, ()))
        kind = "two_zones" if zones else "no_zone"
        streets = {self.street_of.get(row), *(z.street_id for z in zones)} - {None}
        communities = {self.community_of.get(row), *(z.community_id for z in zones)} - {None}
        return Finding(
            f"{kind}:{building.id}", kind, zones, frozenset(streets), frozenset(communities),  # type: ignore[arg-type]
            (building.lon, building.lat), buildings=1, households=int(self.households[row]), home=Home(building.id),
        )  # fmt: skip

    def finding(self, key: str) -> Finding | None:
        """The finding with this key while it is there."""
        kind, _, building_id = key.partition(":")
        if kind not in ("no_zone", "two_zones"):
            return self.found.get(key)
        row = self.row_of.get(building_id)
        found = None if row is None else self.of_building(row)
        return found if found and found.kind == kind else None

    def inside(self, shape: Any) -> Indexes:
        """Rows of the buildings whose label point a lon/lat polygon holds."""
        west, south, east, north = shape.bounds
        near = np.flatnonzero((self.lons >= west) & (self.lons <= east) & (self.lats >= south) & (self.lats <= north))
        return near[shapely.intersects_xy(shape, self.lons[near], self.lats[near])]


def count(ground: Ground, policy: ZonePolicy, at: datetime) -> Counted:
    """Everything about these layers; geometry in metres, buildings looked up once."""
    zones, buildings = ground.zones, ground.buildings
    lines = topology.sound([z.geometry for z in zones])
    index = PlaceIndex(range(len(zones)), lines)
    lons, lats = np.array([b.lon for b in buildings], float), np.array([b.lat for b in buildings], float)
    households = np.array([b.households or 0 for b in buildings], dtype=np.int64)
    at_home = np.array([bool(b.is_residential) for b in buildings], dtype=bool)
    building, owner = index.owners(lons, lats)
    holders = np.bincount(building, minlength=len(buildings))
    bare, twice = np.flatnonzero((holders == 0) & at_home), np.flatnonzero(holders > 1)
    bare, twice = (rows[np.argsort(-households[rows], kind="stable")] for rows in (bare, twice))
    owners = _owners(building, owner, holders)
    asked = np.concatenate((bare, twice))
    counted = Counted(
        ground, lines, index, lons, lats, households, {}, bare, twice, owners,
        _holders(ground.streets, asked, lons, lats), _holders(ground.communities, asked, lons, lats), at,
        row_of={buildings[row].id: int(row) for row in asked},
    )  # fmt: skip
    found = _with_buildings(list(_between_zones(ground, lines, policy)), lons, lats, households)
    counted.found = {one.key: one for one in found}
    return counted


def _owners(building: Indexes, owner: Indexes, holders: NDArray[Any]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = defaultdict(tuple)
    several = holders[building] > 1
    for row, zone in zip(building[several].tolist(), owner[several].tolist(), strict=True):
        found[row] += (zone,)
    return dict(found)


def _holders(areas: Sequence[Area], rows: Indexes, lons: Floats, lats: Floats) -> dict[int, str]:
    """Which street or community holds each of these buildings."""
    if not len(rows) or not areas:
        return {}
    at, _ = PlaceIndex(range(len(areas)), [a.geometry for a in areas]).many(lons[rows], lats[rows])
    return {int(row): areas[i].area_id for row, i in zip(rows, at.tolist(), strict=True) if i >= 0}


def _between_zones(ground: Ground, lines: Shapes, policy: ZonePolicy) -> Iterator[Finding]:
    zones, metres = ground.zones, measure.project(lines)
    shared = topology.overlaps(metres)
    for i in range(len(shared)):
        pair = tuple(sorted((zones[shared.first[i]], zones[shared.second[i]]), key=lambda z: z.area_id))
        kind = "sliver" if shared.is_thin[i] else "overlap"
        yield _finding(
            f"{kind}:{pair[0].area_id}:{pair[1].area_id}", kind, pair, shared.piece[i], shared.area_m2[i], "shared"
        )
    gaps = topology.gaps(metres)
    for i in range(len(gaps)):
        along = tuple(zones[j] for j in gaps.neighbours[i])
        kind = "sliver" if gaps.is_thin[i] else "gap"
        place = measure.label_point(measure.unproject(gaps.piece[i]))
        yield _finding(f"{kind}:{place[0]:.5f},{place[1]:.5f}", kind, along, gaps.piece[i], gaps.area_m2[i])
    for i, code, at in topology.faults([z.geometry for z in zones]):
        yield _about(zones[i], "ring", lines[i], code, at)
    street_row = {street.area_id: i for i, street in enumerate(ground.streets)}
    streets_m = measure.project(np.array([s.geometry for s in ground.streets], dtype=object))
    left = topology.outside(metres, streets_m, [street_row.get(z.street_id or "", -1) for z in zones])
    for i in range(len(left)):
        zone = zones[left.zone[i]]
        code = "elsewhere" if left.area_m2[i] > zone.area_m2 / 2 else ""
        yield _finding(f"outside:{zone.area_id}", "outside", (zone,), left.piece[i], left.area_m2[i], code)
    for zone, line in zip(zones, lines, strict=True):
        if zone.street_id not in street_row and ground.streets:
            yield _about(zone, "outside", line, "no_street", None)
        if not policy.is_managed(zone.mode):
            yield _about(zone, "no_mode", line, zone.mode or "", None)


def _finding(
    key: str, kind: str, zones: tuple[Area, ...], piece_m: Any, area_m2: float, code: str = ""
) -> Finding:  # fmt: skip
    shape = measure.unproject(piece_m)
    return Finding(key, kind, zones, _ids(zones, "street_id"), _ids(zones, "community_id"),
                   measure.label_point(shape), shape, float(area_m2), code=code)  # fmt: skip


def _about(zone: Area, kind: str, line: Any, code: str, at: tuple[float, float] | None) -> Finding:
    """A finding about one zone as a whole."""
    empty = line is None or line.is_empty
    place = at or (measure.label_point(line) if not empty else (float("nan"), float("nan")))
    return Finding(f"{kind}:{zone.area_id}", kind, (zone,), _ids((zone,), "street_id"), _ids((zone,), "community_id"),
                   place, None if empty else line, zone.area_m2, code=code)  # fmt: skip


def _ids(zones: Sequence[Area], name: str) -> frozenset[str]:
    return frozenset(value for zone in zones if (value := getattr(zone, name)))


def _with_buildings(found: list[Finding], lons: Floats, lats: Floats, households: NDArray[np.int64]) -> list[Finding]:
    """The same with the buildings and households that stand in each shape, the worst first."""
    shapes = [one.shape if one.shape is not None else shapely.Polygon() for one in found]
    building, row = PlaceIndex(range(len(shapes)), shapes).owners(lons, lats)
    buildings = np.bincount(row, minlength=len(found))
    homes = np.bincount(row, weights=households[building], minlength=len(found))
    full = [replace(one, buildings=int(buildings[i]), households=int(homes[i])) for i, one in enumerate(found)]
    return sorted(full, key=lambda one: (-one.households, -one.area_m2, one.key))
