"""Is every home managed? Coverage per street and per grid, with what it was counted from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from domain.errors import Invalid
from domain.policy.coverage import SMALL_BASE_HOUSEHOLDS
from domain.policy.permissions import Permissions
from domain.records import Actor, Area
from geo.coverage import UNMANAGED, UnitCoverage, buildings_by_zone, managed_coverage, total
from geo.geojson import geometry_to_geojson, simplified_coverage
from geo.hatch import hatch
from geo.locate import PlaceIndex
from geo.measure import bounds, label_point
from services.policy import LivePolicy
from storage.store import Store

UNITS = ("street", "grid")
# A map some 600 px wide: corners of a pixel or two go, hatching lies some 8 px apart.
THIN_STEPS, THIN_AT_MOST_M = 300, 150.0
HATCH_STEPS = 75


@dataclass(frozen=True)
class UnitRow:
    """One street or grid with its figures; `last_seen` is the newest record captured in it, None for never."""

    area: Area
    figures: UnitCoverage
    zones: int
    unmanaged_zones: int
    last_seen: datetime | None = None

    @property
    def is_small(self) -> bool:
        """So few homes that one building moves the share by points: listed, not ranked."""
        return self.figures.households < SMALL_BASE_HOUSEHOLDS[self.area.layer]

    def counted(self, measure: str) -> tuple[float, float]:
        """(managed, of): homes, residential buildings, or square metres of ground in zones."""
        return counted(self.figures, measure)

    def share(self, measure: str) -> float | None:
        """Managed share, None where nobody has surveyed or nothing is there to be managed."""
        part, whole = self.counted(measure)
        return part / whole if whole and self.figures.is_surveyed else None


@dataclass(frozen=True)
class Drawing:
    """GeoJSON mappings by area id, lon/lat, thinned for one small map. box: west, south, east, north, None for none."""

    shapes: dict[str, dict[str, Any] | None]
    label_at: dict[str, tuple[float, float]]
    hatching: dict[str, dict[str, Any] | None]
    outline: dict[str, Any] | None
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True)
class Coverage:
    """rows: one per unit in force. whole: their sum. as_of: when it was counted. asked_at: now, for "days ago"."""

    unit: str
    rows: tuple[UnitRow, ...]
    whole: UnitCoverage
    as_of: datetime
    asked_at: datetime
    unmanaged_zones: int
    zones: int
    _drawn: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def never_seen(self) -> int:
        """Units without a single record. That does not mean no problems."""
        return sum(row.last_seen is None for row in self.rows)

    def within(self, street_id: str | None) -> Coverage:
        """The same for the units of one street; None gives all."""
        if street_id is None:
            return self
        rows = tuple(r for r in self.rows if street_id in (r.area.area_id, r.area.street_id))
        return replace(self, rows=rows, whole=total(r.figures for r in rows), zones=sum(r.zones for r in rows),
                       unmanaged_zones=sum(r.unmanaged_zones for r in rows))  # fmt: skip

    def listed(self, measure: str) -> tuple[list[UnitRow], list[UnitRow], list[UnitRow]]:
        """(ranked from low to high, too small to rank, without a share), each in a fixed order."""
        with_share = [r for r in self.rows if r.share(measure) is not None]
        with_share.sort(key=lambda r: (r.share(measure), r.area.code))
        without = sorted((r for r in self.rows if r.share(measure) is None), key=lambda r: r.area.code)
        return [r for r in with_share if not r.is_small], [r for r in with_share if r.is_small], without

    def lines(self, tolerance_m: float) -> list[BaseGeometry]:
        """The units' polygons for a small map, thinned without opening gaps; EPSG:4326, in the order of rows."""
        return list(simplified_coverage([row.area.geometry for row in self.rows], tolerance_m))

    def drawing(self) -> Drawing:
        """What a small map of these rows needs; made once for each count, the rows of one street beside all."""
        key = (len(self.rows), self.rows[0].area.id if self.rows else "")
        if key not in self._drawn:
            self._drawn[key] = self._draw()
        return self._drawn[key]

    def _draw(self) -> Drawing:
        area_m2 = sum(row.area.area_m2 for row in self.rows)
        tolerance_m = min(THIN_AT_MOST_M, area_m2**0.5 / THIN_STEPS)
        decimals = 4 if tolerance_m > 40 else 5
        lines = self.lines(tolerance_m)
        bare = [row for row in self.rows if not row.figures.is_surveyed]

        def plain(shape: BaseGeometry) -> dict[str, Any] | None:
            return geometry_to_geojson(shape, decimals=decimals)

        return Drawing(
            shapes={row.area.area_id: plain(line) for row, line in zip(self.rows, lines, strict=True)},
            label_at={row.area.area_id: label_point(line) for row, line in zip(self.rows, lines, strict=True)},
            hatching={row.area.area_id: plain(hatch(row.area.geometry, area_m2**0.5 / HATCH_STEPS)) for row in bare},
            outline=plain(shapely.union_all(lines)),
            box=bounds(lines),
        )


class CoverageService:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._clock = clock
        self._counted: dict[tuple[Any, ...], Coverage] = {}

    def per(self, unit: str, actor: Actor) -> Coverage:
        """Coverage per street or per grid. Counted anew when zones, units or buildings have changed.

        Raises Invalid for another unit, NotAllowed.
        """
        self._permissions.require(actor, "coverage.read")
        if unit not in UNITS:
            raise Invalid("unknown_unit", field="unit")
        edition = self._policy.now().edition
        with self._store.look() as work:
            key = (unit, work.areas.stamp(unit), work.areas.stamp("zone"), work.buildings.count(), edition)
            last_seen = work.records.last_seen(f"{unit}_id")
            found = self._counted.get(key)
            if found is None:
                units, zones = work.areas.in_force(unit), work.areas.in_force("zone")
                buildings = work.buildings.figures()
        if found is None:
            found = self._count(unit, units, zones, buildings)
            self._counted = {k: v for k, v in self._counted.items() if k[0] != unit} | {key: found}
        rows = tuple(replace(row, last_seen=last_seen.get(row.area.area_id)) for row in found.rows)
        return replace(found, rows=rows, asked_at=self._clock())

    def _count(self, unit: str, units: list[Area], zones: list[Area], buildings: list[Any]) -> Coverage:
        policy = self._policy.now().zones
        modes = [zone.mode if zone.mode is None or policy.is_managed(zone.mode) else UNMANAGED for zone in zones]
        by_zone = buildings_by_zone(
            PlaceIndex(range(len(units)), [u.geometry for u in units]),
            PlaceIndex(range(len(zones)), [z.geometry for z in zones]),
            modes,
            [b.lon for b in buildings],
            [b.lat for b in buildings],
            [b.is_residential for b in buildings],
            [b.households for b in buildings],
        )
        figures = managed_coverage(by_zone, [u.geometry for u in units], [z.geometry for z in zones], modes)
        bare = [z for z in zones if not policy.is_managed(z.mode)]
        all_at, bare_at = _main_units(units, zones), _main_units(units, bare)
        rows = tuple(
            UnitRow(area, row, all_at.get(area.area_id, 0), bare_at.get(area.area_id, 0))
            for area, row in zip(units, figures, strict=True)
        )
        now = self._clock()
        return Coverage(unit, rows, total(figures), now, now, len(bare), len(zones))


def counted(figures: UnitCoverage, measure: str) -> tuple[float, float]:
    """(managed, of) for a measure. Raises Invalid for another one."""
    pairs = {
        "households": (figures.households_managed, figures.households),
        "buildings": (figures.buildings_managed, figures.buildings),
        "area": (figures.managed_area_m2, figures.zone_area_m2),
    }
    if measure not in pairs:
        raise Invalid("field_wrong", field="measure")
    return pairs[measure]


def _main_units(units: list[Area], zones: list[Area]) -> dict[str, int]:
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
