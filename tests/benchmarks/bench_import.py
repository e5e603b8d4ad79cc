"""Brings 20,000 grids and 100,000 buildings in from one GeoPackage. Run: python tests/benchmarks/bench_import.py

The peer: geopandas reads the same file in the same run and writes WKB and names into SQLite with executemany: no child,
no check, no identity, no history. Ours starts the fenced child, guesses frame and datum, judges every line, places
every building, and keeps versions and history. Memory is the most that the process, or its largest child, ever held.
"""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import shapely

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
from figures import figure, is_short, say  # noqa: E402
from layers import coverage  # noqa: E402

from geo.measure import unproject  # noqa: E402

GRIDS, PER_GRID = (200, 100), 5
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TARGET_S, TARGET_MB = 60, 800


def main() -> None:
    if len(sys.argv) > 2 and sys.argv[1] in ("--ours", "--peer"):
        (ours if sys.argv[1] == "--ours" else peer)(Path(sys.argv[2]))
        return
    with TemporaryDirectory(prefix="slg-bench-import-") as folder:
        make_file(Path(folder) / "city.gpkg")
        rounds = 1 if is_short() else 2
        found = [(run("--peer", folder), run("--ours", folder)) for _ in range(rounds)]
    ours_s = min(one[1]["seconds"] for one in found)
    peer_s = min(one[0]["seconds"] for one in found)
    last = found[-1][1]
    assert (last["grids"], last["buildings"]) == (found[-1][0]["grids"], found[-1][0]["buildings"]), "rows are missing"
    say(f"ours {ours_s:.1f} s (target {TARGET_S} s, informative), peer {peer_s:.1f} s")
    figure("import of 20,000 grids and 100,000 buildings", ours_s / peer_s, peer="geopandas read + executemany",
           note=f"{ours_s:.0f} s here; checked, placed, versioned, chained")  # fmt: skip
    hold_s, store_s = max(one[1]["hold_s"] for one in found), max(one[1]["store_s"] for one in found)
    say(
        f"longest hold of the write lock {hold_s:.2f} s; storing one layer takes {store_s:.1f} s, {last['holds']} holds"
    )
    figure("import: longest hold of the write lock", hold_s / store_s, at_most=0.25,
           peer="one transaction for a whole layer, as it was before",
           note=f"{hold_s:.2f} s here; a phone gives up after 10 s")  # fmt: skip
    for who in ("parent", "child"):
        figure(f"import: most memory of the {who}", last[f"{who}_mb"], unit="MB", peer="", at_most=TARGET_MB)


def make_file(path: Path) -> None:
    import geopandas as gpd

    grids = coverage(*GRIDS, seed=1)
    middles = shapely.get_coordinates(shapely.point_on_surface(grids))
    spread = np.repeat(middles, PER_GRID, axis=0) + np.random.default_rng(2).uniform(
        -20, 20, (len(grids) * PER_GRID, 2)
    )
    houses = shapely.box(spread[:, 0] - 6, spread[:, 1] - 5, spread[:, 0] + 6, spread[:, 1] + 5)
    codes = [f"W{i:06d}" for i in range(len(grids))]
    gpd.GeoDataFrame({"code": codes, "name": [f"第{i}网格" for i in range(len(grids))]}, geometry=unproject(grids),
                     crs=4326).to_file(path, layer="grids")  # fmt: skip
    n = len(houses)
    gpd.GeoDataFrame(
        {"name": [f"{i}幢" for i in range(n)], "number": [str(i) for i in range(n)], "households": np.arange(n) % 60},
        geometry=unproject(houses), crs=4326,
    ).to_file(path, layer="buildings")  # fmt: skip
    say(f"{len(grids)} grids, {n} buildings, {path.stat().st_size / 1e6:.0f} MB")


def run(which: str, folder: str) -> dict:
    """In a process of its own, so that its memory is its own."""
    import json

    done = subprocess.run([sys.executable, __file__, which, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def ours(folder: Path) -> None:
    from domain.policy.permissions import load_builtin
    from domain.policy.zones import load_zones
    from services.exchange import OPERATOR, Choices, Exchange
    from storage.schema import migrate
    from storage.store import Store

    database = folder / f"ours-{time.monotonic_ns()}.db"
    store = Store.open(f"sqlite:///{database}")
    migrate(store.engine)
    exchange = Exchange(store, load_builtin(), lambda: NOW, load_zones)
    holds, stores = watched(store), []
    start = time.perf_counter()
    for layer in ("grids", "buildings"):
        begun = time.perf_counter()
        preview = exchange.preview(folder / "city.gpkg", layer, OPERATOR, Choices(datum="wgs84", file_layer=layer))
        seen = time.perf_counter()
        exchange.store(preview, OPERATOR)
        stores.append(time.perf_counter() - seen)
        print(f"{layer}: preview {seen - begun:.1f} s, store {time.perf_counter() - seen:.1f} s", file=sys.stderr)
        del preview
    seconds = time.perf_counter() - start
    with store.look() as work:
        counts = {"grids": work.areas.count("grid"), "buildings": work.buildings.count()}
    tell(seconds, **counts, hold_s=max(holds), store_s=max(stores), holds=len(holds))


def watched(store) -> list[float]:
    """How long each writing transaction of this store has it to itself, from its first word to the end of its commit."""
    held: list[float] = []
    work = store.work

    @contextmanager
    def timed():
        with work() as unit:
            begun = time.perf_counter()
            yield unit
        held.append(time.perf_counter() - begun)

    store.work = timed
    return held


def peer(folder: Path) -> None:
    import geopandas as gpd

    connection = sqlite3.connect(folder / f"peer-{time.monotonic_ns()}.db")
    start = time.perf_counter()
    counts = {}
    for layer, names in (("grids", ["code", "name"]), ("buildings", ["name", "number", "households"])):
        read = gpd.read_file(folder / "city.gpkg", layer=layer)
        columns = [read[name].tolist() for name in names]
        connection.execute(f"CREATE TABLE {layer} ({', '.join(names)}, geometry BLOB)")
        marks = ", ".join("?" * (len(names) + 1))
        connection.executemany(f"INSERT INTO {layer} VALUES ({marks})",
                               zip(*columns, shapely.to_wkb(read.geometry.to_numpy()), strict=True))  # fmt: skip
        connection.commit()
        counts[layer] = len(read)
    tell(time.perf_counter() - start, **counts)


def tell(seconds: float, **counts: float) -> None:
    import json

    most = {who: resource.getrusage(of).ru_maxrss / 1024
            for who, of in (("parent", resource.RUSAGE_SELF), ("child", resource.RUSAGE_CHILDREN))}  # fmt: skip
    print(json.dumps({"seconds": seconds, "parent_mb": most["parent"], "child_mb": most["child"], **counts}))


if __name__ == "__main__":
    main()
