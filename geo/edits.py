"""Changes of one zone's line beside its neighbours: split by a line, merge, clip to neighbours, narrow gaps.

Frame: EPSG:4326 in and out, rounded to 1e-7 degrees (geo.validity), so that a corner of two zones is one number. Splits
and unions are made in degrees, where a stored border is straight; widths and areas are judged in EPSG:4549 metres.

Codes of BadEdit (a closed set; `at` is the place in lon/lat, None where there is no one place):
  line_too_short     the line has fewer than two places
  line_misses        the line does not touch the zone
  line_ends_inside   the line goes in and does not come out
  piece_too_small    one side would be under a square metre
  nothing_left       the neighbours cover the zone wholly
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.measure import mean_width_m, project, unproject
from geo.validity import DECIMALS, MIN_AREA_M2

CODES = frozenset("line_too_short line_misses line_ends_inside piece_too_small nothing_left".split())
THIN_M = 2.0  # what is narrower between two zones is nobody's land by mistake; roads are wider
SLIVER_M = 0.5
LINE_REACHES_DEG = 1e-5  # about a metre: a line that was caught on the border crosses it for sure
ON_BORDER_DEG = 3e-7  # three roundings

Point = tuple[float, float]


class BadEdit(Exception):
    """`code` is one of CODES and for ever; `at` is (lon, lat) of the fault, or None."""

    def __init__(self, code: str, at: Point | None = None) -> None:
        if code not in CODES:
            raise ValueError(f"unknown code {code}")
        self.code = code
        self.at = at
        super().__init__(f"{code} at {at}" if at else code)


def split(zone: BaseGeometry, line: Sequence[Point]) -> tuple[BaseGeometry, BaseGeometry]:
    """The two sides of a zone along a line; the larger one first. Raises BadEdit.

    The pieces share the cut's corners, do not overlap and make up the zone (to the centimetre of the new corners on
    its border). A part or a piece that the line does not touch stays with the larger side.
    """
    cut = _reaching(line)
    if not cut.intersects(zone):
        raise BadEdit("line_misses", _pair(line[0]))
    edges = shapely.get_parts(shapely.node(shapely.union_all([shapely.boundary(zone), cut])))
    faces = [f for f in shapely.get_parts(shapely.polygonize(edges)) if zone.covers(f.representative_point())]
    sides: tuple[list[Polygon], list[Polygon], list[Polygon]] = ([], [], [])
    for face in faces:
        sides[_side(face, cut)].append(face)
    left, right, neither = (_whole(side) for side in sides)
    if left.is_empty or right.is_empty:
        raise BadEdit("line_ends_inside" if _ends_inside(zone, line) else "line_misses", _fault(zone, line))
    one, two = sorted((left, right), key=lambda side: -float(shapely.area(side)))
    one = _whole([one, neither])
    for piece in (one, two):
        if float(shapely.area(project(piece))) < MIN_AREA_M2:
            raise BadEdit("piece_too_small", _point(piece))
    return one, two


def with_corners(neighbour: BaseGeometry, corners: Any) -> BaseGeometry:
    """The neighbour with each corner set into the edge that it lies on; the same object when none lies on one."""
    known = {tuple(p) for p in np.round(shapely.get_coordinates(neighbour), DECIMALS)}
    new = sorted({(float(x), float(y)) for x, y in np.round(np.reshape(corners, (-1, 2)), DECIMALS)} - known)
    are_near = shapely.dwithin(shapely.boundary(neighbour), shapely.points(np.reshape(new, (-1, 2))), ON_BORDER_DEG)
    wanted = [corner for corner, is_near in zip(new, are_near, strict=True) if is_near]
    if not wanted:
        return neighbour
    parts = [
        Polygon(_ring_with(part.exterior.coords, wanted), [_ring_with(r.coords, wanted) for r in part.interiors])
        for part in shapely.get_parts(neighbour)
    ]
    return parts[0] if isinstance(neighbour, Polygon) else MultiPolygon(parts)


def merge(one: BaseGeometry, two: BaseGeometry) -> BaseGeometry:
    """Both as one zone. What lies apart stays two parts; a crack between them narrower than SLIVER_M closes."""
    joined = _whole([one, two])
    cracks = [h for h in _holes(joined) if float(mean_width_m(project(h))) < SLIVER_M]
    return _whole([joined, *cracks])


def clip(zone: BaseGeometry, neighbours: Sequence[BaseGeometry]) -> BaseGeometry:
    """The zone without what its neighbours cover, edge on edge with them: their corners become its corners.

    Neighbours do not move. Thin gaps that are closed in between it and them become its own. Raises
    BadEdit("nothing_left"). Method: GEOS's coverage cleaner, where the first of two that overlap keeps the ground.
    """
    if not len(neighbours):
        return _rounded(zone)
    cleaned = shapely.coverage_clean(project(np.array([*neighbours, zone], dtype=object)), merge_strategy="min_index")
    mine = _wide(cleaned[-1])
    if mine.is_empty:
        raise BadEdit("nothing_left", _point(zone))
    for hole in _holes(shapely.union_all(cleaned)):
        is_mine = shapely.length(shapely.intersection(hole.boundary, shapely.boundary(mine))) > 0
        if is_mine and float(mean_width_m(hole)) < THIN_M:
            mine = shapely.union(mine, hole)
    return _rounded(unproject(mine))


def narrow_gaps(zone: BaseGeometry, neighbours: Sequence[BaseGeometry], *, width_m: float = THIN_M) -> list[Polygon]:
    """Strips between the zone and its neighbours (or itself) that nobody has and that are narrower than width_m.
    Nothing where no neighbour comes as near as that."""
    if not len(neighbours):
        return []
    mine, *lines = project(np.array([zone, *neighbours], dtype=object))
    shapely.prepare(mine)
    lines = [line for line in lines if shapely.dwithin(mine, line, width_m)]
    if not lines:
        return []
    around = shapely.box(*shapely.bounds(mine)).buffer(2 * width_m, join_style="mitre")
    whole = shapely.union_all([mine, *shapely.intersection(lines, around)])
    half = width_m / 2
    closed = whole.buffer(half, join_style="mitre").buffer(-half, join_style="mitre")
    strips = shapely.get_parts(shapely.difference(closed, whole))
    wanted = [s for s in strips if s.geom_type == "Polygon" and s.area >= MIN_AREA_M2 and s.dwithin(mine, 0.02)]
    return list(unproject(np.array(wanted, dtype=object)))


def left_over(before: BaseGeometry, covered: Sequence[BaseGeometry]) -> list[Polygon]:
    """What the older line held and nobody covers now, without strips narrower than SLIVER_M."""
    rest = shapely.difference(before, shapely.union_all(np.array(covered, dtype=object)))
    return [p for p in shapely.get_parts(unproject(_wide(project(rest)))) if not p.is_empty]


def _reaching(line: Sequence[Point]) -> LineString:
    """The line, a metre longer at both ends."""
    places = [p for i, p in enumerate(line) if i == 0 or tuple(p) != tuple(line[i - 1])]
    if len(places) < 2:
        raise BadEdit("line_too_short", _pair(line[0]) if len(line) else None)
    return LineString([_beyond(places[1], places[0]), *places[1:-1], _beyond(places[-2], places[-1])])


def _beyond(start: Point, end: Point) -> Point:
    way = np.subtract(end, start)
    x, y = np.asarray(end) + way / np.hypot(*way) * LINE_REACHES_DEG
    return float(x), float(y)


def _side(face: Polygon, cut: LineString) -> int:
    """0 left of the line, 1 right of it, 2 when the face has no edge on it: by the way its border runs along the line."""
    ring = shapely.get_coordinates(shapely.orient_polygons(face).exterior)
    holes = [shapely.get_coordinates(r) for r in shapely.orient_polygons(face).interiors]
    along = 0.0
    for points in (ring, *holes):
        middles = shapely.points((points[:-1] + points[1:]) / 2)
        on_line = shapely.dwithin(cut, middles, 1e-9)
        at = shapely.line_locate_point(cut, shapely.points(points))
        along += float(np.sum(np.diff(at)[on_line]))
    return 2 if along == 0.0 else int(along < 0)


def _ends_inside(zone: BaseGeometry, line: Sequence[Point]) -> bool:
    return any(zone.contains(shapely.Point(end)) for end in (line[0], line[-1]))


def _fault(zone: BaseGeometry, line: Sequence[Point]) -> Point:
    return next((_pair(end) for end in (line[-1], line[0]) if zone.contains(shapely.Point(end))), _pair(line[0]))


def _ring_with(ring: Any, corners: Sequence[Point]) -> list[Point]:
    """A closed ring with the corners put between the ends of the edge that each lies on."""
    points = [tuple(p) for p in ring]
    made = [points[0]]
    for start, end in pairwise(points):
        edge = LineString([start, end])
        here = [c for c in corners if edge.dwithin(shapely.Point(c), ON_BORDER_DEG) and c not in (start, end)]
        made += sorted(here, key=lambda c: edge.project(shapely.Point(c)))
        made.append(end)
    return made


def _holes(geometry: BaseGeometry) -> list[Polygon]:
    return [Polygon(ring) for part in shapely.get_parts(geometry) for ring in getattr(part, "interiors", [])]


def _wide(geometry_m: BaseGeometry) -> BaseGeometry:
    """Without parts under a square metre or narrower than SLIVER_M; metres."""
    parts = [p for p in shapely.get_parts(geometry_m) if p.geom_type == "Polygon"]
    kept = [p for p in parts if p.area >= MIN_AREA_M2 and float(mean_width_m(p)) >= SLIVER_M]
    return shapely.union_all(kept) if kept else Polygon()


def _whole(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """All as one, rounded."""
    return _rounded(shapely.union_all(np.array(shapes, dtype=object))) if len(shapes) else Polygon()


def _rounded(geometry: BaseGeometry) -> BaseGeometry:
    """Corners to seven decimals; a ring that the rounding made cross itself is mended."""
    rounded = shapely.transform(geometry, lambda points: np.round(points, DECIMALS))
    if rounded.is_empty or rounded.is_valid:
        return shapely.orient_polygons(rounded, exterior_cw=False)
    parts = [p for p in shapely.get_parts(shapely.make_valid(rounded)) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.orient_polygons(shapely.union_all(parts), exterior_cw=False)


def _pair(place: Point) -> Point:
    return float(place[0]), float(place[1])


def _point(geometry: BaseGeometry) -> Point:
    point = shapely.point_on_surface(geometry)
    return float(point.x), float(point.y)
