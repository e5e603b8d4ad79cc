"""Times geo.division against geopandas.overlay and PostGIS, one core each. Run: python tests/benchmarks/bench_division.py

All sides start from the same polygons in EPSG:4549 and end with pieces and areas; their pairs and areas must agree, or
the run fails. We and geopandas get fresh, unprepared copies and build our index within the time; PostGIS has its
tables, GiST indexes and statistics ready, no workers beside it, no JIT, and keeps the result as a table. It is asked
in its usual form and in the best one known; the faster one counts. Rounds alternate after an unmeasured one.
Then time against the number of zones. Seconds depend on the machine; ratios travel.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

import geopandas as gpd
import numpy as np
import psycopg
import shapely
import sqlalchemy as sa

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
from figures import figure, is_short  # noqa: E402
from layers import blobs, coverage, fresh  # noqa: E402

from geo.division import Division, divide_metres, divide_one, is_coverage  # noqa: E402
from geo.measure import unproject  # noqa: E402
from tests.clusters import Cluster, why_not  # noqa: E402

ROUNDS = 2 if is_short() else 5
GROWTH = (1_000, 4_000, 16_000) if is_short() else (1_000, 7_000, 50_000)
MOST_EXPONENT = 1.08
SETTINGS = ("max_parallel_workers_per_gather=0", "jit=off", "work_mem='256MB'", "synchronous_commit=off")
# One pass; a zone inside a grid is its own piece.
USUAL = """
CREATE UNLOGGED TABLE pieces AS SELECT zone, grid, geom, ST_Area(geom) AS area FROM (
  SELECT z.id AS zone, g.id AS grid, CASE WHEN ST_CoveredBy(z.geom, g.geom) THEN z.geom
    ELSE ST_CollectionExtract(ST_Intersection(z.geom, g.geom), 3) END AS geom
  FROM zones z JOIN grids g ON ST_Intersects(z.geom, g.geom)) found WHERE ST_Area(geom) > 1e-6
"""
# First the zones that one grid covers, one prepared grid after the other; then pairs of boxes for the rest.
BEST = """
CREATE UNLOGGED TABLE pieces AS WITH inside AS MATERIALIZED (
  SELECT z.id AS zone, g.id AS grid, z.geom FROM grids g JOIN zones z ON ST_Covers(g.geom, z.geom)),
rest AS (
  SELECT z.id AS zone, g.id AS grid, ST_CollectionExtract(ST_Intersection(z.geom, g.geom), 3) AS geom
  FROM zones z JOIN grids g ON z.geom && g.geom WHERE NOT EXISTS (SELECT 1 FROM inside i WHERE i.zone = z.id))
SELECT zone, grid, geom, ST_Area(geom) AS area FROM (SELECT * FROM inside UNION ALL SELECT * FROM rest) found
WHERE ST_Area(geom) > 1e-6
"""
Answer = tuple[np.ndarray, np.ndarray, np.ndarray]


def main() -> None:
    print(f"shapely {shapely.__version__} GEOS {shapely.geos_version_string} geopandas {gpd.__version__}")
    grids = coverage(200, 100, seed=1)
    assert is_coverage(grids), "the benchmark's own grids are no coverage"
    cluster = None if why_not() else Cluster()
    try:
        compare("20,000 grids x 5,000 zones", grids, blobs(grids, 5_000, seed=2), cluster, 1 / 1.8, 1 / 1.5)
        compare("hostile: 20,000 grids x 5,041 cells of a second coverage", grids, second_coverage(), cluster, 1.0, 1.0)
    finally:
        if cluster is not None:
            cluster.end()
    growth()
    one_edit(grids, blobs(grids, 400, seed=3))


def second_coverage() -> np.ndarray:
    """71 x 71 cells; nothing of it lies inside one grid."""
    return coverage(71, 71, seed=4, cell_m=344.0, shift_m=60.0)


def growth() -> None:
    """The slope of time over the number of zones, grids in proportion (four to a zone), both logarithmic."""
    took = []
    for count in GROWTH:
        columns = int(np.sqrt(count * 4))
        grids = coverage(columns, count * 4 // columns, seed=5)
        zones = blobs(grids, count, seed=6)
        times = []
        for turn in range(3 if is_short() else 4):
            g, z = fresh(grids), fresh(zones)
            start = time.perf_counter()
            divide_metres(z, g, grids_are_a_coverage=True)
            if turn:
                times.append(time.perf_counter() - start)
        took.append(median(times))
        print(f"  {count} zones over {len(grids)} grids: {took[-1]:.3f} s")
    slope = float(np.polyfit(np.log(GROWTH), np.log(took), 1)[0])
    figure(f"division, {GROWTH[0]:,} to {GROWTH[-1]:,} zones: exponent of time", slope, peer="1 is in proportion",
           unit="", at_most=MOST_EXPONENT, note=", ".join(f"{n:,}: {s:.2f} s" for n, s in zip(GROWTH, took, strict=True)))  # fmt: skip


class PostGis:
    """The same layers in tables of their own, ready to be asked."""

    def __init__(self, cluster: Cluster, grids: np.ndarray, zones: np.ndarray) -> None:
        url = sa.make_url(cluster.create())
        self._connection = psycopg.connect(
            host=url.query["host"], dbname=url.database, user=url.username, autocommit=True
        )
        for setting in SETTINGS:
            self._connection.execute(f"SET {setting}")
        self._connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        for name, layer in (("grids", grids), ("zones", zones)):
            self._connection.execute(f"CREATE TABLE {name} (id integer PRIMARY KEY, geom geometry(Geometry, 4549))")
            with self._connection.cursor().copy(f"COPY {name} (id, geom) FROM STDIN") as copy:
                for i, wkb in enumerate(shapely.to_wkb(shapely.set_srid(layer, 4549), hex=True, include_srid=True)):
                    copy.write_row((i, wkb))
            self._connection.execute(f"CREATE INDEX ON {name} USING gist (geom)")
            self._connection.execute(f"VACUUM ANALYZE {name}")
        print(f"  {self._connection.execute('SELECT postgis_full_version()').fetchone()[0][:120]}")

    def ask(self, query: str) -> float:
        """Seconds of one form; its table stays for `answer`."""
        self._connection.execute("DROP TABLE IF EXISTS pieces")
        start = time.perf_counter()
        self._connection.execute(query)
        return time.perf_counter() - start

    def answer(self) -> Answer:
        rows = np.array(self._connection.execute("SELECT zone, grid, area FROM pieces").fetchall())
        return rows[:, 0].astype(int), rows[:, 1].astype(int), rows[:, 2]


def compare(
    name: str, grids: np.ndarray, zones: np.ndarray, cluster: Cluster | None, of_overlay: float, of_postgis: float
) -> None:
    peer = PostGis(cluster, grids, zones) if cluster else None
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
        for key, query in (("postgis usual", USUAL), ("postgis best", BEST)) if peer else ():
            spent = peer.ask(query)
            if turn:
                seconds.setdefault(key, []).append(spent)
            else:
                agree(answers["plain"], peer.answer())
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
           at_most=round(of_overlay, 2), note="same pairs, areas within 1e-5 m2")  # fmt: skip
    if peer:
        best = min(("postgis usual", "postgis best"), key=took.__getitem__)
        print(f"  PostGIS usual {took['postgis usual']:.3f} s, best {took['postgis best']:.3f} s")
        figure(f"division, {name}: time", took["plain"] / took[best], peer=f"{best}, one process",
               at_most=round(of_postgis, 2), note="same pairs, areas within 1e-5 m2")  # fmt: skip
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
