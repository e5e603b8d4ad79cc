"""Mends one zone: clips it, gives it a leftover, closes its rings; finds the plot of a building that nobody looks after.

Frame: EPSG:4326 in and out. Set operations run in degrees on purpose: a corner that both sides share stays the same
corner to the last digit, which a way through metres and back would lose. Measures are taken in EPSG:4549.
Each gives None where nothing sensible is left.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.division import SLIVER_WIDTH_M
from geo.measure import mean_width_m, project, unproject
from geo.topology import FOUND_FROM_M2, gaps, polygon_parts
from geo.validity import DECIMALS

PLOT_ROUND_M = 3.0
CLOSES_CRACK_M = 0.02
KEPT_DEG = 10.0**-DECIMALS
SAME_PLACE_DEG = 3e-7  # some 3 cm: what two corners may differ by and still be one


def clipped(zone: BaseGeometry, takers: Sequence[BaseGeometry]) -> BaseGeometry | None:
    """The zone without what others hold. Crumbs that the cut leaves behind go too."""
    return _whole(shapely.difference(zone, shapely.union_all(list(takers))))


def kept_inside(zone: BaseGeometry, street: BaseGeometry) -> BaseGeometry | None:
    """The part of a zone that lies in its street."""
    return _whole(shapely.intersection(zone, street))


def merged(zone: BaseGeometry, leftover: BaseGeometry, others: Sequence[BaseGeometry] = ()) -> BaseGeometry | None:
    """The zone with a leftover beside it; what `others` hold is never taken. Corners of the leftover that are meant to
    be corners of the zone or of the others become exactly those, so that no crack stays between."""
    fitted = _fitted(leftover, [zone, *others])
    free = shapely.difference(fitted, shapely.union_all(list(others))) if others else fitted
    found = _whole(shapely.union(_fitted(zone, [free]), free))
    is_folded = fitted.area < leftover.area / 2
    if found is not None and _parts(found) <= _parts(zone) and not is_folded:
        return found
    # A crack is left all the same, or the strip was folded away: grown by a hair, the leftover reaches into the zone.
    grown = unproject(shapely.buffer(project(leftover), CLOSES_CRACK_M, join_style="mitre"))
    free = shapely.difference(grown, shapely.union_all(list(others))) if others else grown
    return _whole(shapely.union(zone, free))


def mended(zone: BaseGeometry) -> BaseGeometry | None:
    """A sound polygon out of one whose rings cross or touch themselves: the same ground, as far as a line can mean it."""
    return _whole(shapely.make_valid(zone, method="structure"))


def plot_of(roof: BaseGeometry, at: tuple[float, float], taken: Sequence[BaseGeometry]) -> BaseGeometry | None:
    """The ground of one building: its roof and a few metres round it, up to zones that stand close, without what they
    hold. at: its label point, which the plot must hold."""
    plot = unproject(shapely.buffer(project(roof), PLOT_ROUND_M, join_style="mitre"))
    free = shapely.difference(plot, shapely.union_all(list(taken))) if taken else plot
    point = shapely.Point(at)
    parts = [part for part in shapely.get_parts(polygon_parts(free)) if part.intersects(point)]
    found = _whole(parts[0]) if parts else None
    if found is None or not taken:
        return found
    near = gaps(project(np.array([found, *taken], dtype=object)))
    for i, along in enumerate(near.neighbours):
        if 0 in along and found is not None:
            found = merged(found, unproject(near.piece[i]), taken)
    return found


def _whole(geometry: BaseGeometry) -> BaseGeometry | None:
    """Polygon parts without crumbs: parts and holes under a square metre, parts thinner than a line drawn twice. At the
    seven decimals that are kept, so that what is sound here is sound when it is read again."""
    parts = shapely.get_parts(polygon_parts(shapely.set_precision(geometry, KEPT_DEG)))
    if not len(parts):
        return None
    metres = project(parts)
    kept = parts[(shapely.area(metres) > FOUND_FROM_M2) & (np.asarray(mean_width_m(metres)) >= SLIVER_WIDTH_M)]
    if not len(kept):
        return None
    kept = np.array([_without_specks(part) for part in kept], dtype=object)
    found: BaseGeometry = kept[0] if len(kept) == 1 else shapely.multipolygons(kept)
    return found


def _without_specks(part: BaseGeometry) -> BaseGeometry:
    holes = [h for h in part.interiors if shapely.area(project(shapely.polygons(h))) > FOUND_FROM_M2]
    whole: BaseGeometry = part if len(holes) == len(part.interiors) else shapely.polygons(part.exterior, holes)
    return whole


def _fitted(geometry: BaseGeometry, to: Sequence[BaseGeometry]) -> BaseGeometry:
    """The same with corners moved onto those of others that are the same place; snapping may fold a thin shape."""
    moved = shapely.snap(geometry, shapely.geometrycollections(list(to)), SAME_PLACE_DEG)
    found: BaseGeometry = polygon_parts(shapely.make_valid(moved, method="structure"))
    return found


def _parts(geometry: BaseGeometry) -> int:
    return len(shapely.get_parts(geometry))
