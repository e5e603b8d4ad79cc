"""Finds what is wrong between zones: overlaps, gaps, thin leftovers, rings that meet themselves, ground outside a street.

Frame: EPSG:4549 metres in and out; buildings are asked elsewhere (geo.locate). Rows are sound polygons, except where
`faults` is asked. Empty and None rows find nothing.

Noise and slivers. What is under a square metre is arithmetic, not ground. A piece whose mean width (2 x area /
perimeter) is below half a metre is thin: two lines that were meant to be one.

Gaps. Ground that zones close in on every side, whatever its size, where at least two of them stand round it (a hole
drawn into one zone is meant); and strips between neighbours that come closer than `within_m`, open at the ends. Zones
far apart are no gap: fields lie between them.
Method: an edge with no edge running the other way in a neighbour is open. Open edges of zones that have a near
neighbour are noded and polygonised; a face that no zone holds is closed in. A strip is what closing a pair (grow by
half the distance, shrink again, both with sharp corners) adds to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.division import NOISE_M2, POLYGON, SLIVER_WIDTH_M
from geo.measure import mean_width_m
from geo.validity import BadGeometry, Point, check_polygon

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]
Indexes = NDArray[np.intp]
Flags = NDArray[np.bool_]

FOUND_FROM_M2 = 1.0
GAP_WITHIN_M = 2.0
OUTSIDE_ALLOWED = 0.001  # of a zone: the border with the next street is never drawn exactly alike
TOUCH_M = 0.02
ROUND_M = 0.001


@dataclass(frozen=True)
class Overlaps:
    """One row per pair of zones that share ground; first < second. piece: all they share."""

    first: Indexes
    second: Indexes
    piece: Shapes
    area_m2: Floats
    is_thin: Flags

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True)
class Gaps:
    """One row per gap; neighbours: zones along it, the longest border first."""

    piece: Shapes
    area_m2: Floats
    is_thin: Flags
    neighbours: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.piece)


@dataclass(frozen=True)
class Outside:
    """One row per zone that leaves its street."""

    zone: Indexes
    piece: Shapes
    area_m2: Floats

    def __len__(self) -> int:
        return len(self.zone)


def faults(zones: Any) -> list[tuple[int, str, Point | None]]:
    """(row, code of geo.validity, lon/lat of the place) of every EPSG:4326 zone that is no sound polygon."""
    layer = _layer(zones)
    found: list[tuple[int, str, Point | None]] = []
    for i in np.flatnonzero(~(shapely.is_valid(layer) & ~shapely.is_empty(layer))):
        try:
            check_polygon(layer[i])
        except BadGeometry as bad:
            found.append((int(i), bad.code, bad.at))
    return found


def sound(zones: Any) -> Shapes:
    """The same layer with unsound polygons mended, so that the rest can be asked about; polygon parts only."""
    layer = _layer(zones)
    bad = np.flatnonzero(~shapely.is_valid(layer) & ~shapely.is_missing(layer))
    layer[bad] = [polygon_parts(shapely.make_valid(one, method="structure")) for one in layer[bad]]
    return layer


def overlaps(zones_m: Any) -> Overlaps:
    """Every pair that shares more than a square metre."""
    zones = _layer(zones_m)
    first, second = shapely.STRtree(zones).query(zones)
    first, second = first[first < second], second[first < second]
    # Of two that share ground at least one has an edge that fits no neighbour, also where one lies in the other.
    odd = np.zeros(len(zones), dtype=bool)
    used = np.flatnonzero(~(shapely.is_missing(zones) | shapely.is_empty(zones)))  # it would lose count at the others
    if len(used):
        odd[used] = shapely.length(shapely.coverage_invalid_edges(zones[used])) > 0
    asked = odd[first] | odd[second]
    first, second = first[asked], second[asked]
    piece = np.array([], dtype=object) if not len(first) else shapely.intersection(zones[first], zones[second])
    area = shapely.area(piece)
    kept = np.flatnonzero(area > FOUND_FROM_M2)
    shared = _layer([polygon_parts(one) for one in piece[kept]])
    return Overlaps(first[kept], second[kept], shared, area[kept], _is_thin(shared))


def gaps(zones_m: Any, *, within_m: float = GAP_WITHIN_M) -> Gaps:
    """Ground that no zone holds although zones stand close round it."""
    zones = _layer(zones_m)
    tree = shapely.STRtree(zones)
    first, second = tree.query(zones, predicate="dwithin", distance=within_m)
    first, second = first[first < second], second[first < second]
    used = np.unique(np.concatenate((first, second)))
    lines = _open_edges(zones, used)
    found = _closed_in(lines, zones, tree)
    found += _strips(lines, first, second, zones, tree, within_m)
    pieces = _layer([p for p in shapely.get_parts(shapely.union_all(found)) if p.geom_type == "Polygon"])
    pieces = pieces[shapely.area(pieces) > FOUND_FROM_M2]
    along = _neighbours(pieces, zones, tree)
    several = np.array([len(one) > 1 for one in along], dtype=bool)
    pieces = pieces[several]
    return Gaps(pieces, shapely.area(pieces), _is_thin(pieces), tuple(one for one in along if len(one) > 1))


def outside(zones_m: Any, streets_m: Any, street_of: Any) -> Outside:
    """What of each zone leaves its street. street_of: row of the street, -1 for none (that zone is not asked)."""
    zones, streets = _layer(zones_m), _layer(streets_m)
    street = np.asarray(street_of, dtype=np.intp)
    asked = np.flatnonzero((street >= 0) & ~shapely.is_missing(zones))
    asked = asked[np.argsort(street[asked], kind="stable")]
    held = shapely.force_2d(streets)  # copies: preparing marks a geometry, and the caller's may be shared
    shapely.prepare(held)
    open_zones = np.sort(asked[~shapely.covers(held[street[asked]], zones[asked])])
    left = shapely.difference(zones[open_zones], streets[street[open_zones]]) if len(open_zones) else _layer([])
    area = shapely.area(left)
    kept = (area > FOUND_FROM_M2) & (area > OUTSIDE_ALLOWED * shapely.area(zones[open_zones]))
    piece = _layer([polygon_parts(one) for one in left[kept]])
    kept_zones, area = open_zones[kept], area[kept]
    wide = ~_is_thin(piece)
    return Outside(kept_zones[wide], piece[wide], area[wide])


def same_ground(one: Any, other: Any) -> bool:
    """Whether two shapes (EPSG:4549) differ by no more than arithmetic, wherever their corners are set."""
    mended = sound([one, other])
    return bool(shapely.area(shapely.symmetric_difference(mended[0], mended[1])) < FOUND_FROM_M2)


def polygon_parts(geometry: Any) -> Any:
    """A geometry without its lines and points; an empty polygon when nothing else is there."""
    parts = [p for p in shapely.get_parts(shapely.get_parts(geometry)) if shapely.get_type_id(p) == POLYGON]
    parts = [p for p in parts if shapely.area(p) > NOISE_M2 * 1e-10]  # in degrees too
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts) if parts else shapely.Polygon()


def _layer(shapes: Any) -> Shapes:
    layer = np.empty(len(shapes), dtype=object)
    layer[:] = shapes
    return layer


def _is_thin(pieces: Shapes) -> Flags:
    return np.asarray(mean_width_m(pieces)) < SLIVER_WIDTH_M if len(pieces) else np.zeros(0, dtype=bool)


def _open_edges(zones: Shapes, used: Indexes) -> Shapes:
    """Per zone (all rows, None where not used or nothing is open): its edges that no other zone runs back along.

    Corners are compared as whole millimetres; shells run one way and holes the other, so a true neighbour's edge is
    the same edge backwards.
    """
    lines = np.full(len(zones), None, dtype=object)
    rings, of_zone = shapely.get_rings(shapely.orient_polygons(zones[used]), return_index=True)
    points, of_ring = shapely.get_coordinates(rings, return_index=True)
    if not len(points):
        return lines
    whole = np.round((points - points.min(axis=0)) / ROUND_M).astype(np.int64)
    _, corner = np.unique(whole[:, 0] * (1 << 32) + whole[:, 1], return_inverse=True)
    here = np.flatnonzero((of_ring[1:] == of_ring[:-1]) & (corner[1:] != corner[:-1]))
    count = int(corner.max()) + 1
    forth = corner[here].astype(np.int64) * count + corner[here + 1]
    back = corner[here + 1].astype(np.int64) * count + corner[here]
    here = here[~np.isin(forth, back)]
    edges = shapely.linestrings(np.stack((points[here], points[here + 1]), axis=1))
    owner = used[of_zone[of_ring[here]]]
    some = np.unique(owner)
    place = np.searchsorted(some, owner)
    if len(some):
        # Long lines instead of single edges: noding them is ten times as fast.
        lines[some] = shapely.line_merge(shapely.multilinestrings(edges, indices=place))
    return lines


def _closed_in(lines: Shapes, zones: Shapes, tree: shapely.STRtree) -> list[Any]:
    """Faces between the open edges that no zone holds."""
    some = lines[~shapely.is_missing(lines)]
    if not len(some):
        return []
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(some)]))
    if not len(faces):
        return []
    held = np.unique(tree.query(shapely.point_on_surface(faces), predicate="intersects")[0])
    return list(np.delete(faces, held))


def _strips(
    lines: Shapes, first: Indexes, second: Indexes, zones: Shapes, tree: shapely.STRtree, within_m: float
) -> list[Any]:
    """Narrow ground between pairs whose open edges come close."""
    both = ~(shapely.is_missing(lines[first]) | shapely.is_missing(lines[second]))
    first, second = first[both], second[both]
    close = shapely.dwithin(lines[first], lines[second], within_m)
    found = []
    grow = {"quad_segs": 2, "join_style": "mitre"}
    for one, other in zip(first[close], second[close], strict=True):
        # Only where the two come close: a whole border takes a hundred times as long.
        near = shapely.intersection(
            shapely.box(*_wider(lines[one], within_m)), shapely.box(*_wider(lines[other], within_m))
        )
        window = shapely.box(*_wider(near, 2 * within_m))
        pair = shapely.union(shapely.intersection(zones[one], window), shapely.intersection(zones[other], window))
        closed = shapely.buffer(shapely.buffer(pair, within_m / 2, **grow), -within_m / 2, **grow)
        strip = shapely.intersection(shapely.difference(closed, pair), near)
        if shapely.area(strip) <= FOUND_FROM_M2:
            continue
        around = zones[tree.query(strip, predicate="intersects")]
        found.append(polygon_parts(shapely.difference(strip, shapely.union_all(around))))
    return found


def _wider(geometry: Any, by_m: float) -> tuple[float, float, float, float]:
    west, south, east, north = shapely.bounds(geometry)
    return west - by_m, south - by_m, east + by_m, north + by_m


def _neighbours(pieces: Shapes, zones: Shapes, tree: shapely.STRtree) -> list[tuple[int, ...]]:
    """Per piece the zones along its border, the longest shared stretch first."""
    if not len(pieces):
        return []
    piece, zone = tree.query(pieces, predicate="dwithin", distance=TOUCH_M)
    rim = shapely.boundary(pieces[piece])
    shared = shapely.length(shapely.intersection(rim, shapely.buffer(zones[zone], TOUCH_M, quad_segs=1)))
    order = np.lexsort((zone, -shared, piece))
    order = order[shared[order] > 4 * TOUCH_M]  # a corner that only meets the piece is no border
    piece, zone = piece[order], zone[order]
    return [tuple(zone[piece == i].tolist()) for i in range(len(pieces))]
