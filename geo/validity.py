"""Judges a polygon that someone drew or sent, and says what is wrong and where.

Frame: EPSG:4326, lon/lat degrees. What is accepted is rounded to 1e-7 degrees (1 cm): seven decimals survive JSON
unchanged, so a vertex caught from a neighbour that was served with seven decimals is that neighbour's vertex. The
check runs after rounding: what comes back is what was judged. Height is dropped, outer rings run anticlockwise
(RFC 7946), repeated points go.

Codes of BadGeometry (a closed set; `at` is the place in lon/lat, None where there is no one place):
  not_a_polygon          not a GeoJSON Polygon or MultiPolygon (a Feature around one is fine)
  coordinates_malformed  rings are not nested lists of number pairs
  too_many_points        over 200 000 points
  not_finite             NaN or infinity among the numbers
  not_degrees            numbers in the thousands: metres of a projected frame
  lonlat_swapped         latitude stands first: (29.6, 120.8)
  out_of_range           not a place on earth: |lon| > 180 or |lat| > 90
  ring_open              first and last point differ
  ring_too_short         fewer than three different points
  no_area                flat, or under one square metre
  ring_crosses_itself    one line crosses itself (figure of eight)
  ring_touches_itself    one line meets itself in a point
  rings_cross            a hole's line crosses another line of the same polygon, or runs along it
  hole_outside_shell     a hole lies outside its polygon
  hole_inside_hole       a hole lies inside another hole
  interior_split         holes cut the polygon in two
  part_inside_part       one part lies inside another part
  parts_overlap          two parts cover the same ground, or share a stretch of border
  outside_city           wholly outside the city's outline
  partly_outside_city    more than 0.1 % of it is outside the city's outline
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.measure import mean_width_m, project

CODES = frozenset(
    "not_a_polygon coordinates_malformed too_many_points not_finite not_degrees lonlat_swapped out_of_range ring_open "
    "ring_too_short no_area ring_crosses_itself ring_touches_itself rings_cross hole_outside_shell hole_inside_hole "
    "interior_split part_inside_part parts_overlap outside_city partly_outside_city".split()
)
MAX_POINTS = 200_000
DECIMALS = 7
MIN_AREA_M2 = 1.0
OUTSIDE_ALLOWED = 0.001
METRES_PER_DEGREE = 111_000.0
CHINA_LON, CHINA_LAT = (73.0, 136.0), (3.0, 54.0)

Point = tuple[float, float]
Ring = NDArray[np.float64]


class BadGeometry(Exception):
    """`code` is one of CODES and for ever; `at` is (lon, lat) of the fault, or None."""

    def __init__(self, code: str, at: Point | None = None) -> None:
        if code not in CODES:
            raise ValueError(f"unknown code {code}")
        self.code = code
        self.at = at
        super().__init__(f"{code} at {at}" if at else code)


def polygon_from_geojson(geojson: Any, *, city: BaseGeometry | None = None) -> Polygon | MultiPolygon:
    """A sound polygon out of a parsed GeoJSON geometry or Feature, or BadGeometry.

    city: the city's outline in lon/lat, when the polygon has to lie in it.
    """
    kind, coordinates = _kind_and_coordinates(geojson)
    parts = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(parts, list | tuple) or not parts:
        raise BadGeometry("coordinates_malformed")
    if _points_sent(parts) > MAX_POINTS:
        raise BadGeometry("too_many_points")
    rings = [_rings(part) for part in parts]
    _check_degrees(np.concatenate([ring for part in rings for ring in part]))
    polygons = [_polygon(part) for part in rings]
    polygon = polygons[0] if kind == "Polygon" else MultiPolygon(polygons)
    check_polygon(polygon)
    if city is not None:
        check_inside_city(polygon, city)
    return shapely.orient_polygons(polygon, exterior_cw=False)


def check_polygon(polygon: BaseGeometry) -> None:
    """Raise BadGeometry unless this lon/lat polygon is sound and has an area. For geometry out of GIS files too."""
    if not isinstance(polygon, Polygon | MultiPolygon):
        raise BadGeometry("not_a_polygon")
    points = shapely.get_coordinates(polygon)
    if len(points) > MAX_POINTS:
        raise BadGeometry("too_many_points")
    if not len(points):
        raise BadGeometry("no_area")
    _check_degrees(points)
    rings = shapely.get_rings(polygon)
    flat = np.flatnonzero(_are_flat(rings))
    if len(flat):
        raise BadGeometry("no_area", _first_point(rings[flat[0]]))
    if not shapely.is_valid(polygon):
        raise BadGeometry(*_fault(polygon))
    if float(shapely.area(project(polygon))) < MIN_AREA_M2:
        raise BadGeometry("no_area", _first_point(polygon))


def check_inside_city(polygon: BaseGeometry, city: BaseGeometry) -> None:
    """Raise BadGeometry where more than 0.1 % of the polygon leaves the outline (a shared border is never exact)."""
    outside = shapely.difference(polygon, city)
    share = shapely.area(outside) / shapely.area(polygon)  # of one small place, so degrees are good enough
    if share <= OUTSIDE_ALLOWED:
        return
    place = shapely.point_on_surface(outside)
    raise BadGeometry("outside_city" if share > 0.999 else "partly_outside_city", (place.x, place.y))


def _are_flat(rings: NDArray[np.object_]) -> NDArray[np.bool_]:
    """All points on one straight line, to the centimetre? Judged by the hull: a figure of eight has no area either,
    but is not flat."""
    width_deg = np.asarray(mean_width_m(shapely.convex_hull(rings)))
    return width_deg * METRES_PER_DEGREE < 0.01


def _kind_and_coordinates(geojson: Any) -> tuple[str, Any]:
    if isinstance(geojson, dict) and geojson.get("type") == "Feature":
        geojson = geojson.get("geometry")
    if not isinstance(geojson, dict) or geojson.get("type") not in ("Polygon", "MultiPolygon"):
        raise BadGeometry("not_a_polygon")
    return geojson["type"], geojson.get("coordinates")


def _points_sent(parts: Sequence[Any]) -> int:
    """Counted before reading, so that a huge body is refused before it fills the memory a second time."""
    rings = (ring for part in parts if isinstance(part, list | tuple) for ring in part)
    return sum(len(ring) for ring in rings if isinstance(ring, list | tuple))


def _rings(part: Any) -> list[Ring]:
    if not isinstance(part, list | tuple) or not part:
        raise BadGeometry("coordinates_malformed")
    return [_ring(ring) for ring in part]


def _ring(points: Any) -> Ring:
    """Read one ring: numbers only, closed, rounded, three different points at least."""
    if not isinstance(points, list | tuple):
        raise BadGeometry("coordinates_malformed")
    if not all(_is_position(point) for point in points):
        raise BadGeometry("coordinates_malformed")
    ring = np.array([[_number(value) for value in point[:2]] for point in points], dtype=np.float64).reshape(-1, 2)
    if not np.isfinite(ring).all():
        raise BadGeometry("not_finite")
    if len(ring) and (ring[0] != ring[-1]).any():
        raise BadGeometry("ring_open", _pair(ring[-1]))
    ring = np.round(ring, DECIMALS)
    moved = np.ones(len(ring), dtype=bool)
    moved[1:] = (ring[1:] != ring[:-1]).any(axis=1)
    ring = ring[moved]
    others = ring[(ring != ring[:1]).any(axis=1)]
    if not (others != others[:1]).any():  # all of them one or two places
        raise BadGeometry("ring_too_short", _pair(ring[0]) if len(ring) else None)
    return ring


def _is_position(point: Any) -> bool:
    return (
        isinstance(point, list | tuple)
        and 2 <= len(point) <= 4
        and all(type(value) in (float, int) for value in point)  # what JSON knows; true is no number
    )


def _number(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # JSON allows an integer of 400 digits
        return math.inf


def _check_degrees(points: NDArray[np.float64]) -> None:
    """Finite, on earth, longitude first. Says metres or swapped order where the numbers look like it."""
    lon, lat = points[:, 0], points[:, 1]
    if not np.isfinite(points).all():
        raise BadGeometry("not_finite")
    bad = (np.abs(lon) > 180.0) | (np.abs(lat) > 90.0)
    if not bad.any():
        return
    first = _pair(points[bad][0])
    if np.abs(points).max() > 1000.0:
        raise BadGeometry("not_degrees", first)
    if _within(lat, CHINA_LON) and _within(lon, CHINA_LAT):
        raise BadGeometry("lonlat_swapped", first)
    raise BadGeometry("out_of_range", first)


def _within(values: NDArray[np.float64], limits: tuple[float, float]) -> bool:
    return bool((values >= limits[0]).all() and (values <= limits[1]).all())


def _polygon(rings: list[Ring]) -> Polygon:
    return Polygon(rings[0], rings[1:])


_PLACE = re.compile(r"\[(\S+) (\S+?)\]")
_REASONS = {
    "Ring Self-intersection": "ring_touches_itself",
    "Hole lies outside shell": "hole_outside_shell",
    "Holes are nested": "hole_inside_hole",
    "Interior is disconnected": "interior_split",
    "Nested shells": "part_inside_part",
    "Too few points in geometry component": "ring_too_short",
    "Duplicate Rings": "rings_cross",
}


def _fault(polygon: Polygon | MultiPolygon) -> tuple[str, Point | None]:
    """The code and place of the first fault that GEOS finds, smallest thing first: ring, polygon, whole."""
    for ring in shapely.get_rings(polygon):
        reason = shapely.is_valid_reason(shapely.polygons(ring))
        if reason != "Valid Geometry":
            return _code(reason, "ring_crosses_itself"), _place(reason)
    for part in shapely.get_parts(polygon):
        reason = shapely.is_valid_reason(part)
        if reason != "Valid Geometry":
            return _code(reason, "rings_cross"), _place(reason)
    reason = shapely.is_valid_reason(polygon)
    return _code(reason, "parts_overlap"), _place(reason)


def _code(reason: str, crossing: str) -> str:
    """GEOS says "Self-intersection" for three different things; `crossing` is what it means at this level."""
    return _REASONS.get(reason.partition("[")[0].strip(), crossing)


def _place(reason: str) -> Point | None:
    found = _PLACE.search(reason)
    return (float(found[1]), float(found[2])) if found else None


def _first_point(geometry: BaseGeometry) -> Point:
    return _pair(shapely.get_coordinates(geometry)[0])


def _pair(point: NDArray[np.float64]) -> Point:
    return float(point[0]), float(point[1])
