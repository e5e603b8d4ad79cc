"""Farmhouses: each village grid gets a hamlet on both sides of its road, in EPSG:4549 metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from demo.roads import Line

SITES_M = tuple(range(26, 250, 27))  # along the road, from the hamlet's seed
ROWS_M = (10.0, 36.0)  # from the road to the front of a row
CLEAR_OF_ROADS_M = 5.5
CLEAR_OF_RIVER_M = 70.0
APART_M = 4.0


@dataclass(frozen=True)
class Farm:
    """A house in a village; x, y is its centre, heading the direction of its long side in radians from east."""

    hamlet: int
    x: float
    y: float
    heading: float
    length: float
    depth: float
    homes: int
    use: str  # home or hall

    def corners(self) -> np.ndarray:
        c, s = np.cos(self.heading), np.sin(self.heading)
        half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [self.length / 2, self.depth / 2]
        return np.column_stack([self.x + c * half[:, 0] - s * half[:, 1], self.y + s * half[:, 0] + c * half[:, 1]])


def build_hamlets(
    lines: Sequence[Line], grids: Sequence[shapely.Geometry], count: int, rng: np.random.Generator
) -> list[Farm]:
    """count houses, as even over the hamlets as it goes; none on a road, in the river or on another house.

    grids: the grid of each hamlet (EPSG:4549); its houses stay in it.
    """
    sites: list[Farm] = []
    for line in lines:
        if line.hamlet is not None:
            sites += _sites(line.hamlet, line.geometry, rng)
    hamlet_count = len(grids)
    free = _free(sites, lines, grids)
    quota = np.full(hamlet_count, count // hamlet_count) + (np.arange(hamlet_count) < count % hamlet_count)
    farms = _taken(sites, free, quota)
    spare = count - len(farms)
    if spare:  # some hamlets had too few sites: the others take one more each
        taken = set(map(id, farms))
        farms += [farm for farm, is_free in zip(sites, free, strict=True) if is_free and id(farm) not in taken][:spare]
    return farms


def _sites(hamlet: int, road: shapely.LineString, rng: np.random.Generator) -> list[Farm]:
    """Places for houses, nearest to the seed first: two rows on either side of the road."""
    found = []
    for along in SITES_M:
        if along > road.length - 20:
            break
        here, ahead = (shapely.get_coordinates(road.interpolate(along + d))[0] for d in (-6.0, 6.0))
        direction = (ahead - here) / np.linalg.norm(ahead - here)
        heading = float(np.arctan2(direction[1], direction[0]))
        for row in ROWS_M:
            for side in (1, -1):
                is_hall = along == SITES_M[0] and row == ROWS_M[0] and side == 1 and hamlet % 3 == 0
                is_terrace = not is_hall and bool(rng.random() < 0.45)
                length = 20.0 if is_hall or is_terrace else float(rng.uniform(10, 13))
                depth = 12.0 if is_hall else float(rng.uniform(9, 11))
                homes = 0 if is_hall else int(rng.integers(3, 8)) if is_terrace else int(rng.integers(1, 3))
                away = row + depth / 2 + rng.uniform(0, 3)
                middle = (here + ahead) / 2 + side * away * np.array([-direction[1], direction[0]])
                x, y = middle + direction * rng.uniform(-2, 2)
                use = "hall" if is_hall else "home"
                found.append(Farm(hamlet, float(x), float(y), heading, length, depth, homes, use))
    return found


def _free(sites: Sequence[Farm], lines: Sequence[Line], grids: Sequence[shapely.Geometry]) -> np.ndarray:
    """Which sites lie in their grid and are clear of every road, of the river and of the sites before them."""
    shapes = shapely.polygons(np.array([site.corners() for site in sites]))
    shapely.prepare(np.array(grids))
    free = shapely.contains(np.array([grids[site.hamlet] for site in sites]), shapes)
    for is_river, clear_m in ((False, CLEAR_OF_ROADS_M), (True, CLEAR_OF_RIVER_M)):
        tree = shapely.STRtree([line.geometry for line in lines if (line.kind == "river") == is_river])
        free[tree.query(shapes, predicate="dwithin", distance=clear_m)[0]] = False
    later, earlier = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=APART_M)
    order = np.lexsort([earlier, later])
    for one, other in zip(later[order], earlier[order], strict=True):
        if other < one and free[other]:
            free[one] = False
    return free


def _taken(sites: Sequence[Farm], free: np.ndarray, quota: np.ndarray) -> list[Farm]:
    left = quota.copy()
    farms = []
    for site, is_free in zip(sites, free, strict=True):
        if is_free and left[site.hamlet] > 0:
            left[site.hamlet] -= 1
            farms.append(site)
    return farms
