"""Times one zone edited in a province: 120,000 grids, 50,000 zones, on SQLite. Run: python tests/benchmarks/bench_province.py

What counts is all that the drawing board and a save ask before the commit: division, overlaps, gaps, buildings gained
and lost, street and community (`services.zones.measured`), read from the store each time. The peer is the same zone's
bare intersections with the grids whose boxes meet it, in memory. Answers are checked: shares make up the whole, and
the pieces' areas are those of the bare intersections.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import numpy as np
import shapely
from shapely.affinity import translate

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
from figures import figure, is_short, load, say  # noqa: E402
from layers import blobs, coverage  # noqa: E402

from domain.records import Area, Building  # noqa: E402
from geo.measure import area_m2, project, unproject  # noqa: E402
from services.grid_layer import look_at_grids  # noqa: E402
from services.zones import measured  # noqa: E402
from storage.schema import migrate  # noqa: E402
from storage.store import Store  # noqa: E402

GRIDS, ZONES, BUILDINGS = ((100, 75), 3_000, 20_000) if is_short() else ((400, 300), 50_000, 200_000)
EDITS = 200 if is_short() else 400
P95_AT_MOST_MS = 5.0
NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
BATCH = 5_000


def main() -> None:
    say(load())
    grids = coverage(*GRIDS, seed=1)
    zones = unproject(blobs(grids, ZONES, seed=2))
    grids = unproject(grids)
    with TemporaryDirectory(prefix="slg-bench-") as folder:
        store = Store.open(f"sqlite:///{folder}/slg.db")
        migrate(store.engine)
        fill(store, grids, zones)
        assert look_at_grids(store), "the benchmark's own grids are no coverage"
        edits(store, grids, zones)
        store.close()
    say(load())


def fill(store: Store, grids: np.ndarray, zones: np.ndarray, buildings: int = BUILDINGS) -> None:
    start = time.perf_counter()
    west, south, east, north = shapely.total_bounds(grids)
    streets = [shapely.box(x, y, x + (east - west) / 10, y + (north - south) / 10)
               for x in np.linspace(west, east, 11)[:-1] for y in np.linspace(south, north, 11)[:-1]]  # fmt: skip
    for layer, shapes in (("street", streets), ("grid", grids), ("zone", zones)):
        sizes = area_m2(np.array(shapes, dtype=object))
        for first in range(0, len(shapes), BATCH):
            some = range(first, min(first + BATCH, len(shapes)))
            with store.work() as work:
                work.areas.add([Area(f"{layer}-{i}-1", f"{layer}-{i}", layer, 1, "in_force", f"{layer}-{i}", f"{i}",
                                     shapes[i], float(sizes[i]), valid_from=NOW) for i in some], at=NOW)  # fmt: skip
    rng = np.random.default_rng(3)
    spots = shapely.get_coordinates(shapely.point_on_surface(zones[rng.integers(0, len(zones), buildings)]))
    spots += rng.uniform(-0.0006, 0.0006, spots.shape)
    for first in range(0, buildings, BATCH):
        with store.work() as work:
            work.buildings.add([Building(f"b{i}", f"{i}", f"{i}", shapely.box(x, y, x + 1e-4, y + 1e-4), x + 5e-5, y + 5e-5, 24, True)
                                for i, (x, y) in enumerate(spots[first : first + BATCH].tolist(), first)])  # fmt: skip
    say(
        f"  {len(grids):,} grids, {len(zones):,} zones, {buildings:,} buildings stored in {time.perf_counter() - start:.0f} s"
    )


def edits(store: Store, grids: np.ndarray, zones: np.ndarray) -> None:
    tree = shapely.STRtree(grids)
    ours, bare = [], []
    for turn, i in enumerate(np.random.default_rng(4).integers(0, len(zones), EDITS + 20).tolist()):
        moved = translate(zones[i], 0.00015, 0.00008)
        near = grids[tree.query(moved)]
        start = time.perf_counter()
        with store.look() as work:
            found = measured(work, moved, f"zone-{i}")
        middle = time.perf_counter()
        plain = shapely.area(shapely.intersection(project(moved), project(near)))
        end = time.perf_counter()
        inside = sum(row.area_m2 for row in found.rows if row.grid_id)
        assert abs(sum(row.share for row in found.rows) - 1) < 1e-9
        assert abs(inside - plain.sum()) < 1e-3 * max(1.0, found.area_m2 * 1e-6), (inside, plain.sum())
        if turn >= 20:
            ours.append((middle - start) * 1000)
            bare.append((end - middle) * 1000)
    slowest = quantiles(ours, n=20)[-1]
    figure("one zone edited in a province: 95th", slowest, unit="ms", at_most=P95_AT_MOST_MS, peer="the plan's 5 ms",
           note=f"median {median(ours):.1f} ms, {median(ours) / median(bare):.1f} times the bare intersections; "
                f"{len(grids):,} grids, {len(zones):,} zones, {BUILDINGS:,} buildings, before the commit")  # fmt: skip


if __name__ == "__main__":
    main()
