"""Counts how much of the city is managed: by buildings, by households, by area, per street or per grid.

Managed means: a residential building that lies in exactly one zone, and that zone's mode is not `unmanaged` (无).
A building in two zones is disputed and does not count as managed; one in no zone is a gap. Each is counted by its
own name. Rates are never given alone: every row holds numerator and denominator, and a rate with nothing below the
line is None. A unit without any known building is not surveyed (未普查); that is not 0 %.

Frame: EPSG:4326 polygons; areas EPSG:4549 square metres.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.division import OUTSIDE, divide_metres
from geo.locate import PlaceIndex
from geo.measure import project

UNMANAGED = "unmanaged"


@dataclass(frozen=True)
class UnitCoverage:
    """One street or grid, or the sum of several.

    buildings_known: buildings of every use. buildings, households: residential only. households counts those that
    are known; buildings_without_households says how many residential buildings have none on record. The four
    buildings_* after `buildings` add up to it. zone_area_m2: ground inside the unit in zones of any mode, counted once
    where zones overlap; managed_area_m2: the part of it in managed zones.
    """

    buildings_known: int
    buildings: int
    buildings_managed: int
    buildings_in_unmanaged_zone: int
    buildings_in_no_zone: int
    buildings_in_several_zones: int
    households: int
    households_managed: int
    buildings_without_households: int
    area_m2: float
    managed_area_m2: float
    zone_area_m2: float

    @property
    def is_surveyed(self) -> bool:
        return self.buildings_known > 0

    @property
    def building_share(self) -> float | None:
        return _share(self.buildings_managed, self.buildings)

    @property
    def household_share(self) -> float | None:
        return _share(self.households_managed, self.households)

    @property
    def area_share(self) -> float | None:
        """Says how much ground zones with management take, so it is far below 1 where there are fields and hills."""
        return _share(self.managed_area_m2, self.area_m2)

    @property
    def zone_area_share(self) -> float | None:
        """Of the ground that zones take, how much has management; fields and hills do not count."""
        return _share(self.managed_area_m2, self.zone_area_m2)


@dataclass(frozen=True)
class BuildingsByZone:
    """One row per building, any use. zone_count: zones that hold it. mode: the mode of its zone, or None when it is
    in no zone or in several. households: NaN when not on record. unit: row of the street or grid, -1 for none."""

    unit: NDArray[np.intp]
    is_residential: NDArray[np.bool_]
    households: NDArray[np.float64]
    zone_count: NDArray[np.intp]
    mode: NDArray[np.object_]


def buildings_by_zone(
    units: PlaceIndex,
    zones: PlaceIndex,
    zone_modes: Sequence[str | None],
    lons: ArrayLike,
    lats: ArrayLike,
    is_residential: ArrayLike,
    households: ArrayLike,
) -> BuildingsByZone:
    """Look every building point (lon/lat) up in its street or grid and in the zones. zone_modes: in the order in
    which `zones` was given. A building on the border of two zones is in both, as it is disputed."""
    unit, _ = units.many(lons, lats)
    zone, zone_count = zones.many(lons, lats)
    modes = np.array([*zone_modes, None], dtype=object)
    mode = modes[np.where(zone_count == 1, zone, -1)]
    return BuildingsByZone(
        unit, np.asarray(is_residential, dtype=bool), np.asarray(households, dtype=np.float64), zone_count, mode
    )


def managed_coverage(
    buildings: BuildingsByZone, units: Any, zones: Any, zone_modes: Sequence[str | None]
) -> tuple[UnitCoverage, ...]:
    """One row per unit, in the order of `units` (lon/lat polygons). zones: lon/lat polygons with their modes; a mode
    of None counts as unmanaged. Buildings of unit -1 are in no row: compare the sum with the layer to find them."""
    units_m = project(_layer(units))
    zones_m = project(_layer(zones))
    has_mode = np.array([mode is not None and mode != UNMANAGED for mode in zone_modes], dtype=bool)
    managed_m2, zone_m2 = _ground_m2(units_m, zones_m[has_mode]), _ground_m2(units_m, zones_m)
    counted = _count(buildings, len(units_m))
    area = np.nan_to_num(shapely.area(units_m))
    return tuple(
        UnitCoverage(*row) for row in zip(*counted, area.tolist(), managed_m2.tolist(), zone_m2.tolist(), strict=True)
    )


def total(rows: Iterable[UnitCoverage]) -> UnitCoverage:
    """The rows added up. Shares of the sum are of sums, never means of shares."""
    rows = tuple(rows)
    return UnitCoverage(*(sum(getattr(row, column.name) for row in rows) for column in fields(UnitCoverage)))


def _count(buildings: BuildingsByZone, units: int) -> list[list[int]]:
    """The nine counts of UnitCoverage, in its order, each a list over units."""
    in_unit = buildings.unit >= 0
    home = in_unit & np.asarray(buildings.is_residential, dtype=bool)
    in_one = buildings.zone_count == 1
    has_mode = np.array([mode is not None and mode != UNMANAGED for mode in buildings.mode], dtype=bool)
    managed = home & in_one & has_mode
    households = np.asarray(buildings.households, dtype=np.float64)
    known = np.isfinite(households)

    def tally(which: NDArray[np.bool_], weights: ArrayLike | None = None) -> list[int]:
        chosen = None if weights is None else np.asarray(weights)[which]
        counts: list[int] = np.rint(np.bincount(buildings.unit[which], chosen, units)).astype(int).tolist()
        return counts

    return [
        tally(in_unit),
        tally(home),
        tally(managed),
        tally(home & in_one & ~has_mode),
        tally(home & (buildings.zone_count == 0)),
        tally(home & (buildings.zone_count > 1)),
        tally(home & known, households),
        tally(managed & known, households),
        tally(home & ~known),
    ]


def _ground_m2(units_m: Any, zones_m: Any) -> NDArray[np.float64]:
    """Per unit: the ground of these zones in it. Zones that overlap are merged before they are measured."""
    area = np.zeros(len(units_m))
    if not len(zones_m):
        return area
    found = divide_metres(zones_m, units_m, grids_are_a_coverage=False)
    rows = np.flatnonzero(found.grid_index != OUTSIDE)
    rows = rows[np.argsort(found.grid_index[rows], kind="stable")]
    unit, pieces = found.grid_index[rows], found.piece[rows]
    for start, end in _runs(unit):
        several = end - start > 1
        area[unit[start]] = shapely.area(shapely.union_all(pieces[start:end]) if several else pieces[start])
    return area


def _runs(sorted_values: NDArray[np.intp]) -> Iterable[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(sorted_values)) + 1
    limits = [0, *edges.tolist(), len(sorted_values)]
    return pairwise(limits) if len(sorted_values) else ()


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _layer(polygons: Any) -> NDArray[np.object_]:
    layer = np.empty(len(polygons), dtype=object)
    layer[:] = polygons
    return layer
