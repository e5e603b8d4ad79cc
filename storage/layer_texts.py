"""Reads GeoJSON, KML and CSV with WKT without GDAL: a text cannot pass for another format here. Runs in the child.

Each reader takes decoded text and gives a Found: columns, rows of plain values, Shapely shapes or None, faults by row.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree as SafeTree
import shapely
from defusedxml.common import DefusedXmlException
from shapely.errors import ShapelyError
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from domain.errors import Invalid
from storage.layers import MB, ROWS_AT_MOST, TEXT_AT_MOST
from storage.sheets import SUSPECT

SHAPE_NAMES = ("wkt", "geometry", "geom", "the_geom", "shape", "图形", "几何")
WKT_STARTS = ("POLYGON", "MULTIPOLYGON", "LINESTRING", "MULTILINESTRING", "POINT", "MULTIPOINT", "SRID=")
NEST_AT_MOST = 8  # collections in collections


@dataclass
class Found:
    """What a reader found, as LayerTable has it, with shapes still alive."""

    format: str
    layer: str
    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    shapes: list[BaseGeometry | None] = field(default_factory=list)
    faults: dict[int, list[str]] = field(default_factory=dict)
    crs: str | None = None
    encoding: str | None = None
    encoding_reason: str | None = None

    def fault(self, code: str) -> None:
        """Something about the row that comes next."""
        self.faults.setdefault(len(self.rows), []).append(code)


class _Malformed(Exception):
    """Coordinates that are no coordinates."""


# -- GeoJSON -------------------------------------------------------------------------------------------------------


def read_geojson(text: str) -> Found:
    """FeatureCollection, Feature or a bare geometry. A feature's own id becomes column "id" when it has none."""
    body = _parsed(text)
    if not isinstance(body, dict):
        raise Invalid("layer_not_geojson")
    features = _features(body)
    if len(features) > ROWS_AT_MOST:
        raise Invalid("layer_too_many_rows", at_most=ROWS_AT_MOST)
    columns = _property_names(features)
    has_ids = "id" not in columns and any(isinstance(f.get("id"), str | int) for f in features)
    found = Found("geojson", "", [*(["id"] if has_ids else []), *columns], crs=_named_crs(body))
    for feature in features:
        held = feature.get("properties")
        properties = held if isinstance(held, dict) else {}
        shape = _shape_or_none(found, partial(_from_geojson, found, feature.get("geometry"), 0))
        values = [plain(properties.get(name)) for name in columns]
        found.rows.append([*([plain(feature.get("id"))] if has_ids else []), *values])
        found.shapes.append(shape)
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except RecursionError as error:
        raise Invalid("layer_too_deep") from error
    except json.JSONDecodeError as error:
        raise Invalid("layer_not_json", line=error.lineno, column=error.colno) from error
    except ValueError as error:  # a number of ten thousand digits
        raise Invalid("layer_not_json", line=1, column=1) from error


def _features(body: dict[str, Any]) -> list[dict[str, Any]]:
    kind = body.get("type")
    if kind == "FeatureCollection":
        features = body.get("features")
        if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
            raise Invalid("layer_not_geojson")
        if any(f.get("type") != "Feature" for f in features):
            raise Invalid("layer_not_geojson")
        return features
    if kind == "Feature":
        return [body]
    if isinstance(kind, str) and (kind in _SHAPES or kind == "GeometryCollection"):
        return [{"type": "Feature", "geometry": body, "properties": {}}]
    raise Invalid("layer_not_geojson")


def _property_names(features: list[dict[str, Any]]) -> list[str]:
    names: dict[str, None] = {}
    for feature in features:
        properties = feature.get("properties")
        if isinstance(properties, dict):
            names.update(dict.fromkeys(properties))
    return list(names)


def _named_crs(body: dict[str, Any]) -> str | None:
    """The old "crs" member, still written by desktop programs; without it GeoJSON says nothing we may rely on."""
    member = body.get("crs")
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str) or len(name) > 200:
        return None
    tail = name.upper().rpartition(":")[2]
    return "EPSG:4326" if tail == "CRS84" else f"EPSG:{tail}" if tail.isdigit() else None


def _from_geojson(found: Found, geometry: Any, depth: int) -> BaseGeometry | None:
    if geometry is None:
        return None
    if not isinstance(geometry, dict) or depth > NEST_AT_MOST:
        raise _Malformed
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        members = geometry.get("geometries")
        if not isinstance(members, list):
            raise _Malformed
        parts = [_from_geojson(found, member, depth + 1) for member in members]
        return shapely.GeometryCollection([part for part in parts if part is not None])
    if not isinstance(kind, str) or kind not in _SHAPES:
        raise _Malformed
    return _SHAPES[kind](found, geometry.get("coordinates"))


def _position(point: Any) -> tuple[float, float]:
    if not isinstance(point, list) or len(point) < 2:
        raise _Malformed
    x, y = point[0], point[1]
    if type(x) not in (int, float) or type(y) not in (int, float):  # true is no number
        raise _Malformed
    try:
        pair = float(x), float(y)
    except OverflowError as error:
        raise _Malformed from error
    if not (math.isfinite(pair[0]) and math.isfinite(pair[1])):
        raise _Malformed
    return pair


def _line(points: Any) -> list[tuple[float, float]]:
    if not isinstance(points, list):
        raise _Malformed
    return [_position(point) for point in points]


def _ring(found: Found, points: Any) -> list[tuple[float, float]]:
    ring = _line(points)
    if len(ring) < 3:
        raise _Malformed
    if ring[0] != ring[-1]:
        if "ring_open" not in found.faults.get(len(found.rows), ()):
            found.fault("ring_open")
        ring.append(ring[0])
    if len(ring) < 4:
        raise _Malformed
    return ring


def _polygon(found: Found, rings: Any) -> Polygon:
    if not isinstance(rings, list) or not rings:
        raise _Malformed
    outer, *holes = [_ring(found, ring) for ring in rings]
    return Polygon(outer, holes)


def _many(parts: Any) -> list[Any]:
    if not isinstance(parts, list):
        raise _Malformed
    return parts


_SHAPES: dict[Any, Callable[[Found, Any], BaseGeometry]] = {
    "Point": lambda _, at: Point(_position(at)),
    "MultiPoint": lambda _, at: MultiPoint(_line(at)),
    "LineString": lambda _, at: LineString(_line(at)),
    "MultiLineString": lambda _, at: MultiLineString([_line(line) for line in _many(at)]),
    "Polygon": _polygon,
    "MultiPolygon": lambda found, at: MultiPolygon([_polygon(found, part) for part in _many(at)]),
}


def _shape_or_none(found: Found, make: Callable[[], BaseGeometry | None]) -> BaseGeometry | None:
    try:
        return make()
    except (_Malformed, ShapelyError, ValueError, TypeError):
        found.faults[len(found.rows)] = ["shape_malformed"]
        return None


# -- KML -----------------------------------------------------------------------------------------------------------


def read_kml(data: bytes) -> Found:
    """Placemarks with their name, description and extended data. No entities, no network links, no styles."""
    try:
        root = SafeTree.fromstring(data, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise Invalid("layer_xml_entities") from error
    except (ParseError, LookupError, ValueError) as error:
        raise Invalid("layer_not_kml") from error
    if _tag(root) not in ("kml", "Document", "Folder", "Placemark"):
        raise Invalid("layer_not_kml")
    marks = [element for element in root.iter() if _tag(element) == "Placemark"]
    if len(marks) > ROWS_AT_MOST:
        raise Invalid("layer_too_many_rows", at_most=ROWS_AT_MOST)
    fields = [_kml_fields(mark) for mark in marks]
    columns = list(dict.fromkeys(name for row in fields for name in row))
    found = Found("kml", "", columns, crs="EPSG:4326", encoding="UTF-8", encoding_reason="format")
    for mark, values in zip(marks, fields, strict=True):
        shape = _shape_or_none(found, partial(_from_kml, found, mark))
        found.rows.append([values.get(name) for name in columns])
        found.shapes.append(shape)
    return found


def _tag(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _children(element: Any, *names: str) -> Iterator[Any]:
    return (child for child in element if _tag(child) in names)


def _kml_fields(mark: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for child in _children(mark, "name", "description"):
        values[_tag(child)] = plain(child.text)
    for data in _children(mark, "ExtendedData"):
        for one in data.iter():
            if _tag(one) == "Data":
                values[one.get("name") or ""] = plain(next((v.text for v in _children(one, "value")), None))
            elif _tag(one) == "SimpleData":
                values[one.get("name") or ""] = plain(one.text)
    return values


_KML_SHAPES = ("Polygon", "LineString", "LinearRing", "Point", "MultiGeometry")


def _from_kml(found: Found, element: Any, depth: int = 0) -> BaseGeometry | None:
    """The one shape of a Placemark or MultiGeometry; several of one kind become a multi-shape."""
    if depth > NEST_AT_MOST:
        raise _Malformed
    shapes = [_kml_shape(found, child, depth) for child in _children(element, *_KML_SHAPES)]
    sound = [shape for shape in shapes if shape is not None]
    if len(sound) < 2:
        return sound[0] if sound else None
    kinds = {shape.geom_type.removeprefix("Multi") for shape in sound}
    parts = shapely.get_parts(sound)
    if kinds == {"Polygon"}:
        return MultiPolygon(list(parts))
    return MultiLineString(list(parts)) if kinds == {"LineString"} else shapely.GeometryCollection(sound)


def _kml_shape(found: Found, element: Any, depth: int) -> BaseGeometry | None:
    kind = _tag(element)
    if kind == "MultiGeometry":
        return _from_kml(found, element, depth + 1)
    if kind == "Polygon":
        outer = [_kml_ring(found, ring) for ring in _children(element, "outerBoundaryIs")]
        holes = [_kml_ring(found, ring) for ring in _children(element, "innerBoundaryIs")]
        if len(outer) != 1:
            raise _Malformed
        return Polygon(outer[0], holes)
    points = _kml_points(element)
    return Point(points[0]) if kind == "Point" else LineString(points)


def _kml_ring(found: Found, boundary: Any) -> list[tuple[float, float]]:
    for ring in _children(boundary, "LinearRing"):
        return _ring(found, [list(point) for point in _kml_points(ring)])
    raise _Malformed


def _kml_points(element: Any) -> list[tuple[float, float]]:
    for coordinates in _children(element, "coordinates"):
        points = [_position([float(v) for v in part.split(",")]) for part in (coordinates.text or "").split()]
        if points:
            return points
    raise _Malformed


# -- CSV -----------------------------------------------------------------------------------------------------------


def read_csv(text: str) -> Found:
    """A header row, then one row a shape; the shape is WKT in a column of its own (EWKT may name its frame)."""
    csv.field_size_limit(16 * MB)
    head = text[:20_000].splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=head.count)
    try:
        lines = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter))
    except csv.Error as error:
        raise Invalid("layer_broken") from error
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if len(lines) < 2:
        raise Invalid("layer_empty")
    if len(lines) > ROWS_AT_MOST + 1:
        raise Invalid("layer_too_many_rows", at_most=ROWS_AT_MOST)
    names = [name.strip() for name in lines[0]]
    at = _shape_column(names, lines[1])
    found = Found("csv", "", [name for i, name in enumerate(names) if i != at])
    for line in lines[1:]:
        cells = [*line, *[""] * (len(names) - len(line))][: len(names)]
        shape = _shape_or_none(found, partial(_from_wkt, found, cells[at]))
        found.rows.append([_cell(cell) for i, cell in enumerate(cells) if i != at])
        found.shapes.append(shape)
    return found


def _shape_column(names: list[str], first: list[str]) -> int:
    named = [i for i, name in enumerate(names) if name.lower() in SHAPE_NAMES]
    looking = [i for i, cell in enumerate(first[: len(names)]) if cell.strip().upper().startswith(WKT_STARTS)]
    if not named and not looking:
        raise Invalid("layer_no_geometry_column")
    return next((i for i in named if i in looking), (looking or named)[0])


def _from_wkt(found: Found, text: str) -> BaseGeometry | None:
    text = text.strip()
    if text.upper().startswith("SRID="):
        number, _, text = text[5:].partition(";")
        if number.strip().isdigit():
            found.crs = found.crs or f"EPSG:{int(number)}"
    if not text:
        return None
    shape = shapely.force_2d(shapely.from_wkt(text))
    if shapely.is_empty(shape):
        return None
    if not math.isfinite(float(shapely.get_coordinates(shape).sum())):
        raise _Malformed
    return shape


def _cell(text: str) -> str | None:
    """A leading ' before = + - @ was put there so that no spreadsheet runs the cell."""
    if text.startswith("'") and text[1:2] in SUSPECT:
        text = text[1:]
    return plain(text)


def plain(value: Any) -> Any:
    """A value that JSON can carry; a list or mapping as its text, a long text refused by its row later."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, str):
        try:
            value = json.dumps(value, ensure_ascii=False)
        except RecursionError as error:
            raise Invalid("layer_too_deep") from error
    value = value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "").strip()
    return value[: TEXT_AT_MOST + 1] or None
