"""Times geo.division against geopandas.overlay, and one edit against the whole. Run: python tests/benchmarks/bench_division.py

Both sides start from fresh polygons in EPSG:4549 and end with pieces and areas; their pairs and areas must agree, or
the run fails. Rounds alternate in one process after an unmeasured one. Seconds depend on the machine; ratios travel.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

import geopandas as gpd
import numpy as np
import shapely

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
from figures import figure, is_short  # noqa: E402
from layers import blobs, coverage, fresh  # noqa: E402

from geo.division import Division, divide_metres, divide_one, is_coverage  # noqa: E402
from geo.measure import unproject  # noqa: E402

ROUNDS = 2 if is_short() else 5


def main() -> None:
    print(f"shapely {shapely.__version__} GEOS {shapely.geos_version_string} geopandas {gpd.__version__}")
    grids = coverage(200, 100, seed=1)
    assert is_coverage(grids), "the benchmark's own grids are no coverage"
    compare("20,000 grids x 5,000 zones", grids, blobs(grids, 5_000, seed=2))
    compare("hostile: 20,000 grids x 5,041 cells of a second coverage", grids, second_coverage())
    one_edit(grids, blobs(grids, 400, seed=3))


def second_coverage() -> np.ndarray:
    """71 x 71 cells; nothing of it lies inside one grid."""
    return coverage(71, 71, seed=4, cell_m=344.0, shift_m=60.0)


def compare(name: str, grids: np.ndarray, zones: np.ndarray) -> None:
    methods = {
        "plain": lambda g, z: divide_metres(z, g, grids_are_a_coverage=True),
        "threads": lambda g, z: divide_metres(z, g, grids_are_a_coverage=True, threads=2),
        "no_shortcut": lambda g, z: divide_metres(z, g, grids_are_a_coverage=False),
        "overlay": overlay,
    }
    seconds: dict[str, list[float]] = {key: [] for key in methods}
    for turn in range(ROUNDS + 1):
        answers = {}
        for key, method in methods.items():
            g, z = fresh(grids), fresh(zones)
            start = time.perf_counter()
            answers[key] = method(g, z)
            if turn:
                seconds[key].append(time.perf_counter() - start)
        agree(answers["plain"], answers["overlay"])
        agree(answers["no_shortcut"], answers["overlay"])
    took = {key: median(values) for key, values in seconds.items()}
    ours = answers["plain"]
    zones_points, grids_points = (
        np.percentile(shapely.get_num_coordinates(x), (5, 95)).astype(int) for x in (zones, grids)
    )
    print(f"\n{name}: {len(ours)} rows, {ours.crosses_grids().mean():.0%} of zones cross grids,")
    print(f"  points 5-95 %: grids {grids_points}, zones {zones_points}; border ties {ties(grids, zones):.1%} of zones")
    print(
        f"  geo.division {took['plain']:.3f} s; geopandas.overlay takes {took['overlay'] / took['plain']:.2f} times as long"
    )
    figure(f"division, {name}: time", took["plain"] / took["overlay"], peer="geopandas.overlay",
           note="same pairs, areas within 1e-5 m2")  # fmt: skip
    print(
        f"  on two threads {took['threads']:.3f} s; overlay takes {took['overlay'] / took['threads']:.2f} times as long"
    )
    print(
        f"  without the coverage shortcut {took['no_shortcut']:.3f} s; overlay takes {took['overlay'] / took['no_shortcut']:.2f} times"
    )


def overlay(grids: np.ndarray, zones: np.ndarray) -> dict[tuple[int, int], float]:
    left = gpd.GeoDataFrame({"zone": np.arange(len(zones))}, geometry=zones, crs=4549)
    right = gpd.GeoDataFrame({"grid": np.arange(len(grids))}, geometry=grids, crs=4549)
    found = gpd.overlay(left, right, how="intersection", keep_geom_type=True)
    return found.zone.to_numpy(), found.grid.to_numpy(), found.area.to_numpy()


def agree(ours: Division, theirs: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    """Same pairs, areas within 1e-6 m2, or the times mean nothing."""
    inside = ours.grid_index >= 0
    mine = dict(
        zip(
            zip(ours.zone_index[inside].tolist(), ours.grid_index[inside].tolist(), strict=True),
            ours.area_m2[inside],
            strict=True,
        )
    )
    zone, grid, area = theirs
    real = area > 1e-6
    peer = dict(zip(zip(zone[real].tolist(), grid[real].tolist(), strict=True), area[real], strict=True))
    assert mine.keys() == peer.keys(), f"pairs differ: {len(mine.keys() ^ peer.keys())}"
    worst = max(abs(mine[key] - peer[key]) for key in mine)
    assert worst < 1e-5, f"areas differ by {worst} m2"


def ties(grids: np.ndarray, zones: np.ndarray) -> float:
    """The share of zones that have a stretch of border in common with a grid."""
    zone, grid = shapely.STRtree(grids).query(zones)
    shared = shapely.length(shapely.intersection(shapely.boundary(zones[zone]), shapely.boundary(grids[grid]))) > 1e-6
    return len(np.unique(zone[shared])) / len(zones)


def one_edit(grids: np.ndarray, zones: np.ndarray) -> None:
    """The drawing panel: one zone in lon/lat over the grids whose boxes meet it."""
    grids_deg, zones_deg = unproject(grids), unproject(zones)
    tree = shapely.STRtree(grids_deg)
    near = [grids_deg[tree.query(zone)] for zone in zones_deg]
    times, bare = [], []
    for zone, candidates in zip(zones_deg, near, strict=True):
        start = time.perf_counter()
        divide_one(zone, candidates, grids_are_a_coverage=True)
        times.append((time.perf_counter() - start) * 1000)
        start = time.perf_counter()
        shapely.area(shapely.intersection(zone, candidates))
        bare.append((time.perf_counter() - start) * 1000)
    print(
        f"\none zone drawn, {len(zones)} tries: median {median(times):.2f} ms, 95th {np.percentile(times, 95):.2f} ms,"
    )
    print(
        f"  {median(times) / median(bare):.1f} times the bare intersections in degrees (projection there and back included)"
    )


if __name__ == "__main__":
    main()
