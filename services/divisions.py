"""Divides zones anew where grids changed under them, and nowhere else. Work for the queue; safe to do again.

A draft's pieces are replaced. A version in force keeps the pieces it was decided with and gets another set beside
them. A version that has ended is the past: nothing touches it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
import shapely

from domain.records import Area, Building, DivisionRow
from services.grid_layer import grids_cover, look_at_grids
from services.queue import Queue
from services.zones import division_rows
from storage.jobs import Job
from storage.store import Store, Work

DIVIDE = "zones.divide"
AT_ONCE = 200
ROOM = 8.0  # how much more ground than its zones one question to the store may span
Box = tuple[float, float, float, float]


class Divisions:
    def __init__(self, store: Store, queue: Queue, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        queue.handle(DIVIDE, self._divide)

    def _divide(self, job: Job) -> None:
        at = job.payload.get("at")
        self.after_grids(datetime.fromisoformat(at) if at else None, job.go_on)

    def after_grids(self, at: datetime | None, go_on: Callable[[], None] = lambda: None) -> int:
        """Divide the zones that grids which came or went at that moment touch; how many got new pieces.

        at: None looks at every zone.
        """
        look_at_grids(self._store)
        with self._store.look() as work:
            zones = work.areas.shown("zone")
            changed = [grid.geometry for grid in work.areas.changed_at("grid", at)] if at else []
        touched = _by_place(_touched(zones, changed) if at else zones)
        done = 0
        for start in range(0, len(touched), AT_ONCE):
            go_on()
            with self._store.work() as work:
                done += redivide(work, touched[start : start + AT_ONCE], self._clock())
        return done


def redivide(work: Work, zones: Sequence[Area], now: datetime) -> int:
    """New pieces for those of these versions whose pieces are others now; how many that were."""
    still = [now_is for zone in zones if (now_is := work.areas.version(zone.id)) and now_is.status == zone.status]
    if not still:
        return 0
    grids, buildings = _near(work, still)
    rows, crosses = division_rows(
        [zone.geometry for zone in still], grids, buildings, grids_are_a_coverage=grids_cover(work)
    )
    changed = 0
    for zone, pieces, is_crossing in zip(still, rows, crosses, strict=True):
        if _told(work.areas.division(zone.id)) == _told(pieces):
            continue
        number = work.areas.redivide(zone, pieces, at=now)
        work.areas.mark_crossing(zone.id, is_crossing)
        work.history.write("zone", zone.area_id, "zone.divided", {
            "version_id": zone.id, "set_no": number, "crosses_grids": is_crossing,
            "rows": [{"grid_version_id": r.grid_version_id, "share": round(r.share, 6)} for r in pieces],
        }, actor_id=None, at=now)  # fmt: skip
        changed += 1
    if changed:
        work.areas.bump("zone")
    return changed


def _by_place(zones: Sequence[Area]) -> list[Area]:
    """Neighbours one after the other, so that what is divided at once lies together.

    Order of Morton (1966): the bits of column and row of a 65,536 x 65,536 raster, taken in turn.
    """
    if not zones:
        return []
    corners = shapely.bounds([zone.geometry for zone in zones])
    centres = corners[:, :2] + corners[:, 2:]
    least = centres.min(axis=0)
    raster = ((centres - least) / max(float((centres - least).max()), 1e-9) * 65_535).astype(np.int64)
    key = sum((raster >> bit & 1) << 2 * bit for bit in range(16)) @ np.array([1, 2])
    return [zones[i] for i in np.argsort(key, kind="stable")]


def _near(work: Work, zones: Sequence[Area]) -> tuple[list[Area], list[Building]]:
    """Grids and buildings in the boxes of the zones, asked a run of neighbours at a time; each once."""
    grids: dict[str, Area] = {}
    buildings: dict[str, Building] = {}
    for box in _boxes([zone.geometry.bounds for zone in zones]):
        grids.update((grid.id, grid) for grid in work.areas.touching("grid", box))
        buildings.update((one.id, one) for one in work.buildings.touching(box))
    # In the order that one question gives: a building on a border belongs to the first grid, whoever divides.
    return sorted(grids.values(), key=lambda grid: (grid.code, grid.version)), list(buildings.values())


def _boxes(found: Sequence[Box]) -> list[Box]:
    """One box round each run of neighbours, as long as it holds no more than ROOM times their own ground."""
    joined: list[Box] = []
    filled = 0.0
    for box in found:
        both = _around(joined[-1], box) if joined else box
        if joined and _size(both) <= ROOM * (filled + _size(box)):
            joined[-1] = both
            filled += _size(box)
        else:
            joined.append(box)
            filled = _size(box)
    return joined


def _around(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _size(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _touched(zones: Sequence[Area], changed: Sequence[shapely.Geometry]) -> list[Area]:
    if not zones or not changed:
        return []
    at = shapely.STRtree([zone.geometry for zone in zones]).query(changed, predicate="intersects")[1]
    return [zones[i] for i in sorted({int(i) for i in at})]


def _told(rows: Sequence[DivisionRow]) -> set[tuple[str | None, float]]:
    """What makes two divisions the same: the grid versions, and how much of the zone lies in each."""
    return {(row.grid_version_id, round(row.area_m2, 3)) for row in rows}
