"""Borders that zones share, sewn together corner by corner: what moves one corner can then move it in all of them.

Frame: EPSG:4326 in and out, seven decimals (geo.edits). Sewing moves no ground: corners that lie within three roundings
of each other become one, and a corner that lies on a neighbour's edge becomes a corner there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.edits import ON_BORDER_DEG, with_corners
from geo.validity import DECIMALS


def sewn(
    zone: BaseGeometry, neighbours: Sequence[BaseGeometry], others: Sequence[BaseGeometry] = ()
) -> tuple[BaseGeometry, list[BaseGeometry]]:
    """The zone and its neighbours with the same corners wherever their borders run together.

    others: zones beside the neighbours that stay as they are; a neighbour's edge gets their corners, so that it may turn
    round one of its ends without leaving them.
    """
    corners = _corners(zone)
    welded = [_welded(neighbour, corners) for neighbour in neighbours]
    own = with_corners(zone, _near(zone, _corners(*welded)))
    known = _corners(own, *welded, *others)
    return own, [with_corners(line, _near(line, known)) for line in welded]


def share_a_corner(one: BaseGeometry, two: BaseGeometry) -> bool:
    """Whether two lines have a corner with the same seven decimals."""
    mine, theirs = ({tuple(at) for at in _corners(line).tolist()} for line in (one, two))
    return not mine.isdisjoint(theirs)


def _welded(line: BaseGeometry, corners: NDArray[np.float64]) -> BaseGeometry:
    """The line with each corner that lies next to one of these put onto it."""
    tree = shapely.STRtree(shapely.points(corners))

    def weld(points: NDArray[np.float64]) -> NDArray[np.float64]:
        welded = np.round(points, DECIMALS)
        mine, theirs = tree.query_nearest(shapely.points(welded), max_distance=ON_BORDER_DEG, all_matches=False)
        welded[mine] = corners[theirs]
        return welded

    return shapely.remove_repeated_points(shapely.transform(line, weld))


def _near(line: BaseGeometry, corners: NDArray[np.float64]) -> NDArray[np.float64]:
    west, south, east, north = line.bounds
    x, y = corners.T
    reach = ON_BORDER_DEG
    kept = (x >= west - reach) & (x <= east + reach) & (y >= south - reach) & (y <= north + reach)
    return corners[kept]


def _corners(*lines: Any) -> NDArray[np.float64]:
    return np.round(shapely.get_coordinates(np.array(lines, dtype=object)), DECIMALS)
