"""Is every home managed? Coverage per street and per grid, with what it was counted from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from domain.errors import Invalid
from domain.policy.permissions import Permissions
from domain.records import Actor, Area
from geo.coverage import BuildingsByZone, UnitCoverage, managed_coverage, total
from geo.geojson import simplified_coverage
from geo.locate import PlaceIndex
from storage.store import Store

UNITS = ("street", "grid")


@dataclass(frozen=True)
class UnitRow:
    """One street or grid with its figures; `last_seen` is the newest record captured in it, None for never."""

    area: Area
    figures: UnitCoverage
    unmanaged_zones: int
    last_seen: datetime | None


@dataclass(frozen=True)
class Coverage:
    """rows: one per unit in force. whole: their sum. as_of: when it was counted."""

    unit: str
    rows: tuple[UnitRow, ...]
    whole: UnitCoverage
    as_of: datetime
    unmanaged_zones: int
    zones: int

    def lines(self, tolerance_m: float) -> list[object]:
        """The units' polygons for a small map, thinned without opening gaps; EPSG:4326, in the order of rows."""
        return list(simplified_coverage([row.area.geometry for row in self.rows], tolerance_m))


class CoverageService:
    def __init__(self, store: Store, permissions: Permissions, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._permissions = permissions
        self._clock = clock
        self._counted: dict[tuple[str, int, int, int], Coverage] = {}

    def per(self, unit: str, actor: Actor) -> Coverage:
        """Coverage per street or per grid. Counted anew when zones, units or buildings have changed.

        Raises Invalid for another unit, NotAllowed.
        """
        self._permissions.require(actor, "coverage.read")
        if unit not in UNITS:
            raise Invalid("unknown_unit", field="unit")
        with self._store.look() as work:
            key = (unit, work.areas.stamp(unit), work.areas.stamp("zone"), work.buildings.count())
            last_seen = work.records.last_seen(f"{unit}_id")
            found = self._counted.get(key)
            if found is None:
                units, zones = work.areas.in_force(unit), work.areas.in_force("zone")
                buildings = work.buildings.figures()
        if found is None:
            found = self._count(unit, units, zones, buildings)
            self._counted = {k: v for k, v in self._counted.items() if k[0] != unit} | {key: found}
        rows = tuple(UnitRow(r.area, r.figures, r.unmanaged_zones, last_seen.get(r.area.area_id)) for r in found.rows)
        return Coverage(unit, rows, found.whole, found.as_of, found.unmanaged_zones, found.zones)

    def _count(self, unit: str, units: list[Area], zones: list[Area], buildings: list[object]) -> Coverage:
        lon = np.array([b.lon for b in buildings])  # type: ignore[attr-defined]
        lat = np.array([b.lat for b in buildings])  # type: ignore[attr-defined]
        unit_at, _ = PlaceIndex(range(len(units)), [u.geometry for u in units]).many(lon, lat)
        zone_at, zone_count = PlaceIndex(range(len(zones)), [z.geometry for z in zones]).many(lon, lat)
        modes = [z.mode for z in zones]
        mode = np.array([modes[z] if n == 1 else None for z, n in zip(zone_at, zone_count, strict=True)], dtype=object)
        by_zone = BuildingsByZone(
            unit=unit_at, is_residential=np.array([b.is_residential for b in buildings], dtype=bool),  # type: ignore[attr-defined]
            households=np.array([b.households for b in buildings], dtype=float),  # type: ignore[attr-defined]
            zone_count=zone_count, mode=mode,
        )  # fmt: skip
        figures = managed_coverage([u.geometry for u in units], [z.geometry for z in zones], modes, by_zone)
        bare = [z for z in zones if z.mode in (None, "unmanaged")]
        bare_at = _main_units(unit, units, bare)
        rows = tuple(
            UnitRow(area, row, bare_at.get(area.area_id, 0), None) for area, row in zip(units, figures, strict=True)
        )
        return Coverage(unit, rows, total(figures), self._clock(), len(bare), len(zones))


def _main_units(unit: str, units: list[Area], zones: list[Area]) -> dict[str, int]:
    """How many of these zones stand in each unit, each counted once where its centre lies."""
    counts: dict[str, int] = {}
    if not zones:
        return counts
    centres = [z.geometry.representative_point() for z in zones]
    at, _ = PlaceIndex(range(len(units)), [u.geometry for u in units]).many(
        np.array([p.x for p in centres]), np.array([p.y for p in centres])
    )
    for i in at:
        if i >= 0:
            area_id = units[int(i)].area_id
            counts[area_id] = counts.get(area_id, 0) + 1
    return counts
