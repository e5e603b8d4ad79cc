"""Parallel lines over a polygon: the pattern that says "nobody has counted here" on maps that cannot fill with one."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import MultiLineString
from shapely.geometry.base import BaseGeometry

from geo.measure import project, unproject


def hatch(polygon: BaseGeometry, spacing_m: float) -> MultiLineString:
    """Lines at 45 degrees, south-west to north-east, cut to the polygon. EPSG:4326 in and out.

    spacing_m: distance between neighbours, across. Lines lie on one lattice, so neighbouring polygons hatch through.
    An empty polygon gives no lines. Raises ValueError when the spacing is not above zero.
    """
    if not spacing_m > 0:
        raise ValueError("spacing_m must be above zero")
    if polygon is None or polygon.is_empty:
        return MultiLineString()
    metres = project(polygon)
    west, south, east, north = metres.bounds
    step = spacing_m * np.sqrt(2)  # along the easting axis
    tall = north - south
    # The line through (e, n) meets the south edge at easting e - (n - south); whole steps of e - n keep one lattice.
    first = np.ceil((west - tall - south) / step)
    starts = np.arange(first * step, east - south, step) + south
    ends = np.column_stack([starts, np.full_like(starts, south), starts + tall, np.full_like(starts, north)])
    lines = shapely.linestrings(ends.reshape(-1, 2, 2))
    cut = shapely.intersection(lines, metres)
    parts = shapely.get_parts(cut[~shapely.is_empty(cut)])
    kept = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    found: MultiLineString = unproject(shapely.multilinestrings(kept))
    return found
