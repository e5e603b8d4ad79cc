"""Divides management zones over grids: which piece of a zone lies in which grid, and how much of it.

`divide` and `divide_one` take and give EPSG:4326 lon/lat; `divide_metres` takes and gives EPSG:4549. Areas are
always EPSG:4549 square metres. Input is sound polygons (geo.validity), single or of several parts.

Method: box pairs from a tree; a zone that one grid covers is its own piece and, where the grids are a coverage,
needs no other grid; every other pair is intersected, in chunks, on threads when asked (GEOS works without the
interpreter's lock). Only parts with an area stay; lines and points where borders touch are no pieces.

Slivers. A piece is marked a sliver when its share is below `sliver_share`, or its mean width (2 x area / perimeter)
is below half a metre: lines drawn twice never agree exactly. Slivers are kept, so that the sum stays right, but do
not make a zone cross-grid. The largest piece of a zone is never a sliver.

Outside. What no grid holds is a row of its own, with grid_index -1. Its area is zone minus the sum of pieces, so the
shares add up to 1. Where grids overlap, that sum would hide a gap, so there it is measured on the ground left over;
then the shares add up to more than 1, which is a finding about the grids (`share_sum`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.locate import PlaceIndex
from geo.measure import mean_width_m, project, unproject

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]
Indexes = NDArray[np.intp]
Flags = NDArray[np.bool_]

SLIVER_SHARE = 0.005
SLIVER_WIDTH_M = 0.5
NOISE_M2 = 1e-6  # under a square millimetre: the arithmetic, not the ground
OUTSIDE = -1
PAIRS_PER_CHUNK = 1024


@dataclass(frozen=True)
class Division:
    """One row per piece, sorted by zone, then largest first, the ground outside every grid last.

    zone_index, grid_index: rows of the layers given; grid_index -1 is outside every grid. piece: Polygon or
    MultiPolygon in the frame of the call. share: of the zone's area. zone_area_m2: one number per zone, not per row.
    """

    zone_index: Indexes
    grid_index: Indexes
    piece: Shapes
    area_m2: Floats
    share: Floats
    is_sliver: Flags
    zone_area_m2: Floats

    def __len__(self) -> int:
        return len(self.zone_index)

    def rows_of(self, zone: int) -> slice:
        """The rows of one zone."""
        first, last = np.searchsorted(self.zone_index, [zone, zone + 1])
        return slice(int(first), int(last))

    def crosses_grids(self) -> Flags:
        """Per zone: does it lie in more than one grid, slivers not counted?"""
        counted = ~self.is_sliver & (self.grid_index != OUTSIDE)
        return self._per_zone(counted.astype(float)) > 1

    def main_grid(self) -> Indexes:
        """Per zone: the grid with its largest piece that is no sliver; -1 when it lies outside."""
        main = np.full(len(self.zone_area_m2), OUTSIDE, dtype=np.intp)
        rows = np.flatnonzero(~self.is_sliver & (self.grid_index != OUTSIDE))[::-1]
        main[self.zone_index[rows]] = self.grid_index[rows]  # the first row of a zone is written last
        return main

    def outside_share(self) -> Floats:
        """Per zone: the share that no grid holds."""
        return self._per_zone(np.where(self.grid_index == OUTSIDE, self.share, 0.0))

    def share_sum(self) -> Floats:
        """Per zone: all shares with the outside. 1 but for rounding; more where grids overlap; 0 for an empty zone."""
        return self._per_zone(self.share)

    def _per_zone(self, values: Floats) -> Floats:
        return np.bincount(self.zone_index, weights=values, minlength=len(self.zone_area_m2)).astype(np.float64)


def divide(
    zones: Any, grids: Any, *, grids_are_a_coverage: bool, sliver_share: float = SLIVER_SHARE, threads: int = 1
) -> Division:
    """Divide lon/lat zones over lon/lat grids; pieces come back in lon/lat. See `divide_metres`."""
    zones, grids = _layer(zones), _layer(grids)
    both = project(np.concatenate((zones, grids)))
    found = divide_metres(
        both[: len(zones)],
        both[len(zones) :],
        grids_are_a_coverage=grids_are_a_coverage,
        sliver_share=sliver_share,
        threads=threads,
    )
    return _with_pieces(found, unproject(found.piece))


def divide_one(zone: Any, grids: Any, *, grids_are_a_coverage: bool, sliver_share: float = SLIVER_SHARE) -> Division:
    """Divide one lon/lat zone over the few grids near it (those whose boxes meet its box, from the store's index).

    For the drawing panel: no tree, no preparation. Row numbers are those of `grids`; zone_index is 0.
    """
    return divide([zone], grids, grids_are_a_coverage=grids_are_a_coverage, sliver_share=sliver_share)


def divide_metres(
    zones: Any, grids: Any, *, grids_are_a_coverage: bool, sliver_share: float = SLIVER_SHARE, threads: int = 1
) -> Division:
    """Divide EPSG:4549 zones over EPSG:4549 grids.

    grids_are_a_coverage: no two grids overlap and their borders agree (`is_coverage`, asked once per grid version).
    When it is said and not so, shares come out wrong: a zone inside one grid is not looked for in another.
    threads: workers for the intersections. Empty and None polygons give no rows.
    """
    zones, grids = _layer(zones), _layer(grids)
    zone, grid = _box_pairs(zones, grids)
    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        run: Map = pool.map if pool else map
        inside = _covered(zones, grids, zone, grid, run)
        cut = ~inside
        if grids_are_a_coverage:
            cut &= ~np.isin(zone, zone[inside])
        piece = np.empty(len(zone), dtype=object)
        piece[inside] = zones[zone[inside]]
        piece[cut] = _intersections(zones[zone[cut]], grids[grid[cut]], run)
        area = shapely.area(piece)  # NaN where a pair was left out
        kept = area > NOISE_M2
        zone, grid, piece, area = zone[kept], grid[kept], piece[kept], area[kept]
        rest = _outside(zones, grids, zone, grid, area, grids_are_a_coverage, run)
    return _rows(zones, (zone, grid, piece, area), rest, sliver_share)


def is_coverage(polygons: Any) -> bool:
    """Do these polygons share borders exactly and overlap nowhere? Gaps are allowed. Any one frame."""
    return bool(shapely.coverage_is_valid(_layer(polygons)))


Map = Callable[..., Iterable[Any]]
Rows = tuple[Indexes, Indexes, Shapes, Floats]


def _layer(polygons: Any) -> Shapes:
    if isinstance(polygons, Sequence):
        layer = np.empty(len(polygons), dtype=object)
        layer[:] = polygons
        return layer
    return np.asarray(polygons, dtype=object).reshape(-1)


def _box_pairs(zones: Shapes, grids: Shapes) -> tuple[Indexes, Indexes]:
    """Pairs whose boxes meet. One zone needs no tree."""
    if len(zones) == 1:
        (west, south, east, north), box = shapely.bounds(zones)[0], shapely.bounds(grids)
        meets = (box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= north) & (box[:, 3] >= south)
        grid = np.flatnonzero(meets)
        return np.zeros(len(grid), dtype=np.intp), grid
    zone, grid = shapely.STRtree(grids).query(zones)
    return zone, grid


def _covered(zones: Shapes, grids: Shapes, zone: Indexes, grid: Indexes, run: Map) -> Flags:
    """Which pairs have the zone wholly inside the grid, border ties included (so `covers`, not `contains`)."""
    zone_box, grid_box = shapely.bounds(zones), shapely.bounds(grids)
    fits = (grid_box[grid, :2] <= zone_box[zone, :2]).all(1) & (grid_box[grid, 2:] >= zone_box[zone, 2:]).all(1)
    pairs = np.flatnonzero(fits)
    inside = np.zeros(len(zone), dtype=bool)
    if len(zones) == 1:
        inside[pairs] = shapely.covers(grids[grid[pairs]], zones[zone[pairs]])
        return inside
    pairs = pairs[np.argsort(grid[pairs], kind="stable")]  # one prepared grid after the other
    asked, place = np.unique(grid[pairs], return_inverse=True)
    prepared = shapely.force_2d(grids[asked])  # copies: preparing marks a geometry, and the caller's may be shared
    shapely.prepare(prepared)

    def ask(first_grid: int) -> None:
        """A chunk ends where a grid ends: two threads never meet one prepared grid, which GEOS completes lazily."""
        first, last = np.searchsorted(place, (first_grid, first_grid + PAIRS_PER_CHUNK))
        chunk = pairs[first:last]
        inside[chunk] = shapely.covers(prepared[place[first:last]], zones[zone[chunk]])

    for _ in run(ask, range(0, len(asked), PAIRS_PER_CHUNK)):
        pass
    return inside


def _intersections(zones: Shapes, grids: Shapes, run: Map) -> Shapes:
    """The polygon parts of each pair's intersection; an empty polygon where only borders touch."""
    return _only_polygons(_chunked(shapely.intersection, zones, grids, run))


def _chunked(operation: Any, left: Shapes, right: Shapes, run: Map) -> Shapes:
    """Chunks keep the memory flat and give threads something to share."""
    starts = range(0, len(left), PAIRS_PER_CHUNK)

    def one(start: int) -> Shapes:
        return operation(left[start : start + PAIRS_PER_CHUNK], right[start : start + PAIRS_PER_CHUNK])

    found = list(run(one, starts))
    return np.concatenate(found) if found else np.empty(0, dtype=object)


POLYGON, MULTIPOLYGON, COLLECTION = 3, 6, 7


def _only_polygons(shapes: Shapes) -> Shapes:
    """Borders that touch leave lines and points behind, alone or mixed with polygons; take them off."""
    kind = shapely.get_type_id(shapes)
    shapes[(kind != POLYGON) & (kind != MULTIPOLYGON) & (kind != COLLECTION)] = shapely.Polygon()
    for i in np.flatnonzero(kind == COLLECTION):
        parts = shapely.get_parts(shapes[i])
        parts = parts[shapely.get_type_id(parts) == POLYGON]
        shapes[i] = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return shapes


def _outside(
    zones: Shapes, grids: Shapes, zone: Indexes, grid: Indexes, area: Floats, is_coverage: bool, run: Map
) -> Rows:
    """One row per zone for the ground that no grid holds."""
    whole = np.nan_to_num(shapely.area(zones))
    left_m2 = whole - np.bincount(zone, weights=area, minlength=len(zones))
    doubtful = np.zeros(len(zones), dtype=bool)
    if not is_coverage:
        doubtful[_over_overlaps(grids, zone, grid)] = True
        doubtful[zone[area >= whole[zone] - NOISE_M2]] = False  # one grid alone holds it: nothing is left
    open_zones = np.flatnonzero((left_m2 > NOISE_M2) | doubtful)
    order = np.argsort(zone, kind="stable")
    limits = np.searchsorted(zone[order], np.stack((open_zones, open_zones + 1)))
    near = np.empty(len(open_zones), dtype=object)
    for i, (first, last) in enumerate(limits.T):
        near[i] = shapely.union_all(grids[grid[order[first:last]]])
    piece = _only_polygons(_chunked(shapely.difference, zones[open_zones], near, run))
    measured_m2 = shapely.area(piece)
    outside_m2 = np.where(doubtful[open_zones], measured_m2, left_m2[open_zones])
    real = (outside_m2 > NOISE_M2) & (measured_m2 > 0)
    nowhere = np.full(int(real.sum()), OUTSIDE, dtype=np.intp)
    return open_zones[real], nowhere, piece[real], outside_m2[real]


def _over_overlaps(grids: Shapes, zone: Indexes, grid: Indexes) -> Indexes:
    """Zones over a grid whose border disagrees with another grid used here. There, two pieces may overlap and hide
    a gap in the sum. A grid inside another has bad edges itself, so every overlapping pair is caught."""
    used, place = np.unique(grid, return_inverse=True)
    disagrees = shapely.length(shapely.coverage_invalid_edges(grids[used])) > 0
    return np.unique(zone[disagrees[place]])


def _rows(zones: Shapes, inside: Rows, outside: Rows, sliver_share: float) -> Division:
    whole = np.nan_to_num(shapely.area(zones))
    zone, grid, piece, area = (np.concatenate(pair) for pair in zip(inside, outside, strict=True))
    order = np.lexsort((grid, -area, grid == OUTSIDE, zone))
    zone, grid, piece, area = zone[order], grid[order], piece[order], area[order]
    share = area / whole[zone]
    thin = mean_width_m(piece) < SLIVER_WIDTH_M
    largest = np.zeros(len(zones))
    np.maximum.at(largest, zone, area)
    is_sliver = ((share < sliver_share) | thin) & (area < largest[zone])
    return Division(zone, grid, piece, area, share, is_sliver, whole)


def _with_pieces(found: Division, piece: Shapes) -> Division:
    return Division(
        found.zone_index, found.grid_index, piece, found.area_m2, found.share, found.is_sliver, found.zone_area_m2
    )


@dataclass(frozen=True)
class BuildingCount:
    """Buildings and households per row of a Division."""

    buildings: NDArray[np.int64]
    households: NDArray[np.int64]


def count_buildings(
    division: Division, zones: Any, grids: Any, lons: ArrayLike, lats: ArrayLike, households: ArrayLike
) -> BuildingCount:
    """Count building points (lon/lat) per piece. zones and grids: the lon/lat layers that were divided.

    Each building is looked up once in the zones and once in the grids (never in the pieces), and counted under its
    pair. On a border between grids it belongs to the grid of the smaller row number; a pair without a piece (a
    building on the zone's own border) counts in the zone's largest piece, so a zone's counts add up to its
    buildings. A building in two zones counts in both. Unknown households (NaN) count as 0.
    """
    zones, grids = _layer(zones), _layer(grids)
    lons, lats = np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64)
    homes = np.nan_to_num(np.asarray(households, dtype=np.float64))
    building, zone = PlaceIndex(range(len(zones)), zones).owners(lons, lats)
    grid, _ = PlaceIndex(range(len(grids)), grids).many(lons[building], lats[building])
    row = _row_of(division, zone, grid)
    counted = row >= 0
    row, building = row[counted], building[counted]
    return BuildingCount(
        np.bincount(row, minlength=len(division)),
        np.rint(np.bincount(row, weights=homes[building], minlength=len(division))).astype(np.int64),
    )


def _row_of(division: Division, zone: Indexes, grid: Indexes) -> Indexes:
    """The row of each (zone, grid) pair, else the zone's first and largest row, else -1."""
    if not len(division):
        return np.full(len(zone), -1, dtype=np.intp)
    width = int(max(division.grid_index.max(), grid.max(initial=-1))) + 2
    keys = division.zone_index * width + division.grid_index + 1
    order = np.argsort(keys)
    wanted = zone * width + grid + 1
    place = order[np.searchsorted(keys[order], wanted).clip(max=len(keys) - 1)]
    first = np.searchsorted(division.zone_index, zone)
    first = np.where(first < len(division), first, 0)
    fallback = np.where(division.zone_index[first] == zone, first, -1)
    return np.where(keys[place] == wanted, place, fallback)
