"""Roads of the sample city: the cuts of the street plan, highways between towns, lanes to the hamlets (EPSG:4549)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from demo.fabric import WIDTHS_M, Cut
from demo.land import Land


@dataclass(frozen=True)
class Line:
    kind: str  # highway, arterial, street, lane, village_road, river
    geometry: shapely.LineString


def make_roads(land: Land, rng: np.random.Generator) -> list[Line]:
    """Town streets clipped to the town, two roads on the banks of the river, then the country roads."""
    found: list[Line] = []
    towns = []
    for patch in land.patches:
        rings = [patch.warp(_ring(leaf.rect)) for leaf in patch.leaves]
        town = shapely.union_all(shapely.polygons(rings)).buffer(12)
        towns.append(town)
        for cut in patch.cuts:
            found += _streets(patch.warp, cut, town)
    middles = np.array([patch.warp.centre for patch in land.patches])
    built_up = shapely.union_all(towns)
    found += _country("highway", _spanning_tree(middles), middles, built_up, rng, 0.05)
    stops = np.concatenate([middles, [hamlet.seed for hamlet in land.hamlets]])
    edges = [edge for edge in _spanning_tree(stops) if max(edge) >= len(middles)]
    found += _country("village_road", edges, stops, built_up, rng, 0.07)
    return found


def _ring(rect: tuple[int, int, int, int]) -> np.ndarray:
    u0, v0, u1, v1 = rect
    return np.array([[u0, v0], [u1, v0], [u1, v1], [u0, v1]], dtype=float)


def _streets(warp, cut: Cut, town: shapely.Geometry) -> list[Line]:  # type: ignore[no-untyped-def]
    offsets = {0.0: cut.kind}
    if cut.kind == "river":
        bank = WIDTHS_M["river"] / 2 - 6
        offsets = {0.0: "river", bank: "street", -bank: "street"}
    found = []
    for offset, kind in offsets.items():
        along = np.arange(cut.low, cut.high + 1, 20, dtype=float)
        if along[-1] < cut.high:
            along = np.append(along, cut.high)
        across = np.full(len(along), cut.at + offset)
        uv = np.column_stack([across, along] if cut.axis == 0 else [along, across])
        parts = shapely.get_parts(shapely.intersection(shapely.linestrings(warp(uv)), town))
        found += [Line(kind, shapely.simplify(part, 0.4)) for part in parts if part.length > 40]
    return found


def _spanning_tree(points: np.ndarray) -> list[tuple[int, int]]:
    """Shortest set of links that joins all points (Prim)."""
    best = ((points - points[0]) ** 2).sum(1)
    parent = np.zeros(len(points), dtype=int)
    is_out = np.ones(len(points), dtype=bool)
    is_out[0] = False
    edges = []
    for _ in range(len(points) - 1):
        new = int(np.where(is_out, best, np.inf).argmin())
        edges.append((int(parent[new]), new))
        is_out[new] = False
        distance = ((points - points[new]) ** 2).sum(1)
        closer = is_out & (distance < best)
        best[closer], parent[closer] = distance[closer], new
    return edges


def _country(
    kind: str,
    edges: list[tuple[int, int]],
    points: np.ndarray,
    towns: shapely.Geometry,
    rng: np.random.Generator,
    sway: float,
) -> list[Line]:
    """Winding lines between points, without what lies in the towns."""
    found = []
    for a, b in edges:
        line = points[[a, b]]
        for _ in range(4):
            along = np.diff(line, axis=0)
            push = rng.normal(0, sway, len(along))[:, None] * np.column_stack([-along[:, 1], along[:, 0]])
            mixed = np.empty((len(line) * 2 - 1, 2))
            mixed[0::2], mixed[1::2] = line, (line[:-1] + line[1:]) / 2 + push
            line = mixed
        parts = shapely.get_parts(shapely.difference(shapely.linestrings(line), towns))
        found += [Line(kind, part) for part in parts if part.length > 60]
    return found
