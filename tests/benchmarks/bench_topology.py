"""Times the topology report of 5,000 zones and 100,000 buildings against the bare operations. Run: python tests/benchmarks/bench_topology.py

Two layers: zones among grids (realistic), and a coverage of 5,041 cells with 110 seeded defects. The peer is
geopandas: `sjoin` for buildings, `overlay` of the zones with themselves, their union. Overlapping pairs, areas
and buildings in no zone must agree, or the run fails.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from statistics import median

import geopandas as gpd
import numpy as np
import shapely

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
from figures import figure, is_short, say  # noqa: E402
from layers import blobs, coverage, fresh  # noqa: E402

from domain.policy.zones import load_zones  # noqa: E402
from domain.records import Area  # noqa: E402
from geo.measure import project, project_points, unproject  # noqa: E402
from services.topology_count import Counted, Ground, count  # noqa: E402
from wiring import now  # noqa: E402

ROUNDS = 2 if is_short() else 5
BUILDINGS = 100_000
AT_MOST_S = 3.5


class Row:
    """What storage hands over for a building."""

    __slots__ = ("households", "id", "is_residential", "lat", "lon")

    def __init__(self, i: int, lon: float, lat: float, households: int) -> None:
        self.id, self.lon, self.lat, self.households, self.is_residential = str(i), lon, lat, households, True


def main() -> None:
    compare("5,000 zones among grids", blobs(coverage(200, 100, seed=1), 5_000, seed=2))
    compare("5,041 cells side by side, 110 defects", defective())
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figure("topology report: peak memory of the run", peak_mb, peer="", unit="MB", note="both layers, both methods")


def defective() -> np.ndarray:
    """A true coverage with 40 cells left out, 40 pushed 3 m aside and 30 shrunk by 0.2 m."""
    cells, rng = coverage(71, 71, seed=4, cell_m=250.0), np.random.default_rng(9)
    chosen = rng.choice(len(cells), 110, replace=False)
    for i in chosen[:40]:
        cells[i] = shapely.affinity.translate(cells[i], 3.0, 0.0)
    for i in chosen[40:70]:
        cells[i] = shapely.buffer(cells[i], -0.2, join_style="mitre")
    return np.delete(cells, chosen[70:])


def ground_of(zones_m: np.ndarray) -> Ground:
    rng = np.random.default_rng(5)
    west, south, east, north = shapely.total_bounds(zones_m)
    street = shapely.box(west - 50, south - 50, east + 50, north + 50)
    lines, (whole,) = unproject(fresh(zones_m)), unproject(np.array([street], dtype=object))
    here = unproject(shapely.points(rng.uniform(west, east, BUILDINGS), rng.uniform(south, north, BUILDINGS)))
    homes = rng.integers(1, 60, BUILDINGS).tolist()
    rows = [
        Row(i, lon, lat, n) for i, ((lon, lat), n) in enumerate(zip(shapely.get_coordinates(here), homes, strict=True))
    ]
    zones = [Area(f"{i}-1", f"zone-{i}", "zone", 1, "in_force", f"Q{i}", f"Q{i}", line, 1.0, mode="professional", street_id="s")
             for i, line in enumerate(lines)]  # fmt: skip
    streets = [Area("s-1", "s", "street", 1, "in_force", "s", "s", whole, 1.0)]
    return Ground(zones, [], streets, [], rows)


def compare(name: str, zones_m: np.ndarray) -> None:
    seconds, peer_s = [], []
    for turn in range(ROUNDS + 1):
        ground, other = ground_of(zones_m), ground_of(zones_m)
        start = time.perf_counter()
        ours = count(ground, load_zones(), now())
        took = time.perf_counter() - start
        start = time.perf_counter()
        theirs = bare(other)
        took_peer = time.perf_counter() - start
        if turn:
            seconds.append(took)
            peer_s.append(took_peer)
        agree(ours, theirs)
    found = {kind: sum(f.kind == kind for f in ours.found.values()) for kind in ("overlap", "gap", "sliver", "outside")}
    say(
        f"{name}: {found}, {len(ours.bare):,} homes in no zone; {median(seconds):.2f} s, geopandas {median(peer_s):.2f} s"
    )
    figure(f"topology report, {name}: seconds", median(seconds), peer=f"{AT_MOST_S} s", unit="s", at_most=AT_MOST_S,
           note="100,000 buildings; everything but reading the store")  # fmt: skip
    figure(f"topology report, {name}: time", median(seconds) / median(peer_s), peer="geopandas sjoin, overlay, union_all",
           note="the same pairs and homes; the peer finds no strips and makes no rows")  # fmt: skip


def bare(ground: Ground) -> tuple[dict[tuple[int, int], float], int]:
    """Overlapping pairs with areas, buildings in no zone: each in one call of geopandas; and the union of all zones."""
    lines = project(np.array([z.geometry for z in ground.zones], dtype=object))
    zones = gpd.GeoDataFrame({"zone": np.arange(len(lines))}, geometry=lines, crs=4549)
    both = gpd.overlay(zones, zones, how="intersection", keep_geom_type=True)
    both = both[both.zone_1 < both.zone_2]
    x, y = project_points([b.lon for b in ground.buildings], [b.lat for b in ground.buildings])
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=4549)
    held = gpd.sjoin(points, zones, predicate="intersects").index.unique()
    zones.union_all()  # what a search for closed-in ground starts from
    pairs = dict(zip(zip(both.zone_1.tolist(), both.zone_2.tolist(), strict=True), both.area.tolist(), strict=True))
    return pairs, len(points) - len(held)


def agree(ours: Counted, theirs: tuple[dict[tuple[int, int], float], int]) -> None:
    pairs, bare_homes = theirs
    row = {zone.area_id: i for i, zone in enumerate(ours.ground.zones)}
    mine = {tuple(sorted(row[z.area_id] for z in f.zones)): f.area_m2 for f in ours.found.values()
            if f.kind == "overlap" or f.code == "shared"}  # fmt: skip
    peer = {key: area for key, area in pairs.items() if area > 1.001}
    assert {k for k, a in mine.items() if a > 1.001} == peer.keys(), "pairs differ"
    assert all(abs(mine[key] - area) < 1e-3 for key, area in peer.items()), "areas differ"
    assert abs(len(ours.bare) - bare_homes) <= 5, (
        f"homes differ: {len(ours.bare)}, {bare_homes}"
    )  # sides bend in degrees


if __name__ == "__main__":
    main()
