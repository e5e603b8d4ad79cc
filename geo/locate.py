"""Finds the polygon that holds a point: the grid, zone, street or community of a place.

Frame: EPSG:4326, lon/lat degrees; a side is straight in degrees, as it was drawn. A point on a border lies in the
polygons on both sides. Where one owner is wanted (grids, streets: layers that cover the city once), it is the one
with the smallest id, whatever order the layer was loaded in; so a border point has one owner, and always the same.
Polygons of a true coverage leave no point between them unowned. Several owners of an inner point are a finding
(zones that overlap), so `at` and `owners` return all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.cells import BoxCells
from geo.measure import box_around, project, project_points

Indexes = NDArray[np.intp]


class PlaceIndex:
    """An unchanging index over one layer. Build it once per layer version; many threads may ask it at once.

    ids: one per polygon, of one sortable kind. Rows without a polygon (None, empty) never own a point.
    """

    def __init__(self, ids: Sequence[Any], polygons: Any) -> None:
        shapes = np.asarray(polygons, dtype=object).reshape(-1)
        if len(ids) != len(shapes):
            raise ValueError("ids and polygons differ in number")
        order = sorted(range(len(ids)), key=lambda i: ids[i])
        self.ids: tuple[Any, ...] = tuple(ids[i] for i in order)
        self._given: Indexes = np.array(order, dtype=np.intp)
        # own copies: preparing marks a geometry, and the caller may hand the same one to another index or thread
        self._polygons = shapely.force_2d(shapes[self._given])
        self._cells = BoxCells(shapely.bounds(self._polygons))
        self._prepare()

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._polygons)

    def _prepare(self) -> None:
        """Build every polygon's search structure now: GEOS would build it at the first question, which is no good
        when two threads ask the first question together. One vertex of the polygon is enough of a question."""
        shapely.prepare(self._polygons)
        counts = shapely.get_num_coordinates(self._polygons)
        used = np.flatnonzero(counts)
        if len(used):
            vertices = shapely.get_coordinates(self._polygons[used])
            first = vertices[np.concatenate(([0], np.cumsum(counts[used])[:-1]))]
            shapely.intersects_xy(self._polygons[used], first[:, 0], first[:, 1])

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, lon: float, lat: float) -> tuple[Any, ...]:
        """Ids of all polygons that hold the point, border included, smallest id first. NaN gives none."""
        if not (isfinite(lon) and isfinite(lat)):
            return ()
        found = self._tree.query(shapely.points(lon, lat))
        return tuple(self.ids[i] for i in np.sort(found[shapely.intersects_xy(self._polygons[found], lon, lat)]))

    def many(self, lons: ArrayLike, lats: ArrayLike) -> tuple[Indexes, Indexes]:
        """(owner, owners) for n points: the row of the first owner in the order the layer was given (-1 for none),
        and how many polygons hold the point."""
        lons, lats = np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64)
        point, polygon = self._pairs(lons, lats)
        owners = np.bincount(point, minlength=len(lons)).astype(np.intp)
        first = np.full(len(lons), len(self.ids), dtype=np.intp)
        np.minimum.at(first, point, polygon)
        rows = np.append(self._given, -1)
        return rows[first], owners

    def owners(self, lons: ArrayLike, lats: ArrayLike) -> tuple[Indexes, Indexes]:
        """(point, row) of every pair where the polygon holds the point, sorted by point, then by id."""
        point, polygon = self._pairs(np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64))
        order = np.lexsort((polygon, point))
        return point[order], self._given[polygon[order]]

    def in_box(self, box: tuple[float, float, float, float]) -> tuple[Any, ...]:
        """Ids of polygons that meet a lon/lat box (west, south, east, north)."""
        return self.touching(shapely.box(*box))

    def touching(self, geometry: Any) -> tuple[Any, ...]:
        """Ids of polygons that meet a lon/lat geometry, border included, smallest id first."""
        found = self._tree.query(geometry)
        return tuple(self.ids[i] for i in np.sort(found[shapely.intersects(self._polygons[found], geometry)]))

    def near(self, lon: float, lat: float, within_m: float) -> tuple[tuple[Any, float], ...]:
        """(id, metres) of polygons within reach of a point, nearest first; 0.0 m where it lies inside."""
        found = np.sort(self._tree.query(shapely.box(*box_around(lon, lat, within_m))))
        x, y = project_points([lon], [lat])
        metres = shapely.distance(project(self._polygons[found]), shapely.Point(x[0], y[0]))
        order = np.argsort(metres, kind="stable")
        return tuple((self.ids[found[i]], float(metres[i])) for i in order if metres[i] <= within_m)

    def _pairs(self, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> tuple[Indexes, Indexes]:
        """(point, polygon in sorted order) of every pair that meets."""
        point, polygon = self._cells.candidates(lons, lats)
        # one prepared polygon after the other: its search structure stays in the processor's cache
        order = np.argsort(polygon, kind="stable")
        point, polygon = point[order], polygon[order]
        meets = shapely.intersects_xy(self._polygons[polygon], lons[point], lats[point])
        return point[meets], polygon[meets]
