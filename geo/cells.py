"""Sorts boxes into equal cells, so that many points find the boxes around them by arithmetic alone.

Any one frame. A tree answers one question well; a hundred thousand points at once are quicker here, because nothing
is walked: a point's cell is a division, and a cell's boxes lie side by side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indexes = NDArray[np.intp]

FEW_BOXES = 16  # so few are asked one by one: sorting them takes longer
CELLS_PER_BOX_SIDE = 2.0
ENTRIES_PER_BOX = 40


class BoxCells:
    """Boxes (n x 4: west, south, east, north; NaN rows never match), unchanging once built."""

    def __init__(self, boxes: Floats) -> None:
        self._boxes = boxes
        self._is_few = len(boxes) <= FEW_BOXES
        if self._is_few:
            return
        used = np.flatnonzero(np.isfinite(boxes).all(axis=1))
        self.is_empty = not len(used)
        if self.is_empty:
            return
        kept = boxes[used]
        self._low = kept[:, :2].min(axis=0)
        self._high = kept[:, 2:].max(axis=0)
        extent = np.maximum(self._high - self._low, 1e-12)
        most = CELLS_PER_BOX_SIDE * np.ceil(np.sqrt(len(used)))  # small boxes far apart: no use for more cells
        side = np.maximum((kept[:, 2:] - kept[:, :2]).mean(axis=0) / CELLS_PER_BOX_SIDE, extent / most)
        while True:
            self._shape = np.maximum(np.ceil(extent / side).astype(np.intp), 1)
            self._side = extent / self._shape
            first, last = self._cell(kept[:, :2]), self._cell(kept[:, 2:])
            span = last - first + 1
            entries = span.prod(axis=1)
            if entries.sum() <= ENTRIES_PER_BOX * len(used) + 1000 or self._shape.prod() == 1:
                break
            side = side * 2.0  # a few boxes are far larger than the mean: wider cells, fewer entries
        box = np.repeat(np.arange(len(used)), entries)
        step = _counting_up(entries)
        cell = (first[box, 1] + step // span[box, 0]) * self._shape[0] + first[box, 0] + step % span[box, 0]
        order = np.argsort(cell, kind="stable")
        self._items: Indexes = used[box[order]]
        self._starts: Indexes = np.searchsorted(cell[order], np.arange(self._shape.prod() + 1))

    def candidates(self, x: Floats, y: Floats) -> tuple[Indexes, Indexes]:
        """(point, box) of every pair where the box holds the point, its border included. NaN matches nothing."""
        if self._is_few:
            west, south, east, north = self._boxes.T
            column, row = x[:, np.newaxis], y[:, np.newaxis]
            point, box = np.nonzero((west <= column) & (east >= column) & (south <= row) & (north >= row))
            return point, box
        if self.is_empty:
            nothing = np.empty(0, dtype=np.intp)
            return nothing, nothing
        places = np.stack((x, y), axis=1)
        near = np.flatnonzero(((places >= self._low) & (places <= self._high)).all(axis=1))
        column, row = self._cell(places[near]).T
        cell = row * self._shape[0] + column
        found = self._starts[cell + 1] - self._starts[cell]
        point = np.repeat(near, found)
        box = self._items[np.repeat(self._starts[cell], found) + _counting_up(found)]
        bounds = self._boxes[box]
        holds = (bounds[:, 0] <= x[point]) & (bounds[:, 2] >= x[point])
        holds &= (bounds[:, 1] <= y[point]) & (bounds[:, 3] >= y[point])
        return point[holds], box[holds]

    def _cell(self, places: Floats) -> Indexes:
        """Column and row of n x 2 places within the extent; its far border belongs to the last cell. The same
        arithmetic for boxes and points, and it never falls: so a point's cell lies among its box's cells."""
        cell = ((places - self._low) / self._side).astype(np.intp)
        return np.minimum(cell, self._shape - 1)


def _counting_up(counts: Indexes) -> Indexes:
    """[2, 3] gives [0, 1, 0, 1, 2]."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
