"""Writes lon/lat geometry as compact GeoJSON (RFC 7946) for the map, and thins whole layers without opening gaps.

Frame: EPSG:4326 throughout. Six decimals are 11 cm: enough for a map. A layer that someone draws against is served
with seven, so that a caught vertex is the stored vertex (geo.validity). Rounding is for display: what is stored and
divided is never the rounded copy.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.measure import project, unproject


def feature_collection(
    ids: Sequence[Any], geometries: Any, properties: Sequence[Mapping[str, Any]], *, decimals: int = 6
) -> bytes:
    """A FeatureCollection in UTF-8, without blanks. One id and one mapping per geometry; None or an empty geometry
    becomes null, as do NaN and infinity among the properties; dates and datetimes are written in ISO 8601.

    Raises ValueError when the three differ in number, TypeError for a value that JSON cannot hold.
    """
    shapes = _texts(geometries, decimals)
    features = (
        f'{{"type":"Feature","id":{_json(id_)},"geometry":{shape},"properties":{_json(fields)}}}'
        for id_, shape, fields in zip(ids, shapes, properties, strict=True)
    )
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'.encode()


def geometry_to_geojson(geometry: Any, *, decimals: int = 6) -> dict[str, Any] | None:
    """One geometry as a GeoJSON mapping; None for None or empty."""
    shape: dict[str, Any] | None = json.loads(_texts([geometry], decimals)[0])
    return shape


def simplified_coverage(polygons: Any, tolerance_m: float) -> NDArray[np.object_]:
    """The same layer with fewer points, for small scales. Lon/lat in, lon/lat out, in the same order.

    tolerance_m: corners that stand for less than tolerance x tolerance square metres go (Visvalingam-Whyatt). In a
    coverage both neighbours lose the same corners, so no gap opens. A layer whose borders disagree cannot have that;
    its polygons are thinned one by one, stay sound, and may part by up to the tolerance.
    """
    metres = project(np.asarray(polygons, dtype=object).reshape(-1))
    used = np.flatnonzero(~(shapely.is_missing(metres) | shapely.is_empty(metres)))
    if shapely.coverage_is_valid(metres[used]):
        metres[used] = shapely.coverage_simplify(metres[used], tolerance_m)
    else:
        metres[used] = shapely.simplify(metres[used], tolerance_m / 2, preserve_topology=True)
    return unproject(metres)


def _texts(geometries: Any, decimals: int) -> list[str]:
    """Each geometry's GeoJSON text, rounded; "null" for nothing. Points that fall together stay: a shape smaller than
    the last decimal keeps its rings, where taking them out would leave no ring at all."""
    shapes = np.empty(len(geometries), dtype=object)
    shapes[:] = geometries
    used = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    rounded = shapely.transform(shapes[used], lambda points: np.round(points, decimals))
    texts = np.full(len(shapes), "null", dtype=object)
    texts[used] = shapely.to_geojson(rounded)
    return texts.tolist()


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)
    except ValueError:  # NaN somewhere: JSON has no word for it, a map reads null as "not known"
        return json.dumps(_without_nan(value), ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, np.generic | np.ndarray):
        return _without_nan(value.tolist())
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in GeoJSON")


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
