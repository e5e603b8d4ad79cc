"""Draws the seeded layers that the geometry benchmarks measure on. EPSG:4549 metres, around Shengzhou.

grids: a lattice of 250 m cells with jittered corners; every side is one wiggly line that both neighbours use, at
whole millimetres, so the layer is a true coverage. zones: wiggly blobs of 61 to 128 points; 8 % are a grid itself or
cut from one (border ties). hostile zones: a second coverage laid over the grids, so that every zone crosses.
"""

from __future__ import annotations

import numpy as np
import shapely

EAST_0, NORTH_0 = 560_000.0, 3_255_000.0
CELL_M = 250.0


def coverage(columns: int, rows: int, seed: int, cell_m: float = CELL_M, shift_m: float = 0.0) -> np.ndarray:
    """columns x rows wiggly cells, each of 84 to 107 points."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(columns + 1) * cell_m, np.arange(rows + 1) * cell_m)
    corners = np.stack([x, y], axis=-1) + rng.uniform(-0.22, 0.22, (rows + 1, columns + 1, 2)) * cell_m
    corners += (EAST_0 + shift_m, NORTH_0 + shift_m)
    level = {(r, c): _wiggle(corners[r, c], corners[r, c + 1], rng) for r in range(rows + 1) for c in range(columns)}
    upright = {(r, c): _wiggle(corners[r, c], corners[r + 1, c], rng) for r in range(rows) for c in range(columns + 1)}
    cells = []
    for r in range(rows):
        for c in range(columns):
            way = (level[r, c], upright[r, c + 1], level[r + 1, c][::-1], upright[r, c][::-1])
            cells.append(np.concatenate([side[:-1] for side in way]))
    return _polygons(cells)


def _wiggle(start: np.ndarray, end: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A line of 22 to 27 points that wanders a few metres off the straight one; at whole millimetres."""
    points = rng.integers(22, 28)
    along = np.linspace(0.0, 1.0, points)[:, None]
    line = start + (end - start) * along
    across = np.array([start[1] - end[1], end[0] - start[0]]) / np.hypot(*(end - start))
    waves = sum(rng.uniform(-2.5, 2.5) * np.sin(np.pi * k * along) for k in (1, 2, 3, 5))
    return np.round(line + waves * across, 3)


def blobs(grids: np.ndarray, count: int, seed: int, crossing_bias: float = 0.45) -> np.ndarray:
    """Zones among the grids: most inside one grid, `crossing_bias` of them moved onto a border, 8 % with ties."""
    rng = np.random.default_rng(seed)
    homes = rng.integers(0, len(grids), count)
    centres = shapely.get_coordinates(shapely.centroid(grids[homes]))
    on_border = rng.random(count) < crossing_bias
    angle = rng.uniform(0, 2 * np.pi, count)
    reach = np.where(on_border, rng.uniform(0.40, 0.55, count), rng.uniform(0.0, 0.16, count)) * CELL_M
    centres += np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach[:, None]
    zones = _polygons([_blob(centre, rng) for centre in centres])
    tied = np.flatnonzero(rng.random(count) < 0.10)
    half = tied[: len(tied) // 2]
    zones[half] = shapely.from_wkb(shapely.to_wkb(grids[homes[half]]))
    other = tied[len(tied) // 2 :]
    cut = shapely.intersection(zones[other], grids[homes[other]])
    zones[other] = np.where(shapely.get_type_id(cut) == 3, cut, zones[other])
    return zones


def _blob(centre: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    turn = np.linspace(0, 2 * np.pi, rng.integers(61, 129), endpoint=False)
    radius = rng.uniform(35, 75) * (1 + sum(rng.uniform(-0.06, 0.06) * np.sin(k * turn + k) for k in (2, 3, 5, 7)))
    return np.round(centre + np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius[:, None], 3)


def _polygons(rings: list[np.ndarray]) -> np.ndarray:
    owner = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    return shapely.polygons(shapely.linearrings(np.concatenate(rings), indices=owner))


def fresh(layer: np.ndarray) -> np.ndarray:
    """Unprepared copies: a prepared polygon of an earlier round would flatter the next one."""
    return shapely.from_wkb(shapely.to_wkb(layer))
